#include "heap/pymalloc_absent.h"

enum { SAMPLES = 4096 };

/* Is this object, with what stands before it, allocated by the C library? */
static bool in_chunk(const struct exu_malloc *m, exu_addr object)
{
    int64_t index = exu_malloc_chunk_at(m, object);
    return index >= 0 && exu_chunk_in_use(&m->chunks[index]);
}

void exu_pymalloc_judge_absence(const struct exu_pymalloc *p, const struct exu_malloc *m, const struct exu_gc *gc,
                                const struct exu_core *core, struct exu_anomalies *anomalies)
{
    uint64_t inside = 0, outside = 0;
    exu_addr lost = 0;
    if (!p->absent)
        return;
    for (size_t i = 0; i < gc->interpreter_count; i++)
        for (unsigned g = 0; g < EXU_GENERATIONS; g++) {
            const struct exu_generation *generation = &gc->interpreters[i].generations[g];
            for (size_t j = 0; j < generation->object_count && j < SAMPLES; j++) {
                exu_addr object = generation->objects[j];
                if (in_chunk(m, object))
                    inside++;
                else if (!exu_core_image_at(core, object)) { /* a static object says nothing */
                    outside++;
                    lost = lost ? lost : object;
                }
            }
        }
    /* With arenas, what is larger than 512 bytes alone lies in chunks. */
    if (inside && outside <= inside / 8)
        return;
    exu_anomaly_add(anomalies, lost, "no-arenas", "%s; of %llu objects that the collector has, %llu lie in no chunk of "
                    "malloc's", p->absent, (unsigned long long)(inside + outside), (unsigned long long)outside);
}
