/* Which mapped file is the interpreter, and which version it is. Knows symbols and names, no layout. */
#ifndef EXU_LAYOUT_FIND_H
#define EXU_LAYOUT_FIND_H

#include "layout/debug_offsets.h"

struct exu_interpreter_image {
    const struct exu_image *image;
    uint32_t version_hex; /* 0x030b07f0; the lower bytes 0 when only the name tells: 0x030b0000 */
    char version[32];     /* '3.11.7', '3.11', '' = not known */
    bool debug;           /* Py_DEBUG */
    bool trace_refs;      /* Py_TRACE_REFS: two words in front of every object */
    bool free_threaded;   /* Py_GIL_DISABLED, by the name of the file */
    exu_addr runtime, type_type, none; /* 0 = not exported */
    exu_addr interpreters_head;        /* where a search found it (layout/scan.h); 0: there are symbols */
    struct exu_debug_offsets offsets;  /* count 0: there are none */
    char offsets_reason[EXU_REASON];   /* why they are not used, or '' */
};

#define EXU_INTERPRETERS_MAX 8

/* The images that export an interpreter's symbols, in the order of the address space; returns how many. */
size_t exu_interpreter_images(struct exu_interpreter_image found[EXU_INTERPRETERS_MAX],
                              const struct exu_core *core);
/* 'libpython3.11.so.1.0', 'python3.11', '/opt/python3.13t' -> 0x030b0000 …, 0 when the name tells nothing. */
uint32_t exu_version_of_path(const char *path, bool *ret_free_threaded);

/* Fills in version_hex, version and free_threaded from what the image has, at least its name. */
void exu_interpreter_read_version(struct exu_interpreter_image *found, const struct exu_core *core);
/* '3.11.7' of version_hex. */
void exu_interpreter_name_version(struct exu_interpreter_image *found);

#endif
