/* asyncio's tasks and everything else that is suspended, each with its await chain, the outermost coroutine
 * first. */
#ifndef EXU_QUERY_ASYNC_H
#define EXU_QUERY_ASYNC_H

#include "base/bump.h"
#include "base/vec.h"
#include "query/summary.h"

/* A coroutine or generator with its place, an object that stands between two, or, at the end, the awaitable.
 */
struct exu_async_step {
    uint32_t object;
    const char *type, *summary;
    const char *state; /* created | suspended | running; NULL: no coroutine or generator */
    const char *function, *qualname, *filename; /* NULL = not known */
    int64_t line;
    bool has_line;
    bool between;      /* it only drives the next step */
    bool future, task; /* of asyncio */
    const char *task_name, *future_state;
    bool shown_already; /* in another chain, where it goes on */
};

struct exu_async_awaiter {
    uint32_t task; /* 0: run_until_complete returns */
    const char *name, *how;
};

struct exu_async_chain {
    uint32_t task; /* 0: of no task */
    const char *name, *state;
    exu_vec(struct exu_async_awaiter) awaiters;
    exu_vec(struct exu_async_step) steps;
};

struct exu_async {
    exu_vec(struct exu_async_chain) chains; /* tasks first */
    uint64_t more;                          /* chains that the limit cut off */
    struct exu_bump bump;
};

EXU_MUST_CHECK struct exu_error *exu_async_find(struct exu_async *ret, const struct exu_database *db,
                                                uint64_t limit);
void exu_async_deinit(struct exu_async *async);

#endif
