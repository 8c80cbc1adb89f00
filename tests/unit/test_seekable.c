/* zstd in frames that are known beforehand: by a seek table, or by walking. Whatever the table says, what comes out is what
 * `zstd -d` makes of the file; damage costs the frame that it hits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/core.h"
#include "core/peek.h"
#include "core_writer.h"
#include <elf.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include <xxhash.h>
#include <zstd.h>

#define START UINT64_C(0x10000)
#define LENGTH ((size_t)3 << 20)
#define FRAME ((size_t)200000) /* no multiple of a page, or of a block of zeros */
#define MAGIC 0x8F92EAB1u
#define SKIPPABLE 0x184D2A5Eu

static char *directory;
static uint8_t *memory, *core_bytes;
static size_t core_size;

/* A file in frames, and its table. */
struct packed {
    uint8_t *bytes;
    size_t size, room;
    size_t at[64], raw[64]; /* of each frame */
    uint32_t sums[64];
    size_t count;
    size_t table; /* where it begins */
};

static void little(uint8_t *to, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++)
        to[i] = (uint8_t)(value >> 8 * i);
}

static void add_little(struct packed *p, uint32_t value)
{
    assert_true(p->room - p->size >= 4);
    little(p->bytes + p->size, value);
    p->size += 4;
}

enum how { OWN_SUMS = 1, TABLE = 2, TABLE_SUMS = 4, SKIPPABLES = 8 };

static void add_frames(struct packed *p, const uint8_t *bytes, size_t size, size_t frame, unsigned how)
{
    ZSTD_CCtx *zstd = ZSTD_createCCtx();
    ZSTD_CCtx_setParameter(zstd, ZSTD_c_checksumFlag, how & OWN_SUMS ? 1 : 0);
    for (size_t at = 0; at < size; at += p->raw[p->count++]) {
        assert_true(p->count < EXU_COUNT(p->at) - 1);
        if (how & SKIPPABLES) { /* as pzstd: the size of the next frame */
            add_little(p, 0x184D2A50);
            add_little(p, 4);
            add_little(p, 0);
        }
        p->at[p->count] = p->size;
        p->raw[p->count] = exu_min(frame, size - at);
        p->sums[p->count] = (uint32_t)XXH64(bytes + at, p->raw[p->count], 0);
        size_t n = ZSTD_compress2(zstd, p->bytes + p->size, p->room - p->size, bytes + at, p->raw[p->count]);
        assert_false(ZSTD_isError(n));
        p->size += n;
    }
    p->at[p->count] = p->size;
    ZSTD_freeCCtx(zstd);
}

static void add_table(struct packed *p, unsigned how)
{
    p->table = p->size;
    add_little(p, SKIPPABLE);
    add_little(p, (uint32_t)(p->count * (how & TABLE_SUMS ? 12 : 8) + 9));
    for (size_t i = 0; i < p->count; i++) {
        add_little(p, (uint32_t)(p->at[i + 1] - p->at[i]));
        add_little(p, (uint32_t)p->raw[i]);
        if (how & TABLE_SUMS)
            add_little(p, p->sums[i]);
    }
    add_little(p, (uint32_t)p->count);
    p->bytes[p->size++] = (uint8_t)(how & TABLE_SUMS ? 0x80 : 0);
    add_little(p, MAGIC);
}

static struct packed pack(unsigned how)
{
    struct packed p = {.room = 2 * core_size + 10000};
    p.bytes = malloc(p.room);
    assert_non_null(p.bytes);
    add_frames(&p, core_bytes, core_size, FRAME, how);
    if (how & TABLE)
        add_table(&p, how);
    return p;
}

/* ---- opening ---- */

struct opened {
    struct exu_core *core;
    struct exu_error *error;
    struct exu_anomalies anomalies;
};

static struct opened open_bytes(const uint8_t *bytes, size_t size)
{
    struct opened o = {0};
    struct exu_core_options options = {.temporary_dir = directory};
    char *path = exu_test_write_file(directory, "core.zst", bytes, size);
    exu_anomalies_init(&o.anomalies);
    o.error = exu_core_open(&o.core, path, &options, &o.anomalies);
    free(path);
    return o;
}

static void close_it(struct opened *o)
{
    exu_core_close(o->core);
    exu_error_free(o->error);
    exu_anomalies_deinit(&o->anomalies);
}

static uint64_t count_of(const struct opened *o, const char *kind)
{
    for (size_t i = 0; i < o->anomalies.kind_count; i++)
        if (strcmp(o->anomalies.kinds[i].kind, kind) == 0)
            return o->anomalies.kinds[i].count;
    return 0;
}

static bool says(const struct opened *o, const char *kind, const char *text)
{
    for (size_t i = 0; i < o->anomalies.len; i++)
        if (strcmp(o->anomalies.items[i].kind, kind) == 0 && strstr(o->anomalies.items[i].message, text))
            return true;
    return false;
}

/* The whole memory is there; anomalies are `bad_tables` about the table, and no others. */
static void expect_whole(const struct packed *p, uint64_t bad_tables, const char *text)
{
    struct opened o = open_bytes(p->bytes, p->size);
    assert_null(o.error);
    assert_int_equal(o.core->compression, EXU_ZSTD);
    assert_memory_equal(exu_memory_at(o.core->memory, START, LENGTH), memory, LENGTH);
    assert_int_equal(exu_anomaly_total(&o.anomalies), bad_tables);
    assert_int_equal(count_of(&o, "bad-seek-table"), bad_tables);
    if (bad_tables && !says(&o, "bad-seek-table", text))
        fail_msg("'%s' should contain '%s'", o.anomalies.items[0].message, text);
    close_it(&o);
}

/* All but these bytes of the core is there, and they are absent. */
static void expect_lost(const struct packed *p, uint64_t start, uint64_t end, const char *why)
{
    struct opened o = open_bytes(p->bytes, p->size);
    assert_null(o.error);
    const struct exu_memory *m = o.core->memory;
    uint64_t offset = core_size - LENGTH; /* of the memory in the core: the kernel's shape ends with it */
    exu_addr from = START + start - offset, to = START + exu_min(end, core_size) - offset;
    assert_memory_equal(exu_memory_at(m, START, from - START), memory, from - START);
    assert_null(exu_memory_at(m, from, 1));
    assert_null(exu_memory_at(m, to - 1, 1));
    assert_int_equal(exu_memory_segment(m, from, NULL)->backing, EXU_BACKING_ABSENT);
    if (to < START + LENGTH)
        assert_memory_equal(exu_memory_at(m, to, START + LENGTH - to), memory + (to - START), START + LENGTH - to);
    assert_int_equal(m->mapping_count, 1);
    assert_int_equal(m->mappings[0].dumped_bytes, LENGTH - (to - from));
    if (!says(&o, "damaged", why))
        fail_msg("'%s' should contain '%s'", o.anomalies.items[0].message, why);
    assert_int_equal(count_of(&o, "damaged"), 2); /* the frame, and the sum */
    assert_int_equal(count_of(&o, "hole"), 1);
    assert_int_equal(count_of(&o, "bad-seek-table"), 0);
    close_it(&o);
}

/* ---- tests ---- */

static const unsigned tables[] = {OWN_SUMS | TABLE, TABLE, TABLE | TABLE_SUMS, OWN_SUMS | TABLE | TABLE_SUMS};

static void test_whole(void **state)
{
    (void)state;
    static const unsigned walked[] = {OWN_SUMS, 0, SKIPPABLES};
    for (size_t i = 0; i < EXU_COUNT(tables); i++) {
        struct packed p = pack(tables[i]);
        expect_whole(&p, 0, NULL);
        free(p.bytes);
    }
    for (size_t i = 0; i < EXU_COUNT(walked); i++) {
        struct packed p = pack(walked[i]);
        expect_whole(&p, 0, NULL);
        free(p.bytes);
    }
}

static void flip(uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        bytes[i] ^= 0x5a;
}

static void test_damaged(void **state)
{
    (void)state;
    static const size_t places[] = {0, 4, 6, 9, 400}; /* magic number, frame header, its size, block header, data: of frame 5 */
    for (size_t i = 0; i < EXU_COUNT(tables); i++) {
        for (size_t k = 0; k < EXU_COUNT(places); k++) {
            struct packed p = pack(tables[i]);
            flip(p.bytes + p.at[5] + places[k], 40);
            if (tables[i] != TABLE || k < 4) /* nothing tells of damaged data in a frame without any checksum */
                expect_lost(&p, 5 * FRAME, 6 * FRAME, "in frame 6 of 16");
            free(p.bytes);
        }
        struct packed p = pack(tables[i]);
        flip(p.bytes + p.at[p.count - 1], 20);
        expect_lost(&p, (p.count - 1) * FRAME, core_size, "in frame 16 of 16");
        free(p.bytes);
    }
    struct packed p = pack(OWN_SUMS); /* the blocks' headers can still be followed */
    flip(p.bytes + p.at[6] - 4, 4);
    expect_lost(&p, 5 * FRAME, 6 * FRAME, "checksum");
    free(p.bytes);
}

/* Two neighbours are one hole, two others are two. */
static void test_damaged_twice(void **state)
{
    (void)state;
    struct packed p = pack(OWN_SUMS | TABLE);
    flip(p.bytes + p.at[3] + 300, 8);
    flip(p.bytes + p.at[4] + 300, 8);
    flip(p.bytes + p.at[9] + 300, 8);
    struct opened o = open_bytes(p.bytes, p.size);
    assert_null(o.error);
    assert_int_equal(count_of(&o, "damaged"), 4);
    assert_int_equal(count_of(&o, "hole"), 2);
    assert_int_equal(o.core->memory->segment_count, 5);
    assert_int_equal(o.core->memory->mappings[0].dumped_bytes, LENGTH - 3 * FRAME);
    close_it(&o);
    free(p.bytes);
}

/* The first frame has the headers. */
static void test_damaged_beginning(void **state)
{
    (void)state;
    struct packed p = pack(OWN_SUMS | TABLE);
    p.bytes[p.at[1] - 1] ^= 1; /* its checksum: all of it came out */
    struct opened o = open_bytes(p.bytes, p.size);
    assert_null(o.error);
    assert_true(says(&o, "damaged", "may be wrong"));
    assert_memory_equal(exu_memory_at(o.core->memory, START, LENGTH), memory, LENGTH);
    close_it(&o);
    flip(p.bytes + p.at[0] + 6, 10);
    o = open_bytes(p.bytes, p.size);
    assert_non_null(o.error);
    assert_int_equal(o.error->code, EXU_ERROR_INPUT);
    assert_non_null(strstr(o.error->message, "the zstd stream is corrupt after 0 bytes of core; copy it again"));
    close_it(&o);
    for (size_t i = 0; i < p.count; i++)
        flip(p.bytes + p.at[i] + 4, 10);
    o = open_bytes(p.bytes, p.size);
    assert_non_null(o.error);
    assert_non_null(strstr(o.error->message, "the zstd stream is corrupt after 0 bytes of core"));
    close_it(&o);
    free(p.bytes);
}

/* gdb writes the notes behind the memory: what is damaged there is no note. */
static void test_damaged_notes(void **state)
{
    (void)state;
    struct exu_test_core *writer = exu_test_core_create();
    size_t size;
    exu_test_core_segment(writer, START, PF_R | PF_W, memory, LENGTH, LENGTH);
    exu_test_core_thread(writer, 4711, 0, START + 4096, 0);
    exu_test_core_note(writer, "exuvia", 0x45585522, memory, 3 * FRAME);
    exu_test_core_note(writer, "exuvia", 0x45585523, memory, 100);
    const uint8_t *bytes = exu_test_core_bytes(writer, EXU_TEST_CORE_GDB, &size);
    struct packed p = {.room = 2 * size};
    p.bytes = malloc(p.room);
    add_frames(&p, bytes, size, FRAME, OWN_SUMS);
    add_table(&p, 0);
    flip(p.bytes + p.at[p.count - 2] + 100, 20);
    struct opened o = open_bytes(p.bytes, p.size);
    assert_null(o.error);
    assert_int_equal(o.core->thread_count, 1);
    assert_int_equal(o.core->threads[0].native_id, 4711);
    assert_true(says(&o, "damaged", "bytes of its notes are lost"));
    assert_memory_equal(exu_memory_at(o.core->memory, START, LENGTH), memory, LENGTH);
    close_it(&o);
    free(p.bytes);
    exu_test_core_destroy(writer);
}

/* ---- tables that lie ---- */

static uint8_t *entry(const struct packed *p, size_t i, unsigned how)
{
    return p->bytes + p->table + 8 + i * (how & TABLE_SUMS ? 12 : 8);
}

static void change(uint8_t *word, int64_t by)
{
    uint32_t value;
    memcpy(&value, word, sizeof value);
    little(word, (uint32_t)(value + by));
}

static void test_lies_of_the_whole(void **state)
{
    (void)state;
    struct packed p = pack(OWN_SUMS | TABLE);
    uint8_t *count = p.bytes + p.size - 9, *descriptor = count + 4;
    little(count, UINT32_MAX);
    expect_whole(&p, 1, "4294967295 frames, more than the file has room for");
    little(count, (uint32_t)p.count - 1);
    expect_whole(&p, 1, "does not begin where");
    little(count, 0);
    expect_whole(&p, 1, "does not begin where");
    little(count, (uint32_t)p.count);
    *descriptor = 0x80; /* other entries */
    expect_whole(&p, 1, "does not begin where");
    *descriptor = 0x04;
    expect_whole(&p, 1, "of a kind that nobody knows");
    *descriptor = 0x03; /* bits without a meaning */
    expect_whole(&p, 0, NULL);
    *descriptor = 0;
    change(entry(&p, 3, 0), 1);
    expect_whole(&p, 1, "bytes together");
    change(entry(&p, 3, 0), -2);
    expect_whole(&p, 1, "bytes together");
    free(p.bytes);
}

static void test_lies_of_sizes(void **state)
{
    (void)state;
    struct packed p = pack(OWN_SUMS | TABLE);
    for (size_t i = 0; i < p.count; i++)
        little(entry(&p, i, 0), UINT32_MAX);
    expect_whole(&p, 1, "bytes together");
    free(p.bytes);
    p = pack(OWN_SUMS | TABLE);
    for (size_t i = 0; i < p.count; i++)
        little(entry(&p, i, 0) + 4, UINT32_MAX);
    expect_whole(&p, 1, "has another size");
    free(p.bytes);
    p = pack(OWN_SUMS | TABLE);
    little(entry(&p, 7, 0) + 4, 0);
    expect_whole(&p, 1, "frame 8 of 16 has another size");
    little(entry(&p, 7, 0) + 4, FRAME + 1);
    expect_whole(&p, 1, "frame 8 of 16 has another size");
    little(entry(&p, 7, 0) + 4, FRAME - 1);
    little(entry(&p, 8, 0) + 4, FRAME + 1); /* the sum is right */
    expect_whole(&p, 1, "of 16 has another size");
    free(p.bytes);
}

/* Where frames begin: they themselves say otherwise. */
static void test_lies_of_borders(void **state)
{
    (void)state;
    for (int by = -7; by <= 7; by += 7) {
        struct packed p = pack(OWN_SUMS | TABLE);
        change(entry(&p, 7, 0), by);
        change(entry(&p, 8, 0), -by);
        expect_whole(&p, by != 0, "frame 8 of 16 has another size");
        free(p.bytes);
    }
    struct packed p = pack(OWN_SUMS | TABLE); /* two frames are one entry, one is none */
    uint32_t together = (uint32_t)(p.at[9] - p.at[7]);
    little(entry(&p, 7, 0), together);
    little(entry(&p, 7, 0) + 4, 2 * FRAME);
    little(entry(&p, 8, 0), 0);
    little(entry(&p, 8, 0) + 4, 0);
    expect_whole(&p, 1, "has another size");
    free(p.bytes);
}

static void test_lies_of_sums(void **state)
{
    (void)state;
    struct packed p = pack(OWN_SUMS | TABLE | TABLE_SUMS);
    change(entry(&p, 7, TABLE_SUMS) + 8, 1); /* the frame's own is right */
    expect_whole(&p, 1, "for 1 of its 16 frames");
    free(p.bytes);
    p = pack(TABLE | TABLE_SUMS);
    change(entry(&p, 7, TABLE_SUMS) + 8, 1); /* who is right? */
    expect_lost(&p, 7 * FRAME, 8 * FRAME, "has not the table's checksum");
    for (size_t i = 0; i < p.count; i++)
        little(entry(&p, i, TABLE_SUMS) + 8, 0);
    expect_whole(&p, 1, "for 16 of its 16 frames");
    free(p.bytes);
}

/* ---- the rest ---- */

/* Cut anywhere: an error, or what came out with a word about what is missing. */
static void test_cut(void **state)
{
    (void)state;
    struct packed p = pack(OWN_SUMS | TABLE);
    size_t opened = 0, tried = 0, near = p.table - 200;
    for (size_t cut = 1; cut < p.size; cut += cut > 40 && cut < near ? exu_min(p.size / 60, near - cut) : 1, tried++) {
        struct opened o = open_bytes(p.bytes, cut);
        if (o.error) {
            assert_int_equal(o.error->code, EXU_ERROR_INPUT);
        } else {
            opened++;
            /* Cut where the table begins the stream is whole. */
            if (cut != p.table)
                assert_true(says(&o, "truncated", "the zstd stream is cut short") || says(&o, "truncated", "the core is cut short"));
            uint64_t n = 0;
            const uint8_t *bytes = exu_memory_span(o.core->memory, START, &n);
            if (bytes)
                assert_memory_equal(bytes, memory, n);
            assert_true(cut < p.table || n == LENGTH);
        }
        close_it(&o);
    }
    assert_true(opened > 300 && opened < tried);
    free(p.bytes);
}

/* A limit on the size of files stands for the full disk. */
static void test_no_room(void **state)
{
    (void)state;
    struct packed p = pack(OWN_SUMS | TABLE);
    struct rlimit saved, limit;
    char *path = exu_test_write_file(directory, "large.zst", p.bytes, p.size);
    struct exu_core_options options = {.temporary_dir = directory};
    struct exu_core *core = NULL;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &saved), 0);
    limit = saved;
    limit.rlim_cur = LENGTH / 2;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    struct exu_error *error = exu_core_open(&core, path, &options, NULL);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &saved), 0);
    assert_non_null(error);
    assert_int_equal(error->code, EXU_ERROR_MACHINE);
    assert_non_null(strstr(error->message, "no room to unpack the core"));
    exu_error_free(error);
    free(path);
    free(p.bytes);
}

/* Garbage behind the frames is told as ever. */
static void test_garbage_behind(void **state)
{
    (void)state;
    struct packed p = pack(OWN_SUMS);
    memcpy(p.bytes + p.size, "garbage", 7);
    struct opened o = open_bytes(p.bytes, p.size + 7);
    assert_null(o.error);
    assert_memory_equal(exu_memory_at(o.core->memory, START, LENGTH), memory, LENGTH);
    assert_true(says(&o, "truncated", "the zstd stream is corrupt after"));
    close_it(&o);
    free(p.bytes);
}

/* ---- few bytes ---- */

static struct exu_peek *peek_at(const struct packed *p)
{
    struct exu_peek *peek = NULL;
    char *path = exu_test_write_file(directory, "core.zst", p->bytes, p->size);
    assert_null(exu_peek_open(&peek, path));
    free(path);
    return peek;
}

static void expect_bytes(struct exu_peek *peek, uint64_t offset, uint64_t size)
{
    uint64_t copied = UINT64_MAX, there = offset < LENGTH ? exu_min(size, LENGTH - offset) : 0;
    uint8_t *buffer = malloc(size + 1);
    assert_null(exu_peek_read(peek, START + offset, buffer, size, &copied));
    assert_int_equal(copied, there);
    assert_memory_equal(buffer, memory + offset, there);
    free(buffer);
}

/* Nothing is unpacked into a file: there is no place for one. */
static void no_temporary_files(void)
{
    assert_int_equal(setenv("TMPDIR", "/nonexistent", 1), 0);
}

static void test_few(void **state)
{
    (void)state;
    for (size_t i = 0; i < EXU_COUNT(tables) + 1; i++) {
        struct packed p = pack(i < EXU_COUNT(tables) ? tables[i] : OWN_SUMS);
        no_temporary_files();
        struct exu_peek *peek = peek_at(&p);
        uint64_t offset = core_size - LENGTH;
        for (size_t k = 1; k < p.count; k++) { /* across each border, and right up to it */
            expect_bytes(peek, k * FRAME - offset - 10, 20);
            expect_bytes(peek, k * FRAME - offset - 10, 10);
            expect_bytes(peek, k * FRAME - offset, 1);
        }
        for (size_t k = 0; k < 500; k++)
            expect_bytes(peek, (uint64_t)random() % LENGTH, 0);
        for (size_t k = 0; k < 50; k++)
            expect_bytes(peek, (uint64_t)random() % (LENGTH / 2), (uint64_t)random() % (LENGTH / 2));
        expect_bytes(peek, 0, LENGTH);
        unsetenv("TMPDIR"); /* what the core has not may lie in mapped files */
        expect_bytes(peek, LENGTH - 5, 10);
        expect_bytes(peek, LENGTH + 5, 10);
        expect_bytes(peek, 5, 10);
        exu_peek_close(peek);
        free(p.bytes);
    }
}

/* A table that lies and a frame that is damaged: as when all is unpacked. */
static void test_few_of_wrong_files(void **state)
{
    (void)state;
    struct packed p = pack(OWN_SUMS | TABLE);
    uint64_t offset = core_size - LENGTH, copied = 0;
    uint8_t buffer[64];
    flip(p.bytes + p.at[5] + 400, 40);
    struct exu_peek *peek = peek_at(&p);
    expect_bytes(peek, 4 * FRAME - offset, 100);
    assert_null(exu_peek_read(peek, START + 5 * FRAME - offset, buffer, 64, &copied));
    assert_int_equal(copied, 0);
    assert_null(exu_peek_read(peek, START + 5 * FRAME - offset - 10, buffer, 64, &copied));
    assert_int_equal(copied, 10);
    expect_bytes(peek, 6 * FRAME - offset, 100);
    exu_peek_close(peek);
    free(p.bytes);
    for (size_t lie = 0; lie < 4; lie++) {
        p = pack(TABLE | TABLE_SUMS);
        little(entry(&p, 7, TABLE_SUMS) + 4, lie == 0 ? FRAME - 1 : FRAME);
        little(entry(&p, 8, TABLE_SUMS) + 4, lie == 0 ? FRAME + 1 : FRAME);
        change(entry(&p, 7, TABLE_SUMS), lie == 1 ? 5 : 0);
        change(entry(&p, 8, TABLE_SUMS), lie == 1 ? -5 : 0);
        for (size_t i = 0; i < p.count; i++)
            change(entry(&p, i, TABLE_SUMS) + 8, lie == 2);
        change(entry(&p, 3, TABLE_SUMS), lie == 3 ? 1 : 0);
        peek = peek_at(&p);
        for (size_t k = 1; k < p.count; k++)
            expect_bytes(peek, k * FRAME - offset - 10, 20);
        exu_peek_close(peek);
        free(p.bytes);
    }
}

static void test_few_of_no_core(void **state)
{
    (void)state;
    struct exu_peek *peek = NULL;
    struct packed p = {.room = 10000};
    p.bytes = malloc(p.room);
    add_frames(&p, memory, 1000, 300, OWN_SUMS);
    add_table(&p, 0);
    char *path = exu_test_write_file(directory, "core.zst", p.bytes, p.size);
    struct exu_error *error = exu_peek_open(&peek, path);
    assert_non_null(error);
    assert_null(peek);
    assert_non_null(strstr(error->message, "is not an ELF file"));
    exu_error_free(error);
    free(path);
    free(p.bytes);
}

static uint64_t resident(void)
{
    unsigned long size = 0, pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%lu %lu", &size, &pages), 2);
    fclose(file);
    return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* However much is asked for, one after the other. */
static void test_few_of_many(void **state)
{
    (void)state;
    enum { FRAMES = 40 };
    const size_t large = (size_t)8 << 20, length = FRAMES * large;
    struct exu_test_core *writer = exu_test_core_create();
    struct packed p = {.room = 1 << 20};
    size_t size;
    p.bytes = malloc(p.room);
    exu_test_core_segment(writer, START, PF_R | PF_W, NULL, length, length);
    const uint8_t *bytes = exu_test_core_bytes(writer, EXU_TEST_CORE_KERNEL, &size);
    add_frames(&p, bytes, size, large, OWN_SUMS);
    add_table(&p, 0);
    exu_test_core_destroy(writer);
    no_temporary_files();
    struct exu_peek *peek = peek_at(&p);
    uint64_t before = resident(), most = 0, copied;
    for (int round = 0; round < 2; round++) {
        for (uint64_t at = 0; at < length; at += large / 2) {
            uint8_t buffer[16] = {1};
            assert_null(exu_peek_read(peek, START + at, buffer, sizeof buffer, &copied));
            assert_int_equal(copied, sizeof buffer);
            assert_int_equal(buffer[0], 0);
            most = exu_max(most, resident());
        }
    }
    assert_true(most < before + ((uint64_t)100 << 20));
    unsetenv("TMPDIR");
    exu_peek_close(peek);
    free(p.bytes);
}

static int set_up(void **state)
{
    (void)state;
    directory = exu_test_make_directory();
    memory = calloc(1, LENGTH);
    assert_non_null(memory);
    for (size_t i = 0; i < LENGTH; i += 1 + (size_t)(random() % 40))
        memory[i] = (uint8_t)random();
    memset(memory + LENGTH / 2, 0, LENGTH / 8);
    struct exu_test_core *writer = exu_test_core_create();
    exu_test_core_segment(writer, START, PF_R | PF_W, memory, LENGTH, LENGTH);
    const uint8_t *bytes = exu_test_core_bytes(writer, EXU_TEST_CORE_KERNEL, &core_size);
    core_bytes = malloc(core_size);
    memcpy(core_bytes, bytes, core_size);
    exu_test_core_destroy(writer);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    exu_test_remove_tree(directory);
    free(directory);
    free(memory);
    free(core_bytes);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole),
        cmocka_unit_test(test_damaged),
        cmocka_unit_test(test_damaged_twice),
        cmocka_unit_test(test_damaged_beginning),
        cmocka_unit_test(test_damaged_notes),
        cmocka_unit_test(test_lies_of_the_whole),
        cmocka_unit_test(test_lies_of_sizes),
        cmocka_unit_test(test_lies_of_borders),
        cmocka_unit_test(test_lies_of_sums),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_no_room),
        cmocka_unit_test(test_garbage_behind),
        cmocka_unit_test(test_few),
        cmocka_unit_test(test_few_of_wrong_files),
        cmocka_unit_test(test_few_of_no_core),
        cmocka_unit_test(test_few_of_many),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
