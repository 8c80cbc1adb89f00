/* Questions to a small database, and to the same database with its bytes changed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "query/chains.h"
#include "query/functions.h"
#include "query/where.h"
#include "report/chain_report.h"
#include "report/object_report.h"
#include "report/referrer_report.h"
#include "report/thread_report.h"

#include "small_database.h"

/* A module's handler keeps a traceback, whose frame keeps a list of 20 pieces, one of them twice. A thread's
 * frame without an object holds the list too. A weak reference leads to it from the module, a conservative
 * one from a lock. */
static const char incident[] =
    "PRAGMA application_id = 1163416918; PRAGMA user_version = " EXU_STRINGIFY(EXUVIA_SCHEMA_VERSION) ";"
    "INSERT INTO object(id, address, type_id, shallow_size, storage) "
    "  WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40) "
    "  SELECT i, i * 4096, CASE WHEN i <= 8 THEN 1 WHEN i >= 20 THEN 2 ELSE i END, 100, 'pool' FROM n;"
    "INSERT INTO type(id, module, qualname) VALUES (1, 'builtins', 'type'), (2, 'builtins', 'str'), "
    "  (3, 'builtins', 'list'), (4, 'builtins', 'dict'), (5, 'builtins', 'frame'), (6, 'builtins', "
    "'traceback'), "
    "  (7, 'builtins', 'module'), (8, 'app', 'Handler');"
    "UPDATE object SET type_id = 7 WHERE id = 9; UPDATE object SET type_id = 4, length = 3 WHERE id = 10;"
    "UPDATE object SET type_id = 8 WHERE id IN (11, 15); UPDATE object SET type_id = 6 WHERE id = 12;"
    "UPDATE object SET type_id = 5 WHERE id = 13; UPDATE object SET type_id = 3, length = 21 WHERE id = 14;"
    "UPDATE object SET type_id = 2 WHERE id IN (16, 17, 18, 19);"
    "UPDATE object SET parent_id = id - 1 WHERE id BETWEEN 10 AND 14; UPDATE object SET reachable = 1;"
    "INSERT INTO content(object_id, length, text, truncated) VALUES (16, 1, 'h', 0), (20, 8000, 'piece', 1);"
    "INSERT INTO name VALUES (1, '__dict__'), (2, 'tb_frame'), (3, 'buf'), (4, 'last'), (5, 'lock');"
    "INSERT INTO reference_row VALUES (9, 0, 10, 6, -1, NULL, 0), (9, 1, 14, 12, NULL, NULL, 0), "
    "  (10, 0, 11, 3, 16, 0, 0), (11, 0, 12, 4, -4, 0, 0), (12, 0, 13, 6, -2, NULL, 0), (13, 0, 14, 7, -3, "
    "NULL, 0), "
    "  (15, 0, 14, 11, NULL, 24, 1);"
    "INSERT INTO reference_row WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 20) "
    "  SELECT 14, i, 20 + i % 20, 1, NULL, i, 0 FROM n;"
    "INSERT INTO root VALUES (1, 9, 'module', 'app', NULL, NULL), (2, 15, 'static', 'lock', NULL, NULL);"
    "INSERT INTO thread VALUES (1, 1, 77, 88, 4711, 'Worker', 0, 0);"
    "INSERT INTO frame VALUES (1, NULL, NULL, 'traceback', 13, NULL, 'fetch', 'fetch', '/srv/client.py', "
    "41), "
    "  (2, 1, 0, 'thread', NULL, NULL, 'run', 'Worker.run', '/srv/worker.py', 7);"
    "INSERT INTO variable VALUES (2, 'pieces', 'local', 14), (2, 'gone', 'local', NULL);"
    "INSERT INTO traceback VALUES (12, NULL, 1, 41);"
    "INSERT INTO chunk_list VALUES (14, 13, 'list', 21, 2000, 8000);";

static int make(void **state)
{
    (void)state;
    return make_database(incident);
}

static struct exu_database *opened(void)
{
    struct exu_database *db = NULL;
    struct exu_error *error = exu_database_open(&db, path);
    if (error)
        fail_msg("%s", error->message);
    return db;
}

static struct exu_chains found(const struct exu_database *db, const char *from, const char *to)
{
    struct exu_chains chains = {0};
    struct exu_error *error = exu_chains_find(&chains, db, from, to, 0);
    if (error)
        fail_msg("%s", error->message);
    return chains;
}

static void assert_labels(const struct exu_steps *steps, const char *const *labels)
{
    size_t count = 0;
    for (; labels[count]; count++) {
        assert_true(count < steps->items.len);
        const char *label = steps->items.items[count].label;
        assert_string_equal(label ? label : "-", labels[count]);
    }
    assert_int_equal(steps->items.len, count);
}

static void pieces_are_one_chain(void **state)
{
    (void)state;
    struct exu_database *db = opened();
    struct exu_chains chains = found(db, "traceback", "chunks");
    assert_int_equal(chains.items.len, 1);
    const struct exu_chain *chain = &chains.items.items[0];
    assert_int_equal(chain->count, 21);
    assert_int_equal(chain->objects, 20);
    assert_int_equal(chain->bytes, 2000);
    assert_false(chain->has_retained);
    assert_labels(&chain->steps, (const char *const[]){".last", ".tb_frame", "local buf", "[*]", NULL});
    assert_null(chain->steps.items.items[0].kind);
    assert_labels(&chain->held_by, (const char *const[]){"-", ".__dict__", ".h", NULL});
    assert_string_equal(chain->root.text, "module app");
    exu_chains_deinit(&chains);
    exu_database_close(db);
}

static uint64_t fingerprint_after(const char *change)
{
    execute(change);
    struct exu_database *db = opened();
    struct exu_chains chains = found(db, "traceback", "chunks");
    assert_int_equal(chains.items.len, 1);
    uint64_t fingerprint = chains.items.items[0].fingerprint;
    exu_chains_deinit(&chains);
    exu_database_close(db);
    return fingerprint;
}

static void a_fingerprint_is_of_the_shape(void **state)
{
    (void)state;
    uint64_t before = fingerprint_after("SELECT 1");
    assert_int_equal(before, UINT64_C(0xd1e4c354d567f85d));
    assert_int_equal(before, fingerprint_after("UPDATE object SET address = address + 65536, shallow_size = 7"));
    assert_int_equal(before, fingerprint_after("UPDATE frame SET line = 99, filename = '/opt/elsewhere/client.py' WHERE id = 1"));
    assert_int_equal(before, fingerprint_after("DELETE FROM reference_row WHERE referrer_id = 14 AND ordinal > 3"));
    uint64_t other = fingerprint_after("UPDATE name SET text = 'buffer' WHERE id = 3");
    assert_int_not_equal(before, other);
    assert_int_equal(before, fingerprint_after("UPDATE name SET text = 'buf' WHERE id = 3"));
    assert_int_not_equal(before, fingerprint_after("UPDATE frame SET filename = '/srv/server.py' WHERE id = 1"));
}

static void the_text_is_as_documented(void **state)
{
    (void)state;
    struct exu_database *db = opened();
    struct exu_chains chains = found(db, "traceback", "chunks");
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);
    struct exu_writer *writer;
    assert_null(
        exu_writer_create(&writer, &(struct exu_writer_options){.format = EXU_FORMAT_TABLE, .file = file}));
    exu_report_chains(writer, &chains);
    assert_null(exu_writer_finish(writer));
    exu_writer_destroy(writer);
    fclose(file);
    assert_string_equal(text,
                        "chain 1 of 1: 20 × str in 21 places, 2.0 kB\n"
                        "  fingerprint: d1e4c354d567f85d\n"
                        "  root: module app\n"
                        "  <module 'app'>\n"
                        "    .h         <app.Handler object>\n"
                        "    .last      <traceback at client.py:41 in fetch>  /srv/client.py:41 in fetch\n"
                        "    .tb_frame  <frame fetch at client.py:41>  /srv/client.py:41 in fetch\n"
                        "    local buf  list of 21 items\n"
                        "    [*]        20 × str in 21 places, 2.0 kB\n");
    free(text);
    exu_chains_deinit(&chains);
    exu_database_close(db);
}

/* The weak reference from the module would be shorter, so would the static root's conservative one. */
static void weak_and_unsure_do_not_win(void **state)
{
    (void)state;
    struct exu_database *db = opened();
    struct exu_chains chains = found(db, "root", "chunks");
    assert_int_equal(chains.items.len, 1);
    assert_labels(&chains.items.items[0].steps, (const char *const[]){"-", ".__dict__", ".h", ".last",
                                                                      ".tb_frame", "local buf", "[*]", NULL});
    assert_string_equal(chains.items.items[0].root.kind, "module");
    assert_int_equal(chains.items.items[0].held_by.items.len, 0);
    exu_chains_deinit(&chains);
    exu_database_close(db);
}

static void frames_without_object_hold_their_variables(void **state)
{
    (void)state;
    static const char *const froms[] = {"thread:Worker", "thread:4711", "thread", "frame:run",
                                        "frame:Worker.run"};
    struct exu_database *db = opened();
    for (size_t i = 0; i < EXU_COUNT(froms); i++) {
        struct exu_chains chains = found(db, froms[i], "type:list");
        assert_int_equal(chains.items.len, 1);
        const struct exu_step *steps = chains.items.items[0].steps.items.items;
        assert_labels(&chains.items.items[0].steps, (const char *const[]){"-", "local pieces", NULL});
        assert_int_equal(steps[0].object, 0);
        assert_string_equal(steps[0].summary, "<frame run at worker.py:7>");
        assert_string_equal(steps[1].name, "pieces");
        assert_string_equal(steps[1].kind, "local");
        exu_chains_deinit(&chains);
    }
    exu_database_close(db);
}

static void every_where_is_understood(void **state)
{
    (void)state;
    static const struct {
        const char *where;
        size_t items;
    } cases[] = {
        {"root", 2},
        {"traceback", 1},
        {"frame", 2},
        {"frame:fetch", 1},
        {"frame:nobody", 0},
        {"thread", 1},
        {"thread:nobody", 0},
        {"module", 1},
        {"module:app", 1},
        {"module:os", 0},
        {"exception", 0},
        {"exception:OSError", 0},
        {"type:app.Handler", 2},
        {"type:Handler", 2},
        {"type:nothing", 0},
        {"chunks", 1},
        {"#14", 1},
        {"#99", 0},
        {"0xe000", 1},
        {"0xe001", 0},
        {"sql:SELECT id FROM object WHERE id > 38", 2},
        {"sql:SELECT -5", 0},
        {"sql:SELECT 'x'", 0},
    };
    struct exu_database *db = opened();
    for (size_t i = 0; i < EXU_COUNT(cases); i++) {
        struct exu_where_set set = {0};
        struct exu_error *error = exu_where_resolve(&set, db, cases[i].where);
        if (error)
            fail_msg("%s", error->message);
        if (set.items.len != cases[i].items)
            fail_msg("%s: %zu items", cases[i].where, set.items.len);
        exu_where_set_deinit(&set);
    }
    static const char *const wrong[] = {"",
                                        "rooot",
                                        "type",
                                        "type:",
                                        "frame:",
                                        "root:x",
                                        "chunks:1",
                                        "14",
                                        "0x",
                                        "0xzz",
                                        "#",
                                        "#-1",
                                        "#1x",
                                        "sql:",
                                        "sql",
                                        "sql:SELEC",
                                        "sql:ATTACH 'x' AS y",
                                        "0x11111111111111111"};
    for (size_t i = 0; i < EXU_COUNT(wrong); i++) {
        struct exu_where_set set = {0};
        struct exu_error *error = exu_where_resolve(&set, db, wrong[i]);
        if (!error)
            fail_msg("'%s' was understood", wrong[i]);
        assert_int_equal(error->code, EXU_ERROR_USAGE);
        exu_error_free(error);
    }
    exu_database_close(db);
}

static void no_chain_is_an_answer(void **state)
{
    (void)state;
    static const char *const words[][2] = {
        {"#20", "chunks"}, {"exception", "chunks"}, {"root", "type:nothing"}, {"#10", "#9"}};
    struct exu_database *db = opened();
    for (size_t i = 0; i < EXU_COUNT(words); i++) {
        struct exu_chains chains = {0};
        struct exu_error *error = exu_chains_find(&chains, db, words[i][0], words[i][1], 0);
        assert_non_null(error);
        assert_int_equal(error->code, EXU_ERROR_NONE_FOUND);
        exu_error_free(error);
    }
    exu_database_close(db);
}

static void other_databases_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *sql, *says;
    } cases[] = {
        {"PRAGMA user_version = 99", "schema version 99"},
        {"PRAGMA application_id = 0", "not one of exuvia"},
    };
    for (size_t i = 0; i < EXU_COUNT(cases); i++) {
        struct exu_database *db;
        execute(cases[i].sql);
        struct exu_error *error = exu_database_open(&db, path);
        assert_non_null(error);
        assert_int_equal(error->code, EXU_ERROR_INPUT);
        assert_non_null(strstr(error->message, cases[i].says));
        exu_error_free(error);
    }
    execute("PRAGMA application_id = 1163416918");
}

/* Everything that SQL can call. */
static void call_everything(const struct exu_database *db)
{
    static const char *const questions[] = {
        "SELECT p.* FROM object o, path_to_root(o.id) p",
        "SELECT r.* FROM object o, referrers(o.id, 1000000) r",
        "SELECT s.* FROM object o, retained_set(o.id) s",
        "SELECT d.* FROM object o, dominated(o.id) d",
        "SELECT * FROM chains('root', 'chunks')",
        "SELECT * FROM chains(NULL, 'type:str', 3)",
        "SELECT what(id), path(id), type_name(id), py_repr(id), py_repr(id, 7), size(shallow_size) FROM object",
        "SELECT py_repr(referent_id, 100000), what(referent_id) FROM reference_row",
        "SELECT memory(address, 8) FROM object LIMIT 1",
    };
    struct exu_functions *functions;
    struct exu_error *error = exu_functions_open(&functions, db);
    if (error) {
        exu_error_free(error);
        return;
    }
    for (size_t i = 0; i < EXU_COUNT(questions); i++) {
        sqlite3_stmt *row = NULL;
        if (sqlite3_prepare_v2(db->sqlite, questions[i], -1, &row, NULL) == SQLITE_OK)
            for (int rows = 0; rows < 100000 && sqlite3_step(row) == SQLITE_ROW; rows++)
                for (int column = 0; column < sqlite3_column_count(row); column++)
                    (void)sqlite3_column_text(row, column);
        sqlite3_finalize(row);
    }
    exu_functions_close(functions);
}

/* Everything that the verbs ask; whatever comes back, errors included. */
static void ask_everything(void)
{
    struct exu_database *db;
    char *text = NULL;
    size_t size = 0;
    struct exu_error *error = exu_database_open(&db, path);
    if (error) {
        exu_error_free(error);
        return;
    }
    FILE *file = open_memstream(&text, &size);
    struct exu_writer *writer;
    struct exu_chains chains;
    struct exu_referrers tree;
    struct exu_threads threads;
    assert_null(
        exu_writer_create(&writer, &(struct exu_writer_options){.format = EXU_FORMAT_TABLE, .file = file}));
    static const char *const words[][2] = {
        {"root", "chunks"}, {"traceback", "type:str"}, {"thread", "type:list"}, {"module:app", "frame"}};
    for (size_t i = 0; i < EXU_COUNT(words); i++) {
        error = exu_chains_find(&chains, db, words[i][0], words[i][1], 0);
        if (!error) {
            exu_report_chains(writer, &chains);
            exu_chains_deinit(&chains);
        }
        exu_error_free(error);
    }
    error = exu_threads_find(&threads, db, true, 0);
    if (!error) {
        exu_report_threads(writer, &threads, NULL, true);
        exu_threads_deinit(&threads);
    }
    exu_error_free(error);
    error = exu_referrers_find(&tree, db, 14, 9, 0);
    if (!error) {
        exu_report_referrers(writer, &tree);
        exu_referrers_deinit(&tree);
    }
    exu_error_free(error);
    for (uint32_t id = 9; id < 16; id++)
        exu_error_free(exu_report_object(writer, db, id, 3));
    exu_error_free(exu_writer_finish(writer));
    exu_writer_destroy(writer);
    fclose(file);
    free(text);
    call_everything(db);
    exu_database_close(db);
}

static void odd_values_do_no_harm(void **state)
{
    (void)state;
    static const char *const changes[] = {
        "UPDATE object SET parent_id = 14 WHERE id = 9",         /* a cycle */
        "UPDATE object SET parent_id = 4000000000 WHERE id = 9", /* nobody */
        "UPDATE traceback SET next_id = object_id, frame_id = -1",
        "UPDATE frame SET object_id = -7, thread_id = 99, function = NULL, filename = x'ff00', line = 'x'",
        "INSERT INTO reference_row VALUES (-1, 0, 5, 1, NULL, NULL, 0), (99999999, 0, 5, 1, NULL, NULL, 0), "
        "(5, 0, 99999999, 1, NULL, NULL, 0), (5, 1, 6, 77777, 99999999999, NULL, 5), (5, 2, 6, -1, NULL, "
        "'x', 0), "
        "(5, -3, 9, 1, -9223372036854775808, -9223372036854775808, 0), (6, 4294967297, 9, 1, 3, 7, 0)",
        "UPDATE content SET text = x'c0ff', length = -1, truncated = 'y'",
        "UPDATE type SET qualname = NULL, base_id = id",
        "UPDATE object SET type_id = NULL, shallow_size = -1, length = -1, address = NULL WHERE id > 12",
        "UPDATE chunk_list SET object_id = 5000000000",
        "UPDATE variable SET object_id = 12345678901, name = NULL, kind = NULL",
        "INSERT INTO object(id, address) VALUES (2000000000, 1)", /* ids that are not dense */
        "UPDATE object SET dominator_id = 1 + id % 7, retained_count = 2",  /* cycles */
        "UPDATE object SET dominator_id = -id, retained_count = 'x'",
        "UPDATE object SET type_id = 3; UPDATE object SET dominator_id = 14, retained_count = 40", /* lists */
        "UPDATE reference_row SET referent_id = referrer_id", /* each in itself */
        "UPDATE reference_row SET kind = 2 + ordinal % 2; UPDATE object SET type_id = 4",
        "UPDATE type SET module = x'ff', qualname = x'00'",
        "INSERT OR REPLACE INTO content SELECT id, 3, '\\ud800\\udc00\\ud8', 0 FROM object",
        "INSERT OR REPLACE INTO meta VALUES ('input_name', '/dev/zero'), ('input_bytes', 0), ('input_mtime_ns', 0)",
        "DELETE FROM object",
    };
    for (size_t i = 0; i < EXU_COUNT(changes); i++) {
        sqlite3 *db;
        assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
        sqlite3_exec(db, changes[i], NULL, NULL, NULL);
        sqlite3_close(db);
        ask_everything();
    }
}

static void changed_bytes_do_no_harm(void **state)
{
    (void)state;
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    static uint8_t bytes[1 << 20];
    size_t size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    assert_in_range(size, 4096, sizeof bytes - 1);
    uint32_t seed = 1;
    for (int round = 0; round < 150; round++) {
        static uint8_t changed[sizeof bytes];
        memcpy(changed, bytes, size);
        for (int k = 0; k < 12; k++) {
            seed = seed * 1664525u + 1013904223u;
            uint32_t at = 100 + (seed >> 4) % (uint32_t)(size - 100);
            seed = seed * 1664525u + 1013904223u;
            changed[at] = (uint8_t)(seed >> 16);
        }
        file = fopen(path, "wb");
        assert_non_null(file);
        assert_int_equal(fwrite(changed, 1, round % 5 == 4 ? size / 2 : size, file),
                         round % 5 == 4 ? size / 2 : size);
        fclose(file);
        ask_everything();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(pieces_are_one_chain, make, remove_database),
        cmocka_unit_test_setup_teardown(a_fingerprint_is_of_the_shape, make, remove_database),
        cmocka_unit_test_setup_teardown(the_text_is_as_documented, make, remove_database),
        cmocka_unit_test_setup_teardown(weak_and_unsure_do_not_win, make, remove_database),
        cmocka_unit_test_setup_teardown(frames_without_object_hold_their_variables, make,
                                        remove_database),
        cmocka_unit_test_setup_teardown(every_where_is_understood, make, remove_database),
        cmocka_unit_test_setup_teardown(no_chain_is_an_answer, make, remove_database),
        cmocka_unit_test_setup_teardown(other_databases_are_refused, make, remove_database),
        cmocka_unit_test_setup_teardown(odd_values_do_no_harm, make, remove_database),
        cmocka_unit_test_setup_teardown(changed_bytes_do_no_harm, make, remove_database),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
