/* The structures of Objects/exceptions.c. A row stands at the type that adds fields; its subclasses inherit
 * it along tp_base. `dict` is found through tp_dictoffset. */
#include "model/row_macros.h"

/* Three types share the structure, and their common base, UnicodeError, has none of its fields. */
#define UNICODE_ERROR(type_name)                                                                             \
    ROW(type_name, PyUnicodeErrorObject, EXU_OBJ(PyUnicodeErrorObject, encoding),                            \
        EXU_OBJ(PyUnicodeErrorObject, object), EXU_OBJ(PyUnicodeErrorObject, reason))

static const struct exu_type_row rows[] = {
    ROW("BaseException", PyBaseExceptionObject, EXU_OBJ(PyBaseExceptionObject, args),
        EXU_OBJ(PyBaseExceptionObject, notes), EXU_OBJ_AS(PyBaseExceptionObject, traceback, "__traceback__"),
        EXU_OBJ_AS(PyBaseExceptionObject, context, "__context__"),
        EXU_OBJ_AS(PyBaseExceptionObject, cause, "__cause__")),
    ROW("BaseExceptionGroup", PyBaseExceptionGroupObject,
        EXU_OBJ_AS(PyBaseExceptionGroupObject, msg, "message"),
        EXU_OBJ_AS(PyBaseExceptionGroupObject, excs, "exceptions")),
    ROW("SystemExit", PySystemExitObject, EXU_OBJ(PySystemExitObject, code)),
    ROW("StopIteration", PyStopIterationObject, EXU_OBJ(PyStopIterationObject, value)),
    ROW("OSError", PyOSErrorObject, EXU_OBJ_AS(PyOSErrorObject, myerrno, "errno"),
        EXU_OBJ(PyOSErrorObject, strerror), EXU_OBJ(PyOSErrorObject, filename),
        EXU_OBJ(PyOSErrorObject, filename2)),
    ROW("ImportError", PyImportErrorObject, EXU_OBJ(PyImportErrorObject, msg),
        EXU_OBJ(PyImportErrorObject, name), EXU_OBJ(PyImportErrorObject, path)),
    ROW("NameError", PyNameErrorObject, EXU_OBJ(PyNameErrorObject, name)),
    ROW("AttributeError", PyAttributeErrorObject, EXU_OBJ(PyAttributeErrorObject, obj),
        EXU_OBJ(PyAttributeErrorObject, name)),
    ROW("SyntaxError", PySyntaxErrorObject, EXU_OBJ(PySyntaxErrorObject, msg),
        EXU_OBJ(PySyntaxErrorObject, filename), EXU_OBJ(PySyntaxErrorObject, lineno),
        EXU_OBJ(PySyntaxErrorObject, offset), EXU_OBJ(PySyntaxErrorObject, end_lineno),
        EXU_OBJ(PySyntaxErrorObject, end_offset), EXU_OBJ(PySyntaxErrorObject, text),
        EXU_OBJ(PySyntaxErrorObject, print_file_and_line)),
    UNICODE_ERROR("UnicodeEncodeError"),
    UNICODE_ERROR("UnicodeDecodeError"),
    UNICODE_ERROR("UnicodeTranslateError"),
};

FAMILY(exceptions);
