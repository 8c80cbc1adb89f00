/* The tree of the shortest paths from roots, of all objects, with what is below each of them.
 *
 * Owns its arrays, by object id; element 0 of them stands for all. The file is foreign: a path that would not
 * lead nearer to a root ends there, so that there are no circles, and sizes are cut so that no sum overflows.
 */
#ifndef EXU_QUERY_PATH_TREE_H
#define EXU_QUERY_PATH_TREE_H

#include "query/database.h"

enum exu_path_root {
    EXU_PATH_INSIDE, /* it has a parent */
    EXU_PATH_MODULE,
    EXU_PATH_FRAME,
    EXU_PATH_THREAD,
    EXU_PATH_EXCEPTION,
    EXU_PATH_INTERPRETER,
    EXU_PATH_STATIC,
    EXU_PATH_INTERNED,
    EXU_PATH_NATIVE_STACK,
    EXU_PATH_NATIVE,
    EXU_PATH_OTHER,
    EXU_PATH_UNREACHABLE, /* no path leads to it */
    EXU_PATH_ABSENT,      /* the database has no such object */
    EXU_PATH_KINDS
};

struct exu_path_tree {
    uint32_t count;   /* objects 1..count */
    uint32_t *parent; /* 0: none */
    uint32_t *type;   /* its object; 0: not known */
    uint64_t *bytes;  /* footprint of it and of all below; [0]: of all */
    uint8_t *root;    /* enum exu_path_root */
    uint32_t *frame;  /* frame.id of a EXU_PATH_FRAME; 0: not known */
    uint32_t
        *first; /* children of n: children[first[n]] .. children[first[n + 1]]; of 0 those without parent */
    uint32_t *children; /* ascending */
};

/* `ret` is zero. exu_path_tree_deinit is due in any case. */
EXU_MUST_CHECK struct exu_error *exu_path_tree_load(struct exu_path_tree *ret, const struct exu_database *db);
void exu_path_tree_deinit(struct exu_path_tree *tree);

#endif
