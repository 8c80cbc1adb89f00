/* Referrer chains: shortest paths from a set of starts, and the merging of those of equal shape.
 *
 * A search is a breadth-first one from all starts at once. At equal length a path over fewer conservative
 * edges wins. Starts of a later tier only reach what no start of an earlier tier does. Two chains have the
 * same shape when their starts have the same label and every step goes over the same kind and name of
 * reference to the same type. */
#ifndef EXU_GRAPH_CHAIN_H
#define EXU_GRAPH_CHAIN_H

#include "base/vec.h"
#include "graph/graph.h"

struct exu_chain_start {
    uint32_t node;
    uint32_t label; /* chains whose starts differ in it are never merged */
    uint32_t tier;
};

/* Borrows the graph and the starts. */
struct exu_search {
    const struct exu_graph *graph;
    const struct exu_chain_start *starts;
    size_t start_count;
    uint32_t *level;        /* 0 = not reached; else grows along every path */
    uint32_t *parent;       /* EXU_NODE_NONE: a start */
    uint32_t *edge;         /* the one that leads here; of a start: its index in starts */
    uint32_t *conservative; /* such edges on the path */
    uint32_t *order;        /* the reached nodes, parents before children */
    uint32_t reached;
};

/* `starts` sorted by tier; of two starts at one node the first counts. */
EXU_MUST_CHECK struct exu_error *exu_search_run(struct exu_search *search, const struct exu_graph *graph,
                                                const struct exu_chain_start *starts, size_t start_count);
void exu_search_deinit(struct exu_search *search);
static inline bool exu_search_reached(const struct exu_search *search, uint32_t node)
{
    return node != 0 && node <= search->graph->node_count && search->level[node] != 0;
}

/* A step that many chains share: a node of the tree of shapes. */
struct exu_shape {
    uint32_t parent; /* index; UINT32_MAX: the first step */
    uint32_t node;   /* the first node seen here */
    uint32_t from;   /* the node before it; EXU_NODE_NONE for the first step. Not always the parent's `node`:
                        the   real chain to `from` is in the search */
    uint32_t edge;   /* from `from`; EXU_EDGE_NONE for the first step */
    uint32_t start;  /* index into starts, of the first step */
    int32_t name;    /* canonical */
    uint32_t type;
    uint8_t kind;
    bool many;        /* different edges of different places were merged here */
    uint32_t ordinal; /* while `many` is false: that of all of them */
    uint32_t length;  /* steps before this one */
    uint32_t conservative;
    uint64_t count;         /* chains that end here */
    uint64_t objects;       /* distinct nodes that they end in */
    uint64_t bytes;         /* of those */
    exu_vec(uint32_t) ends; /* those */
};

struct exu_shapes {
    exu_vec(struct exu_shape) items;
    exu_vec(
        uint32_t) chains; /* shapes with count > 0, shortest first; then exact, most bytes, most objects */
};

struct exu_chain_target {
    uint32_t node;
    bool pieces; /* the chain goes on to those referents for which `is_piece` says yes */
};

struct exu_chain_rules {
    void *context;
    /* Names of equal text get one number. NULL: as they are. */
    int32_t (*canonical_name)(void *context, int32_t name);
    /* True when the name of the edge tells as little as an index: steps that differ in it are merged. NULL: never. */
    bool (*is_index)(void *context, uint32_t from, const struct exu_edge *edge);
    bool (*is_piece)(void *context, uint32_t holder, const struct exu_edge *edge);
};

/* Targets that were not reached are left out. `targets` has no node twice. */
EXU_MUST_CHECK struct exu_error *exu_shapes_merge(struct exu_shapes *ret, const struct exu_search *search,
                                                  const struct exu_chain_target *targets, size_t target_count,
                                                  const struct exu_chain_rules *rules);
void exu_shapes_deinit(struct exu_shapes *shapes);

#endif
