/* WHERE of `exuvia chain`: the words that name a set of objects, and OBJ, the words that name one. */
#ifndef EXU_QUERY_WHERE_H
#define EXU_QUERY_WHERE_H

#include "base/text.h"
#include "base/vec.h"
#include "query/database.h"
#include "query/intern.h"

/* 'root', 'frame[:FUNCTION]' ...: for help texts. */
void exu_where_grammar(struct exu_text *out);

struct exu_where_item {
    uint32_t object;  /* 0: a frame without object */
    int64_t frame_id; /* 0 = none */
    int64_t root_id;  /* 0 = none */
    uint32_t label, tier;
};

struct exu_where_set {
    exu_vec(struct exu_where_item) items; /* by tier */
    bool chunks;                          /* WHERE is `chunks` */
    struct exu_intern labels;
};

/* EXU_ERROR_USAGE when the words are off. No items: nothing is like that. */
EXU_MUST_CHECK struct exu_error *exu_where_resolve(struct exu_where_set *ret, const struct exu_database *db,
                                                   const char *where);
void exu_where_set_deinit(struct exu_where_set *set);

/* OBJ (`0x7f…` or `#ID`) -> object id. EXU_ERROR_NONE_FOUND when there is no such object. */
EXU_MUST_CHECK struct exu_error *exu_object_find(const struct exu_database *db, const char *words,
                                                 uint32_t *ret);

#endif
