/* Searches and merged chains on random graphs, against brute force. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "graph/chain.h"

static uint32_t seed;

static uint32_t next_random(uint32_t bound)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % bound;
}

static struct exu_graph *random_graph(uint32_t nodes, uint32_t edges_each, uint32_t types)
{
    struct exu_graph *graph;
    bool full = false;
    assert_null(exu_graph_create(&graph, nodes));
    for (uint32_t n = 1; n <= nodes; n++) {
        graph->type[n] = next_random(types);
        graph->weight[n] = next_random(1000);
        uint32_t count = next_random(edges_each + 1);
        for (uint32_t e = 0; e < count; e++) {
            struct exu_edge edge = {.target = 1 + next_random(nodes),
                                    .ordinal = e,
                                    .kind = (uint8_t)(1 + next_random(2)),
                                    .name = (int32_t)next_random(2)};
            if (next_random(4) == 0)
                edge.kind |= EXU_EDGE_CONSERVATIVE;
            assert_true(exu_graph_add(graph, n, &edge, &full));
        }
    }
    assert_false(full);
    exu_graph_finish(graph);
    return graph;
}

/* Best (tier, length, conservative) of every node, by relaxing all edges until nothing changes. */
static void brute_force(const struct exu_graph *graph, const struct exu_chain_start *starts, size_t count,
                        uint64_t *best)
{
    for (uint32_t n = 0; n <= graph->node_count; n++)
        best[n] = UINT64_MAX;
    for (size_t i = 0; i < count; i++) {
        uint64_t cost = (uint64_t)starts[i].tier << 48;
        if (cost < best[starts[i].node])
            best[starts[i].node] = cost;
    }
    for (bool changed = true; changed;) {
        changed = false;
        for (uint32_t n = 1; n <= graph->node_count; n++) {
            if (best[n] == UINT64_MAX)
                continue;
            for (uint32_t e = graph->first[n]; e < graph->first[n + 1]; e++) {
                const struct exu_edge *edge = &graph->edges[e];
                uint64_t cost = best[n] + (1u << 20) + ((edge->kind & EXU_EDGE_CONSERVATIVE) ? 1 : 0);
                if (cost < best[edge->target]) {
                    best[edge->target] = cost;
                    changed = true;
                }
            }
        }
    }
}

/* The cost of the path that the search found, its edges checked on the way. */
static uint64_t cost_of(const struct exu_search *s, uint32_t node)
{
    uint64_t cost = 0;
    while (s->parent[node]) {
        uint32_t from = s->parent[node], e = s->edge[node];
        assert_in_range(e, s->graph->first[from], s->graph->first[from + 1] - 1);
        assert_int_equal(s->graph->edges[e].target, node);
        cost += (1u << 20) + ((s->graph->edges[e].kind & EXU_EDGE_CONSERVATIVE) ? 1 : 0);
        node = from;
    }
    assert_int_equal(s->starts[s->edge[node]].node, node);
    return cost + ((uint64_t)s->starts[s->edge[node]].tier << 48);
}

static size_t random_starts(struct exu_chain_start *starts, size_t most, uint32_t nodes)
{
    size_t count = 1 + next_random((uint32_t)most);
    for (size_t i = 0; i < count; i++)
        starts[i] = (struct exu_chain_start){.node = 1 + next_random(nodes),
                                             .label = 1 + next_random(2),
                                             .tier = i < count / 2   ? 0
                                                     : i < count - 1 ? 1
                                                                     : 2};
    return count;
}

static void shortest_paths_are_found(void **state)
{
    (void)state;
    for (uint32_t round = 0; round < 300; round++) {
        seed = round + 1;
        uint32_t nodes = 2 + next_random(60);
        struct exu_graph *graph = random_graph(nodes, 1 + next_random(4), 3);
        struct exu_chain_start starts[6];
        size_t count = random_starts(starts, 5, nodes);
        struct exu_search search;
        uint64_t best[64];
        assert_null(exu_search_run(&search, graph, starts, count));
        brute_force(graph, starts, count, best);
        for (uint32_t n = 1; n <= nodes; n++) {
            assert_int_equal(exu_search_reached(&search, n), best[n] != UINT64_MAX);
            if (best[n] != UINT64_MAX)
                assert_int_equal(cost_of(&search, n), best[n]);
        }
        exu_search_deinit(&search);
        exu_graph_destroy(graph);
    }
}

struct signature {
    uint32_t length, label;
    uint64_t steps[70];
};

static void signature_of(const struct exu_search *s, uint32_t node, struct signature *ret)
{
    memset(ret, 0, sizeof *ret);
    for (;; node = s->parent[node]) {
        uint64_t step = s->graph->type[node];
        if (s->parent[node]) {
            const struct exu_edge *edge = &s->graph->edges[s->edge[node]];
            step |= (uint64_t)edge->kind << 32 | (uint64_t)(uint32_t)edge->name << 40;
        }
        ret->steps[ret->length++] = step;
        if (!s->parent[node])
            break;
    }
    ret->label = s->starts[s->edge[node]].label;
}

/* Every target in the chain of its shape, every chain of one shape only, counts and bytes right, order right.
 */
static void check_merge(const struct exu_search *s, const struct exu_shapes *shapes, uint32_t nodes)
{
    uint64_t ended = 0, reached = 0;
    for (uint32_t n = 1; n <= nodes; n++)
        reached += exu_search_reached(s, n);
    for (size_t i = 0; i < shapes->chains.len; i++) {
        const struct exu_shape *chain = &shapes->items.items[shapes->chains.items[i]];
        struct signature mine, other;
        uint64_t bytes = 0, alike = 0;
        signature_of(s, chain->node, &mine);
        assert_int_equal(mine.length, chain->length + 1);
        for (size_t k = 0; k < chain->ends.len; k++) {
            signature_of(s, chain->ends.items[k], &other);
            assert_memory_equal(&mine, &other, sizeof mine);
            bytes += s->graph->weight[chain->ends.items[k]];
        }
        for (uint32_t n = 1; n <= nodes; n++) {
            if (!exu_search_reached(s, n))
                continue;
            signature_of(s, n, &other);
            alike += memcmp(&mine, &other, sizeof mine) == 0;
        }
        assert_int_equal(chain->bytes, bytes);
        assert_int_equal(chain->count, alike);
        assert_int_equal(chain->objects, alike);
        ended += chain->count;
        if (i) {
            const struct exu_shape *before = &shapes->items.items[shapes->chains.items[i - 1]];
            assert_true(before->length <= chain->length);
            if (before->length == chain->length)
                assert_true(before->conservative <= chain->conservative);
        }
    }
    assert_int_equal(ended, reached);
}

static void equal_shapes_are_merged(void **state)
{
    (void)state;
    for (uint32_t round = 0; round < 300; round++) {
        seed = round + 1000;
        uint32_t nodes = 2 + next_random(60);
        struct exu_graph *graph = random_graph(nodes, 1 + next_random(4), 2);
        struct exu_chain_start starts[6];
        struct exu_chain_target targets[64];
        size_t count = random_starts(starts, 5, nodes);
        struct exu_search search;
        struct exu_shapes shapes;
        assert_null(exu_search_run(&search, graph, starts, count));
        for (uint32_t n = 1; n <= nodes; n++)
            targets[n - 1] = (struct exu_chain_target){.node = n};
        assert_null(exu_shapes_merge(&shapes, &search, targets, nodes, NULL));
        check_merge(&search, &shapes, nodes);
        exu_shapes_deinit(&shapes);
        exu_search_deinit(&search);
        exu_graph_destroy(graph);
    }
}

static bool item_of_type_9(void *context, uint32_t holder, const struct exu_edge *edge)
{
    const struct exu_graph *graph = context;
    (void)holder;
    return edge->kind == 1 && graph->type[edge->target] == 9;
}

/* 1 holds the lists 2 and 3; 2 holds 4, 5 and 4 again, 3 holds 5 and something else. */
static void pieces_are_counted_once(void **state)
{
    (void)state;
    struct exu_graph *graph;
    bool full = false;
    static const struct {
        uint32_t from;
        struct exu_edge edge;
    } edges[] = {
        {1, {.target = 2, .kind = 7}},
        {1, {.target = 3, .kind = 7, .ordinal = 1}},
        {2, {.target = 4, .kind = 1}},
        {2, {.target = 5, .kind = 1, .ordinal = 1}},
        {2, {.target = 4, .kind = 1, .ordinal = 2}},
        {3, {.target = 5, .kind = 1}},
        {3, {.target = 6, .kind = 1, .ordinal = 1}},
    };
    assert_null(exu_graph_create(&graph, 6));
    for (size_t i = 0; i < EXU_COUNT(edges); i++)
        assert_true(exu_graph_add(graph, edges[i].from, &edges[i].edge, &full));
    exu_graph_finish(graph);
    graph->type[4] = graph->type[5] = 9;
    for (uint32_t n = 1; n <= 6; n++)
        graph->weight[n] = n;

    struct exu_chain_start start = {.node = 1, .label = 1};
    struct exu_chain_target targets[] = {{.node = 2, .pieces = true}, {.node = 3, .pieces = true}};
    struct exu_chain_rules rules = {.context = graph, .is_piece = item_of_type_9};
    struct exu_search search;
    struct exu_shapes shapes;
    assert_null(exu_search_run(&search, graph, &start, 1));
    assert_null(exu_shapes_merge(&shapes, &search, targets, EXU_COUNT(targets), &rules));
    assert_int_equal(shapes.chains.len, 1);
    const struct exu_shape *chain = &shapes.items.items[shapes.chains.items[0]];
    assert_int_equal(chain->count, 4);
    assert_int_equal(chain->objects, 2);
    assert_int_equal(chain->bytes, 9);
    assert_int_equal(chain->length, 2);
    assert_true(chain->many);
    exu_shapes_deinit(&shapes);
    exu_search_deinit(&search);
    exu_graph_destroy(graph);
}

static void bad_edges_are_refused(void **state)
{
    (void)state;
    struct exu_graph *graph;
    bool full = false;
    assert_null(exu_graph_create(&graph, 3));
    assert_false(exu_graph_add(graph, 0, &(struct exu_edge){.target = 1}, &full));
    assert_false(exu_graph_add(graph, 4, &(struct exu_edge){.target = 1}, &full));
    assert_false(exu_graph_add(graph, 1, &(struct exu_edge){.target = 0}, &full));
    assert_false(exu_graph_add(graph, 1, &(struct exu_edge){.target = 4}, &full));
    assert_true(exu_graph_add(graph, 2, &(struct exu_edge){.target = 3}, &full));
    assert_false(exu_graph_add(graph, 1, &(struct exu_edge){.target = 3}, &full)); /* out of order */
    exu_graph_finish(graph);
    assert_int_equal(graph->edge_count, 1);
    assert_int_equal(graph->first[1], 0);
    assert_int_equal(graph->first[2], 0);
    assert_int_equal(graph->first[3], 1);
    assert_int_equal(graph->first[4], 1);
    assert_false(full);
    exu_graph_destroy(graph);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shortest_paths_are_found),
        cmocka_unit_test(equal_shapes_are_merged),
        cmocka_unit_test(pieces_are_counted_once),
        cmocka_unit_test(bad_edges_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
