/* The writer of the database: its file comes into being whole or not at all, and holds what was put in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/json.h"
#include "store/store.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[64], path[128];

static int set_up(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/exuvia-store-XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof path, "%s/x.db", folder);
    return 0;
}

static unsigned files(bool remove)
{
    unsigned count = 0;
    DIR *d = opendir(folder);
    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d)) != NULL;) {
        if (e->d_name[0] == '.')
            continue;
        count++;
        if (remove)
            unlinkat(dirfd(d), e->d_name, 0);
    }
    closedir(d);
    return count;
}

static int tear_down(void **state)
{
    (void)state;
    files(true);
    return rmdir(folder);
}

static void put_text(const char *text)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void expect_text(const char *text)
{
    char read[64] = "";
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    assert_non_null(fgets(read, sizeof read, f));
    fclose(f);
    assert_string_equal(read, text);
}

static struct exu_store *create(bool force)
{
    struct exu_store *store = NULL;
    struct exu_error *error = exu_store_create(&store, path, force);
    if (error)
        fail_msg("%s", error->message);
    return store;
}

static void no_error(struct exu_error *error)
{
    if (error)
        fail_msg("%s", error->message);
}

static sqlite3 *open_result(void)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    return db;
}

static int64_t number(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *s;
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &s, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(s), SQLITE_ROW);
    int64_t n = sqlite3_column_int64(s, 0);
    sqlite3_finalize(s);
    return n;
}

static void expect_whole(sqlite3 *db)
{
    sqlite3_stmt *s;
    assert_int_equal(sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &s, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(s), SQLITE_ROW);
    assert_string_equal((const char *)sqlite3_column_text(s, 0), "ok");
    sqlite3_finalize(s);
}

static void an_empty_database_is_ours(void **state)
{
    (void)state;
    struct exu_store *store = create(false);
    assert_int_equal(files(false), 1); /* under another name */
    assert_int_equal(access(path, F_OK), -1);
    no_error(exu_store_index(store));
    no_error(exu_store_finish(store));
    assert_int_equal(files(false), 1);
    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    sqlite3 *db = open_result();
    expect_whole(db);
    assert_int_equal(number(db, "PRAGMA application_id"), EXU_APPLICATION_ID);
    assert_int_equal(number(db, "PRAGMA user_version"), EXU_SCHEMA_VERSION);
    sqlite3_close(db);
}

static void readable_by_its_owner_alone_whatever_the_umask(void **state)
{
    (void)state;
    mode_t old = umask(0);
    no_error(exu_store_finish(create(false)));
    umask(old);
    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
}

static void an_existing_file_is_left_alone(void **state)
{
    (void)state;
    put_text("the user's");
    struct exu_store *store = NULL;
    struct exu_error *error = exu_store_create(&store, path, false);
    assert_non_null(error);
    assert_int_equal(error->code, EXU_ERROR_USAGE);
    assert_non_null(strstr(error->message, "--force"));
    assert_null(store);
    exu_error_free(error);
    expect_text("the user's");
    assert_int_equal(files(false), 1);
}

static void a_file_that_came_meanwhile_is_left_alone(void **state)
{
    (void)state;
    struct exu_store *store = create(false);
    put_text("the user's");
    struct exu_error *error = exu_store_finish(store);
    assert_non_null(error);
    assert_int_equal(error->code, EXU_ERROR_USAGE);
    exu_error_free(error);
    expect_text("the user's");
    assert_int_equal(files(false), 1);
}

static void force_replaces_at_the_end_only(void **state)
{
    (void)state;
    put_text("the user's");
    struct exu_store *store = create(true);
    expect_text("the user's");
    exu_store_abandon(store);
    expect_text("the user's");
    assert_int_equal(files(false), 1);
    no_error(exu_store_finish(create(true)));
    assert_int_equal(files(false), 1);
    sqlite3 *db = open_result();
    expect_whole(db);
    sqlite3_close(db);
}

static void abandoned_leaves_nothing(void **state)
{
    (void)state;
    struct exu_store *store = create(false);
    no_error(EXU_ROW(store, EXU_TABLE_META, exu_cell_text("key"), exu_cell_integer(1)));
    exu_store_abandon(store);
    assert_int_equal(files(false), 0);
    exu_store_abandon(NULL);
}

static void interrupted_leaves_nothing(void **state)
{
    (void)state;
    pid_t child = fork();
    if (child == 0) {
        struct exu_store *store = NULL;
        if (exu_store_create(&store, path, false))
            _exit(1);
        raise(SIGINT);
        _exit(2);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGINT);
    assert_int_equal(files(false), 0);
}

/* A folder that is not there, a name that is a folder, a link of somebody else's. */
static void places_that_can_t_be_written(void **state)
{
    (void)state;
    struct exu_store *store = NULL;
    struct exu_error *error = exu_store_create(&store, "/nonexistent-folder/x.db", false);
    assert_non_null(error);
    assert_int_equal(error->code, EXU_ERROR_MACHINE);
    exu_error_free(error);
    error = exu_store_create(&store, folder, true);
    assert_non_null(error);
    assert_int_equal(error->code, EXU_ERROR_USAGE);
    exu_error_free(error);
    assert_int_equal(symlink("/nonexistent-folder/y.db", path), 0);
    error = exu_store_create(&store, path, false);
    assert_non_null(error);
    exu_error_free(error);
    assert_null(store);
    assert_int_equal(files(false), 1);
}

static void rows_of_all_kinds_of_values(void **state)
{
    (void)state;
    static const char bytes[] = {0, 1, (char)0xff, 'x', 0};
    struct exu_store *store = create(false);
    no_error(EXU_ROW(store, EXU_TABLE_META, exu_cell_text("null"), exu_cell_null()));
    no_error(EXU_ROW(store, EXU_TABLE_META, exu_cell_text("most"), exu_cell_integer(INT64_MAX)));
    no_error(EXU_ROW(store, EXU_TABLE_META, exu_cell_text("least"), exu_cell_integer(INT64_MIN)));
    no_error(EXU_ROW(store, EXU_TABLE_META, exu_cell_text("no id"), exu_cell_id(0)));
    no_error(EXU_ROW(store, EXU_TABLE_META, exu_cell_text("id"), exu_cell_id(5)));
    no_error(EXU_ROW(store, EXU_TABLE_META, exu_cell_text("real"), exu_cell_real(0.5)));
    no_error(EXU_ROW(store, EXU_TABLE_META, exu_cell_text("empty"), exu_cell_text("")));
    no_error(EXU_ROW(store, EXU_TABLE_META, exu_cell_text("no text"), exu_cell_text(NULL)));
    no_error(EXU_ROW(store, EXU_TABLE_META, exu_cell_text("bytes"), exu_cell_blob(bytes, sizeof bytes)));
    no_error(EXU_ROW(store, EXU_TABLE_META, exu_cell_text("no bytes"), exu_cell_blob(NULL, 0)));
    no_error(EXU_ROW(store, EXU_TABLE_META, exu_cell_text("zeros"),
                     (struct exu_cell){.kind = EXU_CELL_TEXT, .text = {"a\0b", 3}}));
    /* Missing last cells are NULL. */
    no_error(EXU_ROW(store, EXU_TABLE_ROOT, exu_cell_id(1), exu_cell_id(2), exu_cell_text("frame")));
    no_error(exu_store_finish(store));
    sqlite3 *db = open_result();
    expect_whole(db);
#define KIND(key) "SELECT typeof(value) = '" key "' FROM meta WHERE key = "
    assert_true(number(db, KIND("null") "'null'"));
    assert_true(number(db, "SELECT value = 9223372036854775807 FROM meta WHERE key = 'most'"));
    assert_true(number(db, "SELECT value = -9223372036854775807 - 1 FROM meta WHERE key = 'least'"));
    assert_true(number(db, KIND("null") "'no id'"));
    assert_true(number(db, "SELECT value = 5 FROM meta WHERE key = 'id'"));
    assert_true(number(db, "SELECT value = 0.5 AND typeof(value) = 'real' FROM meta WHERE key = 'real'"));
    assert_true(number(db, "SELECT value = '' AND typeof(value) = 'text' FROM meta WHERE key = 'empty'"));
    assert_true(number(db, KIND("null") "'no text'"));
    assert_true(number(db, "SELECT value = x'0001ff7800' FROM meta WHERE key = 'bytes'"));
    assert_true(number(db, "SELECT value = x'' AND typeof(value) = 'blob' FROM meta WHERE key = 'no bytes'"));
    assert_true(number(db, "SELECT length(CAST(value AS BLOB)) = 3 FROM meta WHERE key = 'zeros'"));
    assert_true(number(db, "SELECT name IS NULL AND thread_id IS NULL AND kind = 'frame' FROM root"));
    sqlite3_close(db);
}

/* A row that the table refuses is an error, and the file goes. */
static void a_key_twice(void **state)
{
    (void)state;
    struct exu_store *store = create(false);
    no_error(EXU_ROW(store, EXU_TABLE_META, exu_cell_text("key"), exu_cell_integer(1)));
    struct exu_error *error = EXU_ROW(store, EXU_TABLE_META, exu_cell_text("key"), exu_cell_integer(2));
    assert_non_null(error);
    assert_int_equal(error->code, EXU_ERROR_MACHINE);
    exu_error_free(error);
    exu_store_abandon(store);
    assert_int_equal(files(false), 0);
}

/* ---- feed ---- */

struct source {
    unsigned at, count;
    char text[32];
};

static bool next(void *context)
{
    struct source *s = context;
    return s->at++ < s->count;
}

static void cell(void *context, unsigned column, struct exu_cell *ret)
{
    struct source *s = context;
    switch (column) {
    case 0:
        *ret = exu_cell_id(s->at);
        break;
    case 1:
        *ret = s->at % 3 ? exu_cell_integer((int64_t)s->at * 2) : exu_cell_null();
        break;
    case 2:
        snprintf(s->text, sizeof s->text, "number %u", s->at);
        *ret = s->at % 2 ? exu_cell_text(s->text) : exu_cell_blob(s->text, strlen(s->text));
        break;
    case 3:
        *ret = s->at % 5 ? exu_cell_real(s->at / 4.0) : exu_cell_text("");
        break;
    }
}

static void rows_by_the_feed(void **state)
{
    (void)state;
    struct exu_store *store = create(false);
    struct source source = {.count = 100000}, none = {0};
    const struct exu_feed feed = {&source, next, cell}, empty = {&none, next, cell};
    no_error(exu_store_feed(store, EXU_TABLE_CONTENT, &empty));
    no_error(exu_store_feed(store, EXU_TABLE_CONTENT, &feed));
    no_error(exu_store_index(store));
    no_error(exu_store_finish(store));
    sqlite3 *db = open_result();
    expect_whole(db);
    assert_int_equal(number(db, "SELECT count(*) FROM content"), 100000);
    assert_int_equal(number(db, "SELECT count(*) FROM content WHERE length IS NULL"), 33333);
    assert_int_equal(number(db, "SELECT count(*) FROM content WHERE length = 2 * object_id"), 66667);
    assert_int_equal(number(db, "SELECT count(*) FROM content WHERE typeof(text) = 'blob'"), 50000);
    assert_int_equal(number(db, "SELECT count(*) FROM content WHERE CAST(text AS TEXT) = 'number ' || object_id"),
                     100000);
    assert_int_equal(number(db, "SELECT count(*) FROM content WHERE truncated = object_id / 4.0"), 80000);
    assert_int_equal(number(db, "SELECT count(*) FROM content WHERE truncated = ''"), 20000);
    sqlite3_close(db);
}

static void a_feed_with_a_key_twice(void **state)
{
    (void)state;
    struct exu_store *store = create(false);
    struct source source = {.count = 10}, again = {.count = 3};
    no_error(exu_store_feed(store, EXU_TABLE_CONTENT, &(struct exu_feed){&source, next, cell}));
    struct exu_error *error = exu_store_feed(store, EXU_TABLE_CONTENT, &(struct exu_feed){&again, next, cell});
    assert_non_null(error);
    exu_error_free(error);
    exu_store_abandon(store);
    assert_int_equal(files(false), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

static void test_json(void **state)
{
    (void)state;
    static const char *const names[] = {"$.name", "$.version"};
    static char deep[5000], wide[3000];
    memset(deep, '[', sizeof deep - 1);
    snprintf(wide, sizeof wide, "{\"name\":\"%02000d\"}", 7);
    const struct {
        const char *text, *name, *version;
        bool object;
    } cases[] = {
        {"{\"name\":\"a\\u00e9\",\"version\":\"1\"}", "a\xc3\xa9", "1", true},
        {"{\"version\":2,\"name\":{\"name\":\"b\"}}", NULL, NULL, true},
        {"{\"name\":\"\"}", "", NULL, true},
        {"{\"name\":\"a\\u0000b\"}", "a", NULL, true},
        {"{}", NULL, NULL, true},
        {"[{\"name\":\"a\"}]", NULL, NULL, false},
        {"\"object\"", NULL, NULL, false},
        {"{\"name\":\"a\"", NULL, NULL, false},
        {"", NULL, NULL, false},
        {"\xff\xfe", NULL, NULL, false},
        {deep, NULL, NULL, false},
        {wide, NULL, NULL, true},
    };
    struct exu_store *store;
    struct exu_bump bump = {0};
    assert_null(exu_store_create(&store, path, true));
    for (size_t i = 0; i < EXU_COUNT(cases); i++) {
        const char *found[2];
        bool object;
        assert_null(exu_json_fields(store, cases[i].text, names, 2, 100, &bump, found, &object));
        assert_int_equal(object, cases[i].object);
        assert_int_equal(found[0] != NULL, cases[i].name != NULL);
        assert_int_equal(found[1] != NULL, cases[i].version != NULL);
        if (found[0])
            assert_string_equal(found[0], cases[i].name);
        if (found[1])
            assert_string_equal(found[1], cases[i].version);
    }
    exu_bump_deinit(&bump);
    exu_store_abandon(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json),
        TEST(an_empty_database_is_ours),
        TEST(readable_by_its_owner_alone_whatever_the_umask),
        TEST(an_existing_file_is_left_alone),
        TEST(a_file_that_came_meanwhile_is_left_alone),
        TEST(force_replaces_at_the_end_only),
        TEST(abandoned_leaves_nothing),
        TEST(interrupted_leaves_nothing),
        TEST(places_that_can_t_be_written),
        TEST(rows_of_all_kinds_of_values),
        TEST(a_key_twice),
        TEST(rows_by_the_feed),
        TEST(a_feed_with_a_key_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
