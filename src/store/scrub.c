#include "store/scrub.h"

#include "base/secret.h"
#include <blake2.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

extern const char exu_sql_scrub_sql[];

#define KEY_BYTES 32
#define KINDS_MOST 64

struct scrub {
    uint8_t key[KEY_BYTES];
    struct exu_scrubbed *result;
    bool failed;
};

/* ---- tokens ---- */

static void digest(const struct scrub *s, const void *data, size_t size, uint64_t more, uint8_t *ret, size_t bytes)
{
    blake2b_state state;
    blake2b_init_key(&state, bytes, s->key, sizeof s->key);
    blake2b_update(&state, (const uint8_t *)&more, sizeof more);
    blake2b_update(&state, data, size);
    blake2b_final(&state, ret, bytes);
}

static size_t code_points(const char *text, size_t size)
{
    size_t n = 0;
    for (size_t i = 0; i < size; i++)
        n += ((unsigned char)text[i] & 0xc0) != 0x80;
    return n;
}

/* `count` characters of `alphabet`, from what `seed` says. */
static void characters(const struct scrub *s, const uint8_t seed[32], const char *alphabet, char *out, size_t count)
{
    uint8_t block[32];
    size_t letters = strlen(alphabet);
    for (size_t i = 0; i < count; i++) {
        if (i % sizeof block == 0)
            digest(s, seed, 32, i + 1, block, sizeof block);
        out[i] = alphabet[block[i % sizeof block] % letters];
    }
}

static bool is_number(const char *text, size_t size)
{
    bool digit = false;
    for (size_t i = 0; i < size; i++) {
        if (!strchr("0123456789+-.eEjJ()L", text[i]) || !text[i])
            return false;
        digit |= text[i] >= '0' && text[i] <= '9';
    }
    return digit;
}

/* A number stays one of as many digits: its sign, point and exponent stay where they are. */
static void number(const struct scrub *s, const uint8_t seed[32], const char *text, size_t size, char *out)
{
    characters(s, seed, "0123456789", out, size);
    bool first = true;
    for (size_t i = 0; i < size; i++) {
        bool digit = text[i] >= '0' && text[i] <= '9';
        if (!digit)
            out[i] = text[i];
        else if (first && out[i] == '0')
            out[i] = '1';
        first &= !digit;
    }
}

/* scrub(value, hash): the hash stands for all of a value of which only the first part is here. */
static void token(sqlite3_context *context, int count, sqlite3_value **values)
{
    (void)count;
    const struct scrub *s = sqlite3_user_data(context);
    int type = sqlite3_value_type(values[0]);
    const char *data = type == SQLITE_BLOB ? sqlite3_value_blob(values[0]) : (const char *)sqlite3_value_text(values[0]);
    size_t size = (size_t)sqlite3_value_bytes(values[0]);
    if (type == SQLITE_NULL || !data || !size) {
        sqlite3_result_value(context, values[0]);
        return;
    }
    uint8_t seed[32];
    digest(s, data, size, (uint64_t)sqlite3_value_int64(values[1]), seed, sizeof seed);
    size_t length = type == SQLITE_BLOB ? size : code_points(data, size);
    char *out = malloc(length + 1);
    if (!out) {
        sqlite3_result_error_nomem(context);
        return;
    }
    if (type != SQLITE_BLOB && is_number(data, size)) {
        number(s, seed, data, size, out);
    } else {
        characters(s, seed, "abcdefghijklmnopqrstuvwxyz234567", out, length);
        if (length >= 4)
            out[0] = '~'; /* people see that it is one */
    }
    if (type == SQLITE_BLOB)
        sqlite3_result_blob64(context, out, length, free);
    else
        sqlite3_result_text64(context, out, length, free, SQLITE_UTF8);
}

/* scrub_hash(hash) */
static void another_hash(sqlite3_context *context, int count, sqlite3_value **values)
{
    (void)count;
    const struct scrub *s = sqlite3_user_data(context);
    if (sqlite3_value_type(values[0]) == SQLITE_NULL)
        return;
    sqlite3_int64 hash = sqlite3_value_int64(values[0]), another;
    digest(s, &hash, sizeof hash, 0, (uint8_t *)&another, sizeof another);
    sqlite3_result_int64(context, another);
}

static void note(struct scrub *s, const char *what)
{
    size_t i = 0;
    for (; i < s->result->unclassified.len; i++)
        if (strcmp(s->result->unclassified.items[i].what, what) == 0)
            break;
    if (i == s->result->unclassified.len && i < KINDS_MOST) {
        struct exu_unclassified kind = {.what = strdup(what)};
        if (!kind.what || !exu_vec_push(&s->result->unclassified, kind)) {
            free((void *)(uintptr_t)kind.what);
            s->failed = true;
        }
    }
    if (i < s->result->unclassified.len)
        s->result->unclassified.items[i].count++;
}

/* noted(what, value, hash) */
static void noted(sqlite3_context *context, int count, sqlite3_value **values)
{
    (void)count;
    const char *what = (const char *)sqlite3_value_text(values[0]);
    if (what)
        note(sqlite3_user_data(context), what);
    sqlite3_value *value[2] = {values[1], values[2]};
    token(context, 2, value);
}

static void is_secret(sqlite3_context *context, int count, sqlite3_value **values)
{
    (void)count;
    struct exu_secret found;
    const char *text = (const char *)sqlite3_value_text(values[0]);
    sqlite3_result_int(context, text && exu_secret_find(text, (size_t)sqlite3_value_bytes(values[0]), 0, &found));
}

static void masked(sqlite3_context *context, int count, sqlite3_value **values)
{
    (void)count;
    struct exu_text out = {0};
    const char *text = (const char *)sqlite3_value_text(values[0]);
    if (!text)
        return;
    exu_secret_mask(text, (size_t)sqlite3_value_bytes(values[0]), &out);
    if (out.failed)
        sqlite3_result_error_nomem(context);
    else
        sqlite3_result_text64(context, out.data ? out.data : "", out.len, SQLITE_TRANSIENT, SQLITE_UTF8);
    exu_text_deinit(&out);
}

/* ---- the statements ---- */

static const struct {
    const char *name;
    int arguments;
    void (*call)(sqlite3_context *context, int count, sqlite3_value **values);
} functions[] = {{"scrub", 2, token}, {"scrub_hash", 1, another_hash}, {"noted", 3, noted}, {"is_secret", 1, is_secret}, {"masked", 1, masked}};

/* `s` NULL: takes them away. */
static bool set_functions(sqlite3 *db, struct scrub *s)
{
    bool fine = true;
    for (size_t i = 0; i < EXU_COUNT(functions); i++)
        fine &= sqlite3_create_function_v2(db, functions[i].name, functions[i].arguments,
                                           SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY, s, s ? functions[i].call : NULL,
                                           NULL, NULL, NULL) == SQLITE_OK;
    return fine;
}

static struct exu_error *make_key(struct scrub *s, const char *salt)
{
    if (salt)
        return blake2b(s->key, salt, NULL, sizeof s->key, strlen(salt), 0) == 0
                   ? NULL
                   : exu_error_new(EXU_ERROR_MACHINE, "the salt can't be used; give another with --salt");
    return getrandom(s->key, sizeof s->key, 0) == sizeof s->key ? NULL : exu_error_errno("no random bytes for the salt");
}

static uint64_t number_of(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    uint64_t n = 0;
    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK && sqlite3_step(statement) == SQLITE_ROW)
        n = (uint64_t)sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return n;
}

/* One by one: how many contents were replaced is told. */
static struct exu_error *run_all(struct scrub *s, struct exu_store *store)
{
    sqlite3 *db = exu_store_connection(store);
    const char *sql = exu_sql_scrub_sql;
    s->result->contents = number_of(db, "SELECT count(*) FROM content");
    while (*sql) {
        sqlite3_stmt *statement = NULL;
        if (sqlite3_prepare_v2(db, sql, -1, &statement, &sql) != SQLITE_OK)
            return exu_store_error(store, "scrubbing");
        if (!statement)
            continue;
        bool contents = strstr(sqlite3_sql(statement), "UPDATE content SET text") != NULL;
        int code;
        while ((code = sqlite3_step(statement)) == SQLITE_ROW)
            ;
        sqlite3_finalize(statement);
        if (code != SQLITE_DONE)
            return exu_store_error(store, "scrubbing");
        if (contents)
            s->result->replaced += (uint64_t)sqlite3_changes64(db);
    }
    return s->failed ? exu_error_memory() : NULL;
}

/* What somebody added to the database (a table of his own, with contents in it, perhaps): it goes. Each is asked for anew:
 * with a table its indexes go. */
static struct exu_error *drop_foreign(struct scrub *s, struct exu_store *store)
{
    sqlite3 *db = exu_store_connection(store);
    for (;;) {
        char *type = NULL, *name = NULL;
        EXU_TRY(exu_store_foreign(store, &type, &name));
        if (!name)
            return NULL;
        char *sql = sqlite3_mprintf("DROP %s main.\"%w\"", type, name);
        int code = sql ? sqlite3_exec(db, sql, NULL, NULL, NULL) : SQLITE_NOMEM;
        sqlite3_free(sql);
        note(s, "table, index, view or trigger that exuvia did not make (left out)");
        free(type);
        free(name);
        if (code != SQLITE_OK)
            return exu_store_error(store, "scrubbing");
    }
}

static struct exu_error *scrub_all(struct scrub *s, struct exu_store *store)
{
    EXU_TRY(drop_foreign(s, store));
    return run_all(s, store);
}

struct exu_error *exu_scrub(struct exu_store *store, const char *salt, struct exu_scrubbed *ret)
{
    memset(ret, 0, sizeof *ret);
    struct scrub s = {.result = ret};
    EXU_TRY(make_key(&s, salt));
    sqlite3 *db = exu_store_connection(store);
    struct exu_error *error = set_functions(db, &s) ? scrub_all(&s, store) : exu_store_error(store, "scrubbing");
    set_functions(db, NULL);
    explicit_bzero(&s, sizeof s);
    return error;
}

void exu_scrubbed_deinit(struct exu_scrubbed *scrubbed)
{
    for (size_t i = 0; i < scrubbed->unclassified.len; i++)
        free((void *)(uintptr_t)scrubbed->unclassified.items[i].what);
    exu_vec_free(&scrubbed->unclassified);
}
