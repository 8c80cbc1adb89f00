#include "model/dict.h"

/* Bounds of log2 that no machine's memory exceeds. */
#define LOG2_LIMIT 40

static uint64_t word_at(const uint8_t *p, const struct exu_layout *l, enum exu_field field)
{
    return exu_has(l, field) ? exu_load_u64(p + exu_offset(l, field)) : 0;
}

static bool keys_311(const struct exu_layout *l, const uint8_t *p, struct exu_dict_table *ret)
{
    unsigned log2_size = p[exu_offset(l, EXU_PyDictKeysObject_dk_log2_size)];
    unsigned log2_index = p[exu_offset(l, EXU_PyDictKeysObject_dk_log2_index_bytes)];
    if (log2_size > LOG2_LIMIT || log2_index > LOG2_LIMIT + 4)
        return false;
    ret->unicode = p[exu_offset(l, EXU_PyDictKeysObject_dk_kind)] != 0;
    ret->stride = exu_size(l, ret->unicode ? EXU_sizeof_PyDictUnicodeEntry : EXU_sizeof_PyDictKeyEntry);
    ret->key_offset = exu_offset(l, ret->unicode ? EXU_PyDictUnicodeEntry_me_key : EXU_PyDictKeyEntry_me_key);
    ret->value_offset = exu_offset(l, ret->unicode ? EXU_PyDictUnicodeEntry_me_value : EXU_PyDictKeyEntry_me_value);
    ret->entries = ret->address + exu_size(l, EXU_sizeof_PyDictKeysObject) + (UINT64_C(1) << log2_index);
    /* USABLE_FRACTION: two thirds of the places have entries. */
    uint64_t capacity = (UINT64_C(1) << log2_size) * 2 / 3;
    ret->bytes = ret->entries - ret->address + capacity * ret->stride;
    ret->room = capacity;
    return ret->count <= capacity && ret->usable <= capacity - ret->count;
}

static bool keys_36(const struct exu_layout *l, const uint8_t *p, struct exu_dict_table *ret)
{
    uint64_t size = word_at(p, l, EXU_PyDictKeysObject_dk_size);
    if (!size || size > UINT64_C(1) << LOG2_LIMIT || size & (size - 1))
        return false;
    uint64_t width = size <= 0xff ? 1 : size <= 0xffff ? 2 : size <= 0xffffffff ? 4 : 8;
    ret->stride = exu_size(l, EXU_sizeof_PyDictKeyEntry);
    ret->key_offset = exu_offset(l, EXU_PyDictKeyEntry_me_key);
    ret->value_offset = exu_offset(l, EXU_PyDictKeyEntry_me_value);
    ret->entries = ret->address + exu_size(l, EXU_sizeof_PyDictKeysObject) + size * width;
    uint64_t capacity = size * 2 / 3;
    ret->bytes = ret->entries - ret->address + capacity * ret->stride;
    ret->room = capacity;
    return ret->count <= capacity && ret->usable <= capacity - ret->count;
}

bool exu_dict_keys(const struct exu_model *model, exu_addr address, struct exu_dict_table *ret)
{
    const struct exu_layout *l = &model->python->layout;
    const uint8_t *p = !address || address % 8
                           ? NULL
                           : exu_memory_at(model->memory, address, exu_size(l, EXU_sizeof_PyDictKeysObject));
    if (!p)
        return false;
    *ret = (struct exu_dict_table){.address = address};
    ret->refcount = word_at(p, l, EXU_PyDictKeysObject_dk_refcnt);
    ret->usable = word_at(p, l, EXU_PyDictKeysObject_dk_usable);
    ret->count = word_at(p, l, EXU_PyDictKeysObject_dk_nentries);
    ret->own = ret->refcount == 1;
    switch (model->python->strategy.dict) {
    case EXU_DICT_311:
        return keys_311(l, p, ret);
    case EXU_DICT_36:
        return keys_36(l, p, ret);
    case EXU_DICT_27:
        break;
    }
    return false;
}

static bool table_27(const struct exu_model *model, exu_addr dict, const uint8_t *p, struct exu_dict_table *ret)
{
    const struct exu_layout *l = &model->python->layout;
    uint64_t mask = word_at(p, l, EXU_PyDictObject_ma_mask);
    *ret = (struct exu_dict_table){.address = word_at(p, l, EXU_PyDictObject_ma_table)};
    if (!ret->address || mask >= model->memory_words)
        return false;
    ret->entries = ret->address;
    ret->count = mask + 1;
    ret->stride = exu_size(l, EXU_sizeof_PyDictKeyEntry);
    ret->key_offset = exu_offset(l, EXU_PyDictKeyEntry_me_key);
    ret->value_offset = exu_offset(l, EXU_PyDictKeyEntry_me_value);
    ret->bytes = ret->count * ret->stride;
    ret->room = ret->count * 2 / 3;
    ret->own = ret->address != dict + exu_offset(l, EXU_PyDictObject_ma_smalltable);
    return true;
}

bool exu_dict_table(const struct exu_model *model, exu_addr dict, struct exu_dict_table *ret)
{
    const struct exu_layout *l = &model->python->layout;
    const uint8_t *p =
        !dict || dict % 8 ? NULL : exu_memory_at(model->memory, dict, exu_size(l, EXU_sizeof_PyDictObject));
    if (!p)
        return false;
    switch (model->python->strategy.dict) {
    case EXU_DICT_27:
        return table_27(model, dict, p, ret);
    case EXU_DICT_36:
    case EXU_DICT_311:
        break;
    }
    return exu_dict_keys(model, word_at(p, l, EXU_PyDictObject_ma_keys), ret);
}

static bool entries_each(const struct exu_model *model, const struct exu_dict_table *table, bool valued,
                         exu_dict_item *item, void *context)
{
    uint64_t count = exu_walk_slots(model, table->entries, table->count, table->stride);
    for (uint64_t i = 0; i < count;) {
        uint64_t available;
        const uint8_t *p = exu_memory_span(model->memory, table->entries + i * table->stride, &available);
        uint64_t run = p ? exu_min(available / table->stride, count - i) : 0;
        if (!run)
            return false;
        for (uint64_t j = 0; j < run; j++, p += table->stride) {
            exu_addr key = exu_load_u64(p + table->key_offset), value = exu_load_u64(p + table->value_offset);
            if (key && (value || !valued) && !item(context, key, value, i + j))
                return true;
        }
        i += run;
    }
    return count == table->count;
}

bool exu_dict_table_each(const struct exu_model *model, const struct exu_dict_table *table, exu_dict_item *item,
                         void *context)
{
    return entries_each(model, table, true, item, context);
}

bool exu_dict_table_keys(const struct exu_model *model, const struct exu_dict_table *table, exu_dict_item *item,
                         void *context)
{
    return entries_each(model, table, false, item, context);
}

/* 3.11, 3.12: the values follow a prefix: its size is the byte before them, then how many were set, then the index of
 * each, backwards (new_values and insert_into_dictkeys). */
static void prefixed(const struct exu_model *model, const struct exu_dict_table *keys, struct exu_dict_values *v)
{
    const uint8_t *p = exu_memory_at(model->memory, v->values - 2, 2);
    uint64_t prefix = p ? p[1] : 0;
    v->valid = p && prefix >= p[0] + UINT64_C(2) && exu_memory_at(model->memory, v->values - prefix, prefix);
    if (!v->valid)
        return;
    v->block = v->values - prefix;
    if (p[0] <= keys->count) {
        v->count = p[0];
        v->order = p - 1;
        v->step = -1;
    }
}

/* 3.13 and later: struct _dictvalues, the order of insertion behind the values. */
static void with_header(const struct exu_model *model, exu_addr address, const struct exu_dict_table *keys,
                        struct exu_dict_values *v)
{
    const struct exu_layout *l = &model->python->layout;
    uint32_t head = exu_offset(l, EXU_PyDictValues_values);
    const uint8_t *p = head ? exu_memory_at(model->memory, address, head) : NULL;
    /* Inside an object they stand until its dict has values of its own; outside nobody sets the flag. */
    v->valid = p && (p[exu_offset(l, EXU_PyDictValues_valid)] || !p[exu_offset(l, EXU_PyDictValues_embedded)]);
    if (!v->valid)
        return;
    uint64_t capacity = p[exu_offset(l, EXU_PyDictValues_capacity)];
    uint64_t size = p[exu_offset(l, EXU_PyDictValues_size)];
    v->values = address + head;
    v->inside = p[exu_offset(l, EXU_PyDictValues_embedded)];
    v->block = v->inside ? 0 : address;
    v->count = exu_min(keys->count, capacity);
    const uint8_t *order = exu_memory_at(model->memory, v->values + capacity * 8, size);
    if (order && size <= v->count) {
        v->count = size;
        v->order = order;
        v->step = 1;
    }
}

struct exu_dict_values exu_dict_values(const struct exu_model *model, exu_addr address,
                                       const struct exu_dict_table *keys)
{
    struct exu_dict_values v = {.values = address, .count = keys->count};
    switch (model->python->strategy.values) {
    case EXU_VALUES_NONE:
        break;
    case EXU_VALUES_ARRAY:
        v.block = address;
        v.valid = true;
        break;
    case EXU_VALUES_PREFIX:
        prefixed(model, keys, &v);
        break;
    case EXU_VALUES_HEADER:
        with_header(model, address, keys, &v);
        break;
    }
    return v;
}

bool exu_dict_values_each(const struct exu_model *model, const struct exu_dict_table *keys,
                          const struct exu_dict_values *values, exu_dict_item *item, void *context)
{
    if (!values->valid)
        return false;
    uint64_t count = exu_walk_slots(model, values->values, values->count, 8);
    for (uint64_t i = 0; i < count; i++) {
        uint64_t index = values->order ? values->order[(int64_t)i * values->step] : i;
        uint64_t key, value;
        if (index >= keys->count ||
            !exu_memory_u64(model->memory, keys->entries + index * keys->stride + keys->key_offset, &key) ||
            !exu_memory_u64(model->memory, values->values + index * 8, &value))
            return false;
        if (key && value && !item(context, key, value, i))
            return true;
    }
    return count == values->count;
}

bool exu_dict_each(const struct exu_model *model, exu_addr dict, exu_dict_item *item, void *context)
{
    const struct exu_layout *l = &model->python->layout;
    struct exu_dict_table table;
    uint64_t values = 0;
    if (!exu_dict_table(model, dict, &table))
        return false;
    if (exu_has(l, EXU_PyDictObject_ma_values))
        exu_memory_u64(model->memory, dict + exu_offset(l, EXU_PyDictObject_ma_values), &values);
    if (!values)
        return exu_dict_table_each(model, &table, item, context);
    struct exu_dict_values split = exu_dict_values(model, values, &table);
    return exu_dict_values_each(model, &table, &split, item, context);
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

/* _PyDict_SizeOf, and dict_sizeof of 2.7. */
bool exu_dict_extra_size(const struct exu_object *dict, uint64_t *ret)
{
    struct exu_dict_table table;
    if (!exu_dict_table(dict->model, dict->address, &table))
        return false;
    *ret = table.own ? table.bytes : 0;
    if (exu_object_word(dict, EXU_PyDictObject_ma_values))
        *ret += (table.count + table.usable) * 8;
    return true;
}
