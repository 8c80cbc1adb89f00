#include "layout/rows.h"

#define EXU_ROW(id, name)                                                                                    \
    extern const char exu_row_##id##_tsv[];                                                                  \
    extern const size_t exu_row_##id##_tsv_size;
#include "layout/rows.def"
#undef EXU_ROW

const struct exu_embedded_row exu_embedded_rows[] = {
#define EXU_ROW(id, name) {name, exu_row_##id##_tsv, &exu_row_##id##_tsv_size},
#include "layout/rows.def"
#undef EXU_ROW
};
const size_t exu_embedded_row_count = EXU_COUNT(exu_embedded_rows);
