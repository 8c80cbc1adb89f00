#include "heap/gc.h"

#include "base/vec.h"
#include "heap/free_lists.h"
#include "heap/loop.h"
#include "heap/reader.h"

#include <stdlib.h>

/* Interpreters are few; more than this is a loop or garbage. */
#define INTERPRETERS_MAX 4096

/* Include/internal/pycore_gc.h, 3.8 and later: one of the flags that strategy.gc_prev_mask takes off. */
#define PREV_COLLECTING 2u
/* Include/objimpl.h of 2.7 to 3.7, _PyGC_REFS_UNTRACKED. */
#define REFS_UNTRACKED (-2)
/* _PyGC_PREV_MASK_FINALIZED of 3.8 and later, _PyGC_REFS_MASK_FINALIZED of 3.6 and 3.7. */
#define FINALIZED 1u

typedef exu_vec(exu_addr) exu_addr_vec;

struct walk {
    struct exu_reader reader;
    const struct exu_layout *layout;
    struct exu_anomalies *anomalies;
    uint32_t next_offset, prev_offset, head_size;
    uint64_t next_mask, prev_mask;
    uint64_t collecting; /* the flag of nodes whose _gc_prev is no link now; 0 without a collection */
};

static bool links(struct walk *w, exu_addr node, uint64_t *ret_next, uint64_t *ret_prev)
{
    if (node & 3)
        return false;
    const uint8_t *p = exu_reader_at(&w->reader, node, w->head_size);
    if (!p)
        return false;
    *ret_next = exu_load_u64(p + w->next_offset);
    *ret_prev = exu_load_u64(p + w->prev_offset);
    return true;
}

/* During a collection _gc_prev of the collected generation's objects is a copy of the reference count
 * (Modules/gcmodule.c of 3.8+, update_refs), no pointer. */
static bool prev_agrees(const struct walk *w, uint64_t prev, exu_addr before)
{
    return (prev & w->prev_mask) == before || (prev & w->collecting);
}

/* Follows _gc_next from the sentinel while every step is vouched for by _gc_prev. True when the ring closed.
 * `ret_last` is the last good node, `ret_reason` what was wrong after it. */
static bool walk_forward(struct walk *w, exu_addr head, exu_addr_vec *out, exu_addr *ret_last,
                         const char **ret_reason, bool *ret_memory)
{
    uint64_t next, prev;
    exu_addr node = head;
    struct exu_loop loop = {0}; /* for where _gc_prev can't vouch: while a collection is under way */
    *ret_last = head;
    if (!links(w, head, &next, &prev)) {
        *ret_reason = "the head is not readable";
        return false;
    }
    for (;;) {
        exu_addr before = node;
        node = next & w->next_mask;
        if (!links(w, node, &next, &prev)) {
            *ret_reason = "a link leads to a hole";
            return false;
        }
        if (!prev_agrees(w, prev, before)) {
            *ret_reason = "a back link disagrees";
            return false;
        }
        if (node == head)
            return true;
        if (exu_loop_closed(&loop, node)) {
            *ret_reason = "the links form a loop";
            return false;
        }
        if (!exu_vec_push(out, node + w->head_size)) {
            *ret_memory = true;
            return false;
        }
        *ret_last = node;
    }
}

/* From the sentinel's _gc_prev back, each step vouched for by _gc_next, until `stop` (the last node that the
 * forward walk took) or the damage. As both walks take a node only when its neighbour agrees, `stop` is the
 * first node that they can share. */
static bool walk_backward(struct walk *w, exu_addr head, exu_addr stop, exu_addr_vec *out)
{
    uint64_t next, prev;
    exu_addr node = head;
    struct exu_loop loop = {0};
    if (!links(w, head, &next, &prev))
        return true;
    for (;;) {
        exu_addr after = node;
        if (after != head && (prev & w->collecting))
            return true;
        node = prev & w->prev_mask;
        if (node == head || node == stop || exu_loop_closed(&loop, node) || !links(w, node, &next, &prev) ||
            (next & w->next_mask) != after)
            return true;
        if (!exu_vec_push(out, node + w->head_size))
            return false;
    }
}

static struct exu_error *read_generation(struct walk *w, struct exu_generation *g, exu_addr address,
                                         int number)
{
    const struct exu_layout *l = w->layout;
    uint32_t value;
    g->head = address + exu_offset(l, EXU_gc_generation_head);
    if (exu_reader_u32(&w->reader, address + exu_offset(l, EXU_gc_generation_threshold), &value))
        g->threshold = (int32_t)value;
    if (exu_reader_u32(&w->reader, address + exu_offset(l, EXU_gc_generation_count), &value))
        g->count = (int32_t)value;

    exu_addr_vec objects = {0}, tail = {0};
    exu_addr last = g->head;
    const char *reason = "";
    bool memory = false;
    g->closed = walk_forward(w, g->head, &objects, &last, &reason, &memory);
    if (!g->closed && !memory) {
        memory = !walk_backward(w, g->head, last, &tail);
        if (!memory && tail.len) {
            memory = !exu_vec_reserve(&objects, tail.len);
            for (size_t i = tail.len; !memory && i-- > 0;)
                objects.items[objects.len++] = tail.items[i];
        }
        exu_anomaly_add(w->anomalies, last, "gc-ring",
                        "generation %d: %s after %#llx; %zu objects found, %zu of them from the other end",
                        number, reason, (unsigned long long)last, objects.len, tail.len);
    }
    exu_vec_free(&tail);
    if (memory) {
        exu_vec_free(&objects);
        return exu_error_memory();
    }
    g->objects = objects.items;
    g->object_count = objects.len;
    return NULL;
}

static struct exu_error *read_interpreter(struct walk *w, const struct exu_python *python,
                                          struct exu_interpreter *interpreter)
{
    const struct exu_layout *l = w->layout;
    struct exu_gc_place place;
    uint32_t collecting;
    exu_gc_place(python, interpreter->address, &place);
    if (!place.generations)
        return NULL;
    if (place.collecting && exu_reader_u32(&w->reader, place.collecting, &collecting))
        interpreter->collecting = collecting == 1;
    w->collecting = interpreter->collecting ? ~w->prev_mask & PREV_COLLECTING : 0;
    if (interpreter->collecting)
        exu_anomaly_add(w->anomalies, place.generations, "gc-collecting",
                        "a collection was under way: objects may be on lists of the collector's own");
    for (int i = 0; i < EXU_GENERATIONS - 1; i++)
        EXU_TRY(read_generation(w, &interpreter->generations[i],
                                place.generations + (uint64_t)i * exu_size(l, EXU_sizeof_gc_generation), i));
    if (place.permanent)
        EXU_TRY(read_generation(w, &interpreter->generations[EXU_GENERATIONS - 1], place.permanent, EXU_GENERATIONS - 1));
    return NULL;
}

/* PyInterpreterState.id; 2.7 and 3.6 have none: the order in which they were made serves. */
static int64_t interpreter_id(struct walk *w, exu_addr interpreter, size_t order)
{
    uint64_t id;
    if (exu_has(w->layout, EXU_PyInterpreterState_id) &&
        exu_reader_u64(&w->reader, interpreter + exu_offset(w->layout, EXU_PyInterpreterState_id), &id))
        return (int64_t)id;
    return (int64_t)order;
}

/* All interpreters, or of a collector that they share the main one: the last of the list, which grows at its head. */
static struct exu_error *read_collectors(struct walk *w, const struct exu_python *python, struct exu_gc *gc)
{
    for (size_t i = 0; i < gc->interpreter_count; i++)
        gc->interpreters[i].id = interpreter_id(w, gc->interpreters[i].address, gc->interpreter_count - 1 - i);
    switch (python->strategy.gc_place) {
    case EXU_PLACE_INTERPRETER:
        for (size_t i = 0; i < gc->interpreter_count; i++)
            EXU_TRY(read_interpreter(w, python, &gc->interpreters[i]));
        return NULL;
    case EXU_PLACE_STATIC:
    case EXU_PLACE_RUNTIME:
        return gc->interpreter_count
                   ? read_interpreter(w, python, &gc->interpreters[gc->interpreter_count - 1])
                   : NULL;
    case EXU_PLACE_NONE:
    case EXU_PLACE_POINTER:
        break;
    }
    return exu_error_new(EXU_ERROR_INPUT, "the place of the collector's lists is not known for this interpreter");
}

static struct exu_error *read_interpreters(struct exu_gc *gc, const struct exu_python *python,
                                           struct exu_anomalies *anomalies)
{
    const struct exu_layout *l = &python->layout;
    struct walk w = {
        .reader = {.memory = python->core->memory},
        .layout = l,
        .anomalies = anomalies,
        .next_offset = exu_offset(l, EXU_PyGC_Head__gc_next),
        .prev_offset = exu_offset(l, EXU_PyGC_Head__gc_prev),
        .head_size = exu_size(l, EXU_sizeof_PyGC_Head),
        .next_mask = python->strategy.gc_next_mask,
        .prev_mask = python->strategy.gc_prev_mask,
    };
    if (w.head_size < 16 || w.next_offset > w.head_size - 8 || w.prev_offset > w.head_size - 8)
        return exu_error_new(EXU_ERROR_INPUT, "the layout of PyGC_Head is not known for this interpreter");

    exu_vec(struct exu_interpreter) interpreters = {0};
    exu_addr at = 0, list;
    uint64_t next;
    if (exu_place_interpreters(python, &list))
        exu_reader_u64(&w.reader, list, &at);
    while (at) {
        bool seen = interpreters.len >= INTERPRETERS_MAX;
        for (size_t i = 0; !seen && i < interpreters.len; i++)
            seen = interpreters.items[i].address == at;
        if (seen || (at & 7) ||
            !exu_reader_u64(&w.reader, at + exu_offset(l, EXU_PyInterpreterState_next), &next)) {
            exu_anomaly_add(anomalies, at, "interpreter-list", "the list of interpreters breaks after %zu",
                            interpreters.len);
            break;
        }
        if (!exu_vec_push(&interpreters, (struct exu_interpreter){.address = at}))
            return exu_vec_free(&interpreters), exu_error_memory();
        at = next;
    }
    gc->interpreters = interpreters.items;
    gc->interpreter_count = interpreters.len;
    return read_collectors(&w, python, gc);
}

struct free_places {
    exu_vec(struct exu_free_place) items;
    bool memory;
};

static void add_free_place(void *context, const struct exu_free_list *list)
{
    struct free_places *places = context;
    places->memory |= !exu_vec_push(&places->items, (struct exu_free_place){list->place, list->place + list->size});
}

static struct exu_error *read_free_places(struct exu_gc *gc, const struct exu_python *python)
{
    struct free_places places = {0};
    exu_free_lists_shared(python, add_free_place, &places);
    for (size_t i = 0; i < gc->interpreter_count; i++)
        exu_free_lists_each(python, gc->interpreters[i].address, add_free_place, &places);
    gc->free_places = places.items.items;
    gc->free_place_count = places.items.len;
    return places.memory ? exu_error_memory() : NULL;
}

bool exu_gc_in_free_list(const struct exu_gc *gc, exu_addr address)
{
    for (size_t i = 0; i < gc->free_place_count; i++)
        if (address >= gc->free_places[i].start && address < gc->free_places[i].end)
            return true;
    return false;
}

struct exu_error *exu_gc_open(struct exu_gc **ret, const struct exu_python *python,
                              struct exu_anomalies *anomalies)
{
    struct exu_gc *gc = calloc(1, sizeof *gc);
    if (!gc)
        return exu_error_memory();
    struct exu_error *error = read_interpreters(gc, python, anomalies);
    if (!error)
        error = read_free_places(gc, python);
    if (error) {
        exu_gc_close(gc);
        return error;
    }
    *ret = gc;
    return NULL;
}

bool exu_gc_tracked(const struct exu_python *python, exu_addr object, bool *ret)
{
    const struct exu_layout *l = &python->layout;
    const struct exu_memory *m = python->core->memory;
    exu_addr head = object - exu_size(l, EXU_sizeof_PyGC_Head);
    uint64_t word;
    switch (python->strategy.gc_head) {
    case EXU_GC_HEAD_LINKS:
        if (!exu_memory_u64(m, head + exu_offset(l, EXU_PyGC_Head__gc_next), &word))
            return false;
        *ret = word != 0;
        return true;
    case EXU_GC_HEAD_REFS_27:
        if (!exu_memory_u64(m, head + exu_offset(l, EXU_PyGC_Head_gc_refs), &word))
            return false;
        *ret = (int64_t)word != REFS_UNTRACKED;
        return true;
    case EXU_GC_HEAD_REFS_36:
        if (!exu_memory_u64(m, head + exu_offset(l, EXU_PyGC_Head_gc_refs), &word))
            return false;
        *ret = (int64_t)word >> 1 != REFS_UNTRACKED;
        return true;
    }
    return false;
}

bool exu_gc_finalized(const struct exu_python *python, exu_addr object, bool *ret)
{
    const struct exu_layout *l = &python->layout;
    exu_addr head = object - exu_size(l, EXU_sizeof_PyGC_Head);
    uint64_t word = 0;
    switch (python->strategy.gc_head) {
    case EXU_GC_HEAD_LINKS:
        if (!exu_memory_u64(python->core->memory, head + exu_offset(l, EXU_PyGC_Head__gc_prev), &word))
            return false;
        break;
    case EXU_GC_HEAD_REFS_36:
        if (!exu_memory_u64(python->core->memory, head + exu_offset(l, EXU_PyGC_Head_gc_refs), &word))
            return false;
        break;
    case EXU_GC_HEAD_REFS_27:
        break;
    }
    *ret = word & FINALIZED;
    return true;
}

void exu_gc_close(struct exu_gc *gc)
{
    if (!gc)
        return;
    for (size_t i = 0; i < gc->interpreter_count; i++)
        for (int g = 0; g < EXU_GENERATIONS; g++)
            free(gc->interpreters[i].generations[g].objects);
    free(gc->interpreters);
    free(gc->free_places);
    free(gc);
}
