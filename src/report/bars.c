#include "report/bars.h"

#include "query/preview.h"
#include "query/queries.h"
#include "report/draw.h"
#include "report/format.h"
#include "report/markup.h"

#include <stdio.h>
#include <string.h>

#define TITLE "Private memory"

enum {
    WIDTH = 720,
    LABEL = 250,
    NAME = 60,
    NUMBER = 90,
    ROW = 22,
    TOP = 8,
    TEXT_CELLS = 40,
    TEXT_LABEL = 34,
    TEXT_LINE = 100
};
/* Of several bars with one label, which stands above them. */
enum { NARROW = 560, LABEL_LINE = 16, THIN = 14, APART = 10 };

bool exu_bars_add(struct exu_bars *bars, const char *label, const char *detail, const uint64_t *bytes)
{
    struct exu_bar bar = {.label = exu_draw_safe(&bars->bump, label),
                          .detail = detail ? exu_draw_safe(&bars->bump, detail) : NULL};
    memcpy(bar.bytes, bytes, bars->each * sizeof *bytes);
    return bar.label && (bar.detail || !detail) && exu_vec_push(&bars->items, bar);
}

struct exu_error *exu_bars_ledger(struct exu_bars *ret, const struct exu_database *db)
{
    sqlite3_stmt *statement = NULL;
    struct exu_error *error = NULL;
    uint64_t more = 0, sum = 0;
    ret->each = 1;
    EXU_TRY(exu_database_prepare(db, exu_sql_report_ledger_sql, &statement));
    while (!error && exu_database_step(db, statement, &error)) {
        uint64_t bytes =
            sqlite3_column_int64(statement, 1) > 0 ? (uint64_t)sqlite3_column_int64(statement, 1) : 0;
        if (ret->items.len == EXU_BARS_MOST) {
            more++;
            sum += bytes;
        } else if (!exu_bars_add(ret, exu_column_text(statement, 0), NULL, &bytes)) {
            error = exu_error_memory();
        }
    }
    sqlite3_finalize(statement);
    char rest[32];
    snprintf(rest, sizeof rest, "%llu more", (unsigned long long)more);
    return error || !more || exu_bars_add(ret, rest, NULL, &sum) ? error : exu_error_memory();
}

static uint64_t largest(const struct exu_bars *bars)
{
    uint64_t most = 1;
    const struct exu_bar *bar;
    exu_vec_each (bar, &bars->items)
        for (size_t i = 0; i < bars->each; i++)
            most = exu_max(most, bar->bytes[i]);
    return most;
}

/* ---- the picture ---- */

double exu_bars_width(const struct exu_bars *bars)
{
    return bars->each == 1 ? WIDTH : NARROW;
}

static double row_height(const struct exu_bars *bars, const struct exu_bar *bar)
{
    size_t lines = bar->detail ? 2 : 1;
    return bars->each == 1 ? ROW : (double)(LABEL_LINE * lines + THIN * bars->each + APART);
}

double exu_bars_height(const struct exu_bars *bars)
{
    double height = 2 * TOP;
    const struct exu_bar *bar;
    exu_vec_each (bar, &bars->items)
        height += row_height(bars, bar);
    return height;
}

static void draw_bar(double x, double y, double height, double share, const char *color, uint64_t bytes,
                     const char *after, struct exu_text *out)
{
    char size[EXU_SIZE_TEXT];
    exu_text_printf(out, "<rect x=\"%.0f\" y=\"%.1f\" width=\"%.1f\" height=\"%.0f\" fill=\"%s\"/>", x, y,
                    share < 1 && bytes ? 1 : share, height, color);
    exu_text_printf(out, "<text x=\"%.1f\" y=\"%.1f\">%s%s</text>\n", x + share + 6, y + height / 2 + 4,
                    exu_size_text(bytes, size), after);
}

static void draw_one(const struct exu_bar *bar, double most, double y, struct exu_text *out)
{
    struct exu_text label = {0};
    exu_text_cut(bar->label, strlen(bar->label), TEXT_LABEL, &label);
    exu_text_printf(out, "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">", LABEL - 8, y + 15);
    exu_markup_escape(label.data ? label.data : "", out);
    exu_text_puts(out, "</text>");
    out->failed |= label.failed;
    exu_text_deinit(&label);
    draw_bar(LABEL, y + 3, ROW - 6, (double)bar->bytes[0] / most * (WIDTH - LABEL - NUMBER - 10), "#2171b5",
             bar->bytes[0], "", out);
}

static void draw_each(const struct exu_bars *bars, const struct exu_bar *bar, double most, double y,
                      struct exu_text *out)
{
    size_t last = bars->each - 1;
    char size[EXU_SIZE_TEXT], grown[EXU_SIZE_TEXT + 8] = "";
    if (bar->bytes[last] > bar->bytes[0])
        snprintf(grown, sizeof grown, " (+%s)", exu_size_text(bar->bytes[last] - bar->bytes[0], size));
    struct exu_text title = {0};
    exu_text_puts(out, "<g>");
    exu_text_printf(&title, "%s%s%s", bar->label, bar->detail ? " at " : "", bar->detail ? bar->detail : "");
    exu_draw_title(title.data ? title.data : "", out);
    out->failed |= title.failed;
    exu_text_deinit(&title);
    exu_draw_text(bar->label, 4, y + 12, 0.85 * NARROW, " font-weight=\"bold\"", out);
    if (bar->detail)
        exu_draw_text(bar->detail, 4, (y += LABEL_LINE) + 12, NARROW - 8, "", out);
    exu_text_puts(out, "</g>\n");
    for (size_t i = 0; i <= last; i++) {
        double at = y + LABEL_LINE + (double)(THIN * i);
        exu_text_printf(out, "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>", NAME - 8, at + 10,
                        bars->names[i]);
        draw_bar(NAME, at + 1, THIN - 3, (double)bar->bytes[i] / most * (NARROW - NAME - NUMBER - NUMBER / 2),
                 i < last ? "#6baed6" : "#2171b5", bar->bytes[i], i < last ? "" : grown, out);
    }
}

void exu_bars_draw(const struct exu_bars *bars, double y, struct exu_text *out)
{
    const struct exu_bar *bar;
    double most = (double)largest(bars);
    y += TOP;
    exu_text_printf(out, "<g fill=\"currentColor\" font-size=\"%d\">\n", bars->each == 1 ? 13 : 11);
    exu_vec_each (bar, &bars->items) {
        if (bars->each == 1)
            draw_one(bar, most, y, out);
        else
            draw_each(bars, bar, most, y, out);
        y += row_height(bars, bar);
    }
    exu_text_puts(out, "</g>\n");
}

/* ---- as text ---- */

static void blocks(uint64_t bytes, uint64_t most, struct exu_text *out)
{
    char size[EXU_SIZE_TEXT];
    unsigned cells = (unsigned)((double)bytes / (double)most * TEXT_CELLS + 0.5);
    exu_text_printf(out, " %9s  ", exu_size_text(bytes, size));
    cells = bytes && !cells ? 1 : cells;
    for (unsigned i = 0; i < cells; i++)
        exu_text_puts(out, "\u2588");
    exu_text_putc(out, '\n');
}

static void pad(const char *label, size_t width, struct exu_text *out)
{
    exu_text_cut(label, strlen(label), width, out);
    for (size_t n = exu_text_width(label, strlen(label)); n < width; n++)
        exu_text_putc(out, ' ');
}

void exu_bars_lines(const struct exu_bars *bars, struct exu_text *out)
{
    const struct exu_bar *bar;
    uint64_t most = largest(bars);
    exu_vec_each (bar, &bars->items) {
        if (bars->each == 1) {
            pad(bar->label, TEXT_LABEL, out);
            blocks(bar->bytes[0], most, out);
            continue;
        }
        exu_text_cut(bar->label, strlen(bar->label), TEXT_LINE, out);
        exu_text_putc(out, '\n');
        if (bar->detail) {
            exu_text_puts(out, "  ");
            exu_text_cut(bar->detail, strlen(bar->detail), TEXT_LINE, out);
            exu_text_putc(out, '\n');
        }
        for (size_t i = 0; i < bars->each; i++) {
            exu_text_printf(out, "  %-6s", bars->names[i]);
            blocks(bar->bytes[i], most, out);
        }
    }
}

void exu_bars_part(struct exu_report *r, struct exu_part *parent, const struct exu_bars *bars)
{
    struct exu_text svg = {0}, plain = {0};
    if (!bars->items.len)
        return;
    exu_draw_begin(&svg, WIDTH, exu_bars_height(bars), 1, TITLE);
    exu_bars_draw(bars, 0, &svg);
    exu_draw_end(&svg);
    exu_bars_lines(bars, &plain);
    exu_report_drawing(r, parent, "ledger-picture", TITLE, "Bars: the private memory by what has it, as in the table.", &svg, &plain);
}

void exu_bars_deinit(struct exu_bars *bars)
{
    exu_vec_free(&bars->items);
    exu_bump_deinit(&bars->bump);
}
