#include "load/discover.h"
#include "load/states.h"
#include "model/lost_names.h"

#include <inttypes.h>

struct discovery {
    struct exu_process *process;
    struct exu_addrset *buffers; /* starts of blocks that are known to be an object's memory, not an object */
    exu_vec(exu_addr) pending;   /* objects that are known, but not walked */
    /* An object that no reference leads to, while it is walked: it may be left over, with what it referred
     * to. (3.6's property_descr_get keeps its argument tuple, the freed item still in it:
     * Objects/descrobject.c, cached_args.) */
    exu_addr unvouched;
    bool failed; /* out of memory */
    uint64_t walked;
};

/* False for what an allocator says is free: such memory may still look like an object. */
static bool allocated(const struct exu_process *p, exu_addr address)
{
    struct exu_block block;
    if (exu_pymalloc_block(p->pymalloc, address, &block))
        return block.used;
    int64_t chunk = exu_malloc_chunk_at(p->malloc, address);
    return chunk < 0 || exu_chunk_in_use(&p->malloc->chunks[chunk]);
}

/* Types are found through their instances; a type's type in turn, up to `type`. */
static bool found_type(struct discovery *d, exu_addr type)
{
    struct exu_process *p = d->process;
    for (unsigned depth = 0; depth < 16 && !exu_addrset_has(p->objects, type); depth++) {
        struct exu_object o;
        if (!exu_model_object(p->model, type, &o))
            break;
        if (!exu_addrset_add(p->objects, type) || !exu_vec_push(&d->pending, type)) {
            d->failed = true;
            return false;
        }
        type = o.type->address;
    }
    return true;
}

/* `where`: who refers to it; 0 = it was not by a reference. */
static bool found(struct discovery *d, exu_addr address, exu_addr where)
{
    struct exu_process *p = d->process;
    if (exu_addrset_has(p->objects, address))
        return true;
    struct exu_object o;
    if (!exu_model_object(p->model, address, &o)) {
        /* A member that nobody has set yet (2.7's cPickle.Unpickler) has what the debug hooks filled its
         * block with. */
        if (p->pymalloc->debug && address == UINT64_C(0x0101010101010101) * p->python->strategy.debug_clean)
            return false;
        if (where && where == d->unvouched)
            return false;
        exu_anomaly_add(&p->anomalies, where, "bad-pointer",
                        "the object at %#" PRIx64 " refers to %#" PRIx64 ", where no object can be read",
                        where, address);
        return false;
    }
    if (exu_addrset_has(p->dead, address) || !allocated(p, address)) {
        if (where && where == d->unvouched)
            return false;
        exu_anomaly_add(&p->anomalies, where, "freed-referent",
                        "the object at %#" PRIx64 " refers to %#" PRIx64 ", which was freed", where, address);
        return false;
    }
    if (!exu_addrset_add(p->objects, address) || !exu_vec_push(&d->pending, address)) {
        d->failed = true;
        return false;
    }
    if (!exu_addrset_has(p->objects, o.type->address))
        return found_type(d, o.type->address);
    return true;
}

struct walk {
    struct discovery *d;
    exu_addr object;
};

static void on_reference(void *context, const struct exu_reference *reference)
{
    struct walk *w = context;
    if (reference->confidence == EXU_EXACT)
        found(w->d, reference->target, w->object);
}

static void on_buffer(void *context, exu_addr start)
{
    struct walk *w = context;
    exu_addrset_add(w->d->buffers, start);
}

static void on_bad(void *context, exu_addr where, exu_addr pointer)
{
    struct walk *w = context;
    exu_anomaly_add(&w->d->process->anomalies, where, "unreadable",
                    "the object at %#" PRIx64 " keeps something at %#" PRIx64 " that can't be read", where,
                    pointer);
}

/* Objects/frameobject.c up to 3.10: each code object keeps one dead frame, whose head is that of a live one.
 */
static void found_zombie(struct discovery *d, const struct exu_object *code)
{
    uint64_t zombie = exu_object_word(code, EXU_PyCodeObject_co_zombieframe);
    if (zombie && !exu_addrset_has(d->process->objects, zombie))
        exu_addrset_add(d->process->dead, zombie);
}

static void drain(struct discovery *d)
{
    struct exu_process *p = d->process;
    struct walk w = {d, 0};
    struct exu_visitor visitor = {&w, on_reference, on_buffer, on_bad};
    while (d->pending.len && !d->failed) {
        w.object = d->pending.items[--d->pending.len];
        struct exu_object o;
        if (!exu_model_object(p->model, w.object, &o))
            continue;
        if (o.type->classes & EXU_IS_TYPE)
            exu_model_type(p->model, w.object);
        if (o.type->classes & EXU_IS_CODE)
            found_zombie(d, &o);
        exu_object_walk(&o, &visitor);
        if ((++d->walked & 0xfff) == 0)
            exu_progress_at(&p->progress, d->walked, 0);
    }
}

/* Types that walks must know before they meet their first instance. */
static void plan_core_types(struct discovery *d)
{
    static const char *const names[] = {"PyBaseObject_Type", "PyUnicode_Type", "PyCode_Type",  "PyDict_Type",
                                        "PyFrame_Type",      "PyCell_Type",    "PyBytes_Type", "PyTuple_Type",
                                        "PyFunction_Type",   "PyLong_Type",    "PyGen_Type",   "PyCoro_Type"};
    struct exu_process *p = d->process;
    bool named = false;
    exu_model_type(p->model, p->python->type_type);
    for (size_t i = 0; i < EXU_COUNT(names); i++) {
        struct exu_symbol symbol;
        if (exu_image_dynamic_symbol(p->core, p->python->image, names[i], &symbol) &&
            exu_model_type(p->model, symbol.address)) {
            named = true;
            found(d, symbol.address, 0);
        }
    }
    if (!named)
        exu_lost_types_plan(p->model);
}

static void on_state(void *context, const struct exu_state_root *root)
{
    struct discovery *d = context;
    if (!root->untyped)
        found(d, root->object, root->state);
}

static void frame_roots(struct discovery *d, const struct exu_frame *frames, size_t count)
{
    struct walk w = {d, 0};
    struct exu_visitor visitor = {&w, on_reference, on_buffer, on_bad};
    for (size_t i = 0; i < count; i++) {
        w.object = frames[i].address;
        exu_frame_walk(d->process->model, &frames[i], &visitor);
        if (frames[i].frame_object)
            found(d, frames[i].frame_object, frames[i].address);
        drain(d);
    }
}

static struct exu_error *thread_roots(struct discovery *d)
{
    struct exu_process *p = d->process;
    EXU_TRY(exu_threads_open(&p->threads, p->model, &p->anomalies));
    for (size_t i = 0; i < p->threads->count; i++) {
        const struct exu_thread *t = &p->threads->items[i];
        exu_thread_states_each(p, t, on_state, d);
        for (size_t j = 0; j < t->handled_count; j++)
            found(d, t->handled_chain[j], t->address);
        const exu_addr raised[] = {t->raised_type, t->raised_value, t->raised_traceback};
        for (size_t j = 0; j < EXU_COUNT(raised); j++)
            if (raised[j])
                found(d, raised[j], t->address);
        drain(d);
        frame_roots(d, t->frames, t->frame_count);
        frame_roots(d, t->incomplete_frames, t->incomplete_frame_count);
    }
    return NULL;
}

/* A used block that nobody named: an object that native code holds, or plain memory. */
static void unclaimed(struct discovery *d, exu_addr start, uint64_t size)
{
    struct exu_process *p = d->process;
    if (exu_addrset_has(d->buffers, start) || exu_object_in_block(p, start, size))
        return;
    exu_pymalloc_inside(p->pymalloc, &start, &size);
    if (exu_addrset_has(d->buffers, start))
        return;
    for (unsigned before = 0; before <= EXU_PREHEADER_MOST; before += 16) {
        struct exu_object o;
        exu_addr address = start + before;
        if (before + UINT64_C(16) > size || !exu_object_at(p->model, address, &o) ||
            o.type->preheader != before || exu_addrset_has(p->dead, address) ||
            !exu_object_plausible(&o, start, size))
            continue;
        d->unvouched = address;
        found(d, address, 0);
        drain(d);
        d->unvouched = 0;
        return;
    }
}

static void on_block(void *context, const struct exu_block *block)
{
    unclaimed(context, block->start, block->size);
}

static void sweep(struct discovery *d)
{
    const struct exu_process *p = d->process;
    exu_pymalloc_each_used(p->pymalloc, on_block, d);
    for (size_t i = 0; i < p->malloc->chunk_count; i++) {
        const struct exu_chunk *chunk = &p->malloc->chunks[i];
        if (exu_chunk_in_use(chunk) && chunk->size > 16)
            unclaimed(d, chunk->address + 16, chunk->size - 8);
    }
}

struct exu_error *exu_discover(struct exu_process *process)
{
    struct discovery d = {.process = process};
    EXU_TRY(exu_addrset_create(&d.buffers, process->memory));
    exu_model_pass(process->model);
    plan_core_types(&d);
    found(&d, process->python->none, 0);
    drain(&d);
    for (size_t i = 0; i < process->gc->interpreter_count; i++) {
        const struct exu_interpreter *interpreter = &process->gc->interpreters[i];
        for (unsigned g = 0; g < EXU_GENERATIONS; g++)
            for (size_t j = 0; j < interpreter->generations[g].object_count; j++) {
                found(&d, interpreter->generations[g].objects[j], interpreter->generations[g].head);
                drain(&d);
            }
    }
    exu_states_each(process, on_state, &d);
    drain(&d);
    struct exu_error *error = thread_roots(&d);
    if (!error)
        sweep(&d);
    if (!error && (d.failed || exu_addrset_failed(process->objects)))
        error = exu_error_memory();
    exu_addrset_destroy(d.buffers);
    exu_vec_free(&d.pending);
    return error;
}
