/* An icicle (query/icicle.h) as a picture: widths are bytes, below a tile stands what is reached by way of
 * it. */
#ifndef EXU_REPORT_ICICLE_REPORT_H
#define EXU_REPORT_ICICLE_REPORT_H

#include "query/icicle.h"
#include "report/tiles_report.h"

/* As an SVG file, with labels as they are. Of an empty heap an empty picture. */
EXU_MUST_CHECK struct exu_error *exu_icicle_svg(FILE *file, const struct exu_tiles *tiles);
/* As a table: a row a tile, each behind the one that it is in, `limit` of them (0: all). Returns how many are not shown. */
uint64_t exu_icicle_rows(const struct exu_tiles *tiles, uint64_t limit, const struct exu_row_sink *sink);
/* The picture; none when there is no tile. */
void exu_icicle_part(struct exu_report *r, struct exu_part *parent, const struct exu_tiles *tiles);
/* Where the tiles go, by tile; returns the height of the picture. */
double exu_icicle_place(const struct exu_tiles *tiles, struct exu_area *areas);

#endif
