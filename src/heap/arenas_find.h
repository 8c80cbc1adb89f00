/* Where obmalloc's arrays of arena_object lie: by symbol where there is a .symtab or by the interpreters' states, else by
 * shape, and proven by what the pools of the arenas say of themselves. */
#ifndef EXU_HEAP_ARENAS_FIND_H
#define EXU_HEAP_ARENAS_FIND_H

#include "base/vec.h"
#include "layout/layout.h"

struct exu_arena_array {
    exu_addr address;
    uint32_t length;
};
typedef exu_vec(struct exu_arena_array) exu_arena_arrays;

/* The arrays: one, from 3.12 on one for each interpreter with an obmalloc of its own. None when the process has none
 * (PYTHONMALLOC=malloc) or none was found (*ret_note then says which, static text). False: out of memory. */
bool exu_arenas_find(const struct exu_python *python, exu_arena_arrays *ret, const char **ret_note);

/* Objects/obmalloc.c: address 0 = not associated with memory. */
struct exu_arena_object {
    exu_addr address, pool_address, freepools, nextarena;
    uint32_t nfreepools, ntotalpools;
};
bool exu_arena_object_read(const struct exu_python *python, exu_addr at, struct exu_arena_object *ret);
/* The first pool: arenas are not aligned to pools, the first part of a pool is then lost. */
exu_addr exu_arena_first_pool(const struct exu_python *python, const struct exu_arena_object *arena);

#endif
