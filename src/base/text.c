#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool room(struct exu_text *t, size_t more)
{
    if (t->failed || more > PTRDIFF_MAX / 2 - t->len) {
        t->failed = true;
        return false;
    }
    if (t->len + more + 1 <= t->cap)
        return true;
    size_t cap = exu_max(t->len + more + 1, exu_max(t->cap * 2, 64));
    char *data = realloc(t->data, cap);
    if (!data) {
        t->failed = true;
        return false;
    }
    t->data = data;
    t->cap = cap;
    return true;
}

void exu_text_add(struct exu_text *t, const char *bytes, size_t n)
{
    if (!room(t, n))
        return;
    if (n)
        memcpy(t->data + t->len, bytes, n);
    t->len += n;
    t->data[t->len] = 0;
}

void exu_text_puts(struct exu_text *t, const char *text)
{
    exu_text_add(t, text, strlen(text));
}

void exu_text_putc(struct exu_text *t, char c)
{
    exu_text_add(t, &c, 1);
}

void exu_text_printf(struct exu_text *t, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *text = NULL;
    int n = vasprintf(&text, format, arguments);
    va_end(arguments);
    if (n < 0) {
        t->failed = true;
        return;
    }
    exu_text_add(t, text, (size_t)n);
    free(text);
}

void exu_text_clear(struct exu_text *t)
{
    t->len = 0;
    t->failed = false;
    if (t->data)
        t->data[0] = 0;
}

void exu_text_deinit(struct exu_text *t)
{
    free(t->data);
    memset(t, 0, sizeof *t);
}

const char *exu_size_text(uint64_t bytes, char buffer[EXU_SIZE_TEXT])
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
    if (bytes < 1000) {
        snprintf(buffer, EXU_SIZE_TEXT, "%u B", (unsigned)bytes);
        return buffer;
    }
    double value = (double)bytes;
    size_t unit = 0;
    /* 999.95 would print as 1000.0 */
    while (value >= 999.95 && unit + 1 < EXU_COUNT(units)) {
        value /= 1000;
        unit++;
    }
    snprintf(buffer, EXU_SIZE_TEXT, "%.1f %s", value, units[unit]);
    return buffer;
}
