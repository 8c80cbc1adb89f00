/* A process in which no arenas were found: does it run without obmalloc, or were they lost? */
#ifndef EXU_HEAP_PYMALLOC_ABSENT_H
#define EXU_HEAP_PYMALLOC_ABSENT_H

#include "heap/gc.h"
#include "heap/malloc.h"
#include "heap/pymalloc.h"

/* By evidence: when the collector's objects are malloc's chunks, nothing is wrong (PYTHONMALLOC=malloc; a stripped
 * interpreter does not tell otherwise). When they are not, the anomaly 'no-arenas' says so. */
void exu_pymalloc_judge_absence(const struct exu_pymalloc *p, const struct exu_malloc *m, const struct exu_gc *gc,
                                const struct exu_core *core, struct exu_anomalies *anomalies);

#endif
