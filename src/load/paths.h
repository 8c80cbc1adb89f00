/* Shortest paths from the roots: what is reachable, how far, and by which step back. */
#ifndef EXU_LOAD_PATHS_H
#define EXU_LOAD_PATHS_H

#include "graph/garbage.h"
#include "load/references.h"

#define EXU_UNREACHED UINT32_MAX

/* A row of table root, as far as others care. */
struct exu_path_root {
    uint32_t object, thread_id, frame_id; /* 0 = none */
    bool sure;                            /* not what only looks like a reference, on a C stack or in static memory */
};

struct exu_paths {
    uint32_t *parent;   /* by object id: one step nearer to its root; 0 = a root itself, or unreached */
    uint32_t *distance; /* steps from its root; EXU_UNREACHED */
    uint32_t count;     /* of objects */
    const uint32_t *garbage; /* by object id, borrowed; not 0: by its counts nobody alive refers to it, no path leads there */
    exu_vec(uint32_t) queue;
    exu_vec(struct exu_path_root) roots;
    exu_vec(uint32_t) guessed; /* reached by a conservative reference first */
};

EXU_MUST_CHECK struct exu_error *exu_paths_create(struct exu_paths *paths, uint32_t count);
void exu_paths_deinit(struct exu_paths *paths);
/* Makes `object` a root unless a better one reaches it already: roots are added in the order of their worth, each kind
 * spread (exu_paths_spread) before the next is added. */
void exu_paths_root(struct exu_paths *paths, uint32_t object);
/* Breadth-first over the exact references from the roots added since the last spread. */
EXU_MUST_CHECK struct exu_error *exu_paths_spread(struct exu_paths *paths, const struct exu_facts *facts);
/* The same over the conservative references out of everything that is reached, until they add nothing; none to garbage,
 * which by its counts nobody refers to. */
EXU_MUST_CHECK struct exu_error *exu_paths_guess(struct exu_paths *paths, const struct exu_facts *facts,
                                                 const struct exu_garbage *garbage);

/* By object id: the row of table root (1 + its index in `roots`) where the object's path ends, of several rows of that
 * root the first; 0: unreached. For the caller to free; NULL without memory. */
uint32_t *exu_paths_ends(const struct exu_paths *paths);

#endif
