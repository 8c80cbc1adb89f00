/* A zstd file in known frames, of which few bytes are asked for: as bytes in memory, where those are that were needed. All others
 * are zeros, which nobody may read. Frames that were unpacked for a while are forgotten when they become too many.
 *
 * Owns the mappings of the file and of what it unpacks to. For one thread. */
#ifndef EXU_CORE_LAZY_H
#define EXU_CORE_LAZY_H

#include "core/zframes.h"

struct exu_lazy;

/* *ret NULL: the file has to be unpacked as a whole, because its frames are not known, too large, or not as its table says. */
EXU_MUST_CHECK struct exu_error *exu_lazy_open(struct exu_lazy **ret, int fd, uint64_t size);
void exu_lazy_close(struct exu_lazy *lazy); /* NULL is fine */
const uint8_t *exu_lazy_bytes(const struct exu_lazy *lazy, uint64_t *ret_size);
/* These bytes, as far as they are before the end, are there until the next call, or (`keep`) as long as the file is open. False:
 * they can't be had, or are too many; then the file has to be unpacked as a whole. */
EXU_MUST_CHECK bool exu_lazy_need(struct exu_lazy *lazy, uint64_t offset, uint64_t size, bool keep);

#endif
