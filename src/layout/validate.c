#include "layout/validate.h"
#include <stdio.h>
#include <string.h>

/* In which versions a field is indispensable. */
enum when {
    ALWAYS,
    WITH_RUNTIME,      /* 3.7+ */
    GC_OF_RUNTIME,     /* 3.7, 3.8 */
    GC_OF_INTERPRETER, /* 3.9+ */
    DICT_TABLE,        /* 2.7 */
    DICT_KEYS,         /* 3.6+ */
    DICT_SIZE,         /* 3.6-3.10 */
    DICT_LOG2,         /* 3.11+ */
    TEXT,              /* 3.6+ */
    FRAME_OBJECT,      /* 2.7-3.10 */
    FRAME_C,           /* 3.11, 3.12 */
    FRAME_CURRENT,     /* 3.13+ */
    FRAME_INNER,       /* 3.11+ */
    ARENAS_BEHIND,     /* 3.12+ */
    GC_REFS,           /* 2.7-3.7 */
};

static bool applies(enum when when, const struct exu_strategy *s)
{
    bool inner = s->frame != EXU_FRAME_OBJECT_STACKTOP && s->frame != EXU_FRAME_OBJECT_STACKDEPTH;
    bool through_c = s->frame == EXU_FRAME_311 || s->frame == EXU_FRAME_312;
    switch (when) {
    case ALWAYS:
        return true;
    case WITH_RUNTIME:
        return s->interpreters_place == EXU_PLACE_RUNTIME;
    case GC_OF_RUNTIME:
        return s->gc_place == EXU_PLACE_RUNTIME;
    case GC_OF_INTERPRETER:
        return s->gc_place == EXU_PLACE_INTERPRETER;
    case DICT_TABLE:
        return s->dict == EXU_DICT_27;
    case DICT_KEYS:
        return s->dict != EXU_DICT_27;
    case DICT_SIZE:
        return s->dict == EXU_DICT_36;
    case DICT_LOG2:
        return s->dict == EXU_DICT_311;
    case TEXT:
        return s->str != EXU_STR_27;
    case FRAME_OBJECT:
        return !inner;
    case FRAME_C:
        return through_c;
    case FRAME_CURRENT:
        return inner && !through_c;
    case FRAME_INNER:
        return inner;
    case ARENAS_BEHIND:
        return s->obmalloc_place == EXU_PLACE_INTERPRETER || s->obmalloc_place == EXU_PLACE_POINTER;
    case GC_REFS:
        return s->gc_head != EXU_GC_HEAD_LINKS;
    }
    return false;
}

/* What nothing works without, and how wide it is; 0: any width. */
static const struct {
    uint16_t field;
    uint8_t size;
    uint8_t when; /* enum when */
} indispensable[] = {
    {EXU_sizeof_PyObject, 0, ALWAYS},
    {EXU_PyObject_ob_refcnt, 8, ALWAYS},
    {EXU_PyObject_ob_type, 8, ALWAYS},
    {EXU_PyVarObject_ob_size, 8, ALWAYS},
    {EXU_sizeof_PyGC_Head, 0, ALWAYS},
    {EXU_PyGC_Head__gc_next, 8, ALWAYS},
    {EXU_PyGC_Head__gc_prev, 8, ALWAYS},
    {EXU_PyGC_Head_gc_refs, 8, GC_REFS},
    {EXU_sizeof_PyTypeObject, 0, ALWAYS},
    {EXU_sizeof_PyHeapTypeObject, 0, ALWAYS},
    {EXU_PyTypeObject_tp_name, 8, ALWAYS},
    {EXU_PyTypeObject_tp_basicsize, 8, ALWAYS},
    {EXU_PyTypeObject_tp_itemsize, 8, ALWAYS},
    {EXU_PyTypeObject_tp_flags, 8, ALWAYS},
    {EXU_PyTypeObject_tp_base, 8, ALWAYS},
    {EXU_PyTypeObject_tp_dict, 8, ALWAYS},
    {EXU_PyTypeObject_tp_dictoffset, 8, ALWAYS},
    {EXU_PyTypeObject_tp_mro, 8, ALWAYS},
    {EXU_PyTupleObject_ob_item, 0, ALWAYS},
    {EXU_PyListObject_ob_item, 8, ALWAYS},
    {EXU_PyDictObject_ma_used, 8, ALWAYS},
    {EXU_PyDictObject_ma_table, 8, DICT_TABLE},
    {EXU_PyDictObject_ma_mask, 8, DICT_TABLE},
    {EXU_sizeof_PyDictKeyEntry, 0, ALWAYS},
    {EXU_PyDictObject_ma_keys, 8, DICT_KEYS},
    {EXU_PyDictObject_ma_values, 8, DICT_KEYS},
    {EXU_PyDictKeysObject_dk_nentries, 8, DICT_KEYS},
    {EXU_PyDictKeysObject_dk_size, 8, DICT_SIZE},
    {EXU_PyDictKeysObject_dk_log2_index_bytes, 1, DICT_LOG2},
    {EXU_PyASCIIObject_length, 8, TEXT},
    {EXU_PyASCIIObject_state_kind, 0, TEXT},
    {EXU_sizeof__PyRuntimeState, 0, WITH_RUNTIME},
    {EXU__PyRuntimeState_interpreters_head, 8, WITH_RUNTIME},
    {EXU__PyRuntimeState_gc, 0, GC_OF_RUNTIME},
    {EXU_PyInterpreterState_gc, 0, GC_OF_INTERPRETER},
    {EXU_PyInterpreterState_gc_generations, 0, GC_OF_INTERPRETER},
    {EXU_sizeof_PyInterpreterState, 0, ALWAYS},
    {EXU_PyInterpreterState_next, 8, ALWAYS},
    {EXU_PyInterpreterState_threads_head, 8, ALWAYS},
    {EXU_PyInterpreterState_modules, 8, ALWAYS},
    {EXU_sizeof_gc_generation, 0, ALWAYS},
    {EXU_gc_generation_threshold, 4, ALWAYS},
    {EXU_gc_generation_count, 4, ALWAYS},
    {EXU_sizeof_PyThreadState, 0, ALWAYS},
    {EXU_PyThreadState_next, 8, ALWAYS},
    {EXU_PyThreadState_interp, 8, ALWAYS},
    {EXU_PyThreadState_thread_id, 8, ALWAYS},
    {EXU_PyThreadState_frame, 8, FRAME_OBJECT},
    {EXU_PyFrameObject_f_back, 8, FRAME_OBJECT},
    {EXU_PyFrameObject_f_localsplus, 0, FRAME_OBJECT},
    {EXU_PyThreadState_cframe, 8, FRAME_C},
    {EXU__PyCFrame_current_frame, 8, FRAME_C},
    {EXU_PyThreadState_current_frame, 8, FRAME_CURRENT},
    {EXU__PyInterpreterFrame_previous, 8, FRAME_INNER},
    {EXU__PyInterpreterFrame_localsplus, 0, FRAME_INNER},
    {EXU_sizeof_pool_header, 0, ALWAYS},
    {EXU_sizeof_arena_object, 0, ALWAYS},
    {EXU_arena_object_address, 8, ALWAYS},
    {EXU_PyInterpreterState_obmalloc, 0, ARENAS_BEHIND},
    {EXU__obmalloc_state_mgmt_arenas, 8, ARENAS_BEHIND},
};

static bool fits(const struct exu_slot *slot, const struct exu_slot *whole)
{
    if (whole->size == 0 || slot->offset == whole->size) /* unknown; a flexible array at the very end */
        return true;
    return slot->offset < whole->size && slot->size <= whole->size - slot->offset;
}

static bool aligned(const struct exu_slot *slot)
{
    switch (slot->size) {
    case 2:
    case 4:
    case 8:
        return slot->offset % slot->size == 0;
    default:
        return true;
    }
}

static bool complain(char reason[EXU_REASON], enum exu_field field, const char *what)
{
    const char *path = exu_field_path(field);
    snprintf(reason, EXU_REASON, "%s%s%.*s %s", exu_field_structure(field), *path ? "." : "",
             (int)strcspn(path, "|"), path, what);
    return false;
}

/* The sizeof entry of the field's structure. `name` and `whole` keep the last answer: a structure's fields
 * mostly stand together. */
static const struct exu_slot *whole_of(const struct exu_layout *layout, enum exu_field field,
                                       const char **name, const struct exu_slot **whole)
{
    static const struct exu_slot unknown;
    if (*name && strcmp(*name, exu_field_structure(field)) == 0)
        return *whole;
    *name = exu_field_structure(field);
    *whole = &unknown;
    for (size_t i = 1; i < EXU_FIELD_COUNT; i++)
        if (*exu_field_path((enum exu_field)i) == '\0' &&
            strcmp(exu_field_structure((enum exu_field)i), *name) == 0)
            *whole = &layout->slot[i];
    return *whole;
}

static bool is_three(const struct exu_layout *layout, enum exu_field generations)
{
    uint32_t size = exu_size(layout, generations), one = exu_size(layout, EXU_sizeof_gc_generation);
    /* 3.14.0 to 3.14.4: `young` alone, the old ones behind it */
    return !exu_has(layout, generations) || size == 3 * one || size == one;
}

bool exu_layout_validate(const struct exu_layout *layout, const struct exu_strategy *strategy,
                         char reason[EXU_REASON])
{
    for (size_t i = 0; i < EXU_COUNT(indispensable); i++) {
        enum exu_field field = indispensable[i].field;
        if (!applies(indispensable[i].when, strategy))
            continue;
        if (!exu_has(layout, field))
            return complain(reason, field, "is not described");
        if (indispensable[i].size && exu_size(layout, field) != indispensable[i].size)
            return complain(reason, field, "has not the width that it has in C");
    }
    const char *structure = NULL;
    const struct exu_slot *whole = NULL;
    for (size_t i = 1; i < EXU_FIELD_COUNT; i++) {
        enum exu_field field = (enum exu_field)i;
        const struct exu_slot *slot = &layout->slot[i];
        if (slot->size == 0 || *exu_field_path(field) == '\0')
            continue;
        if (slot->bit_width && slot->bit_offset + slot->bit_width > 8 * slot->size)
            return complain(reason, field, "has bits outside its word");
        if (!aligned(slot))
            return complain(reason, field, "is not aligned");
        if (!fits(slot, whole_of(layout, field, &structure, &whole)))
            return complain(reason, field, "lies outside its structure");
    }
    if (exu_size(layout, EXU_sizeof_PyTypeObject) > exu_size(layout, EXU_sizeof_PyHeapTypeObject))
        return complain(reason, EXU_sizeof_PyTypeObject,
                        "is larger than PyHeapTypeObject, which begins with it");
    if (!is_three(layout, EXU_PyInterpreterState_gc_generations))
        return complain(reason, EXU_PyInterpreterState_gc_generations, "is not three generations long");
    return true;
}
