#include "query/icicle.h"

#include "query/path_tree.h"
#include "query/steps.h"

#include <stdlib.h>

#define CHILDREN_MOST 32 /* tiles in one */
#define SHARE_LEAST 120  /* a tile has at least this part of all */
#define SHARE_ALONE 24   /* and one for a single object this: its name has room */
#define STRETCH_LEAST 4  /* so many of a type, one below the other, are one tile */

/* What the objects of a tile are to the tiles in it. */
enum step {
    STEP_KINDS,  /* roots, to be divided by kind */
    STEP_FRAMES, /* roots, to be divided by frame */
    STEP_ROOTS,  /* roots, which are in it themselves */
    STEP_OBJECTS /* what is in it is below them */
};

struct set { /* of a tile: objects.items[first ...] */
    size_t first, count;
    enum step step;
};

struct candidate {
    uint32_t object;
    uint64_t key; /* those of equal keys are one tile */
    uint64_t bytes;
};
#define ALONE (UINT64_C(1) << 32) /* a key: for itself */

struct group {
    size_t first, count; /* candidates */
    uint64_t bytes;
};

typedef exu_vec(struct candidate) candidates;
typedef exu_vec(struct group) groups;

struct making {
    struct exu_tiles *tiles;
    struct exu_describer *describer;
    struct exu_path_tree tree;
    uint64_t least, alone; /* bytes of a tile, of one for a single object */
    uint32_t dict;         /* the type */
    uint8_t *namespaces;   /* by type: is a dict below one of its objects the namespace? enum known */
    exu_vec(uint32_t) objects;
    struct set sets[EXU_TILES_MOST]; /* by tile */
    candidates candidates;
    groups groups;
};

enum known { KNOWN_NOT, KNOWN_NO, KNOWN_YES };

/* ---- what is below an object ---- */

static bool link_is_namespace(struct making *m, uint32_t parent, uint32_t object)
{
    struct exu_link link = {0};
    bool namespace = parent && exu_describe_link_between(m->describer, parent, object, &link) &&
                     exu_link_is_namespace(&link);
    exu_link_deinit(&link);
    return namespace;
}

/* Is `object` the namespace of its parent? Asked once for each type: instances of one are alike. */
static bool is_namespace(struct making *m, uint32_t object)
{
    const struct exu_path_tree *t = &m->tree;
    uint32_t parent = t->parent[object], type = parent ? t->type[parent] : 0;
    if (!type || !m->dict || t->type[object] != m->dict)
        return false;
    if (m->namespaces[type] == KNOWN_NOT)
        m->namespaces[type] = link_is_namespace(m, parent, object) ? KNOWN_YES : KNOWN_NO;
    return m->namespaces[type] == KNOWN_YES;
}

/* Goes over what is below an object, what is in its namespace included. */
struct below {
    const struct exu_path_tree *tree;
    uint32_t at, end, back, back_end; /* of tree->children; back: where to go on after a namespace */
};

static struct below below(const struct exu_path_tree *t, uint32_t object)
{
    return (struct below){.tree = t, .at = t->first[object], .end = t->first[object + 1]};
}

/* 0: no more. */
static uint32_t next_below(struct making *m, struct below *b)
{
    for (;;) {
        if (b->at == b->end) {
            if (b->back == b->back_end)
                return 0;
            b->at = b->back;
            b->end = b->back_end;
            b->back = b->back_end = 0;
            continue;
        }
        uint32_t object = b->tree->children[b->at++];
        if (b->back_end || !is_namespace(m, object))
            return object;
        b->back = b->at;
        b->back_end = b->end;
        b->at = b->tree->first[object];
        b->end = b->tree->first[object + 1];
    }
}

/* The one of the same type below `object`, when nothing else below it stands for itself; 0: there is none. */
static uint32_t next_of_stretch(struct making *m, uint32_t object)
{
    const struct exu_path_tree *t = &m->tree;
    struct below b = below(t, object);
    uint32_t next = 0;
    for (uint32_t o; (o = next_below(m, &b));) {
        if (t->type[o] == t->type[object] && (!next || t->bytes[o] > t->bytes[next])) {
            if (next && t->bytes[next] >= m->alone)
                return 0;
            next = o;
        } else if (t->bytes[o] >= m->alone) {
            return 0;
        }
    }
    return t->type[object] ? next : 0;
}

/* Adds to the set of a tile of one object those that follow it in a stretch. */
static bool stretch(struct making *m, struct set *set)
{
    uint32_t object = m->objects.items[set->first], at = object;
    for (unsigned i = 1; i < STRETCH_LEAST; i++)
        if (!(at = next_of_stretch(m, at)))
            return true;
    set->first = m->objects.len;
    set->count = 0;
    for (at = object; at; at = next_of_stretch(m, at)) {
        if (!exu_vec_push(&m->objects, at))
            return false;
        set->count++;
    }
    return true;
}

/* ---- what is in a tile ---- */

static bool add_candidate(struct making *m, enum step step, uint32_t object)
{
    const struct exu_path_tree *t = &m->tree;
    struct candidate c = {.object = object, .bytes = t->bytes[object]};
    if (step == STEP_KINDS)
        c.key = t->root[object];
    else if (step == STEP_FRAMES)
        c.key = t->frame[object];
    else
        c.key = c.bytes >= m->alone ? ALONE + object : t->type[object];
    return exu_vec_push(&m->candidates, c);
}

/* Those of a set, or what is below them. A stretch is a set with a parent of its own in it: such are not in
 * it again. */
static bool add_candidates(struct making *m, const struct set *set)
{
    m->candidates.len = 0;
    for (size_t i = set->first; i < set->first + set->count; i++) {
        uint32_t object = m->objects.items[i], following = 0;
        if (set->step != STEP_OBJECTS) {
            if (!add_candidate(m, set->step, object))
                return false;
            continue;
        }
        struct below b = below(&m->tree, object);
        if (i + 1 < set->first + set->count)
            following = m->objects.items[i + 1];
        for (uint32_t o; (o = next_below(m, &b));)
            if (o != following && !add_candidate(m, set->step, o))
                return false;
    }
    return true;
}

static int by_key(const void *left, const void *right)
{
    const struct candidate *a = left, *b = right;
    if (a->key != b->key)
        return a->key < b->key ? -1 : 1;
    return a->object < b->object ? -1 : a->object > b->object;
}

static int by_bytes(const void *left, const void *right)
{
    const struct group *a = left, *b = right;
    if (a->bytes != b->bytes)
        return a->bytes > b->bytes ? -1 : 1;
    return a->first < b->first ? -1 : a->first > b->first;
}

/* The candidates by key, the largest group first. */
static bool make_groups(struct making *m)
{
    const candidates *c = &m->candidates;
    m->groups.len = 0;
    if (c->len)
        qsort(c->items, c->len, sizeof *c->items, by_key);
    for (size_t i = 0; i < c->len; i++) {
        if ((i == 0 || c->items[i].key != c->items[i - 1].key) &&
            !exu_vec_push(&m->groups, (struct group){.first = i}))
            return false;
        struct group *group = &m->groups.items[m->groups.len - 1];
        group->count++;
        group->bytes += c->items[i].bytes;
    }
    if (m->groups.len)
        qsort(m->groups.items, m->groups.len, sizeof *m->groups.items, by_bytes);
    return true;
}

/* ---- what tiles are called ---- */

static const char *const kind_names[EXU_PATH_KINDS] = {
    [EXU_PATH_INSIDE] = "others",
    [EXU_PATH_MODULE] = "modules",
    [EXU_PATH_FRAME] = "frames of threads",
    [EXU_PATH_THREAD] = "states of threads",
    [EXU_PATH_EXCEPTION] = "exceptions being handled",
    [EXU_PATH_INTERPRETER] = "the interpreter",
    [EXU_PATH_STATIC] = "static variables",
    [EXU_PATH_INTERNED] = "interned strings",
    [EXU_PATH_NATIVE_STACK] = "native stacks",
    [EXU_PATH_NATIVE] = "native memory",
    [EXU_PATH_OTHER] = "other roots",
    [EXU_PATH_UNREACHABLE] = "reached by no path",
    [EXU_PATH_ABSENT] = "others",
};

/* What leads to it, and what it is: `.x list of 3 items`. */
static void name_object(struct making *m, uint32_t object, struct exu_text *label)
{
    uint32_t parent = m->tree.parent[object];
    struct exu_link link = {0};
    struct exu_root root = {0};
    if (parent && exu_describe_link_between(m->describer, parent, object, &link)) {
        bool in_namespace = link_is_namespace(m, m->tree.parent[parent], parent);
        exu_step_label(m->describer, &link, in_namespace, false, label);
    } else if (!parent && exu_describe_root_of(m->describer, object, &root)) {
        exu_describe_root_name(m->describer, &root, label);
    }
    exu_link_deinit(&link);
    if (label->len && m->tree.root[object] == EXU_PATH_MODULE)
        return; /* its name says it */
    if (label->len)
        exu_text_puts(label, "  ");
    exu_describe_object(m->describer, object, label);
}

static void name_tile(struct making *m, enum step step, const struct group *group, struct exu_text *type,
                      struct exu_text *label)
{
    uint32_t object = m->candidates.items[group->first].object;
    const struct exu_path_tree *t = &m->tree;
    if (step == STEP_KINDS) {
        exu_text_puts(type, kind_names[t->root[object]]);
        exu_text_puts(label, kind_names[t->root[object]]);
    } else if (step == STEP_FRAMES) {
        exu_text_puts(type, "frame");
        if (t->frame[object])
            exu_describe_frame_summary(m->describer, t->frame[object], label);
        else
            exu_text_puts(label, "a frame");
    } else {
        exu_describe_type_of(m->describer, object, type);
        if (group->count == 1)
            name_object(m, object, label);
        else
            exu_describe_many(group->count, type->data, label);
    }
}

/* ---- the tiles ---- */

static enum step step_into(const struct making *m, enum step step, uint32_t object)
{
    if (step == STEP_KINDS)
        return m->tree.root[object] == EXU_PATH_FRAME ? STEP_FRAMES : STEP_ROOTS;
    return step == STEP_FRAMES ? STEP_ROOTS : STEP_OBJECTS;
}

static struct exu_error *add_tile(struct making *m, enum step step, const struct group *group, uint32_t depth)
{
    const struct candidate *c = m->candidates.items + group->first;
    struct exu_text type = {0}, label = {0};
    struct set *set = &m->sets[m->tiles->items.len];
    bool one = group->count == 1 && step != STEP_KINDS && step != STEP_FRAMES;
    *set =
        (struct set){.first = m->objects.len, .count = group->count, .step = step_into(m, step, c->object)};
    for (size_t i = 0; i < group->count; i++)
        if (!exu_vec_push(&m->objects, c[i].object))
            return exu_error_memory();
    if (one && set->step == STEP_OBJECTS && !stretch(m, set))
        return exu_error_memory();
    name_tile(m, step, group, &type, &label);
    if (one && set->count > 1) {
        exu_text_puts(&label, ", and below it ");
        exu_describe_many(set->count - 1, type.data, &label);
    }
    struct exu_tile tile = {
        .object = one ? c->object : 0, .count = set->count, .bytes = group->bytes, .depth = depth};
    return exu_tiles_add(m->tiles, tile, &type, &label);
}

/* Puts what is in a tile behind the others. */
static struct exu_error *open_tile(struct making *m, size_t index)
{
    const struct set set = m->sets[index];
    uint32_t depth = m->tiles->items.items[index].depth + 1, children = 0;
    size_t first = m->tiles->items.len;
    if (!add_candidates(m, &set) || !make_groups(m))
        return exu_error_memory();
    for (size_t i = 0; i < m->groups.len && children < CHILDREN_MOST && m->tiles->items.len < EXU_TILES_MOST;
         i++) {
        if (m->groups.items[i].bytes < m->least)
            break;
        EXU_TRY(add_tile(m, set.step, &m->groups.items[i], depth));
        children++;
    }
    m->tiles->items.items[index].first = (uint32_t)first;
    m->tiles->items.items[index].children = children;
    return NULL;
}

/* The first tile: all objects. */
static struct exu_error *add_all(struct making *m)
{
    const struct exu_path_tree *t = &m->tree;
    struct exu_text type = {0}, label = {0};
    uint32_t roots = t->first[1];
    uint64_t count = 0;
    for (uint32_t id = 1; id <= t->count; id++)
        count += t->root[id] != EXU_PATH_ABSENT;
    if (!t->bytes[0])
        return NULL;
    for (uint32_t i = 0; i < roots; i++)
        if (!exu_vec_push(&m->objects, t->children[i]))
            return exu_error_memory();
    m->sets[0] = (struct set){.first = 0, .count = roots, .step = STEP_KINDS};
    exu_text_puts(&label, "all objects");
    m->tiles->top = 1;
    m->tiles->bytes = t->bytes[0];
    return exu_tiles_add(m->tiles, (struct exu_tile){.count = count, .bytes = t->bytes[0]}, &type, &label);
}

static struct exu_error *make(struct making *m)
{
    bool opened[EXU_TILES_MOST] = {false};
    EXU_TRY(add_all(m));
    while (m->tiles->items.len < EXU_TILES_MOST) {
        const struct exu_tile *tile = exu_tiles_largest(m->tiles, opened, EXU_ICICLE_ROWS - 1);
        if (!tile)
            break;
        size_t index = (size_t)(tile - m->tiles->items.items);
        opened[index] = true;
        EXU_TRY(open_tile(m, index));
    }
    return NULL;
}

static struct exu_error *find_dict(const struct exu_database *db, struct making *m)
{
    sqlite3_stmt *statement = NULL;
    struct exu_error *error = NULL;
    EXU_TRY(exu_database_prepare(
        db, "SELECT id FROM type WHERE qualname = 'dict' AND module = 'builtins' ORDER BY id LIMIT 1",
        &statement));
    if (exu_database_step(db, statement, &error))
        m->dict = exu_column_id(statement, 0, m->tree.count);
    sqlite3_finalize(statement);
    return error;
}

struct exu_error *exu_icicle_make(struct exu_tiles *ret, const struct exu_database *db)
{
    struct making m = {.tiles = ret};
    struct exu_error *error = exu_path_tree_load(&m.tree, db);
    if (!error)
        error = find_dict(db, &m);
    if (!error && !(m.namespaces = calloc((size_t)m.tree.count + 1, 1)))
        error = exu_error_memory();
    if (!error)
        error = exu_describer_create(&m.describer, db);
    m.least = error ? 0 : m.tree.bytes[0] / SHARE_LEAST + 1;
    m.alone = error ? 0 : m.tree.bytes[0] / SHARE_ALONE + 1;
    if (!error)
        error = make(&m);
    exu_describer_destroy(m.describer);
    free(m.namespaces);
    exu_vec_free(&m.objects);
    exu_vec_free(&m.candidates);
    exu_vec_free(&m.groups);
    exu_path_tree_deinit(&m.tree);
    return error;
}
