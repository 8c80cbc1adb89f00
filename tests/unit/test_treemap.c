/* How the tiles of a treemap are laid out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "report/treemap_report.h"

#define NEAR 1e-6

static double size(const struct exu_area *a)
{
    return a->width * a->height;
}

static bool overlap(const struct exu_area *a, const struct exu_area *b)
{
    return a->x + NEAR < b->x + b->width && b->x + NEAR < a->x + a->width && a->y + NEAR < b->y + b->height &&
           b->y + NEAR < a->y + a->height;
}

static void check(const uint64_t *bytes, size_t count, uint64_t total, struct exu_area area)
{
    struct exu_area tiles[EXU_TILES_MOST];
    exu_treemap_place(bytes, count, total, area, tiles);
    for (size_t i = 0; i < count; i++) {
        const struct exu_area *a = &tiles[i];
        double expected = size(&area) * (double)bytes[i] / (double)total;
        if (size(a) == 0) { /* only a strip was left, too thin for anything */
            assert_true(expected < 3 * (area.width > area.height ? area.width : area.height));
            continue;
        }
        assert_true(size(a) > expected - NEAR * size(&area) && size(a) < expected + NEAR * size(&area));
        assert_true(a->x >= area.x - NEAR && a->y >= area.y - NEAR);
        assert_true(a->x + a->width <= area.x + area.width + NEAR && a->y + a->height <= area.y + area.height + NEAR);
        for (size_t k = 0; k < i; k++)
            assert_false(overlap(a, &tiles[k]));
    }
}

static void test_place(void **state)
{
    (void)state;
    const uint64_t few[] = {6, 6, 4, 3, 2, 2, 1}, one[] = {1};
    uint64_t many[EXU_TILES_MOST], sum = 0;
    check(few, 7, 24, (struct exu_area){0, 0, 600, 400}); /* the example of the paper */
    check(few, 7, 48, (struct exu_area){10, 20, 40, 600});
    check(one, 1, 1, (struct exu_area){1, 1, 700, 30});
    for (size_t i = 0; i < EXU_TILES_MOST; i++)
        sum += many[i] = (uint64_t)1 << (i < 40 ? 40 - i : 0);
    check(many, EXU_TILES_MOST, sum, (struct exu_area){0, 0, 720, 420});
    for (size_t i = 0; i < EXU_TILES_MOST; i++)
        many[i] = 7;
    check(many, EXU_TILES_MOST, 7 * EXU_TILES_MOST, (struct exu_area){0, 0, 720, 420});
}

/* As few thin tiles as the paper promises: of equal ones none is thinner than 1 : 3. */
static void test_square(void **state)
{
    (void)state;
    struct exu_area tiles[20];
    uint64_t bytes[20];
    for (size_t i = 0; i < 20; i++)
        bytes[i] = 5;
    exu_treemap_place(bytes, 20, 100, (struct exu_area){0, 0, 720, 420}, tiles);
    for (size_t i = 0; i < 20; i++)
        assert_true(tiles[i].width < 3 * tiles[i].height && tiles[i].height < 3 * tiles[i].width);
}

static void test_no_room(void **state)
{
    (void)state;
    const uint64_t bytes[] = {2, 1};
    struct exu_area tiles[2];
    exu_treemap_place(bytes, 2, 3, (struct exu_area){5, 5, 1, 400}, tiles);
    assert_true(size(&tiles[0]) + size(&tiles[1]) <= 400);
    exu_treemap_place(bytes, 2, 3, (struct exu_area){5, 5, -3, -1}, tiles);
    assert_true(tiles[0].width == 0 && tiles[1].height == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_place),
        cmocka_unit_test(test_square),
        cmocka_unit_test(test_no_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
