/* Suspects of a dump that an older one of the same program has not, or has as less severe: rows of table finding, matched by
 * the rule and the way to the object (path(id)), or by the title without its figures where there is no object.
 *
 * Owns its texts; borrows the databases during the call, whose functions (query/functions.h) must be open. */
#ifndef EXU_QUERY_SUSPECTS_H
#define EXU_QUERY_SUSPECTS_H

#include "base/bump.h"
#include "base/vec.h"
#include "query/database.h"

struct exu_suspect {
    const char *rule, *severity, *was; /* was: its severity in the older dump; NULL: it was none */
    const char *title, *way;           /* way: how the object is reached; may be NULL */
    int64_t bytes, before;             /* before: in the older dump; 0 with was NULL */
};

struct exu_suspects {
    exu_vec(struct exu_suspect) items; /* in the order of the newer dump's findings; notes only where they are new */
    struct exu_bump bump;
};

EXU_MUST_CHECK struct exu_error *exu_suspects_new(struct exu_suspects *ret, const struct exu_database *older,
                                                  const struct exu_database *newer);
void exu_suspects_deinit(struct exu_suspects *suspects);

#endif
