/* A bump allocator for what lives as long as a phase: strings and small records. Freed as a whole. */
#ifndef EXU_BASE_BUMP_H
#define EXU_BASE_BUMP_H

#include "base/base.h"

struct exu_bump {
    struct exu_bump_block *last;
};

/* Zeroed, 16-byte aligned; NULL without memory. */
void *exu_bump_alloc(struct exu_bump *bump, size_t size);
char *exu_bump_strdup(struct exu_bump *bump, const char *text);
char *exu_bump_strndup(struct exu_bump *bump, const char *text, size_t n);
char *exu_bump_printf(struct exu_bump *bump, const char *format, ...) EXU_PRINTF(2, 3);
void exu_bump_deinit(struct exu_bump *bump);

#endif
