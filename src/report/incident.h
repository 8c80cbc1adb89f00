/* The report of one dump: what happened, in the order in which somebody reads who has neither the core nor exuvia.
 *
 * The database's `privacy` decides what is shown (query/privacy.h); it must be set, and the functions
 * (query/functions.h) open. */
#ifndef EXU_REPORT_INCIDENT_H
#define EXU_REPORT_INCIDENT_H

#include "report/model.h"

struct exu_incident_options {
    const char *title, *link; /* NULL: a title of ours; no link */
};

/* The link must be one of http or https, without spaces, quotes and control characters; NULL is fine. */
EXU_MUST_CHECK struct exu_error *exu_incident_check_link(const char *link);
/* To be freed with exu_report_deinit, after an error, too. */
EXU_MUST_CHECK struct exu_error *exu_report_incident(struct exu_report *ret, const struct exu_database *db,
                                                     const struct exu_incident_options *options);
/* What grew between two dumps of one program, the older one first; the functions of both are open. */
EXU_MUST_CHECK struct exu_error *exu_report_growth_incident(struct exu_report *ret, struct exu_database *const *dbs,
                                                            const struct exu_incident_options *options);
/* Of the main chain: that of a traceback to the most pieces, or of a root to the object where the most memory
 * accumulates. EXU_ERROR_NONE_FOUND when nothing is as large as that. */
EXU_MUST_CHECK struct exu_error *exu_incident_fingerprint(const struct exu_database *db, uint64_t *ret);

#endif
