/* Frames, code, functions, methods, generators, tracebacks.
 *
 * What each owns is what its tp_traverse visits (Objects/frameobject.c, genobject.c, funcobject.c,
 * methodobject.c, classobject.c, cellobject.c, iterobject.c, Python/traceback.c) and, for code objects, which
 * no collector visits, what code_dealloc releases (Objects/codeobject.c). A member that a version lacks is
 * passed over. */
#include "model/frame.h"
#include "model/row_macros.h"

/* Objects/codeobject.c: co_extra's slots are handed out by _PyEval_RequestCodeExtraIndex. */
#define CODE_EXTRA_LIMIT 255
/* sizeof(_Py_CODEUNIT) */
#define CODE_UNIT 2

/* frame_sizeof */
static bool size_of_frame(const struct exu_object *o, uint64_t *ret)
{
    uint64_t slots;
    exu_addr code = exu_object_word(o, EXU_PyFrameObject_f_code);
    uint64_t head = exu_offset(o->layout, EXU_PyFrameObject_f_localsplus);
    if (exu_has(o->layout, EXU_PyFrameObject_f_frame)) { /* 3.11+ */
        code = exu_frame_code(o->model, exu_object_word(o, EXU_PyFrameObject_f_frame));
        head = exu_offset(o->layout, EXU_PyFrameObject__f_frame_data) +
               exu_offset(o->layout, EXU__PyInterpreterFrame_localsplus);
    }
    if (!exu_frame_slots(o->model, code, &slots))
        return false;
    *ret = head + 8 * slots;
    return true;
}

/* gen_sizeof (3.11+) */
static bool size_of_generator(const struct exu_object *o, uint64_t *ret)
{
    uint64_t slots;
    if (!exu_has(o->layout, EXU_PyGenObject_gi_iframe)) {
        *ret = row_basic_size(o);
        return true;
    }
    exu_addr code = exu_has(o->layout, EXU_PyGenObject_gi_code)
                        ? exu_object_word(o, EXU_PyGenObject_gi_code)
                        : exu_frame_code(o->model, exu_object_place(o, EXU_PyGenObject_gi_iframe));
    if (!exu_frame_slots(o->model, code, &slots))
        return false;
    *ret = exu_offset(o->layout, EXU_PyGenObject_gi_iframe) +
           exu_offset(o->layout, EXU__PyInterpreterFrame_localsplus) + 8 * slots;
    return true;
}

static uint64_t length_of(const struct exu_object *o, exu_addr object)
{
    uint64_t length;
    return object && exu_field_read(o, object, EXU_PyVarObject_ob_size, &length) && length <= INT32_MAX
               ? length
               : 0;
}

/* code_sizeof. From 3.11 on the instructions are in the object, _PyObject_VAR_SIZE rounds up to words;
 * before, it counts co_cell2arg (3.6+) and the cache of global variables (3.8 to 3.10), a byte for each
 * instruction and its entries. struct _PyCodeObjectExtra is a count and that many words. */
static bool size_of_code(const struct exu_object *o, uint64_t *ret)
{
    uint64_t units = o->type->itemsize ? exu_object_word(o, EXU_PyVarObject_ob_size) : 0, bytes, extra,
             extras;
    if (!exu_mul(units, (uint64_t)o->type->itemsize, &bytes) || bytes > INT64_MAX)
        return false;
    bytes = exu_round_up(bytes + (uint64_t)o->type->basicsize, 8);
    extra = exu_object_word(o, EXU_PyCodeObject_co_extra);
    if (extra) {
        if (!exu_memory_u64(o->memory, extra, &extras) || extras > CODE_EXTRA_LIMIT)
            return false;
        bytes += 8 + 8 * extras;
    }
    if (exu_object_word(o, EXU_PyCodeObject_co_cell2arg))
        bytes += 8 * length_of(o, exu_object_word(o, EXU_PyCodeObject_co_cellvars));
    if (exu_object_word(o, EXU_PyCodeObject_co_opcache))
        bytes +=
            length_of(o, exu_object_word(o, EXU_PyCodeObject_co_code)) / CODE_UNIT +
            exu_object_word(o, EXU_PyCodeObject_co_opcache_size) * exu_size(o->layout, EXU_sizeof__PyOpcache);
    *ret = bytes;
    return true;
}

/* What has no member of its own in a code object. */
static void walk_code(const struct exu_object *o, const struct exu_visitor *v)
{
    static const struct {
        enum exu_field field;
        const char *name;
    } cached_fields[] = {
        {EXU__PyCoCached__co_code, "co_code"},
        {EXU__PyCoCached__co_varnames, "co_varnames"},
        {EXU__PyCoCached__co_cellvars, "co_cellvars"},
        {EXU__PyCoCached__co_freevars, "co_freevars"},
    };
    /* Include/cpython/code.h (3.12+): made when one of them is asked for. */
    exu_addr cached = exu_object_word(o, EXU_PyCodeObject__co_cached);
    exu_emit_buffer(v, cached);
    for (size_t i = 0; cached && i < EXU_COUNT(cached_fields); i++) {
        uint64_t object;
        if (exu_field_read(o, cached, cached_fields[i].field, &object))
            exu_emit(v, object, EXU_REF_FIELD, cached_fields[i].name, -1);
    }
    /* Objects/frameobject.c up to 3.10: the frame that ended last, kept for the next call. It is dead, though
     * its type says otherwise: memory of the code object. */
    exu_addr zombie = exu_object_word(o, EXU_PyCodeObject_co_zombieframe);
    if (zombie > exu_size(o->layout, EXU_sizeof_PyGC_Head))
        exu_emit_buffer(v, zombie - exu_size(o->layout, EXU_sizeof_PyGC_Head));
}

/* From 3.11 on frame_traverse visits the variables only of frames that the object owns. Others (still on a
 * thread's stack or in a generator) are visited here too: who holds the frame object holds them, as the
 * object takes them over when the frame ends (take_ownership). */
static void walk_frame(const struct exu_object *o, const struct exu_visitor *v)
{
    if (!exu_frame_object_walk(o->model, o->address, v))
        exu_emit_bad(v, o->address,
                     exu_has(o->layout, EXU_PyFrameObject_f_frame)
                         ? exu_object_word(o, EXU_PyFrameObject_f_frame)
                         : o->address);
}

static void walk_generator(const struct exu_object *o, const struct exu_visitor *v)
{
    exu_frame_generator_walk(o->model, o->address, "gi_frame", "gi_code", v);
}

static void walk_coroutine(const struct exu_object *o, const struct exu_visitor *v)
{
    exu_frame_generator_walk(o->model, o->address, "cr_frame", "cr_code", v);
}

static void walk_async_generator(const struct exu_object *o, const struct exu_visitor *v)
{
    exu_frame_generator_walk(o->model, o->address, "ag_frame", "ag_code", v);
}

/* Python 2 calls bound and unbound methods so, Python 3 a wrapper of C functions (PyInstanceMethod_Type). */
static void walk_instancemethod(const struct exu_object *o, const struct exu_visitor *v)
{
    if (exu_has(o->layout, EXU_PyMethodObject_im_class)) {
        exu_emit(v, exu_object_word(o, EXU_PyMethodObject_im_func), EXU_REF_FIELD, "__func__", -1);
        exu_emit(v, exu_object_word(o, EXU_PyMethodObject_im_self), EXU_REF_FIELD, "__self__", -1);
        exu_emit(v, exu_object_word(o, EXU_PyMethodObject_im_class), EXU_REF_FIELD, "im_class", -1);
    } else {
        exu_emit(v, exu_object_word(o, EXU_PyInstanceMethodObject_func), EXU_REF_FIELD, "__func__", -1);
    }
}

/* All three begin with the same members under other names (Include/cpython/genobject.h). From 3.11 on their
 * tp_basicsize is not sizeof: it ends where the frame's variables begin. make_gen (Objects/genobject.c)
 * leaves gi_origin_or_finalizer of plain generators uninitialised. */
#define ORIGIN(name, structure, field)                                                                       \
    , EXU_OBJ_AS(PyGenObject, gi_origin_or_finalizer, name), EXU_OBJ_AS(structure, field, name)
#define GENERATOR(type_name, prefix, walker, origin)                                                         \
    {                                                                                                        \
        .name = type_name,                                                                                   \
        .slots = EXU_SLOTS(                                                                                  \
            EXU_OBJ_AS(PyGenObject, gi_frame, prefix "_frame"),                                              \
            EXU_OBJ_AS(PyGenObject, gi_code, prefix "_code"), EXU_OBJ_AS(PyGenObject, gi_name, "__name__"),  \
            EXU_OBJ_AS(PyGenObject, gi_qualname, "__qualname__"),                                            \
            EXU_OBJ_AS(PyGenObject, gi_exc_state_exc_type, prefix "_exc_type"),                              \
            EXU_OBJ_AS(PyGenObject, gi_exc_state_exc_value, prefix "_exc_state"),                            \
            EXU_OBJ_AS(PyGenObject, gi_exc_state_exc_traceback, prefix "_exc_traceback") origin),            \
        .walk = walker, .size_of = size_of_generator                                                         \
    }

static const struct exu_type_row rows[] = {
    {.name = "frame",
     .slots = EXU_SLOTS(EXU_OBJ(PyFrameObject, f_back), EXU_OBJ(PyFrameObject, f_trace),
                        EXU_OBJ(PyFrameObject, f_extra_locals), EXU_OBJ(PyFrameObject, f_locals_cache),
                        EXU_OBJ(PyFrameObject, f_overwritten_fast_locals)),
     .walk = walk_frame,
     .size_of = size_of_frame},
    ROW("FrameLocalsProxy", PyFrameLocalsProxyObject, EXU_OBJ(PyFrameLocalsProxyObject, frame)),
    ROW("traceback", PyTracebackObject, EXU_OBJ(PyTracebackObject, tb_next),
        EXU_OBJ(PyTracebackObject, tb_frame)),
    {.name = "code",
     .slots = EXU_SLOTS(EXU_OBJ(PyCodeObject, co_consts), EXU_OBJ(PyCodeObject, co_names),
                        EXU_OBJ(PyCodeObject, co_code), EXU_OBJ(PyCodeObject, co_varnames),
                        EXU_OBJ(PyCodeObject, co_freevars), EXU_OBJ(PyCodeObject, co_cellvars),
                        EXU_OBJ(PyCodeObject, co_exceptiontable), EXU_OBJ(PyCodeObject, co_localsplusnames),
                        EXU_OBJ(PyCodeObject, co_localspluskinds), EXU_OBJ(PyCodeObject, co_filename),
                        EXU_OBJ(PyCodeObject, co_name), EXU_OBJ(PyCodeObject, co_qualname),
                        EXU_OBJ(PyCodeObject, co_linetable), EXU_OBJ_AS(PyCodeObject, _co_code, "co_code"),
                        EXU_BUF(PyCodeObject, _co_linearray), EXU_BUF(PyCodeObject, co_extra),
                        EXU_BUF(PyCodeObject, co_cell2arg), EXU_BUF(PyCodeObject, co_opcache_map),
                        EXU_BUF(PyCodeObject, co_opcache), EXU_BUF(PyCodeObject, co_executors),
                        EXU_BUF(PyCodeObject, _co_monitoring)),
     .walk = walk_code,
     .size_of = size_of_code},

    GENERATOR("generator", "gi", walk_generator, ),
    GENERATOR("coroutine", "cr", walk_coroutine, ORIGIN("cr_origin", PyCoroObject, cr_origin)),
    GENERATOR("async_generator", "ag", walk_async_generator,
              ORIGIN("ag_finalizer", PyAsyncGenObject, ag_finalizer)),
    ROW("coroutine_wrapper", PyCoroWrapper, EXU_OBJ(PyCoroWrapper, cw_coroutine)),
    ROW("async_generator_asend", PyAsyncGenASend, EXU_OBJ(PyAsyncGenASend, ags_gen),
        EXU_OBJ(PyAsyncGenASend, ags_sendval)),
    ROW("async_generator_athrow", PyAsyncGenAThrow, EXU_OBJ(PyAsyncGenAThrow, agt_gen),
        EXU_OBJ(PyAsyncGenAThrow, agt_args), EXU_OBJ(PyAsyncGenAThrow, agt_typ),
        EXU_OBJ(PyAsyncGenAThrow, agt_tb), EXU_OBJ(PyAsyncGenAThrow, agt_val)),
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
        EXU_OBJ_AS(PyFunctionObject, func_annotations, "__annotations__"),
        EXU_OBJ_AS(PyFunctionObject, func_annotate, "__annotate__"),
        EXU_OBJ_AS(PyFunctionObject, func_typeparams, "__type_params__")),
    ROW("method", PyMethodObject, EXU_OBJ_AS(PyMethodObject, im_func, "__func__"),
        EXU_OBJ_AS(PyMethodObject, im_self, "__self__")),
    ROW("builtin_function_or_method", PyCFunctionObject, EXU_OBJ_AS(PyCFunctionObject, m_self, "__self__"),
        EXU_OBJ_AS(PyCFunctionObject, m_module, "__module__")),
    ROW("builtin_method", PyCMethodObject, EXU_OBJ(PyCMethodObject, mm_class)),
    {.name = "instancemethod", .walk = walk_instancemethod},
    ROW("cell", PyCellObject, EXU_OBJ_AS(PyCellObject, ob_ref, "cell_contents")),
};

FAMILY(frames);
