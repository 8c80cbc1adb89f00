/* The cookbook: questions that people ask after an incident, each with its SQL. The files of schema/cookbook, embedded
 * when the program is built, in the order of their names.
 *
 * A file begins with comment lines. The first is the question; the others say what the answer means, and two kinds say
 * something to the tests (tests/golden/cookbook.py, plans.py): `scans: TABLE, TABLE` which large tables are read as a
 * whole, because the question is about all of them; `needs: FUNCTION, FUNCTION` which SQL functions of ours it calls (any
 * SQLite client runs those that need none). One statement follows. Its columns may have the suffixes of query/rows.h. A
 * parameter `:name`, when there is one, narrows the answer to a thread, a type ...; NULL asks for all. */
#ifndef EXU_QUERY_COOKBOOK_H
#define EXU_QUERY_COOKBOOK_H

#include "base/embedded.h"
#include "base/text.h"

extern const struct exu_embedded exu_cookbook[];
extern const size_t exu_cookbook_count;

/* The text of a comment line, without dashes; moves *sql behind it. False when *sql begins with something else. */
bool exu_sql_comment(const char **sql, struct exu_text *ret);
/* Does a comment line only tell the tests something ('scans: object', 'needs: what, path')? */
bool exu_sql_marker(const char *line);

#endif
