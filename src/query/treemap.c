#include "query/treemap.h"

#include "query/queries.h"
#include "query/summary.h"

#define TOP_MOST 40      /* tiles that are in none */
#define CHILDREN_MOST 16 /* tiles in one */
#define DEPTH_MOST 6
#define SHARE_LEAST 200 /* a tile of its own has at least this part of all */

struct making {
    struct exu_tiles *map;
    const struct exu_database *db;
    struct exu_describer *describer;
    uint64_t least; /* bytes of a tile that stands for one object */
};

static void bind(sqlite3_stmt *statement, const char *name, uint64_t value)
{
    int index = sqlite3_bind_parameter_index(statement, name);
    if (index)
        sqlite3_bind_int64(statement, index, (int64_t)exu_min(value, INT64_MAX));
}

/* A tile for a row of the queries; `left`: what its parent has yet to give. The file is foreign: nothing is
 * larger than that. */
static bool read_tile(struct making *m, sqlite3_stmt *statement, uint32_t depth, uint64_t *left,
                      struct exu_error **error)
{
    struct exu_text type = {0}, label = {0};
    struct exu_tile tile = {.object = exu_column_id(statement, 0, UINT32_MAX - 1), .depth = depth};
    int64_t count = sqlite3_column_int64(statement, 1), bytes = sqlite3_column_int64(statement, 2);
    if (!tile.object || count <= 0 || bytes <= 0 || *left == 0)
        return false;
    tile.count = (uint64_t)count;
    tile.bytes = exu_min((uint64_t)bytes, *left);
    exu_describe_type_of(m->describer, tile.object, &type);
    if (count == 1) {
        exu_describe_object(m->describer, tile.object, &label);
    } else {
        exu_describe_many(tile.count, type.data, &label);
    }
    *left -= tile.bytes;
    *error = exu_tiles_add(m->map, tile, &type, &label);
    return !*error;
}

/* The rows of a question become tiles; *ret_count of them. */
static struct exu_error *add_tiles(struct making *m, const char *sql, uint32_t object, uint32_t depth,
                                   uint64_t left, uint32_t *ret_count)
{
    sqlite3_stmt *statement = NULL;
    struct exu_error *error = NULL;
    *ret_count = 0;
    EXU_TRY(exu_database_prepare(m->db, sql, &statement));
    bind(statement, ":least", m->least);
    bind(statement, ":id", object);
    bind(statement, ":rows", object ? CHILDREN_MOST : TOP_MOST);
    while (!error && m->map->items.len < EXU_TILES_MOST && exu_database_step(m->db, statement, &error))
        *ret_count += read_tile(m, statement, depth, &left, &error);
    sqlite3_finalize(statement);
    return error;
}

static struct exu_error *make(struct making *m)
{
    struct exu_tiles *map = m->map;
    bool opened[EXU_TILES_MOST + 1] = {false};
    EXU_TRY(add_tiles(m, exu_sql_treemap_top_sql, 0, 0, INT64_MAX, &map->top));
    for (uint32_t i = 0; i < map->top; i++)
        map->bytes += map->items.items[i].bytes;
    while (map->items.len < EXU_TILES_MOST) {
        const struct exu_tile *tile = exu_tiles_largest(map, opened, DEPTH_MOST);
        if (!tile || tile->bytes < m->least)
            break;
        size_t index = (size_t)(tile - map->items.items), first = map->items.len;
        uint32_t children;
        opened[index] = true;
        if (tile->count != 1)
            continue; /* several are not looked into */
        EXU_TRY(add_tiles(m, exu_sql_treemap_children_sql, tile->object, tile->depth + 1, tile->bytes,
                          &children));
        map->items.items[index].first = (uint32_t)first;
        map->items.items[index].children = children;
    }
    return NULL;
}

/* What all objects have together. */
static struct exu_error *total(const struct exu_database *db, uint64_t *ret)
{
    sqlite3_stmt *statement = NULL;
    struct exu_error *error = NULL;
    EXU_TRY(exu_database_prepare(db, "SELECT sum(footprint) FROM object -- scans: object", &statement));
    if (exu_database_step(db, statement, &error) && sqlite3_column_int64(statement, 0) > 0)
        *ret = (uint64_t)sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return error;
}

struct exu_error *exu_treemap_make(struct exu_tiles *ret, const struct exu_database *db)
{
    struct making m = {.map = ret, .db = db};
    uint64_t bytes = 0;
    EXU_TRY(total(db, &bytes));
    m.least = bytes / SHARE_LEAST + 1;
    EXU_TRY(exu_describer_create(&m.describer, db));
    struct exu_error *error = make(&m);
    exu_describer_destroy(m.describer);
    return error;
}
