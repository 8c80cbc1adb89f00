/* Who waits for what: coroutines and generators, the futures and tasks of asyncio.
 *
 * Borrows the model; allocates nothing. Where the C structures of _asyncio and the Python classes of asyncio
 * say the same, both are read by the names of their references. */
#ifndef EXU_MODEL_AWAIT_H
#define EXU_MODEL_AWAIT_H

#include "model/frame.h"

/* What inspect.getgeneratorstate calls GEN_CREATED, GEN_SUSPENDED, GEN_RUNNING; one that has ended has no
 * frame. */
struct exu_awaiting {
    const char
        *state; /* created | suspended | running; NULL: not a generator, but an object that drives one */
    exu_addr awaited; /* cr_await, ag_await, gi_yieldfrom, or what is driven; 0 = none */
};
/* False for an object that waits for nothing: another type, or a generator that has ended. */
bool exu_await_read(const struct exu_object *o, struct exu_awaiting *ret);

struct exu_future {
    bool task;
    const char *
        state; /* pending | cancelled | done; of a task whose coroutine executes: running; NULL = not known */
    exu_addr name;      /* a str; from 3.12 on an int until somebody asks: N of 'Task-N'; 0 = none (<= 3.7) */
    exu_addr coroutine; /* of a task that is not done; 0 = none */
    exu_addr waiter;    /* the future that it waits for; 0 = none */
    exu_addr callback0; /* 3.7+: the first one */
    exu_addr callbacks; /* list of callbacks, from 3.7 on of tuples (callback, context); 0 = none */
};
/* False when the object is no future or task of asyncio. */
bool exu_future_read(const struct exu_object *o, struct exu_future *ret);

/* What a callback of a future leads to when the future is done. */
struct exu_wakeup {
    const char
        *how; /* await | gather | shield | wait | wait_for | group | loop (run_until_complete returns) */
    exu_addr woken; /* a task or a future; 0: none (loop) */
};
/* False for callbacks of other code. */
bool exu_wakeup_read(const struct exu_model *model, exu_addr future, exu_addr callback,
                     struct exu_wakeup *ret);
/* Of every callback that is known. */
void exu_future_wakeups(const struct exu_model *model, exu_addr address, const struct exu_future *future,
                        void (*wakeup)(void *context, const struct exu_wakeup *wakeup), void *context);

#endif
