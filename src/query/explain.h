/* The incident in sentences. A rule is a query file, schema/queries/explain_*.sql, whose rows are findings:
 * bytes (what the sentence is about; the largest come first), sentence, release (what would give the memory
 * back; may be NULL), evidence (the command that shows it). A rule gives rows only where the database has the
 * evidence, and may call the functions of query/functions.h.
 *
 * Owns its texts; borrows the database. */
#ifndef EXU_QUERY_EXPLAIN_H
#define EXU_QUERY_EXPLAIN_H

#include "base/bump.h"
#include "base/vec.h"
#include "query/database.h"

struct exu_sentence {
    const char *rule; /* 'traceback', 'cycles' ... */
    int64_t bytes;
    const char *text, *release, *evidence; /* in the bump; release and evidence may be NULL */
};

struct exu_explanation {
    exu_vec(struct exu_sentence) sentences; /* the most important first */
    const char *total;                      /* where all of the memory is */
    struct exu_bump bump;
};
/* The functions must be open. */
EXU_MUST_CHECK struct exu_error *exu_explain(const struct exu_database *db, struct exu_explanation *ret);
void exu_explanation_deinit(struct exu_explanation *explanation);

#endif
