#include "base/newfile.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define MARK ".exuvia-"
#define ENDING ".tmp"
#define LONGEST_ADDITION 48 /* of the temporary name to the final one */

/* ---- the unfinished file, removed when the process is interrupted ---- */

static char unfinished[4096];
static const int deadly[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGQUIT, SIGXCPU};
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

static void block(sigset_t *ret_before)
{
    sigset_t signals;
    sigemptyset(&signals);
    for (size_t i = 0; i < EXU_COUNT(deadly); i++)
        sigaddset(&signals, deadly[i]);
    pthread_sigmask(SIG_BLOCK, &signals, ret_before);
}

/* ---- what processes left that were killed outright ---- */

/* ANYTHING.exuvia-PID-HEX.tmp */
static bool is_temporary_name(const char *name)
{
    const char *at = NULL;
    for (const char *next = name; (next = strstr(next, MARK)) != NULL; next++)
        at = next;
    if (!at || at == name)
        return false;
    at += strlen(MARK);
    size_t digits = strspn(at, "0123456789");
    if (!digits || at[digits] != '-')
        return false;
    at += digits + 1;
    digits = strspn(at, "0123456789abcdef");
    return digits == 16 && strcmp(at + digits, ENDING) == 0;
}

static bool same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* Who makes such a file locks it right away, and makes another if it was removed just before that. */
static void remove_if_orphan(int folder, const char *name)
{
    struct stat status, opened;
    if (fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(status.st_mode) || status.st_uid != geteuid())
        return;
    int fd = openat(folder, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return;
    if (fstat(fd, &opened) == 0 && same_file(&status, &opened) && flock(fd, LOCK_EX | LOCK_NB) == 0 &&
        fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && same_file(&status, &opened))
        unlinkat(folder, name, 0);
    close(fd);
}

/* The folder of `path`, opened; -1 with errno. */
static int open_folder(const char *path)
{
    char *copy = strdup(path);
    int fd = copy ? open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    free(copy);
    return fd;
}

static void remove_orphans(const char *path)
{
    int fd = open_folder(path);
    DIR *folder = fd >= 0 ? fdopendir(fd) : NULL;
    if (!folder) {
        if (fd >= 0)
            close(fd);
        return;
    }
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;)
        if (is_temporary_name(entry->d_name))
            remove_if_orphan(fd, entry->d_name);
    closedir(folder);
}

/* ---- */

static struct exu_error *exists(const char *path)
{
    return exu_error_new(EXU_ERROR_USAGE, "%s: exists; say --force to overwrite it, or -o for another name", path);
}

static struct exu_error *check_final(const char *path, bool force)
{
    struct stat status;
    if (lstat(path, &status) != 0)
        return NULL;
    if (!force)
        return exists(path);
    if (S_ISLNK(status.st_mode) && stat(path, &status) != 0)
        return NULL; /* it leads nowhere */
    if (S_ISDIR(status.st_mode))
        return exu_error_new(EXU_ERROR_USAGE, "%s: is a directory; name a file", path);
    if (!S_ISREG(status.st_mode))
        return exu_error_new(EXU_ERROR_USAGE, "%s: is not a regular file; name one", path);
    return NULL;
}

static char *temporary_name(const char *path)
{
    uint64_t random = 0;
    char *name = NULL;
    if (getrandom(&random, sizeof random, GRND_NONBLOCK) != sizeof random)
        random = (uint64_t)(uintptr_t)&random;
    const char *slash = strrchr(path, '/');
    const char *base = slash ? slash + 1 : path;
    size_t length = strlen(base);
    if (length > NAME_MAX - LONGEST_ADDITION)
        length = NAME_MAX - LONGEST_ADDITION;
    if (asprintf(&name, "%.*s%.*s" MARK "%ld-%016llx" ENDING, (int)(base - path), path, (int)length, base, (long)getpid(),
                 (unsigned long long)random) < 0)
        return NULL;
    return name;
}

/* Whether the name still is that of the file that was made and locked. */
static bool still_ours(const struct exu_newfile *file)
{
    struct stat named, opened;
    return lstat(file->temporary, &named) == 0 && fstat(file->fd, &opened) == 0 && same_file(&named, &opened);
}

/* 0, or errno. */
static int open_temporary(struct exu_newfile *file)
{
    for (unsigned attempt = 0; attempt < 100; attempt++) {
        free(file->temporary);
        file->temporary = temporary_name(file->path);
        if (!file->temporary)
            return ENOMEM;
        file->fd = open(file->temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (file->fd < 0 && errno != EEXIST)
            return errno;
        if (file->fd < 0)
            continue;
        while (flock(file->fd, LOCK_EX) != 0 && errno == EINTR)
            continue;
        if (still_ours(file)) {
            fchmod(file->fd, 0600); /* a folder's default access list may have given it more */
            watch(file->temporary);
            return 0;
        }
        close(file->fd);
        file->fd = -1;
    }
    return EEXIST;
}

static struct exu_error *make(struct exu_newfile *file)
{
    sigset_t signals;
    EXU_TRY(check_final(file->path, file->force));
    remove_orphans(file->path);
    block(&signals);
    int number = open_temporary(file);
    pthread_sigmask(SIG_SETMASK, &signals, NULL);
    if (!number)
        return NULL;
    free(file->temporary);
    file->temporary = NULL;
    if (number == ENOMEM)
        return exu_error_memory();
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
    if (!still_ours(file))
        return exu_error_new(EXU_ERROR_MACHINE, "%s: the unfinished file %s was taken away; write elsewhere with -o",
                             file->path, file->temporary);
    EXU_TRY(check_final(file->path, file->force));
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

/* The name, too. Where that can't be, the file is there all the same. */
static void sync_folder(const char *path)
{
    int fd = open_folder(path);
    if (fd < 0)
        return;
    fsync(fd);
    close(fd);
}

struct exu_error *exu_newfile_finish(struct exu_newfile *file)
{
    if (fsync(file->fd) != 0)
        return exu_error_errno("%s: can't be written", file->path);
    EXU_TRY(put_in_place(file));
    sync_folder(file->path);
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
