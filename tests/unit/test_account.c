/* The kernel's account of a process: what smaps, control groups and status say, and what they say when they are damaged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/core.h"
#include "core_writer.h"
#include "dump/format.h"
#include <elf.h>
#include <stdlib.h>
#include <string.h>

static const char smaps[] = "55d0a000-55d0c000 r--p 00000000 08:01 1234 /usr/bin/python3 7f00-8000\n"
                            "Size:                  8 kB\n"
                            "Rss:                   4 kB\n"
                            "Pss:                   2 kB\n"
                            "Swap:                  0 kB\n"
                            "SwapPss:               8 kB\n"
                            "VmFlags: rd mr mw me\n"
                            "55d0c000-55d10000 rw-p 00002000 08:01 1234 /usr/bin/python3\n"
                            "Rss:                  12 kB\n"
                            "Swap:                  4 kB\n"
                            "7ffe0000-7fff0000 rw-p 00000000 00:00 0 [stack]\n"
                            "Rss:                   0 kB\n"
                            "Swap:                 64 kB"; /* cut short: no newline */

static void check_resident(const struct exu_account *account, exu_addr start, exu_addr end, uint64_t resident, uint64_t swapped)
{
    uint64_t r, s;
    assert_true(exu_account_resident(account, start, end, &r, &s));
    assert_int_equal(r, resident);
    assert_int_equal(s, swapped);
}

static void test_smaps(void **state)
{
    (void)state;
    struct exu_account account = {0};
    struct exu_anomalies anomalies;
    uint64_t r, s;
    exu_anomalies_init(&anomalies);
    assert_true(exu_account_smaps(&account, smaps, sizeof smaps - 1, &anomalies));
    assert_true(account.has_resident);
    assert_int_equal(account.ranges.len, 3);
    assert_int_equal(account.resident, 16 << 10);
    assert_int_equal(account.swapped, 68 << 10);
    check_resident(&account, 0x55d0a000, 0x55d0c000, 4 << 10, 0);
    check_resident(&account, 0x55d0a000, 0x55d10000, 16 << 10, 4 << 10); /* one of ours, two of the kernel's */
    check_resident(&account, 0x7ffd0000, 0x80000000, 0, 64 << 10);
    assert_false(exu_account_resident(&account, 0x55d0a000, 0x55d0d000, &r, &s)); /* it had grown */
    assert_false(exu_account_resident(&account, 0x55d0b000, 0x55d10000, &r, &s));
    assert_false(exu_account_resident(&account, 0x55d10000, 0x7ffe0000, &r, &s)); /* nothing is there */
    assert_int_equal(exu_anomaly_total(&anomalies), 0);
    exu_account_deinit(&account);
    exu_anomalies_deinit(&anomalies);
}

static void test_bad_smaps(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "2000-1000 r--p 0\nRss: 0 kB\n",                                /* ends before it starts */
        "1000-2000 r--p 0\nRss: 4 kB\n1000-3000 r--p 0\nRss: 4 kB\n",   /* overlap */
        "1000-2000 r--p 0\nRss: 5 kB\n",                                /* more than there is */
        "1000-2000 r--p 0\nSwap: 18014398509481983 kB\n",
    };
    static const char *const nothing[] = {"", "\n\n", "Rss: 4 kB\n", "1000-", "ffffffffffffffffff-1 r\n", "1000-2000\n", "-"};
    for (size_t i = 0; i < EXU_COUNT(bad) + EXU_COUNT(nothing); i++) {
        bool is_bad = i < EXU_COUNT(bad);
        const char *text = is_bad ? bad[i] : nothing[i - EXU_COUNT(bad)];
        struct exu_account account = {0};
        struct exu_anomalies anomalies;
        exu_anomalies_init(&anomalies);
        assert_true(exu_account_smaps(&account, text, strlen(text), &anomalies));
        assert_false(account.has_resident);
        assert_int_equal(account.resident, 0);
        assert_int_equal(exu_anomaly_total(&anomalies), is_bad);
        exu_account_deinit(&account);
        exu_anomalies_deinit(&anomalies);
    }
}

/* Whatever is cut off. */
static void test_cut_smaps(void **state)
{
    (void)state;
    for (size_t size = 0; size < sizeof smaps - 1; size++) {
        struct exu_account account = {0};
        struct exu_anomalies anomalies;
        exu_anomalies_init(&anomalies);
        char *copy = malloc(size + 1); /* of its own, so that sanitizers see its end */
        memcpy(copy, smaps, size);
        char *exact = realloc(copy, size ? size : 1);
        assert_true(exu_account_smaps(&account, exact, size, &anomalies));
        assert_true(account.resident <= 16 << 10);
        free(exact);
        exu_account_deinit(&account);
        exu_anomalies_deinit(&anomalies);
    }
}

static struct exu_account cgroup(const char *text, struct exu_bump *bump)
{
    struct exu_account account = {0};
    assert_true(exu_account_cgroup(&account, text, strlen(text), bump));
    return account;
}

static void test_cgroup(void **state)
{
    (void)state;
    struct exu_bump bump = {0};
    struct exu_account a = cgroup("memory.max 536870912\nmemory.high max\nmemory.current 12345\nmemory.max 7\nmemory.swap.max 0\n"
                                  "group /system.slice/a b.service\n",
                                  &bump);
    assert_int_equal(a.max.kind, EXU_LIMIT_BYTES);
    assert_int_equal(a.max.bytes, 536870912);
    assert_int_equal(a.high.kind, EXU_LIMIT_NONE);
    assert_int_equal(a.current.bytes, 12345);
    assert_int_equal(a.swap_max.kind, EXU_LIMIT_BYTES);
    assert_int_equal(a.peak.kind, EXU_LIMIT_UNKNOWN);
    assert_string_equal(a.group, "/system.slice/a b.service");
    a = cgroup("memory.limit_in_bytes 9223372036854771712\nmemory.usage_in_bytes 5\n", &bump); /* version 1 */
    assert_int_equal(a.max.kind, EXU_LIMIT_NONE);
    assert_int_equal(a.current.bytes, 5);
    a = cgroup("memory.max 12x\nmemory.current -1\nmemory.high 99999999999999999999\nmemory.peak\nmemory.swap.max \ngroup \n max\n", &bump);
    assert_int_equal(a.max.kind, EXU_LIMIT_UNKNOWN);
    assert_int_equal(a.current.kind, EXU_LIMIT_UNKNOWN);
    assert_int_equal(a.high.kind, EXU_LIMIT_UNKNOWN);
    assert_int_equal(a.peak.kind, EXU_LIMIT_UNKNOWN);
    assert_int_equal(a.swap_max.kind, EXU_LIMIT_UNKNOWN);
    assert_null(a.group);
    exu_bump_deinit(&bump);
}

static void test_status(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint32_t pid;
        uint64_t peak;
    } cases[] = {
        {"Name:\tNSpid:\nPid:\t4711\nNSpid:\t4711\t12\nVmHWM:\t   34948 kB\n", 12, 34948 << 10},
        {"NSpid:\t4711\t12\t1\n", 1, 0},
        {"NSpid:\t4711\n", 0, 0},
        {"NSpid:\t4711\tx\n", 0, 0},
        {"NSpid:\t4711\t99999999999\n", 0, 0},
        {"NSpid:\t0\t5\n", 0, 0},
        {"NSpid:\n", 0, 0},
        {"NSpid:", 0, 0},
    };
    for (size_t i = 0; i < EXU_COUNT(cases); i++) {
        struct exu_account account = {0};
        exu_account_status(&account, cases[i].text, strlen(cases[i].text));
        assert_int_equal(account.namespace_pid, cases[i].pid);
        assert_int_equal(account.peak_resident, cases[i].peak);
    }
}

/* As notes of a core. */
static void test_notes(void **state)
{
    (void)state;
    static const char limits[] = "memory.max 1000000\n", status[] = "NSpid:\t9\t2\n";
    static uint8_t page[0x1000];
    struct exu_test_core *w = exu_test_core_create();
    exu_test_core_segment(w, 0x55d0a000, PF_R, page, sizeof page, 0x2000);
    exu_test_core_thread(w, 9, 0, 0x55d0a800, 0x55d0a740);
    exu_test_core_note(w, EXU_NOTE_OWNER, EXU_NOTE_SMAPS, smaps, sizeof smaps - 1);
    exu_test_core_note(w, EXU_NOTE_OWNER, EXU_NOTE_CGROUP, limits, sizeof limits - 1);
    exu_test_core_note(w, EXU_NOTE_OWNER, EXU_NOTE_STATUS, status, sizeof status - 1);
    size_t size;
    const uint8_t *bytes = exu_test_core_bytes(w, EXU_TEST_CORE_KERNEL, &size);
    char *directory = exu_test_make_directory(), *path = exu_test_write_file(directory, "core", bytes, size);
    struct exu_core *core = NULL;
    struct exu_anomalies anomalies;
    exu_anomalies_init(&anomalies);
    struct exu_error *error = exu_core_open(&core, path, NULL, &anomalies);
    if (error)
        fail_msg("%s", error->message);
    check_resident(&core->account, 0x55d0a000, 0x55d0c000, 4 << 10, 0);
    assert_int_equal(core->account.max.bytes, 1000000);
    assert_int_equal(core->account.namespace_pid, 2);
    exu_core_close(core);
    exu_anomalies_deinit(&anomalies);
    exu_test_core_destroy(w);
    exu_test_remove_tree(directory);
    free(path);
    free(directory);
}

/* ---- versions ---- */

#define LIBRARY UINT64_C(0x7f0000000000)
#define JEMALLOC "5.3.0-0-g54eaed1d8b56b1aa528be3bdd1877e59c56fa90c"

/* A library of two pages, of which the second has that text, which might be notes. */
#define TEXT_AT 0x1064
static struct exu_core *with_library(const char *path, const char *text, size_t size, const void *said, size_t said_size)
{
    static uint8_t pages[0x2000];
    const Elf64_Ehdr ehdr = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT}, .e_type = ET_DYN,
                             .e_machine = EM_X86_64, .e_version = EV_CURRENT, .e_phoff = sizeof ehdr, .e_ehsize = sizeof ehdr,
                             .e_phentsize = sizeof(Elf64_Phdr), .e_phnum = 2};
    const Elf64_Phdr headers[] = {
        {.p_type = PT_LOAD, .p_flags = PF_R, .p_filesz = sizeof pages, .p_memsz = sizeof pages, .p_align = 0x1000},
        {.p_type = PT_NOTE, .p_flags = PF_R, .p_offset = TEXT_AT, .p_vaddr = TEXT_AT, .p_filesz = size, .p_memsz = size, .p_align = 4},
    };
    memset(pages, 0, sizeof pages);
    memcpy(pages, &ehdr, sizeof ehdr);
    memcpy(pages + sizeof ehdr, headers, sizeof headers);
    memcpy(pages + TEXT_AT, text, size);
    struct exu_test_core *w = exu_test_core_create();
    exu_test_core_segment(w, LIBRARY, PF_R, pages, sizeof pages, sizeof pages);
    exu_test_core_file(w, LIBRARY, LIBRARY + 0x2000, 0, path);
    exu_test_core_thread(w, 9, 0, 0x55d0a800, 0x55d0a740);
    if (said)
        exu_test_core_note(w, EXU_NOTE_OWNER, EXU_NOTE_VERSIONS, said, said_size);
    size_t core_size;
    const uint8_t *bytes = exu_test_core_bytes(w, EXU_TEST_CORE_KERNEL, &core_size);
    char *directory = exu_test_make_directory(), *file = exu_test_write_file(directory, "core", bytes, core_size);
    struct exu_core *core = NULL;
    struct exu_anomalies anomalies;
    exu_anomalies_init(&anomalies);
    struct exu_error *error = exu_core_open(&core, file, &(struct exu_core_options){.sysroot = "/nonexistent"}, &anomalies);
    if (error)
        fail_msg("%s", error->message);
    exu_anomalies_deinit(&anomalies);
    exu_test_core_destroy(w);
    exu_test_remove_tree(directory);
    free(file);
    free(directory);
    return core;
}

static void test_versions(void **state)
{
    (void)state;
    static const struct {
        const char *path, *text, *c_library, *malloc;
    } cases[] = {
        {"/lib/libc.so.6", "GNU C Library (Debian GLIBC 2.36-9) stable release version 2.36.\nCopyright", "glibc 2.36 (Debian GLIBC 2.36-9)", NULL},
        {"/lib/libc-2.31.so", "GNU C Library (x) (y) development release version 2.31\n", "glibc 2.31 (x)", NULL},
        {"/lib/libc.so.6", "GNU C Library (no version", NULL, NULL},
        {"/lib/libc.so.6", "GNU C Library (x) version .\n", NULL, NULL},
        {"/lib/libc.so.6", "nothing", NULL, NULL},
        {"/lib/ld-musl-x86_64.so.1", "1.2.3", "musl", NULL},
        {"/lib/libjemalloc.so.2", JEMALLOC, NULL, "jemalloc " JEMALLOC},
        {"/lib/libjemalloc.so.2", JEMALLOC "0", NULL, NULL},
        {"/lib/libjemalloc.so.2", "-g", NULL, NULL},
        {"/lib/libtcmalloc_minimal.so.4", "gperftools 2.10", NULL, "tcmalloc (gperftools 2.10)"},
        {"/lib/libmimalloc.so.2.0", "", NULL, "mimalloc 2.0"},
        {"/lib/libmimalloc", "", NULL, "mimalloc"},
    };
    for (size_t i = 0; i < EXU_COUNT(cases); i++) {
        struct exu_core *core = with_library(cases[i].path, cases[i].text, strlen(cases[i].text), NULL, 0);
        const char *c = core->versions.c_library, *m = core->versions.malloc;
        if (cases[i].c_library)
            assert_string_equal(c, cases[i].c_library);
        else
            assert_null(c);
        if (cases[i].malloc)
            assert_string_equal(m, cases[i].malloc);
        else
            assert_null(m);
        exu_core_close(core);
    }
}

/* A text that ends with its page, all of it. */
static void test_versions_at_the_end(void **state)
{
    (void)state;
    static char text[0x1000 - 100];
    static const char start[] = "GNU C Library (", middle[] = ") stable release version 2.3";
    memset(text, 'x', sizeof text);
    memcpy(text + sizeof text - 60, start, sizeof start - 1);
    memcpy(text + sizeof text - (sizeof middle - 1), middle, sizeof middle - 1);
    struct exu_core *core = with_library("/lib/libc.so.6", text, sizeof text, NULL, 0);
    assert_non_null(core->versions.c_library);
    assert_memory_equal(core->versions.c_library, "glibc 2.3 (xx", 13);
    exu_core_close(core);
    memcpy(text + sizeof text - 2, "-g", 2);
    core = with_library("/lib/libjemalloc.so.2", text, sizeof text, NULL, 0);
    assert_null(core->versions.malloc);
    exu_core_close(core);
}

/* ---- the package note ---- */

static void test_package(void **state)
{
    (void)state;
    static const char build_id[] = "\4\0\0\0\2\0\0\0\3\0\0\0GNU\0\xab\xcd\0"; /* and one byte of padding by the literal */
    static const char text[] = "{\"name\":\"x\"}";
    static const struct {
        uint32_t name_size, size, type;
        const char *owner;
        bool found;
    } cases[] = {
        {4, sizeof text, 0xcafe1a7e, "FDO", true},      {4, sizeof text - 1, 0xcafe1a7e, "FDO", true}, /* without its NUL */
        {4, sizeof text, 0xcafe1a7d, "FDO", false},     {4, sizeof text, 0xcafe1a7e, "GNU", false},
        {4, sizeof text + 99, 0xcafe1a7e, "FDO", false}, {4, UINT32_MAX, 0xcafe1a7e, "FDO", false},
        {UINT32_MAX, sizeof text, 0xcafe1a7e, "FDO", false}, {4, 0, 0xcafe1a7e, "FDO", false},
    };
    for (size_t i = 0; i < EXU_COUNT(cases); i++)
        for (unsigned behind = 0; behind < 2; behind++) { /* alone, and behind another note */
            char notes[128] = {0};
            size_t at = behind ? sizeof build_id : 0;
            uint32_t head[3] = {cases[i].name_size, cases[i].size, cases[i].type};
            memcpy(notes, build_id, at);
            memcpy(notes + at, head, sizeof head);
            memcpy(notes + at + 12, cases[i].owner, 4);
            memcpy(notes + at + 16, text, sizeof text);
            struct exu_core *core = with_library("/lib/libx.so", notes, at + 16 + sizeof text, NULL, 0);
            const char *package = exu_image_package(core, &core->images[0]);
            if (cases[i].found)
                assert_string_equal(package, text);
            else
                assert_null(package);
            if (behind)
                assert_string_equal(core->images[0].build_id, "abcd");
            exu_core_close(core);
        }
}

static void test_said(void **state)
{
    (void)state;
    static const uint8_t said[] = {3, 0, 0, 0, 'a', 'b', 'c', 255, 255, 255, 255, 1, 0, 0, 0, '3'};
    struct exu_core *core = with_library("/lib/libc.so.6", "", 0, said, sizeof said);
    assert_string_equal(core->said.c_library, "abc");
    assert_null(core->said.malloc);
    assert_string_equal(core->said.python, "3");
    exu_core_close(core);
    for (size_t size = 0; size < sizeof said; size++) { /* cut off anywhere: nothing is taken */
        core = with_library("/lib/libc.so.6", "", 0, said, size);
        assert_null(core->said.c_library);
        assert_null(core->said.python);
        exu_core_close(core);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_smaps),  cmocka_unit_test(test_bad_smaps), cmocka_unit_test(test_cut_smaps),
        cmocka_unit_test(test_cgroup), cmocka_unit_test(test_status),    cmocka_unit_test(test_notes),
        cmocka_unit_test(test_versions), cmocka_unit_test(test_versions_at_the_end), cmocka_unit_test(test_said), cmocka_unit_test(test_package),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
