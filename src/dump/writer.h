/* The one writer of dumps (snapshots, packs): an ELF core as a stream, plain or as zstd in seekable frames.
 *
 * First all notes and segments are told, then exu_dump_write writes headers, notes and the segments' bytes, which come by a
 * callback, so that they need not be in memory at once. The file: ELF header, program headers (a PT_NOTE for each group of
 * notes, a PT_LOAD for each segment), section header 0 where 65535 program headers or more need it, the notes, the bytes.
 * What a dump holds beside a core's own notes is in FORMAT.md. */
#ifndef EXU_DUMP_WRITER_H
#define EXU_DUMP_WRITER_H

#include "base/error.h"
#include "base/progress.h"
#include "dump/sink.h"

struct exu_dump_segment {
    exu_addr start;
    uint64_t memory_size; /* p_memsz */
    uint64_t file_size;   /* p_filesz: its first bytes, which are in the dump. The rest is absent; zeros are written. */
    uint32_t flags;       /* PF_R | PF_W | PF_X */
    bool apart; /* its bytes are not to stand right behind those of the segment before (which are then one piece to readers) */
};

/* `size` bytes (at most EXU_SINK_FRAME) of a segment from `offset` on, valid until the next call. Asked for in order, each
 * byte once. NULL: they are zeros, which become a hole of a plain file. */
typedef struct exu_error *(*exu_dump_bytes)(void *context, size_t segment, uint64_t offset, size_t size,
                                            const uint8_t **ret);

struct exu_dump;

EXU_MUST_CHECK struct exu_error *exu_dump_create(struct exu_dump **ret);
void exu_dump_destroy(struct exu_dump *dump); /* NULL is fine */

/* Begins another PT_NOTE; the first is there. */
EXU_MUST_CHECK struct exu_error *exu_dump_note_group(struct exu_dump *dump);
/* Everything is copied. `owner` without NUL in its length: "CORE", "LINUX", "exuvia". */
EXU_MUST_CHECK struct exu_error *exu_dump_note(struct exu_dump *dump, const char *owner, uint32_t type, const void *bytes,
                                               uint64_t size);
/* Notes as they stand in another core, whole or not: as the last of their group. */
EXU_MUST_CHECK struct exu_error *exu_dump_raw_notes(struct exu_dump *dump, const void *bytes, uint64_t size);
/* In any order; the index in the order of calls is what the callback gets. */
EXU_MUST_CHECK struct exu_error *exu_dump_segment(struct exu_dump *dump, const struct exu_dump_segment *segment);

/* Once, into the descriptor's file from its beginning; `name` is what errors say. `progress` may be NULL. */
EXU_MUST_CHECK struct exu_error *exu_dump_write(struct exu_dump *dump, int fd, const char *name, bool zstd,
                                                exu_dump_bytes bytes, void *context, struct exu_progress *progress);
/* After that: the size of the core, and of the file that holds it. */
uint64_t exu_dump_core_bytes(const struct exu_dump *dump);
uint64_t exu_dump_file_bytes(const struct exu_dump *dump);

#endif
