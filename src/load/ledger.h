/* Table ledger: every mapped byte in one category. The categories add up to the mapped total by construction:
 * the address space is cut at the borders of arenas, heaps, mmapped chunks and stacks, each piece is counted
 * once, and what an allocator's pieces hold besides blocks and chunks is its overhead. Also the tables
 * block_owner and pin. */
#ifndef EXU_LOAD_LEDGER_H
#define EXU_LOAD_LEDGER_H

#include "load/owners.h"

EXU_MUST_CHECK struct exu_error *exu_ledger_write(const struct exu_process *process,
                                                  const struct exu_owners *owners, struct exu_store *store);

#endif
