/* The plan of a type and the walk along it, on a small process of 3.11 made by hand: slots, gaps, dicts in all their
 * forms, sets, strings; types that are damaged; many objects that claim the same memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "frames_support.h"
#include "layout/row.h"
#include "layout/structure.h"
#include "memory/addrset.h"

/* Include/object.h, Include/structmember.h */
#define HEAP_TYPE (UINT64_C(1) << 9)
#define DICT_SUBCLASS (UINT64_C(1) << 29)
#define LIST_SUBCLASS (UINT64_C(1) << 25)
#define UNICODE_SUBCLASS (UINT64_C(1) << 28)
#define TYPE_SUBCLASS (UINT64_C(1) << 31)
#define T_OBJECT_EX 16

static struct exu_structures *structures;
static struct exu_row *shipped;

static int set_up(void **state)
{
    (void)state;
    if (exu_structures_create(&structures))
        return -1;
    for (size_t i = 0; i < exu_row_count(); i++) {
        if (exu_row_load(&shipped, structures, i))
            return -1;
        if (shipped->version_hex >> 16 == 0x030b)
            return 0;
        exu_row_destroy(shipped);
    }
    return -1;
}

static int tear_down(void **state)
{
    (void)state;
    exu_row_destroy(shipped);
    exu_structures_destroy(structures);
    return 0;
}

/* ---- a process ---- */

struct process {
    struct world *w;
    struct exu_model *model;
    struct exu_anomalies anomalies;
    exu_addr type, object, str, dict, list, set;
};

static exu_addr make_type(struct process *p, const char *name, exu_addr base, uint64_t size, uint64_t flags)
{
    struct world *w = p->w;
    exu_addr type = world_room(w, exu_size(&w->python.layout, EXU_sizeof_PyHeapTypeObject));
    exu_addr text = world_room(w, strlen(name) + 1);
    memcpy(w->bytes + (text - WORLD_BASE), name, strlen(name) + 1);
    world_put(w, type, EXU_PyObject_ob_refcnt, 1);
    world_put(w, type, EXU_PyObject_ob_type, p->type ? p->type : type);
    world_put(w, type, EXU_PyTypeObject_tp_name, text);
    world_put(w, type, EXU_PyTypeObject_tp_base, base);
    world_put(w, type, EXU_PyTypeObject_tp_basicsize, size);
    world_put(w, type, EXU_PyTypeObject_tp_flags, flags);
    return type;
}

static uint64_t size_of(const struct process *p, enum exu_field structure)
{
    return exu_size(&p->w->python.layout, structure);
}

static struct process make(void)
{
    struct process p = {.w = world_create(WORLD_BASE, NULL, WORLD_SIZE)};
    p.w->python.layout = shipped->layout;
    p.w->python.version_hex = 0x030b07f0;
    assert_true(exu_strategy_choose(&p.w->python.strategy, p.w->python.version_hex));
    world_room(p.w, 256); /* nothing lies at the very start */
    p.type = make_type(&p, "type", 0, size_of(&p, EXU_sizeof_PyHeapTypeObject), TYPE_SUBCLASS);
    p.object = make_type(&p, "object", 0, size_of(&p, EXU_sizeof_PyObject), 0);
    world_put(p.w, p.type, EXU_PyTypeObject_tp_base, p.object);
    p.str = make_type(&p, "str", p.object, size_of(&p, EXU_sizeof_PyUnicodeObject), UNICODE_SUBCLASS);
    p.dict = make_type(&p, "dict", p.object, size_of(&p, EXU_sizeof_PyDictObject), DICT_SUBCLASS);
    p.list = make_type(&p, "list", p.object, size_of(&p, EXU_sizeof_PyListObject), LIST_SUBCLASS);
    p.set = make_type(&p, "set", p.object, size_of(&p, EXU_sizeof_PySetObject), 0);
    p.w->python.type_type = p.type;
    exu_anomalies_init(&p.anomalies);
    assert_null(exu_model_create(&p.model, &p.w->python, NULL));
    return p;
}

static void unmake(struct process *p)
{
    exu_model_destroy(p->model);
    exu_anomalies_deinit(&p->anomalies);
    world_destroy(p->w);
}

/* ---- a visitor that keeps what it is told ---- */

#define SEEN_MAX 64
static struct {
    struct exu_reference references[SEEN_MAX];
    uint64_t count, bad;
} seen;

static void on_reference(void *context, const struct exu_reference *reference)
{
    (void)context;
    if (seen.count < SEEN_MAX)
        seen.references[seen.count] = *reference;
    seen.count++;
}

static void on_bad(void *context, exu_addr where, exu_addr pointer)
{
    (void)context, (void)where, (void)pointer;
    seen.bad++;
}

static const struct exu_visitor visitor = {NULL, on_reference, NULL, on_bad};

static struct exu_object walk(struct process *p, exu_addr address)
{
    struct exu_object o;
    assert_true(exu_model_object(p->model, address, &o));
    memset(&seen, 0, sizeof seen);
    exu_object_walk(&o, &visitor);
    return o;
}

static void expect(size_t index, exu_addr target, enum exu_reference_kind kind, const char *name, int64_t position)
{
    assert_true(index < seen.count);
    const struct exu_reference *r = &seen.references[index];
    assert_int_equal(r->target, target);
    assert_int_equal(r->kind, kind);
    assert_int_equal(r->position, position);
    if (name)
        assert_string_equal(r->name_text, name);
}

/* ---- plans ---- */

static exu_addr members(struct process *p, const char *const *names, const uint64_t *offsets, size_t count)
{
    uint64_t stride = size_of(p, EXU_sizeof_PyMemberDef);
    exu_addr table = world_room(p->w, (count + 1) * stride);
    for (size_t i = 0; i < count; i++) {
        exu_addr text = world_room(p->w, strlen(names[i]) + 1);
        memcpy(p->w->bytes + (text - WORLD_BASE), names[i], strlen(names[i]) + 1);
        world_put(p->w, table + i * stride, EXU_PyMemberDef_name, text);
        world_put(p->w, table + i * stride, EXU_PyMemberDef_type, T_OBJECT_EX);
        world_put(p->w, table + i * stride, EXU_PyMemberDef_offset, offsets[i]);
    }
    return table;
}

static void slots_of_a_class_and_of_its_base(void **state)
{
    (void)state;
    struct process p = make();
    exu_addr base = make_type(&p, "Base", p.object, 32, HEAP_TYPE), sub = make_type(&p, "Sub", base, 40, HEAP_TYPE);
    exu_addr slots = world_new(p.w, p.object, 16);
    world_put(p.w, base, EXU_PyHeapTypeObject_ht_slots, slots);
    world_put(p.w, sub, EXU_PyHeapTypeObject_ht_slots, slots);
    world_put(p.w, base, EXU_PyTypeObject_tp_members,
              members(&p, (const char *const[]){"a", "b"}, (const uint64_t[]){16, 24}, 2));
    /* One of its own; two that lie: inside the base, behind the end. */
    world_put(p.w, sub, EXU_PyTypeObject_tp_members,
              members(&p, (const char *const[]){"c", "lie", "far"}, (const uint64_t[]){32, 16, 40}, 3));
    exu_addr object = world_new(p.w, sub, 40), target = world_new(p.w, p.object, 16);
    world_put_word(p.w, object + 16, target);
    world_put_word(p.w, object + 32, slots); /* b is not set */
    struct exu_object o = walk(&p, object);
    assert_int_equal(o.type->member_count, 3);
    assert_int_equal(o.type->gap_count, 0);
    assert_int_equal(seen.count, 3);
    expect(0, target, EXU_REF_SLOT, "a", -1);
    expect(1, slots, EXU_REF_SLOT, "c", -1);
    expect(2, sub, EXU_REF_TYPE, NULL, -1);
    uint64_t size;
    assert_true(exu_object_getsizeof(&o, &size));
    assert_int_equal(size, 40);
    unmake(&p);
}

static void unknown_words_are_scanned_for_known_objects(void **state)
{
    (void)state;
    struct process p = make();
    exu_addr thing = make_type(&p, "vendor.Thing", p.object, 56, 0);
    exu_addr object = world_new(p.w, thing, 56), known = world_new(p.w, p.object, 16),
             unknown = world_new(p.w, p.object, 16);
    world_put_word(p.w, object + 16, known);
    world_put_word(p.w, object + 24, unknown);
    world_put_word(p.w, object + 32, known + 1); /* no address of an object */
    world_put_word(p.w, object + 48, known);
    struct exu_object o = walk(&p, object);
    assert_int_equal(o.type->gap_count, 1);
    assert_int_equal(o.type->gaps[0].start, 16);
    assert_int_equal(o.type->gaps[0].end, 56);
    assert_int_equal(seen.count, 0); /* nothing is known yet */
    struct exu_addrset *set;
    assert_null(exu_addrset_create(&set, p.w->memory));
    assert_true(exu_addrset_add(set, known));
    assert_null(exu_addrset_seal(set));
    p.model->known = set;
    walk(&p, object);
    assert_int_equal(seen.count, 2);
    expect(0, known, EXU_REF_NATIVE, NULL, 16);
    expect(1, known, EXU_REF_NATIVE, NULL, 48);
    assert_int_equal(seen.references[0].confidence, EXU_CONSERVATIVE);
    exu_addrset_destroy(set);
    unmake(&p);
}

/* A class statement's type may be called like a builtin, and is none. */
static void a_class_called_list_is_no_list(void **state)
{
    (void)state;
    struct process p = make();
    exu_addr fake = make_type(&p, "list", p.object, size_of(&p, EXU_sizeof_PyListObject), HEAP_TYPE);
    struct exu_object o = walk(&p, world_new(p.w, fake, 40));
    assert_false(o.type->classes & EXU_IS_LIST);
    assert_null(o.type->length);
    assert_int_equal(o.type->gap_count, 1);
    unmake(&p);
}

static void damaged_types_are_none(void **state)
{
    (void)state;
    static const struct {
        enum exu_field field;
        uint64_t value;
    } damage[] = {
        {EXU_PyTypeObject_tp_basicsize, 8},
        {EXU_PyTypeObject_tp_basicsize, UINT64_C(1) << 40},
        {EXU_PyTypeObject_tp_basicsize, UINT64_MAX},
        {EXU_PyTypeObject_tp_itemsize, UINT64_MAX},
        {EXU_PyTypeObject_tp_itemsize, UINT64_C(1) << 40},
        {EXU_PyTypeObject_tp_dictoffset, UINT64_C(1) << 40},
        {EXU_PyTypeObject_tp_dictoffset, UINT64_C(1) << 63},
        {EXU_PyTypeObject_tp_base, 1},
        {EXU_PyTypeObject_tp_base, WORLD_BASE + WORLD_SIZE},
        {EXU_PyObject_ob_type, WORLD_BASE + 3},
        {EXU_PyObject_ob_type, 0},
    };
    for (size_t i = 0; i < EXU_COUNT(damage); i++) {
        struct process p = make();
        exu_addr type = make_type(&p, "vendor.T", p.object, 32, 0), object = world_new(p.w, type, 32);
        struct exu_object o;
        world_put(p.w, type, damage[i].field, damage[i].value);
        assert_false(exu_model_object(p.model, object, &o));
        assert_null(exu_model_type(p.model, type));
        assert_null(exu_model_known_type(p.model, type));
        unmake(&p);
    }
}

static void bases_and_metatypes_in_a_circle(void **state)
{
    (void)state;
    struct process p = make();
    exu_addr a = make_type(&p, "vendor.A", 0, 32, 0), b = make_type(&p, "vendor.B", a, 32, 0);
    world_put(p.w, a, EXU_PyTypeObject_tp_base, b);
    assert_null(exu_model_type(p.model, b));
    exu_addr c = make_type(&p, "vendor.C", 0, 32, TYPE_SUBCLASS), d = make_type(&p, "vendor.D", 0, 32, TYPE_SUBCLASS);
    world_put(p.w, c, EXU_PyObject_ob_type, d);
    world_put(p.w, d, EXU_PyObject_ob_type, c);
    assert_null(exu_model_type(p.model, c));
    unmake(&p);
}

/* A table of members without an end, in a circle with itself as far as it goes: the whole memory. */
static void members_without_end(void **state)
{
    (void)state;
    struct process p = make();
    exu_addr type = make_type(&p, "vendor.T", p.object, 32, 0), rest = WORLD_BASE + p.w->used;
    for (exu_addr at = rest; at + 8 <= WORLD_BASE + WORLD_SIZE; at += 8)
        world_put_word(p.w, at, 16);
    world_put(p.w, type, EXU_PyTypeObject_tp_members, rest);
    const struct exu_type *t = exu_model_type(p.model, type);
    assert_non_null(t);
    assert_true(t->member_count <= 4096);
    unmake(&p);
}

/* ---- dicts ---- */

#define ENTRIES 5 /* of a table of 8 */

static exu_addr keys_of(struct process *p, bool unicode, exu_addr *ret_entries)
{
    struct world *w = p->w;
    uint64_t head = size_of(p, EXU_sizeof_PyDictKeysObject);
    uint64_t stride = size_of(p, unicode ? EXU_sizeof_PyDictUnicodeEntry : EXU_sizeof_PyDictKeyEntry);
    exu_addr keys = world_room(w, head + 8 + ENTRIES * stride);
    world_put(w, keys, EXU_PyDictKeysObject_dk_refcnt, 1);
    world_put(w, keys, EXU_PyDictKeysObject_dk_log2_size, 3);
    world_put(w, keys, EXU_PyDictKeysObject_dk_log2_index_bytes, 3);
    world_put(w, keys, EXU_PyDictKeysObject_dk_kind, unicode);
    world_put(w, keys, EXU_PyDictKeysObject_dk_usable, 1);
    world_put(w, keys, EXU_PyDictKeysObject_dk_nentries, ENTRIES - 1);
    *ret_entries = keys + head + 8;
    return keys;
}

static exu_addr dict_of(struct process *p, exu_addr keys, exu_addr values, uint64_t used)
{
    exu_addr dict = world_new(p->w, p->dict, size_of(p, EXU_sizeof_PyDictObject));
    world_put(p->w, dict, EXU_PyDictObject_ma_used, used);
    world_put(p->w, dict, EXU_PyDictObject_ma_keys, keys);
    world_put(p->w, dict, EXU_PyDictObject_ma_values, values);
    return dict;
}

static void dict_with_keys_that_are_all_str(void **state)
{
    (void)state;
    struct process p = make();
    exu_addr entries, keys = keys_of(&p, true, &entries), value = world_new(p.w, p.object, 16);
    exu_addr a = world_str(p.w, p.str, "a"), gone = world_str(p.w, p.str, "gone"), c = world_str(p.w, p.str, "c");
    uint64_t stride = size_of(&p, EXU_sizeof_PyDictUnicodeEntry);
    const exu_addr named[] = {a, gone, c};
    for (size_t i = 0; i < 3; i++) {
        world_put(p.w, entries + i * stride, EXU_PyDictUnicodeEntry_me_key, named[i]);
        world_put(p.w, entries + i * stride, EXU_PyDictUnicodeEntry_me_value, i == 1 ? 0 : value);
    }
    exu_addr dict = dict_of(&p, keys, 0, 2);
    struct exu_object o = walk(&p, dict);
    assert_int_equal(seen.count, 4);
    expect(0, a, EXU_REF_KEY, NULL, 0);
    expect(1, value, EXU_REF_VALUE, NULL, 0);
    assert_int_equal(seen.references[1].name_object, a);
    expect(2, c, EXU_REF_KEY, NULL, 2);
    expect(3, value, EXU_REF_VALUE, NULL, 2);
    uint64_t n;
    assert_true(exu_object_length(&o, &n));
    assert_int_equal(n, 2);
    assert_true(exu_object_getsizeof(&o, &n));
    assert_int_equal(n, size_of(&p, EXU_sizeof_PyDictObject) + 32 + 8 + 5 * 16);
    assert_int_equal(exu_dict_get(p.model, dict, "c"), value);
    assert_int_equal(exu_dict_get(p.model, dict, "gone"), 0);
    unmake(&p);
}

static void dict_with_keys_of_any_type(void **state)
{
    (void)state;
    struct process p = make();
    exu_addr entries, keys = keys_of(&p, false, &entries), value = world_new(p.w, p.object, 16);
    exu_addr text = world_str(p.w, p.str, "text"), other = world_new(p.w, p.object, 16);
    uint64_t stride = size_of(&p, EXU_sizeof_PyDictKeyEntry);
    world_put(p.w, entries, EXU_PyDictKeyEntry_me_key, text);
    world_put(p.w, entries, EXU_PyDictKeyEntry_me_value, value);
    world_put(p.w, entries + 3 * stride, EXU_PyDictKeyEntry_me_key, other);
    world_put(p.w, entries + 3 * stride, EXU_PyDictKeyEntry_me_value, value);
    exu_model_type(p.model, p.str);
    struct exu_object o = walk(&p, dict_of(&p, keys, 0, 2));
    assert_int_equal(seen.count, 4);
    expect(1, value, EXU_REF_VALUE, NULL, 0);
    assert_int_equal(seen.references[1].name_object, text); /* a str names its value */
    expect(2, other, EXU_REF_KEY, NULL, 3);
    expect(3, value, EXU_REF_VALUE, NULL, 3);
    assert_int_equal(seen.references[3].name_object, 0);
    uint64_t n;
    assert_true(exu_object_getsizeof(&o, &n));
    assert_int_equal(n, size_of(&p, EXU_sizeof_PyDictObject) + 32 + 8 + 5 * 24);
    unmake(&p);
}

static void split_dict_in_the_order_of_insertion(void **state)
{
    (void)state;
    struct process p = make();
    exu_addr entries, keys = keys_of(&p, true, &entries), names[4], targets[4];
    for (size_t i = 0; i < 4; i++) {
        names[i] = world_str(p.w, p.str, (const char *const[]){"a", "b", "c", "d"}[i]);
        targets[i] = world_new(p.w, p.object, 16);
        world_put(p.w, entries + i * size_of(&p, EXU_sizeof_PyDictUnicodeEntry), EXU_PyDictUnicodeEntry_me_key,
                  names[i]);
    }
    /* d, then a, then c; b was never set. The prefix: its size, how many were set, their indices, all backwards. */
    exu_addr block = world_room(p.w, 16 + 4 * 8), values = block + 16;
    uint8_t *prefix = p.w->bytes + (values - WORLD_BASE);
    prefix[-1] = 16;
    prefix[-2] = 3;
    prefix[-3] = 3;
    prefix[-4] = 0;
    prefix[-5] = 2;
    for (size_t i = 0; i < 4; i++)
        world_put_word(p.w, values + 8 * i, i == 1 ? 0 : targets[i]);
    walk(&p, dict_of(&p, keys, values, 3));
    assert_int_equal(seen.count, 6);
    expect(0, names[3], EXU_REF_KEY, NULL, 0);
    expect(1, targets[3], EXU_REF_VALUE, NULL, 0);
    expect(3, targets[0], EXU_REF_VALUE, NULL, 1);
    expect(5, targets[2], EXU_REF_VALUE, NULL, 2);
    assert_int_equal(seen.references[5].name_object, names[2]);
    /* An index behind the keys. */
    prefix[-4] = 200;
    walk(&p, dict_of(&p, keys, values, 3));
    assert_int_equal(seen.count, 2);
    assert_int_equal(seen.bad, 1);
    unmake(&p);
}

static void damaged_key_tables(void **state)
{
    (void)state;
    static const struct {
        enum exu_field field;
        uint64_t value;
    } damage[] = {
        {EXU_PyDictKeysObject_dk_log2_size, 255},
        {EXU_PyDictKeysObject_dk_log2_index_bytes, 63},
        {EXU_PyDictKeysObject_dk_nentries, 6}, /* more than two thirds of 8 */
        {EXU_PyDictKeysObject_dk_nentries, UINT64_MAX},
        {EXU_PyDictKeysObject_dk_usable, UINT64_MAX},
        {EXU_PyDictKeysObject_dk_usable, 6},
    };
    for (size_t i = 0; i < EXU_COUNT(damage); i++) {
        struct process p = make();
        exu_addr entries, keys = keys_of(&p, true, &entries);
        world_put(p.w, keys, damage[i].field, damage[i].value);
        struct exu_object o = walk(&p, dict_of(&p, keys, 0, 0));
        assert_int_equal(seen.count, 0);
        assert_int_equal(seen.bad, 1);
        uint64_t n;
        assert_false(exu_object_getsizeof(&o, &n));
        unmake(&p);
    }
}

/* ---- sets ---- */

static void dummies_of_a_set_are_passed_over(void **state)
{
    (void)state;
    struct process p = make();
    exu_addr set = world_new(p.w, p.set, size_of(&p, EXU_sizeof_PySetObject));
    exu_addr table = set + exu_offset(&p.w->python.layout, EXU_PySetObject_smalltable);
    exu_addr item = world_new(p.w, p.object, 16), dummy = world_new(p.w, p.object, 16);
    uint64_t stride = size_of(&p, EXU_sizeof_setentry);
    world_put(p.w, set, EXU_PySetObject_used, 2);
    world_put(p.w, set, EXU_PySetObject_mask, 7);
    world_put(p.w, set, EXU_PySetObject_table, table);
    world_put(p.w, table + 1 * stride, EXU_setentry_key, dummy);
    world_put(p.w, table + 1 * stride, EXU_setentry_hash, UINT64_MAX);
    world_put(p.w, table + 2 * stride, EXU_setentry_key, item);
    world_put(p.w, table + 2 * stride, EXU_setentry_hash, 5);
    world_put(p.w, table + 7 * stride, EXU_setentry_key, item);
    world_put(p.w, table + 7 * stride, EXU_setentry_hash, 0);
    struct exu_object o = walk(&p, set);
    assert_int_equal(seen.count, 2);
    expect(0, item, EXU_REF_ITEM, NULL, 0);
    expect(1, item, EXU_REF_ITEM, NULL, 1);
    uint64_t n;
    assert_true(exu_object_getsizeof(&o, &n));
    assert_int_equal(n, size_of(&p, EXU_sizeof_PySetObject)); /* the small table is inside */
    /* A mask beyond all memory. */
    world_put(p.w, set, EXU_PySetObject_mask, UINT64_MAX);
    walk(&p, set);
    assert_int_equal(seen.count, 0);
    assert_int_equal(seen.bad, 1);
    unmake(&p);
}

/* ---- strings ---- */

static void sizes_of_all_kinds_of_str(void **state)
{
    (void)state;
    static const struct {
        unsigned kind, compact, ascii;
        uint64_t length, size;
    } cases[] = {
        {1, 1, 1, 0, 49}, {1, 1, 1, 100, 149}, {1, 1, 0, 100, 173}, {2, 1, 0, 100, 274}, {4, 1, 0, 100, 476},
    };
    struct process p = make();
    for (size_t i = 0; i < EXU_COUNT(cases); i++) {
        exu_addr str = world_new(p.w, p.str, 512);
        uint64_t size;
        world_put(p.w, str, EXU_PyASCIIObject_length, cases[i].length);
        world_put(p.w, str, EXU_PyASCIIObject_state_kind,
                  cases[i].kind << 2 | cases[i].compact << 5 | cases[i].ascii << 6 | 1u << 7);
        struct exu_object o = walk(&p, str);
        assert_true(exu_object_getsizeof(&o, &size));
        assert_int_equal(size, cases[i].size);
        /* A length that no memory has. */
        world_put(p.w, str, EXU_PyASCIIObject_length, UINT64_MAX / 2);
        assert_false(exu_object_getsizeof(&o, &size));
        /* A kind that there is not. */
        world_put(p.w, str, EXU_PyASCIIObject_length, 1);
        world_put(p.w, str, EXU_PyASCIIObject_state_kind, 3 << 2 | 1 << 5 | 1 << 7);
        assert_false(exu_object_getsizeof(&o, &size));
    }
    unmake(&p);
}

/* ---- many that claim the same ---- */

static exu_addr list_of(struct process *p, exu_addr items, uint64_t count)
{
    exu_addr list = world_new(p->w, p->list, size_of(p, EXU_sizeof_PyListObject));
    world_put(p->w, list, EXU_PyVarObject_ob_size, count);
    world_put(p->w, list, EXU_PyListObject_ob_item, items);
    world_put(p->w, list, EXU_PyListObject_allocated, count);
    return list;
}

static void lists_over_the_same_memory(void **state)
{
    (void)state;
    struct process p = make();
    exu_addr item = world_new(p.w, p.object, 16), items = world_room(p.w, 4096 * 8);
    for (uint64_t i = 0; i < 4096; i++)
        world_put_word(p.w, items + 8 * i, item);
    exu_addr list = list_of(&p, items, 4096);
    uint64_t references = 0, bad = 0;
    for (unsigned i = 0; i < 1000; i++) {
        walk(&p, list);
        references += seen.count;
        bad += seen.bad;
    }
    /* One and a half times the memory's words, and what small processes get on top. */
    assert_true(references <= p.model->memory_words * 3 / 2 + 65536);
    assert_true(references >= 4096 && bad > 900);
    exu_model_pass(p.model);
    walk(&p, list);
    assert_int_equal(seen.count, 4096);
    assert_int_equal(seen.bad, 0);
    unmake(&p);
}

static uint64_t room_of_100(const void *context, exu_addr address)
{
    return *(const exu_addr *)context == address ? 100 * 8 : UINT64_MAX;
}

static void no_array_goes_beyond_its_block(void **state)
{
    (void)state;
    struct process p = make();
    exu_addr item = world_new(p.w, p.object, 16), items = world_room(p.w, 4096 * 8);
    for (uint64_t i = 0; i < 4096; i++)
        world_put_word(p.w, items + 8 * i, item);
    p.model->room = room_of_100;
    p.model->room_context = &items;
    walk(&p, list_of(&p, items, 100));
    assert_int_equal(seen.count, 100);
    assert_int_equal(seen.bad, 0);
    walk(&p, list_of(&p, items, 101));
    assert_int_equal(seen.count, 100);
    assert_int_equal(seen.bad, 1);
    unmake(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slots_of_a_class_and_of_its_base),
        cmocka_unit_test(unknown_words_are_scanned_for_known_objects),
        cmocka_unit_test(a_class_called_list_is_no_list),
        cmocka_unit_test(damaged_types_are_none),
        cmocka_unit_test(bases_and_metatypes_in_a_circle),
        cmocka_unit_test(members_without_end),
        cmocka_unit_test(dict_with_keys_that_are_all_str),
        cmocka_unit_test(dict_with_keys_of_any_type),
        cmocka_unit_test(split_dict_in_the_order_of_insertion),
        cmocka_unit_test(damaged_key_tables),
        cmocka_unit_test(dummies_of_a_set_are_passed_over),
        cmocka_unit_test(sizes_of_all_kinds_of_str),
        cmocka_unit_test(lists_over_the_same_memory),
        cmocka_unit_test(no_array_goes_beyond_its_block),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
