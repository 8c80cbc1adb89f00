/* The memory of a live process, copied into ours: what is resident of its private memory, what it has touched of shared memory.
 *
 * Of private file mappings those that it has written to, or may, are copied whole; of others the first page. Nothing is
 * allocated in the process: pages that it has not touched are not read, but for zeros between those that it has. */
#ifndef EXU_DUMP_COPY_H
#define EXU_DUMP_COPY_H

#include "dump/stop.h"

/* Pages that are there. */
struct exu_copy_run {
    uint64_t start, end;
    uint64_t place; /* in the copy */
};
typedef exu_vec(struct exu_copy_run) exu_copy_runs;

struct exu_copy_mapping {
    uint64_t start, end, offset;
    uint32_t flags; /* PF_… */
    bool private;
    uint64_t size;      /* bytes from its start on that are copied */
    bool sparse;        /* of these only the runs; else what is between them is zeros */
    exu_copy_runs runs; /* ascending */
    const char *path;   /* as in /proc/PID/maps; "" = anonymous */
};

struct exu_copy {
    const struct exu_stop *stop; /* borrowed: whose memory, and how long it may take */
    exu_vec(struct exu_copy_mapping) mappings;
    uint64_t copied, unread; /* bytes; of what was asked for those that could not be read, which are zeros */
    char *maps;              /* the paths' text */
    uint8_t *bytes;          /* the runs one behind the other */
    uint64_t room, taken;    /* of it */
    int file;                /* while it is taken: its memory where process_vm_readv(2) is not to be had; else -1 */
};

/* Before it stands still: room for twice as much as it has mapped, of which what it has resident is made ready, so that the
 * copying meets no page faults of ours. */
EXU_MUST_CHECK struct exu_error *exu_copy_reserve(struct exu_copy *copy);
EXU_MUST_CHECK struct exu_error *exu_copy_take(struct exu_copy *copy);
/* `size` bytes of a mapping from the address on. False: they are untouched, and `out` is, too. */
bool exu_copy_read(const struct exu_copy *copy, const struct exu_copy_mapping *mapping, uint64_t start, size_t size, uint8_t *out);
void exu_copy_deinit(struct exu_copy *copy);

#endif
