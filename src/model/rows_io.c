/* _io, mmap and directory entries: Modules/_io/, mmapmodule.c, posixmodule.c (CPython 3.11).
 *
 * Instance dicts and weak reference lists are found by the type's offsets, not by rows. The structure of a
 * class here does not begin with that of its base (bytesio.buf lies where iobase.dict does), so the bases'
 * rows are empty. */
#include "model/row_macros.h"

/* The text is a bytes object; in 2.7 it is memory of the BytesIO's own. */
static bool bytesio_has_memory(const struct exu_object *o)
{
    return exu_has(o->layout, EXU_bytesio_buf_size);
}

static void walk_bytesio(const struct exu_object *o, const struct exu_visitor *v)
{
    exu_addr buffer = exu_object_word(o, EXU_bytesio_buf);
    if (bytesio_has_memory(o))
        exu_emit_buffer(v, buffer);
    else if (buffer)
        exu_emit(v, buffer, EXU_REF_FIELD, "buffer", -1);
}

/* bytesio_sizeof: the bytes object with it, unless somebody else has it too. */
static bool size_of_bytesio(const struct exu_object *o, uint64_t *ret)
{
    *ret = row_basic_size(o);
    if (bytesio_has_memory(o))
        return !exu_object_word(o, EXU_bytesio_buf) ||
               row_add(ret, exu_object_word(o, EXU_bytesio_buf_size), 1);
    exu_addr buffer = exu_object_word(o, EXU_bytesio_buf);
    uint64_t count, type, length, basic;
    if (!buffer)
        return true;
    if (!exu_field_read(o, buffer, EXU_PyObject_ob_refcnt, &count) ||
        !exu_field_read(o, buffer, EXU_PyObject_ob_type, &type) ||
        !exu_field_read(o, buffer, EXU_PyVarObject_ob_size, &length) ||
        !exu_field_read(o, type, EXU_PyTypeObject_tp_basicsize, &basic))
        return false;
    if (count > 1)
        return true;
    return row_add(ret, basic, 1) && row_add(ret, length, 1);
}

/* Objects/unicode_writer.c: 3.12 and 3.13 have the writer in the StringIO, 3.14+ behind a pointer; it is in
 * use while the StringIO accumulates (stringio.c, STATE_ACCUMULATING). */
#define STRINGIO_ACCUMULATING 2

static void walk_stringio(const struct exu_object *o, const struct exu_visitor *v)
{
    uint64_t text = 0;
    exu_addr writer;
    switch (o->model->python->strategy.stringio) {
    case EXU_STRINGIO_ACCU:
    case EXU_STRINGIO_BUFFER:
        return;
    case EXU_STRINGIO_WRITER:
        if (exu_object_word(o, EXU_stringio_state) == STRINGIO_ACCUMULATING)
            text = exu_object_word(o, EXU_stringio_writer_buffer);
        break;
    case EXU_STRINGIO_WRITER_POINTER:
        writer = exu_object_word(o, EXU_stringio_writer);
        if (!writer)
            return;
        exu_emit_buffer(v, writer);
        if (!exu_field_read(o, writer, EXU__PyUnicodeWriter_buffer, &text))
            exu_emit_bad(v, exu_object_place(o, EXU_stringio_writer), writer);
        break;
    }
    if (text)
        exu_emit(v, text, EXU_REF_FIELD, "writer.buffer", -1);
}

static bool size_of_buffered(const struct exu_object *o, uint64_t *ret)
{
    *ret = row_basic_size(o);
    return !exu_object_word(o, EXU_buffered_buffer) ||
           row_add(ret, exu_object_word(o, EXU_buffered_buffer_size), 1);
}

#define BUFFERED(type_name)                                                                                  \
    ROW_WALK(type_name, buffered, NULL, size_of_buffered, EXU_OBJ(buffered, raw), EXU_BUF(buffered, buffer), \
             EXU_BUF(buffered, lock))

static const struct exu_type_row rows[] = {
    LEAF("_io._IOBase", iobase),
    LEAF("_io._RawIOBase", iobase),
    LEAF("_io._BufferedIOBase", iobase),
    LEAF("_io._TextIOBase", iobase),
    ROW("_io.FileIO", fileio, EXU_BUF(fileio, stat_atopen)),
    BUFFERED("_io.BufferedReader"),
    BUFFERED("_io.BufferedWriter"),
    BUFFERED("_io.BufferedRandom"),
    ROW("_io.BufferedRWPair", rwpair, EXU_OBJ(rwpair, reader), EXU_OBJ(rwpair, writer)),
    ROW_WALK("_io.BytesIO", bytesio, walk_bytesio, size_of_bytesio, {0}),
    ROW("_io._BytesIOBuffer", bytesiobuf, EXU_OBJ(bytesiobuf, source)),
    /* The accumulator (Objects/accu.c, 3.6 to 3.11): pieces not yet joined, and those joined once; textio and
     * stringio traverse neither it nor the strings. */
    ROW_WALK("_io.StringIO", stringio, walk_stringio, NULL, EXU_BUF(stringio, buf),
             EXU_OBJ_AS(stringio, accu_large, "accumulator.large"),
             EXU_OBJ_AS(stringio, accu_small, "accumulator.small"), EXU_OBJ(stringio, decoder),
             EXU_OBJ(stringio, readnl), EXU_OBJ(stringio, writenl)),
    ROW("_io.TextIOWrapper", textio, EXU_OBJ(textio, buffer), EXU_OBJ(textio, encoding),
        EXU_OBJ(textio, encoder), EXU_OBJ(textio, decoder), EXU_OBJ(textio, readnl), EXU_OBJ(textio, errors),
        EXU_OBJ(textio, decoded_chars), EXU_OBJ(textio, pending_bytes), EXU_OBJ(textio, snapshot),
        EXU_OBJ(textio, raw)),
    ROW("_io.IncrementalNewlineDecoder", nldecoder_object, EXU_OBJ(nldecoder_object, decoder),
        EXU_OBJ(nldecoder_object, errors)),

    LEAF("mmap.mmap", mmap_object),
    ROW("posix.DirEntry", DirEntry, EXU_OBJ(DirEntry, name), EXU_OBJ(DirEntry, path), EXU_OBJ(DirEntry, stat),
        EXU_OBJ(DirEntry, lstat)),
    /* path.narrow points into an object that path.cleanup holds (path_cleanup). */
    ROW("posix.ScandirIterator", ScandirIterator, EXU_OBJ_AS(ScandirIterator, path_object, "path"),
        EXU_OBJ_AS(ScandirIterator, path_cleanup, "path_bytes"), EXU_BUF(ScandirIterator, dirp)),
};
FAMILY(io);
