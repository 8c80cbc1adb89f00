/* The point at which the oracle's subject stands still, called through ctypes.PyDLL, so that the GIL is held
 * and the Python state of the child is exactly at this call.
 *
 * The system call and nothing else. The C library's fork takes the other threads' stacks back in the child, and newer
 * ones (glibc 2.43) give their pages to the kernel, with what C functions had there; os.fork would run PyOS_AfterFork_Child, which rebuilds the
 * thread state and threading._active (CPython 3.11 Modules/posixmodule.c), and the child would differ from
 * its parent. */
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef PR_SET_PTRACER
#define PR_SET_PTRACER 0x59616d61
#endif

/* Where malloc is to say what it holds at the fork. Opened long before: it is malloc's own customer. */
static FILE *malloc_says;
static char malloc_buffer[1 << 16];

int exu_oracle_malloc_info(const char *path);
int exu_oracle_malloc_info(const char *path)
{
    malloc_says = fopen(path, "w");
    return malloc_says && setvbuf(malloc_says, malloc_buffer, _IOFBF, sizeof malloc_buffer) == 0 ? 0 : -1;
}

/* Parent: the child's pid, or -1. Child: never returns. */
int exu_oracle_pause(void);
int exu_oracle_pause(void)
{
    if (malloc_says) {
        malloc_info(0, malloc_says);
        fflush(malloc_says);
    }
    pid_t pid = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
    if (pid != 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_PTRACER, -1L); /* where Yama allows only ancestors: gcore is none */
    for (;;)
        pause();
}
