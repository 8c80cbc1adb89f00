/* The dominator tree of a graph from a super-root that leads to every root: SEMI-NCA (Georgiadis, 2005),
 * iterative, so that a chain of a million nodes is nothing special. A node's dominator is the last one that
 * every way to it passes; what a node retains is what would be gone with it: its weight and that of all it
 * dominates.
 *
 * Owns its arrays; borrows edges and weights during the call, which takes 36 bytes a node and 4 an edge besides them. */
#ifndef EXU_GRAPH_DOMINATORS_H
#define EXU_GRAPH_DOMINATORS_H

#include "graph/garbage.h"

struct exu_dominators {
    uint32_t count;      /* of nodes */
    uint32_t *dominator; /* by node; 0: the super-root (or the node was not reached) */
    uint64_t *retained_bytes; /* by node; 0 for those not reached */
    uint32_t *retained_count; /* the node itself included */
};

/* `closed`: by node, not 0 = no way leads there; may be NULL. `roots`: nodes that the super-root leads to, in
 * the order in which they are followed; repeated ones do no harm. `weights`: bytes by node. */
EXU_MUST_CHECK struct exu_error *exu_dominators_find(struct exu_dominators *ret,
                                                     const struct exu_strong_edges *edges,
                                                     const uint32_t *roots, size_t root_count,
                                                     const uint32_t *closed, const uint64_t *weights);
void exu_dominators_deinit(struct exu_dominators *dominators);

#endif
