/* A live process -> a snapshot: a pack of what it has in memory, for which it stands still a moment. */
#ifndef EXU_LOAD_SNAPSHOT_H
#define EXU_LOAD_SNAPSHOT_H

#include "dump/live.h"
#include "load/pack.h"

struct exu_snapshot_summary {
    struct exu_live live; /* its file is closed */
    struct exu_pack_summary pack;
};

/* options->output is the snapshot; its core's sysroot is where the process sees its files when none is given. Errors: those of
 * exu_live_copy and exu_pack. */
EXU_MUST_CHECK struct exu_error *exu_snapshot(pid_t pid, const struct exu_live_options *live,
                                              const struct exu_load_options *options, struct exu_snapshot_summary *ret);

#endif
