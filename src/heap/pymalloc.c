#include "heap/pymalloc.h"

#include "base/vec.h"
#include "heap/arenas_find.h"
#include "layout/place.h"
#include "heap/reader.h"

#include <stdlib.h>

/* Objects/obmalloc.c: DUMMY_SIZE_IDX, a carved pool that never served a size class. */
#define DUMMY_SIZE_IDX 0xffff

struct exu_pymalloc_private {
    const struct exu_python *python;
    uint64_t *used;  /* a bit for each block, `stride` words a pool */
    uint32_t stride; /* in words */
    uint32_t pool_size, header_size;
    exu_addr *first_pools;   /* by arena: the address of its first pool */
    exu_addr last_arena_end; /* nothing of obmalloc lies from here on */
};

struct build {
    struct exu_pymalloc *p;
    struct exu_anomalies *anomalies;
    struct exu_reader reader;
    const struct exu_layout *layout;
    exu_vec(struct exu_pool) pools;
    exu_vec(uint64_t) used;
    uint32_t alignment, size_classes;
    uint64_t debug_blocks, sampled_blocks;
};

static uint64_t *pool_bits(struct build *b, size_t pool)
{
    return b->used.items + pool * b->p->private->stride;
}

/* A word of the pool: from `bytes` when the pool is there in one piece. */
static bool pool_word(struct build *b, exu_addr pool, const uint8_t *bytes, uint64_t offset, uint64_t *ret)
{
    if (bytes) {
        *ret = exu_load_u64(bytes + offset);
        return true;
    }
    return exu_reader_u64(&b->reader, pool + offset, ret);
}

/* Clears the bits of the blocks on the pool's list of free blocks; returns their number. */
static uint32_t walk_free(struct build *b, const struct exu_pool *pool, const uint8_t *bytes, exu_addr block,
                          uint32_t touched, uint64_t *bits)
{
    uint32_t header = b->p->private->header_size, count = 0;
    uint32_t touched_bytes = touched * pool->block_size;
    while (block) {
        uint64_t distance = block - pool->address - header; /* wraps for what lies before the blocks */
        uint32_t offset = (uint32_t)distance, index = offset / pool->block_size;
        uint64_t bit = 1ull << (index % 64);
        if (distance >= touched_bytes || index * pool->block_size != offset || !(bits[index / 64] & bit)) {
            exu_anomaly_add(b->anomalies, pool->address, "pool-free-list",
                            "the list of free blocks of a pool leads to %#llx after %u blocks",
                            (unsigned long long)block, count);
            break;
        }
        bits[index / 64] &= ~bit;
        count++;
        if (!pool_word(b, pool->address, bytes, (uint64_t)header + offset, &block))
            break;
    }
    return count;
}

/* Objects/obmalloc.c, _PyMem_DebugRawAlloc (2.7: _PyObject_DebugMallocApi): 8 bytes of size, the id of the API, 7
 * forbidden bytes. */
#define DEBUG_HEADER 16

static bool debug_header(const struct exu_strategy *s, const uint8_t *block)
{
    uint64_t word = exu_load_u64(block + 8);
    uint8_t api = (uint8_t)word;
    return word >> 8 == UINT64_C(0x01010101010101) * s->debug_forbidden &&
           (api == 'o' || api == 'm' || api == 'r');
}

/* Counts how many of the pool's used blocks carry a debug header, over a sample. */
static void sample_debug(struct build *b, const struct exu_pool *pool, const uint8_t *bytes,
                         const uint64_t *bits)
{
    if (!bytes || pool->block_size < DEBUG_HEADER || b->sampled_blocks > 4096)
        return;
    for (uint32_t i = 0; i < pool->blocks && i < 8; i++) {
        if (!(bits[i / 64] >> (i % 64) & 1))
            continue;
        b->sampled_blocks++;
        b->debug_blocks += debug_header(&b->p->private->python->strategy, bytes + b->p->private->header_size + (uint64_t)i * pool->block_size);
    }
}

/* Reads the pool's header and its free list. An empty pool keeps its stale contents: `empty` decides. */
static void read_pool(struct build *b, struct exu_pool *pool, uint64_t *bits, uint32_t arena_index,
                      bool empty)
{
    const struct exu_layout *l = b->layout;
    uint32_t pool_size = b->p->private->pool_size, header = b->p->private->header_size;
    const uint8_t *bytes = exu_reader_at(&b->reader, pool->address, pool_size);
    const uint8_t *h = bytes ? bytes : exu_reader_at(&b->reader, pool->address, header);
    if (!h) {
        exu_anomaly_add(b->anomalies, pool->address, "pool-hole", "the header of a pool is not in the dump");
        return;
    }
    uint32_t count = exu_load_u32(h + exu_offset(l, EXU_pool_header_ref_count));
    uint32_t size_index = exu_load_u32(h + exu_offset(l, EXU_pool_header_szidx));
    uint32_t next = exu_load_u32(h + exu_offset(l, EXU_pool_header_nextoffset));
    uint32_t last = exu_load_u32(h + exu_offset(l, EXU_pool_header_maxnextoffset));
    if (exu_load_u32(h + exu_offset(l, EXU_pool_header_arenaindex)) != arena_index) {
        exu_anomaly_add(b->anomalies, pool->address, "pool-arena",
                        "a pool names another arena than the one it is in");
        return;
    }
    if (empty || (size_index == DUMMY_SIZE_IDX && !count))
        return;
    if (size_index >= b->size_classes) {
        exu_anomaly_add(b->anomalies, pool->address, "pool-size", "a pool has the size class %u", size_index);
        return;
    }
    pool->block_size = (size_index + 1) * b->alignment;
    pool->blocks = (pool_size - header) / pool->block_size;
    uint32_t touched = pool->blocks;
    if (next <= last) {
        uint64_t untouched = (uint64_t)(last - next) / pool->block_size + 1;
        if (untouched > pool->blocks || last != pool_size - pool->block_size) {
            exu_anomaly_add(b->anomalies, pool->address, "pool-untouched", "a pool has the offsets %u and %u",
                            next, last);
            untouched = 0;
        }
        touched = pool->blocks - (uint32_t)untouched;
    }
    for (uint32_t i = 0; i < touched / 64; i++)
        bits[i] = UINT64_MAX;
    if (touched % 64)
        bits[touched / 64] = (1ull << (touched % 64)) - 1;
    exu_addr free_block = exu_load_u64(h + exu_offset(l, EXU_pool_header_freeblock));
    pool->untouched_blocks = pool->blocks - touched;
    pool->free_blocks = walk_free(b, pool, bytes, free_block, touched, bits);
    pool->used_blocks = touched - pool->free_blocks;
    if (pool->used_blocks != count)
        exu_anomaly_add(b->anomalies, pool->address, "pool-count",
                        "a pool of %u-byte blocks counts %u used blocks; %u are neither free nor untouched",
                        pool->block_size, count, pool->used_blocks);
    sample_debug(b, pool, bytes, bits);
}

/* Which of the arena's carved pools are on its list of empty ones: a bit each. */
static uint32_t mark_empty(struct build *b, const struct exu_arena_object *object, exu_addr first,
                           uint32_t carved, uint64_t *empty)
{
    uint32_t count = 0, pool_size = b->p->private->pool_size;
    exu_addr pool = object->freepools;
    while (pool) {
        uint64_t index = (pool - first) / pool_size;
        if (pool < first || (pool - first) % pool_size || index >= carved ||
            (empty[index / 64] >> (index % 64) & 1)) {
            exu_anomaly_add(b->anomalies, object->address, "arena-free-list",
                            "the list of empty pools of an arena leads to %#llx after %u pools",
                            (unsigned long long)pool, count);
            break;
        }
        empty[index / 64] |= 1ull << (index % 64);
        count++;
        if (!exu_reader_u64(&b->reader, pool + exu_offset(b->layout, EXU_pool_header_nextpool), &pool))
            break;
    }
    return count;
}

#define ARENA_POOLS_MAX 1024

static bool read_arena(struct build *b, struct exu_arena *arena, const struct exu_arena_object *object,
                       uint32_t index, uint32_t arena_number)
{
    struct exu_pymalloc_private *private = b->p->private;
    exu_addr first = exu_arena_first_pool(private->python, object);
    uint32_t carved = 0;
    uint64_t empty[ARENA_POOLS_MAX / 64] = {0};
    if (object->pool_address >= first)
        carved = (uint32_t)exu_min((object->pool_address - first) / private->pool_size, arena->pools);
    uint32_t emptied = mark_empty(b, object, first, carved, empty);
    private->first_pools[arena_number] = first;
    arena->free_pools = emptied + (arena->pools - carved);
    arena->first_pool = (uint32_t)b->pools.len;
    arena->pool_count = carved;
    if (arena->free_pools != object->nfreepools)
        exu_anomaly_add(b->anomalies, object->address, "arena-count",
                        "an arena counts %u free pools; %u were found", object->nfreepools,
                        arena->free_pools);
    if (!exu_vec_reserve(&b->pools, carved) || !exu_vec_reserve(&b->used, (size_t)carved * private->stride))
        return false;
    for (uint32_t i = 0; i < carved; i++) {
        struct exu_pool *pool = &b->pools.items[b->pools.len];
        *pool = (struct exu_pool){.address = first + (uint64_t)i * private->pool_size, .arena = arena_number};
        uint64_t *bits = pool_bits(b, b->pools.len++);
        b->used.len += private->stride;
        memset(bits, 0, private->stride * sizeof *bits);
        read_pool(b, pool, bits, index, empty[i / 64] >> (i % 64) & 1);
        arena->used_bytes += (uint64_t)pool->used_blocks * pool->block_size;
    }
    return true;
}

struct entry {
    struct exu_arena_object object;
    uint32_t index;
};

static int by_address(const void *left, const void *right)
{
    const struct entry *a = left, *b = right;
    return a->object.address < b->object.address ? -1 : a->object.address > b->object.address;
}

typedef exu_vec(struct entry) entry_vec;

/* The associated arenas of an array; those that can't be are left out. False: out of memory. */
static bool collect_array(struct build *b, const struct exu_arena_array *array, entry_vec *entries)
{
    const struct exu_python *python = b->p->private->python;
    uint32_t stride = exu_size(b->layout, EXU_sizeof_arena_object);
    uint32_t pools = python->strategy.arena_size / python->strategy.pool_size;
    for (uint32_t i = 0; i < array->length; i++) {
        struct entry e = {.index = i};
        exu_addr at = array->address + (uint64_t)i * stride;
        if (!exu_arena_object_read(python, at, &e.object)) {
            exu_anomaly_add(b->anomalies, at, "arena-hole",
                            "the array of arenas ends in a hole after %u of %u entries", i, array->length);
            break;
        }
        if (!e.object.address)
            continue;
        if (e.object.address > UINT64_MAX - 2ull * python->strategy.arena_size ||
            e.object.ntotalpools > pools ||
            !exu_memory_segment(python->core->memory, e.object.address, NULL)) {
            exu_anomaly_add(b->anomalies, e.object.address, "arena", "entry %u of the arenas is no arena", i);
            continue;
        }
        if (!exu_vec_push(entries, e))
            return false;
    }
    return true;
}

/* The arenas of all arrays, sorted. */
static struct exu_error *collect(struct build *b, const exu_arena_arrays *arrays, struct entry **ret, size_t *ret_len)
{
    const struct exu_python *python = b->p->private->python;
    const struct exu_arena_array *array;
    entry_vec entries = {0};
    exu_vec_each (array, arrays)
        if (!collect_array(b, array, &entries))
            return exu_vec_free(&entries), exu_error_memory();
    if (entries.len)
        qsort(entries.items, entries.len, sizeof *entries.items, by_address);
    size_t kept = 0;
    for (size_t i = 0; i < entries.len; i++) {
        if (kept && entries.items[i].object.address - entries.items[kept - 1].object.address <
                        python->strategy.arena_size) {
            exu_anomaly_add(b->anomalies, entries.items[i].object.address, "arena", "two arenas overlap");
            continue;
        }
        entries.items[kept++] = entries.items[i];
    }
    *ret = entries.items;
    *ret_len = kept;
    return NULL;
}

/* Without arenas (PYTHONMALLOC=malloc_debug) the collector's youngest lists tell: what the hooks wrote stands
 * before the GC heads. */
static void sample_debug_objects(struct build *b)
{
    const struct exu_python *python = b->p->private->python;
    const struct exu_layout *l = b->layout;
    exu_addr list, interpreter, node;
    struct exu_gc_place place;
    if (!exu_has(l, EXU_sizeof_gc_generation) || !exu_place_interpreters(python, &list) ||
        !exu_reader_u64(&b->reader, list, &interpreter))
        return;
    exu_gc_place(python, interpreter, &place);
    for (uint32_t g = 0; place.generations && g < 3; g++) {
        exu_addr head = place.generations + g * exu_size(l, EXU_sizeof_gc_generation) +
                        exu_offset(l, EXU_gc_generation_head);
        node = head;
        for (int i = 0; i < 64; i++) {
            if (!exu_reader_u64(&b->reader, node + exu_offset(l, EXU_PyGC_Head__gc_next), &node))
                break;
            node &= python->strategy.gc_next_mask;
            const uint8_t *before =
                node == head ? NULL : exu_reader_at(&b->reader, node - DEBUG_HEADER, DEBUG_HEADER);
            if (!before)
                break;
            b->sampled_blocks++;
            b->debug_blocks += debug_header(&python->strategy, before);
        }
    }
}

static struct exu_error *read_arenas(struct build *b)
{
    struct exu_pymalloc *p = b->p;
    const struct exu_python *python = p->private->python;
    exu_arena_arrays arrays = {0};
    bool found = exu_arenas_find(python, &arrays, &p->absent);
    if (arrays.len) {
        struct entry *entries = NULL;
        size_t count = 0;
        p->arena_objects = arrays.items[0].address;
        p->arena_slots = arrays.items[0].length;
        struct exu_error *error = found ? collect(b, &arrays, &entries, &count) : exu_error_memory();
        exu_vec_free(&arrays);
        EXU_TRY(error);
        p->arenas = calloc(count + 1, sizeof *p->arenas);
        p->private->first_pools = calloc(count + 1, sizeof *p->private->first_pools);
        bool fine = p->arenas && p->private->first_pools;
        for (size_t i = 0; fine && i < count; i++) {
            p->arenas[i] = (struct exu_arena){.address = entries[i].object.address,
                                              .size = python->strategy.arena_size,
                                              .pools = entries[i].object.ntotalpools};
            p->arena_count = i + 1;
            p->private->last_arena_end = p->arenas[i].address + p->arenas[i].size;
            fine = read_arena(b, &p->arenas[i], &entries[i].object, entries[i].index, (uint32_t)i);
        }
        free(entries);
        if (!fine)
            return exu_error_memory();
    }
    if (!found)
        return exu_error_memory();
    if (!b->sampled_blocks)
        sample_debug_objects(b);
    if (b->debug_blocks > b->sampled_blocks / 2) {
        p->debug = true;
        p->debug_offset = DEBUG_HEADER;
    }
    return NULL;
}

struct exu_error *exu_pymalloc_open(struct exu_pymalloc **ret, const struct exu_python *python,
                                    struct exu_anomalies *anomalies)
{
    const struct exu_strategy *s = &python->strategy;
    struct exu_pymalloc *p = calloc(1, sizeof *p);
    if (!p || !(p->private = calloc(1, sizeof *p->private))) {
        free(p);
        return exu_error_memory();
    }
    p->private->python = python;
    struct build b = {.p = p,
                      .anomalies = anomalies,
                      .reader = {.memory = python->core->memory},
                      .layout = &python->layout,
                      .alignment = s->alignment};
    uint32_t header = exu_size(b.layout, EXU_sizeof_pool_header);
    struct exu_error *error = NULL;
    if (header && s->alignment && s->pool_size > header && s->arena_size / s->pool_size <= ARENA_POOLS_MAX) {
        p->private->pool_size = s->pool_size;
        p->private->header_size = (uint32_t)exu_round_up(header, s->alignment);
        p->private->stride = ((s->pool_size - header) / s->alignment + 63) / 64;
        b.size_classes = s->small_threshold / s->alignment;
        error = read_arenas(&b);
    } else {
        p->absent = "obmalloc's structures are not known for this interpreter";
    }
    p->pools = b.pools.items;
    p->pool_count = b.pools.len;
    p->private->used = b.used.items;
    if (error) {
        exu_pymalloc_close(p);
        return error;
    }
    *ret = p;
    return NULL;
}

void exu_pymalloc_close(struct exu_pymalloc *p)
{
    if (!p)
        return;
    free(p->private->used);
    free(p->private->first_pools);
    free(p->private);
    free(p->arenas);
    free(p->pools);
    free(p);
}

bool exu_pymalloc_block(const struct exu_pymalloc *p, exu_addr address, struct exu_block *ret)
{
    const struct exu_pymalloc_private *private = p->private;
    if (!p->arena_count || address < p->arenas[0].address || address >= private->last_arena_end)
        return false;
    size_t low = 0, high = p->arena_count; /* arenas[low] begins at or before the address */
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (p->arenas[middle].address <= address)
            low = middle;
        else
            high = middle;
    }
    if (address < private->first_pools[low])
        return false;
    uint64_t number = (address - private->first_pools[low]) / private->pool_size;
    if (number >= p->arenas[low].pool_count)
        return false;
    uint32_t index = p->arenas[low].first_pool + (uint32_t)number;
    const struct exu_pool *pool = &p->pools[index];
    uint32_t offset = (uint32_t)(address - pool->address);
    if (!pool->block_size || offset < private->header_size)
        return false;
    uint32_t block = (offset - private->header_size) / pool->block_size;
    if (block >= pool->blocks)
        return false;
    ret->start = pool->address + private->header_size + (uint64_t)block * pool->block_size;
    ret->size = pool->block_size;
    ret->pool = index;
    ret->used = private->used[(size_t)index * private->stride + block / 64] >> (block % 64) & 1;
    return true;
}

/* One header; false when there is none. */
static bool step_inside(const struct exu_python *python, exu_addr *start, uint64_t *size)
{
    const uint8_t *header =
        *size >= DEBUG_HEADER ? exu_memory_at(python->core->memory, *start, DEBUG_HEADER) : NULL;
    if (!header || !debug_header(&python->strategy, header))
        return false;
    uint64_t asked = __builtin_bswap64(exu_load_u64(header)); /* write_size_t: big-endian */
    if (asked > *size - DEBUG_HEADER)
        return false;
    *start += DEBUG_HEADER;
    *size = asked;
    return true;
}

void exu_pymalloc_inside(const struct exu_pymalloc *p, exu_addr *start, uint64_t *size)
{
    /* What is too large for pymalloc goes on to PyMem_RawMalloc, which has hooks of its own. */
    for (int i = 0; p->debug && i < 2 && step_inside(p->private->python, start, size); i++)
        ;
}

void exu_pymalloc_each_used(const struct exu_pymalloc *p,
                            void (*block)(void *context, const struct exu_block *block), void *context)
{
    const struct exu_pymalloc_private *private = p->private;
    for (size_t i = 0; i < p->pool_count; i++) {
        const struct exu_pool *pool = &p->pools[i];
        if (!pool->used_blocks)
            continue;
        const uint64_t *bits = private->used + i * private->stride;
        exu_addr first = pool->address + private->header_size;
        struct exu_block b = {.size = pool->block_size, .pool = (uint32_t)i, .used = true};
        for (uint32_t word = 0; word < (pool->blocks + 63) / 64; word++) {
            for (uint64_t left = bits[word]; left; left &= left - 1) {
                uint32_t number = word * 64 + (uint32_t)__builtin_ctzll(left);
                b.start = first + (uint64_t)number * pool->block_size;
                block(context, &b);
            }
        }
    }
}
