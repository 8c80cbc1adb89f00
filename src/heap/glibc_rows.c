#include "heap/glibc_rows.h"

/* malloc_state and the tcache are the same from 2.27 to 2.42; 2.43 gave up the fastbins. */
#define STATE                                                                                                \
    {                                                                                                        \
        4, 16, 10, 96, 112, 2160, 2184, 2192, 2200                                                           \
    }
#define STATE_WITHOUT_FASTBINS                                                                               \
    {                                                                                                        \
        4, 0, 0, 8, 24, 2072, 2096, 2104, 2112                                                               \
    }
#define TCACHE                                                                                               \
    {                                                                                                        \
        0, 128, 64, 64, 640, false                                                                           \
    }
#define TCACHE_WITH_LARGE_BINS                                                                               \
    {                                                                                                        \
        0, 152, 76, 64, 760, true                                                                            \
    }
#define PAR_OF_243                                                                                           \
    {                                                                                                        \
        16, 24, 68, 72, 88, 96, 104, 112, 128, 144                                                           \
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
    {"2.35 to 2.42", STATE, PAR_WITH_HUGE_PAGES,    {0, 8, 16, 48}, TCACHE, 0, true},
    {"2.43", STATE_WITHOUT_FASTBINS, PAR_OF_243, {0, 8, 16, 48}, TCACHE_WITH_LARGE_BINS, 16, true},
    {"2.32 to 2.34", STATE, PAR_WITHOUT_HUGE_PAGES, {0, 8, 16, 32}, TCACHE, 0, true},
    {"2.30 to 2.31", STATE, PAR_WITHOUT_HUGE_PAGES, {0, 8, 16, 32}, TCACHE, 0, false},
};
/* clang-format on */
const size_t exu_glibc_row_count = EXU_COUNT(exu_glibc_rows);
