#include "report/bars.h"

#include "query/preview.h"
#include "query/queries.h"
#include "report/markup.h"

#include <stdio.h>

enum { WIDTH = 720, LABEL = 250, NUMBER = 90, ROW = 22, TOP = 8, TEXT_CELLS = 40, TEXT_LABEL = 34 };

struct exu_error *exu_bars_ledger(struct exu_bars *ret, const struct exu_database *db)
{
    sqlite3_stmt *statement = NULL;
    struct exu_error *error = NULL;
    uint64_t more = 0, bytes = 0;
    EXU_TRY(exu_database_prepare(db, exu_sql_report_ledger_sql, &statement));
    while (!error && exu_database_step(db, statement, &error)) {
        struct exu_bar bar = {
            .bytes = sqlite3_column_int64(statement, 1) > 0 ? (uint64_t)sqlite3_column_int64(statement, 1) : 0};
        const char *category = exu_column_text(statement, 0);
        struct exu_text safe = {0};
        exu_preview_plain(category, strlen(category), TEXT_LABEL, false, &safe);
        snprintf(bar.label, sizeof bar.label, "%s", safe.data ? safe.data : "");
        exu_text_deinit(&safe);
        if (ret->items.len < EXU_BARS_MOST) {
            if (!exu_vec_push(&ret->items, bar))
                error = exu_error_memory();
            continue;
        }
        more++;
        bytes += bar.bytes;
    }
    sqlite3_finalize(statement);
    if (!error && more) {
        struct exu_bar rest = {.bytes = bytes};
        snprintf(rest.label, sizeof rest.label, "%llu more", (unsigned long long)more);
        if (!exu_vec_push(&ret->items, rest))
            error = exu_error_memory();
    }
    return error;
}

static uint64_t largest(const struct exu_bars *bars)
{
    uint64_t most = 1;
    const struct exu_bar *bar;
    exu_vec_each (bar, &bars->items)
        most = exu_max(most, bar->bytes);
    return most;
}

static void draw(const struct exu_bars *bars, struct exu_text *out)
{
    size_t y = TOP;
    const struct exu_bar *bar;
    char size[EXU_SIZE_TEXT];
    uint64_t most = largest(bars);
    exu_text_printf(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"picture\" viewBox=\"0 0 %d %zu\" width=\"%d\" role=\"img\" "
        "font-family=\"sans-serif\" font-size=\"13\" fill=\"currentColor\">\n",
        WIDTH, TOP + ROW * bars->items.len + TOP, WIDTH);
    exu_vec_each (bar, &bars->items) {
        double share = (double)bar->bytes / (double)most * (WIDTH - LABEL - NUMBER - 10);
        exu_text_printf(out, "<text x=\"%d\" y=\"%zu\" text-anchor=\"end\">", LABEL - 8, y + 15);
        exu_markup_escape(bar->label, out);
        exu_text_printf(out, "</text><rect x=\"%d\" y=\"%zu\" width=\"%.1f\" height=\"%d\" fill=\"#2171b5\"/>", LABEL,
                        y + 3, share < 1 ? 1 : share, ROW - 6);
        exu_text_printf(out, "<text x=\"%.1f\" y=\"%zu\">%s</text>\n", LABEL + share + 6, y + 15,
                        exu_size_text(bar->bytes, size));
        y += ROW;
    }
    exu_text_puts(out, "</svg>\n");
}

static void write_lines(const struct exu_bars *bars, struct exu_text *out)
{
    const struct exu_bar *bar;
    char size[EXU_SIZE_TEXT];
    uint64_t most = largest(bars);
    exu_vec_each (bar, &bars->items) {
        unsigned cells = (unsigned)((double)bar->bytes / (double)most * TEXT_CELLS + 0.5);
        exu_text_printf(out, "%-*s %9s  ", TEXT_LABEL, bar->label, exu_size_text(bar->bytes, size));
        for (unsigned i = 0; i < (cells ? cells : 1); i++)
            exu_text_puts(out, "\u2588");
        exu_text_putc(out, '\n');
    }
}

void exu_bars_part(struct exu_report *r, struct exu_part *parent, const struct exu_bars *bars)
{
    struct exu_text svg = {0}, plain = {0};
    if (!bars->items.len)
        return;
    draw(bars, &svg);
    write_lines(bars, &plain);
    struct exu_part *picture = exu_report_picture(r, parent, "ledger-picture", "Private memory",
                                                  "Bars: the private memory by what has it, as in the table.",
                                                  svg.failed ? NULL : exu_report_own(r, "%s", svg.data));
    if (picture)
        picture->plain = exu_report_own(r, "%s", plain.data ? plain.data : "");
    r->failed |= plain.failed;
    exu_text_deinit(&svg);
    exu_text_deinit(&plain);
}

void exu_bars_deinit(struct exu_bars *bars)
{
    exu_vec_free(&bars->items);
}
