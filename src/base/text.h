/* Growing text, and the way sizes and counts are shown to people. */
#ifndef EXU_BASE_TEXT_H
#define EXU_BASE_TEXT_H

#include "base/base.h"
#include <stdarg.h>

struct exu_text {
    char *data; /* NUL-terminated once anything was added; may be NULL before */
    size_t len, cap;
    bool failed; /* out of memory at some point: the text is incomplete */
};

void exu_text_add(struct exu_text *t, const char *bytes, size_t n);
void exu_text_puts(struct exu_text *t, const char *text);
void exu_text_putc(struct exu_text *t, char c);
void exu_text_printf(struct exu_text *t, const char *format, ...) EXU_PRINTF(2, 3);
void exu_text_clear(struct exu_text *t);
void exu_text_deinit(struct exu_text *t);

/* '57.3 MB' (powers of 1000; bytes below 1000 as '512 B'). Returns `buffer`. */
#define EXU_SIZE_TEXT 16
const char *exu_size_text(uint64_t bytes, char buffer[EXU_SIZE_TEXT]);

#endif
