#include "memory/memory.h"

#include "base/bump.h"
#include "base/vec.h"
#include <stdlib.h>
#include <sys/mman.h>

#define TOP_COUNT ((size_t)1 << (EXU_MEMORY_INDEXED_BITS - EXU_MEMORY_TOP_SHIFT))
#define TABLE_COUNT ((size_t)1 << EXU_MEMORY_TABLE_SHIFT)
/* 16 MB of tables; what a stranger layout would need beyond that is searched. */
#define MAX_TABLES 1024
#define MAX_SEGMENTS ((size_t)1 << 24)

struct host_map {
    void *base;
    size_t size;
};

struct exu_memory_private {
    exu_vec(struct exu_segment) segments;
    exu_vec(struct exu_mapping) mappings;
    exu_vec(struct host_map) maps;
    struct exu_bump strings;
    const uint8_t *zeros; /* in maps */
    uint64_t zeros_size;
};

static void set_guard(struct exu_segment *s)
{
    *s = (struct exu_segment){.start = UINT64_MAX, .end = UINT64_MAX, .backing = EXU_BACKING_ABSENT};
}

struct exu_error *exu_memory_create(struct exu_memory **ret)
{
    struct exu_memory *m = calloc(1, sizeof *m);
    if (!m)
        return exu_error_memory();
    m->private = calloc(1, sizeof *m->private);
    m->segments = calloc(1, sizeof *m->segments);
    m->top = calloc(TOP_COUNT, sizeof *m->top);
    if (!m->private || !m->segments || !m->top) {
        exu_memory_destroy(m);
        return exu_error_memory();
    }
    set_guard(m->segments);
    *ret = m;
    return NULL;
}

void exu_memory_destroy(struct exu_memory *m)
{
    if (!m)
        return;
    struct exu_memory_private *p = m->private;
    if (p) {
        struct host_map *map;
        exu_vec_each (map, &p->maps)
            munmap(map->base, map->size);
        exu_vec_free(&p->maps);
        exu_vec_free(&p->segments);
        exu_vec_free(&p->mappings);
        exu_bump_deinit(&p->strings);
        free(p);
    }
    free(m->segments);
    free(m->top);
    free(m->tables);
    free(m);
}

static bool copy_string(struct exu_memory *m, const char **text)
{
    if (!*text)
        return true;
    *text = exu_bump_strdup(&m->private->strings, *text);
    return *text;
}

struct exu_error *exu_memory_add_mapping(struct exu_memory *m, const struct exu_mapping *mapping,
                                         uint32_t *ret_index)
{
    struct exu_memory_private *p = m->private;
    struct exu_mapping copy = *mapping;
    if (!copy_string(m, &copy.path) || !copy_string(m, &copy.build_id) || p->mappings.len >= MAX_SEGMENTS ||
        !exu_vec_push(&p->mappings, copy))
        return exu_error_memory();
    m->mappings = p->mappings.items;
    m->mapping_count = p->mappings.len;
    *ret_index = (uint32_t)(p->mappings.len - 1);
    return NULL;
}

struct exu_error *exu_memory_add_segment(struct exu_memory *m, const struct exu_segment *segment)
{
    struct exu_memory_private *p = m->private;
    if (segment->end <= segment->start)
        return NULL;
    if (p->segments.len >= MAX_SEGMENTS || !exu_vec_push(&p->segments, *segment))
        return exu_error_memory();
    return NULL;
}

const uint8_t *exu_memory_zeros(struct exu_memory *m, uint64_t size)
{
    struct exu_memory_private *p = m->private;
    if (size <= p->zeros_size)
        return p->zeros;
    if (size > SIZE_MAX / 2)
        return NULL;
    void *zeros = mmap(NULL, (size_t)size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (zeros == MAP_FAILED)
        return NULL;
    struct exu_error *error = exu_memory_own_map(m, zeros, (size_t)size);
    if (error) {
        exu_error_free(error);
        munmap(zeros, (size_t)size);
        return NULL;
    }
    p->zeros = zeros;
    p->zeros_size = size;
    return p->zeros;
}

struct exu_error *exu_memory_own_map(struct exu_memory *m, void *base, size_t size)
{
    struct host_map map = {base, size};
    if (!exu_vec_push(&m->private->maps, map))
        return exu_error_memory();
    return NULL;
}

/* ---- the seal ---- */

/* Smaller wins: the backing, then the order in which they were added. */
struct claim {
    struct exu_segment segment;
    uint32_t order;
};

static bool wins(const struct claim *a, const struct claim *b)
{
    if (a->segment.backing != b->segment.backing)
        return a->segment.backing < b->segment.backing;
    return a->order < b->order;
}

static int by_start(const void *left, const void *right)
{
    const struct claim *a = left, *b = right;
    if (a->segment.start != b->segment.start)
        return a->segment.start < b->segment.start ? -1 : 1;
    if (a->order == b->order)
        return 0;
    return wins(a, b) ? -1 : 1;
}

/* A binary heap of claims, the winner on top. */
struct heap {
    const struct claim **items;
    size_t len;
};

static void heap_push(struct heap *heap, const struct claim *claim)
{
    size_t i = heap->len++;
    while (i > 0 && wins(claim, heap->items[(i - 1) / 2])) {
        heap->items[i] = heap->items[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    heap->items[i] = claim;
}

static void heap_pop(struct heap *heap)
{
    const struct claim *last = heap->items[--heap->len];
    size_t i = 0;
    for (;;) {
        size_t child = 2 * i + 1;
        if (child >= heap->len)
            break;
        if (child + 1 < heap->len && wins(heap->items[child + 1], heap->items[child]))
            child++;
        if (!wins(heap->items[child], last))
            break;
        heap->items[i] = heap->items[child];
        i = child;
    }
    if (heap->len > 0)
        heap->items[i] = last;
}

/* Cuts the claims, sorted by start, into pieces that do not overlap: at most two a claim. Returns their
 * number. */
static size_t resolve(const struct claim *claims, size_t count, struct heap *heap, struct exu_segment *pieces,
                      struct exu_anomalies *anomalies)
{
    size_t n = 0, next = 0;
    const struct claim *last = NULL;
    exu_addr position = 0;
    while (next < count || heap->len > 0) {
        if (heap->len == 0)
            position = claims[next].segment.start;
        for (; next < count && claims[next].segment.start <= position; next++) {
            const struct exu_segment *s = &claims[next].segment;
            while (heap->len > 0 && heap->items[0]->segment.end <= s->start)
                heap_pop(heap);
            if (heap->len > 0)
                exu_anomaly_add(anomalies, s->start, "overlapping-segments",
                                "segment %#llx-%#llx overlaps %#llx-%#llx", (unsigned long long)s->start,
                                (unsigned long long)s->end, (unsigned long long)heap->items[0]->segment.start,
                                (unsigned long long)heap->items[0]->segment.end);
            heap_push(heap, &claims[next]);
        }
        while (heap->len > 0 && heap->items[0]->segment.end <= position)
            heap_pop(heap);
        if (heap->len == 0)
            continue;
        const struct claim *winner = heap->items[0];
        exu_addr end = winner->segment.end;
        if (next < count && claims[next].segment.start < end)
            end = claims[next].segment.start;
        if (winner == last && pieces[n - 1].end == position) {
            pieces[n - 1].end = end;
        } else {
            struct exu_segment piece = winner->segment;
            if (piece.bytes)
                piece.bytes += position - piece.start;
            piece.start = position;
            piece.end = end;
            pieces[n++] = piece;
            last = winner;
        }
        position = end;
    }
    return n;
}

/* The index of the first segment that ends behind `address`, not before `from`. */
static uint32_t advance(const struct exu_memory *m, size_t from, exu_addr address)
{
    return (uint32_t)(exu_memory_search_(m, from, address) - m->segments);
}

static struct exu_error *build_index(struct exu_memory *m)
{
    size_t tables = 0, first = 0;
    m->above = advance(m, 0, ((exu_addr)1 << EXU_MEMORY_INDEXED_BITS) - 1);
    for (int pass = 0; pass < 2; pass++) {
        size_t used = 0;
        first = 0;
        for (size_t i = 0; i < TOP_COUNT; i++) {
            exu_addr base = (exu_addr)i << EXU_MEMORY_TOP_SHIFT;
            first = advance(m, first, base);
            bool uniform = m->segments[first].end - base >= (exu_addr)1 << EXU_MEMORY_TOP_SHIFT;
            if (uniform || used == MAX_TABLES) {
                m->top[i] = (uint32_t)first;
                continue;
            }
            if (pass == 1) {
                uint32_t *table = m->tables + (used << EXU_MEMORY_TABLE_SHIFT);
                size_t at = first;
                for (size_t k = 0; k < TABLE_COUNT; k++) {
                    at = advance(m, at, base + ((exu_addr)k << EXU_MEMORY_CHUNK_SHIFT));
                    table[k] = (uint32_t)at;
                }
                m->top[i] = (uint32_t)used | EXU_MEMORY_TABLE;
            }
            used++;
        }
        tables = used;
        if (pass == 0 && tables > 0) {
            m->tables = calloc(tables << EXU_MEMORY_TABLE_SHIFT, sizeof *m->tables);
            if (!m->tables)
                return exu_error_memory();
        }
    }
    return NULL;
}

struct exu_error *exu_memory_seal(struct exu_memory *m, struct exu_anomalies *anomalies)
{
    struct exu_memory_private *p = m->private;
    size_t count = p->segments.len;
    struct claim *claims = calloc(count + 1, sizeof *claims);
    struct heap heap = {.items = calloc(count + 1, sizeof *heap.items)};
    struct exu_segment *pieces = calloc(2 * count + 1, sizeof *pieces);
    if (!claims || !heap.items || !pieces) {
        free(claims);
        free(heap.items);
        free(pieces);
        return exu_error_memory();
    }
    for (size_t i = 0; i < count; i++)
        claims[i] = (struct claim){p->segments.items[i], (uint32_t)i};
    qsort(claims, count, sizeof *claims, by_start);
    size_t n = resolve(claims, count, &heap, pieces, anomalies);
    set_guard(&pieces[n]);
    free(claims);
    free(heap.items);
    free(m->segments);
    m->segments = pieces;
    m->segment_count = n;
    exu_vec_free(&p->segments);
    return build_index(m);
}

/* ---- reading ---- */

const struct exu_segment *exu_memory_search_(const struct exu_memory *m, size_t i, exu_addr address)
{
    size_t count = m->segment_count;
    for (int near = 0; near < 8; near++, i++)
        if (i >= count || address < m->segments[i].end)
            return m->segments + (i < count ? i : count);
    size_t low = i, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (address < m->segments[middle].end)
            high = middle;
        else
            low = middle + 1;
    }
    return m->segments + low;
}

/* Kernel and gdb write adjacent mappings one behind the other. */
static bool joined(const struct exu_segment *s)
{
    const struct exu_segment *next = s + 1; /* the guard at least, which has no bytes */
    return next->bytes && next->start == s->end && s->backing == EXU_BACKING_CORE &&
           next->backing == EXU_BACKING_CORE && s->bytes + (s->end - s->start) == next->bytes;
}

bool exu_memory_goes_on_(const struct exu_memory *m, const struct exu_segment *s, exu_addr address,
                         uint64_t n)
{
    const struct exu_segment *guard = m->segments + m->segment_count;
    for (int steps = 0; steps < 64 && s < guard && joined(s); steps++) {
        s++;
        if (n <= s->end - address)
            return true;
    }
    return false;
}

const struct exu_segment *exu_memory_segment(const struct exu_memory *m, exu_addr address, uint32_t *hint)
{
    if (hint && *hint < m->segment_count) {
        const struct exu_segment *s = m->segments + *hint;
        if (address >= s->start && address < s->end)
            return s;
    }
    const struct exu_segment *s = exu_memory_find_(m, address);
    if (address < s->start || s == m->segments + m->segment_count)
        return NULL;
    if (hint)
        *hint = (uint32_t)(s - m->segments);
    return s;
}

const struct exu_mapping *exu_memory_mapping(const struct exu_memory *m, exu_addr address)
{
    const struct exu_segment *s = exu_memory_segment(m, address, NULL);
    return s && s->mapping < m->mapping_count ? m->mappings + s->mapping : NULL;
}

const uint8_t *exu_memory_span(const struct exu_memory *m, exu_addr address, uint64_t *ret_available)
{
    const struct exu_segment *s = exu_memory_segment(m, address, NULL);
    if (!s || !s->bytes) {
        *ret_available = 0;
        return NULL;
    }
    *ret_available = s->end - address;
    return s->bytes + (address - s->start);
}

uint64_t exu_memory_read(const struct exu_memory *m, exu_addr address, void *buffer, uint64_t n)
{
    uint64_t done = 0, available;
    uint8_t *out = buffer;
    while (done < n) {
        if (address > UINT64_MAX - done)
            break;
        const uint8_t *bytes = exu_memory_span(m, address + done, &available);
        if (!bytes)
            break;
        uint64_t part = exu_min(available, n - done);
        memcpy(out + done, bytes, part);
        done += part;
    }
    return done;
}

bool exu_memory_string(const struct exu_memory *m, exu_addr address, char *buffer, size_t size)
{
    size_t done = 0;
    while (size > 0 && done < size - 1) {
        uint64_t available;
        if (address > UINT64_MAX - done)
            return false;
        const uint8_t *bytes = exu_memory_span(m, address + done, &available);
        if (!bytes)
            return false;
        size_t part = (size_t)exu_min(available, size - done);
        const uint8_t *end = memchr(bytes, 0, part);
        if (end) {
            memcpy(buffer + done, bytes, (size_t)(end - bytes) + 1);
            return true;
        }
        memcpy(buffer + done, bytes, part);
        done += part;
    }
    return false;
}
