/* The dominator tree as tiles, as far as a picture has room for them: what retains much stands for itself,
 * with what it dominates inside; what retains little is one tile with all of its type beside it. Bytes are
 * retained ones. */
#ifndef EXU_QUERY_TREEMAP_H
#define EXU_QUERY_TREEMAP_H

#include "query/database.h"
#include "query/tiles.h"

/* `ret` is zero. Of an empty heap no tile. exu_tiles_deinit is due in any case. */
EXU_MUST_CHECK struct exu_error *exu_treemap_make(struct exu_tiles *ret, const struct exu_database *db);

#endif
