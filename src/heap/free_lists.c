/* The free lists of the core types (3.10-3.12: members of PyInterpreterState) and the trashcan's chains. */
#include "heap/gc.h"

#include "heap/loop.h"
#include "heap/reader.h"

/* The longest list of 3.11 keeps 2000 objects (PyTuple_MAXFREELIST); a chain far beyond is garbage. The
 * trashcan's chain is as long as the structure that is being torn down is deep. */
#define CHAIN_MAX 65536
#define TRASH_MAX 100000000
/* Of all interpreters together. */
#define THREADS_MAX 65536
#define INTERPRETERS_MAX 4096

struct lists {
    struct exu_reader reader;
    const struct exu_layout *layout;
    struct exu_addrset *dead;
    struct exu_anomalies *anomalies;
    exu_addr interpreter;
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

static void check_count(const struct lists *s, const char *name, exu_addr where, int64_t expected,
                        uint64_t found)
{
    if (expected < 0 || (uint64_t)expected != found)
        exu_anomaly_add(s->anomalies, where, "free-list", "%s: %llu entries found, the count says %lld", name,
                        (unsigned long long)found, (long long)expected);
}

static bool read_count(struct lists *s, exu_addr where, int64_t *ret)
{
    uint32_t value;
    if (!exu_reader_u32(&s->reader, where, &value))
        return false;
    *ret = (int32_t)value;
    return true;
}

/* A list linked through a word of the dead objects; `list` is the address of its head pointer. */
static void bury_chain(struct lists *s, const char *name, exu_addr list, exu_addr count, enum exu_field link)
{
    exu_addr object;
    int64_t expected;
    if (!exu_has(s->layout, link) || !read_count(s, count, &expected) ||
        !exu_reader_u64(&s->reader, list, &object))
        return;
    uint64_t found = 0;
    while (object && found < CHAIN_MAX && bury(s, object)) {
        found++;
        if (!exu_reader_u64(&s->reader, object + exu_offset(s->layout, link), &object))
            break;
    }
    check_count(s, name, list, expected, found);
}

/* An array of `numfree` pointers; what lies behind them in the array is stale. */
static void bury_array(struct lists *s, const char *name, enum exu_field list, enum exu_field count)
{
    int64_t expected;
    if (!exu_has(s->layout, list) || !exu_has(s->layout, count) ||
        !read_count(s, s->interpreter + exu_offset(s->layout, count), &expected))
        return;
    exu_addr where = s->interpreter + exu_offset(s->layout, list);
    uint64_t capacity = exu_size(s->layout, list) / 8, found = 0;
    for (uint64_t i = 0; expected > 0 && i < (uint64_t)expected && i < capacity; i++) {
        exu_addr object;
        if (!exu_reader_u64(&s->reader, where + 8 * i, &object) || !bury(s, object))
            break;
        found++;
    }
    check_count(s, name, where, expected, found);
}

static void bury_linked(struct lists *s, const char *name, enum exu_field list, enum exu_field count,
                        enum exu_field link)
{
    if (exu_has(s->layout, list) && exu_has(s->layout, count))
        bury_chain(s, name, s->interpreter + exu_offset(s->layout, list),
                   s->interpreter + exu_offset(s->layout, count), link);
}

/* Python/ceval and Objects/object.c (_PyTrash_thread_deposit_object): objects without references whose
 * deallocation is put off, linked through the _gc_prev of their GC head. */
static void bury_trash(struct lists *s, exu_addr head)
{
    const struct exu_layout *l = s->layout;
    uint32_t head_size = exu_size(l, EXU_sizeof_PyGC_Head);
    exu_addr object;
    uint64_t found = 0;
    if (!head_size || !exu_reader_u64(&s->reader, head, &object))
        return;
    while (object && found < TRASH_MAX && bury(s, object)) {
        found++;
        if (!exu_reader_u64(&s->reader, object - head_size + exu_offset(l, EXU_PyGC_Head__gc_prev), &object))
            break;
        object &= ~(exu_addr)3;
    }
    if (found)
        exu_anomaly_add(s->anomalies, head, "trashcan", "%llu objects were being deallocated",
                        (unsigned long long)found);
}

static void bury_threads_trash(struct lists *s)
{
    const struct exu_layout *l = s->layout;
    exu_addr thread;
    if (!exu_has(l, EXU_PyThreadState_trash_delete_later) ||
        !exu_reader_u64(&s->reader, s->interpreter + exu_offset(l, EXU_PyInterpreterState_threads_head),
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

static void bury_tuples(struct lists *s)
{
    const struct exu_layout *l = s->layout;
    enum exu_field list = EXU_PyInterpreterState_tuple_free_list,
                   count = EXU_PyInterpreterState_tuple_numfree;
    if (!exu_has(l, list) || !exu_has(l, count))
        return;
    uint32_t lists = (uint32_t)exu_min(exu_size(l, list) / 8, exu_size(l, count) / 4);
    for (uint32_t i = 0; i < lists; i++)
        bury_chain(s, "free tuples", s->interpreter + exu_offset(l, list) + 8ull * i,
                   s->interpreter + exu_offset(l, count) + 4ull * i, EXU_PyTupleObject_ob_item);
}

static void bury_interpreter(struct lists *s)
{
    const struct exu_layout *l = s->layout;
    bury_linked(s, "free floats", EXU_PyInterpreterState_float_state_free_list,
                EXU_PyInterpreterState_float_state_numfree, EXU_PyObject_ob_type);
    bury_tuples(s);
    bury_array(s, "free lists", EXU_PyInterpreterState_list_free_list, EXU_PyInterpreterState_list_numfree);
    bury_array(s, "free dicts", EXU_PyInterpreterState_dict_state_free_list,
               EXU_PyInterpreterState_dict_state_numfree);
    bury_array(s, "free dict keys", EXU_PyInterpreterState_dict_state_keys_free_list,
               EXU_PyInterpreterState_dict_state_keys_numfree);
    bury_array(s, "free async generator values", EXU_PyInterpreterState_async_gen_value_freelist,
               EXU_PyInterpreterState_async_gen_value_numfree);
    bury_array(s, "free asend objects", EXU_PyInterpreterState_async_gen_asend_freelist,
               EXU_PyInterpreterState_async_gen_asend_numfree);
    bury_linked(s, "free contexts", EXU_PyInterpreterState_context_freelist,
                EXU_PyInterpreterState_context_numfree, EXU_PyContext_ctx_weakreflist);
    bury_linked(s, "free MemoryErrors", EXU_PyInterpreterState_exc_state_memerrors_freelist,
                EXU_PyInterpreterState_exc_state_memerrors_numfree, EXU_PyBaseExceptionObject_dict);
    exu_addr slice;
    if (exu_has(l, EXU_PyInterpreterState_slice_cache) &&
        exu_reader_u64(&s->reader, s->interpreter + exu_offset(l, EXU_PyInterpreterState_slice_cache),
                       &slice) &&
        slice)
        bury(s, slice);
    if (exu_has(l, EXU_PyInterpreterState_gc_trash_delete_later))
        bury_trash(s, s->interpreter + exu_offset(l, EXU_PyInterpreterState_gc_trash_delete_later));
    bury_threads_trash(s);
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
    exu_addr at;
    if (!exu_reader_u64(&s.reader, python->runtime + exu_offset(l, EXU__PyRuntimeState_interpreters_head),
                        &at))
        return NULL;
    struct exu_loop loop = {0};
    for (int left = INTERPRETERS_MAX; at && left && !s.memory && !exu_loop_closed(&loop, at); left--) {
        s.interpreter = at;
        bury_interpreter(&s);
        if (!exu_reader_u64(&s.reader, at + exu_offset(l, EXU_PyInterpreterState_next), &at))
            break;
    }
    return s.memory ? exu_error_memory() : NULL;
}
