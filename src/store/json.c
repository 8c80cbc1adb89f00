#include "store/json.h"

#include <sqlite3.h>
#include <string.h>

/* Invalid text would be an error of json_type itself. */
#define ASK                                                                                                                      \
    "SELECT CASE WHEN json_valid(?1) THEN json_type(?1, ?2) END, "                                                               \
    "CASE WHEN json_valid(?1) AND json_type(?1, ?2) = 'text' THEN json_extract(?1, ?2) END"

static struct exu_error *ask(struct exu_store *store, sqlite3_stmt *statement, const char *text, const char *name, size_t most,
                             struct exu_bump *bump, const char **ret, bool *ret_object)
{
    *ret = NULL;
    sqlite3_reset(statement);
    if (sqlite3_bind_text(statement, 1, text, -1, SQLITE_STATIC) != SQLITE_OK ||
        sqlite3_bind_text(statement, 2, name, -1, SQLITE_STATIC) != SQLITE_OK || sqlite3_step(statement) != SQLITE_ROW)
        return exu_store_error(store, "reading JSON");
    const unsigned char *type = sqlite3_column_text(statement, 0), *value = sqlite3_column_text(statement, 1);
    *ret_object = type && strcmp((const char *)type, "object") == 0;
    size_t length = value ? strlen((const char *)value) : 0;
    if (value && length <= most && !(*ret = exu_bump_strndup(bump, (const char *)value, length)))
        return exu_error_memory();
    return NULL;
}

struct exu_error *exu_json_fields(struct exu_store *store, const char *text, const char *const *names, size_t count, size_t most,
                                  struct exu_bump *bump, const char **ret, bool *ret_object)
{
    sqlite3_stmt *statement = NULL;
    const char *whole = NULL;
    if (sqlite3_prepare_v2(exu_store_connection(store), ASK, -1, &statement, NULL) != SQLITE_OK)
        return exu_store_error(store, "reading JSON");
    struct exu_error *error = ask(store, statement, text, "$", 0, bump, &whole, ret_object);
    for (size_t i = 0; i < count; i++)
        ret[i] = NULL;
    bool nested;
    for (size_t i = 0; i < count && !error && *ret_object; i++)
        error = ask(store, statement, text, names[i], most, bump, &ret[i], &nested);
    sqlite3_finalize(statement);
    return error;
}
