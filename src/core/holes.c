#include "core/holes.h"

#include "core/headers.h"

#include <unistd.h>

#define HOLES_MOST 1000000 /* what comes behind is looked through */

bool exu_holes_find(exu_hole_list *ret, int fd, uint64_t size)
{
    uint64_t at = 0;
    for (unsigned found = 0; at < size && found < HOLES_MOST; found++) {
        off_t hole = lseek(fd, (off_t)at, SEEK_HOLE);
        if (hole < 0 || (uint64_t)hole >= size)
            return true;
        off_t data = lseek(fd, hole, SEEK_DATA); /* ENXIO: none behind it */
        struct exu_hole h = {exu_round_up((uint64_t)hole, EXU_PAGE), data < 0 ? size : exu_min((uint64_t)data, size)};
        at = h.end;
        h.end &= ~(EXU_PAGE - 1);
        if (h.end > h.start && h.end - h.start >= EXU_HOLE_LEAST && !exu_vec_push(ret, h))
            return false;
    }
    return true;
}

bool exu_hole_at(const exu_hole_list *holes, uint64_t offset, uint64_t *ret_end)
{
    size_t low = 0, high = holes->len;
    while (low < high) { /* the first that ends behind the offset */
        size_t middle = low + (high - low) / 2;
        if (holes->items[middle].end <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    bool inside = low < holes->len && holes->items[low].start <= offset;
    *ret_end = low == holes->len ? UINT64_MAX : inside ? holes->items[low].end : holes->items[low].start;
    return inside;
}
