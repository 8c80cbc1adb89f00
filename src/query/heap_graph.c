#include "query/heap_graph.h"

#include "query/queries.h"

#include <stdlib.h>
#include <string.h>

#define STORED_KIND_WEAK 12
#define STORED_KIND_LOCAL 7
#define STORED_KIND_CELL 8
#define STORED_KIND_STACK 9
#define STORED_KIND_ITEM 1
#define STORED_KIND_KEY 2
#define STORED_KIND_VALUE 3

static struct exu_error *load_objects(struct exu_heap_graph *heap, const char *sql)
{
    sqlite3_stmt *statement;
    struct exu_error *error = NULL;
    EXU_TRY(exu_database_prepare(heap->db, sql, &statement));
    while (exu_database_step(heap->db, statement, &error)) {
        uint32_t id = exu_column_id(statement, 0, heap->objects);
        int64_t bytes = sqlite3_column_int64(statement, 2);
        heap->graph->type[id] = exu_column_id(statement, 1, heap->objects);
        heap->graph->weight[id] = bytes > 0 ? (uint64_t)bytes : 0;
    }
    sqlite3_finalize(statement);
    return error;
}

/* Frames with an object get the type of their function; those without become nodes. */
static struct exu_error *load_frames(struct exu_heap_graph *heap, uint32_t **ret_bare_types)
{
    sqlite3_stmt *statement;
    struct exu_error *error = NULL;
    exu_vec(uint32_t) types = {0};
    EXU_TRY(exu_database_prepare(heap->db, exu_sql_graph_frames_sql, &statement));
    while (exu_database_step(heap->db, statement, &error)) {
        uint32_t function = exu_intern(&heap->functions, exu_column_text(statement, 2));
        uint32_t object = exu_column_id(statement, 1, heap->objects);
        int64_t frame = sqlite3_column_int64(statement, 0);
        bool kept = function != 0;
        if (kept && function > EXU_GRAPH_MAX_NODES - heap->objects)
            continue;
        if (kept && object)
            heap->graph->type[object] = heap->objects + function;
        else if (kept && heap->frames.len < EXU_GRAPH_MAX_NODES - heap->objects)
            kept = exu_vec_push(&heap->frames, (struct exu_bare_frame){frame}) &&
                   exu_vec_push(&types, heap->objects + function);
        if (!kept) {
            error = exu_error_memory();
            break;
        }
    }
    sqlite3_finalize(statement);
    if (error)
        exu_vec_free(&types);
    *ret_bare_types = types.items;
    return error;
}

static struct exu_error *load_references(struct exu_heap_graph *heap)
{
    sqlite3_stmt *statement;
    struct exu_error *error = NULL;
    bool full = false;
    EXU_TRY(exu_database_prepare(heap->db, exu_sql_graph_references_sql, &statement));
    while (!full && exu_database_step(heap->db, statement, &error)) {
        int64_t kind = sqlite3_column_int64(statement, 3), name = sqlite3_column_int64(statement, 4);
        if (kind == STORED_KIND_WEAK || kind < 1 || kind > 0x7f)
            continue;
        struct exu_edge edge = {.target = exu_column_id(statement, 2, heap->objects),
                                .ordinal = (uint32_t)sqlite3_column_int64(statement, 1),
                                .name = name > INT32_MIN / 2 && name <= INT32_MAX ? (int32_t)name : 0,
                                .kind = (uint8_t)kind};
        if (sqlite3_column_int(statement, 5))
            edge.kind |= EXU_EDGE_CONSERVATIVE;
        exu_graph_add(heap->graph, exu_column_id(statement, 0, heap->objects), &edge, &full);
    }
    sqlite3_finalize(statement);
    return full && !error ? exu_error_memory() : error;
}

static uint8_t variable_kind(const char *kind)
{
    if (strcmp(kind, "stack") == 0)
        return STORED_KIND_STACK;
    if (strcmp(kind, "cell") == 0 || strcmp(kind, "free") == 0)
        return STORED_KIND_CELL;
    return STORED_KIND_LOCAL;
}

static struct exu_error *load_variables(struct exu_heap_graph *heap)
{
    sqlite3_stmt *statement;
    struct exu_error *error = NULL;
    bool full = false;
    EXU_TRY(exu_database_prepare(heap->db, exu_sql_graph_variables_sql, &statement));
    for (size_t i = 0; !full && !error && i < heap->frames.len; i++) {
        sqlite3_reset(statement);
        sqlite3_bind_int64(statement, 1, heap->frames.items[i].frame_id);
        for (uint32_t ordinal = 0; !full && exu_database_step(heap->db, statement, &error); ordinal++) {
            char *name = strdup(exu_column_text(statement, 0));
            if (!name || heap->variable_names.len >= INT32_MAX / 4 ||
                !exu_vec_push(&heap->variable_names, name)) {
                free(name);
                full = true;
                break;
            }
            struct exu_edge edge = {.target = exu_column_id(statement, 2, heap->objects),
                                    .ordinal = ordinal,
                                    .name = EXU_VARIABLE_NAME + (int32_t)heap->variable_names.len - 1,
                                    .kind = variable_kind(exu_column_text(statement, 1))};
            exu_graph_add(heap->graph, heap->objects + 1 + (uint32_t)i, &edge, &full);
        }
    }
    sqlite3_finalize(statement);
    return full && !error ? exu_error_memory() : error;
}

/* As exu_link_is_namespace has it. */
static struct exu_error *find_namespaces(struct exu_heap_graph *heap)
{
    sqlite3_stmt *statement;
    struct exu_error *error = NULL;
    int32_t names[8];
    size_t count = 0;
    heap->namespaces = calloc((size_t)heap->objects + 1, 1);
    if (!heap->namespaces)
        return exu_error_memory();
    EXU_TRY(exu_database_prepare(
        heap->db, "SELECT -id FROM name WHERE text IN ('__dict__', 'md_dict', 'tp_dict') LIMIT 8", &statement));
    while (count < EXU_COUNT(names) && exu_database_step(heap->db, statement, &error))
        names[count++] = sqlite3_column_int(statement, 0);
    sqlite3_finalize(statement);
    for (uint32_t i = 0; i < heap->graph->edge_count; i++)
        for (size_t k = 0; k < count; k++)
            if (heap->graph->edges[i].name == names[k])
                heap->namespaces[heap->graph->edges[i].target] = 1;
    return error;
}

static struct exu_error *fill(struct exu_heap_graph *heap)
{
    EXU_TRY(load_references(heap));
    EXU_TRY(load_variables(heap));
    exu_graph_finish(heap->graph);
    EXU_TRY(find_namespaces(heap));
    EXU_TRY(exu_database_prepare(heap->db, "SELECT text FROM content WHERE object_id = ?1",
                                 &heap->name_of_object));
    return exu_database_prepare(heap->db, "SELECT text FROM name WHERE id = ?1", &heap->name_of_constant);
}

static struct exu_error *count_frames(const struct exu_database *db, uint32_t *ret)
{
    sqlite3_stmt *statement;
    struct exu_error *error = NULL;
    EXU_TRY(exu_database_prepare(db, "SELECT count(*) FROM frame", &statement));
    if (exu_database_step(db, statement, &error))
        *ret = exu_column_id(statement, 0, 1u << 30);
    sqlite3_finalize(statement);
    return error;
}

struct exu_error *exu_heap_graph_load(struct exu_heap_graph **ret, const struct exu_database *db)
{
    struct exu_heap_graph *heap = calloc(1, sizeof *heap);
    if (!heap)
        return exu_error_memory();
    heap->db = db;
    uint32_t frames = 0, *bare_types = NULL;
    struct exu_error *error = exu_database_objects(db, &heap->objects);
    if (!error)
        error = count_frames(db, &frames);
    if (!error)
        error = exu_graph_create(&heap->graph, heap->objects + frames);
    if (!error)
        error = load_objects(heap, exu_sql_graph_objects_sql);
    if (!error)
        error = load_objects(heap, exu_sql_graph_buffers_sql);
    if (!error)
        error = load_frames(heap, &bare_types);
    for (size_t i = 0; !error && i < heap->frames.len && i < frames; i++)
        heap->graph->type[heap->objects + 1 + i] = bare_types[i];
    free(bare_types);
    if (!error)
        error = fill(heap);
    if (error) {
        exu_heap_graph_destroy(heap);
        return error;
    }
    *ret = heap;
    return NULL;
}

void exu_heap_graph_destroy(struct exu_heap_graph *heap)
{
    if (!heap)
        return;
    char **name;
    exu_vec_each (name, &heap->variable_names)
        free(*name);
    exu_vec_free(&heap->variable_names);
    exu_vec_free(&heap->frames);
    exu_vec_free(&heap->canonical);
    free(heap->namespaces);
    exu_intern_deinit(&heap->functions);
    exu_intern_deinit(&heap->names);
    sqlite3_finalize(heap->name_of_object);
    sqlite3_finalize(heap->name_of_constant);
    exu_graph_destroy(heap->graph);
    free(heap);
}

uint32_t exu_heap_graph_frame(const struct exu_heap_graph *heap, int64_t frame_id)
{
    size_t low = 0, high = heap->frames.len;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (heap->frames.items[middle].frame_id < frame_id)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == heap->frames.len || heap->frames.items[low].frame_id != frame_id)
        return 0;
    return heap->objects + 1 + (uint32_t)low;
}

const char *exu_heap_graph_variable(const struct exu_heap_graph *heap, int32_t name)
{
    if (name < EXU_VARIABLE_NAME || name > INT32_MIN / 2)
        return NULL;
    uint32_t index = (uint32_t)((int64_t)name - EXU_VARIABLE_NAME);
    return index < heap->variable_names.len ? heap->variable_names.items[index] : NULL;
}

bool exu_heap_graph_is_index(const struct exu_heap_graph *heap, uint32_t from, const struct exu_edge *edge)
{
    uint8_t kind = edge->kind & 0x7f;
    return kind == STORED_KIND_ITEM ||
           ((kind == STORED_KIND_KEY || kind == STORED_KIND_VALUE) && !(from <= heap->objects && heap->namespaces[from]));
}

/* ---- canonical names: a table of (name, number) pairs ---- */

static int32_t *canonical_slot(struct exu_heap_graph *heap, int32_t name)
{
    size_t pairs = heap->canonical.len / 2;
    size_t at = ((uint32_t)name * 0x9e3779b1u) & (pairs - 1);
    while (heap->canonical.items[at * 2] && heap->canonical.items[at * 2] != name)
        at = (at + 1) & (pairs - 1);
    return &heap->canonical.items[at * 2];
}

static bool canonical_grow(struct exu_heap_graph *heap)
{
    size_t old = heap->canonical.len, len = old ? old * 2 : 1024;
    int32_t *before = heap->canonical.items, *items = calloc(len, sizeof *items);
    if (!items)
        return false;
    heap->canonical.items = items;
    heap->canonical.len = heap->canonical.cap = len;
    for (size_t i = 0; i < old; i += 2)
        if (before[i]) {
            int32_t *slot = canonical_slot(heap, before[i]);
            slot[0] = before[i];
            slot[1] = before[i + 1];
        }
    free(before);
    return true;
}

const char *exu_heap_graph_name_text(struct exu_heap_graph *heap, int32_t name)
{
    const char *variable = exu_heap_graph_variable(heap, name);
    if (variable)
        return variable;
    sqlite3_stmt *statement = name > 0 ? heap->name_of_object : heap->name_of_constant;
    sqlite3_reset(statement);
    sqlite3_bind_int64(statement, 1, name > 0 ? name : -(int64_t)name);
    return sqlite3_step(statement) == SQLITE_ROW ? exu_column_text(statement, 0) : NULL;
}

int32_t exu_heap_graph_name(void *context, int32_t name)
{
    struct exu_heap_graph *heap = context;
    if (name == 0 || ((heap->canonical_used + 1) * 4 > heap->canonical.len && !canonical_grow(heap)))
        return name;
    int32_t *slot = canonical_slot(heap, name);
    if (slot[0] == 0) {
        const char *text = exu_heap_graph_name_text(heap, name);
        slot[0] = name;
        slot[1] = text ? (int32_t)exu_intern(&heap->names, text) : INT32_MAX;
        heap->canonical_used++;
    }
    return slot[1];
}
