/* What each object retains: the dominator tree over exact strong references, from everything that is a root
 * and from what only a conservative reference leads to. And what groups of objects retain: all instances of a type, a
 * module with its dict, a thread's stack, a frame. */
#ifndef EXU_LOAD_RETAINED_H
#define EXU_LOAD_RETAINED_H

#include "graph/dominators.h"
#include "graph/groups.h"
#include "load/frames.h"
#include "load/paths.h"

struct exu_retained {
    struct exu_dominators dominators; /* bytes are footprints */
    /* Types by index into model->types, then modules, threads, frames by id. */
    struct exu_group_sum *groups;
    exu_vec(uint32_t) modules; /* object ids */
    size_t types, threads, frames;
};
/* Once footprints and paths are known. */
EXU_MUST_CHECK struct exu_error *exu_retained_find(struct exu_process *process, const struct exu_facts *facts,
                                                   const struct exu_paths *paths, const struct exu_frame_table *frames,
                                                   struct exu_retained *ret);
void exu_retained_deinit(struct exu_retained *retained);
/* Rows of retained_row. */
EXU_MUST_CHECK struct exu_error *exu_retained_write(const struct exu_process *process, const struct exu_facts *facts,
                                                    const struct exu_frame_table *frames,
                                                    const struct exu_retained *retained, struct exu_store *store);

#endif
