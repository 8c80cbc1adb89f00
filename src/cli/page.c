#include "cli/page.h"

#include "report/map_report.h"

#include <stdio.h>

struct columns_sink {
    struct exu_writer *writer;
    struct {
        char name[32];
        enum exu_column_kind kind;
    } columns[16];
    size_t count;
    const char *key, *title;
    bool begun;
};

static void begin(void *context, const struct exu_column *columns, size_t count)
{
    struct columns_sink *s = context;
    s->count = exu_min(count, EXU_COUNT(s->columns));
    for (size_t i = 0; i < s->count; i++) {
        snprintf(s->columns[i].name, sizeof s->columns[i].name, "%s", columns[i].name);
        s->columns[i].kind = columns[i].kind;
    }
}

static void facts_row(void *context, const struct exu_datum *cells, size_t count)
{
    struct columns_sink *s = context;
    for (size_t i = 0; i < s->count && i < count; i++) {
        char key[sizeof s->columns[i].name];
        snprintf(key, sizeof key, "%s", s->columns[i].name);
        for (char *c = key; *c; c++)
            if (*c == ' ')
                *c = '_';
        exu_writer_field(s->writer, key, s->columns[i].name, s->columns[i].kind, cells[i]);
    }
}

static void table_row(void *context, const struct exu_datum *cells, size_t count)
{
    struct columns_sink *s = context;
    struct exu_column columns[EXU_COUNT(s->columns)];
    if (!s->begun) {
        for (size_t i = 0; i < s->count; i++)
            columns[i] = (struct exu_column){s->columns[i].name, s->columns[i].kind};
        exu_writer_table(s->writer, s->key, s->title, columns, s->count);
        s->begun = true;
    }
    exu_writer_row(s->writer, cells, exu_min(count, s->count));
}

struct exu_error *exu_page_facts(const struct exu_session *session, const char *sql, const struct exu_parameter *parameter)
{
    struct columns_sink s = {.writer = session->writer};
    struct exu_query query = {
        .sql = sql, .parameters = parameter, .parameter_count = parameter != NULL, .own = true, .limit = 1};
    struct exu_row_sink sink = {.context = &s, .begin = begin, .row = facts_row};
    return exu_query_run(session->db, &query, &sink);
}

struct exu_error *exu_page_rows(const struct exu_session *session, const struct exu_arguments *arguments,
                                const struct exu_page_table *table, const struct exu_parameter *parameter, uint64_t usual)
{
    uint64_t more = 0;
    struct columns_sink s = {.writer = session->writer, .key = table->key, .title = table->title};
    struct exu_query query = {.sql = table->sql,
                              .parameters = parameter,
                              .parameter_count = parameter != NULL,
                              .own = true,
                              .limit = exu_session_rows(arguments, usual),
                              .more = &more};
    struct exu_row_sink sink = {.context = &s, .begin = begin, .row = table_row};
    EXU_TRY(exu_query_run(session->db, &query, &sink));
    if (s.begun)
        exu_writer_table_end(session->writer);
    if (more)
        exu_writer_linef(session->writer, 0, EXU_STYLE_DIM, "%llu more; -n 0 shows all", (unsigned long long)more);
    return NULL;
}

struct exu_error *exu_page_tables(const struct exu_session *session, const struct exu_arguments *arguments,
                                  const struct exu_page_table *tables, size_t count, uint64_t usual)
{
    for (size_t i = 0; i < count; i++) {
        struct columns_sink s = {.writer = session->writer, .key = tables[i].key, .title = tables[i].title};
        struct exu_query query = {
            .sql = tables[i].sql, .own = true, .limit = exu_session_rows(arguments, usual)};
        struct exu_row_sink sink = {.context = &s, .begin = begin, .row = table_row};
        EXU_TRY(exu_query_run(session->db, &query, &sink));
        if (s.begun)
            exu_writer_table_end(session->writer);
    }
    return NULL;
}

static struct exu_error *page(const struct exu_session *session, const struct exu_arguments *arguments,
                              const char *facts, const struct exu_page_table *tables, size_t count)
{
    exu_writer_object(session->writer, NULL);
    if (facts)
        EXU_TRY(exu_page_facts(session, facts, NULL));
    EXU_TRY(exu_page_tables(session, arguments, tables, count, 20));
    exu_writer_close(session->writer);
    return NULL;
}

struct exu_error *exu_page_run(const struct exu_arguments *arguments, const char *facts,
                               const struct exu_page_table *tables, size_t count)
{
    struct exu_session session;
    EXU_TRY(exu_session_open(&session, arguments));
    return exu_session_close(&session, page(&session, arguments, facts, tables, count));
}

struct exu_error *exu_page_map(const struct exu_arguments *arguments, exu_map_maker *draw, const char *title)
{
    struct exu_session session;
    struct exu_map map = {0};
    if (!arguments->map)
        return exu_error_new(EXU_ERROR_USAGE, "--format svg: is a picture; say --map with it");
    EXU_TRY(exu_session_open(&session, arguments));
    struct exu_error *error = draw(session.db, EXU_MAP_ROWS, &map);
    if (!error && arguments->format == EXU_FORMAT_SVG)
        error = exu_report_map_svg(stdout, &map, title);
    else if (!error)
        exu_report_map(session.writer, &map);
    exu_map_deinit(&map);
    return exu_session_close(&session, error);
}
