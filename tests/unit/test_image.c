/* Mapped ELF files: which file is taken, what is read from it, symbols. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/core.h"
#include "core_writer.h"
#include "image_writer.h"
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#define BASE 0x7f0000000000
#define PROGRAM 0x400000
#define STACK 0x7ffe00000000
#define ID "\x11\x22\x33\x44\x55"
#define OTHER_ID "\x11\x22\x33\x44\x56"

static char *directory;

static const struct exu_test_symbol dynamic_symbols[] = {
    {"first", 0x3200, 16, false}, {"second", 0x3300, 8, false}, {"third", 0x2100, 32, false}};
static const struct exu_test_symbol symtab[] = {{"first", 0x3200, 16, false},
                                                {"hidden", 0x3400, 64, true},
                                                {"inner", 0x3410, 8, true},
                                                {"one.c", 0, 0, true},
                                                {"twice", 0x3500, 8, true},
                                                {"../Objects/two.c", 0, 0, true},
                                                {"twice", 0x3600, 8, true},
                                                {"both", 0x3700, 8, true},
                                                {"both", 0x3710, 8, false},
                                                {"moved.lto_priv.0", 0x3800, 8, true},
                                                {"multi.lto_priv.0", 0x3810, 8, true},
                                                {"multi.lto_priv.1", 0x3820, 8, true}};

static int set_up(void **state)
{
    (void)state;
    directory = exu_test_make_directory();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    exu_test_remove_tree(directory);
    free(directory);
    return 0;
}

static struct exu_test_image library(void)
{
    return (struct exu_test_image){.build_id = ID,
                                   .dynamic = dynamic_symbols,
                                   .dynamic_count = EXU_COUNT(dynamic_symbols),
                                   .symtab = symtab,
                                   .symtab_count = EXU_COUNT(symtab),
                                   .fill = 0xab};
}

/* How much of the object the core has. */
struct dumped {
    uint64_t headers, code, data;
};

static const struct dumped kernel_default = {0x1000, 0, 0x1000};

/* A core of a process with that object at BASE (a program: at its base), mapped from `path`. */
static void map_image(struct exu_test_core *w, const uint8_t *elf, exu_addr at, const char *path,
                      const struct dumped *dumped)
{
    exu_test_core_segment(w, at, PF_R, elf, dumped->headers, 0x2000);
    exu_test_core_segment(w, at + 0x2000, PF_R | PF_X, elf + 0x2000, dumped->code, 0x1000);
    exu_test_core_segment(w, at + 0x3000, PF_R | PF_W, elf + 0x3000, dumped->data, 0x1000);
    exu_test_core_segment(w, at + 0x4000, PF_R | PF_W, NULL, 0x1000, 0x1000);
    exu_test_core_file(w, at, at + 0x2000, 0, path);
    exu_test_core_file(w, at + 0x2000, at + 0x3000, 0x2000, path);
    exu_test_core_file(w, at + 0x3000, at + 0x4000, 0x3000, path);
}

static void add_stack(struct exu_test_core *w)
{
    exu_test_core_segment(w, STACK, PF_R | PF_W, NULL, 0x1000, 0x1000);
    exu_test_core_thread(w, 7, 11, STACK + 0x800, 0);
    exu_test_core_process(w, 7, "p", "p");
}

static struct exu_core *open_writer(struct exu_test_core *w, enum exu_test_core_shape shape,
                                    const struct exu_core_options *options, struct exu_anomalies *a)
{
    size_t size;
    const uint8_t *bytes = exu_test_core_bytes(w, shape, &size);
    char *path = exu_test_write_file(directory, "core", bytes, size);
    struct exu_core *core = NULL;
    exu_anomalies_init(a);
    struct exu_error *error = exu_core_open(&core, path, options, a);
    if (error)
        fail_msg("%s", error->message);
    free(path);
    exu_test_core_destroy(w);
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

/* A file with this description at `name`; returns its path. */
static char *write_image(const char *name, const struct exu_test_image *image)
{
    size_t size;
    uint8_t *elf = exu_test_image_make(image, &size);
    char *path = exu_test_write_file(directory, name, elf, size);
    free(elf);
    return path;
}

/* A core of a process that mapped `mapped` from `path`. */
static struct exu_core *open_library(const struct exu_test_image *mapped, const char *path,
                                     const struct dumped *dumped, enum exu_test_core_shape shape,
                                     const struct exu_core_options *options, struct exu_anomalies *a)
{
    size_t size;
    uint8_t *elf = exu_test_image_make(mapped, &size);
    exu_test_image_relocate(elf, BASE);
    struct exu_test_core *w = exu_test_core_create();
    map_image(w, elf, BASE, path, dumped);
    add_stack(w);
    free(elf);
    struct exu_core *core = open_writer(w, shape, options, a);
    assert_int_equal(core->image_count, 1);
    assert_int_equal(core->images[0].start, BASE);
    if (dumped->headers > 0 || core->images[0].local_path)
        assert_int_equal(core->images[0].end, BASE + EXU_TEST_IMAGE_END);
    assert_int_equal(core->images[0].bias, BASE);
    return core;
}

static void expect_filled(const struct exu_core *core, bool filled)
{
    const uint8_t *code = exu_memory_at(core->memory, BASE + 0x2800, 8);
    if (filled) {
        assert_non_null(code);
        assert_int_equal(code[0], 0xab);
        assert_int_equal(exu_memory_segment(core->memory, BASE + 0x2800, NULL)->backing, EXU_BACKING_FILE);
        assert_non_null(exu_memory_at(core->memory, BASE + 0x1000, 0x1000));
        assert_non_null(core->images[0].local_path);
        assert_null(core->images[0].mismatch);
    } else {
        assert_null(code);
        assert_null(exu_memory_at(core->memory, BASE + 0x1000, 1));
        assert_null(core->images[0].local_path);
    }
}

static void test_by_path(void **state)
{
    (void)state;
    struct exu_test_image image = library();
    char *path = write_image("lib.so", &image);
    static const enum exu_test_core_shape shapes[] = {EXU_TEST_CORE_KERNEL, EXU_TEST_CORE_GDB};
    for (size_t i = 0; i < EXU_COUNT(shapes); i++) {
        struct exu_anomalies a;
        struct exu_core *core = open_library(&image, path, &kernel_default, shapes[i], NULL, &a);
        assert_int_equal(exu_anomaly_total(&a), 0);
        assert_string_equal(core->images[0].build_id, "1122334455");
        assert_string_equal(core->images[0].path, path);
        assert_string_equal(core->images[0].local_path, path);
        assert_false(core->images[0].is_executable);
        expect_filled(core, true);
        assert_string_equal(exu_memory_mapping(core->memory, BASE + 0x4000)->kind, "bss");
        assert_ptr_equal(exu_core_image_at(core, BASE + 0x4fff), &core->images[0]);
        assert_null(exu_core_image_at(core, BASE + 0x5000));
        assert_null(exu_core_image_at(core, BASE - 1));
        finish(core, &a);
    }
    free(path);
}

static void test_mismatch(void **state)
{
    (void)state;
    struct exu_test_image image = library(), other = library();
    struct exu_anomalies a;
    other.build_id = OTHER_ID;
    char *path = write_image("lib.so", &other);
    struct exu_core *core = open_library(&image, path, &kernel_default, EXU_TEST_CORE_KERNEL, NULL, &a);
    assert_int_equal(count_kind(&a, "build-id-mismatch"), 1);
    assert_non_null(core->images[0].mismatch);
    assert_non_null(strstr(core->images[0].mismatch, "1122334456"));
    expect_filled(core, false);
    /* The right one, under its build-id. */
    finish(core, &a);
    char *right = write_image("debug/.build-id/11/22334455", &image), debug[4096];
    snprintf(debug, sizeof debug, "%s/debug", directory);
    const char *directories[] = {"/nowhere", debug};
    struct exu_core_options options = {.debug_dirs = directories, .debug_dir_count = 2};
    core = open_library(&image, path, &kernel_default, EXU_TEST_CORE_KERNEL, &options, &a);
    expect_filled(core, true);
    assert_string_equal(core->images[0].local_path, right);
    finish(core, &a);
    free(right);
    free(path);
    /* A file without a build-id is not it, either. */
    other.build_id = NULL;
    path = write_image("lib.so", &other);
    core = open_library(&image, path, &kernel_default, EXU_TEST_CORE_KERNEL, NULL, &a);
    expect_filled(core, false);
    assert_int_equal(count_kind(&a, "build-id-mismatch"), 1);
    finish(core, &a);
    free(path);
}

static void test_sysroot(void **state)
{
    (void)state;
    struct exu_test_image image = library();
    struct exu_anomalies a;
    char *path = write_image("root/opt/x/lib.so", &image), root[4096];
    snprintf(root, sizeof root, "%s/root/", directory);
    struct exu_core_options options = {.sysroot = root};
    struct exu_core *core =
        open_library(&image, "/opt/x/lib.so", &kernel_default, EXU_TEST_CORE_KERNEL, &options, &a);
    expect_filled(core, true);
    assert_string_equal(core->images[0].local_path, path);
    finish(core, &a);
    options.sysroot = "/nowhere";
    core = open_library(&image, "/opt/x/lib.so", &kernel_default, EXU_TEST_CORE_KERNEL, &options, &a);
    expect_filled(core, false);
    assert_null(core->images[0].mismatch);
    finish(core, &a);
    free(path);
}

static void test_deleted(void **state)
{
    (void)state;
    struct exu_test_image image = library();
    struct exu_anomalies a;
    char *path = write_image("lib.so", &image), gone[4096];
    snprintf(gone, sizeof gone, "%s (deleted)", path);
    struct exu_core *core = open_library(&image, gone, &kernel_default, EXU_TEST_CORE_KERNEL, NULL, &a);
    assert_string_equal(core->images[0].path, path);
    expect_filled(core, true);
    finish(core, &a);
    /* Without a build-id, another file took its place for all we know. */
    image.build_id = NULL;
    free(write_image("lib.so", &image));
    core = open_library(&image, gone, &kernel_default, EXU_TEST_CORE_KERNEL, NULL, &a);
    expect_filled(core, false);
    finish(core, &a);
    free(path);
}

/* The core has no build-id: everything else must agree, and something must be there to agree. */
static void test_unverified(void **state)
{
    (void)state;
    struct exu_test_image image = library(), other = library();
    struct exu_anomalies a;
    static const struct dumped no_headers = {0, 0, 0x1000}, nothing = {0, 0, 0};
    char *path = write_image("lib.so", &image);
    struct exu_core *core = open_library(&image, path, &no_headers, EXU_TEST_CORE_KERNEL, NULL, &a);
    assert_int_equal(count_kind(&a, "unverified-file"), 1);
    expect_filled(core, true);
    finish(core, &a);
    /* Newer than the core. */
    struct timeval times[2] = {{.tv_sec = 4000000000}, {.tv_sec = 4000000000}};
    assert_int_equal(utimes(path, times), 0);
    core = open_library(&image, path, &no_headers, EXU_TEST_CORE_KERNEL, NULL, &a);
    assert_int_equal(count_kind(&a, "unverified-file"), 1);
    expect_filled(core, false);
    finish(core, &a);
    /* Nothing to compare. */
    free(write_image("lib.so", &image));
    times[0].tv_sec = times[1].tv_sec = 1000000000;
    assert_int_equal(utimes(path, times), 0);
    size_t size;
    uint8_t *elf = exu_test_image_make(&image, &size);
    struct exu_test_core *w = exu_test_core_create();
    map_image(w, elf, BASE, path, &nothing);
    add_stack(w);
    core = open_writer(w, EXU_TEST_CORE_KERNEL, NULL, &a);
    assert_null(exu_memory_at(core->memory, BASE + 0x2800, 1));
    assert_int_equal(count_kind(&a, "unverified-file"), 1);
    finish(core, &a);
    /* Another dynamic section. */
    other.dynamic_count = 2;
    free(write_image("lib.so", &other));
    assert_int_equal(utimes(path, times), 0);
    w = exu_test_core_create();
    map_image(w, elf, BASE, path, &no_headers);
    add_stack(w);
    core = open_writer(w, EXU_TEST_CORE_KERNEL, NULL, &a);
    assert_null(exu_memory_at(core->memory, BASE + 0x2800, 1));
    assert_int_equal(count_kind(&a, "unverified-file"), 1);
    finish(core, &a);
    free(elf);
    free(path);
}

/* Data that is not in the core: clean in a kernel's core that has anonymous memory, unknown in gdb's. */
static void test_clean_data(void **state)
{
    (void)state;
    struct exu_test_image image = library();
    struct exu_anomalies a;
    static const struct dumped clean = {0x1000, 0, 0};
    char *path = write_image("lib.so", &image);
    struct exu_core *core = open_library(&image, path, &clean, EXU_TEST_CORE_KERNEL, NULL, &a);
    assert_non_null(exu_memory_at(core->memory, BASE + 0x3800, 1));
    assert_int_equal(exu_memory_segment(core->memory, BASE + 0x3800, NULL)->backing, EXU_BACKING_FILE);
    finish(core, &a);
    core = open_library(&image, path, &clean, EXU_TEST_CORE_GDB, NULL, &a);
    assert_null(exu_memory_at(core->memory, BASE + 0x3800, 1));
    expect_filled(core, true);
    finish(core, &a);
    /* The stack was not dumped: the filter left out anonymous memory, changed data with it. */
    size_t size;
    uint8_t *elf = exu_test_image_make(&image, &size);
    struct exu_test_core *w = exu_test_core_create();
    map_image(w, elf, BASE, path, &clean);
    exu_test_core_segment(w, STACK, PF_R | PF_W, NULL, 0, 0x1000);
    exu_test_core_thread(w, 7, 11, STACK + 0x800, 0);
    core = open_writer(w, EXU_TEST_CORE_KERNEL, NULL, &a);
    assert_null(exu_memory_at(core->memory, BASE + 0x3800, 1));
    expect_filled(core, true);
    finish(core, &a);
    free(elf);
    free(path);
}

/* A file shorter than its mapping ends where its last page ends. */
static void test_short_file(void **state)
{
    (void)state;
    struct exu_test_image image = library();
    struct exu_anomalies a;
    size_t size;
    uint8_t *elf = exu_test_image_make(&image, &size);
    char *path = exu_test_write_file(directory, "lib.so", elf, 0x1810);
    struct exu_core *core = open_library(&image, path, &kernel_default, EXU_TEST_CORE_KERNEL, NULL, &a);
    assert_non_null(exu_memory_at(core->memory, BASE + 0x1000, 0x1000));
    assert_int_equal(*exu_memory_at(core->memory, BASE + 0x1fff, 1), 0);
    assert_null(exu_memory_at(core->memory, BASE + 0x2000, 1));
    struct exu_symbol symbol;
    assert_false(exu_image_static_symbol(core, &core->images[0], "hidden", &symbol));
    finish(core, &a);
    free(elf);
    free(path);
}

static void test_program(void **state)
{
    (void)state;
    struct exu_test_image image = library();
    struct exu_test_symbol symbol = {"_PyRuntime", PROGRAM + 0x3200, 16, false};
    struct exu_anomalies a;
    image.program = true;
    image.base = PROGRAM;
    image.dynamic = &symbol;
    image.dynamic_count = 1;
    size_t size;
    uint8_t *elf = exu_test_image_make(&image, &size);
    char *elsewhere = write_image("elsewhere", &image);
    for (int auxv = 0; auxv < 2; auxv++) {
        struct exu_test_core *w = exu_test_core_create();
        map_image(w, elf, PROGRAM, "/gone/python3", &kernel_default);
        exu_test_core_segment(w, PROGRAM + 0x40000, PF_R | PF_W, NULL, 0x1000, 0x1000);
        add_stack(w);
        if (auxv)
            exu_test_core_auxv(w, AT_ENTRY, PROGRAM + 0x2000);
        struct exu_core_options options = {.exe = elsewhere};
        struct exu_core *core = open_writer(w, EXU_TEST_CORE_KERNEL, &options, &a);
        assert_int_equal(core->image_count, 1);
        assert_true(core->images[0].is_executable);
        assert_int_equal(core->images[0].bias, 0);
        assert_string_equal(core->executable, "/gone/python3");
        assert_string_equal(core->images[0].local_path, elsewhere);
        assert_non_null(exu_memory_at(core->memory, PROGRAM + 0x2800, 1));
        assert_string_equal(exu_memory_mapping(core->memory, PROGRAM + 0x4000)->kind, "bss");
        assert_string_equal(exu_memory_mapping(core->memory, PROGRAM + 0x40000)->kind, "heap");
        struct exu_symbol found;
        assert_true(exu_image_dynamic_symbol(core, &core->images[0], "_PyRuntime", &found));
        assert_int_equal(found.address, PROGRAM + 0x3200);
        finish(core, &a);
    }
    struct exu_core_options options = {.exe = "/nowhere/python"};
    struct exu_core *core = NULL;
    char path[4096];
    snprintf(path, sizeof path, "%s/core", directory);
    struct exu_error *error = exu_core_open(&core, path, &options, NULL);
    assert_non_null(error);
    assert_int_equal(error->code, EXU_ERROR_INPUT);
    exu_error_free(error);
    free(elsewhere);
    free(elf);
}

static void check_dynamic(const struct exu_core *core)
{
    struct exu_symbol symbol;
    for (size_t i = 0; i < EXU_COUNT(dynamic_symbols); i++) {
        assert_true(exu_image_dynamic_symbol(core, &core->images[0], dynamic_symbols[i].name, &symbol));
        assert_int_equal(symbol.address, BASE + dynamic_symbols[i].value);
        assert_int_equal(symbol.size, dynamic_symbols[i].size);
        assert_int_equal(symbol.type, STT_OBJECT);
    }
    assert_false(exu_image_dynamic_symbol(core, &core->images[0], "firs", &symbol));
    assert_false(exu_image_dynamic_symbol(core, &core->images[0], "", &symbol));
    uint64_t offset;
    assert_string_equal(exu_image_symbol_at(core, &core->images[0], BASE + 0x2110, &offset), "third");
    assert_int_equal(offset, 0x10);
    assert_null(exu_image_symbol_at(core, &core->images[0], BASE + 0x2120, &offset));
    assert_null(exu_image_symbol_at(core, &core->images[0], BASE, &offset));
}

/* Both hash tables; from the core alone, and with the symbols' pages only in the file. */
static void test_dynamic_symbols(void **state)
{
    (void)state;
    static const struct dumped whole = {0x2000, 0, 0x1000};
    for (int sysv = 0; sysv < 2; sysv++) {
        struct exu_test_image image = library();
        struct exu_anomalies a;
        image.sysv_hash = sysv;
        image.symtab_count = 0;
        char *path = write_image("lib.so", &image);
        struct exu_core *core = open_library(&image, "/gone/lib.so", &whole, EXU_TEST_CORE_KERNEL, NULL, &a);
        assert_null(core->images[0].local_path);
        check_dynamic(core);
        finish(core, &a);
        core = open_library(&image, path, &kernel_default, EXU_TEST_CORE_KERNEL, NULL, &a);
        check_dynamic(core);
        finish(core, &a);
        core = open_library(&image, "/gone/lib.so", &kernel_default, EXU_TEST_CORE_KERNEL, NULL, &a);
        struct exu_symbol symbol;
        assert_false(exu_image_dynamic_symbol(core, &core->images[0], "first", &symbol));
        finish(core, &a);
        free(path);
    }
}

static void check_static(const struct exu_core *core)
{
    const struct exu_image *image = &core->images[0];
    struct exu_symbol symbol;
    uint64_t offset;
    assert_true(exu_image_static_symbol(core, image, "hidden", &symbol));
    assert_int_equal(symbol.address, BASE + 0x3400);
    assert_int_equal(symbol.size, 64);
    assert_false(exu_image_static_symbol(core, image, "twice", &symbol)); /* two of them: which? */
    assert_true(exu_image_source_symbol(core, image, "one.c", "twice", &symbol));
    assert_int_equal(symbol.address, BASE + 0x3500);
    assert_true(exu_image_source_symbol(core, image, "two.c", "twice", &symbol));
    assert_int_equal(symbol.address, BASE + 0x3600);
    assert_false(exu_image_source_symbol(core, image, "two.c", "hidden", &symbol));
    assert_true(exu_image_static_symbol(core, image, "both", &symbol));
    assert_int_equal(symbol.address, BASE + 0x3710);
    assert_true(exu_image_static_symbol(core, image, "moved", &symbol));
    assert_int_equal(symbol.address, BASE + 0x3800);
    assert_false(exu_image_static_symbol(core, image, "multi", &symbol));
    assert_false(exu_image_static_symbol(core, image, "none", &symbol));
    assert_string_equal(exu_image_symbol_at(core, image, BASE + 0x3412, &offset), "inner");
    assert_int_equal(offset, 2);
    assert_string_equal(exu_image_symbol_at(core, image, BASE + 0x3420, &offset), "hidden");
    assert_int_equal(offset, 0x20);
}

static void test_static_symbols(void **state)
{
    (void)state;
    struct exu_test_image image = library(), stripped = library();
    struct exu_anomalies a;
    char *path = write_image("bin/lib.so", &image), debug[4096];
    struct exu_core *core = open_library(&image, path, &kernel_default, EXU_TEST_CORE_KERNEL, NULL, &a);
    check_static(core);
    assert_null(exu_image_debug_path(core, &core->images[0]));
    finish(core, &a);
    /* In a separate debug file, by build-id. */
    stripped.symtab_count = 0;
    stripped.debuglink = "lib.debug";
    free(write_image("bin/lib.so", &stripped));
    snprintf(debug, sizeof debug, "%s/debug2", directory);
    const char *directories[] = {debug};
    struct exu_core_options options = {.debug_dirs = directories, .debug_dir_count = 1};
    image.debug_info = true;
    char *right = write_image("debug2/.build-id/11/22334455.debug", &image);
    core = open_library(&image, path, &kernel_default, EXU_TEST_CORE_KERNEL, &options, &a);
    check_static(core);
    assert_string_equal(exu_image_debug_path(core, &core->images[0]), right);
    finish(core, &a);
    /* By debuglink, beside it; the build-id must agree. */
    unlink(right);
    free(right);
    right = write_image("bin/.debug/lib.debug", &image);
    core = open_library(&image, path, &kernel_default, EXU_TEST_CORE_KERNEL, NULL, &a);
    check_static(core);
    assert_string_equal(exu_image_debug_path(core, &core->images[0]), right);
    finish(core, &a);
    free(right);
    image.build_id = OTHER_ID;
    right = write_image("bin/.debug/lib.debug", &image);
    core = open_library(&stripped, path, &kernel_default, EXU_TEST_CORE_KERNEL, NULL, &a);
    assert_null(exu_image_debug_path(core, &core->images[0]));
    struct exu_symbol symbol;
    assert_false(exu_image_static_symbol(core, &core->images[0], "hidden", &symbol));
    finish(core, &a);
    free(right);
    free(path);
}

/* Without NT_FILE: objects by their ELF headers, names from ld.so's list. */
static void test_lost_list(void **state)
{
    (void)state;
    struct exu_test_image program = library(), object = library();
    struct exu_anomalies a;
    struct exu_symbol symbol;
    size_t size;
    program.program = true;
    program.base = PROGRAM;
    program.build_id = OTHER_ID;
    char *path = write_image("lost.so", &object), *exe = write_image("lost.exe", &program);
    uint8_t *elf = exu_test_image_make(&program, &size), *so = exu_test_image_make(&object, &size);
    exu_test_image_relocate(so, BASE);
    /* DT_DEBUG, the tenth entry; struct r_debug and two struct link_map in the program's data. */
    uint64_t debug = PROGRAM + 0x3800, *data = (uint64_t *)(void *)(elf + 0x3000);
    data[9 * 2 + 1] = debug;
    data[0x800 / 8 + 1] = debug + 0x20;
    uint64_t maps[2][4] = {{0, debug + 0x90, PROGRAM + 0x3000, debug + 0x50},
                           {BASE, debug + 0x98, BASE + 0x3000, 0}};
    memcpy(&data[0x820 / 8], maps[0], sizeof maps[0]);
    memcpy(&data[0x850 / 8], maps[1], sizeof maps[1]);
    memset(&data[0x890 / 8], 0, 8);
    memcpy(&data[0x898 / 8], path, strlen(path) + 1);
    for (int named = 0; named < 2; named++) {
        struct exu_test_core *w = exu_test_core_create();
        static const exu_addr starts[] = {PROGRAM, BASE};
        for (size_t i = 0; i < 2; i++) { /* as gdb dumps: nothing of the code */
            exu_test_core_segment(w, starts[i], PF_R, i ? so : elf, 0x2000, 0x2000);
            exu_test_core_segment(w, starts[i] + 0x3000, PF_R | PF_W, (i ? so : elf) + 0x3000, 0x1000,
                                  0x1000);
        }
        /* Someone read a whole library into memory. */
        exu_test_core_segment(w, 0x7f1100000000, PF_R | PF_W, so, 0x4000, 0x4000);
        char arguments[80];
        snprintf(arguments, sizeof arguments, "%s", exe);
        exu_test_core_process(w, 7, "lost.exe", named ? arguments : "lost");
        struct exu_core_options options = {.exe = named ? NULL : exe};
        struct exu_core *core = open_writer(w, EXU_TEST_CORE_GDB, &options, &a);
        assert_int_equal(count_kind(&a, "no-file-list"), 1);
        assert_int_equal(core->image_count, 2);
        assert_true(core->images[0].is_executable);
        assert_string_equal(core->images[0].path, named ? exe : "?");
        assert_string_equal(core->images[0].local_path, exe);
        assert_string_equal(core->executable, named ? exe : "lost.exe");
        assert_string_equal(core->images[1].path, path);
        expect_filled(core, true);
        assert_non_null(exu_memory_at(core->memory, PROGRAM + 0x2800, 1));
        assert_true(exu_image_dynamic_symbol(core, &core->images[1], "third", &symbol));
        assert_int_equal(symbol.address, BASE + 0x2100);
        finish(core, &a);
    }
    free(so);
    free(elf);
    free(exe);
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_path),         cmocka_unit_test(test_mismatch),
        cmocka_unit_test(test_sysroot),         cmocka_unit_test(test_deleted),
        cmocka_unit_test(test_unverified),      cmocka_unit_test(test_clean_data),
        cmocka_unit_test(test_short_file),      cmocka_unit_test(test_program),
        cmocka_unit_test(test_dynamic_symbols), cmocka_unit_test(test_static_symbols),
        cmocka_unit_test(test_lost_list),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
