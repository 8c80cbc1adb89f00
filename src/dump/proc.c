#include "dump/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FIRST_ROOM ((size_t)16 << 10)
#define TEXT_MOST ((size_t)64 << 20)

int exu_proc_open(pid_t pid, const char *name)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
    return open(path, O_RDONLY | O_CLOEXEC);
}

/* NULL: an error, or too much. Its files have no size: what there is shows when it is read. */
static char *read_all(int fd, size_t *ret_size)
{
    size_t room = FIRST_ROOM, size = 0;
    char *text = malloc(room);
    while (text) {
        if (size + 1 == room) {
            room *= 2;
            char *more = room <= TEXT_MOST ? realloc(text, room) : NULL;
            if (!more)
                break;
            text = more;
        }
        ssize_t got = read(fd, text + size, room - size - 1);
        if (got == 0) {
            text[size] = 0;
            *ret_size = size;
            return text;
        }
        if (got < 0 && errno != EINTR)
            break;
        size += got > 0 ? (size_t)got : 0;
    }
    free(text);
    return NULL;
}

char *exu_proc_read(pid_t pid, const char *name, size_t *ret_size)
{
    int fd = exu_proc_open(pid, name);
    if (fd < 0)
        return NULL;
    char *text = read_all(fd, ret_size);
    close(fd);
    return text;
}

struct exu_error *exu_proc_error(pid_t pid, const char *what, int number)
{
    if (number == ESRCH || number == ENOENT)
        return exu_error_new(EXU_ERROR_INPUT, "PID %d: there is no such process; see `ps`", (int)pid);
    if (number == EPERM || number == EACCES)
        return exu_error_new(EXU_ERROR_INPUT,
                             "PID %d: may not be %s (another user's, traced by a debugger already, or "
                             "/proc/sys/kernel/yama/ptrace_scope forbids it); run this as root",
                             (int)pid, what);
    return exu_error_new(EXU_ERROR_MACHINE, "PID %d: can't be %s: %s; try again", (int)pid, what, strerror(number));
}
