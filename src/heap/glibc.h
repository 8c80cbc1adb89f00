/* The inside of the malloc module: glibc's arenas while they are being read. Shared by malloc.c (the result),
 * glibc.c (where arenas and heaps are), main_heap.c (the main one), malloc_walk.c (chunks) and malloc_free.c
 * (which of them are free).
 *
 * Owns its vectors until they are handed to the struct exu_malloc; borrows the core. */
#ifndef EXU_HEAP_GLIBC_H
#define EXU_HEAP_GLIBC_H

#include "base/vec.h"
#include "heap/glibc_rows.h"
#include "heap/malloc.h"
#include "heap/reader.h"

#define EXU_CHUNK_PREV_INUSE 1u
#define EXU_CHUNK_IS_MMAPPED 2u
#define EXU_CHUNK_BITS 7u
#define EXU_CHUNK_MIN 32u
#define EXU_CHUNK_FENCEPOST 16u
#define EXU_CHUNK_HEADER 16u
/* Set in exu_chunk.state while the bins are walked. */
#define EXU_CHUNK_CONFIRMED 0x80u

struct exu_glibc {
    const struct exu_core *core;
    struct exu_anomalies *anomalies;
    struct exu_reader reader;
    const struct exu_glibc_row *row;
    exu_addr par; /* mp_; 0 = not found */
    exu_addr libc_start, libc_end;
    exu_vec(struct exu_malloc_arena) arenas;
    exu_vec(struct exu_malloc_heap) heaps;
    exu_vec(struct exu_chunk) chunks;
};

/* Finds the main arena by shape between `start` and `end`, then the row whose structures hold, the ring of
 * arenas and their heaps. False: nothing there that is a malloc_state. */
bool exu_glibc_find(struct exu_glibc *g, exu_addr start, exu_addr end, struct exu_error **ret_error);

/* Adds the pieces of the main arena's heap; `start` 0: mp_ was not found. False without memory. */
bool exu_glibc_main_heap(struct exu_glibc *g, exu_addr arena, exu_addr top, exu_addr top_end, exu_addr start);

static inline bool exu_glibc_word(struct exu_glibc *g, exu_addr address, uint64_t *ret)
{
    return exu_reader_u64(&g->reader, address, ret);
}
/* Size without the flags. */
static inline bool exu_glibc_size(struct exu_glibc *g, exu_addr chunk, uint64_t *ret)
{
    if (!exu_glibc_word(g, chunk + 8, ret))
        return false;
    *ret &= ~(uint64_t)EXU_CHUNK_BITS;
    return true;
}
/* A link as it is stored at `slot`, in the clear. */
static inline exu_addr exu_glibc_reveal(const struct exu_glibc_row *row, exu_addr slot, uint64_t stored)
{
    return row->safe_linking ? stored ^ (slot >> 12) : stored;
}

/* All chunks of the heaps, then the mmapped ones; sorted by address. */
EXU_MUST_CHECK struct exu_error *exu_malloc_walk(struct exu_glibc *g);
/* Bins, fastbins and tcaches: sets the states. */
EXU_MUST_CHECK struct exu_error *exu_malloc_mark_free(struct exu_glibc *g);
/* The chunk that begins at `address`, or NULL. */
struct exu_chunk *exu_glibc_chunk(const struct exu_glibc *g, exu_addr address);

#endif
