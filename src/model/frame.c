#include "model/frame.h"

#include "model/lines.h"

/* Include/internal/pycore_frame.h (3.11): enum _framestate of generators. */
#define FRAME_CLEARED 4

/* Include/internal/pycore_code.h: co_localspluskinds. */
#define CO_FAST_CELL 0x40
#define CO_FAST_FREE 0x80

/* Include/cpython/code.h: co_flags. */
#define CO_OPTIMIZED 0x0001
#define CO_VARARGS 0x0004
#define CO_VARKEYWORDS 0x0008

/* No function has more variables and stack than these: the compiler's own arrays are of int, but the bytecode
 * of one would take 2 bytes for each. */
#define SLOT_LIMIT (UINT32_C(1) << 20)

struct reader {
    const struct exu_memory *memory;
    const struct exu_layout *layout;
};

/* `word` and `number` read a field of the structure at `address`: false on a hole or an absent field. */
static bool word(const struct reader *r, exu_addr address, enum exu_field field, uint64_t *ret)
{
    return exu_has(r->layout, field) &&
           exu_memory_u64(r->memory, address + exu_offset(r->layout, field), ret);
}

static bool number(const struct reader *r, exu_addr address, enum exu_field field, int64_t *ret)
{
    uint32_t size = exu_size(r->layout, field);
    const uint8_t *p = size ? exu_memory_at(r->memory, address + exu_offset(r->layout, field), size) : NULL;
    if (!p)
        return false;
    if (size == 1)
        *ret = (int8_t)*p;
    else if (size == 2)
        *ret = (int16_t)(p[0] | p[1] << 8);
    else
        *ret = size == 4 ? (int32_t)exu_load_u32(p) : (int64_t)exu_load_u64(p);
    return true;
}

static bool is_code(const struct exu_model *model, const struct reader *r, exu_addr address)
{
    uint64_t type, name;
    char text[8];
    if (!address || address % 8 || !word(r, address, EXU_PyObject_ob_type, &type))
        return false;
    const struct exu_type *known = exu_model_known_type(model, type);
    if (known)
        return known->classes & EXU_IS_CODE;
    return word(r, type, EXU_PyTypeObject_tp_name, &name) &&
           exu_memory_string(r->memory, name, text, sizeof text) && strcmp(text, "code") == 0;
}

/* How many of the frame's slots are there at all. */
static uint32_t readable_slots(const struct reader *r, exu_addr slots, uint64_t count)
{
    uint64_t available;
    if (!count || !exu_memory_span(r->memory, slots, &available))
        return 0;
    return (uint32_t)exu_min(count, available / 8);
}

static bool read_frame(const struct exu_model *model, exu_addr address, struct exu_frame *ret)
{
    const struct reader r = {model->memory, &model->python->layout};
    struct exu_frame frame = {.address = address};
    uint64_t prev_instr;
    int64_t stacktop, owner, variables, stacksize, firsttraceable, flags;
    if (model->python->strategy.frame != EXU_FRAME_311 || !address || address % 8 ||
        !exu_has(r.layout, EXU__PyInterpreterFrame_localsplus) ||
        !exu_has(r.layout, EXU_PyCodeObject_co_code_adaptive) ||
        !word(&r, address, EXU__PyInterpreterFrame_f_code, &frame.code) || !is_code(model, &r, frame.code) ||
        !word(&r, address, EXU__PyInterpreterFrame_f_func, &frame.function_object) ||
        !word(&r, address, EXU__PyInterpreterFrame_f_locals, &frame.locals_object) ||
        !word(&r, address, EXU__PyInterpreterFrame_frame_obj, &frame.frame_object) ||
        !word(&r, address, EXU__PyInterpreterFrame_previous, &frame.previous) ||
        !word(&r, address, EXU__PyInterpreterFrame_prev_instr, &prev_instr) ||
        !number(&r, address, EXU__PyInterpreterFrame_stacktop, &stacktop) ||
        !number(&r, address, EXU__PyInterpreterFrame_owner, &owner) ||
        !number(&r, frame.code, EXU_PyCodeObject_co_nlocalsplus, &variables) ||
        !number(&r, frame.code, EXU_PyCodeObject_co_stacksize, &stacksize) ||
        !number(&r, frame.code, EXU_PyCodeObject__co_firsttraceable, &firsttraceable) ||
        !number(&r, frame.code, EXU_PyCodeObject_co_flags, &flags) || owner < EXU_FRAME_OF_THREAD ||
        owner > EXU_FRAME_OF_OBJECT || variables < 0 || variables > SLOT_LIMIT || stacksize < 0 ||
        stacksize > SLOT_LIMIT || stacktop < -1 || stacktop > variables + stacksize)
        return false;
    int64_t lasti =
        (int64_t)(prev_instr - (frame.code + exu_offset(r.layout, EXU_PyCodeObject_co_code_adaptive)));
    frame.lasti = (uint64_t)lasti;
    frame.line = -1;
    frame.namespace = frame.locals_object && !(flags & CO_OPTIMIZED);
    frame.owner = (uint8_t)owner;
    /* Include/internal/pycore_frame.h: _PyFrame_IsIncomplete; _co_firsttraceable counts code units. */
    frame.complete = owner == EXU_FRAME_OF_GENERATOR || lasti >= 2 * firsttraceable;
    frame.stacktop = (int32_t)stacktop;
    frame.slots = address + exu_offset(r.layout, EXU__PyInterpreterFrame_localsplus);
    frame.variable_count = (uint32_t)variables;
    frame.slot_count = readable_slots(&r, frame.slots, (uint64_t)(variables + stacksize));
    if (frame.slot_count < frame.variable_count)
        frame.variable_count = frame.slot_count;
    /* frame_tp_clear (Objects/frameobject.c) and _PyFrame_Clear leave stacktop 0. */
    frame.cleared = stacktop == 0 && variables > 0;
    *ret = frame;
    return true;
}

bool exu_frame_read(const struct exu_model *model, exu_addr address, struct exu_frame *ret)
{
    if (!read_frame(model, address, ret))
        return false;
    ret->line = exu_code_line(model, ret->code, ret->lasti);
    return true;
}

static bool read_object(const struct exu_model *model, exu_addr frame_object, struct exu_frame *ret)
{
    const struct reader r = {model->memory, &model->python->layout};
    uint64_t address;
    if (!frame_object || frame_object % 8 || !word(&r, frame_object, EXU_PyFrameObject_f_frame, &address) ||
        !read_frame(model, address, ret))
        return false;
    /* A frame that does not know of its frame object is another one, unless it lies in that object. */
    bool own = address == frame_object + exu_offset(r.layout, EXU_PyFrameObject__f_frame_data);
    if (ret->owner == EXU_FRAME_OF_OBJECT ? !own : ret->frame_object != frame_object)
        return false;
    ret->frame_object = frame_object;
    return true;
}

bool exu_frame_of_object(const struct exu_model *model, exu_addr frame_object, struct exu_frame *ret)
{
    const struct reader r = {model->memory, &model->python->layout};
    int64_t line;
    struct exu_frame frame;
    if (!read_object(model, frame_object, &frame))
        return false;
    /* PyFrame_GetLineNumber (Objects/frameobject.c) */
    if (number(&r, frame_object, EXU_PyFrameObject_f_lineno, &line) && line != 0)
        frame.line = (int)line;
    else
        frame.line = exu_code_line(model, frame.code, frame.lasti);
    *ret = frame;
    return true;
}

static bool read_generator(const struct exu_model *model, exu_addr generator, struct exu_frame *ret)
{
    const struct reader r = {model->memory, &model->python->layout};
    int64_t state;
    return number(&r, generator, EXU_PyGenObject_gi_frame_state, &state) && state < FRAME_CLEARED &&
           exu_has(r.layout, EXU_PyGenObject_gi_iframe) &&
           read_frame(model, generator + exu_offset(r.layout, EXU_PyGenObject_gi_iframe), ret) &&
           ret->owner == EXU_FRAME_OF_GENERATOR;
}

bool exu_frame_of_generator(const struct exu_model *model, exu_addr generator, struct exu_frame *ret)
{
    if (!read_generator(model, generator, ret))
        return false;
    ret->line = exu_code_line(model, ret->code, ret->lasti);
    return true;
}

exu_addr exu_frame_generator(const struct exu_model *model, const struct exu_frame *frame)
{
    const struct exu_layout *layout = &model->python->layout;
    if (frame->owner != EXU_FRAME_OF_GENERATOR || !exu_has(layout, EXU_PyGenObject_gi_iframe))
        return 0;
    return frame->address - exu_offset(layout, EXU_PyGenObject_gi_iframe);
}

/* What the variables of a code object are. */
struct names {
    exu_addr items; /* of co_localsplusnames */
    uint64_t name_count;
    const uint8_t *kinds; /* of co_localspluskinds */
    uint64_t kind_count;
    uint64_t argument_count;
};

static void read_names(const struct reader *r, exu_addr code, struct names *ret)
{
    struct names names = {0};
    uint64_t tuple, kinds;
    int64_t count, arguments, kwonly, flags;
    if (word(r, code, EXU_PyCodeObject_co_localsplusnames, &tuple) && tuple &&
        number(r, tuple, EXU_PyVarObject_ob_size, &count) && count > 0) {
        names.items = tuple + exu_offset(r->layout, EXU_PyTupleObject_ob_item);
        names.name_count = (uint64_t)count;
    }
    if (word(r, code, EXU_PyCodeObject_co_localspluskinds, &kinds) && kinds &&
        number(r, kinds, EXU_PyVarObject_ob_size, &count) && count > 0) {
        names.kinds = exu_memory_at(r->memory, kinds + exu_offset(r->layout, EXU_PyBytesObject_ob_sval),
                                    (uint64_t)count);
        names.kind_count = names.kinds ? (uint64_t)count : 0;
    }
    /* Objects/codeobject.c, intern_strings & co.: positional ones (positional-only among them), keyword-only,
     * *, **. */
    if (number(r, code, EXU_PyCodeObject_co_argcount, &arguments) &&
        number(r, code, EXU_PyCodeObject_co_kwonlyargcount, &kwonly) &&
        number(r, code, EXU_PyCodeObject_co_flags, &flags) && arguments >= 0 && kwonly >= 0)
        names.argument_count =
            (uint64_t)(arguments + kwonly) + !!(flags & CO_VARARGS) + !!(flags & CO_VARKEYWORDS);
    *ret = names;
}

static exu_addr name_at(const struct reader *r, const struct names *names, uint64_t index)
{
    uint64_t name = 0;
    if (index < names->name_count)
        exu_memory_u64(r->memory, names->items + index * 8, &name);
    return name;
}

static uint8_t kind_at(const struct names *names, uint64_t index)
{
    return index < names->kind_count ? names->kinds[index] : 0;
}

/* Before MAKE_CELL ran, the slot of a cell variable holds the argument itself. MAKE_CELL stands in the
 * prologue, before the first traceable instruction, so that only an incomplete frame is in doubt; there a
 * cell is taken for the cell. */
static bool is_cell(const struct exu_model *model, const struct reader *r, exu_addr address)
{
    uint64_t type, name;
    char text[8];
    if (!address || address % 8 || !word(r, address, EXU_PyObject_ob_type, &type))
        return false;
    const struct exu_type *known = exu_model_known_type(model, type);
    if (known)
        return strcmp(known->name, "cell") == 0;
    return word(r, type, EXU_PyTypeObject_tp_name, &name) &&
           exu_memory_string(r->memory, name, text, sizeof text) && strcmp(text, "cell") == 0;
}

/* The slots that hold counted references: all variables while executing, all up to stacktop otherwise. */
static uint32_t counted_slots(const struct exu_frame *frame)
{
    if (frame->stacktop < 0)
        return frame->variable_count;
    return (uint32_t)exu_min((uint64_t)frame->stacktop, frame->slot_count);
}

void exu_frame_variables(const struct exu_model *model, const struct exu_frame *frame,
                         void (*variable)(void *context, const struct exu_variable *variable), void *context)
{
    const struct reader r = {model->memory, &model->python->layout};
    struct names names;
    uint32_t count = counted_slots(frame);
    const uint8_t *slots = count ? exu_memory_at(r.memory, frame->slots, (uint64_t)count * 8) : NULL;
    if (!slots || exu_walk_slots(model, frame->slots, count, 8) < count)
        return;
    read_names(&r, frame->code, &names);
    for (uint32_t i = 0; i < count; i++) {
        exu_addr pointer = exu_load_u64(slots + (uint64_t)i * 8);
        if (!pointer)
            continue;
        struct exu_variable found = {.index = i, .slot = frame->slots + (uint64_t)i * 8, .value = pointer};
        if (i >= frame->variable_count) {
            found.kind = EXU_VARIABLE_STACK;
            found.index = i - frame->variable_count;
            variable(context, &found);
            continue;
        }
        uint8_t kind = kind_at(&names, i);
        if (kind & CO_FAST_FREE && frame->namespace)
            continue; /* Objects/frameobject.c, _PyFrame_FastToLocalsWithError */
        found.name_object = name_at(&r, &names, i);
        found.kind = i < names.argument_count ? EXU_VARIABLE_ARGUMENT
                     : kind & CO_FAST_FREE    ? EXU_VARIABLE_FREE
                     : kind & CO_FAST_CELL    ? EXU_VARIABLE_CELL
                                              : EXU_VARIABLE_LOCAL;
        if (kind & (CO_FAST_CELL | CO_FAST_FREE) && is_cell(model, &r, pointer)) {
            found.cell = pointer;
            if (!word(&r, pointer, EXU_PyCellObject_ob_ref, &found.value))
                found.value = 0;
        }
        variable(context, &found);
    }
}

void exu_frame_walk(const struct exu_model *model, const struct exu_frame *frame, const struct exu_visitor *v)
{
    const struct reader r = {model->memory, &model->python->layout};
    exu_emit(v, frame->function_object, EXU_REF_FIELD, "f_func", -1);
    exu_emit(v, frame->code, EXU_REF_FIELD, "f_code", -1);
    exu_emit(v, frame->locals_object, EXU_REF_FIELD, "f_locals", -1);
    const uint8_t *slots =
        frame->slot_count ? exu_memory_at(r.memory, frame->slots, (uint64_t)frame->slot_count * 8) : NULL;
    if (!slots || frame->cleared)
        return;
    if (exu_walk_slots(model, frame->slots, frame->slot_count, 8) < frame->slot_count) {
        exu_emit_bad(v, frame->address, frame->slots);
        return;
    }
    uint32_t count = counted_slots(frame);
    struct names names;
    read_names(&r, frame->code, &names);
    for (uint32_t i = 0; i < count; i++) {
        exu_addr pointer = exu_load_u64(slots + (uint64_t)i * 8);
        if (!pointer)
            continue;
        if (i >= frame->variable_count) {
            exu_emit(v, pointer, EXU_REF_STACK, NULL, (int64_t)(i - frame->variable_count));
            continue;
        }
        bool cell = kind_at(&names, i) & (CO_FAST_CELL | CO_FAST_FREE) && is_cell(model, &r, pointer);
        exu_emit_named(v, pointer, cell ? EXU_REF_CELL : EXU_REF_LOCAL, name_at(&r, &names, i), -1);
    }
    if (frame->stacktop >= 0 || !model->known)
        return;
    for (uint32_t i = frame->variable_count; i < frame->slot_count; i++) {
        exu_addr pointer = exu_load_u64(slots + (uint64_t)i * 8);
        if (pointer && pointer % 8 == 0 && exu_addrset_has(model->known, pointer))
            v->reference(v->context,
                         &(struct exu_reference){pointer, NULL, 0, (int64_t)(i - frame->variable_count),
                                                 EXU_REF_STACK, EXU_CONSERVATIVE});
    }
}

bool exu_frame_object_walk(const struct exu_model *model, exu_addr frame_object, const struct exu_visitor *v)
{
    struct exu_frame frame;
    if (!read_object(model, frame_object, &frame))
        return false;
    exu_frame_walk(model, &frame, v);
    return true;
}

bool exu_frame_generator_walk(const struct exu_model *model, exu_addr generator, const char *name,
                              const struct exu_visitor *v)
{
    struct exu_frame frame;
    if (!read_generator(model, generator, &frame))
        return false;
    exu_emit(v, frame.frame_object, EXU_REF_FIELD, name, -1);
    exu_frame_walk(model, &frame, v);
    return true;
}

int exu_traceback_line(const struct exu_model *model, exu_addr traceback)
{
    const struct reader r = {model->memory, &model->python->layout};
    int64_t line, lasti;
    uint64_t frame_object;
    struct exu_frame frame;
    if (!number(&r, traceback, EXU_PyTracebackObject_tb_lineno, &line))
        return -1;
    /* Python/traceback.c, tb_lineno_get: -1 = not computed yet. */
    if (line != -1)
        return (int)line;
    if (!number(&r, traceback, EXU_PyTracebackObject_tb_lasti, &lasti) ||
        !word(&r, traceback, EXU_PyTracebackObject_tb_frame, &frame_object) ||
        !read_object(model, frame_object, &frame))
        return -1;
    return exu_code_line(model, frame.code, (uint64_t)lasti);
}
