#ifndef EXU_REPORT_ASYNC_REPORT_H
#define EXU_REPORT_ASYNC_REPORT_H

#include "query/async.h"
#include "report/writer.h"

/* In JSON two members of the object that is open: `tasks` and `suspended`. */
void exu_report_async(struct exu_writer *w, const struct exu_async *async);

#endif
