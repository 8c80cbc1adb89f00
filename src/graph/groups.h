/* What groups of nodes retain: all that no way from the roots reaches without passing a member of the group, which is what
 * would be gone if all members went. One node held by two members counts, though neither of them dominates it; nested
 * members count once.
 *
 * Every node gets the set of groups that all ways to it pass: the intersection over its referrers, and its own groups
 * (data flow; a node is looked at again while its set shrinks, which for real heaps is once or twice). Sets are kept once
 * and known by number, so that to intersect two is nearly always to look the result up. */
#ifndef EXU_GRAPH_GROUPS_H
#define EXU_GRAPH_GROUPS_H

#include "graph/garbage.h"

#define EXU_GROUP_NONE UINT32_MAX

/* Who holds a root: nobody, or a group without a node (a frame on a stack), which may be in another (its thread). */
struct exu_group_start {
    uint32_t node;
    uint32_t groups[2]; /* EXU_GROUP_NONE: no group */
};

struct exu_group_members {
    const uint32_t *first; /* groups of node n: groups[first[n]] up to groups[first[n + 1]] */
    const uint32_t *groups;
    uint32_t count; /* of groups */
};

struct exu_group_sum {
    uint64_t bytes, nodes;
};

/* Adds to sums[group]. A root may have several starts: each is a way of its own. `closed` as in exu_dominators_find.
 * Where the sets outgrow their bounds (a way through more than 128 groups, or millions of different sets), nodes are left
 * out: a sum is then too small, and `*ret_whole` false. */
EXU_MUST_CHECK struct exu_error *exu_groups_sum(const struct exu_strong_edges *edges,
                                                const struct exu_group_start *starts, size_t start_count,
                                                const struct exu_group_members *members, const uint32_t *closed,
                                                const uint64_t *weights, struct exu_group_sum *sums, bool *ret_whole);

#endif
