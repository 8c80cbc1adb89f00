/* Fingerprints of chains: a number for the shape alone, the same for every run of a program on every machine, so that
 * trackers can tell two reports of one leak. It is made of kinds and names of references and of types, functions and roots.
 * Left out is what differs between runs: addresses, ids, lines, folders, indices, and the keys of plain dicts.
 *
 * The hash is XXH64 of libxxhash; a step's seed is the hash of the steps before it. */
#ifndef EXU_QUERY_FINGERPRINT_H
#define EXU_QUERY_FINGERPRINT_H

#include "graph/chain.h"
#include "query/heap_graph.h"

/* `root_ids`: of each start its row in table root; 0: no root. Returns an array by shape; free() it. */
EXU_MUST_CHECK struct exu_error *exu_fingerprints_make(struct exu_heap_graph *heap, const struct exu_shapes *shapes,
                                                       const int64_t *root_ids, uint64_t **ret);

#endif
