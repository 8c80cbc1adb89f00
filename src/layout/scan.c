#include "layout/scan.h"
#include "layout/place.h"
#include "layout/row.h"
#include <stdlib.h>

/* Where the fields lie that are followed from an interpreter's state to `type`. */
struct way {
    uint64_t head;    /* of the pointer to the first interpreter, in _PyRuntime */
    uint64_t threads; /* in PyInterpreterState */
    uint64_t sysdict, runtime;
    bool has_runtime;       /* the state points back to _PyRuntime: 3.9+ */
    uint64_t thread_interp; /* in PyThreadState */
    uint64_t type;          /* PyObject.ob_type */
};

static bool word(const struct exu_memory *m, exu_addr base, uint64_t offset, uint64_t *ret)
{
    exu_addr at;
    return base && exu_add(base, offset, &at) && at % 8 == 0 && exu_memory_u64(m, at, ret);
}

/* Is there an interpreter's state at `state`? Its first thread points back, sys.__dict__ is an object, and
 * the type of its type is its own type: that is PyType_Type. */
static bool is_interpreter(const struct exu_memory *m, const struct way *w, exu_addr state, exu_addr head,
                           exu_addr *ret_type)
{
    uint64_t runtime, thread, owner, dict, type, metatype, self;
    if (state % 8 || !word(m, state, w->threads, &thread) || !word(m, thread, w->thread_interp, &owner) ||
        owner != state)
        return false;
    if (w->has_runtime && (!word(m, state, w->runtime, &runtime) || runtime + w->head != head))
        return false;
    if (!word(m, state, w->sysdict, &dict) || !word(m, dict, w->type, &type) ||
        !word(m, type, w->type, &metatype) || metatype == type || !word(m, metatype, w->type, &self) ||
        self != metatype)
        return false;
    *ret_type = metatype;
    return true;
}

static const struct exu_image *image_for(const struct exu_core *core, exu_addr runtime, uint32_t version_hex)
{
    const struct exu_image *image = exu_core_image_at(core, runtime);
    bool unused;
    for (size_t i = 0; !image && i < core->image_count; i++)
        if (exu_version_of_path(core->images[i].path, &unused) >> 16 == version_hex >> 16)
            image = &core->images[i];
    return image ? image : core->image_count ? &core->images[0] : NULL;
}

/* ---- by the mark ---- */

static size_t by_mark(struct exu_interpreter_image found[EXU_INTERPRETERS_MAX], const struct exu_core *core)
{
    size_t count = 0;
    const struct exu_memory *m = core->memory;
    for (exu_addr at = 0; count < EXU_INTERPRETERS_MAX && (at = exu_debug_offsets_scan(m, at)); at += 8) {
        struct exu_interpreter_image *f = &found[count];
        struct exu_layout layout = {0};
        uint64_t state;
        *f = (struct exu_interpreter_image){.runtime = at};
        if (!exu_debug_offsets_read(&f->offsets, m, at, f->offsets_reason) ||
            !(f->image = image_for(core, at, f->offsets.version_hex)))
            continue;
        f->version_hex = f->offsets.version_hex;
        f->free_threaded = f->offsets.free_threaded;
        exu_interpreter_name_version(f);
        if (f->free_threaded) {
            count++;
            continue;
        }
        /* Only what the table names is asked of this layout. */
        for (size_t i = 1; i < EXU_FIELD_COUNT; i++)
            layout.slot[i].size = 1;
        exu_debug_offsets_apply(&f->offsets, &layout);
        const struct way way = {
            .head = exu_offset(&layout, EXU__PyRuntimeState_interpreters_head),
            .threads = exu_offset(&layout, EXU_PyInterpreterState_threads_head),
            .sysdict = exu_offset(&layout, EXU_PyInterpreterState_sysdict),
            .thread_interp = exu_offset(&layout, EXU_PyThreadState_interp),
            .type = exu_offset(&layout, EXU_PyObject_ob_type),
        };
        if (word(m, at, way.head, &state) && is_interpreter(m, &way, state, at + way.head, &f->type_type))
            count++;
    }
    return count;
}

/* ---- by structure ---- */

static bool in_segments(struct exu_interpreter_image *f, const struct exu_core *core, const struct way *w)
{
    const struct exu_memory *m = core->memory;
    for (size_t i = 0; i < m->segment_count; i++) {
        const struct exu_segment *s = &m->segments[i];
        /* .bss lies inside the image, as its headers tell, or right behind its last mapping */
        if (!s->bytes || s->zero || !(s->perms & EXU_PERM_W) || s->end <= f->image->start || s->start > f->image->end)
            continue;
        for (exu_addr at = exu_round_up(s->start, 8); at < s->end && s->end - at >= 8; at += 8) {
            uint64_t state = exu_load_u64(s->bytes + (at - s->start));
            if (!state || state % 8 || at < w->head || !is_interpreter(m, w, state, at, &f->type_type))
                continue;
            f->runtime = at - w->head;
            f->interpreters_head = at;
            return true;
        }
    }
    return false;
}

static bool by_row(struct exu_interpreter_image *f, const struct exu_core *core, const struct exu_layout *l,
                   const struct exu_strategy *strategy)
{
    bool runtime = strategy->interpreters_place == EXU_PLACE_RUNTIME;
    const struct way way = {
        .head = runtime ? exu_offset(l, EXU__PyRuntimeState_interpreters_head) : 0,
        .threads = exu_offset(l, EXU_PyInterpreterState_threads_head),
        .sysdict = exu_offset(l, EXU_PyInterpreterState_sysdict),
        .runtime = exu_offset(l, EXU_PyInterpreterState_runtime),
        .has_runtime = exu_has(l, EXU_PyInterpreterState_runtime),
        .thread_interp = exu_offset(l, EXU_PyThreadState_interp),
        .type = exu_offset(l, EXU_PyObject_ob_type),
    };
    if (!in_segments(f, core, &way))
        return false;
    f->runtime = runtime ? f->runtime : 0;
    return true;
}

/* By each row of its version until one leads to an interpreter. */
static struct exu_error *by_rows(struct exu_interpreter_image *f, const struct exu_core *core,
                                 const struct exu_structures *structures, bool *ret_held)
{
    struct exu_strategy strategy;
    *ret_held = false;
    if (!exu_strategy_choose(&strategy, f->version_hex))
        return NULL;
    for (size_t r = 0; !*ret_held && r < exu_row_count(); r++) {
        struct exu_row *row;
        EXU_TRY(exu_row_load(&row, structures, r));
        *ret_held =
            row->version_hex >> 16 == f->version_hex >> 16 && by_row(f, core, &row->layout, &strategy);
        exu_row_destroy(row);
    }
    return NULL;
}

static struct exu_error *by_structure(struct exu_interpreter_image found[EXU_INTERPRETERS_MAX],
                                      size_t *ret_count, const struct exu_core *core)
{
    struct exu_structures *structures;
    EXU_TRY(exu_structures_create(&structures));
    struct exu_error *error = NULL;
    for (size_t i = 0; !error && i < core->image_count && *ret_count < EXU_INTERPRETERS_MAX; i++) {
        struct exu_interpreter_image f = {.image = &core->images[i]};
        bool held = false;
        exu_interpreter_read_version(&f, core);
        error = by_rows(&f, core, structures, &held);
        if (held)
            found[(*ret_count)++] = f;
    }
    exu_structures_destroy(structures);
    return error;
}

struct exu_error *exu_interpreter_scan_head(struct exu_interpreter_image *found, const struct exu_core *core)
{
    struct exu_python *python = calloc(1, sizeof *python);
    if (!python)
        return exu_error_memory();
    python->core = core;
    python->image = found->image;
    exu_addr head;
    bool needed = exu_strategy_choose(&python->strategy, found->version_hex) &&
                  python->strategy.interpreters_place == EXU_PLACE_STATIC &&
                  !exu_place_interpreters(python, &head);
    free(python);
    if (!needed)
        return NULL;
    struct exu_structures *structures;
    EXU_TRY(exu_structures_create(&structures));
    exu_addr type = found->type_type;
    bool held;
    struct exu_error *error = by_rows(found, core, structures, &held);
    found->type_type = type ? type : found->type_type;
    exu_structures_destroy(structures);
    return error;
}

struct exu_error *exu_interpreter_scan(struct exu_interpreter_image found[EXU_INTERPRETERS_MAX],
                                       size_t *ret_count, const struct exu_core *core)
{
    *ret_count = by_mark(found, core);
    return *ret_count ? NULL : by_structure(found, ret_count, core);
}

/* ---- the generations of 2.7 and 3.6 ---- */

static bool is_ring(const struct exu_memory *m, const struct exu_layout *l, exu_addr head, bool *ret_empty)
{
    uint64_t next, prev, back, forth;
    uint32_t next_offset = exu_offset(l, EXU_PyGC_Head__gc_next), prev_offset = exu_offset(l, EXU_PyGC_Head__gc_prev);
    if (!word(m, head, next_offset, &next) || !word(m, head, prev_offset, &prev) || !word(m, next, prev_offset, &back) ||
        !word(m, prev, next_offset, &forth) || back != head || forth != head)
        return false;
    *ret_empty = next == head;
    return true;
}

static bool are_generations(const struct exu_memory *m, const struct exu_layout *l, exu_addr at)
{
    enum { GENERATIONS = 3, NUMBER_MAX = 1 << 28 };
    unsigned empty = 0;
    for (unsigned i = 0; i < GENERATIONS; i++, at += exu_size(l, EXU_sizeof_gc_generation)) {
        uint32_t threshold, count;
        bool none;
        if (!is_ring(m, l, at + exu_offset(l, EXU_gc_generation_head), &none) ||
            !exu_memory_u32(m, at + exu_offset(l, EXU_gc_generation_threshold), &threshold) ||
            !exu_memory_u32(m, at + exu_offset(l, EXU_gc_generation_count), &count) || threshold > NUMBER_MAX ||
            count > NUMBER_MAX)
            return false;
        empty += none;
    }
    return empty < GENERATIONS;
}

exu_addr exu_generations_scan(const struct exu_python *python)
{
    const struct exu_memory *m = python->core->memory;
    const struct exu_layout *l = &python->layout;
    uint32_t size = exu_size(l, EXU_sizeof_gc_generation);
    for (size_t i = 0; size && i < m->segment_count; i++) {
        const struct exu_segment *s = &m->segments[i];
        if (!s->bytes || s->zero || !(s->perms & EXU_PERM_W) || s->end <= python->image->start || s->start > python->image->end)
            continue;
        for (exu_addr at = exu_round_up(s->start, 8); at < s->end && s->end - at >= 3 * (uint64_t)size; at += 8)
            if (are_generations(m, l, at))
                return at;
    }
    return 0;
}
