/* Shorthand for the tables of rows_*.c. */
#ifndef EXU_MODEL_ROW_MACROS_H
#define EXU_MODEL_ROW_MACROS_H

#include "model/model.h"

#include <string.h>

/* A type whose tp_basicsize is the size of its structure. */
#define ROW(type_name, structure, ...)                                                                       \
    {                                                                                                        \
        .name = type_name, .size = EXU_sizeof_##structure, .slots = EXU_SLOTS(__VA_ARGS__)                   \
    }
/* The same with a walk and a __sizeof__ (NULL: none). */
#define ROW_WALK(type_name, structure, walker, sizer, ...)                                                   \
    {                                                                                                        \
        .name = type_name, .size = EXU_sizeof_##structure, .slots = EXU_SLOTS(__VA_ARGS__), .walk = walker,  \
        .size_of = sizer                                                                                     \
    }
/* A type that owns no object and no memory that we know of. */
#define LEAF(type_name, structure)                                                                           \
    {                                                                                                        \
        .name = type_name, .size = EXU_sizeof_##structure                                                    \
    }

#define ROW_METHODS_MOST 256 /* of a type */
#define ROW_METHOD_NAME 128

/* _PyObject_SIZE */
static inline uint64_t row_basic_size(const struct exu_object *o)
{
    return (uint64_t)o->type->basicsize;
}

/* A member that is an object in some versions and a number, which is shorter, in others. */
static inline void row_emit_object(const struct exu_object *o, const struct exu_visitor *v,
                                   enum exu_field field, const char *name)
{
    if (exu_size(o->layout, field) == sizeof(exu_addr))
        exu_emit(v, exu_object_word(o, field), EXU_REF_FIELD, name, -1);
}

/* What `__sizeof__` of the base type called `name` says; false when it has none. */
static inline bool row_base_size(const struct exu_object *o, const char *name, uint64_t *ret)
{
    for (size_t i = 0; i < o->type->row_count; i++)
        if (strcmp(o->type->rows[i]->name, name) == 0 && o->type->rows[i]->size_of)
            return o->type->rows[i]->size_of(o, ret);
    return false;
}

/* Has the type called `name`, the object's or one of its bases, a `__sizeof__` of its own? Some types got
 * theirs later than others. True also where the names are not in the dump. */
static inline bool row_has_sizeof(const struct exu_object *o, const char *name)
{
    const struct exu_type *type = o->type;
    while (strcmp(type->name, name) != 0) {
        if (type->base_index >= o->model->types.len)
            return false;
        type = o->model->types.items[type->base_index];
    }
    uint64_t method, method_name;
    uint32_t stride = exu_size(o->layout, EXU_sizeof_PyMethodDef);
    if (!stride || !exu_field_read(o, type->address, EXU_PyTypeObject_tp_methods, &method))
        return true;
    for (int i = 0; method && i < ROW_METHODS_MOST; i++, method += stride) {
        char text[ROW_METHOD_NAME];
        if (!exu_field_read(o, method, EXU_PyMethodDef_ml_name, &method_name))
            return true;
        if (!method_name)
            return false;
        if (!exu_memory_string(o->memory, method_name, text, sizeof text) || strcmp(text, "__sizeof__") == 0)
            return true;
    }
    return false;
}

/* No buffer is larger than the address space of user programs: keeps sums of hostile sizes from wrapping. */
#define ROW_SIZE_LIMIT (UINT64_C(1) << 47)
static inline bool row_add(uint64_t *size, uint64_t count, uint64_t item)
{
    if (item && count > ROW_SIZE_LIMIT / item)
        return false;
    *size += count * item;
    return true;
}

#define FAMILY(family_name)                                                                                  \
    extern const struct exu_type_family exu_rows_##family_name;                                              \
    const struct exu_type_family exu_rows_##family_name = {rows, EXU_COUNT(rows)}

#endif
