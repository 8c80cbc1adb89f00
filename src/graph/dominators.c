#include "graph/dominators.h"

#include <stdlib.h>
#include <string.h>

/* Nodes by their number in depth-first order; 0 is the super-root. */
struct work {
    const struct exu_strong_edges *edges;
    const uint32_t *closed;
    uint32_t *node;     /* number -> node */
    uint32_t *number;   /* node -> number; 0 = not reached */
    uint32_t *ancestor; /* parent in the depth-first tree, shortened while evaluating */
    uint32_t *label, *semi, *idom;
    uint32_t *first, *preds; /* predecessors as numbers: preds[first[n]] up to preds[first[n + 1]] */
    uint32_t *stack;
    uint64_t *at; /* of a node on the stack: the edge to look at next */
    uint32_t count;
};

static void work_deinit(struct work *w)
{
    free(w->node);
    free(w->number);
    free(w->ancestor);
    free(w->label);
    free(w->semi);
    free(w->idom);
    free(w->first);
    free(w->preds);
    free(w->stack);
    free(w->at);
}

static bool work_init(struct work *w, const struct exu_strong_edges *edges)
{
    size_t nodes = (size_t)edges->count + 2;
    w->edges = edges;
    w->node = calloc(nodes, sizeof *w->node);
    w->number = calloc(nodes, sizeof *w->number);
    w->ancestor = calloc(nodes, sizeof *w->ancestor);
    w->stack = malloc(nodes * sizeof *w->stack);
    w->at = malloc(nodes * sizeof *w->at);
    return w->node && w->number && w->ancestor && w->stack && w->at;
}

static void enter(struct work *w, uint32_t node, uint32_t parent, size_t *depth)
{
    uint32_t number = ++w->count;
    w->node[number] = node;
    w->number[node] = number;
    w->ancestor[number] = parent;
    w->stack[*depth] = node;
    w->at[(*depth)++] = w->edges->first[node];
}

static void number_from(struct work *w, uint32_t root)
{
    size_t depth = 0;
    if (!root || root > w->edges->count || w->number[root])
        return;
    enter(w, root, 0, &depth);
    while (depth) {
        uint32_t node = w->stack[depth - 1];
        if (w->at[depth - 1] == w->edges->first[node + 1]) {
            depth--;
            continue;
        }
        uint32_t to = w->edges->targets[w->at[depth - 1]++];
        if (!w->number[to] && !(w->closed && w->closed[to]))
            enter(w, to, w->number[node], &depth);
    }
}

/* Numbered: where the walk stood is needed no more. */
static void forget_walk(struct work *w)
{
    free(w->at);
    w->at = NULL;
}

/* Who leads to whom; the super-root leads to every root. False: no memory, or more edges than can be counted.
 */
static bool predecessors(struct work *w, const uint32_t *roots, size_t root_count)
{
    uint64_t total = root_count;
    w->first = calloc((size_t)w->count + 2, sizeof *w->first);
    if (!w->first)
        return false;
    for (uint32_t n = 1; n <= w->count; n++) {
        uint32_t node = w->node[n];
        for (uint64_t i = w->edges->first[node]; i < w->edges->first[node + 1]; i++, total++)
            w->first[w->number[w->edges->targets[i]]]++;
    }
    if (total > UINT32_MAX - 2 || !(w->preds = malloc((size_t)(total + 1) * sizeof *w->preds)))
        return false;
    for (size_t i = 0; i < root_count; i++)
        if (roots[i] && roots[i] <= w->edges->count)
            w->first[w->number[roots[i]]]++;
    uint32_t sum = 0;
    for (uint32_t n = 0; n <= w->count; n++) { /* ends of the lists; filling moves them to their beginnings */
        sum += w->first[n];
        w->first[n] = sum;
    }
    w->first[w->count + 1] = sum;
    for (uint32_t n = 1; n <= w->count; n++) {
        uint32_t node = w->node[n];
        for (uint64_t i = w->edges->first[node]; i < w->edges->first[node + 1]; i++)
            w->preds[--w->first[w->number[w->edges->targets[i]]]] = n;
    }
    for (size_t i = 0; i < root_count; i++)
        if (roots[i] && roots[i] <= w->edges->count)
            w->preds[--w->first[w->number[roots[i]]]] = 0;
    return true;
}

/* The node of least semidominator on the way up from `v` through linked ones (numbers from `linked` on);
 * shortens it. */
static uint32_t evaluate(struct work *w, uint32_t v, uint32_t linked)
{
    if (w->ancestor[v] < linked)
        return w->label[v];
    size_t depth = 0;
    do {
        w->stack[depth++] = v;
        v = w->ancestor[v];
    } while (w->ancestor[v] >= linked);
    uint32_t above = v, least = w->label[v];
    while (depth) {
        v = w->stack[--depth];
        w->ancestor[v] = w->ancestor[above];
        if (w->semi[least] < w->semi[w->label[v]])
            w->label[v] = least;
        else
            least = w->label[v];
        above = v;
    }
    return w->label[v];
}

static bool semi_nca(struct work *w)
{
    size_t size = (size_t)w->count + 2;
    w->label = malloc(size * sizeof *w->label);
    w->semi = malloc(size * sizeof *w->semi);
    w->idom = malloc(size * sizeof *w->idom);
    if (!w->label || !w->semi || !w->idom)
        return false;
    for (uint32_t n = 0; n <= w->count; n++) {
        w->label[n] = w->semi[n] = n;
        w->idom[n] = w->ancestor[n];
    }
    for (uint32_t n = w->count; n >= 1; n--) {
        uint32_t least = w->ancestor[n];
        for (uint32_t i = w->first[n]; i < w->first[n + 1]; i++) {
            uint32_t semi = w->preds[i] ? w->semi[evaluate(w, w->preds[i], n + 1)] : 0;
            least = semi < least ? semi : least;
        }
        w->semi[n] = least;
    }
    for (uint32_t n = 1; n <= w->count; n++)
        while (w->idom[n] > w->semi[n])
            w->idom[n] = w->idom[w->idom[n]];
    return true;
}

/* All that the result does not need: memory is short here. */
static void forget_work(struct work *w)
{
    uint32_t **done[] = {&w->ancestor, &w->label, &w->semi, &w->first, &w->preds, &w->stack};
    for (size_t i = 0; i < EXU_COUNT(done); i++) {
        free(*done[i]);
        *done[i] = NULL;
    }
}

static struct exu_error *hand_over(struct work *w, const uint64_t *weights, struct exu_dominators *ret)
{
    size_t nodes = (size_t)w->edges->count + 1;
    forget_work(w);
    struct exu_dominators d = {.count = w->edges->count,
                               .dominator = w->number, /* from here on a node's number is asked for no more */
                               .retained_bytes = calloc(nodes, sizeof *d.retained_bytes),
                               .retained_count = calloc(nodes, sizeof *d.retained_count)};
    w->number = NULL;
    if (!d.retained_bytes || !d.retained_count) {
        exu_dominators_deinit(&d);
        return exu_error_memory();
    }
    for (uint32_t n = w->count; n >= 1; n--) { /* a dominator has a lower number */
        uint32_t node = w->node[n], above = w->node[w->idom[n]];
        d.dominator[node] = above;
        d.retained_bytes[node] += weights[node];
        d.retained_count[node]++;
        if (!above)
            continue;
        d.retained_bytes[above] += d.retained_bytes[node];
        d.retained_count[above] += d.retained_count[node];
    }
    *ret = d;
    return NULL;
}

struct exu_error *exu_dominators_find(struct exu_dominators *ret, const struct exu_strong_edges *edges,
                                      const uint32_t *roots, size_t root_count, const uint32_t *closed,
                                      const uint64_t *weights)
{
    struct work w = {.closed = closed};
    struct exu_error *error = work_init(&w, edges) ? NULL : exu_error_memory();
    for (size_t i = 0; !error && i < root_count; i++)
        number_from(&w, roots[i]);
    forget_walk(&w);
    if (!error && (!predecessors(&w, roots, root_count) || !semi_nca(&w)))
        error = exu_error_memory();
    if (!error)
        error = hand_over(&w, weights, ret);
    work_deinit(&w);
    return error;
}

void exu_dominators_deinit(struct exu_dominators *dominators)
{
    free(dominators->dominator);
    free(dominators->retained_bytes);
    free(dominators->retained_count);
    memset(dominators, 0, sizeof *dominators);
}
