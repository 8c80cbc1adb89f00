/* What grew between dumps, through any writer. */
#ifndef EXU_REPORT_GROWTH_REPORT_H
#define EXU_REPORT_GROWTH_REPORT_H

#include "query/growth.h"
#include "query/suspects.h"
#include "report/writer.h"

/* `fresh`: new suspects, at most `limit` rows of them; 0 = all. */
void exu_report_growth(struct exu_writer *w, const struct exu_growth *growth, struct exu_database *const *dbs,
                       const struct exu_suspects *fresh, uint64_t limit);

#endif
