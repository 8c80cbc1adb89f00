/* collections, functools, operator, itertools, queue, array, abc: Modules/_collectionsmodule.c,
 * _functoolsmodule.c, _operator.c, itertoolsmodule.c, _queuemodule.c, arraymodule.c, _abc.c (CPython 3.11).
 */
#include "model/row_macros.h"

/* ---- deque: a list of blocks of 64 (2.7: 62) pointers; items from leftindex of leftblock on ---- */
static uint64_t deque_items(const struct exu_object *o)
{
    return exu_object_word(o, exu_has(o->layout, EXU_dequeobject_len) ? EXU_dequeobject_len
                                                                      : EXU_PyVarObject_ob_size);
}

static void walk_deque(const struct exu_object *o, const struct exu_visitor *v)
{
    enum exu_field data = EXU_block___collectionsmodule_data;
    uint64_t per_block = exu_size(o->layout, data) / sizeof(exu_addr);
    uint64_t length = deque_items(o), at = exu_object_word(o, EXU_dequeobject_leftindex);
    exu_addr block = exu_object_word(o, EXU_dequeobject_leftblock);
    length = exu_min(length, exu_walk_limit(o));

    /* An empty deque has a block too. In a damaged one the blocks may be a ring (Brent's search for it). */
    exu_addr mark = 0;
    uint64_t steps = 0, span = 1;
    for (uint64_t index = 0; block && per_block; at = 0) {
        if (block == mark) {
            exu_emit_bad(v, o->address, block);
            break;
        }
        if (++steps >= span) {
            mark = block;
            steps = 0;
            span *= 2;
        }
        const uint8_t *items =
            exu_memory_at(o->memory, block + exu_offset(o->layout, data), exu_size(o->layout, data));
        if (!items) {
            exu_emit_bad(v, o->address, block);
            break;
        }
        exu_emit_buffer(v, block);
        if (exu_walk_slots(o->model, block, per_block, sizeof(exu_addr)) < per_block) {
            exu_emit_bad(v, o->address, block);
            break;
        }
        for (; at < per_block && index < length; at++, index++) {
            exu_addr item = exu_load_u64(items + at * sizeof(exu_addr));
            if (item)
                exu_emit(v, item, EXU_REF_ITEM, NULL, (int64_t)index);
        }
        if (index >= length || !exu_field_read(o, block, EXU_block___collectionsmodule_rightlink, &block))
            break;
    }

    uint64_t spare = exu_object_word(o, EXU_dequeobject_numfreeblocks);
    uint64_t room = exu_size(o->layout, EXU_dequeobject_freeblocks) / sizeof(exu_addr);
    exu_addr blocks = exu_object_place(o, EXU_dequeobject_freeblocks);
    for (uint64_t i = 0; i < spare && i < room; i++) {
        uint64_t block_address;
        if (exu_memory_u64(o->memory, blocks + i * sizeof(exu_addr), &block_address))
            exu_emit_buffer(v, block_address);
    }
}

static bool size_of_deque(const struct exu_object *o, uint64_t *ret)
{
    uint64_t per_block = exu_size(o->layout, EXU_block___collectionsmodule_data) / sizeof(exu_addr);
    uint64_t length = deque_items(o);
    uint64_t left = exu_object_word(o, EXU_dequeobject_leftindex);
    if (!per_block || length > ROW_SIZE_LIMIT || left >= per_block)
        return false;
    *ret = row_basic_size(o);
    return row_add(ret, (left + length + per_block - 1) / per_block,
                   exu_size(o->layout, EXU_sizeof_block___collectionsmodule));
}

static bool length_of_deque(const struct exu_object *o, uint64_t *ret)
{
    *ret = deque_items(o);
    return *ret <= ROW_SIZE_LIMIT;
}

static bool length_of_var(const struct exu_object *o, uint64_t *ret)
{
    *ret = exu_object_word(o, EXU_PyVarObject_ob_size);
    return *ret <= ROW_SIZE_LIMIT;
}

/* ---- lru_cache: a ring of links through the embedded root. Ring and dict each own a reference to every link. Where the
 * links are no GC objects (3.7+), lru_cache_tp_traverse visits what they hold, and their type, in their place ---- */
static void walk_lru_cache(const struct exu_object *o, const struct exu_visitor *v)
{
    exu_addr root = exu_object_place(o, EXU_lru_cache_object_root);
    exu_addr link = exu_object_word(o, EXU_lru_cache_object_root_next);
    /* No more links than the dict has keys; one more while a call is putting one in. */
    uint64_t count = 0, next, key, result, type;
    if (!exu_field_read(o, exu_object_word(o, EXU_lru_cache_object_cache), EXU_PyDictObject_ma_used, &count))
        return;
    for (int64_t i = 0; link && link != root; i++, link = next) {
        if ((uint64_t)i > count || !exu_field_read(o, link, EXU_lru_list_elem_next, &next) ||
            !exu_field_read(o, link, EXU_lru_list_elem_key, &key) ||
            !exu_field_read(o, link, EXU_lru_list_elem_result, &result) ||
            !exu_field_read(o, link, EXU_PyObject_ob_type, &type)) {
            exu_emit_bad(v, o->address, link);
            return;
        }
        exu_emit(v, link, EXU_REF_FIELD, "link", i);
        const struct exu_type *kind = exu_model_known_type(o->model, type);
        if (kind && kind->has_gc)
            continue;
        exu_emit_uncounted(v, key, EXU_REF_KEY, NULL, i);
        exu_emit_uncounted(v, result, EXU_REF_VALUE, NULL, i);
        exu_emit_uncounted(v, type, EXU_REF_TYPE, NULL, i);
    }
}

/* ---- __sizeof__ of itertools' combinatorics: the arrays of indices. Exhausted iterators keep them ---- */
static bool tuple_length(const struct exu_object *o, enum exu_field tuple, uint64_t *ret)
{
    uint64_t address = exu_object_word(o, tuple);
    return address && exu_field_read(o, address, EXU_PyVarObject_ob_size, ret);
}

static bool size_of_product(const struct exu_object *o, uint64_t *ret)
{
    uint64_t pools;
    *ret = row_basic_size(o);
    if (!row_has_sizeof(o, "itertools.product"))
        return true;
    return tuple_length(o, EXU_productobject_pools, &pools) && row_add(ret, pools, sizeof(uint64_t));
}

static bool size_of_combinations(const struct exu_object *o, uint64_t *ret)
{
    *ret = row_basic_size(o);
    return !row_has_sizeof(o, "itertools.combinations") ||
           row_add(ret, exu_object_word(o, EXU_combinationsobject_r), sizeof(uint64_t));
}

static bool size_of_cwr(const struct exu_object *o, uint64_t *ret)
{
    *ret = row_basic_size(o);
    return !row_has_sizeof(o, "itertools.combinations_with_replacement") ||
           row_add(ret, exu_object_word(o, EXU_cwrobject_r), sizeof(uint64_t));
}

static bool size_of_permutations(const struct exu_object *o, uint64_t *ret)
{
    uint64_t pool;
    *ret = row_basic_size(o);
    if (!row_has_sizeof(o, "itertools.permutations"))
        return true;
    return tuple_length(o, EXU_permutationsobject_pool, &pool) && row_add(ret, pool, sizeof(uint64_t)) &&
           row_add(ret, exu_object_word(o, EXU_permutationsobject_r), sizeof(uint64_t));
}

/* ---- array ---- */
static bool size_of_array(const struct exu_object *o, uint64_t *ret)
{
    uint64_t item;
    *ret = row_basic_size(o);
    return exu_field_read(o, exu_object_word(o, EXU_arrayobject_ob_descr), EXU_arraydescr_itemsize, &item) &&
           row_add(ret, exu_object_word(o, EXU_arrayobject_allocated), item);
}

/* ---- methodcaller: 3.13 keeps an array of borrowed pointers for its next calls, 3.14 a tuple; the names
 * beside them are not set before the first call ---- */
static void walk_methodcaller(const struct exu_object *o, const struct exu_visitor *v)
{
    uint64_t arguments = exu_object_word(o, EXU_methodcallerobject_vectorcall_args);
    if (!arguments)
        return;
    if (exu_has(o->layout, EXU_methodcallerobject_xargs))
        exu_emit_buffer(v, arguments);
    else
        exu_emit(v, arguments, EXU_REF_FIELD, "vectorcall_args", -1);
    exu_emit(v, exu_object_word(o, EXU_methodcallerobject_vectorcall_kwnames), EXU_REF_FIELD,
             "vectorcall_kwnames", -1);
}

/* ---- _queuemodule.c: 3.13+ has a ring instead of a list ---- */
/* Modules/_queuemodule.c of 3.15, _queue_SimpleQueue___sizeof___impl: the ring counts. */
static bool size_of_simplequeue(const struct exu_object *o, uint64_t *ret)
{
    return exu_object_plain_size(o, ret) &&
           (!row_has_sizeof(o, "_queue.SimpleQueue") ||
            row_add(ret, exu_object_word(o, EXU_simplequeueobject_buf_items_cap), sizeof(exu_addr)));
}

static void walk_simplequeue(const struct exu_object *o, const struct exu_visitor *v)
{
    exu_addr items = exu_object_word(o, EXU_simplequeueobject_buf_items);
    uint64_t room = exu_object_word(o, EXU_simplequeueobject_buf_items_cap);
    uint64_t first = exu_object_word(o, EXU_simplequeueobject_buf_get_idx);
    uint64_t count = exu_object_word(o, EXU_simplequeueobject_buf_num_items), target;
    if (!items)
        return;
    if (first >= room || count > room || exu_walk_slots(o->model, items, room, sizeof(exu_addr)) < room) {
        exu_emit_bad(v, o->address, items);
        return;
    }
    exu_emit_buffer(v, items);
    for (uint64_t i = 0; i < count; i++) {
        exu_addr place = items + (first + i) % room * sizeof(exu_addr);
        if (!exu_memory_u64(o->memory, place, &target)) {
            exu_emit_bad(v, o->address, place);
            return;
        }
        if (target)
            exu_emit(v, target, EXU_REF_ITEM, NULL, (int64_t)i);
    }
}

#define DEQUE_ITERATOR(type_name) ROW(type_name, dequeiterobject, EXU_OBJ(dequeiterobject, deque))
#define TEE(type_name) ROW(type_name, teeobject, EXU_OBJ_AS(teeobject, dataobj, "data"))
#define TEE_DATA(type_name)                                                                                  \
    ROW(type_name, teedataobject, EXU_OBJ_AS(teedataobject, it, "iterator"),                                 \
        EXU_OBJ_AS(teedataobject, nextlink, "next"), EXU_INL(teedataobject, values, numread))
#define FILTER_FALSE(type_name)                                                                              \
    ROW(type_name, filterfalseobject, EXU_OBJ(filterfalseobject, func),                                      \
        EXU_OBJ_AS(filterfalseobject, it, "iterator"))
#define ZIP_LONGEST(type_name)                                                                               \
    ROW(type_name, ziplongestobject, EXU_OBJ_AS(ziplongestobject, ittuple, "iterators"),                     \
        EXU_OBJ(ziplongestobject, result), EXU_OBJ(ziplongestobject, fillvalue))
#define ABC_DATA(type_name)                                                                                  \
    ROW(type_name, _abc_data, EXU_OBJ(_abc_data, _abc_registry), EXU_OBJ(_abc_data, _abc_cache),             \
        EXU_OBJ(_abc_data, _abc_negative_cache))

static const struct exu_type_row rows[] = {
    {.name = "collections.deque",
     .size = EXU_sizeof_dequeobject,
     .walk = walk_deque,
     .size_of = size_of_deque,
     .length = length_of_deque},
    DEQUE_ITERATOR("_collections._deque_iterator"),
    DEQUE_ITERATOR("_collections._deque_reverse_iterator"),
    DEQUE_ITERATOR("collections._deque_iterator"), /* 3.12+ */
    DEQUE_ITERATOR("collections._deque_reverse_iterator"),
    DEQUE_ITERATOR("deque_iterator"), /* 2.7 */
    DEQUE_ITERATOR("deque_reverse_iterator"),
    ROW("collections.defaultdict", defdictobject, EXU_OBJ(defdictobject, default_factory)),
    ROW("_collections._tuplegetter", _tuplegetterobject, EXU_OBJ_AS(_tuplegetterobject, doc, "__doc__")),
    ROW("collections._tuplegetter", _tuplegetterobject, EXU_OBJ_AS(_tuplegetterobject, doc, "__doc__")),

    ROW("functools.partial", partialobject, EXU_OBJ_AS(partialobject, fn, "func"),
        EXU_OBJ(partialobject, args), EXU_OBJ_AS(partialobject, kw, "keywords")),
    {.name = "functools._PlaceholderType"},
    ROW("functools.KeyWrapper", keyobject, EXU_OBJ(keyobject, cmp), EXU_OBJ_AS(keyobject, object, "obj")),
    ROW_WALK("functools._lru_cache_wrapper", lru_cache_object, walk_lru_cache, NULL,
             EXU_OBJ(lru_cache_object, cache), EXU_OBJ_AS(lru_cache_object, func, "__wrapped__"),
             EXU_OBJ(lru_cache_object, kwd_mark), EXU_OBJ(lru_cache_object, lru_list_elem_type),
             EXU_OBJ(lru_cache_object, cache_info_type), EXU_OBJ_AS(lru_cache_object, maxsize_O, "maxsize")),
    ROW("functools._lru_list_elem", lru_list_elem, EXU_OBJ(lru_list_elem, key),
        EXU_OBJ(lru_list_elem, result)),

    ROW("operator.itemgetter", itemgetterobject, EXU_OBJ(itemgetterobject, item)),
    ROW("operator.attrgetter", attrgetterobject, EXU_OBJ(attrgetterobject, attr)),
    ROW_WALK("operator.methodcaller", methodcallerobject, walk_methodcaller, NULL,
             EXU_OBJ(methodcallerobject, name), EXU_OBJ(methodcallerobject, args),
             EXU_OBJ_AS(methodcallerobject, kwds, "keywords")),

    ROW("itertools.accumulate", accumulateobject, EXU_OBJ(accumulateobject, total),
        EXU_OBJ_AS(accumulateobject, it, "iterator"), EXU_OBJ_AS(accumulateobject, binop, "func"),
        EXU_OBJ(accumulateobject, initial)),
    ROW("itertools.chain", chainobject, EXU_OBJ(chainobject, source), EXU_OBJ(chainobject, active)),
    ROW_WALK("itertools.combinations", combinationsobject, NULL, size_of_combinations,
             EXU_OBJ(combinationsobject, pool), EXU_OBJ(combinationsobject, result),
             EXU_BUF(combinationsobject, indices)),
    ROW_WALK("itertools.combinations_with_replacement", cwrobject, NULL, size_of_cwr,
             EXU_OBJ(cwrobject, pool), EXU_OBJ(cwrobject, result), EXU_BUF(cwrobject, indices)),
    ROW("itertools.compress", compressobject, EXU_OBJ(compressobject, data),
        EXU_OBJ(compressobject, selectors)),
    ROW("itertools.count", countobject, EXU_OBJ_AS(countobject, long_cnt, "count"),
        EXU_OBJ_AS(countobject, long_step, "step")),
    ROW("itertools.cycle", cycleobject, EXU_OBJ_AS(cycleobject, it, "iterator"), EXU_OBJ(cycleobject, saved)),
    ROW("itertools.dropwhile", dropwhileobject, EXU_OBJ(dropwhileobject, func),
        EXU_OBJ_AS(dropwhileobject, it, "iterator")),
    FILTER_FALSE("itertools.filterfalse"),
    FILTER_FALSE("itertools.ifilterfalse"), /* 2.7, as all of i... */
    /* currgrouper is borrowed: the newest _grouper, which holds the groupby. */
    ROW("itertools.groupby", groupbyobject, EXU_OBJ_AS(groupbyobject, it, "iterator"),
        EXU_OBJ(groupbyobject, keyfunc), EXU_OBJ(groupbyobject, tgtkey), EXU_OBJ(groupbyobject, currkey),
        EXU_OBJ(groupbyobject, currvalue)),
    ROW("itertools._grouper", _grouperobject, EXU_OBJ(_grouperobject, parent),
        EXU_OBJ(_grouperobject, tgtkey)),
    ROW("itertools.islice", isliceobject, EXU_OBJ_AS(isliceobject, it, "iterator")),
    ROW("itertools.pairwise", pairwiseobject, EXU_OBJ_AS(pairwiseobject, it, "iterator"),
        EXU_OBJ(pairwiseobject, old), EXU_OBJ(pairwiseobject, result)),
    ROW("itertools.batched", batchedobject, EXU_OBJ_AS(batchedobject, it, "iterator")),
    ROW("itertools.imap", imapobject, EXU_OBJ_AS(imapobject, iters, "iterators"), EXU_OBJ(imapobject, func)),
    ROW("itertools.ifilter", ifilterobject, EXU_OBJ(ifilterobject, func),
        EXU_OBJ_AS(ifilterobject, it, "iterator")),
    ROW("itertools.izip", izipobject, EXU_OBJ_AS(izipobject, ittuple, "iterators"),
        EXU_OBJ(izipobject, result)),
    ROW_WALK("itertools.permutations", permutationsobject, NULL, size_of_permutations,
             EXU_OBJ(permutationsobject, pool), EXU_OBJ(permutationsobject, result),
             EXU_BUF(permutationsobject, indices), EXU_BUF(permutationsobject, cycles)),
    ROW_WALK("itertools.product", productobject, NULL, size_of_product, EXU_OBJ(productobject, pools),
             EXU_OBJ(productobject, result), EXU_BUF(productobject, indices)),
    ROW("itertools.repeat", repeatobject, EXU_OBJ(repeatobject, element)),
    ROW("itertools.starmap", starmapobject, EXU_OBJ(starmapobject, func),
        EXU_OBJ_AS(starmapobject, it, "iterator")),
    ROW("itertools.takewhile", takewhileobject, EXU_OBJ(takewhileobject, func),
        EXU_OBJ_AS(takewhileobject, it, "iterator")),
    TEE("itertools._tee"),
    TEE("itertools.tee"),
    TEE_DATA("itertools._tee_dataobject"),
    TEE_DATA("itertools.tee_dataobject"),
    ZIP_LONGEST("itertools.zip_longest"),
    ZIP_LONGEST("itertools.izip_longest"),

    ROW_WALK("_queue.SimpleQueue", simplequeueobject, walk_simplequeue, size_of_simplequeue,
             EXU_OBJ_AS(simplequeueobject, lst, "list"), EXU_BUF(simplequeueobject, lock)),
    {.name = "array.array",
     .size = EXU_sizeof_arrayobject,
     .slots = EXU_SLOTS(EXU_BUF(arrayobject, ob_item)),
     .size_of = size_of_array,
     .length = length_of_var},
    ROW("array.arrayiterator", arrayiterobject, EXU_OBJ_AS(arrayiterobject, ao, "array")),
    ROW("arrayiterator", arrayiterobject, EXU_OBJ_AS(arrayiterobject, ao, "array")), /* <= 3.9 */
    ABC_DATA("_abc._abc_data"),
    ABC_DATA("_abc_data"), /* <= 3.8 */
};
FAMILY(collections);
