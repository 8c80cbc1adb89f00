#include "query/database.h"

#include "core/decode.h"

#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct exu_error *exu_file_identify(const char *path, enum exu_file_kind *ret)
{
    static const char sqlite_magic[16] = "SQLite format 3";
    unsigned char head[16] = {0};
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return exu_error_new(EXU_ERROR_INPUT, "%s: %s; give a core or a database that `exuvia load` wrote",
                             path, strerror(errno));
    struct stat st;
    if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) {
        close(fd);
        return exu_error_new(EXU_ERROR_INPUT,
                             "%s: a directory; give a core or a database that `exuvia load` wrote", path);
    }
    ssize_t n = pread(fd, head, sizeof head, 0);
    close(fd);
    if (n < 0)
        return exu_error_new(EXU_ERROR_INPUT, "%s: %s; give a regular file", path, strerror(errno));
    if (n == sizeof head && memcmp(head, sqlite_magic, sizeof head) == 0)
        *ret = EXU_FILE_SQLITE;
    else if (n >= 4 && memcmp(head, "\177ELF", 4) == 0)
        *ret = EXU_FILE_ELF;
    else if (n > 0 && exu_compression_of(head, (size_t)n) != EXU_PLAIN)
        *ret = EXU_FILE_PACKED;
    else
        *ret = EXU_FILE_OTHER;
    return NULL;
}

struct exu_error *exu_database_error(const struct exu_database *db)
{
    int code = sqlite3_errcode(db->sqlite) & 0xff;
    const char *message = sqlite3_errmsg(db->sqlite);
    switch (code) {
    case SQLITE_NOMEM:
        return exu_error_memory();
    case SQLITE_IOERR:
    case SQLITE_FULL:
        return exu_error_new(EXU_ERROR_MACHINE, "%s: %s; check the disk and the space for temporary files",
                             db->path, message);
    case SQLITE_INTERRUPT:
        return exu_error_new(EXU_ERROR_NONE_FOUND, "%s: interrupted; nothing more was read", db->path);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return exu_error_new(EXU_ERROR_INPUT, "%s: somebody else holds it locked; wait and try again",
                             db->path);
    default:
        return exu_error_new(EXU_ERROR_INPUT,
                             "%s: the database is damaged (%s); load the core again with --force", db->path,
                             message);
    }
}

struct exu_error *exu_database_prepare(const struct exu_database *db, const char *sql, sqlite3_stmt **ret)
{
    if (sqlite3_prepare_v2(db->sqlite, sql, -1, ret, NULL) != SQLITE_OK)
        return exu_database_error(db);
    return NULL;
}

bool exu_database_step(const struct exu_database *db, sqlite3_stmt *statement, struct exu_error **error)
{
    int rc = sqlite3_step(statement);
    if (rc != SQLITE_ROW && rc != SQLITE_DONE && !*error)
        *error = exu_database_error(db);
    return rc == SQLITE_ROW;
}

const char *exu_column_text(sqlite3_stmt *statement, int column)
{
    const unsigned char *text = sqlite3_column_text(statement, column);
    return text ? (const char *)text : "";
}

const char *exu_column_keep(struct exu_bump *bump, sqlite3_stmt *statement, int column)
{
    return sqlite3_column_type(statement, column) == SQLITE_NULL ? NULL : exu_bump_strdup(bump, exu_column_text(statement, column));
}

uint32_t exu_column_id(sqlite3_stmt *statement, int column, uint32_t max)
{
    int64_t id = sqlite3_column_int64(statement, column);
    return id >= 1 && id <= (int64_t)max ? (uint32_t)id : 0;
}

static bool pragma_number(sqlite3 *sqlite, const char *sql, int64_t *ret)
{
    sqlite3_stmt *statement = NULL;
    bool found = sqlite3_prepare_v2(sqlite, sql, -1, &statement, NULL) == SQLITE_OK &&
                 sqlite3_step(statement) == SQLITE_ROW;
    if (found)
        *ret = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return found;
}

static int authorize(void *context, int action, const char *a, const char *b, const char *database,
                     const char *trigger)
{
    (void)context, (void)a, (void)b, (void)database, (void)trigger;
    /* ATTACH, and VACUUM INTO through it, could write a file even from a read-only connection. */
    return action == SQLITE_ATTACH || action == SQLITE_DETACH ? SQLITE_DENY : SQLITE_OK;
}

static struct exu_error *check_identity(const struct exu_database *db)
{
    int64_t application = 0, version = 0;
    if (!pragma_number(db->sqlite, "PRAGMA application_id", &application) ||
        !pragma_number(db->sqlite, "PRAGMA user_version", &version))
        return exu_database_error(db);
    if (application != EXU_APPLICATION_ID)
        return exu_error_new(
            EXU_ERROR_INPUT,
            "%s: an SQLite database, but not one of exuvia; give one that `exuvia load` wrote", db->path);
    if (version != EXU_SCHEMA_VERSION)
        return exu_error_new(
            EXU_ERROR_INPUT,
            "%s: has schema version %lld, this exuvia reads %d; load the core again with --force", db->path,
            (long long)version, EXU_SCHEMA_VERSION);
    return NULL;
}

static void set_limits(sqlite3 *sqlite)
{
    sqlite3_extended_result_codes(sqlite, 0);
    sqlite3_db_config(sqlite, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(sqlite, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_db_config(sqlite, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    sqlite3_limit(sqlite, SQLITE_LIMIT_ATTACHED, 0);
    sqlite3_limit(sqlite, SQLITE_LIMIT_LENGTH, 1 << 28);
    sqlite3_limit(sqlite, SQLITE_LIMIT_TRIGGER_DEPTH, 1);
    sqlite3_set_authorizer(sqlite, authorize, NULL);
    sqlite3_busy_timeout(sqlite, 2000);
    sqlite3_exec(sqlite, "PRAGMA query_only=1; PRAGMA cell_size_check=1; PRAGMA mmap_size=0", NULL, NULL,
                 NULL);
}

struct exu_error *exu_database_open(struct exu_database **ret, const char *path)
{
    struct stat st;
    struct exu_database *db = calloc(1, sizeof *db);
    if (!db || !(db->path = strdup(path))) {
        free(db);
        return exu_error_memory();
    }
    if (stat(path, &st) == 0)
        db->file_bytes = (uint64_t)st.st_size;
    struct exu_error *error = NULL;
    if (sqlite3_open_v2(path, &db->sqlite, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK)
        error = db->sqlite ? exu_database_error(db) : exu_error_memory();
    if (!error) {
        set_limits(db->sqlite);
        error = check_identity(db);
    }
    if (error) {
        exu_database_close(db);
        return error;
    }
    *ret = db;
    return NULL;
}

struct exu_error *exu_database_borrow(struct exu_database *ret, sqlite3 *sqlite)
{
    const char *path = sqlite3_db_filename(sqlite, "main");
    struct exu_database db = {.sqlite = sqlite, .path = strdup(path && *path ? path : "(in memory)")};
    int64_t pages = 0, size = 0;
    if (!db.path)
        return exu_error_memory();
    struct exu_error *error = check_identity(&db);
    if (!error && (!pragma_number(sqlite, "PRAGMA page_count", &pages) ||
                   !pragma_number(sqlite, "PRAGMA page_size", &size)))
        error = exu_database_error(&db);
    if (error) {
        exu_database_release(&db);
        return error;
    }
    if (pages > 0 && size > 0 && !exu_mul((uint64_t)pages, (uint64_t)size, &db.file_bytes))
        db.file_bytes = UINT64_MAX;
    *ret = db;
    return NULL;
}

void exu_database_release(struct exu_database *db)
{
    free(db->path);
    *db = (struct exu_database){0};
}

void exu_database_close(struct exu_database *db)
{
    if (!db)
        return;
    sqlite3_close_v2(db->sqlite);
    free(db->path);
    free(db);
}

bool exu_database_meta(const struct exu_database *db, const char *key, char *buffer, size_t size)
{
    sqlite3_stmt *statement = NULL;
    bool found = false;
    if (sqlite3_prepare_v2(db->sqlite, "SELECT value FROM meta WHERE key = ?1", -1, &statement, NULL) ==
        SQLITE_OK) {
        sqlite3_bind_text(statement, 1, key, -1, SQLITE_STATIC);
        const char *text;
        if (sqlite3_step(statement) == SQLITE_ROW &&
            (text = (const char *)sqlite3_column_text(statement, 0))) {
            size_t n = exu_min(strlen(text), size - 1);
            memcpy(buffer, text, n);
            buffer[n] = '\0';
            found = true;
        }
    }
    sqlite3_finalize(statement);
    return found;
}

struct exu_error *exu_database_objects(const struct exu_database *db, uint32_t *ret)
{
    sqlite3_stmt *statement;
    struct exu_error *error = NULL;
    EXU_TRY(exu_database_prepare(db, "SELECT max(id) FROM object", &statement));
    int64_t highest = 0;
    if (exu_database_step(db, statement, &error))
        highest = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    if (error)
        return error;
    /* A row takes more than a byte of the file: more ids than bytes are not dense. */
    if (highest < 0 || highest > (1ll << 31) || (uint64_t)highest > db->file_bytes)
        return exu_error_new(
            EXU_ERROR_INPUT,
            "%s: the database is damaged (object ids are not dense); load the core again with --force",
            db->path);
    *ret = (uint32_t)highest;
    return NULL;
}
