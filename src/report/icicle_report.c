#include "report/icicle_report.h"

#include <stdlib.h>

#define ROW 19.0
#define LINES_MOST 24

double exu_icicle_place(const struct exu_tiles *tiles, struct exu_area *areas)
{
    uint32_t rows = 0;
    double scale = EXU_TILES_WIDTH / (double)(tiles->bytes ? tiles->bytes : 1);
    for (size_t i = 0; i < tiles->items.len; i++) {
        const struct exu_tile *tile = &tiles->items.items[i];
        if (tile->depth == 0)
            areas[i] = (struct exu_area){0, 0, (double)tile->bytes * scale, ROW};
        double x = areas[i].x;
        for (uint32_t k = tile->first; k < tile->first + tile->children; k++) {
            areas[k] =
                (struct exu_area){x, areas[i].y + ROW, (double)tiles->items.items[k].bytes * scale, ROW};
            x += areas[k].width;
        }
        if (tile->depth >= rows)
            rows = tile->depth + 1;
    }
    return ROW * rows;
}

/* The tiles in the order in which people read a tree. They are EXU_ICICLE_ROWS deep at most. */
struct walk {
    const struct exu_tiles *tiles;
    struct {
        uint32_t next, end;
    } rows[EXU_ICICLE_ROWS + 1];
    uint32_t depth;
};

static struct walk walk(const struct exu_tiles *tiles)
{
    struct walk w = {.tiles = tiles};
    w.rows[0].end = tiles->top;
    return w;
}

static bool next(struct walk *w, uint32_t *ret)
{
    while (w->rows[w->depth].next == w->rows[w->depth].end)
        if (w->depth-- == 0)
            return false;
    *ret = w->rows[w->depth].next++;
    const struct exu_tile *tile = &w->tiles->items.items[*ret];
    if (tile->children && w->depth < EXU_ICICLE_ROWS) {
        w->depth++;
        w->rows[w->depth].next = tile->first;
        w->rows[w->depth].end = tile->first + tile->children;
    }
    return true;
}

static int descending(const void *left, const void *right)
{
    const uint64_t *a = left, *b = right;
    return *a > *b ? -1 : *a < *b;
}

/* What a tile has to have to be among the LINES_MOST largest. */
static uint64_t least_of_lines(const struct exu_tiles *tiles)
{
    uint64_t bytes[EXU_TILES_MOST];
    for (size_t i = 0; i < tiles->items.len; i++)
        bytes[i] = tiles->items.items[i].bytes;
    qsort(bytes, tiles->items.len, sizeof *bytes, descending);
    return tiles->items.len > LINES_MOST ? bytes[LINES_MOST - 1] : 0;
}

/* The largest tiles as lines, those inside of others indented. */
static void write_lines(const struct exu_tiles *tiles, exu_tile_names names, struct exu_text *out)
{
    struct walk w = walk(tiles);
    const uint64_t least = least_of_lines(tiles);
    unsigned lines = 0;
    for (uint32_t i; lines < LINES_MOST && next(&w, &i);) {
        const struct exu_tile *tile = &tiles->items.items[i];
        if (tile->bytes < least)
            continue;
        exu_tiles_line(tile, names[i], tile->depth, out);
        lines++;
    }
}

uint64_t exu_icicle_rows(const struct exu_tiles *tiles, uint64_t limit, const struct exu_row_sink *sink)
{
    static const struct exu_column columns[] = {{"depth", EXU_COLUMN_PLAIN},
                                                {"bytes", EXU_COLUMN_SIZE},
                                                {"objects", EXU_COLUMN_COUNT},
                                                {"object_id", EXU_COLUMN_PLAIN},
                                                {"what", EXU_COLUMN_PLAIN}};
    struct walk w = walk(tiles);
    uint64_t rows = 0, most = limit ? limit : UINT64_MAX;
    sink->begin(sink->context, columns, EXU_COUNT(columns));
    for (uint32_t i; rows < most && next(&w, &i); rows++) {
        const struct exu_tile *tile = &tiles->items.items[i];
        const struct exu_datum cells[] = {
            exu_datum_integer(tile->depth), exu_datum_integer((int64_t)tile->bytes),
            exu_datum_integer((int64_t)tile->count),
            tile->object ? exu_datum_integer(tile->object) : exu_datum_null(), exu_datum_text(tile->label)};
        sink->row(sink->context, cells, EXU_COUNT(cells));
    }
    return tiles->items.len - rows;
}

static const struct exu_tiles_picture picture = {
    .id = "icicle",
    .title = "By which way the memory is reached",
    .text = "The shortest paths from the roots, downwards: the wider, the more bytes are reached first by "
            "way of a thing; each object "
            "counts once. Several of a type are one tile, what is too narrow is left out. Colors are types.",
    .place = exu_icicle_place,
    .lines = write_lines,
};

struct exu_error *exu_icicle_svg(FILE *file, const struct exu_tiles *tiles)
{
    return exu_tiles_svg(file, tiles, &picture);
}

void exu_icicle_part(struct exu_report *r, struct exu_part *parent, const struct exu_tiles *tiles)
{
    exu_tiles_part(r, parent, tiles, &picture);
}
