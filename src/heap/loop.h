/* Whether a walk over links of the target runs in circles (Brent): it remembers one node, a later one each
 * time. */
#ifndef EXU_HEAP_LOOP_H
#define EXU_HEAP_LOOP_H

#include "base/base.h"

struct exu_loop {
    exu_addr mark;
    uint64_t steps, next_mark;
};

/* To be asked at every node; true once the walk is known to loop, after at most three times its distinct
 * nodes. */
static inline bool exu_loop_closed(struct exu_loop *l, exu_addr node)
{
    if (l->steps && node == l->mark)
        return true;
    if (l->steps++ >= l->next_mark) {
        l->mark = node;
        l->next_mark = l->next_mark * 2 + 1;
    }
    return false;
}

#endif
