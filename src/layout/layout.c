#include "layout/layout.h"
#include <string.h>

static const char *const structures[EXU_FIELD_COUNT] = {
    "",
#define EXU_FIELD(structure, id, path) #structure,
#define EXU_SIZEOF(structure) #structure,
#include "layout/fields.def"
#undef EXU_FIELD
#undef EXU_SIZEOF
};

static const char *const paths[EXU_FIELD_COUNT] = {
    "",
#define EXU_FIELD(structure, id, path) path,
#define EXU_SIZEOF(structure) "",
#include "layout/fields.def"
#undef EXU_FIELD
#undef EXU_SIZEOF
};

const char *exu_field_structure(enum exu_field field)
{
    return (size_t)field < EXU_FIELD_COUNT ? structures[field] : "";
}

const char *exu_field_path(enum exu_field field)
{
    return (size_t)field < EXU_FIELD_COUNT ? paths[field] : "";
}

const char *exu_field_name(enum exu_field field, unsigned n)
{
    const char *path = exu_field_path(field);
    for (; n > 0 && path; n--)
        path = (path = strchr(path, '|')) ? path + 1 : NULL;
    return path && *path ? path : NULL;
}
