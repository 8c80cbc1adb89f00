/* An output file that comes into being whole: it is made beside its final name, readable by its owner alone, put there
 * when it is finished, and removed when anything goes wrong, the process being interrupted included.
 *
 * Links at the final name are not followed. One at a time: signal handlers know of one. */
#ifndef EXU_BASE_NEWFILE_H
#define EXU_BASE_NEWFILE_H

#include "base/error.h"

struct exu_newfile {
    char *path, *temporary; /* temporary NULL: there is none (any more) */
    int fd;                 /* of the temporary file, open for reading and writing */
    bool force;             /* what stands under the final name is replaced */
};

/* Errors: it exists and `force` is not set, it is a folder, its folder can't be written. After an error there is nothing
 * to abandon. */
EXU_MUST_CHECK struct exu_error *exu_newfile_create(struct exu_newfile *ret, const char *path, bool force);
/* Puts the file, with all that was written synchronized, under its final name. */
EXU_MUST_CHECK struct exu_error *exu_newfile_finish(struct exu_newfile *file);
/* Removes what is not finished and frees all; fine after exu_newfile_finish, too, and for a zeroed one. */
void exu_newfile_deinit(struct exu_newfile *file);

#endif
