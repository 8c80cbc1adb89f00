/* Progress of long work, on a terminal only. */
#ifndef EXU_BASE_PROGRESS_H
#define EXU_BASE_PROGRESS_H

#include "base/base.h"

enum exu_progress_mode { EXU_PROGRESS_AUTO, EXU_PROGRESS_ALWAYS, EXU_PROGRESS_NEVER };

struct exu_progress {
    bool shown;
    const char *phase;
    uint64_t last_ns;
    size_t width; /* columns last written, to wipe them */
};

void exu_progress_init(struct exu_progress *p, enum exu_progress_mode mode);
/* A new phase ('finding objects'); static string. */
void exu_progress_phase(struct exu_progress *p, const char *phase);
/* Cheap when called often: draws at most ten times a second. total 0: unknown. */
void exu_progress_at(struct exu_progress *p, uint64_t done, uint64_t total);
void exu_progress_done(struct exu_progress *p); /* wipes the line */

#endif
