#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "graph/dominators.h"

#include <stdlib.h>
#include <string.h>

enum { NODES = 30 };

struct world {
    uint64_t first[NODES + 2];
    uint32_t targets[NODES * 5];
    uint32_t roots[NODES];
    size_t root_count;
    uint64_t weights[NODES + 1];
};

static void make(struct world *w, unsigned seed)
{
    uint64_t edges = 0;
    unsigned density = 10 + seed % 50;
    memset(w, 0, sizeof *w);
    srand(seed);
    for (uint32_t n = 1; n <= NODES; n++) {
        w->first[n] = edges;
        w->weights[n] = 1 + (uint64_t)rand() % 100;
        for (unsigned i = 0; i < 5; i++)
            if ((unsigned)rand() % 100 < density)
                w->targets[edges++] = 1 + (uint32_t)rand() % NODES;
        if (rand() % 10 == 0)
            w->roots[w->root_count++] = n;
    }
    w->first[NODES + 1] = edges;
}

/* What is reached when `without` is gone. */
static void reach(const struct world *w, uint32_t without, bool reached[NODES + 1])
{
    memset(reached, 0, NODES + 1);
    for (size_t i = 0; i < w->root_count; i++)
        reached[w->roots[i]] = w->roots[i] != without;
    for (bool more = true; more;) {
        more = false;
        for (uint32_t n = 1; n <= NODES; n++)
            for (uint64_t i = w->first[n]; reached[n] && i < w->first[n + 1]; i++)
                if (!reached[w->targets[i]] && w->targets[i] != without)
                    more = reached[w->targets[i]] = true;
    }
}

static bool dominates(const struct exu_dominators *d, uint32_t above, uint32_t node)
{
    for (; node; node = d->dominator[node])
        if (node == above)
            return true;
    return false;
}

static void a_node_retains_what_goes_with_it(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed <= 400; seed++) {
        struct world w;
        bool all[NODES + 1], rest[NODES + 1];
        make(&w, seed);
        struct exu_strong_edges edges = {w.first, w.targets, NODES};
        struct exu_dominators d;
        assert_null(exu_dominators_find(&d, &edges, w.roots, w.root_count, NULL, w.weights));
        reach(&w, 0, all);
        for (uint32_t n = 1; n <= NODES; n++) {
            uint64_t bytes = 0, count = 0;
            reach(&w, n, rest);
            for (uint32_t m = 1; m <= NODES; m++) {
                bool gone = all[n] && all[m] && !rest[m];
                assert_int_equal(gone, all[n] && all[m] && dominates(&d, n, m));
                bytes += gone ? w.weights[m] : 0;
                count += gone;
            }
            assert_int_equal(d.retained_bytes[n], bytes);
            assert_int_equal(d.retained_count[n], count);
        }
        exu_dominators_deinit(&d);
    }
}

/* A chain with a way back from each node, and one with a second way past each. */
static void a_million_deep(void **state)
{
    (void)state;
    enum { DEEP = 1000000 };
    uint64_t *first = calloc(DEEP + 2, sizeof *first), *weights = calloc(DEEP + 1, sizeof *weights);
    uint32_t *targets = calloc(2 * DEEP, sizeof *targets);
    const uint32_t root = 1;
    uint64_t edges = 0;
    assert_true(first && weights && targets);
    for (uint32_t n = 1; n <= DEEP; n++) {
        first[n] = edges;
        weights[n] = 1;
        if (n < DEEP)
            targets[edges++] = n + 1;
        if (n > 1)
            targets[edges++] = n - 1;
    }
    first[DEEP + 1] = edges;
    struct exu_strong_edges graph = {first, targets, DEEP};
    struct exu_dominators d;
    assert_null(exu_dominators_find(&d, &graph, &root, 1, NULL, weights));
    for (uint32_t n = 1; n <= DEEP; n++) {
        assert_int_equal(d.dominator[n], n - 1);
        assert_int_equal(d.retained_bytes[n], DEEP - n + 1);
    }
    exu_dominators_deinit(&d);
    free(first);
    free(weights);
    free(targets);
}

static void nothing_is_reached(void **state)
{
    (void)state;
    const uint64_t first[] = {0, 0, 1, 2}, weights[] = {0, 5, 5};
    const uint32_t targets[] = {2, 1}, roots[] = {0, 7};
    struct exu_strong_edges edges = {first, targets, 2};
    struct exu_dominators d;
    assert_null(exu_dominators_find(&d, &edges, roots, 2, NULL, weights));
    assert_int_equal(d.retained_count[1], 0);
    assert_int_equal(d.retained_bytes[1], 0);
    exu_dominators_deinit(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_node_retains_what_goes_with_it),
        cmocka_unit_test(a_million_deep),
        cmocka_unit_test(nothing_is_reached),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
