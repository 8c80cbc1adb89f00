/* The references of a database in memory, as chains need them: nodes 1..objects are the objects by id; behind
 * them stand the frames that have no object of their own, with their variables as edges. Weak references are
 * left out.
 *
 * The type of a node (graph->type) is the type's object id, but for frames: there it stands for the function,
 * so that only frames of one function are alike. */
#ifndef EXU_QUERY_HEAP_GRAPH_H
#define EXU_QUERY_HEAP_GRAPH_H

#include "base/vec.h"
#include "graph/graph.h"
#include "query/database.h"
#include "query/intern.h"

struct exu_bare_frame { /* a frame without an object */
    int64_t frame_id;
};

struct exu_heap_graph {
    struct exu_graph *graph;
    const struct exu_database *db;
    uint32_t objects;
    exu_vec(struct exu_bare_frame) frames; /* node = objects + 1 + index; ascending frame_id */
    exu_vec(char *) variable_names;        /* edge.name = EXU_VARIABLE_NAME + index */
    struct exu_intern functions;           /* type = objects + 1 + number */
    struct exu_intern names;               /* texts of reference names, for exu_heap_graph_name */
    uint8_t *namespaces; /* by object: 1 = the dict of an object, module or type: its keys are names */
    sqlite3_stmt *name_of_object, *name_of_constant;
    exu_vec(int32_t) canonical; /* cache: pairs in an open table, see heap_graph.c */
    size_t canonical_used;
};

#define EXU_VARIABLE_NAME (INT32_MIN + 1)

EXU_MUST_CHECK struct exu_error *exu_heap_graph_load(struct exu_heap_graph **ret,
                                                     const struct exu_database *db);
void exu_heap_graph_destroy(struct exu_heap_graph *heap);
/* The node of a frame without object; 0 when there is none. */
uint32_t exu_heap_graph_frame(const struct exu_heap_graph *heap, int64_t frame_id);
/* One number for all names of equal text (struct exu_chain_rules.canonical_name; `heap` is the context). */
int32_t exu_heap_graph_name(void *heap, int32_t name);
/* Its text; NULL when it is not known. Lives until the next call. */
const char *exu_heap_graph_name_text(struct exu_heap_graph *heap, int32_t name);
/* True when what the edge is called is no name but a place in a container: an item, or the value of a plain dict's key. */
bool exu_heap_graph_is_index(const struct exu_heap_graph *heap, uint32_t from, const struct exu_edge *edge);
/* The name of a variable edge; NULL when `name` is none. */
const char *exu_heap_graph_variable(const struct exu_heap_graph *heap, int32_t name);

#endif
