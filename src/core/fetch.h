/* Binaries and debug files that this machine lacks, from the servers that DEBUGINFOD_URLS names (elfutils' libdebuginfod, which
 * is loaded when it is asked for).
 *
 * A process of its own asks them, so that the one that reads a stranger's core needs no network. It is told a build-id and what of
 * it is wanted, and answers with a path in the library's cache; that file is then as foreign as any other. The servers learn which
 * build-ids the core has. */
#ifndef EXU_CORE_FETCH_H
#define EXU_CORE_FETCH_H

#include "base/bump.h"
#include "base/error.h"
#include "base/progress.h"

struct exu_fetch;

enum exu_fetched { EXU_FETCH_EXECUTABLE, EXU_FETCH_DEBUG_FILE };

/* Before anything is open that a child should not inherit, and before the sandbox. `progress` (may be NULL) has to outlive it.
 * Errors: DEBUGINFOD_URLS is not set (USAGE), the library is not there (MACHINE). */
EXU_MUST_CHECK struct exu_error *exu_fetch_open(struct exu_fetch **ret, struct exu_progress *progress);
/* Its path on this machine; NULL: no server has it, or none answers. Takes as long as the servers need (DEBUGINFOD_TIMEOUT).
 * `build_id`: in hex. */
const char *exu_fetch_file(struct exu_fetch *fetch, enum exu_fetched what, const char *build_id, struct exu_bump *bump);
void exu_fetch_close(struct exu_fetch *fetch); /* NULL is fine */

#endif
