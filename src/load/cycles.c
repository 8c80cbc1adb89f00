#include "load/cycles.h"

#include "model/finalizer.h"

#include <stdlib.h>
#include <string.h>

/* Steps kept of one cycle, edges looked at for it, and members tried as its start. */
#define STEPS_MOST 64
#define SEARCH_MOST 100000
#define STARTS_MOST 16

static struct exu_strong_edges edges_of(const struct exu_process *p, const struct exu_facts *facts)
{
    return (struct exu_strong_edges){facts->first, facts->targets, p->count};
}

/* Include/object.h of 3.12 and later: a count that is negative as 32 bits is an immortal's. */
static int32_t refs_of(const void *process, uint32_t id)
{
    const struct exu_process *p = process;
    struct exu_object o;
    if (!exu_object_at(p->model, exu_address(p, id), &o))
        return EXU_REFS_FOR_EVER;
    uint64_t count = exu_object_refcount(&o);
    if ((p->python->strategy.immortal && (int32_t)(uint32_t)count < 0) || count >= EXU_REFS_FOR_EVER)
        return EXU_REFS_FOR_EVER;
    return (int32_t)count;
}

static void keep(const struct exu_process *p, exu_addr address, int32_t *refs)
{
    uint32_t id = exu_id(p, address);
    if (id && refs[id] != EXU_REFS_UNTRACKED)
        refs[id] = EXU_REFS_FOR_EVER;
}

static void keep_unvisited(const struct exu_process *p, int32_t *refs)
{
    for (size_t i = 0; i < p->model->types.len; i++) {
        struct exu_object o;
        exu_addr subclasses, slots;
        if (!exu_object_at(p->model, p->model->types.items[i]->address, &o))
            continue;
        exu_type_unvisited(&o, &subclasses, &slots);
        keep(p, subclasses, refs);
        keep(p, slots, refs);
    }
}

struct exu_error *exu_cycles_find(struct exu_process *process, const struct exu_facts *facts,
                                  struct exu_garbage *ret)
{
    int32_t *refs = malloc(((size_t)process->count + 1) * sizeof *refs);
    if (!refs)
        return exu_error_memory();
    for (uint32_t id = 0; id <= process->count; id++)
        refs[id] = EXU_REFS_UNTRACKED;
    for (size_t i = 0; i < process->gc->interpreter_count; i++)
        for (unsigned g = 0; g < EXU_GENERATIONS; g++) {
            const struct exu_generation *generation = &process->gc->interpreters[i].generations[g];
            for (size_t j = 0; j < generation->object_count; j++) {
                uint32_t id = exu_id(process, generation->objects[j]);
                if (id) /* the permanent generation is never collected */
                    refs[id] = g == EXU_GENERATIONS - 1 ? EXU_REFS_FOR_EVER : refs_of(process, id);
            }
        }
    keep_unvisited(process, refs);
    struct exu_strong_edges edges = edges_of(process, facts);
    struct exu_error *error = exu_garbage_find(ret, &edges, refs);
    if (!error)
        error = exu_garbage_hang(ret, &edges, refs, refs_of, process);
    free(refs);
    if (!error && ret->overdrawn)
        exu_anomaly_add(&process->anomalies, 0, "overdrawn",
                        "%llu objects count fewer references than were found: a memory error in the process, "
                        "or in exuvia",
                        (unsigned long long)ret->overdrawn);
    return error;
}

/* ---- rows ---- */

struct cycle {
    uint64_t objects, bytes;
    uint32_t start; /* the member that says most */
    uint8_t rank, generation;
};

struct cycles {
    const struct exu_process *process;
    const struct exu_facts *facts;
    struct exu_garbage *garbage;
    struct exu_strong_edges edges;
    struct cycle *rows; /* from 1 */
    uint32_t *members;  /* ids; those that hang on a cycle stand from `unreachable` on */
    size_t member_count, unreachable;
    uint8_t *uncollectable; /* by id */
    uint32_t *scratch;
};

/* How much an object says about why there is a cycle: the lower the more. */
static uint8_t rank_of(const struct exu_process *p, uint32_t id)
{
    static const uint32_t order[] = {EXU_IS_EXCEPTION, EXU_IS_FRAME, EXU_IS_TRACEBACK, EXU_IS_GENERATOR};
    struct exu_object o;
    if (!exu_object_at(p->model, exu_address(p, id), &o))
        return UINT8_MAX;
    for (uint8_t i = 0; i < EXU_COUNT(order); i++)
        if (o.type->classes & order[i])
            return i;
    return o.type->heap && !(o.type->classes & EXU_IS_TYPE) ? EXU_COUNT(order) : EXU_COUNT(order) + 1;
}

static void count_in(struct cycles *c, uint32_t id, uint32_t number)
{
    c->rows[number].objects++;
    c->rows[number].bytes += c->facts->footprint[id];
}

/* What only members reach, though the collector does not track it (str, bytes, ints ...), goes to the first
 * that does: more than the counts say, as references that are not counted lead to it, too. */
static void add_hanging(struct cycles *c, const struct exu_paths *paths)
{
    uint32_t *queue = c->members;
    size_t len = 0;
    for (uint32_t id = 1; id <= c->process->count; id++)
        if (c->garbage->cycle[id] && !c->garbage->hanging[id])
            queue[len++] = id;
    c->unreachable = len;
    for (uint32_t id = 1; id <= c->process->count; id++)
        if (c->garbage->hanging[id])
            queue[len++] = id;
    for (size_t at = 0; at < len; at++) {
        uint32_t id = queue[at], number = c->garbage->cycle[id];
        count_in(c, id, number);
        for (uint64_t i = c->edges.first[id]; i < c->edges.first[id + 1]; i++) {
            uint32_t to = c->edges.targets[i];
            if (c->garbage->cycle[to] || paths->distance[to] != EXU_UNREACHED)
                continue;
            c->garbage->cycle[to] = number;
            queue[len++] = to;
        }
    }
    c->member_count = len;
}

static void choose_starts(struct cycles *c)
{
    for (uint32_t id = 1; id <= c->process->count; id++) {
        struct cycle *row = &c->rows[c->garbage->cycle[id]];
        if (!c->garbage->cycle[id] || c->garbage->hanging[id])
            continue;
        uint8_t rank = rank_of(c->process, id);
        if (!row->start || rank < row->rank) {
            row->start = id;
            row->rank = rank;
        }
    }
    for (size_t i = 0; i < c->process->gc->interpreter_count; i++)
        for (unsigned g = 0; g < EXU_GENERATIONS; g++) {
            const struct exu_generation *generation = &c->process->gc->interpreters[i].generations[g];
            for (size_t j = 0; j < generation->object_count; j++) {
                struct cycle *row = &c->rows[c->garbage->cycle[exu_id(c->process, generation->objects[j])]];
                if (row != c->rows && g > row->generation)
                    row->generation = (uint8_t)g;
            }
        }
}

/* The way round from the start; where that hangs on a cycle without being in one, from what it refers to. */
static size_t way_round(struct cycles *c, uint32_t number, uint32_t *way)
{
    uint32_t start = c->rows[number].start;
    size_t length = exu_garbage_cycle(c->garbage, &c->edges, start, way, STEPS_MOST, SEARCH_MOST, c->scratch);
    for (unsigned tries = 0; !length && tries < STARTS_MOST; tries++) {
        uint64_t i = c->edges.first[start];
        while (i < c->edges.first[start + 1] && c->garbage->cycle[c->edges.targets[i]] != number)
            i++;
        if (i == c->edges.first[start + 1])
            break;
        start = c->edges.targets[i];
        length = exu_garbage_cycle(c->garbage, &c->edges, start, way, STEPS_MOST, SEARCH_MOST, c->scratch);
    }
    return length;
}

/* move_legacy_finalizer_reachable (2.7: move_finalizer_reachable): from an object with a finalizer of the old
 * kind the collector keeps its hands, and from what it leads to. `set` begins with such objects and has room
 * for all. */
static size_t spread_untouched(struct cycles *c, uint32_t *set, size_t len)
{
    for (size_t at = 0; at < len; at++)
        for (uint64_t i = c->edges.first[set[at]]; i < c->edges.first[set[at] + 1]; i++) {
            uint32_t to = c->edges.targets[i];
            if (!c->garbage->cycle[to] || c->uncollectable[to])
                continue;
            c->uncollectable[to] = 1;
            set[len++] = to;
        }
    return len;
}

/* The others are cleared: what they alone held goes, and what that alone held. Left is what hangs on a way
 * round that none of them is part of. `holders`: zeroed words, by id. */
static void free_held_by_none(struct cycles *c, uint32_t *set, size_t len, uint32_t *holders)
{
    size_t end = 0;
    for (size_t at = 0; at < len; at++)
        for (uint64_t i = c->edges.first[set[at]]; i < c->edges.first[set[at] + 1]; i++)
            holders[c->edges.targets[i]]++;
    for (size_t at = 0; at < len; at++)
        if (!holders[set[at]])
            set[end++] = set[at];
    for (size_t at = 0; at < end; at++) {
        c->uncollectable[set[at]] = 0;
        for (uint64_t i = c->edges.first[set[at]]; i < c->edges.first[set[at] + 1]; i++) {
            uint32_t to = c->edges.targets[i];
            if (--holders[to] == 0 && c->uncollectable[to])
                set[end++] = to;
        }
    }
}

static void find_uncollectable(struct cycles *c, struct exu_finalizers *finalizers)
{
    size_t width = (size_t)c->process->count + 1, len = 0;
    uint32_t *set = c->scratch; /* twice as wide as all objects, and zeroed again */
    struct exu_object o;
    struct exu_finalizer f;
    for (size_t i = 0; i < c->unreachable; i++) {
        uint32_t id = c->members[i];
        if (!exu_object_at(c->process->model, exu_address(c->process, id), &o) ||
            !exu_finalizer_pending(finalizers, &o, &f) || !f.stuck)
            continue;
        c->uncollectable[id] = 1;
        set[len++] = id;
    }
    len = spread_untouched(c, set, len);
    free_held_by_none(c, set, len, c->scratch + width);
    memset(c->scratch, 0, 2 * width * sizeof *c->scratch);
}

struct callbacks {
    struct cycles *cycles;
    struct exu_store *store;
    uint32_t id;
    struct exu_error *error;
};

/* handle_weakrefs: no callback of a weak reference that is unreachable itself. */
static void on_callback(void *context, exu_addr weakref, exu_addr callback)
{
    struct callbacks *k = context;
    const struct cycles *c = k->cycles;
    uint32_t from = exu_id(c->process, weakref);
    if (k->error || !from || c->garbage->cycle[from])
        return;
    k->error = EXU_ROW(k->store, EXU_TABLE_FINALIZER, exu_cell_id(k->id),
                       exu_cell_id(c->garbage->cycle[k->id]), exu_cell_text("callback"),
                       exu_cell_id(exu_id(c->process, callback)), exu_cell_id(from), exu_cell_integer(0));
}

/* handle_weakrefs and finalize_garbage; what hangs on the members runs its own when it is freed. */
static struct exu_error *write_finalizers(struct cycles *c, struct exu_finalizers *finalizers,
                                          struct exu_store *store)
{
    find_uncollectable(c, finalizers);
    for (size_t i = 0; i < c->member_count; i++) {
        struct callbacks k = {c, store, c->members[i], NULL};
        struct exu_object o;
        struct exu_finalizer f;
        bool stays = c->uncollectable[k.id];
        if (!exu_object_at(c->process->model, exu_address(c->process, k.id), &o))
            continue;
        if (!stays)
            exu_weak_callbacks(&o, on_callback, &k);
        EXU_TRY(k.error);
        if (exu_finalizer_pending(finalizers, &o, &f))
            EXU_TRY(EXU_ROW(store, EXU_TABLE_FINALIZER, exu_cell_id(k.id),
                            exu_cell_id(c->garbage->cycle[k.id]), exu_cell_text(f.kind),
                            exu_cell_id(exu_id(c->process, f.function)), exu_cell_null(),
                            exu_cell_integer(stays)));
    }
    return finalizers->failed ? exu_error_memory() : NULL;
}

static struct exu_error *write_rows(struct cycles *c, struct exu_store *store)
{
    for (uint32_t n = 1; n <= c->garbage->cycle_count; n++) {
        const struct cycle *row = &c->rows[n];
        EXU_TRY(EXU_ROW(store, EXU_TABLE_CYCLE, exu_cell_id(n), exu_cell_integer((int64_t)row->objects),
                        exu_cell_integer((int64_t)row->bytes), exu_cell_integer(row->generation),
                        exu_cell_id(row->start)));
        uint32_t way[STEPS_MOST];
        size_t length = way_round(c, n, way);
        for (size_t i = 0; i < length; i++)
            EXU_TRY(EXU_ROW(store, EXU_TABLE_CYCLE_STEP, exu_cell_id(n), exu_cell_integer((int64_t)i),
                            exu_cell_id(way[i])));
    }
    for (size_t i = 0; i < c->member_count; i++)
        EXU_TRY(EXU_ROW(store, EXU_TABLE_CYCLE_MEMBER, exu_cell_id(c->members[i]),
                        exu_cell_id(c->garbage->cycle[c->members[i]]), exu_cell_integer(i >= c->unreachable),
                        exu_cell_integer(c->uncollectable[c->members[i]])));
    return NULL;
}

struct exu_error *exu_cycles_write(const struct exu_process *process, const struct exu_facts *facts,
                                   const struct exu_paths *paths, struct exu_garbage *garbage,
                                   struct exu_store *store)
{
    if (!garbage->cycle_count)
        return NULL;
    struct cycles c = {.process = process,
                       .facts = facts,
                       .garbage = garbage,
                       .edges = edges_of(process, facts),
                       .rows = calloc((size_t)garbage->cycle_count + 1, sizeof *c.rows),
                       .scratch = calloc(EXU_CYCLE_SCRATCH(process->count), sizeof *c.scratch)};
    c.members = calloc((size_t)process->count + 1, sizeof *c.members);
    c.uncollectable = calloc((size_t)process->count + 1, sizeof *c.uncollectable);
    struct exu_error *error = c.rows && c.members && c.scratch && c.uncollectable ? NULL : exu_error_memory();
    if (!error) {
        struct exu_finalizers finalizers = {.model = process->model};
        choose_starts(&c);
        add_hanging(&c, paths);
        error = write_finalizers(&c, &finalizers, store);
        exu_finalizers_deinit(&finalizers);
        if (!error)
            error = write_rows(&c, store);
    }
    free(c.rows);
    free(c.uncollectable);
    free(c.members);
    free(c.scratch);
    return error;
}
