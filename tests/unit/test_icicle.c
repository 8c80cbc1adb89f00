/* Do the tiles of the shortest paths add up, whatever the database says? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "query/path_tree.h"
#include "report/icicle_report.h"

#include "small_database.h"

/* 10: module app, its dict 11, in that 12: a list of 1,000 (1001..2000) app.Node, each with a str (2001..3000).
 * 13: a local of frame 1, the head of 500 app.Link (13, 3001..3499), each with a str (4001..4500).
 * 14..16: in no path. 17: an attribute of the module that 100 other roots (5001..5100) stand beside. */
static const char heap[] =
    "PRAGMA application_id = 1163416918; PRAGMA user_version = " EXU_STRINGIFY(EXUVIA_SCHEMA_VERSION) ";"
    "INSERT INTO type(id, module, qualname) VALUES (1, 'builtins', 'type'), (2, 'builtins', 'str'), (3, 'builtins', 'list'), "
    "  (4, 'builtins', 'dict'), (5, 'builtins', 'module'), (6, 'app', 'Node'), (7, 'app', 'Link');"
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5100) "
    "INSERT INTO object(id, address, type_id, footprint, root_distance, parent_id, root_id) SELECT i, i * 4096, "
    "  CASE WHEN i < 10 THEN 1 WHEN i = 10 THEN 5 WHEN i = 11 THEN 4 WHEN i = 12 THEN 3 WHEN i = 13 OR i BETWEEN 3001 AND 3499 THEN 7 "
    "       WHEN i BETWEEN 1001 AND 2000 THEN 6 ELSE 2 END, "
    "  100, "
    "  CASE WHEN i IN (10, 13) OR i > 5000 THEN 0 WHEN i IN (11) THEN 1 WHEN i IN (12, 17) THEN 2 WHEN i BETWEEN 1001 AND 2000 THEN 3 "
    "       WHEN i BETWEEN 2001 AND 3000 THEN 4 WHEN i BETWEEN 3001 AND 3499 THEN i - 3000 WHEN i BETWEEN 4001 AND 4500 THEN i - 4000 END, "
    "  CASE WHEN i = 11 THEN 10 WHEN i IN (12, 17) THEN 11 WHEN i BETWEEN 1001 AND 2000 THEN 12 WHEN i BETWEEN 2001 AND 3000 THEN i - 1000 "
    "       WHEN i = 3001 OR i = 4001 THEN 13 WHEN i BETWEEN 3002 AND 3499 THEN i - 1 WHEN i BETWEEN 4002 AND 4500 THEN i - 1001 END, "
    "  CASE WHEN i = 10 THEN 1 WHEN i = 13 THEN 2 WHEN i > 5000 THEN 3 END FROM n "
    "  WHERE i <= 17 OR i BETWEEN 1001 AND 3499 OR i BETWEEN 4001 AND 4500 OR i > 5000;"
    "UPDATE object SET length = 1000 WHERE id = 12;"
    "INSERT INTO name VALUES (1, '__dict__'), (2, 'next');"
    "INSERT INTO content(object_id, length, text, truncated) VALUES (17, 5, 'nodes', 0);"
    "INSERT INTO reference_row VALUES (10, 0, 11, 6, -1, NULL, 0), (11, 0, 12, 3, 17, 0, 0), (13, 0, 3001, 5, -2, NULL, 0);"
    "INSERT INTO root VALUES (1, 10, 'module', 'app', NULL, NULL), (2, 13, 'frame', 'head', 1, 1), "
    "  (3, 5001, 'interned', NULL, NULL, NULL);"
    "INSERT INTO frame VALUES (1, 1, 0, 'thread', NULL, NULL, 'run', 'run', '/srv/run.py', 7);";

static int make(void **state)
{
    (void)state;
    return make_database(heap);
}

static uint64_t footprint(const struct exu_database *db)
{
    sqlite3_stmt *statement = NULL;
    assert_null(exu_database_prepare(db, "SELECT sum(footprint) FROM object", &statement));
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    uint64_t bytes = (uint64_t)sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return bytes;
}

/* What holds of all tiles, and of where they are drawn. */
static void check(const struct exu_tiles *tiles)
{
    struct exu_area areas[EXU_TILES_MOST] = {{0}};
    double height = exu_icicle_place(tiles, areas);
    unsigned parents[EXU_TILES_MOST] = {0};
    assert_true(tiles->items.len <= EXU_TILES_MOST);
    assert_int_equal(tiles->bytes, tiles->items.len ? tiles->items.items[0].bytes : 0);
    for (uint32_t i = 0; i < tiles->items.len; i++) {
        const struct exu_tile *tile = &tiles->items.items[i];
        uint64_t inside = 0;
        assert_true(tile->depth < EXU_ICICLE_ROWS && tile->bytes > 0 && tile->count > 0);
        assert_true(!tile->children || (tile->first > i && tile->first + tile->children <= tiles->items.len));
        assert_true(areas[i].x >= 0 && areas[i].x + areas[i].width <= EXU_TILES_WIDTH + 1e-6);
        assert_true(areas[i].y + areas[i].height <= height + 1e-6);
        for (uint32_t k = tile->first; k < tile->first + tile->children; k++) {
            inside += tiles->items.items[k].bytes;
            parents[k]++;
            assert_int_equal(tiles->items.items[k].depth, tile->depth + 1);
            assert_true(areas[k].x >= areas[i].x - 1e-6);
            assert_true(areas[k].x + areas[k].width <= areas[i].x + areas[i].width + 1e-6);
        }
        assert_true(inside <= tile->bytes);
    }
    for (uint32_t i = 0; i < tiles->items.len; i++)
        assert_int_equal(parents[i], i >= tiles->top);
}

static struct exu_tiles icicle(struct exu_database **ret_db)
{
    struct exu_tiles tiles = {0};
    assert_null(exu_database_open(ret_db, path));
    assert_null(exu_icicle_make(&tiles, *ret_db));
    check(&tiles);
    return tiles;
}

/* The tile of that name; its bytes and objects are as given. */
static const struct exu_tile *find(const struct exu_tiles *tiles, const char *label, uint64_t bytes, uint64_t count, uint32_t depth)
{
    for (size_t i = 0; i < tiles->items.len; i++) {
        const struct exu_tile *tile = &tiles->items.items[i];
        if (strcmp(tile->label, label) != 0)
            continue;
        assert_int_equal(tile->bytes, bytes);
        assert_int_equal(tile->count, count);
        assert_int_equal(tile->depth, depth);
        return tile;
    }
    for (size_t i = 0; i < tiles->items.len; i++)
        print_message("%s\n", tiles->items.items[i].label);
    fail_msg("no tile '%s'", label);
    return NULL;
}

static void test_sums(void **state)
{
    (void)state;
    struct exu_database *db;
    struct exu_tiles tiles = icicle(&db);
    assert_int_equal(tiles.bytes, footprint(db));
    find(&tiles, "all objects", footprint(db), 17 + 2499 + 500 + 100, 0);
    find(&tiles, "modules", 200400, 1, 1);
    find(&tiles, "app", 200400, 1, 2);
    find(&tiles, ".nodes  list of 1,000 items", 200100, 1, 3); /* the dict is no step */
    find(&tiles, "1,000 × app.Node", 200000, 1000, 4);
    find(&tiles, "1,000 × str", 100000, 1000, 5);
    find(&tiles, "frames of threads", 100000, 1, 1);
    find(&tiles, "<frame run at run.py:7>", 100000, 1, 2);
    find(&tiles, "head  <app.Link object>, and below it 499 × app.Link", 100000, 500, 3); /* one row */
    find(&tiles, "500 × str", 50000, 500, 4);
    find(&tiles, "100 × str", 10000, 100, 2);
    exu_tiles_deinit(&tiles);
    exu_database_close(db);
}

static void test_tree(void **state)
{
    (void)state;
    struct exu_database *db;
    struct exu_path_tree tree = {0};
    assert_null(exu_database_open(&db, path));
    assert_null(exu_path_tree_load(&tree, db));
    for (uint32_t id = 0; id <= tree.count; id++) {
        uint64_t below = 0;
        for (uint32_t i = tree.first[id]; i < tree.first[id + 1]; i++) {
            assert_int_equal(tree.parent[tree.children[i]], id);
            below += tree.bytes[tree.children[i]];
        }
        assert_int_equal(tree.bytes[id], id && tree.root[id] != EXU_PATH_ABSENT ? below + 100 : below);
    }
    assert_int_equal(tree.root[100], EXU_PATH_ABSENT);
    assert_int_equal(tree.root[15], EXU_PATH_UNREACHABLE);
    assert_int_equal(tree.root[12], EXU_PATH_INSIDE);
    exu_path_tree_deinit(&tree);
    exu_database_close(db);
}

/* As deep as it may be: a chain of lists and tuples in turn is no stretch. */
static void test_deep(void **state)
{
    (void)state;
    struct exu_database *db;
    execute("UPDATE object SET type_id = 2 + id % 2 WHERE id = 13 OR id BETWEEN 3001 AND 3499");
    struct exu_tiles tiles = icicle(&db);
    uint64_t depth = 0;
    for (size_t i = 0; i < tiles.items.len; i++)
        depth = exu_max(depth, tiles.items.items[i].depth);
    assert_int_equal(depth, EXU_ICICLE_ROWS - 1);
    exu_tiles_deinit(&tiles);
    exu_database_close(db);
}

/* One after the other: circles, parents and types that are none, sizes beyond all measure. */
static void test_damaged(void **state)
{
    static const char *const damages[] = {
        "UPDATE object SET parent_id = 4500 WHERE id = 13; UPDATE object SET parent_id = id, root_distance = 1 WHERE id < 10",
        "UPDATE object SET parent_id = 99999999 WHERE id % 3 = 0; UPDATE object SET parent_id = -1, type_id = 88888 WHERE id % 3 = 1",
        "UPDATE object SET parent_id = 500, root_distance = 9223372036854775807 WHERE id % 5 = 0",
        "UPDATE object SET footprint = 9223372036854775807 WHERE id % 2 = 0; UPDATE object SET footprint = -5 WHERE id % 7 = 0",
        "UPDATE object SET root_distance = 'far', root_id = -4; UPDATE root SET kind = 'odd', frame_id = -1",
        "DELETE FROM reference_row; DELETE FROM root; DELETE FROM type; DELETE FROM frame",
        "UPDATE object SET footprint = NULL",
        "DELETE FROM object",
    };
    (void)state;
    for (size_t i = 0; i < EXU_COUNT(damages); i++) {
        struct exu_database *db;
        execute(damages[i]);
        struct exu_tiles tiles = icicle(&db);
        assert_int_equal(tiles.items.len > 0, i < 6);
        exu_tiles_deinit(&tiles);
        exu_database_close(db);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_sums, make, remove_database),
        cmocka_unit_test_setup_teardown(test_tree, make, remove_database),
        cmocka_unit_test_setup_teardown(test_deep, make, remove_database),
        cmocka_unit_test_setup_teardown(test_damaged, make, remove_database),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
