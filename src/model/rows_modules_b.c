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
    emit_callback(o, v, EXU_pysqlite_Connection_trace_ctx, "trace_callback", "trace_callback.module");
    emit_callback(o, v, EXU_pysqlite_Connection_progress_ctx, "progress_handler", "progress_handler.module");
    emit_callback(o, v, EXU_pysqlite_Connection_authorizer_ctx, "authorizer", "authorizer.module");
}

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
    if (!extra)
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
    exu_addr node = exu_object_word(o, EXU_ProfilerObject_profilerEntries);
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

/* PyCStgDict_sizeof: adds its own part to a dict's size that begins with the whole structure. */
static bool size_of_stgdict(const struct exu_object *o, uint64_t *ret)
{
    if (!row_base_size(o, "dict", ret))
        return false;
    *ret += exu_size(o->layout, EXU_sizeof_StgDictObject) - exu_size(o->layout, EXU_sizeof_PyDictObject);
    exu_addr format = exu_object_word(o, EXU_StgDictObject_format);
    if (format) {
        uint64_t length;
        if (!exu_walk_string(o, format, &length))
            return false;
        *ret += length + 1;
    }
    int64_t dimensions = exu_object_signed(o, EXU_StgDictObject_ndim);
    if (dimensions < 0 || !row_add(ret, (uint64_t)dimensions, sizeof(uint64_t)))
        return false;
    uint64_t length = exu_object_word(o, EXU_StgDictObject_length);
    return !exu_object_word(o, EXU_StgDictObject_ffi_type_pointer_elements) ||
           (length < ROW_SIZE_LIMIT && row_add(ret, length + 1, sizeof(uint64_t)));
}

#define CDATA_TYPE(type_name)                                                                                \
    {                                                                                                        \
        .name = type_name, .walk = walk_cdata_type                                                           \
    }

static const struct exu_type_row rows[] = {
    /* socketmodule.c, selectmodule.c, _multiprocessing/semaphore.c */
    LEAF("_socket.socket", PySocketSockObject),
    LEAF("select.epoll", pyEpoll_Object),
    ROW("select.poll", pollObject, EXU_OBJ(pollObject, dict), EXU_BUF(pollObject, ufds)),
    ROW("_multiprocessing.SemLock", SemLockObject, EXU_BUF(SemLockObject, name)),

    /* _ssl.c: Socket and owner are weak reference objects, which the socket owns. */
    ROW("_ssl._SSLContext", PySSLContext, EXU_OBJ_AS(PySSLContext, set_sni_cb, "sni_callback"),
        EXU_OBJ_AS(PySSLContext, msg_cb, "_msg_callback"), EXU_OBJ(PySSLContext, keylog_filename),
        EXU_BUF(PySSLContext, ctx), EXU_BUF(PySSLContext, alpn_protocols), EXU_BUF(PySSLContext, keylog_bio)),
    ROW("_ssl._SSLSocket", PySSLSocket, EXU_OBJ_AS(PySSLSocket, Socket, "socket"),
        EXU_OBJ_AS(PySSLSocket, ctx, "context"), EXU_OBJ(PySSLSocket, owner),
        EXU_OBJ(PySSLSocket, server_hostname), EXU_OBJ(PySSLSocket, exc_type),
        EXU_OBJ(PySSLSocket, exc_value), EXU_OBJ(PySSLSocket, exc_tb), EXU_BUF(PySSLSocket, ssl)),
    ROW("_ssl.SSLSession", PySSLSession, EXU_OBJ_AS(PySSLSession, ctx, "context"),
        EXU_BUF(PySSLSession, session)),
    ROW("_ssl.MemoryBIO", PySSLMemoryBIO, EXU_BUF(PySSLMemoryBIO, bio)),
    ROW("_ssl.Certificate", PySSLCertificate, EXU_BUF(PySSLCertificate, cert)),

    /* _sqlite: a connection's exception types are borrowed. */
    ROW_WALK("sqlite3.Connection", pysqlite_Connection, walk_connection, NULL,
             EXU_OBJ(pysqlite_Connection, statement_cache), EXU_OBJ(pysqlite_Connection, cursors),
             EXU_OBJ(pysqlite_Connection, blobs), EXU_OBJ(pysqlite_Connection, row_factory),
             EXU_OBJ(pysqlite_Connection, text_factory), EXU_BUF(pysqlite_Connection, db)),
    ROW("sqlite3.Cursor", pysqlite_Cursor, EXU_OBJ(pysqlite_Cursor, connection),
        EXU_OBJ(pysqlite_Cursor, description), EXU_OBJ(pysqlite_Cursor, row_cast_map),
        EXU_OBJ(pysqlite_Cursor, lastrowid), EXU_OBJ(pysqlite_Cursor, row_factory),
        EXU_OBJ(pysqlite_Cursor, statement)),
    ROW("sqlite3.Statement", pysqlite_Statement, EXU_BUF(pysqlite_Statement, st)),
    ROW("sqlite3.Row", pysqlite_Row, EXU_OBJ(pysqlite_Row, data), EXU_OBJ(pysqlite_Row, description)),
    ROW("sqlite3.Blob", pysqlite_Blob, EXU_OBJ(pysqlite_Blob, connection), EXU_BUF(pysqlite_Blob, blob)),
    LEAF("sqlite3.PrepareProtocol", pysqlite_PrepareProtocol),

    /* _elementtree.c: the lowest bit of text and tail says that they are lists yet to be joined. */
    {.name = "xml.etree.ElementTree.Element",
     .size = EXU_sizeof_ElementObject,
     .slots = EXU_SLOTS(EXU_OBJ(ElementObject, tag), EXU_TAGGED(ElementObject, text),
                        EXU_TAGGED(ElementObject, tail)),
     .walk = walk_element,
     .size_of = size_of_element,
     .length = length_of_element},
    ROW_WALK("_elementtree._element_iterator", ElementIterObject, walk_element_iterator, NULL,
             EXU_OBJ_AS(ElementIterObject, root_element, "root"),
             EXU_OBJ_AS(ElementIterObject, sought_tag, "tag")),
    ROW("xml.etree.ElementTree.TreeBuilder", TreeBuilderObject, EXU_OBJ(TreeBuilderObject, root),
        EXU_OBJ(TreeBuilderObject, this), EXU_OBJ(TreeBuilderObject, last),
        EXU_OBJ(TreeBuilderObject, last_for_tail), EXU_OBJ(TreeBuilderObject, data),
        EXU_OBJ(TreeBuilderObject, stack), EXU_OBJ(TreeBuilderObject, element_factory),
        EXU_OBJ(TreeBuilderObject, comment_factory), EXU_OBJ(TreeBuilderObject, pi_factory),
        EXU_OBJ(TreeBuilderObject, events_append), EXU_OBJ(TreeBuilderObject, start_event_obj),
        EXU_OBJ(TreeBuilderObject, end_event_obj), EXU_OBJ(TreeBuilderObject, start_ns_event_obj),
        EXU_OBJ(TreeBuilderObject, end_ns_event_obj), EXU_OBJ(TreeBuilderObject, comment_event_obj),
        EXU_OBJ(TreeBuilderObject, pi_event_obj)),
    ROW("xml.etree.ElementTree.XMLParser", XMLParserObject, EXU_OBJ(XMLParserObject, target),
        EXU_OBJ(XMLParserObject, entity), EXU_OBJ(XMLParserObject, names),
        EXU_OBJ(XMLParserObject, handle_start_ns), EXU_OBJ(XMLParserObject, handle_end_ns),
        EXU_OBJ(XMLParserObject, handle_start), EXU_OBJ(XMLParserObject, handle_data),
        EXU_OBJ(XMLParserObject, handle_end), EXU_OBJ(XMLParserObject, handle_comment),
        EXU_OBJ(XMLParserObject, handle_pi), EXU_OBJ(XMLParserObject, handle_doctype),
        EXU_OBJ(XMLParserObject, handle_close), EXU_BUF(XMLParserObject, parser)),
    ROW_WALK("pyexpat.xmlparser", xmlparseobject, walk_xmlparser, NULL, EXU_OBJ(xmlparseobject, intern),
             EXU_BUF(xmlparseobject, itself), EXU_BUF(xmlparseobject, buffer)),

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
        EXU_OBJ_AS(FutureObj, fut_cancelled_exc, "_cancelled_exc")),
    ROW("_asyncio.Task", TaskObj, EXU_OBJ_AS(TaskObj, task_fut_waiter, "_fut_waiter"),
        EXU_OBJ_AS(TaskObj, task_coro, "_coro"), EXU_OBJ_AS(TaskObj, task_name, "_name"),
        EXU_OBJ_AS(TaskObj, task_context, "_context")),
    ROW("_asyncio.FutureIter", futureiterobject, EXU_OBJ(futureiterobject, future)),
    ROW("TaskStepMethWrapper", TaskStepMethWrapper, EXU_OBJ_AS(TaskStepMethWrapper, sw_task, "__self__"),
        EXU_OBJ_AS(TaskStepMethWrapper, sw_arg, "argument")),
    ROW("_RunningLoopHolder", PyRunningLoopHolder, EXU_OBJ_AS(PyRunningLoopHolder, rl_loop, "loop")),

    /* _threadmodule.c: a localdummy borrows the dict, which the thread's state owns. */
    ROW("_thread.lock", lockobject, EXU_BUF(lockobject, lock_lock)),
    ROW("_thread.RLock", rlockobject, EXU_BUF(rlockobject, rlock_lock)),
    ROW("_thread._local", localobject, EXU_OBJ(localobject, key), EXU_OBJ(localobject, args),
        EXU_OBJ(localobject, kw), EXU_OBJ(localobject, dummies), EXU_OBJ(localobject, wr_callback)),
    LEAF("_thread._localdummy", localdummyobject),

    /* _ctypes */
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
    ROW("_ctypes.CFuncPtr", PyCFuncPtrObject, EXU_OBJ(PyCFuncPtrObject, thunk),
        EXU_OBJ(PyCFuncPtrObject, callable), EXU_OBJ(PyCFuncPtrObject, converters),
        EXU_OBJ(PyCFuncPtrObject, argtypes), EXU_OBJ(PyCFuncPtrObject, restype),
        EXU_OBJ(PyCFuncPtrObject, checker), EXU_OBJ(PyCFuncPtrObject, errcheck),
        EXU_OBJ(PyCFuncPtrObject, paramflags)),
    ROW("_ctypes.CField", CFieldObject, EXU_OBJ(CFieldObject, proto)),
    ROW("_ctypes.CThunkObject", CThunkObject, EXU_OBJ(CThunkObject, converters),
        EXU_OBJ(CThunkObject, callable), EXU_OBJ(CThunkObject, restype)),
    ROW("CArgObject", PyCArgObject, EXU_OBJ(PyCArgObject, obj)),
    ROW("_ctypes.StructParam_Type", StructParamObject, EXU_OBJ(StructParamObject, keep),
        EXU_BUF(StructParamObject, ptr)),
    ROW("_ctypes.DictRemover", DictRemoverObject, EXU_OBJ(DictRemoverObject, key),
        EXU_OBJ(DictRemoverObject, dict)),
    ROW_WALK("StgDict", StgDictObject, NULL, size_of_stgdict, EXU_OBJ(StgDictObject, proto),
             EXU_OBJ(StgDictObject, argtypes), EXU_OBJ(StgDictObject, converters),
             EXU_OBJ(StgDictObject, restype), EXU_OBJ(StgDictObject, checker), EXU_BUF(StgDictObject, format),
             EXU_BUF(StgDictObject, shape), EXU_BUF(StgDictObject, ffi_type_pointer_elements)),

    /* _lsprof.c, _curses_panel.c, _tkinter.c, xxsubtype.c */
    ROW_WALK("_lsprof.Profiler", ProfilerObject, walk_profiler, NULL, EXU_OBJ(ProfilerObject, externalTimer)),
    ROW("_curses_panel.panel", PyCursesPanelObject, EXU_OBJ_AS(PyCursesPanelObject, wo, "window")),
    ROW("_tkinter.Tcl_Obj", PyTclObject, EXU_OBJ(PyTclObject, string), EXU_BUF(PyTclObject, value)),
    ROW("_tkinter.tktimertoken", TkttObject, EXU_OBJ_AS(TkttObject, func, "function")),
    LEAF("xxsubtype.spamlist", spamlistobject),
    LEAF("xxsubtype.spamdict", spamdictobject),
};
FAMILY(modules_b);
