#include "load/ledger.h"

#include <stdio.h>
#include <stdlib.h>

enum line {
    LINE_OBJECTS, /* and the categories behind it */
    LINE_NUMBER_BLOCKS = LINE_OBJECTS + EXU_CATEGORY_COUNT,
    LINE_FREE_LISTS,
    LINE_INTERPRETER,
    LINE_FRAME_STACKS,
    LINE_LIBRARIES,
    LINE_STACK_MEMORY,
    LINE_UNKNOWN_BLOCKS,
    LINE_POOL_FREE,
    LINE_POOL_UNTOUCHED,
    LINE_POOL_EMPTY,
    LINE_POOL_OVERHEAD,
    LINE_MALLOC_FREE,
    LINE_MALLOC_TCACHE,
    LINE_MALLOC_FASTBIN,
    LINE_MALLOC_TOP,
    LINE_MALLOC_OVERHEAD,
    LINE_OTHER_MALLOC,
    LINE_STACKS,
    LINE_LIBRARY_DATA,
    LINE_FILES,
    LINE_VDSO,
    LINE_RESERVED,
    LINE_UNKNOWN,
    LINE_COUNT
};

static const char *const names[LINE_COUNT] = {
    [LINE_NUMBER_BLOCKS] = "objects: blocks of ints and floats",
    [LINE_FREE_LISTS] = "interpreter: free lists",
    [LINE_INTERPRETER] = "interpreter: C memory",
    [LINE_FRAME_STACKS] = "interpreter: frame stacks",
    [LINE_LIBRARIES] = "libraries: C memory",
    [LINE_STACK_MEMORY] = "C memory held by threads alone",
    [LINE_UNKNOWN_BLOCKS] = "native, unknown",
    [LINE_POOL_FREE] = "obmalloc: free blocks",
    [LINE_POOL_UNTOUCHED] = "obmalloc: blocks never used",
    [LINE_POOL_EMPTY] = "obmalloc: empty pools",
    [LINE_POOL_OVERHEAD] = "obmalloc: overhead",
    [LINE_MALLOC_FREE] = "malloc: free in bins",
    [LINE_MALLOC_TCACHE] = "malloc: free in tcaches",
    [LINE_MALLOC_FASTBIN] = "malloc: free in fastbins",
    [LINE_MALLOC_TOP] = "malloc: top",
    [LINE_MALLOC_OVERHEAD] = "malloc: overhead",
    [LINE_OTHER_MALLOC] = NULL, /* its name; what is mapped by whom is not to be told */
    [LINE_STACKS] = "thread stacks and local data",
    [LINE_LIBRARY_DATA] = "library data",
    [LINE_FILES] = "file mappings",
    [LINE_VDSO] = "vdso",
    [LINE_RESERVED] = "reserved, not accessible",
    [LINE_UNKNOWN] = "unknown",
};

enum span_kind { SPAN_ARENA, SPAN_MALLOC, SPAN_FRAME_STACK, SPAN_STACK, SPAN_KINDS };

struct span {
    exu_addr start, end;
    uint8_t kind; /* enum span_kind */
};
typedef exu_vec(struct span) span_vec;

/* Where the sweep found bytes: the rest of line i, or spans of a kind. */
enum { GROUP_SPANS = LINE_COUNT, GROUP_COUNT = GROUP_SPANS + SPAN_KINDS };

/* How much of them was resident, as far as that can be told: smaps counts whole mappings. */
struct residency {
    uint64_t bytes[GROUP_COUNT]; /* of the mapping at hand */
    uint32_t mapping;
    uint64_t resident[GROUP_COUNT];
    bool unknown[GROUP_COUNT];
};

struct ledger {
    const struct exu_process *process;
    const struct exu_owners *owners;
    struct exu_sum lines[LINE_COUNT];
    span_vec spans, stacks; /* stacks are taken as whole mappings: they give way */
    uint64_t covered[SPAN_KINDS];
    struct residency residency;
    bool failed;
};

static void add_span(struct ledger *l, exu_addr start, exu_addr end, enum span_kind kind)
{
    span_vec *list = kind == SPAN_STACK ? &l->stacks : &l->spans;
    if (start < end && !exu_vec_push(list, (struct span){start, end, (uint8_t)kind}))
        l->failed = true;
}

static void add_bytes(struct ledger *l, enum line line, uint64_t bytes, uint64_t count)
{
    l->lines[line].bytes += bytes;
    l->lines[line].count += count;
}

/* ---- what the allocators' pieces hold ---- */

static bool in_chunk(const struct exu_malloc *m, exu_addr address)
{
    int64_t chunk = exu_malloc_chunk_at(m, address);
    return chunk >= 0 && exu_chunk_in_use(&m->chunks[chunk]);
}

/* Returns what of the chunks is arenas, counted there. */
static uint64_t add_arenas(struct ledger *l)
{
    const struct exu_pymalloc *pymalloc = l->process->pymalloc;
    uint64_t nested = 0;
    for (size_t i = 0; i < pymalloc->arena_count; i++) {
        const struct exu_arena *a = &pymalloc->arenas[i];
        if (in_chunk(l->process->malloc, a->address))
            nested += a->size;
        else
            add_span(l, a->address, a->address + a->size, SPAN_ARENA);
        add_bytes(l, LINE_POOL_EMPTY, (uint64_t)a->free_pools * l->process->python->strategy.pool_size,
                  a->free_pools);
    }
    for (size_t i = 0; i < pymalloc->pool_count; i++) {
        const struct exu_pool *pool = &pymalloc->pools[i];
        add_bytes(l, LINE_POOL_FREE, (uint64_t)pool->free_blocks * pool->block_size, pool->free_blocks);
        add_bytes(l, LINE_POOL_UNTOUCHED, (uint64_t)pool->untouched_blocks * pool->block_size,
                  pool->untouched_blocks);
    }
    return nested;
}

/* glibc's heaps besides the main one are aligned reservations of this size (malloc/arena.c, HEAP_MAX_SIZE).
 */
#define HEAP_ALIGNMENT ((exu_addr)64 << 20)

static void add_malloc(struct ledger *l)
{
    static const enum line of_state[] = {
        [EXU_CHUNK_FREE] = LINE_MALLOC_FREE,
        [EXU_CHUNK_TCACHE] = LINE_MALLOC_TCACHE,
        [EXU_CHUNK_FASTBIN] = LINE_MALLOC_FASTBIN,
        [EXU_CHUNK_TOP] = LINE_MALLOC_TOP,
    };
    const struct exu_malloc *m = l->process->malloc;
    for (size_t i = 0; i < m->heap_count; i++) {
        exu_addr start = m->heaps[i].start, base = start & ~(HEAP_ALIGNMENT - 1);
        /* heap_info, and of an arena's first heap its malloc_state, stand before the chunks. */
        add_span(l, !m->heaps[i].main && start - base < 4096 ? base : start, m->heaps[i].end, SPAN_MALLOC);
    }
    for (size_t i = 0; i < m->chunk_count; i++) {
        const struct exu_chunk *c = &m->chunks[i];
        if (c->state == EXU_CHUNK_MMAPPED)
            add_span(l, c->address & ~(exu_addr)4095, exu_round_up(c->address + c->size, 4096), SPAN_MALLOC);
        if (!exu_chunk_in_use(c))
            add_bytes(l, of_state[c->state], c->size, 1);
    }
}

static void add_blocks(struct ledger *l)
{
    static const enum line of_part[EXU_PART_COUNT] = {
        [EXU_PART_UNKNOWN] = LINE_UNKNOWN_BLOCKS, [EXU_PART_NUMBERS] = LINE_NUMBER_BLOCKS,
        [EXU_PART_FREE_LIST] = LINE_FREE_LISTS,   [EXU_PART_INTERPRETER] = LINE_INTERPRETER,
        [EXU_PART_LIBRARY] = LINE_LIBRARIES,      [EXU_PART_STACK] = LINE_STACK_MEMORY,
    };
    for (unsigned i = 0; i < EXU_CATEGORY_COUNT; i++)
        add_bytes(l, (enum line)(LINE_OBJECTS + i), l->owners->objects[i].bytes, l->owners->objects[i].count);
    for (unsigned part = 0; part < EXU_PART_COUNT; part++) {
        if (part && !of_part[part]) /* objects' own: above; chunks with arenas: the arenas' */
            continue;
        add_bytes(l, of_part[part], l->owners->pool[part].bytes + l->owners->malloc[part].bytes,
                  l->owners->pool[part].count + l->owners->malloc[part].count);
    }
}

/* ---- stacks ---- */

/* Python/pystate.c of 3.11 and later, push_chunk: the frames of a thread lie in chunks of their own mappings.
 */
static void add_frame_stacks(struct ledger *l)
{
    const struct exu_layout *layout = &l->process->python->layout;
    const struct exu_memory *m = l->process->memory;
    uint64_t chunk, size;
    if (!exu_has(layout, EXU_PyThreadState_datastack_chunk) || !exu_has(layout, EXU__PyStackChunk_size))
        return;
    for (size_t i = 0; i < l->process->threads->count; i++) {
        exu_addr place =
            l->process->threads->items[i].address + exu_offset(layout, EXU_PyThreadState_datastack_chunk);
        for (unsigned n = 0; n < 65536 && exu_memory_u64(m, place, &chunk) && chunk; n++) {
            if (!exu_memory_u64(m, chunk + exu_offset(layout, EXU__PyStackChunk_size), &size) ||
                size > (uint64_t)1 << 40)
                break;
            add_span(l, chunk, chunk + size, SPAN_FRAME_STACK);
            place = chunk + exu_offset(layout, EXU__PyStackChunk_previous);
        }
    }
}

/* nptl/descr.h: struct pthread, which the thread pointer points to, is the last thing on a thread's stack. */
#define PTHREAD_MOST 4096
#define LOCAL_MOST (1 << 20)

/* glibc keeps the stacks of threads that ended (nptl/allocatestack.c): struct pthread still points to itself,
 * first and third word. */
static bool is_kept_stack(const struct exu_memory *m, const struct exu_mapping *mapping)
{
    if (mapping->path || mapping->end - mapping->start < 65536 || (mapping->perms & EXU_PERM_X))
        return false;
    for (exu_addr at = mapping->end - PTHREAD_MOST; at < mapping->end; at += 64) {
        uint64_t self, again;
        if (exu_memory_u64(m, at, &self) && self == at && exu_memory_u64(m, at + 16, &again) && again == at)
            return true;
    }
    return false;
}

static void add_kept_stacks(struct ledger *l)
{
    const struct exu_memory *m = l->process->memory;
    for (size_t i = 0; i < m->mapping_count; i++)
        if (is_kept_stack(m, &m->mappings[i]))
            add_span(l, m->mappings[i].start, m->mappings[i].end, SPAN_STACK);
}

static void add_stacks(struct ledger *l)
{
    const struct exu_process *p = l->process;
    for (size_t i = 0; i < p->core->thread_count; i++) {
        const struct exu_core_thread *thread = &p->core->threads[i];
        const struct exu_mapping *mapping = exu_memory_mapping(p->memory, thread->stack_pointer);
        const struct exu_mapping *local = exu_memory_mapping(p->memory, thread->thread_pointer);
        /* The main thread's: a small mapping that ld.so made. */
        if (local && local != mapping && !local->path && local->end - local->start <= LOCAL_MOST)
            add_span(l, local->start, local->end, SPAN_STACK);
        if (!mapping || mapping->path || (mapping->kind && strcmp(mapping->kind, "heap") == 0))
            continue;
        /* What was mapped next to a stack is one mapping with it: the guard is below, nothing is above. */
        exu_addr end = mapping->end;
        if (thread->thread_pointer > thread->stack_pointer && thread->thread_pointer < end)
            end = exu_min(end, exu_round_up(thread->thread_pointer + PTHREAD_MOST, 4096));
        add_span(l, mapping->start, end, SPAN_STACK);
    }
}

/* ---- residency ---- */

/* A mapping is swept: what of it was resident belongs to one group, or to each in whole, or to none, or it can't be told. */
static void settle(struct ledger *l)
{
    struct residency *r = &l->residency;
    const struct exu_memory *m = l->process->memory;
    uint64_t resident = 0, swapped, groups = 0;
    const struct exu_mapping *mapping = r->mapping < m->mapping_count ? &m->mappings[r->mapping] : NULL;
    bool known = mapping && exu_account_resident(&l->process->core->account, mapping->start, mapping->end, &resident, &swapped);
    for (unsigned g = 0; g < GROUP_COUNT; g++)
        groups += r->bytes[g] > 0;
    bool whole = known && resident == mapping->end - mapping->start;
    for (unsigned g = 0; g < GROUP_COUNT; g++) {
        if (r->bytes[g] && known && (whole || groups == 1 || resident == 0))
            r->resident[g] += whole ? r->bytes[g] : resident;
        else if (r->bytes[g])
            r->unknown[g] = true;
        r->bytes[g] = 0;
    }
}

static void note_residency(struct ledger *l, unsigned group, const struct exu_segment *segment, uint64_t bytes)
{
    if (segment->mapping != l->residency.mapping)
        settle(l);
    l->residency.mapping = segment->mapping;
    l->residency.bytes[group] += bytes;
}

/* What the allocators have is broken down by blocks, not by addresses: known when all of it was resident. */
static bool line_residency(const struct ledger *l, unsigned line, uint64_t *ret)
{
    const struct residency *r = &l->residency;
    *ret = 0;
    if (!l->process->core->account.has_resident)
        return false;
    if (line < LINE_OTHER_MALLOC && line != LINE_FRAME_STACKS) {
        *ret = l->lines[line].bytes;
        for (unsigned kind = SPAN_ARENA; kind <= SPAN_MALLOC; kind++)
            if (r->unknown[GROUP_SPANS + kind] || r->resident[GROUP_SPANS + kind] != l->covered[kind])
                return false;
        return true;
    }
    bool unknown = r->unknown[line];
    *ret = r->resident[line];
    if (line == LINE_FRAME_STACKS || line == LINE_STACKS) {
        unsigned kind = GROUP_SPANS + (line == LINE_STACKS ? SPAN_STACK : SPAN_FRAME_STACK);
        unknown |= r->unknown[kind];
        *ret += r->resident[kind];
    }
    *ret = exu_min(*ret, l->lines[line].bytes);
    return !unknown;
}

/* ---- the sweep ---- */

static int by_start(const void *left, const void *right)
{
    const struct span *a = left, *b = right;
    if (a->start != b->start)
        return a->start < b->start ? -1 : 1;
    return a->kind - b->kind;
}

/* Of those that overlap (damage; several threads on one stack) the first keeps its bytes. */
static void separate(span_vec *spans)
{
    size_t kept = 0;
    exu_addr end = 0;
    if (spans->len)
        qsort(spans->items, spans->len, sizeof *spans->items, by_start);
    for (size_t i = 0; i < spans->len; i++) {
        struct span s = spans->items[i];
        if (s.start < end)
            s.start = end;
        if (s.start >= s.end)
            continue;
        end = s.end;
        spans->items[kept++] = s;
    }
    spans->len = kept;
}

static enum line line_of_rest(const struct exu_process *p, const struct exu_segment *segment)
{
    const struct exu_mapping *mapping = &p->memory->mappings[segment->mapping];
    const char *kind = mapping->kind ? mapping->kind : "";
    const struct exu_image *image = exu_core_image_at(p->core, segment->start);
    /* A debugger writes what nobody may touch (guards, the rest of malloc's heaps) as readable, some even as
     * zeros. */
    bool anonymous = !mapping->path && *kind == 'a';
    if (!segment->perms || (anonymous && !(segment->perms & (EXU_PERM_W | EXU_PERM_X))))
        return LINE_RESERVED;
    if (strcmp(kind, "vdso") == 0)
        return LINE_VDSO;
    if (strcmp(kind, "stack") == 0)
        return LINE_STACKS;
    if (strcmp(kind, "bss") == 0 || (image && segment->perms & EXU_PERM_W))
        return LINE_LIBRARY_DATA;
    if (mapping->path)
        return LINE_FILES;
    return p->malloc->name && !p->malloc->layout && segment->perms & EXU_PERM_W ? LINE_OTHER_MALLOC
                                                                                : LINE_UNKNOWN;
}

/* Counts what of [start, end) the spans cover, and hands the rest on. */
static void cut(struct ledger *l, const span_vec *spans, exu_addr start, exu_addr end,
                void (*rest)(struct ledger *l, exu_addr start, exu_addr end,
                             const struct exu_segment *segment),
                const struct exu_segment *segment)
{
    size_t low = 0, high = spans->len; /* the first span that ends behind the start */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (spans->items[middle].end <= start)
            low = middle + 1;
        else
            high = middle;
    }
    for (; start < end; low++) {
        exu_addr next = low < spans->len ? exu_min(exu_max(spans->items[low].start, start), end) : end;
        if (next > start)
            rest(l, start, next, segment);
        if (next == end)
            return;
        start = exu_min(spans->items[low].end, end);
        l->covered[spans->items[low].kind] += start - next;
        note_residency(l, GROUP_SPANS + spans->items[low].kind, segment, start - next);
    }
}

static void no_stack(struct ledger *l, exu_addr start, exu_addr end, const struct exu_segment *segment)
{
    enum line line = line_of_rest(l->process, segment);
    add_bytes(l, line, end - start, 1);
    note_residency(l, line, segment, end - start);
}

static void no_allocator(struct ledger *l, exu_addr start, exu_addr end, const struct exu_segment *segment)
{
    cut(l, &l->stacks, start, end, no_stack, segment);
}

/* Whether the next segment is one with it but for how many zeros are in it. */
static bool goes_on(const struct exu_segment *s)
{
    const struct exu_segment *next = s + 1;
    return (s->zero || next->zero) && next->start == s->end && next->mapping == s->mapping && next->backing == s->backing;
}

static void sweep(struct ledger *l)
{
    const struct exu_memory *m = l->process->memory;
    separate(&l->spans);
    separate(&l->stacks);
    for (size_t i = 0; i < m->segment_count; i++) {
        const struct exu_segment *first = &m->segments[i];
        while (i + 1 < m->segment_count && goes_on(&m->segments[i]))
            i++;
        cut(l, &l->spans, first->start, m->segments[i].end, no_allocator, first);
    }
    settle(l);
}

/* Makes lines[first..last] add up to `total`: what is left is the overhead; what is too much (an allocator's
 * piece is not mapped: damage) is taken off, the overhead's neighbours first. */
static void balance(struct ledger *l, enum line overhead, const enum line *lines, size_t count,
                    uint64_t total)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += l->lines[lines[i]].bytes;
    if (sum <= total) {
        l->lines[overhead].bytes += total - sum;
        return;
    }
    for (size_t i = 0; i < count && sum > total; i++) {
        uint64_t less = exu_min(l->lines[lines[i]].bytes, sum - total);
        l->lines[lines[i]].bytes -= less;
        sum -= less;
    }
}

static void balance_all(struct ledger *l, uint64_t nested)
{
    static const enum line lines[] = {
        LINE_POOL_UNTOUCHED,  LINE_POOL_EMPTY,    LINE_POOL_FREE,      LINE_MALLOC_TOP,
        LINE_MALLOC_FREE,     LINE_MALLOC_TCACHE, LINE_MALLOC_FASTBIN, LINE_UNKNOWN_BLOCKS,
        LINE_STACK_MEMORY,    LINE_LIBRARIES,     LINE_INTERPRETER,    LINE_FREE_LISTS,
        LINE_MALLOC_OVERHEAD, LINE_POOL_OVERHEAD, LINE_NUMBER_BLOCKS,  LINE_OBJECTS + 6,
        LINE_OBJECTS + 5,     LINE_OBJECTS + 4,   LINE_OBJECTS + 3,    LINE_OBJECTS + 2,
        LINE_OBJECTS + 1,     LINE_OBJECTS,
    };
    /* Blocks of both allocators are in one line a category, so obmalloc's own overhead comes first. */
    const struct exu_pymalloc *pymalloc = l->process->pymalloc;
    uint64_t blocks = 0, arenas = l->covered[SPAN_ARENA] + nested, inside;
    for (unsigned part = 0; part < EXU_PART_COUNT; part++)
        blocks += l->owners->pool[part].bytes;
    inside = blocks + l->lines[LINE_POOL_FREE].bytes + l->lines[LINE_POOL_UNTOUCHED].bytes +
             l->lines[LINE_POOL_EMPTY].bytes;
    add_bytes(l, LINE_POOL_OVERHEAD, arenas > inside ? arenas - inside : 0, pymalloc->arena_count);
    balance(l, LINE_MALLOC_OVERHEAD, lines, EXU_COUNT(lines),
            l->covered[SPAN_ARENA] + l->covered[SPAN_MALLOC]);
    l->lines[LINE_MALLOC_OVERHEAD].count = l->process->malloc->heap_count;
    add_bytes(l, LINE_FRAME_STACKS, l->covered[SPAN_FRAME_STACK], l->process->threads->count);
    add_bytes(l, LINE_STACKS, l->covered[SPAN_STACK], l->process->core->thread_count);
}

/* ---- rows ---- */

static struct exu_error *write_lines(const struct ledger *l, struct exu_store *store)
{
    for (unsigned i = 0; i < LINE_COUNT; i++) {
        char name[96];
        uint64_t resident;
        if (!l->lines[i].bytes)
            continue;
        bool known = line_residency(l, i, &resident);
        if (i < LINE_OBJECTS + EXU_CATEGORY_COUNT)
            snprintf(name, sizeof name, "objects: %s", exu_category_text(i - LINE_OBJECTS));
        else if (i == LINE_OTHER_MALLOC)
            snprintf(name, sizeof name, "%s, with unknown mappings: not broken down",
                     l->process->malloc->name);
        else
            snprintf(name, sizeof name, "%s", names[i]);
        EXU_TRY(EXU_ROW(store, EXU_TABLE_LEDGER, exu_cell_text(name),
                        exu_cell_integer((int64_t)l->lines[i].bytes),
                        exu_cell_integer((int64_t)l->lines[i].count),
                        known ? exu_cell_integer((int64_t)resident) : exu_cell_null()));
    }
    return NULL;
}

static struct exu_error *write_owner(struct exu_store *store, const char *allocator, const char *owner,
                                     const char *library, const struct exu_sum *sum)
{
    if (!sum->count)
        return NULL;
    return EXU_ROW(store, EXU_TABLE_BLOCK_OWNER, exu_cell_text(allocator), exu_cell_text(owner),
                   exu_cell_text(library), exu_cell_integer((int64_t)sum->count),
                   exu_cell_integer((int64_t)sum->bytes));
}

static struct exu_error *write_owners(const struct ledger *l, struct exu_store *store)
{
    const struct {
        const char *name;
        const struct exu_sum *parts, *images, *hints;
    } allocators[] = {{"obmalloc", l->owners->pool, l->owners->pool_images, l->owners->pool_hints},
                      {"malloc", l->owners->malloc, l->owners->malloc_images, l->owners->malloc_hints}};
    const struct exu_core *core = l->process->core;
    for (size_t a = 0; a < EXU_COUNT(allocators); a++) {
        struct exu_sum rest = allocators[a].parts[EXU_PART_UNKNOWN];
        for (size_t i = 0; i < core->image_count; i++) {
            rest.bytes -= allocators[a].hints[i].bytes;
            rest.count -= allocators[a].hints[i].count;
            EXU_TRY(write_owner(store, allocators[a].name, exu_part_text(EXU_PART_UNKNOWN), core->images[i].path,
                                &allocators[a].hints[i]));
        }
        EXU_TRY(write_owner(store, allocators[a].name, exu_part_text(EXU_PART_UNKNOWN), NULL, &rest));
        for (unsigned part = 0; part < EXU_PART_COUNT; part++)
            if (part != EXU_PART_LIBRARY && part != EXU_PART_UNKNOWN)
                EXU_TRY(write_owner(store, allocators[a].name, exu_part_text(part), NULL,
                                    &allocators[a].parts[part]));
        for (size_t i = 0; i < core->image_count; i++)
            if (&core->images[i] != l->process->python->image)
                EXU_TRY(write_owner(store, allocators[a].name, exu_part_text(EXU_PART_LIBRARY),
                                    core->images[i].path, &allocators[a].images[i]));
    }
    return NULL;
}

static struct exu_error *write_pins(const struct ledger *l, struct exu_store *store)
{
    const struct exu_pin *pin;
    exu_vec_each (pin, &l->owners->pins)
        EXU_TRY(EXU_ROW(store, EXU_TABLE_PIN, exu_cell_id((uint64_t)pin->arena + 1), exu_cell_id(pin->object),
                        exu_cell_text(exu_part_text(pin->part)), exu_cell_integer(pin->blocks),
                        exu_cell_integer(pin->bytes)));
    return NULL;
}

struct exu_error *exu_ledger_write(const struct exu_process *process, const struct exu_owners *owners,
                                   struct exu_store *store)
{
    struct ledger l = {.process = process, .owners = owners};
    uint64_t nested = add_arenas(&l);
    add_malloc(&l);
    add_blocks(&l);
    add_frame_stacks(&l);
    add_stacks(&l);
    add_kept_stacks(&l);
    sweep(&l);
    balance_all(&l, nested);
    struct exu_error *error = l.failed ? exu_error_memory() : NULL;
    if (!error)
        error = write_lines(&l, store);
    if (!error)
        error = write_owners(&l, store);
    if (!error)
        error = write_pins(&l, store);
    exu_vec_free(&l.spans);
    exu_vec_free(&l.stacks);
    return error;
}
