/* Which addresses hold live objects: the collector's lists, what exact references reach from them and from the
 * interpreter's own states and frames, then used blocks and chunks that nobody named but that hold an object (native
 * code keeps it). Nothing that is on a free list, in a free block or a free chunk. */
#ifndef EXU_LOAD_DISCOVER_H
#define EXU_LOAD_DISCOVER_H

#include "load/process.h"

/* Fills process->objects and process->threads, and plans every type. */
EXU_MUST_CHECK struct exu_error *exu_discover(struct exu_process *process);

#endif
