/* The core types: numbers, strings, containers, types, modules, weak references. */
#include "model/model.h"

/* ---- int, str, bytes ---- */

/* Objects/longobject.c, int___sizeof___impl: digits, at least one; a subclass's size is not counted. */
static bool int_size(const struct exu_object *o, uint64_t *ret)
{
    int64_t size = exu_object_signed(o, EXU_PyVarObject_ob_size);
    uint64_t digits = exu_max(size < 0 ? -(uint64_t)size : (uint64_t)size, 1);
    uint64_t bytes;
    if (!exu_mul(digits, sizeof(uint32_t), &bytes))
        return false;
    return exu_add(exu_offset(o->layout, EXU_PyLongObject_ob_digit), bytes, ret);
}

struct str_head {
    uint64_t length, kind;
    bool compact, ascii, ready;
};

static struct str_head str_head(const struct exu_object *o)
{
    return (struct str_head){
        .length = exu_object_word(o, EXU_PyASCIIObject_length),
        .kind = exu_object_word(o, EXU_PyASCIIObject_state_kind),
        .compact = exu_object_word(o, EXU_PyASCIIObject_state_compact) != 0,
        .ascii = exu_object_word(o, EXU_PyASCIIObject_state_ascii) != 0,
        .ready = exu_object_word(o, EXU_PyASCIIObject_state_ready) != 0,
    };
}

bool exu_str_block_size(const struct exu_object *o, uint64_t *ret)
{
    struct str_head head = str_head(o);
    uint64_t bytes;
    if (!head.compact) {
        *ret = exu_max((uint64_t)o->type->basicsize, exu_size(o->layout, EXU_sizeof_PyUnicodeObject));
        return head.kind <= 4 && head.kind != 3;
    }
    if ((head.kind != 1 && head.kind != 2 && head.kind != 4) || (head.ascii && head.kind != 1) ||
        head.length > INT64_MAX / 8)
        return false;
    bytes = (head.length + 1) * head.kind;
    return exu_add(exu_size(o->layout, head.ascii ? EXU_sizeof_PyASCIIObject : EXU_sizeof_PyCompactUnicodeObject),
                   bytes, ret);
}

static uint64_t str_data(const struct exu_object *o, const struct str_head *head)
{
    if (!head->compact)
        return exu_object_word(o, EXU_PyUnicodeObject_data);
    return o->address +
           exu_size(o->layout, head->ascii ? EXU_sizeof_PyASCIIObject : EXU_sizeof_PyCompactUnicodeObject);
}

/* The blocks that a str owns besides its own: the data of one that is not compact, cached UTF-8, cached wchar_t
 * (Objects/unicodeobject.c: _PyUnicode_HAS_UTF8_MEMORY, _PyUnicode_HAS_WSTR_MEMORY). */
struct str_caches {
    exu_addr data, utf8, wstr;
    uint64_t utf8_length, wstr_length;
};

static struct str_caches str_caches(const struct exu_object *o, const struct str_head *head)
{
    struct str_caches c = {0};
    exu_addr data = str_data(o, head);
    bool compact_ascii = head->compact && head->ascii;
    if (!head->compact)
        c.data = data;
    if (!compact_ascii) {
        exu_addr utf8 = exu_object_word(o, EXU_PyCompactUnicodeObject_utf8);
        if (utf8 && utf8 != data) {
            c.utf8 = utf8;
            c.utf8_length = exu_object_word(o, EXU_PyCompactUnicodeObject_utf8_length);
        }
    }
    exu_addr wstr = exu_object_word(o, EXU_PyASCIIObject_wstr);
    if (wstr && (!head->ready || wstr != data)) {
        c.wstr = wstr;
        c.wstr_length = compact_ascii ? head->length : exu_object_word(o, EXU_PyCompactUnicodeObject_wstr_length);
    }
    return c;
}

static bool str_size(const struct exu_object *o, uint64_t *ret)
{
    struct str_head head = str_head(o);
    struct str_caches c = str_caches(o, &head);
    uint64_t size;
    if (head.compact) {
        if (!exu_str_block_size(o, &size))
            return false;
    } else {
        size = exu_size(o->layout, EXU_sizeof_PyUnicodeObject);
        if (c.data && (head.length > INT64_MAX / 8 || !exu_add(size, (head.length + 1) * head.kind, &size)))
            return false;
    }
    if (c.utf8 && (c.utf8_length > INT64_MAX / 8 || !exu_add(size, c.utf8_length + 1, &size)))
        return false;
    if (c.wstr && (c.wstr_length > INT64_MAX / 8 || !exu_add(size, (c.wstr_length + 1) * 4, &size)))
        return false;
    *ret = size;
    return true;
}

static bool str_length(const struct exu_object *o, uint64_t *ret)
{
    struct str_head head = str_head(o);
    *ret = head.length;
    if (!head.ready && exu_has(o->layout, EXU_PyCompactUnicodeObject_wstr_length))
        *ret = exu_object_word(o, EXU_PyCompactUnicodeObject_wstr_length);
    return *ret <= INT64_MAX;
}

static void str_walk(const struct exu_object *o, const struct exu_visitor *v)
{
    struct str_head head = str_head(o);
    struct str_caches c = str_caches(o, &head);
    exu_emit_buffer(v, c.data);
    exu_emit_buffer(v, c.utf8);
    exu_emit_buffer(v, c.wstr);
}

static bool ob_size_length(const struct exu_object *o, uint64_t *ret)
{
    int64_t size = exu_object_signed(o, EXU_PyVarObject_ob_size);
    *ret = (uint64_t)size;
    return size >= 0;
}

static bool bytearray_size(const struct exu_object *o, uint64_t *ret)
{
    return exu_add((uint64_t)o->type->basicsize, exu_object_word(o, EXU_PyByteArrayObject_ob_alloc), ret);
}

/* ---- list, tuple, set ---- */

static bool list_size(const struct exu_object *o, uint64_t *ret)
{
    int64_t allocated = exu_object_signed(o, EXU_PyListObject_allocated);
    if (allocated < -1 || allocated > INT64_MAX / 16)
        return false;
    *ret = (uint64_t)(o->type->basicsize + allocated * 8); /* -1 while list.sort runs: getsizeof takes it at its word */
    return true;
}

static void list_walk(const struct exu_object *o, const struct exu_visitor *v)
{
    exu_addr items = exu_object_word(o, EXU_PyListObject_ob_item);
    int64_t size = exu_object_signed(o, EXU_PyVarObject_ob_size);
    if (!items || size < 0)
        return;
    exu_emit_buffer(v, items);
    if (size > exu_object_signed(o, EXU_PyListObject_allocated))
        exu_emit_bad(v, o->address, items);
    else
        exu_emit_array(o, v, items, (uint64_t)size, EXU_REF_ITEM, NULL);
}

static void tuple_walk(const struct exu_object *o, const struct exu_visitor *v)
{
    int64_t size = exu_object_signed(o, EXU_PyVarObject_ob_size);
    if (size > 0)
        exu_emit_array(o, v, exu_object_place(o, EXU_PyTupleObject_ob_item), (uint64_t)size, EXU_REF_ITEM, NULL);
}

static bool set_size(const struct exu_object *o, uint64_t *ret)
{
    uint64_t bytes = 0, mask = exu_object_word(o, EXU_PySetObject_mask);
    if (exu_object_word(o, EXU_PySetObject_table) != exu_object_place(o, EXU_PySetObject_smalltable) &&
        (mask == UINT64_MAX || !exu_mul(mask + 1, exu_size(o->layout, EXU_sizeof_setentry), &bytes)))
        return false;
    return exu_add((uint64_t)o->type->basicsize, bytes, ret);
}

static bool set_length(const struct exu_object *o, uint64_t *ret)
{
    *ret = exu_object_word(o, EXU_PySetObject_used);
    return *ret <= INT64_MAX;
}

static void set_walk(const struct exu_object *o, const struct exu_visitor *v)
{
    exu_addr table = exu_object_word(o, EXU_PySetObject_table);
    uint64_t mask = exu_object_word(o, EXU_PySetObject_mask);
    uint32_t stride = exu_size(o->layout, EXU_sizeof_setentry);
    if (!table || !stride)
        return;
    if (table != exu_object_place(o, EXU_PySetObject_smalltable))
        exu_emit_buffer(v, table);
    if (mask >= exu_walk_limit(o)) {
        exu_emit_bad(v, o->address, table);
        return;
    }
    int64_t position = 0;
    uint64_t slots = exu_walk_slots(o->model, table, mask + 1, stride);
    if (slots <= mask)
        exu_emit_bad(v, o->address, table + slots * stride);
    for (uint64_t i = 0; i < slots; i++) {
        const uint8_t *entry = exu_memory_at(o->memory, table + i * stride, stride);
        if (!entry) {
            exu_emit_bad(v, o->address, table + i * stride);
            return;
        }
        exu_addr key = exu_load_u64(entry + exu_offset(o->layout, EXU_setentry_key));
        /* Only the dummy of a deleted entry has the hash -1 (Objects/setobject.c). */
        if (key && exu_load_u64(entry + exu_offset(o->layout, EXU_setentry_hash)) != UINT64_MAX)
            exu_emit(v, key, EXU_REF_ITEM, NULL, position++);
    }
}

/* ---- dict ---- */

/* A keys table (Objects/dictobject.c, 3.11: struct _dictkeysobject), checked. */
struct dict_keys {
    exu_addr address, entries;
    uint64_t count;  /* dk_nentries */
    uint64_t usable; /* dk_usable */
    uint64_t bytes;  /* of the whole table */
    uint64_t refcount;
    uint32_t stride, key_offset, value_offset;
    bool unicode; /* all keys are str */
};

static bool read_keys(const struct exu_model *model, exu_addr address, struct dict_keys *ret)
{
    const struct exu_layout *l = &model->python->layout;
    uint32_t head = exu_size(l, EXU_sizeof_PyDictKeysObject);
    const uint8_t *p = address % 8 ? NULL : exu_memory_at(model->memory, address, head);
    if (!p)
        return false;
    unsigned log2_size = p[exu_offset(l, EXU_PyDictKeysObject_dk_log2_size)];
    unsigned log2_index = p[exu_offset(l, EXU_PyDictKeysObject_dk_log2_index_bytes)];
    if (log2_size > 40 || log2_index > 44)
        return false;
    ret->unicode = p[exu_offset(l, EXU_PyDictKeysObject_dk_kind)] != 0;
    ret->address = address;
    ret->refcount = exu_load_u64(p + exu_offset(l, EXU_PyDictKeysObject_dk_refcnt));
    ret->usable = exu_load_u64(p + exu_offset(l, EXU_PyDictKeysObject_dk_usable));
    ret->count = exu_load_u64(p + exu_offset(l, EXU_PyDictKeysObject_dk_nentries));
    ret->stride = exu_size(l, ret->unicode ? EXU_sizeof_PyDictUnicodeEntry : EXU_sizeof_PyDictKeyEntry);
    ret->key_offset = exu_offset(l, ret->unicode ? EXU_PyDictUnicodeEntry_me_key : EXU_PyDictKeyEntry_me_key);
    ret->value_offset = exu_offset(l, ret->unicode ? EXU_PyDictUnicodeEntry_me_value : EXU_PyDictKeyEntry_me_value);
    ret->entries = address + head + (UINT64_C(1) << log2_index);
    /* USABLE_FRACTION: two thirds of the slots have entries. */
    uint64_t capacity = (UINT64_C(1) << log2_size) * 2 / 3;
    ret->bytes = head + (UINT64_C(1) << log2_index) + capacity * ret->stride;
    return ret->count <= capacity && ret->usable <= capacity - ret->count;
}

/* Entry by entry, run by run of readable memory. */
static bool keys_each(const struct exu_model *model, const struct dict_keys *keys,
                      bool (*entry)(void *context, exu_addr key, exu_addr value, uint64_t index), void *context)
{
    uint64_t count = exu_walk_slots(model, keys->entries, keys->count, keys->stride);
    for (uint64_t i = 0; i < count;) {
        uint64_t available;
        const uint8_t *p = exu_memory_span(model->memory, keys->entries + i * keys->stride, &available);
        uint64_t run = p ? exu_min(available / keys->stride, count - i) : 0;
        if (!run)
            return false;
        for (uint64_t j = 0; j < run; j++, p += keys->stride)
            if (!entry(context, exu_load_u64(p + keys->key_offset), exu_load_u64(p + keys->value_offset), i + j))
                return true;
        i += run;
    }
    return count == keys->count;
}

/* Values that are kept apart from their keys, in an instance or a split dict, stand in the order of the shared keys; the
 * order in which they were set is in the bytes before them: the size of that prefix, how many were set, the index of
 * each (Objects/dictobject.c, new_values and insert_into_dictkeys of 3.11). */
struct split_values {
    exu_addr address;
    const uint8_t *end; /* the host address of the values: the prefix ends here; NULL when it can't be read */
    uint64_t used;
    exu_addr block;
};

static struct split_values split_values(const struct exu_model *model, exu_addr address, const struct dict_keys *keys)
{
    struct split_values v = {.address = address};
    const uint8_t *p = exu_memory_at(model->memory, address - 2, 2);
    uint64_t prefix = p ? p[1] : 0;
    if (!p || prefix < p[0] + UINT64_C(2) || !exu_memory_at(model->memory, address - prefix, prefix))
        return v;
    v.block = address - prefix;
    v.used = p[0];
    v.end = p + 2;
    if (v.used > keys->count)
        v.end = NULL;
    return v;
}

/* Calls back for each value that is set, in the order of setting; in the order of the keys where that is not to be had. */
static bool values_each(const struct exu_model *model, const struct dict_keys *keys, const struct split_values *v,
                        bool (*entry)(void *context, exu_addr key, exu_addr value, uint64_t index), void *context)
{
    uint64_t all = v->end ? v->used : keys->count;
    uint64_t count = exu_walk_slots(model, v->address, all, 8);
    for (uint64_t i = 0; i < count; i++) {
        uint64_t index = v->end ? v->end[-3 - (int64_t)i] : i;
        uint64_t key, value;
        if (index >= keys->count ||
            !exu_memory_u64(model->memory, keys->entries + index * keys->stride + keys->key_offset, &key) ||
            !exu_memory_u64(model->memory, v->address + index * 8, &value))
            return false;
        if (!entry(context, key, value, i))
            return true;
    }
    return count == all;
}

static bool is_str(const struct exu_model *model, exu_addr address)
{
    struct exu_object o;
    return exu_object_at(model, address, &o) && o.type->classes & EXU_IS_STR;
}

struct dict_walk {
    const struct exu_object *o;
    const struct exu_visitor *v;
    bool unicode;
};

static bool emit_entry(void *context, exu_addr key, exu_addr value, uint64_t index)
{
    const struct dict_walk *w = context;
    if (!key || !value) /* deleted */
        return true;
    exu_emit(w->v, key, EXU_REF_KEY, NULL, (int64_t)index);
    bool named = w->unicode || is_str(w->o->model, key);
    exu_emit_named(w->v, value, EXU_REF_VALUE, named ? key : 0, (int64_t)index);
    return true;
}

static void dict_walk(const struct exu_object *o, const struct exu_visitor *v)
{
    struct dict_keys keys;
    exu_addr table = exu_object_word(o, EXU_PyDictObject_ma_keys);
    exu_addr values = exu_object_word(o, EXU_PyDictObject_ma_values);
    if (!table)
        return;
    if (!read_keys(o->model, table, &keys)) {
        exu_emit_bad(v, o->address, table);
        return;
    }
    struct dict_walk walk = {o, v, keys.unicode};
    bool whole;
    if (values) {
        struct split_values split = split_values(o->model, values, &keys);
        exu_emit_buffer(v, split.block);
        whole = values_each(o->model, &keys, &split, emit_entry, &walk);
    } else {
        if (keys.refcount == 1)
            exu_emit_buffer(v, table);
        whole = keys_each(o->model, &keys, emit_entry, &walk);
    }
    if (!whole)
        exu_emit_bad(v, o->address, keys.entries);
}

struct values_walk {
    const struct exu_visitor *v;
    enum exu_reference_kind kind;
};

static bool emit_value(void *context, exu_addr key, exu_addr value, uint64_t index)
{
    const struct values_walk *w = context;
    exu_emit_named(w->v, value, w->kind, key, (int64_t)index);
    return true;
}

void exu_values_walk(const struct exu_object *o, const struct exu_visitor *v, exu_addr values,
                     enum exu_reference_kind kind)
{
    struct dict_keys keys;
    uint64_t table;
    if (!exu_field_read(o, o->type->address, EXU_PyHeapTypeObject_ht_cached_keys, &table) ||
        !read_keys(o->model, table, &keys)) {
        exu_emit_bad(v, o->address, values);
        return;
    }
    struct split_values split = split_values(o->model, values, &keys);
    exu_emit_buffer(v, split.block);
    struct values_walk walk = {v, kind};
    if (!values_each(o->model, &keys, &split, emit_value, &walk))
        exu_emit_bad(v, o->address, values);
}

/* Objects/dictobject.c, _PyDict_SizeOf of 3.11. */
static bool dict_size(const struct exu_object *o, uint64_t *ret)
{
    struct dict_keys keys;
    if (!read_keys(o->model, exu_object_word(o, EXU_PyDictObject_ma_keys), &keys))
        return false;
    uint64_t size = (uint64_t)o->type->basicsize;
    if (exu_object_word(o, EXU_PyDictObject_ma_values))
        size += (keys.count + keys.usable) * 8;
    if (keys.refcount == 1)
        size += keys.bytes;
    *ret = size;
    return true;
}

static bool dict_length(const struct exu_object *o, uint64_t *ret)
{
    *ret = exu_object_word(o, EXU_PyDictObject_ma_used);
    return *ret <= INT64_MAX;
}

struct each_item {
    bool (*item)(void *context, exu_addr key, exu_addr value, uint64_t position);
    void *context;
};

static bool each_entry(void *context, exu_addr key, exu_addr value, uint64_t index)
{
    struct each_item *each = context;
    return !key || !value || each->item(each->context, key, value, index);
}

bool exu_dict_each(const struct exu_model *model, exu_addr dict,
                   bool (*item)(void *context, exu_addr key, exu_addr value, uint64_t position), void *context)
{
    const struct exu_layout *l = &model->python->layout;
    const uint8_t *p = dict % 8 ? NULL : exu_memory_at(model->memory, dict, exu_size(l, EXU_sizeof_PyDictObject));
    struct dict_keys keys;
    if (!dict || !p || !read_keys(model, exu_load_u64(p + exu_offset(l, EXU_PyDictObject_ma_keys)), &keys))
        return false;
    struct each_item each = {item, context};
    exu_addr values = exu_load_u64(p + exu_offset(l, EXU_PyDictObject_ma_values));
    if (!values)
        return keys_each(model, &keys, each_entry, &each);
    struct split_values split = split_values(model, values, &keys);
    return values_each(model, &keys, &split, each_entry, &each);
}

struct find_item {
    const struct exu_model *model;
    const char *name;
    exu_addr found;
};

static bool find_item(void *context, exu_addr key, exu_addr value, uint64_t position)
{
    (void)position;
    struct find_item *find = context;
    char text[64];
    if (!exu_model_str(find->model, key, text, sizeof text) || strcmp(text, find->name) != 0)
        return true;
    find->found = value;
    return false;
}

exu_addr exu_dict_get(const struct exu_model *model, exu_addr dict, const char *name)
{
    struct find_item find = {model, name, 0};
    exu_dict_each(model, dict, find_item, &find);
    return find.found;
}

/* ---- type, module ---- */

static uint64_t type_flags(const struct exu_object *o)
{
    return exu_object_word(o, EXU_PyTypeObject_tp_flags);
}
#define TPFLAGS_HEAPTYPE (UINT64_C(1) << 9) /* Include/object.h */

static bool emit_key(void *context, exu_addr key, exu_addr value, uint64_t index)
{
    (void)value;
    exu_emit(context, key, EXU_REF_KEY, "ht_cached_keys", (int64_t)index);
    return true;
}

static void type_walk(const struct exu_object *o, const struct exu_visitor *v)
{
    static const struct exu_slot_row heap_slots[] = {
        EXU_OBJ_AS(PyHeapTypeObject, ht_name, "__name__"),
        EXU_OBJ_AS(PyHeapTypeObject, ht_slots, "__slots__"),
        EXU_OBJ_AS(PyHeapTypeObject, ht_qualname, "__qualname__"),
        EXU_OBJ_AS(PyHeapTypeObject, ht_module, "ht_module"),
    };
    if (!(type_flags(o) & TPFLAGS_HEAPTYPE))
        return;
    for (size_t i = 0; i < EXU_COUNT(heap_slots); i++)
        exu_emit(v, exu_object_word(o, heap_slots[i].field), EXU_REF_FIELD, heap_slots[i].name, -1);
    exu_emit_buffer(v, exu_object_word(o, EXU_PyHeapTypeObject__ht_tpname));
    exu_addr table = exu_object_word(o, EXU_PyHeapTypeObject_ht_cached_keys);
    struct dict_keys keys;
    if (table && read_keys(o->model, table, &keys)) {
        exu_emit_buffer(v, table);
        struct exu_visitor visitor = *v;
        keys_each(o->model, &keys, emit_key, &visitor);
    }
}

/* Objects/typeobject.c, type___sizeof___impl of 3.11. */
static bool type_size(const struct exu_object *o, uint64_t *ret)
{
    if (!(type_flags(o) & TPFLAGS_HEAPTYPE)) {
        *ret = exu_size(o->layout, EXU_sizeof_PyTypeObject);
        return true;
    }
    *ret = exu_size(o->layout, EXU_sizeof_PyHeapTypeObject);
    exu_addr table = exu_object_word(o, EXU_PyHeapTypeObject_ht_cached_keys);
    struct dict_keys keys;
    if (table) {
        if (!read_keys(o->model, table, &keys))
            return false;
        *ret += keys.bytes;
    }
    return true;
}

/* What a module's C code keeps in its state block is known to it alone. */
static void module_walk(const struct exu_object *o, const struct exu_visitor *v)
{
    exu_addr state = exu_object_word(o, EXU_PyModuleObject_md_state);
    exu_addr definition = exu_object_word(o, EXU_PyModuleObject_md_def);
    uint64_t size;
    if (!state)
        return;
    exu_emit_buffer(v, state);
    if (definition && exu_field_read(o, definition, EXU_PyModuleDef_m_size, &size) && size <= INT32_MAX)
        exu_object_scan(o, v, state, size, "md_state");
}

/* Objects/weakrefobject.c: the referent of a dead weak reference is None. */
static void weakref_walk(const struct exu_object *o, const struct exu_visitor *v)
{
    exu_addr referent = exu_object_word(o, EXU_PyWeakReference_wr_object);
    if (referent != o->model->python->none)
        exu_emit(v, referent, EXU_REF_WEAK, "wr_object", -1);
}

#define WEAKREF(tp_name)                                                                                    \
    {.name = tp_name, .size = EXU_sizeof_PyWeakReference,                                                   \
     .slots = EXU_SLOTS(EXU_OBJ_AS(PyWeakReference, wr_callback, "__callback__")), .walk = weakref_walk}

static const struct exu_type_row rows[] = {
    {.name = "object"},
    {.name = "NoneType"},
    {.name = "NotImplementedType"},
    {.name = "ellipsis"},
    {.name = "int", .size_of = int_size},
    {.name = "bool"},
    {.name = "float", .size = EXU_sizeof_PyFloatObject},
    {.name = "complex", .size = EXU_sizeof_PyComplexObject},
    {.name = "str", .size = EXU_sizeof_PyUnicodeObject, .walk = str_walk, .size_of = str_size, .length = str_length},
    {.name = "bytes", .length = ob_size_length},
    {.name = "bytearray",
     .size = EXU_sizeof_PyByteArrayObject,
     .slots = EXU_SLOTS(EXU_BUF(PyByteArrayObject, ob_bytes)),
     .size_of = bytearray_size,
     .length = ob_size_length},
    {.name = "list",
     .size = EXU_sizeof_PyListObject,
     .walk = list_walk,
     .size_of = list_size,
     .length = ob_size_length},
    {.name = "tuple", .walk = tuple_walk, .length = ob_size_length},
    {.name = "set", .size = EXU_sizeof_PySetObject, .walk = set_walk, .size_of = set_size, .length = set_length},
    {.name = "frozenset", .size = EXU_sizeof_PySetObject, .walk = set_walk, .size_of = set_size, .length = set_length},
    {.name = "dict", .size = EXU_sizeof_PyDictObject, .walk = dict_walk, .size_of = dict_size, .length = dict_length},
    {.name = "type",
     .size = EXU_sizeof_PyHeapTypeObject,
     .slots = EXU_SLOTS(EXU_OBJ_AS(PyTypeObject, tp_dict, "__dict__"), EXU_OBJ_AS(PyTypeObject, tp_bases, "__bases__"),
                        EXU_OBJ_AS(PyTypeObject, tp_base, "__base__"), EXU_OBJ_AS(PyTypeObject, tp_mro, "__mro__"),
                        EXU_OBJ(PyTypeObject, tp_cache), EXU_OBJ(PyTypeObject, tp_subclasses)),
     .walk = type_walk,
     .size_of = type_size},
    {.name = "module",
     .size = EXU_sizeof_PyModuleObject,
     .slots = EXU_SLOTS(EXU_OBJ_AS(PyModuleObject, md_dict, "__dict__"), EXU_OBJ_AS(PyModuleObject, md_name, "md_name")),
     .walk = module_walk},
    WEAKREF("weakref.ReferenceType"),
    WEAKREF("weakref.ProxyType"),
    WEAKREF("weakref.CallableProxyType"),
};

const struct exu_type_family exu_rows_core = {rows, EXU_COUNT(rows)};
