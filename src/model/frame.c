#include "model/frame.h"

#include "model/lines.h"

/* Include/internal/pycore_code.h: co_localspluskinds. */
#define CO_FAST_HIDDEN 0x10 /* 3.12+ */
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

/* `name` is that of a static type that no class is called like, as it may not be planned yet. */
static bool has_type(const struct exu_model *model, const struct reader *r, exu_addr address,
                     uint32_t classes, const char *wanted)
{
    uint64_t type, name;
    char text[8];
    if (!address || address % 8 || !word(r, address, EXU_PyObject_ob_type, &type))
        return false;
    const struct exu_type *known = exu_model_known_type(model, type);
    if (known)
        return classes ? (known->classes & classes) != 0 : strcmp(known->name, wanted) == 0;
    return word(r, type, EXU_PyTypeObject_tp_name, &name) &&
           exu_memory_string(r->memory, name, text, sizeof text) && strcmp(text, wanted) == 0;
}

/* Include/internal/pycore_stackref.h (3.14+): what a word on a frame refers to; 0 = nothing. */
static exu_addr referent(const struct exu_model *model, uint64_t bits)
{
    const struct exu_stack_reference *ref = &model->python->strategy.reference;
    uint64_t tag = bits & ref->tag_mask;
    if (bits == ref->null || (tag && (tag == ref->integer || tag == ref->not_pointer)))
        return 0;
    return bits & ~ref->tag_mask;
}

/* Include/internal/pycore_stackref.h of 3.14 and later: a local lends its reference to the value stack
 * (LOAD_FAST_BORROW), which counts none of its own; _Py_VISIT_STACKREF passes it over. */
static bool borrowed(const struct exu_model *model, uint64_t bits)
{
    const struct exu_stack_reference *ref = &model->python->strategy.reference;
    return ref->tag_mask && (bits & ref->tag_mask) == ref->not_owned;
}

/* How many of the frame's slots are there at all. */
static uint32_t readable_slots(const struct reader *r, exu_addr slots, uint64_t count)
{
    uint64_t available;
    if (!count || !exu_memory_span(r->memory, slots, &available))
        return 0;
    return (uint32_t)exu_min(count, available / 8);
}

static bool tuple_length(const struct reader *r, exu_addr code, enum exu_field field, int64_t *ret)
{
    uint64_t tuple;
    return word(r, code, field, &tuple) && tuple && number(r, tuple, EXU_PyVarObject_ob_size, ret) &&
           *ret >= 0 && *ret <= SLOT_LIMIT;
}

/* As many variables as have names (co_nlocals and co_nlocalsplus say the same): a damaged number would make variables of
 * whatever follows the frame. */
static void limit_to_names(const struct reader *r, exu_addr code, enum exu_field names, int64_t *variables)
{
    int64_t named;
    if (*variables <= SLOT_LIMIT && tuple_length(r, code, names, &named) && *variables > named)
        *variables = named;
}

/* What a frame of this code has room for. */
struct shape {
    uint64_t variables, stack;
    int64_t flags;
};

static bool read_shape(const struct exu_model *model, const struct reader *r, exu_addr code,
                       struct shape *ret)
{
    int64_t variables = 0, cells, frees, stack;
    switch (model->python->strategy.code) {
    case EXU_CODE_LOCALSPLUS:
        if (!number(r, code, EXU_PyCodeObject_co_nlocalsplus, &variables))
            return false;
        limit_to_names(r, code, EXU_PyCodeObject_co_localsplusnames, &variables);
        break;
    case EXU_CODE_VARNAMES:
        if (!number(r, code, EXU_PyCodeObject_co_nlocals, &variables) || variables < 0 ||
            variables > SLOT_LIMIT || !tuple_length(r, code, EXU_PyCodeObject_co_cellvars, &cells) ||
            !tuple_length(r, code, EXU_PyCodeObject_co_freevars, &frees))
            return false;
        limit_to_names(r, code, EXU_PyCodeObject_co_varnames, &variables);
        variables += cells + frees;
        break;
    }
    if (!number(r, code, EXU_PyCodeObject_co_stacksize, &stack) ||
        !number(r, code, EXU_PyCodeObject_co_flags, &ret->flags) || variables < 0 || variables > SLOT_LIMIT ||
        stack < 0 || stack > SLOT_LIMIT)
        return false;
    ret->variables = (uint64_t)variables;
    ret->stack = (uint64_t)stack;
    return true;
}

bool exu_frame_slots(const struct exu_model *model, exu_addr code, uint64_t *ret)
{
    const struct reader r = {model->memory, &model->python->layout};
    struct shape shape;
    if (!read_shape(model, &r, code, &shape))
        return false;
    *ret = shape.variables + shape.stack;
    return true;
}

static void take_slots(const struct reader *r, const struct shape *shape, exu_addr slots,
                       struct exu_frame *frame)
{
    frame->namespace = frame->locals_object && !(shape->flags & CO_OPTIMIZED);
    frame->slots = slots;
    frame->variable_count = (uint32_t)shape->variables;
    frame->slot_count = readable_slots(r, slots, shape->variables + shape->stack);
    if (frame->slot_count < frame->variable_count)
        frame->variable_count = frame->slot_count;
}

/* ---- _PyInterpreterFrame ---- */

exu_addr exu_frame_code(const struct exu_model *model, exu_addr frame)
{
    const struct reader r = {model->memory, &model->python->layout};
    uint64_t bits;
    return frame && word(&r, frame, EXU__PyInterpreterFrame_f_code, &bits) ? referent(model, bits) : 0;
}

/* The depth of variables and stack, -1 = executing; false: it can't be. */
static bool read_depth(const struct exu_model *model, const struct reader *r, exu_addr address,
                       const struct shape *shape, int32_t *ret)
{
    exu_addr slots = address + exu_offset(r->layout, EXU__PyInterpreterFrame_localsplus);
    uint64_t pointer;
    int64_t depth;
    if (model->python->strategy.frame == EXU_FRAME_314) {
        if (!word(r, address, EXU__PyInterpreterFrame_stackpointer, &pointer))
            return false;
        if (pointer && (pointer < slots || pointer % 8))
            return false;
        depth = pointer ? (int64_t)((pointer - slots) / 8) : -1;
    } else if (!number(r, address, EXU__PyInterpreterFrame_stacktop, &depth)) {
        return false;
    }
    if (depth < -1 || depth > (int64_t)(shape->variables + shape->stack))
        return false;
    *ret = (int32_t)depth;
    return true;
}

static bool read_interpreter_frame(const struct exu_model *model, exu_addr address, struct exu_frame *ret)
{
    const struct reader r = {model->memory, &model->python->layout};
    struct exu_frame frame = {.address = address};
    struct shape shape;
    uint64_t instruction;
    int64_t owner, firsttraceable;
    if (!address || address % 8 || !exu_has(r.layout, EXU__PyInterpreterFrame_localsplus) ||
        !exu_has(r.layout, EXU_PyCodeObject_co_code_adaptive) ||
        !number(&r, address, EXU__PyInterpreterFrame_owner, &owner) || owner < EXU_FRAME_OF_THREAD ||
        owner > EXU_FRAME_OF_OBJECT || !(frame.code = exu_frame_code(model, address)) ||
        !has_type(model, &r, frame.code, EXU_IS_CODE, "code") ||
        !word(&r, address, EXU__PyInterpreterFrame_f_func, &frame.function_object) ||
        !word(&r, address, EXU__PyInterpreterFrame_f_locals, &frame.locals_object) ||
        !word(&r, address, EXU__PyInterpreterFrame_frame_obj, &frame.frame_object) ||
        !word(&r, address, EXU__PyInterpreterFrame_previous, &frame.previous) ||
        !word(&r, address, EXU__PyInterpreterFrame_prev_instr, &instruction) ||
        !number(&r, frame.code, EXU_PyCodeObject__co_firsttraceable, &firsttraceable) ||
        !read_shape(model, &r, frame.code, &shape) ||
        !read_depth(model, &r, address, &shape, &frame.stacktop))
        return false;
    int64_t lasti =
        (int64_t)(instruction - (frame.code + exu_offset(r.layout, EXU_PyCodeObject_co_code_adaptive)));
    frame.function_borrowed = borrowed(model, frame.function_object);
    frame.function_object = referent(model, frame.function_object);
    frame.lasti = (uint64_t)lasti;
    frame.line = -1;
    frame.owner = (uint8_t)owner;
    /* Include/internal/pycore_frame.h: _PyFrame_IsIncomplete; _co_firsttraceable counts code units. */
    frame.complete = owner == EXU_FRAME_OF_GENERATOR || lasti >= 2 * firsttraceable;
    /* frame_tp_clear (Objects/frameobject.c) and _PyFrame_Clear leave stacktop 0. */
    frame.cleared = frame.stacktop == 0 && shape.variables > 0;
    take_slots(&r, &shape, address + exu_offset(r.layout, EXU__PyInterpreterFrame_localsplus), &frame);
    *ret = frame;
    return true;
}

bool exu_frame_is_entry(const struct exu_model *model, exu_addr address, exu_addr *ret_previous)
{
    const struct reader r = {model->memory, &model->python->layout};
    uint32_t first = model->python->strategy.owner_entry;
    int64_t owner;
    return first && number(&r, address, EXU__PyInterpreterFrame_owner, &owner) && owner >= first &&
           word(&r, address, EXU__PyInterpreterFrame_previous, ret_previous);
}

/* ---- PyFrameObject up to 3.10 ---- */

/* The value stack: while a frame runs its depth is in a register of the interpreter. */
static bool read_object_depth(const struct exu_model *model, const struct reader *r, exu_addr address,
                              const struct shape *shape, bool running, int32_t *ret)
{
    exu_addr stack = address + exu_offset(r->layout, EXU_PyFrameObject_f_localsplus) + 8 * shape->variables;
    uint64_t top;
    int64_t depth = -1, executing;
    if (model->python->strategy.frame == EXU_FRAME_OBJECT_STACKDEPTH) {
        if (!number(r, address, EXU_PyFrameObject_f_stackdepth, &depth))
            return false;
    } else if (!word(r, address, EXU_PyFrameObject_f_stacktop, &top)) {
        return false;
    } else if (top) {
        if (top < stack || top % 8)
            return false;
        depth = (int64_t)((top - stack) / 8);
    } else if (number(r, address, EXU_PyFrameObject_f_executing, &executing) ? !executing : !running) {
        depth = 0; /* It has ended. 2.7 does not tell: who knows that it runs says so. */
    }
    if (depth < -1 || depth > (int64_t)shape->stack)
        return false;
    *ret = depth < 0 ? -1 : (int32_t)(shape->variables + (uint64_t)depth);
    return true;
}

static bool read_frame_object(const struct exu_model *model, exu_addr address, bool running,
                              struct exu_frame *ret)
{
    const struct reader r = {model->memory, &model->python->layout};
    struct exu_frame frame = {.address = address, .frame_object = address, .line = -1, .complete = true};
    struct shape shape;
    int64_t lasti;
    if (!exu_has(r.layout, EXU_PyFrameObject_f_localsplus) ||
        !has_type(model, &r, address, EXU_IS_FRAME, "frame") ||
        !word(&r, address, EXU_PyFrameObject_f_code, &frame.code) ||
        !has_type(model, &r, frame.code, EXU_IS_CODE, "code") ||
        !word(&r, address, EXU_PyFrameObject_f_back, &frame.previous) ||
        !word(&r, address, EXU_PyFrameObject_f_locals, &frame.locals_object) ||
        !number(&r, address, EXU_PyFrameObject_f_lasti, &lasti) ||
        !read_shape(model, &r, frame.code, &shape) ||
        !read_object_depth(model, &r, address, &shape, running, &frame.stacktop))
        return false;
    frame.lasti = (uint64_t)(lasti * model->python->strategy.lasti_unit);
    frame.owner = EXU_FRAME_OF_OBJECT;
    take_slots(&r, &shape, address + exu_offset(r.layout, EXU_PyFrameObject_f_localsplus), &frame);
    *ret = frame;
    return true;
}

/* ---- both ---- */

static bool in_objects(const struct exu_model *model)
{
    switch (model->python->strategy.frame) {
    case EXU_FRAME_OBJECT_STACKTOP:
    case EXU_FRAME_OBJECT_STACKDEPTH:
        return true;
    case EXU_FRAME_311:
    case EXU_FRAME_312:
    case EXU_FRAME_313:
    case EXU_FRAME_314:
        break;
    }
    return false;
}

/* PyFrame_GetLineNumber (Objects/frameobject.c): while it is traced, f_lineno is the line. */
static int line_of(const struct exu_model *model, const struct exu_frame *frame)
{
    const struct reader r = {model->memory, &model->python->layout};
    int64_t line;
    uint64_t trace;
    if (model->python->strategy.frame == EXU_FRAME_OBJECT_STACKTOP) {
        if (word(&r, frame->frame_object, EXU_PyFrameObject_f_trace, &trace) && trace &&
            number(&r, frame->frame_object, EXU_PyFrameObject_f_lineno, &line))
            return (int)line;
    } else if (frame->frame_object && number(&r, frame->frame_object, EXU_PyFrameObject_f_lineno, &line) &&
               line != 0) {
        return (int)line;
    }
    return exu_code_line(model, frame->code, frame->lasti);
}

bool exu_frame_read(const struct exu_model *model, exu_addr address, struct exu_frame *ret)
{
    if (!(in_objects(model) ? read_frame_object(model, address, true, ret)
                            : read_interpreter_frame(model, address, ret)))
        return false;
    ret->line = exu_code_line(model, ret->code, ret->lasti);
    if (in_objects(model))
        ret->line = line_of(model, ret);
    return true;
}

static bool read_object(const struct exu_model *model, exu_addr frame_object, struct exu_frame *ret)
{
    const struct reader r = {model->memory, &model->python->layout};
    uint64_t address;
    if (in_objects(model))
        return read_frame_object(model, frame_object, false, ret);
    if (!frame_object || frame_object % 8 || !word(&r, frame_object, EXU_PyFrameObject_f_frame, &address) ||
        !read_interpreter_frame(model, address, ret))
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
    if (!read_object(model, frame_object, ret))
        return false;
    ret->line = line_of(model, ret);
    return true;
}

/* A generator that has ended, or was closed before it began, shows no frame; the latter still has its
 * variables. */
static bool read_generator(const struct exu_model *model, exu_addr generator, bool ended,
                           struct exu_frame *ret)
{
    const struct reader r = {model->memory, &model->python->layout};
    const struct exu_generator_states *states = &model->python->strategy.generator;
    int64_t state;
    uint64_t frame;
    if (!model->python->strategy.generator_frame_inside)
        return word(&r, generator, EXU_PyGenObject_gi_frame, &frame) && frame &&
               read_frame_object(model, frame, false, ret);
    return number(&r, generator, EXU_PyGenObject_gi_frame_state, &state) &&
           state < (ended ? states->cleared : states->finished_first) &&
           exu_has(r.layout, EXU_PyGenObject_gi_iframe) &&
           read_interpreter_frame(model, generator + exu_offset(r.layout, EXU_PyGenObject_gi_iframe), ret) &&
           ret->owner == EXU_FRAME_OF_GENERATOR;
}

bool exu_frame_of_generator(const struct exu_model *model, exu_addr generator, struct exu_frame *ret)
{
    if (!read_generator(model, generator, false, ret))
        return false;
    ret->line = exu_code_line(model, ret->code, ret->lasti);
    return true;
}

exu_addr exu_frame_generator(const struct exu_model *model, const struct exu_frame *frame)
{
    const struct reader r = {model->memory, &model->python->layout};
    uint64_t generator;
    if (!model->python->strategy.generator_frame_inside)
        return word(&r, frame->address, EXU_PyFrameObject_f_gen, &generator) ? generator : 0;
    if (frame->owner != EXU_FRAME_OF_GENERATOR || !exu_has(r.layout, EXU_PyGenObject_gi_iframe))
        return 0;
    return frame->address - exu_offset(r.layout, EXU_PyGenObject_gi_iframe);
}

/* What the variables of a code object are: the names of one tuple, or of three, one behind the other. */
struct names {
    struct {
        exu_addr items;
        uint64_t named; /* names that there are */
        uint64_t count; /* slots that they stand for */
    } parts[3];
    const uint8_t *kinds; /* of co_localspluskinds */
    uint64_t kind_count;
    uint64_t argument_count;
    bool by_part; /* locals, cells, free variables */
};

static void read_part(const struct reader *r, exu_addr code, enum exu_field field, struct names *names,
                      unsigned part)
{
    uint64_t tuple;
    int64_t count;
    if (!word(r, code, field, &tuple) || !tuple || !number(r, tuple, EXU_PyVarObject_ob_size, &count) ||
        count <= 0)
        return;
    names->parts[part].items = tuple + exu_offset(r->layout, EXU_PyTupleObject_ob_item);
    names->parts[part].named = names->parts[part].count = (uint64_t)count;
}

static void read_names(const struct exu_model *model, const struct reader *r, exu_addr code,
                       struct names *ret)
{
    struct names names = {0};
    uint64_t kinds;
    int64_t count, arguments, kwonly, flags;
    switch (model->python->strategy.code) {
    case EXU_CODE_LOCALSPLUS:
        read_part(r, code, EXU_PyCodeObject_co_localsplusnames, &names, 0);
        if (word(r, code, EXU_PyCodeObject_co_localspluskinds, &kinds) && kinds &&
            number(r, kinds, EXU_PyVarObject_ob_size, &count) && count > 0) {
            names.kinds = exu_memory_at(r->memory, kinds + exu_offset(r->layout, EXU_PyBytesObject_ob_sval),
                                        (uint64_t)count);
            names.kind_count = names.kinds ? (uint64_t)count : 0;
        }
        break;
    case EXU_CODE_VARNAMES:
        names.by_part = true;
        read_part(r, code, EXU_PyCodeObject_co_varnames, &names, 0);
        read_part(r, code, EXU_PyCodeObject_co_cellvars, &names, 1);
        read_part(r, code, EXU_PyCodeObject_co_freevars, &names, 2);
        if (number(r, code, EXU_PyCodeObject_co_nlocals, &count) && count >= 0)
            names.parts[0].count = (uint64_t)count;
        break;
    }
    /* Objects/codeobject.c, intern_strings & co.: positional ones (positional-only among them), keyword-only,
     * *, **. */
    if (!number(r, code, EXU_PyCodeObject_co_kwonlyargcount, &kwonly))
        kwonly = 0; /* 2.7 */
    if (number(r, code, EXU_PyCodeObject_co_argcount, &arguments) &&
        number(r, code, EXU_PyCodeObject_co_flags, &flags) && arguments >= 0 && kwonly >= 0)
        names.argument_count =
            (uint64_t)(arguments + kwonly) + !!(flags & CO_VARARGS) + !!(flags & CO_VARKEYWORDS);
    *ret = names;
}

static exu_addr name_at(const struct reader *r, const struct names *names, uint64_t index)
{
    for (unsigned i = 0; i < EXU_COUNT(names->parts); i++) {
        uint64_t name = 0;
        if (index < names->parts[i].count) {
            if (index < names->parts[i].named)
                exu_memory_u64(r->memory, names->parts[i].items + index * 8, &name);
            return name;
        }
        index -= names->parts[i].count;
    }
    return 0;
}

static uint8_t kind_at(const struct names *names, uint64_t index)
{
    if (!names->by_part)
        return index < names->kind_count ? names->kinds[index] : 0;
    if (index < names->parts[0].count)
        return 0;
    return index - names->parts[0].count < names->parts[1].count ? CO_FAST_CELL : CO_FAST_FREE;
}

/* Up to 3.10 the cell of an argument is a slot of its own, and 2.7 leaves the argument in its slot, too
 * (Python/ceval.c, PyEval_EvalCodeEx). Names of code objects are interned: the same name is the same object.
 */
static bool named_among(const struct reader *r, const struct names *names, unsigned part, uint64_t limit,
                        exu_addr name)
{
    for (uint64_t i = 0; name && i < exu_min(names->parts[part].named, limit); i++) {
        uint64_t other;
        if (exu_memory_u64(r->memory, names->parts[part].items + i * 8, &other) && other == name)
            return true;
    }
    return false;
}

static bool is_argument(const struct reader *r, const struct names *names, uint64_t index, exu_addr name)
{
    if (index < names->argument_count)
        return true;
    return names->by_part && kind_at(names, index) & CO_FAST_CELL &&
           named_among(r, names, 0, names->argument_count, name);
}

/* From 3.11 on, before MAKE_CELL ran, the slot of a cell variable holds the argument itself. MAKE_CELL stands
 * in the prologue, before the first traceable instruction, so that only an incomplete frame is in doubt;
 * there a cell is taken for the cell. */
static bool is_cell(const struct exu_model *model, const struct reader *r, const struct names *names,
                    uint64_t index, exu_addr pointer)
{
    return kind_at(names, index) & (CO_FAST_CELL | CO_FAST_FREE) && has_type(model, r, pointer, 0, "cell");
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
    read_names(model, &r, frame->code, &names);
    for (uint32_t i = 0; i < count; i++) {
        exu_addr pointer = referent(model, exu_load_u64(slots + (uint64_t)i * 8));
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
        if (names.by_part && !kind && named_among(&r, &names, 1, UINT64_MAX, found.name_object))
            continue;
        found.kind = is_argument(&r, &names, i, found.name_object) ? EXU_VARIABLE_ARGUMENT
                     : kind & CO_FAST_FREE                         ? EXU_VARIABLE_FREE
                     : kind & CO_FAST_CELL                         ? EXU_VARIABLE_CELL
                                                                   : EXU_VARIABLE_LOCAL;
        if (is_cell(model, &r, &names, i, pointer)) {
            found.cell = pointer;
            if (!word(&r, pointer, EXU_PyCellObject_ob_ref, &found.value))
                found.value = 0;
        }
        variable(context, &found);
    }
}

bool exu_frame_has_variable(const struct exu_model *model, const struct exu_frame *frame, exu_addr name)
{
    const struct reader r = {model->memory, &model->python->layout};
    struct names names;
    if (!frame->variable_count || !name)
        return false;
    read_names(model, &r, frame->code, &names);
    for (uint32_t i = 0; i < frame->variable_count; i++) {
        uint8_t kind = kind_at(&names, i);
        uint64_t bits;
        if (name_at(&r, &names, i) != name || (kind & CO_FAST_FREE && frame->namespace))
            continue;
        /* The variable of an inlined comprehension (3.12+) covers the name only while it runs. */
        if (!(kind & CO_FAST_HIDDEN) || names.by_part ||
            (exu_memory_u64(r.memory, frame->slots + 8 * (uint64_t)i, &bits) && referent(model, bits)))
            return true;
    }
    return false;
}

static void walk_fields(const struct exu_model *model, const struct exu_frame *frame,
                        const struct exu_visitor *v)
{
    /* frame_traverse (Objects/frameobject.c up to 3.10), but for f_back and f_trace. */
    static const struct {
        enum exu_field field;
        const char *name;
    } fields[] = {
        {EXU_PyFrameObject_f_builtins, "f_builtins"},
        {EXU_PyFrameObject_f_globals, "f_globals"},
        {EXU_PyFrameObject_f_exc_type, "f_exc_type"},
        {EXU_PyFrameObject_f_exc_value, "f_exc_value"},
        {EXU_PyFrameObject_f_exc_traceback, "f_exc_traceback"},
    };
    const struct reader r = {model->memory, &model->python->layout};
    (frame->function_borrowed ? exu_emit_uncounted : exu_emit)(v, frame->function_object, EXU_REF_FIELD,
                                                               "f_func", -1);
    exu_emit(v, frame->code, EXU_REF_FIELD, "f_code", -1);
    exu_emit(v, frame->locals_object, EXU_REF_FIELD, "f_locals", -1);
    for (size_t i = 0; in_objects(model) && i < EXU_COUNT(fields); i++) {
        uint64_t object;
        if (word(&r, frame->address, fields[i].field, &object))
            exu_emit(v, object, EXU_REF_FIELD, fields[i].name, -1);
    }
}

void exu_frame_walk(const struct exu_model *model, const struct exu_frame *frame, const struct exu_visitor *v)
{
    const struct reader r = {model->memory, &model->python->layout};
    walk_fields(model, frame, v);
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
    read_names(model, &r, frame->code, &names);
    for (uint32_t i = 0; i < count; i++) {
        uint64_t bits = exu_load_u64(slots + (uint64_t)i * 8);
        exu_addr pointer = referent(model, bits);
        if (!pointer)
            continue;
        void (*emit)(const struct exu_visitor *visitor, exu_addr target, enum exu_reference_kind kind,
                     exu_addr name, int64_t position) =
            borrowed(model, bits) ? exu_emit_view : exu_emit_named;
        if (i >= frame->variable_count) {
            emit(v, pointer, EXU_REF_STACK, 0, (int64_t)(i - frame->variable_count));
            continue;
        }
        bool cell = is_cell(model, &r, &names, i, pointer);
        emit(v, pointer, cell ? EXU_REF_CELL : EXU_REF_LOCAL, name_at(&r, &names, i), -1);
    }
    if (frame->stacktop >= 0 || !model->known)
        return;
    for (uint32_t i = frame->variable_count; i < frame->slot_count; i++) {
        exu_addr pointer = referent(model, exu_load_u64(slots + (uint64_t)i * 8));
        if (pointer && pointer % 8 == 0 && exu_addrset_has(model->known, pointer))
            v->reference(v->context,
                         &(struct exu_reference){pointer, NULL, 0, (int64_t)(i - frame->variable_count),
                                                 EXU_REF_STACK, EXU_CONSERVATIVE, false, false});
    }
}

static void relay_uncounted(void *context, const struct exu_reference *reference)
{
    const struct exu_visitor *v = context;
    struct exu_reference changed = *reference;
    changed.uncounted = true;
    v->reference(v->context, &changed);
}

/* From 3.11 on the frame of a thread or a generator holds its variables, whether an object was made of it or
 * not. */
bool exu_frame_object_walk(const struct exu_model *model, exu_addr frame_object, const struct exu_visitor *v)
{
    struct exu_frame frame;
    if (!read_object(model, frame_object, &frame))
        return false;
    struct exu_visitor inner = *v, uncounted = *v;
    uncounted.context = &inner;
    uncounted.reference = relay_uncounted;
    uncounted.buffer = NULL;
    uncounted.bad = NULL;
    exu_frame_walk(model, &frame, frame.owner == EXU_FRAME_OF_OBJECT ? v : &uncounted);
    return true;
}

bool exu_frame_generator_walk(const struct exu_model *model, exu_addr generator, const char *frame_name,
                              const char *code_name, const struct exu_visitor *v)
{
    const struct exu_layout *layout = &model->python->layout;
    struct exu_frame frame;
    if (!model->python->strategy.generator_frame_inside)
        return true; /* gi_frame is a reference to an object like others */
    if (read_generator(model, generator, true, &frame)) {
        exu_emit(v, frame.frame_object, EXU_REF_FIELD, frame_name, -1);
        exu_frame_walk(model, &frame, v);
        return true;
    }
    /* Objects/genobject.c, gen_traverse: from 3.12 on there is no gi_code, and the frame keeps the code. */
    if (!exu_has(layout, EXU_PyGenObject_gi_code) && exu_has(layout, EXU_PyGenObject_gi_iframe))
        exu_emit(v, exu_frame_code(model, generator + exu_offset(layout, EXU_PyGenObject_gi_iframe)),
                 EXU_REF_FIELD, code_name, -1);
    return false;
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
    return exu_code_line(model, frame.code, (uint64_t)(lasti * model->python->strategy.traceback_lasti_unit));
}
