/* SQL functions for our own questions and for those of users: size(bytes) ('57.3 MB'), what(id) (the object
 * in a line), path(id) (what holds it: its root and the references from there on, 'module app:
 * .log.handlers[0]'; of an unreachable object the empty text, of NULL NULL),
 * type_name(id) (the type of the object, 'app.Session').
 *
 * Borrows the database, which must stay open; no statement that uses them may be left when they are closed.
 */
#ifndef EXU_QUERY_FUNCTIONS_H
#define EXU_QUERY_FUNCTIONS_H

#include "query/database.h"

struct exu_functions;

EXU_MUST_CHECK struct exu_error *exu_functions_open(struct exu_functions **ret,
                                                    const struct exu_database *db);
void exu_functions_close(struct exu_functions *functions); /* NULL is fine */

#endif
