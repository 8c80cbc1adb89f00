#include "layout/type_names.h"

#include <stdio.h>
#include <string.h>

/* Sorted lines: the signature in 16 hex digits, the name, the minor versions that have it, each between commas. */
extern const char exu_type_names_tsv[];
extern const size_t exu_type_names_tsv_size;

enum { DIGITS = 16, NAME_SIZE = EXU_TYPE_NAME_SIZE };

/* Include/object.h: BASETYPE, HAVE_VECTORCALL, HAVE_GC, METHOD_DESCRIPTOR, the *_SUBCLASS bits; or what they were
 * before. None of them changes in a running process. */
#define SIGNATURE_FLAGS (UINT64_C(0xff800000) | 1u << 10 | 1u << 11 | 1u << 14 | 1u << 17)

static uint64_t fnv(const void *bytes, size_t n)
{
    uint64_t h = UINT64_C(14695981039346656037);
    for (const uint8_t *p = bytes; n--; p++)
        h = (h ^ *p) * UINT64_C(1099511628211);
    return h;
}

uint64_t exu_type_key(const char *key)
{
    /* Python code adds these to types now and then. */
    bool passed_over = strcmp(key, "__doc__") == 0 || strcmp(key, "__abstractmethods__") == 0;
    return passed_over ? 0 : fnv(key, strlen(key));
}

uint64_t exu_type_signature(uint64_t keys, uint64_t basicsize, uint64_t itemsize, uint64_t flags)
{
    const uint64_t words[] = {keys, basicsize, itemsize, flags & SIGNATURE_FLAGS};
    return fnv(words, sizeof words);
}

static size_t line_start(size_t at)
{
    while (at && exu_type_names_tsv[at - 1] != '\n')
        at--;
    return at;
}

/* The first line whose signature is not less than `wanted`. */
static size_t first_line(const char *wanted)
{
    size_t low = 0, high = exu_type_names_tsv_size;
    while (low < high) {
        size_t middle = line_start(low + (high - low) / 2);
        if (strncmp(exu_type_names_tsv + middle, wanted, DIGITS) >= 0) {
            high = middle;
            continue;
        }
        const char *end = strchr(exu_type_names_tsv + middle, '\n');
        low = end ? (size_t)(end - exu_type_names_tsv) + 1 : exu_type_names_tsv_size;
    }
    return low;
}

/* What Python code calls a type is much like its name: types.WrapperDescriptorType is wrapper_descriptor, the type of
 * Ellipsis ellipsis. */
static void plain(const char *name, char plain[NAME_SIZE])
{
    const char *dot = strrchr(name, '.');
    size_t n = 0;
    size_t length = strlen(name), end = length > 4 && strcmp(name + length - 4, "Type") == 0 ? length - 4 : length;
    for (const char *c = dot ? dot + 1 : name; c < name + end && n < NAME_SIZE - 1; c++)
        if (*c != '_')
            plain[n++] = (char)(*c >= 'A' && *c <= 'Z' ? *c + 32 : *c);
    plain[n] = 0;
}

static bool alike(const char *name, const char *called)
{
    char a[NAME_SIZE], b[NAME_SIZE];
    plain(name, a);
    plain(called, b);
    return strcmp(a, b) == 0;
}

/* One pass over the lines of that signature; `version`: only those that have it. The number of names. */
static unsigned choose(const char *wanted, const char *version, const char *called, char *buffer, size_t size)
{
    char name[NAME_SIZE], versions[NAME_SIZE];
    unsigned found = 0;
    const char *end;
    for (size_t at = first_line(wanted);
         at < exu_type_names_tsv_size && strncmp(exu_type_names_tsv + at, wanted, DIGITS) == 0;
         at = (size_t)(end - exu_type_names_tsv) + 1) {
        const char *begin = exu_type_names_tsv + at + DIGITS + 1, *tab = strchr(begin, '\t');
        end = strchr(begin, '\n');
        snprintf(name, sizeof name, "%.*s", (int)(tab - begin), begin);
        snprintf(versions, sizeof versions, "%.*s", (int)(end - tab), tab);
        if (version && !strstr(versions, version))
            continue;
        bool fits = called && alike(name, called);
        if (found++ == 0 || fits)
            snprintf(buffer, size, "%s", name);
        if (fits)
            return 1;
    }
    return found;
}

bool exu_type_name_find(const struct exu_python *python, uint64_t signature, const char *called, char *buffer, size_t size)
{
    char wanted[DIGITS + 1], version[16];
    snprintf(wanted, sizeof wanted, "%016llx", (unsigned long long)signature);
    snprintf(version, sizeof version, ",%u.%u,", python->version_hex >> 24, python->version_hex >> 16 & 255);
    unsigned found = choose(wanted, version, called, buffer, size);
    return (found ? found : choose(wanted, NULL, called, buffer, size)) == 1;
}
