/* The core types: numbers, strings, containers, types, modules, weak references. */
#include "model/dict.h"
#include "model/model.h"

/* ---- int, str, bytes ---- */

/* Objects/longobject.c: int.__sizeof__ counts digits; a subclass's size only from 3.12 on. 2.7's int has none. */
static bool int_size(const struct exu_object *o, uint64_t *ret)
{
    const struct exu_strategy *s = &o->model->python->strategy;
    if (!(o->type->flags & s->flags.long_subclass)) {
        if (s->integer == EXU_INT_TAG) { /* a damaged type: exu_object_plain_size would ask here again, for ever */
            *ret = (uint64_t)o->type->basicsize;
            return true;
        }
        return exu_object_plain_size(o, ret);
    }
    uint64_t digits = 0, base = exu_offset(o->layout, EXU_PyLongObject_ob_digit), bytes;
    int64_t size = exu_object_signed(o, EXU_PyVarObject_ob_size);
    switch (s->integer) {
    case EXU_INT_SIGNED_SIZE:
        digits = size < 0 ? -(uint64_t)size : (uint64_t)size;
        break;
    case EXU_INT_TAG:
        digits = exu_object_word(o, EXU_PyLongObject_lv_tag) >> s->int_tag_shift;
        break;
    }
    switch (s->int_sizeof) {
    case EXU_INT_SIZEOF_DIGITS:
        break;
    case EXU_INT_SIZEOF_BASICSIZE:
        base = (uint64_t)o->type->basicsize;
        digits = exu_max(digits, 1);
        break;
    case EXU_INT_SIZEOF_DIGITS_MIN:
        digits = exu_max(digits, 1);
        break;
    }
    return exu_mul(digits, sizeof(uint32_t), &bytes) && exu_add(base, bytes, ret);
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
        .ready = !exu_has(o->layout, EXU_PyASCIIObject_state_ready) ||
                 exu_object_word(o, EXU_PyASCIIObject_state_ready) != 0,
    };
}

bool exu_str_block_size(const struct exu_object *o, uint64_t *ret)
{
    if (o->model->python->strategy.str == EXU_STR_27)
        return exu_object_plain_size(o, ret);
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

/* 2.7: Objects/stringobject.c, string_sizeof: what a subclass adds is not counted. */
static bool str_27_size(const struct exu_object *o, uint64_t *ret)
{
    return exu_add(exu_offset(o->layout, EXU_PyBytesObject_ob_sval) + UINT64_C(1),
                   exu_object_word(o, EXU_PyVarObject_ob_size), ret);
}

/* 2.7: PyUnicodeObject; Py_UNICODE is UCS4 in every Linux build (Objects/unicodeobject.c, unicode__sizeof__). */
static bool unicode_27_size(const struct exu_object *o, uint64_t *ret)
{
    uint64_t length = exu_object_word(o, EXU_PyUnicodeObject_length);
    return length <= INT64_MAX / 8 &&
           exu_add(exu_size(o->layout, EXU_sizeof_PyUnicodeObject), (length + 1) * 4, ret);
}

static bool str_size(const struct exu_object *o, uint64_t *ret)
{
    if (o->model->python->strategy.str == EXU_STR_27)
        return o->type->classes & EXU_IS_BYTES ? str_27_size(o, ret) : unicode_27_size(o, ret);
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

static bool ob_size_length(const struct exu_object *o, uint64_t *ret);

static bool str_length(const struct exu_object *o, uint64_t *ret)
{
    if (o->model->python->strategy.str == EXU_STR_27) {
        if (o->type->classes & EXU_IS_BYTES)
            return ob_size_length(o, ret);
        *ret = exu_object_word(o, EXU_PyUnicodeObject_length);
        return *ret <= INT64_MAX;
    }
    struct str_head head = str_head(o);
    *ret = head.length;
    if (!head.ready && exu_has(o->layout, EXU_PyCompactUnicodeObject_wstr_length))
        *ret = exu_object_word(o, EXU_PyCompactUnicodeObject_wstr_length);
    return *ret <= INT64_MAX;
}

static void str_walk(const struct exu_object *o, const struct exu_visitor *v)
{
    if (o->model->python->strategy.str == EXU_STR_27) {
        if (o->type->classes & EXU_IS_BYTES)
            return;
        exu_emit_buffer(v, exu_object_word(o, EXU_PyUnicodeObject_str));
        exu_emit(v, exu_object_word(o, EXU_PyUnicodeObject_defenc), EXU_REF_FIELD, "defenc", -1);
        return;
    }
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
    uint64_t allocated = exu_object_word(o, EXU_PyByteArrayObject_ob_alloc);
    /* 3.15 Objects/bytearrayobject.c, bytearray___sizeof__: _PyBytesObject_SIZE on top */
    if (allocated && exu_has(o->layout, EXU_PyByteArrayObject_ob_bytes_object) &&
        !exu_add(allocated, (uint64_t)exu_offset(o->layout, EXU_PyBytesObject_ob_sval) + 1, &allocated))
        return false;
    return exu_add((uint64_t)o->type->basicsize, allocated, ret);
}

/* From 3.15 on the bytes are a bytes object's. */
static void bytearray_walk(const struct exu_object *o, const struct exu_visitor *v)
{
    if (exu_has(o->layout, EXU_PyByteArrayObject_ob_bytes_object))
        exu_emit(v, exu_object_word(o, EXU_PyByteArrayObject_ob_bytes_object), EXU_REF_FIELD, "ob_bytes_object", -1);
    else
        exu_emit_buffer(v, exu_object_word(o, EXU_PyByteArrayObject_ob_bytes));
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

static bool list_capacity(const struct exu_object *o, uint64_t *ret)
{
    int64_t allocated = exu_object_signed(o, EXU_PyListObject_allocated);
    *ret = (uint64_t)allocated;
    return allocated >= 0 && allocated <= INT64_MAX / 16;
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

static bool set_capacity(const struct exu_object *o, uint64_t *ret)
{
    uint64_t mask = exu_object_word(o, EXU_PySetObject_mask);
    *ret = mask + 1;
    return mask < INT64_MAX / 16;
}

/* What stands in the place of a deleted member (Objects/setobject.c). */
static bool is_set_dummy(const struct exu_object *o, exu_addr key, uint64_t hash)
{
    switch (o->model->python->strategy.set) {
    case EXU_SET_DUMMY_OBJECT: /* nothing else has the hash -1 */
        return hash == UINT64_MAX;
    case EXU_SET_DUMMY_STRING: {
        char text[16];
        if (o->model->set_dummies[0])
            return key == o->model->set_dummies[0] || key == o->model->set_dummies[1];
        return exu_object_word(o, EXU_PySetObject_fill) > exu_object_word(o, EXU_PySetObject_used) &&
               exu_model_str(o->model, key, text, sizeof text) && strcmp(text, "<dummy key>") == 0;
    }
    }
    return false;
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
        if (key && !is_set_dummy(o, key, exu_load_u64(entry + exu_offset(o->layout, EXU_setentry_hash))))
            exu_emit(v, key, EXU_REF_ITEM, NULL, position++);
    }
}

/* ---- dict, attributes ---- */

static bool is_str(const struct exu_model *model, exu_addr address)
{
    struct exu_object o;
    return exu_object_at(model, address, &o) && o.type->classes & (EXU_IS_STR | EXU_IS_BYTES);
}

struct dict_walk {
    const struct exu_object *o;
    const struct exu_visitor *v;
    bool unicode;
    bool view; /* the values lie in the instance (3.13+), which visits them: dict_traverse passes them over */
    bool shared; /* the table of keys belongs to a type, whose ht_cached_keys counts them once for all */
};

static bool emit_entry(void *context, exu_addr key, exu_addr value, uint64_t index)
{
    const struct dict_walk *w = context;
    (w->shared ? exu_emit_uncounted : exu_emit)(w->v, key, EXU_REF_KEY, NULL, (int64_t)index);
    bool named = w->unicode || is_str(w->o->model, key);
    (w->view ? exu_emit_view : exu_emit_named)(w->v, value, EXU_REF_VALUE, named ? key : 0, (int64_t)index);
    return true;
}

static void dict_walk(const struct exu_object *o, const struct exu_visitor *v)
{
    struct exu_dict_table table;
    exu_addr values = exu_object_word(o, EXU_PyDictObject_ma_values);
    if (!exu_dict_table(o->model, o->address, &table)) {
        exu_emit_bad(v, o->address, o->address);
        return;
    }
    struct dict_walk walk = {o, v, table.unicode, false, values != 0};
    bool whole;
    if (values) {
        struct exu_dict_values split = exu_dict_values(o->model, values, &table);
        exu_emit_buffer(v, split.block);
        walk.view = split.inside;
        whole = exu_dict_values_each(o->model, &table, &split, emit_entry, &walk);
    } else {
        if (table.own)
            exu_emit_buffer(v, table.address);
        whole = exu_dict_table_each(o->model, &table, emit_entry, &walk);
    }
    if (!whole)
        exu_emit_bad(v, o->address, table.entries);
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
    struct exu_dict_table keys;
    uint64_t table;
    if (!exu_field_read(o, o->type->address, EXU_PyHeapTypeObject_ht_cached_keys, &table) ||
        !exu_dict_keys(o->model, table, &keys)) {
        exu_emit_bad(v, o->address, values);
        return;
    }
    struct exu_dict_values split = exu_dict_values(o->model, values, &keys);
    exu_emit_buffer(v, split.block);
    struct values_walk walk = {v, kind};
    if (split.valid && !exu_dict_values_each(o->model, &keys, &split, emit_value, &walk))
        exu_emit_bad(v, o->address, values);
}

static bool dict_size(const struct exu_object *o, uint64_t *ret)
{
    uint64_t extra;
    return exu_dict_extra_size(o, &extra) && exu_add((uint64_t)o->type->basicsize, extra, ret);
}

static bool dict_length(const struct exu_object *o, uint64_t *ret)
{
    *ret = exu_object_word(o, EXU_PyDictObject_ma_used);
    return *ret <= INT64_MAX;
}

static bool dict_capacity(const struct exu_object *o, uint64_t *ret)
{
    struct exu_dict_table table;
    if (!exu_dict_table(o->model, o->address, &table))
        return false;
    *ret = table.room;
    return true;
}

/* ---- type, module ---- */

static bool is_heap_type(const struct exu_object *o)
{
    return exu_object_word(o, EXU_PyTypeObject_tp_flags) & o->model->python->strategy.flags.heap_type;
}

static bool emit_key(void *context, exu_addr key, exu_addr value, uint64_t index)
{
    (void)value;
    exu_emit(context, key, EXU_REF_KEY, "ht_cached_keys", (int64_t)index);
    return true;
}

static void heap_type_walk(const struct exu_object *o, const struct exu_visitor *v)
{
    static const struct exu_slot_row slots[] = {
        EXU_OBJ_AS(PyHeapTypeObject, ht_name, "__name__"),
        EXU_OBJ_AS(PyHeapTypeObject, ht_slots, "__slots__"),
        EXU_OBJ_AS(PyHeapTypeObject, ht_qualname, "__qualname__"),
        EXU_OBJ_AS(PyHeapTypeObject, ht_module, "ht_module"),
    };
    for (size_t i = 0; i < EXU_COUNT(slots); i++)
        exu_emit(v, exu_object_word(o, slots[i].field), EXU_REF_FIELD, slots[i].name, -1);
    exu_emit_buffer(v, exu_object_word(o, EXU_PyHeapTypeObject__ht_tpname));
    exu_addr address = exu_object_word(o, EXU_PyHeapTypeObject_ht_cached_keys);
    struct exu_dict_table keys;
    if (!address || !exu_dict_keys(o->model, address, &keys))
        return;
    exu_emit_buffer(v, address);
    struct exu_visitor visitor = *v;
    exu_dict_table_keys(o->model, &keys, emit_key, &visitor);
}

/* The place number `index` in one of the interpreter's arrays of states; 0 when it is not `type`'s. */
static exu_addr state_of(const struct exu_object *type, exu_addr interpreter, enum exu_field array, uint64_t index)
{
    uint32_t stride = exu_size(type->layout, EXU_sizeof_managed_static_type_state);
    uint64_t owner;
    if (!exu_has(type->layout, array) || !stride || index >= exu_size(type->layout, array) / stride)
        return 0;
    exu_addr place = interpreter + exu_offset(type->layout, array) + index * stride;
    return exu_field_read(type, place, EXU_managed_static_type_state_type, &owner) && owner == type->address ? place : 0;
}

/* tp_dict and tp_subclasses of a static builtin type are the interpreter's from 3.12 on (Objects/typeobject.c,
 * lookup_tp_dict, lookup_tp_subclasses): tp_subclasses of the type is the number of its place there, from 1. */
static bool is_shared(const struct exu_object *o)
{
    return exu_object_word(o, EXU_PyTypeObject_tp_flags) & o->model->python->strategy.flags.static_builtin;
}

static void state_in(const struct exu_object *o, exu_addr interpreter, exu_addr *dict, exu_addr *subclasses)
{
    exu_addr place = 0;
    *dict = exu_object_word(o, EXU_PyTypeObject_tp_dict);
    *subclasses = exu_object_word(o, EXU_PyTypeObject_tp_subclasses);
    if (!is_shared(o))
        return;
    if (*subclasses && interpreter)
        place = state_of(o, interpreter, EXU_PyInterpreterState_types_builtins_initialized, *subclasses - 1);
    if (!place && *subclasses && interpreter)
        place = state_of(o, interpreter, EXU_PyInterpreterState_types_for_extensions_initialized, *subclasses - 1);
    if (!place || !exu_field_read(o, place, EXU_managed_static_type_state_tp_dict, dict) ||
        !exu_field_read(o, place, EXU_managed_static_type_state_tp_subclasses, subclasses))
        *dict = *subclasses = 0;
}

exu_addr exu_type_dict(const struct exu_object *type)
{
    exu_addr dict, subclasses;
    state_in(type, type->model->interpreter, &dict, &subclasses);
    return dict;
}

exu_addr exu_type_subclasses(const struct exu_object *type)
{
    exu_addr dict, subclasses;
    state_in(type, type->model->interpreter, &dict, &subclasses);
    return subclasses;
}

void exu_type_unvisited(const struct exu_object *type, exu_addr *ret_subclasses, exu_addr *ret_slots)
{
    *ret_subclasses = exu_type_subclasses(type);
    *ret_slots = is_heap_type(type) ? exu_object_word(type, EXU_PyHeapTypeObject_ht_slots) : 0;
}

static void type_walk(const struct exu_object *o, const struct exu_visitor *v)
{
    exu_addr dict, subclasses;
    state_in(o, o->model->interpreter, &dict, &subclasses);
    exu_emit(v, dict, EXU_REF_FIELD, "__dict__", -1);
    exu_emit(v, subclasses, EXU_REF_FIELD, "tp_subclasses", -1);
    if (is_heap_type(o))
        heap_type_walk(o, v);
    for (size_t i = 0; o->model->other_interpreter_count && is_shared(o) && i < o->model->other_interpreter_count &&
                       exu_walk_slots(o->model, o->model->other_interpreters[i], 1, 8);
         i++) {
        state_in(o, o->model->other_interpreters[i], &dict, &subclasses);
        exu_emit(v, dict, EXU_REF_FIELD, "__dict__ of another interpreter", -1);
        exu_emit(v, subclasses, EXU_REF_FIELD, "tp_subclasses of another interpreter", -1);
    }
}

/* Objects/typeobject.c, type___sizeof___impl; 2.7 has none. */
static bool type_size(const struct exu_object *o, uint64_t *ret)
{
    if (!o->model->python->strategy.sizeof_type_keys)
        return exu_object_plain_size(o, ret);
    if (!is_heap_type(o)) {
        *ret = exu_size(o->layout, EXU_sizeof_PyTypeObject);
        return true;
    }
    *ret = exu_size(o->layout, EXU_sizeof_PyHeapTypeObject);
    exu_addr address = exu_object_word(o, EXU_PyHeapTypeObject_ht_cached_keys);
    struct exu_dict_table keys;
    if (address && !exu_dict_keys(o->model, address, &keys))
        return false;
    *ret += address ? keys.bytes : 0;
    return true;
}

/* What a module's C code keeps in its state block is known to it alone. */
static void module_walk(const struct exu_object *o, const struct exu_visitor *v)
{
    exu_addr state = exu_object_word(o, EXU_PyModuleObject_md_state);
    exu_addr definition = exu_object_word(o, EXU_PyModuleObject_md_def);
    uint64_t size;
    char name[16];
    if (o->model->fault_file &&
        exu_model_str(o->model, exu_object_word(o, EXU_PyModuleObject_md_name), name, sizeof name) &&
        strcmp(name, "faulthandler") == 0 && exu_memory_u64(o->model->memory, o->model->fault_file, &size))
        exu_emit(v, size, EXU_REF_FIELD, "fatal_error.file", -1); /* faulthandler_traverse() */
    if (!state)
        return;
    exu_emit_buffer(v, state);
    if (exu_has(o->layout, EXU_PyModuleObject_md_state_size))
        size = exu_object_word(o, EXU_PyModuleObject_md_state_size);
    else if (!definition || !exu_field_read(o, definition, EXU_PyModuleDef_m_size, &size))
        return;
    if (size <= INT32_MAX)
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
    {.name = "long", .size_of = int_size},
    {.name = "bool"},
    {.name = "float", .size = EXU_sizeof_PyFloatObject},
    {.name = "complex", .size = EXU_sizeof_PyComplexObject},
    {.name = "str", .walk = str_walk, .size_of = str_size, .length = str_length},
    {.name = "unicode", .walk = str_walk, .size_of = str_size, .length = str_length},
    {.name = "bytes", .length = ob_size_length},
    {.name = "bytearray",
     .size = EXU_sizeof_PyByteArrayObject,
     .walk = bytearray_walk,
     .size_of = bytearray_size,
     .length = ob_size_length},
    {.name = "list",
     .size = EXU_sizeof_PyListObject,
     .walk = list_walk,
     .size_of = list_size,
     .length = ob_size_length,
     .capacity = list_capacity},
    {.name = "tuple", .walk = tuple_walk, .length = ob_size_length},
    {.name = "set",
     .size = EXU_sizeof_PySetObject,
     .walk = set_walk,
     .size_of = set_size,
     .length = set_length,
     .capacity = set_capacity},
    {.name = "frozenset",
     .size = EXU_sizeof_PySetObject,
     .walk = set_walk,
     .size_of = set_size,
     .length = set_length,
     .capacity = set_capacity},
    {.name = "dict",
     .size = EXU_sizeof_PyDictObject,
     .walk = dict_walk,
     .size_of = dict_size,
     .length = dict_length,
     .capacity = dict_capacity},
    {.name = "type",
     .size = EXU_sizeof_PyHeapTypeObject,
     .slots = EXU_SLOTS(EXU_OBJ_AS(PyTypeObject, tp_bases, "__bases__"), EXU_OBJ_AS(PyTypeObject, tp_base, "__base__"),
                        EXU_OBJ_AS(PyTypeObject, tp_mro, "__mro__"), EXU_OBJ(PyTypeObject, tp_cache)),
     .walk = type_walk,
     .size_of = type_size},
    {.name = "module",
     .size = EXU_sizeof_PyModuleObject,
     .slots = EXU_SLOTS(EXU_OBJ_AS(PyModuleObject, md_dict, "__dict__"), EXU_OBJ_AS(PyModuleObject, md_name, "md_name")),
     .walk = module_walk},
    WEAKREF("weakref.ReferenceType"),
    WEAKREF("weakref.ProxyType"),
    WEAKREF("weakref.CallableProxyType"),
    WEAKREF("weakref"), /* as they were called up to 3.10 */
    WEAKREF("weakproxy"),
    WEAKREF("weakcallableproxy"),
};

const struct exu_type_family exu_rows_core = {rows, EXU_COUNT(rows)};
