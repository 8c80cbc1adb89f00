/* The C types of Objects/ and Python/ that are neither core types nor frames and their kin.
 *
 * What a type owns is what its tp_traverse visits and its tp_dealloc releases (CPython 3.11, the file named
 * at each group). Fields that are not here hold no counted reference: Py_buffer.obj of a memoryview (the
 * managed buffer owns it), it_field.str.str (Objects/stringlib/unicode_format.h), var_cached
 * (Python/context.c), ste_table. */
#include "model/row_macros.h"

/* Objects/odictobject.c: a doubly linked list of nodes beside the dict, each with a reference to its key;
 * od_fast_nodes finds a node by the dict's index. The dict itself is walked by the base's row. */
static void walk_odict(const struct exu_object *o, const struct exu_visitor *v)
{
    exu_emit_buffer(v, exu_object_word(o, EXU_PyODictObject_od_fast_nodes));
    exu_addr node = exu_object_word(o, EXU_PyODictObject_od_first);
    /* Nodes outlive keys that are taken out by the methods of dict, until the next resize. */
    uint64_t limit = exu_object_word(o, EXU_PyODictObject_od_fast_nodes_size), key, next;
    limit = exu_min(exu_max(limit, exu_object_word(o, EXU_PyDictObject_ma_used)), exu_walk_limit(o));
    for (int64_t i = 0; node; i++, node = next) {
        if ((uint64_t)i >= limit || !exu_field_read(o, node, EXU__odictnode_key, &key) ||
            !exu_field_read(o, node, EXU__odictnode_next, &next)) {
            exu_emit_bad(v, o->address, node);
            return;
        }
        exu_emit_buffer(v, node);
        if (key)
            exu_emit(v, key, EXU_REF_KEY, NULL, i);
    }
}

/* odict_sizeof: the dict's, the table of nodes, the nodes. */
static bool size_of_odict(const struct exu_object *o, uint64_t *ret)
{
    uint64_t used =
        exu_object_word(o, EXU_PyODictObject_od_first) ? exu_object_word(o, EXU_PyDictObject_ma_used) : 0;
    return row_base_size(o, "dict", ret) &&
           row_add(ret, exu_object_word(o, EXU_PyODictObject_od_fast_nodes_size), sizeof(uint64_t)) &&
           row_add(ret, used, exu_size(o->layout, EXU_sizeof__odictnode));
}

/* Before 3.3 a memoryview held its buffer itself; since, the managed buffer does. */
static void walk_memoryview(const struct exu_object *o, const struct exu_visitor *v)
{
    uint64_t target;
    if (exu_has(o->layout, EXU_PyMemoryViewObject_mbuf))
        return;
    if ((target = exu_object_word(o, EXU_PyMemoryViewObject_view_obj)) != 0)
        exu_emit(v, target, EXU_REF_FIELD, "obj", -1);
}

/* Modules/parsermodule.c, Parser/node.c (until 3.9): a tree of C structures, the children of a node in an
 * array. No recursion over them: a tree deeper than the stack here is left out below that. */
#define PARSE_DEPTH 2048

struct parse_node {
    exu_addr children;
    uint64_t count;
};

static bool read_parse_node(const struct exu_object *o, exu_addr node, struct parse_node *ret,
                            exu_addr *ret_text)
{
    uint64_t count, children, text;
    if (!exu_field_read(o, node, EXU__node_n_nchildren, &count) ||
        !exu_field_read(o, node, EXU__node_n_child, &children) ||
        !exu_field_read(o, node, EXU__node_n_str, &text) || count > INT32_MAX)
        return false;
    *ret = (struct parse_node){children, children ? count : 0};
    *ret_text = text;
    return true;
}

/* Parser/node.c, XXXROUNDUP: how many children there is room for. */
static uint64_t parse_room(uint64_t count)
{
    uint64_t room = 256;
    if (count <= 1)
        return count;
    if (count <= 128)
        return (count + 3) & ~UINT64_C(3);
    while (room < count)
        room *= 2;
    return room;
}

/* Each node: sizes are summed up when `size` is there, buffers reported when `v` is. */
static bool each_parse_node(const struct exu_object *o, uint64_t *size, const struct exu_visitor *v)
{
    struct parse_node stack[PARSE_DEPTH];
    size_t depth = 0;
    uint32_t stride = exu_size(o->layout, EXU_sizeof__node);
    uint64_t limit = exu_walk_limit(o), length;
    exu_addr node = exu_object_word(o, EXU_PyST_Object_st_node), text;
    if (!node || !stride)
        return true;
    for (uint64_t steps = 0; steps < limit; steps++) {
        struct parse_node *next = &stack[depth];
        if (!read_parse_node(o, node, next, &text))
            return false;
        if (v) {
            exu_emit_buffer(v, text);
            exu_emit_buffer(v, next->children);
        } else if ((text && (!exu_walk_string(o, text, &length) || !row_add(size, length + 1, 1))) ||
                   !row_add(size, parse_room(next->count), stride)) {
            return false;
        }
        if (next->count && ++depth == PARSE_DEPTH)
            return false;
        while (depth && !stack[depth - 1].count)
            depth--;
        if (!depth)
            return true;
        node = stack[depth - 1].children;
        stack[depth - 1].children += stride;
        stack[depth - 1].count--;
    }
    return false;
}

static void walk_parse_tree(const struct exu_object *o, const struct exu_visitor *v)
{
    exu_emit_buffer(v, exu_object_word(o, EXU_PyST_Object_st_node));
    if (v->buffer && !each_parse_node(o, NULL, v))
        exu_emit_bad(v, o->address, exu_object_word(o, EXU_PyST_Object_st_node));
}

static bool size_of_parse_tree(const struct exu_object *o, uint64_t *ret)
{
    *ret = row_basic_size(o) + exu_size(o->layout, EXU_sizeof__node);
    return each_parse_node(o, ret, NULL);
}

/* 3.13+: what a capsule's pointer leads to holds objects if there is a function to visit them. */
#define CAPSULE_MOST 128 /* bytes: more than any structure of pointers to objects in CPython has */

static void walk_capsule(const struct exu_object *o, const struct exu_visitor *v)
{
    if (exu_object_word(o, EXU_PyCapsule_traverse_func))
        exu_object_scan(o, v, exu_object_word(o, EXU_PyCapsule_pointer), CAPSULE_MOST, "pointer");
}

#define SEQUENCE_ITERATOR(type_name, structure) ROW(type_name, structure, EXU_OBJ(structure, it_seq))
#define CALL_ITERATOR(type_name)                                                                             \
    ROW(type_name, calliterobject, EXU_OBJ_AS(calliterobject, it_callable, "callable"),                      \
        EXU_OBJ_AS(calliterobject, it_sentinel, "sentinel"))
#define DICT_ITERATOR(type_name)                                                                             \
    ROW(type_name, dictiterobject, EXU_OBJ(dictiterobject, di_dict), EXU_OBJ(dictiterobject, di_result))
#define DICT_VIEW(type_name)                                                                                 \
    ROW(type_name, _PyDictViewObject, EXU_OBJ_AS(_PyDictViewObject, dv_dict, "mapping"))
/* The views of an OrderedDict derive from the dict's, which carry the reference. */
#define ODICT_VIEW(type_name) LEAF(type_name, _PyDictViewObject)
#define DESCRIPTOR                                                                                           \
    EXU_OBJ_AS(PyDescrObject, d_type, "__objclass__"), EXU_OBJ_AS(PyDescrObject, d_name, "__name__"),        \
        EXU_OBJ_AS(PyDescrObject, d_qualname, "__qualname__")
#define UNION(type_name)                                                                                     \
    ROW(type_name, unionobject, EXU_OBJ_AS(unionobject, args, "__args__"),                                   \
        EXU_OBJ(unionobject, hashable_args), EXU_OBJ(unionobject, unhashable_args),                          \
        EXU_OBJ_AS(unionobject, parameters, "__parameters__"))
/* 3.7 to 3.9 named these types without their module. */
#define CONTEXT(type_name)                                                                                   \
    ROW(type_name, PyContext, EXU_OBJ_AS(PyContext, ctx_prev, "previous"),                                   \
        EXU_OBJ_AS(PyContext, ctx_vars, "variables"))
#define CONTEXT_VAR(type_name)                                                                               \
    ROW(type_name, PyContextVar, EXU_OBJ_AS(PyContextVar, var_name, "name"),                                 \
        EXU_OBJ_AS(PyContextVar, var_default, "default"))
#define CONTEXT_TOKEN(type_name)                                                                             \
    ROW(type_name, PyContextToken, EXU_OBJ_AS(PyContextToken, tok_ctx, "context"),                           \
        EXU_OBJ_AS(PyContextToken, tok_var, "var"), EXU_OBJ_AS(PyContextToken, tok_oldval, "old_value"))
/* Python/hamt.c: i_nodes are borrowed from the tree that hi_obj holds. */
#define HAMT_ITERATOR(type_name) ROW(type_name, PyHamtIterator, EXU_OBJ(PyHamtIterator, hi_obj))

static const struct exu_type_row rows[] = {
    /* Objects/sliceobject.c, rangeobject.c, enumobject.c */
    ROW("slice", PySliceObject, EXU_OBJ(PySliceObject, start), EXU_OBJ(PySliceObject, stop),
        EXU_OBJ(PySliceObject, step)),
    ROW("range", rangeobject, EXU_OBJ(rangeobject, start), EXU_OBJ(rangeobject, stop),
        EXU_OBJ(rangeobject, step), EXU_OBJ(rangeobject, length)),
    LEAF("range_iterator", rangeiterobject),
    LEAF("rangeiterator", rangeiterobject), /* 2.7 */
    LEAF("xrange", rangeobject),            /* 2.7: three C longs */
    ROW("longrange_iterator", longrangeiterobject, EXU_OBJ(longrangeiterobject, index),
        EXU_OBJ(longrangeiterobject, start), EXU_OBJ(longrangeiterobject, step),
        EXU_OBJ(longrangeiterobject, len)),
    ROW("enumerate", enumobject, EXU_OBJ_AS(enumobject, en_sit, "iterator"),
        EXU_OBJ_AS(enumobject, en_result, "result"), EXU_OBJ_AS(enumobject, en_longindex, "index"),
        EXU_OBJ(enumobject, one)),
    ROW("reversed", reversedobject, EXU_OBJ_AS(reversedobject, seq, "sequence")),

    /* Python/bltinmodule.c */
    ROW("map", mapobject, EXU_OBJ_AS(mapobject, iters, "iterators"), EXU_OBJ_AS(mapobject, func, "function")),
    ROW("filter", filterobject, EXU_OBJ_AS(filterobject, func, "function"),
        EXU_OBJ_AS(filterobject, it, "iterator")),
    ROW("zip", zipobject, EXU_OBJ_AS(zipobject, ittuple, "iterators"), EXU_OBJ(zipobject, result)),

    /* Iterators: the sequence is NULL once they are exhausted. */
    SEQUENCE_ITERATOR("list_iterator", listiterobject),
    SEQUENCE_ITERATOR("listiterator", listiterobject), /* 2.7, as the other names without '_' */
    SEQUENCE_ITERATOR("list_reverseiterator", listreviterobject),
    SEQUENCE_ITERATOR("listreverseiterator", listreviterobject),
    SEQUENCE_ITERATOR("tuple_iterator", tupleiterobject),
    SEQUENCE_ITERATOR("tupleiterator", tupleiterobject),
    SEQUENCE_ITERATOR("str_iterator", unicodeiterobject),
    SEQUENCE_ITERATOR("str_ascii_iterator", unicodeiterobject),
    SEQUENCE_ITERATOR("bytes_iterator", striterobject),
    SEQUENCE_ITERATOR("bytearray_iterator", bytesiterobject),
    SEQUENCE_ITERATOR("memory_iterator", memoryiterobject),
    ROW("set_iterator", setiterobject, EXU_OBJ(setiterobject, si_set)),
    ROW("setiterator", setiterobject, EXU_OBJ(setiterobject, si_set)),
    SEQUENCE_ITERATOR("iterator", seqiterobject),
    CALL_ITERATOR("callable_iterator"),
    CALL_ITERATOR("callable-iterator"),
    DICT_ITERATOR("dict_keyiterator"),
    DICT_ITERATOR("dict_valueiterator"),
    DICT_ITERATOR("dict_itemiterator"),
    DICT_ITERATOR("dict_reversekeyiterator"),
    DICT_ITERATOR("dict_reversevalueiterator"),
    DICT_ITERATOR("dict_reverseitemiterator"),
    DICT_ITERATOR("dictionary-keyiterator"), /* 2.7 */
    DICT_ITERATOR("dictionary-valueiterator"),
    DICT_ITERATOR("dictionary-itemiterator"),
    DICT_VIEW("dict_keys"),
    DICT_VIEW("dict_values"),
    DICT_VIEW("dict_items"),

    /* Objects/odictobject.c */
    ROW_WALK("collections.OrderedDict", PyODictObject, walk_odict, size_of_odict, {0}),
    ODICT_VIEW("odict_keys"),
    ODICT_VIEW("odict_values"),
    ODICT_VIEW("odict_items"),
    ROW("odict_iterator", odictiterobject, EXU_OBJ(odictiterobject, di_odict),
        EXU_OBJ(odictiterobject, di_result), EXU_OBJ(odictiterobject, di_current)),

    /* Objects/descrobject.c, funcobject.c, typeobject.c */
    ROW("mappingproxy", mappingproxyobject, EXU_OBJ(mappingproxyobject, mapping)),
    ROW("property", propertyobject, EXU_OBJ_AS(propertyobject, prop_get, "fget"),
        EXU_OBJ_AS(propertyobject, prop_set, "fset"), EXU_OBJ_AS(propertyobject, prop_del, "fdel"),
        EXU_OBJ_AS(propertyobject, prop_doc, "__doc__"), EXU_OBJ_AS(propertyobject, prop_name, "__name__")),
    ROW("staticmethod", staticmethod, EXU_OBJ_AS(staticmethod, sm_callable, "__func__")),
    ROW("classmethod", classmethod, EXU_OBJ_AS(classmethod, cm_callable, "__func__")),
    ROW("super", superobject, EXU_OBJ_AS(superobject, type, "__thisclass__"),
        EXU_OBJ_AS(superobject, obj, "__self__"), EXU_OBJ_AS(superobject, obj_type, "__self_class__")),
    ROW("member_descriptor", PyMemberDescrObject, DESCRIPTOR),
    ROW("getset_descriptor", PyGetSetDescrObject, DESCRIPTOR),
    ROW("method_descriptor", PyMethodDescrObject, DESCRIPTOR),
    ROW("classmethod_descriptor", PyMethodDescrObject, DESCRIPTOR),
    ROW("wrapper_descriptor", PyWrapperDescrObject, DESCRIPTOR),
    ROW("method-wrapper", wrapperobject, EXU_OBJ_AS(wrapperobject, descr, "descriptor"),
        EXU_OBJ_AS(wrapperobject, self, "__self__")),

    /* Objects/memoryobject.c. A memoryview's basic size ends before its array of shape and strides. */
    {.name = "memoryview",
     .slots =
         EXU_SLOTS(EXU_OBJ_AS(PyMemoryViewObject, mbuf, "managed_buffer"), EXU_OBJ(PyMemoryViewObject, base)),
     .walk = walk_memoryview},
    ROW("managedbuffer", _PyManagedBufferObject, EXU_OBJ_AS(_PyManagedBufferObject, master_obj, "obj")),
    ROW("pickle.PickleBuffer", PyPickleBufferObject, EXU_OBJ_AS(PyPickleBufferObject, view_obj, "obj")),

    /* Objects/genericaliasobject.c, unionobject.c, namespaceobject.c, capsule.c, fileobject.c,
     * moduleobject.c, interpreteridobject.c */
    ROW("types.GenericAlias", gaobject, EXU_OBJ_AS(gaobject, origin, "__origin__"),
        EXU_OBJ_AS(gaobject, args, "__args__"), EXU_OBJ_AS(gaobject, parameters, "__parameters__")),
    ROW("generic_alias_iterator", gaiterobject, EXU_OBJ(gaiterobject, obj)),
    UNION("types.UnionType"),
    UNION("typing.Union"), /* 3.14+ */
    LEAF("types.SimpleNamespace", _PyNamespaceObject),
    ROW_WALK("PyCapsule", PyCapsule, walk_capsule, NULL, {0}),
    LEAF("stderrprinter", PyStdPrinter_Object),
    LEAF("InterpreterID", interpid),
    ROW("moduledef", PyModuleDef, EXU_OBJ_AS(PyModuleDef, m_base_m_copy, "m_copy")),

    /* Objects/unicodeobject.c, stringlib/unicode_format.h */
    LEAF("EncodingMap", encoding_map),
    ROW("fieldnameiterator", fieldnameiterobject, EXU_OBJ(fieldnameiterobject, str)),
    ROW("formatteriterator", formatteriterobject, EXU_OBJ(formatteriterobject, str)),

    /* Python/context.c, hamt.c. The variable-sized nodes' basic size ends before their first item. */
    CONTEXT("_contextvars.Context"),
    CONTEXT("Context"),
    CONTEXT_VAR("_contextvars.ContextVar"),
    CONTEXT_VAR("ContextVar"),
    CONTEXT_TOKEN("_contextvars.Token"),
    CONTEXT_TOKEN("Token"),
    LEAF("Token.MISSING", PyContextTokenMissing),
    ROW("hamt", PyHamtObject, EXU_OBJ_AS(PyHamtObject, h_root, "root")),
    {.name = "hamt_bitmap_node",
     .slots = EXU_SLOTS({EXU_PyHamtNode_Bitmap_b_array, EXU_PyVarObject_ob_size, EXU_SLOT_INLINE, "items"})},
    ROW("hamt_array_node", PyHamtNode_Array,
        {EXU_PyHamtNode_Array_a_array, EXU_FIELD_NONE, EXU_SLOT_INLINE, "children"}),
    {.name = "hamt_collision_node",
     .slots =
         EXU_SLOTS({EXU_PyHamtNode_Collision_c_array, EXU_PyVarObject_ob_size, EXU_SLOT_INLINE, "items"})},
    HAMT_ITERATOR("items"),
    HAMT_ITERATOR("keys"),
    HAMT_ITERATOR("values"),

    /* Objects/codeobject.c */
    ROW("line_iterator", lineiterator, EXU_OBJ_AS(lineiterator, li_code, "code")),
    ROW("positions_iterator", positionsiterator, EXU_OBJ_AS(positionsiterator, pi_code, "code")),

    /* Python/symtable.c, Python-ast.c, Python-tokenize.c */
    ROW("symtable entry", PySTEntryObject, EXU_OBJ_AS(PySTEntryObject, ste_id, "id"),
        EXU_OBJ_AS(PySTEntryObject, ste_name, "name"), EXU_OBJ_AS(PySTEntryObject, ste_symbols, "symbols"),
        EXU_OBJ_AS(PySTEntryObject, ste_varnames, "varnames"),
        EXU_OBJ_AS(PySTEntryObject, ste_children, "children"),
        EXU_OBJ_AS(PySTEntryObject, ste_directives, "directives"),
        EXU_OBJ_AS(PySTEntryObject, ste_mangled_names, "mangled_names"),
        EXU_OBJ_AS(PySTEntryObject, ste_function_name, "function_name"),
        EXU_OBJ_AS(PySTEntryObject, ste_annotation_block, "annotation_block")),
    LEAF("ast.AST", AST_object),
    LEAF("_ast.AST", AST_object), /* 3.6 to 3.8 */
    ROW_WALK("parser.st", PyST_Object, walk_parse_tree, size_of_parse_tree, {0}),
    /* struct tok_state is no buffer: it has object pointers of its own (file name, readline), which are found
     * like those of any C memory. */
    ROW("_tokenize.TokenizerIter", tokenizeriterobject, EXU_OBJ(tokenizeriterobject, last_line)),
};
FAMILY(builtins);
