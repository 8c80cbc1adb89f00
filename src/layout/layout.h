/* The layout of the interpreter, as data: where every foreign field lies in this very binary.
 *
 * fields.def is the one list of every foreign field that exuvia reads; it expands into enum exu_field and the
 * names. A slot is {offset, size}; **size 0 means absent in this version**, so a zeroed row is right and
 * offset 0 stays legal. Where each slot came from is kept. Version comparisons live in this folder alone.
 *
 * Precedence: DWARF of that binary (or of its debug file with the same build-id), then the shipped row
 * nearest to the version. Validated once, by exu_layout_find, before anything else may use it. */
#ifndef EXU_LAYOUT_LAYOUT_H
#define EXU_LAYOUT_LAYOUT_H

#include "base/error.h"
#include "base/text.h"
#include "core/core.h"
#include "layout/strategy.h"

enum exu_field {
    EXU_FIELD_NONE = 0,
#define EXU_FIELD(structure, id, path) EXU_##structure##_##id,
#define EXU_SIZEOF(structure) EXU_sizeof_##structure,
#include "layout/fields.def"
#undef EXU_FIELD
#undef EXU_SIZEOF
    EXU_FIELD_COUNT
};

enum exu_layout_source { EXU_LAYOUT_ABSENT, EXU_LAYOUT_DWARF, EXU_LAYOUT_DEBUG_OFFSETS, EXU_LAYOUT_TABLE };

struct exu_slot {
    uint32_t offset;
    uint32_t
        size; /* bytes (a flexible array: of one element); of a sizeof entry: the structure's; 0 = absent */
    uint8_t bit_offset; /* of a bit-field inside the unit, from its least significant bit */
    uint8_t bit_width;  /* 0 = no bit-field */
    uint8_t source;     /* enum exu_layout_source */
};

struct exu_layout {
    struct exu_slot slot[EXU_FIELD_COUNT];
};

/* 'PyListObject' and 'ob_item' of a field; path is '' for sizeof entries, "_gc_next|gc.gc_next" where the
 * member had several names over the versions. */
const char *exu_field_structure(enum exu_field field);
const char *exu_field_path(enum exu_field field);

/* The n-th of its names, NULL when there are fewer; it ends at '\0' or '|'. */
#define EXU_PATH_NAMES_MAX 6
const char *exu_field_name(enum exu_field field, unsigned n);

static inline bool exu_has(const struct exu_layout *l, enum exu_field f)
{
    return l->slot[f].size != 0;
}
/* Offset of a field / size of a structure; meaningful only when exu_has. */
static inline uint32_t exu_offset(const struct exu_layout *l, enum exu_field f)
{
    return l->slot[f].offset;
}
static inline uint32_t exu_size(const struct exu_layout *l, enum exu_field f)
{
    return l->slot[f].size;
}

/* The interpreter in the process: where it is, which it is, how it is laid out. */
struct exu_python {
    const struct exu_core *core;
    const struct exu_image *image; /* libpython, or the static executable */
    uint32_t version_hex;          /* PY_VERSION_HEX, 0x030b07f0 */
    char version[32];              /* '3.11.7' */
    const char *build;             /* 'release', 'debug', 'free-threaded' */
    exu_addr runtime;              /* &_PyRuntime */
    exu_addr type_type;            /* &PyType_Type */
    exu_addr none;                 /* &_Py_NoneStruct; 0 = not known (the interpreter's file is gone) */
    exu_addr generations;          /* where a search found 2.7's and 3.6's generations; else 0 */
    exu_addr interpreters_head;    /* where a search found the pointer to the first interpreter; else 0 */
    struct exu_layout layout;
    struct exu_strategy strategy;
    const char *layout_source; /* 'dwarf', 'debug-offsets', 'table': of the core structures */
    char layout_detail[256];   /* 'DWARF of /usr/lib/libpython3.11.so.1.0', 'row 3.11.2' ... */
};

/* Finds the interpreter and its layout, and proves the layout by walking (type's type is type, the
 * interpreter and thread lists close, the generations' rings close, thresholds plausible). Errors
 * (EXU_ERROR_INPUT): no Python in the process, a version that this build does not know, a layout that does
 * not hold.
 * A process may have several (an embedder's libraries): the first that holds is taken, and the others are an anomaly
 * each; `chosen`, when it is not NULL, is the path or file name of the one that is meant. */
EXU_MUST_CHECK struct exu_error *exu_python_find(struct exu_python **ret, const struct exu_core *core, const char *chosen,
                                                 struct exu_anomalies *anomalies);
void exu_python_destroy(struct exu_python *python);

/* What DWARF says of an interpreter in the core, for a pack. */
struct exu_described {
    const struct exu_image *image;
    const char *path;     /* of the file that has the DWARF; NULL = there is none. Borrowed from the core. */
    struct exu_text text; /* a layout row (layout/row.h) */
    bool reads_code;      /* something is found by what a function of its does (layout/place.c) */
};
#define EXU_DESCRIBED_MAX 8
/* Of every interpreter that exu_python_find may look at; the caller frees the texts. */
EXU_MUST_CHECK struct exu_error *exu_python_describe(struct exu_described found[EXU_DESCRIBED_MAX], size_t *ret_count,
                                                     const struct exu_core *core);

#endif
