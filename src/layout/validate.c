#include "layout/validate.h"
#include <stdio.h>
#include <string.h>

/* What nothing works without, and how wide it is; 0: any width. */
static const struct {
    uint16_t field;
    uint16_t size;
} indispensable[] = {
    {EXU_sizeof_PyObject, 0},
    {EXU_PyObject_ob_refcnt, 8},
    {EXU_PyObject_ob_type, 8},
    {EXU_PyVarObject_ob_size, 8},
    {EXU_sizeof_PyGC_Head, 0},
    {EXU_PyGC_Head__gc_next, 8},
    {EXU_PyGC_Head__gc_prev, 8},
    {EXU_sizeof_PyTypeObject, 0},
    {EXU_sizeof_PyHeapTypeObject, 0},
    {EXU_PyTypeObject_tp_name, 8},
    {EXU_PyTypeObject_tp_basicsize, 8},
    {EXU_PyTypeObject_tp_itemsize, 8},
    {EXU_PyTypeObject_tp_flags, 8},
    {EXU_PyTypeObject_tp_base, 8},
    {EXU_PyTypeObject_tp_dict, 8},
    {EXU_PyTypeObject_tp_dictoffset, 8},
    {EXU_PyTypeObject_tp_mro, 8},
    {EXU_PyTupleObject_ob_item, 0},
    {EXU_PyListObject_ob_item, 8},
    {EXU_PyDictObject_ma_keys, 8},
    {EXU_PyDictObject_ma_values, 8},
    {EXU_PyDictKeysObject_dk_nentries, 8},
    {EXU_PyDictKeysObject_dk_log2_index_bytes, 1},
    {EXU_PyASCIIObject_length, 8},
    {EXU_PyASCIIObject_state_kind, 4},
    {EXU_sizeof__PyRuntimeState, 0},
    {EXU__PyRuntimeState_interpreters_head, 8},
    {EXU_sizeof_PyInterpreterState, 0},
    {EXU_PyInterpreterState_next, 8},
    {EXU_PyInterpreterState_threads_head, 8},
    {EXU_PyInterpreterState_gc_generations, 0},
    {EXU_PyInterpreterState_modules, 8},
    {EXU_sizeof_gc_generation, 0},
    {EXU_gc_generation_threshold, 4},
    {EXU_gc_generation_count, 4},
    {EXU_sizeof_PyThreadState, 0},
    {EXU_PyThreadState_next, 8},
    {EXU_PyThreadState_interp, 8},
    {EXU_PyThreadState_cframe, 8},
    {EXU_PyThreadState_thread_id, 8},
    {EXU__PyCFrame_current_frame, 8},
    {EXU__PyInterpreterFrame_previous, 8},
    {EXU__PyInterpreterFrame_localsplus, 0},
    {EXU_sizeof_pool_header, 0},
    {EXU_sizeof_arena_object, 0},
    {EXU_arena_object_address, 8},
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
    snprintf(reason, EXU_REASON, "%s%s%s %s", exu_field_structure(field), *path ? "." : "", path, what);
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

bool exu_layout_validate(const struct exu_layout *layout, char reason[EXU_REASON])
{
    for (size_t i = 0; i < EXU_COUNT(indispensable); i++) {
        enum exu_field field = indispensable[i].field;
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
    if (exu_size(layout, EXU_PyInterpreterState_gc_generations) / 3 !=
        exu_size(layout, EXU_sizeof_gc_generation))
        return complain(reason, EXU_PyInterpreterState_gc_generations, "is not three generations long");
    return true;
}
