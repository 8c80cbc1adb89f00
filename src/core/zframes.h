/* Where the frames of a zstd file begin, and which bytes of the whole each of them has.
 *
 * Told by the seek table at the end of the file (zstd's contrib/seekable_format; dump/sink.h writes one), or, where there is
 * none, by walking: each frame tells its size in the file by its blocks' headers, and what it unpacks to in its own header when
 * the writer knew it (pzstd, `zstd` of several files). A table is a stranger's word: what is here fits the file and itself, and
 * whether it fits the frames shows when they are unpacked. */
#ifndef EXU_CORE_ZFRAMES_H
#define EXU_CORE_ZFRAMES_H

#include "base/error.h"

struct exu_zframe {
    uint64_t packed_at, packed_size;
    uint64_t raw_at; /* up to that of the next one; one more stands behind the last */
};

struct exu_zframes {
    const uint8_t *bytes; /* the file; borrowed */
    uint64_t size;
    struct exu_zframe *items;
    size_t count;            /* 0: not known */
    bool from_table;
    const uint8_t *sums;     /* in the table: the checksum of the first frame; NULL: it has none */
    char wrong[128];         /* what the table can't be right with; '' = it may be, or there is none */
};

/* Only fails for want of memory. */
EXU_MUST_CHECK struct exu_error *exu_zframes_find(struct exu_zframes *ret, const uint8_t *bytes, uint64_t size);
void exu_zframes_deinit(struct exu_zframes *frames);

static inline uint64_t exu_zframe_raw_size(const struct exu_zframe *frame)
{
    return frame[1].raw_at - frame->raw_at;
}
/* What the table says of that frame: the low half of XXH64 of what it unpacks to. */
uint32_t exu_zframes_sum(const struct exu_zframes *frames, size_t i);
/* Of a frame that can't be unpacked: its own words, as far as they can be read, make the next one begin elsewhere than the table
 * does, and there is one. Then the table is wrong, and the frame not damaged. */
bool exu_zframes_contradicted(const struct exu_zframes *frames, size_t i);

#endif
