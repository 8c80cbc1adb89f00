#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "layout/find.h"
#include "layout/roots.h"
#include "layout/row.h"
#include "layout/validate.h"
#include "layout/version.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct exu_structures *structures;

static int setup(void **state)
{
    (void)state;
    return exu_structures_create(&structures) != NULL;
}

static int teardown(void **state)
{
    (void)state;
    exu_structures_destroy(structures);
    return 0;
}

static struct exu_row *load(size_t index)
{
    struct exu_row *row = NULL;
    struct exu_error *error = exu_row_load(&row, structures, index);
    if (error)
        fail_msg("%s", error->message);
    return row;
}

static struct exu_row *load_named(const char *name)
{
    for (size_t i = 0; i < exu_row_count(); i++) {
        struct exu_row *row = load(i);
        if (strcmp(row->name, name) == 0)
            return row;
        exu_row_destroy(row);
    }
    fail_msg("no row %s", name);
    return NULL;
}

static void every_field_is_in_its_group(void **state)
{
    (void)state;
    for (int i = 1; i < EXU_FIELD_COUNT; i++) {
        enum exu_field field = (enum exu_field)i;
        const struct exu_structure *s = exu_structures_find(structures, exu_field_structure(field));
        assert_non_null(s);
        const char *path;
        for (unsigned n = 0; (path = exu_field_name(field, n)); n++) {
            char one[128];
            snprintf(one, sizeof one, "%.*s", (int)strcspn(path, "|"), path);
            assert_true(n < EXU_PATH_NAMES_MAX);
            if (n == 0)
                assert_int_equal(exu_structure_field(s, one), field);
            else
                assert_int_not_equal(exu_structure_field(s, one), EXU_FIELD_NONE);
        }
    }
    assert_null(exu_structures_find(structures, "NoSuchObject"));
    assert_null(exu_structures_base(structures, "NoSuchObject"));
}

static void a_name_may_say_its_file(void **state)
{
    (void)state;
    const struct exu_structure *s = exu_structures_base(structures, "_PyErr_StackItem");
    assert_non_null(s);
    assert_string_equal(s->file, "");
    for (size_t i = 0; i < structures->len; i++) {
        s = &structures->items[i];
        if (strcmp(s->name, "block___collectionsmodule") != 0)
            continue;
        assert_string_equal(s->base, "block");
        assert_string_equal(s->file, "_collectionsmodule.c");
    }
}

static void versions(void **state)
{
    (void)state;
    bool free_threaded;
    assert_int_equal(exu_version_hex("3.11.7"), 0x030b07f0);
    assert_int_equal(exu_version_hex("3.11"), 0);
    assert_int_equal(exu_version_hex("3.11.7.1"), 0);
    assert_int_equal(exu_version_hex("3.999.7"), 0);
    assert_int_equal(exu_version_hex(""), 0);
    assert_int_equal(exu_version_of_path("/opt/lib/libpython3.11.so.1.0", &free_threaded), 0x030b0000);
    assert_false(free_threaded);
    assert_int_equal(exu_version_of_path("/opt/lib/libpython3.13t.so.1.0", &free_threaded), 0x030d0000);
    assert_true(free_threaded);
    assert_int_equal(exu_version_of_path("/usr/bin/python2.7", &free_threaded), 0x02070000);
    assert_int_equal(exu_version_of_path("/usr/bin/python3", &free_threaded), 0);
    assert_int_equal(exu_version_of_path("/usr/bin/perl", &free_threaded), 0);
    assert_int_equal(exu_version_of_path(NULL, &free_threaded), 0);
}

static void shipped_rows_are_valid(void **state)
{
    (void)state;
    assert_true(exu_row_count() >= 2);
    for (size_t i = 0; i < exu_row_count(); i++) {
        struct exu_row *row = load(i);
        char reason[EXU_REASON] = "";
        struct exu_strategy strategy;
        assert_true(exu_strategy_choose(&strategy, row->version_hex));
        if (!exu_layout_validate(&row->layout, &strategy, reason))
            fail_msg("%s: %s", row->name, reason);
        /* Include/object.h; 2.7 with Py_DEBUG has Py_TRACE_REFS, two words in front. */
        uint32_t traced = exu_has(&row->layout, EXU_PyObject__ob_next) ? 16 : 0;
        assert_int_equal(traced, strcmp(row->name, "2.7.18-debian-debug") == 0 ? 16 : 0);
        assert_int_equal(exu_offset(&row->layout, EXU_PyObject_ob_type), 8 + traced);
        assert_int_equal(exu_size(&row->layout, EXU_sizeof_PyObject), 16 + traced);
        assert_int_equal(row->layout.slot[EXU_PyObject_ob_type].source, EXU_LAYOUT_TABLE);
        exu_row_destroy(row);
    }
}

/* A misspelt path would else be a member that no version has. */
static void every_field_is_in_some_row(void **state)
{
    (void)state;
    struct exu_layout all = {0};
    unsigned missing = 0;
    for (size_t i = 0; i < exu_row_count(); i++) {
        struct exu_row *row = load(i);
        for (size_t j = 1; j < EXU_FIELD_COUNT; j++)
            all.slot[j].size |= row->layout.slot[j].size;
        exu_row_destroy(row);
    }
    for (size_t j = 1; j < EXU_FIELD_COUNT; j++)
        if (all.slot[j].size == 0) {
            print_error("no row has %s %s; misspelt, or the rows are to be made anew (target layout-rows)\n",
                        exu_field_structure((enum exu_field)j), exu_field_path((enum exu_field)j));
            missing++;
        }
    assert_int_equal(missing, 0);
}

/* A word, an array of words, or absent in that version. */
static void expect_roots(const struct exu_row *row, const struct exu_root_field *roots, size_t count,
                         const char *structure)
{
    for (size_t j = 0; j < count; j++) {
        size_t n = strlen(roots[j].name);
        assert_string_equal(exu_field_structure(roots[j].field), structure);
        assert_memory_equal(exu_field_path(roots[j].field), roots[j].name, n);
        assert_non_null(strchr("|", exu_field_path(roots[j].field)[n])); /* or the end */
        assert_int_equal(exu_size(&row->layout, roots[j].field) % 8, 0);
        if (row->version_hex >> 16 == 0x030b && exu_has(&row->layout, roots[j].field))
            assert_int_equal(exu_size(&row->layout, roots[j].field), 8);
    }
}

static void roots_are_pointers(void **state)
{
    (void)state;
    for (size_t i = 0; i < exu_row_count(); i++) {
        struct exu_row *row = load(i);
        expect_roots(row, exu_interpreter_roots, exu_interpreter_root_count, "PyInterpreterState");
        expect_roots(row, exu_thread_roots, exu_thread_root_count, "PyThreadState");
        expect_roots(row, exu_runtime_roots, exu_runtime_root_count, "_PyRuntimeState");
        exu_row_destroy(row);
    }
}

/* What a strategy says of a version must be there in the layout of its rows, and not in others. */
static void strategies_agree_with_the_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < exu_row_count(); i++) {
        struct exu_row *row = load(i);
        const struct exu_layout *l = &row->layout;
        struct exu_strategy s;
        assert_true(exu_strategy_choose(&s, row->version_hex));
        assert_int_equal(s.integer == EXU_INT_TAG, exu_has(l, EXU_PyLongObject_lv_tag));
        assert_int_equal(s.old_style, exu_has(l, EXU_PyInstanceObject_in_dict));
        assert_int_equal(s.str == EXU_STR_27, exu_has(l, EXU_PyUnicodeObject_str));
        assert_int_equal(s.str == EXU_STR_WSTR, exu_has(l, EXU_PyASCIIObject_wstr));
        assert_int_equal(s.exception_traceback, exu_has(l, EXU_PyBaseExceptionObject_traceback));
        assert_int_equal(s.dict == EXU_DICT_27, exu_has(l, EXU_PyDictObject_ma_table));
        assert_int_equal(s.dict == EXU_DICT_36, exu_has(l, EXU_PyDictKeysObject_dk_size));
        assert_int_equal(s.dict == EXU_DICT_311, exu_has(l, EXU_PyDictKeysObject_dk_log2_size));
        assert_int_equal(s.values == EXU_VALUES_HEADER, exu_has(l, EXU_PyDictValues_embedded));
        assert_int_equal(s.gc_head != EXU_GC_HEAD_LINKS, exu_has(l, EXU_PyGC_Head_gc_refs));
        assert_int_equal(s.gc_place == EXU_PLACE_RUNTIME, exu_has(l, EXU__PyRuntimeState_gc));
        assert_int_equal(s.gc_place == EXU_PLACE_INTERPRETER, exu_has(l, EXU_PyInterpreterState_gc));
        assert_int_equal(s.interpreters_place == EXU_PLACE_RUNTIME,
                         exu_has(l, EXU__PyRuntimeState_interpreters_head));
        assert_int_equal(s.warnings_place == EXU_PLACE_RUNTIME,
                         exu_has(l, EXU__PyRuntimeState_warnings_filters));
        assert_int_equal(s.warnings_place == EXU_PLACE_INTERPRETER,
                         exu_has(l, EXU_PyInterpreterState_warnings_filters));
        assert_int_equal(s.interned_place == EXU_PLACE_INTERPRETER,
                         exu_has(l, EXU_PyInterpreterState_cached_objects_interned_strings));
        assert_int_equal(s.small_ints_place == EXU_PLACE_INTERPRETER,
                         exu_has(l, EXU_PyInterpreterState_small_ints));
        assert_int_equal(s.small_ints_place == EXU_PLACE_RUNTIME,
                         exu_has(l, EXU__PyRuntimeState_global_objects_singletons_small_ints));
        assert_int_equal(s.code == EXU_CODE_LOCALSPLUS, exu_has(l, EXU_PyCodeObject_co_localsplusnames));
        assert_int_equal(s.frame == EXU_FRAME_OBJECT_STACKTOP, exu_has(l, EXU_PyFrameObject_f_stacktop));
        assert_int_equal(s.frame == EXU_FRAME_OBJECT_STACKDEPTH, exu_has(l, EXU_PyFrameObject_f_stackdepth));
        assert_int_equal(s.frame == EXU_FRAME_314, exu_has(l, EXU__PyInterpreterFrame_stackpointer));
        assert_int_equal(s.frame == EXU_FRAME_313 || s.frame == EXU_FRAME_314,
                         exu_has(l, EXU_PyThreadState_current_frame));
        assert_int_equal(s.frame == EXU_FRAME_314, s.reference.tag_mask != 0);
        assert_int_equal(s.generator_frame_inside, exu_has(l, EXU_PyGenObject_gi_iframe));
        assert_int_equal(s.exc_info == EXU_EXC_INFO_FRAME, exu_has(l, EXU_PyThreadState_exc_type));
        assert_int_equal(s.exc_info == EXU_EXC_INFO_TRIPLE, exu_has(l, EXU__PyErr_StackItem_exc_type));
        assert_int_equal(s.current_exception_single, exu_has(l, EXU_PyThreadState_current_exception));
        assert_int_equal(s.free_lists == EXU_FREE_LISTS_314, exu_has(l, EXU_sizeof__Py_freelist));
        assert_int_equal(s.free_lists == EXU_FREE_LISTS_310,
                         exu_has(l, EXU_PyInterpreterState_frame_free_list));
        assert_int_equal(s.static_types != EXU_STATIC_TYPES_OWN,
                         exu_has(l, EXU_PyInterpreterState_types_builtins_initialized));
        /* pycore_obmalloc.h: embedded it is 263,248 bytes, a pointer 8 */
        uint32_t obmalloc = exu_size(l, EXU_PyInterpreterState_obmalloc);
        assert_true(obmalloc == (s.obmalloc_place == EXU_PLACE_POINTER ? 8
                                 : s.obmalloc_place == EXU_PLACE_INTERPRETER
                                     ? exu_size(l, EXU_sizeof__obmalloc_state)
                                     : 0));
        exu_row_destroy(row);
    }
    struct exu_strategy none;
    static const uint32_t unknown[] = {0, 0x020612f0, 0x030500f0, 0x031000a0, 0x040000f0, UINT32_MAX};
    for (size_t i = 0; i < EXU_COUNT(unknown); i++) {
        assert_false(exu_strategy_choose(&none, unknown[i]));
        assert_int_equal(none.pool_size, 0);
        assert_false(exu_version_is_open(unknown[i]));
    }
    assert_true(exu_version_is_open(0x030b07f0));
    assert_non_null(strstr(exu_versions_open(), "3.11"));
}

static void a_row_survives_writing(void **state)
{
    (void)state;
    struct exu_row *row = load(0), *again = NULL;
    struct exu_text text = {0};
    exu_row_write(&text, row, structures);
    assert_false(text.failed);
    assert_null(exu_row_parse(&again, structures, "again", text.data, text.len));
    assert_memory_equal(&row->layout, &again->layout, sizeof row->layout);
    assert_string_equal(row->version, again->version);
    assert_string_equal(row->vendor, again->vendor);
    exu_text_deinit(&text);
    exu_row_destroy(row);
    exu_row_destroy(again);
}

static void rows_are_checked(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",                                                      /* no version */
        "vendor\tdebian\n",                                      /* no version either */
        "version\t3.eleven\n",                                   /* no version at all */
        "version\t3.11.7\nPyObject\n",                           /* no size */
        "version\t3.11.7\nPyObject\t0\tpython\n",                /* size 0 means absent */
        "version\t3.11.7\nPyObject\t-16\tpython\n",              /* negative */
        "version\t3.11.7\nPyObject\t99999999999\tpython\n",      /* wider than a slot */
        "version\t3.11.7\nPyObject\t16\tpython\n\tob_type\t8\n", /* no width */
        "version\t3.11.7\nPyObject\t16\tpython\n\tob_type\t8\t8\t64\t1\n",
        "version\t3.11.7\nPyObject\t16\tpython\n\tob_type\t8\t8x\n",
    };
    for (size_t i = 0; i < EXU_COUNT(bad); i++) {
        struct exu_row *row = NULL;
        struct exu_error *error = exu_row_parse(&row, structures, "bad", bad[i], strlen(bad[i]));
        assert_non_null(error);
        assert_null(row);
        assert_int_equal(error->code, EXU_ERROR_INPUT);
        exu_error_free(error);
    }
    struct exu_row *row = NULL;
    static const char unknown[] =
        "# comment\nversion\t3.11.7\nNoSuchObject\t16\tpython\n\tx\t8\t8\nPyObject\t16\tpython\n"
        "\tno_such_member\t0\t8\n\tob_type\t8\t8";
    assert_null(exu_row_parse(&row, structures, "unknown", unknown, sizeof unknown - 1));
    assert_int_equal(exu_offset(&row->layout, EXU_PyObject_ob_type), 8);
    assert_true(exu_has(&row->layout, EXU_PyObject_ob_type));
    assert_false(exu_has(&row->layout, EXU_PyObject_ob_refcnt));
    exu_row_destroy(row);
}

static void expect_invalid(const struct exu_layout *layout, const char *said)
{
    char reason[EXU_REASON] = "";
    struct exu_strategy strategy;
    assert_true(exu_strategy_choose(&strategy, 0x030b07f0));
    assert_false(exu_layout_validate(layout, &strategy, reason));
    if (!strstr(reason, said))
        fail_msg("'%s' does not say '%s'", reason, said);
}

static void tables_that_do_not_hold(void **state)
{
    (void)state;
    struct exu_row *row = load_named("3.11.7");
    const struct exu_layout good = row->layout;
    struct exu_layout *bad = &row->layout;

    bad->slot[EXU_PyObject_ob_type].size = 0;
    expect_invalid(bad, "PyObject.ob_type is not described");
    *bad = good;
    bad->slot[EXU_PyObject_ob_type].size = 4;
    expect_invalid(bad, "PyObject.ob_type has not the width");
    *bad = good;
    bad->slot[EXU_PyObject_ob_type].offset = 12;
    expect_invalid(bad, "PyObject.ob_type is not aligned");
    *bad = good;
    bad->slot[EXU_PyListObject_ob_item].offset = 48;
    expect_invalid(bad, "PyListObject.ob_item lies outside");
    *bad = good;
    bad->slot[EXU_PyListObject_ob_item].offset = UINT32_MAX - 7;
    expect_invalid(bad, "PyListObject.ob_item lies outside");
    *bad = good;
    bad->slot[EXU_PyASCIIObject_state_kind].bit_offset = 31;
    expect_invalid(bad, "PyASCIIObject.state.kind has bits outside");
    *bad = good;
    bad->slot[EXU_sizeof_PyHeapTypeObject].size = 64;
    expect_invalid(bad, "");
    *bad = (struct exu_layout){0};
    expect_invalid(bad, "is not described");
    exu_row_destroy(row);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_is_in_its_group),
        cmocka_unit_test(a_name_may_say_its_file),
        cmocka_unit_test(versions),
        cmocka_unit_test(shipped_rows_are_valid),
        cmocka_unit_test(every_field_is_in_some_row),
        cmocka_unit_test(roots_are_pointers),
        cmocka_unit_test(strategies_agree_with_the_rows),
        cmocka_unit_test(a_row_survives_writing),
        cmocka_unit_test(rows_are_checked),
        cmocka_unit_test(tables_that_do_not_hold),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
