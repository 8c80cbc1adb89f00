/* Who waits for what: rows of awaiting, task, wakeup. */
#ifndef EXU_LOAD_AWAITS_H
#define EXU_LOAD_AWAITS_H

#include "load/references.h"

EXU_MUST_CHECK struct exu_error *exu_awaits_write(const struct exu_process *process,
                                                  const struct exu_facts *facts, struct exu_store *store);

#endif
