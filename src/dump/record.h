/* The bytes of our own notes: little-endian numbers, and texts as a length and bytes. Written into an exu_text; read with a
 * cursor that checks every length and, once anything did not fit, gives zeros and says so. */
#ifndef EXU_DUMP_RECORD_H
#define EXU_DUMP_RECORD_H

#include "base/bump.h"
#include "base/text.h"

#define EXU_RECORD_NO_TEXT UINT32_MAX /* the length of a NULL */

void exu_record_u8(struct exu_text *to, uint8_t value);
void exu_record_u32(struct exu_text *to, uint32_t value);
void exu_record_u64(struct exu_text *to, uint64_t value);
void exu_record_blob(struct exu_text *to, const void *bytes, size_t size);
void exu_record_text(struct exu_text *to, const char *text); /* NULL is kept apart from '' */

struct exu_cursor {
    const uint8_t *at, *end;
    bool broken;
};

uint8_t exu_cursor_u8(struct exu_cursor *c);
uint32_t exu_cursor_u32(struct exu_cursor *c);
uint64_t exu_cursor_u64(struct exu_cursor *c);
/* Borrowed from what is read. */
const uint8_t *exu_cursor_bytes(struct exu_cursor *c, uint64_t size);
const uint8_t *exu_cursor_blob(struct exu_cursor *c, uint32_t *ret_size);
/* A copy in the bump. NULL: there was a NULL, or it is broken (a NUL inside, too), or no memory (which is broken, too). */
const char *exu_cursor_text(struct exu_cursor *c, struct exu_bump *bump);
/* A number of records of at least `size` bytes each: broken when so many don't fit. */
uint32_t exu_cursor_count(struct exu_cursor *c, size_t size);
static inline bool exu_cursor_done(const struct exu_cursor *c)
{
    return !c->broken && c->at == c->end;
}

#endif
