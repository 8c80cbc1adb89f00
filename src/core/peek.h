/* Bytes of a process out of its core, when few are asked for and nothing else is: one in zstd whose frames are known (a pack, a
 * snapshot) is not unpacked for that, only the frames that have them. For one thread. */
#ifndef EXU_CORE_PEEK_H
#define EXU_CORE_PEEK_H

#include "base/error.h"

struct exu_peek;

/* Errors are those of exu_core_open. */
EXU_MUST_CHECK struct exu_error *exu_peek_open(struct exu_peek **ret, const char *path);
void exu_peek_close(struct exu_peek *peek); /* NULL is fine */
/* Copies as exu_memory_read does: *ret_copied bytes, up to the first hole. Pages of mapped files that the core lacks are read from
 * the machine's, as a load does: for them, and when the file turns out to be damaged, the core is opened as a whole. */
EXU_MUST_CHECK struct exu_error *exu_peek_read(struct exu_peek *peek, exu_addr address, void *buffer, uint64_t size,
                                               uint64_t *ret_copied);

#endif
