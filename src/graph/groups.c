#include "graph/groups.h"

#include "base/vec.h"

#include <stdlib.h>
#include <string.h>

#define SET_LONGEST 128
#define POOL_MOST (UINT32_C(1) << 26) /* numbers in all sets */
#define UNREACHED UINT32_MAX
#define FAILED UINT32_MAX
#define ADDED UINT32_MAX /* in the place of a second set: the answer is to 'and this group' */

struct set {
    uint32_t at, length;
};

/* What was asked before: two sets, or a set and a group. */
struct answer {
    uint32_t a, b, group, result;
};

struct flow {
    const struct exu_strong_edges *edges;
    const struct exu_group_members *members;
    const uint32_t *closed;
    exu_vec(struct set) sets; /* 0: the empty one */
    exu_vec(uint32_t) pool;   /* their groups, ascending */
    uint32_t *slots;          /* hash table of set + 1 */
    size_t slot_count;
    struct answer *answers; /* a cache: a later question takes the place of an earlier one */
    size_t answer_count;
    uint32_t *in;    /* by node: the set that all ways to it pass */
    uint32_t *queue; /* a ring of nodes */
    bool *queued;
    size_t head, waiting, room;
    bool whole;
};

static uint64_t mix(uint64_t h, uint64_t value)
{
    h = (h ^ value) * 0x9e3779b97f4a7c15u;
    return h ^ (h >> 29);
}

static uint64_t set_hash(const uint32_t *groups, uint32_t length)
{
    uint64_t h = length;
    for (uint32_t i = 0; i < length; i++)
        h = mix(h, groups[i]);
    return h;
}

static bool grow_slots(struct flow *f)
{
    size_t count = f->slot_count ? f->slot_count * 2 : 4096;
    uint32_t *slots = calloc(count, sizeof *slots);
    if (!slots)
        return false;
    for (uint32_t i = 1; i < f->sets.len; i++) {
        size_t at = set_hash(f->pool.items + f->sets.items[i].at, f->sets.items[i].length) & (count - 1);
        while (slots[at])
            at = (at + 1) & (count - 1);
        slots[at] = i + 1;
    }
    free(f->slots);
    f->slots = slots;
    f->slot_count = count;
    return true;
}

/* The number of a set; 0 when there is no room for it. */
static uint32_t intern(struct flow *f, const uint32_t *groups, uint32_t length)
{
    if (!length)
        return 0;
    if ((f->sets.len + 1) * 2 > f->slot_count && !grow_slots(f))
        return FAILED;
    size_t at = set_hash(groups, length) & (f->slot_count - 1);
    for (; f->slots[at]; at = (at + 1) & (f->slot_count - 1)) {
        const struct set *there = &f->sets.items[f->slots[at] - 1];
        if (there->length == length && memcmp(f->pool.items + there->at, groups, length * sizeof *groups) == 0)
            return f->slots[at] - 1;
    }
    if (f->pool.len + length > POOL_MOST) {
        f->whole = false;
        return 0;
    }
    struct set set = {(uint32_t)f->pool.len, length};
    if (!exu_vec_reserve(&f->pool, length) || !exu_vec_push(&f->sets, set))
        return FAILED;
    memcpy(f->pool.items + f->pool.len, groups, length * sizeof *groups);
    f->pool.len += length;
    f->slots[at] = (uint32_t)f->sets.len;
    return (uint32_t)f->sets.len - 1;
}

static struct answer *recall(struct flow *f, uint32_t a, uint32_t b, uint32_t group)
{
    return &f->answers[mix(mix(a, b), group) & (f->answer_count - 1)];
}

static uint32_t intersect(struct flow *f, uint32_t a, uint32_t b)
{
    if (a == b || !a || !b)
        return a == b ? a : 0;
    struct answer *known = recall(f, a, b, 0);
    if (known->a == a && known->b == b && known->group == 0)
        return known->result;
    uint32_t both[SET_LONGEST], length = 0;
    const struct set x = f->sets.items[a], y = f->sets.items[b];
    for (uint32_t i = 0, j = 0; i < x.length && j < y.length;) {
        uint32_t left = f->pool.items[x.at + i], right = f->pool.items[y.at + j];
        if (left == right)
            both[length++] = left;
        i += left <= right;
        j += right <= left;
    }
    uint32_t result = intern(f, both, length);
    if (result != FAILED)
        *known = (struct answer){a, b, 0, result};
    return result;
}

static uint32_t with_group(struct flow *f, uint32_t a, uint32_t group)
{
    if (group >= f->members->count)
        return a;
    struct answer *known = recall(f, a, ADDED, group);
    if (known->a == a && known->b == ADDED && known->group == group)
        return known->result;
    uint32_t more[SET_LONGEST], length = 0;
    const struct set x = f->sets.items[a];
    if (x.length == SET_LONGEST) {
        f->whole = false;
        return a;
    }
    uint32_t i = 0;
    for (; i < x.length && f->pool.items[x.at + i] < group; i++)
        more[length++] = f->pool.items[x.at + i];
    bool there = i < x.length && f->pool.items[x.at + i] == group;
    if (!there)
        more[length++] = group;
    for (; i < x.length; i++)
        more[length++] = f->pool.items[x.at + i];
    uint32_t result = there ? a : intern(f, more, length);
    if (result == 0) /* no room */
        result = a;
    if (result != FAILED)
        *known = (struct answer){a, ADDED, group, result};
    return result;
}

/* One more way to `node` passes `set`. False without memory. */
static bool arrive(struct flow *f, uint32_t node, uint32_t set)
{
    uint32_t before = f->in[node];
    if (before != UNREACHED)
        set = intersect(f, before, set);
    if (set == FAILED)
        return false;
    if (set == before)
        return true;
    f->in[node] = set;
    if (!f->queued[node]) {
        f->queued[node] = true;
        f->queue[(f->head + f->waiting++) % f->room] = node;
    }
    return true;
}

/* The set behind the node: FAILED without memory. */
static uint32_t behind(struct flow *f, uint32_t node)
{
    uint32_t set = f->in[node];
    for (uint32_t i = f->members->first[node]; i < f->members->first[node + 1] && set != FAILED; i++)
        set = with_group(f, set, f->members->groups[i]);
    return set;
}

static bool run(struct flow *f, const struct exu_group_start *starts, size_t start_count)
{
    for (size_t i = 0; i < start_count; i++) {
        uint32_t set = 0;
        for (size_t k = 0; k < EXU_COUNT(starts[i].groups) && set != FAILED; k++)
            set = with_group(f, set, starts[i].groups[k]);
        if (set == FAILED)
            return false;
        if (starts[i].node && starts[i].node <= f->edges->count && !arrive(f, starts[i].node, set))
            return false;
    }
    while (f->waiting) {
        uint32_t node = f->queue[f->head];
        f->head = (f->head + 1) % f->room;
        f->waiting--;
        f->queued[node] = false;
        uint32_t set = behind(f, node);
        if (set == FAILED)
            return false;
        for (uint64_t i = f->edges->first[node]; i < f->edges->first[node + 1]; i++) {
            uint32_t to = f->edges->targets[i];
            if (!(f->closed && f->closed[to]) && !arrive(f, to, set))
                return false;
        }
    }
    return true;
}

static bool sum_up(struct flow *f, const uint64_t *weights, struct exu_group_sum *sums)
{
    for (uint32_t node = 1; node <= f->edges->count; node++) {
        uint32_t number = f->in[node] == UNREACHED ? 0 : behind(f, node);
        if (number == FAILED)
            return false;
        const struct set *set = &f->sets.items[number];
        for (uint32_t i = 0; i < set->length; i++) {
            struct exu_group_sum *sum = &sums[f->pool.items[set->at + i]];
            sum->nodes++;
            if (!exu_add(sum->bytes, weights[node], &sum->bytes))
                sum->bytes = UINT64_MAX;
        }
    }
    return true;
}

static bool flow_init(struct flow *f)
{
    size_t nodes = (size_t)f->edges->count + 1;
    f->room = nodes;
    f->answer_count = UINT32_C(1) << 16;
    f->in = malloc(nodes * sizeof *f->in);
    f->queue = malloc(nodes * sizeof *f->queue);
    f->queued = calloc(nodes, sizeof *f->queued);
    f->answers = calloc(f->answer_count, sizeof *f->answers);
    if (!f->in || !f->queue || !f->queued || !f->answers)
        return false;
    memset(f->in, 0xff, nodes * sizeof *f->in);
    return exu_vec_push(&f->sets, (struct set){0});
}

struct exu_error *exu_groups_sum(const struct exu_strong_edges *edges, const struct exu_group_start *starts,
                                 size_t start_count, const struct exu_group_members *members, const uint32_t *closed,
                                 const uint64_t *weights, struct exu_group_sum *sums, bool *ret_whole)
{
    struct flow f = {.edges = edges, .members = members, .closed = closed, .whole = true};
    bool done = flow_init(&f) && run(&f, starts, start_count) && sum_up(&f, weights, sums);
    exu_vec_free(&f.sets);
    exu_vec_free(&f.pool);
    free(f.slots);
    free(f.answers);
    free(f.in);
    free(f.queue);
    free(f.queued);
    if (!done)
        return exu_error_memory();
    *ret_whole = f.whole;
    return NULL;
}
