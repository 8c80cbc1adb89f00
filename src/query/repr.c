#include "query/repr.h"

#include "base/vec.h"
#include "layout/spelling.h"
#include "query/preview.h"

#include <stdlib.h>
#include <string.h>

#define DEEPEST 500
#define KIND_ITEM 1
#define KIND_KEY 2
#define KIND_VALUE 3
#define CUT "…"
#define CUT_BYTES (sizeof CUT - 1)

enum question { Q_OBJECT, Q_REFERENCES, Q_FIELD, Q_COUNT };

static const char *const questions[Q_COUNT] = {
    [Q_OBJECT] = "SELECT t.module, t.qualname, o.address, o.length, c.text, c.truncated, c.length, s.module, s.qualname, "
                 "s.heap FROM object o LEFT JOIN type t ON t.id = o.type_id LEFT JOIN content c ON c.object_id = o.id "
                 "LEFT JOIN type s ON s.id = o.id WHERE o.id = ?1",
    [Q_REFERENCES] = "SELECT referent_id, kind, position FROM reference_row WHERE referrer_id = ?1 ORDER BY ordinal",
    [Q_FIELD] = "SELECT referent_id FROM reference WHERE referrer_id = ?1 AND name = ?2 ORDER BY ordinal LIMIT 1",
};
enum { C_MODULE, C_QUALNAME, C_ADDRESS, C_LENGTH, C_TEXT, C_TRUNCATED, C_CHARACTERS, C_OWN_MODULE, C_OWN_QUALNAME,
       C_OWN_HEAP };

struct exu_repr {
    const struct exu_database *db;
    struct exu_spelling spelling;
    sqlite3_stmt *statements[Q_COUNT];
};

/* Containers: what stands before the items, behind them, and for one that is being written further up. */
static const struct shape {
    const char *type;
    bool pairs;
    const char *open, *close, *again, *empty;
    const char *old_open, *old_close, *old_empty; /* set_of_list; NULL: the same */
} shapes[] = {
    {"list", false, "[", "]", "[...]", "[]", NULL, NULL, NULL},
    {"tuple", false, "(", ")", "(...)", "()", NULL, NULL, NULL},
    {"dict", true, "{", "}", "{...}", "{}", NULL, NULL, NULL},
    {"set", false, "{", "}", "set(...)", "set()", "set([", "])", "set([])"},
    {"frozenset", false, "frozenset({", "})", "frozenset(...)", "frozenset()", "frozenset([", "])", "frozenset([])"},
};

/* C types that are written by their fields. */
static const struct record {
    const char *type, *open, *fields[3];
    const char *omitted; /* a last field that is not written when it is this */
} records[] = {
    {"range", "range(", {"start", "stop", "step"}, "1"},
    {"slice", "slice(", {"start", "stop", "step"}, NULL},
};

static const struct {
    const char *type, *text;
} constants[] = {{"NoneType", "None"}, {"NotImplementedType", "NotImplemented"}, {"ellipsis", "Ellipsis"}};

/* A container that is being written; its items are writer.items[first .. first + count). */
struct level {
    uint32_t id;
    const struct shape *shape;   /* NULL: a record */
    const char *close;
    size_t first, count, next;
    bool one_tuple, holes;
};

struct writer {
    struct exu_repr *repr;
    struct exu_text *out;
    size_t begun;               /* bytes that stood in `out` before */
    size_t counted;             /* bytes that `characters` counts */
    uint64_t characters, most;
    exu_vec(struct level) levels;
    exu_vec(uint32_t) items;
};

/* ---- strings ---- */

static char quote_of(const char *text, size_t size)
{
    return size && memchr(text, '\'', size) && !memchr(text, '"', size) ? '"' : '\'';
}

/* What bytes and str have in common; false for what is to be written otherwise. */
static bool write_plain(uint32_t c, char quote, struct exu_text *out)
{
    if (c == (unsigned char)quote || c == '\\')
        exu_text_printf(out, "\\%c", (char)c);
    else if (c == '\t')
        exu_text_puts(out, "\\t");
    else if (c == '\n')
        exu_text_puts(out, "\\n");
    else if (c == '\r')
        exu_text_puts(out, "\\r");
    else if (c >= 0x20 && c < 0x7f)
        exu_text_putc(out, (char)c);
    else
        return false;
    return true;
}

/* Objects/bytesobject.c, PyBytes_Repr; Objects/stringobject.c, string_repr. */
static void write_bytes(const struct exu_spelling *s, const char *bytes, size_t size, bool cut, struct exu_text *out)
{
    char quote = quote_of(bytes, size);
    exu_text_printf(out, "%s%c", s->bytes_prefix, quote);
    for (size_t i = 0; i < size; i++)
        if (!write_plain((unsigned char)bytes[i], quote, out))
            exu_text_printf(out, "\\x%02x", (unsigned char)bytes[i]);
    if (cut)
        exu_text_puts(out, CUT);
    exu_text_putc(out, quote);
}

/* \udXXX, as table content has a lone surrogate. */
static bool is_surrogate(const char *text, size_t size)
{
    return size >= 6 && memcmp(text, "\\ud", 3) == 0 && strchr("89abcdef", text[3]) && text[3] &&
           strspn(text + 4, "0123456789abcdef") >= 2;
}

/* A high one and a low one, which 2.7 writes as one character. */
static bool is_pair(const char *text, size_t size)
{
    return is_surrogate(text, size) && strchr("89ab", text[3]) && is_surrogate(text + 6, size - 6) &&
           strchr("cdef", text[9]);
}

/* How many of the \udXXX in a text are lone surrogates: a text of `length` characters may have that itself. */
static uint64_t surrogates_in(const char *text, size_t size, int64_t length)
{
    uint64_t characters = 0, units = 0, found = 0;
    for (size_t i = 0; i < size;) {
        uint32_t c;
        found += is_surrogate(text + i, size - i);
        i += exu_utf8_next(text + i, size - i, &c);
        characters++;
        units += c >= 0x10000 && c != UINT32_MAX ? 2 : 1; /* a narrow build's length */
    }
    if (!found || length < 0 || characters == (uint64_t)length || units == (uint64_t)length)
        return 0;
    uint64_t more = characters > (uint64_t)length ? characters - (uint64_t)length : 0;
    if (more % 5)
        more = units > (uint64_t)length ? units - (uint64_t)length : 0;
    return more % 5 ? 0 : exu_min(found, more / 5);
}

/* Objects/unicodeobject.c, unicode_repr and 2.7's unicodeescape_string. `surrogates`: so many \udXXX are characters. */
static void write_str(const struct exu_spelling *s, const char *text, size_t size, uint64_t surrogates, bool cut,
                      struct exu_text *out)
{
    char quote = quote_of(text, size);
    exu_text_printf(out, "%s%c", s->unicode_prefix, quote);
    for (size_t i = 0; i < size;) {
        uint32_t c;
        if (surrogates && is_surrogate(text + i, size - i)) {
            size_t n = 6;
            if (s->ascii && surrogates > 1 && is_pair(text + i, size - i)) {
                uint32_t high = (uint32_t)strtoul((char[]){text[i + 3], text[i + 4], text[i + 5], 0}, NULL, 16),
                         low = (uint32_t)strtoul((char[]){text[i + 9], text[i + 10], text[i + 11], 0}, NULL, 16);
                exu_text_printf(out, "\\U%08x", 0x10000 + ((high & 0x3ff) << 10) + (low & 0x3ff));
                n = 12;
            } else
                exu_text_add(out, text + i, n);
            surrogates -= n / 6;
            i += n;
            continue;
        }
        size_t n = exu_utf8_next(text + i, size - i, &c);
        if (c == UINT32_MAX) /* no text: a damaged database */
            exu_text_printf(out, "\\x%02x", (unsigned char)text[i]);
        else if (!write_plain(c, quote, out)) {
            if (c >= 0x7f && !s->ascii && exu_spelling_prints(s, c))
                exu_text_add(out, text + i, n);
            else
                exu_text_printf(out, c < 0x100 ? "\\x%02x" : c < 0x10000 ? "\\u%04x" : "\\U%08x", c);
        }
        i += n;
    }
    if (cut)
        exu_text_puts(out, CUT);
    exu_text_putc(out, quote);
}

/* ---- single objects ---- */

static struct exu_error *ask(struct exu_repr *r, enum question question, uint32_t id, sqlite3_stmt **ret)
{
    if (!r->statements[question])
        EXU_TRY(exu_database_prepare(r->db, questions[question], &r->statements[question]));
    *ret = r->statements[question];
    sqlite3_reset(*ret);
    sqlite3_bind_int64(*ret, 1, id);
    return NULL;
}

static bool built_in(const char *module)
{
    return strcmp(module, "builtins") == 0 || strcmp(module, "__builtin__") == 0;
}

/* A name of the process: nothing in it may harm a terminal. */
static void write_name(const char *module, const char *name, struct exu_text *out)
{
    if (*module && !built_in(module)) {
        exu_preview_plain(module, strlen(module), 200, false, out);
        exu_text_putc(out, '.');
    }
    exu_preview_plain(name, strlen(name), 200, false, out);
}

static void write_content(struct writer *w, sqlite3_stmt *row, const char *type)
{
    const struct exu_spelling *s = &w->repr->spelling;
    bool blob = sqlite3_column_type(row, C_TEXT) == SQLITE_BLOB, cut = sqlite3_column_int(row, C_TRUNCATED) != 0;
    const char *text = blob ? sqlite3_column_blob(row, C_TEXT) : (const char *)sqlite3_column_text(row, C_TEXT);
    size_t size = text ? (size_t)sqlite3_column_bytes(row, C_TEXT) : 0;
    if (!text)
        text = "";
    if (blob || strcmp(type, "bytes") == 0 || (s->str_is_bytes && strcmp(type, "str") == 0))
        write_bytes(s, text, size, cut, w->out);
    else if (strcmp(type, "str") == 0 || strcmp(type, "unicode") == 0)
        write_str(s, text, size, cut ? 0 : surrogates_in(text, size, sqlite3_column_int64(row, C_CHARACTERS)), cut, w->out);
    else {
        exu_preview_plain(text, size, size, cut, w->out);
        if (strcmp(type, "long") == 0)
            exu_text_puts(w->out, s->long_suffix);
    }
}

/* Objects/typeobject.c, object_repr. */
static void write_other(struct writer *w, sqlite3_stmt *row)
{
    exu_text_putc(w->out, '<');
    write_name(exu_column_text(row, C_MODULE), *exu_column_text(row, C_QUALNAME) ? exu_column_text(row, C_QUALNAME) : "?",
               w->out);
    exu_text_printf(w->out, " object at 0x%llx>", (unsigned long long)sqlite3_column_int64(row, C_ADDRESS));
}

/* Objects/typeobject.c, type_repr. */
static void write_type(struct writer *w, sqlite3_stmt *row)
{
    bool heap = sqlite3_column_int(row, C_OWN_HEAP) != 0;
    exu_text_printf(w->out, "<%s '", heap ? "class" : w->repr->spelling.static_type);
    write_name(exu_column_text(row, C_OWN_MODULE), exu_column_text(row, C_OWN_QUALNAME), w->out);
    exu_text_puts(w->out, "'>");
}

/* ---- containers ---- */

static const struct shape *shape_of(const char *type)
{
    for (size_t i = 0; i < EXU_COUNT(shapes); i++)
        if (strcmp(shapes[i].type, type) == 0)
            return &shapes[i];
    return NULL;
}

static const struct record *record_of(const char *type)
{
    for (size_t i = 0; i < EXU_COUNT(records); i++)
        if (strcmp(records[i].type, type) == 0)
            return &records[i];
    return NULL;
}

static bool being_written(const struct writer *w, uint32_t id)
{
    for (size_t i = w->levels.len; i-- > 0;)
        if (w->levels.items[i].id == id)
            return true;
    return false;
}

static bool full(const struct writer *w)
{
    return w->characters > w->most;
}

/* The items, as many as can still be shown: each takes a character and what separates it from the next. */
static struct exu_error *load_items(struct writer *w, struct level *l, uint64_t *ret_seen)
{
    sqlite3_stmt *row;
    struct exu_error *error = NULL;
    uint64_t room = w->most - w->characters + 2, seen = 0;
    uint32_t key = 0;
    int64_t place = 0;
    EXU_TRY(ask(w->repr, Q_REFERENCES, l->id, &row));
    while (w->items.len - l->first < room && exu_database_step(w->repr->db, row, &error)) {
        uint32_t id = exu_column_id(row, 0, UINT32_MAX);
        int64_t kind = sqlite3_column_int64(row, 1);
        bool good = true;
        if (l->shape->pairs && kind == KIND_KEY) {
            key = id;
            place = sqlite3_column_int64(row, 2);
        } else if (l->shape->pairs && kind == KIND_VALUE && key && place == sqlite3_column_int64(row, 2)) {
            good = exu_vec_push(&w->items, key) && exu_vec_push(&w->items, id);
            key = 0;
            seen++;
        } else if (!l->shape->pairs && kind == KIND_ITEM) {
            good = exu_vec_push(&w->items, id);
            seen++;
        }
        if (!good)
            error = exu_error_memory();
        if (error)
            break;
    }
    sqlite3_reset(row);
    l->count = w->items.len - l->first;
    *ret_seen = seen;
    return error;
}

static struct exu_error *open_container(struct writer *w, uint32_t id, const struct shape *shape, int64_t length)
{
    bool old = w->repr->spelling.set_of_list && shape->old_open;
    struct level l = {.id = id, .shape = shape, .close = old ? shape->old_close : shape->close, .first = w->items.len};
    uint64_t seen;
    if (being_written(w, id)) {
        exu_text_puts(w->out, shape->again);
        return NULL;
    }
    if (w->levels.len >= DEEPEST) {
        exu_text_puts(w->out, CUT);
        return NULL;
    }
    EXU_TRY(load_items(w, &l, &seen));
    if (!seen && length <= 0) {
        exu_text_puts(w->out, old ? shape->old_empty : shape->empty);
        return NULL;
    }
    l.holes = length > 0 && seen < (uint64_t)length;
    l.one_tuple = seen == 1 && !l.holes && strcmp(shape->type, "tuple") == 0;
    exu_text_puts(w->out, old ? shape->old_open : shape->open);
    return exu_vec_push(&w->levels, l) ? NULL : exu_error_memory();
}

/* Whether the int `id` is written so. */
static struct exu_error *is_text(struct exu_repr *r, uint32_t id, const char *text, bool *ret)
{
    sqlite3_stmt *row;
    struct exu_error *error = NULL;
    EXU_TRY(ask(r, Q_OBJECT, id, &row));
    *ret = exu_database_step(r->db, row, &error) && strcmp(exu_column_text(row, C_TEXT), text) == 0;
    sqlite3_reset(row);
    return error;
}

/* False when the database lacks a field. */
static struct exu_error *open_record(struct writer *w, uint32_t id, const struct record *record, bool *ret)
{
    struct level l = {.id = id, .close = ")", .first = w->items.len};
    struct exu_error *error = NULL;
    for (size_t i = 0; i < EXU_COUNT(record->fields) && !error; i++) {
        sqlite3_stmt *row;
        EXU_TRY(ask(w->repr, Q_FIELD, id, &row));
        sqlite3_bind_text(row, 2, record->fields[i], -1, SQLITE_STATIC);
        if (exu_database_step(w->repr->db, row, &error) &&
            !exu_vec_push(&w->items, exu_column_id(row, 0, UINT32_MAX)))
            error = exu_error_memory();
        sqlite3_reset(row);
    }
    if (error)
        return error;
    l.count = w->items.len - l.first;
    *ret = l.count == EXU_COUNT(record->fields) && w->levels.len < DEEPEST && !being_written(w, id);
    if (!*ret) {
        w->items.len = l.first;
        return NULL;
    }
    bool omitted = false;
    if (record->omitted)
        EXU_TRY(is_text(w->repr, w->items.items[l.first + l.count - 1], record->omitted, &omitted));
    l.count -= omitted;
    exu_text_puts(w->out, record->open);
    return exu_vec_push(&w->levels, l) ? NULL : exu_error_memory();
}

/* One object, or the beginning of a container. */
static struct exu_error *write_object(struct writer *w, uint32_t id)
{
    sqlite3_stmt *row;
    struct exu_error *error = NULL;
    EXU_TRY(ask(w->repr, Q_OBJECT, id, &row));
    if (!exu_database_step(w->repr->db, row, &error)) {
        if (!error && w->levels.len)
            exu_text_puts(w->out, CUT);
        return error;
    }
    const char *type = exu_column_text(row, C_QUALNAME);
    bool own = built_in(exu_column_text(row, C_MODULE));
    for (size_t i = 0; own && i < EXU_COUNT(constants); i++)
        if (strcmp(constants[i].type, type) == 0) {
            exu_text_puts(w->out, constants[i].text);
            return NULL;
        }
    static const char *const plain[] = {"int", "bool", "float", "str", "bytes", "unicode", "long"};
    for (size_t i = 0; own && i < EXU_COUNT(plain) && sqlite3_column_type(row, C_TEXT) != SQLITE_NULL; i++)
        if (strcmp(plain[i], type) == 0) {
            write_content(w, row, plain[i]);
            return NULL;
        }
    const struct shape *shape = own ? shape_of(type) : NULL;
    if (shape)
        return open_container(w, id, shape,
                              sqlite3_column_type(row, C_LENGTH) == SQLITE_INTEGER ? sqlite3_column_int64(row, C_LENGTH) : 0);
    const struct record *record = own ? record_of(type) : NULL;
    bool opened = false;
    if (record)
        EXU_TRY(open_record(w, id, record, &opened));
    if (opened)
        return NULL;
    if (record) { /* the row is gone */
        EXU_TRY(ask(w->repr, Q_OBJECT, id, &row));
        if (!exu_database_step(w->repr->db, row, &error))
            return error;
    }
    if (own && strcmp(type, "type") == 0 && *exu_column_text(row, C_OWN_QUALNAME))
        write_type(w, row);
    else
        write_other(w, row);
    return NULL;
}

/* The next item of the innermost container, or its end. */
static struct exu_error *go_on(struct writer *w)
{
    struct level *l = &w->levels.items[w->levels.len - 1];
    if (l->next < l->count) {
        if (l->next)
            exu_text_puts(w->out, l->shape && l->shape->pairs && l->next % 2 ? ": " : ", ");
        return write_object(w, w->items.items[l->first + l->next++]);
    }
    if (l->holes)
        exu_text_puts(w->out, l->count ? ", " CUT : CUT);
    if (l->one_tuple)
        exu_text_putc(w->out, ',');
    exu_text_puts(w->out, l->close);
    w->items.len = l->first;
    w->levels.len--;
    return NULL;
}

static void count_characters(struct writer *w)
{
    for (; w->counted < w->out->len; w->counted++)
        w->characters += ((unsigned char)w->out->data[w->counted] & 0xc0) != 0x80;
}

/* The first `most` characters, and the sign that there were more. */
static void cut(struct writer *w)
{
    size_t at = w->begun;
    uint64_t kept = 0;
    for (; at < w->out->len; at++)
        if (((unsigned char)w->out->data[at] & 0xc0) != 0x80 && kept++ == w->most)
            break;
    w->out->len = at;
    w->out->data[at] = '\0';
    exu_text_puts(w->out, CUT);
}

struct exu_error *exu_repr_write(struct exu_repr *r, uint32_t object, uint64_t most, struct exu_text *out)
{
    struct writer w = {.repr = r, .out = out, .begun = out->len, .counted = out->len, .most = exu_min(most, EXU_REPR_MOST)};
    struct exu_error *error = write_object(&w, object);
    count_characters(&w);
    while (!error && w.levels.len && !full(&w) && !out->failed) {
        error = go_on(&w);
        count_characters(&w);
    }
    if (!error && !out->failed && full(&w))
        cut(&w);
    exu_vec_free(&w.levels);
    exu_vec_free(&w.items);
    for (int i = 0; i < Q_COUNT; i++)
        sqlite3_reset(r->statements[i]);
    return error;
}

/* ---- life ---- */

struct exu_error *exu_repr_create(struct exu_repr **ret, const struct exu_database *db)
{
    char version[64] = "";
    struct exu_repr *r = calloc(1, sizeof *r);
    if (!r)
        return exu_error_memory();
    r->db = db;
    exu_database_meta(db, "python_version", version, sizeof version);
    r->spelling = exu_spelling_of(version);
    *ret = r;
    return NULL;
}

void exu_repr_forget(struct exu_repr *r)
{
    for (int i = 0; i < Q_COUNT; i++) {
        sqlite3_finalize(r->statements[i]);
        r->statements[i] = NULL;
    }
}

void exu_repr_destroy(struct exu_repr *r)
{
    if (!r)
        return;
    exu_repr_forget(r);
    free(r);
}
