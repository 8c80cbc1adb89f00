/* chains(from, to [, most]): what `exuvia chain` answers, a row a chain. */
#include "query/chains.h"
#include "query/functions_private.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct walk {
    struct exu_chains chains;
    bool found;
    size_t next; /* the row shown is the one before */
};

enum { CHAIN_NUMBER, CHAIN_COUNT, CHAIN_OBJECTS, CHAIN_BYTES, CHAIN_RETAINED, CHAIN_LENGTH, CHAIN_FINGERPRINT, CHAIN_FIRST, CHAIN_ROOT,
       CHAIN_PATH, CHAIN_STEPS, CHAIN_HELD_BY, CHAIN_COLUMNS };

/* NULL when the value is. */
static struct exu_error *where_argument(sqlite3_value *value, const char **ret)
{
    *ret = NULL;
    if (!value || sqlite3_value_type(value) == SQLITE_NULL)
        return NULL;
    if (sqlite3_value_type(value) != SQLITE_TEXT)
        return exu_error_new(EXU_ERROR_USAGE,
                             "chains: WHERE is text: 'traceback', 'type:app.Session', '#17' ...; `exuvia chain --help` "
                             "lists its forms");
    *ret = (const char *)sqlite3_value_text(value);
    return *ret ? NULL : exu_error_memory();
}

static struct exu_error *walk_begin(struct exu_functions *f, void *state, sqlite3_value **values)
{
    struct walk *w = state;
    const char *from, *to;
    uint64_t most;
    EXU_TRY(where_argument(values[0], &from));
    EXU_TRY(where_argument(values[1], &to));
    EXU_TRY(exu_argument_count(values[2], "chains: the third argument", 0, &most));
    if (!to)
        return NULL;
    struct exu_error *error = exu_chains_find(&w->chains, f->db, from ? from : "root", to, most);
    w->found = !error;
    if (error && error->code == EXU_ERROR_NONE_FOUND && !strstr(error->message, ": interrupted;")) {
        exu_error_free(error); /* no rows */
        return NULL;
    }
    return error;
}

static bool walk_next(struct exu_functions *f, void *state, struct exu_error **error)
{
    struct walk *w = state;
    (void)f, (void)error;
    if (!w->found || w->next == w->chains.items.len)
        return false;
    w->next++;
    return true;
}

/* ---- JSON ---- */

static void add_string(struct exu_text *out, const char *key, const char *text)
{
    exu_text_printf(out, "%s\"%s\": ", out->data[out->len - 1] == '{' ? "" : ", ", key);
    if (!text) {
        exu_text_puts(out, "null");
        return;
    }
    exu_text_putc(out, '"');
    for (const char *c = text; *c; c++)
        if (*c == '"' || *c == '\\')
            exu_text_printf(out, "\\%c", *c);
        else if ((unsigned char)*c < 0x20)
            exu_text_printf(out, "\\u%04x", (unsigned char)*c);
        else
            exu_text_putc(out, *c);
    exu_text_putc(out, '"');
}

static void add_number(struct exu_text *out, const char *key, int64_t number, bool there)
{
    exu_text_printf(out, "%s\"%s\": ", out->data[out->len - 1] == '{' ? "" : ", ", key);
    if (there)
        exu_text_printf(out, "%lld", (long long)number);
    else
        exu_text_puts(out, "null");
}

/* As in `exuvia chain --format json`. */
static struct exu_error *result_steps(sqlite3_context *context, const struct exu_steps *steps)
{
    struct exu_text out = {0};
    const struct exu_step *s;
    exu_text_putc(&out, '[');
    exu_vec_each (s, &steps->items) {
        if (out.failed)
            break;
        exu_text_puts(&out, s == steps->items.items ? "{" : ", {");
        add_number(&out, "object_id", s->object, s->object != 0);
        add_number(&out, "address", s->address, s->object != 0);
        add_string(&out, "type", s->type);
        if (s->kind) {
            add_string(&out, "kind", s->kind);
            add_string(&out, "name", s->name);
            add_number(&out, "position", s->position, s->has_position);
            add_string(&out, "confidence", s->conservative ? "conservative" : "exact");
        }
        add_string(&out, "summary", s->summary);
        if (s->place)
            add_string(&out, "place", s->place);
        exu_text_putc(&out, '}');
    }
    exu_text_putc(&out, ']');
    return exu_scalar_text(context, &out);
}

/* ---- a line ---- */

static void add_labels(const struct exu_steps *steps, const struct exu_step *behind, struct exu_text *out)
{
    for (size_t i = 0; i < steps->items.len; i++) {
        const struct exu_step *s = &steps->items.items[i], *next = i + 1 < steps->items.len ? s + 1 : behind;
        if (!s->label || (s->namespace && next && next->label && next->label[0] == '.'))
            continue; /* obj.__dict__['x'] is obj.x */
        exu_text_printf(out, "%s%s", s->label[0] == '.' || s->label[0] == '[' || s->label[0] == '+' ? "" : ", ", s->label);
    }
}

/* module app: .log.handlers[0].exc_info[2].tb_frame, local pieces[*] */
static struct exu_error *result_path(sqlite3_context *context, const struct exu_chain *chain)
{
    struct exu_text out = {0};
    const struct exu_steps *begin = chain->held_by.items.len ? &chain->held_by : &chain->steps;
    if (chain->root.kind)
        exu_text_puts(&out, chain->root.text);
    else if (begin->items.len)
        exu_text_puts(&out, begin->items.items[0].summary);
    exu_text_puts(&out, ": ");
    add_labels(&chain->held_by, chain->steps.items.len ? &chain->steps.items.items[0] : NULL, &out);
    add_labels(&chain->steps, NULL, &out);
    return exu_scalar_text(context, &out);
}

static struct exu_error *walk_column(struct exu_functions *f, void *state, int column, sqlite3_context *context)
{
    const struct walk *w = state;
    const struct exu_chain *chain = &w->chains.items.items[w->next - 1];
    size_t length = chain->steps.items.len;
    char fingerprint[17];
    (void)f;
    switch (column) {
    case CHAIN_NUMBER:
        sqlite3_result_int64(context, (sqlite3_int64)w->next);
        break;
    case CHAIN_COUNT:
        sqlite3_result_int64(context, (sqlite3_int64)chain->count);
        break;
    case CHAIN_OBJECTS:
        sqlite3_result_int64(context, (sqlite3_int64)chain->objects);
        break;
    case CHAIN_BYTES:
        sqlite3_result_int64(context, (sqlite3_int64)chain->bytes);
        break;
    case CHAIN_RETAINED:
        if (chain->has_retained)
            sqlite3_result_int64(context, (sqlite3_int64)chain->retained);
        break;
    case CHAIN_LENGTH:
        sqlite3_result_int64(context, (sqlite3_int64)length);
        break;
    case CHAIN_FINGERPRINT:
        snprintf(fingerprint, sizeof fingerprint, "%016" PRIx64, chain->fingerprint);
        exu_result_string(context, fingerprint);
        break;
    case CHAIN_FIRST:
        if (length && chain->steps.items.items[0].object)
            sqlite3_result_int64(context, chain->steps.items.items[0].object);
        break;
    case CHAIN_ROOT:
        if (chain->root.kind)
            exu_result_string(context, chain->root.text);
        break;
    case CHAIN_PATH:
        return result_path(context, chain);
    case CHAIN_STEPS:
        return result_steps(context, &chain->steps);
    case CHAIN_HELD_BY:
        return result_steps(context, &chain->held_by);
    }
    return NULL;
}

static void walk_end(void *state)
{
    struct walk *w = state;
    if (w->found)
        exu_chains_deinit(&w->chains);
}

const struct exu_sql_table exu_table_chains = {
    .name = "chains",
    .usage = "chains(from, to [, most])",
    .summary = "what `exuvia chain` answers, WHERE written as there (from NULL: root); at most so many (0: all)",
    .columns = "chain, count, objects, bytes, retained_bytes, length, fingerprint, first_id, root, path, steps, held_by",
    .arguments = "from_where HIDDEN, to_where HIDDEN, most HIDDEN",
    .column_count = CHAIN_COLUMNS,
    .argument_count = 3,
    .required = 2,
    .size = sizeof(struct walk),
    .begin = walk_begin,
    .next = walk_next,
    .column = walk_column,
    .end = walk_end,
};
