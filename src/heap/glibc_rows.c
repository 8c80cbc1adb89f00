#include "heap/glibc_rows.h"

/* malloc_state and the tcache are the same from 2.27 to 2.42. */
#define STATE                                                                                                \
    {                                                                                                        \
        4, 16, 96, 112, 2160, 2184, 2192, 2200                                                               \
    }
#define TCACHE                                                                                               \
    {                                                                                                        \
        0, 128, 64, 640                                                                                      \
    }
#define PAR_WITHOUT_HUGE_PAGES                                                                               \
    {                                                                                                        \
        16, 24, 40, 44, 56, 64, 72, 80, 96, 112                                                              \
    }
#define PAR_WITH_HUGE_PAGES                                                                                  \
    {                                                                                                        \
        16, 24, 60, 64, 80, 88, 96, 104, 120, 136                                                            \
    }

/* clang-format off */
const struct exu_glibc_row exu_glibc_rows[] = {
    {"2.35 to 2.42", STATE, PAR_WITH_HUGE_PAGES,    {0, 8, 16, 48}, TCACHE, true},
    {"2.32 to 2.34", STATE, PAR_WITHOUT_HUGE_PAGES, {0, 8, 16, 32}, TCACHE, true},
    {"2.30 to 2.31", STATE, PAR_WITHOUT_HUGE_PAGES, {0, 8, 16, 32}, TCACHE, false},
};
/* clang-format on */
const size_t exu_glibc_row_count = EXU_COUNT(exu_glibc_rows);
