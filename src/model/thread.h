/* The threads that Python knows, with their frames and exceptions.
 *
 * Owns the table and the frames; borrows the model. Lists that don't end where they should (a loop, a hole)
 * are cut there, with an anomaly. */
#ifndef EXU_MODEL_THREAD_H
#define EXU_MODEL_THREAD_H

#include "base/anomaly.h"
#include "base/error.h"
#include "model/frame.h"

struct exu_thread {
    exu_addr address;     /* PyThreadState */
    exu_addr interpreter; /* PyInterpreterState */
    int64_t interpreter_id;
    uint64_t id;        /* of the thread state: counts from 1 in its interpreter */
    uint64_t ident;     /* threading.get_ident(): pthread_self() */
    uint64_t native_id; /* the kernel's; 0 = not known */
    bool holds_gil;

    /* Innermost first, as f_back finds them: frames that are not past their prologue are passed over. */
    struct exu_frame *frames;
    size_t frame_count;
    /* Those that were passed over: Python does not show them, but they hold references. */
    struct exu_frame *incomplete_frames;
    size_t incomplete_frame_count;

    exu_addr handled_exception; /* what sys.exc_info() shows: the one being handled; 0 = none */
    /* What each level of handling holds: every exception in the exc_info chain, innermost first. A suspended
     * generator's own is not among them; that of a running one is, and belongs to the generator. */
    exu_addr *handled_chain;
    /* The traceback of each, where exceptions don't have their own (2.7); NULL = they have. 0 = none. */
    exu_addr *handled_tracebacks;
    size_t handled_count;
    size_t handled_own; /* index of the one that the thread's state counts, the others being generators' or
                           frames'; handled_count: none */
    exu_addr raised_type, raised_value, raised_traceback; /* the one on its way; 0 = none */
};

struct exu_threads {
    struct exu_thread *items; /* by interpreter, in the order of its list: youngest first */
    size_t count;
};

EXU_MUST_CHECK struct exu_error *exu_threads_open(struct exu_threads **ret, const struct exu_model *model,
                                                  struct exu_anomalies *anomalies);
void exu_threads_close(struct exu_threads *threads);

/* threading.Thread.name as UTF-8 of at most size - 1 bytes; false when threading does not know the thread. */
bool exu_thread_name(const struct exu_model *model, const struct exu_thread *thread, char *buffer,
                     size_t size);

#endif
