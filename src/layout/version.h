/* The minor versions of CPython that src/layout has rows for, and which of them the rest of the program
 * reads. */
#ifndef EXU_LAYOUT_VERSION_H
#define EXU_LAYOUT_VERSION_H

#include "base/base.h"

/* Open: the walkers of all layers are exact for it, by the oracle. With EXUVIA_TRY_ANY_VERSION=1 in the
 * environment, every version that has a strategy is (for development: what comes out may be wrong). */
bool exu_version_is_open(uint32_t version_hex);
/* Py_DEBUG and trace refs: are they read, beside release builds? */
bool exu_debug_builds_are_open(void);
/* '3.11' or '3.9, 3.10, 3.11' */
const char *exu_versions_open(void);

#endif
