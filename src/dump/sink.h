/* A stream of bytes into a file descriptor: as it is, or as zstd in seekable frames.
 *
 * The seekable format is zstd's own (contrib/seekable_format/zstd_seekable_compression_format.md there): independent
 * frames of EXU_SINK_FRAME bytes each (the last may be shorter), then a skippable frame with the seek table:
 *
 *   u32 0x184D2A5E, u32 size of the rest
 *   for each frame: u32 compressed size, u32 uncompressed size
 *   u32 number of frames, u8 0 (no checksums here: each frame has its own), u32 0x8F92EAB1
 *
 * so that a reader finds byte N without unpacking what is before it, and `zstd -d` unpacks the whole. Frames are compressed
 * by several threads; the result is the same with any number of them. Borrows the descriptor and the name. */
#ifndef EXU_DUMP_SINK_H
#define EXU_DUMP_SINK_H

#include "base/error.h"

#define EXU_SINK_FRAME ((size_t)1 << 20)
#define EXU_SINK_SKIPPABLE 0x184D2A5Eu
#define EXU_SINK_SEEKABLE 0x8F92EAB1u

struct exu_sink;

/* Writes from the descriptor's position 0 on. `name` is what errors say. Plain: blocks of zeros stay holes of the file. */
EXU_MUST_CHECK struct exu_error *exu_sink_create(struct exu_sink **ret, int fd, const char *name, bool zstd);
EXU_MUST_CHECK struct exu_error *exu_sink_write(struct exu_sink *sink, const void *bytes, uint64_t size);
EXU_MUST_CHECK struct exu_error *exu_sink_zeros(struct exu_sink *sink, uint64_t size);
/* Writes what is left, and the seek table. */
EXU_MUST_CHECK struct exu_error *exu_sink_finish(struct exu_sink *sink);
/* How much went in, how much is in the file (after exu_sink_finish). */
uint64_t exu_sink_taken(const struct exu_sink *sink);
uint64_t exu_sink_written(const struct exu_sink *sink);
void exu_sink_destroy(struct exu_sink *sink); /* NULL is fine */

#endif
