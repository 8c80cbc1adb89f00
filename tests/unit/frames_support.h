/* A small process made by hand: one segment, and the layout of 3.11 for what the tests put there, or that of
 * a shipped row. */
#ifndef EXU_TESTS_FRAMES_SUPPORT_H
#define EXU_TESTS_FRAMES_SUPPORT_H

#include "layout/row.h"
#include "model/model.h"

#include <stdio.h>
#include <stdlib.h>

#define WORLD_BASE UINT64_C(0x7f0000000000)
#define WORLD_SIZE (1 << 16)
#define WORLD_VERSION 0x030b07f0

struct world {
    uint8_t *bytes;
    uint64_t used;
    struct exu_memory *memory;
    struct exu_core core;
    struct exu_python python;
    struct exu_model model;
    struct exu_type type; /* of the object that world_object makes */
};

/* CPython 3.11 on x86_64. */
static const struct {
    enum exu_field field;
    uint32_t offset, size;
    uint8_t bit_offset, bit_width;
} world_layout[] = {
    {EXU_sizeof_PyObject, 0, 16, 0, 0},
    {EXU_PyObject_ob_refcnt, 0, 8, 0, 0},
    {EXU_PyObject_ob_type, 8, 8, 0, 0},
    {EXU_sizeof_PyVarObject, 0, 24, 0, 0},
    {EXU_PyVarObject_ob_size, 16, 8, 0, 0},
    {EXU_PyTypeObject_tp_name, 24, 8, 0, 0},
    {EXU_PyTypeObject_tp_flags, 168, 8, 0, 0},
    {EXU_PyLongObject_ob_digit, 24, 4, 0, 0},
    {EXU_PyFloatObject_ob_fval, 16, 8, 0, 0},
    {EXU_PyBytesObject_ob_sval, 32, 1, 0, 0},
    {EXU_PyTupleObject_ob_item, 24, 8, 0, 0},
    {EXU_sizeof_PyASCIIObject, 0, 48, 0, 0},
    {EXU_PyASCIIObject_length, 16, 8, 0, 0},
    {EXU_PyASCIIObject_state_interned, 32, 4, 0, 2},
    {EXU_PyASCIIObject_state_kind, 32, 4, 2, 3},
    {EXU_PyASCIIObject_state_compact, 32, 4, 5, 1},
    {EXU_PyASCIIObject_state_ascii, 32, 4, 6, 1},
    {EXU_PyASCIIObject_state_ready, 32, 4, 7, 1},
    {EXU_PyASCIIObject_wstr, 40, 8, 0, 0},
    {EXU_sizeof_PyCompactUnicodeObject, 0, 72, 0, 0},
    {EXU_PyCompactUnicodeObject_utf8_length, 48, 8, 0, 0},
    {EXU_PyCompactUnicodeObject_utf8, 56, 8, 0, 0},
    {EXU_PyCompactUnicodeObject_wstr_length, 64, 8, 0, 0},
    {EXU_PyUnicodeObject_data, 72, 8, 0, 0},
    {EXU_PyCellObject_ob_ref, 16, 8, 0, 0},
    {EXU__PyInterpreterFrame_f_func, 0, 8, 0, 0},
    {EXU__PyInterpreterFrame_f_locals, 24, 8, 0, 0},
    {EXU__PyInterpreterFrame_f_code, 32, 8, 0, 0},
    {EXU__PyInterpreterFrame_frame_obj, 40, 8, 0, 0},
    {EXU__PyInterpreterFrame_previous, 48, 8, 0, 0},
    {EXU__PyInterpreterFrame_prev_instr, 56, 8, 0, 0},
    {EXU__PyInterpreterFrame_stacktop, 64, 4, 0, 0},
    {EXU__PyInterpreterFrame_owner, 69, 1, 0, 0},
    {EXU__PyInterpreterFrame_localsplus, 72, 8, 0, 0},
    {EXU_PyFrameObject_f_frame, 24, 8, 0, 0},
    {EXU_PyFrameObject_f_lineno, 40, 4, 0, 0},
    {EXU_PyFrameObject__f_frame_data, 48, 8, 0, 0},
    {EXU_PyGenObject_gi_frame_state, 75, 1, 0, 0},
    {EXU_PyGenObject_gi_iframe, 80, 8, 0, 0},
    {EXU_PyCodeObject_co_flags, 48, 4, 0, 0},
    {EXU_PyCodeObject_co_argcount, 56, 4, 0, 0},
    {EXU_PyCodeObject_co_kwonlyargcount, 64, 4, 0, 0},
    {EXU_PyCodeObject_co_stacksize, 68, 4, 0, 0},
    {EXU_PyCodeObject_co_firstlineno, 72, 4, 0, 0},
    {EXU_PyCodeObject_co_nlocalsplus, 76, 4, 0, 0},
    {EXU_PyCodeObject_co_localsplusnames, 96, 8, 0, 0},
    {EXU_PyCodeObject_co_localspluskinds, 104, 8, 0, 0},
    {EXU_PyCodeObject_co_linetable, 136, 8, 0, 0},
    {EXU_PyCodeObject__co_firsttraceable, 168, 4, 0, 0},
    {EXU_PyCodeObject_co_code_adaptive, 184, 1, 0, 0},
    {EXU_PyTracebackObject_tb_frame, 24, 8, 0, 0},
    {EXU_PyTracebackObject_tb_lasti, 32, 4, 0, 0},
    {EXU_PyTracebackObject_tb_lineno, 36, 4, 0, 0},
    {EXU__PyRuntimeState_interpreters_head, 40, 8, 0, 0},
    {EXU__PyRuntimeState_gilstate_tstate_current, 576, 8, 0, 0},
    {EXU_PyInterpreterState_next, 0, 8, 0, 0},
    {EXU_PyInterpreterState_threads_head, 16, 8, 0, 0},
    {EXU_PyInterpreterState_id, 48, 8, 0, 0},
    {EXU_PyThreadState_next, 8, 8, 0, 0},
    {EXU_PyThreadState_cframe, 56, 8, 0, 0},
    {EXU_PyThreadState_curexc_type, 96, 8, 0, 0},
    {EXU_PyThreadState_curexc_value, 104, 8, 0, 0},
    {EXU_PyThreadState_curexc_traceback, 112, 8, 0, 0},
    {EXU_PyThreadState_exc_info, 120, 8, 0, 0},
    {EXU_PyThreadState_thread_id, 152, 8, 0, 0},
    {EXU_PyThreadState_native_thread_id, 160, 8, 0, 0},
    {EXU_PyThreadState_id, 240, 8, 0, 0},
    {EXU__PyErr_StackItem_exc_value, 0, 8, 0, 0},
    {EXU__PyErr_StackItem_previous_item, 8, 8, 0, 0},
    {EXU__PyCFrame_current_frame, 8, 8, 0, 0},
};

/* One segment of `size` bytes at `base`, copied. */
static inline struct world *world_create(exu_addr base, const uint8_t *content, size_t size)
{
    struct world *w = calloc(1, sizeof *w);
    assert_non_null(w);
    w->bytes = calloc(1, size ? size : 1);
    assert_non_null(w->bytes);
    if (content)
        memcpy(w->bytes, content, size);
    assert_null(exu_memory_create(&w->memory));
    struct exu_segment segment = {base, base + size, w->bytes, 0, EXU_BACKING_CORE, EXU_PERM_R | EXU_PERM_W, false};
    struct exu_mapping mapping = {.start = base, .end = base + size, .kind = "anonymous"};
    assert_null(exu_memory_add_mapping(w->memory, &mapping, &segment.mapping));
    assert_null(exu_memory_add_segment(w->memory, &segment));
    assert_null(exu_memory_seal(w->memory, NULL));
    w->core.memory = w->memory;
    w->python.core = &w->core;
    w->python.version_hex = WORLD_VERSION;
    assert_true(exu_strategy_choose(&w->python.strategy, w->python.version_hex));
    for (size_t i = 0; i < EXU_COUNT(world_layout); i++)
        w->python.layout.slot[world_layout[i].field] =
            (struct exu_slot){world_layout[i].offset, world_layout[i].size, world_layout[i].bit_offset,
                              world_layout[i].bit_width, EXU_LAYOUT_TABLE};
    w->model.python = &w->python;
    w->model.memory = w->memory;
    w->model.memory_words = size / 8;
    return w;
}

static inline void world_destroy(struct world *w)
{
    exu_memory_destroy(w->memory);
    free(w->bytes);
    free(w);
}

/* The object at `address`, as one of `classes`. */
static inline struct exu_object world_object(struct world *w, exu_addr address, uint32_t classes)
{
    w->type.classes = classes;
    struct exu_object o = {.model = &w->model,
                           .layout = &w->python.layout,
                           .memory = w->memory,
                           .type = &w->type,
                           .address = address};
    o.bytes = exu_memory_span(w->memory, address, &o.available);
    assert_non_null(o.bytes);
    return o;
}

/* The same, of a type of which the walks know that row alone; `only` must live as long as the object is used. */
static inline struct exu_object world_object_of(struct world *w, exu_addr address, uint32_t classes,
                                                const struct exu_type_row *const only[1])
{
    struct exu_object o = world_object(w, address, classes);
    w->type.rows = (const struct exu_type_row **)(uintptr_t)only;
    w->type.row_count = 1;
    w->type.basicsize = only[0]->size ? exu_size(o.layout, only[0]->size) : 64;
    w->type.name = (char *)(uintptr_t)only[0]->name;
    return o;
}

/* ---- writing into a world at WORLD_BASE ---- */

static inline exu_addr world_room(struct world *w, uint64_t size)
{
    exu_addr address = WORLD_BASE + w->used;
    w->used = exu_round_up(w->used + size, 16);
    assert_true(w->used <= WORLD_SIZE);
    return address;
}

static inline void world_put(struct world *w, exu_addr structure, enum exu_field field, uint64_t value)
{
    const struct exu_slot *slot = &w->python.layout.slot[field];
    assert_true(slot->size && structure >= WORLD_BASE &&
                structure + slot->offset + 8 <= WORLD_BASE + WORLD_SIZE);
    memcpy(w->bytes + (structure - WORLD_BASE) + slot->offset, &value, slot->size < 8 ? slot->size : 8);
}

static inline void world_put_word(struct world *w, exu_addr address, uint64_t value)
{
    memcpy(w->bytes + (address - WORLD_BASE), &value, 8);
}

/* A type object: a name and flags. */
static inline exu_addr world_type(struct world *w, const char *name, uint64_t flags)
{
    exu_addr type = world_room(w, 512), text = world_room(w, strlen(name) + 1);
    memcpy(w->bytes + (text - WORLD_BASE), name, strlen(name) + 1);
    world_put(w, type, EXU_PyTypeObject_tp_name, text);
    world_put(w, type, EXU_PyTypeObject_tp_flags, flags);
    return type;
}

static inline exu_addr world_new(struct world *w, exu_addr type, uint64_t size)
{
    exu_addr object = world_room(w, size);
    world_put(w, object, EXU_PyObject_ob_refcnt, 1);
    world_put(w, object, EXU_PyObject_ob_type, type);
    return object;
}

static inline exu_addr world_str(struct world *w, exu_addr type, const char *text)
{
    exu_addr object = world_new(w, type, 48 + strlen(text) + 1);
    world_put(w, object, EXU_PyASCIIObject_length, strlen(text));
    world_put(w, object, EXU_PyASCIIObject_state_kind, 1 << 2 | 1 << 5 | 1 << 6 | 1 << 7);
    memcpy(w->bytes + (object - WORLD_BASE) + 48, text, strlen(text) + 1);
    return object;
}

static inline exu_addr world_bytes(struct world *w, exu_addr type, const void *data, size_t size)
{
    exu_addr object = world_new(w, type, 33 + size);
    world_put(w, object, EXU_PyVarObject_ob_size, size);
    memcpy(w->bytes + (object - WORLD_BASE) + 32, data, size);
    return object;
}

/* ---- of any version ---- */

/* The world of the shipped row `index`; NULL behind the last. Debug builds whose objects have a longer head
 * are there too. */
static inline struct world *world_of_row(size_t index)
{
    struct exu_structures *structures;
    struct exu_row *row;
    if (index >= exu_row_count())
        return NULL;
    struct world *w = world_create(WORLD_BASE, NULL, WORLD_SIZE);
    assert_null(exu_structures_create(&structures));
    assert_null(exu_row_load(&row, structures, index));
    w->python.layout = row->layout;
    w->python.version_hex = row->version_hex;
    snprintf(w->python.version, sizeof w->python.version, "%s", row->version);
    assert_true(exu_strategy_choose(&w->python.strategy, row->version_hex));
    exu_row_destroy(row);
    exu_structures_destroy(structures);
    return w;
}

/* Room up to and with `field` of a structure. */
static inline exu_addr world_structure(struct world *w, enum exu_field last)
{
    assert_true(exu_has(&w->python.layout, last));
    return world_room(w, exu_offset(&w->python.layout, last) + 64);
}

static inline exu_addr world_bits(const struct world *w, enum exu_field field, uint64_t value)
{
    return exu_has(&w->python.layout, field) ? value << w->python.layout.slot[field].bit_offset : 0;
}

static inline exu_addr world_sized(struct world *w, exu_addr type, enum exu_field items, const void *data,
                                   size_t count, size_t each)
{
    exu_addr object = world_new(w, type, exu_offset(&w->python.layout, items) + count * each + 16);
    world_put(w, object, EXU_PyVarObject_ob_size, count);
    memcpy(w->bytes + (object - WORLD_BASE) + exu_offset(&w->python.layout, items), data, count * each);
    return object;
}

/* What a name is: str, which is bytes in 2.7. `type`: made by world_text_type. */
static inline exu_addr world_text_type(struct world *w)
{
    const struct exu_strategy *s = &w->python.strategy;
    return world_type(w, "str", s->str == EXU_STR_27 ? s->flags.bytes_subclass : s->flags.unicode_subclass);
}
static inline exu_addr world_text(struct world *w, exu_addr type, const char *text)
{
    size_t length = strlen(text);
    if (w->python.strategy.str == EXU_STR_27)
        return world_sized(w, type, EXU_PyBytesObject_ob_sval, text, length, 1);
    uint32_t head = exu_size(&w->python.layout, EXU_sizeof_PyASCIIObject);
    exu_addr object = world_new(w, type, head + length + 16);
    world_put(w, object, EXU_PyASCIIObject_length, length);
    world_put(w, object, EXU_PyASCIIObject_state_kind,
              world_bits(w, EXU_PyASCIIObject_state_kind, 1) |
                  world_bits(w, EXU_PyASCIIObject_state_compact, 1) |
                  world_bits(w, EXU_PyASCIIObject_state_ascii, 1) |
                  world_bits(w, EXU_PyASCIIObject_state_ready, 1));
    memcpy(w->bytes + (object - WORLD_BASE) + head, text, length);
    return object;
}

static inline exu_addr world_tuple(struct world *w, const exu_addr *items, size_t count)
{
    return world_sized(w, 0, EXU_PyTupleObject_ob_item, items, count, 8);
}

#endif
