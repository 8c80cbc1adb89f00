/* Growing arrays of any element type: `exu_vec(struct thing) things = {0};`
 *
 * Zeroed storage is an empty vector. The vector owns its items' storage, not what they point to. */
#ifndef EXU_BASE_VEC_H
#define EXU_BASE_VEC_H

#include "base/base.h"

#define exu_vec(T)                                                                                         \
    struct {                                                                                               \
        T *items;                                                                                          \
        size_t len, cap;                                                                                   \
    }

/* Makes room for `n` more; false without memory (the vector is then unchanged). */
#define exu_vec_reserve(v, n) exu_vec_grow_((void **)&(v)->items, &(v)->cap, (v)->len, (n), sizeof *(v)->items)
/* Appends; false without memory. */
#define exu_vec_push(v, ...)                                                                               \
    (((v)->len < (v)->cap || exu_vec_reserve((v), 1)) ? ((v)->items[(v)->len++] = (__VA_ARGS__), true) : false)
#define exu_vec_each(p, v) for (p = (v)->items; p && p < (v)->items + (v)->len; p++)
#define exu_vec_free(v) (exu_vec_free_((void **)&(v)->items), (v)->len = 0, (v)->cap = 0)

bool exu_vec_grow_(void **items, size_t *cap, size_t len, size_t more, size_t item_size);
void exu_vec_free_(void **items);

#endif
