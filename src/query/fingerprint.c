#include "query/fingerprint.h"

#include "base/text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

struct maker {
    struct exu_heap_graph *heap;
    sqlite3_stmt *type, *frame, *frame_of, *root;
    struct exu_text text;
};

/* The name with what differs between runs replaced: folders, addresses, indices. */
static void put_name(struct exu_text *out, const char *name)
{
    const char *slash = name[0] == '/' ? strrchr(name, '/') : NULL;
    if (slash && slash[1])
        name = slash + 1;
    while (*name) {
        if (name[0] == '0' && name[1] == 'x' && isxdigit((unsigned char)name[2])) {
            exu_text_puts(out, "0x*");
            for (name += 2; isxdigit((unsigned char)*name); name++)
                ;
        } else if (name[0] == '[' && isdigit((unsigned char)name[1])) {
            exu_text_puts(out, "[*");
            for (name++; isdigit((unsigned char)*name); name++)
                ;
        } else {
            exu_text_putc(out, *name++);
        }
    }
}

static void put(struct maker *m, const char *name)
{
    put_name(&m->text, name ? name : "");
    exu_text_putc(&m->text, '\x1f');
}

/* The one row for `id`. */
static bool row(struct maker *m, sqlite3_stmt *statement, int64_t id, struct exu_error **error)
{
    sqlite3_reset(statement);
    sqlite3_bind_int64(statement, 1, id);
    return exu_database_step(m->heap->db, statement, error);
}

static void put_columns(struct maker *m, sqlite3_stmt *statement)
{
    for (int i = 0; i < sqlite3_column_count(statement); i++)
        put(m, exu_column_text(statement, i));
}

static struct exu_error *put_node(struct maker *m, uint32_t node)
{
    const struct exu_heap_graph *heap = m->heap;
    struct exu_error *error = NULL;
    uint32_t type = heap->graph->type[node];
    if (node > heap->objects) {
        if (row(m, m->frame, heap->frames.items[node - heap->objects - 1].frame_id, &error))
            put_columns(m, m->frame);
    } else if (type > heap->objects) {
        if (row(m, m->frame_of, node, &error))
            put_columns(m, m->frame_of);
    } else if (row(m, m->type, type, &error)) {
        put_columns(m, m->type);
    }
    return error;
}

/* What a root is called is a name only for the sure kinds; of others it is a place in memory. */
static struct exu_error *put_root(struct maker *m, int64_t id)
{
    struct exu_error *error = NULL;
    if (id && row(m, m->root, id, &error))
        put_columns(m, m->root);
    return error;
}

static void put_step(struct maker *m, const struct exu_shape *shape)
{
    const struct exu_edge *edge = &m->heap->graph->edges[shape->edge];
    exu_text_printf(&m->text, "%u\x1f", edge->kind & 0x7fu);
    if (exu_heap_graph_is_index(m->heap, shape->from, edge) || !edge->name)
        put(m, "*");
    else
        put(m, exu_heap_graph_name_text(m->heap, edge->name));
}

static struct exu_error *make(struct maker *m, const struct exu_shapes *shapes, const int64_t *root_ids, uint64_t *hashes)
{
    const struct exu_database *db = m->heap->db;
    EXU_TRY(exu_database_prepare(db, "SELECT module, qualname FROM type WHERE id = ?1", &m->type));
    EXU_TRY(exu_database_prepare(db, "SELECT 'frame', coalesce(qualname, function), filename FROM frame WHERE id = ?1",
                                 &m->frame));
    EXU_TRY(exu_database_prepare(db,
                                 "SELECT 'frame', coalesce(qualname, function), filename FROM frame WHERE object_id = ?1 "
                                 "ORDER BY id LIMIT 1",
                                 &m->frame_of));
    EXU_TRY(exu_database_prepare(
        db,
        "SELECT r.kind, CASE WHEN r.kind IN ('frame', 'module', 'interpreter', 'thread', 'exception') THEN r.name END, "
        "coalesce(f.qualname, f.function), f.filename FROM root r LEFT JOIN frame f ON f.id = r.frame_id WHERE r.id = ?1",
        &m->root));
    for (size_t i = 0; i < shapes->items.len; i++) {
        const struct exu_shape *shape = &shapes->items.items[i];
        m->text.len = 0;
        if (shape->parent == UINT32_MAX)
            EXU_TRY(put_root(m, root_ids[shape->start]));
        else
            put_step(m, shape);
        EXU_TRY(put_node(m, shape->node));
        if (m->text.failed)
            return exu_error_memory();
        hashes[i] = XXH64(m->text.data, m->text.len, shape->parent == UINT32_MAX ? 0 : hashes[shape->parent]);
    }
    return NULL;
}

struct exu_error *exu_fingerprints_make(struct exu_heap_graph *heap, const struct exu_shapes *shapes,
                                        const int64_t *root_ids, uint64_t **ret)
{
    struct maker m = {.heap = heap};
    uint64_t *hashes = calloc(shapes->items.len + 1, sizeof *hashes);
    struct exu_error *error = hashes ? make(&m, shapes, root_ids, hashes) : exu_error_memory();
    sqlite3_finalize(m.type);
    sqlite3_finalize(m.frame);
    sqlite3_finalize(m.frame_of);
    sqlite3_finalize(m.root);
    exu_text_deinit(&m.text);
    if (error) {
        free(hashes);
        return error;
    }
    *ret = hashes;
    return NULL;
}
