/* What grew between dumps, through any writer. */
#ifndef EXU_REPORT_GROWTH_REPORT_H
#define EXU_REPORT_GROWTH_REPORT_H

#include "query/growth.h"
#include "report/writer.h"

void exu_report_growth(struct exu_writer *w, const struct exu_growth *growth, struct exu_database *const *dbs);

#endif
