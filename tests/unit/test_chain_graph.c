/* Chains as a tree of boxes: what is shared, what is folded, what does not fit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "report/chain_graph.h"

#include <stdio.h>
#include <string.h>

#define STEP(l, s) (&(struct exu_part_step){.label = (l), .summary = (s)})

static size_t count_of(const char *text, const char *what)
{
    size_t n = 0;
    for (const char *at = text; (at = strstr(at, what)) != NULL; at++)
        n++;
    return n;
}

static void add(struct exu_chain_graph *g, size_t count, const char *const *labels, const uint32_t *objects)
{
    assert_true(exu_chain_graph_begin(g, count));
    for (size_t i = 0; i < count; i++)
        exu_chain_graph_step(g, STEP(i ? labels[i] : NULL, "object"), objects[i]);
}

static void test_shared(void **state)
{
    (void)state;
    struct exu_chain_graph g = {0};
    const char *const a[] = {"", ".a", ".b", "[*]"}, *const b[] = {"", ".a", ".c"},
                      *const c[] = {"", ".a", ".b"};
    add(&g, 4, a, (const uint32_t[]){1, 2, 3, 4});
    add(&g, 3, b, (const uint32_t[]){1, 2, 5});
    add(&g, 3, c, (const uint32_t[]){1, 2, 3}); /* ends within the first */
    assert_int_equal(g.count, 5);
    assert_int_equal(g.nodes[1].first, 2);
    assert_int_equal(g.nodes[2].next, 4);
    assert_true(g.nodes[2].ends && g.nodes[3].ends && g.nodes[4].ends && !g.nodes[1].ends);
    add(&g, 3, a, (const uint32_t[]){6, 7, 8}); /* says the same, of others */
    assert_int_equal(g.count, 8);
    struct exu_text out = {0};
    exu_chain_graph_draw(&g, "four", "1 more chains", true, &out);
    assert_non_null(strstr(out.data, "<title>four</title>"));
    assert_int_equal(count_of(out.data, "rx=\"4\""), 8);
    assert_non_null(strstr(out.data, ">1 more chains</text>"));
    exu_text_deinit(&out);
}

static void test_folded(void **state)
{
    (void)state;
    struct exu_chain_graph g = {0};
    for (uint32_t last = 0; last < 2; last++) {
        assert_true(exu_chain_graph_begin(&g, 100000));
        for (uint32_t i = 1; i <= 100000; i++)
            exu_chain_graph_step(&g, STEP(i > 1 ? ".next" : NULL, "<Node object>"),
                                 i + (i == 100000 ? last : 0));
    }
    assert_int_equal(g.count, EXU_GRAPH_ABOVE + 1 + EXU_GRAPH_BELOW + 1); /* the last box differs */
    assert_int_equal(g.nodes[EXU_GRAPH_ABOVE].step.skipped, 100000 - EXU_GRAPH_ABOVE - EXU_GRAPH_BELOW);
    struct exu_text out = {0};
    exu_chain_graph_draw(&g, "long", NULL, false, &out);
    assert_non_null(strstr(out.data, ">99980 more</text>"));
    exu_text_deinit(&out);
}

/* What a part has skipped itself counts, too. */
static void test_skipped_before(void **state)
{
    (void)state;
    struct exu_chain_graph g = {0};
    assert_true(exu_chain_graph_begin(&g, 41));
    for (uint32_t i = 0; i < 41; i++)
        exu_chain_graph_step(&g, i == 20 ? &(struct exu_part_step){.skipped = 1000} : STEP(".x", "object"),
                             0);
    assert_int_equal(g.nodes[EXU_GRAPH_ABOVE].step.skipped, 1000 + 40 - EXU_GRAPH_ABOVE - EXU_GRAPH_BELOW);
    assert_int_equal(g.count, EXU_GRAPH_ABOVE + 1 + EXU_GRAPH_BELOW);
}

static void test_full(void **state)
{
    (void)state;
    struct exu_chain_graph g = {0};
    struct exu_text out = {0};
    for (uint32_t chain = 0; chain < EXU_GRAPH_CHAINS; chain++) {
        assert_true(exu_chain_graph_begin(&g, 50));
        for (uint32_t i = 0; i < 50; i++)
            exu_chain_graph_step(&g, STEP(".x", "object"), 1 + chain * 50 + i);
    }
    assert_int_equal(g.count, EXU_GRAPH_NODES);
    assert_false(exu_chain_graph_begin(&g, 50));
    exu_chain_graph_draw(&g, "full", NULL, false, &out);
    assert_int_equal(count_of(out.data, "rx=\"4\""), EXU_GRAPH_NODES - EXU_GRAPH_CHAINS);
    exu_text_deinit(&out);
}

static void test_foreign(void **state)
{
    (void)state;
    struct exu_chain_graph g = {0};
    struct exu_text out = {0};
    assert_true(exu_chain_graph_begin(&g, 1));
    exu_chain_graph_step(
        &g,
        &(struct exu_part_step){.summary = "</svg><script>\x1b[1m &\xff",
                                .place = "/very/long/folder/of/an/installed/package/module/file.py:12 in f"},
        0);
    exu_chain_graph_draw(&g, "<&>", NULL, false, &out);
    assert_null(strstr(out.data, "<script>"));
    assert_null(strchr(out.data, '\x1b'));
    assert_null(strchr(out.data, '\xff'));
    assert_non_null(strstr(out.data, "&lt;/svg&gt;&lt;script&gt;\\x1b[1m &amp;\\xff</text>"));
    assert_non_null(strstr(
        out.data, ">…/an/installed/package/module/file.py:12 in f</text>")); /* the end of a place is kept */
    exu_text_deinit(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shared), cmocka_unit_test(test_folded),  cmocka_unit_test(test_skipped_before),
        cmocka_unit_test(test_full),   cmocka_unit_test(test_foreign),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
