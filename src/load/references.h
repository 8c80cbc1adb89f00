/* The pass over all objects: their references into the database, and what later phases need in memory. */
#ifndef EXU_LOAD_REFERENCES_H
#define EXU_LOAD_REFERENCES_H

#include "base/vec.h"
#include "load/process.h"
#include "store/store.h"

struct exu_guess {
    uint32_t from, to;
};

/* A block of memory that belongs to an object besides its own; owner 0: to several (2.7 keeps ints and floats many to a
 * chunk). */
struct exu_owned {
    exu_addr start;
    uint32_t owner;
};

/* Whose references make up an object's count, by object id. */
struct exu_counts {
    uint32_t *references; /* exact ones of objects that are counted; the dict of interned strings counts none of its own */
    uint32_t *roots;      /* exact ones of frames, threads, interpreters */
    uint32_t *words;      /* of native memory and stacks, that look like references: some may be none */
};

/* What the pass leaves behind, by object id. */
struct exu_facts {
    uint64_t *footprint; /* 0 = not known */
    uint64_t *first;     /* edges of object id: targets[first[id]] up to targets[first[id + 1]]; exact, strong ones */
    uint32_t *targets;
    size_t target_count;
    exu_vec(struct exu_guess) guesses; /* conservative edges, by `from` */
    struct exu_addrset *buffers; /* starts of blocks that belong to an object */
    exu_vec(struct exu_owned) owned; /* the same with their owners, in the order of the walks */
    /* Objects that later phases look at again. */
    exu_vec(uint32_t) generators, frames, tracebacks, exceptions, sequences, futures, drivers;
    uint64_t references;
    struct exu_counts counts;
};

EXU_MUST_CHECK struct exu_error *exu_references_write(struct exu_process *process, struct exu_store *store,
                                                      struct exu_facts *facts);
void exu_facts_deinit(struct exu_facts *facts);

#endif
