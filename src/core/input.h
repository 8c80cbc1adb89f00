/* The file given, as bytes in memory: mapped as it is, or unpacked from zstd into an unlinked temporary file.
 *
 * Owns the mapping until exu_input_close. */
#ifndef EXU_CORE_INPUT_H
#define EXU_CORE_INPUT_H

#include "core/core.h"

struct exu_input {
    const uint8_t *bytes;
    uint64_t size;
    uint64_t file_bytes; /* of the file given: smaller than size when it is compressed */
    int64_t modified;    /* its time, seconds */
    bool compressed;
};

EXU_MUST_CHECK struct exu_error *exu_input_open(struct exu_input *ret, const char *path,
                                                const struct exu_core_options *options);
/* Where a compressed core is unpacked. */
const char *exu_input_temporary_folder(const struct exu_core_options *options);
void exu_input_close(struct exu_input *input);

#endif
