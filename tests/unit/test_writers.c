/* What each format makes of the same answer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "query/preview.h"
#include "report/format.h"
#include "report/writer.h"

struct printed {
    char *text;
    size_t size;
    FILE *file;
    struct exu_writer *writer;
};

static void begin(struct printed *p, enum exu_format format, size_t width)
{
    *p = (struct printed){0};
    p->file = open_memstream(&p->text, &p->size);
    assert_non_null(p->file);
    struct exu_writer_options options = {.format = format, .file = p->file, .width = width};
    assert_null(exu_writer_create(&p->writer, &options));
}

static void end(struct printed *p, const char *expected)
{
    assert_null(exu_writer_finish(p->writer));
    exu_writer_destroy(p->writer);
    fclose(p->file);
    assert_string_equal(p->text, expected);
    free(p->text);
}

static const struct exu_column columns[] = {{"name", EXU_COLUMN_PLAIN},
                                            {"count", EXU_COLUMN_COUNT},
                                            {"bytes", EXU_COLUMN_SIZE},
                                            {"address", EXU_COLUMN_ADDRESS}};

static void rows(struct exu_writer *w)
{
    struct exu_datum cells[4] = {exu_datum_text("a,\"b\"|\n"), exu_datum_integer(2000),
                                 exu_datum_integer(57300000), exu_datum_integer(0x7f00)};
    exu_writer_table(w, NULL, NULL, columns, 4);
    exu_writer_row(w, cells, 4);
    cells[0] = exu_datum_text("日本");
    cells[1] = exu_datum_null();
    cells[2] = exu_datum_integer(1);
    exu_writer_row(w, cells, 4);
    exu_writer_table_end(w);
}

static void a_table_in_every_format(void **state)
{
    (void)state;
    struct printed p;
    begin(&p, EXU_FORMAT_TABLE, 0);
    rows(p.writer);
    end(&p, "name      count    bytes  address\n"
            "a,\"b\"|\\n  2,000  57.3 MB   0x7f00\n"
            "日本                 1 B   0x7f00\n");
    begin(&p, EXU_FORMAT_JSON, 0);
    rows(p.writer);
    end(&p, "[\n"
            "  {\"name\": \"a,\\\"b\\\"|\\n\", \"count\": 2000, \"bytes\": 57300000, \"address\": 32512},\n"
            "  {\"name\": \"日本\", \"count\": null, \"bytes\": 1, \"address\": 32512}\n"
            "]\n");
    begin(&p, EXU_FORMAT_CSV, 0);
    rows(p.writer);
    end(&p, "name,count,bytes,address\n\"a,\"\"b\"\"|\n\",2000,57300000,32512\n日本,,1,32512\n");
    begin(&p, EXU_FORMAT_MARKDOWN, 0);
    rows(p.writer);
    end(&p, "| name | count | bytes | address |\n"
            "| --- | ---: | ---: | ---: |\n"
            "| a,\"b\"\\|\\\\n | 2,000 | 57.3 MB | 0x7f00 |\n"
            "| 日本 |  | 1 B | 0x7f00 |\n");
}

static void a_narrow_terminal_cuts(void **state)
{
    (void)state;
    static const struct exu_column two[] = {{"x", EXU_COLUMN_PLAIN}, {"text", EXU_COLUMN_PLAIN}};
    struct exu_datum cells[2] = {exu_datum_integer(1), exu_datum_text("日本語のとても長い文字列です")};
    struct printed p;
    begin(&p, EXU_FORMAT_TABLE, 14);
    exu_writer_table(p.writer, NULL, NULL, two, 2);
    exu_writer_row(p.writer, cells, 2);
    exu_writer_table_end(p.writer);
    end(&p, "x  text\n1  日本語のと…\n");
}

static void document(struct exu_writer *w)
{
    static const struct exu_column one[] = {{"n", EXU_COLUMN_PLAIN}};
    struct exu_datum cell = exu_datum_integer(7);
    exu_writer_object(w, NULL);
    exu_writer_field(w, "size", "its size", EXU_COLUMN_SIZE, exu_datum_integer(1500));
    exu_writer_field(w, "gone", "gone", EXU_COLUMN_PLAIN, exu_datum_null());
    exu_writer_line(w, 1, EXU_STYLE_PLAIN, "a ```line");
    exu_writer_array(w, "list");
    exu_writer_value(w, NULL, exu_datum_integer(1));
    exu_writer_close(w);
    exu_writer_array(w, "empty");
    exu_writer_close(w);
    exu_writer_flat(w, one, 1);
    exu_writer_flat_row(w, &cell, 1);
    exu_writer_flat_end(w);
    exu_writer_table(w, "rows", "the rows", one, 1);
    exu_writer_row(w, &cell, 1);
    exu_writer_table_end(w);
    exu_writer_close(w);
}

static void a_document_in_every_format(void **state)
{
    (void)state;
    struct printed p;
    begin(&p, EXU_FORMAT_TABLE, 0);
    document(p.writer);
    end(&p, "its size  1.5 kB\n  a ```line\n\nthe rows\nn\n7\n");
    begin(&p, EXU_FORMAT_JSON, 0);
    document(p.writer);
    end(&p, "{\n  \"size\": 1500,\n  \"gone\": null,\n  \"list\": [\n    1\n  ],\n  \"empty\": [],\n"
            "  \"rows\": [\n    {\"n\": 7}\n  ]\n}\n");
    begin(&p, EXU_FORMAT_CSV, 0);
    document(p.writer);
    end(&p, "key,value\nsize,1500\ngone,\n\nn\n7\n\nn\n7\n");
    begin(&p, EXU_FORMAT_MARKDOWN, 0);
    document(p.writer);
    end(&p, "- **its size** 1.5 kB\n```\n  a `\u200b``line\n```\n\n**the rows**\n\n| n |\n| --- |\n| 7 "
            "|\n");
}

static void nothing_harms_a_terminal(void **state)
{
    (void)state;
    static const struct {
        const char *text, *shown;
        size_t size;
    } cases[] = {
        {"\033[31mred", "\\x1b[31mred", 8},
        {"a\0b", "a\\x00b", 3},
        {"\xff\xfe", "\\xff\\xfe", 2},
        {"\xc3", "\\xc3", 1},
        {"\u202eabc", "\\u202eabc", 6},
        {"\xc2\x9b", "\\x9b", 2},
        {"\xed\xa0\x80", "\\xed\\xa0\\x80", 3},
        {"\xf0\x9f\x90\x8d", "\xf0\x9f\x90\x8d", 4},
        {"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80", 4},
        {"\xc0\x80", "\\xc0\\x80", 2},
    };
    for (size_t i = 0; i < EXU_COUNT(cases); i++) {
        struct exu_text out = {0};
        exu_preview_plain(cases[i].text, cases[i].size, 100, false, &out);
        assert_string_equal(out.data, cases[i].shown);
        exu_text_deinit(&out);
    }
}

static void previews_are_as_python_writes(void **state)
{
    (void)state;
    struct exu_text out = {0};
    exu_preview_str("it's", 4, 40, false, &out);
    exu_text_putc(&out, ' ');
    exu_preview_str("'\"\\", 3, 40, false, &out);
    exu_text_putc(&out, ' ');
    exu_preview_str("abcdef", 6, 3, false, &out);
    exu_text_putc(&out, ' ');
    exu_preview_bytes("\0a'\xff", 4, 40, true, &out);
    assert_string_equal(out.data, "\"it's\" '\\'\"\\\\' 'abc…' b\"\\x00a'\\xff…\"");
    exu_text_deinit(&out);
}

static void a_full_disk_is_told(void **state)
{
    (void)state;
    FILE *full = fopen("/dev/full", "w");
    if (!full)
        skip();
    setvbuf(full, NULL, _IONBF, 0);
    struct exu_writer *writer;
    struct exu_writer_options options = {.format = EXU_FORMAT_CSV, .file = full};
    assert_null(exu_writer_create(&writer, &options));
    rows(writer);
    struct exu_error *error = exu_writer_finish(writer);
    assert_non_null(error);
    assert_int_equal(error->code, EXU_ERROR_MACHINE);
    exu_error_free(error);
    exu_writer_destroy(writer);
    fclose(full);
}

int main(void)
{
    setlocale(LC_CTYPE, "C.UTF-8");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_table_in_every_format),       cmocka_unit_test(a_narrow_terminal_cuts),
        cmocka_unit_test(a_document_in_every_format),    cmocka_unit_test(nothing_harms_a_terminal),
        cmocka_unit_test(previews_are_as_python_writes), cmocka_unit_test(a_full_disk_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
