/* What the functions of one connection share. */
#ifndef EXU_QUERY_FUNCTIONS_PRIVATE_H
#define EXU_QUERY_FUNCTIONS_PRIVATE_H

#include "core/peek.h"
#include "query/functions.h"
#include "query/repr.h"
#include "query/summary.h"

struct exu_functions {
    sqlite3 *sqlite;
    const struct exu_database *db; /* NULL: not looked at yet */
    struct exu_database borrowed;  /* that of a foreign connection */
    struct exu_describer *describer;
    struct exu_repr *repr;         /* NULL: not used yet */
    struct exu_peek *core;         /* NULL: not opened yet */
    unsigned holders;   /* what SQLite has registered, each with its destructor; and the session */
    unsigned connected; /* virtual tables that SQLite will take leave of */
};

/* Before anything is asked: the database is ours, and the describer is there. */
EXU_MUST_CHECK struct exu_error *exu_functions_ready(struct exu_functions *f);
/* Gives back what would keep the connection open. */
void exu_functions_forget(struct exu_functions *f);
void exu_functions_drop(void *functions); /* one holder less */

/* An id: 0 for NULL and for what is out of range. Text must be a number (a web form has nothing else). */
EXU_MUST_CHECK struct exu_error *exu_argument_id(sqlite3_value *value, const char *function, uint32_t *ret);
/* A number that is not negative; `usual` when it is not given. `what`: the function and which argument it is. */
EXU_MUST_CHECK struct exu_error *exu_argument_count(sqlite3_value *value, const char *what, uint64_t usual,
                                                    uint64_t *ret);

/* ---- scalar functions ---- */
struct exu_scalar {
    const char *name, *usage, *summary;
    int least, most; /* arguments */
    bool foreign;    /* asks no database */
    /* Sets the result, or returns the error. */
    struct exu_error *(*call)(struct exu_functions *f, sqlite3_context *context, int count, sqlite3_value **values);
};
extern const struct exu_scalar exu_scalars[], exu_scalar_memory;
extern const size_t exu_scalar_count;
EXU_MUST_CHECK struct exu_error *exu_scalar_register(struct exu_functions *f, const struct exu_scalar *scalar);
/* The text becomes the result, and is freed. */
EXU_MUST_CHECK struct exu_error *exu_scalar_text(sqlite3_context *context, struct exu_text *text);

/* ---- tables with arguments ---- */
#define EXU_TABLE_ARGUMENTS 3
struct exu_sql_table {
    const char *name, *usage, *summary;
    const char *columns;   /* 'step, object_id, ...', without the hidden ones */
    const char *arguments; /* 'id HIDDEN, ...' */
    int column_count, argument_count, required;
    size_t size; /* of the state of a walk; zeroed before `begin` */
    /* `values` has argument_count, NULL pointers for what is not given. */
    struct exu_error *(*begin)(struct exu_functions *f, void *state, sqlite3_value **values);
    /* False at the end or on an error, which goes to *error. */
    bool (*next)(struct exu_functions *f, void *state, struct exu_error **error);
    struct exu_error *(*column)(struct exu_functions *f, void *state, int column, sqlite3_context *context);
    void (*end)(void *state); /* whatever `begin` and `next` came to */
};
extern const struct exu_sql_table exu_table_path_to_root, exu_table_referrers, exu_table_retained_set,
    exu_table_dominated, exu_table_chains;
EXU_MUST_CHECK struct exu_error *exu_sql_table_register(struct exu_functions *f, const struct exu_sql_table *table);

/* Columns that several tables have. */
EXU_MUST_CHECK struct exu_error *exu_result_type(struct exu_functions *f, sqlite3_context *context, uint32_t object);
EXU_MUST_CHECK struct exu_error *exu_result_summary(struct exu_functions *f, sqlite3_context *context,
                                                    uint32_t object);
void exu_result_string(sqlite3_context *context, const char *text); /* NULL is NULL */

#endif
