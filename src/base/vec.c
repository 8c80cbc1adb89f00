#include "base/vec.h"

#include <stdlib.h>

bool exu_vec_grow_(void **items, size_t *cap, size_t len, size_t more, size_t item_size)
{
    if (*cap - len >= more)
        return true;
    uint64_t need, bytes;
    if (!exu_add(len, more, &need))
        return false;
    need = exu_max(need, exu_max(*cap + *cap / 2, 16));
    if (!exu_mul(need, item_size, &bytes) || bytes > PTRDIFF_MAX)
        return false;
    void *grown = realloc(*items, bytes);
    if (!grown)
        return false;
    *items = grown;
    *cap = need;
    return true;
}

void exu_vec_free_(void **items)
{
    free(*items);
    *items = NULL;
}
