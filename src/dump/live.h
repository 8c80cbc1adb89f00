/* A live process -> an ELF core in a temporary file: stop all its threads, copy what is its own, let it go.
 *
 * Nothing is written into the process, and it runs no code for us (dump/stop.h is how it stands still). Meanwhile its private
 * memory is copied into ours, as much as is resident of it, and what it has touched of shared memory; the core is written when
 * it runs again. This process then offers itself to the kernel where memory runs out.
 *
 * Read-only pages of mapped files are left out: they are read from the files (exu_core_pack), which lie below
 * /proc/PID/root. Private pages that the process has written to (RELRO, .data) are in the core, as those of files that are
 * deleted are. */
#ifndef EXU_DUMP_LIVE_H
#define EXU_DUMP_LIVE_H

#include "base/error.h"

#include <sys/types.h>

struct exu_live_options {
    bool no_stop;          /* copy while it runs: what changes meanwhile is torn */
    uint64_t max_pause_ms; /* 0: as long as it takes */
    const char *directory; /* of the temporary file; NULL: TMPDIR, or /var/tmp */
};

struct exu_live {
    int fd; /* of the core, an unlinked file; for the caller to close */
    size_t threads;
    uint64_t bytes;         /* copied */
    uint64_t unread;        /* bytes that could not be read, and are absent */
    double pause;           /* seconds that it stood still; 0 with no_stop */
};

/* Errors: no such process, no permission, it took longer than max_pause_ms, no memory, no room. The process runs on after
 * each of them. */
EXU_MUST_CHECK struct exu_error *exu_live_copy(struct exu_live *ret, pid_t pid, const struct exu_live_options *options);

#endif
