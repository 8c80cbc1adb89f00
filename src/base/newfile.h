/* An output file that comes into being whole: it is made beside its final name, readable by its owner alone, put there
 * when it is finished, and removed when anything goes wrong, the process being interrupted included.
 *
 * Until it is finished its name is NAME.exuvia-PID-HEX.tmp, and it is locked (flock). A process that is killed outright
 * leaves it: the next one that makes an output in that folder removes it. What is removed is a regular file of the same
 * user with such a name that nobody holds the lock of; where the file system has no locks nothing is.
 *
 * Links at the final name are not followed: the link itself is replaced, with `force`. What is no file (a device, a pipe,
 * a folder), or a link to such, is never replaced. One output at a time: signal handlers know of one. */
#ifndef EXU_BASE_NEWFILE_H
#define EXU_BASE_NEWFILE_H

#include "base/error.h"

struct exu_newfile {
    char *path, *temporary; /* temporary NULL: there is none (any more) */
    int fd;                 /* of the temporary file, open for reading and writing */
    bool force;             /* what stands under the final name is replaced */
};

/* Errors: it exists and `force` is not set, it is no regular file, its folder can't be written. After an error there is nothing
 * to abandon. */
EXU_MUST_CHECK struct exu_error *exu_newfile_create(struct exu_newfile *ret, const char *path, bool force);
/* Puts the file under its final name, and has both written to the disk: after a crash of the machine it is there. */
EXU_MUST_CHECK struct exu_error *exu_newfile_finish(struct exu_newfile *file);
/* Removes what is not finished and frees all; fine after exu_newfile_finish, too, and for a zeroed one. */
void exu_newfile_deinit(struct exu_newfile *file);

#endif
