/* An object as Python's repr() of that version prints it: None, numbers, str, bytes, lists, tuples, dicts, sets, types,
 * ranges and slices, nested; all others as object.__repr__ does, '<app.Session object at 0x7f12a4c0d510>', whatever their
 * class has for a __repr__.
 *
 * Containers that are being written already come out as [...], as with Python. What the database does not have (the rest
 * of a long str, items in a hole, what lies too deep) is '…'.
 *
 * Owns its statements, borrows the database. */
#ifndef EXU_QUERY_REPR_H
#define EXU_QUERY_REPR_H

#include "base/text.h"
#include "query/database.h"

struct exu_repr;

#define EXU_REPR_USUAL 1000      /* characters */
#define EXU_REPR_MOST 1000000

EXU_MUST_CHECK struct exu_error *exu_repr_create(struct exu_repr **ret, const struct exu_database *db);
void exu_repr_destroy(struct exu_repr *r);
/* As exu_describer_forget. */
void exu_repr_forget(struct exu_repr *r);

/* At most `most` characters, then '…'. Adds nothing when there is no such object. */
EXU_MUST_CHECK struct exu_error *exu_repr_write(struct exu_repr *r, uint32_t object, uint64_t most,
                                                struct exu_text *out);

#endif
