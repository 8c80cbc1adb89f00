#include "query/where.h"

#include "query/queries.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum argument { NONE, OPTIONAL, REQUIRED, SQL };

static const struct word {
    const char *name, *argument_name;
    enum argument argument;
    const char *sql;
} words[] = {
    {"root", NULL, NONE, exu_sql_where_root_sql},
    {"traceback", NULL, NONE, exu_sql_where_traceback_sql},
    {"frame", "FUNCTION", OPTIONAL, exu_sql_where_frame_sql},
    {"thread", "NAME", OPTIONAL, exu_sql_where_thread_sql},
    {"module", "NAME", OPTIONAL, exu_sql_where_module_sql},
    {"exception", "TYPE", OPTIONAL, exu_sql_where_exception_sql},
    {"type", "QUALNAME", REQUIRED, exu_sql_where_type_sql},
    {"chunks", NULL, NONE, exu_sql_where_chunks_sql},
    {"sql", "SELECT id …", SQL, NULL},
};

void exu_where_grammar(struct exu_text *out)
{
    for (size_t i = 0; i < EXU_COUNT(words); i++) {
        exu_text_printf(out, "%s%s", i ? ", " : "", words[i].name);
        if (words[i].argument == OPTIONAL)
            exu_text_printf(out, "[:%s]", words[i].argument_name);
        else if (words[i].argument != NONE)
            exu_text_printf(out, ":%s", words[i].argument_name);
    }
    exu_text_puts(out, ", 0xADDRESS, #ID");
}

static struct exu_error *not_understood(const char *where)
{
    struct exu_text grammar = {0};
    exu_where_grammar(&grammar);
    struct exu_error *error = exu_error_new(EXU_ERROR_USAGE, "%s: not understood as WHERE; give one of: %s",
                                            where, grammar.data ? grammar.data : "");
    exu_text_deinit(&grammar);
    return error;
}

static bool parse_number(const char *text, int base, int64_t *ret)
{
    char *end;
    errno = 0;
    unsigned long long value = strtoull(text, &end, base);
    if (errno || end == text || *end || !isxdigit((unsigned char)*text))
        return false;
    *ret = (int64_t)value; /* addresses are stored as SQLite's signed integers */
    return true;
}

/* OBJ: true when it has its form. */
static bool parse_object(const char *text, const char **ret_sql, int64_t *ret_number)
{
    if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X') && parse_number(text + 2, 16, ret_number))
        *ret_sql = exu_sql_where_address_sql;
    else if (text[0] == '#' && parse_number(text + 1, 10, ret_number))
        *ret_sql = exu_sql_where_id_sql;
    else
        return false;
    return true;
}

static void bind(sqlite3_stmt *statement, const char *name, int64_t number)
{
    int at = sqlite3_bind_parameter_index(statement, ":name");
    if (at && name)
        sqlite3_bind_text(statement, at, name, -1, SQLITE_TRANSIENT);
    at = sqlite3_bind_parameter_index(statement, ":number");
    if (at)
        sqlite3_bind_int64(statement, at, number);
}

static struct exu_error *collect(struct exu_where_set *set, const struct exu_database *db,
                                 sqlite3_stmt *statement, bool own)
{
    struct exu_error *error = NULL;
    uint32_t max = 0;
    EXU_TRY(exu_database_objects(db, &max));
    while (exu_database_step(db, statement, &error)) {
        struct exu_where_item item = {.object = exu_column_id(statement, 0, max), .label = 1};
        if (own) {
            item.frame_id = sqlite3_column_int64(statement, 1);
            item.label = exu_intern(&set->labels, exu_column_text(statement, 2));
            item.tier = (uint32_t)sqlite3_column_int64(statement, 3) & 0xff;
            item.root_id = sqlite3_column_int64(statement, 4);
        }
        if (!item.object && !item.frame_id)
            continue;
        if (!item.label || !exu_vec_push(&set->items, item))
            return exu_error_memory();
    }
    return error;
}

static struct exu_error *run_user_sql(struct exu_where_set *set, const struct exu_database *db,
                                      const char *sql)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(db->sqlite, sql, -1, &statement, NULL) != SQLITE_OK)
        return exu_error_new(EXU_ERROR_USAGE, "sql:%s: %s; give a SELECT of object ids", sql,
                             sqlite3_errmsg(db->sqlite));
    if (!statement || sqlite3_column_count(statement) < 1) {
        sqlite3_finalize(statement);
        return exu_error_new(EXU_ERROR_USAGE, "sql:%s: answers with no rows; give a SELECT of object ids",
                             sql);
    }
    if (!sqlite3_stmt_readonly(statement)) { /* the connection may be somebody else's */
        sqlite3_finalize(statement);
        return exu_error_new(EXU_ERROR_USAGE, "sql:%s: would write; give a SELECT of object ids", sql);
    }
    struct exu_error *error = collect(set, db, statement, false);
    sqlite3_finalize(statement);
    return error;
}

static struct exu_error *run_own(struct exu_where_set *set, const struct exu_database *db, const char *sql,
                                 const char *name, int64_t number)
{
    sqlite3_stmt *statement;
    EXU_TRY(exu_database_prepare(db, sql, &statement));
    bind(statement, name, number);
    struct exu_error *error = collect(set, db, statement, true);
    sqlite3_finalize(statement);
    return error;
}

static const struct word *find_word(const char *where, const char **ret_argument)
{
    for (size_t i = 0; i < EXU_COUNT(words); i++) {
        size_t n = strlen(words[i].name);
        if (strncmp(where, words[i].name, n) != 0 || (where[n] != '\0' && where[n] != ':'))
            continue;
        *ret_argument = where[n] == ':' ? where + n + 1 : NULL;
        bool fits = *ret_argument ? words[i].argument != NONE && **ret_argument
                                  : words[i].argument == NONE || words[i].argument == OPTIONAL;
        return fits ? &words[i] : NULL;
    }
    return NULL;
}

struct exu_error *exu_where_resolve(struct exu_where_set *ret, const struct exu_database *db,
                                    const char *where)
{
    struct exu_where_set set = {0};
    struct exu_error *error;
    const char *argument = NULL, *sql = NULL;
    int64_t number = -1;
    const struct word *word = find_word(where, &argument);
    if (word && word->argument == SQL) {
        error = run_user_sql(&set, db, argument);
    } else if (word) {
        if (argument)
            parse_number(argument, 10, &number);
        set.chunks = strcmp(word->name, "chunks") == 0;
        error = run_own(&set, db, word->sql, argument, number);
    } else if (parse_object(where, &sql, &number)) {
        error = run_own(&set, db, sql, NULL, number);
    } else {
        error = not_understood(where);
    }
    if (error) {
        exu_where_set_deinit(&set);
        return error;
    }
    *ret = set;
    return NULL;
}

void exu_where_set_deinit(struct exu_where_set *set)
{
    exu_vec_free(&set->items);
    exu_intern_deinit(&set->labels);
}

/* ---- OBJ ---- */

static struct exu_error *no_such_object(const struct exu_database *db, const char *text, int64_t number)
{
    if (text[0] == '#')
        return exu_error_new(EXU_ERROR_NONE_FOUND,
                             "%s: %s: no such object; ids go from #1 up to max(id) of table object", db->path,
                             text);
    sqlite3_stmt *statement;
    struct exu_error *error = NULL;
    long long id = 0, address = 0;
    EXU_TRY(exu_database_prepare(db, exu_sql_object_around_sql, &statement));
    bind(statement, NULL, number);
    if (exu_database_step(db, statement, &error)) {
        id = sqlite3_column_int64(statement, 0);
        address = sqlite3_column_int64(statement, 1);
    }
    sqlite3_finalize(statement);
    if (error)
        return error;
    if (id)
        return exu_error_new(EXU_ERROR_NONE_FOUND,
                             "%s: %s: no object starts there; it lies inside of #%lld at %#llx", db->path,
                             text, id, address);
    return exu_error_new(EXU_ERROR_NONE_FOUND, "%s: %s: no object there; table object has the addresses",
                         db->path, text);
}

struct exu_error *exu_object_find(const struct exu_database *db, const char *text, uint32_t *ret)
{
    const char *sql;
    int64_t number;
    if (!parse_object(text, &sql, &number))
        return exu_error_new(EXU_ERROR_USAGE, "%s: not understood as an object; give 0xADDRESS or #ID", text);
    struct exu_where_set set = {0};
    EXU_TRY(run_own(&set, db, sql, NULL, number));
    uint32_t id = set.items.len ? set.items.items[0].object : 0;
    exu_where_set_deinit(&set);
    if (!id)
        return no_such_object(db, text, number);
    *ret = id;
    return NULL;
}
