#include "base/newfile.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- the unfinished file, removed when the process is interrupted ---- */

static char unfinished[4096];
static const int deadly[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE};
static struct sigaction before[EXU_COUNT(deadly)];

static void remove_unfinished(int number)
{
    if (unfinished[0])
        unlink(unfinished);
    signal(number, SIG_DFL);
    raise(number);
}

static void watch(const char *path)
{
    /* A name cut short would be somebody else's. */
    if (strlen(path) < sizeof unfinished)
        strcpy(unfinished, path);
    for (size_t i = 0; i < EXU_COUNT(deadly); i++) {
        struct sigaction action = {.sa_handler = remove_unfinished};
        sigaction(deadly[i], NULL, &before[i]);
        if (before[i].sa_handler == SIG_DFL)
            sigaction(deadly[i], &action, NULL);
    }
}

static void unwatch(void)
{
    for (size_t i = 0; i < EXU_COUNT(deadly); i++)
        sigaction(deadly[i], &before[i], NULL);
    unfinished[0] = 0;
}

/* ---- */

static struct exu_error *exists(const char *path)
{
    return exu_error_new(EXU_ERROR_USAGE, "%s: exists; say --force to overwrite it, or -o for another name", path);
}

static struct exu_error *make(struct exu_newfile *file)
{
    struct stat status;
    if (lstat(file->path, &status) == 0) {
        if (!file->force)
            return exists(file->path);
        if (S_ISDIR(status.st_mode))
            return exu_error_new(EXU_ERROR_USAGE, "%s: is a directory; name a file", file->path);
    }
    for (unsigned attempt = 0; attempt < 100; attempt++) {
        free(file->temporary);
        if (asprintf(&file->temporary, "%s.%ld.%u.tmp", file->path, (long)getpid(), attempt) < 0) {
            file->temporary = NULL;
            return exu_error_memory();
        }
        file->fd = open(file->temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (file->fd >= 0) {
            watch(file->temporary);
            return NULL;
        }
        if (errno != EEXIST)
            break;
    }
    int number = errno;
    free(file->temporary);
    file->temporary = NULL;
    return exu_error_new(EXU_ERROR_MACHINE, "%s: can't be written (%s); name another place with -o", file->path,
                         strerror(number));
}

struct exu_error *exu_newfile_create(struct exu_newfile *ret, const char *path, bool force)
{
    struct exu_newfile file = {.path = strdup(path), .fd = -1, .force = force};
    struct exu_error *error = file.path ? make(&file) : exu_error_memory();
    if (error) {
        exu_newfile_deinit(&file);
        return error;
    }
    *ret = file;
    return NULL;
}

/* Never over a file that came into being meanwhile, unless told so. */
static struct exu_error *put_in_place(const struct exu_newfile *file)
{
    if (file->force) {
        if (rename(file->temporary, file->path) != 0)
            return exu_error_errno("%s: can't be replaced", file->path);
        return NULL;
    }
    if (renameat2(AT_FDCWD, file->temporary, AT_FDCWD, file->path, RENAME_NOREPLACE) == 0)
        return NULL;
    if (errno == EEXIST)
        return exists(file->path);
    /* A file system without RENAME_NOREPLACE. */
    if (link(file->temporary, file->path) != 0)
        return errno == EEXIST ? exists(file->path) : exu_error_errno("%s: can't be put in place", file->path);
    unlink(file->temporary);
    return NULL;
}

struct exu_error *exu_newfile_finish(struct exu_newfile *file)
{
    if (fsync(file->fd) != 0)
        return exu_error_errno("%s: can't be written", file->path);
    EXU_TRY(put_in_place(file));
    unwatch();
    free(file->temporary);
    file->temporary = NULL;
    return NULL;
}

void exu_newfile_deinit(struct exu_newfile *file)
{
    if (file->temporary) {
        unlink(file->temporary);
        unwatch();
    }
    if (file->path && file->fd >= 0)
        close(file->fd);
    free(file->temporary);
    free(file->path);
    *file = (struct exu_newfile){.fd = -1};
}
