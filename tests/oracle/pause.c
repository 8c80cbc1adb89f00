/* The point at which the oracle's subject stands still, called through ctypes.PyDLL, so that the GIL is held
 * and the Python state of the child is exactly at this call.
 *
 * fork(2) of the C library and nothing else: os.fork would run PyOS_AfterFork_Child, which rebuilds the
 * thread state and threading._active (CPython 3.11 Modules/posixmodule.c), and the child would differ from
 * its parent. */
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#ifndef PR_SET_PTRACER
#define PR_SET_PTRACER 0x59616d61
#endif

/* Parent: the child's pid, or -1. Child: never returns. */
int exu_oracle_pause(void);
int exu_oracle_pause(void)
{
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_PTRACER, -1L); /* where Yama allows only ancestors: gcore is none */
    for (;;)
        pause();
}
