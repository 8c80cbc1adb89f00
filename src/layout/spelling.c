#include "layout/spelling.h"

#include <stdlib.h>
#include <string.h>

#define NEVER 255

static const struct {
    uint32_t first : 24, since : 8, last;
} unprintable[] = {
#define EXU_UNPRINTABLE(first, last, since) {first, since, last},
#include "layout/printable.def"
#undef EXU_UNPRINTABLE
};

struct exu_spelling exu_spelling_of(const char *version)
{
    if (strncmp(version, "2.", 2) == 0)
        return (struct exu_spelling){.bytes_prefix = "",
                                     .unicode_prefix = "u",
                                     .long_suffix = "L",
                                     .static_type = "type",
                                     .str_is_bytes = true,
                                     .ascii = true,
                                     .set_of_list = true};
    struct exu_spelling s = {.bytes_prefix = "b",
                             .unicode_prefix = "",
                             .long_suffix = "",
                             .static_type = "class",
                             .minor = NEVER - 1};
    long minor = strncmp(version, "3.", 2) == 0 ? strtol(version + 2, NULL, 10) : 0;
    if (minor > 0 && minor < NEVER)
        s.minor = (unsigned)minor;
    return s;
}

bool exu_spelling_prints(const struct exu_spelling *s, uint32_t c)
{
    size_t low = 0, high = EXU_COUNT(unprintable);
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (c > unprintable[middle].last)
            low = middle + 1;
        else
            high = middle;
    }
    return low == EXU_COUNT(unprintable) || c < unprintable[low].first || s->minor >= unprintable[low].since;
}
