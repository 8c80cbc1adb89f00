#include "layout/structure.h"
#include <stdlib.h>
#include <string.h>

_Static_assert(EXU_FIELD_COUNT < UINT16_MAX, "field numbers are kept in 16 bits");

/* Names that structures had in other versions. */
static const struct {
    const char *structure, *other;
} aliases[] = {
#define EXU_FIELD(structure, id, path)
#define EXU_SIZEOF(structure)
#define EXU_ALIAS(structure, other) {#structure, #other},
#include "layout/fields.def"
#undef EXU_FIELD
#undef EXU_SIZEOF
};

static int by_structure(const void *left, const void *right)
{
    uint16_t a = *(const uint16_t *)left, b = *(const uint16_t *)right;
    int order = strcmp(exu_field_structure(a), exu_field_structure(b));
    return order ? order : (a > b) - (a < b);
}

static size_t hash(const char *name)
{
    uint64_t h = 14695981039346656037u;
    for (; *name; name++)
        h = (h ^ (uint8_t)*name) * 1099511628211u;
    return (size_t)(h ^ h >> 32);
}

/* STRUCT__file -> STRUCT and file.c; underscores that begin a name divide nothing. */
static bool split(struct exu_structure *s)
{
    size_t begin = strspn(s->name, "_");
    const char *gap = strstr(s->name + begin, "__");
    size_t base = gap ? (size_t)(gap - s->name) : strlen(s->name);
    if (base == 0 || base >= sizeof s->base)
        return false;
    memcpy(s->base, s->name, base);
    if (!gap)
        return true;
    size_t file = strlen(gap + 2);
    if (file + 3 > sizeof s->file)
        return false;
    memcpy(s->file, gap + 2, file);
    memcpy(s->file + file, ".c", 3);
    return true;
}

static void index_bases(struct exu_structures *all)
{
    for (size_t i = 0; i < all->len; i++) {
        struct exu_structure *s = &all->items[i];
        size_t at = hash(s->base) & (all->slot_count - 1);
        while (all->slots[at] && strcmp(all->items[all->slots[at] - 1].base, s->base) != 0)
            at = (at + 1) & (all->slot_count - 1);
        s->next_of_base = all->slots[at] ? all->slots[at] - 1 : UINT32_MAX;
        all->slots[at] = (uint32_t)i + 1;
    }
}

struct exu_error *exu_structures_create(struct exu_structures **ret)
{
    struct exu_structures *all = calloc(1, sizeof *all);
    if (!all)
        return exu_error_memory();
    uint16_t *fields = malloc(EXU_FIELD_COUNT * sizeof *fields);
    all->items = calloc(EXU_FIELD_COUNT, sizeof *all->items);
    all->slot_count = 256;
    while (all->slot_count < 2 * (size_t)EXU_FIELD_COUNT)
        all->slot_count *= 2;
    all->slots = calloc(all->slot_count, sizeof *all->slots);
    all->fields = fields;
    if (!fields || !all->items || !all->slots) {
        exu_structures_destroy(all);
        return exu_error_memory();
    }
    for (size_t i = 0; i + 1 < EXU_FIELD_COUNT; i++)
        fields[i] = (uint16_t)(i + 1);
    qsort(fields, EXU_FIELD_COUNT - 1, sizeof *fields, by_structure);

    struct exu_structure *s = NULL;
    size_t out = 0; /* the sizes leave the list, the members close ranks */
    for (size_t i = 0; i + 1 < EXU_FIELD_COUNT; i++) {
        enum exu_field field = fields[i];
        const char *name = exu_field_structure(field);
        if (!s || strcmp(s->name, name) != 0) {
            s = &all->items[all->len++];
            s->name = name;
            s->fields = &fields[out];
            if (!split(s)) {
                exu_structures_destroy(all);
                return exu_error_new(EXU_ERROR_MACHINE, "%s: too long a name in the list of fields", name);
            }
        }
        if (*exu_field_path(field) == '\0') {
            s->size_field = field;
        } else {
            fields[out++] = (uint16_t)field;
            s->field_count++;
        }
    }
    index_bases(all);
    *ret = all;
    return NULL;
}

void exu_structures_destroy(struct exu_structures *structures)
{
    if (!structures)
        return;
    free(structures->items);
    free(structures->fields);
    free(structures->slots);
    free(structures);
}

static const struct exu_structure *of_base(const struct exu_structures *structures, const char *name)
{
    size_t at = hash(name) & (structures->slot_count - 1);
    for (; structures->slots[at]; at = (at + 1) & (structures->slot_count - 1)) {
        const struct exu_structure *s = &structures->items[structures->slots[at] - 1];
        if (strcmp(s->base, name) == 0)
            return s;
    }
    return NULL;
}

const struct exu_structure *exu_structures_base(const struct exu_structures *structures, const char *name)
{
    const struct exu_structure *s = of_base(structures, name);
    for (size_t i = 0; !s && i < EXU_COUNT(aliases); i++)
        if (strcmp(aliases[i].other, name) == 0)
            s = of_base(structures, aliases[i].structure);
    return s;
}

static int by_name(const void *name, const void *item)
{
    return strcmp(name, ((const struct exu_structure *)item)->name);
}

const struct exu_structure *exu_structures_find(const struct exu_structures *structures, const char *name)
{
    return bsearch(name, structures->items, structures->len, sizeof *structures->items, by_name);
}

enum exu_field exu_structure_field(const struct exu_structure *structure, const char *path)
{
    if (*path == '\0')
        return structure->size_field;
    size_t n = strlen(path);
    for (unsigned j = 0; j < EXU_PATH_NAMES_MAX; j++)
        for (uint32_t i = 0; i < structure->field_count; i++) {
            const char *name = exu_field_name(structure->fields[i], j);
            if (name && strncmp(name, path, n) == 0 && (name[n] == '\0' || name[n] == '|'))
                return structure->fields[i];
        }
    return EXU_FIELD_NONE;
}
