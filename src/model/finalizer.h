/* What runs when an object goes: its finalizer, and the callbacks of the weak references to it.
 *
 * The rules are the collector's own. 3.4 and later (Modules/gcmodule.c, finalize_garbage; from 3.13 on Python/gc.c): a
 * type's tp_finalize, once in an object's life; an object with tp_del makes what it leads to uncollectable. 2.7
 * (has_finalizer): tp_del of a Python class, __del__ of an old-style instance or its class, a generator that stands in
 * a try or with block; a way round that has any of them is uncollectable. Objects/weakrefobject.c: the list of weak references.
 *
 * Borrows the model. */
#ifndef EXU_MODEL_FINALIZER_H
#define EXU_MODEL_FINALIZER_H

#include "model/model.h"

struct exu_finalizer {
    const char *kind;  /* __del__ | generator | native; as in schema/schema.sql, table finalizer */
    exu_addr function; /* what __del__ is; 0: C code */
    bool stuck;        /* of the old kind: the collector does not call it, and clears nothing that the object leads to */
};

/* Remembers what __del__ is in a type. */
struct exu_finalizers {
    const struct exu_model *model;
    struct exu_addrmap index; /* type -> functions */
    exu_vec(exu_addr) functions;
    bool failed; /* no memory: the answers are not to be used */
};

void exu_finalizers_deinit(struct exu_finalizers *finalizers);

/* Whether the object has a finalizer that has not run and would do something. That of a generator does nothing when the
 * generator has ended or not begun (a coroutine that has not begun warns that it was never awaited). */
bool exu_finalizer_pending(struct exu_finalizers *finalizers, const struct exu_object *o, struct exu_finalizer *ret);

/* Every weak reference to the object that has a callback. */
void exu_weak_callbacks(const struct exu_object *o,
                        void (*found)(void *context, exu_addr weakref, exu_addr callback), void *context);

#endif
