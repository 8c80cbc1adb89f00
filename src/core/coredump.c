#include "core/coredump.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define BOOT_ID 32  /* hex digits */
#define DIGITS 18   /* of a number, at most: it fits into 63 bits */

static const struct {
    const char *name;
    bool number, attribute;
} facts[EXU_COREDUMP_FACTS] = {
    [EXU_COREDUMP_PID] = {"pid", true, true},
    [EXU_COREDUMP_UID] = {"uid", true, true},
    [EXU_COREDUMP_GID] = {"gid", true, true},
    [EXU_COREDUMP_SIGNAL] = {"signal", true, true},
    [EXU_COREDUMP_TIMESTAMP] = {"timestamp", true, true},
    [EXU_COREDUMP_RLIMIT] = {"rlimit", true, true},
    [EXU_COREDUMP_COMM] = {"comm", false, true},
    [EXU_COREDUMP_EXE] = {"exe", false, true},
    [EXU_COREDUMP_HOSTNAME] = {"hostname", false, true},
    [EXU_COREDUMP_CMDLINE] = {"cmdline", false, false},
    [EXU_COREDUMP_CGROUP] = {"cgroup", false, false},
    [EXU_COREDUMP_UNIT] = {"unit", false, false},
    [EXU_COREDUMP_PACKAGE_NAME] = {"package_name", false, false},
    [EXU_COREDUMP_PACKAGE_VERSION] = {"package_version", false, false},
};

const char *exu_coredump_fact_name(enum exu_coredump_fact fact)
{
    return facts[fact].name;
}

bool exu_coredump_is_number(enum exu_coredump_fact fact)
{
    return facts[fact].number;
}

static bool all_digits(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (text[i] < '0' || text[i] > '9')
            return false;
    return size > 0;
}

bool exu_coredump_number(const struct exu_coredump *c, enum exu_coredump_fact fact, uint64_t *ret)
{
    if (!facts[fact].number || !c->texts[fact])
        return false;
    *ret = strtoull(c->texts[fact], NULL, 10);
    return true;
}

bool exu_coredump_take(struct exu_coredump *c, enum exu_coredump_fact fact, const char *text, size_t size, struct exu_bump *bump)
{
    size = strnlen(text, exu_min(size, EXU_COREDUMP_TEXT));
    if (c->texts[fact] || size == 0)
        return true;
    if (facts[fact].number && (!all_digits(text, size) || size > DIGITS)) /* RLIMIT_CORE without a limit is 2^64 - 1 */
        return true;
    return (c->texts[fact] = exu_bump_strndup(bump, text, size)) != NULL;
}

/* ---- the name ---- */

/* The part behind the last dot of text[0..*size), which it is cut off from; NULL: there is no dot. */
static const char *last_part(const char *text, size_t *size, size_t *ret_size)
{
    const char *dot = *size ? memrchr(text, '.', *size) : NULL;
    if (!dot)
        return NULL;
    *ret_size = *size - (size_t)(dot + 1 - text);
    *size = (size_t)(dot - text);
    return dot + 1;
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* systemd's xescape: dots, slashes, blanks and so on as \x2e. Of the same length or shorter. */
static size_t unescape(char *out, const char *text, size_t size)
{
    size_t n = 0;
    for (size_t i = 0; i < size; i++) {
        bool escaped = size - i >= 4 && text[i] == '\\' && text[i + 1] == 'x' && hex_digit(text[i + 2]) >= 0 && hex_digit(text[i + 3]) >= 0;
        int c = escaped ? hex_digit(text[i + 2]) * 16 + hex_digit(text[i + 3]) : (unsigned char)text[i];
        out[n++] = c ? (char)c : '?';
        i += escaped ? 3 : 0;
    }
    return n;
}

bool exu_coredump_of_name(struct exu_coredump *c, const char *name, struct exu_bump *bump)
{
    static const char start[] = "core.";
    static const char *const endings[] = {".zst", ".lz4", ".xz"};
    char comm[256];
    size_t size = strlen(name), sizes[4];
    const char *parts[4]; /* from the end: timestamp, pid, boot id, uid */
    for (size_t i = 0; i < EXU_COUNT(endings); i++)
        if (size > strlen(endings[i]) && strcmp(name + size - strlen(endings[i]), endings[i]) == 0) {
            size -= strlen(endings[i]);
            break;
        }
    for (size_t i = 0; i < EXU_COUNT(parts); i++)
        if (!(parts[i] = last_part(name, &size, &sizes[i])))
            return false;
    if (size < sizeof start || size - (sizeof start - 1) > sizeof comm || memcmp(name, start, sizeof start - 1) != 0 ||
        sizes[2] != BOOT_ID || !all_digits(parts[0], sizes[0]) || !all_digits(parts[1], sizes[1]) || !all_digits(parts[3], sizes[3]))
        return false;
    size = unescape(comm, name + sizeof start - 1, size - (sizeof start - 1));
    return exu_coredump_take(c, EXU_COREDUMP_TIMESTAMP, parts[0], sizes[0], bump) &&
           exu_coredump_take(c, EXU_COREDUMP_PID, parts[1], sizes[1], bump) &&
           exu_coredump_take(c, EXU_COREDUMP_UID, parts[3], sizes[3], bump) &&
           exu_coredump_take(c, EXU_COREDUMP_COMM, comm, size, bump);
}

/* ---- the attributes ---- */

static bool read_attributes(struct exu_coredump *c, int fd, struct exu_bump *bump)
{
    char name[64], value[EXU_COREDUMP_TEXT];
    for (unsigned i = 0; i < EXU_COREDUMP_FACTS; i++) {
        if (!facts[i].attribute)
            continue;
        snprintf(name, sizeof name, "user.coredump.%s", facts[i].name);
        ssize_t size = fgetxattr(fd, name, value, sizeof value); /* longer ones are none of systemd's */
        if (size > 0 && !exu_coredump_take(c, (enum exu_coredump_fact)i, value, (size_t)size, bump))
            return false;
    }
    return true;
}

struct exu_error *exu_coredump_of_file(struct exu_coredump *c, const char *path, struct exu_bump *bump)
{
    struct stat st;
    if (stat(path, &st) < 0 || !S_ISREG(st.st_mode))
        return NULL; /* what can't be opened is told by who reads it */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0)
        return NULL;
    bool fine = read_attributes(c, fd, bump);
    close(fd);
    const char *slash = strrchr(path, '/');
    struct exu_coredump by_name = *c;
    if (fine && exu_coredump_of_name(&by_name, slash ? slash + 1 : path, bump))
        *c = by_name;
    return fine ? NULL : exu_error_memory();
}
