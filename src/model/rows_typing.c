/* The frozen dict, type parameters, aliases, template strings and what else the language itself got from 3.12
 * on: Objects/typevarobject.c, templateobject.c, interpolationobject.c, sentinelobject.c, lazyimportobject.c,
 * typeobject.c, Python/instruction_sequence.c, legacy_tracing.c. */
#include "model/row_macros.h"

/* Objects/dictobject.c, 3.15: a frozendict is a dict with a hash behind it, but no subclass of dict. */
extern const struct exu_type_family exu_rows_core;

static const struct exu_type_row *dict_row(void)
{
    for (size_t i = 0; i < exu_rows_core.count; i++)
        if (strcmp(exu_rows_core.rows[i].name, "dict") == 0)
            return &exu_rows_core.rows[i];
    return NULL;
}

static void walk_frozendict(const struct exu_object *o, const struct exu_visitor *v)
{
    const struct exu_type_row *row = dict_row();
    if (row)
        row->walk(o, v);
}

static bool size_of_frozendict(const struct exu_object *o, uint64_t *ret)
{
    const struct exu_type_row *row = dict_row();
    return row && row->size_of(o, ret);
}

static bool length_of_frozendict(const struct exu_object *o, uint64_t *ret)
{
    const struct exu_type_row *row = dict_row();
    return row && row->length(o, ret);
}

static const struct exu_type_row rows[] = {
    {.name = "frozendict",
     .size = EXU_sizeof_PyFrozenDictObject,
     .walk = walk_frozendict,
     .size_of = size_of_frozendict,
     .length = length_of_frozendict},
    {.name = "typing.Generic"},
    {.name = "NoDefaultType"},
    ROW("typing.TypeVar", typevarobject, EXU_OBJ_AS(typevarobject, name, "__name__"),
        EXU_OBJ_AS(typevarobject, bound, "__bound__"), EXU_OBJ(typevarobject, evaluate_bound),
        EXU_OBJ_AS(typevarobject, constraints, "__constraints__"),
        EXU_OBJ(typevarobject, evaluate_constraints), EXU_OBJ_AS(typevarobject, default_value, "__default__"),
        EXU_OBJ(typevarobject, evaluate_default)),
    ROW("typing.ParamSpec", paramspecobject, EXU_OBJ_AS(paramspecobject, name, "__name__"),
        EXU_OBJ_AS(paramspecobject, bound, "__bound__"),
        EXU_OBJ_AS(paramspecobject, default_value, "__default__"),
        EXU_OBJ(paramspecobject, evaluate_default)),
    ROW("typing.TypeVarTuple", typevartupleobject, EXU_OBJ_AS(typevartupleobject, name, "__name__"),
        EXU_OBJ_AS(typevartupleobject, bound, "__bound__"),
        EXU_OBJ_AS(typevartupleobject, default_value, "__default__"),
        EXU_OBJ(typevartupleobject, evaluate_default)),
    ROW("typing.ParamSpecArgs", paramspecattrobject, EXU_OBJ(paramspecattrobject, __origin__)),
    ROW("typing.ParamSpecKwargs", paramspecattrobject, EXU_OBJ(paramspecattrobject, __origin__)),
    ROW("typing.TypeAliasType", typealiasobject, EXU_OBJ_AS(typealiasobject, name, "__name__"),
        EXU_OBJ_AS(typealiasobject, qualname, "__qualname__"),
        EXU_OBJ_AS(typealiasobject, type_params, "__type_params__"), EXU_OBJ(typealiasobject, compute_value),
        EXU_OBJ_AS(typealiasobject, value, "__value__"), EXU_OBJ_AS(typealiasobject, module, "__module__")),
    ROW("_typing._ConstEvaluator", constevaluatorobject, EXU_OBJ(constevaluatorobject, value)),

    ROW("string.templatelib.Template", templateobject, EXU_OBJ(templateobject, strings),
        EXU_OBJ(templateobject, interpolations)),
    ROW("string.templatelib.TemplateIter", templateiterobject, EXU_OBJ(templateiterobject, stringsiter),
        EXU_OBJ(templateiterobject, interpolationsiter)),
    ROW("string.templatelib.Interpolation", interpolationobject, EXU_OBJ(interpolationobject, value),
        EXU_OBJ(interpolationobject, expression), EXU_OBJ(interpolationobject, conversion),
        EXU_OBJ(interpolationobject, format_spec)),

    ROW("sentinel", sentinelobject, EXU_OBJ_AS(sentinelobject, name, "__name__"),
        EXU_OBJ_AS(sentinelobject, module, "__module__"), EXU_OBJ(sentinelobject, repr)),
    ROW("lazy_import", PyLazyImportObject, EXU_OBJ_AS(PyLazyImportObject, lz_builtins, "builtins"),
        EXU_OBJ_AS(PyLazyImportObject, lz_from, "from"), EXU_OBJ_AS(PyLazyImportObject, lz_attr, "attribute"),
        EXU_OBJ_AS(PyLazyImportObject, lz_code, "code")),

    ROW("_buffer_wrapper", PyBufferWrapper, EXU_OBJ_AS(PyBufferWrapper, mv, "memoryview"),
        EXU_OBJ(PyBufferWrapper, obj)),
    ROW("InstructionSequence", _PyInstructionSequence, EXU_OBJ_AS(_PyInstructionSequence, s_nested, "nested"),
        EXU_BUF(_PyInstructionSequence, s_instrs), EXU_BUF(_PyInstructionSequence, s_labelmap)),
    LEAF("sys.legacy_event_handler", _PyLegacyEventHandler),
};
FAMILY(typing);
