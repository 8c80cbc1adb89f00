/* Where the free lists of this version are, and how what stands on them is linked. */
#ifndef EXU_HEAP_FREE_LISTS_H
#define EXU_HEAP_FREE_LISTS_H

#include "layout/place.h"

enum exu_free_shape {
    EXU_FREE_CHAINS, /* pointers to the first one, linked through a word of the dead objects */
    EXU_FREE_ARRAY,  /* an array of pointers, as many as the count says */
    EXU_FREE_ONE,    /* one pointer, or NULL */
};

struct exu_free_list {
    const char *name; /* of what stands there: 'tuples' */
    enum exu_free_shape shape;
    exu_addr place;        /* of the list itself */
    uint32_t size;         /* of the place; EXU_FREE_CHAINS: of all of them */
    uint32_t stride;       /* EXU_FREE_CHAINS: from one to the next */
    uint32_t first;        /* EXU_FREE_CHAINS: those before it are none */
    exu_addr count;        /* of the first; 0 = nobody counts */
    uint32_t count_size;   /* 4 or 8 */
    uint32_t count_stride; /* from one count to the next */
    uint32_t link;         /* offset in the dead object */
};

/* Those of one interpreter, and those that all share (file statics). */
void exu_free_lists_each(const struct exu_python *python, exu_addr interpreter,
                         void (*list)(void *context, const struct exu_free_list *list), void *context);
void exu_free_lists_shared(const struct exu_python *python,
                           void (*list)(void *context, const struct exu_free_list *list), void *context);

#endif
