/* Writing an open core as a pack: one file, with what its mapped files and their debug files had to say, from which
 * exu_core_open makes the same core on any machine. Of a pack it makes the same pack. dump/FORMAT.md is the format. */
#ifndef EXU_CORE_PACK_H
#define EXU_CORE_PACK_H

#include "core/core.h"

/* What DWARF says of an interpreter: the text of a layout row, and the file that had it. */
struct exu_pack_layout {
    const struct exu_image *image;
    const char *path, *text;
    size_t size;
};

struct exu_pack_interpreter {
    const struct exu_image *image; /* every symbol of it may be asked for */
    bool code;                     /* and what its functions do is read, too */
};

struct exu_packing {
    const struct exu_anomalies *anomalies; /* what exu_core_open found, and nothing else */
    const struct exu_pack_layout *layouts;
    size_t layout_count;
    const struct exu_pack_interpreter *interpreters;
    size_t interpreter_count;
    uint32_t schema_version;
    const char *python_version; /* NULL = not known */
    struct exu_progress *progress; /* may be NULL */
};

struct exu_pack_sizes {
    uint64_t core, file; /* unpacked, and as it is written */
    uint64_t from_files; /* bytes of mapped files in it */
};

/* Into the descriptor's file, which `name` calls in errors. */
EXU_MUST_CHECK struct exu_error *exu_core_pack(const struct exu_core *core, const struct exu_packing *packing, int fd,
                                               const char *name, struct exu_pack_sizes *ret);
/* 'gcore+zstd', 'kernel', 'pack', 'snapshot'. */
const char *exu_core_format_name(const struct exu_core *core);

#endif
