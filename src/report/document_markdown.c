#include "query/preview.h"
#include "report/document.h"
#include "report/format.h"
#include "report/markup.h"

#include <stdio.h>
#include <string.h>

/* Bytes that a text takes at most, escaped. */
enum { PARAGRAPH_MOST = 1000, CELL_MOST = 200, TITLE_MOST = 600, FACT_MOST = 500, STEP_MOST = 240, NODE_MOST = 160 };
enum { RESERVE = 600 }; /* for what closes a section, and for saying what is left out */
enum { NODES_MOST = 16, NODES_ABOVE = 6, SUMMARY_DEPTH = 2 };

struct markdown {
    struct exu_text *out;
    size_t end;    /* of the section: no part goes beyond */
    uint64_t left; /* parts that did not fit */
};

/* ---- escaping ---- */

/* U+2060, a word joiner: nothing that is seen, and no name, number or address of a tracker goes on behind it. */
#define JOINER "\u2060"

static void put_character(const char *text, size_t size, struct exu_text *out)
{
    switch (*text) {
    case '&':
    case '<':
    case '>':
        exu_text_puts(out, exu_markup_entity(*text));
        break;
    case '$': /* mathematics in some trackers */
        exu_text_puts(out, "&#36;");
        break;
    case '@':
    case '#':
        exu_text_putc(out, *text);
        exu_text_puts(out, JOINER);
        break;
    case ':': /* an emoji's name, an address */
        exu_text_putc(out, ':');
        exu_text_puts(out, size > 1 && (text[1] == '/' || (text[1] >= 'a' && text[1] <= 'z')) ? JOINER : "");
        break;
    case '\\':
    case '`':
    case '*':
    case '_':
    case '[':
    case ']':
    case '|':
    case '~':
    case '^':
        exu_text_putc(out, '\\');
        exu_text_putc(out, *text);
        break;
    default:
        exu_text_putc(out, *text);
    }
}

/* `www.` becomes an address by itself. */
static bool is_www(const char *text)
{
    return strncmp(text, "www.", 4) == 0 || strncmp(text, "WWW.", 4) == 0;
}

static void escape(const char *text, size_t most, struct exu_text *out)
{
    size_t start = out->len, size = strlen(text);
    for (size_t i = 0; i < size;) {
        uint32_t c;
        size_t n = exu_utf8_next(text + i, size - i, &c);
        if (out->len - start + 12 > most) {
            exu_text_puts(out, "\u2026");
            return;
        }
        if (n > 1)
            exu_text_add(out, text + i, n);
        else
            put_character(text + i, size - i, out);
        if (is_www(text + i))
            exu_text_puts(out, JOINER);
        i += n;
    }
}

/* In a fence of four backticks, where nothing else ends it. */
static void add_lines(const char *text, struct exu_text *out)
{
    const char *fence;
    while ((fence = strstr(text, "````")) != NULL) {
        exu_text_add(out, text, (size_t)(fence - text));
        exu_text_puts(out, "'```");
        text = fence + 4;
    }
    exu_text_puts(out, text);
    if (!out->len || out->data[out->len - 1] != '\n')
        exu_text_putc(out, '\n');
}

static void add_datum(const struct exu_datum *datum, enum exu_column_kind kind, size_t most, struct exu_text *out)
{
    struct exu_text plain = {0};
    exu_datum_show(datum, kind, &plain);
    if (plain.data)
        escape(plain.data, most, out);
    out->failed |= plain.failed;
    exu_text_deinit(&plain);
}

/* ---- what fits ---- */

/* Adds the text and frees it; when it does not fit it is counted. */
static bool put(struct markdown *m, struct exu_text *text)
{
    bool fits = m->out->len + text->len <= m->end;
    if (fits && text->len)
        exu_text_add(m->out, text->data, text->len);
    m->left += !fits;
    m->out->failed |= text->failed;
    exu_text_deinit(text);
    return fits;
}

/* ---- parts ---- */

static void write_text(struct markdown *m, const struct exu_part *part)
{
    static const char *const marks[] = {[EXU_TEXT_PLAIN] = "", [EXU_TEXT_LEAD] = "**", [EXU_TEXT_NOTE] = "*"};
    struct exu_text text = {0};
    /* What comes first in a line may look like a list's number or sign. */
    exu_text_puts(&text, *marks[part->style] ? marks[part->style] : JOINER);
    escape(part->text, PARAGRAPH_MOST, &text);
    exu_text_printf(&text, "%s\n\n", marks[part->style]);
    put(m, &text);
}

static void write_facts(struct markdown *m, const struct exu_part *part)
{
    struct exu_text text = {0};
    const struct exu_part_fact *fact;
    exu_vec_each (fact, &part->facts) {
        exu_text_puts(&text, "- ");
        escape(fact->label, TITLE_MOST, &text);
        exu_text_puts(&text, ": ");
        add_datum(&fact->value, fact->kind, FACT_MOST, &text);
        exu_text_putc(&text, '\n');
    }
    exu_text_putc(&text, '\n');
    put(m, &text);
}

static void table_head(const struct exu_part *part, struct exu_text *text)
{
    if (part->title) {
        exu_text_puts(text, "**");
        escape(part->title, TITLE_MOST, text);
        exu_text_puts(text, "**\n\n");
    }
    for (size_t i = 0; i < part->columns.len; i++) {
        exu_text_puts(text, i ? " | " : "| ");
        escape(part->columns.items[i].name, CELL_MOST, text);
    }
    exu_text_puts(text, " |\n");
    for (size_t i = 0; i < part->columns.len; i++)
        exu_text_puts(text,
                      part->columns.items[i].kind == EXU_COLUMN_COUNT || part->columns.items[i].kind == EXU_COLUMN_SIZE
                          ? "|---:"
                          : "|---");
    exu_text_puts(text, "|\n");
}

static void table_row(const struct exu_part *part, size_t row, struct exu_text *text)
{
    const struct exu_datum *cells = &part->cells.items[row * part->columns.len];
    for (size_t i = 0; i < part->columns.len; i++) {
        exu_text_puts(text, i ? " | " : "| ");
        if (part->columns.items[i].code && cells[i].type == EXU_DATUM_TEXT)
            exu_text_printf(text, "`%s`", cells[i].text);
        else
            add_datum(&cells[i], part->columns.items[i].kind, CELL_MOST, text);
    }
    exu_text_puts(text, " |\n");
}

static void write_table(struct markdown *m, const struct exu_part *part)
{
    struct exu_text text = {0};
    size_t rows = part->columns.len ? part->cells.len / part->columns.len : 0, shown = 0;
    table_head(part, &text);
    if (!put(m, &text))
        return;
    uint64_t left = m->left;
    for (bool fits = true; fits && shown < rows; shown += fits) {
        table_row(part, shown, &text);
        fits = put(m, &text);
    }
    m->left = left;
    uint64_t more = part->more + rows - shown;
    if (more)
        exu_text_printf(m->out, "\n*%llu more rows*\n", (unsigned long long)more);
    exu_text_putc(m->out, '\n');
}

static void write_code(struct markdown *m, const struct exu_part *part)
{
    struct exu_text text = {0};
    if (part->title) {
        exu_text_puts(&text, "**");
        escape(part->title, TITLE_MOST, &text);
        exu_text_puts(&text, "**\n\n");
    }
    exu_text_puts(&text, "````\n");
    add_lines(part->text, &text);
    exu_text_puts(&text, "````\n\n");
    put(m, &text);
}

static void write_picture(struct markdown *m, const struct exu_part *part)
{
    struct exu_text text = {0};
    exu_text_puts(&text, "**");
    escape(part->title, TITLE_MOST, &text);
    exu_text_puts(&text, "**\n\n");
    if (part->plain) {
        exu_text_puts(&text, "````\n");
        add_lines(part->plain, &text);
        exu_text_puts(&text, "````\n\n");
    }
    exu_text_puts(&text, part->plain ? JOINER : "*A picture, in the report as HTML.* ");
    escape(part->text, PARAGRAPH_MOST, &text);
    exu_text_puts(&text, "\n\n");
    put(m, &text);
}

/* ---- the chain ---- */

/* Everything but plain characters as #CODE; which Mermaid reads in quoted labels. */
static void mermaid_label(const char *label, size_t most, struct exu_text *out)
{
    size_t start = out->len, size = strlen(label);
    for (size_t i = 0; i < size;) {
        uint32_t c;
        size_t n = exu_utf8_next(label + i, size - i, &c);
        if (out->len - start + 24 > most) {
            exu_text_puts(out, "#8230;");
            return;
        }
        bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                     (c < 0x80 && c && strchr(" _.,/-", (int)c));
        if (plain)
            exu_text_putc(out, (char)c);
        else
            exu_text_printf(out, "#%u;", c == UINT32_MAX ? 0xfffd : (unsigned)c);
        i += n;
    }
}

static void mermaid_node(const struct exu_part_step *step, size_t number, uint64_t skipped, struct exu_text *out)
{
    exu_text_printf(out, "  n%zu[\"", number);
    if (skipped)
        exu_text_printf(out, "#8230; %llu more", (unsigned long long)skipped);
    else
        mermaid_label(step->summary, NODE_MOST, out);
    if (!skipped && step->place) {
        exu_text_puts(out, "<br/>");
        mermaid_label(step->place, NODE_MOST, out);
    }
    exu_text_puts(out, "\"]\n");
    if (!number)
        return;
    exu_text_printf(out, "  n%zu -->", number - 1);
    if (!skipped && step->label && *step->label) {
        exu_text_puts(out, "|\"");
        mermaid_label(step->label, NODE_MOST, out);
        exu_text_puts(out, "\"|");
    }
    exu_text_printf(out, " n%zu\n", number);
}

static void mermaid(const struct exu_part *part, struct exu_text *out)
{
    size_t count = part->steps.len, number = 0;
    exu_text_puts(out, "```mermaid\ngraph TD\n");
    for (size_t i = 0; i < count; i++) {
        const struct exu_part_step *step = &part->steps.items[i];
        uint64_t skipped = step->summary ? 0 : step->skipped;
        if (count > NODES_MOST && i == NODES_ABOVE) {
            size_t to = count - (NODES_MOST - NODES_ABOVE - 1);
            for (skipped = 0; i < to; i++)
                skipped += part->steps.items[i].summary ? 1 : part->steps.items[i].skipped;
            i--;
        }
        mermaid_node(step, number++, skipped, out);
    }
    exu_text_puts(out, "```\n\n");
}

static void step_line(const struct exu_part_step *step, struct exu_text *out)
{
    struct exu_text line = {0};
    if (!step->summary) {
        exu_text_printf(out, "    ... %llu steps more\n", (unsigned long long)step->skipped);
        return;
    }
    exu_text_printf(&line, "%s%-14s  %s%s%s", step->label ? "    " : "", step->label ? step->label : "", step->summary,
                    step->place ? "  " : "", step->place ? step->place : "");
    exu_text_cut(line.data ? line.data + (step->label ? 0 : 16) : "", line.len - (step->label || !line.len ? 0 : 16),
                 STEP_MOST, out);
    exu_text_putc(out, '\n');
    out->failed |= line.failed;
    exu_text_deinit(&line);
}

static void write_chain(struct markdown *m, const struct exu_part *part)
{
    struct exu_text text = {0}, lines = {0}, list = {0};
    exu_text_puts(&text, "**");
    escape(part->title, TITLE_MOST, &text);
    exu_text_puts(&text, "**\n\n");
    mermaid(part, &text);
    put(m, &text);
    const struct exu_part_step *step;
    exu_vec_each (step, &part->steps)
        step_line(step, &lines);
    exu_text_puts(&list, "<details><summary>The same as text</summary>\n\n````\n");
    add_lines(lines.data ? lines.data : "", &list);
    exu_text_puts(&list, "````\n\n</details>\n\n");
    exu_text_deinit(&lines);
    put(m, &list);
}

/* ---- sections ---- */

static void write_part(struct markdown *m, const struct exu_part *part)
{
    switch (part->kind) {
    case EXU_PART_TEXT:
        write_text(m, part);
        break;
    case EXU_PART_FACTS:
        write_facts(m, part);
        break;
    case EXU_PART_TABLE:
        write_table(m, part);
        break;
    case EXU_PART_CHAIN:
        write_chain(m, part);
        break;
    case EXU_PART_CODE:
        write_code(m, part);
        break;
    case EXU_PART_PICTURE:
        write_picture(m, part);
        break;
    case EXU_PART_SECTION:
        break;
    }
}

/* A section within one: a heading, and its parts; sections go no deeper. */
static void write_inner(struct markdown *m, const struct exu_part *section)
{
    struct exu_text text = {0};
    exu_text_puts(&text, "### ");
    escape(section->title, TITLE_MOST, &text);
    exu_text_puts(&text, "\n\n");
    if (!put(m, &text))
        return;
    for (const struct exu_part *part = section->first; part; part = part->next)
        write_part(m, part);
}

static void write_section(struct markdown *m, const struct exu_part *section)
{
    exu_text_puts(m->out, section->folded ? "<details>\n<summary><b>" : "## ");
    escape(section->title, TITLE_MOST, m->out);
    exu_text_puts(m->out, section->folded ? "</b></summary>\n\n" : "\n\n");
    m->left = 0;
    for (const struct exu_part *part = section->first; part; part = part->next)
        if (part->kind == EXU_PART_SECTION)
            write_inner(m, part);
        else
            write_part(m, part);
    if (m->left)
        exu_text_printf(m->out, "*%llu more parts did not fit; the report as HTML or JSON has them.*\n\n",
                        (unsigned long long)m->left);
    if (section->folded)
        exu_text_puts(m->out, "</details>\n\n");
}

void exu_document_markdown(const struct exu_report *r, struct exu_text *out)
{
    struct markdown m = {.out = out};
    size_t later = 0;
    exu_text_puts(out, "# ");
    escape(r->title, TITLE_MOST, out);
    exu_text_puts(out, "\n\n");
    if (r->link)
        exu_text_printf(out, "<%s>\n\n", r->link);
    for (const struct exu_part *section = r->root->first; section; section = section->next)
        later += section->budget;
    for (const struct exu_part *section = r->root->first; section; section = section->next) {
        later -= section->budget; /* what those before did not use, it may */
        m.end = EXU_MARKDOWN_MOST - RESERVE > later ? EXU_MARKDOWN_MOST - RESERVE - later : 0;
        write_section(&m, section);
    }
    exu_text_printf(out, "*Made by %s.*\n", r->made_by);
}
