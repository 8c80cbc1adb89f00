/* The answer of a question: named, typed columns, and rows that are handed to a sink one at a time.
 *
 * A column of one of our own query files says how it is to be shown by a suffix of its name: `AS
 * "shallow:size"`; users see `shallow`. */
#ifndef EXU_QUERY_ROWS_H
#define EXU_QUERY_ROWS_H

#include "query/database.h"

enum exu_datum_type { EXU_DATUM_NULL, EXU_DATUM_INTEGER, EXU_DATUM_REAL, EXU_DATUM_TEXT, EXU_DATUM_BYTES };

struct exu_datum {
    enum exu_datum_type type;
    int64_t integer;
    double real;
    const char *text; /* borrowed; NUL-terminated when TEXT */
    size_t size;
};

enum exu_column_kind {
    EXU_COLUMN_PLAIN,
    EXU_COLUMN_COUNT,   /* 2,000 */
    EXU_COLUMN_SIZE,    /* 57.3 MB */
    EXU_COLUMN_ADDRESS, /* 0x7f… */
};

struct exu_column {
    const char *name;
    enum exu_column_kind kind;
};

static inline struct exu_datum exu_datum_null(void)
{
    return (struct exu_datum){.type = EXU_DATUM_NULL};
}
static inline struct exu_datum exu_datum_integer(int64_t value)
{
    return (struct exu_datum){.type = EXU_DATUM_INTEGER, .integer = value};
}
/* NULL text is a NULL cell. */
struct exu_datum exu_datum_text(const char *text);
/* Borrowed from the statement until its next step. */
struct exu_datum exu_datum_column(sqlite3_stmt *statement, int column);

struct exu_row_sink {
    void *context;
    void (*begin)(void *context, const struct exu_column *columns, size_t count);
    void (*row)(void *context, const struct exu_datum *cells, size_t count);
};

struct exu_parameter {
    const char *name; /* ':id' */
    struct exu_datum value;
};

struct exu_query {
    const char *sql;
    const struct exu_parameter *parameters;
    size_t parameter_count;
    uint64_t limit; /* rows; 0 = all */
    bool own;       /* one of our files: column suffixes mean something */
    uint64_t *more; /* when not NULL: how many rows the limit cut off (counted up to a million) */
};

EXU_MUST_CHECK struct exu_error *exu_query_run(const struct exu_database *db, const struct exu_query *query,
                                               const struct exu_row_sink *sink);
/* A statement that is prepared already. */
EXU_MUST_CHECK struct exu_error *exu_query_drain(const struct exu_database *db, sqlite3_stmt *statement,
                                                 const struct exu_query *query,
                                                 const struct exu_row_sink *sink);

#endif
