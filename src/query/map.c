#include "query/map.h"
#include "query/queries.h"

#include <string.h>

static bool add_row(struct exu_map *map, int64_t address)
{
    return exu_vec_push(&map->rows, (struct exu_map_row){address, (uint32_t)map->cells.len, 0});
}

static bool add_cell(struct exu_map *map, uint8_t fullness)
{
    map->rows.items[map->rows.len - 1].count++;
    return exu_vec_push(&map->cells, fullness);
}

/* Something in use is never drawn as nothing. */
static uint8_t fullness(int64_t used, int64_t size)
{
    if (used <= 0 || size <= 0)
        return 0;
    return used >= size ? 255 : (uint8_t)(1 + 254 * ((double)used / (double)size));
}

/* Rows of (arena, its address, its pools, place of the pool, used bytes, bytes), in this order. */
static struct exu_error *draw_pools(const struct exu_database *db, sqlite3_stmt *statement,
                                    struct exu_map *map)
{
    struct exu_error *error = NULL;
    int64_t arena = 0;
    while (exu_database_step(db, statement, &error)) {
        int64_t pools = sqlite3_column_int64(statement, 2), place = sqlite3_column_int64(statement, 3);
        bool fine = true;
        if (sqlite3_column_int64(statement, 0) != arena) {
            arena = sqlite3_column_int64(statement, 0);
            fine = add_row(map, sqlite3_column_int64(statement, 1));
            for (int64_t i = 0; fine && i < pools && i < EXU_MAP_COLUMNS; i++)
                fine = add_cell(map, 0);
        }
        if (!fine)
            return exu_error_memory();
        const struct exu_map_row *row = &map->rows.items[map->rows.len - 1];
        if (place >= 0 && place < row->count)
            map->cells.items[row->first + (uint64_t)place] =
                fullness(sqlite3_column_int64(statement, 4), sqlite3_column_int64(statement, 5));
    }
    return error;
}

/* Rows of (address, used bytes, bytes): a cell each. */
static struct exu_error *draw_arenas(const struct exu_database *db, sqlite3_stmt *statement, int64_t together,
                                     struct exu_map *map)
{
    struct exu_error *error = NULL;
    int64_t used = 0, size = 0, n = 0;
    bool fine = true;
    while (fine && exu_database_step(db, statement, &error)) {
        int64_t address = sqlite3_column_int64(statement, 0);
        if (n % (together * EXU_MAP_COLUMNS) == 0)
            fine = add_row(map, address);
        used += sqlite3_column_int64(statement, 1);
        size += sqlite3_column_int64(statement, 2);
        if (fine && ++n % together == 0) {
            fine = add_cell(map, fullness(used, size));
            used = size = 0;
        }
    }
    if (fine && size)
        fine = add_cell(map, fullness(used, size));
    return !fine ? exu_error_memory() : error;
}

static struct exu_error *number(const struct exu_database *db, const char *sql, int64_t *ret)
{
    sqlite3_stmt *statement = NULL;
    struct exu_error *error = exu_database_prepare(db, sql, &statement);
    if (!error && exu_database_step(db, statement, &error))
        *ret = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return error;
}

struct exu_error *exu_map_arenas(const struct exu_database *db, uint32_t most_rows, struct exu_map *ret)
{
    int64_t arenas = 0, bytes = 0;
    sqlite3_stmt *statement = NULL;
    *ret = (struct exu_map){.cell = "pool"};
    EXU_TRY(number(db, "SELECT count(*) FROM arena", &arenas));
    EXU_TRY(number(db, "SELECT max(size) FROM arena", &bytes));
    bool few = arenas <= most_rows;
    EXU_TRY(exu_database_prepare(db, few ? exu_sql_map_pools_sql : exu_sql_map_arenas_sql, &statement));
    int64_t most = (int64_t)most_rows * EXU_MAP_COLUMNS, together = (arenas + most - 1) / most;
    ret->cell = few ? "pool" : together == 1 ? "arena" : "run of arenas";
    ret->cell_bytes = few ? bytes / EXU_MAP_COLUMNS : bytes * together;
    struct exu_error *error =
        few ? draw_pools(db, statement, ret) : draw_arenas(db, statement, together, ret);
    sqlite3_finalize(statement);
    return error;
}

/* Spreads a chunk's used bytes over the cells of its heap. */
static void spread(struct exu_map *map, double *used, size_t cells, int64_t from, int64_t to)
{
    for (int64_t at = from; at < to;) {
        int64_t cell = at / map->cell_bytes, end = (cell + 1) * map->cell_bytes;
        if (cell < 0 || (size_t)cell >= cells)
            return;
        end = end < to ? end : to;
        used[cell] += (double)(end - at);
        at = end;
    }
}

static struct exu_error *draw_heap(struct exu_map *map, int64_t start, int64_t bytes, const double *used,
                                   size_t cells)
{
    for (size_t i = 0; i < cells; i++) {
        int64_t at = (int64_t)i * map->cell_bytes,
                size = bytes - at < map->cell_bytes ? bytes - at : map->cell_bytes;
        if (i % EXU_MAP_COLUMNS == 0 && !add_row(map, start + at))
            return exu_error_memory();
        if (!add_cell(map, fullness((int64_t)used[i], size)))
            return exu_error_memory();
    }
    return NULL;
}

struct heap {
    int64_t id, start, end;
    exu_vec(double) used;
};

static struct exu_error *finish_heap(struct exu_map *map, struct heap *heap)
{
    struct exu_error *error =
        heap->id ? draw_heap(map, heap->start, heap->end - heap->start, heap->used.items, heap->used.len)
                 : NULL;
    heap->used.len = 0;
    return error;
}

/* Rows of (heap, its start, its end, address of a used chunk or NULL, its end), by heap. */
static struct exu_error *draw_chunks(const struct exu_database *db, sqlite3_stmt *statement,
                                     struct exu_map *map)
{
    struct exu_error *error = NULL;
    struct heap heap = {0};
    while (!error && exu_database_step(db, statement, &error)) {
        if (sqlite3_column_int64(statement, 0) != heap.id) {
            error = finish_heap(map, &heap);
            heap.id = sqlite3_column_int64(statement, 0);
            heap.start = sqlite3_column_int64(statement, 1);
            heap.end = sqlite3_column_int64(statement, 2);
            int64_t cells =
                heap.end > heap.start ? (heap.end - heap.start + map->cell_bytes - 1) / map->cell_bytes : 0;
            if (cells > 2 * (int64_t)EXU_MAP_ROWS * EXU_MAP_COLUMNS ||
                !exu_vec_reserve(&heap.used, (size_t)cells)) {
                error = error ? error : exu_error_memory();
                break;
            }
            while (heap.used.len < (size_t)cells)
                heap.used.items[heap.used.len++] = 0;
        }
        if (sqlite3_column_type(statement, 3) != SQLITE_NULL)
            spread(map, heap.used.items, heap.used.len, sqlite3_column_int64(statement, 3) - heap.start,
                   sqlite3_column_int64(statement, 4) - heap.start);
    }
    if (!error)
        error = finish_heap(map, &heap);
    exu_vec_free(&heap.used);
    return error;
}

struct exu_error *exu_map_malloc(const struct exu_database *db, uint32_t most_rows, struct exu_map *ret)
{
    int64_t bytes = 0, pages;
    sqlite3_stmt *statement = NULL;
    *ret = (struct exu_map){.cell = "page", .cell_bytes = 4096};
    EXU_TRY(number(db, "SELECT sum(size) FROM chunk WHERE heap_id IS NOT NULL", &bytes));
    for (pages = 1;
         bytes / (4096 * pages) > (int64_t)most_rows * EXU_MAP_COLUMNS && pages < INT64_C(1) << 40;)
        pages *= 2;
    ret->cell_bytes = 4096 * pages;
    ret->cell = pages == 1 ? "page" : "run of pages";
    EXU_TRY(exu_database_prepare(db, exu_sql_map_chunks_sql, &statement));
    struct exu_error *error = draw_chunks(db, statement, ret);
    sqlite3_finalize(statement);
    return error;
}

void exu_map_deinit(struct exu_map *map)
{
    exu_vec_free(&map->rows);
    exu_vec_free(&map->cells);
}
