/* The only writer of the database: rows go in, a whole file comes out under its final name, or nothing.
 *
 * The file is made beside its final name, readable by its owner alone, without a journal, and removed if anything goes
 * wrong, the process being interrupted included. One thread at a time may use a store. */
#ifndef EXU_STORE_STORE_H
#define EXU_STORE_STORE_H

#include "base/error.h"

#define EXU_APPLICATION_ID EXUVIA_APPLICATION_ID
#define EXU_SCHEMA_VERSION EXUVIA_SCHEMA_VERSION

enum exu_table {
    EXU_TABLE_META,
    EXU_TABLE_MAPPING,
    EXU_TABLE_OBJECT,
    EXU_TABLE_TYPE,
    EXU_TABLE_NAME,
    EXU_TABLE_CONTENT,
    EXU_TABLE_REFERENCE,
    EXU_TABLE_ROOT,
    EXU_TABLE_THREAD,
    EXU_TABLE_FRAME,
    EXU_TABLE_VARIABLE,
    EXU_TABLE_EXCEPTION,
    EXU_TABLE_TRACEBACK,
    EXU_TABLE_CHUNK_LIST,
    EXU_TABLE_AWAITING,
    EXU_TABLE_FUTURE,
    EXU_TABLE_WAKEUP,
    EXU_TABLE_GC_GENERATION,
    EXU_TABLE_COLLECTOR,
    EXU_TABLE_ARENA,
    EXU_TABLE_POOL,
    EXU_TABLE_MALLOC_ARENA,
    EXU_TABLE_MALLOC_HEAP,
    EXU_TABLE_CHUNK,
    EXU_TABLE_LEDGER,
    EXU_TABLE_CYCLE,
    EXU_TABLE_CYCLE_STEP,
    EXU_TABLE_CYCLE_MEMBER,
    EXU_TABLE_FINALIZER,
    EXU_TABLE_BLOCK_OWNER,
    EXU_TABLE_PIN,
    EXU_TABLE_RETAINED,
    EXU_TABLE_REFCOUNT_AUDIT,
    EXU_TABLE_PACKAGE,
    EXU_TABLE_ANOMALY,
    EXU_TABLE_RULE,
    EXU_TABLE_FINDING,
    EXU_TABLE_COUNT
};

struct exu_store;

/* Errors: the output exists and `force` is not set, its folder can't be written, a full disk. */
EXU_MUST_CHECK struct exu_error *exu_store_create(struct exu_store **ret, const char *path, bool force);
/* Puts the file under its final name. The store is gone afterwards, whatever the outcome. */
EXU_MUST_CHECK struct exu_error *exu_store_finish(struct exu_store *store);
/* A whole copy of the database at `source`, one of ours, to be changed by exu_store_connection. */
EXU_MUST_CHECK struct exu_error *exu_store_copy(struct exu_store **ret, const char *source, const char *path, bool force);
/* Something in the schema that our tables and indexes don't have, or have otherwise: its type ('table', 'index' ...) and name, to
 * be freed; NULLs: there is nothing of that kind (any more). */
EXU_MUST_CHECK struct exu_error *exu_store_foreign(struct exu_store *store, char **ret_type, char **ret_name);
/* Writes the file anew: nothing of what was deleted or replaced is left in it. */
EXU_MUST_CHECK struct exu_error *exu_store_vacuum(struct exu_store *store);
/* The error for what SQLite last said; `doing`: what was being done. */
struct exu_error *exu_store_error(const struct exu_store *store, const char *doing);
/* Removes what was written. NULL is fine. */
void exu_store_abandon(struct exu_store *store);

/* One value of a row. */
struct exu_cell {
    enum { EXU_CELL_NULL, EXU_CELL_INTEGER, EXU_CELL_TEXT, EXU_CELL_BLOB, EXU_CELL_REAL } kind;
    union {
        int64_t integer;
        double real;
        struct {
            const char *data; /* borrowed during the call */
            size_t size;
        } text;
    };
};
struct exu_cell exu_cell_null(void);
struct exu_cell exu_cell_integer(int64_t value);
struct exu_cell exu_cell_id(uint64_t id);           /* NULL for 0 */
struct exu_cell exu_cell_text(const char *text);    /* NULL for NULL */
struct exu_cell exu_cell_blob(const void *data, size_t size);
struct exu_cell exu_cell_real(double value);

/* A row in the order of the table's columns in schema/schema.sql; missing last cells are NULL. */
EXU_MUST_CHECK struct exu_error *exu_store_row(struct exu_store *store, enum exu_table table,
                                               const struct exu_cell *cells, size_t count);
#define EXU_ROW(store, table, ...)                                                                         \
    exu_store_row((store), (table), (const struct exu_cell[]){__VA_ARGS__},                                \
                  EXU_COUNT(((const struct exu_cell[]){__VA_ARGS__})))

/* Rows by the million: the store asks for them, one INSERT ... SELECT takes them all (three times as fast as a statement
 * a row). */
struct exu_feed {
    void *context;
    /* Moves to the next row (to the first, the first time); false at the end. */
    bool (*next)(void *context);
    /* A value of the row at hand; text stays valid until the next `next`. */
    void (*cell)(void *context, unsigned column, struct exu_cell *ret);
};
/* In the order of the table's key, ascending. */
EXU_MUST_CHECK struct exu_error *exu_store_feed(struct exu_store *store, enum exu_table table,
                                                const struct exu_feed *feed);

/* The indexes of schema/indexes.sql, after the rows. */
EXU_MUST_CHECK struct exu_error *exu_store_index(struct exu_store *store);

/* For questions about what is in it already, before it is finished. Borrowed; no statement may be left. */
struct sqlite3 *exu_store_connection(struct exu_store *store);
const char *exu_store_path(const struct exu_store *store); /* the final name */

#endif
