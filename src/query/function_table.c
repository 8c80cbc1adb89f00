/* Eponymous virtual tables whose hidden columns are the arguments (sqlite.org/vtab.html#tabfunc2). */
#include "query/functions_private.h"

#include <stdlib.h>
#include <string.h>

struct binding { /* what SQLite keeps for a module */
    struct exu_functions *functions;
    const struct exu_sql_table *table;
};

struct table {
    sqlite3_vtab base;
    struct exu_functions *functions;
    const struct exu_sql_table *table;
};

struct cursor {
    sqlite3_vtab_cursor base;
    void *state; /* NULL: no walk */
    sqlite3_value *values[EXU_TABLE_ARGUMENTS];
    sqlite3_int64 row;
    bool has_row;
};

static int failed(sqlite3_vtab *vtab, struct exu_error *error)
{
    int code = strcmp(error->message, "out of memory") == 0      ? SQLITE_NOMEM
               : strstr(error->message, ": interrupted;") != NULL ? SQLITE_INTERRUPT
                                                                  : SQLITE_ERROR;
    sqlite3_free(vtab->zErrMsg);
    vtab->zErrMsg = sqlite3_mprintf("%s", error->message);
    exu_error_free(error);
    return code;
}

static int table_connect(sqlite3 *sqlite, void *context, int argc, const char *const *argv, sqlite3_vtab **ret,
                         char **message)
{
    const struct binding *b = context;
    struct exu_text declaration = {0};
    (void)argc, (void)argv, (void)message;
    exu_text_printf(&declaration, "CREATE TABLE x(%s, %s)", b->table->columns, b->table->arguments);
    int code = declaration.failed ? SQLITE_NOMEM : sqlite3_declare_vtab(sqlite, declaration.data);
    exu_text_deinit(&declaration);
    if (code != SQLITE_OK)
        return code;
    /* Views and triggers of a database that somebody else made must not call them. */
    sqlite3_vtab_config(sqlite, SQLITE_VTAB_DIRECTONLY);
    struct table *t = sqlite3_malloc64(sizeof *t);
    if (!t)
        return SQLITE_NOMEM;
    *t = (struct table){.functions = b->functions, .table = b->table};
    b->functions->connected++;
    *ret = &t->base;
    return SQLITE_OK;
}

static int table_disconnect(sqlite3_vtab *vtab)
{
    struct table *t = (struct table *)vtab;
    t->functions->connected--;
    exu_functions_forget(t->functions);
    sqlite3_free(t);
    return SQLITE_OK;
}

static int table_plan(sqlite3_vtab *vtab, sqlite3_index_info *info)
{
    const struct exu_sql_table *table = ((struct table *)vtab)->table;
    int found[EXU_TABLE_ARGUMENTS], given = 0, place = 0;
    bool unusable = false;
    memset(found, -1, sizeof found);
    for (int i = 0; i < info->nConstraint; i++) {
        int argument = info->aConstraint[i].iColumn - table->column_count;
        if (argument < 0 || argument >= table->argument_count ||
            info->aConstraint[i].op != SQLITE_INDEX_CONSTRAINT_EQ)
            continue;
        if (info->aConstraint[i].usable)
            found[argument] = i;
        else
            unusable = true;
    }
    for (int i = 0; i < table->argument_count; i++) {
        if (found[i] < 0 && i < table->required)
            return unusable ? SQLITE_CONSTRAINT
                            : failed(vtab, exu_error_new(EXU_ERROR_USAGE, "%s: an argument is missing; write %s",
                                                         table->name, table->usage));
        if (found[i] < 0 && unusable)
            return SQLITE_CONSTRAINT; /* in another order of the tables it is there */
        if (found[i] < 0)
            continue;
        info->aConstraintUsage[found[i]].argvIndex = ++place;
        info->aConstraintUsage[found[i]].omit = 1;
        given |= 1 << i;
    }
    info->idxNum = given;
    info->estimatedCost = 100;
    info->estimatedRows = 25;
    return SQLITE_OK;
}

static int table_open(sqlite3_vtab *vtab, sqlite3_vtab_cursor **ret)
{
    (void)vtab;
    struct cursor *c = sqlite3_malloc64(sizeof *c);
    if (!c)
        return SQLITE_NOMEM;
    *c = (struct cursor){0};
    *ret = &c->base;
    return SQLITE_OK;
}

static void rewind_cursor(struct cursor *c)
{
    if (c->state)
        ((struct table *)c->base.pVtab)->table->end(c->state);
    free(c->state);
    for (size_t i = 0; i < EXU_COUNT(c->values); i++)
        sqlite3_value_free(c->values[i]);
    *c = (struct cursor){.base = c->base};
}

static int table_close(sqlite3_vtab_cursor *cursor)
{
    rewind_cursor((struct cursor *)cursor);
    sqlite3_free(cursor);
    return SQLITE_OK;
}

static int table_next(sqlite3_vtab_cursor *cursor)
{
    struct cursor *c = (struct cursor *)cursor;
    struct table *t = (struct table *)cursor->pVtab;
    struct exu_error *error = NULL;
    c->row++;
    c->has_row = t->table->next(t->functions, c->state, &error);
    return error ? failed(cursor->pVtab, error) : SQLITE_OK;
}

static int table_filter(sqlite3_vtab_cursor *cursor, int given, const char *text, int argc, sqlite3_value **argv)
{
    struct cursor *c = (struct cursor *)cursor;
    struct table *t = (struct table *)cursor->pVtab;
    (void)text;
    rewind_cursor(c);
    for (int i = 0, place = 0; i < t->table->argument_count; i++)
        if (given & 1 << i && place < argc && !(c->values[i] = sqlite3_value_dup(argv[place++])))
            return SQLITE_NOMEM;
    struct exu_error *error = exu_functions_ready(t->functions);
    if (error)
        return failed(cursor->pVtab, error);
    if (!(c->state = calloc(1, t->table->size)))
        return SQLITE_NOMEM;
    error = t->table->begin(t->functions, c->state, c->values);
    return error ? failed(cursor->pVtab, error) : table_next(cursor);
}

static int table_eof(sqlite3_vtab_cursor *cursor)
{
    return !((struct cursor *)cursor)->has_row;
}

static int table_column(sqlite3_vtab_cursor *cursor, sqlite3_context *context, int column)
{
    struct cursor *c = (struct cursor *)cursor;
    struct table *t = (struct table *)cursor->pVtab;
    if (column >= t->table->column_count) {
        int argument = column - t->table->column_count;
        if (argument < t->table->argument_count && c->values[argument])
            sqlite3_result_value(context, c->values[argument]);
        return SQLITE_OK;
    }
    struct exu_error *error = exu_functions_ready(t->functions);
    if (!error)
        error = t->table->column(t->functions, c->state, column, context);
    if (t->functions->describer)
        exu_describer_settle(t->functions->describer);
    return error ? failed(cursor->pVtab, error) : SQLITE_OK;
}

static int table_rowid(sqlite3_vtab_cursor *cursor, sqlite3_int64 *ret)
{
    *ret = ((struct cursor *)cursor)->row;
    return SQLITE_OK;
}

static const sqlite3_module module = {
    .iVersion = 0,
    .xConnect = table_connect, /* no xCreate: it is there without CREATE VIRTUAL TABLE, and only so */
    .xBestIndex = table_plan,
    .xDisconnect = table_disconnect,
    .xOpen = table_open,
    .xClose = table_close,
    .xFilter = table_filter,
    .xNext = table_next,
    .xEof = table_eof,
    .xColumn = table_column,
    .xRowid = table_rowid,
};

static void drop_binding(void *context)
{
    struct binding *b = context;
    exu_functions_drop(b->functions);
    free(b);
}

struct exu_error *exu_sql_table_register(struct exu_functions *f, const struct exu_sql_table *table)
{
    struct binding *b = calloc(1, sizeof *b);
    if (!b)
        return exu_error_memory();
    *b = (struct binding){f, table};
    f->holders++; /* even when it fails, SQLite calls the destructor */
    if (sqlite3_create_module_v2(f->sqlite, table->name, &module, b, drop_binding) != SQLITE_OK)
        return exu_error_new(EXU_ERROR_MACHINE, "%s: %s", table->name, sqlite3_errmsg(f->sqlite));
    return NULL;
}

/* ---- columns ---- */

static struct exu_error *result_text(sqlite3_context *context, struct exu_text *text)
{
    if (text->len || text->failed)
        return exu_scalar_text(context, text);
    return NULL;
}

struct exu_error *exu_result_type(struct exu_functions *f, sqlite3_context *context, uint32_t object)
{
    struct exu_text text = {0};
    exu_describe_type_of(f->describer, object, &text);
    return result_text(context, &text);
}

struct exu_error *exu_result_summary(struct exu_functions *f, sqlite3_context *context, uint32_t object)
{
    struct exu_text text = {0};
    exu_describe_object(f->describer, object, &text);
    return result_text(context, &text);
}

void exu_result_string(sqlite3_context *context, const char *text)
{
    if (text)
        sqlite3_result_text(context, text, -1, SQLITE_TRANSIENT);
}
