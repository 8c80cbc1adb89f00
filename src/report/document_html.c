#include "query/preview.h"
#include "report/chain_graph.h"
#include "report/document.h"
#include "report/format.h"
#include "report/markup.h"

#include <stdio.h>

/* The rest of the page is in the parts. No rule loads anything; the policy would forbid it. */
static const char style[] =
    ":root{color-scheme:light "
    "dark;--fore:#1b1f24;--back:#fff;--dim:#57606a;--line:#d0d7de;--soft:#f6f8fa;--accent:#0a58ca}\n"
    "@media(prefers-color-scheme:dark){:root{--fore:#e6edf3;--back:#0d1117;--dim:#9aa4af;--line:#30363d;--soft:#161b22;"
    "--accent:#79b8ff}}\n"
    "*{box-sizing:border-box}\n"
    "body{margin:0;font:16px/1.5 "
    "system-ui,sans-serif;color:var(--fore);background:var(--back);overflow-wrap:anywhere}\n"
    "main{max-width:75rem;margin:0 auto;padding:1rem}\n"
    "h1{font-size:1.6rem;line-height:1.25}h2,summary{font-size:1.25rem;font-weight:600;line-height:1.3}h3{font-size:1."
    "05rem}\n"
    "section{margin:1.5rem 0;border-top:1px solid var(--line);padding-top:.5rem}\n"
    "a{color:var(--accent)}nav ul{display:flex;flex-wrap:wrap;gap:.25rem 1rem;list-style:none;padding:0}\n"
    ".lead{font-weight:600}.note{color:var(--dim);font-style:italic}\n"
    ".scroll{overflow-x:auto;max-width:100%;margin:.75rem 0;border:1px solid var(--line);border-radius:6px}\n"
    "table{border-collapse:collapse;min-width:100%;font-size:.875rem;overflow-wrap:normal}\n"
    "caption{text-align:left;font-weight:600;padding:.5rem}\n"
    "th,td{padding:.25rem .6rem;text-align:left;vertical-align:top;border-top:1px solid var(--line);max-width:40rem;"
    "overflow-wrap:anywhere;min-width:3.5rem}\n"
    "th{background:var(--soft);white-space:nowrap}.number{text-align:right;font-variant-numeric:tabular-nums;white-"
    "space:nowrap}\n"
    "dl{display:grid;grid-template-columns:minmax(6rem,max-content) minmax(0,1fr);gap:.1rem 1rem;margin:.75rem 0}\n"
    "dt{color:var(--dim)}dd{margin:0}\n"
    "pre,code{font-family:ui-monospace,monospace;font-size:.85rem}\n"
    "pre{overflow-x:auto;background:var(--soft);border:1px solid "
    "var(--line);border-radius:6px;padding:.6rem;overflow-wrap:normal}\n"
    ".chain{list-style:none;padding:0;border-left:3px solid var(--accent);margin:.75rem 0}\n"
    ".chain li{padding:.2rem 0 .2rem .8rem}.chain .place{display:block;color:var(--dim);font-size:.85rem}\n"
    "figure{margin:.75rem 0}figcaption{color:var(--dim);font-size:.875rem}\n"
    ".picture{display:block;max-width:100%;min-width:32rem;height:auto}\n"
    "#treemap .scroll,#icicle .scroll{width:fit-content}#treemap .picture,#icicle .picture{min-width:52rem}\n"
    ".beside{display:flex;flex-wrap:wrap;gap:0 "
    "2rem;align-items:flex-start}.beside>*{min-width:0;max-width:100%}.beside>figure{flex:0 1 25rem;margin-top:0}.beside>.chain{flex:1 1 20rem}\n"
    ".beside .picture{min-width:16rem}\n"
    "footer{color:var(--dim);border-top:1px solid var(--line);margin-top:2rem;padding-top:.5rem}\n"
    "@media screen and (max-width:48rem){td:not(.number){min-width:8rem}}\n"
    "@media(max-width:30rem){dl{grid-template-columns:minmax(0,1fr)}dd{margin-bottom:.4rem}}\n"
    "@media print{:root{color-scheme:light;--fore:#000;--back:#fff;--dim:#444;--line:#bbb;--soft:#fff;--accent:#000}"
    "nav{display:none}.scroll,pre{overflow:visible;white-space:pre-wrap}table{font-size:.7rem}th{white-space:normal}"
    "#treemap .picture,#icicle .picture{min-width:0}tr,li,figure{break-inside:avoid}h2,h3,summary,caption{break-after:avoid}}\n";

static void element(struct exu_text *out, const char *tag, const char *text)
{
    exu_text_printf(out, "<%s>", tag);
    exu_markup_escape(text, out);
    exu_text_printf(out, "</%s>\n", tag);
}

static void add_datum(const struct exu_datum *datum, enum exu_column_kind kind, struct exu_text *out)
{
    struct exu_text plain = {0};
    exu_datum_show(datum, kind, &plain);
    exu_markup_escape(plain.data ? plain.data : "", out);
    out->failed |= plain.failed;
    exu_text_deinit(&plain);
}

static bool is_number(enum exu_column_kind kind)
{
    return kind == EXU_COLUMN_COUNT || kind == EXU_COLUMN_SIZE;
}

/* ---- parts ---- */

static void write_text(struct exu_text *out, const struct exu_part *part)
{
    static const char *const tags[] = {
        [EXU_TEXT_PLAIN] = "<p>", [EXU_TEXT_LEAD] = "<p class=\"lead\">", [EXU_TEXT_NOTE] = "<p class=\"note\">"};
    exu_text_puts(out, tags[part->style]);
    exu_markup_escape(part->text, out);
    exu_text_puts(out, "</p>\n");
}

static void write_facts(struct exu_text *out, const struct exu_part *part)
{
    const struct exu_part_fact *fact;
    exu_text_puts(out, "<dl>\n");
    exu_vec_each (fact, &part->facts) {
        exu_text_puts(out, "<dt>");
        exu_markup_escape(fact->label, out);
        exu_text_puts(out, "</dt><dd>");
        add_datum(&fact->value, fact->kind, out);
        exu_text_puts(out, "</dd>\n");
    }
    exu_text_puts(out, "</dl>\n");
}

static void table_row(struct exu_text *out, const struct exu_part *part, size_t row)
{
    exu_text_puts(out, "<tr>");
    for (size_t i = 0; i < part->columns.len; i++) {
        const struct exu_part_column *column = &part->columns.items[i];
        exu_text_puts(out, is_number(column->kind) ? "<td class=\"number\">" : column->code ? "<td><code>" : "<td>");
        add_datum(&part->cells.items[row * part->columns.len + i], column->kind, out);
        exu_text_puts(out, column->code ? "</code></td>" : "</td>");
    }
    exu_text_puts(out, "</tr>\n");
}

/* A wide table scrolls in its own box, with the keyboard, too. */
static void write_table(struct exu_text *out, const struct exu_part *part)
{
    size_t columns = part->columns.len, rows = columns ? part->cells.len / columns : 0;
    exu_text_printf(out, "<div class=\"scroll\" id=\"%s\" tabindex=\"0\" role=\"region\" aria-label=\"", part->id);
    exu_markup_escape(part->title ? part->title : "table", out);
    exu_text_puts(out, "\"><table>");
    if (part->title)
        element(out, "caption", part->title);
    exu_text_puts(out, "<thead><tr>");
    for (size_t i = 0; i < columns; i++) {
        exu_text_puts(out, is_number(part->columns.items[i].kind) ? "<th scope=\"col\" class=\"number\">"
                                                                  : "<th scope=\"col\">");
        exu_markup_escape(part->columns.items[i].name, out);
        exu_text_puts(out, "</th>");
    }
    exu_text_puts(out, "</tr></thead>\n<tbody>\n");
    for (size_t row = 0; row < rows; row++)
        table_row(out, part, row);
    exu_text_puts(out, "</tbody></table></div>\n");
    if (part->more)
        exu_text_printf(out, "<p class=\"note\">%llu more rows</p>\n", (unsigned long long)part->more);
}

/* A box of its own to scroll in, for what may be wider than the page. */
static void open_figure(struct exu_text *out, const char *id, const char *title)
{
    exu_text_puts(out, "<figure");
    if (id)
        exu_text_printf(out, " id=\"%s\"", id);
    exu_text_puts(out, "><div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"");
    exu_markup_escape(title, out);
    exu_text_puts(out, "\">");
}

static void draw_chain(struct exu_text *out, const struct exu_part *part)
{
    struct exu_chain_graph graph = {0};
    const struct exu_part_step *step;
    exu_chain_graph_begin(&graph, part->steps.len);
    exu_vec_each (step, &part->steps)
        exu_chain_graph_step(&graph, step, 0);
    open_figure(out, NULL, part->title);
    exu_chain_graph_draw(&graph, part->title, NULL, false, out);
    exu_text_puts(out, "</div><figcaption>From the root down; beside the lines, by what one refers to the next. Orange: a place in the "
                       "code; green: what is held.</figcaption></figure>\n");
}

static void write_chain(struct exu_text *out, const struct exu_part *part)
{
    const struct exu_part_step *step;
    exu_text_printf(out, "<h3 id=\"%s\">", part->id);
    exu_markup_escape(part->title, out);
    exu_text_puts(out, "</h3>\n<div class=\"beside\">\n");
    draw_chain(out, part);
    exu_text_puts(out, "<ol class=\"chain\">\n");
    exu_vec_each (step, &part->steps) {
        if (!step->summary) {
            exu_text_printf(out, "<li class=\"note\">%llu steps more</li>\n", (unsigned long long)step->skipped);
            continue;
        }
        exu_text_puts(out, "<li>");
        if (step->label) {
            exu_text_puts(out, "<code>");
            exu_markup_escape(step->label, out);
            exu_text_puts(out, "</code> ");
        }
        exu_markup_escape(step->summary, out);
        if (step->place) {
            exu_text_puts(out, "<span class=\"place\">");
            exu_markup_escape(step->place, out);
            exu_text_puts(out, "</span>");
        }
        exu_text_puts(out, "</li>\n");
    }
    exu_text_puts(out, "</ol></div>\n");
}

static void write_picture(struct exu_text *out, const struct exu_part *part)
{
    open_figure(out, part->id, part->title);
    exu_text_printf(out, "%s</div><figcaption>", part->svg);
    exu_markup_escape(part->title, out);
    exu_text_puts(out, ". ");
    exu_markup_escape(part->text, out);
    exu_text_puts(out, "</figcaption></figure>\n");
}

static void write_leaf(struct exu_text *out, const struct exu_part *part)
{
    switch (part->kind) {
    case EXU_PART_TEXT:
        write_text(out, part);
        break;
    case EXU_PART_FACTS:
        write_facts(out, part);
        break;
    case EXU_PART_TABLE:
        write_table(out, part);
        break;
    case EXU_PART_CHAIN:
        write_chain(out, part);
        break;
    case EXU_PART_CODE:
        if (part->title)
            element(out, "h3", part->title);
        element(out, "pre", part->text);
        break;
    case EXU_PART_PICTURE:
        write_picture(out, part);
        break;
    case EXU_PART_SECTION:
        break;
    }
}

/* ---- the page ---- */

/* Sections within sections go no deeper. */
static void write_inner(struct exu_text *out, const struct exu_part *section)
{
    exu_text_printf(out, "<h3 id=\"%s\">", section->id);
    exu_markup_escape(section->title, out);
    exu_text_puts(out, "</h3>\n");
    for (const struct exu_part *part = section->first; part; part = part->next)
        write_leaf(out, part);
}

/* What may be folded is open: links lead into it, and paper can't be unfolded. */
static void write_section(struct exu_text *out, const struct exu_part *section)
{
    exu_text_printf(out, "<section id=\"%s\">\n%s", section->id, section->folded ? "<details open><summary>" : "<h2>");
    exu_markup_escape(section->title, out);
    exu_text_puts(out, section->folded ? "</summary>\n" : "</h2>\n");
    for (const struct exu_part *part = section->first; part; part = part->next)
        if (part->kind == EXU_PART_SECTION)
            write_inner(out, part);
        else
            write_leaf(out, part);
    exu_text_puts(out, section->folded ? "</details></section>\n" : "</section>\n");
}

static void write_contents(struct exu_text *out, const struct exu_report *r)
{
    exu_text_puts(out, "<nav aria-label=\"Sections\"><ul>\n");
    for (const struct exu_part *section = r->root->first; section; section = section->next) {
        exu_text_printf(out, "<li><a href=\"#%s\">", section->id);
        exu_markup_escape(section->title, out);
        exu_text_puts(out, "</a></li>\n");
    }
    exu_text_puts(out, "</ul></nav>\n");
}

void exu_document_html(const struct exu_report *r, struct exu_text *out)
{
    exu_text_puts(
        out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
             "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
             "img-src data:\">\n"
             "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
             "<meta name=\"referrer\" content=\"no-referrer\">\n");
    element(out, "title", r->title);
    exu_text_printf(out, "<style>\n%s</style>\n</head>\n<body>\n<main>\n", style);
    element(out, "h1", r->title);
    if (r->link) {
        exu_text_puts(out, "<p><a rel=\"noopener noreferrer\" href=\"");
        exu_markup_escape(r->link, out);
        exu_text_puts(out, "\">");
        exu_markup_escape(r->link, out);
        exu_text_puts(out, "</a></p>\n");
    }
    write_contents(out, r);
    for (const struct exu_part *section = r->root->first; section; section = section->next)
        write_section(out, section);
    exu_text_printf(out, "<footer>Made by %s.</footer>\n</main>\n</body>\n</html>\n", r->made_by);
}
