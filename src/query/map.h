/* A picture of an allocator's memory: rows of cells, each with how full it is. A cell is a pool or a page as
 * long as these are few; else so much more that the picture has about as many rows as are asked for at most.
 *
 * Owns its vectors; borrows nothing after the call. */
#ifndef EXU_QUERY_MAP_H
#define EXU_QUERY_MAP_H

#include "base/vec.h"
#include "query/database.h"

#define EXU_MAP_COLUMNS 64
#define EXU_MAP_ROWS 256 /* of a file of its own */

struct exu_map_row {
    int64_t address;       /* of its first cell */
    uint32_t first, count; /* cells */
};
struct exu_map {
    const char *cell; /* what one is: 'pool', 'arena', 'page' ...; static text */
    int64_t cell_bytes;
    exu_vec(struct exu_map_row) rows;
    exu_vec(uint8_t) cells; /* 0: nothing is in use; 255: all of it */
};
EXU_MUST_CHECK struct exu_error *exu_map_arenas(const struct exu_database *db, uint32_t most_rows,
                                                struct exu_map *ret);
EXU_MUST_CHECK struct exu_error *exu_map_malloc(const struct exu_database *db, uint32_t most_rows,
                                                struct exu_map *ret);
typedef struct exu_error *exu_map_maker(const struct exu_database *db, uint32_t most_rows,
                                        struct exu_map *ret);
void exu_map_deinit(struct exu_map *map);

#endif
