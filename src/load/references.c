#include "load/references.h"
#include "load/stream.h"

#include <stdlib.h>

/* Beyond this a batch is handed over, within one object, too. */
#define BATCH_RECORDS 16384

struct record {
    uint32_t referrer, referent, ordinal;
    int32_t name;     /* as in the schema; 0 = NULL */
    int64_t position; /* -1 = NULL */
    uint8_t kind, confidence;
};

struct batch {
    struct exu_batch head;
    struct record records[BATCH_RECORDS];
};

struct walker {
    struct exu_process *process;
    struct exu_facts *facts;
    exu_vec(uint32_t) targets;
    struct exu_addrmap name_index; /* address of the constant text -> index into names */
    exu_vec(const char *) names;
    struct exu_pipe *pipe;
    struct batch *batch; /* NULL: the writer gave up */
    /* the object at hand */
    uint32_t id, ordinal;
    uint64_t footprint;
    bool failed;
};

static int32_t constant_name(struct walker *w, const char *text)
{
    uint32_t index = exu_addrmap_get(&w->name_index, (uintptr_t)text);
    if (index == EXU_ADDRMAP_NONE) {
        for (index = 0; index < w->names.len && strcmp(w->names.items[index], text) != 0; index++)
            ;
        if (index == w->names.len && !exu_vec_push(&w->names, text))
            w->failed = true;
        if (!exu_addrmap_put(&w->name_index, (uintptr_t)text, index))
            w->failed = true;
    }
    return -(int32_t)index - 1;
}

static void next_batch(struct walker *w)
{
    w->batch = exu_pipe_fill(w->pipe);
    if (w->batch)
        w->batch->head.count = 0;
}

static void hand_over(struct walker *w)
{
    if (!w->batch)
        return;
    w->batch->head.last_id = w->id;
    exu_pipe_filled(w->pipe);
}

static void on_reference(void *context, const struct exu_reference *reference)
{
    struct walker *w = context;
    uint32_t target = w->batch ? exu_id(w->process, reference->target) : 0;
    if (!target)
        return; /* an anomaly already, from the search for objects */
    if (w->batch->head.count == BATCH_RECORDS) {
        hand_over(w);
        next_batch(w);
        if (!w->batch)
            return;
    }
    struct record *record = &w->batch->records[w->batch->head.count++];
    *record = (struct record){
        .referrer = w->id,
        .referent = target,
        .ordinal = w->ordinal++,
        .position = reference->position,
        .kind = reference->kind,
        .confidence = reference->confidence,
    };
    if (reference->name_text)
        record->name = constant_name(w, reference->name_text);
    else if (reference->name_object)
        record->name = (int32_t)exu_min(exu_id(w->process, reference->name_object), INT32_MAX);
    w->facts->references++;
    if (reference->kind == EXU_REF_WEAK || reference->view)
        return;
    if (reference->confidence == EXU_EXACT && !reference->uncounted)
        w->facts->counts.references[target]++;
    if (reference->confidence == EXU_EXACT
            ? !exu_vec_push(&w->targets, target)
            : !exu_vec_push(&w->facts->guesses, (struct exu_guess){w->id, target}))
        w->failed = true;
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

/* The same for an object's own block. The ints and floats of 2.7 stand many to a chunk (Objects/intobject.c,
 * PyIntBlock): those have no more than their size. */
static uint64_t own_block_size(struct walker *w, const struct exu_object *o)
{
    const struct exu_process *p = w->process;
    struct exu_block block;
    uint64_t size;
    int64_t index =
        exu_pymalloc_block(p->pymalloc, o->address, &block) ? -1 : exu_malloc_chunk_at(p->malloc, o->address);
    if (index < 0)
        return block_size(p, o->address);
    const struct exu_chunk *chunk = &p->malloc->chunks[index];
    exu_addr start = chunk->address + 16;
    size = chunk->size - 16;
    exu_pymalloc_inside(p->pymalloc, &start, &size);
    if (o->address - o->type->preheader <= start)
        return chunk->size;
    if (exu_addrset_add(w->facts->buffers, start) &&
        !exu_vec_push(&w->facts->owned, (struct exu_owned){start, 0}))
        w->failed = true;
    return exu_object_plain_size(o, &size) ? size : 0;
}

/* C code that keeps a word of its own in front (sqlite3's size) points behind the start of the block. */
static void on_buffer(void *context, exu_addr start)
{
    struct walker *w = context;
    exu_addr block,
        inside = start; /* the block of a pointer that debug hooks gave out holds their header, too */
    uint64_t size;
    if (w->process->pymalloc->debug)
        inside -= w->process->pymalloc->debug_offset;
    if (w->process->model->block(w->process, inside, &block, &size)) {
        if (exu_object_in_block(w->process, block, size)) /* an object's own: it is counted there */
            return;
        start = block;
    }
    if (!exu_addrset_add(w->facts->buffers, start))
        return;
    w->footprint += block_size(w->process, inside);
    if (!exu_vec_push(&w->facts->owned, (struct exu_owned){start, w->id}))
        w->failed = true;
}

#define IS_SEQUENCE (EXU_IS_LIST | EXU_IS_DEQUE | EXU_IS_STRINGIO | EXU_IS_BYTESIO)

static void remember(struct walker *w, uint32_t classes)
{
    struct exu_facts *f = w->facts;
    bool fine = true;
    if (classes & EXU_IS_GENERATOR)
        fine &= exu_vec_push(&f->generators, w->id);
    if (classes & EXU_IS_FRAME)
        fine &= exu_vec_push(&f->frames, w->id);
    if (classes & EXU_IS_TRACEBACK)
        fine &= exu_vec_push(&f->tracebacks, w->id);
    if (classes & EXU_IS_EXCEPTION)
        fine &= exu_vec_push(&f->exceptions, w->id);
    if (classes & EXU_IS_FUTURE)
        fine &= exu_vec_push(&f->futures, w->id);
    if (classes & EXU_IS_AWAITING)
        fine &= exu_vec_push(&f->drivers, w->id);
    if (classes & IS_SEQUENCE)
        fine &= exu_vec_push(&f->sequences, w->id);
    w->failed |= !fine;
}

static void walk_object(struct walker *w, const struct exu_visitor *visitor)
{
    struct exu_object o;
    exu_addr address = exu_address(w->process, w->id);
    w->ordinal = 0;
    w->facts->first[w->id] = w->targets.len;
    if (!exu_object_at(w->process->model, address, &o))
        return;
    w->footprint = own_block_size(w, &o);
    exu_object_walk(&o, visitor);
    remember(w, o.type->classes);
    w->facts->footprint[w->id] = w->footprint;
}

static void fill(void *context, struct exu_pipe *pipe)
{
    struct walker *w = context;
    struct exu_visitor visitor = {w, on_reference, on_buffer, NULL};
    w->pipe = pipe;
    next_batch(w);
    exu_model_pass(w->process->model);
    for (w->id = 1; w->batch && !w->failed && w->id <= w->process->count; w->id++)
        walk_object(w, &visitor);
    w->facts->first[w->process->count + 1] = w->targets.len;
    hand_over(w);
}

static void cell(const struct exu_batch *head, size_t row, unsigned column, struct exu_cell *ret)
{
    const struct record *r = &((const struct batch *)head)->records[row];
    switch (column) {
    case 0:
        *ret = exu_cell_integer(r->referrer);
        break;
    case 1:
        *ret = exu_cell_integer(r->ordinal);
        break;
    case 2:
        *ret = exu_cell_integer(r->referent);
        break;
    case 3:
        *ret = exu_cell_integer(r->kind);
        break;
    case 4:
        *ret = r->name ? exu_cell_integer(r->name) : exu_cell_null();
        break;
    case 5:
        *ret = r->position >= 0 ? exu_cell_integer(r->position) : exu_cell_null();
        break;
    case 6:
        *ret = exu_cell_integer(r->confidence);
        break;
    }
}

static struct exu_error *write_names(const struct walker *w, struct exu_store *store)
{
    for (size_t i = 0; i < w->names.len; i++)
        EXU_TRY(EXU_ROW(store, EXU_TABLE_NAME, exu_cell_id(i + 1), exu_cell_text(w->names.items[i])));
    return NULL;
}

static struct exu_error *write_all(struct walker *w, struct exu_store *store)
{
    struct exu_facts *facts = w->facts;
    size_t slots = (size_t)w->process->count + 2;
    struct exu_stream stream = {.table = EXU_TABLE_REFERENCE,
                                .context = w,
                                .fill = fill,
                                .cell = cell,
                                .progress = &w->process->progress,
                                .total = w->process->count};
    struct batch *batches = calloc(EXU_BATCHES, sizeof *batches);
    facts->footprint = calloc(slots, sizeof *facts->footprint);
    facts->first = calloc(slots, sizeof *facts->first);
    facts->counts.references = calloc(slots, sizeof *facts->counts.references);
    facts->counts.roots = calloc(slots, sizeof *facts->counts.roots);
    facts->counts.words = calloc(slots, sizeof *facts->counts.words);
    bool fine = batches && facts->footprint && facts->first && facts->counts.references &&
                facts->counts.roots && facts->counts.words;
    struct exu_error *error = fine ? NULL : exu_error_memory();
    if (!error)
        error = exu_addrset_create(&facts->buffers, w->process->memory);
    for (unsigned i = 0; !error && i < EXU_BATCHES; i++)
        stream.batches[i] = &batches[i].head;
    if (!error)
        error = exu_stream_write(&stream, store);
    if (!error && w->failed)
        error = exu_error_memory();
    free(batches);
    return error ? error : write_names(w, store);
}

struct exu_error *exu_references_write(struct exu_process *process, struct exu_store *store,
                                       struct exu_facts *facts)
{
    memset(facts, 0, sizeof *facts);
    struct walker w = {.process = process, .facts = facts};
    struct exu_error *error = write_all(&w, store);
    facts->targets = w.targets.items;
    facts->target_count = w.targets.len;
    exu_addrmap_deinit(&w.name_index);
    exu_vec_free(&w.names);
    return error;
}

void exu_facts_deinit(struct exu_facts *facts)
{
    free(facts->footprint);
    free(facts->first);
    free(facts->targets);
    free(facts->counts.references);
    free(facts->counts.roots);
    free(facts->counts.words);
    exu_vec_free(&facts->guesses);
    exu_vec_free(&facts->owned);
    exu_vec_free(&facts->generators);
    exu_vec_free(&facts->frames);
    exu_vec_free(&facts->tracebacks);
    exu_vec_free(&facts->exceptions);
    exu_vec_free(&facts->sequences);
    exu_vec_free(&facts->futures);
    exu_vec_free(&facts->drivers);
    exu_addrset_destroy(facts->buffers);
    memset(facts, 0, sizeof *facts);
}
