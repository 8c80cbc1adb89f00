/* Reference cycles that no collection has reached yet: what gc.collect() would find unreachable, by the
 * collector's own reckoning. Tables cycle, cycle_member, cycle_step. */
#ifndef EXU_LOAD_CYCLES_H
#define EXU_LOAD_CYCLES_H

#include "graph/garbage.h"
#include "load/paths.h"

/* Which objects are unreachable. Before the roots: a word on a stack that leads to such an object is a stale
 * one. */
EXU_MUST_CHECK struct exu_error *exu_cycles_find(struct exu_process *process, const struct exu_facts *facts,
                                                 struct exu_garbage *ret);
/* The rows; once the paths are known, what hangs on a cycle and has no other holder is counted with it. */
EXU_MUST_CHECK struct exu_error *exu_cycles_write(const struct exu_process *process,
                                                  const struct exu_facts *facts,
                                                  const struct exu_paths *paths, struct exu_garbage *garbage,
                                                  struct exu_store *store);

#endif
