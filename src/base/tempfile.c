#include "base/tempfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *exu_tempfile_folder(const char *folder)
{
    if (!folder || !*folder)
        folder = getenv("TMPDIR");
    return folder && *folder ? folder : "/var/tmp";
}

static int open_temporary(const char *directory)
{
    int fd = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC | O_EXCL, 0600);
    if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL))
        return fd;
    char *name = NULL;
    if (asprintf(&name, "%s/exuvia-XXXXXX", directory) < 0) {
        errno = ENOMEM;
        return -1;
    }
    fd = mkostemp(name, O_CLOEXEC);
    if (fd >= 0)
        unlink(name);
    free(name);
    return fd;
}

struct exu_error *exu_tempfile_open(int *ret_fd, const char *folder, const char *what)
{
    folder = exu_tempfile_folder(folder);
    *ret_fd = open_temporary(folder);
    return *ret_fd >= 0 ? NULL
                        : exu_error_new(EXU_ERROR_MACHINE,
                                        "%s: can't create a temporary file in %s: %s; set TMPDIR to a directory that can be written",
                                        what, folder, strerror(errno));
}
