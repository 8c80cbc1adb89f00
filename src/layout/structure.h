/* The listed fields, grouped by structure: what a reader of DWARF or of rows looks up.
 *
 * Owns its items. Names and fields come from fields.def alone, so the groups are the same in every run. */
#ifndef EXU_LAYOUT_STRUCTURE_H
#define EXU_LAYOUT_STRUCTURE_H

#include "layout/layout.h"

#define EXU_STRUCTURE_NAME 64

struct exu_structure {
    const char *name;              /* as listed: 'block___collectionsmodule' */
    char base[EXU_STRUCTURE_NAME]; /* the typedef or tag alone: 'block' */
    char file[EXU_STRUCTURE_NAME]; /* the C file it must come from: '_collectionsmodule.c', or '' */
    enum exu_field size_field;     /* its EXU_SIZEOF, or EXU_FIELD_NONE */
    const uint16_t *fields;        /* enum exu_field of its members, without the EXU_SIZEOF */
    uint32_t field_count;
    uint32_t next_of_base; /* index of the next structure with the same `base`, or UINT32_MAX */
};

struct exu_structures {
    struct exu_structure *items; /* sorted by name */
    size_t len;
    uint16_t *fields;
    uint32_t *slots; /* hash of `base` -> index + 1 */
    size_t slot_count;
};

EXU_MUST_CHECK struct exu_error *exu_structures_create(struct exu_structures **ret);
void exu_structures_destroy(struct exu_structures *structures);
/* By listed name; NULL when not listed. */
const struct exu_structure *exu_structures_find(const struct exu_structures *structures, const char *name);
/* The first structure whose `base` is `name` or has that alias, or NULL; others follow by next_of_base. */
const struct exu_structure *exu_structures_base(const struct exu_structures *structures, const char *name);
/* The listed field with that path among its names; EXU_FIELD_NONE when there is none. */
enum exu_field exu_structure_field(const struct exu_structure *structure, const char *path);

#endif
