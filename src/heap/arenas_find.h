/* Where obmalloc's array of arena_object lies: by symbol where there is a .symtab, else by shape, and proven
 * by what the pools of the arenas say of themselves. */
#ifndef EXU_HEAP_ARENAS_FIND_H
#define EXU_HEAP_ARENAS_FIND_H

#include "layout/layout.h"

/* The array and its length; 0 and 0 when the process has none (PYTHONMALLOC=malloc) or it was not found
 * (*ret_note then says which, static text). */
void exu_arenas_find(const struct exu_python *python, exu_addr *ret_array, uint32_t *ret_length,
                     const char **ret_note);

/* Objects/obmalloc.c: address 0 = not associated with memory. */
struct exu_arena_object {
    exu_addr address, pool_address, freepools, nextarena;
    uint32_t nfreepools, ntotalpools;
};
bool exu_arena_object_read(const struct exu_python *python, exu_addr at, struct exu_arena_object *ret);
/* The first pool: arenas are not aligned to pools, the first part of a pool is then lost. */
exu_addr exu_arena_first_pool(const struct exu_python *python, const struct exu_arena_object *arena);

#endif
