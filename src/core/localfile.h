/* A file of this machine that may be what the process had mapped: opened, mapped, its build-id read. */
#ifndef EXU_CORE_LOCALFILE_H
#define EXU_CORE_LOCALFILE_H

#include "base/bump.h"
#include "core/core.h"
#include "core/headers.h"

struct exu_localfile {
    const char *path; /* in the bump */
    const uint8_t *bytes;
    uint64_t size;
    int64_t modified;
    struct exu_headers headers;
    const char *build_id; /* hex, NULL = it has none */
};

/* Maps `path` when it is a regular ELF file; false otherwise, with errno (0: not an ELF file of x86_64). */
bool exu_localfile_open(struct exu_localfile *ret, const char *path, struct exu_bump *bump);
void exu_localfile_close(struct exu_localfile *file);

#endif
