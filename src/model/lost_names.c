#include "model/lost_names.h"

#include "layout/type_names.h"
#include "model/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_SIZE = EXU_TYPE_NAME_SIZE, MODULE_NAME_SIZE = 128 };
/* Who calls a type so: the more, the better. */
enum { PYTHON_CODE = 1, EXTENSION, NO_FILE, ABSTRACT, BUILTINS };

/* What the modules call a type. */
struct called {
    char *name; /* the key in the module's dict */
    char *module;
    uint8_t weight;
};

struct exu_lost_names {
    struct exu_addrmap index; /* type -> calls */
    exu_vec(struct called) calls;
    struct exu_model *model;
    const char *module; /* while its dict is read */
    uint8_t weight;
};

static bool word_at(const struct exu_model *model, exu_addr base, enum exu_field field, uint64_t *ret)
{
    return base && exu_has(&model->python->layout, field) &&
           exu_memory_u64(model->memory, base + exu_offset(&model->python->layout, field), ret);
}

static bool is_type(const struct exu_model *model, exu_addr object)
{
    uint64_t type, flags;
    return object % 8 == 0 && word_at(model, object, EXU_PyObject_ob_type, &type) && type % 8 == 0 &&
           word_at(model, type, EXU_PyTypeObject_tp_flags, &flags) &&
           flags & model->python->strategy.flags.type_subclass;
}

/* ---- what the modules call it ---- */

static bool on_attribute(void *context, exu_addr key, exu_addr value, uint64_t position)
{
    (void)position;
    struct exu_lost_names *lost = context;
    struct exu_model *model = lost->model;
    char name[NAME_SIZE];
    if (!exu_model_str(model, key, name, sizeof name))
        return true;
    if (!is_type(model, value)) { /* None, NotImplemented and Ellipsis are all that there is of their types */
        if (lost->weight != BUILTINS || (strcmp(name, "NotImplemented") != 0 && strcmp(name, "Ellipsis") != 0 &&
                                         strcmp(name, "None") != 0))
            return true;
        uint64_t type;
        if (value % 8 || !word_at(model, value, EXU_PyObject_ob_type, &type) || !is_type(model, type))
            return true;
        value = type;
    }
    uint32_t at = exu_addrmap_get(&lost->index, value);
    if (at != EXU_ADDRMAP_NONE && lost->calls.items[at].weight >= lost->weight)
        return true;
    struct called called = {exu_bump_strdup(&model->bump, name), exu_bump_strdup(&model->bump, lost->module),
                            lost->weight};
    if (!called.name || !called.module)
        return false;
    if (at != EXU_ADDRMAP_NONE)
        lost->calls.items[at] = called;
    else
        return exu_vec_push(&lost->calls, called) &&
               exu_addrmap_put(&lost->index, value, (uint32_t)lost->calls.len - 1);
    return true;
}

/* Whoever defines a type in C calls it best: a module without a file, then one of an extension. */
static bool on_module(void *context, exu_addr key, exu_addr value, uint64_t position)
{
    (void)position;
    struct exu_lost_names *lost = context;
    struct exu_model *model = lost->model;
    char name[MODULE_NAME_SIZE], file[1024];
    uint64_t dict, type;
    if (!exu_model_str(model, key, name, sizeof name) || value % 8 ||
        !word_at(model, value, EXU_PyObject_ob_type, &type) ||
        !word_at(model, value, EXU_PyModuleObject_md_dict, &dict) || !dict)
        return true;
    exu_addr path = exu_dict_get(model, dict, "__file__");
    size_t length = path && exu_model_str(model, path, file, sizeof file) ? strlen(file) : 0;
    lost->module = name;
    lost->weight = strcmp(name, "builtins") == 0 || strcmp(name, "__builtin__") == 0 ? BUILTINS
                   : strcmp(name, "_collections_abc") == 0                         ? ABSTRACT
                   : !length                                                      ? NO_FILE
                   : length > 3 && strcmp(file + length - 3, ".so") == 0          ? EXTENSION
                                                                                  : PYTHON_CODE;
    exu_dict_each(model, dict, on_attribute, lost);
    return true;
}

static bool type_object(const struct exu_model *model, exu_addr address, struct exu_object *ret)
{
    *ret = (struct exu_object){
        .model = model, .layout = &model->python->layout, .memory = model->memory, .address = address};
    ret->available = exu_size(ret->layout, EXU_sizeof_PyTypeObject);
    ret->bytes = exu_memory_at(model->memory, address, ret->available);
    return ret->bytes != NULL;
}

/* Types that no module names, by an instance that every interpreter has: attributes of dict. */
static void by_instances(struct exu_lost_names *lost)
{
    static const struct {
        const char *attribute, *name;
    } known[] = {{"fromkeys", "classmethod_descriptor"}, {"keys", "method_descriptor"}, {"__len__", "wrapper_descriptor"}};
    struct exu_model *model = lost->model;
    struct exu_object type;
    uint64_t builtins, kind;
    if (!word_at(model, model->interpreter, EXU_PyInterpreterState_builtins, &builtins))
        return;
    exu_addr dict = exu_dict_get(model, builtins, "dict");
    dict = dict && type_object(model, dict, &type) ? exu_type_dict(&type) : 0;
    for (size_t i = 0; dict && i < EXU_COUNT(known); i++) {
        exu_addr instance = exu_dict_get(model, dict, known[i].attribute);
        struct called called = {exu_bump_strdup(&model->bump, known[i].name),
                                exu_bump_strdup(&model->bump, "builtins"), BUILTINS};
        if (called.name && called.module && word_at(model, instance, EXU_PyObject_ob_type, &kind) &&
            is_type(model, kind) && exu_vec_push(&lost->calls, called))
            exu_addrmap_put(&lost->index, kind, (uint32_t)lost->calls.len - 1);
    }
}

static struct exu_lost_names *lost_names(struct exu_model *model)
{
    uint64_t modules;
    if (model->lost)
        return model->lost;
    struct exu_lost_names *lost = calloc(1, sizeof *lost);
    if (!lost)
        return NULL;
    model->lost = lost;
    lost->model = model;
    if (word_at(model, model->interpreter, EXU_PyInterpreterState_modules, &modules) && modules)
        exu_dict_each(model, modules, on_module, lost);
    by_instances(lost);
    return lost;
}

void exu_lost_names_close(struct exu_lost_names *lost)
{
    if (!lost)
        return;
    exu_addrmap_deinit(&lost->index);
    exu_vec_free(&lost->calls);
    free(lost);
}

/* ---- what it defines ---- */

struct keys {
    const struct exu_model *model;
    uint64_t sum, count;
    bool failed;
};

static bool on_key(void *context, exu_addr key, exu_addr value, uint64_t position)
{
    (void)value, (void)position;
    struct keys *keys = context;
    char name[NAME_SIZE];
    if (!exu_model_str(keys->model, key, name, sizeof name)) {
        keys->failed = true;
        return false;
    }
    keys->sum += exu_type_key(name);
    keys->count++;
    return true;
}

/* As tools/type-names.py makes it. */
static bool signature(const struct exu_model *model, const struct exu_object *type, exu_addr dict, uint64_t *ret)
{
    struct keys keys = {.model = model};
    if (!dict || !exu_dict_each(model, dict, on_key, &keys) || keys.failed || !keys.count)
        return false;
    *ret = exu_type_signature(keys.sum, exu_object_word(type, EXU_PyTypeObject_tp_basicsize),
                              exu_object_word(type, EXU_PyTypeObject_tp_itemsize),
                              exu_object_word(type, EXU_PyTypeObject_tp_flags));
    return true;
}

/* ---- both ---- */

/* As the modules call it, in the form of a row if there is one: 'deque' of _collections is 'collections.deque'. */
static bool by_modules(const struct exu_model *model, const struct called *called, char *buffer, size_t size)
{
    const char *module = called->module;
    if (called->weight == BUILTINS) {
        snprintf(buffer, size, "%s", called->name);
        return true;
    }
    snprintf(buffer, size, "%s.%s", module, called->name);
    if (exu_plan_row(model, buffer))
        return true;
    snprintf(buffer, size, "%s.%s", module + strspn(module, "_"), called->name);
    if (exu_plan_row(model, buffer))
        return true;
    snprintf(buffer, size, "%s", called->name);
    if (called->weight == ABSTRACT && exu_plan_row(model, buffer))
        return true;
    snprintf(buffer, size, "%s.%s", module, called->name);
    return true;
}

bool exu_lost_type_name(struct exu_model *model, exu_addr address, const char *qualname, char *buffer, size_t size)
{
    struct exu_object type;
    struct exu_lost_names *lost = lost_names(model);
    uint64_t wanted;
    bool found = false;
    model->lost_names++;
    if (!lost || !type_object(model, address, &type))
        return false;
    exu_addr dict = exu_type_dict(&type);
    uint32_t at = exu_addrmap_get(&lost->index, address);
    const struct called *called = at == EXU_ADDRMAP_NONE ? NULL : &lost->calls.items[at];
    char module[MODULE_NAME_SIZE];
    if (qualname) {
        exu_addr text = dict ? exu_dict_get(model, dict, "__module__") : 0;
        if (*qualname && text && exu_model_str(model, text, module, sizeof module)) {
            snprintf(buffer, size, "%s.%s", module, qualname);
            found = true;
        }
    } else {
        found = (signature(model, &type, dict, &wanted) &&
                 exu_type_name_find(model->python, wanted, called ? called->name : NULL, buffer, size)) ||
                (called && by_modules(model, called, buffer, size));
    }
    model->lost_names_found += found;
    return found;
}

struct member {
    const struct exu_model *model;
    exu_addr definition;
    char *buffer;
    size_t size;
    bool found;
};

static bool on_descriptor(void *context, exu_addr key, exu_addr value, uint64_t position)
{
    (void)position;
    struct member *m = context;
    const struct exu_layout *l = &m->model->python->layout;
    uint64_t definition;
    /* Include/descrobject.h: d_member is what PyMemberDescrObject adds. */
    uint32_t size = exu_size(l, EXU_sizeof_PyMemberDescrObject);
    if (size < 8 || !exu_memory_u64(m->model->memory, value + size - 8, &definition) || definition != m->definition)
        return true;
    m->found = exu_model_str(m->model, key, m->buffer, m->size);
    return false;
}

bool exu_lost_member_name(const struct exu_model *model, exu_addr type, exu_addr definition, char *buffer, size_t size)
{
    struct exu_object object;
    struct member m = {model, definition, buffer, size, false};
    exu_addr dict = type_object(model, type, &object) ? exu_type_dict(&object) : 0;
    if (dict)
        exu_dict_each(model, dict, on_descriptor, &m);
    return m.found;
}

/* ---- all types ---- */

struct types {
    struct exu_model *model;
    exu_vec(exu_addr) pending;
    struct exu_addrmap seen;
};

static bool add_type(struct types *t, exu_addr type)
{
    return !type || !is_type(t->model, type) || exu_addrmap_get(&t->seen, type) != EXU_ADDRMAP_NONE ||
           (exu_addrmap_put(&t->seen, type, 0) && exu_vec_push(&t->pending, type));
}

/* The value is a weak reference to the subclass. */
static bool on_subclass(void *context, exu_addr key, exu_addr value, uint64_t position)
{
    (void)key, (void)position;
    struct types *t = context;
    uint64_t type;
    return !word_at(t->model, value, EXU_PyWeakReference_wr_object, &type) || add_type(t, type);
}

/* Objects/typeobject.c: a dict of weak references by address; 2.7: a list of them. */
static void add_subclasses(struct types *t, exu_addr subclasses)
{
    uint64_t kind, flags, items, count, one;
    struct exu_model *model = t->model;
    if (!subclasses || subclasses % 8 || !word_at(model, subclasses, EXU_PyObject_ob_type, &kind) ||
        !word_at(model, kind, EXU_PyTypeObject_tp_flags, &flags))
        return;
    if (flags & model->python->strategy.flags.dict_subclass) {
        exu_dict_each(model, subclasses, on_subclass, t);
        return;
    }
    if (!(flags & model->python->strategy.flags.list_subclass) ||
        !word_at(model, subclasses, EXU_PyListObject_ob_item, &items) ||
        !word_at(model, subclasses, EXU_PyVarObject_ob_size, &count))
        return;
    count = exu_walk_slots(model, items, exu_min(count, model->memory_words), 8);
    for (uint64_t i = 0; i < count && exu_memory_u64(model->memory, items + i * 8, &one); i++)
        if (!on_subclass(t, 0, one, i))
            return;
}

void exu_lost_types_plan(struct exu_model *model)
{
    struct types t = {.model = model};
    uint64_t object;
    if (word_at(model, model->python->type_type, EXU_PyTypeObject_tp_base, &object))
        add_type(&t, object);
    while (t.pending.len) {
        exu_addr type = t.pending.items[--t.pending.len];
        struct exu_object o;
        exu_model_type(model, type);
        if (type_object(model, type, &o))
            add_subclasses(&t, exu_type_subclasses(&o));
    }
    exu_vec_free(&t.pending);
    exu_addrmap_deinit(&t.seen);
}

exu_addr exu_lost_none(const struct exu_model *model)
{
    uint64_t builtins;
    return word_at(model, model->interpreter, EXU_PyInterpreterState_builtins, &builtins)
               ? exu_dict_get(model, builtins, "None")
               : 0;
}
