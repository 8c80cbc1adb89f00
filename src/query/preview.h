/* Short previews of foreign text that can't harm a terminal: control characters, direction marks and broken
 * UTF-8 come out escaped. */
#ifndef EXU_QUERY_PREVIEW_H
#define EXU_QUERY_PREVIEW_H

#include "base/text.h"

/* As Python's repr writes a str; at most `limit` characters, then '…' (also when `cut`: there was more). */
void exu_preview_str(const char *utf8, size_t size, size_t limit, bool cut, struct exu_text *out);
/* The same for bytes: b'\x00ab'. */
void exu_preview_bytes(const void *bytes, size_t size, size_t limit, bool cut, struct exu_text *out);
/* Without quotes. */
void exu_preview_plain(const char *utf8, size_t size, size_t limit, bool cut, struct exu_text *out);

/* One character of UTF-8 at `s`: its length, and the code point; a byte that is none: 1 and UINT32_MAX. */
size_t exu_utf8_next(const char *s, size_t size, uint32_t *ret);
/* True for what must not reach a terminal as it is. */
bool exu_utf8_unsafe(uint32_t c);
/* Escapes one such character as Python does: \n, \x1b, \u202e; a byte that is no UTF-8 as \xNN. */
void exu_utf8_escape(uint32_t c, unsigned char first_byte, struct exu_text *out);

#endif
