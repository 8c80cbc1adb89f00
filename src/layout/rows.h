/* The rows that are embedded (the list in src/layout/CMakeLists.txt and in rows.def). */
#ifndef EXU_LAYOUT_ROWS_H
#define EXU_LAYOUT_ROWS_H

#include "base/base.h"

struct exu_embedded_row {
    const char *name, *text;
    const size_t *size;
};

extern const struct exu_embedded_row exu_embedded_rows[];
extern const size_t exu_embedded_row_count;

#endif
