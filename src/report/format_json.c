/* JSON. A table is an array of objects; inside of a document it is a member. Text that is no UTF-8 comes out
 * with U+FFFD, bytes as one character of U+0000..U+00FF each. */
#include "query/preview.h"
#include "report/format.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DEEPEST 32

struct json_state {
    struct {
        bool array;
        bool any;
    } stack[DEEPEST];
    size_t depth;
    char **names; /* of the table's columns */
    size_t name_count;
};

static void add_string(struct exu_text *out, const char *s, size_t size, bool bytes)
{
    exu_text_putc(out, '"');
    for (size_t i = 0; i < size;) {
        uint32_t c = (unsigned char)s[i];
        size_t n = bytes ? 1 : exu_utf8_next(s + i, size - i, &c);
        if (c == '"' || c == '\\')
            exu_text_printf(out, "\\%c", (char)c);
        else if (c == '\n')
            exu_text_puts(out, "\\n");
        else if (c == UINT32_MAX)
            exu_text_puts(out, "\\ufffd");
        else if (c < 0x20 || c == 0x7f || (bytes && c >= 0x80) || (c < 0x10000 && exu_utf8_unsafe(c)))
            exu_text_printf(out, "\\u%04x", c);
        else
            exu_text_add(out, s + i, n);
        i += n;
    }
    exu_text_putc(out, '"');
}

static void add_cell(struct exu_text *out, const struct exu_datum *cell)
{
    switch (cell->type) {
    case EXU_DATUM_NULL:
        exu_text_puts(out, "null");
        break;
    case EXU_DATUM_INTEGER:
        exu_text_printf(out, "%lld", (long long)cell->integer);
        break;
    case EXU_DATUM_REAL:
        if (isfinite(cell->real))
            exu_text_printf(out, "%.17g", cell->real);
        else
            exu_text_puts(out, "null");
        break;
    case EXU_DATUM_TEXT:
    case EXU_DATUM_BYTES:
        add_string(out, cell->text, cell->size, cell->type == EXU_DATUM_BYTES);
        break;
    }
}

static void new_line(struct exu_writer *w)
{
    const struct json_state *s = w->state;
    exu_text_putc(&w->out, '\n');
    for (size_t i = 0; i < s->depth; i++)
        exu_text_puts(&w->out, "  ");
}

/* Comma, line and key before a value. */
static void before_value(struct exu_writer *w, const char *key)
{
    struct json_state *s = w->state;
    if (s->depth) {
        if (s->stack[s->depth - 1].any)
            exu_text_putc(&w->out, ',');
        s->stack[s->depth - 1].any = true;
        new_line(w);
        if (!s->stack[s->depth - 1].array) {
            const char *name = key ? key : "rows";
            add_string(&w->out, name, strlen(name), false);
            exu_text_puts(&w->out, ": ");
        }
    }
}

static void json_open(struct exu_writer *w, const char *key, bool array)
{
    struct json_state *s = w->state;
    before_value(w, key);
    if (s->depth == DEEPEST) {
        w->failed = true;
        return;
    }
    s->stack[s->depth].array = array;
    s->stack[s->depth++].any = false;
    exu_text_putc(&w->out, array ? '[' : '{');
}

static void json_close(struct exu_writer *w)
{
    struct json_state *s = w->state;
    if (!s->depth)
        return;
    bool array = s->stack[--s->depth].array;
    if (s->stack[s->depth].any)
        new_line(w);
    exu_text_putc(&w->out, array ? ']' : '}');
    if (!s->depth)
        exu_text_putc(&w->out, '\n');
}

static void json_value(struct exu_writer *w, const char *key, const struct exu_datum *value)
{
    before_value(w, key);
    add_cell(&w->out, value);
}

static void json_table(struct exu_writer *w, const char *key, const char *title,
                       const struct exu_column *columns, size_t count)
{
    struct json_state *s = w->state;
    (void)title;
    s->names = calloc(count + 1, sizeof *s->names);
    s->name_count = s->names ? count : 0;
    for (size_t i = 0; i < s->name_count; i++)
        s->names[i] = strdup(columns[i].name ? columns[i].name : "");
    json_open(w, key, true);
}

/* A row on one line. */
static void json_row(struct exu_writer *w, const struct exu_datum *cells, size_t count)
{
    struct json_state *s = w->state;
    before_value(w, NULL);
    exu_text_putc(&w->out, '{');
    for (size_t i = 0; i < count && i < s->name_count; i++) {
        const char *name = s->names[i] ? s->names[i] : "";
        if (i)
            exu_text_puts(&w->out, ", ");
        add_string(&w->out, name, strlen(name), false);
        exu_text_puts(&w->out, ": ");
        add_cell(&w->out, &cells[i]);
    }
    exu_text_putc(&w->out, '}');
}

static void json_table_end(struct exu_writer *w)
{
    struct json_state *s = w->state;
    json_close(w);
    for (size_t i = 0; i < s->name_count; i++)
        free(s->names[i]);
    free(s->names);
    s->names = NULL;
    s->name_count = 0;
}

static void json_field(struct exu_writer *w, const char *key, const char *label, enum exu_column_kind kind,
                       const struct exu_datum *value, const char *shown)
{
    (void)label, (void)kind, (void)shown;
    json_value(w, key, value);
}

static void json_finish(struct exu_writer *w)
{
    const struct json_state *s = w->state;
    while (s->depth)
        json_close(w);
}

static void json_deinit(struct exu_writer *w)
{
    struct json_state *s = w->state;
    for (size_t i = 0; i < s->name_count; i++)
        free(s->names[i]);
    free(s->names);
}

const struct exu_format_ops exu_format_json = {
    .state_size = sizeof(struct json_state),
    .table = json_table,
    .row = json_row,
    .table_end = json_table_end,
    .field = json_field,
    .open = json_open,
    .close = json_close,
    .value = json_value,
    .finish = json_finish,
    .deinit = json_deinit,
};
