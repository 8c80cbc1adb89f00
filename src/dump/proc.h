/* Files of /proc/PID. */
#ifndef EXU_DUMP_PROC_H
#define EXU_DUMP_PROC_H

#include "base/error.h"

#include <sys/types.h>

/* A descriptor, or -1. */
int exu_proc_open(pid_t pid, const char *name);
/* All of it, with a NUL behind it, to be freed. NULL: it can't be read, has more than 64 MB, or there is no memory for it. */
char *exu_proc_read(pid_t pid, const char *name, size_t *ret_size);
/* The error for what could not be done with the process, by errno; `what`: 'read', 'traced'. */
struct exu_error *exu_proc_error(pid_t pid, const char *what, int number);

#endif
