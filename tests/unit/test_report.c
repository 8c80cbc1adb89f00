/* Reports: what their gate lets through, and how the three documents write what is foreign. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "report/document.h"
#include "report/incident.h"
#include "report/markup.h"

#include <stdlib.h>
#include <string.h>

#define NASTY "<b>@user #12 `x` |a| *b* __c__ [d](https://evil.example) $e$ & \"q\" 'p' \\ ![i](j) www.evil.example"

static void names(void **state)
{
    (void)state;
    static const struct {
        enum exu_name_kind kind;
        const char *text;
        bool shown;
    } cases[] = {
        {EXU_NAME_CODE, "last_record", true},
        {EXU_NAME_CODE, "Outer.<locals>.Inner", true},
        {EXU_NAME_CODE, "<listcomp>", true},
        {EXU_NAME_CODE, "utf16le_to_utf8_v2", true},
        {EXU_NAME_CODE, "gr\u00f6\u00dfe", true},
        {EXU_NAME_CODE, ".0", true},
        {EXU_NAME_CODE, "_callbacks[0]", true},
        {EXU_NAME_CODE, "_callbacks[]", false},
        {EXU_NAME_CODE, "[0]", false},
        {EXU_NAME_CODE, "method-wrapper", true},
        {EXU_NAME_CODE, "correct-horse", false},
        {EXU_NAME_CODE, "a b", false},
        {EXU_NAME_CODE, "k3y_7f9a1b2c3d4e5f60", false},
        {EXU_NAME_CODE, "x123456789", false},
        {EXU_NAME_CODE, "ghp_aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789", false},
        {EXU_NAME_CODE, "9b74c9897bac770ffc029102a200c5de", false},
        {EXU_NAME_CODE, "", false},
        {EXU_NAME_KEY, "exc_info", true},
        {EXU_NAME_KEY, "os.path", true},
        {EXU_NAME_KEY, "4711", false},
        {EXU_NAME_KEY, "jane@example.org", false},
        {EXU_NAME_KEY, "Content-Type", false},
        {EXU_NAME_KEY, "a_key_that_is_longer_than_what_people_write_in_code_for_keys", false},
        {EXU_NAME_THREAD, "MainThread", true},
        {EXU_NAME_THREAD, "Thread-12 (run_worker)", true},
        {EXU_NAME_THREAD, "ThreadPoolExecutor-0_3", true},
        {EXU_NAME_THREAD, "Thread-1 (jane doe)", false},
        {EXU_NAME_THREAD, "worker of jane", false},
        {EXU_NAME_THREAD, "AKIAIOSFODNN7SECRETS", false},
    };
    for (size_t i = 0; i < EXU_COUNT(cases); i++)
        if (exu_privacy_is_name(cases[i].kind, cases[i].text, strlen(cases[i].text)) != cases[i].shown)
            fail_msg("%s: should be %s", cases[i].text, cases[i].shown ? "shown" : "withheld");
}

static void withheld(void **state)
{
    (void)state;
    struct exu_privacy p = {0};
    struct exu_text out = {0};
    exu_privacy_name(&p, EXU_NAME_KEY, "4711", 4, 80, &out);
    exu_privacy_name(&p, EXU_NAME_FILE, "/srv/app@host/x.py", 18, 80, &out);
    exu_privacy_name(NULL, EXU_NAME_KEY, "4711", 4, 80, &out);
    assert_string_equal(out.data, "[\u2026]/srv/app@host/x.py4711");
    assert_int_equal(p.withheld[EXU_NAME_KEY], 1);
    exu_text_clear(&out);
    exu_privacy_name(&p, EXU_NAME_TEXT, "to jane.doe@example.org", 23, 80, &out);
    assert_string_equal(out.data, "to [e-mail]");
    exu_text_deinit(&out);
}

static void masked(void **state)
{
    (void)state;
    char secret[] = "hunter2";
    char *secrets[] = {secret};
    struct exu_privacy p = {.contents = true, .secrets = {.items = secrets, .len = 1, .cap = 1}};
    struct exu_text out = {0};
    static const char text[] = "user=bob said hunter2 twice: hunter2, id 8675309867530, key a1b2c3d4e5f6a7";
    exu_privacy_mask(&p, text, sizeof text - 1, &out);
    assert_string_equal(out.data, "user=bob said [secret] twice: [secret], id [card number], key [token]");
    assert_int_equal(p.masked, 4);
    exu_text_deinit(&out);
}

/* A report of each kind of part, all with the same foreign text. */
static void build(struct exu_report *r, struct exu_privacy *p, const char *foreign, size_t rows)
{
    exu_report_init(r, p);
    r->title = "Title";
    r->link = "https://tracker.example/1?a=1&b=2";
    r->made_by = "exuvia";
    struct exu_part *section = exu_report_section(r, r->root, "one", "One");
    section->budget = 20000;
    const char *text = exu_report_own(r, "%s", foreign);
    exu_report_text(r, section, EXU_TEXT_PLAIN, text);
    exu_report_fact(r, exu_report_facts(r, section), "fact", EXU_COLUMN_PLAIN, EXU_NAME_FILE, exu_datum_text(foreign));
    struct exu_part *table = exu_report_table(r, section, "rows", NULL);
    exu_report_column(r, table, "text", EXU_COLUMN_PLAIN, EXU_NAME_FILE);
    exu_report_column(r, table, "size", EXU_COLUMN_SIZE, EXU_NAME_FILE);
    exu_report_code_column(r, table, "command");
    for (size_t i = 0; i < rows; i++) {
        const struct exu_datum cells[] = {exu_datum_text(foreign), exu_datum_integer(1500),
                                          exu_datum_text("exuvia show DB '#4711'")};
        exu_report_row(r, table, cells, EXU_COUNT(cells));
    }
    struct exu_part *chain = exu_report_chain(r, section, "chain", "Chain");
    exu_report_step(r, chain, (struct exu_part_step){.summary = text, .place = text});
    exu_report_step(r, chain, (struct exu_part_step){.skipped = 3});
    exu_report_step(r, chain, (struct exu_part_step){.label = text, .summary = text});
    exu_report_picture(r, section, "picture", "Picture", text, "<svg/>");
    section = exu_report_section(r, r->root, "two", "Two");
    section->folded = true;
    section->budget = 20000;
    exu_report_code(r, section, "Code", text);
}

static char *written(const char *foreign, size_t rows, void (*write)(const struct exu_report *r, struct exu_text *out))
{
    struct exu_privacy p = {0};
    struct exu_report r;
    struct exu_text out = {0};
    build(&r, &p, foreign, rows);
    write(&r, &out);
    assert_false(r.failed || out.failed);
    exu_report_deinit(&r);
    return out.data;
}

static size_t count(const char *text, const char *part)
{
    size_t n = 0;
    for (const char *at = text; (at = strstr(at, part)) != NULL; at += strlen(part))
        n++;
    return n;
}

static void markdown(void **state)
{
    (void)state;
    char *text = written(NASTY, 2, exu_document_markdown);
    assert_non_null(strstr(
        text, "&lt;b&gt;@\u2060user #\u206012 \\`x\\` \\|a\\| \\*b\\* \\_\\_c\\_\\_ \\[d\\](https:\u2060//evil"));
    assert_non_null(strstr(text, "w\u2060ww.evil"));
    assert_non_null(strstr(text, "<https://tracker.example/1?a=1&b=2>"));
    const char *graph = strstr(text, "```mermaid\n"), *end = strstr(graph + 3, "```\n\n");
    assert_non_null(strstr(graph, "#60;b#62;#64;user #35;12 #96;x#96; #124;a#124;"));
    for (const char *at = graph + 11; at < end; at++)
        assert_null(strchr("`@&'$\\", *at));
    assert_int_equal(count(text, "| `exuvia show DB '#4711'` |"), 2);
    assert_int_equal(count(text, "<details>"), 2);
    assert_int_equal(count(text, "</details>"), 2);
    free(text);
    text = written("````\n@user", 1, exu_document_markdown); /* a fence in a fence */
    const char *code = strstr(text, "**Code**");
    assert_int_equal(count(code, "\n````\n"), 2);
    free(text);
}

static void markdown_is_bounded(void **state)
{
    (void)state;
    char huge[6001];
    memset(huge, '<', sizeof huge - 1);
    huge[sizeof huge - 1] = '\0';
    char *text = written(huge, 5000, exu_document_markdown);
    assert_in_range(strlen(text), 10000, EXU_MARKDOWN_MOST);
    assert_non_null(strstr(text, " more rows*"));
    assert_non_null(strstr(text, "parts did not fit"));
    assert_non_null(strstr(text, "*Made by exuvia.*"));
    assert_int_equal(count(text, "<details>"), count(text, "</details>"));
    free(text);
}

static void page(void **state)
{
    (void)state;
    char *text = written(NASTY "</script></style><img src=x>", 2, exu_document_html);
    assert_non_null(strstr(text, "&lt;b&gt;@user #12 `x` |a|"));
    assert_non_null(strstr(text, "&amp; &quot;q&quot; &#39;p&#39;"));
    assert_null(strstr(text, "<b>"));
    assert_null(strstr(text, "<img"));
    assert_int_equal(count(text, "</style>"), 1);
    assert_non_null(strstr(text, "default-src 'none'; style-src 'unsafe-inline'; img-src data:"));
    assert_non_null(strstr(text, "href=\"https://tracker.example/1?a=1&amp;b=2\""));
    assert_non_null(
        strstr(text, "<td class=\"number\">1.5 kB</td><td><code>exuvia show DB &#39;#4711&#39;</code></td>"));
    free(text);
}

static void json(void **state)
{
    (void)state;
    char *text = written("a\"\\\n\x01\xff\u202e", 1, exu_document_json);
    assert_non_null(strstr(text, "\"text\": \"a\\\"\\\\\\u000a\\u0001\\ufffd\u202e\"")); /* as it is */
    assert_non_null(strstr(text, "\"value\": \"a\\\"\\\\\\\\n\\\\x01\\\\xff\\\\u202e\""));
    assert_non_null(strstr(text, ", 1500, \"exuvia show DB '#4711'\"]"));
    assert_non_null(strstr(text, "\"skipped\": 3"));
    free(text);
}

static void links(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "javascript:alert(1)", "ftp://x",         "https://a b", "https://x\"y", "https://<x>", "http", "",
        "https://x\n",         "data:text/html,x"};
    assert_null(exu_incident_check_link(NULL));
    assert_null(exu_incident_check_link("https://tracker.example/i/1?a=b&c=d#e"));
    for (size_t i = 0; i < EXU_COUNT(bad); i++) {
        struct exu_error *error = exu_incident_check_link(bad[i]);
        assert_non_null(error);
        assert_int_equal(error->code, EXU_ERROR_USAGE);
        exu_error_free(error);
    }
}

static void empty_parts(void **state)
{
    (void)state;
    struct exu_privacy p = {0};
    struct exu_report r;
    exu_report_init(&r, &p);
    struct exu_part *section = exu_report_section(&r, r.root, "one", "One");
    struct exu_part *first = exu_report_text(&r, section, EXU_TEXT_NOTE, "x");
    exu_report_drop_empty(section);
    assert_ptr_equal(section->last, first);
    exu_report_table(&r, section, "t", NULL);
    exu_report_drop_empty(section);
    assert_ptr_equal(section->last, first);
    assert_null(first->next);
    exu_report_section(&r, r.root, "two", "Two");
    exu_report_drop_empty(r.root);
    assert_ptr_equal(r.root->last, section);
    exu_report_deinit(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),
        cmocka_unit_test(withheld),
        cmocka_unit_test(masked),
        cmocka_unit_test(markdown),
        cmocka_unit_test(markdown_is_bounded),
        cmocka_unit_test(page),
        cmocka_unit_test(json),
        cmocka_unit_test(links),
        cmocka_unit_test(empty_parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
