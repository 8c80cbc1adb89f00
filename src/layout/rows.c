#include "layout/rows.h"

extern const char exu_row_3_11_7_tsv[], exu_row_3_11_2_debian_tsv[];
extern const size_t exu_row_3_11_7_tsv_size, exu_row_3_11_2_debian_tsv_size;

const struct exu_embedded_row exu_embedded_rows[] = {
    {"3.11.7", exu_row_3_11_7_tsv, &exu_row_3_11_7_tsv_size},
    {"3.11.2-debian", exu_row_3_11_2_debian_tsv, &exu_row_3_11_2_debian_tsv_size},
};
const size_t exu_embedded_row_count = EXU_COUNT(exu_embedded_rows);
