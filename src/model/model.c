#include "model/claims.h"
#include "model/model.h"
#include "layout/place.h"
#include "model/plan.h"

#include <stdlib.h>

#define NO_TYPE (EXU_ADDRMAP_NONE - 1)
/* A chain of bases or metatypes longer than this is damage. */
#define DEPTH_LIMIT 256
/* 4 GiB. */
#define ZERO_WORDS ((uint64_t)1 << 29)

/* The static `dummy` of 2.7's Objects/setobject.c; where no symbol names it, what the interpreter's data have of that text:
 * a set of the program may have a '<dummy key>' of its own. */
static void find_set_dummies(struct exu_model *model)
{
    const struct exu_python *python = model->python;
    const struct exu_memory *m = model->memory;
    exu_addr place;
    size_t count = 0;
    if (python->strategy.set != EXU_SET_DUMMY_STRING || !python->image)
        return;
    if (exu_place_static(python, "setobject.c", "dummy", &place) && exu_memory_u64(m, place, &model->set_dummies[0]))
        return;
    for (size_t i = 0; i < m->segment_count; i++) {
        const struct exu_segment *s = &m->segments[i];
        if (!s->bytes || s->zero || !(s->perms & EXU_PERM_W) || s->end <= python->image->start || s->start > python->image->end)
            continue;
        for (exu_addr at = exu_round_up(s->start, 8); at < s->end && s->end - at >= 8; at += 8) {
            exu_addr word = exu_load_u64(s->bytes + (at - s->start));
            char text[16];
            if (word && exu_model_str(model, word, text, sizeof text) && strcmp(text, "<dummy key>") == 0 &&
                count < EXU_COUNT(model->set_dummies))
                model->set_dummies[count++] = word;
        }
    }
}

/* What is there, huge stretches of zeros up to ZERO_WORDS: a buffer may lie in them, and be read once. */
static uint64_t walked_words(const struct exu_memory *memory)
{
    uint64_t words = 0, zeros = 0;
    for (size_t i = 0; i < memory->segment_count; i++) {
        const struct exu_segment *s = &memory->segments[i];
        if (s->bytes)
            *(s->zero ? &zeros : &words) += (s->end - s->start) / 8;
    }
    return words + exu_min(zeros, ZERO_WORDS);
}

struct exu_error *exu_model_create(struct exu_model **ret, const struct exu_python *python,
                                   struct exu_anomalies *anomalies)
{
    struct exu_model *model = calloc(1, sizeof *model);
    if (!model)
        return exu_error_memory();
    model->python = python;
    model->memory = python->core->memory;
    model->anomalies = anomalies;
    model->memory_words = walked_words(model->memory);
    model->allowance = exu_bump_alloc(&model->bump, sizeof *model->allowance);
    model->claims = exu_claims_create(model->memory);
    if (!model->allowance || !model->claims || !exu_plan_rows_sort(model)) {
        exu_model_destroy(model);
        return exu_error_memory();
    }
    exu_model_pass(model);
    find_set_dummies(model);
    *ret = model;
    return NULL;
}

void exu_model_destroy(struct exu_model *model)
{
    if (!model)
        return;
    exu_addrmap_deinit(&model->type_index);
    exu_vec_free(&model->types);
    exu_lost_names_close(model->lost);
    exu_claims_destroy(model->claims);
    exu_bump_deinit(&model->bump);
    free(model);
}

const struct exu_type *exu_model_known_type(const struct exu_model *model, exu_addr address)
{
    uint32_t index = exu_addrmap_get(&model->type_index, address);
    return index < NO_TYPE ? model->types.items[index] : NULL;
}

static bool read_word(const struct exu_model *model, exu_addr structure, enum exu_field field, uint64_t *ret)
{
    return exu_has(&model->python->layout, field) &&
           exu_memory_u64(model->memory, structure + exu_offset(&model->python->layout, field), ret);
}

/* A type is what has a type whose type ... is `type`, each a subclass of it. */
static bool is_type(const struct exu_model *model, exu_addr address)
{
    exu_addr at = address;
    for (unsigned depth = 0; depth < 8; depth++) {
        uint64_t meta, flags;
        if (at % 8 || !read_word(model, at, EXU_PyObject_ob_type, &meta) || !meta || meta % 8)
            return false;
        if (meta == model->python->type_type)
            return true;
        if (exu_model_known_type(model, meta))
            return exu_model_known_type(model, meta)->classes & EXU_IS_TYPE;
        if (!read_word(model, meta, EXU_PyTypeObject_tp_flags, &flags) || !(flags & model->python->strategy.flags.type_subclass))
            return false;
        at = meta;
    }
    return false;
}

const struct exu_type *exu_model_type(struct exu_model *model, exu_addr address)
{
    uint32_t index = exu_addrmap_get(&model->type_index, address);
    if (index != EXU_ADDRMAP_NONE)
        return index < NO_TYPE ? model->types.items[index] : NULL;
    if (!address || address % 8)
        return NULL;

    /* The bases that are not planned yet, the most derived first. */
    exu_addr chain[DEPTH_LIMIT];
    unsigned depth = 0;
    const struct exu_type *base = NULL;
    uint32_t base_index = EXU_ADDRMAP_NONE;
    bool fine = true;
    for (exu_addr at = address; at;) {
        index = exu_addrmap_get(&model->type_index, at);
        if (index != EXU_ADDRMAP_NONE) {
            fine = index < NO_TYPE;
            base = fine ? model->types.items[index] : NULL;
            base_index = index;
            break;
        }
        if (depth == DEPTH_LIMIT || !is_type(model, at)) {
            fine = false;
            break;
        }
        chain[depth++] = at;
        if (!read_word(model, at, EXU_PyTypeObject_tp_base, &at)) {
            fine = false;
            break;
        }
    }
    while (fine && depth) {
        struct exu_type *type = exu_plan_type(model, chain[depth - 1], base, base_index);
        fine = type && exu_vec_push(&model->types, type) &&
               exu_addrmap_put(&model->type_index, type->address, (uint32_t)model->types.len - 1);
        if (!fine)
            break;
        base = type;
        base_index = (uint32_t)model->types.len - 1;
        depth--;
    }
    if (!fine) {
        exu_addrmap_put(&model->type_index, address, NO_TYPE);
        return NULL;
    }
    return base;
}

static bool object_head(const struct exu_model *model, exu_addr address, struct exu_object *ret, exu_addr *type)
{
    const struct exu_layout *layout = &model->python->layout;
    ret->model = model;
    ret->layout = layout;
    ret->memory = model->memory;
    ret->address = address;
    ret->type = NULL;
    if (address % 8)
        return false;
    ret->bytes = exu_memory_span(model->memory, address, &ret->available);
    if (!ret->bytes || ret->available < exu_size(layout, EXU_sizeof_PyObject))
        return false;
    *type = exu_load_u64(ret->bytes + exu_offset(layout, EXU_PyObject_ob_type));
    return *type != 0 && *type % 8 == 0;
}

/* A static type is shorter than what its type allots to types that are made at run time. An object of .data may run into
 * .bss: two segments, one memory. */
static bool whole(struct exu_object *o)
{
    if (!o->type)
        return false;
    uint64_t size = o->type->classes & EXU_IS_TYPE ? exu_size(o->layout, EXU_sizeof_PyTypeObject)
                                                   : (uint64_t)o->type->basicsize;
    if (o->available >= size)
        return true;
    const uint8_t *bytes = exu_memory_at(o->memory, o->address, size);
    if (!bytes)
        return false;
    o->bytes = bytes;
    o->available = size;
    return true;
}

bool exu_model_object(struct exu_model *model, exu_addr address, struct exu_object *ret)
{
    exu_addr type;
    if (!object_head(model, address, ret, &type))
        return false;
    ret->type = exu_model_type(model, type);
    return whole(ret);
}

bool exu_object_at(const struct exu_model *model, exu_addr address, struct exu_object *ret)
{
    exu_addr type;
    if (!object_head(model, address, ret, &type))
        return false;
    ret->type = exu_model_known_type(model, type);
    return whole(ret);
}
