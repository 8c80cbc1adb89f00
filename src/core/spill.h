/* The temporary file that a core is unpacked into: without a name, and sparse, since a core is mostly zeros. Several threads
 * may write parts of it. Borrows the names that its errors say. */
#ifndef EXU_CORE_SPILL_H
#define EXU_CORE_SPILL_H

#include "base/error.h"
#include <pthread.h>

#define EXU_SPILL_MOST ((uint64_t)1 << 44) /* bytes: no core is larger */

struct exu_spill {
    const char *path, *directory; /* what is unpacked, and where */
    int fd;
    pthread_mutex_t lock; /* of the numbers below */
    uint64_t came;        /* bytes that came out so far */
    uint64_t written, checked;
};

EXU_MUST_CHECK struct exu_error *exu_spill_open(struct exu_spill *spill, const char *path, const char *directory);
/* Blocks of zeros stay holes of the file: nothing may have been written there. */
EXU_MUST_CHECK struct exu_error *exu_spill_put(struct exu_spill *spill, uint64_t position, const uint8_t *bytes, size_t size);
/* As if nothing had been written. */
EXU_MUST_CHECK struct exu_error *exu_spill_restart(struct exu_spill *spill);
EXU_MUST_CHECK struct exu_error *exu_spill_finish(struct exu_spill *spill, uint64_t size);
void exu_spill_close(struct exu_spill *spill);

#endif
