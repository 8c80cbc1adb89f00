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

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(an_array_keeps_its_pages)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
