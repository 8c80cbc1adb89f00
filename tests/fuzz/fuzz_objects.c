/* Every walk of every family of types, the values and the frames, over a memory that the input makes: the version (a shipped
 * row) and the family, then patches of 8 bytes. All is tried at a few places. */
#include "fuzz.h"

#include "../unit/frames_support.h"
#include "layout/structure.h"
#include "model/dict.h"
#include "model/frame.h"
#include "model/lines.h"

static uint64_t seen;

static void on_reference(void *context, const struct exu_reference *reference)
{
    (void)context, (void)reference;
    seen++;
}
static void on_buffer(void *context, exu_addr start)
{
    (void)context, (void)start;
    seen++;
}
static void on_bad(void *context, exu_addr where, exu_addr pointer)
{
    (void)context, (void)where, (void)pointer;
    seen++;
}
static void on_variable(void *context, const struct exu_variable *variable)
{
    (void)context, (void)variable;
    seen++;
}

#define MEMORY 4096u
#define ROWS_MOST 64

static struct exu_row *rows[ROWS_MOST];
static size_t row_count;

static void load_rows(void)
{
    struct exu_structures *structures;
    if (exu_structures_create(&structures))
        abort();
    for (size_t i = 0; i < exu_row_count() && row_count < ROWS_MOST; i++)
        if (exu_row_load(&rows[row_count++], structures, i))
            abort();
    exu_structures_destroy(structures);
}

static void try_object(struct world *w, const struct exu_type_row *row, exu_addr address, uint32_t classes)
{
    static const struct exu_visitor visitor = {NULL, on_reference, on_buffer, on_bad};
    const struct exu_type_row *only[1] = {row};
    struct exu_text scratch = {0};
    struct exu_value value;
    uint64_t size;
    struct exu_object o = world_object_of(w, address, classes, only);
    exu_object_walk(&o, &visitor);
    if (row->size_of)
        row->size_of(&o, &size);
    if (row->length)
        row->length(&o, &size);
    if (row->capacity)
        row->capacity(&o, &size);
    exu_object_value(&o, 256, &scratch, &value);
    exu_str_block_size(&o, &size);
    exu_text_deinit(&scratch);
}

static void try_frames(struct world *w, exu_addr address)
{
    static const struct exu_visitor visitor = {NULL, on_reference, on_buffer, on_bad};
    struct exu_frame frame;
    char text[64];
    uint64_t slots;
    bool (*const readers[])(const struct exu_model *, exu_addr, struct exu_frame *) = {
        exu_frame_read, exu_frame_of_object, exu_frame_of_generator};
    for (size_t i = 0; i < EXU_COUNT(readers); i++)
        if (readers[i](&w->model, address, &frame)) {
            exu_frame_variables(&w->model, &frame, on_variable, NULL);
            exu_frame_has_variable(&w->model, &frame, address);
            exu_frame_walk(&w->model, &frame, &visitor);
        }
    exu_frame_slots(&w->model, address, &slots);
    exu_code_line(&w->model, address, 12);
    exu_traceback_line(&w->model, address);
    exu_dict_get(&w->model, address, "x");
    exu_model_str(&w->model, address, text, sizeof text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!row_count)
        load_rows();
    if (size < 4)
        return 0;
    const struct exu_row *version = rows[data[0] % row_count];
    const struct exu_type_family *family = exu_type_families[data[1] % exu_type_family_count];
    struct world *w = world_create(WORLD_BASE, NULL, MEMORY);
    w->python.layout = version->layout;
    w->python.version_hex = version->version_hex;
    if (!exu_strategy_choose(&w->python.strategy, version->version_hex))
        abort();
    for (size_t at = 4; at + 8 <= size; at += 8)
        exu_fuzz_patch(w->bytes, MEMORY, WORLD_BASE, data + at);
    uint64_t allowance = 1 << 16;
    w->model.allowance = &allowance;
    const uint32_t classes = (uint32_t)1 << (data[2] % 24);
    const exu_addr places[] = {WORLD_BASE, WORLD_BASE + (exu_addr)data[3] * 16, WORLD_BASE + MEMORY - 64};
    for (size_t p = 0; p < EXU_COUNT(places); p++) {
        for (size_t i = 0; i < family->count; i++)
            try_object(w, &family->rows[i], places[p], classes);
        try_frames(w, places[p]);
    }
    w->type.rows = NULL;
    world_destroy(w);
    return 0;
}
