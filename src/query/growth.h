/* What grew between dumps of one program, in their order: types and modules by name, chains by fingerprint.
 *
 * A chain that grew stands for what hangs below it as well: a list of records that grows is one row, and the records'
 * attributes are counted in it, unless they grew by more than the number of the records explains. */
#ifndef EXU_QUERY_GROWTH_H
#define EXU_QUERY_GROWTH_H

#include "base/bump.h"
#include "base/vec.h"
#include "query/database.h"

#define EXU_GROWTH_MOST 8 /* dumps */

struct exu_growth_value {
    uint64_t objects, bytes; /* bytes: footprint; of modules: retained; of chains: shallow, with what hangs below */
    uint64_t shallow, retained;
};

struct exu_growth_row {
    const char *name;     /* type, module, or the way from the root */
    const char *type;     /* of what a chain ends in; NULL for the others */
    uint64_t fingerprint; /* of a chain */
    const char *trend;    /* grew (two dumps) | grows | grows late | filled once */
    bool is_new;          /* the first dump has none */
    int64_t growth, last; /* of bytes, in all and since the dump before the last */
    struct exu_growth_value at[EXU_GROWTH_MOST];
};

struct exu_growth_rows {
    exu_vec(struct exu_growth_row) items; /* those that grew, the most important first: by growth since the dump before the
                                             last, then in all */
    size_t total;                         /* before the limit */
};

struct exu_growth {
    size_t dumps;
    struct exu_growth_rows chains, types, modules;
    struct exu_bump bump;
};

/* At most `limit` rows of each; 0 = all. Holds one graph of a database at a time. */
EXU_MUST_CHECK struct exu_error *exu_growth_find(struct exu_growth *ret, struct exu_database *const *dbs, size_t count,
                                                 uint64_t limit);
void exu_growth_deinit(struct exu_growth *growth);

#endif
