#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "memory/addrset.h"
#include <stdlib.h>

static uint8_t bytes[3 << 20];

static const exu_addr starts[] = {0x400000, 0x7f0012345000, 0x7f0fffff0000};

static struct exu_memory *create(void)
{
    struct exu_memory *m = NULL;
    assert_null(exu_memory_create(&m));
    for (size_t i = 0; i < EXU_COUNT(starts); i++) {
        struct exu_segment s = {.start = starts[i], .end = starts[i] + sizeof bytes, .bytes = bytes};
        assert_null(exu_memory_add_segment(m, &s));
    }
    struct exu_segment absent = {.start = 0x10000000, .end = 0x20000000, .backing = EXU_BACKING_ABSENT};
    assert_null(exu_memory_add_segment(m, &absent));
    struct exu_segment high = {.start = 0xffffffffff600000, .end = 0xffffffffff601000, .bytes = bytes};
    assert_null(exu_memory_add_segment(m, &high));
    assert_null(exu_memory_seal(m, NULL));
    return m;
}

static void test_bounds(void **state)
{
    (void)state;
    struct exu_memory *m = create();
    struct exu_addrset *set = NULL;
    assert_null(exu_addrset_create(&set, m));
    assert_false(exu_addrset_add(set, 0));
    assert_false(exu_addrset_add(set, 0x400004));
    assert_false(exu_addrset_add(set, 0x3ffff8));
    assert_false(exu_addrset_add(set, 0x10000000));
    assert_false(exu_addrset_add(set, 0xffffffffff600000));
    assert_false(exu_addrset_add(set, UINT64_MAX - 7));
    assert_false(exu_addrset_has(set, UINT64_MAX - 7));
    assert_true(exu_addrset_add(set, 0x400000));
    assert_false(exu_addrset_add(set, 0x400000));
    assert_true(exu_addrset_add(set, 0x400000 + sizeof bytes - 8));
    assert_false(exu_addrset_add(set, 0x400000 + sizeof bytes));
    assert_false(exu_addrset_has(set, 0x400001));
    assert_int_equal(exu_addrset_count(set), 2);
    assert_true(exu_addrset_remove(set, 0x400000));
    assert_false(exu_addrset_remove(set, 0x400000));
    assert_false(exu_addrset_has(set, 0x400000));
    assert_int_equal(exu_addrset_rank(set, 0x400000 + sizeof bytes - 8), 0); /* not sealed */
    assert_null(exu_addrset_seal(set));
    assert_null(exu_addrset_seal(set));
    assert_int_equal(exu_addrset_rank(set, 0x400000 + sizeof bytes - 8), 1);
    assert_int_equal(exu_addrset_rank(set, 0x400000), 0);
    assert_int_equal(exu_addrset_address(set, 0), 0);
    assert_int_equal(exu_addrset_address(set, 1), 0x400000 + sizeof bytes - 8);
    assert_int_equal(exu_addrset_address(set, 2), 0);
    assert_false(exu_addrset_add(set, 0x400000));
    assert_false(exu_addrset_failed(set));
    exu_addrset_destroy(set);
    exu_memory_destroy(m);
}

struct walk {
    exu_addr last;
    uint32_t seen;
    const struct exu_addrset *set;
};

static void check_member(void *context, exu_addr address)
{
    struct walk *walk = context;
    assert_true(address > walk->last);
    walk->last = address;
    walk->seen++;
    assert_true(exu_addrset_has(walk->set, address));
    assert_int_equal(exu_addrset_rank(walk->set, address), walk->seen);
    assert_int_equal(exu_addrset_address(walk->set, walk->seen), address);
}

static void test_ranks(void **state)
{
    (void)state;
    static const unsigned densities[] = {1, 2, 7, 1000};
    struct exu_memory *m = create();
    for (size_t d = 0; d < EXU_COUNT(densities); d++) {
        struct exu_addrset *set = NULL;
        assert_null(exu_addrset_create(&set, m));
        uint64_t count = 0;
        srandom(7);
        for (size_t i = 0; i < EXU_COUNT(starts); i++)
            for (exu_addr a = starts[i]; a < starts[i] + sizeof bytes; a += 8)
                if ((unsigned)random() % densities[d] == 0)
                    count += exu_addrset_add(set, a);
        assert_int_equal(exu_addrset_count(set), count);
        assert_null(exu_addrset_seal(set));
        struct walk walk = {.set = set};
        exu_addrset_each(set, check_member, &walk);
        assert_int_equal(walk.seen, count);
        exu_addrset_destroy(set);
    }
    exu_memory_destroy(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_bounds), cmocka_unit_test(test_ranks)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
