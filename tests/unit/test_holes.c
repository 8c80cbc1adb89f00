/* Holes of files, and zeros that take no memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/headers.h"
#include "core/holes.h"
#include "memory/memory.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MB ((uint64_t)1 << 20)

/* Data of a page at 0, at 4 MB + 100 and at 4.5 MB; the rest is holes, up to 40 MB. */
static int make_file(void)
{
    char path[] = "/tmp/exuvia-holes-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    unlink(path);
    char page[4096];
    memset(page, 'x', sizeof page);
    const uint64_t places[] = {0, 4 * MB + 100, 4 * MB + MB / 2};
    for (size_t i = 0; i < EXU_COUNT(places); i++)
        assert_int_equal(pwrite(fd, page, sizeof page, (off_t)places[i]), sizeof page);
    assert_int_equal(ftruncate(fd, 40 * MB), 0);
    return fd;
}

static void test_find(void **state)
{
    (void)state;
    int fd = make_file();
    exu_hole_list holes = {0};
    assert_true(exu_holes_find(&holes, fd, 40 * MB));
    close(fd);
    if (holes.len == 0) { /* a file system that does not tell */
        skip();
        return;
    }
    /* What lies between the pages is less than EXU_HOLE_LEAST. */
    assert_int_equal(holes.len, 2);
    assert_true(holes.items[0].start >= 4096 && holes.items[0].end <= 4 * MB + 100);
    assert_true(holes.items[0].end - holes.items[0].start > 3 * MB);
    assert_true(holes.items[1].start >= 4 * MB + MB / 2 + 4096);
    assert_int_equal(holes.items[1].end, 40 * MB);
    for (size_t i = 0; i < holes.len; i++)
        assert_int_equal(holes.items[i].start % EXU_PAGE + holes.items[i].end % EXU_PAGE, 0);
    exu_vec_free(&holes);
}

static void test_at(void **state)
{
    (void)state;
    struct exu_hole items[] = {{10 * MB, 20 * MB}, {30 * MB, 40 * MB}};
    exu_hole_list holes = {.items = items, .len = 2, .cap = 2};
    uint64_t end;
    assert_false(exu_hole_at(&holes, 0, &end));
    assert_int_equal(end, 10 * MB);
    assert_true(exu_hole_at(&holes, 10 * MB, &end));
    assert_int_equal(end, 20 * MB);
    assert_true(exu_hole_at(&holes, 20 * MB - 1, &end));
    assert_int_equal(end, 20 * MB);
    assert_false(exu_hole_at(&holes, 20 * MB, &end));
    assert_int_equal(end, 30 * MB);
    assert_true(exu_hole_at(&holes, 35 * MB, &end));
    assert_int_equal(end, 40 * MB);
    assert_false(exu_hole_at(&holes, 40 * MB, &end));
    assert_true(end == UINT64_MAX);
}

static void test_zeros(void **state)
{
    (void)state;
    struct exu_memory *m = NULL;
    assert_null(exu_memory_create(&m));
    const uint8_t *few = exu_memory_zeros(m, 4096), *many = exu_memory_zeros(m, (uint64_t)1 << 40);
    assert_non_null(few);
    assert_non_null(many);
    assert_int_equal(many[0] | many[((uint64_t)1 << 40) - 1] | few[4095], 0);
    assert_ptr_equal(exu_memory_zeros(m, 8192), many); /* shared */
    assert_null(exu_memory_zeros(m, UINT64_MAX));
    exu_memory_destroy(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_find),
        cmocka_unit_test(test_at),
        cmocka_unit_test(test_zeros),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
