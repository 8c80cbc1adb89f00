#include "query/chains.h"

#include "graph/chain.h"
#include "query/fingerprint.h"
#include "query/heap_graph.h"
#include "query/steps.h"
#include "query/where.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STORED_KIND_ITEM 1
#define STORED_KIND_FIELD 6

struct exu_chain_search {
    const struct exu_database *db;
    const char *from_words, *to_words;
    struct exu_where_set from, to;
    struct exu_heap_graph *heap;
    exu_vec(struct exu_chain_start) starts;
    exu_vec(size_t) start_items; /* by start: index into from.items */
    exu_vec(int64_t) start_roots; /* by start: its row of table root; 0 = none */
    uint64_t *fingerprints;       /* by shape */
    exu_vec(struct exu_chain_target) targets;
    uint8_t *piece_types; /* by type id: 1 = str, 2 = bytes; subclasses too */
    int32_t buffer_name;  /* of the field in which a StringIO of 3.12+ grows its str; 0 = none */
    struct exu_search search;
    struct exu_shapes shapes;
    struct exu_describer *describer;
};

/* ---- what pieces are ---- */

static struct exu_error *find_piece_types(struct exu_chain_search *f)
{
    sqlite3_stmt *statement;
    struct exu_error *error = NULL;
    f->piece_types = calloc((size_t)f->heap->objects + 1, 1);
    if (!f->piece_types)
        return exu_error_memory();
    EXU_TRY(exu_database_prepare(
        f->db,
        "WITH RECURSIVE piece(id, kind) AS (SELECT id, 1 + (qualname = 'bytes') FROM type "
        "WHERE module = 'builtins' AND qualname IN ('str', 'bytes', 'unicode') UNION "
        "SELECT t.id, p.kind FROM type t JOIN piece p ON t.base_id = p.id) "
        "SELECT id, kind FROM piece",
        &statement));
    while (exu_database_step(f->db, statement, &error))
        f->piece_types[exu_column_id(statement, 0, f->heap->objects)] =
            (uint8_t)sqlite3_column_int(statement, 1);
    sqlite3_finalize(statement);
    if (error)
        return error;
    EXU_TRY(exu_database_prepare(f->db, "SELECT -id FROM name WHERE text = 'writer.buffer' LIMIT 1", &statement));
    while (exu_database_step(f->db, statement, &error))
        f->buffer_name = sqlite3_column_int(statement, 0);
    sqlite3_finalize(statement);
    return error;
}

static bool is_piece(void *context, uint32_t holder, const struct exu_edge *edge)
{
    const struct exu_chain_search *f = context;
    (void)holder;
    /* The items of a list or deque; BytesIO has its bytes in a field (Modules/_io/bytesio.c, buf), StringIO a str that
     * grows (3.12+: stringio.c, writer). */
    uint32_t type = f->heap->graph->type[edge->target];
    uint8_t piece = type <= f->heap->objects ? f->piece_types[type] : 0, kind = edge->kind & 0x7f;
    return (kind == STORED_KIND_ITEM && piece) ||
           (kind == STORED_KIND_FIELD && (piece == 2 || (piece == 1 && f->buffer_name && edge->name == f->buffer_name)));
}

static int32_t canonical_name(void *context, int32_t name)
{
    struct exu_chain_search *f = context;
    return exu_heap_graph_name(f->heap, name);
}

/* ---- starts and targets ---- */

static uint32_t node_of(const struct exu_chain_search *f, const struct exu_where_item *item)
{
    return item->object ? item->object : exu_heap_graph_frame(f->heap, item->frame_id);
}

static struct exu_error *make_starts(struct exu_chain_search *f)
{
    for (size_t i = 0; i < f->from.items.len; i++) {
        const struct exu_where_item *item = &f->from.items.items[i];
        struct exu_chain_start start = {.node = node_of(f, item), .label = item->label, .tier = item->tier};
        if (start.node && (!exu_vec_push(&f->starts, start) || !exu_vec_push(&f->start_items, i) ||
                           !exu_vec_push(&f->start_roots, item->root_id)))
            return exu_error_memory();
    }
    return NULL;
}

/* Nothing refers to a frame without an object: for those who ask what holds it, the stack that it is on does. */
static struct exu_error *add_bare_frames(struct exu_chain_search *f)
{
    uint32_t label = exu_intern(&f->from.labels, "a frame without an object");
    if (strcmp(f->from_words, "root") != 0 || !f->starts.len)
        return NULL;
    uint32_t tier = f->starts.items[f->starts.len - 1].tier;
    for (size_t i = 0; i < f->heap->frames.len; i++) {
        int64_t frame = f->heap->frames.items[i].frame_id;
        struct exu_where_item item = {.frame_id = frame, .label = label, .tier = tier};
        struct exu_chain_start start = {exu_heap_graph_frame(f->heap, frame), label, tier};
        if (!label || !exu_vec_push(&f->from.items, item) || !exu_vec_push(&f->starts, start) ||
            !exu_vec_push(&f->start_items, f->from.items.len - 1) || !exu_vec_push(&f->start_roots, 0))
            return exu_error_memory();
    }
    return NULL;
}

static int by_node(const void *a, const void *b)
{
    const struct exu_chain_target *x = a, *y = b;
    return (x->node > y->node) - (x->node < y->node);
}

static struct exu_error *make_targets(struct exu_chain_search *f)
{
    for (size_t i = 0; i < f->to.items.len; i++) {
        uint32_t node = node_of(f, &f->to.items.items[i]);
        if (node &&
            !exu_vec_push(&f->targets, (struct exu_chain_target){.node = node, .pieces = f->to.chunks}))
            return exu_error_memory();
    }
    if (!f->targets.len)
        return NULL;
    qsort(f->targets.items, f->targets.len, sizeof *f->targets.items, by_node);
    size_t kept = 1;
    for (size_t i = 1; i < f->targets.len; i++)
        if (f->targets.items[i].node != f->targets.items[kept - 1].node)
            f->targets.items[kept++] = f->targets.items[i];
    f->targets.len = kept;
    return NULL;
}

static struct exu_error *search(struct exu_chain_search *f)
{
    EXU_TRY(exu_where_resolve(&f->from, f->db, f->from_words));
    EXU_TRY(exu_where_resolve(&f->to, f->db, f->to_words));
    if (!f->from.items.len)
        return exu_error_new(EXU_ERROR_NONE_FOUND, "%s: nothing in it is '%s'; give another --from",
                             f->db->path, f->from_words);
    if (!f->to.items.len)
        return exu_error_new(EXU_ERROR_NONE_FOUND, "%s: nothing in it is '%s'; give another --to",
                             f->db->path, f->to_words);
    EXU_TRY(exu_heap_graph_load(&f->heap, f->db));
    EXU_TRY(find_piece_types(f));
    EXU_TRY(make_starts(f));
    EXU_TRY(add_bare_frames(f));
    EXU_TRY(make_targets(f));
    EXU_TRY(exu_search_run(&f->search, f->heap->graph, f->starts.items, f->starts.len));
    struct exu_chain_rules rules = {.context = f, .canonical_name = canonical_name, .is_piece = is_piece};
    EXU_TRY(exu_shapes_merge(&f->shapes, &f->search, f->targets.items, f->targets.len, &rules));
    if (!f->shapes.chains.len)
        return exu_error_new(EXU_ERROR_NONE_FOUND, "%s: no chain leads from '%s' to '%s'; try --from root",
                             f->db->path, f->from_words, f->to_words);
    return exu_fingerprints_make(f->heap, &f->shapes, f->start_roots.items, &f->fingerprints);
}

/* ---- the answer ---- */

static const char *stored_kind(uint8_t kind)
{
    static const char *const names[] = {[7] = "local", [8] = "cell", [9] = "stack"};
    kind &= 0x7f;
    return kind < EXU_COUNT(names) && names[kind] ? names[kind] : "native";
}

/* A step of one real chain; `many`: that many like it were merged. */
struct real_step {
    uint32_t node, edge; /* edge: which leads here; of the first step: the index of its start */
    bool many;
};

static struct exu_error *over_edge(const struct exu_chain_search *f, const struct exu_step_maker *m, uint32_t from,
                                   const struct real_step *step)
{
    const struct exu_edge *edge = &f->heap->graph->edges[step->edge];
    struct exu_link link = {0};
    if (from > f->heap->objects) { /* a variable of a frame without object */
        link.referent = edge->target;
        snprintf(link.kind, sizeof link.kind, "%s", stored_kind(edge->kind));
        const char *name = exu_heap_graph_variable(f->heap, edge->name);
        link.name = name && *name ? strdup(name) : NULL;
    } else if (!exu_describe_link(m->describer, from, edge->ordinal, &link)) {
        return exu_error_new(EXU_ERROR_INPUT,
                             "%s: the database is damaged (references changed); load the core again",
                             f->db->path);
    }
    struct exu_error *error = exu_step_over(m, &link, step->many);
    exu_link_deinit(&link);
    return error;
}

static struct exu_error *held_by(const struct exu_chain_search *f, struct exu_chains *chains, struct exu_chain *chain,
                                 uint32_t start)
{
    EXU_TRY(exu_path_to_root(&chain->held_by, &chain->root, f->db, f->describer, start, &chains->bump));
    if (chain->held_by.items.len)
        chain->held_by.items.len--; /* the start itself: its label goes to the chain's first step */
    return NULL;
}

static struct exu_error *first_step(const struct exu_chain_search *f, struct exu_chains *chains,
                                    struct exu_chain *chain, const struct exu_step_maker *m,
                                    const struct real_step *start)
{
    const struct exu_where_item *item = &f->from.items.items[f->start_items.items[start->edge]];
    if (start->node > f->heap->objects) {
        chain->root = exu_root_line_stack(m, item->frame_id);
        return exu_step_frame(m, item->frame_id);
    }
    EXU_TRY(exu_step_first(m, start->node));
    if (item->root_id) {
        chain->root = exu_root_line_row(m, item->root_id);
        return NULL;
    }
    EXU_TRY(held_by(f, chains, chain, start->node));
    if (chain->held_by.items.len) /* its label was made with the path; one further in storage */
        chain->steps.items.items[0].label = chain->held_by.items.items[chain->held_by.items.len].label;
    return NULL;
}

static struct exu_error *retained_of(const struct exu_chain_search *f, const struct exu_shape *shape,
                                     struct exu_chain *chain)
{
    sqlite3_stmt *statement;
    struct exu_error *error = NULL;
    EXU_TRY(exu_database_prepare(f->db, "SELECT retained_size FROM object WHERE id = ?1", &statement));
    chain->has_retained = true;
    for (size_t i = 0; i < shape->ends.len && chain->has_retained && !error; i++) {
        sqlite3_reset(statement);
        sqlite3_bind_int64(statement, 1, shape->ends.items[i]);
        chain->has_retained = exu_database_step(f->db, statement, &error) &&
                              sqlite3_column_type(statement, 0) == SQLITE_INTEGER &&
                              sqlite3_column_int64(statement, 0) >= 0;
        if (chain->has_retained)
            chain->retained += (uint64_t)sqlite3_column_int64(statement, 0);
    }
    sqlite3_finalize(statement);
    return error;
}

static struct exu_error *build(const struct exu_chain_search *f, struct exu_chains *chains, uint32_t index,
                               struct exu_chain *chain)
{
    const struct exu_shape *shapes = f->shapes.items.items, *end = &shapes[index];
    struct exu_step_maker m = {
        .db = f->db, .describer = f->describer, .bump = &chains->bump, .steps = &chain->steps};
    chain->fingerprint = f->fingerprints[index];
    chain->count = end->count;
    chain->objects = end->objects;
    chain->bytes = end->bytes;
    struct real_step *path = calloc((size_t)end->length + 1, sizeof *path);
    if (!path)
        return exu_error_memory();
    uint32_t node = end->node, edge = end->edge == EXU_EDGE_NONE ? f->search.edge[node] : end->edge;
    for (uint32_t at = index, i = end->length;; at = shapes[at].parent, i--) {
        path[i] = (struct real_step){.node = node, .edge = edge, .many = shapes[at].many};
        if (i == 0)
            break;
        node = i == end->length ? end->from : f->search.parent[node];
        edge = f->search.edge[node];
    }
    struct exu_error *error = first_step(f, chains, chain, &m, &path[0]);
    for (uint32_t i = 1; i <= end->length && !error; i++)
        error = over_edge(f, &m, path[i - 1].node, &path[i]);
    free(path);
    return error ? error : retained_of(f, end, chain);
}

static struct exu_error *build_one(const struct exu_chain_search *f, struct exu_chains *chains, uint32_t index)
{
    struct exu_chain chain = {0};
    struct exu_error *error = build(f, chains, index, &chain);
    if (!error && !exu_vec_push(&chains->items, chain))
        error = exu_error_memory();
    if (error) {
        exu_steps_deinit(&chain.steps);
        exu_steps_deinit(&chain.held_by);
    }
    return error;
}

static struct exu_error *build_all(struct exu_chain_search *f, struct exu_chains *chains, uint64_t limit)
{
    EXU_TRY(exu_describer_create(&f->describer, f->db));
    chains->total = f->shapes.chains.len;
    for (size_t i = 0; i < f->shapes.chains.len && (!limit || i < limit); i++)
        EXU_TRY(build_one(f, chains, f->shapes.chains.items[i]));
    return NULL;
}

static void finder_deinit(struct exu_chain_search *f)
{
    exu_describer_destroy(f->describer);
    exu_shapes_deinit(&f->shapes);
    exu_search_deinit(&f->search);
    exu_heap_graph_destroy(f->heap);
    free(f->piece_types);
    exu_vec_free(&f->starts);
    exu_vec_free(&f->start_items);
    exu_vec_free(&f->start_roots);
    free(f->fingerprints);
    exu_vec_free(&f->targets);
    exu_where_set_deinit(&f->from);
    exu_where_set_deinit(&f->to);
}

struct exu_error *exu_chains_find(struct exu_chains *ret, const struct exu_database *db, const char *from,
                                  const char *to, uint64_t limit)
{
    struct exu_chains chains = {0};
    struct exu_chain_search f = {.db = db, .from_words = from, .to_words = to};
    struct exu_error *error = search(&f);
    if (!error)
        error = build_all(&f, &chains, limit);
    finder_deinit(&f);
    if (error) {
        exu_chains_deinit(&chains);
        return error;
    }
    *ret = chains;
    return NULL;
}

/* ---- all of a database ---- */

static bool is_index(void *context, uint32_t from, const struct exu_edge *edge)
{
    const struct exu_chain_search *f = context;
    return exu_heap_graph_is_index(f->heap, from, edge);
}

static struct exu_error *search_all(struct exu_chain_search *f)
{
    EXU_TRY(exu_where_resolve(&f->from, f->db, f->from_words));
    EXU_TRY(exu_heap_graph_load(&f->heap, f->db));
    EXU_TRY(make_starts(f));
    EXU_TRY(add_bare_frames(f));
    if (!exu_vec_reserve(&f->targets, f->heap->objects))
        return exu_error_memory();
    for (uint32_t id = 1; id <= f->heap->objects; id++)
        f->targets.items[f->targets.len++] = (struct exu_chain_target){.node = id};
    EXU_TRY(exu_search_run(&f->search, f->heap->graph, f->starts.items, f->starts.len));
    struct exu_chain_rules rules = {.context = f, .canonical_name = canonical_name, .is_index = is_index};
    EXU_TRY(exu_shapes_merge(&f->shapes, &f->search, f->targets.items, f->targets.len, &rules));
    EXU_TRY(exu_fingerprints_make(f->heap, &f->shapes, f->start_roots.items, &f->fingerprints));
    return exu_describer_create(&f->describer, f->db);
}

struct exu_error *exu_chain_search_all(struct exu_chain_search **ret, const struct exu_database *db)
{
    struct exu_chain_search *search = calloc(1, sizeof *search);
    if (!search)
        return exu_error_memory();
    search->db = db;
    search->from_words = search->to_words = "root";
    struct exu_error *error = search_all(search);
    if (error) {
        exu_chain_search_destroy(search);
        return error;
    }
    *ret = search;
    return NULL;
}

void exu_chain_search_destroy(struct exu_chain_search *search)
{
    if (search)
        finder_deinit(search);
    free(search);
}

size_t exu_chain_search_count(const struct exu_chain_search *search)
{
    return search->shapes.items.len;
}

struct exu_chain_sum exu_chain_search_sum(const struct exu_chain_search *search, size_t index)
{
    const struct exu_shape *shape = &search->shapes.items.items[index];
    return (struct exu_chain_sum){search->fingerprints[index], shape->parent, shape->objects, shape->bytes};
}

struct exu_error *exu_chain_search_build(const struct exu_chain_search *search, size_t index, struct exu_chains *chains)
{
    return build_one(search, chains, (uint32_t)index);
}

void exu_chains_deinit(struct exu_chains *chains)
{
    struct exu_chain *chain;
    exu_vec_each (chain, &chains->items) {
        exu_steps_deinit(&chain->steps);
        exu_steps_deinit(&chain->held_by);
    }
    exu_vec_free(&chains->items);
    exu_bump_deinit(&chains->bump);
}
