/* Shipped rows: the listed layout of one build of CPython as text, made by tools/exuvia-layout from that
 * build's DWARF, in src/layout/rows/, embedded at build time.
 *
 *   # comment
 *   version<TAB>3.11.2
 *   vendor<TAB>debian                      'upstream' when built from python.org's sources
 *   build-id<TAB>c561f3...                 of the interpreter; any number of lines, none for private builds
 *   PyObject<TAB>16<TAB>python             a structure, its size, the binary that describes it: the
 * interpreter, or the extension module of that name <TAB>ob_refcnt<TAB>0<TAB>8             its members: path,
 * offset, size <TAB>state.kind<TAB>32<TAB>4<TAB>2<TAB>3   of a bit-field also its place in the unit (from the
 * lowest bit), its width
 *
 * A structure that is not there was described by no DWARF at hand. */
#ifndef EXU_LAYOUT_ROW_H
#define EXU_LAYOUT_ROW_H

#include "base/text.h"
#include "layout/dwarf.h"

#define EXU_ROW_BUILD_IDS 8

struct exu_row {
    const char *name; /* '3.11.2-debian'; borrowed */
    char version[32], vendor[32];
    uint32_t version_hex; /* as PY_VERSION_HEX of the final release */
    char build_ids[EXU_ROW_BUILD_IDS][41];
    size_t build_id_count;
    struct exu_layout layout;      /* slots with source EXU_LAYOUT_TABLE */
    struct exu_description *found; /* one for each structure */
};

/* 3.11.7 -> 0x030b07f0; 0 when it is no version. */
uint32_t exu_version_hex(const char *version);

/* The embedded rows. */
size_t exu_row_count(void);
EXU_MUST_CHECK struct exu_error *exu_row_load(struct exu_row **ret, const struct exu_structures *structures,
                                              size_t index);
/* Structures and members that are not listed (any more) are passed over. `name` is borrowed. */
EXU_MUST_CHECK struct exu_error *exu_row_parse(struct exu_row **ret, const struct exu_structures *structures,
                                               const char *name, const char *text, size_t size);
void exu_row_destroy(struct exu_row *row);
void exu_row_write(struct exu_text *out, const struct exu_row *row, const struct exu_structures *structures);

#endif
