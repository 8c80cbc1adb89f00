#include "heap/glibc.h"

#include "heap/loop.h"

#define ARENAS_MAX 4096
#define HEAPS_MAX 65536
/* HEAP_MAX_SIZE: 64 MiB; four huge pages when glibc.malloc.hugetlb says so (arena.c, heap_max_size). */
static const uint64_t heap_reservations[] = {64ull << 20, 8ull << 20, 4ull << 30};

static exu_addr bin_at(const struct exu_glibc_row *row, exu_addr arena, uint32_t i)
{
    return arena + row->state.bins + (uint64_t)(i - 1) * 16 - EXU_CHUNK_HEADER;
}

/* How many of the arena's bins hold: an empty bin's links point to itself, the first and last chunk of
 * another point back to it. */
static uint32_t good_bins(struct exu_glibc *g, const struct exu_glibc_row *row, exu_addr arena)
{
    uint32_t good = 0;
    const uint8_t *p = exu_reader_at(&g->reader, arena, row->state.bytes);
    if (!p)
        return 0;
    for (uint32_t i = 1; i < EXU_GLIBC_BINS; i++) {
        exu_addr bin = bin_at(row, arena, i);
        const uint8_t *links = p + (bin - arena) + EXU_CHUNK_HEADER;
        exu_addr first = exu_load_u64(links), last = exu_load_u64(links + 8);
        if (first == bin || last == bin) {
            good += first == last;
            continue;
        }
        uint64_t back, next;
        struct exu_reader other = {.memory = g->reader.memory};
        good += first && last && exu_reader_u64(&other, first + 24, &back) && back == bin &&
                exu_reader_u64(&other, last + 16, &next) && next == bin;
    }
    return good;
}

/* The quick look before good_bins: some bin is empty, as a rule a large one. */
static bool looks_like_arena(const struct exu_glibc_row *row, const uint8_t *p, exu_addr arena)
{
    for (uint32_t i = EXU_GLIBC_BINS - 1; i > 0; i--) {
        exu_addr bin = bin_at(row, arena, i);
        if (exu_load_u64(p + (bin - arena) + 16) == bin && exu_load_u64(p + (bin - arena) + 24) == bin)
            return true;
    }
    return false;
}

/* The end of the chunk at `top` if it can be the top of an arena, else 0. */
static exu_addr top_end(struct exu_glibc *g, exu_addr top)
{
    uint64_t word;
    if (top % 16 || !exu_glibc_word(g, top + 8, &word) || !(word & EXU_CHUNK_PREV_INUSE))
        return 0;
    uint64_t size = word & ~(uint64_t)EXU_CHUNK_BITS;
    return size >= EXU_CHUNK_FENCEPOST && size % 16 == 0 && size <= UINT64_MAX - top ? top + size : 0;
}

/* Where the main arena is if malloc_state is that of rows[0]: its bins and `top`, 16 bytes before them, tell. */
static exu_addr find_main_arena(struct exu_glibc *g, exu_addr start, exu_addr end)
{
    const struct exu_memory *m = g->core->memory;
    const struct exu_glibc_row *row = &exu_glibc_rows[0];
    exu_addr best = 0;
    uint32_t best_good = EXU_GLIBC_BINS - 16; /* room for some damage */
    for (size_t s = 0; s < m->segment_count; s++) {
        const struct exu_segment *segment = &m->segments[s];
        if (!segment->bytes || segment->zero || !(segment->perms & EXU_PERM_W) || segment->end <= start ||
            segment->start >= end || segment->end - segment->start < row->state.bytes)
            continue;
        exu_addr last = segment->end - row->state.bytes;
        for (exu_addr arena = exu_round_up(segment->start, 8); arena <= last; arena += 8) {
            if (!looks_like_arena(row, segment->bytes + (arena - segment->start), arena))
                continue;
            uint64_t top;
            uint32_t good = good_bins(g, row, arena);
            if (good <= best_good || !exu_glibc_word(g, arena + row->state.top, &top))
                continue;
            /* An arena whose bins are shifted by one looks as good but for this. `initial_top` is the
             * unsorted bin. */
            if (top != bin_at(row, arena, 1) && ((top >= start && top < end) || !top_end(g, top)))
                continue;
            best = arena;
            best_good = good;
        }
    }
    return best;
}

/* The same arena by another row. */
static exu_addr arena_by(const struct exu_glibc_row *row, exu_addr arena)
{
    return arena + exu_glibc_rows[0].state.bins - row->state.bins;
}

/* Whether the words at `par` can be a struct malloc_par of that row whose heap begins at `heap`. */
static bool par_holds(struct exu_glibc *g, const struct exu_glibc_row *row, exu_addr par, exu_addr heap)
{
    const uint8_t *p = exu_reader_at(&g->reader, par, row->par.bytes);
    if (!p || exu_load_u64(p + row->par.sbrk_base) != heap)
        return false;
    uint64_t threshold = exu_load_u64(p + row->par.mmap_threshold);
    uint64_t mmapped = exu_load_u64(p + row->par.mmapped_mem);
    /* 2.43 adds sizes without the tail and takes some away with it: the sum drifts off the pages. */
    uint64_t unit = row->mmapped_tail ? row->mmapped_tail : 4096;
    return threshold && threshold <= (1ull << 40) && exu_load_u64(p + row->par.arena_test) <= 65536 &&
           exu_load_u32(p + row->par.n_mmaps) <= INT32_MAX && mmapped % unit == 0 &&
           mmapped <= exu_load_u64(p + row->par.max_mmapped_mem) &&
           exu_load_u64(p + row->par.tcache_bins) <= row->tcache.bins &&
           exu_load_u64(p + row->par.tcache_count) <= UINT16_MAX;
}

/* Where links are not what the row says they are soon unaligned. */
static bool links_hold(struct exu_glibc *g, const struct exu_glibc_row *row, exu_addr arena, exu_addr heap)
{
    for (uint32_t i = 0; i < row->state.fastbin_count; i++) {
        exu_addr chunk;
        if (!exu_glibc_word(g, arena + row->state.fastbins + 8ull * i, &chunk))
            return false;
        for (int steps = 0; chunk && steps < 1000; steps++) {
            uint64_t stored;
            if (chunk % 16 || !exu_glibc_word(g, chunk + 16, &stored))
                return false;
            chunk = exu_glibc_reveal(row, chunk + 16, stored);
        }
    }
    /* The first chunk of the heap is the main thread's tcache, unless tcaches are off. */
    for (uint32_t i = 0; heap && i < row->tcache.bins; i++) {
        exu_addr entry;
        uint64_t stored;
        if (!exu_glibc_word(g, heap + 16 + row->tcache.entries + 8ull * i, &entry) || !entry)
            continue;
        if (entry % 16 || !exu_glibc_word(g, entry, &stored))
            return false;
        entry = exu_glibc_reveal(row, entry, stored);
        if (entry && (entry % 16 || !exu_glibc_word(g, entry, &stored)))
            return false;
    }
    return true;
}

/* The header of a heap's first chunk. */
static bool begins_heap(struct exu_glibc *g, exu_addr at, uint64_t *ret_size)
{
    uint64_t word;
    if (!at || !exu_glibc_word(g, at + 8, &word))
        return false;
    *ret_size = word & ~(uint64_t)EXU_CHUNK_BITS;
    return (word & EXU_CHUNK_BITS) == EXU_CHUNK_PREV_INUSE && *ret_size >= EXU_CHUNK_MIN &&
           *ret_size % 16 == 0;
}

/* mp_ lies near the main arena in libc's .data; its sbrk_base is the start of the heap. */
static void find_par(struct exu_glibc *g, exu_addr arena, exu_addr *ret_heap)
{
    const struct exu_memory *m = g->core->memory;
    struct exu_reader own = {.memory = m};
    for (size_t s = 0; s < m->segment_count; s++) {
        const struct exu_segment *segment = &m->segments[s];
        if (!segment->bytes || segment->zero || !(segment->perms & EXU_PERM_W) || segment->end <= g->libc_start ||
            segment->start >= g->libc_end)
            continue;
        for (exu_addr at = exu_round_up(segment->start, 8); at < segment->end && segment->end - at >= 8;
             at += 8) {
            exu_addr base = exu_load_u64(segment->bytes + (at - segment->start));
            exu_addr heap = exu_round_up(base, 16);
            uint64_t size;
            if (!exu_reader_at(&own, heap, 16) || !begins_heap(g, heap, &size))
                continue;
            for (size_t r = 0; r < exu_glibc_row_count; r++) {
                const struct exu_glibc_row *row = &exu_glibc_rows[r];
                exu_addr par = at - row->par.sbrk_base;
                if (at < row->par.sbrk_base || !par_holds(g, row, par, base) ||
                    !links_hold(g, row, arena_by(row, arena), size == exu_glibc_tcache_chunk(row) ? heap : 0))
                    continue;
                g->row = row;
                g->par = par;
                *ret_heap = heap;
                return;
            }
        }
    }
}

static bool add_arena(struct exu_glibc *g, exu_addr address, bool main)
{
    struct exu_malloc_arena a = {.address = address, .main = main};
    exu_glibc_word(g, address + g->row->state.top, &a.top);
    exu_glibc_word(g, address + g->row->state.system_mem, &a.system_bytes);
    exu_glibc_word(g, address + g->row->state.max_system_mem, &a.max_system_bytes);
    return exu_vec_push(&g->arenas, a);
}

static bool heap_names_arena(struct exu_glibc *g, exu_addr heap, exu_addr arena)
{
    exu_addr named;
    return exu_glibc_word(g, heap + g->row->heap.arena, &named) && named == arena;
}

/* The other arenas hang on the main arena's `next`; each begins behind the heap_info of its first heap. */
static bool find_arenas(struct exu_glibc *g, exu_addr main_arena)
{
    if (!add_arena(g, main_arena, true))
        return false;
    exu_addr arena;
    if (!exu_glibc_word(g, main_arena + g->row->state.next, &arena))
        return true;
    for (bool first = true; arena != main_arena; first = false) {
        bool seen = g->arenas.len >= ARENAS_MAX || arena % 16;
        for (size_t i = 0; !seen && i < g->arenas.len; i++)
            seen = g->arenas.items[i].address == arena;
        if (first && !seen && !g->par) /* no mp_ told: the size of heap_info does */
            for (size_t r = 0; r < exu_glibc_row_count; r++) {
                const struct exu_glibc_row *row = &exu_glibc_rows[r];
                exu_addr named;
                if (row->state.bins != g->row->state.bins)
                    continue;
                if (exu_glibc_word(g, arena - row->heap.bytes + row->heap.arena, &named) && named == arena &&
                    links_hold(g, row, main_arena, 0) && links_hold(g, row, arena, 0)) {
                    g->row = row;
                    break;
                }
            }
        if (seen || !heap_names_arena(g, arena - g->row->heap.bytes, arena) ||
            good_bins(g, g->row, arena) < EXU_GLIBC_BINS / 2) {
            exu_anomaly_add(g->anomalies, arena, "malloc-arena",
                            "the ring of malloc's arenas breaks after %zu", g->arenas.len);
            return true;
        }
        if (!add_arena(g, arena, false))
            return false;
        if (!exu_glibc_word(g, arena + g->row->state.next, &arena)) {
            exu_anomaly_add(g->anomalies, arena, "malloc-arena",
                            "the ring of malloc's arenas ends in a hole");
            return true;
        }
    }
    return true;
}

/* The heaps of an arena: the one that holds top, and those before it. */
static bool find_heaps(struct exu_glibc *g, uint32_t index)
{
    const struct exu_glibc_row *row = g->row;
    const struct exu_malloc_arena *arena = &g->arenas.items[index];
    exu_addr heap = 0;
    struct exu_loop loop = {0};
    for (size_t i = 0; i < EXU_COUNT(heap_reservations) && !heap; i++) {
        exu_addr guess = arena->top & ~(heap_reservations[i] - 1);
        if (heap_names_arena(g, guess, arena->address))
            heap = guess;
    }
    if (!heap)
        heap = arena->address - row->heap.bytes;
    for (uint64_t steps = 0; heap && g->heaps.len < HEAPS_MAX; steps++) {
        uint64_t size;
        if (exu_loop_closed(&loop, heap) || !heap_names_arena(g, heap, arena->address) ||
            !exu_glibc_word(g, heap + row->heap.size, &size) || size > (4ull << 30) ||
            size < row->heap.bytes) {
            exu_anomaly_add(g->anomalies, heap, "malloc-heap", "the heaps of an arena break off after %llu",
                            (unsigned long long)steps);
            return true;
        }
        exu_addr start = heap + row->heap.bytes;
        if (start == arena->address)
            start = exu_round_up(start + row->state.bytes, 16);
        if (start < heap + size &&
            !exu_vec_push(&g->heaps, (struct exu_malloc_heap){start, heap + size, arena->address, index, false}))
            return false;
        if (!exu_glibc_word(g, heap + row->heap.prev, &heap))
            return true;
    }
    return true;
}

/* Without mp_: the first row by which the ring of arenas goes on, at the main arena itself or behind a heap_info. */
static void guess_row(struct exu_glibc *g, exu_addr arena)
{
    const struct exu_glibc_row *given = g->row;
    for (size_t r = 0; r < exu_glibc_row_count; r++) {
        exu_addr next, own = arena_by(&exu_glibc_rows[r], arena);
        g->row = &exu_glibc_rows[r];
        if (exu_glibc_word(g, own + g->row->state.next, &next) &&
            (next == own || (next % 16 == 0 && heap_names_arena(g, next - g->row->heap.bytes, next))))
            return;
    }
    g->row = given;
}

bool exu_glibc_find(struct exu_glibc *g, exu_addr start, exu_addr end, struct exu_error **ret_error)
{
    exu_addr arena = find_main_arena(g, start, end), top = 0, heap = 0;
    if (!arena)
        return false;
    g->libc_start = start;
    g->libc_end = end;
    exu_glibc_word(g, arena + exu_glibc_rows[0].state.top, &top);
    bool initialised = top != bin_at(&exu_glibc_rows[0], arena, 1);
    if (initialised)
        find_par(g, arena, &heap);
    if (!g->par)
        guess_row(g, arena);
    arena = arena_by(g->row, arena);
    bool fine = find_arenas(g, arena);
    if (fine && initialised)
        fine = exu_glibc_main_heap(g, arena, top, top_end(g, top), heap);
    for (size_t i = 1; fine && i < g->arenas.len; i++)
        fine = find_heaps(g, (uint32_t)i);
    if (!fine)
        *ret_error = exu_error_memory();
    return fine;
}
