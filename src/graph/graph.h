/* The references of a database as a compact directed graph: nodes are dense numbers from 1, the edges of a
 * node stand together (compressed sparse rows). Weak references are left out by whoever fills it: they hold
 * nothing.
 *
 * Owns its arrays. Knows nothing of SQL: the query layer fills it in one pass over the table. */
#ifndef EXU_GRAPH_GRAPH_H
#define EXU_GRAPH_GRAPH_H

#include "base/base.h"
#include "base/error.h"

#define EXU_NODE_NONE 0u
#define EXU_EDGE_NONE UINT32_MAX
#define EXU_GRAPH_MAX_NODES (UINT32_MAX - 8)
/* struct exu_edge.kind is the stored kind, with this bit for a conservative reference. */
#define EXU_EDGE_CONSERVATIVE 0x80

struct exu_edge {
    uint32_t target;
    uint32_t ordinal; /* of the reference in its referrer */
    int32_t name;     /* reference_row.name_id; 0 = none */
    uint8_t kind;
};

struct exu_graph {
    uint32_t node_count; /* nodes 1..node_count */
    uint32_t *first;     /* edges of n: first[n] .. first[n + 1]; node_count + 2 long */
    struct exu_edge *edges;
    uint32_t edge_count;
    size_t edge_cap;
    uint32_t *type;   /* shape of a node: two nodes of one type may be merged */
    uint64_t *weight; /* bytes */
    uint32_t filling; /* highest node that has got an edge */
};

EXU_MUST_CHECK struct exu_error *exu_graph_create(struct exu_graph **ret, uint32_t node_count);
void exu_graph_destroy(struct exu_graph *graph);
/* Edges come in ascending order of `from`. False: a node that is none, out of order (the edge is left out).
 * Sets `ret_full` when the machine has no memory for it or the graph is at its limit. */
bool exu_graph_add(struct exu_graph *graph, uint32_t from, const struct exu_edge *edge, bool *ret_full);
/* After the last edge, before any search. */
void exu_graph_finish(struct exu_graph *graph);

#endif
