/* Temporary files without a name: gone when they are closed, in whatever way the process ends. */
#ifndef EXU_BASE_TEMPFILE_H
#define EXU_BASE_TEMPFILE_H

#include "base/error.h"

/* `folder`, or where it is NULL or '' TMPDIR, or /var/tmp. */
const char *exu_tempfile_folder(const char *folder);
/* For reading and writing, readable by its owner alone, closed on exec; `what` needs it: an error's beginning. */
EXU_MUST_CHECK struct exu_error *exu_tempfile_open(int *ret_fd, const char *folder, const char *what);

#endif
