/* All that was read of one dumped process, opened layer by layer. */
#ifndef EXU_LOAD_PROCESS_H
#define EXU_LOAD_PROCESS_H

#include "base/progress.h"
#include "heap/gc.h"
#include "heap/malloc.h"
#include "heap/pymalloc.h"
#include "model/model.h"
#include "model/thread.h"

struct exu_process {
    struct exu_core *core;
    const struct exu_memory *memory; /* the core's */
    struct exu_python *python;
    struct exu_pymalloc *pymalloc;
    struct exu_malloc *malloc;
    struct exu_gc *gc;
    struct exu_model *model;
    struct exu_threads *threads;
    struct exu_addrset *dead;    /* on free lists: looks like an object and is none */
    struct exu_addrset *objects; /* sealed: ids are ranks */
    struct exu_anomalies anomalies;
    struct exu_progress progress;
    uint32_t count; /* of objects */
    const char *c_library, *malloc_version; /* as table meta has them; the core's texts, NULL = not known */
};

/* Opens everything and finds every object. `process` may be closed after an error, too. `libpython`: as `chosen` of
 * exu_python_find. */
EXU_MUST_CHECK struct exu_error *exu_process_open(struct exu_process *process, const char *path,
                                                  const struct exu_core_options *options, const char *libpython);
void exu_process_close(struct exu_process *process);

/* The object whose block is [start, start + size): it may begin behind a collector's head and the words of a managed
 * dict. 0 = none. */
exu_addr exu_object_in_block(const struct exu_process *process, exu_addr start, uint64_t size);

static inline uint32_t exu_id(const struct exu_process *p, exu_addr address)
{
    return address ? exu_addrset_rank(p->objects, address) : 0;
}
static inline exu_addr exu_address(const struct exu_process *p, uint32_t id)
{
    return exu_addrset_address(p->objects, id);
}

#endif
