#include "report/tiles_report.h"

#include "report/format.h"

#include <string.h>

#define VISIBLE 3.0 /* what is thinner is not drawn */
#define LETTERS_LEAST 7 /* of a name that is cut */

bool exu_tiles_visible(struct exu_area area)
{
    return area.width >= VISIBLE && area.height >= VISIBLE;
}

/* The name, with the size behind it where there is room for both; nothing where hardly a letter of it would be left. */
static void draw_name(const char *name, const char *both, struct exu_area area, struct exu_text *out)
{
    double room = (area.width - 3 * EXU_TILES_EDGE) / EXU_DRAW_LETTER;
    if ((double)exu_text_width(both, strlen(both)) <= room)
        exu_draw_label(both, area, out);
    else if (room >= LETTERS_LEAST || (double)exu_text_width(name, strlen(name)) <= room)
        exu_draw_label(name, area, out);
}

static void draw_tile(const struct exu_tile *tile, const char *name, struct exu_area area, struct exu_text *out)
{
    char size[EXU_SIZE_TEXT];
    struct exu_text both = {0};
    exu_text_printf(out, "<g><rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"%s\" stroke=\"#fff\"/>", area.x,
                    area.y, area.width, area.height, *tile->type ? exu_draw_color(tile->type) : "#e8e8e8");
    exu_text_printf(&both, "%s, %s", name, exu_size_text(tile->bytes, size));
    exu_draw_title(both.data ? both.data : "", out);
    draw_name(name, both.data ? both.data : "", area, out);
    out->failed |= both.failed;
    exu_text_deinit(&both);
    exu_text_puts(out, "</g>\n");
}

static void draw(const struct exu_tiles *tiles, exu_tile_names names, const struct exu_tiles_picture *picture, struct exu_text *out)
{
    struct exu_area areas[EXU_TILES_MOST] = {{0}};
    exu_draw_begin(out, EXU_TILES_WIDTH, picture->place(tiles, areas), 1, picture->title);
    for (size_t i = 0; i < tiles->items.len; i++)
        if (exu_tiles_visible(areas[i]))
            draw_tile(&tiles->items.items[i], names[i], areas[i], out);
    exu_draw_end(out);
}

struct exu_error *exu_tiles_svg(FILE *file, const struct exu_tiles *tiles, const struct exu_tiles_picture *picture)
{
    struct exu_bump bump = {0};
    struct exu_text out = {0};
    exu_tile_names names;
    for (size_t i = 0; i < tiles->items.len; i++) {
        names[i] = exu_draw_safe(&bump, tiles->items.items[i].label);
        out.failed |= !names[i];
    }
    if (!out.failed)
        draw(tiles, names, picture, &out);
    exu_bump_deinit(&bump);
    return exu_draw_write(file, &out);
}

void exu_tiles_line(const struct exu_tile *tile, const char *name, unsigned indent, struct exu_text *out)
{
    char size[EXU_SIZE_TEXT];
    exu_text_printf(out, "%9s  %*s%s\n", exu_size_text(tile->bytes, size), (int)indent * 2, "", name);
}

void exu_tiles_part(struct exu_report *r, struct exu_part *parent, const struct exu_tiles *tiles,
                    const struct exu_tiles_picture *picture)
{
    struct exu_text svg = {0}, plain = {0};
    if (!tiles->top)
        return;
    exu_tile_names names;
    for (size_t i = 0; i < tiles->items.len; i++) {
        const char *kept = exu_report_keep(r, EXU_NAME_TEXT, tiles->items.items[i].label);
        names[i] = kept ? kept : "";
    }
    draw(tiles, names, picture, &svg);
    picture->lines(tiles, names, &plain);
    exu_report_drawing(r, parent, picture->id, picture->title, picture->text, &svg, &plain);
}
