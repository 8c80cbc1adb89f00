/* Bars: that they are as long as their bytes say, and what becomes of labels. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "report/bars.h"
#include "report/growth_chart.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The widths of the bars, in their order. */
static size_t widths(const char *svg, double *ret, size_t most)
{
    size_t n = 0;
    for (const char *at = svg; n < most && (at = strstr(at, "<rect x=\"60\"")) != NULL; at++)
        ret[n++] = strtod(strstr(at, "width=\"") + 7, NULL);
    return n;
}

static void test_lengths(void **state)
{
    (void)state;
    struct exu_bars bars = {.each = 3, .names = {"1", "2", "3"}};
    struct exu_text out = {0};
    double found[8];
    assert_true(exu_bars_add(&bars, "a", NULL, (const uint64_t[]){0, 1000, 4000}));
    assert_true(exu_bars_add(&bars, "b", "way", (const uint64_t[]){2000, 1, UINT32_MAX}));
    assert_true(exu_bars_height(&bars) > 6 * 14 + 3 * 16);
    exu_bars_draw(&bars, 0, &out);
    assert_non_null(strstr(out.data, "<title>b at way</title>"));
    assert_int_equal(widths(out.data, found, 8), 6);
    assert_true(found[0] == 0 && found[1] == 1 && found[4] == 1); /* nothing, and as good as nothing */
    assert_true(found[5] > 300 && found[5] + 60 < exu_bars_width(&bars));
    assert_non_null(strstr(out.data, ">4.0 kB (+4.0 kB)</text>"));
    exu_text_deinit(&out);
    exu_bars_lines(&bars, &out);
    assert_non_null(strstr(out.data, "a\n  1            0 B  \n"));
    assert_non_null(strstr(out.data, "b\n  way\n  1         2.0 kB  "));
    exu_text_deinit(&out);
    exu_bars_deinit(&bars);
}

/* Each passes the gate and is escaped. */
static void test_foreign(void **state)
{
    (void)state;
    struct exu_privacy privacy = {0};
    struct exu_report report;
    struct exu_growth_row row = {.name = "module app: .users['someone@example.org'][*]",
                                 .type = "</title><script>",
                                 .at = {{.objects = 1, .bytes = 10}, {.objects = 2, .bytes = 30}}};
    struct exu_growth_rows rows = {.total = 1};
    assert_true(exu_vec_push(&rows.items, row));
    exu_report_init(&report, &privacy);
    exu_growth_part(&report, report.root, &rows, 2, EXU_NAME_TEXT, "id", "Growth");
    const struct exu_part *part = report.root->first;
    assert_non_null(part);
    assert_int_equal(part->kind, EXU_PART_PICTURE);
    assert_null(strstr(part->svg, "someone@example.org"));
    assert_null(strstr(part->plain, "someone@example.org"));
    assert_null(strstr(part->svg, "<script>"));
    assert_non_null(strstr(part->svg, ">before</text>"));
    assert_non_null(strstr(part->svg, "module app: .users["));
    assert_false(report.failed);
    exu_vec_free(&rows.items);
    rows = (struct exu_growth_rows){0};
    exu_growth_part(&report, report.root, &rows, 2, EXU_NAME_TEXT, "id", "Growth");
    assert_null(part->next);
    exu_report_deinit(&report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_lengths), cmocka_unit_test(test_foreign)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
