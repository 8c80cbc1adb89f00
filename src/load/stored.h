/* What systemd wrote down about a core, gathered before it is read: the attributes of its file, then its journal.
 *
 * The attributes are read outside of the sandbox, whose list of system calls lacks those; they are copied, not parsed. The journal
 * is read inside. */
#ifndef EXU_LOAD_STORED_H
#define EXU_LOAD_STORED_H

#include "core/coredump.h"
#include "load/load.h"

struct exu_stored {
    struct exu_coredump coredump;
    struct exu_bump bump;
    const char *name; /* of the core's file, without its folder */
    char *journal;    /* a folder; NULL = none */
};

/* Before the sandbox. */
EXU_MUST_CHECK struct exu_error *exu_stored_begin(struct exu_stored *incident, const char *core, const struct exu_load_options *options);
/* In it: an error only when a journal was asked for and can't be read. */
EXU_MUST_CHECK struct exu_error *exu_stored_read(struct exu_stored *incident, const struct exu_load_options *options);
void exu_stored_end(struct exu_stored *incident);

#endif
