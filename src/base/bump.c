#include "base/bump.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct exu_bump_block {
    struct exu_bump_block *previous;
    size_t used, size;
    _Alignas(16) unsigned char data[];
};

#define BLOCK_SIZE (64 * 1024 - sizeof(struct exu_bump_block))

void *exu_bump_alloc(struct exu_bump *bump, size_t size)
{
    if (size > PTRDIFF_MAX / 2)
        return NULL;
    size = (size + 15) & ~(size_t)15;
    struct exu_bump_block *block = bump->last;
    if (!block || size > block->size - block->used) {
        size_t room = size > BLOCK_SIZE ? size : BLOCK_SIZE;
        block = calloc(1, sizeof *block + room);
        if (!block)
            return NULL;
        block->size = room;
        block->previous = bump->last;
        bump->last = block;
    }
    void *result = block->data + block->used;
    block->used += size;
    return result;
}

char *exu_bump_strndup(struct exu_bump *bump, const char *text, size_t n)
{
    char *copy = exu_bump_alloc(bump, n + 1);
    if (copy && n)
        memcpy(copy, text, n);
    return copy;
}

char *exu_bump_strdup(struct exu_bump *bump, const char *text)
{
    return exu_bump_strndup(bump, text, strlen(text));
}

char *exu_bump_printf(struct exu_bump *bump, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *text = NULL;
    int n = vasprintf(&text, format, arguments);
    va_end(arguments);
    if (n < 0)
        return NULL;
    char *copy = exu_bump_strndup(bump, text, (size_t)n);
    free(text);
    return copy;
}

void exu_bump_deinit(struct exu_bump *bump)
{
    while (bump->last) {
        struct exu_bump_block *block = bump->last;
        bump->last = block->previous;
        free(block);
    }
}
