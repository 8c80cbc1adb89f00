/* The file given, as bytes in memory: mapped as it is, or, when it is compressed or comes out of a pipe, by way of an unlinked
 * temporary file, in which runs of zeros stay holes. A compressed stream that is cut short or damaged gives what comes out
 * of it until there; one of zstd's in frames that are known beforehand (zframes.h) is unpacked by several threads, and of it
 * only the damaged frames are lost.
 *
 * Owns the mapping until exu_input_close. */
#ifndef EXU_CORE_INPUT_H
#define EXU_CORE_INPUT_H

#include "core/core.h"
#include "core/decode.h"
#include "core/holes.h"
#include "core/lazy.h"
#include "core/unframe.h"

#define EXU_INPUT_STANDARD "-" /* the path that stands for standard input */

#define EXU_INPUT_TEXT 288

struct exu_input {
    const uint8_t *bytes;
    uint64_t size;
    uint64_t file_bytes; /* of the file given, or what came out of the pipe: smaller than size when it is compressed */
    int64_t modified;    /* its time, seconds */
    enum exu_compression compression;
    char loss[EXU_INPUT_TEXT]; /* why the stream ended before its end; '' = it did not */
    exu_hole_list holes; /* zeros that take no room in the file, nor in the temporary one */
    exu_lost_list lost; /* parts in the middle that did not come out: zeros here, which nobody may read */
    struct exu_lazy *lazy; /* NULL: all bytes are there; else exu_input_need says which are */
};

/* What is damaged and does not end the stream is an anomaly. */
EXU_MUST_CHECK struct exu_error *exu_input_open(struct exu_input *ret, const char *path, const struct exu_core_options *options,
                                                struct exu_anomalies *anomalies);
/* How many of the `size` bytes from `offset` on are there, up to the first that is lost or behind the end. Where there are none,
 * *ret_gap is how many are not. */
uint64_t exu_input_run(const struct exu_input *input, uint64_t offset, uint64_t size, uint64_t *ret_gap);
/* Before bytes are read: those of a lazy one have to be unpacked, and stay then. Fails when they can't be had so. */
EXU_MUST_CHECK struct exu_error *exu_input_need(const struct exu_input *input, uint64_t offset, uint64_t size);
void exu_input_close(struct exu_input *input);

#endif
