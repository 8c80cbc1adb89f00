#include "query/summary.h"

#include "query/preview.h"
#include "query/privacy.h"

#include "base/secret.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum question {
    Q_OBJECT,
    Q_FRAME_OF_OBJECT,
    Q_FRAME,
    Q_TRACEBACK,
    Q_PLACE_OF,
    Q_EXCEPTION,
    Q_TYPE,
    Q_NAME_OF,
    Q_MODULE,
    Q_THREAD,
    Q_ROOT_OF,
    Q_ROOT,
    Q_STACK_OF,
    Q_LINK,
    Q_LINK_BETWEEN,
    Q_KEY_AT,
    Q_ATTRIBUTE,
    Q_NAMESPACE,
    Q_DOMINATOR,
    Q_ADDRESS,
    Q_NAMES_OF,
    Q_PARENT,
    Q_COUNT
};

/* Small look-ups by key; the questions of the verbs stand in schema/queries. */
static const char *const questions[Q_COUNT] = {
    [Q_OBJECT] =
        "SELECT t.module, t.qualname, o.length, c.length, c.text, c.truncated, c.object_id IS NOT NULL "
        "FROM object o LEFT JOIN type t ON t.id = o.type_id LEFT JOIN content c ON c.object_id = o.id "
        "WHERE o.id = ?1",
    [Q_FRAME_OF_OBJECT] = "SELECT id FROM frame WHERE object_id = ?1 ORDER BY id LIMIT 1",
    [Q_FRAME] = "SELECT coalesce(function, qualname), filename, line FROM frame WHERE id = ?1",
    [Q_TRACEBACK] = "SELECT coalesce(f.function, f.qualname), f.filename, coalesce(t.line, f.line) "
                    "FROM traceback t LEFT JOIN frame f ON f.id = t.frame_id WHERE t.object_id = ?1",
    [Q_PLACE_OF] =
        "SELECT coalesce(f.function, f.qualname), f.filename, f.line FROM frame f WHERE f.object_id = ?1 "
        "UNION ALL SELECT coalesce(f.function, f.qualname), f.filename, coalesce(t.line, f.line) "
        "FROM traceback t JOIN frame f ON f.id = t.frame_id WHERE t.object_id = ?1 LIMIT 1",
    [Q_EXCEPTION] = "SELECT message FROM exception WHERE object_id = ?1",
    [Q_TYPE] = "SELECT module, qualname FROM type WHERE id = ?1",
    [Q_NAME_OF] = "SELECT c.text FROM reference r JOIN content c ON c.object_id = r.referent_id "
                  "WHERE r.referrer_id = ?1 AND r.name IN ('__qualname__', 'func_qualname', 'co_qualname', "
                  "'__name__', 'func_name', 'co_name', 'name', 'qualname') "
                  "ORDER BY r.name LIKE '%qualname%' DESC, r.ordinal LIMIT 1",
    [Q_MODULE] = "SELECT name FROM root WHERE object_id = ?1 AND kind = 'module' AND name IS NOT NULL "
                 "ORDER BY id LIMIT 1",
    [Q_THREAD] = "SELECT name, native_id FROM thread WHERE id = ?1",
    [Q_ROOT_OF] =
        "SELECT id, kind, name, thread_id, frame_id FROM root WHERE object_id = ?1 "
        "ORDER BY CASE kind WHEN 'frame' THEN 0 WHEN 'module' THEN 1 WHEN 'thread' THEN 2 "
        "WHEN 'exception' THEN 3 WHEN 'interpreter' THEN 4 WHEN 'native' THEN 5 WHEN 'native_stack' THEN 6 "
        "WHEN 'static' THEN 7 ELSE 8 END, id LIMIT 1",
    [Q_ROOT] = "SELECT id, kind, name, thread_id, frame_id FROM root WHERE id = ?1",
    [Q_STACK_OF] =
        "SELECT 0, 'stack', NULL, thread_id, NULL FROM frame WHERE id = ?1 AND thread_id IS NOT NULL",
    [Q_LINK] = "SELECT referrer_id, referent_id, ordinal, kind, name, position, confidence FROM reference "
               "WHERE referrer_id = ?1 AND ordinal = ?2",
    [Q_LINK_BETWEEN] =
        "SELECT referrer_id, referent_id, ordinal, kind, name, position, confidence FROM reference "
        "WHERE referrer_id = ?1 AND referent_id = ?2 "
        "ORDER BY kind = 'weak', confidence = 'conservative', ordinal LIMIT 1",
    [Q_KEY_AT] =
        "SELECT referent_id FROM reference_row WHERE referrer_id = ?1 AND kind = 2 AND position = ?2 LIMIT 1",
    /* 3 value, 4 attribute, 5 slot, 6 field */
    [Q_ATTRIBUTE] =
        "SELECT referent_id FROM reference_row WHERE referrer_id = ?1 AND kind BETWEEN 3 AND 6 AND ?2 = CASE "
        "WHEN name_id > 0 THEN (SELECT text FROM content WHERE object_id = name_id) "
        "ELSE (SELECT text FROM name WHERE id = -name_id) END ORDER BY ordinal LIMIT 1",
    [Q_NAMESPACE] = "SELECT referent_id FROM reference_row WHERE referrer_id = ?1 AND kind = 6 AND name_id IN "
                    "(SELECT -id FROM name WHERE text = '__dict__') ORDER BY ordinal LIMIT 1",
    [Q_DOMINATOR] = "SELECT dominator_id FROM object WHERE id = ?1",
    [Q_ADDRESS] = "SELECT address FROM object WHERE id = ?1",
    [Q_NAMES_OF] = "SELECT name FROM reference WHERE referent_id = ?1 LIMIT 100",
    [Q_PARENT] = "SELECT parent_id FROM object WHERE id = ?1",
};

struct exu_describer {
    const struct exu_database *db;
    sqlite3_stmt *statements[Q_COUNT];
};

struct exu_error *exu_describer_create(struct exu_describer **ret, const struct exu_database *db)
{
    struct exu_describer *d = calloc(1, sizeof *d);
    if (!d)
        return exu_error_memory();
    d->db = db;
    for (int i = 0; i < Q_COUNT; i++) {
        struct exu_error *error = exu_database_prepare(db, questions[i], &d->statements[i]);
        if (error) {
            exu_describer_destroy(d);
            return error;
        }
    }
    *ret = d;
    return NULL;
}

void exu_describer_destroy(struct exu_describer *d)
{
    if (!d)
        return;
    exu_describer_forget(d);
    free(d);
}

void exu_describer_settle(struct exu_describer *d)
{
    for (int i = 0; i < Q_COUNT; i++)
        sqlite3_reset(d->statements[i]);
}

void exu_describer_forget(struct exu_describer *d)
{
    for (int i = 0; i < Q_COUNT; i++) {
        sqlite3_finalize(d->statements[i]);
        d->statements[i] = NULL;
    }
}

/* The statement, to be bound and stepped; prepared again when it was forgotten. NULL: that failed. */
static sqlite3_stmt *statement_of(struct exu_describer *d, enum question question)
{
    sqlite3_stmt *statement = d->statements[question];
    if (!statement &&
        sqlite3_prepare_v2(d->db->sqlite, questions[question], -1, &statement, NULL) != SQLITE_OK)
        return NULL;
    d->statements[question] = statement;
    sqlite3_reset(statement);
    return statement;
}

/* The statement with its first row, or NULL. The row lives until the question is asked again. */
static sqlite3_stmt *ask(struct exu_describer *d, enum question question, int64_t a, int64_t b)
{
    sqlite3_stmt *statement = statement_of(d, question);
    if (!statement)
        return NULL;
    sqlite3_bind_int64(statement, 1, a);
    if (sqlite3_bind_parameter_count(statement) > 1)
        sqlite3_bind_int64(statement, 2, b);
    return sqlite3_step(statement) == SQLITE_ROW ? statement : NULL;
}

static uint32_t named(struct exu_describer *d, uint32_t object, const char *name)
{
    sqlite3_stmt *statement = statement_of(d, Q_ATTRIBUTE);
    if (!statement)
        return 0;
    sqlite3_bind_text(statement, 2, name, -1, SQLITE_TRANSIENT);
    sqlite3_bind_int64(statement, 1, object);
    uint32_t found = sqlite3_step(statement) == SQLITE_ROW ? exu_column_id(statement, 0, UINT32_MAX) : 0;
    sqlite3_reset(statement);
    return found;
}

uint32_t exu_describe_attribute(struct exu_describer *d, uint32_t object, const char *name)
{
    uint32_t found = named(d, object, name);
    sqlite3_stmt *row = found ? NULL : ask(d, Q_NAMESPACE, object, 0);
    return row ? named(d, exu_column_id(row, 0, UINT32_MAX), name) : found;
}

/* Steps up the dominators; a tree that is deeper is a long list of links. */
#define DOMINATOR_STEPS 10000

int64_t exu_describe_address(struct exu_describer *d, uint32_t object)
{
    sqlite3_stmt *row = ask(d, Q_ADDRESS, object, 0);
    return row ? sqlite3_column_int64(row, 0) : 0;
}

bool exu_describe_dominates(struct exu_describer *d, uint32_t holder, uint32_t object)
{
    for (unsigned i = 0; object && object != holder && i < DOMINATOR_STEPS; i++) {
        sqlite3_stmt *row = ask(d, Q_DOMINATOR, object, 0);
        object = row ? exu_column_id(row, 0, UINT32_MAX) : 0;
    }
    return object && object == holder;
}

void exu_describe_count(uint64_t n, struct exu_text *out)
{
    char digits[24];
    int len = snprintf(digits, sizeof digits, "%llu", (unsigned long long)n);
    for (int i = 0; i < len; i++) {
        if (i && (len - i) % 3 == 0)
            exu_text_putc(out, ',');
        exu_text_putc(out, digits[i]);
    }
}

void exu_describe_many(uint64_t n, const char *type, struct exu_text *out)
{
    exu_describe_count(n, out);
    exu_text_printf(out, " × %s", type && *type ? type : "object");
}

static void add_name(struct exu_describer *d, enum exu_name_kind kind, const char *text, size_t limit, struct exu_text *out)
{
    exu_privacy_name(d->db->privacy, kind, text, strlen(text), limit, out);
}

static void add_safe(struct exu_describer *d, const char *text, struct exu_text *out)
{
    add_name(d, EXU_NAME_CODE, text, 200, out);
}

static void add_type_name(struct exu_describer *d, const char *module, const char *qualname, struct exu_text *out)
{
    if (*module && strcmp(module, "builtins") != 0) {
        add_safe(d, module, out);
        exu_text_putc(out, '.');
    }
    add_safe(d, qualname, out);
}

void exu_describe_name(struct exu_describer *d, const char *name, struct exu_text *out)
{
    add_name(d, EXU_NAME_CODE, name, 80, out);
}

void exu_describe_type_of(struct exu_describer *d, uint32_t object, struct exu_text *out)
{
    sqlite3_stmt *row = ask(d, Q_OBJECT, object, 0);
    if (row)
        add_type_name(d, exu_column_text(row, 0), exu_column_text(row, 1), out);
}

#define HOLDERS_ASKED 3

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash && slash[1] ? slash + 1 : path;
}

/* 'NAME at FILE:LINE' from columns 0..2 */
static void add_place(struct exu_describer *d, sqlite3_stmt *row, struct exu_text *out)
{
    if (*exu_column_text(row, 0))
        add_safe(d, exu_column_text(row, 0), out);
    else
        exu_text_putc(out, '?');
    if (*exu_column_text(row, 1)) {
        exu_text_puts(out, " at ");
        add_name(d, EXU_NAME_FILE, base_name(exu_column_text(row, 1)), 200, out);
    }
    if (sqlite3_column_type(row, 2) != SQLITE_NULL)
        exu_text_printf(out, ":%lld", (long long)sqlite3_column_int64(row, 2));
}

static bool describe_frame_object(struct exu_describer *d, uint32_t object, const char *word,
                                  struct exu_text *out)
{
    sqlite3_stmt *row = ask(d, Q_FRAME_OF_OBJECT, object, 0);
    row = row ? ask(d, Q_FRAME, sqlite3_column_int64(row, 0), 0) : NULL;
    if (!row)
        return false;
    exu_text_printf(out, "<%s ", word);
    add_place(d, row, out);
    exu_text_putc(out, '>');
    return true;
}

static bool describe_traceback(struct exu_describer *d, uint32_t object, struct exu_text *out)
{
    sqlite3_stmt *row = ask(d, Q_TRACEBACK, object, 0);
    if (!row)
        return false;
    exu_text_puts(out, "<traceback");
    if (*exu_column_text(row, 1)) {
        exu_text_puts(out, " at ");
        add_name(d, EXU_NAME_FILE, base_name(exu_column_text(row, 1)), 200, out);
    }
    if (sqlite3_column_type(row, 2) != SQLITE_NULL)
        exu_text_printf(out, ":%lld", (long long)sqlite3_column_int64(row, 2));
    if (*exu_column_text(row, 0)) {
        exu_text_puts(out, " in ");
        add_safe(d, exu_column_text(row, 0), out);
    }
    exu_text_putc(out, '>');
    return true;
}

/* A message, or how long it is. */
static void add_message(struct exu_describer *d, const char *text, size_t size, struct exu_text *out)
{
    struct exu_privacy *p = d->db->privacy;
    struct exu_text masked = {0};
    if (p && !p->contents) {
        p->contents_withheld++;
        exu_text_puts(out, " with a message");
        return;
    }
    exu_text_puts(out, ": ");
    if (p)
        exu_privacy_mask(p, text, size, &masked);
    exu_preview_plain(p ? (masked.data ? masked.data : "") : text, p ? masked.len : size, 60, false, out);
    exu_text_deinit(&masked);
}

static bool describe_exception(struct exu_describer *d, uint32_t object, const char *module,
                               const char *qualname, struct exu_text *out)
{
    sqlite3_stmt *row = ask(d, Q_EXCEPTION, object, 0);
    if (!row)
        return false;
    exu_text_puts(out, "<exception ");
    add_type_name(d, module, qualname, out);
    if (*exu_column_text(row, 0))
        add_message(d, exu_column_text(row, 0), (size_t)sqlite3_column_bytes(row, 0), out);
    exu_text_putc(out, '>');
    return true;
}

static bool describe_type(struct exu_describer *d, uint32_t object, struct exu_text *out)
{
    sqlite3_stmt *row = ask(d, Q_TYPE, object, 0);
    if (!row)
        return false;
    exu_text_puts(out, "<class '");
    add_type_name(d, exu_column_text(row, 0), exu_column_text(row, 1), out);
    exu_text_puts(out, "'>");
    return true;
}

static bool describe_named(struct exu_describer *d, uint32_t object, const char *word, struct exu_text *out)
{
    sqlite3_stmt *row = ask(d, Q_NAME_OF, object, 0);
    if (!row)
        return false;
    exu_text_printf(out, "<%s ", word);
    add_name(d, EXU_NAME_CODE, exu_column_text(row, 0), 80, out);
    exu_text_putc(out, '>');
    return true;
}

/* As Python's repr writes a str; `[…]` stands without quotes. */
static void add_quoted(struct exu_describer *d, enum exu_name_kind kind, const char *text, size_t limit, struct exu_text *out)
{
    if (d->db->privacy && !exu_privacy_is_name(kind, text, strlen(text)))
        add_name(d, kind, text, limit, out);
    else
        exu_preview_str(text, strlen(text), limit, false, out);
}

static bool describe_module(struct exu_describer *d, uint32_t object, struct exu_text *out)
{
    sqlite3_stmt *row = ask(d, Q_MODULE, object, 0);
    if (!row)
        return false;
    exu_text_puts(out, "<module ");
    add_quoted(d, EXU_NAME_CODE, exu_column_text(row, 0), 80, out);
    exu_text_putc(out, '>');
    return true;
}

/* 'str of 24', 'int' */
static void describe_shape(struct exu_describer *d, sqlite3_stmt *row, struct exu_text *out)
{
    add_type_name(d, exu_column_text(row, 0), exu_column_text(row, 1), out);
    if (sqlite3_column_type(row, 3) != SQLITE_INTEGER || sqlite3_column_int64(row, 3) < 0)
        return;
    exu_text_puts(out, " of ");
    exu_describe_count((uint64_t)sqlite3_column_int64(row, 3), out);
}

/* Is it, or what holds it on the way to a root, called like a secret? Variables are asked by exu_privacy_learn. */
static bool named_secret(struct exu_describer *d, uint32_t object)
{
    bool secret = false;
    for (unsigned depth = 0; object && depth < HOLDERS_ASKED && !secret; depth++) {
        sqlite3_stmt *row = ask(d, Q_NAMES_OF, object, 0);
        for (bool more = row != NULL; more && !secret; more = sqlite3_step(row) == SQLITE_ROW)
            secret = exu_secret_name(exu_column_text(row, 0), (size_t)sqlite3_column_bytes(row, 0));
        row = ask(d, Q_PARENT, object, 0);
        object = row ? exu_column_id(row, 0, UINT32_MAX) : 0;
    }
    return secret;
}

/* Of a content so much is looked through for a preview of 40 characters, and so much has to be left of that. */
#define MASKED_MOST 4096
#define MASKED_LEAST 1024

/* A preview of what is no secret. */
static void describe_masked(struct exu_describer *d, uint32_t object, sqlite3_stmt *row, struct exu_text *out)
{
    struct exu_privacy *p = d->db->privacy;
    struct exu_text masked = {0};
    bool blob = sqlite3_column_type(row, 4) == SQLITE_BLOB, cut = sqlite3_column_int(row, 5) != 0;
    const char *text = blob ? sqlite3_column_blob(row, 4) : exu_column_text(row, 4);
    size_t size = (size_t)sqlite3_column_bytes(row, 4);
    if (named_secret(d, object)) {
        p->masked++;
        describe_shape(d, row, out);
        exu_text_puts(out, " [secret]");
        return;
    }
    bool part = size > MASKED_MOST; /* what it ends in may be the beginning of a secret */
    exu_privacy_mask(p, text ? text : "", !text ? 0 : part ? MASKED_MOST : size, &masked);
    if (part && masked.len < MASKED_LEAST)
        exu_text_clear(&masked);
    const char *shown = masked.data ? masked.data : "";
    if (blob)
        exu_preview_bytes(shown, masked.len, 40, cut || part, out);
    else if (sqlite3_column_type(row, 3) == SQLITE_NULL)
        exu_preview_plain(shown, masked.len, 40, cut || part, out);
    else
        exu_preview_str(shown, masked.len, 40, cut || part, out);
    exu_text_deinit(&masked);
}

static void describe_content(struct exu_describer *d, uint32_t object, sqlite3_stmt *row, struct exu_text *out)
{
    size_t size = (size_t)sqlite3_column_bytes(row, 4);
    bool cut = sqlite3_column_int(row, 5) != 0;
    if (d->db->privacy && d->db->privacy->contents) {
        describe_masked(d, object, row, out);
        return;
    }
    if (d->db->privacy) {
        d->db->privacy->contents_withheld++;
        describe_shape(d, row, out);
        return;
    }
    if (sqlite3_column_type(row, 4) == SQLITE_BLOB)
        exu_preview_bytes(sqlite3_column_blob(row, 4), size, 40, cut, out);
    else if (sqlite3_column_type(row, 3) == SQLITE_NULL) /* a number */
        exu_preview_plain(exu_column_text(row, 4), (size_t)sqlite3_column_bytes(row, 4), 40, cut, out);
    else
        exu_preview_str(exu_column_text(row, 4), (size_t)sqlite3_column_bytes(row, 4), 40, cut, out);
}

static const struct {
    const char *module, *qualname, *one, *many; /* what it has */
} containers[] = {
    {"builtins", "list", "item", "items"},
    {"builtins", "tuple", "", ""},
    {"builtins", "dict", "", ""},
    {"builtins", "set", "", ""},
    {"builtins", "frozenset", "", ""},
    {"builtins", "bytearray", "byte", "bytes"},
    {"collections", "deque", "item", "items"},
};

static bool describe_container(const char *module, const char *qualname, uint64_t length,
                               struct exu_text *out)
{
    for (size_t i = 0; i < EXU_COUNT(containers); i++) {
        if (strcmp(containers[i].qualname, qualname) != 0 || strcmp(containers[i].module, module) != 0)
            continue;
        exu_text_printf(out, "%s of ", qualname);
        exu_describe_count(length, out);
        const char *what = length == 1 ? containers[i].one : containers[i].many;
        if (*what)
            exu_text_printf(out, " %s", what);
        return true;
    }
    return false;
}

static bool describe_builtin(struct exu_describer *d, uint32_t object, const char *qualname,
                             struct exu_text *out)
{
    static const struct {
        const char *type, *word;
    } named[] = {{"function", "function"},
                 {"code", "code"},
                 {"builtin_function_or_method", "built-in function"},
                 {"method_descriptor", "method descriptor"},
                 {"wrapper_descriptor", "slot wrapper"},
                 {"getset_descriptor", "attribute descriptor"},
                 {"member_descriptor", "member descriptor"}};
    static const char *const frames[] = {"frame", "generator", "coroutine", "async_generator"};
    for (size_t i = 0; i < EXU_COUNT(named); i++)
        if (strcmp(named[i].type, qualname) == 0)
            return describe_named(d, object, named[i].word, out);
    for (size_t i = 0; i < EXU_COUNT(frames); i++)
        if (strcmp(frames[i], qualname) == 0)
            return describe_frame_object(d, object, frames[i], out);
    if (strcmp(qualname, "traceback") == 0)
        return describe_traceback(d, object, out);
    if (strcmp(qualname, "module") == 0)
        return describe_module(d, object, out);
    if (strcmp(qualname, "NoneType") == 0) {
        exu_text_puts(out, "None");
        return true;
    }
    return false;
}

void exu_describe_object(struct exu_describer *d, uint32_t object, struct exu_text *out)
{
    sqlite3_stmt *row = ask(d, Q_OBJECT, object, 0);
    if (!row) {
        exu_text_printf(out, "#%u, not in the database", object);
        return;
    }
    const char *module = exu_column_text(row, 0), *qualname = exu_column_text(row, 1);
    if (sqlite3_column_int(row, 6) && sqlite3_column_type(row, 4) != SQLITE_NULL) {
        describe_content(d, object, row, out);
        return;
    }
    bool has_length = sqlite3_column_type(row, 2) == SQLITE_INTEGER && sqlite3_column_int64(row, 2) >= 0;
    uint64_t length = has_length ? (uint64_t)sqlite3_column_int64(row, 2) : 0;
    if (has_length && describe_container(module, qualname, length, out))
        return;
    if (strcmp(module, "builtins") == 0 || *module == '\0' || strcmp(module, "types") == 0)
        if (describe_builtin(d, object, qualname, out))
            return;
    if (describe_type(d, object, out) || describe_exception(d, object, module, qualname, out))
        return;
    if (!*qualname) {
        exu_text_puts(out, "<object of an unknown type>");
        return;
    }
    exu_text_putc(out, '<');
    add_type_name(d, module, qualname, out);
    exu_text_puts(out, " object");
    if (has_length) {
        exu_text_puts(out, ", len ");
        exu_describe_count(length, out);
    }
    exu_text_putc(out, '>');
}

/* 'FILE:LINE in NAME' from columns 0..2 */
static void add_location(struct exu_describer *d, sqlite3_stmt *row, struct exu_text *out)
{
    const char *file = exu_column_text(row, 1), *name = exu_column_text(row, 0);
    add_name(d, EXU_NAME_FILE, *file ? file : "?", 4096, out);
    if (sqlite3_column_type(row, 2) != SQLITE_NULL)
        exu_text_printf(out, ":%lld", (long long)sqlite3_column_int64(row, 2));
    exu_text_puts(out, " in ");
    if (*name)
        add_safe(d, name, out);
    else
        exu_text_putc(out, '?');
}

void exu_describe_frame(struct exu_describer *d, int64_t frame, struct exu_text *out)
{
    sqlite3_stmt *row = ask(d, Q_FRAME, frame, 0);
    if (row)
        add_location(d, row, out);
}

void exu_describe_frame_summary(struct exu_describer *d, int64_t frame, struct exu_text *out)
{
    sqlite3_stmt *row = ask(d, Q_FRAME, frame, 0);
    exu_text_puts(out, "<frame ");
    if (row)
        add_place(d, row, out);
    else
        exu_text_puts(out, "?");
    exu_text_putc(out, '>');
}

void exu_describe_place_of(struct exu_describer *d, uint32_t object, struct exu_text *out)
{
    sqlite3_stmt *row = ask(d, Q_PLACE_OF, object, 0);
    if (row)
        add_location(d, row, out);
}

void exu_describe_thread(struct exu_describer *d, int64_t thread, struct exu_text *out)
{
    sqlite3_stmt *row = ask(d, Q_THREAD, thread, 0);
    if (!row)
        return;
    const char *name = exu_column_text(row, 0);
    if (*name)
        add_name(d, EXU_NAME_THREAD, name, 60, out);
    if (sqlite3_column_type(row, 1) != SQLITE_NULL)
        exu_text_printf(out, *name ? " (%lld)" : "%lld", (long long)sqlite3_column_int64(row, 1));
    else if (!*name)
        exu_text_printf(out, "%lld", (long long)thread);
}

/* ---- roots ---- */

static bool root_row(sqlite3_stmt *row, struct exu_root *ret)
{
    if (!row)
        return false;
    *ret = (struct exu_root){.id = sqlite3_column_int64(row, 0),
                             .thread_id = sqlite3_column_int64(row, 3),
                             .frame_id = sqlite3_column_int64(row, 4)};
    snprintf(ret->kind, sizeof ret->kind, "%s", exu_column_text(row, 1));
    snprintf(ret->name, sizeof ret->name, "%s", exu_column_text(row, 2));
    return true;
}

bool exu_describe_root_of(struct exu_describer *d, uint32_t object, struct exu_root *ret)
{
    return root_row(ask(d, Q_ROOT_OF, object, 0), ret);
}

bool exu_describe_root_row(struct exu_describer *d, int64_t root, struct exu_root *ret)
{
    return root_row(ask(d, Q_ROOT, root, 0), ret);
}

bool exu_describe_stack_of(struct exu_describer *d, int64_t frame, struct exu_root *ret)
{
    return root_row(ask(d, Q_STACK_OF, frame, 0), ret);
}

static const struct {
    const char *kind, *word, *join; /* WORD name JOIN which thread */
} root_words[] = {
    {"frame", "local", ", thread "},
    {"module", "module", ", thread "},
    {"interpreter", "interpreter", ", thread "},
    {"thread", "state of the thread:", ", thread "},
    {"exception", "exception being handled", " by thread "},
    {"static", "static", ", thread "},
    {"interned", "interned string", ", thread "},
    {"native_stack", "native stack", " of thread "},
    {"native", "native memory", ", thread "},
    {"stack", "Python stack", " of thread "},
};

/* The names of other roots are ours or those of C code. */
static enum exu_name_kind root_name_kind(const struct exu_root *root)
{
    if (strcmp(root->kind, "interned") == 0)
        return EXU_NAME_KEY;
    bool code = strcmp(root->kind, "module") == 0 || (strcmp(root->kind, "frame") == 0 && strncmp(root->name, "stack[", 6) != 0);
    return code ? EXU_NAME_CODE : EXU_NAME_TEXT;
}

void exu_describe_root_name(struct exu_describer *d, const struct exu_root *root, struct exu_text *out)
{
    if (root->name[0])
        add_name(d, root_name_kind(root), root->name, 80, out);
}

void exu_describe_root(struct exu_describer *d, const struct exu_root *root, struct exu_text *out)
{
    const char *word = root->kind, *join = ", thread ";
    for (size_t i = 0; i < EXU_COUNT(root_words); i++)
        if (strcmp(root_words[i].kind, root->kind) == 0) {
            word = root_words[i].word;
            join = root_words[i].join;
        }
    exu_text_puts(out, word);
    if (root->name[0]) {
        exu_text_putc(out, ' ');
        exu_describe_root_name(d, root, out);
    }
    if (root->frame_id) {
        exu_text_puts(out, " of frame ");
        exu_describe_frame(d, root->frame_id, out);
    }
    if (root->thread_id) {
        exu_text_puts(out, join);
        exu_describe_thread(d, root->thread_id, out);
    }
}

/* ---- references ---- */

void exu_link_deinit(struct exu_link *link)
{
    free(link->name);
    *link = (struct exu_link){0};
}

static bool link_row(sqlite3_stmt *row, struct exu_link *ret)
{
    if (!row)
        return false;
    *ret = (struct exu_link){.referrer = exu_column_id(row, 0, UINT32_MAX),
                             .referent = exu_column_id(row, 1, UINT32_MAX),
                             .ordinal = (uint32_t)sqlite3_column_int64(row, 2),
                             .has_position = sqlite3_column_type(row, 5) == SQLITE_INTEGER,
                             .position = sqlite3_column_int64(row, 5),
                             .conservative = strcmp(exu_column_text(row, 6), "conservative") == 0};
    snprintf(ret->kind, sizeof ret->kind, "%s", exu_column_text(row, 3));
    if (sqlite3_column_type(row, 4) != SQLITE_NULL)
        ret->name = strdup(exu_column_text(row, 4));
    return true;
}

bool exu_describe_link(struct exu_describer *d, uint32_t referrer, uint32_t ordinal, struct exu_link *ret)
{
    return link_row(ask(d, Q_LINK, referrer, ordinal), ret);
}

bool exu_describe_link_between(struct exu_describer *d, uint32_t referrer, uint32_t referent,
                               struct exu_link *ret)
{
    return link_row(ask(d, Q_LINK_BETWEEN, referrer, referent), ret);
}

bool exu_link_is_namespace(const struct exu_link *link)
{
    static const char *const names[] = {"__dict__", "md_dict", "tp_dict"};
    for (size_t i = 0; link->name && i < EXU_COUNT(names); i++)
        if (strcmp(link->name, names[i]) == 0)
            return true;
    return false;
}

enum label_form { FORM_DOT, FORM_INDEX, FORM_KEY, FORM_WORD };

static const struct {
    const char *kind;
    enum label_form form;
    const char *word;
} label_forms[] = {
    {"item", FORM_INDEX, ""},      {"key", FORM_WORD, "key"},       {"value", FORM_KEY, ""},
    {"attribute", FORM_DOT, ""},   {"slot", FORM_DOT, ""},          {"field", FORM_DOT, ""},
    {"local", FORM_WORD, "local"}, {"cell", FORM_WORD, "cell"},     {"stack", FORM_WORD, "stack"},
    {"type", FORM_WORD, "type"},   {"native", FORM_WORD, "native"}, {"weak", FORM_WORD, "weak"},
};

static void add_index(const struct exu_link *link, bool many, struct exu_text *out)
{
    if (many)
        exu_text_puts(out, "[*]");
    else if (link->has_position)
        exu_text_printf(out, "[%lld]", (long long)link->position);
    else
        exu_text_puts(out, "[?]");
}

static void add_key(struct exu_describer *d, const struct exu_link *link, bool many, struct exu_text *out)
{
    sqlite3_stmt *row;
    if (link->name) {
        exu_text_putc(out, '[');
        if (d->db->privacy && !exu_privacy_is_name(EXU_NAME_KEY, link->name, strlen(link->name))) {
            exu_text_puts(out, "\u2026");
            d->db->privacy->withheld[EXU_NAME_KEY]++;
        } else {
            exu_preview_str(link->name, strlen(link->name), 60, false, out);
        }
        exu_text_putc(out, ']');
    } else if (!many && link->has_position && (row = ask(d, Q_KEY_AT, link->referrer, link->position))) {
        exu_text_putc(out, '[');
        exu_describe_object(d, exu_column_id(row, 0, UINT32_MAX), out);
        exu_text_putc(out, ']');
    } else
        add_index(&(struct exu_link){0}, many, out);
}

void exu_describe_label(struct exu_describer *d, const struct exu_link *link, bool many, struct exu_text *out)
{
    enum label_form form = FORM_WORD;
    const char *word = link->kind;
    for (size_t i = 0; i < EXU_COUNT(label_forms); i++)
        if (strcmp(label_forms[i].kind, link->kind) == 0) {
            form = label_forms[i].form;
            word = label_forms[i].word;
        }
    if (form == FORM_DOT && link->name) {
        exu_text_putc(out, '.');
        exu_describe_name(d, link->name, out);
        if (link->has_position && strcmp(link->kind, "field") == 0)
            add_index(link, many, out); /* one of an array of fields */
    } else if (form == FORM_KEY) {
        add_key(d, link, many, out);
    } else if (form == FORM_WORD) {
        exu_text_puts(out, word);
        if (link->name) {
            exu_text_putc(out, ' ');
            exu_describe_name(d, link->name, out);
        } else if (strcmp(link->kind, "stack") == 0 || link->conservative)
            add_index(link, many, out);
    } else if (form == FORM_DOT && link->conservative && link->has_position) {
        exu_text_printf(out, many ? "+*" : "+%#llx", (unsigned long long)link->position);
    } else {
        add_index(link, many, out);
    }
    if (link->conservative)
        exu_text_puts(out, " (conservative)");
}
