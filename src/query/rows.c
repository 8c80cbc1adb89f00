#include "query/rows.h"

#include <stdlib.h>
#include <string.h>

#define MAX_COLUMNS 2000 /* SQLITE_MAX_COLUMN */

struct exu_datum exu_datum_text(const char *text)
{
    if (!text)
        return exu_datum_null();
    return (struct exu_datum){.type = EXU_DATUM_TEXT, .text = text, .size = strlen(text)};
}

struct exu_datum exu_datum_column(sqlite3_stmt *statement, int column)
{
    struct exu_datum cell = {0};
    switch (sqlite3_column_type(statement, column)) {
    case SQLITE_INTEGER:
        cell.type = EXU_DATUM_INTEGER;
        cell.integer = sqlite3_column_int64(statement, column);
        break;
    case SQLITE_FLOAT:
        cell.type = EXU_DATUM_REAL;
        cell.real = sqlite3_column_double(statement, column);
        break;
    case SQLITE_TEXT:
        cell.type = EXU_DATUM_TEXT;
        cell.text = (const char *)sqlite3_column_text(statement, column);
        break;
    case SQLITE_BLOB:
        cell.type = EXU_DATUM_BYTES;
        cell.text = sqlite3_column_blob(statement, column);
        break;
    default:
        return cell;
    }
    if (cell.type == EXU_DATUM_TEXT || cell.type == EXU_DATUM_BYTES) {
        cell.size = (size_t)sqlite3_column_bytes(statement, column);
        if (!cell.text) {
            cell.text = "";
            cell.size = 0;
        }
    }
    return cell;
}

static const struct {
    const char *suffix;
    enum exu_column_kind kind;
} suffixes[] = {{":count", EXU_COLUMN_COUNT}, {":size", EXU_COLUMN_SIZE}, {":address", EXU_COLUMN_ADDRESS}};

static struct exu_column column_named(char *name, bool own)
{
    struct exu_column column = {.name = name};
    size_t n = strlen(name);
    for (size_t i = 0; own && i < EXU_COUNT(suffixes); i++) {
        size_t s = strlen(suffixes[i].suffix);
        if (n <= s || strcmp(name + n - s, suffixes[i].suffix) != 0)
            continue;
        name[n - s] = '\0';
        column.kind = suffixes[i].kind;
        break;
    }
    return column;
}

static struct exu_error *drain(const struct exu_database *db, sqlite3_stmt *statement,
                               const struct exu_query *query, const struct exu_row_sink *sink,
                               struct exu_datum *cells, int count)
{
    struct exu_error *error = NULL;
    uint64_t rows = 0, more = 0;
    while (exu_database_step(db, statement, &error)) {
        if (query->limit && rows >= query->limit) {
            if (!query->more || ++more == 1000000)
                break;
            continue;
        }
        rows++;
        for (int i = 0; i < count; i++)
            cells[i] = exu_datum_column(statement, i);
        sink->row(sink->context, cells, (size_t)count);
    }
    if (query->more)
        *query->more = more;
    return error;
}

struct exu_error *exu_query_drain(const struct exu_database *db, sqlite3_stmt *statement,
                                  const struct exu_query *query, const struct exu_row_sink *sink)
{
    int count = sqlite3_column_count(statement);
    if (count < 0 || count > MAX_COLUMNS)
        count = 0;
    size_t n = (size_t)count;
    struct exu_column *columns = calloc(n + 1, sizeof *columns);
    struct exu_datum *cells = calloc(n + 1, sizeof *cells);
    char **names = calloc(n + 1, sizeof *names);
    struct exu_error *error = columns && cells && names ? NULL : exu_error_memory();
    for (int i = 0; !error && i < count; i++) {
        const char *name = sqlite3_column_name(statement, i);
        names[i] = strdup(name ? name : "");
        if (!names[i])
            error = exu_error_memory();
        else
            columns[i] = column_named(names[i], query->own);
    }
    if (!error) {
        sink->begin(sink->context, columns, n);
        error = drain(db, statement, query, sink, cells, count);
    }
    for (size_t i = 0; names && i < n; i++)
        free(names[i]);
    free(names);
    free(cells);
    free(columns);
    return error;
}

struct exu_error *exu_query_run(const struct exu_database *db, const struct exu_query *query,
                                const struct exu_row_sink *sink)
{
    sqlite3_stmt *statement;
    EXU_TRY(exu_database_prepare(db, query->sql, &statement));
    for (size_t i = 0; i < query->parameter_count; i++) {
        const struct exu_parameter *p = &query->parameters[i];
        int at = sqlite3_bind_parameter_index(statement, p->name);
        if (at == 0)
            continue;
        if (p->value.type == EXU_DATUM_INTEGER)
            sqlite3_bind_int64(statement, at, p->value.integer);
        else if (p->value.type == EXU_DATUM_TEXT)
            sqlite3_bind_text(statement, at, p->value.text, (int)exu_min(p->value.size, 1 << 20),
                              SQLITE_TRANSIENT);
    }
    struct exu_error *error = exu_query_drain(db, statement, query, sink);
    sqlite3_finalize(statement);
    return error;
}
