#include "model/finalizer.h"

#include "heap/gc.h"
#include "heap/loop.h"
#include "model/await.h"

#include <string.h>

/* Include/opcode.h of 2.7: the block of a loop, which needs no care. */
#define SETUP_LOOP 120
/* Old-style classes that are asked for an attribute; the bases of a class are no loop in 2.7, but may be in a dump. */
#define CLASSES_MOST 256

void exu_finalizers_deinit(struct exu_finalizers *finalizers)
{
    exu_addrmap_deinit(&finalizers->index);
    exu_vec_free(&finalizers->functions);
}

static exu_addr del_of(const struct exu_model *model, exu_addr dict)
{
    return dict ? exu_dict_get(model, dict, "__del__") : 0;
}

/* _PyType_Lookup (Objects/typeobject.c). */
static exu_addr look_up(const struct exu_model *model, exu_addr type)
{
    struct exu_object o, mro, cls;
    exu_addr found = 0, item;
    if (!exu_object_at(model, type, &o) || !exu_object_at(model, exu_object_word(&o, EXU_PyTypeObject_tp_mro), &mro) ||
        !(mro.type->classes & EXU_IS_TUPLE))
        return 0;
    exu_addr items = exu_object_place(&mro, EXU_PyTupleObject_ob_item);
    uint64_t count = exu_walk_slots(model, items, exu_object_word(&mro, EXU_PyVarObject_ob_size), 8);
    for (uint64_t i = 0; i < count && !found; i++)
        if (exu_memory_u64(model->memory, items + i * 8, &item) && exu_object_at(model, item, &cls))
            found = del_of(model, cls.type->classes & EXU_IS_TYPE ? exu_type_dict(&cls)
                                                                 : exu_object_word(&cls, EXU_PyClassObject_cl_dict));
    return found;
}

static exu_addr of_type(struct exu_finalizers *f, exu_addr type)
{
    uint32_t at = exu_addrmap_get(&f->index, type);
    if (at != EXU_ADDRMAP_NONE)
        return f->functions.items[at];
    exu_addr found = look_up(f->model, type);
    if (!exu_vec_push(&f->functions, found) ||
        !exu_addrmap_put(&f->index, type, (uint32_t)f->functions.len - 1))
        f->failed = true;
    return found;
}

/* A method of a C type is a slot's wrapper; anything else came from a class body. */
static bool is_native(const struct exu_model *model, exu_addr function)
{
    struct exu_object o;
    return !function || !exu_object_at(model, function, &o) || strcmp(o.type->name, "wrapper_descriptor") == 0;
}

static bool is_old_instance(const struct exu_object *o)
{
    return o->model->python->strategy.old_style && strcmp(o->type->name, "instance") == 0 && !o->type->heap;
}

/* class_lookup (Objects/classobject.c): depth first, from left to right. */
static exu_addr look_up_old(const struct exu_model *model, exu_addr class)
{
    exu_addr stack[CLASSES_MOST] = {class}, found = 0;
    size_t depth = 1;
    for (unsigned seen = 0; depth && !found && seen < CLASSES_MOST; seen++) {
        struct exu_object o, bases;
        if (!exu_object_at(model, stack[--depth], &o) || strcmp(o.type->name, "classobj") != 0)
            continue;
        found = del_of(model, exu_object_word(&o, EXU_PyClassObject_cl_dict));
        if (!exu_object_at(model, exu_object_word(&o, EXU_PyClassObject_cl_bases), &bases) ||
            !(bases.type->classes & EXU_IS_TUPLE))
            continue;
        exu_addr items = exu_object_place(&bases, EXU_PyTupleObject_ob_item);
        uint64_t count = exu_walk_slots(model, items, exu_object_word(&bases, EXU_PyVarObject_ob_size), 8);
        for (uint64_t i = count; i-- > 0 && depth < CLASSES_MOST;)
            if (exu_memory_u64(model->memory, items + i * 8, &stack[depth]))
                depth++;
    }
    return found;
}

static exu_addr of_old_instance(struct exu_finalizers *f, const struct exu_object *o)
{
    exu_addr found = del_of(o->model, exu_object_word(o, EXU_PyInstanceObject_in_dict));
    exu_addr class = exu_object_word(o, EXU_PyInstanceObject_in_class);
    if (found || !class)
        return found;
    uint32_t at = exu_addrmap_get(&f->index, class);
    if (at != EXU_ADDRMAP_NONE)
        return f->functions.items[at];
    found = look_up_old(o->model, class);
    if (!exu_vec_push(&f->functions, found) ||
        !exu_addrmap_put(&f->index, class, (uint32_t)f->functions.len - 1))
        f->failed = true;
    return found;
}

/* PyGen_NeedsFinalizing (Objects/genobject.c of 2.7). */
static bool stands_in_block(const struct exu_object *o)
{
    struct exu_frame frame;
    struct exu_object f;
    if (!exu_frame_of_generator(o->model, o->address, &frame) || !exu_object_at(o->model, frame.address, &f))
        return false;
    uint64_t size = exu_size(o->layout, EXU_sizeof_PyTryBlock);
    int64_t count = exu_object_signed(&f, EXU_PyFrameObject_f_iblock);
    if (!size || count < 0 || (uint64_t)count > exu_size(o->layout, EXU_PyFrameObject_f_blockstack) / size)
        return false;
    exu_addr blocks = exu_object_place(&f, EXU_PyFrameObject_f_blockstack);
    uint64_t type;
    for (int64_t i = 0; i < count; i++)
        if (exu_field_read(&f, blocks + (uint64_t)i * size, EXU_PyTryBlock_b_type, &type) && type != SETUP_LOOP)
            return true;
    return false;
}

static bool pending_27(struct exu_finalizers *f, const struct exu_object *o, struct exu_finalizer *ret)
{
    struct exu_object type;
    ret->stuck = true;
    if (is_old_instance(o)) {
        ret->kind = "__del__";
        ret->function = of_old_instance(f, o);
        return ret->function != 0;
    }
    if (o->type->heap) {
        if (!exu_object_at(o->model, o->type->address, &type) || !exu_object_word(&type, EXU_PyTypeObject_tp_del))
            return false;
        ret->function = of_type(f, o->type->address);
        ret->kind = "__del__";
        if (is_native(o->model, ret->function)) {
            ret->function = 0;
            ret->kind = "native";
        }
        return true;
    }
    ret->kind = "generator";
    return (o->type->classes & EXU_IS_GENERATOR) && stands_in_block(o);
}

static bool pending_34(struct exu_finalizers *f, const struct exu_object *o, struct exu_finalizer *ret)
{
    struct exu_object type;
    bool finalized = false;
    if (!exu_object_at(o->model, o->type->address, &type))
        return false;
    ret->stuck = exu_object_word(&type, EXU_PyTypeObject_tp_del) != 0;
    if (!ret->stuck && (!exu_object_word(&type, EXU_PyTypeObject_tp_finalize) ||
                        (o->type->has_gc &&
                         (!exu_gc_finalized(o->model->python, o->address, &finalized) || finalized))))
        return false;
    if (o->type->classes & EXU_IS_GENERATOR) {
        struct exu_awaiting state;
        ret->kind = "generator";
        return exu_await_read(o, &state) && (strcmp(state.state, "created") != 0 || strcmp(o->type->name, "coroutine") == 0);
    }
    ret->function = of_type(f, o->type->address);
    ret->kind = "__del__";
    if (is_native(o->model, ret->function)) {
        ret->function = 0;
        ret->kind = "native";
    }
    return true;
}

bool exu_finalizer_pending(struct exu_finalizers *finalizers, const struct exu_object *o, struct exu_finalizer *ret)
{
    *ret = (struct exu_finalizer){0};
    switch (o->model->python->strategy.finalizers) {
    case EXU_FINALIZERS_27:
        return pending_27(finalizers, o, ret);
    case EXU_FINALIZERS_34:
        return pending_34(finalizers, o, ret);
    }
    return false;
}

void exu_weak_callbacks(const struct exu_object *o,
                        void (*found)(void *context, exu_addr weakref, exu_addr callback), void *context)
{
    int64_t offset = o->type->weaklistoffset;
    struct exu_loop loop = {0};
    struct exu_object weakref;
    exu_addr at;
    /* 3.12+: negative, in front of the object. */
    if (!offset || offset < -EXU_PREHEADER_MOST || offset > o->type->basicsize - 8 ||
        !exu_memory_u64(o->memory, o->address + (uint64_t)offset, &at))
        return;
    while (at && !exu_loop_closed(&loop, at) && exu_object_at(o->model, at, &weakref) &&
           exu_object_word(&weakref, EXU_PyWeakReference_wr_object) == o->address) {
        exu_addr callback = exu_object_word(&weakref, EXU_PyWeakReference_wr_callback);
        if (callback)
            found(context, at, callback);
        at = exu_object_word(&weakref, EXU_PyWeakReference_wr_next);
    }
}
