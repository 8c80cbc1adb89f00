#include "load/roots.h"
#include "base/bump.h"
#include "load/audit.h"
#include "load/states.h"

#include <inttypes.h>
#include <stdlib.h>

struct root {
    uint32_t object;
    uint32_t thread_id, frame_id;
    const char *kind, *name;
};

struct roots {
    const struct exu_process *process;
    const struct exu_facts *facts;
    const struct exu_garbage *garbage;
    struct exu_paths *paths;
    exu_vec(struct root) rows;
    struct exu_bump names;
    bool failed;
    /* Dicts of modules and class bodies that run (a path through the module says more), and what only looks
     * like a reference on a frame's stack. */
    exu_vec(uint32_t) late;
    /* the frame at hand */
    uint32_t thread_id, frame_id;
    exu_addr namespace;
    bool guess;
    bool counted;       /* no frame object counts what it holds */
    bool *of_generator; /* by object id: a frame object that a generator has */
    bool *anonymous;    /* by object id: a word of anonymous memory is a root of it */
};

static void add(struct roots *r, exu_addr object, const char *kind, const char *name, uint32_t thread_id,
                uint32_t frame_id)
{
    uint32_t id = exu_id(r->process, object);
    if (!id)
        return;
    if (object != r->namespace && !r->guess)
        exu_paths_root(r->paths, id);
    else if (!exu_vec_push(&r->late, id))
        r->failed = true;
    bool sure = strcmp(kind, "native") != 0 && strcmp(kind, "native_stack") != 0;
    if (!exu_vec_push(&r->rows, (struct root){id, thread_id, frame_id, kind, name}) ||
        !exu_vec_push(&r->paths->roots, (struct exu_path_root){id, thread_id, frame_id, sure}))
        r->failed = true;
}

/* The same for what is a reference that counts. */
static void add_counted(struct roots *r, exu_addr object, const char *kind, const char *name,
                        uint32_t thread_id, uint32_t frame_id)
{
    r->facts->counts.roots[exu_id(r->process, object)]++;
    add(r, object, kind, name, thread_id, frame_id);
}

/* The same for what only looks like a reference. */
static void add_guess(struct roots *r, exu_addr object, const char *kind, const char *name,
                      uint32_t thread_id)
{
    uint32_t id = exu_id(r->process, object);
    r->facts->counts.words[id]++;
    if (!r->garbage->cycle[id])
        add(r, object, kind, name, thread_id, 0);
}

static const char *str_name(struct roots *r, exu_addr str)
{
    char text[256];
    return str && exu_model_str(r->process->model, str, text, sizeof text) ? exu_bump_strdup(&r->names, text)
                                                                           : NULL;
}

/* ---- Python's own: frames, states, modules, exceptions ---- */

/* Up to 3.10 frames refer to their module's dict and to the builtins: a path through the module says more. */
static bool is_namespace(const struct exu_reference *reference)
{
    return reference->kind == EXU_REF_FIELD && reference->name_text &&
           (strcmp(reference->name_text, "f_globals") == 0 ||
            strcmp(reference->name_text, "f_builtins") == 0);
}

static void on_frame_reference(void *context, const struct exu_reference *reference)
{
    struct roots *r = context;
    if (reference->kind == EXU_REF_WEAK ||
        (reference->confidence != EXU_EXACT && r->garbage->cycle[exu_id(r->process, reference->target)]))
        return;
    const char *name = reference->name_text ? reference->name_text : str_name(r, reference->name_object);
    if (!name && reference->kind == EXU_REF_STACK)
        name = exu_bump_printf(&r->names, "stack[%" PRId64 "]", reference->position);
    r->guess = reference->confidence != EXU_EXACT || is_namespace(reference);
    if (r->counted && !reference->view && !reference->uncounted && reference->confidence == EXU_EXACT)
        add_counted(r, reference->target, "frame", name, r->thread_id, r->frame_id);
    else
        add(r, reference->target, "frame", name, r->thread_id, r->frame_id);
    r->guess = false;
}

static void add_frame(struct roots *r, const struct exu_frame *frame, uint32_t thread_id, uint32_t frame_id)
{
    struct exu_visitor visitor = {r, on_frame_reference, NULL, NULL};
    r->thread_id = thread_id;
    r->frame_id = frame_id;
    /* What a running generator's frame holds, and up to 3.10 the frame itself, the generator counts. */
    bool generators =
        frame->owner == EXU_FRAME_OF_GENERATOR || r->of_generator[exu_id(r->process, frame->frame_object)];
    if (frame->frame_object)
        (generators ? add : add_counted)(r, frame->frame_object, "frame", "frame", thread_id, frame_id);
    r->namespace = frame->namespace ? frame->locals_object : 0;
    r->counted = !generators && frame->address != frame->frame_object;
    exu_frame_walk(r->process->model, frame, &visitor);
    r->namespace = 0;
}

static void add_state(void *context, const struct exu_state_root *root)
{
    struct roots *r = context;
    (root->borrowed ? add : add_counted)(r, root->object, root->kind, root->name, r->thread_id, 0);
}

static void add_threads(struct roots *r, const struct exu_frame_table *frames)
{
    const struct exu_threads *threads = r->process->threads;
    for (size_t i = 0; i < threads->count; i++) {
        const struct exu_thread *t = &threads->items[i];
        uint32_t id = (uint32_t)i + 1;
        r->thread_id = id;
        exu_thread_states_each(r->process, t, add_state, r);
        for (size_t j = 0; j < t->handled_count; j++)
            (j == t->handled_own ? add_counted : add)(r, t->handled_chain[j], "exception",
                                                      j ? "exc_info (outer)" : "exc_info", id, 0);
        /* members of the state, counted there */
        add(r, t->raised_value, "exception", "curexc_value", id, 0);
        add(r, t->raised_traceback, "exception", "curexc_traceback", id, 0);
        for (size_t j = 0; j < t->frame_count; j++) {
            uint32_t row = exu_addrmap_get(&frames->by_address, t->frames[j].address);
            add_frame(r, &t->frames[j], id, row == EXU_ADDRMAP_NONE ? 0 : row);
        }
        for (size_t j = 0; j < t->incomplete_frame_count; j++)
            add_frame(r, &t->incomplete_frames[j], id, 0);
    }
}

static bool add_module(void *context, exu_addr key, exu_addr value, uint64_t position)
{
    (void)position;
    struct roots *r = context;
    add(r, value, "module", str_name(r, key), 0, 0);
    return true;
}

enum { STATE_MOST = 512 << 10 }; /* thousands of states in one huge chunk cost no more than that each */

/* A state that lies in a chunk of malloc's is no static memory; what its caches hold (3.10's of methods)
 * counts, too. */
static void count_words_of_chunk(struct roots *r, exu_addr state)
{
    const struct exu_process *p = r->process;
    int64_t index = exu_malloc_chunk_at(p->malloc, state);
    uint64_t available;
    const uint8_t *bytes = index >= 0 ? exu_memory_span(p->memory, state, &available) : NULL;
    if (!bytes)
        return;
    const struct exu_chunk *chunk = &p->malloc->chunks[index];
    uint64_t size = exu_min(exu_min(available, chunk->address + chunk->size - state), STATE_MOST);
    for (uint64_t at = 0; at + 8 <= size; at += 8)
        r->facts->counts.words[exu_id(p, exu_load_u64(bytes + at))]++;
}

static void add_interpreters(struct roots *r)
{
    const struct exu_process *p = r->process;
    for (size_t i = 0; i < p->gc->interpreter_count; i++) {
        exu_addr state = p->gc->interpreters[i].address;
        uint64_t modules;
        if (exu_has(&p->python->layout, EXU_PyInterpreterState_modules) &&
            exu_memory_u64(p->memory, state + exu_offset(&p->python->layout, EXU_PyInterpreterState_modules),
                           &modules))
            exu_dict_each(p->model, modules, add_module, r);
    }
    r->thread_id = 0;
    exu_states_each(p, add_state, r);
    for (size_t i = 0; i < p->gc->interpreter_count; i++)
        count_words_of_chunk(r, p->gc->interpreters[i].address);
}

/* ---- static memory ---- */

static const char *place_name(struct roots *r, exu_addr address)
{
    const struct exu_image *image = exu_core_image_at(r->process->core, address);
    const struct exu_mapping *mapping = exu_memory_mapping(r->process->memory, address);
    const char *path = image ? image->path : mapping ? mapping->path : NULL;
    uint64_t offset = 0;
    const char *symbol = image ? exu_image_symbol_at(r->process->core, image, address, &offset) : NULL;
    if (symbol)
        return offset ? exu_bump_printf(&r->names, "%s+%#" PRIx64, symbol, offset)
                      : exu_bump_strdup(&r->names, symbol);
    if (!path)
        return exu_bump_printf(&r->names, "%#" PRIx64, address);
    const char *slash = strrchr(path, '/');
    return exu_bump_printf(&r->names, "%s+%#" PRIx64, slash ? slash + 1 : path,
                           address - (image ? image->start : mapping->start));
}

const char *exu_storage(const struct exu_process *p, exu_addr address, uint32_t *ret_pool,
                        uint32_t *ret_chunk)
{
    struct exu_block block;
    *ret_pool = *ret_chunk = 0;
    if (exu_pymalloc_block(p->pymalloc, address, &block)) {
        *ret_pool = block.pool + 1;
        return "pool";
    }
    int64_t chunk = exu_malloc_chunk_at(p->malloc, address);
    if (chunk >= 0) {
        *ret_chunk = (uint32_t)chunk + 1;
        return p->malloc->chunks[chunk].state == EXU_CHUNK_MMAPPED ? "mmap" : "malloc";
    }
    const struct exu_mapping *mapping = exu_memory_mapping(p->memory, address);
    if (!mapping)
        return "unknown";
    if (mapping->path || exu_core_image_at(p->core, address))
        return "static";
    /* .bss behind the last page of a file's data */
    const struct exu_mapping *before = exu_memory_mapping(p->memory, mapping->start - 1);
    return before && before->path && before->end == mapping->start ? "static" : "unknown";
}

static void add_static(struct roots *r)
{
    for (uint32_t id = 1; id <= r->process->count; id++) {
        uint32_t pool, chunk;
        exu_addr address = exu_address(r->process, id);
        if (strcmp(exu_storage(r->process, address, &pool, &chunk), "static") == 0)
            add(r, address, "static", place_name(r, address), 0, 0);
    }
}

/* ---- native: what C code holds, found by its look ---- */

struct interned {
    uint64_t items;
    bool same;
};

static bool check_interned(void *context, exu_addr key, exu_addr value, uint64_t position)
{
    (void)position;
    struct interned *check = context;
    check->items++;
    check->same = key == value;
    return check->same;
}

/* Objects/unicodeobject.c: the dict of interned strings maps each to itself. */
static bool is_interned_dict(const struct exu_process *p, exu_addr address)
{
    struct exu_object o;
    struct interned check = {0, true};
    return exu_object_at(p->model, address, &o) && o.type->classes & EXU_IS_DICT &&
           exu_dict_each(p->model, address, check_interned, &check) && check.same && check.items >= 100;
}

/* The two references that it has to each string are not part of the string's count. */
static void add_interned(struct roots *r, exu_addr dict)
{
    uint32_t id = exu_id(r->process, dict);
    for (size_t i = 0; i < r->rows.len; i++)
        if (r->rows.items[i].object == id && strcmp(r->rows.items[i].kind, "interned") == 0)
            return;
    add(r, dict, "interned", "interned", 0, 0);
    for (uint64_t at = r->facts->first[id]; at < r->facts->first[id + 1]; at++)
        r->facts->counts.references[r->facts->targets[at]]--;
}

static bool in_heap(const struct exu_process *p, exu_addr address)
{
    for (size_t i = 0; i < p->malloc->heap_count; i++)
        if (address >= p->malloc->heaps[i].start && address < p->malloc->heaps[i].end)
            return true;
    size_t low = 0, high = p->pymalloc->arena_count; /* the arenas that begin behind it */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (p->pymalloc->arenas[middle].address <= address)
            low = middle + 1;
        else
            high = middle;
    }
    if (low && address - p->pymalloc->arenas[low - 1].address < p->pymalloc->arenas[low - 1].size)
        return true;
    return exu_malloc_chunk_at(p->malloc, address) >= 0;
}

static void mark_segment(const struct exu_process *p, exu_addr address, bool *marks)
{
    const struct exu_segment *segment = exu_memory_segment(p->memory, address, NULL);
    /* What was mapped next to a library's .bss is one mapping with it. */
    if (segment && !exu_core_image_at(p->core, segment->start))
        marks[segment - p->memory->segments] = true;
}

/* Segments whose words are roots of another kind: stacks, Python's data stacks. */
static bool *stack_segments(const struct exu_process *p)
{
    bool *marks = calloc(p->memory->segment_count + 1, sizeof *marks);
    if (!marks)
        return NULL;
    for (size_t i = 0; i < p->core->thread_count; i++)
        mark_segment(p, p->core->threads[i].stack_pointer, marks);
    for (size_t i = 0; i < p->threads->count; i++)
        for (size_t j = 0; j < p->threads->items[i].frame_count; j++)
            if (p->threads->items[i].frames[j].owner == EXU_FRAME_OF_THREAD)
                mark_segment(p, p->threads->items[i].frames[j].address, marks);
    return marks;
}

/* One row an object: arrays in memory of its own, or heaps that a damaged core does not show as such, have millions of words
 * to a few objects, and no place there has a name. */
static void add_anonymous(struct roots *r, exu_addr target, exu_addr where)
{
    uint32_t id = exu_id(r->process, target);
    if (r->anonymous[id]) {
        r->facts->counts.words[id]++;
        return;
    }
    r->anonymous[id] = true;
    add_guess(r, target, "native", place_name(r, where), 0);
}

static void scan_segment(struct roots *r, const struct exu_segment *segment)
{
    const struct exu_process *p = r->process;
    bool named = p->memory->mappings[segment->mapping].path || exu_core_image_at(p->core, segment->start);
    /* Allocators' memory has owners of its own; arenas and heaps are skipped as wholes where they begin. */
    uint64_t size = segment->end - segment->start;
    for (uint64_t at = 0; at + 8 <= size; at += 8) {
        if (at % 4096 == 0 && in_heap(p, segment->start + at)) {
            at += 4096 - 8;
            continue;
        }
        exu_addr target = exu_load_u64(segment->bytes + at);
        if (!target || target % 8 || !exu_addrset_has(p->objects, target) ||
            exu_gc_in_free_list(p->gc, segment->start + at))
            continue;
        if (is_interned_dict(p, target))
            add_interned(r, target);
        else if (named)
            add_guess(r, target, "native", place_name(r, segment->start + at), 0);
        else
            add_anonymous(r, target, segment->start + at);
    }
}

static void add_native(struct roots *r)
{
    const struct exu_memory *m = r->process->memory;
    bool *stacks = stack_segments(r->process);
    if (!stacks) {
        r->failed = true;
        return;
    }
    for (size_t i = 0; i < m->segment_count; i++) {
        const struct exu_segment *segment = &m->segments[i];
        if (segment->bytes && !segment->zero && segment->perms & EXU_PERM_W && segment->start % 8 == 0 && !stacks[i])
            scan_segment(r, segment);
    }
    free(stacks);
}

/* The registers and the stack from its pointer up, red zone included (System V ABI: 128 bytes below). */
static void add_stacks(struct roots *r, const struct exu_frame_table *frames)
{
    const struct exu_process *p = r->process;
    for (size_t i = 0; i < p->core->thread_count; i++) {
        const struct exu_core_thread *thread = &p->core->threads[i];
        uint32_t id = frames->native_ids[i];
        for (unsigned j = 0; j < EXU_REGISTER_COUNT; j++)
            add_guess(r, thread->registers[j], "native_stack", "register", id);
        const struct exu_mapping *mapping = exu_memory_mapping(p->memory, thread->stack_pointer);
        if (!mapping)
            continue;
        exu_addr from = exu_max((thread->stack_pointer & ~UINT64_C(7)) - 128, mapping->start);
        uint64_t word;
        for (exu_addr at = from; at < mapping->end && mapping->end - at >= 8 && !in_heap(p, at); at += 8)
            if (!exu_memory_u64(p->memory, at, &word)) {
                /* A damaged header may say that the mapping is of any size: what is not there is passed as a
                 * whole. */
                const struct exu_segment *segment = exu_memory_segment(p->memory, at, NULL);
                if (segment && !segment->bytes && segment->end - at > 8)
                    at = (segment->end & ~UINT64_C(7)) - 8;
            } else if (word && exu_id(p, word))
                add_guess(r, word, "native_stack",
                          exu_bump_printf(&r->names, "sp%+" PRId64, (int64_t)(at - thread->stack_pointer)),
                          id);
    }
}

/* Blocks that belong to no object: C structures. They count only for what nothing else holds. */
static void scan_block(struct roots *r, exu_addr start, uint64_t size, const char *allocator)
{
    const struct exu_process *p = r->process;
    if (exu_addrset_has(r->facts->buffers, start) || exu_object_in_block(p, start, size))
        return;
    exu_pymalloc_inside(p->pymalloc, &start, &size);
    if (exu_addrset_has(r->facts->buffers, start))
        return;
    uint64_t available;
    const uint8_t *bytes = exu_memory_span(p->memory, start, &available);
    size = exu_min(available, size);
    for (uint64_t at = 0; bytes && at + 8 <= size; at += 8) {
        if (exu_addrset_has(p->dead, start + at)) /* what it held, it holds no more */
            return;
        uint32_t id = exu_id(p, exu_load_u64(bytes + at));
        if (id && r->paths->distance[id] == EXU_UNREACHED && !exu_gc_in_free_list(p->gc, start + at))
            add_guess(r, exu_address(p, id), "native",
                      exu_bump_printf(&r->names, "%s block %#" PRIx64 "+%" PRIu64, allocator, start, at), 0);
    }
}

static void scan_pool_block(void *context, const struct exu_block *block)
{
    scan_block(context, block->start, block->size, "pymalloc");
}

static void add_blocks(struct roots *r)
{
    const struct exu_process *p = r->process;
    exu_pymalloc_each_used(p->pymalloc, scan_pool_block, r);
    for (size_t i = 0; i < p->malloc->chunk_count; i++) {
        const struct exu_chunk *chunk = &p->malloc->chunks[i];
        if (exu_chunk_in_use(chunk) && chunk->size > 16)
            scan_block(r, chunk->address + 16, chunk->size - 8, "malloc");
    }
}

/* What somebody counts a reference to that was found nowhere: native code has it in a way of its own. */
static void add_surplus(struct roots *r)
{
    for (uint32_t id = 1; id <= r->process->count; id++) {
        uint32_t count;
        int64_t surplus;
        if (r->paths->distance[id] != EXU_UNREACHED || r->garbage->cycle[id] ||
            !exu_audit_surplus(r->process, &r->facts->counts, id, &count, &surplus) || surplus <= 0)
            continue;
        add(r, exu_address(r->process, id), "native",
            exu_bump_printf(&r->names, "%" PRId64 " counted, not found", surplus), 0, 0);
    }
}

static struct exu_error *write_rows(const struct roots *r, struct exu_store *store)
{
    for (size_t i = 0; i < r->rows.len; i++) {
        const struct root *row = &r->rows.items[i];
        EXU_TRY(EXU_ROW(store, EXU_TABLE_ROOT, exu_cell_id(i + 1), exu_cell_id(row->object),
                        exu_cell_text(row->kind), exu_cell_text(row->name), exu_cell_id(row->thread_id),
                        exu_cell_id(row->frame_id)));
    }
    return NULL;
}

static int by_id(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    return a < b ? -1 : a > b;
}

static bool find_frames_of_generators(struct roots *r)
{
    const struct exu_facts *f = r->facts;
    const uint32_t *generator;
    r->of_generator = calloc((size_t)r->process->count + 1, sizeof *r->of_generator);
    if (!r->of_generator)
        return false;
    exu_vec_each (generator, &f->generators)
        for (uint64_t at = f->first[*generator]; at < f->first[*generator + 1]; at++)
            if (f->frames.len &&
                bsearch(&f->targets[at], f->frames.items, f->frames.len, sizeof *f->frames.items, by_id))
                r->of_generator[f->targets[at]] = true;
    return true;
}

static struct exu_error *collect(struct roots *r, const struct exu_frame_table *frames)
{
    r->anonymous = calloc((size_t)r->process->count + 1, sizeof *r->anonymous);
    if (!r->anonymous || !find_frames_of_generators(r))
        return exu_error_memory();
    add_interpreters(r); /* first: of two paths of one length the one through a module says more */
    add_threads(r, frames);
    EXU_TRY(exu_paths_spread(r->paths, r->facts));
    const uint32_t *late;
    exu_vec_each (late, &r->late)
        exu_paths_root(r->paths, *late);
    EXU_TRY(exu_paths_spread(r->paths, r->facts));
    add_static(r);
    EXU_TRY(exu_paths_spread(r->paths, r->facts));
    add_native(r);
    EXU_TRY(exu_paths_spread(r->paths, r->facts));
    EXU_TRY(exu_paths_guess(r->paths, r->facts, r->garbage));
    add_stacks(r, frames);
    EXU_TRY(exu_paths_spread(r->paths, r->facts));
    add_blocks(r);
    EXU_TRY(exu_paths_spread(r->paths, r->facts));
    EXU_TRY(exu_paths_guess(r->paths, r->facts, r->garbage));
    add_surplus(r);
    EXU_TRY(exu_paths_spread(r->paths, r->facts));
    return r->failed ? exu_error_memory() : NULL;
}

struct exu_error *exu_roots_write(const struct exu_process *process, const struct exu_facts *facts,
                                  const struct exu_frame_table *frames, const struct exu_garbage *garbage,
                                  struct exu_paths *paths, struct exu_store *store)
{
    struct roots r = {.process = process, .facts = facts, .garbage = garbage, .paths = paths};
    paths->garbage =
        garbage
            ->cycle; /* what is dead, and not known to be (free lists without symbols), still refers to it */
    struct exu_error *error = collect(&r, frames);
    if (!error)
        error = write_rows(&r, store);
    exu_vec_free(&paths->queue); /* for the dominators, which want much memory */
    exu_vec_free(&r.rows);
    exu_vec_free(&r.late);
    exu_bump_deinit(&r.names);
    free(r.of_generator);
    free(r.anonymous);
    return error;
}
