/* What systemd-coredump wrote into the journal about a stored core: its command line, its unit and so on, never its environment.
 * Journal files are as foreign as cores: libsystemd reads them, once the process is in its sandbox. */
#ifndef EXU_LOAD_JOURNAL_H
#define EXU_LOAD_JOURNAL_H

#include "core/coredump.h"

/* Whether this build can read journals (libsystemd). */
bool exu_journal_possible(void);
/* Adds what the journal of `folder` says of the core called `name` (without its folder) to what is known of it. Nothing when it
 * says nothing. Errors: the folder can't be read, or this build has no libsystemd. */
EXU_MUST_CHECK struct exu_error *exu_journal_read(struct exu_coredump *c, const char *folder, const char *name, struct exu_bump *bump);

#endif
