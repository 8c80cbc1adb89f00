#include "load/contents.h"
#include "base/text.h"
#include "load/stream.h"

#include <stdlib.h>

#define BATCH_ROWS 8192
#define BATCH_TEXT (1 << 20)

struct row {
    uint32_t id, size;
    size_t offset; /* into the batch's text */
    uint64_t length;
    bool blob, has_length, truncated;
};

struct batch {
    struct exu_batch head;
    struct exu_text text;
    struct row rows[BATCH_ROWS];
};

struct contents {
    struct exu_process *process;
    struct exu_text scratch;
    bool failed;
};

static bool add(struct contents *c, struct batch *b, uint32_t id)
{
    struct exu_object o;
    struct exu_value value;
    if (!exu_object_at(c->process->model, exu_address(c->process, id), &o) ||
        !(o.type->classes & (EXU_IS_INT | EXU_IS_FLOAT | EXU_IS_STR | EXU_IS_BYTES)) ||
        !exu_object_value(&o, EXU_CONTENT_LIMIT, &c->scratch, &value))
        return true;
    /* Many that claim the same text are shown until each word of the memory was. */
    uint64_t words = value.size / 8 + 1;
    if (exu_walk_slots(c->process->model, 0, words, 8) < words)
        return true;
    b->rows[b->head.count++] = (struct row){id,
                                            (uint32_t)value.size,
                                            b->text.len,
                                            value.length,
                                            value.kind == EXU_VALUE_BYTES,
                                            value.has_length,
                                            value.truncated};
    exu_text_add(&b->text, value.data, value.size);
    return !b->text.failed && !c->scratch.failed;
}

static void fill(void *context, struct exu_pipe *pipe)
{
    struct contents *c = context;
    exu_model_pass(c->process->model);
    for (uint32_t id = 1; id <= c->process->count;) {
        struct batch *b = exu_pipe_fill(pipe);
        if (!b)
            return;
        b->head.count = 0;
        exu_text_clear(&b->text);
        for (; id <= c->process->count && b->head.count < BATCH_ROWS && b->text.len < BATCH_TEXT; id++)
            if (!add(c, b, id)) {
                c->failed = true;
                return;
            }
        b->head.last_id = id;
        exu_pipe_filled(pipe);
    }
}

static void cell(const struct exu_batch *head, size_t row, unsigned column, struct exu_cell *ret)
{
    const struct batch *b = (const struct batch *)head;
    const struct row *r = &b->rows[row];
    switch (column) {
    case 0:
        *ret = exu_cell_integer(r->id);
        break;
    case 1:
        *ret = r->has_length ? exu_cell_integer((int64_t)r->length) : exu_cell_null();
        break;
    case 2:
        *ret = (struct exu_cell){.kind = r->blob ? EXU_CELL_BLOB : EXU_CELL_TEXT,
                                 .text = {b->text.data + r->offset, r->size}};
        break;
    case 3:
        *ret = exu_cell_integer(r->truncated);
        break;
    }
}

struct exu_error *exu_contents_write(struct exu_process *process, struct exu_store *store)
{
    struct contents c = {.process = process};
    struct exu_stream stream = {.table = EXU_TABLE_CONTENT,
                                .context = &c,
                                .fill = fill,
                                .cell = cell,
                                .progress = &process->progress,
                                .total = process->count};
    struct batch *batches = calloc(EXU_BATCHES, sizeof *batches);
    if (!batches)
        return exu_error_memory();
    for (unsigned i = 0; i < EXU_BATCHES; i++)
        stream.batches[i] = &batches[i].head;
    struct exu_error *error = exu_stream_write(&stream, store);
    if (!error && c.failed)
        error = exu_error_memory();
    for (unsigned i = 0; i < EXU_BATCHES; i++)
        exu_text_deinit(&batches[i].text);
    exu_text_deinit(&c.scratch);
    free(batches);
    return error;
}
