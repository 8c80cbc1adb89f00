/* The tree of referrers, through any writer. */
#ifndef EXU_REPORT_REFERRER_REPORT_H
#define EXU_REPORT_REFERRER_REPORT_H

#include "query/referrers.h"
#include "report/writer.h"

/* Indented lines; rows with their depth in json and csv. */
void exu_report_referrers(struct exu_writer *w, const struct exu_referrers *tree);

#endif
