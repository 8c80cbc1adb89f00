#include "load/emit.h"
#include "base/text.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>

/* One thread walks the objects into batches, the other puts the batches into the database. */
#define BATCH_RECORDS 16384
#define BATCH_TEXT (1 << 20)
#define BATCHES 3

struct content {
    uint32_t id;
    uint32_t size;
    size_t offset; /* into the batch's text */
    uint64_t length;
    bool blob, has_length, truncated;
};

struct batch {
    exu_vec(struct exu_reference_record) records;
    exu_vec(struct content) contents;
    struct exu_text text;
    uint32_t last_id;
    bool last;
};

struct emitter {
    struct exu_process *process;
    struct exu_facts *facts;
    exu_vec(uint32_t) targets;
    struct exu_addrmap name_index; /* address of the constant text -> index into names */
    exu_vec(const char *) names;
    struct exu_text scratch;
    struct batch *batch;
    /* the object at hand */
    uint32_t id, ordinal;
    exu_addr address;
    uint64_t footprint;
    bool failed;
    bool given_up; /* the writer failed: walk no further */

    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct batch batches[BATCHES];
    unsigned filled, taken; /* counts; filled - taken batches are waiting */
    bool stop;              /* the writer failed */
};

/* ---- the walking side ---- */

static int32_t constant_name(struct emitter *e, const char *text)
{
    uint32_t index = exu_addrmap_get(&e->name_index, (uintptr_t)text);
    if (index == EXU_ADDRMAP_NONE) {
        for (index = 0; index < e->names.len && strcmp(e->names.items[index], text) != 0; index++)
            ;
        if (index == e->names.len && !exu_vec_push(&e->names, text))
            e->failed = true;
        if (!exu_addrmap_put(&e->name_index, (uintptr_t)text, index))
            e->failed = true;
    }
    return -(int32_t)index - 1;
}

/* Waits for a free batch, unless the writer gave up. */
static void next_batch(struct emitter *e)
{
    pthread_mutex_lock(&e->lock);
    while (e->filled - e->taken == BATCHES && !e->stop)
        pthread_cond_wait(&e->changed, &e->lock);
    e->given_up = e->stop;
    pthread_mutex_unlock(&e->lock);
    e->batch = &e->batches[e->filled % BATCHES];
    e->batch->records.len = 0;
    e->batch->contents.len = 0;
    exu_text_clear(&e->batch->text);
}

static void hand_over(struct emitter *e, bool last)
{
    e->batch->last_id = e->id;
    e->batch->last = last;
    pthread_mutex_lock(&e->lock);
    e->filled++;
    pthread_cond_broadcast(&e->changed);
    pthread_mutex_unlock(&e->lock);
}

/* Between two objects, and within one that has very many references. */
static void hand_over_when_full(struct emitter *e)
{
    if (e->batch->records.len < BATCH_RECORDS && e->batch->text.len < BATCH_TEXT)
        return;
    hand_over(e, false);
    next_batch(e);
}

static void on_reference(void *context, const struct exu_reference *reference)
{
    struct emitter *e = context;
    uint32_t target = e->given_up ? 0 : exu_id(e->process, reference->target);
    if (!target)
        return; /* an anomaly already, from the search for objects */
    struct exu_reference_record record = {
        .referrer = e->id,
        .referent = target,
        .ordinal = e->ordinal++,
        .position = reference->position,
        .kind = reference->kind,
        .confidence = reference->confidence,
    };
    if (reference->name_text)
        record.name = constant_name(e, reference->name_text);
    else if (reference->name_object)
        record.name = (int32_t)exu_min(exu_id(e->process, reference->name_object), INT32_MAX);
    hand_over_when_full(e);
    if (e->given_up)
        return;
    if (!exu_vec_push(&e->batch->records, record))
        e->failed = true;
    if (reference->kind == EXU_REF_WEAK)
        return;
    if (reference->confidence == EXU_EXACT ? !exu_vec_push(&e->targets, target)
                                           : !exu_vec_push(&e->facts->guesses, (struct exu_guess){e->id, target}))
        e->failed = true;
}

/* What the allocator spent on the block that `address` lies in; 0 when no allocator has it. */
static uint64_t block_size(const struct exu_process *p, exu_addr address)
{
    struct exu_block block;
    if (exu_pymalloc_block(p->pymalloc, address, &block))
        return block.size;
    int64_t chunk = exu_malloc_chunk_at(p->malloc, address);
    return chunk >= 0 ? p->malloc->chunks[chunk].size : 0;
}

static void on_buffer(void *context, exu_addr start)
{
    struct emitter *e = context;
    if (exu_addrset_add(e->facts->buffers, start))
        e->footprint += block_size(e->process, start);
}

static void add_content(struct emitter *e, const struct exu_object *o)
{
    struct exu_value value;
    if (!(o->type->classes & (EXU_IS_INT | EXU_IS_FLOAT | EXU_IS_STR | EXU_IS_BYTES)) ||
        !exu_object_value(o, EXU_CONTENT_LIMIT, &e->scratch, &value))
        return;
    struct batch *b = e->batch;
    struct content content = {e->id,
                              (uint32_t)value.size,
                              b->text.len,
                              value.length,
                              value.kind == EXU_VALUE_BYTES,
                              value.has_length,
                              value.truncated};
    exu_text_add(&b->text, value.data, value.size);
    if (!exu_vec_push(&b->contents, content) || b->text.failed)
        e->failed = true;
}

#define IS_SEQUENCE (EXU_IS_LIST | EXU_IS_DEQUE | EXU_IS_STRINGIO | EXU_IS_BYTESIO)

static void remember(struct emitter *e, uint32_t classes)
{
    struct exu_facts *f = e->facts;
    bool fine = true;
    if (classes & EXU_IS_GENERATOR)
        fine &= exu_vec_push(&f->generators, e->id);
    if (classes & EXU_IS_FRAME)
        fine &= exu_vec_push(&f->frames, e->id);
    if (classes & EXU_IS_TRACEBACK)
        fine &= exu_vec_push(&f->tracebacks, e->id);
    if (classes & EXU_IS_EXCEPTION)
        fine &= exu_vec_push(&f->exceptions, e->id);
    if (classes & IS_SEQUENCE)
        fine &= exu_vec_push(&f->sequences, e->id);
    e->failed |= !fine;
}

static void walk_object(struct emitter *e, const struct exu_visitor *visitor)
{
    struct exu_object o;
    e->address = exu_address(e->process, e->id);
    e->ordinal = 0;
    e->facts->first[e->id] = e->targets.len;
    e->footprint = block_size(e->process, e->address);
    if (!exu_object_at(e->process->model, e->address, &o))
        return;
    exu_object_walk(&o, visitor);
    if (e->given_up)
        return;
    add_content(e, &o);
    remember(e, o.type->classes);
    e->facts->footprint[e->id] = e->footprint;
}

static void *walk_all(void *context)
{
    struct emitter *e = context;
    struct exu_visitor visitor = {e, on_reference, on_buffer, NULL};
    next_batch(e);
    for (e->id = 1; !e->given_up && !e->failed && e->id <= e->process->count; e->id++) {
        walk_object(e, &visitor);
        if (!e->given_up)
            hand_over_when_full(e);
    }
    e->facts->first[e->process->count + 1] = e->targets.len;
    if (!e->given_up)
        hand_over(e, true);
    return NULL;
}

/* ---- the writing side ---- */

static struct exu_error *write_batch(struct emitter *e, struct exu_store *store, const struct batch *b)
{
    EXU_TRY(exu_store_references(store, b->records.items, b->records.len));
    e->facts->references += b->records.len;
    const struct content *c;
    exu_vec_each(c, &b->contents)
    {
        const char *data = b->text.data + c->offset;
        struct exu_cell cells[] = {
            exu_cell_integer(c->id),
            c->has_length ? exu_cell_integer((int64_t)c->length) : exu_cell_null(),
            {.kind = c->blob ? EXU_CELL_BLOB : EXU_CELL_TEXT, .text = {data, c->size}},
            exu_cell_integer(c->truncated),
        };
        EXU_TRY(exu_store_row(store, EXU_TABLE_CONTENT, cells, EXU_COUNT(cells)));
    }
    return NULL;
}

static struct exu_error *write_all(struct emitter *e, struct exu_store *store)
{
    for (bool last = false; !last;) {
        pthread_mutex_lock(&e->lock);
        while (e->filled == e->taken)
            pthread_cond_wait(&e->changed, &e->lock);
        const struct batch *b = &e->batches[e->taken % BATCHES];
        pthread_mutex_unlock(&e->lock);
        struct exu_error *error = write_batch(e, store, b);
        last = b->last;
        exu_progress_at(&e->process->progress, b->last_id, e->process->count);
        pthread_mutex_lock(&e->lock);
        e->taken++;
        e->stop = error != NULL;
        pthread_cond_broadcast(&e->changed);
        pthread_mutex_unlock(&e->lock);
        if (error)
            return error;
    }
    return NULL;
}

static struct exu_error *write_names(const struct emitter *e, struct exu_store *store)
{
    for (size_t i = 0; i < e->names.len; i++)
        EXU_TRY(EXU_ROW(store, EXU_TABLE_NAME, exu_cell_id(i + 1), exu_cell_text(e->names.items[i])));
    return NULL;
}

struct exu_error *exu_emit_objects(struct exu_process *process, struct exu_store *store, struct exu_facts *facts)
{
    memset(facts, 0, sizeof *facts);
    struct emitter *e = calloc(1, sizeof *e);
    facts->footprint = calloc((size_t)process->count + 2, sizeof *facts->footprint);
    facts->first = calloc((size_t)process->count + 2, sizeof *facts->first);
    struct exu_error *error = e && facts->footprint && facts->first ? NULL : exu_error_memory();
    if (!error)
        error = exu_addrset_create(&facts->buffers, process->memory);
    if (error) {
        free(e);
        return error;
    }
    e->process = process;
    e->facts = facts;
    pthread_mutex_init(&e->lock, NULL);
    pthread_cond_init(&e->changed, NULL);

    pthread_t walker;
    if (pthread_create(&walker, NULL, walk_all, e) == 0) {
        error = write_all(e, store);
        pthread_join(walker, NULL);
    } else {
        error = exu_error_new(EXU_ERROR_MACHINE, "%s: no thread can be made; free some memory", process->core->name);
    }
    if (!error && e->failed)
        error = exu_error_memory();
    if (!error)
        error = write_names(e, store);
    facts->targets = e->targets.items;
    facts->target_count = e->targets.len;

    for (unsigned i = 0; i < BATCHES; i++) {
        exu_vec_free(&e->batches[i].records);
        exu_vec_free(&e->batches[i].contents);
        exu_text_deinit(&e->batches[i].text);
    }
    exu_addrmap_deinit(&e->name_index);
    exu_vec_free(&e->names);
    exu_text_deinit(&e->scratch);
    pthread_mutex_destroy(&e->lock);
    pthread_cond_destroy(&e->changed);
    free(e);
    return error;
}

void exu_facts_deinit(struct exu_facts *facts)
{
    free(facts->footprint);
    free(facts->first);
    free(facts->targets);
    exu_vec_free(&facts->guesses);
    exu_vec_free(&facts->generators);
    exu_vec_free(&facts->frames);
    exu_vec_free(&facts->tracebacks);
    exu_vec_free(&facts->exceptions);
    exu_vec_free(&facts->sequences);
    exu_addrset_destroy(facts->buffers);
    memset(facts, 0, sizeof *facts);
}
