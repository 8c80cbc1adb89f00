/* Sizes as bars: of the ledger, where the memory is; or several of one thing, one a dump
 * (report/growth_chart.h). A picture; in text, lines of blocks.
 *
 * Owns its labels. */
#ifndef EXU_REPORT_BARS_H
#define EXU_REPORT_BARS_H

#include "query/database.h"
#include "report/model.h"

#define EXU_BARS_MOST 12
#define EXU_BARS_EACH 8

struct exu_bar {
    const char *label, *detail; /* detail: one more line, where `each` is more than 1; may be NULL */
    uint64_t bytes[EXU_BARS_EACH];
};
struct exu_bars {
    exu_vec(struct exu_bar) items; /* at most EXU_BARS_MOST and one; the most important first */
    size_t each; /* bars of a label, the last the darkest; 1: it stands beside the label, and no `names` */
    const char *names[EXU_BARS_EACH]; /* of each: 'before', 'now'; borrowed */
    struct exu_bump bump;
};

/* The private memory by category; what is more is one bar 'N more'. */
EXU_MUST_CHECK struct exu_error *exu_bars_ledger(struct exu_bars *ret, const struct exu_database *db);
/* A bar for each of `bytes`; the texts are copied. False: no memory. */
bool exu_bars_add(struct exu_bars *bars, const char *label, const char *detail, const uint64_t *bytes);
/* The picture of the ledger; none when there is no bar. */
void exu_bars_part(struct exu_report *r, struct exu_part *parent, const struct exu_bars *bars);
void exu_bars_deinit(struct exu_bars *bars);

/* For pictures of more than these: how wide and high they are, and the bars at `y`. */
double exu_bars_width(const struct exu_bars *bars);
double exu_bars_height(const struct exu_bars *bars);
void exu_bars_draw(const struct exu_bars *bars, double y, struct exu_text *out);
void exu_bars_lines(const struct exu_bars *bars, struct exu_text *out);

#endif
