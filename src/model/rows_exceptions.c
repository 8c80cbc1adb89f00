/* The structures of Objects/exceptions.c. A row stands at the type that adds fields; its subclasses inherit
 * it along tp_base. `dict` is found through tp_dictoffset. Python 2 has them in a module of their own. */
#include "model/row_macros.h"

#define EXCEPTION(type_name, structure, ...)                                                                 \
    ROW(type_name, structure, __VA_ARGS__), ROW("exceptions." type_name, structure, __VA_ARGS__)

/* Three types share the structure, and their common base, UnicodeError, has none of its fields. */
#define UNICODE_ERROR(type_name)                                                                             \
    EXCEPTION(type_name, PyUnicodeErrorObject, EXU_OBJ(PyUnicodeErrorObject, encoding),                      \
              EXU_OBJ(PyUnicodeErrorObject, object), EXU_OBJ(PyUnicodeErrorObject, reason))

/* OSError took over from EnvironmentError in 3.3. */
#define OS_ERROR(type_name)                                                                                  \
    ROW(type_name, PyOSErrorObject, EXU_OBJ_AS(PyOSErrorObject, myerrno, "errno"),                           \
        EXU_OBJ(PyOSErrorObject, strerror), EXU_OBJ(PyOSErrorObject, filename),                              \
        EXU_OBJ(PyOSErrorObject, filename2))

static const struct exu_type_row rows[] = {
    EXCEPTION("BaseException", PyBaseExceptionObject, EXU_OBJ(PyBaseExceptionObject, args),
              EXU_OBJ(PyBaseExceptionObject, message), EXU_OBJ(PyBaseExceptionObject, notes),
              EXU_OBJ_AS(PyBaseExceptionObject, traceback, "__traceback__"),
              EXU_OBJ_AS(PyBaseExceptionObject, context, "__context__"),
              EXU_OBJ_AS(PyBaseExceptionObject, cause, "__cause__")),
    ROW("BaseExceptionGroup", PyBaseExceptionGroupObject,
        EXU_OBJ_AS(PyBaseExceptionGroupObject, msg, "message"),
        EXU_OBJ_AS(PyBaseExceptionGroupObject, excs, "exceptions"),
        EXU_OBJ(PyBaseExceptionGroupObject, excs_str)),
    EXCEPTION("SystemExit", PySystemExitObject, EXU_OBJ(PySystemExitObject, code)),
    ROW("StopIteration", PyStopIterationObject, EXU_OBJ(PyStopIterationObject, value)),
    OS_ERROR("OSError"),
    OS_ERROR("exceptions.EnvironmentError"),
    ROW("ImportError", PyImportErrorObject, EXU_OBJ(PyImportErrorObject, msg),
        EXU_OBJ(PyImportErrorObject, name), EXU_OBJ(PyImportErrorObject, path),
        EXU_OBJ(PyImportErrorObject, name_from)),
    ROW("NameError", PyNameErrorObject, EXU_OBJ(PyNameErrorObject, name)),
    ROW("AttributeError", PyAttributeErrorObject, EXU_OBJ(PyAttributeErrorObject, obj),
        EXU_OBJ(PyAttributeErrorObject, name)),
    EXCEPTION("SyntaxError", PySyntaxErrorObject, EXU_OBJ(PySyntaxErrorObject, msg),
              EXU_OBJ(PySyntaxErrorObject, filename), EXU_OBJ(PySyntaxErrorObject, lineno),
              EXU_OBJ(PySyntaxErrorObject, offset), EXU_OBJ(PySyntaxErrorObject, end_lineno),
              EXU_OBJ(PySyntaxErrorObject, end_offset), EXU_OBJ(PySyntaxErrorObject, text),
              EXU_OBJ(PySyntaxErrorObject, print_file_and_line), EXU_OBJ(PySyntaxErrorObject, metadata)),
    UNICODE_ERROR("UnicodeEncodeError"),
    UNICODE_ERROR("UnicodeDecodeError"),
    UNICODE_ERROR("UnicodeTranslateError"),
};

FAMILY(exceptions);
