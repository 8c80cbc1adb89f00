/* A set of addresses in a memory, as one bit for each 8-byte granule of every segment that has bytes.
 *
 * Sealed, it numbers its members densely from 1 in address order (rank), both ways: this is where object ids
 * come from. Bit pages are allocated on first use, so that the set stays small over huge sparse cores.
 * Borrows the memory. */
#ifndef EXU_MEMORY_ADDRSET_H
#define EXU_MEMORY_ADDRSET_H

#include "memory/memory.h"

struct exu_addrset;

struct exu_error *exu_addrset_create(struct exu_addrset **ret, const struct exu_memory *m);
void exu_addrset_destroy(struct exu_addrset *set);
/* True when `address` was not in before. False also for what can't be in: unaligned to 8, in a hole, above
 * the user space of 47 bits, out of memory (exu_addrset_failed says so). Not after the seal. */
bool exu_addrset_add(struct exu_addrset *set, exu_addr address);
bool exu_addrset_remove(struct exu_addrset *set, exu_addr address); /* not after the seal */
bool exu_addrset_has(const struct exu_addrset *set, exu_addr address);
bool exu_addrset_failed(const struct exu_addrset *set);
uint64_t exu_addrset_count(const struct exu_addrset *set);
/* Calls back in address order; before or after the seal. The set must not change meanwhile. */
void exu_addrset_each(const struct exu_addrset *set, void (*member)(void *context, exu_addr address),
                      void *context);

/* Builds the ranks; at most UINT32_MAX - 1 members, else an error. */
EXU_MUST_CHECK struct exu_error *exu_addrset_seal(struct exu_addrset *set);
/* 1.. for a member, 0 for any other address. O(1). After the seal. Safe from many threads. */
uint32_t exu_addrset_rank(const struct exu_addrset *set, exu_addr address);
/* The member with that rank, 0 for a rank that none has. O(1). After the seal. */
exu_addr exu_addrset_address(const struct exu_addrset *set, uint32_t rank);

#endif
