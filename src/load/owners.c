#include "load/owners.h"

#include <stdlib.h>

/* What C libraries put in front of the memory that they give away (SQLite: its size); objects point behind that. */
#define PREFIX_MOST 16

/* A static object is scanned no further than this; no C structure behind a type is larger. */
#define STATIC_MOST 65536

struct claimed {
    exu_addr start;
    uint64_t size;
    struct exu_owner owner;
};

struct search {
    const struct exu_process *process;
    struct exu_facts *facts;
    struct exu_owners *owners;
    struct exu_addrset *unclaimed; /* where the user's part of the block begins */
    exu_addr lowest, highest;      /* where those begin and end that nobody claimed by their start */
    uint64_t depth;                /* how far into a block a pointer may lead */
    exu_vec(struct claimed) queue;
    exu_vec(struct claimed) named; /* what was claimed for a file */
    exu_vec(struct exu_owned) late; /* what was claimed for objects */
    bool failed;
};

const char *exu_part_text(enum exu_part part)
{
    static const char *const texts[EXU_PART_COUNT] = {
        [EXU_PART_UNKNOWN] = "unknown",     [EXU_PART_OBJECT] = "object",
        [EXU_PART_BUFFER] = "buffer",       [EXU_PART_C_MEMORY] = "c memory",
        [EXU_PART_FREE_LIST] = "free list", [EXU_PART_INTERPRETER] = "interpreter",
        [EXU_PART_LIBRARY] = "library",     [EXU_PART_STACK] = "thread",
        [EXU_PART_ARENA] = "arena",         [EXU_PART_NUMBERS] = "numbers",
    };
    return texts[part];
}

const char *exu_category_text(enum exu_object_category category)
{
    static const char *const texts[EXU_CATEGORY_COUNT] = {
        [EXU_CATEGORY_TEXT] = "text and bytes",  [EXU_CATEGORY_NUMBER] = "numbers",
        [EXU_CATEGORY_CONTAINER] = "containers", [EXU_CATEGORY_CODE] = "code and types",
        [EXU_CATEGORY_FRAME] = "frames",         [EXU_CATEGORY_INSTANCE] = "instances",
        [EXU_CATEGORY_OTHER] = "other objects",
    };
    return texts[category];
}

enum exu_object_category exu_object_category(const struct exu_process *process, uint32_t id)
{
    static const struct {
        uint32_t classes;
        enum exu_object_category category;
    } rows[] = {
        {EXU_IS_STR | EXU_IS_BYTES | EXU_IS_STRINGIO | EXU_IS_BYTESIO, EXU_CATEGORY_TEXT},
        {EXU_IS_INT | EXU_IS_BOOL | EXU_IS_FLOAT, EXU_CATEGORY_NUMBER},
        {EXU_IS_TUPLE | EXU_IS_LIST | EXU_IS_DICT | EXU_IS_DEQUE | EXU_IS_SET, EXU_CATEGORY_CONTAINER},
        {EXU_IS_TYPE | EXU_IS_MODULE | EXU_IS_CODE, EXU_CATEGORY_CODE},
        {EXU_IS_FRAME | EXU_IS_TRACEBACK | EXU_IS_GENERATOR | EXU_IS_EXCEPTION, EXU_CATEGORY_FRAME},
    };
    struct exu_object o;
    if (!exu_object_at(process->model, exu_address(process, id), &o))
        return EXU_CATEGORY_OTHER;
    for (size_t i = 0; i < EXU_COUNT(rows); i++)
        if (o.type->classes & rows[i].classes)
            return rows[i].category;
    if (o.type->name &&
        (strcmp(o.type->name, "function") == 0 || strcmp(o.type->name, "builtin_function_or_method") == 0))
        return EXU_CATEGORY_CODE;
    if (o.type->name && strcmp(o.type->name, "bytearray") == 0)
        return EXU_CATEGORY_TEXT;
    return o.type->heap ? EXU_CATEGORY_INSTANCE : EXU_CATEGORY_OTHER;
}

static void add_sum(struct exu_sum *sum, uint64_t bytes)
{
    sum->bytes += bytes;
    sum->count++;
}

/* `chunk`: its index, or -1 for a block of obmalloc's. */
static void account(struct search *s, int64_t chunk, uint64_t bytes, const struct exu_owner *owner)
{
    struct exu_owners *o = s->owners;
    add_sum(chunk < 0 ? &o->pool[owner->part] : &o->malloc[owner->part], bytes);
    if (chunk >= 0)
        o->chunks[chunk] = *owner;
    if (owner->image && owner->part == EXU_PART_UNKNOWN)
        add_sum(&(chunk < 0 ? o->pool_hints : o->malloc_hints)[owner->image - 1], bytes);
    else if (owner->image)
        add_sum(&(chunk < 0 ? o->pool_images : o->malloc_images)[owner->image - 1], bytes);
    if (owner->object) {
        struct exu_sum *sum = &o->objects[exu_object_category(s->process, owner->object)];
        sum->bytes += bytes;
        sum->count += owner->part == EXU_PART_OBJECT;
    }
}

/* ---- exact ---- */

static int by_start(const void *left, const void *right)
{
    const struct exu_owned *a = left, *b = right;
    return a->start < b->start ? -1 : a->start > b->start;
}

/* Among what the walks named; NULL = nobody named it. */
static const struct exu_owned *owned_at(const struct exu_facts *facts, exu_addr start)
{
    const struct exu_owned key = {.start = start};
    return facts->owned.len ? bsearch(&key, facts->owned.items, facts->owned.len, sizeof key, by_start)
                            : NULL;
}

static bool on_free_list(const struct exu_process *p, exu_addr start, uint64_t size)
{
    for (unsigned before = 0; before <= EXU_PREHEADER_MOST && before < size; before += 16)
        if (exu_addrset_has(p->dead, start + before))
            return true;
    return false;
}

/* Who owns the block for certain. `*start` is moved behind the debug hooks. */
static struct exu_owner exact_owner(const struct exu_process *p, const struct exu_facts *facts,
                                    exu_addr *start, uint64_t size)
{
    exu_addr object = exu_object_in_block(p, *start, size);
    if (object)
        return (struct exu_owner){.object = exu_id(p, object), .part = EXU_PART_OBJECT};
    const struct exu_owned *owned = owned_at(facts, *start);
    if (!owned) {
        exu_addr raw = *start;
        exu_pymalloc_inside(p->pymalloc, start, &size);
        owned = owned_at(facts, *start);
        if (!size) /* nothing was asked for: behind its hooks the next block may begin */
            *start = raw;
    }
    if (owned)
        return owned->owner ? (struct exu_owner){.object = owned->owner, .part = EXU_PART_BUFFER}
                            : (struct exu_owner){.part = EXU_PART_NUMBERS};
    if (on_free_list(p, *start, size))
        return (struct exu_owner){.part = EXU_PART_FREE_LIST};
    return (struct exu_owner){0};
}

static void on_block(void *context, const struct exu_block *block)
{
    struct search *s = context;
    exu_addr start = block->start;
    struct exu_owner owner = exact_owner(s->process, s->facts, &start, block->size);
    if (owner.part)
        account(s, -1, block->size, &owner);
    else
        exu_addrset_add(s->unclaimed, start);
}

/* Arenas come from mmap; where they come from malloc (2.7 built without it), the chunk is obmalloc's. */
static bool holds_arena(const struct exu_pymalloc *pymalloc, const struct exu_chunk *chunk)
{
    size_t low = 0, high = pymalloc->arena_count; /* the first arena that does not begin before the chunk */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (pymalloc->arenas[middle].address < chunk->address)
            low = middle + 1;
        else
            high = middle;
    }
    return low < pymalloc->arena_count && pymalloc->arenas[low].address - chunk->address < chunk->size;
}

static void exact_chunks(struct search *s)
{
    const struct exu_process *p = s->process;
    for (size_t i = 0; i < p->malloc->chunk_count; i++) {
        const struct exu_chunk *chunk = &p->malloc->chunks[i];
        if (!exu_chunk_in_use(chunk) || chunk->size <= 16)
            continue;
        exu_addr start = chunk->address + 16;
        struct exu_owner owner = {.part = EXU_PART_ARENA};
        if (!holds_arena(p->pymalloc, chunk))
            owner = exact_owner(p, s->facts, &start, chunk->size - 8);
        if (owner.part)
            account(s, (int64_t)i, chunk->size, &owner);
        else
            exu_addrset_add(s->unclaimed, start);
    }
}

/* ---- by pointers ---- */

/* Python/pyarena.c, struct _block: the same from 2.7 to 3.15. What a compilation works with is held by the
 * stack of the C function that runs it, for a script as long as it runs (Python/pythonrun.c, pyrun_file). */
enum { PYARENA_BLOCK = 8192, PYARENA_HEAD = 32 };

static bool is_pyarena(const struct search *s, exu_addr start)
{
    const uint8_t *b = exu_memory_at(s->process->memory, start, PYARENA_HEAD);
    return b && exu_load_u64(b) >= PYARENA_BLOCK && exu_load_u64(b + 8) <= exu_load_u64(b) &&
           exu_load_u64(b + 24) - start - PYARENA_HEAD < 16;
}

static void claim(struct search *s, exu_addr target, const struct exu_owner *owner)
{
    const struct exu_process *p = s->process;
    struct claimed c = {.owner = *owner};
    struct exu_block block;
    if (!exu_addrset_remove(s->unclaimed, target))
        return;
    uint64_t bytes;
    int64_t chunk = -1;
    if (exu_pymalloc_block(p->pymalloc, target, &block)) {
        bytes = block.size;
        c.size = block.start + block.size - target;
    } else {
        chunk = exu_malloc_chunk_at(p->malloc, target);
        if (chunk < 0)
            return;
        const struct exu_chunk *at = &p->malloc->chunks[chunk];
        bytes = at->size;
        /* malloc/malloc.c: a chunk in a heap has the first word of the next one, too. */
        c.size = at->address + at->size + (at->state == EXU_CHUNK_MMAPPED ? 0 : 8) - target;
    }
    c.start = target;
    if (owner->part == EXU_PART_STACK && is_pyarena(s, target))
        c.owner = (struct exu_owner){.part = EXU_PART_INTERPRETER};
    account(s, chunk, bytes, &c.owner);
    if (owner->object) {
        s->facts->footprint[owner->object] += bytes;
        s->failed |= !exu_vec_push(&s->late, (struct exu_owned){target, owner->object});
    }
    if (!exu_vec_push(&s->queue, c) || (c.owner.image && c.owner.part != EXU_PART_UNKNOWN && !exu_vec_push(&s->named, c)))
        s->failed = true;
}

/* Where the user's part of the unclaimed block begins that `word` points to or into; 0 = to none. */
static exu_addr unclaimed_around(struct search *s, exu_addr word)
{
    const struct exu_process *p = s->process;
    struct exu_block block;
    exu_addr start;
    uint64_t size;
    if (exu_pymalloc_block(p->pymalloc, word, &block)) {
        start = block.start;
        size = block.size;
    } else {
        int64_t chunk = exu_malloc_chunk_at(p->malloc, word);
        /* A pointer to its header is one behind the chunk before. */
        if (chunk < 0 || word < p->malloc->chunks[chunk].address + 16)
            return 0;
        start = p->malloc->chunks[chunk].address + 16;
        size = p->malloc->chunks[chunk].size - 8;
    }
    if (exu_addrset_has(s->unclaimed, start))
        return start;
    exu_pymalloc_inside(p->pymalloc, &start, &size);
    return exu_addrset_has(s->unclaimed, start) ? start : 0;
}

static void scan(struct search *s, exu_addr start, uint64_t size, const struct exu_owner *owner)
{
    uint64_t available;
    start = exu_round_up(start, 8);
    const uint8_t *bytes = exu_memory_span(s->process->memory, start, &available);
    if (!bytes)
        return;
    size = exu_min(size, available);
    /* Of a stripped interpreter the free lists have no names: its data lead to objects there, behind their GC
     * heads. */
    const exu_addr head =
        owner->part == EXU_PART_INTERPRETER ? exu_size(&s->process->python->layout, EXU_sizeof_PyGC_Head) : 0;
    for (uint64_t at = 0; at + 8 <= size; at += 8) {
        exu_addr word = exu_load_u64(bytes + at);
        if (s->depth) {
            exu_addr around = word >= s->lowest && word < s->highest ? unclaimed_around(s, word) : 0;
            if (around && word - around <= s->depth)
                claim(s, around, owner);
        } else if (word && exu_addrset_has(s->unclaimed, word))
            claim(s, word, owner);
        else if (word > head && exu_addrset_has(s->unclaimed, word - head))
            claim(s, word - head, owner);
    }
}

/* What claimed blocks point to goes to the same owner. Of a block of numbers only the first word points to
 * another. */
static void drain(struct search *s)
{
    uint64_t depth = s->depth;
    s->depth = depth ? UINT64_MAX : 0; /* in C memory all may be pointers */
    while (s->queue.len) {
        struct claimed c = s->queue.items[--s->queue.len];
        scan(s, c.start, c.owner.part == EXU_PART_NUMBERS ? 8 : c.size, &c.owner);
    }
    s->depth = depth;
}

/* 2.7 links its blocks of ints and floats (Objects/intobject.c, struct _intblock: next is the first word):
 * those that hold nothing but free ones are known by their neighbours. */
static void scan_numbers(struct search *s)
{
    static const struct exu_owner numbers = {.part = EXU_PART_NUMBERS};
    for (size_t i = 0; i < s->facts->owned.len; i++)
        if (!s->facts->owned.items[i].owner)
            scan(s, s->facts->owned.items[i].start, 8, &numbers);
    drain(s);
}

/* Holds no pointers to C memory besides what its row names. */
#define PLAIN (EXU_IS_INT | EXU_IS_FLOAT | EXU_IS_STR | EXU_IS_BYTES)
#define PLAIN_BUFFERS (PLAIN | EXU_IS_LIST | EXU_IS_TUPLE | EXU_IS_DICT | EXU_IS_SET)

static void scan_objects(struct search *s)
{
    const struct exu_process *p = s->process;
    for (uint32_t id = 1; id <= p->count && exu_addrset_count(s->unclaimed); id++) {
        struct exu_object o;
        exu_addr address = exu_address(p, id), start;
        uint64_t size;
        if (!exu_object_at(p->model, address, &o) || o.type->classes & PLAIN)
            continue;
        struct exu_owner owner = {.object = id, .part = EXU_PART_C_MEMORY};
        if (p->model->block(p, address, &start, &size))
            scan(s, start, size, &owner);
        else if (exu_object_plain_size(&o, &size))
            scan(s, address, exu_min(size, STATIC_MOST), &owner);
        drain(s);
    }
    for (size_t i = 0; i < s->facts->owned.len && exu_addrset_count(s->unclaimed); i++) {
        const struct exu_owned *owned = &s->facts->owned.items[i];
        struct exu_owner owner = {.object = owned->owner, .part = EXU_PART_C_MEMORY};
        struct exu_object o;
        exu_addr start;
        uint64_t size;
        if (!owned->owner || !exu_object_at(p->model, exu_address(p, owned->owner), &o) ||
            o.type->classes & PLAIN_BUFFERS || !p->model->block(p, owned->start, &start, &size))
            continue;
        scan(s, start, size, &owner);
        drain(s);
    }
}

/* The image whose data the segment is: its own pages, or the .bss behind them. */
static const struct exu_image *image_of(const struct exu_process *p, const struct exu_segment *segment)
{
    const struct exu_image *image = exu_core_image_at(p->core, segment->start);
    const struct exu_mapping *mapping = &p->memory->mappings[segment->mapping];
    if (!image && mapping->kind && strcmp(mapping->kind, "bss") == 0)
        image = exu_core_image_at(p->core, mapping->start - 1);
    return image;
}

static void scan_images(struct search *s, bool interpreter, bool hints)
{
    const struct exu_process *p = s->process;
    for (size_t i = 0; i < p->memory->segment_count && exu_addrset_count(s->unclaimed); i++) {
        const struct exu_segment *segment = &p->memory->segments[i];
        if (!segment->bytes || segment->zero || !(segment->perms & EXU_PERM_W))
            continue;
        const struct exu_image *image = image_of(p, segment);
        if (!image || (image == p->python->image) != interpreter)
            continue;
        struct exu_owner owner = {.part = hints         ? EXU_PART_UNKNOWN
                                          : interpreter ? EXU_PART_INTERPRETER
                                                        : EXU_PART_LIBRARY,
                                  .image =
                                      (uint16_t)exu_min((uint64_t)(image - p->core->images) + 1, UINT16_MAX)};
        scan(s, segment->start, segment->end - segment->start, &owner);
        drain(s);
    }
}

/* The stacks, and the thread-local data of libraries, which a thread keeps around its thread pointer. */
static void scan_threads(struct search *s)
{
    const struct exu_process *p = s->process;
    const struct exu_owner owner = {.part = EXU_PART_STACK};
    for (size_t i = 0; i < p->core->thread_count; i++) {
        const struct exu_core_thread *thread = &p->core->threads[i];
        const struct exu_mapping *stack = exu_memory_mapping(p->memory, thread->stack_pointer);
        const struct exu_mapping *local = exu_memory_mapping(p->memory, thread->thread_pointer);
        for (unsigned j = 0; j < EXU_REGISTER_COUNT; j++)
            claim(s, thread->registers[j], &owner);
        if (stack && exu_malloc_chunk_at(p->malloc, thread->stack_pointer) < 0)
            scan(s, thread->stack_pointer, stack->end - thread->stack_pointer, &owner);
        if (local && local != stack && exu_malloc_chunk_at(p->malloc, thread->thread_pointer) < 0)
            scan(s, local->start, local->end - local->start, &owner);
        drain(s);
    }
}

static void on_bounds(void *context, exu_addr address)
{
    struct search *s = context;
    struct exu_block block;
    int64_t chunk = -1;
    exu_addr end = address;
    if (exu_pymalloc_block(s->process->pymalloc, address, &block))
        end = block.start + block.size;
    else if ((chunk = exu_malloc_chunk_at(s->process->malloc, address)) >= 0)
        end = s->process->malloc->chunks[chunk].address + s->process->malloc->chunks[chunk].size;
    s->lowest = exu_min(s->lowest, address);
    s->highest = exu_max(s->highest, end);
}

/* What nobody claimed by its start: whose data leads into it. A file's data only says where it may come from; behind
 * that, C memory of objects. Every block is claimed once and scanned once. */
static void find_middles(struct search *s)
{
    size_t claimed = s->late.len;
    s->depth = UINT64_MAX;
    s->lowest = UINT64_MAX;
    exu_addrset_each(s->unclaimed, on_bounds, s);
    scan_images(s, true, true);
    scan_images(s, false, true);
    for (size_t i = 0; i < s->named.len && exu_addrset_count(s->unclaimed); i++) {
        struct claimed c = s->named.items[i];
        c.owner.part = EXU_PART_UNKNOWN;
        scan(s, c.start, c.size, &c.owner);
        drain(s);
    }
    s->depth = PREFIX_MOST;
    scan_objects(s);
    s->depth = UINT64_MAX;
    for (size_t i = 0; i < claimed && exu_addrset_count(s->unclaimed); i++) {
        struct exu_owner owner = {.object = s->late.items[i].owner, .part = EXU_PART_C_MEMORY};
        exu_addr start;
        uint64_t size;
        if (s->process->model->block(s->process, s->late.items[i].start, &start, &size))
            scan(s, start, size, &owner);
        drain(s);
    }
}

static void on_unknown(void *context, exu_addr address)
{
    struct search *s = context;
    const struct exu_owner owner = {0};
    struct exu_block block;
    if (exu_pymalloc_block(s->process->pymalloc, address, &block)) {
        account(s, -1, block.size, &owner);
        return;
    }
    int64_t chunk = exu_malloc_chunk_at(s->process->malloc, address);
    if (chunk >= 0)
        account(s, chunk, s->process->malloc->chunks[chunk].size, &owner);
}

/* ---- arenas that little pins ---- */

struct pins {
    const struct exu_process *process;
    const struct exu_facts *facts;
    struct exu_owners *owners;
    const struct exu_owned *late; /* sorted */
    size_t late_count;
    exu_vec(struct exu_pin) blocks; /* of the arena at hand, a row a block */
    uint32_t arena;
    size_t sparse_left; /* arenas that are not finished */
    bool failed;
};

static bool sparse(const struct exu_arena *arena)
{
    return arena->used_bytes < arena->size / EXU_SPARSE_PART;
}

static int by_owner(const void *left, const void *right)
{
    const struct exu_pin *a = left, *b = right;
    return a->object != b->object ? (a->object < b->object ? -1 : 1)
           : a->part < b->part    ? -1
                                  : a->part > b->part;
}

static int by_bytes(const void *left, const void *right)
{
    const struct exu_pin *a = left, *b = right;
    return a->bytes != b->bytes ? (a->bytes > b->bytes ? -1 : 1) : by_owner(left, right);
}

/* Sums up what each owner has in the arena, and keeps the largest. */
static void finish_arena(struct pins *pins)
{
    size_t kept = 0, room = EXU_PINS_MOST - exu_min(pins->owners->pins.len, EXU_PINS_MOST);
    if (!pins->blocks.len)
        return;
    room = exu_max(room / exu_max(pins->sparse_left, 1), room > 0);
    pins->sparse_left -= pins->sparse_left > 0;
    qsort(pins->blocks.items, pins->blocks.len, sizeof *pins->blocks.items, by_owner);
    for (size_t i = 0; i < pins->blocks.len; i++) {
        struct exu_pin *pin = &pins->blocks.items[i];
        struct exu_pin *last = kept ? &pins->blocks.items[kept - 1] : NULL;
        if (last && last->object == pin->object && (pin->object || last->part == pin->part)) {
            last->blocks++;
            last->bytes += pin->bytes;
        } else {
            pins->blocks.items[kept++] = *pin;
        }
    }
    qsort(pins->blocks.items, kept, sizeof *pins->blocks.items, by_bytes);
    for (size_t i = 0; i < kept && i < room; i++)
        pins->failed |= !exu_vec_push(&pins->owners->pins, pins->blocks.items[i]);
    pins->blocks.len = 0;
}

static void on_pin(void *context, const struct exu_block *block)
{
    struct pins *pins = context;
    const struct exu_process *p = pins->process;
    uint32_t arena = p->pymalloc->pools[block->pool].arena;
    if (!sparse(&p->pymalloc->arenas[arena]))
        return;
    if (arena != pins->arena)
        finish_arena(pins);
    pins->arena = arena;
    exu_addr start = block->start;
    struct exu_owner owner = exact_owner(p, pins->facts, &start, block->size);
    const struct exu_owned key = {.start = start};
    const struct exu_owned *late = owner.part || !pins->late_count
                                       ? NULL
                                       : bsearch(&key, pins->late, pins->late_count, sizeof key, by_start);
    if (late)
        owner = (struct exu_owner){.object = late->owner, .part = EXU_PART_C_MEMORY};
    if (!exu_vec_push(&pins->blocks, (struct exu_pin){arena, owner.object, 1, block->size, owner.part}))
        pins->failed = true;
}

static bool find_pins(struct search *s)
{
    struct pins pins = {.process = s->process,
                        .facts = s->facts,
                        .owners = s->owners,
                        .late = s->late.items,
                        .late_count = s->late.len};
    if (s->late.len)
        qsort(s->late.items, s->late.len, sizeof *s->late.items, by_start);
    for (size_t i = 0; i < s->process->pymalloc->arena_count; i++)
        pins.sparse_left +=
            sparse(&s->process->pymalloc->arenas[i]) && s->process->pymalloc->arenas[i].used_bytes > 0;
    exu_pymalloc_each_used(s->process->pymalloc, on_pin, &pins);
    finish_arena(&pins);
    exu_vec_free(&pins.blocks);
    return !pins.failed;
}

/* ---- all ---- */

struct exu_error *exu_owners_find(const struct exu_process *process, struct exu_facts *facts,
                                  struct exu_owners *owners)
{
    memset(owners, 0, sizeof *owners);
    struct search s = {.process = process, .facts = facts, .owners = owners};
    owners->chunks = calloc(process->malloc->chunk_count + 1, sizeof *owners->chunks);
    owners->pool_images = calloc(process->core->image_count + 1, sizeof *owners->pool_images);
    owners->malloc_images = calloc(process->core->image_count + 1, sizeof *owners->malloc_images);
    owners->pool_hints = calloc(process->core->image_count + 1, sizeof *owners->pool_hints);
    owners->malloc_hints = calloc(process->core->image_count + 1, sizeof *owners->malloc_hints);
    if (!owners->chunks || !owners->pool_images || !owners->malloc_images || !owners->pool_hints || !owners->malloc_hints)
        return exu_error_memory();
    EXU_TRY(exu_addrset_create(&s.unclaimed, process->memory));
    if (facts->owned.len)
        qsort(facts->owned.items, facts->owned.len, sizeof *facts->owned.items, by_start);
    exu_pymalloc_each_used(process->pymalloc, on_block, &s);
    exact_chunks(&s);
    scan_numbers(&s);
    scan_objects(&s);
    scan_images(&s, true, false);
    scan_images(&s, false, false);
    scan_threads(&s);
    find_middles(&s);
    exu_addrset_each(s.unclaimed, on_unknown, &s);
    bool fine = !s.failed && !exu_addrset_failed(s.unclaimed) && find_pins(&s);
    exu_addrset_destroy(s.unclaimed);
    exu_vec_free(&s.queue);
    exu_vec_free(&s.named);
    exu_vec_free(&s.late);
    return fine ? NULL : exu_error_memory();
}

void exu_owners_deinit(struct exu_owners *owners)
{
    free(owners->chunks);
    free(owners->pool_images);
    free(owners->malloc_images);
    free(owners->pool_hints);
    free(owners->malloc_hints);
    exu_vec_free(&owners->pins);
    memset(owners, 0, sizeof *owners);
}
