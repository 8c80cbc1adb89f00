/* The places of the free lists, as tables. What links the dead is CPython's choice type by type (the dealloc functions
 * in Objects/); a field that a version has not is a list that it has not. */
#include "heap/free_lists.h"

#define WORD_0 EXU_FIELD_NONE /* linked through the first word of the object */

/* Members of PyInterpreterState, 3.10 to 3.13. */
static const struct {
    const char *name;
    enum exu_free_shape shape;
    uint16_t list, count, link;
} members[] = {
#define LIST(name, shape, list, count, link)                                                                           \
    {                                                                                                                  \
        name, EXU_FREE_##shape, EXU_PyInterpreterState_##list, EXU_PyInterpreterState_##count, EXU_##link              \
    }
    LIST("floats", CHAINS, float_state_free_list, float_state_numfree, PyObject_ob_type),
    LIST("tuples", CHAINS, tuple_free_list, tuple_numfree, PyTupleObject_ob_item),
    LIST("lists", ARRAY, list_free_list, list_numfree, FIELD_NONE),
    LIST("dicts", ARRAY, dict_state_free_list, dict_state_numfree, FIELD_NONE),
    LIST("dict keys", ARRAY, dict_state_keys_free_list, dict_state_keys_numfree, FIELD_NONE),
    LIST("frames", CHAINS, frame_free_list, frame_numfree, PyFrameObject_f_back),
    LIST("async generator values", ARRAY, async_gen_value_freelist, async_gen_value_numfree, FIELD_NONE),
    LIST("asend objects", ARRAY, async_gen_asend_freelist, async_gen_asend_numfree, FIELD_NONE),
    LIST("contexts", CHAINS, context_freelist, context_numfree, PyContext_ctx_weakreflist),
    LIST("MemoryErrors", CHAINS, exc_state_memerrors_freelist, exc_state_memerrors_numfree, PyBaseExceptionObject_dict),
    {"slices", EXU_FREE_ONE, EXU_PyInterpreterState_slice_cache, EXU_FIELD_NONE, EXU_FIELD_NONE},
#undef LIST
};

/* Include/internal/pycore_freelist_state.h, 3.14+: each a _Py_freelist; an array of them for the tuples. */
static const struct {
    const char *name;
    uint16_t list;
} headed[] = {
#define LIST(name, list)                                                                                               \
    {                                                                                                                  \
        name, EXU_PyInterpreterState_freelists_##list                                                                  \
    }
    LIST("floats", floats),
    LIST("complexes", complexes),
    LIST("ints", ints),
    LIST("tuples", tuples),
    LIST("lists", lists),
    LIST("list iterators", list_iters),
    LIST("tuple iterators", tuple_iters),
    LIST("dicts", dicts),
    LIST("dict keys", dictkeys),
    LIST("slices", slices),
    LIST("ranges", ranges),
    LIST("range iterators", range_iters),
    LIST("contexts", contexts),
    LIST("async generator values", async_gens),
    LIST("asend objects", async_gen_asends),
    LIST("future iterators", futureiters),
    LIST("object stack chunks", object_stack_chunks),
    LIST("unicode writers", unicode_writers),
    LIST("bytes writers", bytes_writers),
    LIST("builtin functions", pycfunctionobject),
    LIST("builtin methods", pycmethodobject),
    LIST("methods", pymethodobjects),
#undef LIST
};

/* File statics: the source, the list, its count. */
struct static_list {
    const char *name;
    enum exu_free_shape shape;
    const char *source, *list, *count;
    uint16_t link;
};
static const struct static_list statics_27[] = {
    /* ints and floats are parts of blocks of 1000 bytes (PyIntBlock): the lists have all that is not in use there */
    {"ints", EXU_FREE_CHAINS, "intobject.c", "free_list", NULL, EXU_PyObject_ob_type},
    {"floats", EXU_FREE_CHAINS, "floatobject.c", "free_list", NULL, EXU_PyObject_ob_type},
    {"tuples", EXU_FREE_CHAINS, "tupleobject.c", "free_list", "numfree", EXU_PyTupleObject_ob_item},
    {"lists", EXU_FREE_ARRAY, "listobject.c", "free_list", "numfree", EXU_FIELD_NONE},
    {"dicts", EXU_FREE_ARRAY, "dictobject.c", "free_list", "numfree", EXU_FIELD_NONE},
    {"sets", EXU_FREE_ARRAY, "setobject.c", "free_list", "numfree", EXU_FIELD_NONE},
    {"frames", EXU_FREE_CHAINS, "frameobject.c", "free_list", "numfree", EXU_PyFrameObject_f_back},
    {"methods", EXU_FREE_CHAINS, "classobject.c", "free_list", "numfree", EXU_PyMethodObject_im_self},
    {"builtin functions", EXU_FREE_CHAINS, "methodobject.c", "free_list", "numfree", EXU_PyCFunctionObject_m_self},
    {"unicodes", EXU_FREE_CHAINS, "unicodeobject.c", "free_list", "numfree", WORD_0},
};
/* 3.9 is without the methods and builtin functions. */
static const struct static_list statics_36[] = {
    {"floats", EXU_FREE_CHAINS, "floatobject.c", "free_list", "numfree", EXU_PyObject_ob_type},
    {"tuples", EXU_FREE_CHAINS, "tupleobject.c", "free_list", "numfree", EXU_PyTupleObject_ob_item},
    {"lists", EXU_FREE_ARRAY, "listobject.c", "free_list", "numfree", EXU_FIELD_NONE},
    {"dicts", EXU_FREE_ARRAY, "dictobject.c", "free_list", "numfree", EXU_FIELD_NONE},
    {"dict keys", EXU_FREE_ARRAY, "dictobject.c", "keys_free_list", "numfreekeys", EXU_FIELD_NONE},
    {"frames", EXU_FREE_CHAINS, "frameobject.c", "free_list", "numfree", EXU_PyFrameObject_f_back},
    {"methods", EXU_FREE_CHAINS, "classobject.c", "free_list", "numfree", EXU_PyMethodObject_im_self},
    {"builtin functions", EXU_FREE_CHAINS, "methodobject.c", "free_list", "numfree", EXU_PyCFunctionObject_m_self},
    {"async generator values", EXU_FREE_ARRAY, "genobject.c", "ag_value_freelist", "ag_value_freelist_free",
     EXU_FIELD_NONE},
    {"asend objects", EXU_FREE_ARRAY, "genobject.c", "ag_asend_freelist", "ag_asend_freelist_free", EXU_FIELD_NONE},
    {"contexts", EXU_FREE_CHAINS, "context.c", "ctx_freelist", "ctx_freelist_len", EXU_PyContext_ctx_weakreflist},
    {"MemoryErrors", EXU_FREE_CHAINS, "exceptions.c", "memerrors_freelist", "memerrors_numfree",
     EXU_PyBaseExceptionObject_dict},
    {"slices", EXU_FREE_ONE, "sliceobject.c", "slice_cache", NULL, EXU_FIELD_NONE},
};

struct consumer {
    void (*list)(void *context, const struct exu_free_list *list);
    void *context;
};

/* Objects/tupleobject.c up to 3.10: free_list[0] is the empty tuple, alive. */
static uint32_t first_chain(const struct exu_python *python, uint32_t size)
{
    return size > 8 && !python->strategy.free_tuple_first_size ? 1 : 0;
}

static void each_member(const struct exu_python *python, exu_addr interpreter, const struct consumer *c)
{
    const struct exu_layout *l = &python->layout;
    for (size_t i = 0; i < EXU_COUNT(members); i++) {
        if (!exu_has(l, members[i].list) || (members[i].count && !exu_has(l, members[i].count)) ||
            (members[i].link && !exu_has(l, members[i].link)))
            continue;
        struct exu_free_list list = {.name = members[i].name,
                                     .shape = members[i].shape,
                                     .place = interpreter + exu_offset(l, members[i].list),
                                     .size = exu_size(l, members[i].list),
                                     .stride = 8,
                                     .link = exu_offset(l, members[i].link)};
        list.first = list.shape == EXU_FREE_CHAINS ? first_chain(python, list.size) : 0;
        if (members[i].count) {
            list.count = interpreter + exu_offset(l, members[i].count);
            list.count_size = list.count_stride = list.shape == EXU_FREE_CHAINS
                                                      ? exu_size(l, members[i].count) / (list.size / 8)
                                                      : exu_size(l, members[i].count);
        }
        c->list(c->context, &list);
    }
}

static void each_headed(const struct exu_python *python, exu_addr interpreter, const struct consumer *c)
{
    const struct exu_layout *l = &python->layout;
    uint32_t head = exu_size(l, EXU_sizeof__Py_freelist);
    if (!head || !exu_has(l, EXU__Py_freelist_freelist) || !exu_has(l, EXU__Py_freelist_size))
        return;
    for (size_t i = 0; i < EXU_COUNT(headed); i++) {
        if (!exu_has(l, headed[i].list))
            continue;
        exu_addr place = interpreter + exu_offset(l, headed[i].list);
        c->list(c->context, &(struct exu_free_list){.name = headed[i].name,
                                                    .shape = EXU_FREE_CHAINS,
                                                    .place = place + exu_offset(l, EXU__Py_freelist_freelist),
                                                    .size = exu_size(l, headed[i].list),
                                                    .stride = head,
                                                    .count = place + exu_offset(l, EXU__Py_freelist_size),
                                                    .count_size = exu_size(l, EXU__Py_freelist_size),
                                                    .count_stride = head});
    }
}

static void each_static(const struct exu_python *python, const struct static_list *lists, size_t n,
                        const struct consumer *c)
{
    struct exu_symbol place, count = {0};
    if (!python->image || !python->core->private) /* a memory without files behind it */
        return;
    for (size_t i = 0; i < n; i++) {
        const struct static_list *s = &lists[i];
        if ((s->link && !exu_has(&python->layout, s->link)) ||
            !exu_image_source_symbol(python->core, python->image, s->source, s->list, &place) ||
            (s->count && !exu_image_source_symbol(python->core, python->image, s->source, s->count, &count)) ||
            place.size < 8 || place.size > 1u << 20 || (s->count && count.size < 4))
            continue;
        struct exu_free_list list = {.name = s->name,
                                     .shape = s->shape,
                                     .place = place.address,
                                     .size = (uint32_t)place.size,
                                     .stride = 8,
                                     .link = exu_offset(&python->layout, s->link)};
        list.first = list.shape == EXU_FREE_CHAINS ? first_chain(python, list.size) : 0;
        if (s->count) {
            list.count = count.address;
            list.count_size = list.count_stride = 4; /* int, int [20] */
        }
        c->list(c->context, &list);
    }
}

void exu_free_lists_each(const struct exu_python *python, exu_addr interpreter,
                         void (*list)(void *context, const struct exu_free_list *list), void *context)
{
    struct consumer c = {list, context};
    switch (python->strategy.free_lists) {
    case EXU_FREE_LISTS_27:
    case EXU_FREE_LISTS_36:
    case EXU_FREE_LISTS_39:
        break;
    case EXU_FREE_LISTS_310:
    case EXU_FREE_LISTS_311:
    case EXU_FREE_LISTS_313:
        each_member(python, interpreter, &c);
        break;
    case EXU_FREE_LISTS_314:
        each_headed(python, interpreter, &c);
        break;
    }
}

void exu_free_lists_shared(const struct exu_python *python,
                           void (*list)(void *context, const struct exu_free_list *list), void *context)
{
    struct consumer c = {list, context};
    switch (python->strategy.free_lists) {
    case EXU_FREE_LISTS_27:
        each_static(python, statics_27, EXU_COUNT(statics_27), &c);
        break;
    case EXU_FREE_LISTS_36:
    case EXU_FREE_LISTS_39:
        each_static(python, statics_36, EXU_COUNT(statics_36), &c);
        break;
    case EXU_FREE_LISTS_310:
    case EXU_FREE_LISTS_311:
    case EXU_FREE_LISTS_313:
    case EXU_FREE_LISTS_314:
        break;
    }
}
