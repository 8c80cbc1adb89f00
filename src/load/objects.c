#include "load/objects.h"
#include "layout/place.h"
#include "load/roots.h"
#include "load/stream.h"

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

/* ---- rows of object, computed in batches ---- */

#define BATCH_ROWS 8192
#define UNKNOWN UINT64_MAX

struct row {
    uint32_t id, type_id, pool_id, chunk_id;
    exu_addr address;
    uint64_t shallow, refcount, length, capacity, shared_keys; /* UNKNOWN */
    const char *storage;
    uint8_t generation;
};

struct batch {
    struct exu_batch head;
    const struct exu_facts *facts;
    const struct exu_paths *paths;
    const struct exu_dominators *dominators;
    const uint32_t *ends; /* of paths: rows of root */
    struct row rows[BATCH_ROWS];
};

struct objects {
    const struct exu_process *process;
    uint8_t *generations;
};

static void read_row(const struct objects *objects, uint32_t id, struct row *row)
{
    const struct exu_process *p = objects->process;
    struct exu_object o;
    *row = (struct row){.id = id, .shallow = UNKNOWN, .refcount = UNKNOWN, .length = UNKNOWN,
                         .capacity = UNKNOWN, .shared_keys = UNKNOWN};
    row->address = exu_address(p, id);
    row->generation = objects->generations[id];
    row->storage = exu_storage(p, row->address, &row->pool_id, &row->chunk_id);
    if (!exu_object_at(p->model, row->address, &o))
        return;
    row->type_id = exu_id(p, o.type->address);
    row->refcount = exu_object_refcount(&o);
    /* What a damaged object says of itself may be any number; sums over all of them have to stay numbers (SQLite's sum() fails). */
    if (!exu_object_getsizeof(&o, &row->shallow) || row->shallow > INT64_MAX / p->count)
        row->shallow = UNKNOWN;
    if (!exu_object_length(&o, &row->length))
        row->length = UNKNOWN;
    if (!exu_object_capacity(&o, &row->capacity) || row->capacity > INT64_MAX / p->count)
        row->capacity = UNKNOWN;
    bool shared;
    if (exu_object_shares_keys(&o, &shared))
        row->shared_keys = shared;
}

static void fill(void *context, struct exu_pipe *pipe)
{
    const struct objects *objects = context;
    for (uint32_t id = 1; id <= objects->process->count;) {
        struct batch *b = exu_pipe_fill(pipe);
        if (!b)
            return;
        for (b->head.count = 0; id <= objects->process->count && b->head.count < BATCH_ROWS; id++)
            read_row(objects, id, &b->rows[b->head.count++]);
        b->head.last_id = id;
        exu_pipe_filled(pipe);
    }
}

static struct exu_cell known(uint64_t value)
{
    return value == UNKNOWN ? exu_cell_null() : exu_cell_integer((int64_t)value);
}

static void cell(const struct exu_batch *head, size_t index, unsigned column, struct exu_cell *ret)
{
    const struct batch *b = (const struct batch *)head;
    const struct row *r = &b->rows[index];
    uint32_t distance = b->paths->distance[r->id];
    switch (column) { /* as in schema/schema.sql; what is not here is another phase's */
    case 0:
        *ret = exu_cell_integer(r->id);
        break;
    case 1:
        *ret = exu_cell_integer((int64_t)r->address);
        break;
    case 2:
        *ret = exu_cell_id(r->type_id);
        break;
    case 3:
        *ret = known(r->shallow);
        break;
    case 4:
        *ret = exu_cell_id(b->facts->footprint[r->id]);
        break;
    case 5:
        *ret = known(r->refcount);
        break;
    case 6:
        *ret = r->generation == NO_GENERATION ? exu_cell_null() : exu_cell_integer(r->generation);
        break;
    case 7:
        *ret = exu_cell_integer(distance != EXU_UNREACHED);
        break;
    case 8:
        *ret = exu_cell_id(b->dominators->dominator[r->id]);
        break;
    case 9:
        *ret = b->dominators->retained_count[r->id]
                   ? exu_cell_integer((int64_t)b->dominators->retained_bytes[r->id])
                   : exu_cell_null();
        break;
    case 10:
        *ret = exu_cell_id(b->dominators->retained_count[r->id]);
        break;
    case 11:
        *ret = distance == EXU_UNREACHED ? exu_cell_null() : exu_cell_integer(distance);
        break;
    case 12:
        *ret = exu_cell_id(b->paths->parent[r->id]);
        break;
    case 13:
        *ret = exu_cell_text(r->storage);
        break;
    case 14:
        *ret = exu_cell_id(r->pool_id);
        break;
    case 15:
        *ret = exu_cell_id(r->chunk_id);
        break;
    case 16:
        *ret = known(r->length);
        break;
    case 17:
        *ret = known(r->capacity);
        break;
    case 18:
        *ret = known(r->shared_keys);
        break;
    case 19:
        *ret = exu_cell_id(b->ends[r->id]);
        break;
    }
}

static struct exu_error *write_objects(struct exu_process *p, const struct exu_facts *facts,
                                       const struct exu_paths *paths, const struct exu_retained *retained,
                                       struct exu_store *store)
{
    struct objects objects = {p, generations(p)};
    struct batch *batches = calloc(EXU_BATCHES, sizeof *batches);
    struct exu_stream stream = {.table = EXU_TABLE_OBJECT,
                                .context = &objects,
                                .fill = fill,
                                .cell = cell,
                                .progress = &p->progress,
                                .total = p->count};
    uint32_t *ends = exu_paths_ends(paths);
    struct exu_error *error = batches && objects.generations && ends ? NULL : exu_error_memory();
    for (unsigned i = 0; !error && i < EXU_BATCHES; i++) {
        batches[i].facts = facts;
        batches[i].paths = paths;
        batches[i].dominators = &retained->dominators;
        batches[i].ends = ends;
        stream.batches[i] = &batches[i].head;
    }
    if (!error)
        error = exu_stream_write(&stream, store);
    free(objects.generations);
    free(ends);
    free(batches);
    return error;
}

/* What type.__module__ says of a class statement's type (Objects/typeobject.c, type_module): its dict knows.
 */
static const char *module_of(const struct exu_process *p, const struct exu_type *type, char *buffer,
                             size_t size)
{
    struct exu_object o;
    if (type->heap && exu_object_at(p->model, type->address, &o)) {
        exu_addr dict = exu_type_dict(&o);
        exu_addr module = dict ? exu_dict_get(p->model, dict, "__module__") : 0;
        if (module && exu_model_str(p->model, module, buffer, size))
            return buffer;
    }
    return type->module;
}

static const char *qualname_of(const struct exu_process *p, const struct exu_type *type, char *buffer,
                               size_t size)
{
    const struct exu_layout *layout = &p->python->layout;
    uint64_t qualname;
    if (type->heap && exu_has(layout, EXU_PyHeapTypeObject_ht_qualname) &&
        exu_memory_u64(p->memory, type->address + exu_offset(layout, EXU_PyHeapTypeObject_ht_qualname),
                       &qualname) &&
        exu_model_str(p->model, qualname, buffer, size))
        return buffer;
    return type->qualname;
}

static struct exu_error *write_types(const struct exu_process *p, const struct exu_retained *retained,
                                     struct exu_store *store)
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
                        exu_cell_integer(type->heap), exu_cell_integer((int64_t)retained->groups[i].bytes)));
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
            if (!generation->head)
                continue;
            for (size_t j = 0; j < generation->object_count; j++) {
                struct exu_object o;
                uint64_t size;
                if (exu_object_at(p->model, generation->objects[j], &o) && exu_object_getsizeof(&o, &size))
                    bytes += size;
            }
            EXU_TRY(EXU_ROW(
                store, EXU_TABLE_GC_GENERATION, exu_cell_integer(interpreter->id), exu_cell_integer(g),
                exu_cell_integer(generation->threshold), exu_cell_integer(generation->count),
                exu_cell_integer((int64_t)generation->object_count), exu_cell_integer((int64_t)bytes)));
        }
    }
    return NULL;
}

static struct exu_cell read_cell(const struct exu_process *p, exu_addr place, unsigned bytes)
{
    uint64_t word;
    uint32_t half;
    if (place && bytes == 4 && exu_memory_u32(p->memory, place, &half))
        return exu_cell_integer((int32_t)half);
    return place && bytes == 8 && exu_memory_u64(p->memory, place, &word) ? exu_cell_integer((int64_t)word)
                                                                          : exu_cell_null();
}

static struct exu_cell object_cell(const struct exu_process *p, exu_addr place)
{
    uint64_t address;
    return exu_cell_id(place && exu_memory_u64(p->memory, place, &address) ? exu_id(p, address) : 0);
}

static struct exu_error *write_collectors(const struct exu_process *p, struct exu_store *store)
{
    for (size_t i = 0; i < p->gc->interpreter_count; i++) {
        const struct exu_interpreter *interpreter = &p->gc->interpreters[i];
        struct exu_gc_place place;
        if (!interpreter->generations[0].head)
            continue;
        exu_gc_place(p->python, interpreter->address, &place);
        EXU_TRY(EXU_ROW(store, EXU_TABLE_COLLECTOR, exu_cell_integer(interpreter->id),
                        read_cell(p, place.enabled, 4), exu_cell_integer(interpreter->collecting),
                        read_cell(p, place.long_lived_total, 8), read_cell(p, place.long_lived_pending, 8),
                        object_cell(p, place.garbage), object_cell(p, place.callbacks)));
    }
    return NULL;
}

struct exu_error *exu_objects_write(struct exu_process *process, const struct exu_facts *facts,
                                    const struct exu_paths *paths, const struct exu_retained *retained,
                                    struct exu_store *store)
{
    EXU_TRY(write_objects(process, facts, paths, retained, store));
    EXU_TRY(write_types(process, retained, store));
    EXU_TRY(write_collectors(process, store));
    return write_generations(process, store);
}

static struct exu_error *write_malloc(const struct exu_malloc *m, struct exu_store *store)
{
    for (size_t i = 0; i < m->arena_count; i++) {
        const struct exu_malloc_arena *a = &m->arenas[i];
        EXU_TRY(EXU_ROW(store, EXU_TABLE_MALLOC_ARENA, exu_cell_id(i + 1),
                        exu_cell_integer((int64_t)a->address), exu_cell_integer(a->main),
                        exu_cell_integer((int64_t)a->system_bytes),
                        exu_cell_integer((int64_t)a->max_system_bytes)));
    }
    for (size_t i = 0; i < m->heap_count; i++) {
        const struct exu_malloc_heap *h = &m->heaps[i];
        EXU_TRY(EXU_ROW(store, EXU_TABLE_MALLOC_HEAP, exu_cell_id(i + 1),
                        exu_cell_id((uint64_t)h->arena_index + 1), exu_cell_integer((int64_t)h->start),
                        exu_cell_integer((int64_t)h->end)));
    }
    return NULL;
}

struct exu_error *exu_heaps_write(const struct exu_process *p, const struct exu_owners *owners,
                                  struct exu_store *store)
{
    size_t pin = 0;
    for (size_t i = 0; i < p->pymalloc->arena_count; i++) {
        const struct exu_arena *a = &p->pymalloc->arenas[i];
        uint32_t pinned_by = 0;
        for (; pin < owners->pins.len && owners->pins.items[pin].arena <= i; pin++)
            if (!pinned_by)
                pinned_by = owners->pins.items[pin].object;
        EXU_TRY(EXU_ROW(store, EXU_TABLE_ARENA, exu_cell_id(i + 1), exu_cell_integer((int64_t)a->address),
                        exu_cell_integer((int64_t)a->size), exu_cell_integer(a->pools),
                        exu_cell_integer(a->free_pools), exu_cell_integer((int64_t)a->used_bytes),
                        exu_cell_id(pinned_by)));
    }
    for (size_t i = 0; i < p->pymalloc->pool_count; i++) {
        const struct exu_pool *pool = &p->pymalloc->pools[i];
        EXU_TRY(EXU_ROW(store, EXU_TABLE_POOL, exu_cell_id(i + 1), exu_cell_id((uint64_t)pool->arena + 1),
                        exu_cell_integer((int64_t)pool->address), exu_cell_integer(pool->block_size),
                        exu_cell_integer(pool->blocks), exu_cell_integer(pool->used_blocks),
                        exu_cell_integer(pool->free_blocks), exu_cell_integer(pool->untouched_blocks)));
    }
    EXU_TRY(write_malloc(p->malloc, store));
    for (size_t i = 0; i < p->malloc->chunk_count; i++) {
        const struct exu_chunk *c = &p->malloc->chunks[i];
        const struct exu_owner *owner = &owners->chunks[i];
        bool mmapped = c->state == EXU_CHUNK_MMAPPED;
        EXU_TRY(EXU_ROW(
            store, EXU_TABLE_CHUNK, exu_cell_id(i + 1), exu_cell_integer((int64_t)c->address),
            exu_cell_integer((int64_t)c->size), exu_cell_text(exu_chunk_state_text(c->state)),
            mmapped ? exu_cell_null() : exu_cell_id((uint64_t)c->heap + 1), exu_cell_id(owner->object),
            exu_cell_text(exu_chunk_in_use(c) ? exu_part_text(owner->part) : NULL),
            exu_chunk_in_use(c) || c->state == EXU_CHUNK_TOP ? exu_cell_null() : exu_cell_integer(c->bin)));
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
        uint64_t resident, swapped;
        bool counted = exu_account_resident(&p->core->account, m->start, m->end, &resident, &swapped);
        EXU_TRY(EXU_ROW(store, EXU_TABLE_MAPPING, exu_cell_id(i + 1), exu_cell_integer((int64_t)m->start),
                        exu_cell_integer((int64_t)m->end), exu_cell_text(perms),
                        m->path ? exu_cell_integer((int64_t)m->file_offset) : exu_cell_null(),
                        exu_cell_text(m->path), exu_cell_text(m->build_id), exu_cell_text(m->kind),
                        exu_cell_integer((int64_t)m->dumped_bytes), exu_cell_text(backings[m->backing]),
                        counted ? exu_cell_integer((int64_t)resident) : exu_cell_null(),
                        counted ? exu_cell_integer((int64_t)swapped) : exu_cell_null()));
    }
    return NULL;
}
