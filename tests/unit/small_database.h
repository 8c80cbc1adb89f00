/* A database of a few rows in a file of its own, for a group of tests. */
#ifndef EXU_TEST_SMALL_DATABASE_H
#define EXU_TEST_SMALL_DATABASE_H

#include <sqlite3.h>
#include <string.h>
#include <unistd.h>

extern const char exu_sql_schema_sql[], exu_sql_indexes_sql[];

static char path[] = "/tmp/exuvia-test-rows-XXXXXX";

static void execute(const char *sql)
{
    sqlite3 *db;
    char *message = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK)
        fail_msg("%s", message);
    sqlite3_close(db);
}

/* `rows`: the SQL that fills it. */
static int make_database(const char *rows)
{
    strcpy(path + sizeof path - 7, "XXXXXX");
    int fd = mkstemp(path);
    if (fd < 0)
        return -1;
    close(fd);
    execute(exu_sql_schema_sql);
    execute(rows);
    execute(exu_sql_indexes_sql);
    return 0;
}

static int remove_database(void **state)
{
    (void)state;
    return unlink(path);
}

#endif
