#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "memory/memory.h"
#include <stdlib.h>
#include <string.h>

#define GB ((exu_addr)1 << 30)

static uint8_t bytes[1 << 16];

static struct exu_memory *create(void)
{
    struct exu_memory *m = NULL;
    assert_null(exu_memory_create(&m));
    return m;
}

static void add(struct exu_memory *m, exu_addr start, exu_addr end, size_t at, enum exu_backing backing)
{
    struct exu_segment s = {.start = start, .end = end, .backing = (uint8_t)backing};
    s.bytes = backing == EXU_BACKING_ABSENT ? NULL : bytes + at;
    assert_null(exu_memory_add_segment(m, &s));
}

static void seal(struct exu_memory *m, uint64_t anomalies)
{
    struct exu_anomalies a;
    exu_anomalies_init(&a);
    assert_null(exu_memory_seal(m, &a));
    assert_int_equal(exu_anomaly_total(&a), anomalies);
    exu_anomalies_deinit(&a);
}

static void test_empty(void **state)
{
    (void)state;
    struct exu_memory *m = create();
    for (int i = 0; i < 2; i++) {
        uint64_t available = 7;
        assert_null(exu_memory_at(m, 0, 1));
        assert_null(exu_memory_at(m, UINT64_MAX, 1));
        assert_null(exu_memory_at(m, UINT64_MAX, UINT64_MAX));
        assert_null(exu_memory_segment(m, 4096, NULL));
        assert_null(exu_memory_mapping(m, 4096));
        assert_null(exu_memory_span(m, 4096, &available));
        assert_int_equal(available, 0);
        seal(m, 0);
    }
    exu_memory_destroy(m);
}

static void test_reading(void **state)
{
    (void)state;
    struct exu_memory *m = create();
    add(m, 0x7f0000001000, 0x7f0000002000, 0x1000, EXU_BACKING_CORE);
    add(m, 0x1000, 0x2000, 0, EXU_BACKING_CORE);
    add(m, 0x2000, 0x2800, 0x2000, EXU_BACKING_FILE);
    add(m, 0x2800, 0x3000, 0, EXU_BACKING_ABSENT);
    add(m, 0xffffffffff600000, 0xffffffffff601000, 0x3000, EXU_BACKING_CORE);
    add(m, 0x5000, 0x5000, 0x3000, EXU_BACKING_CORE);
    add(m, 0x6000, 0x5000, 0x3000, EXU_BACKING_CORE);
    seal(m, 0);
    assert_int_equal(m->segment_count, 5);
    assert_ptr_equal(exu_memory_at(m, 0x1000, 0x1000), bytes);
    assert_ptr_equal(exu_memory_at(m, 0x1fff, 1), bytes + 0xfff);
    assert_null(exu_memory_at(m, 0x1fff, 2)); /* straddles */
    assert_null(exu_memory_at(m, 0xfff, 1));
    assert_null(exu_memory_at(m, 0x1000, UINT64_MAX));
    assert_ptr_equal(exu_memory_at(m, 0x27ff, 1), bytes + 0x27ff);
    assert_null(exu_memory_at(m, 0x2800, 1));
    assert_null(exu_memory_at(m, 0x5000, 1));
    assert_ptr_equal(exu_memory_at(m, 0x7f0000001fff, 1), bytes + 0x1fff);
    assert_null(exu_memory_at(m, 0x7f0000002000, 1));
    assert_ptr_equal(exu_memory_at(m, 0xffffffffff600010, 16), bytes + 0x3010);
    assert_null(exu_memory_at(m, 0xffffffffff601000, 1));

    uint8_t buffer[0x3000];
    assert_int_equal(exu_memory_read(m, 0x1800, buffer, 0x3000), 0x1000);
    assert_memory_equal(buffer, bytes + 0x800, 0x800);
    assert_memory_equal(buffer + 0x800, bytes + 0x2000, 0x800);
    assert_int_equal(exu_memory_read(m, 0x2800, buffer, 1), 0);
    assert_int_equal(exu_memory_read(m, 0xffffffffff600fff, buffer, 0x3000), 1);

    uint32_t hint = 0xdeadbeef;
    assert_ptr_equal(exu_memory_segment(m, 0x2900, &hint), m->segments + 2);
    assert_int_equal(hint, 2);
    assert_ptr_equal(exu_memory_segment(m, 0x2a00, &hint), m->segments + 2);
    assert_ptr_equal(exu_memory_segment(m, 0x1a00, &hint), m->segments);
    assert_null(exu_memory_segment(m, 0x3000, &hint));
    exu_memory_destroy(m);
}

/* Adjacent segments with adjacent bytes are one piece. */
static void test_runs(void **state)
{
    (void)state;
    struct exu_memory *m = create();
    add(m, 0x1000, 0x2000, 0, EXU_BACKING_CORE);
    add(m, 0x2000, 0x3000, 0x1000, EXU_BACKING_CORE);
    add(m, 0x3000, 0x4000, 0x3000, EXU_BACKING_CORE);
    add(m, 0x4000, 0x5000, 0x4000, EXU_BACKING_FILE);
    seal(m, 0);
    assert_int_equal(m->segment_count, 4);
    assert_ptr_equal(exu_memory_at(m, 0x1ffc, 8), bytes + 0xffc);
    assert_ptr_equal(exu_memory_at(m, 0x1000, 0x2000), bytes);
    assert_null(exu_memory_at(m, 0x1000, 0x2001));
    assert_null(exu_memory_at(m, 0x2ffc, 8));
    assert_null(exu_memory_at(m, 0x3ffc, 8));
    uint64_t available;
    assert_ptr_equal(exu_memory_span(m, 0x1800, &available), bytes + 0x800);
    assert_int_equal(available, 0x800);
    exu_memory_destroy(m);
}

static void test_strings(void **state)
{
    (void)state;
    struct exu_memory *m = create();
    uint8_t text[] = "abcdef";
    struct exu_segment s = {.start = 0x1000, .end = 0x1003, .bytes = text, .backing = EXU_BACKING_CORE};
    assert_null(exu_memory_add_segment(m, &s));
    s = (struct exu_segment){.start = 0x1003, .end = 0x1007, .bytes = text + 3, .backing = EXU_BACKING_CORE};
    assert_null(exu_memory_add_segment(m, &s));
    seal(m, 0);
    char buffer[8];
    assert_true(exu_memory_string(m, 0x1000, buffer, sizeof buffer));
    assert_string_equal(buffer, "abcdef");
    assert_true(exu_memory_string(m, 0x1000, buffer, 7));
    assert_false(exu_memory_string(m, 0x1000, buffer, 6));
    assert_false(exu_memory_string(m, 0x1000, buffer, 1));
    assert_false(exu_memory_string(m, 0x1000, buffer, 0));
    assert_false(exu_memory_string(m, 0x1007, buffer, 8));
    text[6] = 'g';
    assert_false(exu_memory_string(m, 0x1000, buffer, 8));
    exu_memory_destroy(m);
}

static void test_overlaps(void **state)
{
    (void)state;
    struct exu_memory *m = create();
    add(m, 0x1000, 0x9000, 0, EXU_BACKING_ABSENT);
    add(m, 0x2000, 0x6000, 0x1000, EXU_BACKING_FILE);
    add(m, 0x3000, 0x4000, 0x8000, EXU_BACKING_CORE);
    add(m, 0x3800, 0x4800, 0x9000, EXU_BACKING_CORE); /* loses its first half to the earlier one */
    seal(m, 3);
    static const struct exu_segment expected[] = {
        {.start = 0x1000, .end = 0x2000, .bytes = NULL},
        {.start = 0x2000, .end = 0x3000, .bytes = bytes + 0x1000},
        {.start = 0x3000, .end = 0x4000, .bytes = bytes + 0x8000},
        {.start = 0x4000, .end = 0x4800, .bytes = bytes + 0x9800},
        {.start = 0x4800, .end = 0x6000, .bytes = bytes + 0x3800},
        {.start = 0x6000, .end = 0x9000, .bytes = NULL},
    };
    assert_int_equal(m->segment_count, EXU_COUNT(expected));
    for (size_t i = 0; i < EXU_COUNT(expected); i++) {
        assert_int_equal(m->segments[i].start, expected[i].start);
        assert_int_equal(m->segments[i].end, expected[i].end);
        assert_ptr_equal(m->segments[i].bytes, expected[i].bytes);
    }
    exu_memory_destroy(m);
}

/* Random segments against a search through the list as added. */
static void test_random(void **state)
{
    (void)state;
    srandom(311);
    for (int round = 0; round < 200; round++) {
        struct exu_memory *m = create();
        struct exu_segment list[64];
        size_t count = (size_t)random() % 64;
        static const exu_addr bases[] = {0, 0x7f0000000000, 3 * GB, 0x7ffffffff000, 0xffffffffff600000};
        for (size_t i = 0; i < count; i++) {
            exu_addr start =
                bases[(size_t)random() % EXU_COUNT(bases)] + (exu_addr)(random() % 0x200) * 0x800;
            exu_addr size = (exu_addr)(random() % 0x8000);
            if (random() % 16 == 0)
                size += GB * (exu_addr)(random() % 8);
            enum exu_backing backing = size > 0x8000 ? EXU_BACKING_ABSENT : (enum exu_backing)(random() % 3);
            if (start > UINT64_MAX - size)
                size = 0;
            list[i] = (struct exu_segment){.start = start, .end = start + size, .backing = (uint8_t)backing};
            size_t at = (size_t)random() % 0x8000;
            list[i].bytes = backing == EXU_BACKING_ABSENT ? NULL : bytes + at;
            add(m, start, start + size, at, backing);
        }
        assert_null(exu_memory_seal(m, NULL));
        for (size_t i = 1; i < m->segment_count; i++)
            assert_true(m->segments[i - 1].end <= m->segments[i].start);
        for (int probe = 0; probe < 2000; probe++) {
            exu_addr address = count ? list[(size_t)random() % count].start : 0;
            address += (exu_addr)(random() % 0x9000) - 0x800;
            const struct exu_segment *best = NULL;
            for (size_t i = 0; i < count; i++)
                if (address >= list[i].start && address < list[i].end &&
                    (!best || list[i].backing < best->backing))
                    best = &list[i];
            const struct exu_segment *found = exu_memory_segment(m, address, NULL);
            if (!best) {
                assert_null(found);
            } else {
                assert_non_null(found);
                assert_int_equal(found->backing, best->backing);
                const uint8_t *at = exu_memory_at(m, address, 1);
                assert_ptr_equal(at, best->bytes ? best->bytes + (address - best->start) : NULL);
            }
        }
        exu_memory_destroy(m);
    }
}

static void test_mappings(void **state)
{
    (void)state;
    struct exu_memory *m = create();
    char path[] = "/lib/x.so";
    struct exu_mapping mapping = {.start = 0x1000, .end = 0x3000, .path = path, .kind = "file"};
    uint32_t index = 99;
    assert_null(exu_memory_add_mapping(m, &mapping, &index));
    assert_int_equal(index, 0);
    path[1] = 'X';
    add(m, 0x1000, 0x3000, 0, EXU_BACKING_CORE);
    seal(m, 0);
    assert_string_equal(exu_memory_mapping(m, 0x2fff)->path, "/lib/x.so");
    assert_null(exu_memory_mapping(m, 0x3000));
    exu_memory_destroy(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty),    cmocka_unit_test(test_reading),  cmocka_unit_test(test_strings),
        cmocka_unit_test(test_runs),     cmocka_unit_test(test_overlaps), cmocka_unit_test(test_random),
        cmocka_unit_test(test_mappings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
