#include "load/contents.h"
#include "base/text.h"
#include "load/stream.h"

#include <stdlib.h>
#include <xxhash.h>

#define BATCH_ROWS 8192
#define BATCH_TEXT (1 << 20)

struct row {
    uint32_t id, size;
    size_t offset; /* into the batch's text */
    uint64_t length;
    uint64_t hash;
    bool blob, has_length, truncated, hashed;
};

struct batch {
    struct exu_batch head;
    struct exu_text text;
    struct row rows[BATCH_ROWS];
};

struct contents {
    struct exu_process *process;
    struct exu_text scratch;
    XXH64_state_t *hash;
    bool failed;
};

/* Of all the data: of what is kept when that is all, else of the process's memory. False when a part of it is absent. */
static bool hash_of(struct contents *c, const struct exu_value *value, uint64_t *ret)
{
    const struct exu_memory *memory = c->process->memory;
    if (!value->truncated) {
        *ret = XXH64(value->data, value->size, 0);
        return true;
    }
    /* The first part was counted already. */
    uint64_t words = (value->bytes - exu_min(value->bytes, value->size)) / 8 + 1;
    if (!exu_walk_words(c->process->model, words))
        return false;
    XXH64_reset(c->hash, 0);
    for (uint64_t done = 0; done < value->bytes;) {
        uint64_t available;
        const uint8_t *bytes = exu_memory_span(memory, value->address + done, &available);
        uint64_t n = exu_min(available, value->bytes - done);
        if (!bytes || !n)
            return false;
        XXH64_update(c->hash, bytes, n);
        done += n;
    }
    *ret = XXH64_digest(c->hash);
    return true;
}

static bool add(struct contents *c, struct batch *b, uint32_t id)
{
    struct exu_object o;
    struct exu_value value;
    if (!exu_object_at(c->process->model, exu_address(c->process, id), &o) ||
        !(o.type->classes & (EXU_IS_INT | EXU_IS_FLOAT | EXU_IS_STR | EXU_IS_BYTES)))
        return true;
    if (!exu_object_value(&o, EXU_CONTENT_LIMIT, &c->scratch, &value))
        return !c->scratch.failed; /* then it was no memory of ours that it lacks */
    /* Many that claim the same text are shown until each word of the memory was. */
    uint64_t words = value.size / 8 + 1;
    if (!exu_walk_words(c->process->model, words))
        return true;
    struct row *row = &b->rows[b->head.count++];
    *row = (struct row){.id = id,
                        .size = (uint32_t)value.size,
                        .offset = b->text.len,
                        .length = value.length,
                        .blob = value.kind == EXU_VALUE_BYTES,
                        .has_length = value.has_length,
                        .truncated = value.truncated};
    row->hashed = value.has_length && hash_of(c, &value, &row->hash);
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
    case 4:
        *ret = r->hashed ? exu_cell_integer((int64_t)r->hash) : exu_cell_null();
        break;
    }
}

struct exu_error *exu_contents_write(struct exu_process *process, struct exu_store *store)
{
    struct contents c = {.process = process, .hash = XXH64_createState()};
    struct exu_stream stream = {.table = EXU_TABLE_CONTENT,
                                .context = &c,
                                .fill = fill,
                                .cell = cell,
                                .progress = &process->progress,
                                .total = process->count};
    struct batch *batches = calloc(EXU_BATCHES, sizeof *batches);
    if (!batches || !c.hash) {
        XXH64_freeState(c.hash);
        free(batches);
        return exu_error_memory();
    }
    for (unsigned i = 0; i < EXU_BATCHES; i++)
        stream.batches[i] = &batches[i].head;
    struct exu_error *error = exu_stream_write(&stream, store);
    if (!error && c.failed)
        error = exu_error_memory();
    for (unsigned i = 0; i < EXU_BATCHES; i++)
        exu_text_deinit(&batches[i].text);
    exu_text_deinit(&c.scratch);
    XXH64_freeState(c.hash);
    free(batches);
    return error;
}
