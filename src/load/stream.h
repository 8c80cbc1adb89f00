/* Rows of one table, computed by one thread in batches and written by another. */
#ifndef EXU_LOAD_STREAM_H
#define EXU_LOAD_STREAM_H

#include "base/pipe.h"
#include "base/progress.h"
#include "store/store.h"

/* The head of every batch; what a row is, is the stream's. */
struct exu_batch {
    size_t count;     /* of rows */
    uint32_t last_id; /* how far it goes, for the progress */
};

#define EXU_BATCHES 3

struct exu_stream {
    enum exu_table table;
    void *context;
    /* Runs in a thread of its own: fills batches until there is no more (exu_pipe_fill NULL: stop at once). */
    void (*fill)(void *context, struct exu_pipe *pipe);
    /* A value of a row. */
    void (*cell)(const struct exu_batch *batch, size_t row, unsigned column, struct exu_cell *ret);
    struct exu_batch *batches[EXU_BATCHES];
    struct exu_progress *progress;
    uint32_t total; /* of ids */
};

EXU_MUST_CHECK struct exu_error *exu_stream_write(struct exu_stream *stream, struct exu_store *store);

#endif
