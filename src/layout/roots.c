#include "layout/roots.h"

#define INTERPRETER(id, path, kind)                                                                          \
    {                                                                                                        \
        EXU_PyInterpreterState_##id, path, kind, false                                                       \
    }
#define THREAD(id, kind)                                                                                     \
    {                                                                                                        \
        EXU_PyThreadState_##id, #id, kind, false                                                             \
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
    INTERPRETER(callable_cache_isinstance, "callable_cache.isinstance", "interpreter"),
    INTERPRETER(callable_cache_len, "callable_cache.len", "interpreter"),
    INTERPRETER(callable_cache_list_append, "callable_cache.list_append", "interpreter"),
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
    /* Modules/_threadmodule.c of 3.11: the weak reference to the lock that threading.Thread joins on. */
    {EXU_PyThreadState_on_delete_data, "on_delete_data", "thread", true},
};
const size_t exu_thread_root_count = EXU_COUNT(exu_thread_roots);
