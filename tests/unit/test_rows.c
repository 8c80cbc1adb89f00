/* Every row of every family against the shipped layouts: the slots lie inside their structure, the names are
 * unique. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "layout/row.h"
#include "layout/rows.h"
#include "layout/structure.h"
#include "model/model.h"

static struct exu_structures *structures;

static int set_up(void **state)
{
    (void)state;
    return exu_structures_create(&structures) != NULL;
}

static int tear_down(void **state)
{
    (void)state;
    exu_structures_destroy(structures);
    return 0;
}

/* 3.11: the version whose rows of types are complete. */
enum { COMPLETE = 0x030b };

static struct exu_row *shipped(size_t index)
{
    struct exu_row *row = NULL;
    assert_null(exu_row_load(&row, structures, index));
    return row;
}

static const struct exu_type_row *find(const char *name)
{
    for (size_t i = 0; i < exu_type_family_count; i++)
        for (size_t j = 0; j < exu_type_families[i]->count; j++)
            if (strcmp(exu_type_families[i]->rows[j].name, name) == 0)
                return &exu_type_families[i]->rows[j];
    return NULL;
}

static void each(void (*check)(const struct exu_type_row *row, const struct exu_layout *layout,
                               const char *version),
                 const struct exu_layout *layout, const char *version)
{
    for (size_t i = 0; i < exu_type_family_count; i++)
        for (size_t j = 0; j < exu_type_families[i]->count; j++)
            check(&exu_type_families[i]->rows[j], layout, version);
}

static void names_are_unique(void **state)
{
    (void)state;
    size_t count = 0;
    for (size_t i = 0; i < exu_type_family_count; i++) {
        assert_true(exu_type_families[i]->count > 0);
        for (size_t j = 0; j < exu_type_families[i]->count; j++) {
            const struct exu_type_row *row = &exu_type_families[i]->rows[j];
            assert_non_null(row->name);
            if (find(row->name) != row)
                fail_msg("two rows are called %s", row->name);
            count++;
        }
    }
    assert_true(count > 200);
}

/* Tkinter is no part of Debian's python3.11: its structures are in one row only. */
static bool may_be_absent(const struct exu_type_row *row)
{
    return strncmp(row->name, "_tkinter.", 9) == 0;
}

static void check_row(const struct exu_type_row *row, const struct exu_layout *layout, const char *version)
{
    if (may_be_absent(row) && !exu_has(layout, row->size))
        return;
    if (row->size && !exu_has(layout, row->size))
        fail_msg("%s: no size of %s (%s)", version, row->name, exu_field_structure(row->size));
    if (row->size)
        assert_string_equal(exu_field_path(row->size), "");
    uint32_t size = row->size ? exu_size(layout, row->size) : 0;
    for (const struct exu_slot_row *slot = row->slots; slot && slot->field; slot++) {
        const char *path = exu_field_path(slot->field);
        if (!exu_has(layout, slot->field))
            fail_msg("%s: %s has no field %s", version, row->name, path);
        if (!slot->name || !slot->name[0] || slot->how < EXU_SLOT_OBJECT || slot->how > EXU_SLOT_WEAK)
            fail_msg("%s: the slot %s of %s is not right", version, path, row->name);
        uint32_t offset = exu_offset(layout, slot->field), bytes = exu_size(layout, slot->field);
        if (offset < exu_size(layout, EXU_sizeof_PyObject) || offset % 8)
            fail_msg("%s: the slot %s of %s is at %u", version, path, row->name, offset);
        if (slot->how != EXU_SLOT_INLINE && bytes != 8)
            fail_msg("%s: the slot %s of %s is %u bytes wide", version, path, row->name, bytes);
        if (size && (bytes > size || offset > size - bytes))
            fail_msg("%s: the slot %s of %s ends behind its structure", version, path, row->name);
        if ((slot->how == EXU_SLOT_ARRAY || (slot->how == EXU_SLOT_INLINE && slot->count)) &&
            !exu_has(layout, slot->count))
            fail_msg("%s: the slot %s of %s has no count", version, path, row->name);
        for (const struct exu_slot_row *other = row->slots; other < slot; other++)
            if (exu_offset(layout, other->field) == offset || strcmp(other->name, slot->name) == 0)
                fail_msg("%s: %s has the slot %s twice", version, row->name, path);
    }
}

static void slots_lie_inside(void **state)
{
    (void)state;
    assert_true(exu_row_count() > 0);
    for (size_t i = 0; i < exu_row_count(); i++) {
        struct exu_row *row = shipped(i);
        if (row->version_hex >> 16 == COMPLETE)
            each(check_row, &row->layout, row->name);
        exu_row_destroy(row);
    }
}

/* tp_basicsize of types of CPython 3.11, as `T.__basicsize__` says it there: what a row is compared with. */
static const struct {
    const char *name;
    uint32_t basicsize;
} basic_sizes[] = {
    {"slice", 40},
    {"property", 64},
    {"super", 40},
    {"mappingproxy", 24},
    {"collections.OrderedDict", 112},
    {"list_iterator", 32},
    {"dict_keyiterator", 56},
    {"set_iterator", 48},
    {"dict_keys", 24},
    {"zip", 48},
    {"method_descriptor", 56},
    {"getset_descriptor", 48},
    {"_contextvars.Context", 48},
    {"hamt_array_node", 280},
    {"collections.deque", 216},
    {"functools._lru_cache_wrapper", 152},
    {"itertools._tee_dataobject", 496},
    {"itertools.groupby", 64},
    {"array.array", 64},
    {"_queue.SimpleQueue", 56},
    {"_io.StringIO", 120},
    {"_io.BytesIO", 64},
    {"_io.BufferedReader", 152},
    {"_io.TextIOWrapper", 192},
    {"posix.ScandirIterator", 104},
    {"datetime.datetime", 48},
    {"zoneinfo.ZoneInfo", 208},
    {"decimal.Decimal", 104},
    {"_struct.Struct", 56},
    {"_csv.reader", 88},
    {"_pickle.Pickler", 152},
    {"_pickle.Unpickler", 272},
    {"re.Pattern", 96},
    {"re.Match", 88},
    {"zlib.Compress", 168},
    {"_lzma.LZMADecompressor", 224},
    {"_socket.socket", 48},
    {"_ssl._SSLContext", 96},
    {"sqlite3.Connection", 216},
    {"xml.etree.ElementTree.Element", 56},
    {"pyexpat.xmlparser", 72},
    {"_asyncio.Task", 176},
    {"_thread._local", 64},
    {"_ctypes.CFuncPtr", 160},
    {"StgDict", 192},
};

static void sizes_are_those_of_the_types(void **state)
{
    (void)state;
    for (size_t i = 0; i < exu_row_count(); i++) {
        struct exu_row *row = shipped(i);
        for (size_t j = 0; row->version_hex >> 16 == COMPLETE && j < EXU_COUNT(basic_sizes); j++) {
            const struct exu_type_row *type = find(basic_sizes[j].name);
            if (!type || !type->size)
                fail_msg("no row, or one without a size, for %s", basic_sizes[j].name);
            else if (exu_size(&row->layout, type->size) != basic_sizes[j].basicsize)
                fail_msg("%s: the row of %s says %u", row->name, type->name,
                         exu_size(&row->layout, type->size));
        }
        exu_row_destroy(row);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_unique),
        cmocka_unit_test(slots_lie_inside),
        cmocka_unit_test(sizes_are_those_of_the_types),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
