/* Processes made by hand: a shared object that exports an interpreter's symbols, and a page or two of states,
 * laid out by the shipped row 3.11.7. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../support/core_writer.h"
#include "../support/image_writer.h"
#include "free_threaded_313.h"
#include "layout/row.h"
#include <elf.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The states lie where .bss would: right behind the image. */
enum { IMAGE = 0x7f0000000000, STATES = IMAGE + EXU_TEST_IMAGE_END, STATES_SIZE = 0x8000 };
/* Offsets into the states. */
enum {
    RUNTIME = 0x0,
    TYPE = 0x1000,
    NONE = 0x1200,
    NONE_TYPE = 0x1300,
    NAMES = 0x1600,
    VERSION = 0x1680,
    INTERPRETER = 0x2000,
    THREAD = 0x4000,
    SECOND_THREAD = 0x4400,
    OBJECT = 0x5000
};

/* This program's own debug information is, by its build-id, that of the shared object; this much of it is
 * wrong. */
typedef struct {
    int64_t ob_refcnt[7];
    void *ob_type;
} PyObject;
PyObject *an_object;
#define BUILD_ID "\x45\x58\x55\x56\x49\x41\x31\x31" /* as in layout.cmake */

static struct exu_structures *structures;
static struct exu_row *row;
static size_t rows_of_version; /* 3.11 */
static char *directory;
static uint8_t states[STATES_SIZE];

static void put_word(size_t at, enum exu_field field, uint64_t value)
{
    memcpy(states + at + exu_offset(&row->layout, field), &value, sizeof value);
}

static size_t generation(unsigned i)
{
    return INTERPRETER + exu_offset(&row->layout, EXU_PyInterpreterState_gc_generations) +
           i * exu_size(&row->layout, EXU_sizeof_gc_generation);
}

/* A process that is all right: two threads, one object in generation 2. */
static void build(void)
{
    const uint32_t version = 0x030b07f0;
    memset(states, 0, sizeof states);
    put_word(TYPE, EXU_PyObject_ob_type, STATES + TYPE);
    put_word(TYPE, EXU_PyTypeObject_tp_name, STATES + NAMES);
    put_word(TYPE, EXU_PyTypeObject_tp_flags, 1u << 31);
    put_word(TYPE, EXU_PyTypeObject_tp_basicsize, exu_size(&row->layout, EXU_sizeof_PyHeapTypeObject));
    put_word(NONE, EXU_PyObject_ob_type, STATES + NONE_TYPE);
    put_word(NONE_TYPE, EXU_PyTypeObject_tp_name, STATES + NAMES + 8);
    put_word(NONE_TYPE, EXU_PyObject_ob_type, STATES + TYPE);
    put_word(INTERPRETER, EXU_PyInterpreterState_sysdict, STATES + NONE); /* an object will do */
    memcpy(states + NAMES, "type\0\0\0\0NoneType", 17);
    memcpy(states + VERSION, &version, sizeof version);
    put_word(RUNTIME, EXU__PyRuntimeState_interpreters_head, STATES + INTERPRETER);
    put_word(INTERPRETER, EXU_PyInterpreterState_runtime, STATES + RUNTIME);
    put_word(INTERPRETER, EXU_PyInterpreterState_threads_head, STATES + THREAD);
    put_word(THREAD, EXU_PyThreadState_interp, STATES + INTERPRETER);
    put_word(THREAD, EXU_PyThreadState_next, STATES + SECOND_THREAD);
    put_word(SECOND_THREAD, EXU_PyThreadState_interp, STATES + INTERPRETER);
    for (unsigned i = 0; i < 3; i++) {
        uint64_t other = STATES + (i == 2 ? OBJECT : generation(i));
        put_word(generation(i), EXU_PyGC_Head__gc_next, other);
        put_word(generation(i), EXU_PyGC_Head__gc_prev, other);
    }
    put_word(OBJECT, EXU_PyGC_Head__gc_next, STATES + generation(2));
    put_word(OBJECT, EXU_PyGC_Head__gc_prev, STATES + generation(2));
}

static const struct exu_test_symbol exported[] = {
    {"_PyRuntime", STATES - IMAGE + RUNTIME, 0x1000, false},
    {"PyType_Type", STATES - IMAGE + TYPE, 408, false},
    {"_Py_NoneStruct", STATES - IMAGE + NONE, 16, false},
    {"Py_Version", STATES - IMAGE + VERSION, 4, false},
    {"_Py_RefTotal", STATES - IMAGE + NAMES, 8, false},
};

/* What exu_python_find says of the process; the core and the anomalies are the caller's to close. */
struct outcome {
    struct exu_core *core;
    struct exu_python *python;
    struct exu_error *error;
    struct exu_anomalies anomalies;
};

static void find_with(struct outcome *o, const char *path, size_t symbols, bool with_states,
                      const char *debug_dir)
{
    size_t size, core_size;
    const struct exu_test_image spec = {.build_id = BUILD_ID, .dynamic = exported, .dynamic_count = symbols};
    uint8_t *image = exu_test_image_make(&spec, &size);
    exu_test_image_relocate(image, IMAGE);
    struct exu_test_core *writer = exu_test_core_create();
    exu_test_core_segment(writer, IMAGE, PF_R | PF_X, image, EXU_TEST_IMAGE_BSS, EXU_TEST_IMAGE_END);
    exu_test_core_file(writer, IMAGE, IMAGE + EXU_TEST_IMAGE_BSS, 0, path);
    if (with_states)
        exu_test_core_segment(writer, STATES, PF_R | PF_W, states, sizeof states, sizeof states);
    exu_test_core_thread(writer, 100, 0, STATES, 0);
    uint8_t *bytes = exu_test_core_bytes(writer, EXU_TEST_CORE_KERNEL, &core_size);
    char *file = exu_test_write_file(directory, "core", bytes, core_size);
    memset(o, 0, sizeof *o);
    exu_anomalies_init(&o->anomalies);
    const struct exu_core_options options = {.debug_dirs = &debug_dir, .debug_dir_count = debug_dir != NULL};
    struct exu_error *error = exu_core_open(&o->core, file, &options, &o->anomalies);
    if (error)
        fail_msg("%s", error->message);
    o->error = exu_python_find(&o->python, o->core, NULL, &o->anomalies);
    free(file);
    free(image);
    exu_test_core_destroy(writer);
}

static void find(struct outcome *o, const char *path, size_t symbols, bool with_states)
{
    find_with(o, path, symbols, with_states, NULL);
}

static void close_outcome(struct outcome *o)
{
    exu_python_destroy(o->python);
    exu_core_close(o->core);
    exu_error_free(o->error);
    exu_anomalies_deinit(&o->anomalies);
}

static size_t anomalies_of(const struct outcome *o, const char *kind)
{
    size_t count = 0;
    for (size_t i = 0; i < o->anomalies.len; i++)
        count += strcmp(o->anomalies.items[i].kind, kind) == 0;
    return count;
}

static void expect_error(size_t symbols, bool with_states, const char *path, const char *said)
{
    struct outcome o;
    find(&o, path, symbols, with_states);
    assert_null(o.python);
    assert_non_null(o.error);
    assert_int_equal(o.error->code, EXU_ERROR_INPUT);
    if (!strstr(o.error->message, said))
        fail_msg("'%s' does not say '%s'", o.error->message, said);
    close_outcome(&o);
}

#define LIBPYTHON "/nowhere/lib/libpython3.11.so.1.0"

static int setup(void **state)
{
    (void)state;
    directory = exu_test_make_directory();
    if (exu_structures_create(&structures))
        return 1;
    for (size_t i = 0; i < exu_row_count(); i++) {
        struct exu_row *loaded;
        if (exu_row_load(&loaded, structures, i))
            return 1;
        rows_of_version += loaded->version_hex >> 16 == 0x030b;
        if (!row && strcmp(loaded->name, "3.11.7") == 0)
            row = loaded;
        else
            exu_row_destroy(loaded);
    }
    return row == NULL;
}

static int teardown(void **state)
{
    (void)state;
    exu_test_remove_tree(directory);
    free(directory);
    exu_row_destroy(row);
    exu_structures_destroy(structures);
    return 0;
}

static void a_row_serves(void **state)
{
    (void)state;
    struct outcome o;
    build();
    find(&o, LIBPYTHON, 4, true);
    if (o.error)
        fail_msg("%s", o.error->message);
    assert_string_equal(o.python->version, "3.11.7");
    assert_int_equal(o.python->version_hex, 0x030b07f0);
    assert_string_equal(o.python->build, "release");
    assert_string_equal(o.python->layout_source, "table");
    assert_string_equal(o.python->layout_detail, "row 3.11.7");
    assert_int_equal(o.python->runtime, STATES + RUNTIME);
    assert_int_equal(o.python->type_type, STATES + TYPE);
    assert_int_equal(o.python->none, STATES + NONE);
    assert_int_equal(o.python->strategy.pool_size, 16384);
    assert_int_equal(anomalies_of(&o, "layout-rejected"), 0);
    close_outcome(&o);
}

static void the_nearest_row_serves(void **state)
{
    (void)state;
    struct outcome o;
    const uint32_t version = 0x030b03f0;
    build();
    memcpy(states + VERSION, &version, sizeof version);
    find(&o, "/usr/bin/python3.11", 4, true);
    assert_null(o.error);
    assert_string_equal(o.python->version, "3.11.3");
    assert_string_equal(o.python->layout_detail, "row 3.11.2-debian");
    close_outcome(&o);
}

static void dwarf_that_does_not_hold_gives_way_to_a_row(void **state)
{
    (void)state;
    struct outcome o;
    char name[PATH_MAX], self[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    assert_true(n > 0);
    self[n] = '\0';
    snprintf(name, sizeof name, "%s/.build-id", directory);
    assert_int_equal(mkdir(name, 0700), 0);
    snprintf(name, sizeof name, "%s/.build-id/45", directory);
    assert_int_equal(mkdir(name, 0700), 0);
    snprintf(name, sizeof name, "%s/.build-id/45/58555649413131.debug", directory);
    assert_int_equal(symlink(self, name), 0);
    build();
    find_with(&o, LIBPYTHON, 4, true, directory);
    if (o.error)
        fail_msg("%s", o.error->message);
    assert_string_equal(o.python->layout_source, "table");
    if (strncmp(o.python->layout_detail, "row 3.11.7; rejected: DWARF of ", 31) != 0)
        fail_msg("'%s'", o.python->layout_detail);
    assert_int_equal(anomalies_of(&o, "layout-rejected"), 1);
    assert_int_equal(exu_offset(&o.python->layout, EXU_PyObject_ob_type), 8);
    close_outcome(&o);
}

static void other_versions_are_refused(void **state)
{
    (void)state;
    const uint32_t version = 0x031001f0, candidate = 0x031100c2;
    build();
    memcpy(states + VERSION, &version, sizeof version);
    expect_error(
        4, true, "/nowhere/lib/libpython3.16.so.1.0",
        "CPython 3.16.1 was found in /nowhere/lib/libpython3.16.so.1.0; this version of exuvia reads ");
    memcpy(states + VERSION, &candidate, sizeof candidate);
    expect_error(4, true, "/nowhere/python", "CPython 3.17.0rc2 was found in");
    expect_error(3, true, "/nowhere/lib/libpython3.5.so.1.0",
                 "CPython 3.5 was found in"); /* no Py_Version yet */
}

/* Its own word says which it is, where the file's name and Py_Version don't: under an application's name,
 * without symbols, and where the read-only pages are not in the core. */
static void free_threaded_builds_are_refused(void **state)
{
    (void)state;
    static const char said[] = "; it is a free-threaded build, whose objects";
    char whole[200];
    static const struct {
        size_t symbols;
        const char *path;
    } cases[] = {{3, "/nowhere/python3.13t"},
                 {3, "/nowhere/application"},
                 {0, "/nowhere/python3.13t"},
                 {0, "/nowhere/application"}};
    build();
    memcpy(states + RUNTIME, free_threaded_313, sizeof free_threaded_313);
    for (size_t i = 0; i < EXU_COUNT(cases); i++) {
        snprintf(whole, sizeof whole, ": CPython 3.13.5 was found in %s%s", cases[i].path, said);
        expect_error(cases[i].symbols, true, cases[i].path, whole);
    }
    build(); /* the word is not in the core: by the name alone, as far as it goes */
    memset(states + VERSION, 0, 4);
    snprintf(whole, sizeof whole, ": CPython 3.13 was found in /nowhere/libpython3.13t.so.1.0%s", said);
    expect_error(4, true, "/nowhere/libpython3.13t.so.1.0", whole);
}

static void debug_builds_are_read(void **state)
{
    (void)state;
    struct outcome o;
    build();
    find(&o, LIBPYTHON, 5, true);
    if (o.error)
        fail_msg("%s", o.error->message);
    assert_string_equal(o.python->build, "debug");
    close_outcome(&o);
}

static void without_symbols_its_structure_is_found(void **state)
{
    (void)state;
    struct outcome o;
    build();
    static const char version[] = "3.11.7 (main, Jan  1 2024, 00:00:00) [GCC 12.2.0]";
    memcpy(states + VERSION + 0x40, version, sizeof version);
    find(&o, LIBPYTHON, 0, true);
    if (o.error)
        fail_msg("%s", o.error->message);
    assert_int_equal(anomalies_of(&o, "interpreter-searched"), 1);
    assert_string_equal(o.python->version, "3.11.7");
    assert_string_equal(o.python->layout_detail, "row 3.11.7");
    assert_true(o.python->runtime == STATES + RUNTIME);
    assert_true(o.python->type_type == STATES + TYPE);
    assert_int_equal(o.python->none, 0);
    close_outcome(&o);

    build(); /* a thread that is not the interpreter's own: no state */
    put_word(THREAD, EXU_PyThreadState_interp, STATES + OBJECT);
    expect_error(0, true, LIBPYTHON, "no CPython in the process");
    build(); /* sys.__dict__ is no object */
    put_word(NONE, EXU_PyObject_ob_type, STATES + OBJECT);
    expect_error(0, true, LIBPYTHON, "no CPython in the process");
}

static void a_process_without_python(void **state)
{
    (void)state;
    build();
    expect_error(0, true, "/nowhere/bin/sleep", "none of its 1 mapped files exports _PyRuntime");
}

static void states_that_are_not_in_the_core(void **state)
{
    (void)state;
    expect_error(4, false, LIBPYTHON, "is not in the core");
}

static void layouts_that_do_not_hold(void **state)
{
    (void)state;
    struct outcome o;
    build();
    put_word(TYPE, EXU_PyObject_ob_type, STATES + NONE_TYPE);
    put_word(TYPE, EXU_PyTypeObject_tp_basicsize, 880);
    expect_error(4, true, LIBPYTHON,
                 "no known layout holds for CPython 3.11.7 in " LIBPYTHON
                 ": row 3.11.7: the type of PyType_Type is not PyType_Type");
    build();
    put_word(RUNTIME, EXU__PyRuntimeState_interpreters_head, 0);
    expect_error(4, true, LIBPYTHON, "_PyRuntime.interpreters.head is NULL");
    build();
    put_word(INTERPRETER, EXU_PyInterpreterState_runtime, STATES + TYPE);
    expect_error(4, true, LIBPYTHON, "does not point back to _PyRuntime");
    build();
    put_word(THREAD, EXU_PyThreadState_interp, STATES + TYPE);
    find(&o, LIBPYTHON, 4, true);
    assert_non_null(o.error);
    assert_non_null(strstr(o.error->message, "does not point back to its interpreter"));
    assert_int_equal(anomalies_of(&o, "layout-rejected"), rows_of_version);
    close_outcome(&o);
    build();
    for (unsigned i = 0; i < 3; i++) {
        put_word(generation(i), EXU_PyGC_Head__gc_next, STATES + NAMES);
        put_word(generation(i), EXU_PyGC_Head__gc_prev, STATES + NAMES);
    }
    expect_error(4, true, LIBPYTHON, "collector's list");

    /* a row whose generations lie elsewhere: what is read there can't be an object's address */
    const uint64_t no_links[] = {0, STATES + OBJECT + 4, UINT64_C(0x41f4c09000007f89),
                                 UINT64_C(0x800000000000)};
    for (size_t n = 0; n < EXU_COUNT(no_links); n++) {
        build();
        for (unsigned i = 0; i < 3; i++) {
            put_word(generation(i), EXU_PyGC_Head__gc_next, no_links[n]);
            put_word(generation(i), EXU_PyGC_Head__gc_prev, no_links[n]);
        }
        expect_error(4, true, LIBPYTHON, "is no address of an object");
    }
}

static void damage_in_one_place_is_no_reason(void **state)
{
    (void)state;
    struct outcome o;
    build();
    put_word(OBJECT, EXU_PyGC_Head__gc_prev, 0x4141414141414141);
    put_word(generation(2), EXU_PyGC_Head__gc_prev, 0x4242424242424240);
    find(&o, LIBPYTHON, 4, true);
    if (o.error)
        fail_msg("%s", o.error->message);
    assert_int_equal(anomalies_of(&o, "layout-doubtful"), 1);
    assert_int_equal(anomalies_of(&o, "layout-rejected"), 0); /* the other rows do no better */
    assert_string_equal(o.python->layout_detail, "row 3.11.7");
    close_outcome(&o);
}

static void lists_that_never_end(void **state)
{
    (void)state;
    struct outcome o;
    build();
    put_word(INTERPRETER, EXU_PyInterpreterState_next, STATES + INTERPRETER);
    put_word(SECOND_THREAD, EXU_PyThreadState_next, STATES + THREAD);
    find(&o, LIBPYTHON, 4, true); /* comes back */
    close_outcome(&o);
}

static void any_word_may_be_wrong(void **state)
{
    (void)state;
    static const uint64_t values[] = {
        0, 1, 0x7fffffffffffffff, UINT64_MAX, UINT64_MAX - 7, STATES + STATES_SIZE - 4};
    static const size_t places[] = {RUNTIME, TYPE, NONE, NONE_TYPE, INTERPRETER, THREAD, OBJECT};
    for (size_t p = 0; p < EXU_COUNT(places); p++)
        for (size_t v = 0; v < EXU_COUNT(values); v++) {
            struct outcome o;
            build();
            for (size_t at = 0; at < 900; at += 8) {
                uint64_t old;
                memcpy(&old, states + places[p] + at, 8);
                if (old)
                    memcpy(states + places[p] + at, &values[v], 8);
            }
            find(&o, LIBPYTHON, 4, true);
            assert_true((o.error == NULL) == (o.python != NULL));
            close_outcome(&o);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_row_serves),
        cmocka_unit_test(the_nearest_row_serves),
        cmocka_unit_test(dwarf_that_does_not_hold_gives_way_to_a_row),
        cmocka_unit_test(other_versions_are_refused),
        cmocka_unit_test(free_threaded_builds_are_refused),
        cmocka_unit_test(debug_builds_are_read),
        cmocka_unit_test(without_symbols_its_structure_is_found),
        cmocka_unit_test(a_process_without_python),
        cmocka_unit_test(states_that_are_not_in_the_core),
        cmocka_unit_test(layouts_that_do_not_hold),
        cmocka_unit_test(damage_in_one_place_is_no_reason),
        cmocka_unit_test(lists_that_never_end),
        cmocka_unit_test(any_word_may_be_wrong),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
