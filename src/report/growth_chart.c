#include "report/growth_chart.h"

#include "report/bars.h"
#include "report/draw.h"

#include <inttypes.h>
#include <string.h>

/* In a report; a file has EXU_BARS_MOST. */
#define PART_MOST 8
#define HEAD 24.0 /* a heading of the file */
#define SCALE 1.3

_Static_assert(EXU_BARS_EACH >= EXU_GROWTH_MOST, "a bar for each dump");

/* Zeroed bars for so many dumps. */
static struct exu_bars bars_of(size_t dumps)
{
    static const char *const numbers[] = {"1", "2", "3", "4", "5", "6", "7", "8"};
    struct exu_bars bars = {.each = dumps};
    for (size_t i = 0; i < dumps && i < EXU_COUNT(numbers); i++)
        bars.names[i] = dumps > 2 ? numbers[i] : i ? "now" : "before";
    return bars;
}

/* A chain is called by the type of what it ends in, with the way below. */
static bool add(struct exu_bars *bars, const struct exu_growth_row *row, const char *name, const char *type)
{
    uint64_t bytes[EXU_BARS_EACH] = {0};
    for (size_t i = 0; i < bars->each; i++)
        bytes[i] = row->at[i].bytes;
    return exu_bars_add(bars, type ? type : name, type ? name : NULL, bytes);
}

/* ---- a file ---- */

/* Which bar is which dump. */
static void name_dumps(const struct exu_bars *bars, struct exu_database *const *dbs, struct exu_text *out)
{
    for (size_t i = 0; i < bars->each; i++) {
        const char *slash = strrchr(dbs[i]->path, '/');
        exu_text_printf(out, "%s%s: %s", i ? ", " : "", bars->names[i], slash ? slash + 1 : dbs[i]->path);
    }
}

static double draw_group(const struct exu_bars *bars, const char *title, double y, struct exu_text *out)
{
    if (!bars->items.len)
        return y;
    exu_draw_text(title, 4, y + HEAD - 6, exu_bars_width(bars), " font-size=\"13\" fill=\"currentColor\"",
                  out);
    exu_bars_draw(bars, y + HEAD, out);
    return y + HEAD + exu_bars_height(bars);
}

struct exu_error *exu_growth_svg(FILE *file, const struct exu_growth *growth, struct exu_database *const *dbs)
{
    const struct {
        const struct exu_growth_rows *rows;
        const char *title;
    } groups[] = {{&growth->chains, "By chain, with what hangs below (shallow bytes)"},
                  {&growth->types, "By type (footprint)"},
                  {&growth->modules, "By module (retained bytes)"}};
    struct exu_bars bars[EXU_COUNT(groups)];
    struct exu_text out = {0}, names = {0};
    double height = HEAD, y = HEAD;
    for (size_t i = 0; i < EXU_COUNT(groups); i++) {
        bars[i] = bars_of(growth->dumps);
        for (size_t n = 0; n < groups[i].rows->items.len && n < EXU_BARS_MOST; n++) {
            const struct exu_growth_row *row = &groups[i].rows->items.items[n];
            out.failed |= !add(&bars[i], row, row->name, row->type);
        }
        height += bars[i].items.len ? HEAD + exu_bars_height(&bars[i]) : 0;
    }
    name_dumps(&bars[0], dbs, &names);
    exu_draw_begin(&out, exu_bars_width(&bars[0]), height, SCALE, "What grew between the dumps");
    exu_text_puts(&out, "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n");
    exu_draw_text(names.data ? names.data : "", 4, HEAD - 6, exu_bars_width(&bars[0]) - 8,
                  " fill=\"currentColor\"", &out);
    for (size_t i = 0; i < EXU_COUNT(groups); i++) {
        y = draw_group(&bars[i], groups[i].title, y, &out);
        exu_bars_deinit(&bars[i]);
    }
    exu_draw_end(&out);
    out.failed |= names.failed;
    exu_text_deinit(&names);
    return exu_draw_write(file, &out);
}

/* ---- a part ---- */

/* Is another of the bars called the same? Ways that differ in what is withheld are. */
static bool has_twin(const char *const *names, const struct exu_growth_rows *rows, size_t count, size_t index)
{
    const char *type = rows->items.items[index].type;
    for (size_t i = 0; i < count; i++) {
        const char *other = rows->items.items[i].type;
        if (i != index && strcmp(names[i], names[index]) == 0 && (type && other ? strcmp(type, other) == 0 : type == other))
            return true;
    }
    return false;
}

void exu_growth_part(struct exu_report *r, struct exu_part *parent, const struct exu_growth_rows *rows,
                     size_t dumps, enum exu_name_kind gate, const char *id, const char *title)
{
    struct exu_bars bars = bars_of(dumps);
    struct exu_text svg = {0}, plain = {0};
    const char *names[PART_MOST];
    size_t count = exu_min(rows->items.len, (size_t)PART_MOST);
    for (size_t i = 0; i < count; i++)
        if (!(names[i] = exu_report_keep(r, gate, rows->items.items[i].name)))
            names[i] = "";
    for (size_t i = 0; i < count; i++) {
        const struct exu_growth_row *row = &rows->items.items[i];
        const char *name = names[i];
        if (row->fingerprint && has_twin(names, rows, count, i))
            name = exu_report_own(r, "%s (%016" PRIx64 ")", name, row->fingerprint);
        r->failed |= !add(&bars, row, name ? name : "", exu_report_keep(r, EXU_NAME_CODE, row->type));
    }
    if (bars.items.len) {
        exu_draw_begin(&svg, exu_bars_width(&bars), exu_bars_height(&bars), SCALE, title);
        exu_bars_draw(&bars, 0, &svg);
        exu_draw_end(&svg);
        exu_bars_lines(&bars, &plain);
        exu_report_drawing(r, parent, id, title, "Bars: the bytes of each dump, as in the table.", &svg, &plain);
    }
    exu_bars_deinit(&bars);
}
