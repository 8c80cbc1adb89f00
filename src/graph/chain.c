#include "graph/chain.h"

#include <stdlib.h>
#include <string.h>

/* ---- search ---- */

static void relax(struct exu_search *s, uint32_t from, uint32_t edge_index)
{
    const struct exu_edge *edge = &s->graph->edges[edge_index];
    uint32_t conservative = s->conservative[from] + ((edge->kind & EXU_EDGE_CONSERVATIVE) ? 1 : 0);
    uint32_t to = edge->target;
    if (s->level[to] == 0)
        s->order[s->reached++] = to;
    else if (s->level[to] != s->level[from] + 1 || conservative >= s->conservative[to])
        return;
    s->level[to] = s->level[from] + 1;
    s->conservative[to] = conservative;
    s->parent[to] = from;
    s->edge[to] = edge_index;
}

struct exu_error *exu_search_run(struct exu_search *search, const struct exu_graph *graph,
                                 const struct exu_chain_start *starts, size_t start_count)
{
    size_t n = (size_t)graph->node_count + 1;
    struct exu_search s = {.graph = graph, .starts = starts, .start_count = start_count};
    s.level = calloc(n, sizeof *s.level);
    s.parent = calloc(n, sizeof *s.parent);
    s.edge = calloc(n, sizeof *s.edge);
    s.conservative = calloc(n, sizeof *s.conservative);
    s.order = calloc(n, sizeof *s.order);
    if (!s.level || !s.parent || !s.edge || !s.conservative || !s.order) {
        exu_search_deinit(&s);
        return exu_error_memory();
    }
    uint32_t done = 0, base = 1;
    for (size_t i = 0; i < start_count;) {
        uint32_t tier = starts[i].tier;
        for (; i < start_count && starts[i].tier == tier; i++) {
            uint32_t node = starts[i].node;
            if (node == 0 || node > graph->node_count || s.level[node] != 0)
                continue;
            s.level[node] = base;
            s.edge[node] = (uint32_t)i;
            s.order[s.reached++] = node;
        }
        uint32_t deepest = base;
        while (done < s.reached) {
            uint32_t node = s.order[done++];
            deepest = s.level[node];
            for (uint32_t e = graph->first[node]; e < graph->first[node + 1]; e++)
                relax(&s, node, e);
        }
        base = deepest + 2; /* no node of this tier looks one level above a start of the next */
    }
    *search = s;
    return NULL;
}

void exu_search_deinit(struct exu_search *search)
{
    free(search->level);
    free(search->parent);
    free(search->edge);
    free(search->conservative);
    free(search->order);
    *search = (struct exu_search){0};
}

/* ---- shapes ---- */

struct merger {
    const struct exu_search *search;
    const struct exu_chain_rules *rules;
    struct exu_shapes *shapes;
    uint32_t *slots; /* hash table of shape index + 1 */
    size_t slot_count;
    uint32_t *shape_of; /* by node, + 1 */
};

static uint64_t mix(uint64_t h, uint64_t value)
{
    h = (h ^ value) * 0x9e3779b97f4a7c15u;
    return h ^ (h >> 29);
}

static uint64_t shape_hash(const struct exu_shape *s)
{
    uint64_t h = mix(s->parent, s->kind);
    h = mix(h, (uint32_t)s->name);
    h = mix(h, s->type);
    return mix(h, s->parent == UINT32_MAX ? s->start : 0);
}

static bool rehash(struct merger *m, size_t want)
{
    uint32_t *slots = calloc(want, sizeof *slots);
    if (!slots)
        return false;
    for (size_t i = 0; i < m->shapes->items.len; i++) {
        struct exu_shape key = m->shapes->items.items[i];
        if (key.parent == UINT32_MAX)
            key.start = m->search->starts[key.start].label;
        size_t at = shape_hash(&key) & (want - 1);
        while (slots[at])
            at = (at + 1) & (want - 1);
        slots[at] = (uint32_t)i + 1;
    }
    free(m->slots);
    m->slots = slots;
    m->slot_count = want;
    return true;
}

static bool same_shape(const struct merger *m, const struct exu_shape *a, const struct exu_shape *b)
{
    if (a->parent != b->parent || a->kind != b->kind || a->name != b->name || a->type != b->type)
        return false;
    return a->parent != UINT32_MAX || m->search->starts[a->start].label == m->search->starts[b->start].label;
}

/* Finds the shape or makes it; UINT32_MAX without memory. */
static uint32_t shape_intern(struct merger *m, const struct exu_shape *wanted)
{
    if ((m->shapes->items.len + 1) * 2 > m->slot_count &&
        !rehash(m, m->slot_count ? m->slot_count * 2 : 1024))
        return UINT32_MAX;
    struct exu_shape key = *wanted;
    if (key.parent == UINT32_MAX)
        key.start = m->search->starts[key.start].label;
    size_t at = shape_hash(&key) & (m->slot_count - 1);
    for (; m->slots[at]; at = (at + 1) & (m->slot_count - 1)) {
        struct exu_shape *there = &m->shapes->items.items[m->slots[at] - 1];
        if (!same_shape(m, there, wanted))
            continue;
        if (there->ordinal != wanted->ordinal)
            there->many = true;
        return m->slots[at] - 1;
    }
    if (m->shapes->items.len >= UINT32_MAX - 1 || !exu_vec_push(&m->shapes->items, *wanted))
        return UINT32_MAX;
    m->slots[at] = (uint32_t)m->shapes->items.len;
    return (uint32_t)m->shapes->items.len - 1;
}

static int32_t canonical(const struct merger *m, int32_t name)
{
    return name && m->rules && m->rules->canonical_name ? m->rules->canonical_name(m->rules->context, name)
                                                        : name;
}

static struct exu_shape step_shape(const struct merger *m, uint32_t parent_shape, uint32_t from,
                                   uint32_t edge_index)
{
    const struct exu_edge *edge = &m->search->graph->edges[edge_index];
    const struct exu_shape *above = &m->shapes->items.items[parent_shape];
    bool index = m->rules && m->rules->is_index && m->rules->is_index(m->rules->context, from, edge);
    return (struct exu_shape){.parent = parent_shape,
                              .node = edge->target,
                              .from = from,
                              .edge = edge_index,
                              .name = index ? 0 : canonical(m, edge->name),
                              .type = m->search->graph->type[edge->target],
                              .kind = edge->kind,
                              .ordinal = edge->ordinal,
                              .length = above->length + 1,
                              .conservative =
                                  above->conservative + ((edge->kind & EXU_EDGE_CONSERVATIVE) ? 1 : 0)};
}

/* Gives a shape to every node on the way to a target. */
static bool shape_ancestors(struct merger *m, const struct exu_chain_target *targets, size_t target_count)
{
    const struct exu_search *s = m->search;
    const uint32_t wanted = UINT32_MAX;
    for (size_t i = 0; i < target_count; i++) {
        if (!exu_search_reached(s, targets[i].node))
            continue;
        for (uint32_t n = targets[i].node; n && m->shape_of[n] != wanted; n = s->parent[n])
            m->shape_of[n] = wanted;
    }
    for (uint32_t i = 0; i < s->reached; i++) {
        uint32_t node = s->order[i], shape;
        if (m->shape_of[node] != wanted)
            continue;
        if (s->parent[node] == EXU_NODE_NONE)
            shape = shape_intern(m, &(struct exu_shape){.parent = UINT32_MAX,
                                                        .node = node,
                                                        .edge = EXU_EDGE_NONE,
                                                        .start = s->edge[node],
                                                        .type = s->graph->type[node]});
        else {
            struct exu_shape step =
                step_shape(m, m->shape_of[s->parent[node]] - 1, s->parent[node], s->edge[node]);
            shape = shape_intern(m, &step);
        }
        if (shape == UINT32_MAX)
            return false;
        m->shape_of[node] = shape + 1;
    }
    return true;
}

static bool end_chain(struct merger *m, uint32_t shape, uint32_t node)
{
    struct exu_shape *s = &m->shapes->items.items[shape];
    s->count++;
    s->objects++;
    s->bytes += m->search->graph->weight[node];
    return exu_vec_push(&s->ends, node);
}

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* A list may hold one piece twice, and two lists of one shape the same piece. */
static void make_distinct(const struct exu_graph *graph, struct exu_shape *shape)
{
    qsort(shape->ends.items, shape->ends.len, sizeof *shape->ends.items, by_number);
    size_t kept = 0;
    shape->bytes = 0;
    for (size_t i = 0; i < shape->ends.len; i++) {
        if (kept && shape->ends.items[kept - 1] == shape->ends.items[i])
            continue;
        shape->ends.items[kept++] = shape->ends.items[i];
        if (!exu_add(shape->bytes, graph->weight[shape->ends.items[i]], &shape->bytes))
            shape->bytes = UINT64_MAX;
    }
    shape->ends.len = kept;
    shape->objects = kept;
}

static bool end_pieces(struct merger *m, uint32_t holder)
{
    const struct exu_graph *graph = m->search->graph;
    uint32_t holder_shape = m->shape_of[holder] - 1;
    bool any = false;
    for (uint32_t e = graph->first[holder]; e < graph->first[holder + 1]; e++) {
        if (!m->rules->is_piece(m->rules->context, holder, &graph->edges[e]))
            continue;
        struct exu_shape step = step_shape(m, holder_shape, holder, e);
        uint32_t shape = shape_intern(m, &step);
        if (shape == UINT32_MAX || !end_chain(m, shape, graph->edges[e].target))
            return false;
        any = true;
    }
    return any || end_chain(m, holder_shape, holder);
}

static int compare_shapes(const void *a, const void *b, void *context)
{
    const struct exu_shape *items = context;
    const struct exu_shape *x = &items[*(const uint32_t *)a], *y = &items[*(const uint32_t *)b];
    if (x->length != y->length)
        return x->length < y->length ? -1 : 1;
    if (x->conservative != y->conservative)
        return x->conservative < y->conservative ? -1 : 1;
    if (x->bytes != y->bytes)
        return x->bytes > y->bytes ? -1 : 1;
    if (x->count != y->count)
        return x->count > y->count ? -1 : 1;
    return (x->node > y->node) - (x->node < y->node);
}

static bool merge(struct merger *m, const struct exu_chain_target *targets, size_t target_count)
{
    struct exu_shapes *shapes = m->shapes;
    if (!shape_ancestors(m, targets, target_count))
        return false;
    for (size_t i = 0; i < target_count; i++) {
        uint32_t node = targets[i].node;
        if (!exu_search_reached(m->search, node))
            continue;
        if (!(targets[i].pieces ? end_pieces(m, node) : end_chain(m, m->shape_of[node] - 1, node)))
            return false;
    }
    for (size_t i = 0; i < shapes->items.len; i++) {
        if (!shapes->items.items[i].count)
            continue;
        make_distinct(m->search->graph, &shapes->items.items[i]);
        if (!exu_vec_push(&shapes->chains, (uint32_t)i))
            return false;
    }
    if (shapes->chains.len)
        qsort_r(shapes->chains.items, shapes->chains.len, sizeof *shapes->chains.items, compare_shapes,
                shapes->items.items);
    return true;
}

struct exu_error *exu_shapes_merge(struct exu_shapes *ret, const struct exu_search *search,
                                   const struct exu_chain_target *targets, size_t target_count,
                                   const struct exu_chain_rules *rules)
{
    struct exu_shapes shapes = {0};
    struct merger m = {.search = search, .rules = rules, .shapes = &shapes};
    m.shape_of = calloc((size_t)search->graph->node_count + 1, sizeof *m.shape_of);
    bool done = m.shape_of && merge(&m, targets, target_count);
    free(m.shape_of);
    free(m.slots);
    if (!done) {
        exu_shapes_deinit(&shapes);
        return exu_error_memory();
    }
    *ret = shapes;
    return NULL;
}

void exu_shapes_deinit(struct exu_shapes *shapes)
{
    struct exu_shape *shape;
    exu_vec_each (shape, &shapes->items)
        exu_vec_free(&shape->ends);
    exu_vec_free(&shapes->items);
    exu_vec_free(&shapes->chains);
}
