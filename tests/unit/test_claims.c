/* model/claims: no page for two long arrays, a little tolerance aside. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "model/claims.h"

#define BASE 0x10000800u /* in the midst of a page */
#define BYTES ((uint64_t)4 << 20)

static void an_array_keeps_its_pages(void **state)
{
    (void)state;
    uint8_t *bytes = calloc(1, BYTES);
    assert_non_null(bytes);
    struct exu_memory *memory;
    const struct exu_mapping mapping = {.start = BASE, .end = BASE + BYTES, .perms = EXU_PERM_R | EXU_PERM_W};
    const struct exu_segment segment = {
        .start = BASE, .end = BASE + BYTES, .bytes = bytes, .perms = EXU_PERM_R | EXU_PERM_W};
    uint32_t index;
    assert_null(exu_memory_create(&memory));
    assert_null(exu_memory_add_mapping(memory, &mapping, &index));
    assert_null(exu_memory_add_segment(memory, &segment));
    assert_null(exu_memory_seal(memory, NULL));
    struct exu_claims *claims = exu_claims_create(memory);
    assert_non_null(claims);
    for (int pass = 0; pass < 3; pass++) {
        /* Side by side, with a page in common; short ones wherever they are. */
        const uint64_t half = BYTES / 2;
        assert_int_equal(exu_claims_take(claims, BASE, half), half);
        assert_int_equal(exu_claims_take(claims, BASE + half, half), half);
        assert_int_equal(exu_claims_take(claims, BASE + 64, 1000), 1000);
        /* The same again, and again: what is tolerated is used up soon. */
        uint64_t again = 0;
        for (int i = 0; i < 1000; i++)
            again += exu_claims_take(claims, BASE, BYTES);
        assert_true(again <= BYTES / 8 + 1000 * 4096);
        assert_true(exu_claims_take(claims, BASE + 100, half) < 4096);
        /* What is not there is for the reader to find. */
        assert_int_equal(exu_claims_take(claims, 0x1000, half), half);
        assert_int_equal(exu_claims_take(claims, UINT64_MAX - 10, half), half);
        assert_int_equal(exu_claims_take(claims, BASE, UINT64_MAX), UINT64_MAX);
        exu_claims_clear(claims);
    }
    exu_claims_destroy(claims);
    exu_memory_destroy(memory);
    free(bytes);
}

/* A terabyte of zeros gives no tolerance, costs no bits, and is passed over at once. */
static void zeros_are_nobodys(void **state)
{
    (void)state;
    const uint64_t zeros = (uint64_t)1 << 40, start = 0x100000000u;
    uint8_t *bytes = calloc(1, BYTES);
    assert_non_null(bytes);
    struct exu_memory *memory;
    const struct exu_mapping mapping = {.start = start, .end = start + BYTES + zeros, .perms = EXU_PERM_R | EXU_PERM_W};
    const struct exu_segment parts[] = {
        {.start = start, .end = start + zeros, .bytes = bytes, .zero = true, .perms = EXU_PERM_R | EXU_PERM_W},
        {.start = start + zeros, .end = start + zeros + BYTES, .bytes = bytes, .perms = EXU_PERM_R | EXU_PERM_W}};
    uint32_t index;
    assert_null(exu_memory_create(&memory));
    assert_null(exu_memory_add_mapping(memory, &mapping, &index));
    for (size_t i = 0; i < EXU_COUNT(parts); i++)
        assert_null(exu_memory_add_segment(memory, &parts[i]));
    assert_null(exu_memory_seal(memory, NULL));
    struct exu_claims *claims = exu_claims_create(memory);
    assert_non_null(claims);
    uint64_t behind = 0;
    for (int i = 0; i < 1000; i++) {
        uint64_t given = exu_claims_take(claims, start, zeros + BYTES);
        assert_true(given >= zeros);
        behind += given - zeros;
    }
    assert_true(behind <= BYTES + BYTES / 8 + 1000 * 4096);
    exu_claims_destroy(claims);
    exu_memory_destroy(memory);
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(an_array_keeps_its_pages), cmocka_unit_test(zeros_are_nobodys)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
