/* memory(address, n): bytes of the process, out of the core that the database was made from.
 *
 * The database names its core; whoever wrote the database may have written any name there. So the file must have the
 * size and the time that the database says, and be a core that we read. */
#include "query/functions_private.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define MOST (16 << 20)

static bool meta_number(const struct exu_database *db, const char *key, uint64_t *ret)
{
    char text[32], *end;
    if (!exu_database_meta(db, key, text, sizeof text))
        return false;
    *ret = strtoull(text, &end, 10);
    return end != text && *end == '\0';
}

static bool is_it(const struct exu_database *db, const char *path)
{
    uint64_t bytes, modified;
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode) && meta_number(db, "input_bytes", &bytes) &&
           meta_number(db, "input_mtime_ns", &modified) && bytes == (uint64_t)st.st_size &&
           modified == (uint64_t)st.st_mtim.tv_sec * 1000000000u + (uint64_t)st.st_mtim.tv_nsec;
}

/* Where it was loaded from, or beside the database under the same name. */
static struct exu_error *find_core(const struct exu_database *db, struct exu_text *ret)
{
    char name[4096];
    if (!exu_database_meta(db, "input_name", name, sizeof name) || !*name)
        return exu_error_new(EXU_ERROR_INPUT, "memory: %s does not say which core it was made from", db->path);
    exu_text_puts(ret, name);
    if (!ret->failed && is_it(db, ret->data))
        return NULL;
    const char *folder_end = strrchr(db->path, '/'), *base = strrchr(name, '/');
    exu_text_clear(ret);
    if (folder_end)
        exu_text_add(ret, db->path, (size_t)(folder_end - db->path) + 1);
    exu_text_puts(ret, base ? base + 1 : name);
    if (!ret->failed && is_it(db, ret->data))
        return NULL;
    return ret->failed ? exu_error_memory()
                       : exu_error_new(EXU_ERROR_INPUT,
                                       "memory: %s is not at hand as it was when it was loaded; put the core there, or beside "
                                       "the database, with its time (cp -p)",
                                       name);
}

static struct exu_error *open_core(struct exu_functions *f)
{
    struct exu_text path = {0};
    struct exu_error *error = find_core(f->db, &path);
    if (!error)
        error = exu_peek_open(&f->core, path.data);
    exu_text_deinit(&path);
    return error;
}

static struct exu_error *memory_function(struct exu_functions *f, sqlite3_context *context, int count,
                                         sqlite3_value **values)
{
    (void)count;
    if (sqlite3_value_type(values[0]) == SQLITE_NULL || sqlite3_value_type(values[1]) == SQLITE_NULL)
        return NULL; /* NULL */
    if (sqlite3_value_numeric_type(values[0]) != SQLITE_INTEGER || sqlite3_value_numeric_type(values[1]) != SQLITE_INTEGER)
        return exu_error_new(EXU_ERROR_USAGE, "memory: the address and the number of bytes are integers");
    exu_addr address = (exu_addr)sqlite3_value_int64(values[0]); /* stored as SQLite's signed integers */
    sqlite3_int64 n = sqlite3_value_int64(values[1]);
    if (n < 0 || n > MOST)
        return exu_error_new(EXU_ERROR_USAGE, "memory: %lld bytes; 0 to %d can be had", (long long)n, MOST);
    if (!f->core)
        EXU_TRY(open_core(f));
    void *bytes = malloc((size_t)n + 1);
    if (!bytes)
        return exu_error_memory();
    uint64_t copied = 0;
    struct exu_error *error = exu_peek_read(f->core, address, bytes, (uint64_t)n, &copied);
    if (!error && (copied || !n))
        sqlite3_result_blob(context, bytes, (int)copied, SQLITE_TRANSIENT);
    free(bytes);
    return error;
}

const struct exu_scalar exu_scalar_memory = {
    "memory", "memory(address, n)",
    "bytes of the process as a blob, up to the first hole (NULL: it begins there); the core must be at hand", 2, 2, false,
    memory_function};
