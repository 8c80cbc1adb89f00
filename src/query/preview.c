#include "query/preview.h"

#include <string.h>

size_t exu_utf8_next(const char *s, size_t size, uint32_t *ret)
{
    const unsigned char *b = (const unsigned char *)s;
    static const uint32_t lowest[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t n = b[0] < 0x80 ? 1 : b[0] < 0xc2 ? 0 : b[0] < 0xe0 ? 2 : b[0] < 0xf0 ? 3 : b[0] < 0xf5 ? 4 : 0;
    *ret = UINT32_MAX;
    if (n == 0 || n > size)
        return 1;
    uint32_t c = n == 1 ? b[0] : b[0] & (0xffu >> (n + 1));
    for (size_t i = 1; i < n; i++) {
        if ((b[i] & 0xc0) != 0x80)
            return 1;
        c = c << 6 | (b[i] & 0x3f);
    }
    if (c < lowest[n] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
        return 1;
    *ret = c;
    return n;
}

bool exu_utf8_unsafe(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == UINT32_MAX || c == 0x200e || c == 0x200f ||
           c == 0x61c || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

void exu_utf8_escape(uint32_t c, unsigned char first_byte, struct exu_text *out)
{
    if (c == UINT32_MAX)
        exu_text_printf(out, "\\x%02x", first_byte);
    else if (c == '\n')
        exu_text_puts(out, "\\n");
    else if (c == '\r')
        exu_text_puts(out, "\\r");
    else if (c == '\t')
        exu_text_puts(out, "\\t");
    else
        exu_text_printf(out, c < 0x100 ? "\\x%02x" : "\\u%04x", c);
}

static void preview(const char *s, size_t size, size_t limit, bool cut, char quote, struct exu_text *out)
{
    if (quote)
        exu_text_putc(out, quote);
    for (size_t i = 0, shown = 0; i < size; shown++) {
        if (shown == limit) {
            cut = true;
            break;
        }
        uint32_t c;
        size_t n = exu_utf8_next(s + i, size - i, &c);
        if (quote && (c == (unsigned char)quote || c == '\\'))
            exu_text_putc(out, '\\');
        if (exu_utf8_unsafe(c))
            exu_utf8_escape(c, (unsigned char)s[i], out);
        else
            exu_text_add(out, s + i, n);
        i += n;
    }
    if (cut)
        exu_text_puts(out, "…");
    if (quote)
        exu_text_putc(out, quote);
}

static char quote_for(const char *s, size_t size)
{
    return size && memchr(s, '\'', size) && !memchr(s, '"', size) ? '"' : '\'';
}

void exu_preview_str(const char *utf8, size_t size, size_t limit, bool cut, struct exu_text *out)
{
    preview(utf8, size, limit, cut, quote_for(utf8, size), out);
}

void exu_preview_plain(const char *utf8, size_t size, size_t limit, bool cut, struct exu_text *out)
{
    preview(utf8, size, limit, cut, '\0', out);
}

void exu_preview_bytes(const void *bytes, size_t size, size_t limit, bool cut, struct exu_text *out)
{
    const unsigned char *b = bytes;
    char quote = quote_for(bytes, size);
    exu_text_printf(out, "b%c", quote);
    for (size_t i = 0; i < size; i++) {
        if (i == limit) {
            cut = true;
            break;
        }
        if (b[i] == (unsigned char)quote || b[i] == '\\')
            exu_text_printf(out, "\\%c", b[i]);
        else if (b[i] >= 0x20 && b[i] < 0x7f)
            exu_text_putc(out, (char)b[i]);
        else
            exu_utf8_escape(b[i] < 0x80 ? b[i] : UINT32_MAX, b[i], out);
    }
    if (cut)
        exu_text_puts(out, "…");
    exu_text_putc(out, quote);
}
