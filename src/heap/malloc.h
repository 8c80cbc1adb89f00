/* glibc malloc of the dumped process, found without symbols by shape: arenas, heaps, chunks, bins, tcaches.
 *
 * Owns its tables; borrows the core. Immutable after open. Facts: cpython-memory.md section 8
 * (malloc/malloc.c, arena.c of glibc 2.31 to 2.41). */
#ifndef EXU_HEAP_MALLOC_H
#define EXU_HEAP_MALLOC_H

#include "core/core.h"

enum exu_chunk_state {
    EXU_CHUNK_USED,
    EXU_CHUNK_FREE, /* unsorted, small or large bin */
    EXU_CHUNK_TCACHE,
    EXU_CHUNK_FASTBIN,
    EXU_CHUNK_TOP,
    EXU_CHUNK_MMAPPED, /* used, a mapping of its own */
};
const char *exu_chunk_state_text(enum exu_chunk_state state);

struct exu_chunk {
    exu_addr address; /* of the chunk; the user's memory begins 16 bytes on */
    uint64_t size;    /* with its header, as the allocator counts it */
    uint32_t heap;    /* index into heaps; for mmapped ones UINT32_MAX */
    uint8_t state;    /* enum exu_chunk_state */
    uint8_t bin;      /* of a free one: which of its arena's bins, fastbins or a tcache's bins lists it */
};

struct exu_malloc_heap {
    exu_addr start, end; /* of the chunks, top included */
    exu_addr arena;      /* malloc_state */
    uint32_t arena_index;
    bool main;
};

struct exu_malloc_arena {
    exu_addr address; /* malloc_state */
    exu_addr top;
    uint64_t system_bytes, max_system_bytes; /* as malloc_info(3) says: 'current' and 'max' */
    bool main;
};

struct exu_malloc {
    const char *name;         /* 'glibc', or the library that replaces it ('jemalloc', 'tcmalloc', 'mimalloc',
                                 'musl'), or NULL */
    struct exu_chunk *chunks; /* sorted by address */
    size_t chunk_count;
    struct exu_malloc_heap *heaps;
    size_t heap_count;
    struct exu_malloc_arena *arenas; /* the main arena first */
    size_t arena_count;
    const char *layout;      /* whose structures hold: '2.35 to 2.42'; NULL without glibc */
    bool has_mmapped_totals; /* what malloc itself counts of its mmapped chunks: */
    uint64_t mmapped_count, mmapped_bytes;
    struct exu_malloc_private *private;
};

/* Not finding malloc is an anomaly and an empty table, not an error. */
EXU_MUST_CHECK struct exu_error *exu_malloc_open(struct exu_malloc **ret, const struct exu_core *core,
                                                 struct exu_anomalies *anomalies);
void exu_malloc_close(struct exu_malloc *m);
/* Index of the chunk that `address` lies in (header included), or -1. */
int64_t exu_malloc_chunk_at(const struct exu_malloc *m, exu_addr address);
static inline bool exu_chunk_in_use(const struct exu_chunk *c)
{
    return c->state == EXU_CHUNK_USED || c->state == EXU_CHUNK_MMAPPED;
}

#endif
