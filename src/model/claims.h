/* Which pages of the memory a long array has taken in this pass. In a sound process no two arrays share a page as a whole;
 * in a damaged one hundreds of objects may claim the same megabytes, each without fault. */
#ifndef EXU_MODEL_CLAIMS_H
#define EXU_MODEL_CLAIMS_H

#include "memory/memory.h"

struct exu_claims;

/* NULL without memory. Borrows the memory. */
struct exu_claims *exu_claims_create(const struct exu_memory *memory);
void exu_claims_destroy(struct exu_claims *claims);
void exu_claims_clear(struct exu_claims *claims);
/* How many of the `bytes` from `start` on may be walked: up to the first page that another array has, once a pass's tolerance
 * is used up. Safe from many threads. */
uint64_t exu_claims_take(struct exu_claims *claims, exu_addr start, uint64_t bytes);

#endif
