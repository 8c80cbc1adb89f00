/* The file given, as bytes in memory: mapped as it is, or, when it is compressed or comes out of a pipe, by way of an unlinked
 * temporary file, in which runs of zeros stay holes. A compressed stream that is cut short or damaged gives what comes out
 * of it until there.
 *
 * Owns the mapping until exu_input_close. */
#ifndef EXU_CORE_INPUT_H
#define EXU_CORE_INPUT_H

#include "core/core.h"
#include "core/decode.h"

#define EXU_INPUT_STANDARD "-" /* the path that stands for standard input */

struct exu_input {
    const uint8_t *bytes;
    uint64_t size;
    uint64_t file_bytes; /* of the file given, or what came out of the pipe: smaller than size when it is compressed */
    int64_t modified;    /* its time, seconds */
    enum exu_compression compression;
    char loss[192]; /* why the stream ended before its end; '' = it did not */
};

EXU_MUST_CHECK struct exu_error *exu_input_open(struct exu_input *ret, const char *path,
                                                const struct exu_core_options *options);
void exu_input_close(struct exu_input *input);

#endif
