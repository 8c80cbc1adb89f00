/* The table of a real process against malloc_info(3) of that process: a child mixes sizes in three threads,
 * says what malloc knows, stops; its memory is read through /proc. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <inttypes.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "heap/malloc.h"

#if defined(__SANITIZE_ADDRESS__) || !defined(__GLIBC__)
#define NOT_GLIBC 1
#else
#define NOT_GLIBC 0
#endif

/* ---- the child ---- */

static pthread_barrier_t ready, never;

static void mix(unsigned seed)
{
    enum { COUNT = 3000 };
    static const size_t sizes[] = {24, 40, 100, 120, 200, 1000, 1032, 1100, 2000, 5000, 70000};
    void **blocks = malloc(COUNT * sizeof *blocks);
    for (size_t i = 0; blocks && i < COUNT; i++) {
        seed = seed * 1103515245u + 12345u;
        blocks[i] = malloc(sizes[seed / 65536 % EXU_COUNT(sizes)]);
    }
    for (size_t i = 0; blocks && i < COUNT; i++) {
        seed = seed * 1103515245u + 12345u;
        if (seed / 65536 % 4)
            free(blocks[i]);
    }
    for (size_t i = 0; i < 3; i++)
        *(volatile char *)malloc(200000 + 300000 * i) = 1;
    void *small[280];
    for (size_t i = 0; i < EXU_COUNT(small); i++)
        small[i] = malloc(24 + 16 * (i % 7));
    for (size_t i = 0; i < EXU_COUNT(small); i += 2) /* more than the tcache takes: fastbins */
        free(small[i]);
}

static void *thread(void *seed)
{
    mix(*(unsigned *)seed);
    pthread_barrier_wait(&ready);
    pthread_barrier_wait(&never);
    return NULL;
}

static _Noreturn void child(int report)
{
    static unsigned seeds[] = {1, 2};
    pthread_t threads[EXU_COUNT(seeds)];
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that fails leaves nobody behind */
    FILE *out = fdopen(report, "w");
    pthread_barrier_init(&ready, NULL, EXU_COUNT(seeds) + 1);
    pthread_barrier_init(&never, NULL, EXU_COUNT(seeds) + 1);
    for (size_t i = 0; i < EXU_COUNT(seeds); i++)
        pthread_create(&threads[i], NULL, thread, &seeds[i]);
    pthread_barrier_wait(&ready);
    fputc('\n', out); /* its buffer is allocated before malloc is asked */
    /* Memory that others take with sbrk, as tcmalloc does, divides the main heap. */
    static const intptr_t taken[] = {5 << 20, 100016, 2 << 20};
    for (unsigned i = 0; i < EXU_COUNT(taken); i++) {
        mix(3 + i);
        memset(sbrk(taken[i]), 0x21, (size_t)taken[i]); /* reads like the flags of a size */
    }
    mix(8);
    malloc_info(0, out);
    fflush(out);
    close(report);
    for (;;)
        pause();
}

/* ---- the parent ---- */

struct process {
    pid_t pid;
    struct exu_memory *memory;
    struct exu_anomalies anomalies;
    struct exu_core core;
    struct exu_image image;
    char report[65536];
    uint8_t *copies[4096];
    size_t copy_count;
};

static void add_mapping(struct process *p, int file, exu_addr start, exu_addr end, const char *perms,
                        const char *path)
{
    struct exu_mapping m = {.start = start, .end = end, .kind = "anonymous"};
    m.perms = (uint8_t)((perms[0] == 'r' ? EXU_PERM_R : 0) | (perms[1] == 'w' ? EXU_PERM_W : 0));
    m.path = path[0] == '/' ? path : NULL;
    uint32_t index;
    assert_null(exu_memory_add_mapping(p->memory, &m, &index));
    const char *name = strrchr(path, '/');
    if (name && strcmp(name, "/libc.so.6") == 0) {
        if (!p->image.start)
            p->image.start = start;
        p->image.end = end;
    }
    struct exu_segment s = {.start = start, .end = end, .mapping = index, .perms = m.perms};
    if ((m.perms & EXU_PERM_W) && p->copy_count < EXU_COUNT(p->copies)) {
        uint8_t *copy = malloc(end - start);
        assert_non_null(copy);
        p->copies[p->copy_count++] = copy;
        for (uint64_t done = 0; done < end - start;) {
            ssize_t n = pread(file, copy + done, end - start - done, (off_t)(start + done));
            assert_true(n > 0);
            done += (uint64_t)n;
        }
        s.bytes = copy;
    }
    assert_null(exu_memory_add_segment(p->memory, &s));
}

static void read_memory(struct process *p)
{
    char name[64], line[4096];
    snprintf(name, sizeof name, "/proc/%d/mem", (int)p->pid);
    int file = open(name, O_RDONLY | O_CLOEXEC);
    assert_true(file >= 0);
    snprintf(name, sizeof name, "/proc/%d/maps", (int)p->pid);
    FILE *maps = fopen(name, "re");
    assert_non_null(maps);
    assert_null(exu_memory_create(&p->memory));
    while (fgets(line, sizeof line, maps)) {
        uint64_t start, end;
        char perms[8], path[2048] = "";
        assert_true(sscanf(line, "%" SCNx64 "-%" SCNx64 " %7s %*s %*s %*s %2047[^\n]", &start, &end, perms,
                           path) >= 3);
        if (strncmp(path, "[v", 2) != 0)
            add_mapping(p, file, start, end, perms, path);
    }
    fclose(maps);
    close(file);
    assert_null(exu_memory_seal(p->memory, &p->anomalies));
    p->image.path = "/lib/libc.so.6";
    p->core.memory = p->memory;
    p->core.images = &p->image;
    p->core.image_count = 1;
}

static void start(struct process *p)
{
    int ends[2];
    memset(p, 0, sizeof *p);
    exu_anomalies_init(&p->anomalies);
    assert_int_equal(pipe(ends), 0);
    p->pid = fork();
    assert_true(p->pid >= 0);
    if (p->pid == 0) {
        close(ends[0]);
        child(ends[1]);
    }
    close(ends[1]);
    size_t length = 0;
    for (ssize_t n; (n = read(ends[0], p->report + length, sizeof p->report - 1 - length)) > 0;)
        length += (size_t)n;
    close(ends[0]);
    p->report[length] = 0;
    read_memory(p);
}

static void stop(struct process *p)
{
    kill(p->pid, SIGKILL);
    waitpid(p->pid, NULL, 0);
    exu_memory_destroy(p->memory);
    exu_anomalies_deinit(&p->anomalies);
    for (size_t i = 0; i < p->copy_count; i++)
        free(p->copies[i]);
}

/* The number behind `name` in the text from `*at` on; moves on behind it. */
static uint64_t number(const char **at, const char *name)
{
    const char *found = strstr(*at, name);
    assert_non_null(found);
    *at = found + strlen(name);
    return strtoull(*at, NULL, 10);
}

struct totals {
    uint64_t fast, fast_bytes, rest, rest_bytes;
};

static struct totals count_free(const struct exu_malloc *m, const struct exu_memory *memory, exu_addr arena)
{
    struct totals t = {0};
    for (size_t i = 0; i < m->chunk_count; i++) {
        const struct exu_chunk *c = &m->chunks[i];
        uint64_t word = 0;
        if (c->heap == UINT32_MAX || m->heaps[c->heap].arena != arena)
            continue;
        assert_true(exu_memory_u64(memory, c->address + 8, &word));
        if (c->state == EXU_CHUNK_FASTBIN) {
            t.fast++;
            t.fast_bytes += c->size;
        } else if (c->state == EXU_CHUNK_FREE || c->state == EXU_CHUNK_TOP) {
            /* malloc_info adds the sizes in bins up with their flags (glibc 2.36: chunksize_nomask), top's
             * without. */
            t.rest++;
            t.rest_bytes += c->state == EXU_CHUNK_TOP ? c->size : word;
        }
    }
    return t;
}

static uint64_t count_state(const struct exu_malloc *m, enum exu_chunk_state state, uint64_t *ret_bytes)
{
    uint64_t count = 0;
    *ret_bytes = 0;
    for (size_t i = 0; i < m->chunk_count; i++)
        if (m->chunks[i].state == state) {
            count++;
            *ret_bytes += m->chunks[i].size;
        }
    return count;
}

static void agrees_with_malloc_info(void **state)
{
    (void)state;
    if (NOT_GLIBC)
        skip();
    static struct process p;
    struct exu_malloc *m;
    start(&p);
    assert_null(exu_malloc_open(&m, &p.core, &p.anomalies));
    for (size_t i = 0; i < p.anomalies.len; i++)
        print_message("%s: %s\n", p.anomalies.items[i].kind, p.anomalies.items[i].message);
    assert_int_equal(exu_anomaly_total(&p.anomalies), 0);
    assert_int_equal(m->arena_count, 3);
    const char *at = p.report;
    uint64_t bytes;
    for (size_t i = 0; i < m->arena_count; i++) {
        number(&at, "<heap nr=\"");
        struct totals t = count_free(m, p.memory, m->arenas[i].address);
        assert_int_equal(number(&at, "<total type=\"fast\" count=\""), t.fast);
        assert_int_equal(number(&at, " size=\""), t.fast_bytes);
        assert_int_equal(number(&at, "<total type=\"rest\" count=\""), t.rest);
        assert_int_equal(number(&at, " size=\""), t.rest_bytes);
        assert_int_equal(number(&at, "<system type=\"current\" size=\""), m->arenas[i].system_bytes);
        assert_int_equal(number(&at, "<system type=\"max\" size=\""), m->arenas[i].max_system_bytes);
        assert_true(t.fast > 0 && t.rest > 10);
    }
    assert_int_equal(number(&at, "<total type=\"mmap\" count=\""), count_state(m, EXU_CHUNK_MMAPPED, &bytes));
    assert_int_equal(number(&at, " size=\""), bytes);
    assert_true(count_state(m, EXU_CHUNK_TCACHE, &bytes) > 3 * 7);
    exu_malloc_close(m);
    stop(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(agrees_with_malloc_info)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
