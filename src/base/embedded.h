/* Files that are embedded as arrays when the program is built (tools/embed.cmake, TABLE): in the order of their names. */
#ifndef EXU_BASE_EMBEDDED_H
#define EXU_BASE_EMBEDDED_H

#include <stddef.h>

struct exu_embedded {
    const char *name; /* of the file, without its suffix */
    const char *sql;  /* its text */
};

#endif
