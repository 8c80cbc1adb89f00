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

/* 3.11: the version of basic_sizes. */
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

/* Which member of the 16 versions' layouts has a slot: each must be somewhere. */
static bool met[EXU_FIELD_COUNT];

static void check_row(const struct exu_type_row *row, const struct exu_layout *layout, const char *version)
{
    if (row->size && !exu_has(layout, row->size))
        return; /* a version without the type */
    if (row->size) {
        assert_string_equal(exu_field_path(row->size), "");
        met[row->size] = true;
    }
    uint32_t size = row->size ? exu_size(layout, row->size) : 0;
    for (const struct exu_slot_row *slot = row->slots; slot && slot->field; slot++) {
        const char *path = exu_field_path(slot->field);
        if (!exu_has(layout, slot->field))
            continue;
        if ((slot->how == EXU_SLOT_ARRAY || (slot->how == EXU_SLOT_INLINE && slot->count)) &&
            !exu_has(layout, slot->count))
            continue; /* nothing is walked without its count */
        met[slot->field] = true;
        if (!slot->name || !slot->name[0] || slot->how < EXU_SLOT_OBJECT || slot->how > EXU_SLOT_WEAK)
            fail_msg("%s: the slot %s of %s is not right", version, path, row->name);
        uint32_t offset = exu_offset(layout, slot->field), bytes = exu_size(layout, slot->field);
        if (slot->how == EXU_SLOT_BUFFER && bytes == 1)
            continue; /* a lock that became one byte inside the object */
        if (offset < exu_size(layout, EXU_sizeof_PyObject) || offset % 8)
            fail_msg("%s: the slot %s of %s is at %u", version, path, row->name, offset);
        if (slot->how != EXU_SLOT_INLINE && bytes != 8)
            fail_msg("%s: the slot %s of %s is %u bytes wide", version, path, row->name, bytes);
        if (size && (bytes > size || offset > size - bytes))
            fail_msg("%s: the slot %s of %s ends behind its structure", version, path, row->name);
        for (const struct exu_slot_row *other = row->slots; other < slot; other++)
            if (exu_has(layout, other->field) &&
                (exu_offset(layout, other->field) == offset || strcmp(other->name, slot->name) == 0))
                fail_msg("%s: %s has the slot %s twice", version, row->name, path);
    }
}

static void check_met(const struct exu_type_row *row, const struct exu_layout *layout, const char *version)
{
    (void)layout;
    (void)version;
    if (row->size && !met[row->size])
        fail_msg("no version has %s of %s", exu_field_structure(row->size), row->name);
    for (const struct exu_slot_row *slot = row->slots; slot && slot->field; slot++)
        if (!met[slot->field])
            fail_msg("no version has %s.%s of %s", exu_field_structure(slot->field),
                     exu_field_path(slot->field), row->name);
}

static void slots_lie_inside(void **state)
{
    (void)state;
    assert_true(exu_row_count() > 0);
    memset(met, 0, sizeof met);
    for (size_t i = 0; i < exu_row_count(); i++) {
        struct exu_row *row = shipped(i);
        each(check_row, &row->layout, row->name);
        exu_row_destroy(row);
    }
    each(check_met, NULL, NULL);
}

/* tp_basicsize as `T.__basicsize__` says it in release builds
 * of 2.7.18, 3.6.15, 3.7.16, 3.8.18, 3.9.18, 3.10.13, 3.11.7, 3.12.1 and 3.13.0: what a row is compared with.
 * 0: no such type. */
enum { VERSIONS = 9 };
static const char *const versions[VERSIONS] = {"2.7.18",  "3.6.15", "3.7.16", "3.8.18", "3.9.18",
                                               "3.10.13", "3.11.7", "3.12.1", "3.13.0"};
static const struct {
    const char *name;
    uint32_t basicsize[VERSIONS];
} basic_sizes[] = {
    {"slice", {40, 40, 40, 40, 40, 40, 40, 40, 40}},
    {"property", {56, 56, 56, 56, 56, 64, 64, 64, 64}},
    {"super", {40, 40, 40, 40, 40, 40, 40, 40, 40}},
    {"mappingproxy", {0, 24, 24, 24, 24, 24, 24, 24, 24}},
    {"dictproxy", {24, 0, 0, 0, 0, 0, 0, 0, 0}},
    {"collections.OrderedDict", {0, 112, 112, 112, 112, 112, 112, 112, 112}},
    {"list_iterator", {0, 32, 32, 32, 32, 32, 32, 32, 32}},
    {"listiterator", {32, 0, 0, 0, 0, 0, 0, 0, 0}},
    {"range_iterator", {0, 48, 48, 48, 48, 48, 48, 40, 40}},
    {"rangeiterator", {48, 0, 0, 0, 0, 0, 0, 0, 0}},
    {"xrange", {40, 0, 0, 0, 0, 0, 0, 0, 0}},
    {"dict_keyiterator", {0, 56, 56, 56, 56, 56, 56, 56, 56}},
    {"set_iterator", {0, 48, 48, 48, 48, 48, 48, 48, 48}},
    {"dict_keys", {24, 24, 24, 24, 24, 24, 24, 24, 24}},
    {"zip", {0, 40, 40, 40, 40, 48, 48, 48, 48}},
    {"itertools.izip", {40, 0, 0, 0, 0, 0, 0, 0, 0}},
    {"method_descriptor", {40, 48, 48, 56, 56, 56, 56, 56, 56}},
    {"getset_descriptor", {40, 48, 48, 48, 48, 48, 48, 48, 48}},
    {"_contextvars.Context", {0, 0, 0, 0, 0, 48, 48, 48, 48}},
    {"Context", {0, 0, 48, 48, 48, 0, 0, 0, 0}},
    {"hamt_array_node", {0, 0, 280, 280, 280, 280, 280, 280, 280}},
    {"collections.deque", {80, 80, 80, 80, 80, 80, 216, 216, 216}},
    {"deque_iterator", {56, 0, 0, 0, 0, 0, 0, 0, 0}},
    {"functools._lru_cache_wrapper", {0, 144, 128, 128, 136, 152, 152, 152, 152}},
    {"functools.partial", {56, 56, 64, 64, 64, 64, 64, 64, 64}},
    {"itertools._tee_dataobject", {0, 496, 496, 496, 496, 496, 496, 496, 496}},
    {"itertools.tee_dataobject", {496, 0, 0, 0, 0, 0, 0, 0, 0}},
    {"itertools.groupby", {56, 56, 64, 64, 64, 64, 64, 72, 72}},
    {"itertools.batched", {0, 0, 0, 0, 0, 0, 0, 32, 40}},
    {"itertools.izip_longest", {56, 0, 0, 0, 0, 0, 0, 0, 0}},
    {"itertools.zip_longest", {0, 56, 56, 56, 56, 56, 56, 56, 56}},
    {"array.array", {56, 64, 64, 64, 64, 64, 64, 64, 64}},
    {"_queue.SimpleQueue", {0, 0, 56, 56, 56, 56, 56, 56, 72}},
    {"_io.StringIO", {96, 120, 120, 120, 120, 120, 120, 168, 168}},
    {"_io.BytesIO", {64, 64, 64, 64, 64, 64, 64, 64, 64}},
    {"_io.BufferedReader", {152, 152, 152, 152, 152, 152, 152, 152, 152}},
    {"_io.TextIOWrapper", {176, 192, 192, 192, 192, 192, 192, 200, 200}},
    {"posix.ScandirIterator", {0, 96, 104, 104, 104, 104, 104, 104, 120}},
    {"datetime.datetime", {48, 48, 48, 48, 48, 48, 48, 48, 48}},
    {"zoneinfo.ZoneInfo", {0, 0, 0, 0, 208, 208, 208, 208, 208}},
    {"decimal.Decimal", {0, 104, 104, 104, 104, 104, 104, 104, 104}},
    {"_struct.Struct", {0, 0, 0, 0, 56, 56, 56, 56, 56}},
    {"Struct", {56, 56, 56, 56, 0, 0, 0, 0, 0}},
    {"_csv.reader", {80, 88, 88, 88, 88, 88, 88, 88, 88}},
    {"_pickle.Pickler", {0, 136, 136, 152, 152, 152, 152, 152, 144}},
    {"_pickle.Unpickler", {0, 256, 256, 272, 272, 272, 272, 272, 264}},
    {"re.Pattern", {0, 0, 96, 96, 96, 96, 96, 96, 96}},
    {"re.Match", {0, 0, 88, 88, 88, 88, 88, 88, 88}},
    {"_sre.SRE_Pattern", {88, 96, 0, 0, 0, 0, 0, 0, 0}},
    {"_sre.SRE_Match", {88, 88, 0, 0, 0, 0, 0, 0, 0}},
    {"zlib.Compress", {152, 168, 168, 168, 168, 168, 168, 168, 168}},
    {"_lzma.LZMADecompressor", {0, 224, 224, 224, 224, 224, 224, 224, 224}},
    {"_socket.socket", {56, 48, 48, 48, 48, 48, 48, 56, 56}},
    {"_ssl._SSLContext", {56, 56, 64, 88, 88, 96, 96, 96, 112}},
    {"sqlite3.Connection", {232, 224, 224, 240, 240, 240, 216, 224, 224}},
    {"sqlite3.Cache", {64, 64, 64, 64, 64, 64, 0, 0, 0}},
    {"xml.etree.ElementTree.Element", {0, 56, 56, 56, 56, 56, 56, 56, 56}},
    {"Element", {48, 0, 0, 0, 0, 0, 0, 0, 0}},
    {"pyexpat.xmlparser", {80, 72, 72, 72, 72, 72, 72, 72, 80}},
    {"_asyncio.Future", {0, 88, 104, 104, 144, 152, 128, 128, 104}},
    {"_asyncio.Task", {0, 112, 136, 144, 184, 192, 176, 176, 144}},
    {"_thread._local", {0, 64, 64, 64, 64, 64, 64, 64, 56}},
    {"thread._local", {64, 0, 0, 0, 0, 0, 0, 0, 0}},
    {"_ctypes.CFuncPtr", {0, 0, 0, 0, 0, 160, 160, 160, 160}},
    {"_ctypes.PyCFuncPtr", {160, 160, 160, 160, 160, 0, 0, 0, 0}},
    {"StgDict", {392, 192, 192, 192, 192, 192, 192, 192, 0}},
    {"typing.TypeVar", {0, 0, 0, 0, 0, 0, 0, 64, 80}},
    {"typing.ParamSpec", {0, 0, 0, 0, 0, 0, 0, 40, 56}},
    {"typing.TypeAliasType", {0, 0, 0, 0, 0, 0, 0, 56, 56}},
    {"instance", {40, 0, 0, 0, 0, 0, 0, 0, 0}},
    {"classobj", {72, 0, 0, 0, 0, 0, 0, 0, 0}},
    {"buffer", {64, 0, 0, 0, 0, 0, 0, 0, 0}},
    {"file", {144, 0, 0, 0, 0, 0, 0, 0, 0}},
    {"cStringIO.StringI", {136, 0, 0, 0, 0, 0, 0, 0, 0}},
    {"cStringIO.StringO", {56, 0, 0, 0, 0, 0, 0, 0, 0}},
    {"cPickle.Pickler", {136, 0, 0, 0, 0, 0, 0, 0, 0}},
    {"cPickle.Unpickler", {160, 0, 0, 0, 0, 0, 0, 0, 0}},
    {"bz2.BZ2File", {104, 0, 0, 0, 0, 0, 0, 0, 0}},
    {"_lsprof.Profiler", {64, 64, 64, 64, 64, 64, 64, 80, 80}},
    {"_hotshot.ProfilerType", {10328, 0, 0, 0, 0, 0, 0, 0, 0}},
    {"_multibytecodec.MultibyteCodec", {0, 0, 0, 0, 0, 24, 24, 32, 32}},
    {"MultibyteIncrementalEncoder", {56, 48, 48, 48, 48, 0, 0, 0, 0}},
    {"parser.st", {32, 32, 32, 40, 40, 0, 0, 0, 0}},
    {"operator.methodcaller", {40, 40, 40, 40, 40, 40, 40, 40, 64}},
};

static void sizes_are_those_of_the_types(void **state)
{
    (void)state;
    size_t compared = 0;
    for (size_t i = 0; i < exu_row_count(); i++) {
        struct exu_row *row = shipped(i);
        for (size_t version = 0; version < VERSIONS; version++) {
            if (strcmp(row->name, versions[version]) != 0)
                continue;
            for (size_t j = 0; j < EXU_COUNT(basic_sizes); j++) {
                const struct exu_type_row *type = find(basic_sizes[j].name);
                uint32_t expected = basic_sizes[j].basicsize[version];
                if (!type || !type->size)
                    fail_msg("no row, or one without a size, for %s", basic_sizes[j].name);
                else if (expected && exu_size(&row->layout, type->size) != expected)
                    fail_msg("%s: the row of %s says %u, not %u", row->name, type->name,
                             exu_size(&row->layout, type->size), expected);
                else
                    compared += expected != 0;
            }
        }
        exu_row_destroy(row);
    }
    assert_true(compared > 300);
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
