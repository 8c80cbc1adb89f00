/* What each object retains: the dominator tree over exact strong references, from everything that is a root
 * and from what only a conservative reference leads to. */
#ifndef EXU_LOAD_RETAINED_H
#define EXU_LOAD_RETAINED_H

#include "graph/dominators.h"
#include "load/paths.h"

struct exu_retained {
    struct exu_dominators dominators; /* bytes are footprints */
    uint64_t *types; /* by index into model->types: without counting nested instances twice */
};
/* Once footprints and paths are known. */
EXU_MUST_CHECK struct exu_error *exu_retained_find(const struct exu_process *process,
                                                   const struct exu_facts *facts,
                                                   const struct exu_paths *paths, struct exu_retained *ret);
void exu_retained_deinit(struct exu_retained *retained);

#endif
