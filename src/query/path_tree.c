#include "query/path_tree.h"

#include "query/queries.h"

#include <stdlib.h>
#include <string.h>

#define NOT_REACHED UINT32_MAX

static const char *const kinds[EXU_PATH_KINDS] = {
    [EXU_PATH_MODULE] = "module",           [EXU_PATH_FRAME] = "frame",
    [EXU_PATH_THREAD] = "thread",           [EXU_PATH_EXCEPTION] = "exception",
    [EXU_PATH_INTERPRETER] = "interpreter", [EXU_PATH_STATIC] = "static",
    [EXU_PATH_INTERNED] = "interned",       [EXU_PATH_NATIVE_STACK] = "native_stack",
    [EXU_PATH_NATIVE] = "native",
};

static uint8_t root_of(const char *kind)
{
    for (uint8_t i = 0; i < EXU_PATH_KINDS; i++)
        if (kinds[i] && strcmp(kinds[i], kind) == 0)
            return i;
    return EXU_PATH_OTHER;
}

/* One pass over the objects. `distance`: of each, NOT_REACHED for what no root reaches. */
static struct exu_error *read_objects(struct exu_path_tree *t, const struct exu_database *db,
                                      uint32_t *distance)
{
    sqlite3_stmt *statement = NULL;
    struct exu_error *error = NULL;
    EXU_TRY(exu_database_prepare(db, exu_sql_path_tree_sql, &statement));
    const uint64_t most = INT64_MAX / ((uint64_t)t->count + 1);
    while (exu_database_step(db, statement, &error)) {
        uint32_t id = exu_column_id(statement, 0, t->count);
        int64_t bytes = sqlite3_column_int64(statement, 2), far = sqlite3_column_int64(statement, 3);
        bool reached = sqlite3_column_type(statement, 3) == SQLITE_INTEGER && far >= 0 && far < t->count;
        if (!id)
            continue;
        t->type[id] = exu_column_id(statement, 1, t->count);
        t->bytes[id] = bytes > 0 ? exu_min((uint64_t)bytes, most) : 0;
        t->parent[id] = reached ? exu_column_id(statement, 4, t->count) : 0;
        t->root[id] = reached ? root_of(exu_column_text(statement, 5)) : EXU_PATH_UNREACHABLE;
        t->frame[id] = exu_column_id(statement, 6, UINT32_MAX);
        distance[id] = reached ? (uint32_t)far : NOT_REACHED;
    }
    sqlite3_finalize(statement);
    return error;
}

/* Parents are nearer to a root, or are none. */
static void settle_parents(struct exu_path_tree *t, const uint32_t *distance)
{
    for (uint32_t id = 1; id <= t->count; id++) {
        uint32_t parent = t->parent[id];
        if (parent && distance[parent] < distance[id])
            t->root[id] = EXU_PATH_INSIDE;
        else
            t->parent[id] = 0;
    }
}

/* Fills t->children by parent, as a counting sort. What is absent is nobody's child. */
static void sort_children(struct exu_path_tree *t)
{
    for (uint32_t id = 1; id <= t->count; id++)
        if (t->root[id] != EXU_PATH_ABSENT)
            t->first[t->parent[id] + 2]++;
    for (uint32_t n = 2; n <= t->count + 2; n++)
        t->first[n] += t->first[n - 1];
    for (uint32_t id = 1; id <= t->count; id++)
        if (t->root[id] != EXU_PATH_ABSENT)
            t->children[t->first[t->parent[id] + 1]++] = id;
}

/* Adds what is below, from the leaves up: an order in which parents stand before their children, read
 * backwards. */
static bool add_up(struct exu_path_tree *t)
{
    uint32_t *order = malloc(((size_t)t->count + 1) * sizeof *order), len = 1;
    if (!order)
        return false;
    order[0] = 0;
    for (uint32_t at = 0; at < len; at++)
        for (uint32_t i = t->first[order[at]]; i < t->first[order[at] + 1]; i++)
            order[len++] = t->children[i];
    while (--len)
        t->bytes[t->parent[order[len]]] += t->bytes[order[len]];
    free(order);
    return true;
}

struct exu_error *exu_path_tree_load(struct exu_path_tree *ret, const struct exu_database *db)
{
    EXU_TRY(exu_database_objects(db, &ret->count));
    const size_t n = (size_t)ret->count + 1;
    ret->parent = calloc(n, sizeof *ret->parent);
    ret->type = calloc(n, sizeof *ret->type);
    ret->bytes = calloc(n, sizeof *ret->bytes);
    ret->root = malloc(n);
    ret->frame = calloc(n, sizeof *ret->frame);
    ret->first = calloc(n + 2, sizeof *ret->first);
    ret->children = calloc(n, sizeof *ret->children);
    uint32_t *distance = malloc(n * sizeof *distance);
    struct exu_error *error = NULL;
    if (!ret->parent || !ret->type || !ret->bytes || !ret->root || !ret->frame || !ret->first ||
        !ret->children || !distance) {
        error = exu_error_memory();
    } else {
        memset(ret->root, EXU_PATH_ABSENT, n);
        memset(distance, 0xff, n * sizeof *distance);
        error = read_objects(ret, db, distance);
    }
    if (!error) {
        settle_parents(ret, distance);
        sort_children(ret);
        if (!add_up(ret))
            error = exu_error_memory();
    }
    free(distance);
    return error;
}

void exu_path_tree_deinit(struct exu_path_tree *tree)
{
    free(tree->parent);
    free(tree->type);
    free(tree->bytes);
    free(tree->root);
    free(tree->frame);
    free(tree->first);
    free(tree->children);
    *tree = (struct exu_path_tree){0};
}
