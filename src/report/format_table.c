/* Aligned columns for people. Rows are held back until the widths are known: for the first HOLD rows; what
 * comes after keeps those widths. */
#include "base/vec.h"
#include "report/format.h"

#include <stdlib.h>
#include <string.h>

#define HOLD 2000
#define NARROWEST 8

struct column {
    char *name;
    enum exu_column_kind kind;
    size_t width;
    bool right; /* numbers so far */
};

struct table_state {
    struct column *columns;
    size_t count;
    struct exu_text texts; /* of the held cells, one after another */
    exu_vec(size_t) ends;  /* where each ends; count of them a row */
    bool widths_known;
    char *title;
    exu_vec(char *) labels; /* fields held back: label, value, label, value … */
};

static void heading(struct exu_writer *w, const char *text, const char *on)
{
    if (w->options.color)
        exu_text_printf(&w->out, "\033[%sm%s\033[0m", on, text);
    else
        exu_text_puts(&w->out, text);
}

static void print_fields(struct exu_writer *w)
{
    struct table_state *s = w->state;
    size_t width = 0;
    for (size_t i = 0; i + 1 < s->labels.len; i += 2)
        width = exu_max(width, exu_text_width(s->labels.items[i], strlen(s->labels.items[i])));
    for (size_t i = 0; i + 1 < s->labels.len; i += 2) {
        const char *label = s->labels.items[i], *value = s->labels.items[i + 1];
        heading(w, label, "1");
        for (size_t n = exu_text_width(label, strlen(label)); n < width + 2; n++)
            exu_text_putc(&w->out, ' ');
        size_t room = w->options.width > width + 2 ? w->options.width - width - 2 : 0;
        exu_text_cut(value, strlen(value), room >= NARROWEST ? room : SIZE_MAX, &w->out);
        exu_text_putc(&w->out, '\n');
        w->anything = true;
    }
    for (size_t i = 0; i < s->labels.len; i++)
        free(s->labels.items[i]);
    s->labels.len = 0;
}

static void set_apart(struct exu_writer *w)
{
    print_fields(w);
    if (w->anything)
        exu_text_putc(&w->out, '\n');
    w->anything = true;
}

static void table_begin(struct exu_writer *w, const char *key, const char *title,
                        const struct exu_column *columns, size_t count)
{
    struct table_state *s = w->state;
    (void)key;
    s->columns = calloc(count + 1, sizeof *s->columns);
    s->count = s->columns ? count : 0;
    for (size_t i = 0; i < s->count; i++) {
        s->columns[i] = (struct column){
            .name = strdup(columns[i].name ? columns[i].name : ""), .kind = columns[i].kind, .right = true};
        if (s->columns[i].name)
            s->columns[i].width = exu_text_width(s->columns[i].name, strlen(s->columns[i].name));
    }
    s->title = title ? strdup(title) : NULL;
    s->widths_known = false;
    set_apart(w);
}

static void pad(struct exu_text *out, size_t n)
{
    for (; n; n--)
        exu_text_putc(out, ' ');
}

static void print_cell(struct exu_writer *w, const struct column *column, bool last, const char *text,
                       size_t size)
{
    size_t width = exu_text_width(text, size);
    if (column->right)
        pad(&w->out, width < column->width ? column->width - width : 0);
    if (w->options.width && width > column->width)
        exu_text_cut(text, size, column->width, &w->out);
    else
        exu_text_add(&w->out, text, size);
    if (!last)
        pad(&w->out, 2 + (!column->right && width < column->width ? column->width - width : 0));
}

/* Takes from the widest columns what the terminal has not. */
static void fit(const struct exu_writer *w, struct table_state *s)
{
    size_t total = 0;
    for (size_t i = 0; i < s->count; i++)
        total += s->columns[i].width + (i ? 2 : 0);
    while (w->options.width && total > w->options.width) {
        size_t widest = 0;
        for (size_t i = 1; i < s->count; i++)
            if (s->columns[i].width > s->columns[widest].width)
                widest = i;
        if (s->columns[widest].width <= NARROWEST)
            break;
        s->columns[widest].width--;
        total--;
    }
}

static void print_held(struct exu_writer *w)
{
    struct table_state *s = w->state;
    fit(w, s);
    s->widths_known = true;
    if (s->title) {
        heading(w, s->title, "1");
        exu_text_putc(&w->out, '\n');
    }
    struct exu_text names = {0};
    for (size_t i = 0; i < s->count; i++) {
        const struct column *c = &s->columns[i];
        const char *name = c->name ? c->name : "";
        size_t width = exu_text_width(name, strlen(name)), space = c->width > width ? c->width - width : 0;
        pad(&names, c->right ? space : 0);
        exu_text_cut(name, strlen(name), c->width, &names);
        if (i + 1 < s->count)
            pad(&names, 2 + (c->right ? 0 : space));
    }
    heading(w, names.data ? names.data : "", "2");
    exu_text_putc(&w->out, '\n');
    exu_text_deinit(&names);
    size_t from = 0;
    for (size_t i = 0; i < s->ends.len; i++) {
        size_t column = i % s->count;
        print_cell(w, &s->columns[column], column + 1 == s->count, s->texts.data + from,
                   s->ends.items[i] - from);
        from = s->ends.items[i];
        if (column + 1 == s->count)
            exu_text_putc(&w->out, '\n');
    }
    s->ends.len = 0;
    exu_text_clear(&s->texts);
}

static void table_row(struct exu_writer *w, const struct exu_datum *cells, size_t count)
{
    struct table_state *s = w->state;
    if (count != s->count || count == 0)
        return;
    if (s->widths_known) {
        struct exu_text text = {0};
        for (size_t i = 0; i < count; i++) {
            exu_text_clear(&text);
            exu_datum_show(&cells[i], s->columns[i].kind, &text);
            print_cell(w, &s->columns[i], i + 1 == count, text.data ? text.data : "", text.len);
        }
        exu_text_putc(&w->out, '\n');
        exu_text_deinit(&text);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        size_t from = s->texts.len;
        exu_datum_show(&cells[i], s->columns[i].kind, &s->texts);
        size_t width = s->texts.len > from ? exu_text_width(s->texts.data + from, s->texts.len - from) : 0;
        s->columns[i].width = exu_max(s->columns[i].width, width);
        if (cells[i].type == EXU_DATUM_TEXT || cells[i].type == EXU_DATUM_BYTES)
            s->columns[i].right = false;
        if (!exu_vec_push(&s->ends, s->texts.len))
            w->failed = true;
    }
    if (s->ends.len / count >= HOLD)
        print_held(w);
}

static void table_end(struct exu_writer *w)
{
    struct table_state *s = w->state;
    if (!s->widths_known)
        print_held(w);
    for (size_t i = 0; i < s->count; i++)
        free(s->columns[i].name);
    free(s->columns);
    free(s->title);
    s->columns = NULL;
    s->title = NULL;
    s->count = 0;
}

static void table_field(struct exu_writer *w, const char *key, const char *label, enum exu_column_kind kind,
                        const struct exu_datum *value, const char *shown)
{
    struct table_state *s = w->state;
    (void)key;
    if (value->type == EXU_DATUM_NULL && !shown)
        return;
    struct exu_text text = {0};
    if (shown)
        exu_text_puts(&text, shown);
    else
        exu_datum_show(value, kind, &text);
    char *name = strdup(label), *content = strdup(text.data ? text.data : "");
    if (!name || !content || !exu_vec_push(&s->labels, name)) {
        free(name);
        free(content);
        w->failed = true;
    } else if (!exu_vec_push(&s->labels, content)) {
        s->labels.len--;
        free(name);
        free(content);
        w->failed = true;
    }
    exu_text_deinit(&text);
}

static void table_line(struct exu_writer *w, unsigned indent, enum exu_style style, const char *text)
{
    static const char *const colors[] = {
        [EXU_STYLE_PLAIN] = NULL, [EXU_STYLE_HEADING] = "1", [EXU_STYLE_DIM] = "2"};
    print_fields(w);
    if (style == EXU_STYLE_HEADING && w->anything)
        exu_text_putc(&w->out, '\n');
    w->anything = true;
    pad(&w->out, *text ? indent * 2 : 0);
    size_t room = w->options.width > indent * 2 + NARROWEST ? w->options.width - indent * 2 : SIZE_MAX;
    struct exu_text cut = {0};
    exu_text_cut(text, strlen(text), room, &cut);
    if (colors[style])
        heading(w, cut.data ? cut.data : "", colors[style]);
    else if (cut.data)
        exu_text_puts(&w->out, cut.data);
    exu_text_deinit(&cut);
    exu_text_putc(&w->out, '\n');
}

static void table_deinit(struct exu_writer *w)
{
    struct table_state *s = w->state;
    for (size_t i = 0; i < s->count; i++)
        free(s->columns[i].name);
    free(s->columns);
    free(s->title);
    for (size_t i = 0; i < s->labels.len; i++)
        free(s->labels.items[i]);
    exu_vec_free(&s->labels);
    exu_vec_free(&s->ends);
    exu_text_deinit(&s->texts);
}

const struct exu_format_ops exu_format_table = {
    .state_size = sizeof(struct table_state),
    .table = table_begin,
    .row = table_row,
    .table_end = table_end,
    .field = table_field,
    .line = table_line,
    .finish = print_fields,
    .deinit = table_deinit,
};
