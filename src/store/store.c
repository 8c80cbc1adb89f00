#include "store/store.h"

#include "base/newfile.h"
#include "store/feed.h"
#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

extern const char exu_sql_schema_sql[];
extern const char exu_sql_indexes_sql[];

struct table {
    const char *name;
    int columns;
};
static const struct table tables[EXU_TABLE_COUNT] = {
    [EXU_TABLE_META] = {"meta", 2},
    [EXU_TABLE_MAPPING] = {"mapping", 12},
    [EXU_TABLE_OBJECT] = {"object", 20},
    [EXU_TABLE_TYPE] = {"type", 9},
    [EXU_TABLE_NAME] = {"name", 2},
    [EXU_TABLE_CONTENT] = {"content", 5},
    [EXU_TABLE_REFERENCE] = {"reference_row", 7},
    [EXU_TABLE_ROOT] = {"root", 6},
    [EXU_TABLE_THREAD] = {"thread", 8},
    [EXU_TABLE_FRAME] = {"frame", 10},
    [EXU_TABLE_VARIABLE] = {"variable", 4},
    [EXU_TABLE_EXCEPTION] = {"exception", 6},
    [EXU_TABLE_TRACEBACK] = {"traceback", 4},
    [EXU_TABLE_CHUNK_LIST] = {"chunk_list", 6},
    [EXU_TABLE_AWAITING] = {"awaiting", 3},
    [EXU_TABLE_FUTURE] = {"future", 6},
    [EXU_TABLE_WAKEUP] = {"wakeup", 3},
    [EXU_TABLE_GC_GENERATION] = {"gc_generation", 6},
    [EXU_TABLE_COLLECTOR] = {"collector", 7},
    [EXU_TABLE_ARENA] = {"arena", 7},
    [EXU_TABLE_POOL] = {"pool", 8},
    [EXU_TABLE_MALLOC_ARENA] = {"malloc_arena", 5},
    [EXU_TABLE_MALLOC_HEAP] = {"malloc_heap", 4},
    [EXU_TABLE_CHUNK] = {"chunk", 8},
    [EXU_TABLE_CYCLE] = {"cycle", 5},
    [EXU_TABLE_CYCLE_STEP] = {"cycle_step", 3},
    [EXU_TABLE_CYCLE_MEMBER] = {"cycle_member", 4},
    [EXU_TABLE_FINALIZER] = {"finalizer", 6},
    [EXU_TABLE_LEDGER] = {"ledger", 4},
    [EXU_TABLE_BLOCK_OWNER] = {"block_owner", 5},
    [EXU_TABLE_PIN] = {"pin", 5},
    [EXU_TABLE_RETAINED] = {"retained_row", 4},
    [EXU_TABLE_REFCOUNT_AUDIT] = {"refcount_audit", 7},
    [EXU_TABLE_PACKAGE] = {"package", 11},
    [EXU_TABLE_ANOMALY] = {"anomaly", 4},
    [EXU_TABLE_RULE] = {"rule", 6},
    [EXU_TABLE_FINDING] = {"finding", 7},
};

struct exu_store {
    sqlite3 *db;
    sqlite3_stmt *insert[EXU_TABLE_COUNT];
    struct exu_newfile file;
};

struct exu_error *exu_store_error(const struct exu_store *store, const char *doing)
{
    int code = sqlite3_extended_errcode(store->db);
    int number = sqlite3_system_errno(store->db);
    if ((code & 0xff) == SQLITE_NOMEM)
        return exu_error_memory();
    if ((code & 0xff) == SQLITE_FULL || number == ENOSPC || number == EDQUOT || number == EFBIG)
        return exu_error_new(EXU_ERROR_MACHINE,
                             "%s: no space left on its disk; free some, or write elsewhere with -o", store->file.path);
    return exu_error_new(EXU_ERROR_MACHINE, "%s: %s failed (%s); try another place with -o", store->file.path, doing,
                         sqlite3_errmsg(store->db));
}

static struct exu_error *run(struct exu_store *store, const char *sql, const char *doing)
{
    return sqlite3_exec(store->db, sql, NULL, NULL, NULL) == SQLITE_OK ? NULL : exu_store_error(store, doing);
}

/* unix-none: SQLite need not lock what nobody knows of, and its locks are in the way of the file's own on NFS. */
static struct exu_error *open_file(struct exu_store *store)
{
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
    return sqlite3_open_v2(store->file.temporary, &store->db, flags, "unix-none") == SQLITE_OK
               ? NULL
               : exu_store_error(store, "opening");
}

static struct exu_error *open_database(struct exu_store *store)
{
    char sql[256];
    EXU_TRY(open_file(store));
    snprintf(sql, sizeof sql,
             "PRAGMA page_size=16384; PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA locking_mode=EXCLUSIVE;"
             "PRAGMA cache_size=-32768; PRAGMA threads=2; PRAGMA temp_store=MEMORY;"
             "PRAGMA application_id=%d; PRAGMA user_version=%d;",
             EXU_APPLICATION_ID, EXU_SCHEMA_VERSION);
    EXU_TRY(run(store, sql, "preparing"));
    EXU_TRY(run(store, "BEGIN", "preparing"));
    return run(store, exu_sql_schema_sql, "making the tables");
}

static struct exu_error *prepare(struct exu_store *store)
{
    for (int i = 0; i < EXU_TABLE_COUNT; i++) {
        char sql[256];
        int n = snprintf(sql, sizeof sql, "INSERT INTO %s VALUES(?", tables[i].name);
        for (int j = 1; j < tables[i].columns; j++)
            n += snprintf(sql + n, sizeof sql - (size_t)n, ",?");
        snprintf(sql + n, sizeof sql - (size_t)n, ")");
        if (sqlite3_prepare_v3(store->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &store->insert[i], NULL) != SQLITE_OK)
            return exu_store_error(store, "preparing");
    }
    return exu_feed_register(store->db) == SQLITE_OK ? NULL : exu_store_error(store, "preparing");
}

/* SQLite applies what lies beside a database under these names to any database that gets its name. */
static struct exu_error *check_beside(const char *path)
{
    static const char *const endings[] = {"-journal", "-wal"};
    for (size_t i = 0; i < EXU_COUNT(endings); i++) {
        struct stat status;
        char *name = NULL;
        if (asprintf(&name, "%s%s", path, endings[i]) < 0)
            return exu_error_memory();
        bool there = lstat(name, &status) == 0 && (status.st_size > 0 || !S_ISREG(status.st_mode));
        free(name);
        if (there)
            return exu_error_new(EXU_ERROR_USAGE,
                                 "%s%s: holds changes of another database of that name; open that with sqlite3 and close it, "
                                 "or remove both",
                                 path, endings[i]);
    }
    return NULL;
}

/* The output, empty. */
static struct exu_error *create_file(struct exu_store *store, const char *path, bool force)
{
    EXU_TRY(check_beside(path));
    return exu_newfile_create(&store->file, path, force);
}

static struct exu_error *copy_pages(struct exu_store *store, const char *source)
{
    sqlite3 *from = NULL;
    sqlite3_backup *backup = NULL;
    EXU_TRY(run(store, "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA locking_mode=EXCLUSIVE", "preparing"));
    struct exu_error *error = NULL;
    if (sqlite3_open_v2(source, &from, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
        error = exu_error_new(EXU_ERROR_INPUT, "%s: can't be read (%s); check the file", source, sqlite3_errmsg(from));
    else
        backup = sqlite3_backup_init(store->db, "main", from, "main");
    bool copied = backup && sqlite3_backup_step(backup, -1) == SQLITE_DONE;
    sqlite3_backup_finish(backup);
    if (!error && !copied)
        error = exu_store_error(store, "copying");
    sqlite3_close(from);
    return error;
}

/* Into the empty file that is there, page by page: VACUUM INTO would put a journal beside it, which no one removes after a
 * kill. What the source keeps in a log of its own (WAL mode) is in the copy, which is in the ordinary mode: bytes 18 and 19
 * of the header (SQLite's file format, 1.3.3). */
static struct exu_error *fill_copy(struct exu_store *store, const char *source)
{
    EXU_TRY(open_file(store));
    EXU_TRY(copy_pages(store, source));
    sqlite3_close(store->db);
    store->db = NULL;
    return pwrite(store->file.fd, "\1\1", 2, 18) == 2 ? NULL : exu_error_errno("%s: can't be written", store->file.path);
}

/* The file may be foreign: what its schema would run by itself does not run. */
static struct exu_error *open_copy(struct exu_store *store, const char *source)
{
    EXU_TRY(fill_copy(store, source));
    EXU_TRY(open_file(store));
    sqlite3_db_config(store->db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    sqlite3_db_config(store->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    /* What is replaced is overwritten, in the file as in its temporary ones. */
    return run(store, "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA locking_mode=EXCLUSIVE; PRAGMA secure_delete=ON;"
                      "PRAGMA cache_size=-32768; BEGIN", "preparing");
}

/* `source` NULL: an empty one with our tables. */
static struct exu_error *begin(struct exu_store **ret, const char *path, bool force, const char *source)
{
    struct exu_store *store = calloc(1, sizeof *store);
    if (!store)
        return exu_error_memory();
    struct exu_error *error = create_file(store, path, force);
    if (!error)
        error = source ? open_copy(store, source) : open_database(store);
    if (!error)
        error = prepare(store);
    if (error) {
        exu_store_abandon(store);
        return error;
    }
    *ret = store;
    return NULL;
}

struct exu_error *exu_store_create(struct exu_store **ret, const char *path, bool force)
{
    return begin(ret, path, force, NULL);
}

struct exu_error *exu_store_copy(struct exu_store **ret, const char *source, const char *path, bool force)
{
    return begin(ret, path, force, source);
}

static struct exu_error *find_foreign(struct exu_store *store, sqlite3 *ours, char **ret_type, char **ret_name)
{
    sqlite3_stmt *all = NULL, *known = NULL;
    bool fine = sqlite3_prepare_v2(store->db, "SELECT type, name, sql FROM sqlite_schema WHERE type IN ('table', 'index', 'view', 'trigger')"
                                              " AND (name NOT GLOB 'sqlite_*' OR name GLOB 'sqlite_stat[2-9]') ORDER BY type DESC", -1, &all, NULL) == SQLITE_OK &&
                sqlite3_prepare_v2(ours, "SELECT 1 FROM sqlite_schema WHERE type IS ?1 AND name IS ?2 AND sql IS ?3", -1, &known, NULL) ==
                    SQLITE_OK;
    struct exu_error *error = fine ? NULL : exu_store_error(store, "reading the schema");
    while (!error && !*ret_name && sqlite3_step(all) == SQLITE_ROW) {
        sqlite3_reset(known);
        for (int i = 0; i < 3; i++)
            sqlite3_bind_value(known, i + 1, sqlite3_column_value(all, i));
        if (sqlite3_step(known) == SQLITE_ROW)
            continue;
        *ret_type = strdup((const char *)sqlite3_column_text(all, 0));
        *ret_name = strdup((const char *)sqlite3_column_text(all, 1));
        if (!*ret_type || !*ret_name)
            error = exu_error_memory();
    }
    sqlite3_finalize(all);
    sqlite3_finalize(known);
    return error;
}

struct exu_error *exu_store_foreign(struct exu_store *store, char **ret_type, char **ret_name)
{
    sqlite3 *ours = NULL;
    *ret_type = *ret_name = NULL;
    bool made = sqlite3_open(":memory:", &ours) == SQLITE_OK && sqlite3_exec(ours, exu_sql_schema_sql, NULL, NULL, NULL) == SQLITE_OK &&
                sqlite3_exec(ours, exu_sql_indexes_sql, NULL, NULL, NULL) == SQLITE_OK;
    struct exu_error *error = made ? find_foreign(store, ours, ret_type, ret_name) : exu_error_memory();
    sqlite3_close(ours);
    if (error) {
        free(*ret_type);
        free(*ret_name);
        *ret_type = *ret_name = NULL;
    }
    return error;
}

struct exu_error *exu_store_vacuum(struct exu_store *store)
{
    return run(store, "COMMIT; VACUUM; BEGIN", "writing it anew");
}

static void close_database(struct exu_store *store)
{
    for (int i = 0; i < EXU_TABLE_COUNT; i++) {
        sqlite3_finalize(store->insert[i]);
        store->insert[i] = NULL;
    }
    sqlite3_close(store->db);
    store->db = NULL;
}

void exu_store_abandon(struct exu_store *store)
{
    if (!store)
        return;
    close_database(store);
    exu_newfile_deinit(&store->file);
    free(store);
}

struct exu_error *exu_store_finish(struct exu_store *store)
{
    struct exu_error *error = run(store, "COMMIT", "writing");
    if (!error) {
        close_database(store);
        error = check_beside(store->file.path);
    }
    if (!error)
        error = exu_newfile_finish(&store->file);
    exu_store_abandon(store);
    return error;
}

struct exu_cell exu_cell_null(void)
{
    return (struct exu_cell){.kind = EXU_CELL_NULL};
}
struct exu_cell exu_cell_integer(int64_t value)
{
    return (struct exu_cell){.kind = EXU_CELL_INTEGER, .integer = value};
}
struct exu_cell exu_cell_id(uint64_t id)
{
    return id ? exu_cell_integer((int64_t)id) : exu_cell_null();
}
struct exu_cell exu_cell_text(const char *text)
{
    return text ? (struct exu_cell){.kind = EXU_CELL_TEXT, .text = {text, strlen(text)}} : exu_cell_null();
}
struct exu_cell exu_cell_blob(const void *data, size_t size)
{
    return (struct exu_cell){.kind = EXU_CELL_BLOB, .text = {data, size}};
}
struct exu_cell exu_cell_real(double value)
{
    return (struct exu_cell){.kind = EXU_CELL_REAL, .real = value};
}

static int bind(sqlite3_stmt *statement, int column, const struct exu_cell *cell)
{
    switch (cell->kind) {
    case EXU_CELL_INTEGER:
        return sqlite3_bind_int64(statement, column, cell->integer);
    case EXU_CELL_REAL:
        return sqlite3_bind_double(statement, column, cell->real);
    case EXU_CELL_TEXT:
        return sqlite3_bind_text64(statement, column, cell->text.data ? cell->text.data : "", cell->text.size,
                                   SQLITE_STATIC, SQLITE_UTF8);
    case EXU_CELL_BLOB:
        return sqlite3_bind_blob64(statement, column, cell->text.data ? cell->text.data : "", cell->text.size,
                                   SQLITE_STATIC);
    case EXU_CELL_NULL:
        break;
    }
    return sqlite3_bind_null(statement, column);
}

static struct exu_error *step(struct exu_store *store, sqlite3_stmt *statement, const char *doing)
{
    sqlite3_step(statement);
    return sqlite3_reset(statement) == SQLITE_OK ? NULL : exu_store_error(store, doing);
}

struct exu_error *exu_store_row(struct exu_store *store, enum exu_table table, const struct exu_cell *cells,
                                size_t count)
{
    sqlite3_stmt *statement = store->insert[table];
    struct exu_cell null = {.kind = EXU_CELL_NULL};
    for (int i = 0; i < tables[table].columns; i++)
        if (bind(statement, i + 1, (size_t)i < count ? &cells[i] : &null) != SQLITE_OK)
            return exu_store_error(store, "writing");
    return step(store, statement, "writing");
}

struct exu_error *exu_store_feed(struct exu_store *store, enum exu_table table, const struct exu_feed *feed)
{
    char sql[256];
    sqlite3_stmt *statement = NULL;
    snprintf(sql, sizeof sql, "INSERT INTO %s SELECT * FROM exu_feed%d(?)", tables[table].name, tables[table].columns);
    if (sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL) != SQLITE_OK)
        return exu_store_error(store, "preparing");
    struct exu_feed copy = *feed;
    sqlite3_bind_pointer(statement, 1, &copy, EXU_FEED_POINTER, NULL);
    struct exu_error *error = step(store, statement, "writing");
    sqlite3_finalize(statement);
    return error;
}

struct exu_error *exu_store_index(struct exu_store *store)
{
    return run(store, exu_sql_indexes_sql, "indexing");
}

struct sqlite3 *exu_store_connection(struct exu_store *store)
{
    return store->db;
}

const char *exu_store_path(const struct exu_store *store)
{
    return store->file.path;
}
