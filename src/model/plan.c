#include "model/plan.h"
#include "model/lost_names.h"

#include <stdlib.h>

/* Include/structmember.h: members that are object pointers. */
#define T_OBJECT 0
#define T_OBJECT_EX 16

/* No sane type has more, and a damaged one must not cost more. */
#define MEMBER_LIMIT 4096
#define BASICSIZE_LIMIT (INT64_C(1) << 20)
#define NAME_LIMIT 512

struct class_of_name {
    const char *name;
    uint32_t classes;
};
static const struct class_of_name classes_of_names[] = {
    {"bool", EXU_IS_BOOL},
    {"float", EXU_IS_FLOAT},
    {"module", EXU_IS_MODULE},
    {"code", EXU_IS_CODE},
    {"frame", EXU_IS_FRAME},
    {"traceback", EXU_IS_TRACEBACK},
    {"generator", EXU_IS_GENERATOR},
    {"coroutine", EXU_IS_GENERATOR},
    {"async_generator", EXU_IS_GENERATOR},
    {"collections.deque", EXU_IS_DEQUE},
    {"_io.StringIO", EXU_IS_STRINGIO},
    {"_io.BytesIO", EXU_IS_BYTESIO},
    {"set", EXU_IS_SET},
    {"frozenset", EXU_IS_SET},
    {"_asyncio.Future", EXU_IS_FUTURE},
    {"coroutine_wrapper", EXU_IS_AWAITING},
    {"async_generator_asend", EXU_IS_AWAITING},
    {"async_generator_athrow", EXU_IS_AWAITING},
    {"anext_awaitable", EXU_IS_AWAITING},
    {"_asyncio.FutureIter", EXU_IS_AWAITING},
};

static uint32_t classes_of(const struct exu_type_flags *bits, uint64_t flags, const char *name, bool heap)
{
    uint32_t classes = 0;
    classes |= flags & bits->type_subclass ? EXU_IS_TYPE : 0;
    classes |= flags & (bits->long_subclass | bits->int_subclass) ? EXU_IS_INT : 0;
    classes |= flags & bits->list_subclass ? EXU_IS_LIST : 0;
    classes |= flags & bits->tuple_subclass ? EXU_IS_TUPLE : 0;
    classes |= flags & bits->bytes_subclass ? EXU_IS_BYTES : 0;
    classes |= flags & bits->unicode_subclass ? EXU_IS_STR : 0;
    classes |= flags & bits->dict_subclass ? EXU_IS_DICT : 0;
    classes |= flags & bits->exception_subclass ? EXU_IS_EXCEPTION : 0;
    if (heap && !strchr(name, '.'))
        return classes | (strcmp(name, "Future") == 0 ? EXU_IS_FUTURE : 0);
    for (size_t i = 0; i < EXU_COUNT(classes_of_names); i++)
        if (strcmp(classes_of_names[i].name, name) == 0)
            classes |= classes_of_names[i].classes;
    return classes;
}

static int compare_rows(const void *a, const void *b)
{
    const struct exu_type_row *const *x = a, *const *y = b;
    return strcmp((*x)->name, (*y)->name);
}

const struct exu_type_row *exu_plan_row(const struct exu_model *model, const char *name)
{
    struct exu_type_row key = {.name = name};
    const struct exu_type_row *wanted = &key;
    const struct exu_type_row *const *found =
        bsearch(&wanted, model->rows, model->row_count, sizeof *model->rows, compare_rows);
    return found ? *found : NULL;
}

bool exu_plan_rows_sort(struct exu_model *model)
{
    size_t count = 0;
    for (size_t i = 0; i < exu_type_family_count; i++)
        count += exu_type_families[i]->count;
    model->rows = exu_bump_alloc(&model->bump, count * sizeof *model->rows);
    if (!model->rows)
        return false;
    for (size_t i = 0; i < exu_type_family_count; i++)
        for (size_t j = 0; j < exu_type_families[i]->count; j++)
            model->rows[model->row_count++] = &exu_type_families[i]->rows[j];
    qsort(model->rows, model->row_count, sizeof *model->rows, compare_rows);
    return true;
}

/* A class statement's type has a bare tp_name and may be called like a builtin; the C types that are built at run time
 * carry their module in tp_name. */
static const struct exu_type_row *row_for(const struct exu_model *model, const struct exu_type *type,
                                          const struct exu_type *base)
{
    if (type->heap && !strchr(type->name, '.'))
        return NULL;
    const struct exu_type_row *row = exu_plan_row(model, type->name);
    if (!row)
        return NULL;
    const struct exu_layout *layout = &model->python->layout;
    if (row->size && !exu_has(layout, row->size) && base && base->basicsize == type->basicsize)
        return NULL; /* in this version it adds nothing to its base */
    if (row->size && (!exu_has(layout, row->size) || exu_size(layout, row->size) != type->basicsize)) {
        exu_anomaly_add(model->anomalies, type->address, "unknown-layout",
                        "type %s is %lld bytes here, its row says %u; its words are scanned conservatively",
                        type->name, (long long)type->basicsize, exu_size(layout, row->size));
        return NULL;
    }
    return row;
}

struct reader {
    struct exu_model *model;
    const struct exu_layout *layout;
    exu_addr address;
    const uint8_t *bytes; /* sizeof(PyTypeObject) of them */
};

static uint64_t word(const struct reader *r, enum exu_field field)
{
    return exu_has(r->layout, field) ? exu_load_u64(r->bytes + exu_offset(r->layout, field)) : 0;
}

static bool heap_word(const struct reader *r, enum exu_field field, uint64_t *ret)
{
    return exu_has(r->layout, field) &&
           exu_memory_u64(r->model->memory, r->address + exu_offset(r->layout, field), ret);
}

/* __slots__ and the members of C types: PyMemberDef[] up to a NULL name. Only those behind the base's. */
static bool read_members(const struct reader *r, struct exu_type *type, const struct exu_type *base)
{
    exu_vec(struct exu_member) members = {0};
    bool fine = true;
    uint64_t slots = 0;
    if (type->heap)
        heap_word(r, EXU_PyHeapTypeObject_ht_slots, &slots);
    uint64_t table = word(r, EXU_PyTypeObject_tp_members);
    uint32_t stride = exu_size(r->layout, EXU_sizeof_PyMemberDef);
    int64_t base_size = base ? base->basicsize : 0;
    for (unsigned i = 0; table && stride && i < MEMBER_LIMIT; i++) {
        const uint8_t *member = exu_memory_at(r->model->memory, table + (uint64_t)i * stride, stride);
        if (!member)
            break;
        exu_addr name = exu_load_u64(member + exu_offset(r->layout, EXU_PyMemberDef_name));
        if (!name)
            break;
        uint32_t kind = exu_load_u32(member + exu_offset(r->layout, EXU_PyMemberDef_type));
        int64_t offset = (int64_t)exu_load_u64(member + exu_offset(r->layout, EXU_PyMemberDef_offset));
        char text[NAME_LIMIT];
        if ((kind != T_OBJECT && kind != T_OBJECT_EX) || offset < base_size || offset % 8 ||
            offset > type->basicsize - 8 || offset == type->dictoffset || offset == type->weaklistoffset)
            continue;
        if (!exu_memory_string(r->model->memory, name, text, sizeof text) &&
            !exu_lost_member_name(r->model, r->address, table + (uint64_t)i * stride, text, sizeof text))
            strcpy(text, "?");
        char *copy = exu_bump_strdup(&r->model->bump, text);
        if (!copy || !exu_vec_push(&members, (struct exu_member){(uint32_t)offset, slots != 0, copy})) {
            fine = false;
            break;
        }
    }
    size_t inherited = base ? base->member_count : 0;
    if (fine && inherited + members.len) {
        type->members = exu_bump_alloc(&r->model->bump, (inherited + members.len) * sizeof *type->members);
        if (type->members) {
            if (inherited)
                memcpy(type->members, base->members, inherited * sizeof *type->members);
            if (members.len)
                memcpy(type->members + inherited, members.items, members.len * sizeof *type->members);
            type->member_count = inherited + members.len;
        } else {
            fine = false;
        }
    }
    exu_vec_free(&members);
    return fine;
}

static bool explained(const struct exu_type *type, int64_t offset)
{
    if (offset == type->dictoffset || offset == type->weaklistoffset)
        return true;
    /* Variable-sized types keep the dict behind the items: its word is counted in the basic size. */
    if (type->dictoffset < 0 && type->itemsize && offset >= type->basicsize + type->dictoffset)
        return true;
    for (size_t i = 0; i < type->member_count; i++)
        if (type->members[i].offset == offset)
            return true;
    return false;
}

/* The words between the base's size and the type's that no row, member or offset explains. */
static bool read_gaps(struct exu_model *model, struct exu_type *type, const struct exu_type *base, bool has_row)
{
    exu_vec(struct exu_gap) gaps = {0};
    bool fine = true;
    if (base)
        for (size_t i = 0; fine && i < base->gap_count; i++)
            fine = exu_vec_push(&gaps, base->gaps[i]);
    int64_t from = base ? base->basicsize : 0;
    int64_t head = type->itemsize ? exu_size(&model->python->layout, EXU_sizeof_PyVarObject)
                                  : exu_size(&model->python->layout, EXU_sizeof_PyObject);
    if (from < head)
        from = head;
    from = (from + 7) & ~INT64_C(7);
    for (int64_t at = from; fine && !has_row && at + 8 <= type->basicsize; at += 8) {
        if (explained(type, at))
            continue;
        if (gaps.len && gaps.items[gaps.len - 1].end == at)
            gaps.items[gaps.len - 1].end = (uint32_t)at + 8;
        else
            fine = exu_vec_push(&gaps, (struct exu_gap){(uint32_t)at, (uint32_t)at + 8});
    }
    if (fine && gaps.len) {
        type->gaps = exu_bump_alloc(&model->bump, gaps.len * sizeof *type->gaps);
        if (type->gaps) {
            memcpy(type->gaps, gaps.items, gaps.len * sizeof *type->gaps);
            type->gap_count = gaps.len;
        } else {
            fine = false;
        }
    }
    exu_vec_free(&gaps);
    return fine;
}

static bool read_rows(struct exu_model *model, struct exu_type *type, const struct exu_type *base, bool *has_row)
{
    const struct exu_type_row *row = row_for(model, type, base);
    *has_row = row != NULL;
    size_t inherited = base ? base->row_count : 0;
    type->size_of = base ? base->size_of : NULL;
    type->length = base ? base->length : NULL;
    type->capacity = base ? base->capacity : NULL;
    if (!row) {
        type->rows = base ? base->rows : NULL;
        type->row_count = inherited;
        return true;
    }
    type->rows = exu_bump_alloc(&model->bump, (inherited + 1) * sizeof(void *));
    if (!type->rows)
        return false;
    if (inherited)
        memcpy(type->rows, base->rows, inherited * sizeof(void *));
    type->rows[inherited] = row;
    type->row_count = inherited + 1;
    if (row->size_of)
        type->size_of = row->size_of;
    if (row->length)
        type->length = row->length;
    if (row->capacity)
        type->capacity = row->capacity;
    return true;
}

/* module and qualname as type.__module__ and type.__qualname__ find them (Objects/typeobject.c): a static type's are in
 * tp_name, a heap type's qualname in ht_qualname and its module in the type's dict (read by the loader's names). */
static bool read_names(const struct reader *r, struct exu_type *type)
{
    struct exu_bump *bump = &r->model->bump;
    char text[NAME_LIMIT];
    if (!exu_memory_string(r->model->memory, word(r, EXU_PyTypeObject_tp_name), text, sizeof text))
        text[0] = 0;
    uint64_t qualname = 0;
    char heap_name[NAME_LIMIT] = "";
    if (type->heap && heap_word(r, EXU_PyHeapTypeObject_ht_qualname, &qualname))
        exu_model_str(r->model, qualname, heap_name, sizeof heap_name);
    if (!text[0] && /* in a read-only page that is not there */
        !exu_lost_type_name(r->model, r->address, type->heap ? heap_name : NULL, text, sizeof text))
        strcpy(text, heap_name[0] ? heap_name : "?");
    const char *dot = strrchr(text, '.');
    type->name = exu_bump_strdup(bump, text);
    if (type->heap) {
        type->qualname = exu_bump_strdup(bump, heap_name[0] ? heap_name : dot ? dot + 1 : text);
        type->module = dot ? exu_bump_strndup(bump, text, (size_t)(dot - text)) : NULL;
    } else {
        type->qualname = exu_bump_strdup(bump, dot ? dot + 1 : text);
        type->module = dot ? exu_bump_strndup(bump, text, (size_t)(dot - text)) : exu_bump_strdup(bump, "builtins");
    }
    return type->name && type->qualname;
}

struct exu_type *exu_plan_type(struct exu_model *model, exu_addr address, const struct exu_type *base,
                               uint32_t base_index)
{
    const struct exu_layout *layout = &model->python->layout;
    struct reader r = {model, layout, address, NULL};
    r.bytes = exu_memory_at(model->memory, address, exu_size(layout, EXU_sizeof_PyTypeObject));
    if (!r.bytes)
        return NULL;
    struct exu_type *type = exu_bump_alloc(&model->bump, sizeof *type);
    if (!type)
        return NULL;
    type->address = address;
    type->base = base ? base->address : 0;
    type->base_index = base_index;
    type->flags = word(&r, EXU_PyTypeObject_tp_flags);
    type->basicsize = (int64_t)word(&r, EXU_PyTypeObject_tp_basicsize);
    type->itemsize = (int64_t)word(&r, EXU_PyTypeObject_tp_itemsize);
    type->dictoffset = (int64_t)word(&r, EXU_PyTypeObject_tp_dictoffset);
    type->weaklistoffset = (int64_t)word(&r, EXU_PyTypeObject_tp_weaklistoffset);
    if (type->basicsize < exu_size(layout, EXU_sizeof_PyObject) || type->basicsize > BASICSIZE_LIMIT ||
        type->itemsize < 0 || type->itemsize > BASICSIZE_LIMIT ||
        (base && type->basicsize < base->basicsize) || type->dictoffset > type->basicsize ||
        type->dictoffset < -BASICSIZE_LIMIT - 64)
        return NULL;
    const struct exu_strategy *strategy = &model->python->strategy;
    type->heap = (type->flags & strategy->flags.heap_type) != 0;
    type->has_gc = (type->flags & strategy->flags.have_gc) != 0;
    type->managed_dict = (type->flags & strategy->flags.managed_dict) != 0;
    type->inline_values = (type->flags & strategy->flags.inline_values) != 0;
    type->preheader = (type->has_gc ? exu_size(layout, EXU_sizeof_PyGC_Head) : 0) +
                      (type->flags & strategy->flags.preheader ? strategy->preheader_size : 0);
    bool has_row = false;
    if (!read_names(&r, type) || !read_rows(model, type, base, &has_row))
        return NULL;
    type->classes = (base ? base->classes : 0) | classes_of(&strategy->flags, type->flags, type->name, type->heap);
    if (has_row) {
        type->members = base ? base->members : NULL;
        type->member_count = base ? base->member_count : 0;
    } else if (!read_members(&r, type, base)) {
        return NULL;
    }
    return read_gaps(model, type, base, has_row) ? type : NULL;
}
