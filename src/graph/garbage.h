/* What a full collection would find unreachable: the collector's own reckoning (Modules/gcmodule.c,
 * update_refs, subtract_refs, move_unreachable) over the edges that were read. Nodes are dense from 1; edges
 * of a node stand together.
 *
 * Owns its arrays; borrows the edges during the call. */
#ifndef EXU_GRAPH_GARBAGE_H
#define EXU_GRAPH_GARBAGE_H

#include "base/error.h"

struct exu_strong_edges {
    const uint64_t *first; /* edges of n: targets[first[n]] up to targets[first[n + 1]] */
    const uint32_t *targets;
    uint32_t count; /* of nodes */
};

/* Counts of references that say nothing. */
#define EXU_REFS_UNTRACKED INT32_MIN /* the collector does not look at it */
#define EXU_REFS_FOR_EVER INT32_MAX  /* immortal, or kept by something that is not counted */

struct exu_garbage {
    uint32_t *cycle; /* by node: the group that it is in, 1..; 0: alive, or not tracked */
    uint8_t *hanging; /* by node: 1: in its group, though the collector does not look at it; see exu_garbage_hang */
    uint32_t cycle_count;
    uint64_t objects;   /* in groups */
    uint64_t overdrawn; /* tracked nodes with more references than they count: kept alive, and a fault of the
                           reader's */
};

/* `refs`: by node its count of references, or one of the two above; used up. Groups are connected: one has no
 * edge to or from another. Numbered by their lowest node. */
EXU_MUST_CHECK struct exu_error *exu_garbage_find(struct exu_garbage *ret,
                                                  const struct exu_strong_edges *edges, int32_t *refs);
/* What the collector does not look at and, by its count of references, nobody holds but the groups, joins the first group
 * that holds it. `refs`: as exu_garbage_find left it; `count`: the references of such a node, or EXU_REFS_FOR_EVER. */
EXU_MUST_CHECK struct exu_error *exu_garbage_hang(struct exu_garbage *garbage, const struct exu_strong_edges *edges,
                                                  int32_t *refs, int32_t (*count)(const void *context, uint32_t node),
                                                  const void *context);
void exu_garbage_deinit(struct exu_garbage *garbage);

/* A shortest way from `node` back to itself through nodes of its group; its nodes, the first being `node`,
 * into `ret` (room for `most`). Returns their number: 0 when there is none of that length. Looks at `budget`
 * edges at most. `scratch`: EXU_CYCLE_SCRATCH(count) zeroed words, zeroed again afterwards. */
#define EXU_CYCLE_SCRATCH(count) (2 * ((size_t)(count) + 1))
size_t exu_garbage_cycle(const struct exu_garbage *garbage, const struct exu_strong_edges *edges,
                         uint32_t node, uint32_t *ret, size_t most, uint64_t budget, uint32_t *scratch);

#endif
