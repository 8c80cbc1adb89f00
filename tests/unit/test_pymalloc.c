/* obmalloc in a hand-made process: one arena that is not aligned to pools, found by shape. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "heap/pymalloc.h"
#include "heap/pymalloc_absent.h"

#define POOL 16384u
#define ARENA (1u << 20)
#define IMAGE_BASE 0x400000ull
#define ARRAY_BASE 0x10000000ull
#define ARENA_BASE 0x7f0000001000ull
#define FIRST_POOL 0x7f0000004000ull
#define POOLS 63u
#define LENGTH 16u

struct world {
    struct exu_memory *memory;
    struct exu_anomalies anomalies;
    struct exu_core core;
    struct exu_image image;
    struct exu_python *python;
    struct exu_pymalloc *pymalloc;
    uint8_t *statics, *array, *arena;
};

static void put64(uint8_t *p, uint64_t value)
{
    memcpy(p, &value, 8);
}

static void put32(uint8_t *p, uint32_t value)
{
    memcpy(p, &value, 4);
}

static void set_slot(struct exu_layout *l, enum exu_field f, uint32_t offset, uint32_t size)
{
    l->slot[f] = (struct exu_slot){.offset = offset, .size = size};
}

static void add_segment(struct exu_memory *m, exu_addr start, uint64_t size, const uint8_t *bytes)
{
    uint32_t mapping;
    uint8_t perms = EXU_PERM_R | EXU_PERM_W;
    assert_null(exu_memory_add_mapping(
        m, &(struct exu_mapping){.start = start, .end = start + size, .perms = perms, .kind = "anonymous"},
        &mapping));
    assert_null(exu_memory_add_segment(m, &(struct exu_segment){.start = start,
                                                                .end = start + size,
                                                                .bytes = bytes,
                                                                .mapping = mapping,
                                                                .backing = EXU_BACKING_CORE,
                                                                .perms = perms}));
}

static uint8_t *pool_at(struct world *w, uint32_t number)
{
    return w->arena + (FIRST_POOL - ARENA_BASE) + (size_t)number * POOL;
}

static exu_addr pool_address(uint32_t number)
{
    return FIRST_POOL + (uint64_t)number * POOL;
}

/* A pool of `size`-byte blocks of which the first `touched` were handed out once. */
static void make_pool(struct world *w, uint32_t number, uint32_t size, uint32_t touched, uint32_t used)
{
    uint8_t *p = pool_at(w, number);
    put32(p, used);
    put32(p + 32, 0);
    put32(p + 36, size / 16 - 1);
    put32(p + 40, 48 + touched * size);
    put32(p + 44, POOL - size);
}

static void make_world(struct world *w)
{
    memset(w, 0, sizeof *w);
    exu_anomalies_init(&w->anomalies);
    w->statics = calloc(1, 4096);
    w->array = calloc(LENGTH, 48);
    w->arena = calloc(1, ARENA);
    w->python = calloc(1, sizeof *w->python);
    assert_true(w->statics && w->array && w->arena && w->python);
    struct exu_layout *l = &w->python->layout;
    set_slot(l, EXU_sizeof_pool_header, 0, 48);
    set_slot(l, EXU_pool_header_ref_count, 0, 4);
    set_slot(l, EXU_pool_header_freeblock, 8, 8);
    set_slot(l, EXU_pool_header_nextpool, 16, 8);
    set_slot(l, EXU_pool_header_arenaindex, 32, 4);
    set_slot(l, EXU_pool_header_szidx, 36, 4);
    set_slot(l, EXU_pool_header_nextoffset, 40, 4);
    set_slot(l, EXU_pool_header_maxnextoffset, 44, 4);
    set_slot(l, EXU_sizeof_arena_object, 0, 48);
    set_slot(l, EXU_arena_object_address, 0, 8);
    set_slot(l, EXU_arena_object_pool_address, 8, 8);
    set_slot(l, EXU_arena_object_nfreepools, 16, 4);
    set_slot(l, EXU_arena_object_ntotalpools, 20, 4);
    set_slot(l, EXU_arena_object_freepools, 24, 8);
    set_slot(l, EXU_arena_object_nextarena, 32, 8);

    /* usable_arenas, unused_arena_objects, maxarenas, arenas */
    put64(w->statics + 0x100, ARRAY_BASE);
    put64(w->statics + 0x108, ARRAY_BASE + 48);
    put32(w->statics + 0x110, LENGTH);
    put64(w->statics + 0x118, ARRAY_BASE);
    for (uint32_t i = 1; i < LENGTH; i++)
        put64(w->array + 48 * i + 32, i + 1 < LENGTH ? ARRAY_BASE + 48 * (i + 1) : 0);

    /* Three carved pools: 64-byte blocks with free ones, 512-byte blocks all used, an empty one. */
    put64(w->array, ARENA_BASE);
    put64(w->array + 8, pool_address(3));
    put32(w->array + 16, POOLS - 3 + 1);
    put32(w->array + 20, POOLS);
    put64(w->array + 24, pool_address(2));
    make_pool(w, 0, 64, 100, 98);
    put64(pool_at(w, 0) + 8, pool_address(0) + 48 + 64 * 70);
    put64(pool_at(w, 0) + 48 + 64 * 70, pool_address(0) + 48 + 64 * 3);
    put64(pool_at(w, 0) + 48 + 64 * 3, 0);
    make_pool(w, 1, 512, 31, 31);
    make_pool(w, 2, 32, 510, 0);
}

static void open_world_as(struct world *w, enum exu_place place)
{
    assert_null(exu_memory_create(&w->memory));
    add_segment(w->memory, IMAGE_BASE, 4096, w->statics);
    add_segment(w->memory, ARRAY_BASE, LENGTH * 48, w->array);
    add_segment(w->memory, ARENA_BASE, ARENA, w->arena);
    assert_null(exu_memory_seal(w->memory, &w->anomalies));
    w->core.memory = w->memory;
    w->image = (struct exu_image){.path = "/python", .start = IMAGE_BASE, .end = IMAGE_BASE + 4096};
    w->python->core = &w->core;
    w->python->image = &w->image;
    w->python->strategy = (struct exu_strategy){
        .pool_size = POOL, .arena_size = ARENA, .alignment = 16, .small_threshold = 512,
        .obmalloc_place = place, .interpreters_place = EXU_PLACE_RUNTIME, .debug_forbidden = 0xfd};
    assert_null(exu_pymalloc_open(&w->pymalloc, w->python, &w->anomalies));
}

static void open_world(struct world *w)
{
    open_world_as(w, EXU_PLACE_STATIC);
}

static void free_world(struct world *w)
{
    exu_pymalloc_close(w->pymalloc);
    exu_memory_destroy(w->memory);
    exu_anomalies_deinit(&w->anomalies);
    free(w->statics);
    free(w->array);
    free(w->arena);
    free(w->python);
}

static bool has_anomaly(const struct world *w, const char *kind)
{
    for (size_t i = 0; i < w->anomalies.kind_count; i++)
        if (strcmp(w->anomalies.kinds[i].kind, kind) == 0)
            return true;
    return false;
}

static void finds_arenas_by_shape(void **state)
{
    (void)state;
    struct world w;
    make_world(&w);
    open_world(&w);
    const struct exu_pymalloc *p = w.pymalloc;
    assert_int_equal(exu_anomaly_total(&w.anomalies), 0);
    assert_int_equal(p->arena_objects, ARRAY_BASE);
    assert_int_equal(p->arena_slots, LENGTH);
    assert_int_equal(p->arena_count, 1);
    assert_int_equal(p->arenas[0].pools, POOLS);
    assert_int_equal(p->arenas[0].free_pools, POOLS - 2);
    assert_int_equal(p->arenas[0].used_bytes, 98 * 64 + 31 * 512);
    assert_int_equal(p->pool_count, 3);
    assert_int_equal(p->pools[0].blocks, (POOL - 48) / 64);
    assert_int_equal(p->pools[0].used_blocks, 98);
    assert_int_equal(p->pools[0].free_blocks, 2);
    assert_int_equal(p->pools[0].untouched_blocks, (POOL - 48) / 64 - 100);
    assert_int_equal(p->pools[1].used_blocks, 31);
    assert_int_equal(p->pools[1].untouched_blocks, 0);
    assert_int_equal(p->pools[2].block_size, 0);
    assert_false(p->debug);
    free_world(&w);
}

static void tells_used_blocks(void **state)
{
    (void)state;
    struct world w;
    make_world(&w);
    open_world(&w);
    struct exu_block b;
    assert_true(exu_pymalloc_block(w.pymalloc, pool_address(0) + 48 + 64 * 5 + 17, &b));
    assert_int_equal(b.start, pool_address(0) + 48 + 64 * 5);
    assert_int_equal(b.size, 64);
    assert_int_equal(b.pool, 0);
    assert_true(b.used);
    assert_true(exu_pymalloc_block(w.pymalloc, pool_address(0) + 48 + 64 * 70, &b));
    assert_false(b.used); /* freed */
    assert_true(exu_pymalloc_block(w.pymalloc, pool_address(0) + 48 + 64 * 100, &b));
    assert_false(b.used);                                                   /* never handed out */
    assert_false(exu_pymalloc_block(w.pymalloc, pool_address(0) + 47, &b)); /* the header */
    assert_false(
        exu_pymalloc_block(w.pymalloc, pool_address(1) + POOL - 1, &b));     /* the rest behind the blocks */
    assert_false(exu_pymalloc_block(w.pymalloc, pool_address(2) + 100, &b)); /* empty */
    assert_false(exu_pymalloc_block(w.pymalloc, pool_address(3) + 100, &b)); /* not carved */
    assert_false(exu_pymalloc_block(w.pymalloc, ARENA_BASE + 8, &b));        /* before the first pool */
    assert_false(exu_pymalloc_block(w.pymalloc, 0, &b));
    assert_false(exu_pymalloc_block(w.pymalloc, UINT64_MAX, &b));
    free_world(&w);
}

struct tally {
    uint64_t count, bytes;
    exu_addr last;
    bool ordered;
};

static void tally_block(void *context, const struct exu_block *block)
{
    struct tally *t = context;
    t->ordered = t->ordered && block->start > t->last && block->used;
    t->last = block->start;
    t->count++;
    t->bytes += block->size;
}

static void lists_used_blocks_in_order(void **state)
{
    (void)state;
    struct world w;
    make_world(&w);
    open_world(&w);
    struct tally t = {.ordered = true};
    exu_pymalloc_each_used(w.pymalloc, tally_block, &t);
    assert_true(t.ordered);
    assert_int_equal(t.count, 98 + 31);
    assert_int_equal(t.bytes, 98 * 64 + 31 * 512);
    free_world(&w);
}

/* Every damage is an anomaly of its kind, and the rest is still there. */
static void survives_damage(void **state)
{
    (void)state;
    struct world w;

    make_world(&w); /* the count disagrees with the lists */
    put32(pool_at(&w, 1), 30);
    open_world(&w);
    assert_true(has_anomaly(&w, "pool-count"));
    assert_int_equal(w.pymalloc->pools[1].used_blocks, 31);
    free_world(&w);

    make_world(&w); /* a loop */
    put64(pool_at(&w, 0) + 48 + 64 * 3, pool_address(0) + 48 + 64 * 70);
    open_world(&w);
    assert_true(has_anomaly(&w, "pool-free-list"));
    assert_int_equal(w.pymalloc->pools[0].free_blocks, 2);
    free_world(&w);

    static const uint64_t wild[] = {1,
                                    UINT64_MAX,
                                    FIRST_POOL,
                                    FIRST_POOL + 40,
                                    FIRST_POOL + POOL + 48,
                                    FIRST_POOL + 48 + 64 * 3 + 8,
                                    FIRST_POOL + 48 + 64 * 150};
    for (size_t i = 0; i < EXU_COUNT(wild); i++) {
        make_world(&w);
        put64(pool_at(&w, 0) + 8, wild[i]);
        open_world(&w);
        assert_true(has_anomaly(&w, "pool-free-list"));
        assert_int_equal(w.pymalloc->pools[0].used_blocks, 100);
        free_world(&w);
    }

    make_world(&w); /* a size class that can't be */
    put32(pool_at(&w, 1) + 36, 77);
    open_world(&w);
    assert_true(has_anomaly(&w, "pool-size"));
    assert_int_equal(w.pymalloc->pools[1].block_size, 0);
    assert_int_equal(w.pymalloc->pools[0].used_blocks, 98);
    free_world(&w);

    make_world(&w); /* offsets that can't be */
    put32(pool_at(&w, 0) + 44, UINT32_MAX);
    open_world(&w);
    assert_true(has_anomaly(&w, "pool-untouched"));
    free_world(&w);

    make_world(&w); /* the list of empty pools loops */
    put64(pool_at(&w, 2) + 16, pool_address(2));
    open_world(&w);
    assert_true(has_anomaly(&w, "arena-free-list"));
    assert_int_equal(w.pymalloc->arenas[0].free_pools, POOLS - 2);
    free_world(&w);
}

/* xorshift64: the same damage on every run. */
static uint64_t random_word(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* Whatever is wrong, the numbers of each pool add up and each used block is found again. */
static void check_block(void *context, const struct exu_block *block)
{
    struct world *w = context;
    struct exu_block again;
    assert_true(exu_pymalloc_block(w->pymalloc, block->start + block->size - 1, &again));
    assert_true(again.used && again.start == block->start && again.pool == block->pool);
}

static void survives_random_damage(void **state)
{
    (void)state;
    uint64_t seed = 88172645463325252ull;
    for (int round = 0; round < 200; round++) {
        struct world w;
        make_world(&w);
        for (uint64_t n = 1 + random_word(&seed) % 4; n; n--) {
            uint64_t value = random_word(&seed), pick = random_word(&seed) % 4;
            uint8_t *where = pool_at(&w, (uint32_t)(value >> 32) % 3) + random_word(&seed) % 6 * 8;
            if (pick == 0)
                where = w.array + random_word(&seed) % (LENGTH * 6) * 8;
            else if (pick == 1)
                where = pool_at(&w, 0) + 48 + 64 * (random_word(&seed) % 2 ? 3 : 70);
            put64(where, value % 3 == 0   ? value
                         : value % 3 == 1 ? FIRST_POOL + (value >> 8) % (3 * POOL) / 8 * 8
                                          : value % POOL);
        }
        open_world(&w);
        const struct exu_pymalloc *p = w.pymalloc;
        for (size_t i = 0; i < p->pool_count; i++)
            assert_int_equal(p->pools[i].used_blocks + p->pools[i].free_blocks + p->pools[i].untouched_blocks,
                             p->pools[i].blocks);
        exu_pymalloc_each_used(p, check_block, &w);
        free_world(&w);
    }
}

static void without_arenas(void **state)
{
    (void)state;
    struct world w;
    make_world(&w);
    memset(w.statics, 0, 4096);
    open_world(&w);
    assert_int_equal(w.pymalloc->arena_count, 0);
    assert_non_null(w.pymalloc->absent);
    assert_int_equal(exu_anomaly_total(&w.anomalies), 0);

    /* Objects that lie in no chunk of malloc's: arenas were lost. (With chunks: the oracle, PYTHONMALLOC=malloc.) */
    struct exu_malloc *m;
    exu_addr objects[] = {ARENA_BASE + 32, IMAGE_BASE + 64};
    struct exu_interpreter interpreter = {.generations = {{.objects = objects, .object_count = 2}}};
    struct exu_gc gc = {.interpreters = &interpreter, .interpreter_count = 1};
    w.core.images = &w.image;
    w.core.image_count = 1;
    assert_null(exu_malloc_open(&m, &w.core, NULL));
    exu_pymalloc_judge_absence(w.pymalloc, m, &gc, &w.core, &w.anomalies);
    exu_malloc_close(m);
    assert_true(has_anomaly(&w, "no-arenas"));
    free_world(&w);

    /* An array that nothing proves: the pool names another arena. */
    make_world(&w);
    put32(pool_at(&w, 0) + 32, 5);
    open_world(&w);
    assert_int_equal(w.pymalloc->arena_count, 0);
    free_world(&w);
}

static void sees_debug_hooks(void **state)
{
    (void)state;
    struct world w;
    make_world(&w);
    for (uint32_t i = 0; i < 100; i++)
        if (i != 3 && i != 70)
            put64(pool_at(&w, 0) + 48 + 64 * i + 8, 0xfdfdfdfdfdfdfd00ull | 'o');
    put64(pool_at(&w, 0) + 48 + 64, __builtin_bswap64(40));
    put64(pool_at(&w, 0) + 48 + 128, __builtin_bswap64(49));
    for (uint32_t i = 0; i < 31; i++)
        put64(pool_at(&w, 1) + 48 + 512 * i + 8, 0xfdfdfdfdfdfdfd00ull | 'm');
    put64(pool_at(&w, 1) + 48, __builtin_bswap64(400)); /* hooks of two layers */
    put64(pool_at(&w, 1) + 48 + 16, __builtin_bswap64(300));
    put64(pool_at(&w, 1) + 48 + 24, 0xfdfdfdfdfdfdfd00ull | 'm');
    open_world(&w);
    assert_true(w.pymalloc->debug);
    assert_int_equal(w.pymalloc->debug_offset, 16);
    assert_int_equal(exu_anomaly_total(&w.anomalies), 0);
    exu_addr start = pool_address(0) + 48;
    uint64_t size = 64;
    exu_pymalloc_inside(w.pymalloc, &start, &size); /* the header says 0 bytes */
    assert_int_equal(start, pool_address(0) + 64);
    assert_int_equal(size, 0);
    start = pool_address(0) + 48 + 64;
    size = 64;
    exu_pymalloc_inside(w.pymalloc, &start, &size);
    assert_int_equal(start, pool_address(0) + 48 + 64 + 16);
    assert_int_equal(size, 40);
    start = pool_address(1) + 48;
    size = 512;
    exu_pymalloc_inside(w.pymalloc, &start, &size);
    assert_int_equal(start, pool_address(1) + 48 + 32);
    assert_int_equal(size, 300);
    start = pool_address(0) + 48 + 128;
    size = 64;
    exu_pymalloc_inside(w.pymalloc, &start, &size); /* more than the block has: no header of a hook's */
    assert_int_equal(start, pool_address(0) + 48 + 128);
    free_world(&w);
}

/* Three interpreters: one with the arenas, one that shares them, one whose obmalloc was never used. */
static void finds_arenas_by_interpreters(void **state)
{
    (void)state;
    static const enum exu_place places[] = {EXU_PLACE_INTERPRETER, EXU_PLACE_POINTER};
    for (size_t i = 0; i < EXU_COUNT(places); i++) {
        struct world w;
        make_world(&w);
        struct exu_layout *l = &w.python->layout;
        memset(w.statics, 0, 0x200); /* nothing to be found by shape */
        set_slot(l, EXU__PyRuntimeState_interpreters_head, 0, 8);
        set_slot(l, EXU_PyInterpreterState_next, 0, 8);
        set_slot(l, EXU_PyInterpreterState_obmalloc, 16, places[i] == EXU_PLACE_POINTER ? 8 : 64);
        set_slot(l, EXU__obmalloc_state_mgmt_arenas, 8, 8);
        set_slot(l, EXU__obmalloc_state_mgmt_maxarenas, 32, 4);
        w.python->runtime = IMAGE_BASE + 0x300;
        put64(w.statics + 0x300, IMAGE_BASE + 0x400);
        put64(w.statics + 0x400, IMAGE_BASE + 0x500);
        put64(w.statics + 0x500, IMAGE_BASE + 0x600);
        if (places[i] == EXU_PLACE_POINTER) {
            put64(w.statics + 0x400 + 16, IMAGE_BASE + 0x700);
            put64(w.statics + 0x500 + 16, IMAGE_BASE + 0x700);
            put64(w.statics + 0x600 + 16, IMAGE_BASE + 0x800);
        }
        uint8_t *obmalloc = w.statics + (places[i] == EXU_PLACE_POINTER ? 0x700 : 0x410);
        put64(obmalloc + 8, ARRAY_BASE);
        put32(obmalloc + 32, LENGTH);
        open_world_as(&w, places[i]);
        assert_int_equal(exu_anomaly_total(&w.anomalies), 0);
        assert_int_equal(w.pymalloc->arena_count, 1);
        assert_int_equal(w.pymalloc->pools[0].used_blocks, 98);
        free_world(&w);

        make_world(&w); /* PYTHONMALLOC=malloc: that there is none is no anomaly */
        l = &w.python->layout;
        memset(w.statics, 0, 0x200);
        set_slot(l, EXU__PyRuntimeState_interpreters_head, 0, 8);
        set_slot(l, EXU_PyInterpreterState_next, 0, 8);
        set_slot(l, EXU_PyInterpreterState_obmalloc, 16, places[i] == EXU_PLACE_POINTER ? 8 : 64);
        set_slot(l, EXU__obmalloc_state_mgmt_arenas, 8, 8);
        set_slot(l, EXU__obmalloc_state_mgmt_maxarenas, 32, 4);
        w.python->runtime = IMAGE_BASE + 0x300;
        put64(w.statics + 0x300, IMAGE_BASE + 0x400);
        put64(w.statics + 0x400 + 16, places[i] == EXU_PLACE_POINTER ? IMAGE_BASE + 0x700 : 0);
        open_world_as(&w, places[i]);
        assert_int_equal(exu_anomaly_total(&w.anomalies), 0);
        assert_int_equal(w.pymalloc->arena_count, 0);
        free_world(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_arenas_by_shape),
        cmocka_unit_test(tells_used_blocks),
        cmocka_unit_test(lists_used_blocks_in_order),
        cmocka_unit_test(survives_damage),
        cmocka_unit_test(without_arenas),
        cmocka_unit_test(survives_random_damage),
        cmocka_unit_test(sees_debug_hooks),
        cmocka_unit_test(finds_arenas_by_interpreters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
