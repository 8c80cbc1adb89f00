#include "store/feed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct table {
    sqlite3_vtab base;
    int columns;
};

struct cursor {
    sqlite3_vtab_cursor base;
    const struct exu_feed *feed;
    sqlite3_int64 row;
    bool ended;
};

static int on_connect(sqlite3 *db, void *auxiliary, int argc, const char *const *argv, sqlite3_vtab **ret, char **error)
{
    (void)argc, (void)argv, (void)error;
    int columns = (int)(intptr_t)auxiliary;
    char sql[16 + 8 * EXU_FEED_COLUMNS] = "CREATE TABLE x(";
    size_t n = strlen(sql);
    for (int i = 0; i < columns; i++)
        n += (size_t)snprintf(sql + n, sizeof sql - n, "c%d,", i);
    snprintf(sql + n, sizeof sql - n, "feed HIDDEN)");
    int code = sqlite3_declare_vtab(db, sql);
    struct table *table = code == SQLITE_OK ? calloc(1, sizeof *table) : NULL;
    if (!table)
        return code == SQLITE_OK ? SQLITE_NOMEM : code;
    table->columns = columns;
    *ret = &table->base;
    return SQLITE_OK;
}

static int on_disconnect(sqlite3_vtab *table)
{
    free(table);
    return SQLITE_OK;
}

/* Usable only with its argument given. */
static int on_best_index(sqlite3_vtab *base, sqlite3_index_info *info)
{
    const struct table *table = (const struct table *)base;
    for (int i = 0; i < info->nConstraint; i++) {
        if (info->aConstraint[i].iColumn != table->columns || !info->aConstraint[i].usable ||
            info->aConstraint[i].op != SQLITE_INDEX_CONSTRAINT_EQ)
            continue;
        info->aConstraintUsage[i].argvIndex = 1;
        info->aConstraintUsage[i].omit = 1;
        info->estimatedCost = 1;
        return SQLITE_OK;
    }
    return SQLITE_CONSTRAINT;
}

static int on_open(sqlite3_vtab *table, sqlite3_vtab_cursor **ret)
{
    (void)table;
    struct cursor *cursor = calloc(1, sizeof *cursor);
    if (!cursor)
        return SQLITE_NOMEM;
    *ret = &cursor->base;
    return SQLITE_OK;
}

static int on_close(sqlite3_vtab_cursor *cursor)
{
    free(cursor);
    return SQLITE_OK;
}

static int on_next(sqlite3_vtab_cursor *base)
{
    struct cursor *cursor = (struct cursor *)base;
    cursor->row++;
    cursor->ended = !cursor->feed->next(cursor->feed->context);
    return SQLITE_OK;
}

static int on_filter(sqlite3_vtab_cursor *base, int number, const char *text, int argc, sqlite3_value **argv)
{
    (void)number, (void)text;
    struct cursor *cursor = (struct cursor *)base;
    cursor->feed = argc == 1 ? sqlite3_value_pointer(argv[0], EXU_FEED_POINTER) : NULL;
    if (!cursor->feed)
        return SQLITE_MISUSE;
    return on_next(base);
}

static int on_eof(sqlite3_vtab_cursor *cursor)
{
    return ((struct cursor *)cursor)->ended;
}

static int on_column(sqlite3_vtab_cursor *base, sqlite3_context *context, int column)
{
    const struct cursor *cursor = (const struct cursor *)base;
    const struct table *table = (const struct table *)base->pVtab;
    struct exu_cell cell = {.kind = EXU_CELL_NULL};
    if (column >= table->columns)
        return SQLITE_OK;
    cursor->feed->cell(cursor->feed->context, (unsigned)column, &cell);
    switch (cell.kind) {
    case EXU_CELL_INTEGER:
        sqlite3_result_int64(context, cell.integer);
        break;
    case EXU_CELL_REAL:
        sqlite3_result_double(context, cell.real);
        break;
    case EXU_CELL_TEXT:
        sqlite3_result_text64(context, cell.text.data ? cell.text.data : "", cell.text.size, SQLITE_STATIC, SQLITE_UTF8);
        break;
    case EXU_CELL_BLOB:
        sqlite3_result_blob64(context, cell.text.data ? cell.text.data : "", cell.text.size, SQLITE_STATIC);
        break;
    case EXU_CELL_NULL:
        break;
    }
    return SQLITE_OK;
}

static int on_rowid(sqlite3_vtab_cursor *cursor, sqlite3_int64 *ret)
{
    *ret = ((struct cursor *)cursor)->row;
    return SQLITE_OK;
}

int exu_feed_register(sqlite3 *db)
{
    static const sqlite3_module module = {
        .xConnect = on_connect, /* no xCreate: exists by its name alone */
        .xBestIndex = on_best_index,
        .xDisconnect = on_disconnect,
        .xOpen = on_open,
        .xClose = on_close,
        .xFilter = on_filter,
        .xNext = on_next,
        .xEof = on_eof,
        .xColumn = on_column,
        .xRowid = on_rowid,
    };
    for (int columns = 1; columns <= EXU_FEED_COLUMNS; columns++) {
        char name[32];
        snprintf(name, sizeof name, "exu_feed%d", columns);
        int code = sqlite3_create_module(db, name, &module, (void *)(intptr_t)columns);
        if (code != SQLITE_OK)
            return code;
    }
    return SQLITE_OK;
}
