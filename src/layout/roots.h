/* The members of the interpreter's and the threads' states that hold objects, as tables: a loader lists them
 * without knowing the version. A row whose field the layout has not (exu_has) is passed over.
 *
 * Each member holds one strong PyObject * or NULL, or is an array of such words (exu_size / 8 of them:
 * small_ints, monitoring_callables, common_consts …; never in 3.11). What needs more than reading one word is
 * not here: frames, the exc_info chain, atexit's array of callbacks, unicode.ids.array, the ast state's
 * identifiers (a run of PyObject * behind its `initialized`), the method cache (type_cache.hashtable),
 * gc.trash_delete_later (objects half gone). */
#ifndef EXU_LAYOUT_ROOTS_H
#define EXU_LAYOUT_ROOTS_H

#include "layout/layout.h"

struct exu_root_field {
    enum exu_field field;
    const char *name; /* the member's path: 'warnings.filters' */
    const char *kind; /* as in table root: 'module', 'interpreter', 'thread', 'exception' */
    bool untyped;     /* a void * in C: an object only if something else says so */
    bool borrowed;    /* no part of the object's count of references */
};

/* Of PyInterpreterState. */
extern const struct exu_root_field exu_interpreter_roots[];
extern const size_t exu_interpreter_root_count;
/* Of _PyRuntimeState: 3.7 and 3.8. */
extern const struct exu_root_field exu_runtime_roots[];
extern const size_t exu_runtime_root_count;
/* File statics (exu_python_static), where a version has them: `count` words, each a PyObject * or NULL. */
struct exu_root_static {
    const char *file, *name;
    uint32_t count;
    enum exu_field only_with; /* a structure of the versions that have it so; EXU_FIELD_NONE: all */
};
extern const struct exu_root_static exu_static_roots[];
extern const size_t exu_static_root_count;
/* Of PyThreadState. */
extern const struct exu_root_field exu_thread_roots[];
extern const size_t exu_thread_root_count;

#endif
