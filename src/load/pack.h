/* A core -> a pack: one file from which `load` makes the same database on any machine. */
#ifndef EXU_LOAD_PACK_H
#define EXU_LOAD_PACK_H

#include "load/load.h"

struct exu_pack_summary {
    uint64_t core_bytes, file_bytes; /* unpacked, and as it is */
    uint64_t from_files;             /* bytes of mapped files in it */
    size_t images, absent;           /* mapped files, and those that are not at hand (of a pack: 0) */
    char notice[1024];               /* as of a load */
    double seconds;
};

/* options->output is the pack; options->last is not called. Errors: as exu_load has them for a core without CPython. */
EXU_MUST_CHECK struct exu_error *exu_pack(const char *core_path, const struct exu_load_options *options,
                                          struct exu_pack_summary *ret);

#endif
