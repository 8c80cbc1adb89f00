#include "layout/roots.h"

#define INTERPRETER(id, path, kind)                                                                          \
    {                                                                                                        \
        EXU_PyInterpreterState_##id, path, kind, false, false                                                \
    }
/* Looked up once and remembered; who keeps it alive is a type's dict, sys.modules. */
#define INTERPRETER_BORROWED(id, path)                                                                       \
    {                                                                                                        \
        EXU_PyInterpreterState_##id, path, "interpreter", false, true                                        \
    }
#define RUNTIME(id, path)                                                                                    \
    {                                                                                                        \
        EXU__PyRuntimeState_##id, path, "interpreter", false, false                                          \
    }
#define THREAD(id, kind)                                                                                     \
    {                                                                                                        \
        EXU_PyThreadState_##id, #id, kind, false, false                                                      \
    }

/* 3.11 Python/pystate.c, interpreter_clear(). */
const struct exu_root_field exu_interpreter_roots[] = {
    INTERPRETER(modules, "modules", "module"),
    INTERPRETER(modules_by_index, "modules_by_index", "module"),
    INTERPRETER(sysdict, "sysdict", "interpreter"),
    INTERPRETER(builtins, "builtins", "interpreter"),
    INTERPRETER(builtins_copy, "builtins_copy", "interpreter"),
    INTERPRETER(importlib, "importlib", "interpreter"),
    INTERPRETER(import_func, "import_func", "interpreter"),
    INTERPRETER(codec_search_path, "codec_search_path", "interpreter"),
    INTERPRETER(codec_search_cache, "codec_search_cache", "interpreter"),
    INTERPRETER(codec_error_registry, "codec_error_registry", "interpreter"),
    INTERPRETER(dict, "dict", "interpreter"),
    INTERPRETER(before_forkers, "before_forkers", "interpreter"),
    INTERPRETER(after_forkers_parent, "after_forkers_parent", "interpreter"),
    INTERPRETER(after_forkers_child, "after_forkers_child", "interpreter"),
    INTERPRETER(audit_hooks, "audit_hooks", "interpreter"),
    INTERPRETER(warnings_filters, "warnings.filters", "interpreter"),
    INTERPRETER(warnings_once_registry, "warnings.once_registry", "interpreter"),
    INTERPRETER(warnings_default_action, "warnings.default_action", "interpreter"),
    INTERPRETER(gc_garbage, "gc.garbage", "interpreter"),
    INTERPRETER(gc_callbacks, "gc.callbacks", "interpreter"),
    INTERPRETER(exc_state_errnomap, "exc_state.errnomap", "interpreter"),
    INTERPRETER(exc_state_PyExc_ExceptionGroup, "exc_state.PyExc_ExceptionGroup", "interpreter"),
    INTERPRETER_BORROWED(callable_cache_isinstance, "callable_cache.isinstance"),
    INTERPRETER_BORROWED(callable_cache_len, "callable_cache.len"),
    INTERPRETER_BORROWED(callable_cache_list_append, "callable_cache.list_append"),
    INTERPRETER_BORROWED(callable_cache_object__getattribute__, "callable_cache.object__getattribute__"),
    /* 2.7; 3.7 to 3.9; 3.9 and 3.10 */
    INTERPRETER(modules_reloading, "modules_reloading", "interpreter"),
    INTERPRETER_BORROWED(pyexitmodule, "pyexitmodule"),
    INTERPRETER(small_ints, "small_ints", "interpreter"),
    INTERPRETER(bytes_empty_string, "bytes.empty_string", "interpreter"),
    INTERPRETER(bytes_characters, "bytes.characters", "interpreter"),
    INTERPRETER(unicode_empty_string, "unicode.empty_string", "interpreter"),
    INTERPRETER(unicode_latin1, "unicode.latin1", "interpreter"),
    /* 3.12+; atexit.callbacks is a list from 3.14 on (exu_has atexit.ncallbacks: an array before) */
    INTERPRETER(sysdict_copy, "sysdict_copy", "interpreter"),
    INTERPRETER(interpreter_trampoline, "interpreter_trampoline", "interpreter"),
    INTERPRETER(monitoring_callables, "monitoring_callables", "interpreter"),
    INTERPRETER(monitoring_tool_names, "monitoring_tool_names", "interpreter"),
    INTERPRETER(cached_objects_interned_strings, "cached_objects.interned_strings", "interpreter"),
    INTERPRETER(cached_objects_str_replace_inf, "cached_objects.str_replace_inf", "interpreter"),
    INTERPRETER_BORROWED(cached_objects_objreduce, "cached_objects.objreduce"),
    INTERPRETER(cached_objects_generic_type, "cached_objects.generic_type", "interpreter"),
    INTERPRETER(cached_objects_typevar_type, "cached_objects.typevar_type", "interpreter"),
    INTERPRETER(cached_objects_typevartuple_type, "cached_objects.typevartuple_type", "interpreter"),
    INTERPRETER(cached_objects_paramspec_type, "cached_objects.paramspec_type", "interpreter"),
    INTERPRETER(cached_objects_paramspecargs_type, "cached_objects.paramspecargs_type", "interpreter"),
    INTERPRETER(cached_objects_paramspeckwargs_type, "cached_objects.paramspeckwargs_type", "interpreter"),
    INTERPRETER(cached_objects_constevaluator_type, "cached_objects.constevaluator_type", "interpreter"),
    INTERPRETER(cached_objects_dict_descriptor, "cached_objects.dict_descriptor", "interpreter"),
    INTERPRETER(cached_objects_weakref_descriptor, "cached_objects.weakref_descriptor", "interpreter"),
    INTERPRETER_BORROWED(common_consts, "common_consts"),
    INTERPRETER(warnings_context, "warnings.context", "interpreter"),
    INTERPRETER(xi_PyExc_NotShareableError, "xi.PyExc_NotShareableError", "interpreter"),
    INTERPRETER(xi_exceptions_PyExc_InterpreterError, "xi.exceptions.PyExc_InterpreterError", "interpreter"),
    INTERPRETER(xi_exceptions_PyExc_InterpreterNotFoundError, "xi.exceptions.PyExc_InterpreterNotFoundError",
                "interpreter"),
    INTERPRETER(xi_pickle_dumps, "xi.pickle.dumps", "interpreter"),
    INTERPRETER(xi_pickle_loads, "xi.pickle.loads", "interpreter"),
    INTERPRETER(imports_lazy_import_func, "imports.lazy_import_func", "interpreter"),
    INTERPRETER(imports_lazy_imports_filter, "imports.lazy_imports_filter", "interpreter"),
    INTERPRETER(imports_lazy_modules, "imports.lazy_modules", "interpreter"),
    INTERPRETER(imports_lazy_pending_submodules, "imports.lazy_pending_submodules", "interpreter"),
};
const size_t exu_interpreter_root_count = EXU_COUNT(exu_interpreter_roots);

/* 3.11 Python/pystate.c, PyThreadState_Clear(). */
const struct exu_root_field exu_thread_roots[] = {
    THREAD(dict, "thread"),
    THREAD(async_exc, "exception"),
    THREAD(curexc_type, "exception"),
    THREAD(curexc_value, "exception"),
    THREAD(curexc_traceback, "exception"),
    THREAD(c_profileobj, "thread"),
    THREAD(c_traceobj, "thread"),
    THREAD(async_gen_firstiter, "thread"),
    THREAD(async_gen_finalizer, "thread"),
    THREAD(context, "thread"),
    /* 3.12+ */
    THREAD(current_exception, "exception"),
    THREAD(threading_local_key, "thread"),
    THREAD(threading_local_sentinel, "thread"),
    THREAD(previous_executor, "thread"),
    /* 2.7, 3.6: what is being handled; 3.7+: in the exc_info chain */
    THREAD(exc_type, "exception"),
    THREAD(exc_value, "exception"),
    THREAD(exc_traceback, "exception"),
    THREAD(coroutine_wrapper, "thread"),
    /* Modules/_threadmodule.c of 3.11: the weak reference to the lock that threading.Thread joins on. */
    {EXU_PyThreadState_on_delete_data, "on_delete_data", "thread", true, false},
};
const size_t exu_thread_root_count = EXU_COUNT(exu_thread_roots);

/* 3.7, 3.8 Python/pystate.c; 3.12+: Modules/signalmodule.c (the handlers' objects are in signals.handlers).
 */
const struct exu_root_field exu_runtime_roots[] = {
    RUNTIME(warnings_filters, "warnings.filters"),
    RUNTIME(warnings_once_registry, "warnings.once_registry"),
    RUNTIME(warnings_default_action, "warnings.default_action"),
    RUNTIME(gc_garbage, "gc.garbage"),
    RUNTIME(gc_callbacks, "gc.callbacks"),
};
const size_t exu_runtime_root_count = EXU_COUNT(exu_runtime_roots);

/* 2.7, 3.6 (and what stayed a static later): Modules/gcmodule.c, Python/_warnings.c, Objects/unicodeobject.c,
 * stringobject.c, longobject.c, intobject.c, Python/import.c. */
const struct exu_root_static exu_static_roots[] = {
    {"gcmodule.c", "garbage", 1, EXU_FIELD_NONE},
    {"gcmodule.c", "callbacks", 1, EXU_FIELD_NONE},
    {"gcmodule.c", "tmod", 1, EXU_FIELD_NONE},
    {"gcmodule.c", "delstr", 1, EXU_FIELD_NONE},
    {"_warnings.c", "_filters", 1, EXU_FIELD_NONE},
    {"_warnings.c", "_once_registry", 1, EXU_FIELD_NONE},
    {"_warnings.c", "_default_action", 1, EXU_FIELD_NONE},
    {"unicodeobject.c", "interned", 1, EXU_FIELD_NONE},
    {"unicodeobject.c", "unicode_empty", 1, EXU_FIELD_NONE},
    {"unicodeobject.c", "unicode_latin1", 256, EXU_FIELD_NONE},
    {"stringobject.c", "interned", 1, EXU_FIELD_NONE},
    {"stringobject.c", "nullstring", 1, EXU_FIELD_NONE},
    {"stringobject.c", "characters", 256, EXU_FIELD_NONE},
    {"bytesobject.c", "nullstring", 1, EXU_FIELD_NONE},
    {"bytesobject.c", "characters", 256, EXU_FIELD_NONE},
    {"intobject.c", "small_ints", 262, EXU_sizeof_PyIntObject},
    {"import.c", "extensions", 1, EXU_FIELD_NONE},
    {"setobject.c", "dummy", 1, EXU_FIELD_NONE},
    {"dictobject.c", "dummy", 1, EXU_FIELD_NONE},
    {"setobject.c", "emptyfrozenset", 1, EXU_FIELD_NONE},
};
const size_t exu_static_root_count = EXU_COUNT(exu_static_roots);
