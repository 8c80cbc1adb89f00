/* What grew between dumps, as bars: one a dump. */
#ifndef EXU_REPORT_GROWTH_CHART_H
#define EXU_REPORT_GROWTH_CHART_H

#include "query/growth.h"
#include "report/model.h"

#include <stdio.h>

/* By chain, type and module as one SVG file, with names as they are. */
EXU_MUST_CHECK struct exu_error *exu_growth_svg(FILE *file, const struct exu_growth *growth,
                                                struct exu_database *const *dbs);
/* Rows as a picture; none when there is no row. `gate`: of their names. */
void exu_growth_part(struct exu_report *r, struct exu_part *parent, const struct exu_growth_rows *rows,
                     size_t dumps, enum exu_name_kind gate, const char *id, const char *title);

#endif
