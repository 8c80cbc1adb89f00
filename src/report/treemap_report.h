/* A treemap (query/treemap.h) as a picture: areas are bytes, what is inside a tile is dominated by it. */
#ifndef EXU_REPORT_TREEMAP_REPORT_H
#define EXU_REPORT_TREEMAP_REPORT_H

#include "query/treemap.h"
#include "report/tiles_report.h"

/* Divides the area among `bytes`, the largest first, as squarely as it goes (Bruls, Huizing, van Wijk:
 * Squarified Treemaps); `total`, at least their sum, is the whole area: what is beyond them stays empty. */
void exu_treemap_place(const uint64_t *bytes, size_t count, uint64_t total, struct exu_area area,
                       struct exu_area *ret);
/* As an SVG file, with labels as they are. Of an empty heap an empty picture. */
EXU_MUST_CHECK struct exu_error *exu_treemap_svg(FILE *file, const struct exu_tiles *map);
/* The picture; none when there is no tile. */
void exu_treemap_part(struct exu_report *r, struct exu_part *parent, const struct exu_tiles *map);

#endif
