/* Rows of meta about what the process ran under: the versions of its libraries, its control group's limits, what of it was
 * resident. */
#ifndef EXU_LOAD_CIRCUMSTANCES_H
#define EXU_LOAD_CIRCUMSTANCES_H

#include "load/process.h"
#include "store/store.h"

/* The versions that the process runs; where the dump's note says otherwise, an anomaly. */
void exu_circumstances_compare(struct exu_process *process);
/* What is not known has no row. */
EXU_MUST_CHECK struct exu_error *exu_circumstances_write(const struct exu_process *process, struct exu_store *store);

#endif
