/* Segments and notes of small cores. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/core.h"
#include "core_writer.h"
#include <elf.h>
#include <stdlib.h>
#include <string.h>

static char *directory;
static uint8_t pattern[0x4000];

static int set_up(void **state)
{
    (void)state;
    directory = exu_test_make_directory();
    for (size_t i = 0; i < sizeof pattern; i++)
        pattern[i] = (uint8_t)(i * 7 + i / 256);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    exu_test_remove_tree(directory);
    free(directory);
    return 0;
}

static struct exu_core *open_bytes(const void *bytes, size_t size, struct exu_anomalies *a)
{
    struct exu_core *core = NULL;
    char *path = exu_test_write_file(directory, "core", bytes, size);
    exu_anomalies_init(a);
    struct exu_error *error = exu_core_open(&core, path, NULL, a);
    if (error)
        fail_msg("%s", error->message);
    free(path);
    return core;
}

static uint64_t count_kind(const struct exu_anomalies *a, const char *kind)
{
    for (size_t i = 0; i < a->kind_count; i++)
        if (strcmp(a->kinds[i].kind, kind) == 0)
            return a->kinds[i].count;
    return 0;
}

static void finish(struct exu_core *core, struct exu_anomalies *a)
{
    exu_core_close(core);
    exu_anomalies_deinit(a);
}

static struct exu_test_core *make_process(void)
{
    struct exu_test_core *w = exu_test_core_create();
    exu_test_core_segment(w, 0x10000000, PF_R | PF_W, pattern, 0x2000, 0x2000);
    exu_test_core_segment(w, 0x7f0000000000, PF_R | PF_W, pattern + 0x1000, 0x1000, 0x1000);
    exu_test_core_segment(w, 0x7f0000001000, 0, NULL, 0, 0x1000);
    exu_test_core_segment(w, 0x7ffe00000000, PF_R | PF_W, pattern, 0x1000, 0x1000);
    exu_test_core_segment(w, 0x7ffe00100000, PF_R | PF_X, pattern, 0x1000, 0x1000);
    exu_test_core_thread(w, 4242, 0, 0x7ffe00000800, 0x7f0000000740);
    exu_test_core_thread(w, 4243, 0, 0x7f0000000800, 0x7f0000000f40);
    exu_test_core_process(w, 4242, "python3", "python3 -c pass ");
    exu_test_core_auxv(w, AT_RANDOM, 0x7ffe00000900);
    exu_test_core_auxv(w, AT_SYSINFO_EHDR, 0x7ffe00100000);
    exu_test_core_file(w, 0x7f0000001000, 0x7f0000002000, 0x3000, "/data/log");
    return w;
}

static void check_process(struct exu_core *core)
{
    assert_int_equal(core->pid, 4242);
    assert_string_equal(core->arguments, "python3 -c pass");
    assert_string_equal(core->executable, "python3");
    assert_int_equal(core->thread_count, 2);
    assert_int_equal(core->threads[0].native_id, 4242);
    assert_int_equal(core->threads[0].stack_pointer, 0x7ffe00000800);
    assert_int_equal(core->threads[1].native_id, 4243);
    assert_int_equal(core->threads[1].thread_pointer, 0x7f0000000f40);
    assert_int_equal(core->auxv_bytes, 32);
    assert_memory_equal(exu_memory_at(core->memory, 0x10000000, 0x2000), pattern, 0x2000);
    assert_memory_equal(exu_memory_at(core->memory, 0x7f0000000000, 0x1000), pattern + 0x1000, 0x1000);
    const struct exu_mapping *m = exu_memory_mapping(core->memory, 0x7f0000001800);
    assert_non_null(m);
    assert_string_equal(m->path, "/data/log");
    assert_int_equal(m->file_offset, 0x3000);
    assert_int_equal(m->backing, EXU_BACKING_ABSENT);
    assert_null(exu_memory_at(core->memory, 0x7f0000001800, 1));
    assert_string_equal(exu_memory_mapping(core->memory, 0x7ffe00000000)->kind, "stack");
    assert_string_equal(exu_memory_mapping(core->memory, 0x7f0000000000)->kind, "stack");
    assert_string_equal(exu_memory_mapping(core->memory, 0x7ffe00100000)->kind, "vdso");
    assert_string_equal(exu_memory_mapping(core->memory, 0x10000000)->kind, "anonymous");
}

static void test_shapes(void **state)
{
    (void)state;
    static const enum exu_test_core_shape shapes[] = {EXU_TEST_CORE_KERNEL, EXU_TEST_CORE_GDB,
                                                      EXU_TEST_CORE_EXTENDED};
    for (size_t i = 0; i < EXU_COUNT(shapes); i++) {
        struct exu_test_core *w = make_process();
        size_t size;
        const uint8_t *bytes = exu_test_core_bytes(w, shapes[i], &size);
        struct exu_anomalies a;
        struct exu_core *core = open_bytes(bytes, size, &a);
        assert_int_equal(exu_anomaly_total(&a), 0);
        assert_int_equal(core->format, shapes[i] == EXU_TEST_CORE_GDB ? EXU_CORE_GCORE : EXU_CORE_KERNEL);
        assert_int_equal(core->signal, 0);
        check_process(core);
        finish(core, &a);
        exu_test_core_destroy(w);
    }
}

static void test_signals(void **state)
{
    (void)state;
    static const struct {
        int cursig, siginfo;
        enum exu_test_core_shape shape;
        int expected;
    } rows[] = {
        {11, 11, EXU_TEST_CORE_KERNEL, 11}, {0, 6, EXU_TEST_CORE_KERNEL, 6}, {0, 19, EXU_TEST_CORE_GDB, 0},
        {0, 5, EXU_TEST_CORE_GDB, 0},       {6, 6, EXU_TEST_CORE_GDB, 6},    {0, 0, EXU_TEST_CORE_GDB, 0},
    };
    for (size_t i = 0; i < EXU_COUNT(rows); i++) {
        struct exu_test_core *w = exu_test_core_create();
        exu_test_core_segment(w, 0x1000, PF_R, pattern, 0x1000, 0x1000);
        exu_test_core_thread(w, 1, rows[i].cursig, 0, 0);
        exu_test_core_process(w, 1, "p", "p");
        if (rows[i].siginfo)
            exu_test_core_signal(w, rows[i].siginfo);
        size_t size;
        const uint8_t *bytes = exu_test_core_bytes(w, rows[i].shape, &size);
        struct exu_anomalies a;
        struct exu_core *core = open_bytes(bytes, size, &a);
        assert_int_equal(core->signal, rows[i].expected);
        finish(core, &a);
        exu_test_core_destroy(w);
    }
}

static void test_truncated(void **state)
{
    (void)state;
    struct exu_test_core *w = exu_test_core_create();
    exu_test_core_segment(w, 0x10000, PF_R | PF_W, pattern, 0x2000, 0x2000);
    exu_test_core_segment(w, 0x20000, PF_R | PF_W, pattern, 0x2000, 0x2000);
    exu_test_core_thread(w, 1, 6, 0x10100, 0);
    size_t size;
    const uint8_t *bytes = exu_test_core_bytes(w, EXU_TEST_CORE_KERNEL, &size);
    struct exu_anomalies a;
    struct exu_core *core = open_bytes(bytes, size - 0x2800, &a);
    assert_int_equal(count_kind(&a, "truncated"), 1);
    assert_int_equal(count_kind(&a, "hole"), 2);
    assert_non_null(strstr(a.items[a.len - 1].message, "10240 bytes of 2 segments"));
    assert_memory_equal(exu_memory_at(core->memory, 0x10000, 0x1800), pattern, 0x1800);
    assert_null(exu_memory_at(core->memory, 0x11800, 1));
    assert_int_equal(exu_memory_segment(core->memory, 0x11800, NULL)->backing, EXU_BACKING_ABSENT);
    assert_null(exu_memory_at(core->memory, 0x20000, 1));
    assert_int_equal(exu_memory_mapping(core->memory, 0x11800)->dumped_bytes, 0x1800);
    assert_int_equal(exu_memory_mapping(core->memory, 0x20000)->dumped_bytes, 0);
    finish(core, &a);
    exu_test_core_destroy(w);
}

/* The number of segments is in section header 0, at the end: it is lost with the end. */
static void test_truncated_extended(void **state)
{
    (void)state;
    struct exu_test_core *w = make_process();
    size_t size;
    const uint8_t *bytes = exu_test_core_bytes(w, EXU_TEST_CORE_EXTENDED, &size);
    struct exu_anomalies a;
    struct exu_core *core = open_bytes(bytes, size - 1, &a);
    assert_true(count_kind(&a, "truncated") > 0);
    check_process(core);
    finish(core, &a);
    exu_test_core_destroy(w);
}

static void test_odd_segments(void **state)
{
    (void)state;
    struct exu_test_core *w = exu_test_core_create();
    exu_test_core_segment(w, 0x10000, PF_R, pattern, 0x2000, 0x2000);
    exu_test_core_segment(w, 0x11000, PF_R, pattern, 0x2000, 0x2000);            /* overlaps */
    exu_test_core_segment(w, UINT64_MAX - 0xfff, PF_R, pattern, 0x2000, 0x2000); /* wraps */
    exu_test_core_segment(w, 0x50000, PF_R, pattern, 0x1000, 0x800);             /* more in the file */
    exu_test_core_segment(w, 0x60001, PF_R, pattern, 0x1003, 0x1003);            /* not aligned */
    exu_test_core_segment(w, 0x70000, PF_R, pattern, 0x1000, (uint64_t)1 << 62); /* huge */
    exu_test_core_segment(w, 0x80000, PF_R, pattern, 0, 0);                      /* empty */
    size_t size;
    uint8_t *bytes = exu_test_core_bytes(w, EXU_TEST_CORE_KERNEL, &size);
    struct exu_anomalies a;
    struct exu_core *core = open_bytes(bytes, size, &a);
    assert_int_equal(count_kind(&a, "bad-segment"), 1);
    assert_true(count_kind(&a, "overlapping-segments") >= 1);
    assert_memory_equal(exu_memory_at(core->memory, 0x10000, 0x2000), pattern, 0x2000);
    assert_memory_equal(exu_memory_at(core->memory, 0x12000, 0x1000), pattern + 0x1000, 0x1000);
    assert_non_null(exu_memory_at(core->memory, 0x50000, 0x1000));
    assert_memory_equal(exu_memory_at(core->memory, 0x60001, 0x1003), pattern, 0x1003);
    assert_non_null(exu_memory_at(core->memory, 0x70000, 0x1000));
    assert_null(exu_memory_at(core->memory, 0x71000, 1));
    assert_non_null(exu_memory_at(core->memory, UINT64_MAX - 0xfff, 0xfff));
    assert_null(exu_memory_at(core->memory, UINT64_MAX - 0xfff, 0x1000));
    assert_null(exu_memory_at(core->memory, 0, 1));
    finish(core, &a);

    /* A segment that lies outside the file. */
    Elf64_Phdr *phdrs = (Elf64_Phdr *)(void *)(bytes + sizeof(Elf64_Ehdr));
    phdrs[1].p_offset = UINT64_MAX - 0x10;
    phdrs[4].p_offset = size + 1;
    core = open_bytes(bytes, size, &a);
    assert_int_equal(count_kind(&a, "truncated"), 1);
    assert_null(exu_memory_at(core->memory, 0x10000, 1));
    assert_null(exu_memory_at(core->memory, 0x50000, 1));
    assert_memory_equal(exu_memory_at(core->memory, 0x11000, 0x1000), pattern, 0x1000);
    finish(core, &a);
    exu_test_core_destroy(w);
}

static void test_odd_notes(void **state)
{
    (void)state;
    struct exu_test_core *w = make_process();
    uint64_t files[] = {1000, 4096, 0x5000, 0x4000, 0, 0x6000, 0x7000, UINT64_MAX};
    exu_test_core_note(w, "CORE", NT_FILE, files, sizeof files);
    exu_test_core_note(w, "CORE", NT_FILE, "xxxx", 4);
    exu_test_core_note(w, "CORE", NT_PRSTATUS, "xxxx", 4);
    exu_test_core_note(w, "CORE", NT_PRPSINFO, "", 0);
    exu_test_core_note(w, "OTHER", NT_PRSTATUS, pattern, 400);
    exu_test_core_note(w, "a long name of an owner", 1, pattern, 400);
    size_t size;
    const uint8_t *bytes = exu_test_core_bytes(w, EXU_TEST_CORE_KERNEL, &size);
    struct exu_anomalies a;
    struct exu_core *core = open_bytes(bytes, size, &a);
    assert_true(count_kind(&a, "bad-note") >= 4);
    check_process(core);
    finish(core, &a);
    exu_test_core_destroy(w);
}

/* The kernel's layout of a new program's stack. */
static void test_arguments(void **state)
{
    (void)state;
    static const char strings[] = "python3\0-c\0print(1)\0A=B";
    static const uint64_t base = 0x7ffe00000000;
    uint64_t stack[64] = {0};
    stack[10] = 3;
    stack[11] = base + 0x100;
    stack[12] = base + 0x108;
    stack[13] = base + 0x10b;
    stack[15] = base + 0x114;
    stack[17] = AT_RANDOM;
    stack[18] = base + 0xf0;
    stack[19] = AT_PAGESZ;
    stack[20] = 4096;
    memcpy((char *)stack + 0x100, strings, sizeof strings);
    static const struct {
        size_t changed;
        uint64_t value;
        const char *expected;
    } rows[] = {{0, 0, "python3 -c print(1)"},
                {10, 4, "short"},       /* argc does not fit */
                {16, 1, "short"},       /* no end of envp */
                {20, 4095, "short"},    /* not the auxv */
                {12, 0x10, "python3"}}; /* a wild pointer */
    for (size_t i = 0; i < EXU_COUNT(rows); i++) {
        uint64_t copy[64];
        memcpy(copy, stack, sizeof copy);
        if (i > 0)
            copy[rows[i].changed] = rows[i].value;
        struct exu_test_core *w = exu_test_core_create();
        exu_test_core_segment(w, base, PF_R | PF_W, copy, sizeof copy, sizeof copy);
        exu_test_core_thread(w, 1, 0, base, 0);
        exu_test_core_process(w, 1, "p", "short");
        exu_test_core_auxv(w, AT_RANDOM, base + 0xf0);
        exu_test_core_auxv(w, AT_PAGESZ, 4096);
        size_t size;
        const uint8_t *bytes = exu_test_core_bytes(w, EXU_TEST_CORE_KERNEL, &size);
        struct exu_anomalies a;
        struct exu_core *core = open_bytes(bytes, size, &a);
        assert_string_equal(core->arguments, rows[i].expected);
        finish(core, &a);
        exu_test_core_destroy(w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shapes),       cmocka_unit_test(test_signals),
        cmocka_unit_test(test_truncated),    cmocka_unit_test(test_truncated_extended),
        cmocka_unit_test(test_odd_segments), cmocka_unit_test(test_odd_notes),
        cmocka_unit_test(test_arguments),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
