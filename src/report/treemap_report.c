#include "report/treemap_report.h"

#include <string.h>

#define WIDTH EXU_TILES_WIDTH
#define HEIGHT 480
#define LINE EXU_DRAW_LINE
#define EDGE EXU_TILES_EDGE
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
static void place_some(const struct exu_tiles *map, uint32_t first, uint32_t count, uint64_t total,
                       struct exu_area area, struct exu_area *areas)
{
    uint64_t bytes[EXU_TILES_MOST];
    for (uint32_t i = 0; i < count; i++)
        bytes[i] = map->items.items[first + i].bytes;
    if (count)
        exu_treemap_place(bytes, count, total, area, areas + first);
}

/* Where what is in a tile goes: below its name. */
static struct exu_area inside(struct exu_area a)
{
    return (struct exu_area){a.x + EDGE, a.y + LINE, a.width - 2 * EDGE, a.height - LINE - EDGE};
}

static double place(const struct exu_tiles *map, struct exu_area *areas)
{
    place_some(map, 0, map->top, map->bytes, (struct exu_area){0, 0, WIDTH, HEIGHT}, areas);
    for (size_t i = 0; i < map->items.len; i++) {
        const struct exu_tile *tile = &map->items.items[i];
        if (exu_tiles_visible(areas[i]))
            place_some(map, tile->first, tile->children, tile->bytes, inside(areas[i]), areas);
    }
    return HEIGHT;
}

/* The largest tiles as lines, what is in another indented. */
static void write_lines(const struct exu_tiles *map, exu_tile_names names, struct exu_text *out)
{
    for (uint32_t i = 0; i < map->top && i < LINES_MOST; i++) {
        const struct exu_tile *tile = &map->items.items[i];
        exu_tiles_line(tile, names[i], 0, out);
        for (uint32_t k = 0; k < tile->children && k < 2; k++)
            exu_tiles_line(&map->items.items[tile->first + k], names[tile->first + k], 1, out);
    }
}

static const struct exu_tiles_picture picture = {
    .id = "treemap",
    .title = "Who retains the memory",
    .text = "A treemap of the dominator tree: the larger, the more a thing retains; what lies in it goes "
            "with it. Colors are types.",
    .place = place,
    .lines = write_lines,
};

struct exu_error *exu_treemap_svg(FILE *file, const struct exu_tiles *map)
{
    return exu_tiles_svg(file, map, &picture);
}

void exu_treemap_part(struct exu_report *r, struct exu_part *parent, const struct exu_tiles *map)
{
    exu_tiles_part(r, parent, map, &picture);
}
