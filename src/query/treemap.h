/* The dominator tree as tiles, as far as a picture has room for them: what retains much stands for itself, with what it
 * dominates inside; what retains little is one tile with all of its type beside it.
 *
 * Owns its texts. */
#ifndef EXU_QUERY_TREEMAP_H
#define EXU_QUERY_TREEMAP_H

#include "base/vec.h"
#include "query/database.h"

#define EXU_TILES_MOST 240

struct exu_tile {
    uint32_t object; /* of several, the first */
    uint64_t count;  /* 1: that object */
    uint64_t bytes;  /* retained; more than 0 */
    uint32_t depth;  /* 0: dominated by nothing */
    uint32_t first, children; /* tiles inside, one behind the other: the largest first. Together they have at most `bytes` */
    const char *type, *label; /* 'list'; 'list of 3,072 items', '214 × dict' */
};

struct exu_treemap {
    exu_vec(struct exu_tile) tiles; /* parents before what is in them; the first `top` of them are in none */
    uint32_t top;
    uint64_t bytes; /* of these */
    struct exu_bump texts;
};

/* `ret` is zero. Of an empty heap no tile. exu_treemap_deinit is due in any case. */
EXU_MUST_CHECK struct exu_error *exu_treemap_make(struct exu_treemap *ret, const struct exu_database *db);
void exu_treemap_deinit(struct exu_treemap *map);

#endif
