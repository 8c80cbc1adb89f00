/* Frames, code, functions, methods, generators, tracebacks.
 *
 * What each owns is what its tp_traverse visits (CPython 3.11: Objects/frameobject.c, genobject.c,
 * funcobject.c, methodobject.c, classobject.c, cellobject.c, iterobject.c, Python/traceback.c) and, for code
 * objects, which no collector visits, what code_dealloc releases (Objects/codeobject.c). */
#include "model/frame.h"
#include "model/row_macros.h"

/* Objects/codeobject.c: co_extra's slots are handed out by _PyEval_RequestCodeExtraIndex. */
#define CODE_EXTRA_LIMIT 255

static bool size_of_frame_slots(const struct exu_object *o, exu_addr code, uint64_t *ret)
{
    uint64_t variables, stack;
    if (!exu_field_read(o, code, EXU_PyCodeObject_co_nlocalsplus, &variables) ||
        !exu_field_read(o, code, EXU_PyCodeObject_co_stacksize, &stack) || variables > INT32_MAX ||
        stack > INT32_MAX)
        return false;
    *ret = exu_offset(o->layout, EXU__PyInterpreterFrame_localsplus) + 8 * (variables + stack);
    return true;
}

/* frame_sizeof */
static bool size_of_frame(const struct exu_object *o, uint64_t *ret)
{
    uint64_t code, slots;
    if (!exu_field_read(o, exu_object_word(o, EXU_PyFrameObject_f_frame), EXU__PyInterpreterFrame_f_code,
                        &code) ||
        !size_of_frame_slots(o, code, &slots))
        return false;
    *ret = exu_offset(o->layout, EXU_PyFrameObject__f_frame_data) + slots;
    return true;
}

/* gen_sizeof */
static bool size_of_generator(const struct exu_object *o, uint64_t *ret)
{
    uint64_t slots;
    if (!size_of_frame_slots(o, exu_object_word(o, EXU_PyGenObject_gi_code), &slots))
        return false;
    *ret = exu_offset(o->layout, EXU_PyGenObject_gi_iframe) + slots;
    return true;
}

/* code_sizeof: _PyObject_VAR_SIZE rounds up to words; struct _PyCodeObjectExtra is a count and that many
 * words. */
static bool size_of_code(const struct exu_object *o, uint64_t *ret)
{
    uint64_t units = exu_object_word(o, EXU_PyVarObject_ob_size), bytes, extra, extras;
    if (!exu_mul(units, (uint64_t)o->type->itemsize, &bytes) || bytes > INT64_MAX)
        return false;
    bytes = exu_round_up(bytes + (uint64_t)o->type->basicsize, 8);
    extra = exu_object_word(o, EXU_PyCodeObject_co_extra);
    if (extra) {
        if (!exu_memory_u64(o->memory, extra, &extras) || extras > CODE_EXTRA_LIMIT)
            return false;
        bytes += 8 + 8 * extras;
    }
    *ret = bytes;
    return true;
}

/* frame_traverse visits the variables only of frames that the object owns. Others (still on a thread's stack
 * or in a generator) are visited here too: who holds the frame object holds them, as the object takes them
 * over when the frame ends (take_ownership). */
static void walk_frame(const struct exu_object *o, const struct exu_visitor *v)
{
    if (!exu_frame_object_walk(o->model, o->address, v))
        exu_emit_bad(v, o->address, exu_object_word(o, EXU_PyFrameObject_f_frame));
}

static void walk_generator(const struct exu_object *o, const struct exu_visitor *v)
{
    exu_frame_generator_walk(o->model, o->address, "gi_frame", v);
}

static void walk_coroutine(const struct exu_object *o, const struct exu_visitor *v)
{
    exu_frame_generator_walk(o->model, o->address, "cr_frame", v);
}

static void walk_async_generator(const struct exu_object *o, const struct exu_visitor *v)
{
    exu_frame_generator_walk(o->model, o->address, "ag_frame", v);
}

/* All three are the same structure under other names (Include/cpython/genobject.h). Their tp_basicsize is not
 * sizeof: it ends where the frame's variables begin. make_gen (Objects/genobject.c) leaves
 * gi_origin_or_finalizer of plain generators uninitialised. */
#define ORIGIN(name) , EXU_OBJ_AS(PyGenObject, gi_origin_or_finalizer, name)
#define GENERATOR(type_name, prefix, walker, origin)                                                         \
    {                                                                                                        \
        .name = type_name,                                                                                   \
        .slots = EXU_SLOTS(EXU_OBJ_AS(PyGenObject, gi_code, prefix "_code"),                                 \
                           EXU_OBJ_AS(PyGenObject, gi_name, "__name__"),                                     \
                           EXU_OBJ_AS(PyGenObject, gi_qualname, "__qualname__"),                             \
                           EXU_OBJ_AS(PyGenObject, gi_exc_state_exc_value, prefix "_exc_state") origin),     \
        .walk = walker, .size_of = size_of_generator                                                         \
    }

static const struct exu_type_row rows[] = {
    {.name = "frame",
     .slots = EXU_SLOTS(EXU_OBJ(PyFrameObject, f_back), EXU_OBJ(PyFrameObject, f_trace)),
     .walk = walk_frame,
     .size_of = size_of_frame},
    ROW("traceback", PyTracebackObject, EXU_OBJ(PyTracebackObject, tb_next),
        EXU_OBJ(PyTracebackObject, tb_frame)),
    {.name = "code",
     .slots = EXU_SLOTS(EXU_OBJ(PyCodeObject, co_consts), EXU_OBJ(PyCodeObject, co_names),
                        EXU_OBJ(PyCodeObject, co_exceptiontable), EXU_OBJ(PyCodeObject, co_localsplusnames),
                        EXU_OBJ(PyCodeObject, co_localspluskinds), EXU_OBJ(PyCodeObject, co_filename),
                        EXU_OBJ(PyCodeObject, co_name), EXU_OBJ(PyCodeObject, co_qualname),
                        EXU_OBJ(PyCodeObject, co_linetable), EXU_OBJ_AS(PyCodeObject, _co_code, "co_code"),
                        EXU_BUF(PyCodeObject, _co_linearray), EXU_BUF(PyCodeObject, co_extra)),
     .size_of = size_of_code},

    GENERATOR("generator", "gi", walk_generator, ),
    GENERATOR("coroutine", "cr", walk_coroutine, ORIGIN("cr_origin")),
    GENERATOR("async_generator", "ag", walk_async_generator, ORIGIN("ag_finalizer")),
    ROW("coroutine_wrapper", PyCoroWrapper, EXU_OBJ(PyCoroWrapper, cw_coroutine)),
    ROW("async_generator_asend", PyAsyncGenASend, EXU_OBJ(PyAsyncGenASend, ags_gen),
        EXU_OBJ(PyAsyncGenASend, ags_sendval)),
    ROW("async_generator_athrow", PyAsyncGenAThrow, EXU_OBJ(PyAsyncGenAThrow, agt_gen),
        EXU_OBJ(PyAsyncGenAThrow, agt_args)),
    ROW("async_generator_wrapped_value", _PyAsyncGenWrappedValue, EXU_OBJ(_PyAsyncGenWrappedValue, agw_val)),
    ROW("anext_awaitable", anextawaitableobject, EXU_OBJ(anextawaitableobject, wrapped),
        EXU_OBJ(anextawaitableobject, default_value)),

    ROW("function", PyFunctionObject, EXU_OBJ_AS(PyFunctionObject, func_code, "__code__"),
        EXU_OBJ_AS(PyFunctionObject, func_globals, "__globals__"),
        EXU_OBJ_AS(PyFunctionObject, func_builtins, "__builtins__"),
        EXU_OBJ_AS(PyFunctionObject, func_name, "__name__"),
        EXU_OBJ_AS(PyFunctionObject, func_qualname, "__qualname__"),
        EXU_OBJ_AS(PyFunctionObject, func_module, "__module__"),
        EXU_OBJ_AS(PyFunctionObject, func_defaults, "__defaults__"),
        EXU_OBJ_AS(PyFunctionObject, func_kwdefaults, "__kwdefaults__"),
        EXU_OBJ_AS(PyFunctionObject, func_closure, "__closure__"),
        EXU_OBJ_AS(PyFunctionObject, func_doc, "__doc__"),
        EXU_OBJ_AS(PyFunctionObject, func_annotations, "__annotations__")),
    ROW("method", PyMethodObject, EXU_OBJ_AS(PyMethodObject, im_func, "__func__"),
        EXU_OBJ_AS(PyMethodObject, im_self, "__self__")),
    ROW("builtin_function_or_method", PyCFunctionObject, EXU_OBJ_AS(PyCFunctionObject, m_self, "__self__"),
        EXU_OBJ_AS(PyCFunctionObject, m_module, "__module__")),
    ROW("builtin_method", PyCMethodObject, EXU_OBJ(PyCMethodObject, mm_class)),
    ROW("instancemethod", PyInstanceMethodObject, EXU_OBJ_AS(PyInstanceMethodObject, func, "__func__")),
    ROW("cell", PyCellObject, EXU_OBJ_AS(PyCellObject, ob_ref, "cell_contents")),
};

FAMILY(frames);
