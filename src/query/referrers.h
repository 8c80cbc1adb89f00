/* Who refers to an object, and who refers to these: a tree, each object opened once. */
#ifndef EXU_QUERY_REFERRERS_H
#define EXU_QUERY_REFERRERS_H

#include "base/bump.h"
#include "base/vec.h"
#include "query/summary.h"

struct exu_referrer {
    uint32_t depth; /* 1 = refers to the object itself */
    uint32_t object, referent;
    int64_t address;
    const char *type, *kind, *name, *label, *summary;
    bool has_position, conservative;
    bool seen; /* stands further up with its referrers */
    int64_t position;
};

struct exu_referrers {
    exu_vec(struct exu_referrer) items; /* as the tree is printed: a node, then what hangs below it */
    const char *summary;                /* of the object */
    bool cut;                           /* there are more than the limit */
    struct exu_bump bump;
};

/* At most `limit` rows in all (0 = all, but never more than a million). */
EXU_MUST_CHECK struct exu_error *exu_referrers_find(struct exu_referrers *ret, const struct exu_database *db,
                                                    uint32_t object, uint64_t depth, uint64_t limit);
void exu_referrers_deinit(struct exu_referrers *referrers);

#endif
