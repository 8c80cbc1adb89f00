/* A core cut short anywhere, and with any byte of its headers changed: an error or a partial core, never
 * more. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/core.h"
#include "core_use.h"
#include "core_writer.h"
#include "image_writer.h"
#include <elf.h>
#include <stdlib.h>
#include <string.h>

#define BASE 0x7f0000000000
#define STACK 0x7ffe00000000

static char *directory, *library_path;
static uint8_t *library;

static const struct exu_test_symbol symbols[] = {{"first", 0x3200, 16, false}, {"second", 0x3300, 8, false}};

static int set_up(void **state)
{
    (void)state;
    directory = exu_test_make_directory();
    struct exu_test_image image = {.build_id = "\x11\x22\x33",
                                   .dynamic = symbols,
                                   .dynamic_count = 2,
                                   .symtab = symbols,
                                   .symtab_count = 2,
                                   .fill = 0xab};
    size_t size;
    library = exu_test_image_make(&image, &size);
    library_path = exu_test_write_file(directory, "lib.so", library, size);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    exu_test_remove_tree(directory);
    free(library_path);
    free(library);
    free(directory);
    return 0;
}

static struct exu_test_core *make_core(void)
{
    struct exu_test_core *w = exu_test_core_create();
    exu_test_core_segment(w, BASE, PF_R, library, 0x2000, 0x2000);
    exu_test_core_segment(w, BASE + 0x2000, PF_R | PF_X, NULL, 0, 0x1000);
    exu_test_core_segment(w, BASE + 0x3000, PF_R | PF_W, library + 0x3000, 0x1000, 0x1000);
    exu_test_core_segment(w, STACK, PF_R | PF_W, NULL, 0x1000, 0x1000);
    exu_test_core_file(w, BASE, BASE + 0x2000, 0, library_path);
    exu_test_core_file(w, BASE + 0x2000, BASE + 0x3000, 0x2000, library_path);
    exu_test_core_file(w, BASE + 0x3000, BASE + 0x4000, 0x3000, library_path);
    exu_test_core_thread(w, 7, 11, STACK + 0x800, 0);
    exu_test_core_process(w, 7, "p", "p");
    exu_test_core_auxv(w, AT_ENTRY, BASE + 0x2000);
    return w;
}

/* Opens it and uses all of it; returns whether it could be opened. */
static bool use(const void *bytes, size_t size, uint64_t *ret_core_bytes)
{
    struct exu_anomalies a;
    exu_anomalies_init(&a);
    struct exu_core *core = exu_test_core_try(directory, bytes, size, &a);
    bool opened = core;
    *ret_core_bytes = 0;
    if (core)
        exu_test_core_use(core, "second", BASE + 0x3204);
    for (size_t i = 0; core && i < core->memory->segment_count; i++) {
        const struct exu_segment *s = &core->memory->segments[i];
        assert_true((s->backing == EXU_BACKING_ABSENT) == (s->bytes == NULL));
        if (s->backing == EXU_BACKING_CORE)
            *ret_core_bytes += s->end - s->start;
    }
    exu_core_close(core);
    exu_anomalies_deinit(&a);
    return opened;
}

static void test_cuts(void **state)
{
    (void)state;
    static const enum exu_test_core_shape shapes[] = {EXU_TEST_CORE_KERNEL, EXU_TEST_CORE_GDB,
                                                      EXU_TEST_CORE_EXTENDED};
    for (size_t i = 0; i < EXU_COUNT(shapes); i++) {
        struct exu_test_core *w = make_core();
        size_t size, headers = sizeof(Elf64_Ehdr) + 5 * sizeof(Elf64_Phdr);
        const uint8_t *bytes = exu_test_core_bytes(w, shapes[i], &size);
        uint64_t last = 0, core_bytes;
        for (size_t cut = 0; cut <= size; cut += cut < 2048 ? 3 : 97) {
            bool opened = use(bytes, cut, &core_bytes);
            assert_int_equal(opened, cut >= headers);
            if (opened)
                assert_true(core_bytes >= last);
            last = core_bytes;
        }
        exu_test_core_destroy(w);
    }
}

static void test_flips(void **state)
{
    (void)state;
    static const uint8_t values[] = {0, 0xff};
    static const enum exu_test_core_shape shapes[] = {EXU_TEST_CORE_KERNEL, EXU_TEST_CORE_EXTENDED};
    for (size_t k = 0; k < EXU_COUNT(shapes); k++) {
        struct exu_test_core *w = make_core();
        size_t size;
        uint64_t core_bytes;
        uint8_t *bytes = exu_test_core_bytes(w, shapes[k], &size);
        size_t headers = sizeof(Elf64_Ehdr) + 5 * sizeof(Elf64_Phdr) + 1024;
        for (size_t i = 4; i < headers; i += k + 1) {
            for (size_t v = 0; v < EXU_COUNT(values); v++) {
                uint8_t saved = bytes[i];
                bytes[i] = values[v];
                use(bytes, size, &core_bytes);
                bytes[i] = saved;
            }
        }
        exu_test_core_destroy(w);
    }
}

/* The object's own headers, dynamic section and hash table, as the process may have left them. */
static void test_image_flips(void **state)
{
    (void)state;
    struct exu_test_core *w = make_core();
    size_t size;
    uint64_t core_bytes;
    uint8_t *bytes = exu_test_core_bytes(w, EXU_TEST_CORE_KERNEL, &size);
    size_t first = size - 0x4000; /* 0x2000 of headers, then 0x1000 of data, then the stack */
    static const struct {
        size_t at, length;
    } parts[] = {{0, 64 + 5 * 56}, {0x800, 24}, {0x1000, 72}, {0x1c00, 48}, {0x2000, 176}};
    srandom(5);
    for (size_t p = 0; p < EXU_COUNT(parts); p++) {
        for (size_t i = 0; i < parts[p].length; i++) {
            uint8_t *at = bytes + first + parts[p].at + i, saved = *at;
            *at = (uint8_t)(i % 3 == 0 ? 0xff : random());
            use(bytes, size, &core_bytes);
            *at = saved;
        }
    }
    exu_test_core_destroy(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cuts),
        cmocka_unit_test(test_flips),
        cmocka_unit_test(test_image_flips),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
