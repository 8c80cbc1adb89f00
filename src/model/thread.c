#include "model/thread.h"

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

static struct exu_error *walk_frames(struct walk *w, struct exu_thread *thread)
{
    uint64_t cframe, at;
    exu_vec(struct exu_frame) frames = {0};
    exu_vec(struct exu_frame) incomplete = {0};
    struct exu_error *error = NULL;
    if (!word(w, thread->address, EXU_PyThreadState_cframe, &cframe) ||
        !word(w, cframe, EXU__PyCFrame_current_frame, &at)) {
        exu_anomaly_add(w->anomalies, thread->address, "bad-pointer", "a thread's frames can't be found");
        return NULL;
    }
    while (at) {
        struct exu_frame frame;
        bool new;
        error = enter(w, at, "a thread's frames", &new);
        if (error || !new)
            break;
        if (!exu_frame_read(w->model, at, &frame)) {
            exu_anomaly_add(w->anomalies, at, "bad-frame",
                            "a thread's stack holds what is no frame; it is cut here");
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

/* _PyErr_GetTopmostException (Python/errors.c): levels that hold NULL or None handle nothing. */
static struct exu_error *walk_handled(struct walk *w, struct exu_thread *thread)
{
    exu_vec(exu_addr) chain = {0};
    struct exu_error *error = NULL;
    uint64_t item = word_or_0(w, thread->address, EXU_PyThreadState_exc_info);
    while (item) {
        bool new;
        error = enter(w, item, "exceptions being handled", &new);
        if (error || !new)
            break;
        exu_addr value = word_or_0(w, item, EXU__PyErr_StackItem_exc_value);
        if (value && value != w->model->python->none && !exu_vec_push(&chain, value)) {
            error = exu_error_memory();
            break;
        }
        item = word_or_0(w, item, EXU__PyErr_StackItem_previous_item);
    }
    thread->handled_chain = chain.items;
    thread->handled_count = chain.len;
    thread->handled_exception = chain.len ? chain.items[0] : 0;
    return error;
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
        .holds_gil =
            word_or_0(w, w->model->python->runtime, EXU__PyRuntimeState_gilstate_tstate_current) == address,
        .raised_type = word_or_0(w, address, EXU_PyThreadState_curexc_type),
        .raised_value = word_or_0(w, address, EXU_PyThreadState_curexc_value),
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
    }
    return error;
}

static struct exu_error *walk_interpreters(struct walk *w)
{
    uint64_t interpreter = word_or_0(w, w->model->python->runtime, EXU__PyRuntimeState_interpreters_head);
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

/* An int below 2**60, as pthread_self() is. Include/cpython/longintrepr.h: digits of 30 bits, the sign in
 * ob_size. */
static bool small_int(const struct exu_model *model, exu_addr address, uint64_t *ret)
{
    const struct exu_layout *l = &model->python->layout;
    uint64_t size;
    uint32_t low = 0, high = 0;
    exu_addr digits = address + exu_offset(l, EXU_PyLongObject_ob_digit);
    if (!exu_memory_u64(model->memory, address + exu_offset(l, EXU_PyVarObject_ob_size), &size) || size > 2 ||
        (size > 0 && !exu_memory_u32(model->memory, digits, &low)) ||
        (size > 1 && !exu_memory_u32(model->memory, digits + 4, &high)))
        return false;
    *ret = (uint64_t)high << 30 | low;
    return true;
}

struct ident_search {
    const struct exu_model *model;
    uint64_t ident;
    exu_addr found;
};

static bool compare_ident(void *context, exu_addr key, exu_addr value, uint64_t position)
{
    (void)position;
    struct ident_search *search = context;
    uint64_t ident;
    if (!small_int(search->model, key, &ident) || ident != search->ident)
        return true;
    search->found = value;
    return false;
}

struct attribute_search {
    const struct exu_model *model;
    const char *name;
    exu_addr found;
};

static void compare_attribute(void *context, const struct exu_reference *reference)
{
    struct attribute_search *search = context;
    char name[64];
    if (search->found)
        return;
    if (reference->kind == EXU_REF_ATTRIBUTE && reference->name_object &&
        exu_model_str(search->model, reference->name_object, name, sizeof name) &&
        strcmp(name, search->name) == 0)
        search->found = reference->target;
    else if (reference->name_text && strcmp(reference->name_text, "__dict__") == 0)
        search->found = exu_dict_get(search->model, reference->target, search->name);
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
    struct attribute_search attribute = {model, "_name", 0};
    exu_object_walk(&object, &(struct exu_visitor){.context = &attribute, .reference = compare_attribute});
    return attribute.found && exu_model_str(model, attribute.found, buffer, size);
}
