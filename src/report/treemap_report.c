#include "report/treemap_report.h"

#include <string.h>

#define TITLE "Who retains the memory"
#define WIDTH 720
#define HEIGHT 420
#define EDGE 2.0
#define VISIBLE 3.0 /* what is thinner is not drawn */
#define LINES_MOST 12

/* The first `count` of `sizes` as a row along a side of length `side`: how far from a square the worst is. */
static double worst(const double *sizes, size_t count, double sum, double side)
{
    double most = sizes[0], least = sizes[count - 1]; /* they descend */
    double wide = side * side * most / (sum * sum), high = sum * sum / (side * side * least);
    return wide > high ? wide : high;
}

/* How many of the sizes make the next row. */
static size_t row_of(const double *sizes, size_t count, double side, double *ret_sum)
{
    size_t n = 1;
    double sum = sizes[0];
    while (n < count && worst(sizes, n + 1, sum + sizes[n], side) <= worst(sizes, n, sum, side))
        sum += sizes[n++];
    *ret_sum = sum;
    return n;
}

/* Lays the row against the shorter side, and takes it off the area. */
static void lay(const double *sizes, size_t count, double sum, struct exu_area *area, struct exu_area *ret)
{
    bool upright = area->width >= area->height;
    double side = upright ? area->height : area->width, thick = sum / side, at = 0;
    for (size_t i = 0; i < count; i++) {
        double length = sizes[i] / thick;
        ret[i] = upright ? (struct exu_area){area->x, area->y + at, thick, length}
                         : (struct exu_area){area->x + at, area->y, length, thick};
        at += length;
    }
    if (upright) {
        area->x += thick;
        area->width -= thick;
    } else {
        area->y += thick;
        area->height -= thick;
    }
}

void exu_treemap_place(const uint64_t *bytes, size_t count, uint64_t total, struct exu_area area,
                       struct exu_area *ret)
{
    double sizes[EXU_TILES_MOST], scale = area.width * area.height / (double)total;
    size_t n = 0;
    memset(ret, 0, count * sizeof *ret);
    for (; n < count && n < EXU_TILES_MOST; n++)
        sizes[n] = (double)bytes[n] * scale;
    for (size_t i = 0; i < n && area.width > EDGE && area.height > EDGE;) {
        double sum, side = area.width < area.height ? area.width : area.height;
        size_t row = row_of(sizes + i, n - i, side, &sum);
        lay(sizes + i, row, sum, &area, ret + i);
        i += row;
    }
}

/* ---- the picture ---- */

/* Areas of the tiles from `first` on. */
static void place(const struct exu_treemap *map, uint32_t first, uint32_t count, uint64_t total,
                  struct exu_area area, struct exu_area *areas)
{
    uint64_t bytes[EXU_TILES_MOST];
    for (uint32_t i = 0; i < count; i++)
        bytes[i] = map->tiles.items[first + i].bytes;
    if (count)
        exu_treemap_place(bytes, count, total, area, areas + first);
}

/* Where what is in a tile goes: below its name. */
static struct exu_area inside(struct exu_area a)
{
    return (struct exu_area){a.x + EDGE, a.y + EXU_DRAW_LINE, a.width - 2 * EDGE,
                             a.height - EXU_DRAW_LINE - EDGE};
}

static void draw_tile(const struct exu_tile *tile, const char *name, struct exu_area area,
                      struct exu_text *out)
{
    char size[EXU_SIZE_TEXT];
    struct exu_text title = {0};
    exu_text_printf(
        out, "<g><rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"%s\" stroke=\"#fff\"/>",
        area.x, area.y, area.width, area.height, exu_draw_color(tile->type));
    exu_text_printf(&title, "%s, %s", name, exu_size_text(tile->bytes, size));
    exu_draw_title(title.data ? title.data : "", out);
    exu_draw_label(name, area, out);
    out->failed |= title.failed;
    exu_text_deinit(&title);
    exu_text_puts(out, "</g>\n");
}

/* The labels as the report's gate lets them through, in the order of the tiles. */
typedef const char *tile_names[EXU_TILES_MOST];

static void draw(const struct exu_treemap *map, tile_names names, struct exu_text *out)
{
    struct exu_area areas[EXU_TILES_MOST] = {{0}};
    exu_draw_begin(out, WIDTH, HEIGHT, 1, TITLE);
    place(map, 0, map->top, map->bytes, (struct exu_area){0, 0, WIDTH, HEIGHT}, areas);
    for (size_t i = 0; i < map->tiles.len; i++) {
        const struct exu_tile *tile = &map->tiles.items[i];
        if (areas[i].width < VISIBLE || areas[i].height < VISIBLE)
            continue;
        draw_tile(tile, names[i], areas[i], out);
        place(map, tile->first, tile->children, tile->bytes, inside(areas[i]), areas);
    }
    exu_draw_end(out);
}

struct exu_error *exu_treemap_svg(FILE *file, const struct exu_treemap *map)
{
    struct exu_bump bump = {0};
    struct exu_text out = {0};
    tile_names names;
    for (size_t i = 0; i < map->tiles.len; i++) {
        names[i] = exu_draw_safe(&bump, map->tiles.items[i].label);
        out.failed |= !names[i];
    }
    if (!out.failed)
        draw(map, names, &out);
    exu_bump_deinit(&bump);
    return exu_draw_write(file, &out);
}

/* The largest tiles as lines, what is in another indented. */
static void write_lines(const struct exu_treemap *map, tile_names names, struct exu_text *out)
{
    char size[EXU_SIZE_TEXT];
    for (uint32_t i = 0; i < map->top && i < LINES_MOST; i++) {
        const struct exu_tile *tile = &map->tiles.items[i];
        exu_text_printf(out, "%9s  %s\n", exu_size_text(tile->bytes, size), names[i]);
        for (uint32_t k = 0; k < tile->children && k < 2; k++) {
            const struct exu_tile *child = &map->tiles.items[tile->first + k];
            exu_text_printf(out, "%9s    %s\n", exu_size_text(child->bytes, size), names[tile->first + k]);
        }
    }
}

void exu_treemap_part(struct exu_report *r, struct exu_part *parent, const struct exu_treemap *map)
{
    struct exu_text svg = {0}, plain = {0};
    if (!map->top)
        return;
    tile_names names;
    for (size_t i = 0; i < map->tiles.len; i++) {
        const char *kept = exu_report_keep(r, EXU_NAME_TEXT, map->tiles.items[i].label);
        names[i] = kept ? kept : "";
    }
    draw(map, names, &svg);
    write_lines(map, names, &plain);
    struct exu_part *picture =
        exu_report_picture(r, parent, "treemap", TITLE,
                           "A treemap of the dominator tree: the larger, the more a thing retains; what lies "
                           "in it goes with it. Colors are types.",
                           svg.failed ? NULL : exu_report_own(r, "%s", svg.data));
    if (picture)
        picture->plain = exu_report_own(r, "%s", plain.data ? plain.data : "");
    r->failed |= svg.failed || plain.failed;
    exu_text_deinit(&svg);
    exu_text_deinit(&plain);
}
