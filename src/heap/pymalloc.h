/* obmalloc of the dumped process: arenas, pools, blocks (Objects/obmalloc.c; the same structures 2.7-3.15).
 *
 * Owns its tables; borrows the python (memory, layout). Immutable after open. */
#ifndef EXU_HEAP_PYMALLOC_H
#define EXU_HEAP_PYMALLOC_H

#include "layout/layout.h"

struct exu_arena {
    exu_addr address; /* as mmapped, not pool-aligned */
    uint64_t size;
    uint32_t pools, free_pools; /* pools: all that fit; free: empty or never carved */
    uint64_t used_bytes;        /* in used blocks */
    uint32_t first_pool;        /* index of its first pool below */
    uint32_t pool_count;        /* how many of exu_pymalloc.pools are its */
};

struct exu_pool {
    exu_addr address;
    uint32_t arena;      /* index */
    uint32_t block_size; /* 0: an empty pool (on the arena's free list) */
    uint32_t blocks, used_blocks, free_blocks, untouched_blocks;
};

struct exu_pymalloc {
    struct exu_arena *arenas; /* sorted by address; only those that have memory */
    size_t arena_count;
    struct exu_pool *pools; /* sorted by address: every carved pool */
    size_t pool_count;
    exu_addr arena_objects; /* the array `arenas` of the process, the first one of several; 0 = none */
    uint32_t arena_slots;   /* maxarenas: its length */
    /* PYTHONMALLOC=debug, -X dev: every block (pymalloc's and malloc's alike) begins with `debug_offset`
     * bytes of the debug hooks, what the caller got lies behind them. 0 without. */
    bool debug;
    uint32_t debug_offset;
    const char *absent; /* no array of arenas was found, where there may have been one: why; else NULL */
    struct exu_pymalloc_private *private;
};

struct exu_block {
    exu_addr start;
    uint32_t size; /* of its size class */
    uint32_t pool; /* index */
    bool used;
};

/* A process without pymalloc (PYTHONMALLOC=malloc) gives an empty table. Damage: anomalies. */
EXU_MUST_CHECK struct exu_error *exu_pymalloc_open(struct exu_pymalloc **ret, const struct exu_python *python,
                                                   struct exu_anomalies *anomalies);
void exu_pymalloc_close(struct exu_pymalloc *p);
/* The block that `address` lies in; false when it lies in no carved pool's blocks. Used means: neither on the
 * pool's free list nor never touched. O(log arenas). */
bool exu_pymalloc_block(const struct exu_pymalloc *p, exu_addr address, struct exu_block *ret);
/* With debug hooks: narrows a block of either allocator, [*start, *start + *size), to what the caller asked for. Leaves
 * it as it is where no hook wrote its header (a chunk of a C library's own). */
void exu_pymalloc_inside(const struct exu_pymalloc *p, exu_addr *start, uint64_t *size);
/* Every used block in address order. */
void exu_pymalloc_each_used(const struct exu_pymalloc *p,
                            void (*block)(void *context, const struct exu_block *block), void *context);

#endif
