/* The structures of glibc's malloc, a row for each range of versions that share them (malloc/malloc.c,
 * arena.c). */
#ifndef EXU_HEAP_GLIBC_ROWS_H
#define EXU_HEAP_GLIBC_ROWS_H

#include "base/base.h"

struct exu_glibc_row {
    const char *versions;
    /* struct malloc_state */
    struct {
        uint32_t flags, fastbins, fastbin_count, top, bins, next, system_mem, max_system_mem, bytes;
    } state;
    /* struct malloc_par */
    struct {
        uint32_t mmap_threshold, arena_test, n_mmaps, n_mmaps_max, mmapped_mem, max_mmapped_mem, sbrk_base,
            tcache_bins, tcache_count, bytes;
    } par;
    /* heap_info */
    struct {
        uint32_t arena, prev, size, bytes;
    } heap;
    /* struct tcache_perthread_struct: u16 counts[bins], entries[bins]; chunks of 32 + 16 * i bytes in the first
     * `small_bins`, larger ones in the others */
    struct {
        uint32_t counts, entries, bins, small_bins, bytes;
        bool counts_free; /* what is counted is the free places: only the list says how many there are */
    } tcache;
    uint32_t mmapped_tail; /* what the size of an mmapped chunk is short of its pages */
    bool safe_linking; /* 2.32: links of tcache and fastbins are xored with their address >> 12 */
};

#define EXU_GLIBC_BINS 127    /* NBINS, index 0 is none */

/* Of the chunk that a tcache is: checked_request2size. */
static inline uint64_t exu_glibc_tcache_chunk(const struct exu_glibc_row *row)
{
    return exu_round_up((uint64_t)row->tcache.bytes + 8, 16);
}

extern const struct exu_glibc_row exu_glibc_rows[];
extern const size_t exu_glibc_row_count;

#endif
