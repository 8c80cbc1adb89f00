/* Rows of the tables object, type, chunk, pool, arena, mapping, gc_generation. */
#ifndef EXU_LOAD_OBJECTS_H
#define EXU_LOAD_OBJECTS_H

#include "load/owners.h"
#include "load/paths.h"
#include "load/retained.h"

EXU_MUST_CHECK struct exu_error *exu_objects_write(struct exu_process *process, const struct exu_facts *facts,
                                                   const struct exu_paths *paths, const struct exu_retained *retained,
                                                   struct exu_store *store);
EXU_MUST_CHECK struct exu_error *exu_heaps_write(const struct exu_process *process, const struct exu_owners *owners,
                                                 struct exu_store *store);
EXU_MUST_CHECK struct exu_error *exu_mappings_write(const struct exu_process *process, struct exu_store *store);

#endif
