#include "graph/garbage.h"

#include <stdlib.h>
#include <string.h>

static bool tracked(int32_t refs)
{
    return refs != EXU_REFS_UNTRACKED;
}

/* Takes off what tracked nodes hold of each other; says how many were overdrawn. */
static uint64_t subtract(const struct exu_strong_edges *e, int32_t *refs)
{
    uint64_t overdrawn = 0;
    for (uint32_t node = 1; node <= e->count; node++) {
        if (!tracked(refs[node]))
            continue;
        for (uint64_t i = e->first[node]; i < e->first[node + 1]; i++) {
            int32_t *to = &refs[e->targets[i]];
            if (!tracked(*to) || *to == EXU_REFS_FOR_EVER)
                continue;
            if (*to > 0) {
                --*to;
            } else {
                *to = EXU_REFS_FOR_EVER;
                overdrawn++;
            }
        }
    }
    return overdrawn;
}

/* Everything that a node with references from outside reaches is alive: its count becomes EXU_REFS_FOR_EVER.
 */
static void revive(const struct exu_strong_edges *e, int32_t *refs, uint32_t *queue)
{
    size_t len = 0;
    for (uint32_t node = 1; node <= e->count; node++)
        if (refs[node] > 0) {
            refs[node] = EXU_REFS_FOR_EVER;
            queue[len++] = node;
        }
    while (len) {
        uint32_t node = queue[--len];
        for (uint64_t i = e->first[node]; i < e->first[node + 1]; i++) {
            uint32_t to = e->targets[i];
            if (tracked(refs[to]) && refs[to] == 0) {
                refs[to] = EXU_REFS_FOR_EVER;
                queue[len++] = to;
            }
        }
    }
}

static uint32_t find(uint32_t *parent, uint32_t node)
{
    while (parent[node] != node) {
        parent[node] = parent[parent[node]];
        node = parent[node];
    }
    return node;
}

/* Joins what is connected; the lowest node of a group is its root. */
static void group(struct exu_garbage *g, const struct exu_strong_edges *e, const int32_t *refs)
{
    uint32_t *parent = g->cycle;
    for (uint32_t node = 1; node <= e->count; node++)
        parent[node] = refs[node] == 0 ? node : 0;
    for (uint32_t node = 1; node <= e->count; node++) {
        if (!parent[node])
            continue;
        for (uint64_t i = e->first[node]; i < e->first[node + 1]; i++) {
            if (!parent[e->targets[i]])
                continue;
            uint32_t a = find(parent, node), b = find(parent, e->targets[i]);
            if (a < b)
                parent[b] = a;
            else
                parent[a] = b;
        }
    }
}

/* Numbers the groups; nodes come in ascending order, a group's root first. */
static void number(struct exu_garbage *g, uint32_t count, uint32_t *numbers)
{
    for (uint32_t node = 1; node <= count; node++)
        if (g->cycle[node]) {
            uint32_t root = find(g->cycle, node);
            numbers[node] = root == node ? ++g->cycle_count : numbers[root];
            g->objects++;
        }
}

struct exu_error *exu_garbage_find(struct exu_garbage *ret, const struct exu_strong_edges *edges,
                                   int32_t *refs)
{
    struct exu_garbage g = {.cycle = calloc((size_t)edges->count + 1, sizeof *g.cycle)};
    uint32_t *queue = calloc((size_t)edges->count + 1, sizeof *queue);
    if (!g.cycle || !queue) {
        free(g.cycle);
        free(queue);
        return exu_error_memory();
    }
    refs[0] = EXU_REFS_UNTRACKED;
    g.overdrawn = subtract(edges, refs);
    revive(edges, refs, queue);
    group(&g, edges, refs);
    memset(queue, 0, ((size_t)edges->count + 1) * sizeof *queue);
    number(&g, edges->count, queue);
    free(g.cycle);
    g.cycle = queue;
    *ret = g;
    return NULL;
}

struct exu_error *exu_garbage_hang(struct exu_garbage *garbage, const struct exu_strong_edges *edges, int32_t *refs,
                                   int32_t (*count)(const void *context, uint32_t node), const void *context)
{
    uint32_t *queue = calloc((size_t)edges->count + 1, sizeof *queue);
    garbage->hanging = calloc((size_t)edges->count + 1, sizeof *garbage->hanging);
    if (!queue || !garbage->hanging)
        return free(queue), exu_error_memory();
    size_t len = 0;
    for (uint32_t node = 1; node <= edges->count; node++)
        if (garbage->cycle[node])
            queue[len++] = node;
    for (size_t at = 0; at < len; at++)
        for (uint64_t i = edges->first[queue[at]]; i < edges->first[queue[at] + 1]; i++) {
            uint32_t to = edges->targets[i];
            if (!to || garbage->cycle[to])
                continue;
            if (!tracked(refs[to]))
                refs[to] = count(context, to);
            if (refs[to] == EXU_REFS_FOR_EVER || refs[to] <= 0 || --refs[to])
                continue;
            garbage->cycle[to] = garbage->cycle[queue[at]];
            garbage->hanging[to] = 1;
            queue[len++] = to;
        }
    free(queue);
    return NULL;
}

void exu_garbage_deinit(struct exu_garbage *garbage)
{
    free(garbage->hanging);
    free(garbage->cycle);
    memset(garbage, 0, sizeof *garbage);
}

size_t exu_garbage_cycle(const struct exu_garbage *garbage, const struct exu_strong_edges *edges,
                         uint32_t node, uint32_t *ret, size_t most, uint64_t budget, uint32_t *scratch)
{
    /* Breadth-first; from[n] is how n was reached, queue lists what was. */
    uint32_t *from = scratch, *queue = scratch + edges->count + 1, last = 0;
    size_t len = 0, length = 0;
    queue[len++] = node;
    for (size_t at = 0; at < len && !last; at++) {
        uint32_t here = queue[at];
        for (uint64_t i = edges->first[here]; i < edges->first[here + 1] && budget; i++, budget--) {
            uint32_t to = edges->targets[i];
            if (to == node) {
                last = here;
                break;
            }
            if (garbage->cycle[to] != garbage->cycle[node] || from[to])
                continue;
            from[to] = here;
            queue[len++] = to;
        }
    }
    for (uint32_t n = last; last && n != node; n = from[n])
        length++;
    if (last && ++length <= most) {
        size_t at = length;
        for (uint32_t n = last; at-- > 1; n = from[n])
            ret[at] = n;
        ret[0] = node;
    } else {
        length = 0;
    }
    for (size_t i = 0; i < len; i++) {
        from[queue[i]] = 0;
        queue[i] = 0;
    }
    return length;
}
