/* glibc's malloc in a hand-made process, once in the layout of 2.36 and once in that of 2.31: a main heap
 * with chunks of every state, an arena with two heaps, mmapped chunks side by side. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "heap/malloc.h"

#define LIBC 0x7f2000000000ull
#define LIBC_BYTES 0x4000u
#define PAR 0x200u
#define MAIN 0x800u
#define HEAP 0x555500000000ull
#define HEAP_BYTES 0x21000u
#define FIRST 0x7f3004000000ull /* heap_info of the arena's first heap, then the one in use */
#define SECOND 0x7f3008000000ull
#define ARENA_BYTES 0x4000u
#define MMAPPED 0x7f4000000000ull
#define MMAPPED_BYTES 0x80000u
#define TLS 0x7f5000000000ull
#define TLS_BYTES 0x4000u

#define BINS 112u
#define PREV 1u

struct memory_part {
    exu_addr start;
    uint32_t size;
    uint8_t *bytes;
};

struct world {
    bool old; /* glibc 2.31 */
    struct memory_part parts[6];
    size_t part_count;
    struct exu_memory *memory;
    struct exu_anomalies anomalies;
    struct exu_core core;
    struct exu_image images[2];
    struct exu_core_thread thread;
    struct exu_malloc *malloc;
};

static uint8_t *at(struct world *w, exu_addr address)
{
    for (size_t i = 0; i < w->part_count; i++)
        if (address >= w->parts[i].start && address - w->parts[i].start < w->parts[i].size)
            return w->parts[i].bytes + (address - w->parts[i].start);
    fail_msg("no memory at %#llx", (unsigned long long)address);
    return NULL;
}

static void put(struct world *w, exu_addr address, uint64_t value)
{
    memcpy(at(w, address), &value, 8);
}

static void put32(struct world *w, exu_addr address, uint32_t value)
{
    memcpy(at(w, address), &value, 4);
}

static void put_link(struct world *w, exu_addr slot, exu_addr target)
{
    put(w, slot, w->old ? target : target ^ (slot >> 12));
}

static void add_part(struct world *w, exu_addr start, uint32_t size)
{
    uint8_t *bytes = calloc(1, size);
    assert_non_null(bytes);
    w->parts[w->part_count++] = (struct memory_part){start, size, bytes};
}

static exu_addr bin(exu_addr arena, uint32_t i)
{
    return arena + BINS + 16 * (i - 1) - 16;
}

static void make_state(struct world *w, exu_addr arena, exu_addr top, exu_addr next, uint64_t system_bytes)
{
    for (uint32_t i = 1; i < 127; i++) {
        put(w, bin(arena, i) + 16, bin(arena, i));
        put(w, bin(arena, i) + 24, bin(arena, i));
    }
    put(w, arena + 96, top);
    put(w, arena + 2160, next);
    put(w, arena + 2184, system_bytes);
    put(w, arena + 2192, system_bytes);
}

static void into_bin(struct world *w, exu_addr arena, uint32_t i, exu_addr chunk)
{
    put(w, bin(arena, i) + 16, chunk);
    put(w, bin(arena, i) + 24, chunk);
    put(w, chunk + 16, bin(arena, i));
    put(w, chunk + 24, bin(arena, i));
}

static void make_par(struct world *w)
{
    exu_addr par = LIBC + PAR;
    uint32_t more = w->old ? 0 : 24; /* thp_pagesize, hp_pagesize, hp_flags */
    put(w, par, 131072);
    put(w, par + 8, 131072);
    put(w, par + 16, 131072);
    put(w, par + 24, 8);
    put32(w, par + (w->old ? 40 : 60), 2);
    put32(w, par + (w->old ? 44 : 64), 65536);
    put(w, par + 56 + more, 0x44000);
    put(w, par + 64 + more, 0x44000);
    put(w, par + 72 + more, HEAP);
    put(w, par + 80 + more, 64);
    put(w, par + 88 + more, 1032);
    put(w, par + 96 + more, 7);
}

static exu_addr arena_address(const struct world *w)
{
    return FIRST + (w->old ? 32 : 48);
}

static exu_addr arena_chunks(const struct world *w)
{
    return (arena_address(w) + 2200 + 15) & ~15ull;
}

static void make_main_heap(struct world *w)
{
    exu_addr arena = LIBC + MAIN;
    make_state(w, arena, HEAP + 0x2000, arena_address(w), HEAP_BYTES);
    put(w, HEAP + 8, 0x290 | PREV);         /* the tcache */
    put(w, HEAP + 0x290 + 8, 0x40 | PREV);  /* used */
    put(w, HEAP + 0x2d0 + 8, 0x30 | PREV);  /* tcache */
    put(w, HEAP + 0x300 + 8, 0x30 | PREV);  /* tcache */
    put(w, HEAP + 0x330 + 8, 0x500 | PREV); /* unsorted */
    put(w, HEAP + 0x830, 0x500);
    put(w, HEAP + 0x830 + 8, 0x20);         /* fastbin */
    put(w, HEAP + 0x850 + 8, 0x20 | PREV);  /* fastbin */
    put(w, HEAP + 0x870 + 8, 0x100 | PREV); /* unsorted */
    put(w, HEAP + 0x970, 0x100);
    put(w, HEAP + 0x970 + 8, 0x2000 - 0x970);
    put(w, HEAP + 0x2000 + 8, (HEAP_BYTES - 0x2000) | PREV);
    into_bin(w, arena, 1, HEAP + 0x330);
    put(w, bin(arena, 1) + 24, HEAP + 0x870);
    put(w, HEAP + 0x330 + 16, HEAP + 0x870);
    put(w, HEAP + 0x870 + 16, bin(arena, 1));
    put(w, HEAP + 0x870 + 24, HEAP + 0x330);
    put(w, arena + 16, HEAP + 0x830);
    put_link(w, HEAP + 0x830 + 16, HEAP + 0x850);
    put_link(w, HEAP + 0x850 + 16, 0);
    /* tcache bin 1: two chunks of 0x30 */
    put(w, HEAP + 0x10, 2ull << 16);
    put(w, HEAP + 0x10 + 128 + 8, HEAP + 0x2d0 + 16);
    uint64_t key = w->old ? HEAP + 0x10 : 0x1122334455667788ull;
    put_link(w, HEAP + 0x2d0 + 16, HEAP + 0x300 + 16);
    put(w, HEAP + 0x2d0 + 24, key);
    put_link(w, HEAP + 0x300 + 16, 0);
    put(w, HEAP + 0x300 + 24, key);
    put(w, TLS + 0x1000 - 0x40, HEAP + 0x10); /* libc's thread-local `tcache` */
}

static void make_arena(struct world *w)
{
    exu_addr arena = arena_address(w), info = w->old ? 32 : 48, chunk = arena_chunks(w);
    put(w, FIRST, arena);
    put(w, FIRST + 16, ARENA_BYTES);
    put(w, SECOND, arena);
    put(w, SECOND + 8, FIRST);
    put(w, SECOND + 16, ARENA_BYTES);
    make_state(w, arena, SECOND + 0x1000, LIBC + MAIN, 2 * ARENA_BYTES);
    /* The first heap: a used chunk, a free one (once top), the fenceposts. */
    put(w, chunk + 8, 0x100 | PREV | 4);
    uint64_t rest = FIRST + ARENA_BYTES - 32 - (chunk + 0x100);
    put(w, chunk + 0x108, rest | PREV | 4);
    put(w, FIRST + ARENA_BYTES - 32, rest);
    put(w, FIRST + ARENA_BYTES - 32 + 8, 16);
    put(w, FIRST + ARENA_BYTES - 16 + 8, PREV);
    into_bin(w, arena, 70, chunk + 0x100);
    /* The second: one used chunk, top. */
    put(w, SECOND + info + 8, (0x1000 - info) | PREV | 4);
    put(w, SECOND + 0x1000 + 8, (ARENA_BYTES - 0x1000) | PREV);
}

static void make_world(struct world *w, bool old)
{
    memset(w, 0, sizeof *w);
    w->old = old;
    exu_anomalies_init(&w->anomalies);
    add_part(w, LIBC, LIBC_BYTES);
    add_part(w, HEAP, HEAP_BYTES);
    add_part(w, FIRST, ARENA_BYTES);
    add_part(w, SECOND, ARENA_BYTES);
    add_part(w, MMAPPED, MMAPPED_BYTES);
    add_part(w, TLS, TLS_BYTES);
    make_par(w);
    make_main_heap(w);
    make_arena(w);
    put(w, MMAPPED + 8, 0x21000 | 2); /* two side by side, then memory that is not malloc's */
    put(w, MMAPPED + 0x21000 + 8, 0x23000 | 2);
    put(w, MMAPPED + 0x50000, 77);
}

static void open_world(struct world *w)
{
    assert_null(exu_memory_create(&w->memory));
    for (size_t i = 0; i < w->part_count; i++) {
        const struct memory_part *p = &w->parts[i];
        uint32_t mapping;
        struct exu_mapping m = {.start = p->start,
                                .end = p->start + p->size,
                                .perms = EXU_PERM_R | EXU_PERM_W,
                                .path = i ? NULL : "/lib/libc.so.6",
                                .kind = i ? "anonymous" : "file"};
        assert_null(exu_memory_add_mapping(w->memory, &m, &mapping));
        struct exu_segment s = {
            .start = m.start, .end = m.end, .bytes = p->bytes, .mapping = mapping, .perms = m.perms};
        assert_null(exu_memory_add_segment(w->memory, &s));
    }
    assert_null(exu_memory_seal(w->memory, &w->anomalies));
    w->core.memory = w->memory;
    if (!w->images[0].path)
        w->images[0].path = "/lib/libc.so.6";
    w->images[0].start = LIBC;
    w->images[0].end = LIBC + LIBC_BYTES;
    w->core.images = w->images;
    w->core.image_count = w->images[1].path ? 2 : 1;
    w->thread.thread_pointer = TLS + 0x1000 + 0x1000;
    w->core.threads = &w->thread;
    w->core.thread_count = 1;
    assert_null(exu_malloc_open(&w->malloc, &w->core, &w->anomalies));
}

static void free_world(struct world *w)
{
    exu_malloc_close(w->malloc);
    exu_memory_destroy(w->memory);
    exu_anomalies_deinit(&w->anomalies);
    for (size_t i = 0; i < w->part_count; i++)
        free(w->parts[i].bytes);
}

static uint64_t anomalies_of(const struct world *w, const char *kind)
{
    for (size_t i = 0; i < w->anomalies.kind_count; i++)
        if (strcmp(w->anomalies.kinds[i].kind, kind) == 0)
            return w->anomalies.kinds[i].count;
    return 0;
}

struct expectation {
    exu_addr address;
    uint64_t size;
    enum exu_chunk_state state;
};

static void check_chunks(const struct world *w)
{
    exu_addr chunk = arena_chunks(w), info = w->old ? 32 : 48;
    const struct expectation expected[] = {
        {HEAP, 0x290, EXU_CHUNK_USED},
        {HEAP + 0x290, 0x40, EXU_CHUNK_USED},
        {HEAP + 0x2d0, 0x30, EXU_CHUNK_TCACHE},
        {HEAP + 0x300, 0x30, EXU_CHUNK_TCACHE},
        {HEAP + 0x330, 0x500, EXU_CHUNK_FREE},
        {HEAP + 0x830, 0x20, EXU_CHUNK_FASTBIN},
        {HEAP + 0x850, 0x20, EXU_CHUNK_FASTBIN},
        {HEAP + 0x870, 0x100, EXU_CHUNK_FREE},
        {HEAP + 0x970, 0x2000 - 0x970, EXU_CHUNK_USED},
        {HEAP + 0x2000, HEAP_BYTES - 0x2000, EXU_CHUNK_TOP},
        {chunk, 0x100, EXU_CHUNK_USED},
        {chunk + 0x100, FIRST + ARENA_BYTES - 32 - (chunk + 0x100), EXU_CHUNK_FREE},
        {SECOND + info, 0x1000 - info, EXU_CHUNK_USED},
        {SECOND + 0x1000, ARENA_BYTES - 0x1000, EXU_CHUNK_TOP},
        {MMAPPED, 0x21000, EXU_CHUNK_MMAPPED},
        {MMAPPED + 0x21000, 0x23000, EXU_CHUNK_MMAPPED},
    };
    assert_int_equal(w->malloc->chunk_count, EXU_COUNT(expected));
    for (size_t i = 0; i < EXU_COUNT(expected); i++) {
        const struct exu_chunk *c = &w->malloc->chunks[i];
        assert_int_equal(c->address, expected[i].address);
        assert_int_equal(c->size, expected[i].size);
        assert_int_equal(c->state, expected[i].state);
        assert_int_equal(exu_malloc_chunk_at(w->malloc, c->address), i);
        assert_int_equal(exu_malloc_chunk_at(w->malloc, c->address + c->size / 2), i);
        assert_int_equal(exu_malloc_chunk_at(w->malloc, c->address + c->size - 1), i);
    }
}

static void lists_chunks(void **state)
{
    (void)state;
    for (int old = 0; old < 2; old++) {
        struct world w;
        make_world(&w, old);
        open_world(&w);
        const struct exu_malloc *m = w.malloc;
        assert_int_equal(exu_anomaly_total(&w.anomalies), 0);
        assert_string_equal(m->name, "glibc");
        assert_string_equal(m->layout, old ? "2.30 to 2.31" : "2.35 to 2.42");
        check_chunks(&w);
        assert_int_equal(m->heap_count, 3);
        assert_true(m->heaps[0].main);
        assert_int_equal(m->heaps[0].end, HEAP + HEAP_BYTES);
        assert_int_equal(m->arena_count, 2);
        assert_true(m->arenas[0].main);
        assert_int_equal(m->arenas[1].system_bytes, 2 * ARENA_BYTES);
        assert_true(m->has_mmapped_totals);
        assert_int_equal(m->mmapped_count, 2);
        assert_int_equal(m->mmapped_bytes, 0x44000);
        assert_int_equal(exu_malloc_chunk_at(m, HEAP + HEAP_BYTES), -1);
        assert_int_equal(exu_malloc_chunk_at(m, HEAP - 1), -1);
        assert_int_equal(exu_malloc_chunk_at(m, MMAPPED + 0x44000), -1);
        assert_int_equal(exu_malloc_chunk_at(m, 0), -1);
        assert_int_equal(exu_malloc_chunk_at(m, UINT64_MAX), -1);
        free_world(&w);
    }
}

/* The tcache is found without a thread, by its contents. */
static void tcache_without_thread(void **state)
{
    (void)state;
    struct world w;
    make_world(&w, false);
    put(&w, TLS + 0x1000 - 0x40, 0);
    open_world(&w);
    check_chunks(&w);
    free_world(&w);
}

static void survives_damage(void **state)
{
    (void)state;
    struct world w;

    static const uint64_t sizes[] = {1, 9, 0x21, 0x31 + 8, 0x10000001, UINT64_MAX, UINT64_MAX - 15};
    for (size_t i = 0; i < EXU_COUNT(sizes); i++) { /* the size of a used chunk */
        make_world(&w, false);
        put(&w, HEAP + 0x290 + 8, sizes[i]);
        open_world(&w);
        assert_true(exu_anomaly_total(&w.anomalies) > 0);
        assert_int_equal(w.malloc->chunks[0].address, HEAP);
        assert_true(exu_malloc_chunk_at(w.malloc, SECOND + 0x800) >= 0);
        free_world(&w);
    }

    make_world(&w, false); /* a bin that leads nowhere, and a tcache and a fastbin that do */
    put(&w, HEAP + 0x330 + 16, 0x12340);
    put(&w, HEAP + 0x830 + 16, 0x12345);
    put(&w, HEAP + 0x2d0 + 16, 0x12345);
    open_world(&w);
    assert_true(anomalies_of(&w, "malloc-bin") > 0);
    assert_true(anomalies_of(&w, "malloc-fastbin") > 0);
    assert_true(anomalies_of(&w, "malloc-tcache") > 0);
    assert_int_equal(w.malloc->chunk_count, 16);
    free_world(&w);

    make_world(&w, false); /* loops: fastbin, bin, heaps, arenas */
    put_link(&w, HEAP + 0x850 + 16, HEAP + 0x830);
    put(&w, HEAP + 0x330 + 16, HEAP + 0x330);
    put(&w, FIRST + 8, SECOND);
    put(&w, arena_address(&w) + 2160, arena_address(&w));
    open_world(&w);
    assert_true(anomalies_of(&w, "malloc-fastbin") > 0);
    assert_true(anomalies_of(&w, "malloc-bin") > 0);
    assert_true(anomalies_of(&w, "malloc-heap") > 0);
    assert_true(anomalies_of(&w, "malloc-arena") > 0);
    free_world(&w);

    make_world(&w, false); /* an mmapped chunk more than malloc knows of */
    put(&w, MMAPPED + 0x50000, 0);
    put(&w, MMAPPED + 0x50008, 0x1000 | 2);
    open_world(&w);
    check_chunks(&w);
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

/* Whatever is wrong, the table is sorted, without overlaps, and finds what it lists. */
static void survives_random_damage(void **state)
{
    (void)state;
    uint64_t seed = 88172645463325252ull;
    for (int round = 0; round < 400; round++) {
        struct world w;
        make_world(&w, round & 1);
        static const uint32_t reach[] = {LIBC_BYTES, 0x2100, 0x1000, 0x1100, 0x51000, TLS_BYTES};
        for (uint64_t n = 1 + random_word(&seed) % 12; n; n--) {
            size_t part = random_word(&seed) % w.part_count;
            exu_addr where = w.parts[part].start + random_word(&seed) % (reach[part] / 8) * 8;
            uint64_t old, value = random_word(&seed);
            memcpy(&old, at(&w, where), 8);
            switch (random_word(&seed) % 6) {
            case 0:
                value = 0;
                break;
            case 1: /* another place in the process */
                value = w.parts[value % w.part_count].start + (value >> 8) % 0x4000 / 16 * 16;
                break;
            case 2:
                value = old ^ (1ull << value % 64);
                break;
            case 3:
                value = old + 16 * (value % 64);
                break;
            case 4:
                value = UINT64_MAX - value % 64;
                break;
            default:
                break;
            }
            put(&w, where, value);
        }
        open_world(&w);
        const struct exu_malloc *m = w.malloc;
        for (size_t i = 0; i < m->chunk_count; i++) {
            const struct exu_chunk *c = &m->chunks[i];
            assert_true(c->size > 0 && c->size <= UINT64_MAX - c->address);
            assert_true(c->state <= EXU_CHUNK_MMAPPED);
            assert_true(!i || c->address >= m->chunks[i - 1].address + m->chunks[i - 1].size);
            assert_int_equal(exu_malloc_chunk_at(m, c->address), i);
            assert_int_equal(exu_malloc_chunk_at(m, c->address + c->size - 1), i);
        }
        free_world(&w);
    }
}

static void other_mallocs(void **state)
{
    (void)state;
    static const char *const paths[] = {"/usr/lib/libjemalloc.so.2", "/lib/libtcmalloc_minimal.so.4",
                                        "/lib/libmimalloc.so.2", "/lib/ld-musl-x86_64.so.1"};
    static const char *const names[] = {"jemalloc", "tcmalloc", "mimalloc", "musl"};
    for (size_t i = 0; i < EXU_COUNT(paths); i++) {
        struct world w;
        make_world(&w, false);
        w.images[0].path = paths[i];
        open_world(&w);
        assert_string_equal(w.malloc->name, names[i]);
        assert_int_equal(w.malloc->chunk_count, 0);
        free_world(&w);
    }
    struct world w;
    make_world(&w, false); /* beside glibc's malloc that is in use: loaded late, and called by other names */
    w.images[1].path = paths[0];
    open_world(&w);
    assert_string_equal(w.malloc->name, "glibc");
    assert_int_equal(exu_anomaly_total(&w.anomalies), 0);
    assert_true(w.malloc->chunk_count > 0);
    free_world(&w);
    make_world(&w, false);
    memset(w.parts[0].bytes, 0, LIBC_BYTES);
    open_world(&w);
    assert_null(w.malloc->name);
    assert_int_equal(anomalies_of(&w, "no-malloc"), 1);
    free_world(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_chunks),    cmocka_unit_test(tcache_without_thread),
        cmocka_unit_test(survives_damage), cmocka_unit_test(survives_random_damage),
        cmocka_unit_test(other_mallocs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
