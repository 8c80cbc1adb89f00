/* The frames, threads, exceptions and tracebacks of the process, as rows. */
#ifndef EXU_LOAD_FRAMES_H
#define EXU_LOAD_FRAMES_H

#include "load/references.h"

struct exu_frame_row {
    struct exu_frame frame;
    uint32_t thread_id; /* 0 = not on a thread's stack */
    uint32_t depth;
    uint32_t object_id; /* 0 = none */
    const char *kind;
};

/* Every frame, its id is its index + 1: the threads' first, then generators', then the others. */
struct exu_frame_table {
    exu_vec(struct exu_frame_row) rows;
    struct exu_addrmap by_address; /* address of the interpreter frame -> id */
    /* Of each thread of the core, its row's id: those that Python knows come first, then those of the core alone. */
    uint32_t *native_ids;
    struct exu_addrmap native_by_id, native_by_pointer; /* -> index of the core's thread */
};

EXU_MUST_CHECK struct exu_error *exu_frames_collect(const struct exu_process *process, const struct exu_facts *facts,
                                                    struct exu_frame_table *table);
void exu_frames_deinit(struct exu_frame_table *table);
/* Rows of thread, frame, variable, exception, traceback. */
EXU_MUST_CHECK struct exu_error *exu_frames_write(const struct exu_process *process, const struct exu_facts *facts,
                                                  const struct exu_frame_table *table, struct exu_store *store);

#endif
