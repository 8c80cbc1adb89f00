/* What 2.7 alone has (the file named at each group). Types that 3.x has under another name stand beside
 * those. */
#include "model/row_macros.h"

/* Modules/cPickle.c, newUnpicklerobject: `buf` is set only where `buf_size` says so (a file is read), `mark` nowhere. */
static void walk_unpickler(const struct exu_object *o, const struct exu_visitor *v)
{
    if (exu_object_word(o, EXU_Unpicklerobject_buf_size))
        exu_emit_buffer(v, exu_object_word(o, EXU_Unpicklerobject_buf));
}

static const struct exu_type_row rows[] = {
    /* Objects/classobject.c: old-style classes and their instances */
    ROW("classobj", PyClassObject, EXU_OBJ_AS(PyClassObject, cl_bases, "__bases__"),
        EXU_OBJ_AS(PyClassObject, cl_dict, "__dict__"), EXU_OBJ_AS(PyClassObject, cl_name, "__name__"),
        EXU_OBJ_AS(PyClassObject, cl_getattr, "__getattr__"),
        EXU_OBJ_AS(PyClassObject, cl_setattr, "__setattr__"),
        EXU_OBJ_AS(PyClassObject, cl_delattr, "__delattr__")),
    ROW("instance", PyInstanceObject, EXU_OBJ_AS(PyInstanceObject, in_class, "__class__"),
        EXU_OBJ_AS(PyInstanceObject, in_dict, "__dict__")),

    /* Objects/bufferobject.c, descrobject.c, fileobject.c, listobject.c, cobject.c, unicodeobject.c */
    ROW("buffer", PyBufferObject, EXU_OBJ_AS(PyBufferObject, b_base, "base")),
    ROW("dictproxy", proxyobject, EXU_OBJ_AS(proxyobject, dict, "mapping")),
    ROW("file", PyFileObject, EXU_OBJ_AS(PyFileObject, f_name, "name"),
        EXU_OBJ_AS(PyFileObject, f_mode, "mode"), EXU_OBJ_AS(PyFileObject, f_encoding, "encoding"),
        EXU_OBJ_AS(PyFileObject, f_errors, "errors"), EXU_BUF(PyFileObject, f_setbuf)),
    ROW("cmpwrapper", cmpwrapperobject, EXU_OBJ(cmpwrapperobject, func)),
    ROW("sortwrapper", sortwrapperobject, EXU_OBJ(sortwrapperobject, key), EXU_OBJ(sortwrapperobject, value)),
    LEAF("PyCObject", PyCObject),
    {.name = "basestring"},

    /* Python/import.c, Modules/zipimport.c (until 3.7) */
    {.name = "imp.NullImporter"},
    ROW("zipimport.zipimporter", ZipImporter, EXU_OBJ(ZipImporter, archive), EXU_OBJ(ZipImporter, prefix),
        EXU_OBJ_AS(ZipImporter, files, "_files")),

    /* Modules/cStringIO.c: a reader holds who owns the text, a writer has memory of its own. */
    ROW("cStringIO.StringI", Iobject, EXU_OBJ_AS(Iobject, pbuf_obj, "buffer")),
    ROW("cStringIO.StringO", Oobject, EXU_BUF(Oobject, buf)),

    /* Modules/cPickle.c */
    ROW("cPickle.Pickler", Picklerobject, EXU_OBJ(Picklerobject, write), EXU_OBJ(Picklerobject, file),
        EXU_OBJ(Picklerobject, memo), EXU_OBJ(Picklerobject, arg),
        EXU_OBJ_AS(Picklerobject, pers_func, "persistent_id"), EXU_OBJ(Picklerobject, inst_pers_func),
        EXU_OBJ(Picklerobject, dispatch_table), EXU_OBJ(Picklerobject, fast_memo),
        EXU_BUF(Picklerobject, write_buf)),
    ROW_WALK("cPickle.Unpickler", Unpicklerobject, walk_unpickler, NULL, EXU_OBJ(Unpicklerobject, file),
             EXU_OBJ(Unpicklerobject, readline), EXU_OBJ(Unpicklerobject, read),
             EXU_OBJ(Unpicklerobject, memo), EXU_OBJ(Unpicklerobject, arg), EXU_OBJ(Unpicklerobject, stack),
             EXU_OBJ_AS(Unpicklerobject, pers_func, "persistent_load"), EXU_OBJ(Unpicklerobject, last_string),
             EXU_OBJ(Unpicklerobject, find_class), EXU_BUF(Unpicklerobject, marks)),
    ROW("cPickle.Pdata", Pdata, EXU_ARR(Pdata, data, length)),

    /* Modules/bz2module.c */
    ROW("bz2.BZ2File", BZ2FileObject, EXU_OBJ(BZ2FileObject, file), EXU_BUF(BZ2FileObject, f_buf),
        EXU_BUF(BZ2FileObject, lock)),
    ROW("bz2.BZ2Compressor", BZ2CompObject, EXU_BUF(BZ2CompObject, bzs_state), EXU_BUF(BZ2CompObject, lock)),
    ROW("bz2.BZ2Decompressor", BZ2DecompObject, EXU_OBJ(BZ2DecompObject, unused_data),
        EXU_BUF(BZ2DecompObject, bzs_state), EXU_BUF(BZ2DecompObject, lock)),

    /* Modules/_hotshot.c, _multiprocessing/connection.h */
    ROW("_hotshot.ProfilerType", ProfilerObject___hotshot, EXU_OBJ(ProfilerObject___hotshot, filemap),
        EXU_OBJ(ProfilerObject___hotshot, logfilename)),
    ROW("_hotshot.LogReaderType", LogReaderObject, EXU_OBJ(LogReaderObject, info)),
    LEAF("_multiprocessing.Connection", ConnectionObject),
};
FAMILY(python2);
