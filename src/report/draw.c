#include "report/draw.h"

#include "query/preview.h"
#include "report/format.h"
#include "report/markup.h"
#include "report/model.h"

#include <string.h>

#define EDGE 2.0

/* The text of dumps is dark on all of these, in the dark, too. */
static const char *const colors[] = {"#9ecae1", "#a1d99b", "#fdd0a2", "#dadaeb",
                                     "#c7e9c0", "#fdae6b", "#bcbddc", "#d9d9d9"};

void exu_draw_begin(struct exu_text *out, double width, double height, double scale, const char *title)
{
    exu_text_printf(out,
                    "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"picture\" viewBox=\"0 0 %.0f %.0f\" "
                    "width=\"%.0f\" role=\"img\" "
                    "font-family=\"sans-serif\" font-size=\"11\" fill=\"#1b1f24\">\n",
                    width, height, width * scale);
    exu_draw_title(title, out);
    exu_text_putc(out, '\n');
}

void exu_draw_end(struct exu_text *out)
{
    exu_text_puts(out, "</svg>\n");
}

struct exu_error *exu_draw_write(FILE *file, struct exu_text *out)
{
    bool failed = out->failed;
    if (!failed)
        fwrite(out->data, 1, out->len, file);
    exu_text_deinit(out);
    return failed ? exu_error_memory() : NULL;
}

void exu_draw_text(const char *text, double x, double y, double width, const char *attributes,
                   struct exu_text *out)
{
    struct exu_text safe = {0}, cut = {0};
    if (width < 4 * EXU_DRAW_LETTER)
        return;
    size_t letters = (size_t)(width / EXU_DRAW_LETTER);
    exu_preview_plain(text, strlen(text), letters + 1, false, &safe);
    exu_text_cut(safe.data ? safe.data : "", safe.len, letters, &cut);
    exu_text_printf(out, "<text x=\"%.1f\" y=\"%.1f\"%s>", x, y, attributes);
    exu_markup_escape(cut.data ? cut.data : "", out);
    exu_text_puts(out, "</text>");
    out->failed |= safe.failed || cut.failed;
    exu_text_deinit(&safe);
    exu_text_deinit(&cut);
}

void exu_draw_label(const char *text, struct exu_area area, struct exu_text *out)
{
    if (area.height >= EXU_DRAW_LINE)
        exu_draw_text(text, area.x + 2 * EDGE, area.y + EXU_DRAW_LINE - 4, area.width - 3 * EDGE, "", out);
}

void exu_draw_title(const char *text, struct exu_text *out)
{
    struct exu_text safe = {0};
    exu_preview_plain(text, strlen(text), EXU_REPORT_TEXT_MOST, false, &safe);
    exu_text_puts(out, "<title>");
    exu_markup_escape(safe.data ? safe.data : "", out);
    exu_text_puts(out, "</title>");
    out->failed |= safe.failed;
    exu_text_deinit(&safe);
}

const char *exu_draw_color(const char *type)
{
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (const char *c = type; *c; c++)
        hash = (hash ^ (uint8_t)*c) * 16777619u;
    return colors[hash % EXU_COUNT(colors)];
}

const char *exu_draw_safe(struct exu_bump *bump, const char *text)
{
    struct exu_text safe = {0};
    exu_preview_plain(text, strlen(text), EXU_REPORT_TEXT_MOST, false, &safe);
    const char *copy = safe.failed ? NULL : exu_bump_strdup(bump, safe.data ? safe.data : "");
    exu_text_deinit(&safe);
    return copy;
}
