#include "query/intern.h"

#include <stdlib.h>
#include <string.h>

static size_t hash_text(const char *text)
{
    uint64_t h = 0xcbf29ce484222325u;
    for (; *text; text++)
        h = (h ^ (unsigned char)*text) * 0x100000001b3u;
    return (size_t)(h ^ (h >> 32));
}

static bool grow(struct exu_intern *intern)
{
    size_t cap = intern->cap ? intern->cap * 2 : 256;
    const char **texts = calloc(cap, sizeof *texts);
    uint32_t *numbers = calloc(cap, sizeof *numbers);
    if (!texts || !numbers) {
        free(texts);
        free(numbers);
        return false;
    }
    for (size_t i = 0; i < intern->cap; i++) {
        if (!intern->numbers[i])
            continue;
        size_t at = hash_text(intern->texts[i]) & (cap - 1);
        while (numbers[at])
            at = (at + 1) & (cap - 1);
        texts[at] = intern->texts[i];
        numbers[at] = intern->numbers[i];
    }
    free(intern->texts);
    free(intern->numbers);
    intern->texts = texts;
    intern->numbers = numbers;
    intern->cap = cap;
    return true;
}

uint32_t exu_intern(struct exu_intern *intern, const char *text)
{
    if ((intern->len + 1) * 2 > intern->cap && !grow(intern))
        return 0;
    size_t at = hash_text(text) & (intern->cap - 1);
    for (; intern->numbers[at]; at = (at + 1) & (intern->cap - 1))
        if (strcmp(intern->texts[at], text) == 0)
            return intern->numbers[at];
    char *copy = exu_bump_strdup(&intern->bump, text);
    if (!copy || intern->len >= UINT32_MAX - 1)
        return 0;
    intern->texts[at] = copy;
    intern->numbers[at] = (uint32_t)++intern->len;
    return (uint32_t)intern->len;
}

void exu_intern_deinit(struct exu_intern *intern)
{
    free(intern->texts);
    free(intern->numbers);
    exu_bump_deinit(&intern->bump);
    *intern = (struct exu_intern){0};
}
