/* Where the core's file has nothing: runs of zeros for which the file system keeps no bytes, as the kernel leaves them for memory
 * that was never touched. A core of a process that reserved a terabyte is mostly that, and looking through it takes hours. */
#ifndef EXU_CORE_HOLES_H
#define EXU_CORE_HOLES_H

#include "base/base.h"
#include "base/vec.h"

#define EXU_HOLE_LEAST ((uint64_t)1 << 20) /* smaller ones are as good as any zeros */

struct exu_hole {
    uint64_t start, end; /* offsets in the file, of whole pages */
};
typedef exu_vec(struct exu_hole) exu_hole_list;

/* Of a file, or nothing where its file system does not tell; sorted. Moves the descriptor's offset. False: no memory. */
bool exu_holes_find(exu_hole_list *ret, int fd, uint64_t size);
/* Whether the byte at `offset` is in one; *ret_end is where that changes, UINT64_MAX = nowhere. */
bool exu_hole_at(const exu_hole_list *holes, uint64_t offset, uint64_t *ret_end);

#endif
