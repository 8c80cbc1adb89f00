/* Where the state of the memory's managers lies in this version: file statics, _PyRuntime, the interpreter's
 * state. */
#ifndef EXU_LAYOUT_PLACE_H
#define EXU_LAYOUT_PLACE_H

#include "layout/layout.h"

/* A variable that is static in `source` ('tupleobject.c'), by .symtab; after link-time optimization only
 * where its name is the only one. */
bool exu_place_static(const struct exu_python *python, const char *source, const char *name, exu_addr *ret);

/* Where the pointer to the first PyInterpreterState lies. */
bool exu_place_interpreters(const struct exu_python *python, exu_addr *ret);

/* Where an enabled faulthandler (-X dev) keeps its file: by shape, as it has no name in a stripped interpreter. False:
 * it is not enabled. */
bool exu_place_fatal_error_file(const struct exu_python *python, exu_addr interpreter, exu_addr *ret);

/* Addresses; 0 = this version has none, or it was not found. */
struct exu_gc_place {
    exu_addr generations;        /* struct gc_generation[3] */
    exu_addr permanent;          /* struct gc_generation */
    exu_addr collecting;         /* int */
    exu_addr trash;              /* PyObject *, a chain */
    exu_addr garbage, callbacks; /* PyObject * */
    exu_addr enabled;            /* int */
    exu_addr long_lived_total, long_lived_pending; /* Py_ssize_t */
};
/* Of an interpreter; one for all of them where strategy.gc_place is no PLACE_INTERPRETER. */
void exu_gc_place(const struct exu_python *python, exu_addr interpreter, struct exu_gc_place *ret);

/* A slot of `structure` at `base`: 0 when absent. */
static inline exu_addr exu_place_field(const struct exu_layout *l, exu_addr base, enum exu_field field)
{
    return base && exu_has(l, field) ? base + exu_offset(l, field) : 0;
}

#endif
