/* Operating system, network, databases, XML, asyncio, threads and ctypes: Modules/ (CPython 3.11; the file
 * named at each group). */
#include "model/row_macros.h"

/* ---- _sqlite/connection.c: callbacks are C structures of their own ---- */
static void emit_callback(const struct exu_object *o, const struct exu_visitor *v, enum exu_field field,
                          const char *callable_name, const char *module_name)
{
    exu_addr context = exu_object_word(o, field);
    uint64_t callable, module;
    if (!context)
        return;
    if (!exu_field_read(o, context, EXU_callback_context_callable, &callable) ||
        !exu_field_read(o, context, EXU_callback_context_module, &module)) {
        exu_emit_bad(v, exu_object_place(o, field), context);
        return;
    }
    exu_emit_buffer(v, context);
    if (callable)
        exu_emit(v, callable, EXU_REF_FIELD, callable_name, -1);
    if (module)
        exu_emit(v, module, EXU_REF_FIELD, module_name, -1);
}

static void walk_connection(const struct exu_object *o, const struct exu_visitor *v)
{
    uint64_t level;
    /* An object until 3.10; since, the text itself, and there is no statement kept with it. */
    if (exu_has(o->layout, EXU_pysqlite_Connection_begin_statement) &&
        (level = exu_object_word(o, EXU_pysqlite_Connection_isolation_level)) != 0)
        exu_emit(v, level, EXU_REF_FIELD, "isolation_level", -1);
    emit_callback(o, v, EXU_pysqlite_Connection_trace_ctx, "trace_callback", "trace_callback.module");
    emit_callback(o, v, EXU_pysqlite_Connection_progress_ctx, "progress_handler", "progress_handler.module");
    emit_callback(o, v, EXU_pysqlite_Connection_authorizer_ctx, "authorizer", "authorizer.module");
}

/* ---- _sqlite/cache.c, <= 3.10: the nodes in a list beside the dict; a connection does not belong to its
 * own cache ----
 */
static void walk_sqlite_cache(const struct exu_object *o, const struct exu_visitor *v)
{
    uint64_t factory = exu_object_word(o, EXU_pysqlite_Cache_factory);
    if (factory)
        exu_emit(v, factory,
                 exu_object_word(o, EXU_pysqlite_Cache_decref_factory) ? EXU_REF_FIELD : EXU_REF_WEAK,
                 "factory", -1);
    uint64_t node = exu_object_word(o, EXU_pysqlite_Cache_first), next, limit = exu_walk_limit(o);
    for (uint64_t i = 0; node && i < limit; i++, node = next) {
        exu_emit(v, node, EXU_REF_FIELD, "node", (int64_t)i);
        if (!exu_field_read(o, node, EXU_pysqlite_Node_next, &next)) {
            exu_emit_bad(v, o->address, node);
            return;
        }
    }
}

#define SQLITE_NODE(type_name)                                                                               \
    ROW(type_name, pysqlite_Node, EXU_OBJ(pysqlite_Node, key), EXU_OBJ(pysqlite_Node, data))

/* ---- _elementtree.c: attributes and children are in `extra`, up to four children inside it ---- */
static void walk_element(const struct exu_object *o, const struct exu_visitor *v)
{
    exu_addr extra = exu_object_word(o, EXU_ElementObject_extra);
    uint64_t attrib, length, children;
    if (!extra)
        return;
    if (!exu_field_read(o, extra, EXU_ElementObjectExtra_attrib, &attrib) ||
        !exu_field_read(o, extra, EXU_ElementObjectExtra_length, &length) ||
        !exu_field_read(o, extra, EXU_ElementObjectExtra_children, &children)) {
        exu_emit_bad(v, exu_object_place(o, EXU_ElementObject_extra), extra);
        return;
    }
    exu_emit_buffer(v, extra);
    if (children != extra + exu_offset(o->layout, EXU_ElementObjectExtra__children))
        exu_emit_buffer(v, children);
    if (attrib)
        exu_emit(v, attrib, EXU_REF_FIELD, "attrib", -1);
    exu_emit_array(o, v, children, length, EXU_REF_ITEM, NULL);
}

static bool size_of_element(const struct exu_object *o, uint64_t *ret)
{
    exu_addr extra = exu_object_word(o, EXU_ElementObject_extra);
    uint64_t children, allocated;
    *ret = row_basic_size(o);
    if (!extra || (!row_has_sizeof(o, "Element") && !row_has_sizeof(o, "xml.etree.ElementTree.Element")))
        return true;
    if (!exu_field_read(o, extra, EXU_ElementObjectExtra_children, &children) ||
        !exu_field_read(o, extra, EXU_ElementObjectExtra_allocated, &allocated))
        return false;
    *ret += exu_size(o->layout, EXU_sizeof_ElementObjectExtra);
    return children == extra + exu_offset(o->layout, EXU_ElementObjectExtra__children) ||
           row_add(ret, allocated, sizeof(uint64_t));
}

static bool length_of_element(const struct exu_object *o, uint64_t *ret)
{
    exu_addr extra = exu_object_word(o, EXU_ElementObject_extra);
    *ret = 0;
    return !extra || exu_field_read(o, extra, EXU_ElementObjectExtra_length, ret);
}

static void walk_element_iterator(const struct exu_object *o, const struct exu_visitor *v)
{
    exu_addr stack = exu_object_word(o, EXU_ElementIterObject_parent_stack);
    uint64_t used = exu_object_word(o, EXU_ElementIterObject_parent_stack_used), limit = exu_walk_limit(o),
             parent;
    uint32_t stride = exu_size(o->layout, EXU_sizeof_ParentLocator);
    exu_emit_buffer(v, stack);
    for (uint64_t i = 0; stack && stride && i < used && i < limit; i++) {
        if (!exu_field_read(o, stack + i * stride, EXU_ParentLocator_parent, &parent)) {
            exu_emit_bad(v, o->address, stack + i * stride);
            return;
        }
        if (parent)
            exu_emit(v, parent, EXU_REF_FIELD, "parent", (int64_t)i);
    }
}

/* ---- pyexpat.c: one handler for each entry of handler_info (enum HandlerTypes) ---- */
#define EXPAT_HANDLERS 22

static void walk_xmlparser(const struct exu_object *o, const struct exu_visitor *v)
{
    exu_addr handlers = exu_object_word(o, EXU_xmlparseobject_handlers);
    if (!handlers)
        return;
    exu_emit_buffer(v, handlers);
    exu_emit_array(o, v, handlers, EXPAT_HANDLERS, EXU_REF_FIELD, "handler");
}

/* ---- _lsprof.c: a tree of entries, each with the code object or name that it counts ---- */
#define PROFILER_DEPTH 512 /* of the walk's stack; a rotating tree is no deeper by far */

static void walk_profiler(const struct exu_object *o, const struct exu_visitor *v)
{
    exu_addr stack[PROFILER_DEPTH];
    size_t depth = 0;
    uint64_t limit = exu_walk_limit(o), left, right, object;
    int64_t index = 0;
    exu_addr node = exu_object_word(o, EXU_ProfilerObject___lsprof_profilerEntries);
    for (uint64_t steps = 0; steps < limit; steps++) {
        if (!node) {
            if (!depth)
                return;
            node = stack[--depth];
        }
        if (!exu_field_read(o, node, EXU_rotating_node_t_left, &left) ||
            !exu_field_read(o, node, EXU_rotating_node_t_right, &right) ||
            !exu_field_read(o, node, EXU_ProfilerEntry_userObj, &object)) {
            exu_emit_bad(v, o->address, node);
            return;
        }
        exu_emit_buffer(v, node);
        if (object)
            exu_emit(v, object, EXU_REF_FIELD, "entry", index++);
        if (right && depth == PROFILER_DEPTH) {
            exu_emit_bad(v, node, right);
            right = 0;
        }
        if (right)
            stack[depth++] = right;
        node = left;
    }
}

/* ---- _ctypes/_ctypes.c: b_ptr is the value inside the object, memory of its own, or somebody else's ---- */
static void walk_cdata(const struct exu_object *o, const struct exu_visitor *v)
{
    exu_addr data = exu_object_word(o, EXU_CDataObject_b_ptr);
    if (exu_object_word(o, EXU_CDataObject_b_needsfree) &&
        data != exu_object_place(o, EXU_CDataObject_b_value))
        exu_emit_buffer(v, data);
}

/* CDataType_traverse: a ctypes type visits the proto of its dict, a StgDict, beside what every type visits.
 */
static void walk_cdata_type(const struct exu_object *o, const struct exu_visitor *v)
{
    exu_addr dict = exu_object_word(o, EXU_PyTypeObject_tp_dict);
    uint64_t type, proto;
    if (!dict || !exu_field_read(o, dict, EXU_PyObject_ob_type, &type))
        return;
    const struct exu_type *kind = exu_model_known_type(o->model, type);
    if (kind && strcmp(kind->name, "StgDict") == 0 &&
        exu_field_read(o, dict, EXU_StgDictObject_proto, &proto))
        exu_emit(v, proto, EXU_REF_FIELD, "proto", -1);
}

/* strlen + 1 of a string in the target; 0 for NULL. */
static bool add_string(const struct exu_object *o, exu_addr string, uint64_t *size)
{
    uint64_t length;
    return !string || (exu_walk_string(o, string, &length) && row_add(size, length + 1, 1));
}

/* PyCStgDict_sizeof: adds its own part to a dict's size that begins with the whole structure. */
static bool size_of_stgdict(const struct exu_object *o, uint64_t *ret)
{
    if (!row_base_size(o, "dict", ret))
        return false;
    if (!row_has_sizeof(o, "StgDict"))
        return true;
    *ret += exu_size(o->layout, EXU_sizeof_StgDictObject) - exu_size(o->layout, EXU_sizeof_PyDictObject);
    if (!add_string(o, exu_object_word(o, EXU_StgDictObject_format), ret))
        return false;
    int64_t dimensions = exu_object_signed(o, EXU_StgDictObject_ndim);
    if (dimensions < 0 || !row_add(ret, (uint64_t)dimensions, sizeof(uint64_t)))
        return false;
    uint64_t length = exu_object_word(o, EXU_StgDictObject_length);
    return !exu_object_word(o, EXU_StgDictObject_ffi_type_pointer_elements) ||
           (length < ROW_SIZE_LIMIT && row_add(ret, length + 1, sizeof(uint64_t)));
}

/* ---- 3.13+: what a StgDict held is behind the type itself (PyObject_GetTypeData of CType_Type) ---- */
#define TYPE_DATA_ALIGNMENT 16 /* ALIGNOF_MAX_ALIGN_T */

static exu_addr type_info(const struct exu_object *o)
{
    uint64_t size = exu_size(o->layout, EXU_sizeof_PyHeapTypeObject), initialized;
    exu_addr info = o->address + (size + TYPE_DATA_ALIGNMENT - 1) / TYPE_DATA_ALIGNMENT * TYPE_DATA_ALIGNMENT;
    return exu_has(o->layout, EXU_sizeof_StgInfo) &&
                   exu_field_read(o, info, EXU_StgInfo_initialized, &initialized) && initialized
               ? info
               : 0;
}

static void walk_ctype_type(const struct exu_object *o, const struct exu_visitor *v)
{
    static const struct {
        uint16_t field;
        const char *name;
    } parts[] = {{EXU_StgInfo_proto, "proto"},
                 {EXU_StgInfo_argtypes, "argtypes"},
                 {EXU_StgInfo_converters, "converters"},
                 {EXU_StgInfo_restype, "restype"},
                 {EXU_StgInfo_checker, "checker"},
                 {EXU_StgInfo_module, "module"},
                 {EXU_StgInfo_pointer_type, "pointer_type"}};
    static const uint16_t buffers[] = {EXU_StgInfo_format, EXU_StgInfo_shape,
                                       EXU_StgInfo_ffi_type_pointer_elements};
    exu_addr info = type_info(o);
    uint64_t target;
    for (size_t i = 0; info && i < EXU_COUNT(parts); i++)
        if (exu_field_read(o, info, (enum exu_field)parts[i].field, &target))
            exu_emit(v, target, EXU_REF_FIELD, parts[i].name, -1);
    for (size_t i = 0; info && i < EXU_COUNT(buffers); i++)
        if (exu_field_read(o, info, (enum exu_field)buffers[i], &target))
            exu_emit_buffer(v, target);
}

/* _ctypes_CType_Type___sizeof___impl: without what type.__sizeof__ adds */
static bool size_of_ctype_type(const struct exu_object *o, uint64_t *ret)
{
    exu_addr info = type_info(o);
    uint64_t format, dimensions, elements, length;
    *ret = row_basic_size(o);
    if (!info)
        return true;
    if (!exu_field_read(o, info, EXU_StgInfo_format, &format) ||
        !exu_field_read(o, info, EXU_StgInfo_ndim, &dimensions) ||
        !exu_field_read(o, info, EXU_StgInfo_length, &length) ||
        !exu_field_read(o, info, EXU_StgInfo_ffi_type_pointer_elements, &elements))
        return false;
    return add_string(o, format, ret) && row_add(ret, dimensions, sizeof(uint64_t)) &&
           (!elements || (length < ROW_SIZE_LIMIT && row_add(ret, length + 1, sizeof(uint64_t))));
}

#define CDATA_TYPE(type_name)                                                                                \
    {                                                                                                        \
        .name = type_name, .walk = walk_cdata_type                                                           \
    }

#define ELEMENT(type_name)                                                                                   \
    {                                                                                                        \
        .name = type_name, .size = EXU_sizeof_ElementObject,                                                 \
        .slots = EXU_SLOTS(EXU_OBJ(ElementObject, tag), EXU_TAGGED(ElementObject, text),                     \
                           EXU_TAGGED(ElementObject, tail)),                                                 \
        .walk = walk_element, .size_of = size_of_element, .length = length_of_element                        \
    }
#define TREE_BUILDER(type_name)                                                                              \
    ROW(type_name, TreeBuilderObject, EXU_OBJ(TreeBuilderObject, root), EXU_OBJ(TreeBuilderObject, this),    \
        EXU_OBJ(TreeBuilderObject, last), EXU_OBJ(TreeBuilderObject, last_for_tail),                         \
        EXU_OBJ(TreeBuilderObject, data), EXU_OBJ(TreeBuilderObject, stack),                                 \
        EXU_OBJ(TreeBuilderObject, element_factory), EXU_OBJ(TreeBuilderObject, comment_factory),            \
        EXU_OBJ(TreeBuilderObject, pi_factory), EXU_OBJ(TreeBuilderObject, events),                          \
        EXU_OBJ(TreeBuilderObject, events_append), EXU_OBJ(TreeBuilderObject, start_event_obj),              \
        EXU_OBJ(TreeBuilderObject, end_event_obj), EXU_OBJ(TreeBuilderObject, start_ns_event_obj),           \
        EXU_OBJ(TreeBuilderObject, end_ns_event_obj), EXU_OBJ(TreeBuilderObject, comment_event_obj),         \
        EXU_OBJ(TreeBuilderObject, pi_event_obj))
#define XML_PARSER(type_name)                                                                                \
    ROW(type_name, XMLParserObject, EXU_OBJ(XMLParserObject, target), EXU_OBJ(XMLParserObject, entity),      \
        EXU_OBJ(XMLParserObject, names), EXU_OBJ(XMLParserObject, handle_xml),                               \
        EXU_OBJ(XMLParserObject, handle_start_ns), EXU_OBJ(XMLParserObject, handle_end_ns),                  \
        EXU_OBJ(XMLParserObject, handle_start), EXU_OBJ(XMLParserObject, handle_data),                       \
        EXU_OBJ(XMLParserObject, handle_end), EXU_OBJ(XMLParserObject, handle_comment),                      \
        EXU_OBJ(XMLParserObject, handle_pi), EXU_OBJ(XMLParserObject, handle_doctype),                       \
        EXU_OBJ(XMLParserObject, handle_close), EXU_OBJ(XMLParserObject, elementtree_module),                \
        EXU_BUF(XMLParserObject, parser))
#define TASK_STEP(type_name)                                                                                 \
    ROW(type_name, TaskStepMethWrapper, EXU_OBJ_AS(TaskStepMethWrapper, sw_task, "__self__"),                \
        EXU_OBJ_AS(TaskStepMethWrapper, sw_arg, "argument"))
#define LOCAL(type_name)                                                                                     \
    ROW(type_name, localobject, EXU_OBJ(localobject, key), EXU_OBJ(localobject, args),                       \
        EXU_OBJ(localobject, kw), EXU_OBJ(localobject, dummies), EXU_OBJ(localobject, wr_callback),          \
        EXU_OBJ(localobject, localdicts), EXU_OBJ(localobject, thread_watchdogs))
#define FUNCTION_POINTER(type_name)                                                                          \
    ROW(type_name, PyCFuncPtrObject, EXU_OBJ(PyCFuncPtrObject, thunk), EXU_OBJ(PyCFuncPtrObject, callable),  \
        EXU_OBJ(PyCFuncPtrObject, converters), EXU_OBJ(PyCFuncPtrObject, argtypes),                          \
        EXU_OBJ(PyCFuncPtrObject, restype), EXU_OBJ(PyCFuncPtrObject, checker),                              \
        EXU_OBJ(PyCFuncPtrObject, errcheck), EXU_OBJ(PyCFuncPtrObject, paramflags))
#define SSL_SESSION(type_name)                                                                               \
    ROW(type_name, PySSLSession, EXU_OBJ_AS(PySSLSession, ctx, "context"), EXU_BUF(PySSLSession, session))
#define CURSES_WINDOW(type_name) ROW(type_name, PyCursesWindowObject, EXU_BUF(PyCursesWindowObject, encoding))
#define CURSES_PANEL(type_name)                                                                              \
    ROW(type_name, PyCursesPanelObject, EXU_OBJ_AS(PyCursesPanelObject, wo, "window"))
#define TK_TIMER(type_name) ROW(type_name, TkttObject, EXU_OBJ_AS(TkttObject, func, "function"))

static const struct exu_type_row rows[] = {
    /* socketmodule.c, selectmodule.c, _multiprocessing/semaphore.c */
    LEAF("_socket.socket", PySocketSockObject),
    LEAF("select.epoll", pyEpoll_Object),
    ROW("select.poll", pollObject, EXU_OBJ(pollObject, dict), EXU_BUF(pollObject, ufds)),
    ROW("_multiprocessing.SemLock", SemLockObject, EXU_BUF(SemLockObject, name)),

    /* _ssl.c: Socket and owner are weak reference objects, which the socket owns. */
    ROW("_ssl._SSLContext", PySSLContext, EXU_OBJ_AS(PySSLContext, set_sni_cb, "sni_callback"),
        EXU_OBJ_AS(PySSLContext, msg_cb, "_msg_callback"), EXU_OBJ(PySSLContext, psk_client_callback),
        EXU_OBJ(PySSLContext, psk_server_callback), EXU_OBJ(PySSLContext, keylog_filename),
        EXU_BUF(PySSLContext, ctx), EXU_BUF(PySSLContext, alpn_protocols), EXU_BUF(PySSLContext, keylog_bio)),
    ROW("_ssl._SSLSocket", PySSLSocket, EXU_OBJ_AS(PySSLSocket, Socket, "socket"),
        EXU_OBJ_AS(PySSLSocket, ctx, "context"), EXU_OBJ(PySSLSocket, owner),
        EXU_OBJ(PySSLSocket, server_hostname), EXU_OBJ(PySSLSocket, exc_type),
        EXU_OBJ(PySSLSocket, exc_value), EXU_OBJ(PySSLSocket, exc_tb), EXU_OBJ(PySSLSocket, exc),
        EXU_OBJ(PySSLSocket, ssl_sock), EXU_BUF(PySSLSocket, ssl), EXU_BUF(PySSLSocket, peer_cert)),
    SSL_SESSION("_ssl.SSLSession"),
    SSL_SESSION("_ssl.Session"), /* <= 3.9 */
    ROW("_ssl.MemoryBIO", PySSLMemoryBIO, EXU_BUF(PySSLMemoryBIO, bio)),
    ROW("_ssl.Certificate", PySSLCertificate, EXU_BUF(PySSLCertificate, cert)),

    /* _sqlite: a connection's exception types are borrowed. */
    ROW_WALK("sqlite3.Connection", pysqlite_Connection, walk_connection, NULL,
             EXU_OBJ(pysqlite_Connection, statement_cache), EXU_OBJ(pysqlite_Connection, cursors),
             EXU_OBJ(pysqlite_Connection, blobs), EXU_OBJ(pysqlite_Connection, row_factory),
             EXU_OBJ(pysqlite_Connection, text_factory), EXU_OBJ(pysqlite_Connection, statements),
             EXU_OBJ(pysqlite_Connection, function_pinboard),
             EXU_OBJ_AS(pysqlite_Connection, function_pinboard_trace_callback, "trace_callback"),
             EXU_OBJ_AS(pysqlite_Connection, function_pinboard_progress_handler, "progress_handler"),
             EXU_OBJ_AS(pysqlite_Connection, function_pinboard_authorizer_cb, "authorizer"),
             EXU_OBJ(pysqlite_Connection, collations), EXU_OBJ(pysqlite_Connection, apsw_connection),
             EXU_BUF(pysqlite_Connection, db)),
    ROW("sqlite3.Cursor", pysqlite_Cursor, EXU_OBJ(pysqlite_Cursor, connection),
        EXU_OBJ(pysqlite_Cursor, description), EXU_OBJ(pysqlite_Cursor, row_cast_map),
        EXU_OBJ(pysqlite_Cursor, lastrowid), EXU_OBJ(pysqlite_Cursor, row_factory),
        EXU_OBJ(pysqlite_Cursor, statement), EXU_OBJ(pysqlite_Cursor, next_row)),
    ROW("sqlite3.Statement", pysqlite_Statement, EXU_OBJ(pysqlite_Statement, sql),
        EXU_BUF(pysqlite_Statement, st)),
    ROW_WALK("sqlite3.Cache", pysqlite_Cache, walk_sqlite_cache, NULL, EXU_OBJ(pysqlite_Cache, mapping)),
    SQLITE_NODE("sqlite3.Node"),
    SQLITE_NODE("sqlite3Node"),
    ROW("sqlite3.Row", pysqlite_Row, EXU_OBJ(pysqlite_Row, data), EXU_OBJ(pysqlite_Row, description)),
    ROW("sqlite3.Blob", pysqlite_Blob, EXU_OBJ(pysqlite_Blob, connection), EXU_BUF(pysqlite_Blob, blob)),
    {.name = "sqlite3.PrepareProtocol"},

    /* _elementtree.c: the lowest bit of text and tail says that they are lists yet to be joined. */
    ELEMENT("xml.etree.ElementTree.Element"),
    ELEMENT("Element"), /* 2.7, as the others without module */
    ROW_WALK("_elementtree._element_iterator", ElementIterObject, walk_element_iterator, NULL,
             EXU_OBJ_AS(ElementIterObject, root_element, "root"),
             EXU_OBJ_AS(ElementIterObject, sought_tag, "tag")),
    TREE_BUILDER("xml.etree.ElementTree.TreeBuilder"),
    TREE_BUILDER("TreeBuilder"),
    XML_PARSER("xml.etree.ElementTree.XMLParser"),
    XML_PARSER("XMLParser"),
    ROW_WALK("pyexpat.xmlparser", xmlparseobject, walk_xmlparser, NULL, EXU_OBJ(xmlparseobject, intern),
             EXU_OBJ(xmlparseobject, parent), EXU_BUF(xmlparseobject, itself),
             EXU_BUF(xmlparseobject, buffer)),

    /* _asynciomodule.c: a task's structure begins with that of a future. */
    ROW("_asyncio.Future", FutureObj, EXU_OBJ_AS(FutureObj, fut_loop, "_loop"),
        EXU_OBJ_AS(FutureObj, fut_callback0, "_callbacks[0]"),
        EXU_OBJ_AS(FutureObj, fut_context0, "_contexts[0]"),
        EXU_OBJ_AS(FutureObj, fut_callbacks, "_callbacks"),
        EXU_OBJ_AS(FutureObj, fut_exception, "_exception"),
        EXU_OBJ_AS(FutureObj, fut_exception_tb, "_exception_tb"),
        EXU_OBJ_AS(FutureObj, fut_result, "_result"),
        EXU_OBJ_AS(FutureObj, fut_source_tb, "_source_traceback"),
        EXU_OBJ_AS(FutureObj, fut_cancel_msg, "_cancel_message"),
        EXU_OBJ_AS(FutureObj, fut_cancelled_exc, "_cancelled_exc"),
        EXU_OBJ_AS(FutureObj, fut_cancelled_exc_state_exc_type, "_cancelled_exc.type"),
        EXU_OBJ_AS(FutureObj, fut_cancelled_exc_state_exc_value, "_cancelled_exc"),
        EXU_OBJ_AS(FutureObj, fut_cancelled_exc_state_exc_traceback, "_cancelled_exc.traceback"),
        EXU_OBJ_AS(FutureObj, fut_awaited_by, "_asyncio_awaited_by")),
    ROW("_asyncio.Task", TaskObj, EXU_OBJ_AS(TaskObj, task_fut_waiter, "_fut_waiter"),
        EXU_OBJ_AS(TaskObj, task_coro, "_coro"), EXU_OBJ_AS(TaskObj, task_name, "_name"),
        EXU_OBJ_AS(TaskObj, task_context, "_context")),
    ROW("_asyncio.FutureIter", futureiterobject, EXU_OBJ(futureiterobject, future)),
    TASK_STEP("TaskStepMethWrapper"),
    TASK_STEP("_asyncio.TaskStepMethWrapper"), /* 3.12+ */
    ROW("TaskWakeupMethWrapper", TaskWakeupMethWrapper,
        EXU_OBJ_AS(TaskWakeupMethWrapper, ww_task, "__self__")),
    ROW("_RunningLoopHolder", PyRunningLoopHolder, EXU_OBJ_AS(PyRunningLoopHolder, rl_loop, "loop")),

    /* _threadmodule.c: a localdummy borrows the dict, which the thread's state owns. */
    ROW("_thread.lock", lockobject, EXU_BUF(lockobject, lock_lock)),
    ROW("thread.lock", lockobject, EXU_BUF(lockobject, lock_lock)), /* 2.7 */
    ROW("_thread.RLock", rlockobject, EXU_BUF(rlockobject, rlock_lock)),
    LOCAL("_thread._local"),
    LOCAL("thread._local"),
    ROW("_thread._ThreadHandle", PyThreadHandleObject, EXU_BUF(PyThreadHandleObject, handle)),
    LEAF("_thread._localdummy", localdummyobject),

    /* _ctypes */
    {.name = "_ctypes.CType_Type", .walk = walk_ctype_type, .size_of = size_of_ctype_type},
    CDATA_TYPE("_ctypes.PyCStructType"),
    CDATA_TYPE("_ctypes.UnionType"),
    CDATA_TYPE("_ctypes.PyCPointerType"),
    CDATA_TYPE("_ctypes.PyCArrayType"),
    CDATA_TYPE("_ctypes.PyCSimpleType"),
    CDATA_TYPE("_ctypes.PyCFuncPtrType"),
    ROW_WALK("_ctypes._CData", CDataObject, walk_cdata, NULL, EXU_OBJ_AS(CDataObject, b_base, "_b_base_"),
             EXU_OBJ_AS(CDataObject, b_objects, "_objects")),
    LEAF("_ctypes.Structure", CDataObject),
    LEAF("_ctypes.Union", CDataObject),
    LEAF("_ctypes.Array", CDataObject),
    LEAF("_ctypes._Pointer", CDataObject),
    LEAF("_ctypes._SimpleCData", CDataObject),
    FUNCTION_POINTER("_ctypes.CFuncPtr"),
    FUNCTION_POINTER("_ctypes.PyCFuncPtr"), /* <= 3.9 */
    ROW("_ctypes.CField", CFieldObject, EXU_OBJ(CFieldObject, proto), EXU_OBJ(CFieldObject, name)),
    ROW("ctypes.CField", CFieldObject, EXU_OBJ(CFieldObject, proto), EXU_OBJ(CFieldObject, name)), /* 3.14+ */
    ROW("_ctypes.CThunkObject", CThunkObject, EXU_OBJ(CThunkObject, converters),
        EXU_OBJ(CThunkObject, callable), EXU_OBJ(CThunkObject, restype)),
    ROW("CArgObject", PyCArgObject, EXU_OBJ(PyCArgObject, obj)),
    ROW("_ctypes.CArgObject", PyCArgObject, EXU_OBJ(PyCArgObject, obj)), /* 3.12+ */
    ROW("_ctypes.StructParam_Type", StructParamObject, EXU_OBJ(StructParamObject, keep),
        EXU_BUF(StructParamObject, ptr)),
    ROW("_ctypes.DictRemover", DictRemoverObject, EXU_OBJ(DictRemoverObject, key),
        EXU_OBJ(DictRemoverObject, dict)),
    /* proto is one reference, which the type visits: walk_cdata_type */
    ROW_WALK("StgDict", StgDictObject, NULL, size_of_stgdict, EXU_OBJ(StgDictObject, argtypes),
             EXU_OBJ(StgDictObject, converters), EXU_OBJ(StgDictObject, restype), EXU_OBJ(StgDictObject, checker), EXU_BUF(StgDictObject, format),
             EXU_BUF(StgDictObject, shape), EXU_BUF(StgDictObject, ffi_type_pointer_elements)),

    /* _lsprof.c, _curses_panel.c, _tkinter.c, xxsubtype.c */
    ROW_WALK("_lsprof.Profiler", ProfilerObject___lsprof, walk_profiler, NULL,
             EXU_OBJ(ProfilerObject___lsprof, externalTimer), EXU_OBJ(ProfilerObject___lsprof, missing)),
    CURSES_WINDOW("_curses.window"),
    CURSES_WINDOW("_curses.curses window"), /* 2.7 */
    CURSES_PANEL("_curses_panel.panel"),
    CURSES_PANEL("_curses_panel.curses panel"), /* <= 3.7 */
    ROW("_tkinter.Tcl_Obj", PyTclObject, EXU_OBJ(PyTclObject, string), EXU_BUF(PyTclObject, value)),
    LEAF("_tkinter.tkapp", TkappObject),
    LEAF("tkapp", TkappObject),
    TK_TIMER("_tkinter.tktimertoken"),
    TK_TIMER("tktimertoken"),
    {.name = "ossaudiodev.oss_audio_device"},
    {.name = "ossaudiodev.oss_mixer_device"},
    {.name = "linuxaudiodev.linux_audio_device"},
    {.name = "_interpchannels.ChannelID"},
    {.name = "_xxsubinterpreters.ChannelID"},
    {.name = "_interpreters.CrossInterpreterBufferView"},
    LEAF("xxsubtype.spamlist", spamlistobject),
    LEAF("xxsubtype.spamdict", spamdictobject),
};
FAMILY(modules_b);
