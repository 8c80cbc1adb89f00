/* The collector's rings, the free lists and the trashcan in a hand-made process. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "heap/gc.h"

#define BASE 0x7f0000000000ull
#define BYTES 65536u
/* Places in the one segment. */
#define RUNTIME 0x0u
#define INTERPRETER 0x100u
#define THREAD 0x800u
#define NODES 0x1000u
#define NODE_SIZE 64u
/* Offsets inside PyInterpreterState. */
#define THREADS 8u
#define GENERATIONS 0x40u
#define PERMANENT 0x90u
#define COLLECTING 0xb0u
#define FLOATS 0xc0u
#define TUPLES 0xd0u
#define LISTS 0x100u
#define SLICE 0x140u

struct world {
    struct exu_memory *memory;
    struct exu_anomalies anomalies;
    struct exu_core core;
    struct exu_python *python;
    struct exu_gc *gc;
    struct exu_addrset *dead;
    uint8_t *bytes;
};

static void put64(struct world *w, uint32_t at, uint64_t value)
{
    memcpy(w->bytes + at, &value, 8);
}

static void put32(struct world *w, uint32_t at, uint32_t value)
{
    memcpy(w->bytes + at, &value, 4);
}

static uint64_t get64(const struct world *w, uint32_t at)
{
    return exu_load_u64(w->bytes + at);
}

static uint32_t node(uint32_t number)
{
    return NODES + number * NODE_SIZE;
}

static exu_addr object(uint32_t number)
{
    return BASE + node(number) + 16;
}

static uint32_t head(uint32_t generation)
{
    return INTERPRETER + (generation == 3 ? PERMANENT : GENERATIONS + 24 * generation);
}

/* Nodes first..first+count-1 become the ring of that generation. */
static void make_ring(struct world *w, uint32_t generation, uint32_t first, uint32_t count)
{
    uint32_t before = head(generation);
    for (uint32_t i = 0; i < count; i++) {
        put64(w, before, BASE + node(first + i));
        put64(w, node(first + i) + 8, BASE + before);
        before = node(first + i);
    }
    put64(w, before, BASE + head(generation));
    put64(w, head(generation) + 8, BASE + before);
}

static void set_slot(struct exu_layout *l, enum exu_field f, uint32_t offset, uint32_t size)
{
    l->slot[f] = (struct exu_slot){.offset = offset, .size = size};
}

static void make_layout(struct exu_layout *l)
{
    set_slot(l, EXU_sizeof_PyGC_Head, 0, 16);
    set_slot(l, EXU_PyGC_Head__gc_next, 0, 8);
    set_slot(l, EXU_PyGC_Head__gc_prev, 8, 8);
    set_slot(l, EXU_sizeof_gc_generation, 0, 24);
    set_slot(l, EXU_gc_generation_head, 0, 16);
    set_slot(l, EXU_gc_generation_threshold, 16, 4);
    set_slot(l, EXU_gc_generation_count, 20, 4);
    set_slot(l, EXU__PyRuntimeState_interpreters_head, 8, 8);
    set_slot(l, EXU_PyInterpreterState_next, 0, 8);
    set_slot(l, EXU_PyInterpreterState_threads_head, THREADS, 8);
    set_slot(l, EXU_PyInterpreterState_id, 16, 8);
    set_slot(l, EXU_PyInterpreterState_gc_generations, GENERATIONS, 72);
    set_slot(l, EXU_PyInterpreterState_gc_permanent_generation, PERMANENT, 24);
    set_slot(l, EXU_PyInterpreterState_gc_collecting, COLLECTING, 4);
    set_slot(l, EXU_PyInterpreterState_float_state_free_list, FLOATS, 8);
    set_slot(l, EXU_PyInterpreterState_float_state_numfree, FLOATS + 8, 4);
    set_slot(l, EXU_PyInterpreterState_tuple_free_list, TUPLES, 16);
    set_slot(l, EXU_PyInterpreterState_tuple_numfree, TUPLES + 16, 8);
    set_slot(l, EXU_PyInterpreterState_list_free_list, LISTS, 32);
    set_slot(l, EXU_PyInterpreterState_list_numfree, LISTS + 32, 4);
    set_slot(l, EXU_PyInterpreterState_slice_cache, SLICE, 8);
    set_slot(l, EXU_PyObject_ob_type, 8, 8);
    set_slot(l, EXU_PyTupleObject_ob_item, 24, 8);
    set_slot(l, EXU_PyThreadState_next, 0, 8);
    set_slot(l, EXU_PyThreadState_trash_delete_later, 8, 8);
}

static void make_world(struct world *w)
{
    memset(w, 0, sizeof *w);
    exu_anomalies_init(&w->anomalies);
    w->bytes = calloc(1, BYTES);
    w->python = calloc(1, sizeof *w->python);
    assert_true(w->bytes && w->python);
    make_layout(&w->python->layout);
    assert_true(exu_strategy_choose(&w->python->strategy, 0x030b07f0));
    w->python->runtime = BASE + RUNTIME;
    put64(w, RUNTIME + 8, BASE + INTERPRETER);
    put64(w, INTERPRETER + 16, 7);
    put64(w, INTERPRETER + THREADS, BASE + THREAD);
    for (uint32_t g = 0; g < 4; g++)
        make_ring(w, g, 0, 0);
    make_ring(w, 0, 0, 5);
    make_ring(w, 2, 10, 100);
    put32(w, head(0) + 16, 700);
    put32(w, head(0) + 20, 42);

    uint32_t mapping;
    assert_null(exu_memory_create(&w->memory));
    assert_null(exu_memory_add_mapping(
        w->memory, &(struct exu_mapping){.start = BASE, .end = BASE + BYTES, .perms = 6, .kind = "anonymous"},
        &mapping));
    assert_null(exu_memory_add_segment(
        w->memory,
        &(struct exu_segment){
            .start = BASE, .end = BASE + BYTES, .bytes = w->bytes, .mapping = mapping, .perms = 6}));
    assert_null(exu_memory_seal(w->memory, &w->anomalies));
    w->core.memory = w->memory;
    w->python->core = &w->core;
    assert_null(exu_addrset_create(&w->dead, w->memory));
}

static void open_world(struct world *w)
{
    assert_null(exu_gc_open(&w->gc, w->python, &w->anomalies));
    assert_int_equal(w->gc->interpreter_count, 1);
}

static void free_world(struct world *w)
{
    exu_gc_close(w->gc);
    exu_addrset_destroy(w->dead);
    exu_memory_destroy(w->memory);
    exu_anomalies_deinit(&w->anomalies);
    free(w->bytes);
    free(w->python);
}

static uint64_t anomalies_of(const struct world *w, const char *kind)
{
    for (size_t i = 0; i < w->anomalies.kind_count; i++)
        if (strcmp(w->anomalies.kinds[i].kind, kind) == 0)
            return w->anomalies.kinds[i].count;
    return 0;
}

static void walks_rings(void **state)
{
    (void)state;
    struct world w;
    make_world(&w);
    /* The flags of a finalized object are no part of the links. */
    put64(&w, node(2) + 8, get64(&w, node(2) + 8) | 1);
    open_world(&w);
    const struct exu_interpreter *i = &w.gc->interpreters[0];
    assert_int_equal(exu_anomaly_total(&w.anomalies), 0);
    assert_int_equal(i->id, 7);
    assert_false(i->collecting);
    assert_int_equal(i->generations[0].object_count, 5);
    assert_int_equal(i->generations[0].threshold, 700);
    assert_int_equal(i->generations[0].count, 42);
    assert_int_equal(i->generations[0].objects[0], object(0));
    assert_int_equal(i->generations[0].objects[4], object(4));
    assert_int_equal(i->generations[1].object_count, 0);
    assert_int_equal(i->generations[2].object_count, 100);
    assert_int_equal(i->generations[3].object_count, 0);
    for (int g = 0; g < 4; g++)
        assert_true(i->generations[g].closed);
    free_world(&w);
}

/* One bad link: all but what lies next to it is found, from both ends, in order and once. */
static void walks_broken_rings_from_both_ends(void **state)
{
    (void)state;
    static const uint64_t wild[] = {0, 1, 0x1234567890ull, UINT64_MAX, BASE + NODES + 11 * NODE_SIZE};
    for (size_t n = 0; n < EXU_COUNT(wild); n++) {
        struct world w;
        make_world(&w);
        put64(&w, node(50), wild[n]); /* _gc_next of the 41st */
        open_world(&w);
        const struct exu_generation *g = &w.gc->interpreters[0].generations[2];
        assert_false(g->closed);
        assert_int_equal(anomalies_of(&w, "gc-ring"), 1);
        assert_int_equal(g->object_count, 100);
        for (uint32_t i = 0; i < 100; i++)
            assert_int_equal(g->objects[i], object(10 + i));
        free_world(&w);
    }
    struct world w;
    make_world(&w);
    memset(w.bytes + node(50), 0, NODE_SIZE); /* a node is gone altogether */
    open_world(&w);
    const struct exu_generation *g = &w.gc->interpreters[0].generations[2];
    assert_int_equal(g->object_count, 99);
    assert_int_equal(g->objects[39], object(49));
    assert_int_equal(g->objects[40], object(51));
    free_world(&w);
}

/* While a collection runs, _gc_prev holds counts; loops must end all the same. */
static void walks_while_collecting(void **state)
{
    (void)state;
    struct world w;
    make_world(&w);
    put32(&w, INTERPRETER + COLLECTING, 1);
    for (uint32_t i = 0; i < 5; i++) {
        put64(&w, node(i) + 8, 3 << 2 | 2);
        put64(&w, node(i), get64(&w, node(i)) | 1);
    }
    open_world(&w);
    assert_true(w.gc->interpreters[0].collecting);
    assert_int_equal(w.gc->interpreters[0].generations[0].object_count, 5);
    assert_true(w.gc->interpreters[0].generations[0].closed);
    free_world(&w);

    make_world(&w);
    put32(&w, INTERPRETER + COLLECTING, 1);
    for (uint32_t i = 0; i < 5; i++)
        put64(&w, node(i) + 8, 3 << 2 | 2);
    put64(&w, node(4), BASE + node(1));
    open_world(&w);
    assert_false(w.gc->interpreters[0].generations[0].closed);
    assert_int_equal(anomalies_of(&w, "gc-ring"), 1);
    free_world(&w);
}

/* xorshift64: the same damage on every run. */
static uint64_t random_word(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* Whatever is wrong, every walk ends and finds no more than there can be. */
static void survives_random_damage(void **state)
{
    (void)state;
    uint64_t seed = 88172645463325252ull;
    for (int round = 0; round < 500; round++) {
        struct world w;
        make_world(&w);
        put32(&w, INTERPRETER + COLLECTING, round & 1);
        for (uint64_t n = 1 + random_word(&seed) % 8; n; n--) {
            uint64_t value = random_word(&seed);
            uint32_t where = random_word(&seed) % 3 ? node((uint32_t)(random_word(&seed) % 110)) +
                                                          8 * (uint32_t)(value >> 60 & 1)
                                                    : INTERPRETER + (uint32_t)(random_word(&seed) % 40) * 8;
            put64(&w, where, value & 1 ? value : BASE + node((uint32_t)(value >> 8) % 110));
        }
        assert_null(exu_gc_open(&w.gc, w.python, &w.anomalies));
        for (size_t i = 0; i < w.gc->interpreter_count; i++)
            for (int g = 0; g < EXU_GENERATIONS; g++)
                assert_true(w.gc->interpreters[i].generations[g].object_count <= BYTES / 16);
        assert_null(exu_free_lists(w.python, w.dead, &w.anomalies));
        free_world(&w);
    }
}

static void interpreters_that_loop(void **state)
{
    (void)state;
    struct world w;
    make_world(&w);
    put64(&w, INTERPRETER, BASE + INTERPRETER);
    open_world(&w);
    assert_int_equal(anomalies_of(&w, "interpreter-list"), 1);
    assert_null(exu_free_lists(w.python, w.dead, &w.anomalies));
    free_world(&w);
}

static void buries_free_lists(void **state)
{
    (void)state;
    struct world w;
    make_world(&w);
    /* Two floats through ob_type, three tuples of size 1 through ob_item[0], one of size 2, two lists, a
     * slice. */
    put64(&w, INTERPRETER + FLOATS, object(200));
    put64(&w, node(200) + 16 + 8, object(201));
    put32(&w, INTERPRETER + FLOATS + 8, 2);
    put64(&w, INTERPRETER + TUPLES, object(202));
    put64(&w, node(202) + 16 + 24, object(203));
    put64(&w, node(203) + 16 + 24, object(204));
    put64(&w, INTERPRETER + TUPLES + 8, object(205));
    put32(&w, INTERPRETER + TUPLES + 16, 3);
    put32(&w, INTERPRETER + TUPLES + 20, 1);
    put64(&w, INTERPRETER + LISTS, object(206));
    put64(&w, INTERPRETER + LISTS + 8, object(207));
    put64(&w, INTERPRETER + LISTS + 16, object(208)); /* stale: behind numfree */
    put32(&w, INTERPRETER + LISTS + 32, 2);
    put64(&w, INTERPRETER + SLICE, object(209));
    /* The trashcan: two objects linked through _gc_prev. */
    put64(&w, THREAD + 8, object(210));
    put64(&w, node(210) + 8, object(211));
    assert_null(exu_free_lists(w.python, w.dead, &w.anomalies));
    assert_int_equal(anomalies_of(&w, "free-list"), 0);
    assert_int_equal(anomalies_of(&w, "trashcan"), 1);
    assert_int_equal(exu_addrset_count(w.dead), 11);
    for (uint32_t i = 200; i <= 211; i++)
        assert_int_equal(exu_addrset_has(w.dead, object(i)), i != 208);
    free_world(&w);
}

static void damaged_free_lists(void **state)
{
    (void)state;
    struct world w;
    make_world(&w);
    put64(&w, INTERPRETER + FLOATS, object(200)); /* a loop */
    put64(&w, node(200) + 16 + 8, object(200));
    put32(&w, INTERPRETER + FLOATS + 8, 2);
    put64(&w, INTERPRETER + TUPLES, 0x4444); /* a hole */
    put32(&w, INTERPRETER + TUPLES + 16, 3);
    put32(&w, INTERPRETER + LISTS + 32, UINT32_MAX); /* negative */
    assert_null(exu_free_lists(w.python, w.dead, &w.anomalies));
    assert_int_equal(anomalies_of(&w, "free-list"), 3);
    assert_int_equal(exu_addrset_count(w.dead), 1);
    free_world(&w);
}

/* 3.7: one collector in _PyRuntime for all interpreters, heads of 32 bytes that count references. */
static void walks_the_shared_collector(void **state)
{
    (void)state;
    struct world w;
    make_world(&w);
    struct exu_layout *l = &w.python->layout;
    assert_true(exu_strategy_choose(&w.python->strategy, 0x030710f0));
    set_slot(l, EXU_sizeof_PyGC_Head, 0, 32);
    set_slot(l, EXU_PyGC_Head_gc_refs, 16, 8);
    set_slot(l, EXU_PyInterpreterState_gc_generations, 0, 0);
    set_slot(l, EXU_PyInterpreterState_gc_permanent_generation, 0, 0);
    set_slot(l, EXU_PyInterpreterState_gc_collecting, 0, 0);
    set_slot(l, EXU__PyRuntimeState_gc, INTERPRETER - RUNTIME, 256);
    set_slot(l, EXU__gc_runtime_state_generations, GENERATIONS, 72);
    set_slot(l, EXU__gc_runtime_state_permanent_generation, PERMANENT, 24);
    put64(&w, INTERPRETER, BASE + INTERPRETER + 0x400); /* an older one, the main interpreter */
    put64(&w, INTERPRETER + 0x400 + 16, 3);
    put64(&w, node(0) + 16, (uint64_t)-5); /* reachable, finalized */
    put64(&w, node(1) + 16, (uint64_t)-4); /* untracked */
    assert_null(exu_gc_open(&w.gc, w.python, &w.anomalies));
    assert_int_equal(exu_anomaly_total(&w.anomalies), 0);
    assert_int_equal(w.gc->interpreter_count, 2);
    assert_int_equal(w.gc->interpreters[0].generations[0].head, 0);
    assert_int_equal(w.gc->interpreters[1].id, 3);
    assert_int_equal(w.gc->interpreters[1].generations[0].object_count, 5);
    assert_int_equal(w.gc->interpreters[1].generations[0].objects[0], BASE + node(0) + 32);
    assert_int_equal(w.gc->interpreters[1].generations[2].object_count, 100);
    bool tracked;
    assert_true(exu_gc_tracked(w.python, BASE + node(0) + 32, &tracked));
    assert_true(tracked);
    assert_true(exu_gc_tracked(w.python, BASE + node(1) + 32, &tracked));
    assert_false(tracked);
    w.python->strategy.gc_head = EXU_GC_HEAD_REFS_27;
    put64(&w, node(1) + 16, (uint64_t)-2);
    assert_true(exu_gc_tracked(w.python, BASE + node(1) + 32, &tracked));
    assert_false(tracked);
    free_world(&w);
}

/* 3.14: each list is a _Py_freelist, linked through the first word of the dead. */
static void buries_headed_lists(void **state)
{
    (void)state;
    struct world w;
    make_world(&w);
    struct exu_layout *l = &w.python->layout;
    assert_true(exu_strategy_choose(&w.python->strategy, 0x030e0af0));
    set_slot(l, EXU_sizeof__Py_freelist, 0, 16);
    set_slot(l, EXU__Py_freelist_freelist, 0, 8);
    set_slot(l, EXU__Py_freelist_size, 8, 8);
    set_slot(l, EXU_PyInterpreterState_freelists_floats, FLOATS, 16);
    set_slot(l, EXU_PyInterpreterState_freelists_tuples, TUPLES, 32);
    put64(&w, INTERPRETER + FLOATS, object(300));
    put64(&w, INTERPRETER + FLOATS + 8, 2);
    put64(&w, node(300) + 16, object(301));
    put64(&w, INTERPRETER + TUPLES + 16, object(302)); /* of two items */
    put64(&w, INTERPRETER + TUPLES + 24, 1);
    assert_null(exu_free_lists(w.python, w.dead, &w.anomalies));
    assert_int_equal(exu_anomaly_total(&w.anomalies), 0);
    assert_int_equal(exu_addrset_count(w.dead), 3);
    for (uint32_t i = 300; i <= 302; i++)
        assert_true(exu_addrset_has(w.dead, object(i)));
    assert_null(exu_gc_open(&w.gc, w.python, &w.anomalies));
    assert_true(exu_gc_in_free_list(w.gc, BASE + INTERPRETER + TUPLES + 16));
    assert_false(exu_gc_in_free_list(w.gc, BASE + INTERPRETER + TUPLES + 32));
    free_world(&w);
}

/* Up to 3.10 the tuple without items is the first list's only one, and alive; frames have a list. */
static void buries_lists_of_310(void **state)
{
    (void)state;
    struct world w;
    make_world(&w);
    struct exu_layout *l = &w.python->layout;
    assert_true(exu_strategy_choose(&w.python->strategy, 0x030a0df0));
    set_slot(l, EXU_PyInterpreterState_frame_free_list, FLOATS, 8);
    set_slot(l, EXU_PyInterpreterState_frame_numfree, FLOATS + 8, 4);
    set_slot(l, EXU_PyInterpreterState_float_state_free_list, 0, 0);
    set_slot(l, EXU_PyFrameObject_f_back, 24, 8);
    put64(&w, INTERPRETER + FLOATS, object(300));
    put32(&w, INTERPRETER + FLOATS + 8, 2);
    put64(&w, node(300) + 16 + 24, object(301));
    put64(&w, INTERPRETER + TUPLES, object(302));
    put32(&w, INTERPRETER + TUPLES + 16, 1);
    put64(&w, INTERPRETER + TUPLES + 8, object(303));
    put32(&w, INTERPRETER + TUPLES + 20, 1);
    assert_null(exu_free_lists(w.python, w.dead, &w.anomalies));
    assert_int_equal(exu_anomaly_total(&w.anomalies), 0);
    assert_true(exu_addrset_has(w.dead, object(300)) && exu_addrset_has(w.dead, object(301)));
    assert_false(exu_addrset_has(w.dead, object(302)));
    assert_true(exu_addrset_has(w.dead, object(303)));
    free_world(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(walks_rings),
        cmocka_unit_test(walks_broken_rings_from_both_ends),
        cmocka_unit_test(walks_while_collecting),
        cmocka_unit_test(survives_random_damage),
        cmocka_unit_test(interpreters_that_loop),
        cmocka_unit_test(buries_free_lists),
        cmocka_unit_test(damaged_free_lists),
        cmocka_unit_test(walks_the_shared_collector),
        cmocka_unit_test(buries_headed_lists),
        cmocka_unit_test(buries_lists_of_310),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
