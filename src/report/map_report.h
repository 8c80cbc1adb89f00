/* A map of an allocator's memory, as lines of shaded cells for a terminal, as rows, or as an SVG picture. */
#ifndef EXU_REPORT_MAP_REPORT_H
#define EXU_REPORT_MAP_REPORT_H

#include "query/map.h"
#include "report/writer.h"

void exu_report_map(struct exu_writer *w, const struct exu_map *map);
/* The first `most` rows as lines of shaded cells; how many are more. */
void exu_report_map_lines(const struct exu_map *map, size_t most, struct exu_text *out);
/* A whole SVG document; the same map always gives the same bytes. */
EXU_MUST_CHECK struct exu_error *exu_report_map_svg(FILE *file, const struct exu_map *map, const char *title);

#endif
