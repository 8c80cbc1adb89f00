#include "graph/graph.h"

#include "base/vec.h"

#include <stdlib.h>

struct exu_error *exu_graph_create(struct exu_graph **ret, uint32_t node_count)
{
    if (node_count > EXU_GRAPH_MAX_NODES)
        return exu_error_new(EXU_ERROR_INPUT, "more than %u objects; chains can't be searched in it",
                             EXU_GRAPH_MAX_NODES);
    struct exu_graph *graph = calloc(1, sizeof *graph);
    if (!graph)
        return exu_error_memory();
    graph->node_count = node_count;
    graph->first = calloc((size_t)node_count + 2, sizeof *graph->first);
    graph->type = calloc((size_t)node_count + 1, sizeof *graph->type);
    graph->weight = calloc((size_t)node_count + 1, sizeof *graph->weight);
    if (!graph->first || !graph->type || !graph->weight) {
        exu_graph_destroy(graph);
        return exu_error_memory();
    }
    *ret = graph;
    return NULL;
}

void exu_graph_destroy(struct exu_graph *graph)
{
    if (!graph)
        return;
    free(graph->first);
    free(graph->edges);
    free(graph->type);
    free(graph->weight);
    free(graph);
}

bool exu_graph_add(struct exu_graph *graph, uint32_t from, const struct exu_edge *edge, bool *ret_full)
{
    if (from == 0 || from > graph->node_count || edge->target == 0 || edge->target > graph->node_count ||
        from < graph->filling)
        return false;
    if (graph->edge_count == EXU_EDGE_NONE - 1) {
        *ret_full = true;
        return false;
    }
    if (graph->edge_count == graph->edge_cap && !exu_vec_grow_((void **)&graph->edges, &graph->edge_cap,
                                                               graph->edge_count, 1, sizeof *graph->edges)) {
        *ret_full = true;
        return false;
    }
    while (graph->filling < from)
        graph->first[++graph->filling] = graph->edge_count;
    graph->edges[graph->edge_count++] = *edge;
    return true;
}

void exu_graph_finish(struct exu_graph *graph)
{
    while (graph->filling < graph->node_count + 1)
        graph->first[++graph->filling] = graph->edge_count;
}
