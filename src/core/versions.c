#include "core/versions.h"

#include "core/private.h"

#include <string.h>

#define SEARCH_MOST (UINT64_C(64) << 20) /* bytes of one image that are looked through */
#define TEXT_MOST 160                    /* of a version's text */

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static bool starts_with(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

/* What is printable from `at` on, at most TEXT_MOST of it. */
static size_t printable(const uint8_t *at, const uint8_t *end)
{
    size_t length = 0;
    while (at + length < end && length < TEXT_MOST && at[length] >= ' ' && at[length] <= '~')
        length++;
    return length;
}

/* What a version begins with, and how it is made a text of ours: NULL = it is another text after all. */
struct mark {
    const char *start;
    const char *(*text)(const uint8_t *at, const uint8_t *from, const uint8_t *end, struct exu_bump *bump);
};

/* In the constants of an image: what it has mapped and can't write. */
static const char *search(const struct exu_core *core, const struct exu_image *image, const struct mark *mark)
{
    const struct exu_memory *m = core->memory;
    size_t length = strlen(mark->start);
    uint64_t left = SEARCH_MOST;
    for (size_t i = 0; i < m->segment_count && left > 0; i++) {
        const struct exu_segment *s = &m->segments[i];
        if (s->end <= image->start || s->start >= image->end || !s->bytes || (s->perms & EXU_PERM_W))
            continue;
        uint64_t size = exu_min(s->end - s->start, left);
        left -= size;
        const uint8_t *at = s->bytes, *end = s->bytes + size;
        while ((at = memmem(at, (size_t)(end - at), mark->start, length))) {
            const char *text = mark->text(at, s->bytes, end, &core->private->bump);
            if (text)
                return text;
            at++;
        }
    }
    return NULL;
}

/* 'GNU C Library (Debian GLIBC 2.36-9+deb12u9) stable release version 2.36.' (csu/version.c) */
static const char *glibc_text(const uint8_t *at, const uint8_t *from, const uint8_t *end, struct exu_bump *bump)
{
    static const char version[] = " version ";
    (void)from;
    at += strlen("GNU C Library (");
    size_t length = printable(at, end);
    const uint8_t *close = memchr(at, ')', length), *number = memmem(at, length, version, sizeof version - 1);
    if (!close || !number || number < close)
        return NULL;
    number += sizeof version - 1;
    size_t digits = 0;
    while (number + digits < at + length && ((number[digits] >= '0' && number[digits] <= '9') || number[digits] == '.'))
        digits++;
    while (digits > 0 && number[digits - 1] == '.')
        digits--;
    return digits ? exu_bump_printf(bump, "glibc %.*s (%.*s)", (int)digits, (const char *)number, (int)(close - at), (const char *)at)
                  : NULL;
}

/* '5.3.0-0-g54eaed1d8b56b1aa528be3bdd1877e59c56fa90c': as `git describe` says it, and found by its middle */
static const char *jemalloc_text(const uint8_t *at, const uint8_t *from, const uint8_t *end, struct exu_bump *bump)
{
    const uint8_t *start = at;
    while (start > from && at - start < 16 && ((start[-1] >= '0' && start[-1] <= '9') || start[-1] == '.' || start[-1] == '-'))
        start--;
    size_t length = printable(start, end), hash = 0;
    for (const uint8_t *c = at + 2; c < start + length && ((*c >= '0' && *c <= '9') || (*c >= 'a' && *c <= 'f')); c++)
        hash++;
    bool whole = start > from && !start[-1] && memchr(start, '.', (size_t)(at - start)) && hash == 40 &&
                 at + 2 + hash == start + length;
    return whole ? exu_bump_printf(bump, "jemalloc %.*s", (int)length, (const char *)start) : NULL;
}

/* 'gperftools 2.10' */
static const char *tcmalloc_text(const uint8_t *at, const uint8_t *from, const uint8_t *end, struct exu_bump *bump)
{
    (void)from;
    return exu_bump_printf(bump, "tcmalloc (%.*s)", (int)printable(at, end), (const char *)at);
}

/* A library without such a text: by its file, '.so.' and what follows. */
static const char *by_file(const struct exu_core *core, const char *name, const char *file)
{
    const char *number = strstr(file, ".so.");
    size_t length = number ? printable((const uint8_t *)number + 4, (const uint8_t *)number + strlen(number)) : 0;
    return length ? exu_bump_printf(&core->private->bump, "%s %.*s", name, (int)length, number + 4) : name;
}

static const struct library {
    const char *file, *name;
    bool c_library;
    struct mark mark;
} libraries[] = {
    {"libc.so.6", "glibc", true, {"GNU C Library (", glibc_text}},
    {"libc-2.", "glibc", true, {"GNU C Library (", glibc_text}},
    {"ld-musl-", "musl", true, {NULL, NULL}},
    {"libc.musl-", "musl", true, {NULL, NULL}},
    {"libjemalloc", "jemalloc", false, {"-g", jemalloc_text}},
    {"libtcmalloc", "tcmalloc", false, {"gperftools ", tcmalloc_text}},
    {"libmimalloc", "mimalloc", false, {NULL, NULL}},
};

void exu_versions_find(const struct exu_core *core, struct exu_versions *ret)
{
    *ret = (struct exu_versions){0};
    for (size_t i = 0; i < core->image_count; i++) {
        const char *file = base_name(core->images[i].path);
        for (size_t l = 0; l < EXU_COUNT(libraries); l++) {
            const char **text = libraries[l].c_library ? &ret->c_library : &ret->malloc;
            if (*text || !starts_with(file, libraries[l].file))
                continue;
            *text = libraries[l].mark.start ? search(core, &core->images[i], &libraries[l].mark)
                    : libraries[l].c_library ? libraries[l].name
                                             : by_file(core, libraries[l].name, file);
        }
    }
    for (size_t i = 0; i < core->image_count && !ret->c_library; i++) /* a static program has it inside */
        if (core->images[i].is_executable)
            ret->c_library = search(core, &core->images[i], &libraries[0].mark);
}
