/* CSV as RFC 4180 has it, with \n. Several tables in one answer stand apart by an empty line; facts are a
 * table key,value. Bytes come out in hex. */
#include "report/format.h"

#include <string.h>

struct csv_state {
    bool in_fields;
};

static void add_quoted(struct exu_text *out, const char *s, size_t size)
{
    bool quote = false;
    for (size_t i = 0; i < size && !quote; i++)
        quote = s[i] == '"' || s[i] == ',' || s[i] == '\n' || s[i] == '\r';
    if (!quote) {
        exu_text_add(out, s, size);
        return;
    }
    exu_text_putc(out, '"');
    for (size_t i = 0; i < size; i++) {
        if (s[i] == '"')
            exu_text_putc(out, '"');
        exu_text_putc(out, s[i]);
    }
    exu_text_putc(out, '"');
}

static void add_cell(struct exu_text *out, const struct exu_datum *cell)
{
    if (cell->type == EXU_DATUM_INTEGER)
        exu_text_printf(out, "%lld", (long long)cell->integer);
    else if (cell->type == EXU_DATUM_REAL)
        exu_text_printf(out, "%.17g", cell->real);
    else if (cell->type == EXU_DATUM_TEXT)
        add_quoted(out, cell->text, cell->size);
    else if (cell->type == EXU_DATUM_BYTES)
        for (size_t i = 0; i < cell->size; i++)
            exu_text_printf(out, "%02x", (unsigned char)cell->text[i]);
}

static void csv_table(struct exu_writer *w, const char *key, const char *title,
                      const struct exu_column *columns, size_t count)
{
    struct csv_state *s = w->state;
    (void)key, (void)title;
    s->in_fields = false;
    if (w->anything)
        exu_text_putc(&w->out, '\n');
    w->anything = true;
    for (size_t i = 0; i < count; i++) {
        if (i)
            exu_text_putc(&w->out, ',');
        add_quoted(&w->out, columns[i].name, strlen(columns[i].name));
    }
    exu_text_putc(&w->out, '\n');
}

static void csv_row(struct exu_writer *w, const struct exu_datum *cells, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (i)
            exu_text_putc(&w->out, ',');
        add_cell(&w->out, &cells[i]);
    }
    exu_text_putc(&w->out, '\n');
}

static void csv_table_end(struct exu_writer *w)
{
    (void)w;
}

static void csv_field(struct exu_writer *w, const char *key, const char *label, enum exu_column_kind kind,
                      const struct exu_datum *value, const char *shown)
{
    struct csv_state *s = w->state;
    (void)label, (void)kind, (void)shown;
    if (!s->in_fields) {
        static const struct exu_column columns[] = {{"key", EXU_COLUMN_PLAIN}, {"value", EXU_COLUMN_PLAIN}};
        csv_table(w, NULL, NULL, columns, EXU_COUNT(columns));
        s->in_fields = true;
    }
    csv_row(w, (const struct exu_datum[]){exu_datum_text(key), *value}, 2);
}

const struct exu_format_ops exu_format_csv = {
    .state_size = sizeof(struct csv_state),
    .table = csv_table,
    .row = csv_row,
    .table_end = csv_table_end,
    .shows_flat = true,
    .field = csv_field,
};
