/* The notes of a core: threads, mapped files, the process. Strings and blobs live in the caller's bump. */
#ifndef EXU_CORE_NOTES_H
#define EXU_CORE_NOTES_H

#include "base/bump.h"
#include "base/vec.h"
#include "core/core.h"
#include <libelf.h>

/* An entry of NT_FILE. */
struct exu_file_range {
    exu_addr start, end;
    uint64_t offset; /* in bytes */
    const char *path;
};

/* A note of our own: where its bytes are in the file. */
struct exu_own_note {
    uint32_t type;
    uint64_t offset, size;
};

struct exu_notes {
    exu_vec(struct exu_core_thread) threads;
    exu_vec(struct exu_file_range) files; /* sorted, without overlaps */
    const uint8_t *auxv;
    size_t auxv_bytes;
    uint32_t pid;
    int signal;
    const char *name;      /* pr_fname */
    const char *arguments; /* pr_psargs */
    enum exu_core_format format;
    bool any;
    exu_vec(struct exu_own_note) own;
};

/* Adds what the notes at [offset, offset + size) of the file say. Everything odd is an anomaly. */
EXU_MUST_CHECK struct exu_error *exu_notes_read(struct exu_notes *notes, Elf *elf, uint64_t offset,
                                                uint64_t size, struct exu_bump *bump,
                                                struct exu_anomalies *anomalies);
/* Sorts the files; once all notes were read. */
void exu_notes_finish(struct exu_notes *notes, struct exu_anomalies *anomalies);
void exu_notes_deinit(struct exu_notes *notes);
/* The value of an AT_... entry; false when there is none. */
bool exu_notes_auxv(const struct exu_notes *notes, uint64_t type, uint64_t *ret);
/* The range that holds `address`, or NULL. After exu_notes_finish. */
const struct exu_file_range *exu_notes_file_at(const struct exu_notes *notes, exu_addr address);

#endif
