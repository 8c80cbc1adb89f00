/* Tiles within tiles, as treemap.h and icicle.h make them for a picture: bounded in number, each with what it
 * stands for.
 *
 * Owns its texts. */
#ifndef EXU_QUERY_TILES_H
#define EXU_QUERY_TILES_H

#include "base/bump.h"
#include "base/error.h"
#include "base/text.h"
#include "base/vec.h"

#define EXU_TILES_MOST 240

struct exu_tile {
    uint32_t object;          /* of several, one; 0: the tile stands for none */
    uint64_t count;           /* 1: that object */
    uint64_t bytes;           /* more than 0 */
    uint32_t depth;           /* 0: it is in no other */
    uint32_t first, children; /* tiles inside, one behind the other: the largest first. Together they have at
                                 most `bytes` */
    const char *type, *label; /* 'list'; 'list of 3,072 items', '214 × dict' */
};

struct exu_tiles {
    exu_vec(struct exu_tile) items; /* parents before what is in them; the first `top` of them are in none */
    uint32_t top;
    uint64_t bytes; /* of these */
    struct exu_bump texts;
};

/* At the end. Takes the texts, also when it fails. */
EXU_MUST_CHECK struct exu_error *exu_tiles_add(struct exu_tiles *tiles, struct exu_tile tile,
                                               struct exu_text *type, struct exu_text *label);
/* The largest tile that may yet be opened: not `opened` (by index), less deep than `depth`; NULL: there is
 * none. */
struct exu_tile *exu_tiles_largest(const struct exu_tiles *tiles, const bool *opened, uint32_t depth);
void exu_tiles_deinit(struct exu_tiles *tiles);

#endif
