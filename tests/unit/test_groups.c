#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "graph/groups.h"

#include <stdlib.h>
#include <string.h>

enum { NODES = 30, GROUPS = 9, FROM_START = 4 }; /* groups below FROM_START have nodes, the others starts, too */

struct world {
    uint64_t first[NODES + 2];
    uint32_t targets[NODES * 5];
    struct exu_group_start starts[NODES];
    size_t start_count;
    uint32_t members_first[NODES + 2], members[NODES * 2];
    uint32_t closed[NODES + 1];
    uint64_t weights[NODES + 1];
};

static uint32_t random_group(uint32_t from)
{
    return rand() % 3 ? from + (uint32_t)rand() % (GROUPS - from) : EXU_GROUP_NONE;
}

static void make(struct world *w, unsigned seed)
{
    uint64_t edges = 0;
    uint32_t members = 0;
    unsigned density = 10 + seed % 50;
    memset(w, 0, sizeof *w);
    srand(seed);
    for (uint32_t n = 1; n <= NODES; n++) {
        w->first[n] = edges;
        w->members_first[n] = members;
        w->weights[n] = 1 + (uint64_t)rand() % 100;
        w->closed[n] = rand() % 20 == 0;
        for (unsigned i = 0; i < 5; i++)
            if ((unsigned)rand() % 100 < density)
                w->targets[edges++] = 1 + (uint32_t)rand() % NODES;
        for (unsigned i = (unsigned)rand() % 3; i > 0; i--)
            w->members[members++] = (uint32_t)rand() % GROUPS;
        if (rand() % 8 == 0 && !w->closed[n])
            for (unsigned i = 1 + (unsigned)rand() % 2; i > 0 && w->start_count < NODES; i--)
                w->starts[w->start_count++] =
                    (struct exu_group_start){n, {random_group(FROM_START), random_group(FROM_START)}};
    }
    w->first[NODES + 1] = edges;
    w->members_first[NODES + 1] = members;
}

static bool is_member(const struct world *w, uint32_t node, uint32_t group)
{
    for (uint32_t i = w->members_first[node]; i < w->members_first[node + 1]; i++)
        if (w->members[i] == group)
            return true;
    return false;
}

/* What is reached when all of a group is gone. */
static void reach(const struct world *w, uint32_t without, bool reached[NODES + 1])
{
    memset(reached, 0, NODES + 1);
    for (size_t i = 0; i < w->start_count; i++) {
        const struct exu_group_start *s = &w->starts[i];
        if (without == EXU_GROUP_NONE ||
            (s->groups[0] != without && s->groups[1] != without && !is_member(w, s->node, without)))
            reached[s->node] = true;
    }
    for (bool more = true; more;) {
        more = false;
        for (uint32_t n = 1; n <= NODES; n++)
            for (uint64_t i = w->first[n]; reached[n] && i < w->first[n + 1]; i++) {
                uint32_t to = w->targets[i];
                if (!reached[to] && !w->closed[to] && (without == EXU_GROUP_NONE || !is_member(w, to, without)))
                    more = reached[to] = true;
            }
    }
}

static void a_group_retains_what_goes_with_it(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed <= 1500; seed++) {
        struct world w;
        bool all[NODES + 1], rest[NODES + 1], whole = false;
        make(&w, seed);
        struct exu_strong_edges edges = {w.first, w.targets, NODES};
        struct exu_group_members members = {w.members_first, w.members, GROUPS};
        struct exu_group_sum sums[GROUPS] = {0};
        assert_null(exu_groups_sum(&edges, w.starts, w.start_count, &members, w.closed, w.weights, sums, &whole));
        assert_true(whole);
        reach(&w, EXU_GROUP_NONE, all);
        for (uint32_t g = 0; g < GROUPS; g++) {
            uint64_t bytes = 0, nodes = 0;
            reach(&w, g, rest);
            for (uint32_t n = 1; n <= NODES; n++) {
                bytes += all[n] && !rest[n] ? w.weights[n] : 0;
                nodes += all[n] && !rest[n];
            }
            assert_int_equal(sums[g].bytes, bytes);
            assert_int_equal(sums[g].nodes, nodes);
        }
    }
}

/* Each node in a group of its own, each within the one before: more sets than there is room for in one. */
static void nested_without_end(void **state)
{
    (void)state;
    enum { DEEP = 200000 };
    uint64_t *first = calloc(DEEP + 2, sizeof *first), *weights = calloc(DEEP + 1, sizeof *weights);
    uint32_t *targets = calloc(DEEP, sizeof *targets), *members_first = calloc(DEEP + 2, sizeof *members_first),
             *groups = calloc(DEEP, sizeof *groups);
    struct exu_group_sum *sums = calloc(DEEP, sizeof *sums);
    assert_true(first && weights && targets && members_first && groups && sums);
    for (uint32_t n = 1; n <= DEEP; n++) {
        first[n] = n - 1;
        targets[n - 1] = n < DEEP ? n + 1 : 1;
        members_first[n] = n - 1;
        groups[n - 1] = n - 1;
        weights[n] = 1;
    }
    first[DEEP + 1] = members_first[DEEP + 1] = DEEP;
    struct exu_strong_edges edges = {first, targets, DEEP};
    struct exu_group_members members = {members_first, groups, DEEP};
    struct exu_group_start start = {1, {EXU_GROUP_NONE, EXU_GROUP_NONE}};
    bool whole = true;
    assert_null(exu_groups_sum(&edges, &start, 1, &members, NULL, weights, sums, &whole));
    assert_false(whole);
    assert_int_equal(sums[0].nodes, DEEP);
    assert_int_equal(sums[100].nodes, DEEP - 100);
    free(first);
    free(weights);
    free(targets);
    free(members_first);
    free(groups);
    free(sums);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_group_retains_what_goes_with_it),
        cmocka_unit_test(nested_without_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
