/* The free lists of the core types and the trashcan's chains.
 *
 * Where the lists are file statics (2.7 to 3.9) they are found by .symtab alone. Without it nothing is lost but the
 * proof: what stands on them has the reference count 0, and where the link overwrites that (unicode of 2.7), a count
 * beyond all plausible ones. */
#include "heap/free_lists.h"

#include "heap/gc.h"
#include "heap/loop.h"
#include "heap/reader.h"

/* The longest list of 3.11 keeps 2000 objects (PyTuple_MAXFREELIST); a chain far beyond is garbage. The
 * trashcan's chain is as long as the structure that is being torn down is deep. */
#define CHAIN_MAX 65536
#define TRASH_MAX 100000000
#define UNCOUNTED_MAX 100000000
/* Of all interpreters together. */
#define THREADS_MAX 65536
#define INTERPRETERS_MAX 4096

struct lists {
    struct exu_reader reader;
    const struct exu_layout *layout;
    struct exu_addrset *dead;
    struct exu_anomalies *anomalies;
    uint32_t threads_left;
    bool memory; /* ran out of it */
};

/* False when there is nothing more to add: not an address in the dump, or there already. */
static bool bury(struct lists *s, exu_addr object)
{
    if (exu_addrset_add(s->dead, object))
        return true;
    if (exu_addrset_failed(s->dead))
        s->memory = true;
    return false;
}

static void check_count(const struct lists *s, const struct exu_free_list *list, int64_t expected, uint64_t found)
{
    if (expected < 0 || (uint64_t)expected != found)
        exu_anomaly_add(s->anomalies, list->place, "free-list",
                        "free %s: %llu entries found, the count says %lld", list->name,
                        (unsigned long long)found, (long long)expected);
}

static bool read_count(struct lists *s, const struct exu_free_list *list, uint32_t index, int64_t *ret)
{
    uint32_t narrow;
    uint64_t wide;
    if (list->count_size == 8 && exu_reader_u64(&s->reader, list->count + 8ull * index, &wide))
        *ret = (int64_t)wide;
    else if (list->count_size == 4 && exu_reader_u32(&s->reader, list->count + 4ull * index, &narrow))
        *ret = (int32_t)narrow;
    else
        return false;
    return true;
}

/* The chain whose first one `place` points to. */
static void bury_chain(struct lists *s, const struct exu_free_list *list, exu_addr place, uint32_t index)
{
    exu_addr object;
    int64_t expected = 0;
    uint64_t found = 0, most = list->count ? CHAIN_MAX : UNCOUNTED_MAX;
    if ((list->count && !read_count(s, list, index, &expected)) || !exu_reader_u64(&s->reader, place, &object))
        return;
    while (object && found < most && bury(s, object)) {
        found++;
        if (!exu_reader_u64(&s->reader, object + list->link, &object))
            break;
    }
    if (list->count)
        check_count(s, list, expected, found);
}

/* What lies behind the counted ones in the array is stale. */
static void bury_array(struct lists *s, const struct exu_free_list *list)
{
    int64_t expected;
    if (!read_count(s, list, 0, &expected))
        return;
    uint64_t found = 0;
    for (uint64_t i = 0; expected > 0 && i < (uint64_t)expected && i < list->size / 8; i++) {
        exu_addr object;
        if (!exu_reader_u64(&s->reader, list->place + 8 * i, &object) || !bury(s, object))
            break;
        found++;
    }
    check_count(s, list, expected, found);
}

static void bury_list(void *context, const struct exu_free_list *list)
{
    struct lists *s = context;
    exu_addr object;
    switch (list->shape) {
    case EXU_FREE_CHAINS:
        for (uint32_t i = list->first; i < list->size / list->stride && !s->memory; i++) {
            struct exu_free_list one = *list;
            one.count += (exu_addr)i * (list->count_stride - list->count_size);
            bury_chain(s, &one, list->place + (exu_addr)i * list->stride, i);
        }
        break;
    case EXU_FREE_ARRAY:
        bury_array(s, list);
        break;
    case EXU_FREE_ONE:
        if (exu_reader_u64(&s->reader, list->place, &object) && object)
            bury(s, object);
        break;
    }
}

/* The next of a trashcan's chain. Objects/object.c, _PyTrash_thread_deposit_object, links through _gc_prev, later
 * versions through the reference count or _gc_next; those of the three that are no link are 0, but for flags. */
static bool next_trash(struct lists *s, exu_addr object, exu_addr *ret)
{
    const struct exu_layout *l = s->layout;
    exu_addr gc_head = object - exu_size(l, EXU_sizeof_PyGC_Head);
    const exu_addr links[] = {object + exu_offset(l, EXU_PyObject_ob_refcnt),
                              gc_head + exu_offset(l, EXU_PyGC_Head__gc_next),
                              gc_head + exu_offset(l, EXU_PyGC_Head__gc_prev)};
    for (size_t i = 0; i < EXU_COUNT(links); i++) {
        if (!exu_reader_u64(&s->reader, links[i], ret))
            return false;
        *ret &= ~(exu_addr)3;
        if (*ret)
            break;
    }
    return true;
}

/* Objects without references whose deallocation is put off. */
static void bury_trash(struct lists *s, exu_addr head)
{
    exu_addr object;
    uint64_t found = 0;
    if (!exu_has(s->layout, EXU_sizeof_PyGC_Head) || !exu_reader_u64(&s->reader, head, &object))
        return;
    while (object && found < TRASH_MAX && bury(s, object)) {
        found++;
        if (!next_trash(s, object, &object))
            break;
    }
    if (found)
        exu_anomaly_add(s->anomalies, head, "trashcan", "%llu objects were being deallocated",
                        (unsigned long long)found);
}

static void bury_threads_trash(struct lists *s, exu_addr interpreter)
{
    const struct exu_layout *l = s->layout;
    exu_addr thread;
    if (!exu_has(l, EXU_PyThreadState_trash_delete_later) ||
        !exu_reader_u64(&s->reader, interpreter + exu_offset(l, EXU_PyInterpreterState_threads_head),
                        &thread))
        return;
    struct exu_loop loop = {0};
    while (thread && s->threads_left && !exu_loop_closed(&loop, thread)) {
        s->threads_left--;
        bury_trash(s, thread + exu_offset(l, EXU_PyThreadState_trash_delete_later));
        if (!exu_reader_u64(&s->reader, thread + exu_offset(l, EXU_PyThreadState_next), &thread))
            break;
    }
}

struct exu_error *exu_free_lists(const struct exu_python *python, struct exu_addrset *dead,
                                 struct exu_anomalies *anomalies)
{
    const struct exu_layout *l = &python->layout;
    struct lists s = {.reader = {.memory = python->core->memory},
                      .layout = l,
                      .dead = dead,
                      .anomalies = anomalies,
                      .threads_left = THREADS_MAX};
    exu_addr at, list;
    struct exu_gc_place place;
    if (!exu_place_interpreters(python, &list) || !exu_reader_u64(&s.reader, list, &at))
        return NULL;
    exu_free_lists_shared(python, bury_list, &s);
    struct exu_loop loop = {0};
    for (int left = INTERPRETERS_MAX; at && left && !s.memory && !exu_loop_closed(&loop, at); left--) {
        exu_free_lists_each(python, at, bury_list, &s);
        exu_gc_place(python, at, &place);
        if (place.trash)
            bury_trash(&s, place.trash);
        bury_threads_trash(&s, at);
        if (!exu_reader_u64(&s.reader, at + exu_offset(l, EXU_PyInterpreterState_next), &at))
            break;
    }
    return s.memory ? exu_error_memory() : NULL;
}
