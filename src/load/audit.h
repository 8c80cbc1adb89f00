/* The counts of references against the references that were found. Table refcount_audit. */
#ifndef EXU_LOAD_AUDIT_H
#define EXU_LOAD_AUDIT_H

#include "load/references.h"

/* An object's count of references, and what is left of it without those that were found: more than 0 are held
 * by what native code keeps, fewer were found too many. False: the object has no count that says anything.
 * Exact once all roots are known. */
bool exu_audit_surplus(const struct exu_process *process, const struct exu_counts *counts, uint32_t id,
                       uint32_t *ret_count, int64_t *ret_surplus);

/* A row for each object whose count differs from what was found; once the roots are known. */
EXU_MUST_CHECK struct exu_error *exu_audit_write(const struct exu_process *process,
                                                 const struct exu_facts *facts, struct exu_store *store);

#endif
