/* The threads of a live process, stopped for a while by ptrace(2).
 *
 * They go on with exu_stop_end, and by the kernel when this process ends in whatever way (PTRACE_SEIZE; PTRACE_O_EXITKILL is
 * not set). A signal that arrives meanwhile is delivered when they go on; a thread that was stopped (SIGSTOP) stays so. */
#ifndef EXU_DUMP_STOP_H
#define EXU_DUMP_STOP_H

#include "base/addrmap.h"
#include "base/error.h"
#include "base/vec.h"

#include <sys/procfs.h>
#include <sys/types.h>
#include <time.h>

struct exu_stop_thread {
    pid_t id;
    bool stopped;
    int signal; /* that was about to be delivered when it stopped */
    elf_gregset_t registers;
};

struct exu_stop {
    pid_t pid;
    uint64_t most_ms; /* that it may stand still; 0: as long as it takes */
    pid_t reader;     /* a thread that has its memory: the first one may have ended */
    exu_vec(struct exu_stop_thread) threads;
    struct exu_addrmap seen; /* their ids */
    struct timespec since;   /* when the first was stopped; 0: none is */
    double seconds;          /* that it stood still, once it goes on */
};

/* pid and most_ms are set, the rest is zero. All threads, those that they started meanwhile, too. Errors: no permission, it has
 * ended, a thread did not stop in time (without a limit: within 5 seconds). exu_stop_end is due in any case. */
EXU_MUST_CHECK struct exu_error *exu_stop_all(struct exu_stop *stop);
/* The same without stopping: of threads that wait the kernel tells where they stand, the other registers are 0. */
EXU_MUST_CHECK struct exu_error *exu_stop_look(struct exu_stop *stop);
/* An error when the limit is passed; `done`: bytes copied. */
EXU_MUST_CHECK struct exu_error *exu_stop_in_time(const struct exu_stop *stop, uint64_t done);
void exu_stop_end(struct exu_stop *stop); /* fine again, and when nothing was stopped */
void exu_stop_deinit(struct exu_stop *stop);

#endif
