/* Sizes as bars: of the ledger, where the memory is. A picture part; in text, lines of blocks.
 *
 * Owns its labels. */
#ifndef EXU_REPORT_BARS_H
#define EXU_REPORT_BARS_H

#include "query/database.h"
#include "report/model.h"

#define EXU_BARS_MOST 12

struct exu_bar {
    char label[64];
    uint64_t bytes;
};
struct exu_bars {
    exu_vec(struct exu_bar) items; /* the largest first; what is more is one bar 'N more' */
};

/* The private memory by category. */
EXU_MUST_CHECK struct exu_error *exu_bars_ledger(struct exu_bars *ret, const struct exu_database *db);
/* The picture; none when there is no bar. */
void exu_bars_part(struct exu_report *r, struct exu_part *parent, const struct exu_bars *bars);
void exu_bars_deinit(struct exu_bars *bars);

#endif
