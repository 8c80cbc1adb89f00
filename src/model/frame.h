/* Python frames, wherever they lie: on a thread's data stack, in a generator, in a frame object (up to 3.10
 * all do).
 *
 * Borrows the model; allocates nothing. Every number of the frame and of its code object is checked against
 * the memory that is there. */
#ifndef EXU_MODEL_FRAME_H
#define EXU_MODEL_FRAME_H

#include "model/model.h"

enum exu_frame_owner { /* Include/internal/pycore_frame.h, enum _frameowner */
                       EXU_FRAME_OF_THREAD = 0,
                       EXU_FRAME_OF_GENERATOR = 1,
                       EXU_FRAME_OF_OBJECT = 2,
};

struct exu_frame {
    exu_addr address;         /* _PyInterpreterFrame; up to 3.10 the PyFrameObject */
    exu_addr frame_object;    /* PyFrameObject; 0 = none was made */
    exu_addr code;            /* PyCodeObject */
    exu_addr function_object; /* PyFunctionObject; 0 up to 3.10 */
    bool function_borrowed;   /* 3.14+: who called it counts it */
    exu_addr locals_object;   /* f_locals; 0 = none */
    bool namespace;    /* the names of a class body or module are in locals_object. (Where not, that is a copy
                          that locals() made once.) */
    exu_addr previous; /* the caller's, 0 = outermost or not on a stack */
    uint64_t lasti;    /* byte offset of the last instruction; a negative number before the first one */
    int line;          /* f_lineno; -1 = none */
    uint8_t owner;     /* enum exu_frame_owner */
    bool complete;     /* past its prologue: what _PyFrame_IsIncomplete denies. Python shows only such. */
    bool cleared;      /* its variables are gone */
    int32_t stacktop;  /* slots in use; -1: executing, the depth of the value stack is not known */
    exu_addr slots;    /* localsplus: variables, then the value stack */
    uint32_t variable_count; /* co_nlocalsplus */
    uint32_t slot_count;     /* of which the memory is there: variables and co_stacksize */
};

enum exu_variable_kind {
    EXU_VARIABLE_ARGUMENT, /* an argument; may be kept in a cell, too */
    EXU_VARIABLE_LOCAL,
    EXU_VARIABLE_CELL,
    EXU_VARIABLE_FREE,
    EXU_VARIABLE_STACK, /* on the value stack: no name */
};

struct exu_variable {
    exu_addr name_object; /* str; 0 = none */
    enum exu_variable_kind kind;
    uint32_t index; /* in localsplus; of the value stack: the depth, 0 = bottom */
    exu_addr slot;  /* the address of the pointer */
    exu_addr value; /* what the variable is bound to; 0 = unbound (an empty cell) */
    exu_addr cell;  /* the cell that it is kept in; 0 = none */
};

/* The frame of a thread's stack at `address`; false when there is none. */
bool exu_frame_read(const struct exu_model *model, exu_addr address, struct exu_frame *ret);
/* True for the mark of an entry from C between the frames of a thread (3.12+): no frame, but the chain goes
 * on. */
bool exu_frame_is_entry(const struct exu_model *model, exu_addr address, exu_addr *ret_previous);
/* The frame that the frame object at `frame_object` stands for, with f_lineno as a tracer may have set it. */
bool exu_frame_of_object(const struct exu_model *model, exu_addr frame_object, struct exu_frame *ret);
/* The frame of a generator, coroutine or asynchronous generator; false when it has ended. */
bool exu_frame_of_generator(const struct exu_model *model, exu_addr generator, struct exu_frame *ret);
/* The generator that the frame belongs to; 0 otherwise, and always in 2.7. */
exu_addr exu_frame_generator(const struct exu_model *model, const struct exu_frame *frame);

/* Every bound variable in the order of localsplus, then the value stack where its depth is known. An empty
 * cell is visited with value 0. */
void exu_frame_variables(const struct exu_model *model, const struct exu_frame *frame,
                         void (*variable)(void *context, const struct exu_variable *variable), void *context);
/* Whether the str object `name` is the name of a variable, so that what a namespace has under it is out of
 * date. */
bool exu_frame_has_variable(const struct exu_model *model, const struct exu_frame *frame, exu_addr name);

/* How many slots a frame of `code` has: variables and value stack; false when it is no sound code object. */
bool exu_frame_slots(const struct exu_model *model, exu_addr code, uint64_t *ret);
/* The code object of the _PyInterpreterFrame at `frame`; 0 = none. */
exu_addr exu_frame_code(const struct exu_model *model, exu_addr frame);

/* The references that a frame holds: f_func, f_code, f_locals (up to 3.10 also f_globals, f_builtins,
 * f_exc_*), its variables (kind local, or cell for the cells) and its value stack. The frame object is not
 * among them. The value stack of an executing frame is as deep as its code allows: its known objects are
 * conservative references. */
void exu_frame_walk(const struct exu_model *model, const struct exu_frame *frame,
                    const struct exu_visitor *v);

/* The same for the frame of a frame object, or the one in a generator, without the line, which takes time.
 * False when there is no frame. The names are those of the generator's references to its frame object and,
 * when nothing else keeps it, its code. */
bool exu_frame_object_walk(const struct exu_model *model, exu_addr frame_object, const struct exu_visitor *v);
bool exu_frame_generator_walk(const struct exu_model *model, exu_addr generator, const char *frame_name,
                              const char *code_name, const struct exu_visitor *v);

/* tb_lineno of the traceback at `address` (decoded when it is computed lazily, as from 3.11.3 on); -1 = none.
 */
int exu_traceback_line(const struct exu_model *model, exu_addr traceback);

#endif
