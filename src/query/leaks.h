/* Suspects: what the rules (query/rule.h) find, ranked. Those of schema/rules are run once, when a core is loaded, and
 * stand in the tables rule and finding; a user's are run when asked for.
 *
 * Owns its texts; borrows the database. */
#ifndef EXU_QUERY_LEAKS_H
#define EXU_QUERY_LEAKS_H

#include "base/vec.h"
#include "query/database.h"
#include "query/rule.h"
#include "store/store.h"

struct exu_finding {
    const struct exu_rule *rule;
    enum exu_severity severity;
    const char *title, *detail; /* detail may be NULL */
    int64_t bytes;
    uint32_t object; /* 0: it is no one object */
    bool covered;    /* another says the same; such are dropped */
};

struct exu_leaks {
    exu_vec(struct exu_rule *) rules;
    exu_vec(struct exu_finding) findings; /* by severity, then by bytes */
    exu_vec(struct exu_error *) broken;   /* a user's rules that could not be run */
    struct exu_bump bump;
};

/* What stands in the database, and what the rules of `folder` find (NULL: none): these run in the order of their names,
 * and one with the name of a built-in rule replaces it. A rule that is broken is no error of this function. The functions
 * (query/functions.h) must be open. */
EXU_MUST_CHECK struct exu_error *exu_leaks_find(struct exu_leaks *ret, const struct exu_database *db,
                                                const char *folder);
/* The built-in rules anew: the texts that stand in the database were made when all was shown (query/privacy.h). The functions must
 * be open. */
EXU_MUST_CHECK struct exu_error *exu_leaks_run(struct exu_leaks *ret, const struct exu_database *db);
void exu_leaks_deinit(struct exu_leaks *leaks);

/* Runs the built-in rules over a database that is being made, and writes what they find. For struct
 * exu_load_options.last. */
EXU_MUST_CHECK struct exu_error *exu_leaks_write(struct exu_store *store);

#endif
