#include "model/model.h"

extern const struct exu_type_family exu_rows_core;
extern const struct exu_type_family exu_rows_frames;
extern const struct exu_type_family exu_rows_exceptions;
extern const struct exu_type_family exu_rows_builtins;
extern const struct exu_type_family exu_rows_collections;
extern const struct exu_type_family exu_rows_structseq;
extern const struct exu_type_family exu_rows_io;
extern const struct exu_type_family exu_rows_modules_a;
extern const struct exu_type_family exu_rows_modules_b;
extern const struct exu_type_family exu_rows_typing;
extern const struct exu_type_family exu_rows_python2;

const struct exu_type_family *const exu_type_families[] = {
    &exu_rows_core,        &exu_rows_frames,    &exu_rows_exceptions, &exu_rows_builtins,
    &exu_rows_collections, &exu_rows_structseq, &exu_rows_io,         &exu_rows_modules_a,
    &exu_rows_modules_b,   &exu_rows_typing,    &exu_rows_python2,
};
const size_t exu_type_family_count = EXU_COUNT(exu_type_families);
