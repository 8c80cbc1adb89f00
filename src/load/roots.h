/* Where reachability begins: rows of table root, in the order of their worth for a path. */
#ifndef EXU_LOAD_ROOTS_H
#define EXU_LOAD_ROOTS_H

#include "graph/garbage.h"
#include "load/frames.h"
#include "load/paths.h"

/* Collects the roots, spreads the paths from them and writes the rows. Words that look like references to garbage are
 * left over from when it was none. */
EXU_MUST_CHECK struct exu_error *exu_roots_write(const struct exu_process *process, const struct exu_facts *facts,
                                                 const struct exu_frame_table *frames, const struct exu_garbage *garbage,
                                                 struct exu_paths *paths,
                                                 struct exu_store *store);

/* 'pool', 'malloc', 'mmap', 'static' or 'unknown', and the 1-based row of the pool or chunk (0 = none). */
const char *exu_storage(const struct exu_process *process, exu_addr address, uint32_t *ret_pool, uint32_t *ret_chunk);

#endif
