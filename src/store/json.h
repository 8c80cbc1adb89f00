/* Fields of a JSON object, by SQLite's own parser: the text may be anybody's. */
#ifndef EXU_STORE_JSON_H
#define EXU_STORE_JSON_H

#include "base/bump.h"
#include "store/store.h"

/* The texts at `names` ('$.version') go to ret[0..count), copied into the bump; NULL: no such field, no text, or longer than `most`
 * bytes. *ret_object false: the text is no JSON object. */
EXU_MUST_CHECK struct exu_error *exu_json_fields(struct exu_store *store, const char *text, const char *const *names, size_t count,
                                                 size_t most, struct exu_bump *bump, const char **ret, bool *ret_object);

#endif
