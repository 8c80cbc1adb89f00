/* What pictures of tiles (query/tiles.h) have in common: how a tile is drawn and called. Where tiles go, each
 * picture says itself. */
#ifndef EXU_REPORT_TILES_REPORT_H
#define EXU_REPORT_TILES_REPORT_H

#include "query/tiles.h"
#include "report/draw.h"
#include "report/model.h"

#define EXU_TILES_WIDTH 960
#define EXU_TILES_EDGE 2.0

/* The labels as the report's gate lets them through, in the order of the tiles. */
typedef const char *exu_tile_names[EXU_TILES_MOST];

struct exu_tiles_picture {
    const char *id, *title, *text; /* as in struct exu_part */
    /* By tile, where it goes: `areas` are empty, and what stays so is not drawn. Returns the height of the
     * picture. */
    double (*place)(const struct exu_tiles *tiles, struct exu_area *areas);
    void (*lines)(const struct exu_tiles *tiles, exu_tile_names names, struct exu_text *out);
};

/* Is it large enough to be drawn? */
bool exu_tiles_visible(struct exu_area area);
/* A line of text: the size, and the name, indented. */
void exu_tiles_line(const struct exu_tile *tile, const char *name, unsigned indent, struct exu_text *out);
/* As an SVG file, with labels as they are. */
EXU_MUST_CHECK struct exu_error *exu_tiles_svg(FILE *file, const struct exu_tiles *tiles,
                                               const struct exu_tiles_picture *picture);
/* A part of a report; none when there is no tile. */
void exu_tiles_part(struct exu_report *r, struct exu_part *parent, const struct exu_tiles *tiles,
                    const struct exu_tiles_picture *picture);

#endif
