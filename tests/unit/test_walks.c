/* The walks of rows_*.c on structures made by hand, whole and damaged, and every walk of every family on
 * garbage. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "frames_support.h"
#include "layout/row.h"
#include "layout/structure.h"

static struct exu_structures *structures;
static struct exu_row *shipped;

static int set_up(void **state)
{
    (void)state;
    if (exu_structures_create(&structures))
        return -1;
    for (size_t i = 0; i < exu_row_count(); i++) {
        if (exu_row_load(&shipped, structures, i))
            return -1;
        if (shipped->version_hex >> 16 == 0x030b)
            return 0;
        exu_row_destroy(shipped);
    }
    return -1;
}

static int tear_down(void **state)
{
    (void)state;
    exu_row_destroy(shipped);
    exu_structures_destroy(structures);
    return 0;
}

/* ---- a visitor that keeps what it is told ---- */
#define SEEN_MAX 4096
struct seen {
    struct exu_reference references[SEEN_MAX];
    exu_addr buffers[SEEN_MAX];
    uint64_t reference_count, buffer_count, bad_count;
};
static struct seen seen;

static void on_reference(void *context, const struct exu_reference *reference)
{
    struct seen *s = context;
    if (s->reference_count < SEEN_MAX)
        s->references[s->reference_count] = *reference;
    s->reference_count++;
}

static void on_buffer(void *context, exu_addr start)
{
    struct seen *s = context;
    if (s->buffer_count < SEEN_MAX)
        s->buffers[s->buffer_count] = start;
    s->buffer_count++;
}

static void on_bad(void *context, exu_addr where, exu_addr pointer)
{
    (void)where, (void)pointer;
    ((struct seen *)context)->bad_count++;
}

static const struct exu_visitor visitor = {&seen, on_reference, on_buffer, on_bad};

static const struct exu_type_row *row_called(const char *name)
{
    for (size_t i = 0; i < exu_type_family_count; i++)
        for (size_t j = 0; j < exu_type_families[i]->count; j++)
            if (strcmp(exu_type_families[i]->rows[j].name, name) == 0)
                return &exu_type_families[i]->rows[j];
    fail_msg("no row %s", name);
    return NULL;
}

static struct world *world(void)
{
    struct world *w = world_create(WORLD_BASE, NULL, WORLD_SIZE);
    w->python.layout = shipped->layout;
    assert_true(exu_strategy_choose(&w->python.strategy, shipped->version_hex));
    return w;
}

static const struct exu_type_row *only_row[1];
static uint32_t classes; /* of the type of what is walked */

/* What the row's walk reports of the object at `address`. */
static struct exu_object walk(struct world *w, const struct exu_type_row *row, exu_addr address)
{
    memset(&seen, 0, sizeof seen);
    only_row[0] = row;
    struct exu_object o = world_object_of(w, address, classes, only_row);
    exu_object_walk(&o, &visitor);
    return o;
}

static void expect(size_t index, exu_addr target, enum exu_reference_kind kind, int64_t position)
{
    assert_true(index < seen.reference_count);
    assert_int_equal(seen.references[index].target, target);
    assert_int_equal(seen.references[index].kind, kind);
    assert_int_equal(seen.references[index].position, position);
    assert_int_equal(seen.references[index].confidence, EXU_EXACT);
}

/* ---- deque ---- */
#define PER_BLOCK 64
static exu_addr item(uint64_t i)
{
    return WORLD_BASE + 0x8000 + 8 * i;
}

static exu_addr deque_of(struct world *w, uint64_t left, uint64_t length, exu_addr blocks[3])
{
    exu_addr deque = world_new(w, 0, 216);
    for (size_t b = 0; b < 3; b++)
        blocks[b] = world_room(w, 528);
    for (size_t b = 0; b < 2; b++)
        world_put(w, blocks[b], EXU_block___collectionsmodule_rightlink, blocks[b + 1]);
    for (uint64_t i = 0; i < length && (left + i) / PER_BLOCK < 3; i++)
        world_put_word(w, blocks[(left + i) / PER_BLOCK] + 8 + 8 * ((left + i) % PER_BLOCK), item(i));
    world_put(w, deque, EXU_PyVarObject_ob_size, length);
    world_put(w, deque, EXU_dequeobject_leftblock, blocks[0]);
    world_put(w, deque, EXU_dequeobject_leftindex, left);
    return deque;
}

static void deque_over_three_blocks(void **state)
{
    (void)state;
    struct world *w = world();
    exu_addr blocks[3];
    exu_addr deque = deque_of(w, 60, 100, blocks);
    struct exu_object o = walk(w, row_called("collections.deque"), deque);
    assert_int_equal(seen.reference_count, 100);
    for (size_t i = 0; i < 100; i++)
        expect(i, item(i), EXU_REF_ITEM, (int64_t)i);
    assert_int_equal(seen.buffer_count, 3);
    assert_int_equal(seen.bad_count, 0);
    uint64_t size;
    assert_true(only_row[0]->size_of(&o, &size));
    assert_int_equal(size, 216 + 3 * 528);
    world_destroy(w);
}

static void deque_empty_has_a_block(void **state)
{
    (void)state;
    struct world *w = world();
    exu_addr blocks[3];
    walk(w, row_called("collections.deque"), deque_of(w, 32, 0, blocks));
    assert_int_equal(seen.reference_count, 0);
    assert_int_equal(seen.buffer_count, 1);
    world_destroy(w);
}

static void deque_damaged(void **state)
{
    (void)state;
    struct world *w = world();
    exu_addr blocks[3];
    exu_addr deque = deque_of(w, 0, 150, blocks);
    /* Blocks in a circle and a length without end. */
    world_put(w, blocks[2], EXU_block___collectionsmodule_rightlink, blocks[0]);
    world_put(w, deque, EXU_PyVarObject_ob_size, UINT64_C(1) << 62);
    struct exu_object o = walk(w, row_called("collections.deque"), deque);
    assert_true(seen.reference_count <= 6 * PER_BLOCK);
    assert_int_equal(seen.bad_count, 1);
    uint64_t size;
    assert_false(only_row[0]->size_of(&o, &size));
    /* A block that is nowhere. */
    world_put(w, blocks[1], EXU_block___collectionsmodule_rightlink, 0x1000);
    world_put(w, deque, EXU_PyVarObject_ob_size, 150);
    walk(w, row_called("collections.deque"), deque);
    assert_int_equal(seen.reference_count, 2 * PER_BLOCK);
    assert_int_equal(seen.bad_count, 1);
    world_destroy(w);
}

/* ---- OrderedDict ---- */
static void odict_nodes(void **state)
{
    (void)state;
    struct world *w = world();
    exu_addr dict = world_new(w, 0, 112), nodes[3];
    for (size_t i = 0; i < 3; i++) {
        nodes[i] = world_room(w, 32);
        world_put(w, nodes[i], EXU__odictnode_key, item(i));
        if (i)
            world_put(w, nodes[i - 1], EXU__odictnode_next, nodes[i]);
    }
    world_put(w, dict, EXU_PyDictObject_ma_used, 3);
    world_put(w, dict, EXU_PyODictObject_od_first, nodes[0]);
    world_put(w, dict, EXU_PyODictObject_od_fast_nodes, world_room(w, 64));
    world_put(w, dict, EXU_PyODictObject_od_fast_nodes_size, 8);
    walk(w, row_called("collections.OrderedDict"), dict);
    assert_int_equal(seen.reference_count, 3);
    for (size_t i = 0; i < 3; i++)
        expect(i, item(i), EXU_REF_KEY, (int64_t)i);
    assert_int_equal(seen.buffer_count, 4);

    world_put(w, nodes[2], EXU__odictnode_next, nodes[0]);
    walk(w, row_called("collections.OrderedDict"), dict);
    assert_true(seen.reference_count <= 8 + 3);
    assert_int_equal(seen.bad_count, 1);
    world_destroy(w);
}

/* ---- lru_cache ---- */
static void lru_cache_ring(void **state)
{
    (void)state;
    struct world *w = world();
    exu_addr cache = world_new(w, 0, 152), dict = world_new(w, 0, 48), links[2];
    exu_addr root = cache + exu_offset(&w->python.layout, EXU_lru_cache_object_root);
    for (size_t i = 0; i < 2; i++) {
        links[i] = world_new(w, item(50), 56);
        world_put(w, links[i], EXU_lru_list_elem_key, item(2 * i));
        world_put(w, links[i], EXU_lru_list_elem_result, item(2 * i + 1));
    }
    world_put(w, cache, EXU_lru_cache_object_cache, dict);
    world_put(w, dict, EXU_PyDictObject_ma_used, 2);
    world_put(w, cache, EXU_lru_cache_object_root_next, links[0]);
    world_put(w, links[0], EXU_lru_list_elem_next, links[1]);
    world_put(w, links[1], EXU_lru_list_elem_next, root);
    walk(w, row_called("functools._lru_cache_wrapper"), cache);
    assert_int_equal(seen.reference_count, 1 + 2 * 4);
    expect(0, dict, EXU_REF_FIELD, -1);
    for (size_t i = 0; i < 2; i++) {
        expect(1 + 4 * i, links[i], EXU_REF_FIELD, (int64_t)i);
        expect(2 + 4 * i, item(2 * i), EXU_REF_KEY, (int64_t)i);
        expect(3 + 4 * i, item(2 * i + 1), EXU_REF_VALUE, (int64_t)i);
        expect(4 + 4 * i, item(50), EXU_REF_TYPE, (int64_t)i);
    }
    assert_int_equal(seen.bad_count, 0);

    world_put(w, links[1], EXU_lru_list_elem_next, links[0]);
    walk(w, row_called("functools._lru_cache_wrapper"), cache);
    assert_true(seen.reference_count <= 1 + 3 * 4);
    assert_int_equal(seen.bad_count, 1);
    world_destroy(w);
}

/* ---- ElementTree ---- */
static void element_children(void **state)
{
    (void)state;
    struct world *w = world();
    const struct exu_type_row *row = row_called("xml.etree.ElementTree.Element");
    exu_addr element = world_new(w, 0, 56), extra = world_room(w, 64), outside = world_room(w, 8 * 10);
    exu_addr inside = extra + exu_offset(&w->python.layout, EXU_ElementObjectExtra__children);
    uint64_t size, length;
    world_put(w, element, EXU_ElementObject_tag, item(0));
    world_put(w, element, EXU_ElementObject_text, item(1) | 1); /* a list yet to be joined */
    struct exu_object o = walk(w, row, element);
    assert_int_equal(seen.reference_count, 2);
    expect(1, item(1), EXU_REF_FIELD, -1);
    assert_true(row->size_of(&o, &size) && size == 56);
    assert_true(row->length(&o, &length) && length == 0);

    world_put(w, element, EXU_ElementObject_extra, extra);
    world_put(w, extra, EXU_ElementObjectExtra_attrib, item(2));
    world_put(w, extra, EXU_ElementObjectExtra_children, inside);
    world_put(w, extra, EXU_ElementObjectExtra_length, 2);
    world_put(w, extra, EXU_ElementObjectExtra_allocated, 4);
    world_put_word(w, inside, item(3));
    world_put_word(w, inside + 8, item(4));
    o = walk(w, row, element);
    assert_int_equal(seen.reference_count, 5);
    expect(4, item(4), EXU_REF_ITEM, 1);
    assert_int_equal(seen.buffer_count, 1);
    assert_true(row->size_of(&o, &size) && size == 56 + 64);

    world_put(w, extra, EXU_ElementObjectExtra_children, outside);
    world_put(w, extra, EXU_ElementObjectExtra_allocated, 10);
    world_put_word(w, outside, item(5));
    world_put_word(w, outside + 8, item(6));
    o = walk(w, row, element);
    expect(4, item(6), EXU_REF_ITEM, 1);
    assert_int_equal(seen.buffer_count, 2);
    assert_true(row->size_of(&o, &size) && size == 56 + 64 + 80);
    assert_true(row->length(&o, &length) && length == 2);

    world_put(w, extra, EXU_ElementObjectExtra_length, UINT64_MAX / 4);
    world_put(w, extra, EXU_ElementObjectExtra_allocated, UINT64_MAX / 4);
    o = walk(w, row, element);
    assert_int_equal(seen.reference_count, 3);
    assert_true(seen.bad_count > 0);
    assert_false(row->size_of(&o, &size));
    world_destroy(w);
}

/* ---- a datetime without a time zone is allocated without the place for one ---- */
static void datetime_with_and_without_zone(void **state)
{
    (void)state;
    struct world *w = world();
    exu_addr when = world_new(w, 0, 48);
    world_put(w, when, EXU_PyDateTime_DateTime_tzinfo, item(0));
    walk(w, row_called("datetime.datetime"), when);
    assert_int_equal(seen.reference_count, 0);
    world_put(w, when, EXU_PyDateTime_DateTime_hastzinfo, 1);
    walk(w, row_called("datetime.datetime"), when);
    assert_int_equal(seen.reference_count, 1);
    expect(0, item(0), EXU_REF_FIELD, -1);
    world_destroy(w);
}

/* ---- the items of a structure sequence that len() does not count ---- */
static void structseq_hidden_items(void **state)
{
    (void)state;
    struct world *w = world();
    exu_addr type = world_type(w, "time.struct_time", 0), members = world_room(w, 40 * 4);
    exu_addr name = world_room(w, 16);
    memcpy(w->bytes + (name - WORLD_BASE), "tm_zone", 8);
    static const uint64_t offsets[] = {24, 32, 40};
    for (size_t i = 0; i < EXU_COUNT(offsets); i++) {
        world_put(w, members + 40 * i, EXU_PyMemberDef_name, name);
        world_put(w, members + 40 * i, EXU_PyMemberDef_offset, offsets[i]);
    }
    world_put(w, type, EXU_PyTypeObject_tp_members, members);
    exu_addr object = world_new(w, type, 24 + 3 * 8);
    world_put(w, object, EXU_PyVarObject_ob_size, 1);
    for (size_t i = 0; i < 3; i++)
        world_put_word(w, object + 24 + 8 * i, item(i));
    w->type.address = type;
    classes = EXU_IS_TUPLE;
    walk(w, row_called("time.struct_time"), object);
    assert_int_equal(seen.reference_count, 2);
    expect(0, item(1), EXU_REF_FIELD, 1);
    expect(1, item(2), EXU_REF_FIELD, 2);
    assert_string_equal(seen.references[1].name_text, "tm_zone");
    /* A name that does not end before the memory does. */
    memset(w->bytes + WORLD_SIZE - 16, 'x', 16);
    world_put(w, members + 40 * 2, EXU_PyMemberDef_name, WORLD_BASE + WORLD_SIZE - 16);
    walk(w, row_called("time.struct_time"), object);
    classes = 0;
    expect(1, item(2), EXU_REF_FIELD, 2);
    assert_null(seen.references[1].name_text);
    world_destroy(w);
}

/* ---- garbage ---- */
static uint64_t garbage(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

/* Numbers and pointers as a damaged process has them: into the memory, to its edges, small, huge, negative.
 */
static uint64_t garbage_word(uint64_t *seed)
{
    uint64_t r = garbage(seed);
    switch (r % 8) {
    case 0:
    case 1:
    case 2:
        return WORLD_BASE + (garbage(seed) % WORLD_SIZE & ~UINT64_C(7));
    case 3:
        return garbage(seed) % 200;
    case 4:
        return WORLD_BASE + WORLD_SIZE - garbage(seed) % 64;
    case 5:
        return 0;
    case 6:
        return (r & 64) ? UINT64_MAX - garbage(seed) % 1000 : UINT64_C(1) << (garbage(seed) % 64);
    default:
        return garbage(seed);
    }
}

#define ROUNDS 200

/* Whatever is there, a walk ends, reads nothing outside (the sanitizers see to that), and reports no more
 * than the memory could hold by far. */
static void every_walk_on_garbage(void **state)
{
    (void)state;
    struct world *w = world();
    uint64_t seed = 0x9e3779b97f4a7c15, size, length;
    size_t walks = 0;
    for (unsigned round = 0; round < ROUNDS; round++) {
        for (size_t at = 0; at < WORLD_SIZE; at += 8)
            world_put_word(w, WORLD_BASE + at, garbage_word(&seed));
        for (size_t i = 0; i < exu_type_family_count; i++) {
            for (size_t j = 0; j < exu_type_families[i]->count; j++) {
                const struct exu_type_row *row = &exu_type_families[i]->rows[j];
                /* Near the end too, where the structure is cut off. */
                exu_addr place = WORLD_BASE + (garbage(&seed) % WORLD_SIZE & ~UINT64_C(15));
                if (round % 4 == 0)
                    place = WORLD_BASE + WORLD_SIZE - 16 * (1 + garbage(&seed) % 12);
                struct exu_object o = walk(w, row, place);
                if (seen.reference_count + seen.buffer_count > 16 * w->model.memory_words)
                    fail_msg("%s reports %llu references", row->name,
                             (unsigned long long)seen.reference_count);
                if (row->size_of)
                    row->size_of(&o, &size);
                if (row->length)
                    row->length(&o, &length);
                walks++;
            }
        }
    }
    assert_true(walks > ROUNDS * 200);
    world_destroy(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(deque_over_three_blocks),
        cmocka_unit_test(deque_empty_has_a_block),
        cmocka_unit_test(deque_damaged),
        cmocka_unit_test(odict_nodes),
        cmocka_unit_test(lru_cache_ring),
        cmocka_unit_test(element_children),
        cmocka_unit_test(datetime_with_and_without_zone),
        cmocka_unit_test(structseq_hidden_items),
        cmocka_unit_test(every_walk_on_garbage),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
