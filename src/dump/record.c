#include "dump/record.h"

#include <string.h>

void exu_record_u8(struct exu_text *to, uint8_t value)
{
    exu_text_add(to, (const char *)&value, 1);
}

void exu_record_u32(struct exu_text *to, uint32_t value)
{
    char bytes[4];
    for (unsigned i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)(value >> 8 * i);
    exu_text_add(to, bytes, sizeof bytes);
}

void exu_record_u64(struct exu_text *to, uint64_t value)
{
    exu_record_u32(to, (uint32_t)value);
    exu_record_u32(to, (uint32_t)(value >> 32));
}

void exu_record_blob(struct exu_text *to, const void *bytes, size_t size)
{
    if (size >= EXU_RECORD_NO_TEXT) {
        to->failed = true;
        return;
    }
    exu_record_u32(to, (uint32_t)size);
    if (size > 0)
        exu_text_add(to, bytes, size);
}

void exu_record_text(struct exu_text *to, const char *text)
{
    if (text)
        exu_record_blob(to, text, strlen(text));
    else
        exu_record_u32(to, EXU_RECORD_NO_TEXT);
}

const uint8_t *exu_cursor_bytes(struct exu_cursor *c, uint64_t size)
{
    if (c->broken || size > (uint64_t)(c->end - c->at)) {
        c->broken = true;
        return NULL;
    }
    const uint8_t *bytes = c->at;
    c->at += size;
    return bytes;
}

uint8_t exu_cursor_u8(struct exu_cursor *c)
{
    const uint8_t *bytes = exu_cursor_bytes(c, 1);
    return bytes ? *bytes : 0;
}

uint32_t exu_cursor_u32(struct exu_cursor *c)
{
    const uint8_t *b = exu_cursor_bytes(c, 4);
    return b ? (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24 : 0;
}

uint64_t exu_cursor_u64(struct exu_cursor *c)
{
    uint64_t low = exu_cursor_u32(c);
    return low | (uint64_t)exu_cursor_u32(c) << 32;
}

const uint8_t *exu_cursor_blob(struct exu_cursor *c, uint32_t *ret_size)
{
    uint32_t size = exu_cursor_u32(c);
    const uint8_t *bytes = exu_cursor_bytes(c, size);
    *ret_size = bytes ? size : 0;
    return bytes;
}

const char *exu_cursor_text(struct exu_cursor *c, struct exu_bump *bump)
{
    uint32_t size = exu_cursor_u32(c);
    if (c->broken || size == EXU_RECORD_NO_TEXT)
        return NULL;
    const uint8_t *bytes = exu_cursor_bytes(c, size);
    char *text = bytes && !memchr(bytes, 0, size) ? exu_bump_strndup(bump, (const char *)bytes, size) : NULL;
    c->broken |= !text;
    return text;
}

uint32_t exu_cursor_count(struct exu_cursor *c, size_t size)
{
    uint32_t count = exu_cursor_u32(c);
    if (c->broken || count > (uint64_t)(c->end - c->at) / size) {
        c->broken = true;
        return 0;
    }
    return count;
}
