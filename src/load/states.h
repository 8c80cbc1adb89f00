/* The objects that the interpreter's own states hold: PyInterpreterState, PyThreadState, _PyRuntime, file
 * statics. */
#ifndef EXU_LOAD_STATES_H
#define EXU_LOAD_STATES_H

#include "load/process.h"

struct exu_state_root {
    exu_addr object;
    exu_addr state;   /* what holds it */
    const char *kind; /* as in table root */
    const char *name; /* the member's */
    bool untyped;     /* an object only if something else says so */
    bool borrowed;    /* no part of the object's count of references */
};
typedef void exu_state_visit(void *context, const struct exu_state_root *root);

/* Of the interpreters, the runtime and the statics; NULLs are passed over. */
void exu_states_each(const struct exu_process *process, exu_state_visit *visit, void *context);
/* Of one thread. */
void exu_thread_states_each(const struct exu_process *process, const struct exu_thread *thread,
                            exu_state_visit *visit, void *context);

#endif
