/* Equal texts get equal numbers: 1, 2, 3 … in the order of their first appearance. Owns copies of the texts.
 */
#ifndef EXU_QUERY_INTERN_H
#define EXU_QUERY_INTERN_H

#include "base/base.h"
#include "base/bump.h"

struct exu_intern {
    struct exu_bump bump;
    const char **texts; /* slot -> text */
    uint32_t *numbers;  /* slot -> number; 0 = free */
    size_t cap, len;
};

/* 0 without memory. */
uint32_t exu_intern(struct exu_intern *intern, const char *text);
void exu_intern_deinit(struct exu_intern *intern);

#endif
