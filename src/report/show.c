/* Cells and texts as a terminal takes them. */
#include "query/preview.h"
#include "report/format.h"

#include <string.h>
#include <wchar.h>

static void show_count(int64_t n, struct exu_text *out)
{
    char digits[24];
    int len =
        snprintf(digits, sizeof digits, "%llu", n < 0 ? 0ull - (unsigned long long)n : (unsigned long long)n);
    if (n < 0)
        exu_text_putc(out, '-');
    for (int i = 0; i < len; i++) {
        if (i && (len - i) % 3 == 0)
            exu_text_putc(out, ',');
        exu_text_putc(out, digits[i]);
    }
}

static void show_integer(int64_t n, enum exu_column_kind kind, struct exu_text *out)
{
    char size[EXU_SIZE_TEXT];
    if (kind == EXU_COLUMN_COUNT)
        show_count(n, out);
    else if (kind == EXU_COLUMN_SIZE && n >= 0)
        exu_text_puts(out, exu_size_text((uint64_t)n, size));
    else if (kind == EXU_COLUMN_ADDRESS)
        exu_text_printf(out, "%#llx", (unsigned long long)n);
    else
        exu_text_printf(out, "%lld", (long long)n);
}

void exu_datum_show(const struct exu_datum *cell, enum exu_column_kind kind, struct exu_text *out)
{
    switch (cell->type) {
    case EXU_DATUM_NULL:
        break;
    case EXU_DATUM_INTEGER:
        show_integer(cell->integer, kind, out);
        break;
    case EXU_DATUM_REAL:
        exu_text_printf(out, "%.15g", cell->real);
        break;
    case EXU_DATUM_TEXT:
        exu_preview_plain(cell->text, cell->size, SIZE_MAX, false, out);
        break;
    case EXU_DATUM_BYTES:
        exu_preview_bytes(cell->text, cell->size, 1 << 20, false, out);
        break;
    }
}

static size_t char_width(uint32_t c)
{
    if (c < 0x300)
        return 1;
    int width = wcwidth((wchar_t)c);
    return width < 0 ? 1 : (size_t)width;
}

size_t exu_text_width(const char *text, size_t size)
{
    size_t width = 0;
    for (size_t i = 0; i < size;) {
        uint32_t c;
        i += exu_utf8_next(text + i, size - i, &c);
        width += c == UINT32_MAX ? 1 : char_width(c);
    }
    return width;
}

void exu_text_cut(const char *text, size_t size, size_t width, struct exu_text *out)
{
    if (exu_text_width(text, size) <= width) {
        exu_text_add(out, text, size);
        return;
    }
    size_t used = 0, i = 0;
    while (i < size) {
        uint32_t c;
        size_t n = exu_utf8_next(text + i, size - i, &c), w = c == UINT32_MAX ? 1 : char_width(c);
        if (used + w + 1 > width)
            break;
        used += w;
        i += n;
    }
    exu_text_add(out, text, i);
    if (width)
        exu_text_puts(out, "…");
}
