/* Structure layouts out of an ELF file's DWARF (libdwarf): the one reader that the running program and the
 * generator of the shipped rows share.
 *
 * A structure is taken whole or not at all: once a file has described it, no other file adds to it, and a
 * listed member that the description lacks is absent in that version. */
#ifndef EXU_LAYOUT_DWARF_H
#define EXU_LAYOUT_DWARF_H

#include "layout/structure.h"

/* Where a structure was described; size 0 = nowhere. */
struct exu_description {
    uint64_t size;
    char unit[EXU_STRUCTURE_NAME]; /* base name of the compilation unit: 'dictobject.c' */
    char binary[32];               /* as the caller calls the file: 'python', '_asyncio' */
};

struct exu_dwarf_statistics {
    uint64_t units, entries, structures; /* read; entries: of the units' top level */
};

struct exu_dwarf_request {
    const struct exu_structures *structures;
    struct exu_description *found;          /* one for each structure; in and out */
    struct exu_layout *layout;              /* slots of what is found are filled, others left alone */
    struct exu_dwarf_statistics statistics; /* summed over the files read */
    /* When set, nothing is passed over, and every description with another size than the first is told of. */
    void (*differs)(void *context, const struct exu_structure *structure, const struct exu_description *first,
                    const struct exu_description *other);
    void *context;
};

/* Reads what `path` describes of the structures not yet found. A file without DWARF, or with DWARF that can't
 * be read any further, is no error: what was found before stays. Errors: the file can't be opened, no memory.
 */
EXU_MUST_CHECK struct exu_error *exu_dwarf_read(struct exu_dwarf_request *request, const char *path,
                                                const char *binary);

#endif
