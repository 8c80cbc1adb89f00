/* Table package: which packages the mapped files came with, by the note that distributions put into them. */
#ifndef EXU_LOAD_PACKAGES_H
#define EXU_LOAD_PACKAGES_H

#include "load/process.h"
#include "store/store.h"

EXU_MUST_CHECK struct exu_error *exu_packages_write(struct exu_process *process, struct exu_store *store);

#endif
