/* Chunks, heap by heap, and the mmapped ones. */
#include "heap/glibc.h"

#include <stdlib.h>

/* Behind memory that somebody else took with sbrk the first chunk is sought at every place it can have up to here, further
 * on where pages begin. */
#define RESYNC_CLOSE (1u << 20)
/* Steps over places and chunks in all that search. */
#define RESYNC_STEPS (1u << 25)
/* The smallest mmap_threshold that a process has without tuning (malloc.c, DEFAULT_MMAP_THRESHOLD). */
#define MMAP_THRESHOLD (128u << 10)
#define PAGE 4096u

static bool add_chunk(struct exu_glibc *g, exu_addr address, uint64_t size, uint32_t heap,
                      enum exu_chunk_state state)
{
    return exu_vec_push(&g->chunks, (struct exu_chunk){address, size, heap, (uint8_t)state, 0});
}

struct resync {
    struct exu_glibc *g;
    exu_addr top;
    uint32_t steps; /* left */
};

static bool closes_piece(struct exu_glibc *g, exu_addr at)
{
    uint64_t size, next;
    return exu_glibc_size(g, at, &size) && size == EXU_CHUNK_FENCEPOST &&
           exu_glibc_size(g, at + size, &next) && next == EXU_CHUNK_FENCEPOST;
}

/* Whether chunks follow each other from `from` to exactly top, or to the fenceposts that close a piece. */
static bool reaches(struct resync *r, exu_addr from)
{
    while (from < r->top && r->steps) {
        uint64_t size;
        r->steps--;
        if (!exu_glibc_size(r->g, from, &size) || size < EXU_CHUNK_FENCEPOST || size % 16 || size > r->top - from)
            return false;
        if (size == EXU_CHUNK_FENCEPOST && closes_piece(r->g, from))
            return true;
        from += size;
    }
    return from == r->top;
}

/* Behind the two fenceposts that close a piece of the main heap comes foreign memory, then the next piece
 * (malloc.c, sysmalloc: 'other sbrk'). Others take whole pages as a rule, so that it begins with a page. */
static exu_addr resync(struct resync *r, exu_addr from)
{
    exu_addr close = from + RESYNC_CLOSE;
    while (from < r->top && r->steps) {
        uint64_t word;
        r->steps--;
        /* In a hole nothing begins. */
        if (exu_glibc_word(r->g, from + 8, &word) && (word & EXU_CHUNK_BITS) == EXU_CHUNK_PREV_INUSE &&
            (word & ~(uint64_t)EXU_CHUNK_BITS) >= EXU_CHUNK_MIN && reaches(r, from))
            return from;
        from = from < close ? from + 16 : exu_round_up(from + 1, PAGE);
    }
    return 0;
}

static bool walk_heap(struct exu_glibc *g, uint32_t index, exu_addr top)
{
    const struct exu_malloc_heap *heap = &g->heaps.items[index];
    struct resync search = {g, top, RESYNC_STEPS};
    exu_addr at = heap->start;
    while (at < heap->end) {
        uint64_t size, next;
        const char *wrong = NULL;
        if (!exu_glibc_size(g, at, &size))
            wrong = "is in a hole";
        else if (at == top)
            return add_chunk(g, at, heap->end - at, index, EXU_CHUNK_TOP);
        else if (size == EXU_CHUNK_FENCEPOST) {
            /* No chunk of the program's. A heap that is not the arena's last ends with it and an empty one.
             */
            at += size;
            if (exu_glibc_size(g, at, &size) && size == EXU_CHUNK_FENCEPOST && heap->main) {
                if (at + size >= heap->end) /* a piece that was left (main_heap.c) */
                    return true;
                at = resync(&search, at + size);
                if (!at)
                    wrong = "is followed by foreign memory";
            } else if (size == 0) {
                return true;
            }
            if (!wrong)
                continue;
        } else if (size < EXU_CHUNK_MIN || size % 16 || size > heap->end - at)
            wrong = "has an impossible size";
        if (wrong) {
            exu_anomaly_add(g->anomalies, at, "malloc-chunk",
                            "a chunk %s; %llu bytes of that heap are not listed", wrong,
                            (unsigned long long)(at                  ? heap->end - at
                                                 : top > heap->start ? top - heap->start
                                                                     : 0));
            return true;
        }
        /* In the bins when the chunk behind says so; tcache and fastbins don't show there. */
        bool free_chunk = heap->end - at - size >= 16 && exu_glibc_word(g, at + size + 8, &next) &&
                          !(next & EXU_CHUNK_PREV_INUSE);
        if (!add_chunk(g, at, size, index, free_chunk ? EXU_CHUNK_FREE : EXU_CHUNK_USED))
            return false;
        at += size;
    }
    return true;
}

static int heap_order(const void *left, const void *right)
{
    const struct exu_malloc_heap *a = left, *b = right;
    return a->start < b->start ? -1 : a->start > b->start;
}

/* Merges the mmapped chunks, from index `first` on, into those of the heaps; both are in order. False without
 * memory. */
static bool merge_mmapped(struct exu_glibc *g, size_t first)
{
    size_t count = g->chunks.len - first, to = g->chunks.len;
    if (!count || !first)
        return true;
    struct exu_chunk *chunks = g->chunks.items, *mmapped = malloc(count * sizeof *mmapped);
    if (!mmapped)
        return false;
    memcpy(mmapped, chunks + first, count * sizeof *mmapped);
    while (count)
        if (first && chunks[first - 1].address > mmapped[count - 1].address)
            chunks[--to] = chunks[--first];
        else
            chunks[--to] = mmapped[--count];
    free(mmapped);
    return true;
}

/* ---- mmapped chunks ---- */

static bool is_anonymous(const struct exu_mapping *m)
{
    return !m->path && (m->perms & (EXU_PERM_R | EXU_PERM_W)) == (EXU_PERM_R | EXU_PERM_W);
}

/* The header of an mmapped chunk at the start of a page, its size, else 0. Its prev_size is 0 but for what
 * memalign put off, and then the header of the whole stays in front. */
static uint64_t mmapped_size(struct exu_glibc *g, exu_addr page, exu_addr end)
{
    const uint8_t *p = exu_reader_at(&g->reader, page, 16);
    if (!p || exu_load_u64(p) != 0)
        return 0;
    uint64_t word = exu_load_u64(p + 8), size = word & ~(uint64_t)EXU_CHUNK_BITS;
    if (size > UINT64_MAX - PAGE)
        return 0;
    size += g->row->mmapped_tail;
    return (word & EXU_CHUNK_BITS) == EXU_CHUNK_IS_MMAPPED && size && size % PAGE == 0 && size <= end - page
               ? size
               : 0;
}

/* Pages of anonymous memory from `at` to `end`, which hold no heap. */
static bool scan_pages(struct exu_glibc *g, exu_addr at, exu_addr end)
{
    at = exu_round_up(at, PAGE);
    while (at < end) {
        uint32_t hint = 0;
        uint64_t size = mmapped_size(g, at, end);
        if (size) {
            if (!add_chunk(g, at, size, UINT32_MAX, EXU_CHUNK_MMAPPED))
                return false;
            at += size;
            continue;
        }
        const struct exu_segment *s = exu_memory_segment(g->core->memory, at, &hint);
        if (!s || s->end > UINT64_MAX - PAGE)
            break; /* the end of a damaged segment would be rounded up to 0 */
        at = !s->bytes || s->zero ? exu_round_up(s->end, PAGE) : at + PAGE;
    }
    return true;
}

/* What malloc itself counts; false when mp_ was not found. */
static bool mmapped_totals(struct exu_glibc *g, uint32_t *ret_count, uint64_t *ret_bytes)
{
    return g->par && exu_reader_u32(&g->reader, g->par + g->row->par.n_mmaps, ret_count) &&
           exu_glibc_word(g, g->par + g->row->par.mmapped_mem, ret_bytes);
}

/* 2.43 does not take away what it added: with its row the bytes say nothing for certain. */
static bool bytes_agree(const struct exu_glibc *g, uint64_t found, uint64_t counted)
{
    return g->row->mmapped_tail ? (found - counted) % g->row->mmapped_tail == 0 : found == counted;
}

static uint64_t bytes_from(const struct exu_glibc *g, size_t first)
{
    uint64_t bytes = 0;
    for (size_t i = first; i < g->chunks.len; i++)
        bytes += g->chunks.items[i].size;
    return bytes;
}

/* malloc's own count tells when something else looks like a header; such a thing is small. */
static void weigh_mmapped(struct exu_glibc *g, size_t first)
{
    uint32_t expected;
    uint64_t expected_bytes;
    if (!mmapped_totals(g, &expected, &expected_bytes))
        return;
    if (g->chunks.len - first > expected) {
        size_t kept = first;
        for (size_t i = first; i < g->chunks.len; i++)
            if (g->chunks.items[i].size >= MMAP_THRESHOLD)
                g->chunks.items[kept++] = g->chunks.items[i];
        if (kept - first >= expected)
            g->chunks.len = kept;
    }
    uint64_t bytes = bytes_from(g, first);
    if (g->chunks.len - first != expected || !bytes_agree(g, bytes, expected_bytes))
        exu_anomaly_add(g->anomalies, g->par, "malloc-mmapped",
                        "%zu mmapped chunks with %llu bytes were found; malloc counts %u with %llu",
                        g->chunks.len - first, (unsigned long long)bytes, expected,
                        (unsigned long long)expected_bytes);
}

/* Every page of the rest would be looked at in vain. */
static bool all_found(struct exu_glibc *g, size_t first)
{
    uint32_t expected;
    uint64_t expected_bytes;
    return mmapped_totals(g, &expected, &expected_bytes) && g->chunks.len - first == expected &&
           bytes_from(g, first) == expected_bytes;
}

static bool scan_mmapped(struct exu_glibc *g)
{
    const struct exu_memory *m = g->core->memory;
    size_t first = g->chunks.len, heap = 0;
    for (size_t i = 0; i < m->mapping_count && !all_found(g, first);) {
        if (!is_anonymous(&m->mappings[i])) {
            i++;
            continue;
        }
        exu_addr at = m->mappings[i].start, end = m->mappings[i].end;
        while (++i < m->mapping_count && m->mappings[i].start == end && is_anonymous(&m->mappings[i]))
            end = m->mappings[i].end;
        while (heap < g->heaps.len && g->heaps.items[heap].end <= at)
            heap++;
        for (; heap < g->heaps.len && g->heaps.items[heap].start < end; heap++) {
            if (!scan_pages(g, at, g->heaps.items[heap].start & ~(exu_addr)(PAGE - 1)))
                return false;
            at = exu_max(at, g->heaps.items[heap].end);
        }
        if (at < end && !scan_pages(g, at, end))
            return false;
    }
    weigh_mmapped(g, first);
    return true;
}

/* Chunks of different heaps never overlap; those of a damaged dump may. */
static void drop_overlaps(struct exu_glibc *g)
{
    size_t kept = 0;
    exu_addr end = 0;
    for (size_t i = 0; i < g->chunks.len; i++) {
        const struct exu_chunk *c = &g->chunks.items[i];
        if (c->address < end) {
            exu_anomaly_add(g->anomalies, c->address, "malloc-chunk", "two chunks overlap");
            continue;
        }
        end = c->address + c->size;
        g->chunks.items[kept++] = *c;
    }
    g->chunks.len = kept;
}

struct exu_error *exu_malloc_walk(struct exu_glibc *g)
{
    if (g->heaps.len)
        qsort(g->heaps.items, g->heaps.len, sizeof *g->heaps.items, heap_order);
    for (size_t i = 1; i < g->heaps.len; i++)
        if (g->heaps.items[i].start < g->heaps.items[i - 1].end) {
            exu_anomaly_add(g->anomalies, g->heaps.items[i].start, "malloc-heap", "two heaps overlap");
            g->heaps.len = i;
        }
    for (size_t i = 0; i < g->heaps.len; i++)
        if (!walk_heap(g, (uint32_t)i, g->arenas.items[g->heaps.items[i].arena_index].top))
            return exu_error_memory();
    size_t first = g->chunks.len;
    if (!scan_mmapped(g) || !merge_mmapped(g, first))
        return exu_error_memory();
    drop_overlaps(g);
    return NULL;
}
