/* _Py_DebugOffsets made from the shipped rows, read back, damaged, moved. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "layout/debug_offsets.h"
#include "free_threaded_313.h"
#include "layout/row.h"
#include <stdlib.h>
#include <string.h>

enum { RUNTIME = 0x10000, SIZE = 0x2000 };

static const struct {
    unsigned since;
    enum exu_field field;
    const char *member;
} words[] = {
#define EXU_DEBUG_WORD(since, member, field) {since, field, member},
#include "layout/debug_words.def"
#undef EXU_DEBUG_WORD
};

static struct exu_structures *structures;
static uint8_t bytes[SIZE];

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

static struct exu_row *load_named(const char *name)
{
    for (size_t i = 0; i < exu_row_count(); i++) {
        struct exu_row *row = NULL;
        assert_null(exu_row_load(&row, structures, i));
        if (strcmp(row->name, name) == 0)
            return row;
        exu_row_destroy(row);
    }
    fail_msg("no row %s", name);
    return NULL;
}

static size_t place_of(const char *member, unsigned minor)
{
    size_t at = 0;
    for (size_t i = 0; i < EXU_COUNT(words); i++) {
        if (strcmp(words[i].member, member) == 0)
            return 8 * at;
        at += words[i].since <= minor;
    }
    fail_msg("no word %s", member);
    return 0;
}

static void put(const char *member, unsigned minor, uint64_t value)
{
    memcpy(bytes + place_of(member, minor), &value, 8);
}

/* The table that an interpreter laid out as the row says would have. */
static void make_table(const struct exu_row *row)
{
    unsigned minor = row->version_hex >> 16 & 255;
    memset(bytes, 0, sizeof bytes);
    memcpy(bytes, "xdebugpy", 8);
    put("version", minor, row->version_hex);
    for (size_t i = 3; i < EXU_COUNT(words); i++) {
        enum exu_field field = words[i].field;
        if (words[i].since <= minor && field)
            put(words[i].member, minor,
                *exu_field_path(field) ? exu_offset(&row->layout, field) : exu_size(&row->layout, field));
    }
}

static struct exu_memory *memory_of(exu_addr at, size_t size)
{
    struct exu_memory *memory;
    assert_null(exu_memory_create(&memory));
    const struct exu_mapping mapping = {.start = at, .end = at + size, .perms = EXU_PERM_R | EXU_PERM_W};
    const struct exu_segment segment = {
        .start = at, .end = at + size, .bytes = bytes, .perms = EXU_PERM_R | EXU_PERM_W};
    uint32_t index;
    assert_null(exu_memory_add_mapping(memory, &mapping, &index));
    assert_null(exu_memory_add_segment(memory, &segment));
    assert_null(exu_memory_seal(memory, NULL));
    return memory;
}

static bool read_table(struct exu_debug_offsets *offsets, size_t size, char reason[EXU_REASON])
{
    struct exu_memory *memory = memory_of(RUNTIME, size);
    bool read = exu_debug_offsets_read(offsets, memory, RUNTIME, reason);
    exu_memory_destroy(memory);
    return read;
}

/* sizeof(_Py_DebugOffsets) of 3.13.0, 3.14.10 and 3.15.2. */
static void sizes(void **state)
{
    (void)state;
    assert_int_equal(exu_debug_offsets_size(0x030d00f0), 584);
    assert_int_equal(exu_debug_offsets_size(0x030e0af0), 760);
    assert_int_equal(exu_debug_offsets_size(0x030f02f0), 888);
    assert_int_equal(exu_debug_offsets_size(0x030c01f0), 0);
    assert_int_equal(exu_debug_offsets_size(0x031000a0), 0);
    assert_int_equal(exu_debug_offsets_size(0x020712f0), 0);
}

static void what_a_row_says_changes_nothing(void **state)
{
    (void)state;
    static const char *const names[] = {"3.13.0", "3.13.5-debian", "3.14.10-debian", "3.15.2-debian"};
    for (size_t i = 0; i < EXU_COUNT(names); i++) {
        struct exu_row *row = load_named(names[i]);
        const struct exu_layout before = row->layout;
        struct exu_debug_offsets offsets;
        char reason[EXU_REASON];
        make_table(row);
        if (!read_table(&offsets, SIZE, reason))
            fail_msg("%s: '%s'", names[i], reason);
        assert_int_equal(offsets.version_hex, row->version_hex);
        assert_int_equal(8 * offsets.count, exu_debug_offsets_size(row->version_hex));
        assert_int_equal(exu_debug_offsets_apply(&offsets, &row->layout), 0);
        unsigned named = 0;
        for (size_t j = 1; j < EXU_FIELD_COUNT; j++) {
            assert_int_equal(row->layout.slot[j].offset, before.slot[j].offset);
            assert_int_equal(row->layout.slot[j].size, before.slot[j].size);
            named += row->layout.slot[j].source == EXU_LAYOUT_DEBUG_OFFSETS;
        }
        assert_true(named > 50);
        exu_row_destroy(row);
    }
}

static void what_is_not_named_moves_along(void **state)
{
    (void)state;
    struct exu_row *row = load_named("3.13.0");
    const struct exu_layout before = row->layout;
    const enum exu_field gc = EXU_PyInterpreterState_gc, generations = EXU_PyInterpreterState_gc_generations,
                         modules = EXU_PyInterpreterState_modules,
                         importlib = EXU_PyInterpreterState_importlib;
    struct exu_debug_offsets offsets;
    char reason[EXU_REASON];
    make_table(row);
    put("interpreter_state.gc", 13, exu_offset(&before, gc) + 8);
    put("interpreter_state.imports_modules", 13, exu_offset(&before, modules) + 16);
    put("interpreter_state.size", 13, exu_size(&before, EXU_sizeof_PyInterpreterState) + 1000);
    assert_true(read_table(&offsets, SIZE, reason));
    assert_true(exu_debug_offsets_apply(&offsets, &row->layout) >= 3);
    assert_int_equal(exu_offset(&row->layout, gc), exu_offset(&before, gc) + 8);
    assert_int_equal(exu_offset(&row->layout, generations), exu_offset(&before, generations) + 8);
    assert_int_equal(row->layout.slot[generations].source, EXU_LAYOUT_TABLE);
    assert_int_equal(exu_offset(&row->layout, EXU_PyInterpreterState_gc_collecting),
                     exu_offset(&before, EXU_PyInterpreterState_gc_collecting) + 8);
    assert_int_equal(exu_offset(&row->layout, importlib), exu_offset(&before, importlib) + 16);
    assert_int_equal(exu_offset(&row->layout, EXU_PyInterpreterState_next),
                     exu_offset(&before, EXU_PyInterpreterState_next));
    assert_int_equal(exu_offset(&row->layout, EXU_PyListObject_ob_item),
                     exu_offset(&before, EXU_PyListObject_ob_item));
    exu_row_destroy(row);
}

static void expect_reason(size_t size, const char *said)
{
    struct exu_debug_offsets offsets;
    char reason[EXU_REASON];
    assert_false(read_table(&offsets, size, reason));
    if (*said ? !strstr(reason, said) : *reason)
        fail_msg("'%s' is not '%s'", reason, said);
}

static void tables_that_can_not_be_trusted(void **state)
{
    (void)state;
    struct exu_row *row = load_named("3.13.0");
    struct exu_debug_offsets offsets;
    char reason[EXU_REASON];
    make_table(row);
    bytes[0] = 'X';
    expect_reason(SIZE, ""); /* there is none, and nothing to say about it */
    make_table(row);
    expect_reason(583, "not in the core as a whole");
    expect_reason(20, "");
    put("version", 13, 0x031100f0);
    expect_reason(SIZE, "3.17 is not known");
    put("version", 13, UINT64_MAX);
    expect_reason(SIZE, "version is 0xffff");
    make_table(row);
    put("free_threaded", 13, 2);
    expect_reason(SIZE, "version");
    make_table(row);
    put("type_object.tp_name", 13, 417); /* sizeof(PyTypeObject) is 416 */
    expect_reason(SIZE, "type_object.tp_name is 417, outside");
    make_table(row);
    put("pyobject.size", 13, 0);
    expect_reason(SIZE, "pyobject.size is 0");
    put("pyobject.size", 13, UINT64_MAX);
    expect_reason(SIZE, "pyobject.size is 18446744073709551615");
    make_table(row);
    put("free_threaded", 13, 1);
    put("pyobject.size", 13, 0); /* not judged: such a build is refused anyway */
    assert_true(read_table(&offsets, SIZE, reason));
    assert_true(offsets.free_threaded);
    exu_row_destroy(row);
}

static void of_a_free_threaded_build(void **state)
{
    (void)state;
    struct exu_debug_offsets offsets;
    char reason[EXU_REASON];
    memset(bytes, 0, sizeof bytes);
    memcpy(bytes, free_threaded_313, sizeof free_threaded_313);
    assert_int_equal(sizeof free_threaded_313, exu_debug_offsets_size(0x030d05f0));
    assert_true(read_table(&offsets, SIZE, reason));
    assert_true(offsets.free_threaded);
    assert_int_equal(offsets.version_hex, 0x030d05f0);
    expect_reason(sizeof free_threaded_313 - 1, "not in the core as a whole");
    assert_false(read_table(&offsets, sizeof free_threaded_313 - 8, reason));
    assert_true(offsets.free_threaded); /* its head says so all the same */
}

static void any_damage_is_survived(void **state)
{
    (void)state;
    struct exu_row *row = load_named("3.15.2-debian");
    uint64_t random = 88172645463325252u;
    for (int round = 0; round < 2000; round++) {
        struct exu_debug_offsets offsets;
        char reason[EXU_REASON];
        make_table(row);
        for (int i = 0; i < 3; i++) {
            random ^= random << 13, random ^= random >> 7, random ^= random << 17;
            uint64_t value = random >> (random & 63);
            memcpy(bytes + 24 + 8 * (random % (888 / 8 - 3)), &value, 8);
        }
        struct exu_layout layout = row->layout;
        struct exu_strategy strategy;
        assert_true(exu_strategy_choose(&strategy, row->version_hex));
        if (read_table(&offsets, SIZE, reason)) {
            exu_debug_offsets_apply(&offsets, &layout);
            exu_layout_validate(&layout, &strategy, reason);
        }
    }
    exu_row_destroy(row);
}

static void the_mark_is_found(void **state)
{
    (void)state;
    memset(bytes, 0, sizeof bytes);
    struct exu_memory *memory = memory_of(RUNTIME, SIZE);
    assert_int_equal(exu_debug_offsets_scan(memory, 0), 0);
    memcpy(bytes + 0x123, "xdebugpy", 8); /* no place for a structure */
    memcpy(bytes + 0x1240, "xdebugpy", 8);
    memcpy(bytes + SIZE - 8, "xdebugpy", 8);
    assert_int_equal(exu_debug_offsets_scan(memory, 0), RUNTIME + 0x1240);
    assert_int_equal(exu_debug_offsets_scan(memory, RUNTIME + 0x1248), RUNTIME + SIZE - 8);
    assert_int_equal(exu_debug_offsets_scan(memory, RUNTIME + SIZE), 0);
    exu_memory_destroy(memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes),
        cmocka_unit_test(what_a_row_says_changes_nothing),
        cmocka_unit_test(what_is_not_named_moves_along),
        cmocka_unit_test(tables_that_can_not_be_trusted),
        cmocka_unit_test(of_a_free_threaded_build),
        cmocka_unit_test(any_damage_is_survived),
        cmocka_unit_test(the_mark_is_found),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
