/* A database of ours, opened for reading only. The file is foreign: it may be damaged or made to harm, so
 * SQLite's limits are set, nothing can be attached or written, and no number in it is trusted by those who
 * read it. */
#ifndef EXU_QUERY_DATABASE_H
#define EXU_QUERY_DATABASE_H

#include "base/bump.h"
#include "base/error.h"
#include "query/sqlite.h"

struct exu_privacy;

struct exu_database {
    sqlite3 *sqlite;
    char *path;
    uint64_t file_bytes;
    struct exu_privacy *privacy; /* borrowed; NULL: everything is shown. See query/privacy.h */
};

enum exu_file_kind { EXU_FILE_OTHER, EXU_FILE_SQLITE, EXU_FILE_ELF, EXU_FILE_PACKED };

/* By its first bytes. */
EXU_MUST_CHECK struct exu_error *exu_file_identify(const char *path, enum exu_file_kind *ret);
/* Refuses what is not ours, and other schema versions, with what to do. */
EXU_MUST_CHECK struct exu_error *exu_database_open(struct exu_database **ret, const char *path);
void exu_database_close(struct exu_database *db);
/* A connection that somebody else opened, in the caller's storage: nothing about it is changed. Refuses as above. */
EXU_MUST_CHECK struct exu_error *exu_database_borrow(struct exu_database *ret, sqlite3 *sqlite);
void exu_database_release(struct exu_database *db); /* forgets it; the connection stays */

/* The error for what SQLite last said about `db`. */
struct exu_error *exu_database_error(const struct exu_database *db);
EXU_MUST_CHECK struct exu_error *exu_database_prepare(const struct exu_database *db, const char *sql,
                                                      sqlite3_stmt **ret);
/* True with a row; false at the end or on an error, which goes to `*error` unless there is one already. */
bool exu_database_step(const struct exu_database *db, sqlite3_stmt *statement, struct exu_error **error);

/* Text of a column; "" for NULL. Lives until the next step. */
const char *exu_column_text(sqlite3_stmt *statement, int column);
/* A copy of the text in the bump; NULL for NULL, and without memory. */
const char *exu_column_keep(struct exu_bump *bump, sqlite3_stmt *statement, int column);
/* Column value as a number in 1..max; 0 when it is none of those. */
uint32_t exu_column_id(sqlite3_stmt *statement, int column, uint32_t max);

/* One value of table meta, as text in `buffer`; false when it is not there. */
bool exu_database_meta(const struct exu_database *db, const char *key, char *buffer, size_t size);
/* The highest object id, bounded by what the file can hold. */
EXU_MUST_CHECK struct exu_error *exu_database_objects(const struct exu_database *db, uint32_t *ret);

#endif
