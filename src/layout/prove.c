#include "layout/prove.h"
#include "layout/place.h"
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
    INTERPRETERS_MAX = 10000,
    THREADS_CHECKED_MAX = 1000,
    RING_STEPS = 32, /* from each end of a generation */
    GENERATIONS = 3,
    TYPE_SUBCLASS_BIT = 31, /* Py_TPFLAGS_TYPE_SUBCLASS, object.h of all 3.x */
};

#define ADDRESS_END (UINT64_C(1) << 47)

struct prover {
    const struct exu_python *python;
    const struct exu_layout *layout;
    const struct exu_memory *memory;
    struct exu_proof group, total;
    bool refuted;            /* something without which nothing can be read does not hold */
    char reason[EXU_REASON]; /* of the group's first failure */
};

static bool word(const struct prover *p, exu_addr base, enum exu_field field, uint64_t *ret)
{
    exu_addr at;
    return exu_add(base, exu_offset(p->layout, field), &at) && exu_memory_u64(p->memory, at, ret);
}

static EXU_PRINTF(3, 4) void check(struct prover *p, bool holds, const char *format, ...)
{
    if (holds) {
        p->group.held++;
        return;
    }
    if (p->group.broken++ == 0) {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(p->reason, sizeof p->reason, format, arguments);
        va_end(arguments);
    }
}

/* Closes a group; false when most of what could be read speaks against the layout. */
static bool close_group(struct prover *p)
{
    bool holds = !p->refuted && p->group.broken <= p->group.held / 2;
    p->total.held += p->group.held;
    p->total.broken += p->group.broken;
    p->total.unreadable += p->group.unreadable;
    p->group = (struct exu_proof){0};
    return holds;
}

static void check_type_name(struct prover *p, exu_addr type, const char *expected)
{
    uint64_t name;
    char text[16];
    if (!word(p, type, EXU_PyTypeObject_tp_name, &name)) {
        p->group.unreadable++;
        return;
    }
    bool read = exu_memory_string(p->memory, name, text, sizeof text);
    if (!read && !exu_memory_at(p->memory, name, 1))
        p->group.unreadable++; /* read-only data of a file that is not on this machine */
    else
        check(p, read && strcmp(text, expected) == 0,
              "the name of type '%s' is not found where tp_name should be", expected);
}

static bool types_hold(struct prover *p)
{
    const struct exu_python *python = p->python;
    uint64_t type, flags, size;
    if (!word(p, python->type_type, EXU_PyObject_ob_type, &type)) {
        p->group.unreadable++;
        return close_group(p);
    }
    check(p, type == python->type_type, "the type of PyType_Type is not PyType_Type");
    p->refuted = p->group.broken != 0;
    check_type_name(p, python->type_type, "type");
    if (word(p, python->type_type, EXU_PyTypeObject_tp_flags, &flags))
        check(p, flags >> TYPE_SUBCLASS_BIT & 1, "tp_flags of PyType_Type do not say that it is a type");
    if (word(p, python->type_type, EXU_PyTypeObject_tp_basicsize, &size))
        check(p, size == exu_size(p->layout, EXU_sizeof_PyHeapTypeObject),
              "tp_basicsize of PyType_Type is %" PRIu64 ", sizeof(PyHeapTypeObject) %u", size,
              exu_size(p->layout, EXU_sizeof_PyHeapTypeObject));
    if (python->none && word(p, python->none, EXU_PyObject_ob_type, &type)) {
        check_type_name(p, type, "NoneType");
        if (word(p, type, EXU_PyTypeObject_tp_flags, &flags))
            check(p, !(flags >> TYPE_SUBCLASS_BIT & 1), "tp_flags of NoneType say that None is a type");
    }
    return close_group(p);
}

/* Static types say their structure's size: tp_basicsize = sizeof, in Objects/ of 3.11. */
static const struct {
    const char *symbol;
    uint16_t field;
} sizes[] = {
    {"PyList_Type", EXU_sizeof_PyListObject},
    {"PyDict_Type", EXU_sizeof_PyDictObject},
    {"PySet_Type", EXU_sizeof_PySetObject},
    {"PyFloat_Type", EXU_sizeof_PyFloatObject},
    {"PyUnicode_Type", EXU_sizeof_PyUnicodeObject}, /* 2.7: PyUnicodeUCS4_Type */
    {"PyModule_Type", EXU_sizeof_PyModuleObject},
    {"PyFunction_Type", EXU_sizeof_PyFunctionObject},
    {"PyMethod_Type", EXU_sizeof_PyMethodObject},
    {"PyCell_Type", EXU_sizeof_PyCellObject},
    {"PyTraceBack_Type", EXU_sizeof_PyTracebackObject},
    {"PyByteArray_Type", EXU_sizeof_PyByteArrayObject},
    {"PyCFunction_Type", EXU_sizeof_PyCFunctionObject},
    {"PyProperty_Type", EXU_sizeof_propertyobject},
    {"PyGen_Type", EXU_sizeof_PyGenObject},
};

static bool has_frame_objects(const struct exu_strategy *s)
{
    return s->frame == EXU_FRAME_OBJECT_STACKTOP || s->frame == EXU_FRAME_OBJECT_STACKDEPTH;
}

static bool sizes_hold(struct prover *p)
{
    const struct exu_python *python = p->python;
    for (size_t i = 0; i < EXU_COUNT(sizes); i++) {
        struct exu_symbol symbol;
        uint64_t size;
        if (sizes[i].field == EXU_sizeof_PyGenObject && !has_frame_objects(&python->strategy))
            continue; /* Objects/genobject.c of 3.11: a generator ends in its frame, which it counts in */
        if (!exu_has(p->layout, sizes[i].field) ||
            !exu_image_dynamic_symbol(python->core, python->image, sizes[i].symbol, &symbol) ||
            !word(p, symbol.address, EXU_PyTypeObject_tp_basicsize, &size))
            p->group.unreadable++;
        else
            check(p, size == exu_size(p->layout, sizes[i].field),
                  "%s says %" PRIu64 " bytes, sizeof(%s) is %u", sizes[i].symbol, size,
                  exu_field_structure(sizes[i].field), exu_size(p->layout, sizes[i].field));
    }
    return close_group(p);
}

/* The first interpreter; false when that can't be read. */
static bool first_interpreter(const struct prover *p, uint64_t *ret)
{
    exu_addr head;
    return exu_place_interpreters(p->python, &head) && exu_memory_u64(p->memory, head, ret);
}

static bool interpreters_hold(struct prover *p)
{
    uint64_t at, runtime;
    bool has_runtime = p->python->strategy.interpreters_place == EXU_PLACE_RUNTIME;
    if (!first_interpreter(p, &at)) {
        p->group.unreadable++;
        return close_group(p);
    }
    check(p, at != 0 && at % 8 == 0, "%s is %s", has_runtime ? "_PyRuntime.interpreters.head" : "interp_head",
          at ? "no pointer" : "NULL, as before Py_Initialize and after Py_Finalize");
    p->refuted = p->group.broken != 0;
    int count = 0;
    while (at && at % 8 == 0 && count++ < INTERPRETERS_MAX) {
        if (has_runtime && exu_has(p->layout, EXU_PyInterpreterState_runtime)) { /* 3.9+ */
            if (!word(p, at, EXU_PyInterpreterState_runtime, &runtime)) {
                p->group.unreadable++;
                break;
            }
            check(p, runtime == p->python->runtime,
                  "interpreter %#" PRIx64 " does not point back to _PyRuntime", at);
            p->refuted |= count == 1 && runtime != p->python->runtime;
        }
        if (!word(p, at, EXU_PyInterpreterState_next, &at))
            break;
    }
    check(p, count < INTERPRETERS_MAX, "the list of interpreters does not end");
    return close_group(p);
}

static void check_threads(struct prover *p, exu_addr interpreter)
{
    uint64_t at, owner;
    if (!word(p, interpreter, EXU_PyInterpreterState_threads_head, &at)) {
        p->group.unreadable++;
        return;
    }
    for (int count = 0; at && count < THREADS_CHECKED_MAX; count++) {
        if (!word(p, at, EXU_PyThreadState_interp, &owner)) {
            p->group.unreadable++;
            return;
        }
        check(p, owner == interpreter, "thread state %#" PRIx64 " does not point back to its interpreter",
              at);
        if (owner != interpreter || !word(p, at, EXU_PyThreadState_next, &at))
            return;
    }
}

/* May a PyGC_Head lie there? Those of objects are blocks of an allocator; x86_64 gives a process the lower
 * half of 48 bits. Whether the core has the bytes is another question. */
static bool may_be_link(exu_addr at)
{
    return at && at % 8 == 0 && at < ADDRESS_END;
}

/* One step along the ring of `head`, which alone may lie anywhere (packed, as in Debian's 3.13.5): the
 * neighbour must point back. The flags are masked by either kind of link: bits 0 and 1 of 3.8+ (pycore_gc.h);
 * what 2.7 to 3.7 have there is a pointer, which is aligned. */
static bool step_ring(struct prover *p, exu_addr head, uint64_t *at, enum exu_field forth,
                      enum exu_field back)
{
    uint64_t next, self;
    if (!word(p, *at, forth, &next))
        return false;
    next &= ~(uint64_t)3;
    if (next != head && !may_be_link(next)) {
        check(p, false, "collector's list: the link at %#" PRIx64 " is no address of an object", *at);
        return false;
    }
    if (!word(p, next, back, &self)) {
        p->group.unreadable++;
        return false;
    }
    bool closed = (self & ~(uint64_t)3) == *at;
    check(p, closed, "collector's list: the neighbour of %#" PRIx64 " does not point back", *at);
    *at = next;
    return closed;
}

static void check_generation(struct prover *p, exu_addr generation, bool collecting)
{
    exu_addr head;
    int32_t counters[2];
    const enum exu_field fields[2] = {EXU_gc_generation_threshold, EXU_gc_generation_count};
    for (int i = 0; i < 2; i++) {
        uint32_t value;
        if (!exu_add(generation, exu_offset(p->layout, fields[i]), &head) ||
            !exu_memory_u32(p->memory, head, &value)) {
            p->group.unreadable++;
            return;
        }
        counters[i] = (int32_t)value;
    }
    check(p, counters[0] >= 0 && counters[1] >= 0, "a generation has threshold %d and count %d", counters[0],
          counters[1]);
    head = generation + exu_offset(p->layout, EXU_gc_generation_head);
    uint64_t at = head;
    for (int i = 0; !collecting && i < RING_STEPS; i++)
        if (!step_ring(p, head, &at, EXU_PyGC_Head__gc_next, EXU_PyGC_Head__gc_prev) || at == head)
            break;
    at = head;
    for (int i = 0; !collecting && i < RING_STEPS; i++)
        if (!step_ring(p, head, &at, EXU_PyGC_Head__gc_prev, EXU_PyGC_Head__gc_next) || at == head)
            break;
}

/* The first interpreters of the list; the rest would say the same. */
static bool states_hold(struct prover *p, void (*each)(struct prover *p, exu_addr interpreter))
{
    uint64_t at;
    if (first_interpreter(p, &at)) {
        for (int i = 0; at && i < 4; i++) {
            each(p, at);
            if (!word(p, at, EXU_PyInterpreterState_next, &at))
                break;
        }
    }
    return close_group(p);
}

static void check_generations(struct prover *p, exu_addr interpreter)
{
    struct exu_gc_place place;
    uint32_t collecting = 0; /* then gc_prev holds reference counts, and the rings are apart */
    exu_gc_place(p->python, interpreter, &place);
    if (place.collecting && !exu_memory_u32(p->memory, place.collecting, &collecting))
        p->group.unreadable++;
    if (!place.generations) /* 2.7, 3.6 without symbols: nothing of the layout's is in doubt */
        p->group.unreadable++;
    exu_addr at;
    for (unsigned i = 0; place.generations && i < GENERATIONS; i++)
        if (exu_add(place.generations, (uint64_t)i * exu_size(p->layout, EXU_sizeof_gc_generation), &at))
            check_generation(p, at, collecting != 0);
}

/* sys.modules is an object whose type is of type `type`. */
static void check_modules(struct prover *p, exu_addr interpreter)
{
    uint64_t dict, type, metatype;
    if (!word(p, interpreter, EXU_PyInterpreterState_modules, &dict) || !dict ||
        !word(p, dict, EXU_PyObject_ob_type, &type) || !word(p, type, EXU_PyObject_ob_type, &metatype)) {
        p->group.unreadable++;
        return;
    }
    check(p, metatype == p->python->type_type,
          "the modules of interpreter %#" PRIx64 " are no object of a built-in type", interpreter);
}

bool exu_layout_prove(const struct exu_python *python, struct exu_proof *proof, char reason[EXU_REASON])
{
    struct prover p = {.python = python, .layout = &python->layout, .memory = python->core->memory};
    bool holds = types_hold(&p) && sizes_hold(&p) && interpreters_hold(&p) &&
                 states_hold(&p, check_modules) && states_hold(&p, check_threads) &&
                 states_hold(&p, check_generations);
    *proof = p.total;
    snprintf(reason, EXU_REASON, "%s", p.reason);
    return holds;
}
