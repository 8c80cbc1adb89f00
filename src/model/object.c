/* Walking one object along the plan of its type, and what follows from its head. */
#include "model/claims.h"
#include "model/model.h"

#include <stdlib.h>

uint64_t exu_object_word(const struct exu_object *o, enum exu_field field)
{
    const struct exu_slot *slot = &o->layout->slot[field];
    if (!slot->size || slot->offset > o->available)
        return 0;
    const uint8_t *p = o->bytes + slot->offset;
    /* Arrays and strings at the end of a structure have places, not values. */
    uint32_t size = slot->size > 8 ? 8 : slot->size;
    if (o->available - slot->offset < size)
        return 0;
    uint64_t value = 0;
    memcpy(&value, p, size);
    if (slot->bit_width && slot->bit_width < 64)
        value = (value >> slot->bit_offset) & ((UINT64_C(1) << slot->bit_width) - 1);
    return value;
}

int64_t exu_object_signed(const struct exu_object *o, enum exu_field field)
{
    uint64_t value = exu_object_word(o, field);
    switch (o->layout->slot[field].size) {
    case 1:
        return (int8_t)value;
    case 2:
        return (int16_t)value;
    case 4:
        return (int32_t)value;
    default:
        return (int64_t)value;
    }
}

/* A slot of an array costs so much of the allowance; a field of a structure, 1. */
#define SLOT_COST 4
/* Arrays so short are not worth a question to the allocators. */
#define SHORT_ARRAY 64

void exu_model_pass(const struct exu_model *model)
{
    /* In a sound process each word belongs to one array, and most to none. */
    exu_claims_clear(model->claims);
    if (model->allowance)
        __atomic_store_n(model->allowance, SLOT_COST * (model->memory_words + model->memory_words / 2 + 65536),
                         __ATOMIC_RELAXED);
}

static bool charge(const struct exu_model *model, uint64_t cost)
{
    if (!model->allowance)
        return true;
    uint64_t left = __atomic_load_n(model->allowance, __ATOMIC_RELAXED);
    if (cost > left)
        return false;
    __atomic_store_n(model->allowance, left - cost, __ATOMIC_RELAXED);
    return true;
}

uint64_t exu_walk_slots(const struct exu_model *model, exu_addr start, uint64_t count, uint64_t stride)
{
    if (count > SHORT_ARRAY && model->room && stride)
        count = exu_min(count, model->room(model->room_context, start) / stride);
    if (count > SHORT_ARRAY && model->claims && stride)
        count = exu_claims_take(model->claims, start, exu_min(count, UINT64_MAX / stride) * stride) / stride;
    if (model->allowance)
        count = exu_min(count, __atomic_load_n(model->allowance, __ATOMIC_RELAXED) / SLOT_COST);
    charge(model, count * SLOT_COST);
    return count;
}

bool exu_walk_words(const struct exu_model *model, uint64_t words)
{
    return words <= UINT64_MAX / SLOT_COST && charge(model, words * SLOT_COST);
}

bool exu_walk_string(const struct exu_object *o, exu_addr address, uint64_t *ret_length)
{
    uint64_t available;
    const uint8_t *text = exu_memory_span(o->memory, address, &available);
    if (!text)
        return false;
    const uint8_t *end = memchr(text, 0, exu_min(available, SHORT_ARRAY));
    if (!end && available > SHORT_ARRAY) {
        available = exu_walk_slots(o->model, address, available / 8, 8) * 8;
        end = memchr(text, 0, available);
    }
    *ret_length = end ? (uint64_t)(end - text) : 0;
    return end != NULL;
}

bool exu_field_read(const struct exu_object *o, exu_addr structure, enum exu_field field, uint64_t *ret)
{
    const struct exu_slot *slot = &o->layout->slot[field];
    uint32_t size = slot->size > 8 ? 8 : slot->size;
    const uint8_t *p = size ? exu_memory_at(o->memory, structure + slot->offset, size) : NULL;
    if (!p || !charge(o->model, 1))
        return false;
    uint64_t value = 0;
    memcpy(&value, p, size);
    *ret = slot->bit_width && slot->bit_width < 64
               ? (value >> slot->bit_offset) & ((UINT64_C(1) << slot->bit_width) - 1)
               : value;
    return true;
}

void exu_emit(const struct exu_visitor *v, exu_addr target, enum exu_reference_kind kind, const char *name,
              int64_t position)
{
    if (target)
        v->reference(v->context, &(struct exu_reference){target, name, 0, position, (uint8_t)kind, EXU_EXACT, false, false});
}

void exu_emit_named(const struct exu_visitor *v, exu_addr target, enum exu_reference_kind kind, exu_addr name_object,
                    int64_t position)
{
    if (target)
        v->reference(v->context, &(struct exu_reference){target, NULL, name_object, position, (uint8_t)kind, EXU_EXACT, false, false});
}

void exu_emit_view(const struct exu_visitor *v, exu_addr target, enum exu_reference_kind kind, exu_addr name_object,
                   int64_t position)
{
    const struct exu_reference reference = {.target = target,
                                            .name_object = name_object,
                                            .position = position,
                                            .kind = (uint8_t)kind,
                                            .confidence = EXU_EXACT,
                                            .view = true};
    if (target)
        v->reference(v->context, &reference);
}

void exu_emit_uncounted(const struct exu_visitor *v, exu_addr target, enum exu_reference_kind kind, const char *name,
                        int64_t position)
{
    const struct exu_reference reference = {.target = target,
                                            .name_text = name,
                                            .position = position,
                                            .kind = (uint8_t)kind,
                                            .confidence = EXU_EXACT,
                                            .uncounted = true};
    if (target)
        v->reference(v->context, &reference);
}

void exu_emit_bad(const struct exu_visitor *v, exu_addr where, exu_addr pointer)
{
    if (v->bad)
        v->bad(v->context, where, pointer);
}

void exu_emit_array(const struct exu_object *o, const struct exu_visitor *v, exu_addr items, uint64_t count,
                    enum exu_reference_kind kind, const char *name)
{
    uint64_t index = 0;
    if (count > exu_walk_limit(o)) {
        exu_emit_bad(v, o->address, items);
        return;
    }
    uint64_t allowed = exu_walk_slots(o->model, items, count, 8);
    if (allowed < count) {
        exu_emit_bad(v, o->address, items + allowed * 8);
        count = allowed;
    }
    while (index < count) {
        uint64_t available;
        const uint8_t *p = exu_memory_span(o->memory, items + index * 8, &available);
        uint64_t run = exu_min(available / 8, count - index);
        if (!p || !run) {
            exu_emit_bad(v, o->address, items + index * 8);
            return;
        }
        for (uint64_t i = 0; i < run; i++)
            exu_emit(v, exu_load_u64(p + i * 8), kind, name, (int64_t)(index + i));
        index += run;
    }
}

uint64_t exu_walk_limit(const struct exu_object *o)
{
    return o->model->memory_words;
}

uint64_t exu_object_refcount(const struct exu_object *o)
{
    return exu_object_word(o, EXU_PyObject_ob_refcnt) & o->model->python->strategy.refcount_mask;
}

/* `base` is what positions count from. */
static void scan(const struct exu_object *o, const struct exu_visitor *v, exu_addr base, exu_addr from, uint64_t bytes,
                 const char *name)
{
    const struct exu_addrset *known = o->model->known;
    uint64_t available;
    const uint8_t *p = known ? exu_memory_span(o->memory, from, &available) : NULL;
    if (!p)
        return;
    bytes = exu_walk_slots(o->model, from, exu_min(bytes, available) / 8, 8) * 8;
    for (uint64_t at = 0; at + 8 <= bytes; at += 8) {
        exu_addr target = exu_load_u64(p + at);
        if (target && target % 8 == 0 && exu_addrset_has(known, target))
            v->reference(v->context, &(struct exu_reference){target, name, 0, (int64_t)(from - base + at),
                                                             EXU_REF_NATIVE, EXU_CONSERVATIVE, false, false});
    }
}

/* C memory that a block points to: blocks that hold no object, a few steps deep (an array of pointers to structures, a
 * linked list), small and not many. */
#define NATIVE_BLOCKS 256
#define NATIVE_BLOCK_SIZE 4096

struct native_block {
    exu_addr start;
    uint64_t size;
};

static bool native_block(const struct exu_object *o, exu_addr address, struct native_block *ret)
{
    const struct exu_model *m = o->model;
    if (!address || address % 16 || !m->block || address == m->interpreter ||
        !m->block(m->room_context, address, &ret->start, &ret->size) || ret->start != address ||
        ret->size > NATIVE_BLOCK_SIZE)
        return false;
    for (unsigned before = 0; before <= EXU_PREHEADER_MOST && before + UINT64_C(16) <= ret->size; before += 16)
        if (exu_addrset_has(m->known, address + before))
            return false;
    return true;
}

static void add_native_blocks(const struct exu_object *o, const struct native_block *from, struct native_block *blocks,
                              unsigned *count)
{
    uint64_t available;
    const uint8_t *p = exu_memory_span(o->memory, from->start, &available);
    uint64_t size = exu_min(from->size, p ? available : 0);
    for (uint64_t at = 0; at + 8 <= size && *count < NATIVE_BLOCKS; at += 8) {
        struct native_block block;
        unsigned seen = 0;
        if (!native_block(o, exu_load_u64(p + at), &block))
            continue;
        while (seen < *count && blocks[seen].start != block.start)
            seen++;
        if (seen == *count)
            blocks[(*count)++] = block;
    }
}

void exu_object_scan(const struct exu_object *o, const struct exu_visitor *v, exu_addr block, uint64_t bytes,
                     const char *name)
{
    if (!o->model->known)
        return;
    struct native_block blocks[NATIVE_BLOCKS];
    unsigned count = 1;
    blocks[0] = (struct native_block){block, bytes};
    for (unsigned i = 0; i < count; i++) {
        scan(o, v, blocks[i].start, blocks[i].start, blocks[i].size, name);
        if (i)
            exu_emit_buffer(v, blocks[i].start);
        add_native_blocks(o, &blocks[i], blocks, &count);
    }
}

static void walk_slot(const struct exu_object *o, const struct exu_visitor *v, const struct exu_slot_row *row)
{
    if (!exu_has(o->layout, row->field))
        return;
    uint32_t offset = exu_offset(o->layout, row->field);
    if (row->how != EXU_SLOT_INLINE && (offset == o->type->dictoffset || offset == o->type->weaklistoffset))
        return; /* read by the rule of the type, once */
    uint64_t value = exu_object_word(o, row->field);
    switch (row->how) {
    case EXU_SLOT_OBJECT:
        exu_emit(v, value, EXU_REF_FIELD, row->name, -1);
        break;
    case EXU_SLOT_TAGGED:
        exu_emit(v, value & ~UINT64_C(1), EXU_REF_FIELD, row->name, -1);
        break;
    case EXU_SLOT_WEAK:
        exu_emit(v, value, EXU_REF_WEAK, row->name, -1);
        break;
    case EXU_SLOT_BUFFER:
        exu_emit_buffer(v, value);
        break;
    case EXU_SLOT_ARRAY: {
        exu_emit_buffer(v, value);
        int64_t count = exu_object_signed(o, row->count);
        if (value && count > 0)
            exu_emit_array(o, v, value, (uint64_t)count, EXU_REF_FIELD, row->name);
        break;
    }
    case EXU_SLOT_INLINE: {
        int64_t count = row->count ? exu_object_signed(o, row->count) : exu_size(o->layout, row->field) / 8;
        if (count > 0)
            exu_emit_array(o, v, o->address + offset, (uint64_t)count, EXU_REF_FIELD, row->name);
        break;
    }
    }
}

/* Where a type with items keeps its dict: behind them (Objects/object.c, _PyObject_GetDictPtr). */
static bool dict_place(const struct exu_object *o, int64_t dictoffset, exu_addr *ret)
{
    if (dictoffset > 0) {
        *ret = o->address + (uint64_t)dictoffset;
        return true;
    }
    int64_t size = exu_object_signed(o, EXU_PyVarObject_ob_size);
    uint64_t items = size < 0 ? -(uint64_t)size : (uint64_t)size, bytes;
    if (!exu_mul(items, (uint64_t)o->type->itemsize, &bytes) || bytes > (UINT64_C(1) << 46))
        return false;
    uint64_t end = exu_round_up((uint64_t)o->type->basicsize + bytes, 8);
    *ret = o->address + end + (uint64_t)dictoffset;
    return true;
}

/* The two words before the collector's head (Include/internal/pycore_object.h; the words are counted from the object
 * down): what is a dict, what are values, by version. */
static void walk_managed(const struct exu_object *o, const struct exu_visitor *v)
{
    uint64_t dict, values;
    if (!exu_memory_u64(o->memory, o->address - 24, &dict) || !exu_memory_u64(o->memory, o->address - 32, &values)) {
        exu_emit_bad(v, o->address, o->address - 32);
        return;
    }
    switch (o->model->python->strategy.attributes) {
    case EXU_ATTRIBUTES_OFFSET:
        return;
    case EXU_ATTRIBUTES_311:
        break;
    case EXU_ATTRIBUTES_312: /* the word of the dict is odd when it is one less than the address of values */
        values = dict & 1 ? dict + 1 : 0;
        dict = dict & 1 ? 0 : dict;
        break;
    case EXU_ATTRIBUTES_313:
        values = o->type->inline_values ? o->address + exu_size(o->layout, EXU_sizeof_PyObject) : 0;
        break;
    case EXU_ATTRIBUTES_314:
        values = o->type->inline_values ? o->address + (uint64_t)o->type->basicsize : 0;
        break;
    }
    exu_emit(v, dict, EXU_REF_FIELD, "__dict__", -1);
    if (values)
        exu_values_walk(o, v, values, EXU_REF_ATTRIBUTE);
}

void exu_object_walk(const struct exu_object *o, const struct exu_visitor *v)
{
    const struct exu_type *type = o->type;
    for (size_t i = 0; i < type->row_count; i++) {
        const struct exu_type_row *row = type->rows[i];
        for (const struct exu_slot_row *slot = row->slots; slot && slot->field; slot++)
            walk_slot(o, v, slot);
        if (row->walk)
            row->walk(o, v);
    }
    for (size_t i = 0; i < type->member_count; i++) {
        const struct exu_member *member = &type->members[i];
        if (member->offset + UINT64_C(8) <= o->available)
            exu_emit(v, exu_load_u64(o->bytes + member->offset), member->slot ? EXU_REF_SLOT : EXU_REF_FIELD,
                     member->name, -1);
    }
    if (type->managed_dict) {
        walk_managed(o, v);
    } else if (type->dictoffset && !(type->classes & EXU_IS_TYPE)) { /* types say theirs in their row */
        exu_addr place;
        uint64_t dict;
        if (dict_place(o, type->dictoffset, &place) && exu_memory_u64(o->memory, place, &dict))
            exu_emit(v, dict, EXU_REF_FIELD, "__dict__", -1);
        else
            exu_emit_bad(v, o->address, o->address);
    }
    for (size_t i = 0; i < type->gap_count; i++)
        scan(o, v, o->address, o->address + type->gaps[i].start, type->gaps[i].end - type->gaps[i].start, NULL);
    if (type->heap) /* an instance holds its type where that was made at run time */
        exu_emit(v, type->address, EXU_REF_TYPE, NULL, -1);
}

bool exu_object_plain_size(const struct exu_object *o, uint64_t *ret)
{
    uint64_t items = 0;
    if (o->type->classes & EXU_IS_INT && o->model->python->strategy.integer == EXU_INT_TAG && o->type->size_of)
        return o->type->size_of(o, ret); /* no PyVarObject: its tag stands where ob_size was */
    if (o->type->itemsize) {
        int64_t size = exu_object_signed(o, EXU_PyVarObject_ob_size);
        if (!exu_mul(size < 0 ? -(uint64_t)size : (uint64_t)size, (uint64_t)o->type->itemsize, &items))
            return false;
    }
    return exu_add((uint64_t)o->type->basicsize, items, ret);
}

/* Python/sysmodule.c, _PySys_GetSizeOf: what stands before the object; a static type object has nothing there, which
 * 3.11 and 3.12 overlook. */
static uint64_t presize(const struct exu_object *o)
{
    const struct exu_strategy *s = &o->model->python->strategy;
    bool static_type =
        o->type->classes & EXU_IS_TYPE && !(exu_object_word(o, EXU_PyTypeObject_tp_flags) & s->flags.heap_type);
    switch (s->presize) {
    case EXU_PRESIZE_TYPE:
        return o->type->preheader;
    case EXU_PRESIZE_GC:
    case EXU_PRESIZE_TYPE_IS_GC:
        break;
    }
    return static_type ? 0 : o->type->preheader;
}

bool exu_object_getsizeof(const struct exu_object *o, uint64_t *ret)
{
    uint64_t size;
    if (!(o->type->size_of ? o->type->size_of(o, &size) : exu_object_plain_size(o, &size)))
        return false;
    return exu_add(size, presize(o), ret);
}

bool exu_object_length(const struct exu_object *o, uint64_t *ret)
{
    return o->type->length && o->type->length(o, ret);
}

bool exu_object_capacity(const struct exu_object *o, uint64_t *ret)
{
    return o->type->capacity && o->type->capacity(o, ret);
}

bool exu_object_shares_keys(const struct exu_object *o, bool *ret)
{
    if (!(o->type->classes & EXU_IS_DICT) || !exu_has(o->layout, EXU_PyDictObject_ma_values))
        return false;
    *ret = exu_object_word(o, EXU_PyDictObject_ma_values) != 0;
    return true;
}

/* Tracked objects are all in the collector's lists: one that no list holds must be untracked. */
static bool untracked(const struct exu_object *o)
{
    exu_addr head = o->address - exu_size(o->layout, EXU_sizeof_PyGC_Head);
    uint64_t next = 0, previous = 0, references = 0;
    switch (o->model->python->strategy.gc_head) {
    case EXU_GC_HEAD_LINKS: /* pycore_object.h, _PyObject_GC_UNTRACK: of _gc_prev a flag may stay */
        return exu_field_read(o, head, EXU_PyGC_Head__gc_next, &next) && !next &&
               exu_field_read(o, head, EXU_PyGC_Head__gc_prev, &previous) &&
               !(previous & o->model->python->strategy.gc_prev_mask);
    case EXU_GC_HEAD_REFS_27: /* _PyGC_REFS_UNTRACKED */
        return exu_field_read(o, head, EXU_PyGC_Head_gc_refs, &references) && (int64_t)references == -2;
    case EXU_GC_HEAD_REFS_36:
        return exu_field_read(o, head, EXU_PyGC_Head_gc_refs, &references) && (int64_t)references >> 1 == -2;
    }
    return false;
}

#define UNVOUCHED_MOST 0xffff
bool exu_object_plausible(const struct exu_object *o, exu_addr block, uint64_t block_size)
{
    if (o->address != block + o->type->preheader)
        return false;
    uint64_t count = exu_object_refcount(o);
    /* Include/refcount.h: the upper half of a 64-bit count stays 0; of a pointer it does not. */
    bool immortal = o->model->python->strategy.immortal && count <= UINT32_MAX && (int32_t)count < 0;
    /* Nobody is known to refer to it: thousands of references by native code are text that stands where a count was. */
    if (!count || (count > UNVOUCHED_MOST && !immortal) || !(o->type->row_count || o->type->heap))
        return false;
    if (o->type->classes & EXU_IS_TYPE)
        return exu_model_known_type(o->model, o->address) != NULL;
    if (o->type->has_gc && !untracked(o))
        return false;
    uint64_t size, length;
    /* str and bytes may have been grown or shrunk in place; their own block is what getsizeof counts, but for caches. */
    bool sized = o->type->classes & EXU_IS_STR                      ? exu_str_block_size(o, &size)
                 : o->type->classes & EXU_IS_INT && o->type->size_of ? o->type->size_of(o, &size)
                                                                    : exu_object_plain_size(o, &size);
    if (!sized || !exu_add(size, o->type->preheader, &size) || size > block_size)
        return false;
    if (o->type->length && !o->type->length(o, &length))
        return false;
    /* The allocator rounds up to 16; malloc keeps 8 of the next chunk and may leave a remainder below 32. */
    if (o->type->classes & (EXU_IS_STR | EXU_IS_BYTES))
        return size >= block_size / 2 || block_size - size <= 64;
    return block_size - size <= 40;
}
