#include "query/privacy.h"

#include "base/secret.h"
#include "query/database.h"
#include "query/preview.h"
#include "query/queries.h"

#include <stdlib.h>
#include <string.h>

#define WITHHELD "[\u2026]"
#define NAME_LONGEST 100
#define KEY_LONGEST 48
/* A name has few changes from letters to digits and back: 'utf16le_v2' has three, 'k3y_7f9a1b2c' seven. */
#define CHANGES_MOST 5
#define DIGITS_MOST 8 /* in a row, as in a date; more are data */
#define SECRETS_MOST 1000
#define SECRET_SHORTEST 5 /* characters; a shorter value would be found in half of all texts */
#define FILE_LONGEST 400

const char *exu_privacy_kind_name(enum exu_name_kind kind)
{
    static const char *const names[EXU_NAME_KINDS] = {
        [EXU_NAME_CODE] = "names of attributes, variables, functions, modules or types that look like data",
        [EXU_NAME_KEY] = "dict keys that look like data",
        [EXU_NAME_THREAD] = "names of threads that Python did not give",
        [EXU_NAME_FILE] = "parts of file names that look like secrets",
        [EXU_NAME_TEXT] = "parts of texts that look like secrets",
    };
    return names[kind];
}

/* ---- names ---- */

static bool is_digit(unsigned char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c >= 0x80; /* identifiers may be of any script */
}

/* 'x', 'a.b.<locals>.c', '__name__': letters, digits and what joins them */
static bool is_word(const char *text, size_t size, const char *joints)
{
    unsigned changes = 0, digits = 0;
    bool any = false;
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)text[i], before = i ? (unsigned char)text[i - 1] : '.';
        if (!is_letter(c) && !is_digit(c) && (!c || !strchr(joints, c)))
            return false;
        digits = is_digit(c) ? digits + 1 : 0;
        changes += (is_digit(c) && is_letter(before)) || (is_letter(c) && is_digit(before));
        any |= is_letter(c) || c == '_';
        if (digits > DIGITS_MOST)
            return false;
    }
    return any && changes <= CHANGES_MOST;
}

/* Without the index of one of several fields, '_callbacks[0]'. */
static size_t without_index(const char *text, size_t size)
{
    size_t n = size;
    if (!n || text[n - 1] != ']')
        return size;
    for (n--; n && is_digit((unsigned char)text[n - 1]);)
        n--;
    return n > 1 && text[n - 1] == '[' && n < size - 1 ? n - 1 : size;
}

/* Names that the interpreter has and that do not look like it. */
static bool is_odd_name(const char *text, size_t size)
{
    static const char *const odd[] = {".0",
                                      "method-wrapper",
                                      "callable-iterator",
                                      "symtable entry",
                                      "dictionary-keyiterator",
                                      "dictionary-valueiterator",
                                      "dictionary-itemiterator"};
    for (size_t i = 0; i < EXU_COUNT(odd); i++)
        if (size == strlen(odd[i]) && memcmp(text, odd[i], size) == 0)
            return true;
    return false;
}

/* Names that threading, concurrent.futures and asyncio give: 'Thread-3 (run)', 'ThreadPoolExecutor-0_1'. */
static bool is_thread_name(const char *text, size_t size)
{
    static const char *const given[] = {"Thread-", "Dummy-", "ThreadPoolExecutor-", "asyncio_", "Task-"};
    for (size_t i = 0; i < EXU_COUNT(given); i++) {
        size_t n = strlen(given[i]);
        if (size > n && memcmp(text, given[i], n) == 0 && is_digit((unsigned char)text[n])) {
            while (n < size && (is_digit((unsigned char)text[n]) || text[n] == '_'))
                n++;
            return n == size || (text[n] == ' ' && size - n > 3 && text[n + 1] == '(' && text[size - 1] == ')' &&
                                 is_word(text + n + 2, size - n - 3, "_.<>"));
        }
    }
    return is_word(text, size, "_");
}

bool exu_privacy_is_name(enum exu_name_kind kind, const char *text, size_t size)
{
    bool shape = false;
    if (!size || size > (kind == EXU_NAME_KEY ? KEY_LONGEST : NAME_LONGEST))
        return false;
    switch (kind) {
    case EXU_NAME_CODE:
        shape = is_word(text, without_index(text, size), "_.<>") || is_odd_name(text, size);
        break;
    case EXU_NAME_KEY:
        shape = is_word(text, size, "_.-");
        break;
    case EXU_NAME_THREAD:
        shape = is_thread_name(text, size);
        break;
    case EXU_NAME_FILE:
    case EXU_NAME_TEXT:
    case EXU_NAME_KINDS:
        return true;
    }
    struct exu_secret secret;
    if (kind == EXU_NAME_KEY)
        return shape && is_letter((unsigned char)text[strspn(text, "_") < size ? strspn(text, "_") : 0]) &&
               !memchr(text, '-', size) && !exu_secret_label(text, size);
    return shape && !exu_secret_find(text, size, 0, &secret);
}

/* Known shapes of secrets in what is no content. */
static void masked_part(struct exu_privacy *p, enum exu_name_kind kind, const char *text, size_t size, size_t limit,
                        struct exu_text *out)
{
    struct exu_text plain = {0};
    p->withheld[kind] += exu_secret_mask(text, size, &plain);
    exu_preview_plain(plain.data ? plain.data : "", plain.len, limit, false, out);
    out->failed |= plain.failed;
    exu_text_deinit(&plain);
}

void exu_privacy_name(struct exu_privacy *p, enum exu_name_kind kind, const char *text, size_t size, size_t limit,
                      struct exu_text *out)
{
    if (p && (kind == EXU_NAME_FILE || kind == EXU_NAME_TEXT)) {
        masked_part(p, kind, text, size, exu_min(limit, kind == EXU_NAME_FILE ? FILE_LONGEST : limit), out);
    } else if (p && size && !exu_privacy_is_name(kind, text, size)) {
        p->withheld[kind]++;
        exu_text_puts(out, WITHHELD);
    } else {
        exu_preview_plain(text, size, limit, false, out);
    }
}

/* ---- contents ---- */

/* A word that is a number of nine digits or more, or letters and digits in turns. */
static bool is_odd_word(const char *text, size_t size)
{
    size_t digits = 0, changes = 0;
    for (size_t i = 0; i < size; i++) {
        digits += is_digit((unsigned char)text[i]);
        changes += i && is_digit((unsigned char)text[i]) != is_digit((unsigned char)text[i - 1]) && text[i] != '_' &&
                   text[i - 1] != '_';
    }
    return (digits > DIGITS_MOST && digits == size) || (size >= 12 && changes > CHANGES_MOST);
}

static void mask_words(struct exu_privacy *p, const char *text, size_t size, struct exu_text *out)
{
    for (size_t i = 0; i < size;) {
        size_t n = 0;
        while (i + n < size &&
               (is_letter((unsigned char)text[i + n]) || is_digit((unsigned char)text[i + n]) || text[i + n] == '_'))
            n++;
        if (n && is_odd_word(text + i, n)) {
            exu_text_puts(out, "[token]");
            p->masked++;
        } else if (n) {
            exu_text_add(out, text + i, n);
        } else {
            exu_text_putc(out, text[i++]);
        }
        i += n;
    }
}

/* The values of secrets first: a part of one may have a shape of its own. */
static void mask_values(struct exu_privacy *p, struct exu_text *text)
{
    char **value;
    exu_vec_each (value, &p->secrets) {
        size_t n = strlen(*value), from = 0;
        char *at;
        struct exu_text rest = {0};
        while (from < text->len && (at = memmem(text->data + from, text->len - from, *value, n)) != NULL) {
            exu_text_add(&rest, text->data + from, (size_t)(at - text->data) - from);
            exu_text_puts(&rest, "[secret]");
            from = (size_t)(at - text->data) + n;
            p->masked++;
        }
        if (!from) {
            exu_text_deinit(&rest);
            continue;
        }
        exu_text_add(&rest, text->data + from, text->len - from);
        rest.failed |= text->failed;
        exu_text_deinit(text);
        *text = rest;
    }
}

void exu_privacy_mask(struct exu_privacy *p, const char *text, size_t size, struct exu_text *out)
{
    struct exu_text first = {0}, second = {0};
    exu_text_add(&first, text, size);
    mask_values(p, &first);
    p->masked += exu_secret_mask(first.data ? first.data : "", first.len, &second);
    mask_words(p, second.data ? second.data : "", second.len, out);
    out->failed |= first.failed || second.failed;
    exu_text_deinit(&first);
    exu_text_deinit(&second);
}

/* ---- values under secrets' names ---- */

static struct exu_error *add_secret(struct exu_privacy *p, const char *text, size_t size)
{
    if (size < SECRET_SHORTEST || memchr(text, 0, size) || p->secrets.len >= SECRETS_MOST)
        return NULL;
    char *copy = strndup(text, size);
    if (copy && exu_vec_push(&p->secrets, copy))
        return NULL;
    free(copy);
    return exu_error_memory();
}

/* Rows of (name, value). */
static struct exu_error *learn(struct exu_privacy *p, const struct exu_database *db, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    struct exu_error *error = NULL;
    EXU_TRY(exu_database_prepare(db, sql, &statement));
    while (!error && p->secrets.len < SECRETS_MOST && exu_database_step(db, statement, &error)) {
        const char *name = exu_column_text(statement, 0), *value = exu_column_text(statement, 1);
        if (exu_secret_name(name, strlen(name)))
            error = add_secret(p, value, (size_t)sqlite3_column_bytes(statement, 1));
    }
    sqlite3_finalize(statement);
    return error;
}

struct exu_error *exu_privacy_learn(struct exu_privacy *p, const struct exu_database *db)
{
    EXU_TRY(learn(p, db, exu_sql_privacy_variables_sql));
    return learn(p, db, exu_sql_privacy_names_sql);
}

void exu_privacy_deinit(struct exu_privacy *p)
{
    char **value;
    exu_vec_each (value, &p->secrets) {
        explicit_bzero(*value, strlen(*value));
        free(*value);
    }
    exu_vec_free(&p->secrets);
}
