/* exuvia.so: the functions of functions.h in any program that uses SQLite and loads extensions.
 *
 * Loading never fails for a database that is not ours: Datasette loads it into connections to all of its databases. The
 * functions say it when they are called. */
#include "query/functions.h"

SQLITE_EXTENSION_INIT1

#define OLDEST_SQLITE 3031000 /* SQLITE_DIRECTONLY, SQLITE_VTAB_DIRECTONLY */

int sqlite3_exuvia_init(sqlite3 *sqlite, char **message, const sqlite3_api_routines *api);

__attribute__((visibility("default"))) int sqlite3_exuvia_init(sqlite3 *sqlite, char **message,
                                                               const sqlite3_api_routines *api)
{
    SQLITE_EXTENSION_INIT2(api);
    if (sqlite3_libversion_number() < OLDEST_SQLITE) {
        *message = sqlite3_mprintf("exuvia: needs SQLite 3.31 or later, this is %s", sqlite3_libversion());
        return SQLITE_ERROR;
    }
    struct exu_error *error = exu_functions_attach(sqlite);
    if (!error)
        return SQLITE_OK;
    *message = sqlite3_mprintf("exuvia: %s", error->message);
    exu_error_free(error);
    return SQLITE_ERROR;
}
