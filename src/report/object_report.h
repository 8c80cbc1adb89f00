/* One object with all that is known of it, through any writer. */
#ifndef EXU_REPORT_OBJECT_REPORT_H
#define EXU_REPORT_OBJECT_REPORT_H

#include "report/writer.h"

/* `rows`: so many fields and referrers; 0 = all. */
EXU_MUST_CHECK struct exu_error *exu_report_object(struct exu_writer *w, const struct exu_database *db,
                                                   uint32_t object, uint64_t rows);

#endif
