/* What SQL can call: functions and tables with arguments (exu_functions_list has a line on each). The same for our own
 * questions, for those of users of `exuvia sql`, and in the loadable extension.
 *
 * They live as long as the connection. What they keep between calls (prepared statements, a core) they give back when
 * the connection is closed: SQLite takes leave of virtual tables first (sqlite3_close calls xDisconnect before it looks
 * for open statements; rtree and fts rely on that, too). */
#ifndef EXU_QUERY_FUNCTIONS_H
#define EXU_QUERY_FUNCTIONS_H

#include "query/database.h"

struct exu_functions;

/* For a database of ours, which must stay open until exu_functions_close. */
EXU_MUST_CHECK struct exu_error *exu_functions_open(struct exu_functions **ret, const struct exu_database *db);
/* Before the database is closed; no statement that uses them may be left. NULL is fine. */
void exu_functions_close(struct exu_functions *functions);

/* For any connection: whether its database is ours is asked when one of them is called. */
EXU_MUST_CHECK struct exu_error *exu_functions_attach(sqlite3 *sqlite);

/* One of them: 'referrers(id [, depth])', what it answers, the columns of a table (NULL: a value). False behind the last. */
struct exu_function_line {
    const char *usage, *summary, *columns;
};
bool exu_functions_list(size_t index, struct exu_function_line *ret);

#endif
