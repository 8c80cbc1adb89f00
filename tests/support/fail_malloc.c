/* LD_PRELOAD: the EXU_FAIL_AT-th request for memory is refused, and all after it when EXU_FAIL_REST is set. Without
 * EXU_FAIL_AT they are counted; EXU_FAIL_COUNT names the file for the number. */
#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

/* glibc's own, under names that nobody else takes. */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

static atomic_ulong requests;
static unsigned long fail_at;
static bool fail_rest;

__attribute__((constructor)) static void begin(void)
{
    const char *at = getenv("EXU_FAIL_AT");
    fail_rest = getenv("EXU_FAIL_REST") != NULL;
    requests = 0;
    fail_at = at ? strtoul(at, NULL, 10) : 0;
}

__attribute__((destructor)) static void end(void)
{
    const char *name = getenv("EXU_FAIL_COUNT");
    unsigned long count = requests;
    FILE *file = name ? fopen(name, "w") : NULL;
    if (file) {
        fprintf(file, "%lu\n", count);
        fclose(file);
    }
}

static bool refused(void)
{
    unsigned long n = ++requests;
    if (!fail_at || n < fail_at || (n > fail_at && !fail_rest))
        return false;
    errno = ENOMEM;
    return true;
}

void *malloc(size_t size)
{
    return refused() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return refused() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
    return refused() ? NULL : __libc_realloc(old, size);
}

void *memalign(size_t alignment, size_t size)
{
    return refused() ? NULL : __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return memalign(alignment, size);
}

int posix_memalign(void **ret, size_t alignment, size_t size)
{
    void *block = memalign(alignment, size);
    if (!block)
        return ENOMEM;
    *ret = block;
    return 0;
}
