#include "model/await.h"

#include <string.h>

/* Include/opcode.h of 3.6 to 3.10. */
#define YIELD_FROM 72
/* RESUME's argument (Python/compile.c of 3.11 on): 2 behind a yield from, 3 behind an await. */
#define RESUME_AWAITS 2
/* tp_base is followed no farther. */
#define TYPE_DEPTH 64

/* ---- generators ---- */

static void keep_top(void *context, const struct exu_variable *variable)
{
    exu_addr *top = context;
    if (variable->kind == EXU_VARIABLE_STACK)
        *top = variable->value;
}

/* _PyGen_yf (Objects/genobject.c): what a suspended frame waits for lies on top of its value stack. Whether
 * it waits is told by the instruction that comes next, from 3.13 on by the state. */
static bool delegates(const struct exu_object *o, const struct exu_frame *frame)
{
    const struct exu_strategy *strategy = &o->model->python->strategy;
    struct exu_object code, bytes;
    uint64_t next = frame->lasti + 2;
    const uint8_t *instruction;
    switch (strategy->await) {
    case EXU_AWAIT_NONE:
        return false;
    case EXU_AWAIT_STATE:
        return exu_object_signed(o, EXU_PyGenObject_gi_frame_state) == strategy->generator_delegates;
    case EXU_AWAIT_RESUME:
        /* Whatever the RESUME was made into (RESUME_QUICK, INSTRUMENTED_RESUME), its argument stays. */
        instruction = exu_memory_at(
            o->memory, frame->code + exu_offset(o->layout, EXU_PyCodeObject_co_code_adaptive) + next, 2);
        return instruction && instruction[1] >= RESUME_AWAITS;
    case EXU_AWAIT_YIELD_FROM:
        if (!exu_object_at(o->model, frame->code, &code) ||
            !exu_object_at(o->model, exu_object_word(&code, EXU_PyCodeObject_co_code), &bytes) ||
            next >= exu_object_word(&bytes, EXU_PyVarObject_ob_size))
            return false;
        instruction = exu_memory_at(o->memory, exu_object_place(&bytes, EXU_PyBytesObject_ob_sval) + next, 1);
        return instruction && *instruction == YIELD_FROM;
    }
    return false;
}

static bool read_generator(const struct exu_object *o, struct exu_awaiting *ret)
{
    const struct exu_strategy *strategy = &o->model->python->strategy;
    struct exu_frame frame;
    *ret = (struct exu_awaiting){.state = "suspended"};
    if (!exu_frame_of_generator(o->model, o->address, &frame))
        return false;
    int64_t state = exu_object_signed(o, EXU_PyGenObject_gi_frame_state);
    bool inside = strategy->generator_frame_inside;
    bool created = inside ? state == strategy->generator.created : (int64_t)frame.lasti < 0;
    /* The stack's depth is no sign from 3.14 on: a running frame has written it down before it called C code. */
    if (frame.stacktop < 0 || (inside && state == strategy->generator.executing) ||
        exu_object_word(o, EXU_PyGenObject_gi_running))
        ret->state = "running";
    else if (created)
        ret->state = "created";
    else if (delegates(o, &frame))
        exu_frame_variables(o->model, &frame, keep_top, &ret->awaited);
    return true;
}

/* Objects that stand between a coroutine and what it waits for. */
static const struct {
    const char *type;
    enum exu_field field;
} drivers[] = {
    {"coroutine_wrapper", EXU_PyCoroWrapper_cw_coroutine},
    {"async_generator_asend", EXU_PyAsyncGenASend_ags_gen},
    {"async_generator_athrow", EXU_PyAsyncGenAThrow_agt_gen},
    {"anext_awaitable", EXU_anextawaitableobject_wrapped},
    {"_asyncio.FutureIter", EXU_futureiterobject_future},
};

bool exu_await_read(const struct exu_object *o, struct exu_awaiting *ret)
{
    if (o->type->classes & EXU_IS_GENERATOR)
        return read_generator(o, ret);
    for (size_t i = 0; i < EXU_COUNT(drivers); i++)
        if (strcmp(o->type->name, drivers[i].type) == 0) {
            *ret = (struct exu_awaiting){.awaited = exu_object_word(o, drivers[i].field)};
            return ret->awaited != 0;
        }
    return false;
}

/* ---- futures ---- */

/* References by name: fields of a C structure, attributes of an instance. */
struct named {
    const char *name;
    exu_addr *found;
};
struct search {
    const struct exu_model *model;
    const struct named *names;
    size_t count;
};

static void match(void *context, const struct exu_reference *reference)
{
    const struct search *s = context;
    char buffer[64];
    const char *name = reference->name_text;
    if (!name && reference->name_object &&
        exu_model_str(s->model, reference->name_object, buffer, sizeof buffer))
        name = buffer;
    if (!name || (reference->kind != EXU_REF_ATTRIBUTE && reference->kind != EXU_REF_FIELD &&
                  reference->kind != EXU_REF_SLOT))
        return;
    bool is_dict = strcmp(name, "__dict__") == 0;
    for (size_t i = 0; i < s->count; i++) {
        exu_addr *found = s->names[i].found;
        if (is_dict && !*found)
            *found = exu_dict_get(s->model, reference->target, s->names[i].name);
        else if (strcmp(name, s->names[i].name) == 0)
            *found = reference->target;
    }
}

static void find_named(const struct exu_object *o, const struct named *names, size_t count)
{
    struct search search = {o->model, names, count};
    exu_object_walk(o, &(struct exu_visitor){.context = &search, .reference = match});
}

static bool is_str(const struct exu_model *model, exu_addr address, const char *text)
{
    char buffer[64];
    return address && exu_model_str(model, address, buffer, sizeof buffer) && strcmp(buffer, text) == 0;
}

/* A class of that name that the module asyncio.… defines, or the one of _asyncio. */
static bool is_class(const struct exu_model *model, const struct exu_type *type, const char *c_name,
                     const char *module, const char *name)
{
    struct exu_object o;
    if (strcmp(type->name, c_name) == 0)
        return true;
    return strcmp(type->qualname, name) == 0 && exu_object_at(model, type->address, &o) &&
           is_str(model, exu_dict_get(model, exu_type_dict(&o), "__module__"), module);
}

/* Along tp_base. */
static bool is_instance(const struct exu_object *o, const char *c_name, const char *module, const char *name)
{
    const struct exu_type *type = o->type;
    for (unsigned depth = 0; type && depth < TYPE_DEPTH; depth++) {
        if (is_class(o->model, type, c_name, module, name))
            return true;
        type = type->base ? exu_model_known_type(o->model, type->base) : NULL;
    }
    return false;
}

static bool is_c_future(const struct exu_object *o)
{
    for (size_t i = 0; i < o->type->row_count; i++)
        if (strcmp(o->type->rows[i]->name, "_asyncio.Future") == 0)
            return true;
    return false;
}

/* Lib/asyncio/base_futures.py, and the enum fut_state of Modules/_asynciomodule.c in the same order. */
static const struct {
    const char *python, *state;
} states[] = {{"PENDING", "pending"}, {"CANCELLED", "cancelled"}, {"FINISHED", "done"}};

static const char *state_of(const struct exu_object *o, exu_addr state)
{
    if (is_c_future(o)) {
        uint64_t number = exu_object_word(o, EXU_FutureObj_fut_state);
        return exu_has(o->layout, EXU_FutureObj_fut_state) && number < EXU_COUNT(states)
                   ? states[number].state
                   : NULL;
    }
    /* _state = _PENDING of class Future (Lib/asyncio/futures.py), until the instance gets its own. */
    const struct exu_type *type = o->type;
    for (unsigned depth = 0; !state && type && depth < TYPE_DEPTH; depth++) {
        struct exu_object class;
        if (exu_object_at(o->model, type->address, &class))
            state = exu_dict_get(o->model, exu_type_dict(&class), "_state");
        type = type->base ? exu_model_known_type(o->model, type->base) : NULL;
    }
    for (size_t i = 0; i < EXU_COUNT(states); i++)
        if (is_str(o->model, state, states[i].python))
            return states[i].state;
    return NULL;
}

bool exu_future_read(const struct exu_object *o, struct exu_future *ret)
{
    if (!(o->type->classes & EXU_IS_FUTURE) ||
        !is_instance(o, "_asyncio.Future", "asyncio.futures", "Future"))
        return false;
    *ret = (struct exu_future){.task = is_instance(o, "_asyncio.Task", "asyncio.tasks", "Task")};
    exu_addr state = 0;
    const struct named names[] = {
        {"_state", &state},
        {"_name", &ret->name},
        {"_coro", &ret->coroutine},
        {"_fut_waiter", &ret->waiter},
        {"_callbacks[0]", &ret->callback0},
        {"_callbacks", &ret->callbacks},
    };
    find_named(o, names, EXU_COUNT(names));
    ret->state = state_of(o, state);
    struct exu_object coroutine;
    struct exu_awaiting awaiting;
    if (ret->state && strcmp(ret->state, "pending") == 0 &&
        exu_object_at(o->model, ret->coroutine, &coroutine) && exu_await_read(&coroutine, &awaiting) &&
        awaiting.state && strcmp(awaiting.state, "running") == 0)
        ret->state = "running";
    return true;
}

/* ---- callbacks ---- */

/* Functions of asyncio that wake somebody: the future that they set is in their closure
 * (Lib/asyncio/tasks.py). */
static const struct {
    const char *function, *how;
} wakers[] = {
    {"_done_callback", "gather"},
    {"_inner_done_callback", "shield"},
    {"_on_completion", "wait"},
};

static bool is_future(const struct exu_model *model, exu_addr address, bool *ret_task)
{
    struct exu_object o;
    struct exu_future future;
    if (!exu_object_at(model, address, &o) || !exu_future_read(&o, &future))
        return false;
    *ret_task = future.task;
    return true;
}

/* The first future other than `except` in the cells of a closure, or among the items of a tuple. */
struct first_future {
    const struct exu_model *model;
    exu_addr except, found;
    unsigned depth;
};

static void match_future(void *context, const struct exu_reference *reference)
{
    struct first_future *search = context;
    struct exu_object o;
    bool task;
    if (search->found || reference->target == search->except ||
        !exu_object_at(search->model, reference->target, &o))
        return;
    if (is_future(search->model, reference->target, &task))
        search->found = reference->target;
    else if (search->depth == 0 && strcmp(o.type->name, "cell") == 0) {
        search->depth++;
        exu_object_walk(&o, &(struct exu_visitor){.context = search, .reference = match_future});
        search->depth--;
    }
}

static exu_addr future_in(const struct exu_model *model, exu_addr tuple, exu_addr except)
{
    struct first_future search = {model, except, 0, 0};
    struct exu_object o;
    if (exu_object_at(model, tuple, &o) && o.type->classes & EXU_IS_TUPLE)
        exu_object_walk(&o, &(struct exu_visitor){.context = &search, .reference = match_future});
    return search.found;
}

static bool read_function(const struct exu_object *o, exu_addr future, struct exu_wakeup *ret)
{
    exu_addr name = 0, closure = 0, module = 0;
    const struct named names[] = {{"__name__", &name}, {"__closure__", &closure}, {"__module__", &module}};
    char text[32];
    find_named(o, names, EXU_COUNT(names));
    if (!exu_model_str(o->model, name, text, sizeof text))
        return false;
    if (strcmp(text, "_run_until_complete_cb") == 0) {
        *ret = (struct exu_wakeup){"loop", 0};
        return is_str(o->model, module, "asyncio.base_events");
    }
    for (size_t i = 0; i < EXU_COUNT(wakers) && is_str(o->model, module, "asyncio.tasks"); i++)
        if (strcmp(text, wakers[i].function) == 0) {
            *ret = (struct exu_wakeup){wakers[i].how, future_in(o->model, closure, future)};
            return ret->woken != 0;
        }
    return false;
}

/* wait_for up to 3.11: functools.partial(_release_waiter, waiter); gather in 3.6: partial(_done_callback, i).
 */
static bool read_partial(const struct exu_object *o, exu_addr future, struct exu_wakeup *ret)
{
    exu_addr function = 0, arguments = 0, name = 0;
    const struct named names[] = {{"func", &function}, {"args", &arguments}};
    struct exu_object f;
    find_named(o, names, EXU_COUNT(names));
    if (!exu_object_at(o->model, function, &f))
        return false;
    find_named(&f, &(struct named){"__name__", &name}, 1);
    if (!is_str(o->model, name, "_release_waiter"))
        return strcmp(f.type->name, "function") == 0 && read_function(&f, future, ret);
    *ret = (struct exu_wakeup){"wait_for", future_in(o->model, arguments, future)};
    return ret->woken != 0;
}

/* A task's wakeup method, in C (a wrapper up to 3.8, then a builtin) or in Python; TaskGroup._on_task_done
 * (3.11+). */
static bool read_method(const struct exu_object *o, struct exu_wakeup *ret)
{
    exu_addr self = 0, parent = 0;
    struct exu_object owner;
    bool task;
    find_named(o, &(struct named){"__self__", &self}, 1);
    if (is_future(o->model, self, &task)) {
        *ret = (struct exu_wakeup){"await", self};
        return task;
    }
    if (!exu_object_at(o->model, self, &owner) || strcmp(owner.type->qualname, "TaskGroup") != 0)
        return false;
    find_named(&owner, &(struct named){"_parent_task", &parent}, 1);
    *ret = (struct exu_wakeup){"group", parent};
    return is_future(o->model, parent, &task) && task;
}

bool exu_wakeup_read(const struct exu_model *model, exu_addr future, exu_addr callback,
                     struct exu_wakeup *ret)
{
    struct exu_object o;
    if (!exu_object_at(model, callback, &o))
        return false;
    if (strcmp(o.type->name, "function") == 0)
        return read_function(&o, future, ret);
    if (strcmp(o.type->name, "functools.partial") == 0)
        return read_partial(&o, future, ret);
    return read_method(&o, ret);
}

struct wakeups {
    const struct exu_model *model;
    exu_addr future;
    void (*wakeup)(void *context, const struct exu_wakeup *wakeup);
    void *context;
    bool inner; /* in the tuple of a callback and its context */
};

static void visit_callback(void *context, const struct exu_reference *reference)
{
    struct wakeups *w = context;
    struct exu_wakeup wakeup;
    struct exu_object o;
    if (reference->kind != EXU_REF_ITEM || (w->inner && reference->position != 0) ||
        !exu_object_at(w->model, reference->target, &o))
        return;
    if (o.type->classes & EXU_IS_TUPLE) {
        if (w->inner)
            return;
        w->inner = true;
        exu_object_walk(&o, &(struct exu_visitor){.context = w, .reference = visit_callback});
        w->inner = false;
    } else if (exu_wakeup_read(w->model, w->future, reference->target, &wakeup)) {
        w->wakeup(w->context, &wakeup);
    }
}

void exu_future_wakeups(const struct exu_model *model, exu_addr address, const struct exu_future *future,
                        void (*wakeup)(void *context, const struct exu_wakeup *wakeup), void *context)
{
    struct wakeups w = {model, address, wakeup, context, false};
    struct exu_wakeup first;
    struct exu_object list;
    if (future->callback0 && exu_wakeup_read(model, address, future->callback0, &first))
        wakeup(context, &first);
    if (exu_object_at(model, future->callbacks, &list) && list.type->classes & EXU_IS_LIST)
        exu_object_walk(&list, &(struct exu_visitor){.context = &w, .reference = visit_callback});
}
