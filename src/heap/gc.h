/* The collector's lists and the interpreter's free lists: which addresses hold (or no longer hold) objects.
 */
#ifndef EXU_HEAP_GC_H
#define EXU_HEAP_GC_H

#include "layout/layout.h"
#include "memory/addrset.h"

#define EXU_GENERATIONS 4 /* 0..2 and 3 = permanent (gc.freeze) */

struct exu_generation {
    exu_addr head; /* 0: the interpreter has no such generation (permanent: 3.7+; 2.7 to 3.8: the main one has all) */
    int32_t threshold, count;
    exu_addr *objects; /* in list order; owned */
    size_t object_count;
    bool closed; /* the ring closed: every object of it was seen */
};

struct exu_interpreter {
    exu_addr address; /* PyInterpreterState */
    int64_t id;
    bool collecting; /* a collection was under way: lists may be split over local heads */
    struct exu_generation generations[EXU_GENERATIONS];
};

struct exu_free_place {
    exu_addr start, end;
};

struct exu_gc {
    struct exu_interpreter *interpreters;
    size_t interpreter_count;
    struct exu_free_place *free_places; /* where the free lists themselves are: statics, parts of interpreters */
    size_t free_place_count;
};

/* Walks every interpreter's rings. A broken ring (prev != self, a hole, a loop) is an anomaly; it is then
 * walked from the other end too, so that only the broken part is lost. */
EXU_MUST_CHECK struct exu_error *exu_gc_open(struct exu_gc **ret, const struct exu_python *python,
                                             struct exu_anomalies *anomalies);
void exu_gc_close(struct exu_gc *gc);

/* Whether the collector tracks that object, by its GC head; the object's type must have one. False: not readable. */
bool exu_gc_tracked(const struct exu_python *python, exu_addr object, bool *ret);

/* Whether the object's tp_finalize was called already, by its GC head; always false in 2.7. False: not readable. */
bool exu_gc_finalized(const struct exu_python *python, exu_addr object, bool *ret);

/* Whether `address` lies in a free list: a pointer there holds nothing, what it leads to is dead or another's by now. */
bool exu_gc_in_free_list(const struct exu_gc *gc, exu_addr address);

/* Adds the address of every object (or, for dict keys, block) on the interpreters' free lists to `dead`:
 * memory that still looks like an object. */
EXU_MUST_CHECK struct exu_error *exu_free_lists(const struct exu_python *python, struct exu_addrset *dead,
                                                struct exu_anomalies *anomalies);

#endif
