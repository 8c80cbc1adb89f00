#include "load/objects.h"
#include "load/roots.h"

#include <stdlib.h>

#define NO_GENERATION 0xff


static uint8_t *generations(const struct exu_process *p)
{
    uint8_t *of = malloc((size_t)p->count + 1);
    if (!of)
        return NULL;
    memset(of, NO_GENERATION, (size_t)p->count + 1);
    for (size_t i = 0; i < p->gc->interpreter_count; i++)
        for (unsigned g = 0; g < EXU_GENERATIONS; g++) {
            const struct exu_generation *generation = &p->gc->interpreters[i].generations[g];
            for (size_t j = 0; j < generation->object_count; j++)
                of[exu_id(p, generation->objects[j])] = (uint8_t)g;
        }
    return of;
}

static struct exu_error *write_object(const struct exu_process *p, const struct exu_facts *facts,
                                      const struct exu_paths *paths, struct exu_store *store, uint32_t id,
                                      uint8_t generation)
{
    struct exu_object o;
    exu_addr address = exu_address(p, id);
    uint32_t pool, chunk;
    const char *storage = exu_storage(p, address, &pool, &chunk);
    uint32_t distance = paths->distance[id];
    struct exu_cell null = exu_cell_null();
    struct exu_cell type = null, shallow = null, refcount = null, length_cell = null;
    if (exu_object_at(p->model, address, &o)) {
        uint64_t size, length;
        type = exu_cell_id(exu_id(p, o.type->address));
        refcount = exu_cell_integer((int64_t)exu_object_refcount(&o));
        if (exu_object_getsizeof(&o, &size) && size <= INT64_MAX)
            shallow = exu_cell_integer((int64_t)size);
        if (exu_object_length(&o, &length))
            length_cell = exu_cell_integer((int64_t)length);
    }
    return EXU_ROW(store, EXU_TABLE_OBJECT, exu_cell_integer(id), exu_cell_integer((int64_t)address), type, shallow,
                   exu_cell_id(facts->footprint[id]), refcount,
                   generation == NO_GENERATION ? null : exu_cell_integer(generation),
                   exu_cell_integer(distance != EXU_UNREACHED), null, null, null,
                   distance == EXU_UNREACHED ? null : exu_cell_integer(distance), exu_cell_id(paths->parent[id]),
                   exu_cell_text(storage), exu_cell_id(pool), exu_cell_id(chunk), length_cell);
}

/* What type.__module__ says of a class statement's type (Objects/typeobject.c, type_module): its dict knows. */
static const char *module_of(const struct exu_process *p, const struct exu_type *type, char *buffer, size_t size)
{
    const struct exu_layout *layout = &p->python->layout;
    uint64_t dict;
    if (type->heap &&
        exu_memory_u64(p->memory, type->address + exu_offset(layout, EXU_PyTypeObject_tp_dict), &dict)) {
        exu_addr module = exu_dict_get(p->model, dict, "__module__");
        if (module && exu_model_str(p->model, module, buffer, size))
            return buffer;
    }
    return type->module;
}

static const char *qualname_of(const struct exu_process *p, const struct exu_type *type, char *buffer, size_t size)
{
    const struct exu_layout *layout = &p->python->layout;
    uint64_t qualname;
    if (type->heap && exu_has(layout, EXU_PyHeapTypeObject_ht_qualname) &&
        exu_memory_u64(p->memory, type->address + exu_offset(layout, EXU_PyHeapTypeObject_ht_qualname), &qualname) &&
        exu_model_str(p->model, qualname, buffer, size))
        return buffer;
    return type->qualname;
}

static struct exu_error *write_types(const struct exu_process *p, struct exu_store *store)
{
    for (size_t i = 0; i < p->model->types.len; i++) {
        const struct exu_type *type = p->model->types.items[i];
        uint32_t id = exu_id(p, type->address);
        char module[512], qualname[512];
        if (!id) /* looked at while guessing, and no object's type */
            continue;
        EXU_TRY(EXU_ROW(store, EXU_TABLE_TYPE, exu_cell_id(id),
                        exu_cell_text(module_of(p, type, module, sizeof module)),
                        exu_cell_text(qualname_of(p, type, qualname, sizeof qualname)),
                        exu_cell_integer(type->basicsize), exu_cell_integer(type->itemsize),
                        exu_cell_integer((int64_t)type->flags), exu_cell_id(exu_id(p, type->base)),
                        exu_cell_integer(type->heap)));
    }
    return NULL;
}

static struct exu_error *write_generations(const struct exu_process *p, struct exu_store *store)
{
    for (size_t i = 0; i < p->gc->interpreter_count; i++) {
        const struct exu_interpreter *interpreter = &p->gc->interpreters[i];
        for (unsigned g = 0; g < EXU_GENERATIONS; g++) {
            const struct exu_generation *generation = &interpreter->generations[g];
            uint64_t bytes = 0;
            for (size_t j = 0; j < generation->object_count; j++) {
                struct exu_object o;
                uint64_t size;
                if (exu_object_at(p->model, generation->objects[j], &o) && exu_object_getsizeof(&o, &size))
                    bytes += size;
            }
            EXU_TRY(EXU_ROW(store, EXU_TABLE_GC_GENERATION, exu_cell_integer(interpreter->id), exu_cell_integer(g),
                            exu_cell_integer(generation->threshold), exu_cell_integer(generation->count),
                            exu_cell_integer((int64_t)generation->object_count), exu_cell_integer((int64_t)bytes)));
        }
    }
    return NULL;
}

struct exu_error *exu_objects_write(const struct exu_process *process, const struct exu_facts *facts,
                                    const struct exu_paths *paths, struct exu_store *store)
{
    uint8_t *of = generations(process);
    struct exu_error *error = of ? NULL : exu_error_memory();
    struct exu_progress *progress = (struct exu_progress *)(uintptr_t)&process->progress;
    for (uint32_t id = 1; !error && id <= process->count; id++) {
        error = write_object(process, facts, paths, store, id, of[id]);
        if ((id & 0xfff) == 0)
            exu_progress_at(progress, id, process->count);
    }
    free(of);
    if (!error)
        error = write_types(process, store);
    return error ? error : write_generations(process, store);
}

struct exu_error *exu_heaps_write(const struct exu_process *p, struct exu_store *store)
{
    for (size_t i = 0; i < p->pymalloc->arena_count; i++) {
        const struct exu_arena *a = &p->pymalloc->arenas[i];
        EXU_TRY(EXU_ROW(store, EXU_TABLE_ARENA, exu_cell_id(i + 1), exu_cell_integer((int64_t)a->address),
                        exu_cell_integer((int64_t)a->size), exu_cell_integer(a->pools),
                        exu_cell_integer(a->free_pools), exu_cell_integer((int64_t)a->used_bytes)));
    }
    for (size_t i = 0; i < p->pymalloc->pool_count; i++) {
        const struct exu_pool *pool = &p->pymalloc->pools[i];
        EXU_TRY(EXU_ROW(store, EXU_TABLE_POOL, exu_cell_id(i + 1), exu_cell_id((uint64_t)pool->arena + 1),
                        exu_cell_integer((int64_t)pool->address), exu_cell_integer(pool->block_size),
                        exu_cell_integer(pool->blocks), exu_cell_integer(pool->used_blocks),
                        exu_cell_integer(pool->free_blocks), exu_cell_integer(pool->untouched_blocks)));
    }
    for (size_t i = 0; i < p->malloc->chunk_count; i++) {
        const struct exu_chunk *c = &p->malloc->chunks[i];
        bool mmapped = c->state == EXU_CHUNK_MMAPPED;
        EXU_TRY(EXU_ROW(store, EXU_TABLE_CHUNK, exu_cell_id(i + 1), exu_cell_integer((int64_t)c->address),
                        exu_cell_integer((int64_t)c->size), exu_cell_text(exu_chunk_state_text(c->state)),
                        mmapped ? exu_cell_null() : exu_cell_id((uint64_t)c->heap + 1),
                        exu_cell_id(exu_chunk_in_use(c) ? exu_id(p, exu_object_in_block(p, c->address + 16, c->size)) : 0)));
    }
    return NULL;
}

struct exu_error *exu_mappings_write(const struct exu_process *p, struct exu_store *store)
{
    static const char *const backings[] = {
        [EXU_BACKING_CORE] = "core", [EXU_BACKING_FILE] = "file", [EXU_BACKING_ABSENT] = "absent"};
    for (size_t i = 0; i < p->memory->mapping_count; i++) {
        const struct exu_mapping *m = &p->memory->mappings[i];
        char perms[4] = {m->perms & EXU_PERM_R ? 'r' : '-', m->perms & EXU_PERM_W ? 'w' : '-',
                         m->perms & EXU_PERM_X ? 'x' : '-', 0};
        EXU_TRY(EXU_ROW(store, EXU_TABLE_MAPPING, exu_cell_id(i + 1), exu_cell_integer((int64_t)m->start),
                        exu_cell_integer((int64_t)m->end), exu_cell_text(perms),
                        m->path ? exu_cell_integer((int64_t)m->file_offset) : exu_cell_null(),
                        exu_cell_text(m->path), exu_cell_text(m->build_id), exu_cell_text(m->kind),
                        exu_cell_integer((int64_t)m->dumped_bytes), exu_cell_text(backings[m->backing])));
    }
    return NULL;
}
