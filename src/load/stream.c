#include "load/stream.h"

struct reader {
    struct exu_stream *stream;
    struct exu_pipe pipe;
    struct exu_batch *batch; /* the one at hand; NULL: none yet, or the end */
    size_t row;
};

static bool next_row(void *context)
{
    struct reader *r = context;
    if (r->batch && ++r->row < r->batch->count)
        return true;
    do {
        if (r->batch) {
            exu_progress_at(r->stream->progress, r->batch->last_id, r->stream->total);
            exu_pipe_emptied(&r->pipe);
        }
        r->batch = exu_pipe_empty(&r->pipe);
        r->row = 0;
    } while (r->batch && !r->batch->count);
    return r->batch != NULL;
}

static void cell(void *context, unsigned column, struct exu_cell *ret)
{
    const struct reader *r = context;
    r->stream->cell(r->batch, r->row, column, ret);
}

static void *fill(void *context)
{
    struct reader *r = context;
    r->stream->fill(r->stream->context, &r->pipe);
    exu_pipe_finish(&r->pipe);
    return NULL;
}

struct exu_error *exu_stream_write(struct exu_stream *stream, struct exu_store *store)
{
    struct reader r = {.stream = stream};
    void *slots[EXU_BATCHES];
    for (unsigned i = 0; i < EXU_BATCHES; i++)
        slots[i] = stream->batches[i];
    exu_pipe_init(&r.pipe, slots, EXU_BATCHES);
    pthread_t thread;
    struct exu_error *error = NULL;
    if (pthread_create(&thread, NULL, fill, &r) == 0) {
        error = exu_store_feed(store, stream->table, &(struct exu_feed){&r, next_row, cell});
        exu_pipe_give_up(&r.pipe);
        pthread_join(thread, NULL);
    } else {
        error = exu_error_new(EXU_ERROR_MACHINE, "a thread can't be made; free some memory");
    }
    exu_pipe_deinit(&r.pipe);
    return error;
}
