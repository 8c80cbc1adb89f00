/* Threads with their Python stacks, outermost frame first. */
#ifndef EXU_QUERY_THREADS_H
#define EXU_QUERY_THREADS_H

#include "base/bump.h"
#include "base/vec.h"
#include "query/summary.h"

struct exu_thread_variable {
    const char *name, *kind, *type, *summary;
    uint32_t object; /* 0 = not known */
};

struct exu_thread_frame {
    int64_t id, depth, line;
    bool has_line;
    uint32_t object;
    const char *function, *qualname, *filename; /* NULL = not known */
    exu_vec(struct exu_thread_variable) variables;
};

struct exu_thread {
    int64_t id, native_id, ident;
    bool has_native_id, has_ident, holds_gil;
    const char *name;
    uint32_t exception; /* 0 = none */
    const char *exception_summary;
    exu_vec(struct exu_thread_frame) frames;
};

struct exu_threads {
    exu_vec(struct exu_thread) items;
    uint64_t more; /* threads that the limit cut off */
    bool locals;
    struct exu_bump bump;
};

EXU_MUST_CHECK struct exu_error *exu_threads_find(struct exu_threads *ret, const struct exu_database *db,
                                                  bool locals, uint64_t limit);
void exu_threads_deinit(struct exu_threads *threads);

#endif
