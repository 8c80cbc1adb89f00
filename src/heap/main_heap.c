/* The pieces of the main arena's heap. One piece as a rule: from mp_.sbrk_base to the end of top. Where sbrk
 * failed once (something lies behind the heap), malloc went on in memory from mmap and left the old piece
 * closed by two fenceposts (malloc.c, sysmalloc); nothing lists such pieces. */
#include "heap/glibc.h"

#define NONCONTIGUOUS 2u
/* Steps over chunks and pages while pieces are sought. */
#define STEPS_MAX (1u << 26)
#define PAGE 4096u

struct pieces {
    struct exu_glibc *g;
    exu_addr arena, top, top_end;
    uint64_t steps;
};

/* The memory around an address without a gap and without a file: a heap is several mappings when parts of it
 * were advised (glibc.malloc.hugetlb). */
static bool run_around(const struct exu_memory *m, exu_addr address, exu_addr *ret_start, exu_addr *ret_end)
{
    const struct exu_mapping *first = exu_memory_mapping(m, address), *last = first;
    if (!first)
        return false;
    while (first > m->mappings && first[-1].end == first->start && !first[-1].path)
        first--;
    while (last + 1 < m->mappings + m->mapping_count && last[1].start == last->end && !last[1].path)
        last++;
    *ret_start = first->start;
    *ret_end = last->end;
    return true;
}

static bool in_piece(const struct exu_glibc *g, exu_addr address)
{
    for (size_t i = 0; i < g->heaps.len; i++)
        if (address >= g->heaps.items[i].start && address < g->heaps.items[i].end)
            return true;
    return false;
}

/* Follows the chunks from `at` on: to `target` (true when it is met exactly), else to the end of the piece.
 */
static bool follow(struct pieces *p, exu_addr at, exu_addr target, exu_addr limit, exu_addr *ret_end)
{
    uint64_t size;
    while (at < limit && p->steps) {
        p->steps--;
        *ret_end = at;
        if (at == target)
            return true;
        if (at == p->top) {
            *ret_end = p->top_end;
            return false;
        }
        if (!exu_glibc_size(p->g, at, &size) || size < EXU_CHUNK_FENCEPOST || size % 16 || size > limit - at)
            return false;
        at += size;
        if (size == EXU_CHUNK_FENCEPOST) {
            *ret_end = exu_glibc_size(p->g, at, &size) && size == EXU_CHUNK_FENCEPOST ? at + size : at;
            return false;
        }
    }
    *ret_end = limit;
    return false;
}

static bool add(struct pieces *p, exu_addr start, exu_addr end)
{
    return start >= end || exu_vec_push(&p->g->heaps, (struct exu_malloc_heap){start, end, p->arena, 0, true});
}

/* The piece that `chunk` is in: it begins at a page, its first chunk has no prev_size, and its chunks lead
 * there. */
static bool add_around(struct pieces *p, exu_addr chunk)
{
    exu_addr at, end, piece_end;
    if (!run_around(p->g->core->memory, chunk, &at, &end))
        return true;
    for (at = exu_round_up(at, PAGE); at <= chunk && p->steps; at += PAGE) {
        uint64_t before, word;
        p->steps--;
        if (exu_glibc_word(p->g, at, &before) && exu_glibc_word(p->g, at + 8, &word) && before == 0 &&
            (word & EXU_CHUNK_BITS) == EXU_CHUNK_PREV_INUSE && !in_piece(p->g, at) &&
            follow(p, at, chunk, end, &piece_end)) {
            follow(p, chunk, 0, end, &piece_end);
            return add(p, at, piece_end);
        }
    }
    exu_anomaly_add(p->g->anomalies, chunk, "malloc-heap",
                    "the start of a piece of the main heap was not found");
    return true;
}

/* Pieces that top is not in show through their free chunks. */
static bool add_from_bins(struct pieces *p)
{
    struct exu_glibc *g = p->g;
    for (uint32_t i = 1; i < EXU_GLIBC_BINS; i++) {
        exu_addr bin = p->arena + g->row->state.bins + (uint64_t)(i - 1) * 16 - EXU_CHUNK_HEADER, chunk;
        uint64_t back;
        exu_addr before = bin;
        if (!exu_glibc_word(g, bin + 16, &chunk))
            continue;
        while (chunk != bin && p->steps && chunk % 16 == 0 && exu_glibc_word(g, chunk + 24, &back) &&
               back == before) {
            p->steps--;
            if (!in_piece(g, chunk) && g->heaps.len < 64 && !add_around(p, chunk))
                return false;
            before = chunk;
            if (!exu_glibc_word(g, chunk + 16, &chunk))
                break;
        }
    }
    return true;
}

bool exu_glibc_main_heap(struct exu_glibc *g, exu_addr arena, exu_addr top, exu_addr top_end, exu_addr start)
{
    struct pieces p = {.g = g, .arena = arena, .top = top, .top_end = top_end, .steps = STEPS_MAX};
    exu_addr run, end;
    uint32_t flags;
    if (start && run_around(g->core->memory, start, &run, &end)) {
        if (top >= start && top < end)
            end = top_end ? top_end : end;
        else
            follow(&p, start, 0, end, &end);
        if (!add(&p, start, end))
            return false;
    }
    if (!in_piece(g, top) && !add_around(&p, top))
        return false;
    return !exu_reader_u32(&g->reader, arena + g->row->state.flags, &flags) || !(flags & NONCONTIGUOUS) ||
           add_from_bins(&p);
}
