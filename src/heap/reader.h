/* Word reads for walks that stay in one segment for long: the last segment is kept.
 *
 * Borrows the memory; a value on the caller's stack, one a thread. */
#ifndef EXU_HEAP_READER_H
#define EXU_HEAP_READER_H

#include "memory/memory.h"

struct exu_reader {
    const struct exu_memory *memory;
    exu_addr start, end; /* of the segment with `bytes` */
    const uint8_t *bytes;
    uint32_t hint;
};

/* `n` bytes in one piece, or NULL. */
static inline const uint8_t *exu_reader_at(struct exu_reader *r, exu_addr address, uint64_t n)
{
    if (address < r->start || address >= r->end) {
        const struct exu_segment *s = exu_memory_segment(r->memory, address, &r->hint);
        if (!s || !s->bytes)
            return NULL;
        r->start = s->start;
        r->end = s->end;
        r->bytes = s->bytes;
    }
    return n <= r->end - address ? r->bytes + (address - r->start) : NULL;
}

static inline bool exu_reader_u64(struct exu_reader *r, exu_addr address, uint64_t *ret)
{
    const uint8_t *p = exu_reader_at(r, address, 8);
    if (!p)
        return false;
    *ret = exu_load_u64(p);
    return true;
}

static inline bool exu_reader_u32(struct exu_reader *r, exu_addr address, uint32_t *ret)
{
    const uint8_t *p = exu_reader_at(r, address, 4);
    if (!p)
        return false;
    *ret = exu_load_u32(p);
    return true;
}

#endif
