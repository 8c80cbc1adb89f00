#include "query/functions_private.h"

#include <stdlib.h>

/* In the order of the list. */
static const struct exu_sql_table *const tables[] = {&exu_table_path_to_root, &exu_table_referrers,
                                                     &exu_table_retained_set, &exu_table_dominated, &exu_table_chains};
static const struct exu_scalar *scalar_at(size_t i)
{
    return i < exu_scalar_count ? &exu_scalars[i] : i == exu_scalar_count ? &exu_scalar_memory : NULL;
}


void exu_functions_forget(struct exu_functions *f)
{
    if (f->describer)
        exu_describer_forget(f->describer);
    if (f->repr)
        exu_repr_forget(f->repr);
}

static void release(struct exu_functions *f)
{
    exu_describer_destroy(f->describer);
    exu_repr_destroy(f->repr);
    exu_peek_close(f->core);
    f->core = NULL;
    f->describer = NULL;
    f->repr = NULL;
}

void exu_functions_drop(void *functions)
{
    struct exu_functions *f = functions;
    if (--f->holders)
        return;
    release(f);
    exu_database_release(&f->borrowed);
    free(f);
}

/* Statements that stay prepared need a table that SQLite takes leave of: see functions.h. */
static void connect_one(struct exu_functions *f)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(f->sqlite, "SELECT 1 FROM dominated(NULL)", -1, &statement, NULL) == SQLITE_OK)
        sqlite3_finalize(statement);
}

struct exu_error *exu_functions_ready(struct exu_functions *f)
{
    if (!f->db) {
        EXU_TRY(exu_database_borrow(&f->borrowed, f->sqlite));
        f->db = &f->borrowed;
    }
    if (!f->describer)
        EXU_TRY(exu_describer_create(&f->describer, f->db));
    if (!f->connected)
        connect_one(f);
    return NULL;
}

/* The caller is a holder, or nobody is when it failed. */
static struct exu_error *attach(struct exu_functions **ret, sqlite3 *sqlite, const struct exu_database *db)
{
    struct exu_functions *f = calloc(1, sizeof *f);
    struct exu_error *error = NULL;
    if (!f)
        return exu_error_memory();
    f->sqlite = sqlite;
    f->db = db;
    f->holders = 1;
    for (size_t i = 0; !error && scalar_at(i); i++)
        error = exu_scalar_register(f, scalar_at(i));
    for (size_t i = 0; !error && i < EXU_COUNT(tables); i++)
        error = exu_sql_table_register(f, tables[i]);
    if (error) {
        exu_functions_drop(f);
        return error;
    }
    *ret = f;
    return NULL;
}

struct exu_error *exu_functions_open(struct exu_functions **ret, const struct exu_database *db)
{
    struct exu_functions *f;
    EXU_TRY(attach(&f, db->sqlite, db));
    struct exu_error *error = exu_functions_ready(f);
    if (error) {
        exu_functions_close(f);
        return error;
    }
    *ret = f;
    return NULL;
}

void exu_functions_close(struct exu_functions *f)
{
    if (!f)
        return;
    release(f);
    f->db = NULL;
    exu_functions_drop(f);
}

struct exu_error *exu_functions_attach(sqlite3 *sqlite)
{
    struct exu_functions *f;
    EXU_TRY(attach(&f, sqlite, NULL));
    exu_functions_drop(f);
    return NULL;
}

bool exu_functions_list(size_t index, struct exu_function_line *ret)
{
    if (index < EXU_COUNT(tables)) {
        *ret = (struct exu_function_line){tables[index]->usage, tables[index]->summary, tables[index]->columns};
        return true;
    }
    const struct exu_scalar *scalar = scalar_at(index - EXU_COUNT(tables));
    if (!scalar)
        return false;
    *ret = (struct exu_function_line){scalar->usage, scalar->summary, NULL};
    return true;
}

/* ---- arguments ---- */

struct exu_error *exu_argument_id(sqlite3_value *value, const char *function, uint32_t *ret)
{
    *ret = 0;
    if (!value || sqlite3_value_type(value) == SQLITE_NULL)
        return NULL;
    if (sqlite3_value_numeric_type(value) != SQLITE_INTEGER)
        return exu_error_new(EXU_ERROR_USAGE, "%s: not an id; give a number of object.id", function);
    sqlite3_int64 id = sqlite3_value_int64(value);
    if (id > 0 && id <= UINT32_MAX)
        *ret = (uint32_t)id;
    return NULL;
}

struct exu_error *exu_argument_count(sqlite3_value *value, const char *what, uint64_t usual, uint64_t *ret)
{
    *ret = usual;
    if (!value || sqlite3_value_type(value) == SQLITE_NULL)
        return NULL;
    if (sqlite3_value_numeric_type(value) != SQLITE_INTEGER || sqlite3_value_int64(value) < 0)
        return exu_error_new(EXU_ERROR_USAGE, "%s is a number, 0 or more", what);
    *ret = (uint64_t)sqlite3_value_int64(value);
    return NULL;
}
