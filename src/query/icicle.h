/* The shortest paths from roots as tiles: below 'all objects' the kinds of roots, below these modules, frames
 * and other roots, then step by step what each path reaches first. Bytes are the footprint of a thing and of
 * all below it, and each object is below one thing only, so that they add up.
 *
 * As far as a picture has room: what is much stands for itself; of the others all of one type are one tile,
 * with what is below any of them; what is too little even so is left out. A namespace is no step of its own
 * (obj.__dict__['x'] is obj.x), and one object below another of its type, over and over, is one tile. */
#ifndef EXU_QUERY_ICICLE_H
#define EXU_QUERY_ICICLE_H

#include "query/database.h"
#include "query/tiles.h"

#define EXU_ICICLE_ROWS 16

/* `ret` is zero. Of an empty heap no tile. exu_tiles_deinit is due in any case. */
EXU_MUST_CHECK struct exu_error *exu_icicle_make(struct exu_tiles *ret, const struct exu_database *db);

#endif
