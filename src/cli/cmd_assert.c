/* `exuvia assert`: every statement of a file is a question whose answer has to be empty. */
#include "cli/options.h"
#include "cli/source.h"
#include "query/cookbook.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LARGEST_FILE (16u << 20)
#define ROWS 10 /* of a failed assertion, without -n */

struct assertion {
    sqlite3_stmt *statement;
    char *title;
    uint64_t line; /* of the statement, from 1 */
};

struct assertions {
    const char *file; /* for messages */
    struct exu_text text;
    exu_vec(struct assertion) list;
    uint64_t failed;
};

static struct exu_error *read_text(const char *path, struct exu_text *ret)
{
    bool input = strcmp(path, "-") == 0;
    FILE *file = input ? stdin : fopen(path, "re");
    char block[16384];
    size_t n;
    if (!file)
        return exu_error_new(EXU_ERROR_INPUT, "%s: %s; give a file of SQL statements", path, strerror(errno));
    while ((n = fread(block, 1, sizeof block, file)) > 0 && ret->len <= LARGEST_FILE)
        exu_text_add(ret, block, n);
    struct exu_error *error = NULL;
    if (ferror(file))
        error = exu_error_new(EXU_ERROR_INPUT, "%s: %s; give a file of SQL statements", path, strerror(errno));
    else if (ret->failed)
        error = exu_error_memory();
    else if (ret->len > LARGEST_FILE || memchr(ret->data ? ret->data : "", '\0', ret->len))
        error = exu_error_new(EXU_ERROR_INPUT, "%s: no file of SQL statements; give one", path);
    if (!input)
        fclose(file);
    return error;
}

static uint64_t lines_in(const char *from, const char *to)
{
    uint64_t lines = 0;
    for (; from < to && *from; from++)
        lines += *from == '\n';
    return lines;
}

/* Where the statement begins behind blanks and comments. The title: the first line of the comment that stands right above
 * it, without an empty line between. */
static const char *begin_of(const char *at, struct exu_text *title)
{
    bool fresh = true; /* the next comment line begins a block */
    for (;;) {
        size_t blank = strspn(at, " \t\r\n;");
        if (lines_in(at, at + blank) > 1)
            fresh = true;
        at += blank;
        if (at[0] == '-' && at[1] == '-') {
            struct exu_text line = {0};
            exu_sql_comment(&at, &line);
            if (fresh) {
                exu_text_clear(title);
                exu_text_puts(title, line.data ? line.data : "");
            }
            fresh = false;
            exu_text_deinit(&line);
        } else if (at[0] == '/' && at[1] == '*') {
            const char *end = strstr(at + 2, "*/");
            at = end ? end + 2 : at + strlen(at);
        } else {
            return at;
        }
    }
}

static struct exu_error *prepare(struct assertions *a, const struct exu_database *db)
{
    const char *text = a->text.data ? a->text.data : "", *at = text;
    struct exu_text title = {0};
    struct exu_error *error = NULL;
    while (!error && *(at = begin_of(at, &title))) {
        struct assertion one = {.line = 1 + lines_in(text, at)};
        const char *tail = at;
        if (sqlite3_prepare_v2(db->sqlite, at, -1, &one.statement, &tail) != SQLITE_OK) {
            int offset = sqlite3_error_offset(db->sqlite);
            uint64_t line = one.line + (offset > 0 ? lines_in(at, at + offset) : 0);
            error = exu_error_new(EXU_ERROR_USAGE, "%s:%llu: %s; schema/schema.sql shows what there is", a->file,
                                  (unsigned long long)line, sqlite3_errmsg(db->sqlite));
        } else if (!one.statement) {
            at = tail > at ? tail : at + strlen(at);
            continue;
        } else if (!sqlite3_stmt_readonly(one.statement) || sqlite3_column_count(one.statement) == 0) {
            error = exu_error_new(EXU_ERROR_USAGE, "%s:%llu: no query; an assertion is a SELECT that should find nothing",
                                  a->file, (unsigned long long)one.line);
        } else if (!(one.title = title.len ? strdup(title.data) : strdup("")) || !exu_vec_push(&a->list, one)) {
            error = exu_error_memory();
        }
        if (error) {
            sqlite3_finalize(one.statement);
            free(one.title);
        }
        exu_text_clear(&title);
        at = tail > at ? tail : at + strlen(at);
    }
    exu_text_deinit(&title);
    if (!error && !a->list.len)
        error = exu_error_new(EXU_ERROR_USAGE, "%s: has no statement; give queries that should find nothing", a->file);
    return error;
}

/* A table that begins with its first row: where there is none, the assertion holds. */
struct failure {
    struct exu_writer *writer;
    const struct assertions *assertions;
    const struct assertion *assertion;
    exu_vec(struct exu_column) columns;
    uint64_t rows;
    bool memory;
};

static void begin(void *context, const struct exu_column *columns, size_t count)
{
    struct failure *f = context;
    for (size_t i = 0; i < count; i++) {
        struct exu_column column = {.name = strdup(columns[i].name), .kind = columns[i].kind};
        if (column.name && exu_vec_push(&f->columns, column))
            continue;
        free((void *)(uintptr_t)column.name);
        f->memory = true;
        return;
    }
}

static void row(void *context, const struct exu_datum *cells, size_t count)
{
    struct failure *f = context;
    if (f->memory)
        return;
    if (!f->rows++) {
        char title[512];
        snprintf(title, sizeof title, "failed: %s (%s:%llu)", *f->assertion->title ? f->assertion->title : "a statement",
                 f->assertions->file, (unsigned long long)f->assertion->line);
        exu_writer_table(f->writer, "first", title, f->columns.items, f->columns.len);
    }
    exu_writer_row(f->writer, cells, count);
}

static struct exu_error *check(struct exu_session *session, const struct exu_arguments *arguments,
                               struct assertions *a, const struct assertion *assertion, uint64_t *rows)
{
    uint64_t more = 0;
    struct failure f = {.writer = session->writer, .assertions = a, .assertion = assertion};
    const struct exu_query query = {
        .limit = arguments->rows_given ? arguments->rows : ROWS, .own = true, .more = &more};
    struct exu_row_sink sink = {.context = &f, .begin = begin, .row = row};
    exu_writer_object(session->writer, NULL);
    exu_writer_value(session->writer, "title", exu_datum_text(assertion->title));
    exu_writer_value(session->writer, "line", exu_datum_integer((int64_t)assertion->line));
    struct exu_error *error = exu_query_drain(session->db, assertion->statement, &query, &sink);
    if (error && error->code == EXU_ERROR_INPUT) {
        exu_error_free(error);
        error = exu_error_new(EXU_ERROR_USAGE, "%s:%llu: %s", a->file, (unsigned long long)assertion->line,
                              sqlite3_errmsg(session->db->sqlite));
    }
    if (!error && f.memory)
        error = exu_error_memory();
    *rows = f.rows + more;
    if (f.rows) {
        exu_writer_table_end(session->writer);
        exu_writer_linef(session->writer, 0, EXU_STYLE_DIM, more ? "%llu rows; -n 0 shows all" : "%llu rows",
                         (unsigned long long)*rows);
    }
    exu_writer_value(session->writer, "rows", exu_datum_integer((int64_t)*rows));
    exu_writer_close(session->writer);
    struct exu_column *column;
    exu_vec_each(column, &f.columns)
        free((void *)(uintptr_t)column->name);
    exu_vec_free(&f.columns);
    return error;
}

static struct exu_error *check_all(struct exu_session *session, const struct exu_arguments *arguments, struct assertions *a)
{
    static const struct exu_column columns[] = {
        {"assertion", EXU_COLUMN_PLAIN}, {"line", EXU_COLUMN_PLAIN}, {"rows", EXU_COLUMN_COUNT}};
    struct exu_error *error = NULL;
    uint64_t *rows = calloc(a->list.len, sizeof *rows);
    if (!rows)
        return exu_error_memory();
    exu_writer_array(session->writer, NULL);
    for (size_t i = 0; !error && i < a->list.len; i++) {
        error = check(session, arguments, a, &a->list.items[i], &rows[i]);
        a->failed += rows[i] > 0;
    }
    exu_writer_close(session->writer);
    exu_writer_flat(session->writer, columns, EXU_COUNT(columns));
    for (size_t i = 0; !error && i < a->list.len; i++)
        exu_writer_flat_row(session->writer,
                            (struct exu_datum[]){exu_datum_text(a->list.items[i].title),
                                                 exu_datum_integer((int64_t)a->list.items[i].line),
                                                 exu_datum_integer((int64_t)rows[i])},
                            EXU_COUNT(columns));
    exu_writer_flat_end(session->writer);
    free(rows);
    if (!error && !a->failed)
        exu_writer_linef(session->writer, 0, EXU_STYLE_PLAIN, a->list.len == 1 ? "%zu assertion holds" : "%zu assertions hold",
                         a->list.len);
    return error;
}

static struct exu_error *run_file(struct exu_session *session, const struct exu_arguments *arguments)
{
    const char *path = arguments->operands.items[1];
    struct assertions a = {.file = strcmp(path, "-") == 0 ? "standard input" : path};
    struct exu_error *error = read_text(path, &a.text);
    if (!error)
        error = prepare(&a, session->db);
    if (!error)
        error = check_all(session, arguments, &a);
    if (!error && a.failed) {
        error = exu_writer_finish(session->writer); /* what was found stands before the message */
        fflush(stdout);
        if (!error)
            error = exu_error_new(EXU_ERROR_NONE_FOUND, "%s: %llu of %zu assertions failed", a.file,
                                  (unsigned long long)a.failed, a.list.len);
    }
    struct assertion *assertion;
    exu_vec_each(assertion, &a.list) {
        sqlite3_finalize(assertion->statement);
        free(assertion->title);
    }
    exu_vec_free(&a.list);
    exu_text_deinit(&a.text);
    return error;
}

static struct exu_error *run(const struct exu_arguments *arguments)
{
    struct exu_session session;
    EXU_TRY(exu_session_open(&session, arguments));
    return exu_session_close(&session, run_file(&session, arguments));
}

const struct exu_command exu_cmd_assert = {
    .name = "assert",
    .usage = "DB FILE.sql",
    .summary = "fail when a query of a file finds something",
    .description =
        "Each statement of FILE.sql is a query that should find nothing; - reads standard input. One that returns rows is a "
        "failed assertion: the comment above it is printed, its first rows (10, or -n) and how many there are. Exit status 0: "
        "all hold; 1: one failed; 2: a statement is off, and none was run. The database is open for reading only. A column's "
        "name may end in :size, :count or :address, as in the cookbook.",
    .options = {exu_options_output, exu_options_core, exu_options_common},
    .least = 2,
    .most = 2,
    .run = run,
};
