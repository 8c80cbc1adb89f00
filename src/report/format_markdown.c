/* Markdown for a bug tracker: tables, and lines in code blocks. Sizes and counts as people read them. */
#include "report/format.h"

#include <string.h>

struct markdown_state {
    enum { IN_NOTHING, IN_FIELDS, IN_CODE } in;
    enum exu_column_kind kinds[64];
};

static void leave(struct exu_writer *w)
{
    struct markdown_state *s = w->state;
    if (s->in == IN_CODE)
        exu_text_puts(&w->out, "```\n");
    s->in = IN_NOTHING;
}

static void set_apart(struct exu_writer *w)
{
    leave(w);
    if (w->anything)
        exu_text_putc(&w->out, '\n');
    w->anything = true;
}

static void add_escaped(struct exu_text *out, const char *s)
{
    for (; *s; s++) {
        if (*s == '<')
            exu_text_puts(out, "&lt;");
        else if (*s == '&')
            exu_text_puts(out, "&amp;");
        else {
            if (strchr("|\\`*_[]", *s))
                exu_text_putc(out, '\\');
            exu_text_putc(out, *s);
        }
    }
}

static void add_shown(struct exu_text *out, const struct exu_datum *cell, enum exu_column_kind kind)
{
    struct exu_text text = {0};
    exu_datum_show(cell, kind, &text);
    if (text.data)
        add_escaped(out, text.data);
    exu_text_deinit(&text);
}

static void markdown_table(struct exu_writer *w, const char *key, const char *title,
                           const struct exu_column *columns, size_t count)
{
    struct markdown_state *s = w->state;
    (void)key;
    set_apart(w);
    if (title) {
        exu_text_puts(&w->out, "**");
        add_escaped(&w->out, title);
        exu_text_puts(&w->out, "**\n\n");
    }
    exu_text_putc(&w->out, '|');
    for (size_t i = 0; i < count; i++) {
        if (i < EXU_COUNT(s->kinds))
            s->kinds[i] = columns[i].kind;
        exu_text_putc(&w->out, ' ');
        add_escaped(&w->out, columns[i].name);
        exu_text_puts(&w->out, " |");
    }
    exu_text_puts(&w->out, "\n|");
    for (size_t i = 0; i < count; i++)
        exu_text_puts(&w->out, columns[i].kind == EXU_COLUMN_PLAIN ? " --- |" : " ---: |");
    exu_text_putc(&w->out, '\n');
}

static void markdown_row(struct exu_writer *w, const struct exu_datum *cells, size_t count)
{
    const struct markdown_state *s = w->state;
    exu_text_putc(&w->out, '|');
    for (size_t i = 0; i < count; i++) {
        exu_text_putc(&w->out, ' ');
        add_shown(&w->out, &cells[i], i < EXU_COUNT(s->kinds) ? s->kinds[i] : EXU_COLUMN_PLAIN);
        exu_text_puts(&w->out, " |");
    }
    exu_text_putc(&w->out, '\n');
}

static void markdown_table_end(struct exu_writer *w)
{
    (void)w;
}

static void markdown_field(struct exu_writer *w, const char *key, const char *label,
                           enum exu_column_kind kind, const struct exu_datum *value, const char *shown)
{
    struct markdown_state *s = w->state;
    (void)key;
    if (value->type == EXU_DATUM_NULL && !shown)
        return;
    if (s->in != IN_FIELDS) {
        set_apart(w);
        s->in = IN_FIELDS;
    }
    exu_text_puts(&w->out, "- **");
    add_escaped(&w->out, label);
    exu_text_puts(&w->out, "** ");
    if (shown)
        add_escaped(&w->out, shown);
    else
        add_shown(&w->out, value, kind);
    exu_text_putc(&w->out, '\n');
}

static void markdown_line(struct exu_writer *w, unsigned indent, enum exu_style style, const char *text)
{
    struct markdown_state *s = w->state;
    if (style == EXU_STYLE_HEADING) {
        set_apart(w);
        exu_text_puts(&w->out, "**");
        add_escaped(&w->out, text);
        exu_text_puts(&w->out, "**\n\n");
        return;
    }
    if (s->in != IN_CODE) {
        leave(w);
        exu_text_puts(&w->out, "```\n");
        s->in = IN_CODE;
    }
    w->anything = true;
    for (unsigned i = 0; i < indent * 2 && *text; i++)
        exu_text_putc(&w->out, ' ');
    /* A line of the process' text must not end the block. */
    for (; *text; text++)
        if (strncmp(text, "```", 3) == 0)
            exu_text_puts(&w->out, "`\u200b");
        else
            exu_text_putc(&w->out, *text);
    exu_text_putc(&w->out, '\n');
}

const struct exu_format_ops exu_format_markdown = {
    .state_size = sizeof(struct markdown_state),
    .table = markdown_table,
    .row = markdown_row,
    .table_end = markdown_table_end,
    .field = markdown_field,
    .line = markdown_line,
    .finish = leave,
};
