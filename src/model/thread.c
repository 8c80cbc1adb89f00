#include "model/thread.h"

#include "heap/place.h"
#include "model/value.h"

#include <stdlib.h>

struct walk {
    const struct exu_model *model;
    const struct exu_memory *memory;
    const struct exu_layout *layout;
    struct exu_anomalies *anomalies;
    /* Structures that were seen: each belongs to one list, so that a second visit is a loop or a damaged
     * link. */
    struct exu_addrmap seen;
    exu_vec(struct exu_thread) threads;
};

static bool word(const struct walk *w, exu_addr address, enum exu_field field, uint64_t *ret)
{
    return exu_has(w->layout, field) &&
           exu_memory_u64(w->memory, address + exu_offset(w->layout, field), ret);
}

static uint64_t word_or_0(const struct walk *w, exu_addr address, enum exu_field field)
{
    uint64_t value = 0;
    return word(w, address, field, &value) ? value : 0;
}

/* Enters a structure of a list. *ret_new false: the list ends here. */
static struct exu_error *enter(struct walk *w, exu_addr address, const char *what, bool *ret_new)
{
    *ret_new = false;
    if (address % 8 || !exu_memory_at(w->memory, address, 8)) {
        exu_anomaly_add(w->anomalies, address, "bad-pointer", "the list of %s leads out of the memory", what);
        return NULL;
    }
    if (exu_addrmap_get(&w->seen, address) != EXU_ADDRMAP_NONE) {
        exu_anomaly_add(w->anomalies, address, "loop", "the list of %s comes back to where it was", what);
        return NULL;
    }
    if (!exu_addrmap_put(&w->seen, address, 0))
        return exu_error_memory();
    *ret_new = true;
    return NULL;
}

/* The innermost frame; 0 = the thread runs no Python code. */
static bool first_frame(const struct walk *w, exu_addr thread, uint64_t *ret)
{
    uint64_t cframe;
    switch (w->model->python->strategy.frame) {
    case EXU_FRAME_OBJECT_STACKTOP:
    case EXU_FRAME_OBJECT_STACKDEPTH:
        return word(w, thread, EXU_PyThreadState_frame, ret);
    case EXU_FRAME_311:
    case EXU_FRAME_312:
        return word(w, thread, EXU_PyThreadState_cframe, &cframe) &&
               word(w, cframe, EXU__PyCFrame_current_frame, ret);
    case EXU_FRAME_313:
    case EXU_FRAME_314:
        return word(w, thread, EXU_PyThreadState_current_frame, ret);
    }
    return false;
}

static bool all_zeros(const struct walk *w, exu_addr at)
{
    const uint8_t *bytes = exu_memory_at(w->model->memory, at, 64);
    for (size_t i = 0; bytes && i < 64; i++)
        if (bytes[i])
            return false;
    return bytes != NULL;
}

static struct exu_error *walk_frames(struct walk *w, struct exu_thread *thread)
{
    uint64_t at;
    exu_vec(struct exu_frame) frames = {0};
    exu_vec(struct exu_frame) incomplete = {0};
    struct exu_error *error = NULL;
    if (!first_frame(w, thread->address, &at)) {
        exu_anomaly_add(w->anomalies, thread->address, "bad-pointer", "a thread's frames can't be found");
        return NULL;
    }
    while (at) {
        struct exu_frame frame;
        bool new;
        error = enter(w, at, "a thread's frames", &new);
        if (error || !new)
            break;
        if (exu_frame_is_entry(w->model, at, &at))
            continue;
        if (!exu_frame_read(w->model, at, &frame)) {
            exu_anomaly_add(
                w->anomalies, at, "bad-frame", "a thread's stack holds what is no frame; it is cut here%s",
                all_zeros(w, at) ? ". The core has zeros there: a dumper that meets a guard page leaves out "
                                   "what follows it in the mapping (gdb's gcore does); let the kernel write "
                                   "the core"
                                 : "");
            break;
        }
        if (!(frame.complete ? exu_vec_push(&frames, frame) : exu_vec_push(&incomplete, frame))) {
            error = exu_error_memory();
            break;
        }
        at = frame.previous;
    }
    thread->frames = frames.items;
    thread->frame_count = frames.len;
    thread->incomplete_frames = incomplete.items;
    thread->incomplete_frame_count = incomplete.len;
    return error;
}

typedef exu_vec(exu_addr) exceptions;

/* Levels that hold NULL or None handle nothing. */
static bool push_handled(const struct walk *w, exceptions *chain, exu_addr value)
{
    return !value || value == w->model->python->none || exu_vec_push(chain, value);
}

/* 3.7+: _PyErr_GetTopmostException (Python/errors.c). */
static struct exu_error *walk_exc_info(struct walk *w, exu_addr thread, exceptions *chain, size_t *ret_own)
{
    uint64_t item = word_or_0(w, thread, EXU_PyThreadState_exc_info);
    while (item) {
        bool new;
        EXU_TRY(enter(w, item, "exceptions being handled", &new));
        if (!new)
            break;
        size_t before = chain->len;
        if (!push_handled(w, chain, word_or_0(w, item, EXU__PyErr_StackItem_exc_value)))
            return exu_error_memory();
        if (chain->len > before && item - thread < exu_size(w->layout, EXU_sizeof_PyThreadState))
            *ret_own = before;
        item = word_or_0(w, item, EXU__PyErr_StackItem_previous_item);
    }
    return NULL;
}

/* 2.7, 3.6 (Python/ceval.c, set_exc_info; Objects/genobject.c, swap_exc_state): the thread has the one that
 * is handled; frames keep what they put aside. */
static bool push_exc_frames(const struct walk *w, const struct exu_thread *thread, exceptions *chain,
                            exceptions *tracebacks)
{
    bool own = w->model->python->strategy.exception_traceback;
    for (size_t i = 0; i <= thread->frame_count; i++) {
        exu_addr at = i ? thread->frames[i - 1].address : thread->address;
        size_t before = chain->len;
        if (!push_handled(w, chain,
                          word_or_0(w, at, i ? EXU_PyFrameObject_f_exc_value : EXU_PyThreadState_exc_value)))
            return false;
        uint64_t traceback =
            word_or_0(w, at, i ? EXU_PyFrameObject_f_exc_traceback : EXU_PyThreadState_exc_traceback);
        if (!own && chain->len > before &&
            !exu_vec_push(tracebacks, traceback == w->model->python->none ? 0 : traceback))
            return false;
    }
    return true;
}

static struct exu_error *walk_handled(struct walk *w, struct exu_thread *thread)
{
    exceptions chain = {0}, tracebacks = {0};
    struct exu_error *error = NULL;
    size_t own = SIZE_MAX;
    switch (w->model->python->strategy.exc_info) {
    case EXU_EXC_INFO_VALUE:
    case EXU_EXC_INFO_TRIPLE:
        error = walk_exc_info(w, thread->address, &chain, &own);
        break;
    case EXU_EXC_INFO_FRAME:
        if (!push_exc_frames(w, thread, &chain, &tracebacks))
            error = exu_error_memory();
        break;
    }
    thread->handled_chain = chain.items;
    thread->handled_tracebacks = tracebacks.items;
    thread->handled_count = chain.len;
    thread->handled_own = exu_min(own, chain.len);
    thread->handled_exception = chain.len ? chain.items[0] : 0;
    return error;
}

static bool holds_gil(const struct walk *w, exu_addr interpreter, exu_addr thread)
{
    const struct exu_python *python = w->model->python;
    struct exu_symbol symbol;
    uint64_t gil, current = 0;
    uint32_t locked;
    if (exu_has(w->layout, EXU__PyRuntimeState_gilstate_tstate_current)) /* 3.7 to 3.11 */
        return word_or_0(w, python->runtime, EXU__PyRuntimeState_gilstate_tstate_current) == thread;
    if (exu_has(w->layout, EXU_PyInterpreterState_ceval_gil)) /* 3.12+: last_holder stays when it lets go */
        return word(w, interpreter, EXU_PyInterpreterState_ceval_gil, &gil) && gil &&
               exu_has(w->layout, EXU__gil_runtime_state_locked) &&
               exu_memory_u32(w->memory, gil + exu_offset(w->layout, EXU__gil_runtime_state_locked),
                              &locked) &&
               locked == 1 && word_or_0(w, gil, EXU__gil_runtime_state_last_holder) == thread;
    return python->image && python->core->private &&
           exu_image_dynamic_symbol(python->core, python->image, "_PyThreadState_Current", &symbol) &&
           exu_memory_u64(w->memory, symbol.address, &current) && current == thread;
}

static struct exu_error *walk_thread(struct walk *w, exu_addr address, exu_addr interpreter,
                                     int64_t interpreter_id)
{
    struct exu_thread thread = {
        .address = address,
        .interpreter = interpreter,
        .interpreter_id = interpreter_id,
        .id = word_or_0(w, address, EXU_PyThreadState_id),
        .ident = word_or_0(w, address, EXU_PyThreadState_thread_id),
        .native_id = word_or_0(w, address, EXU_PyThreadState_native_thread_id),
        .holds_gil = holds_gil(w, interpreter, address),
        .raised_type = word_or_0(w, address, EXU_PyThreadState_curexc_type),
        .raised_value = word_or_0(w, address,
                                  w->model->python->strategy.current_exception_single
                                      ? EXU_PyThreadState_current_exception
                                      : EXU_PyThreadState_curexc_value),
        .raised_traceback = word_or_0(w, address, EXU_PyThreadState_curexc_traceback),
    };
    struct exu_error *error = walk_frames(w, &thread);
    if (!error)
        error = walk_handled(w, &thread);
    if (!error && !exu_vec_push(&w->threads, thread))
        error = exu_error_memory();
    if (error) {
        free(thread.frames);
        free(thread.incomplete_frames);
        free(thread.handled_chain);
        free(thread.handled_tracebacks);
    }
    return error;
}

static struct exu_error *walk_interpreters(struct walk *w)
{
    exu_addr head;
    uint64_t interpreter;
    if (!exu_place_interpreters(w->model->python, &head) || !exu_memory_u64(w->memory, head, &interpreter))
        return NULL;
    while (interpreter) {
        bool new;
        EXU_TRY(enter(w, interpreter, "interpreters", &new));
        if (!new)
            break;
        int64_t id = (int64_t)word_or_0(w, interpreter, EXU_PyInterpreterState_id);
        uint64_t thread = word_or_0(w, interpreter, EXU_PyInterpreterState_threads_head);
        while (thread) {
            EXU_TRY(enter(w, thread, "threads", &new));
            if (!new)
                break;
            EXU_TRY(walk_thread(w, thread, interpreter, id));
            thread = word_or_0(w, thread, EXU_PyThreadState_next);
        }
        interpreter = word_or_0(w, interpreter, EXU_PyInterpreterState_next);
    }
    return NULL;
}

static void free_threads(struct exu_thread *threads, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(threads[i].frames);
        free(threads[i].incomplete_frames);
        free(threads[i].handled_chain);
        free(threads[i].handled_tracebacks);
    }
    free(threads);
}

struct exu_error *exu_threads_open(struct exu_threads **ret, const struct exu_model *model,
                                   struct exu_anomalies *anomalies)
{
    struct walk w = {
        .model = model, .memory = model->memory, .layout = &model->python->layout, .anomalies = anomalies};
    struct exu_threads *threads = calloc(1, sizeof *threads);
    struct exu_error *error = threads ? walk_interpreters(&w) : exu_error_memory();
    exu_addrmap_deinit(&w.seen);
    if (error) {
        free_threads(w.threads.items, w.threads.len);
        free(threads);
        return error;
    }
    threads->items = w.threads.items;
    threads->count = w.threads.len;
    *ret = threads;
    return NULL;
}

void exu_threads_close(struct exu_threads *threads)
{
    if (!threads)
        return;
    free_threads(threads->items, threads->count);
    free(threads);
}

/* ---- names ---- */

struct ident_search {
    const struct exu_model *model;
    uint64_t ident;
    exu_addr found;
};

static bool compare_ident(void *context, exu_addr key, exu_addr value, uint64_t position)
{
    (void)position;
    struct ident_search *search = context;
    struct exu_object o;
    uint64_t ident;
    if (!exu_object_at(search->model, key, &o) || !exu_object_number(&o, &ident) || ident != search->ident)
        return true;
    search->found = value;
    return false;
}

/* threading.Thread of Python 3 and 2 */
static const char *const name_attributes[] = {"_name", "_Thread__name"};

struct attribute_search {
    const struct exu_model *model;
    exu_addr found;
};

static void compare_attribute(void *context, const struct exu_reference *reference)
{
    struct attribute_search *search = context;
    char name[64];
    if (search->found)
        return;
    bool named = reference->kind == EXU_REF_ATTRIBUTE && reference->name_object &&
                 exu_model_str(search->model, reference->name_object, name, sizeof name);
    bool is_dict = reference->name_text && strcmp(reference->name_text, "__dict__") == 0;
    for (size_t i = 0; i < EXU_COUNT(name_attributes) && !search->found; i++)
        if (named && strcmp(name, name_attributes[i]) == 0)
            search->found = reference->target;
        else if (is_dict)
            search->found = exu_dict_get(search->model, reference->target, name_attributes[i]);
}

bool exu_thread_name(const struct exu_model *model, const struct exu_thread *thread, char *buffer,
                     size_t size)
{
    const struct exu_layout *l = &model->python->layout;
    uint64_t modules = 0, module, dict = 0;
    struct exu_object object;
    if (!exu_has(l, EXU_PyInterpreterState_modules) || !exu_has(l, EXU_PyModuleObject_md_dict) ||
        !exu_memory_u64(model->memory, thread->interpreter + exu_offset(l, EXU_PyInterpreterState_modules),
                        &modules))
        return false;
    module = exu_dict_get(model, modules, "threading");
    if (!module || !exu_memory_u64(model->memory, module + exu_offset(l, EXU_PyModuleObject_md_dict), &dict))
        return false;
    /* Lib/threading.py: _active maps idents to Thread objects. */
    exu_addr active = exu_dict_get(model, dict, "_active");
    struct ident_search ident = {model, thread->ident, 0};
    if (!active || !exu_dict_each(model, active, compare_ident, &ident) || !ident.found ||
        !exu_object_at(model, ident.found, &object))
        return false;
    struct attribute_search attribute = {model, 0};
    exu_object_walk(&object, &(struct exu_visitor){.context = &attribute, .reference = compare_attribute});
    return attribute.found && exu_model_str(model, attribute.found, buffer, size);
}
