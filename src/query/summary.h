/* One-line descriptions of objects, frames, roots and references, as people write them: `list of 2,000
 * items`,
 * `<frame fetch at client.py:41>`, `.x`, `['key']`, `local buf`.
 *
 * Of a database with a struct exu_privacy they show no more than that allows (query/privacy.h).
 *
 * A describer owns its prepared statements and borrows the database. Nothing here fails: what the database
 * does not say is left out. */
#ifndef EXU_QUERY_SUMMARY_H
#define EXU_QUERY_SUMMARY_H

#include "base/text.h"
#include "query/database.h"

struct exu_describer;

EXU_MUST_CHECK struct exu_error *exu_describer_create(struct exu_describer **ret,
                                                      const struct exu_database *db);
void exu_describer_destroy(struct exu_describer *describer);
/* Ends what was asked, so that no reading goes on between two calls: texts of rows are gone afterwards. */
void exu_describer_settle(struct exu_describer *d);
/* Gives the prepared statements back, for a connection that is to be closed. They are made anew when needed. */
void exu_describer_forget(struct exu_describer *d);

/* What `object` is. */
void exu_describe_object(struct exu_describer *d, uint32_t object, struct exu_text *out);
/* 'list', 'requests.models.Response'; nothing when not known. */
void exu_describe_type_of(struct exu_describer *d, uint32_t object, struct exu_text *out);
/* 'client.py:41 in fetch' */
void exu_describe_frame(struct exu_describer *d, int64_t frame, struct exu_text *out);
/* '<frame fetch at client.py:41>' */
void exu_describe_frame_summary(struct exu_describer *d, int64_t frame, struct exu_text *out);
/* The same as exu_describe_frame, of a frame, generator or traceback object; nothing for others. */
void exu_describe_place_of(struct exu_describer *d, uint32_t object, struct exu_text *out);
/* Thread name and native id: 'MainThread (4711)'. */
void exu_describe_thread(struct exu_describer *d, int64_t thread, struct exu_text *out);

/* The name of an attribute, variable or function. */
void exu_describe_name(struct exu_describer *d, const char *name, struct exu_text *out);

/* What the attribute of that name holds: in a slot, a field or the object's namespace; 0: there is none. */
uint32_t exu_describe_attribute(struct exu_describer *d, uint32_t object, const char *name);
/* Where it lies; 0: there is no such object. */
int64_t exu_describe_address(struct exu_describer *d, uint32_t object);
/* Would `object` go with `holder`? An object goes with itself. */
bool exu_describe_dominates(struct exu_describer *d, uint32_t holder, uint32_t object);

/* A row of table root. */
struct exu_root {
    int64_t id;
    char kind[32], name[128];
    int64_t thread_id, frame_id; /* 0 = NULL */
};
/* The root row that says most about why `object` is one; false when it is none. */
bool exu_describe_root_of(struct exu_describer *d, uint32_t object, struct exu_root *ret);
bool exu_describe_root_row(struct exu_describer *d, int64_t root, struct exu_root *ret);
/* The thread on whose stack the frame is, as the root of what its variables hold; false when it is on none.
 */
bool exu_describe_stack_of(struct exu_describer *d, int64_t frame, struct exu_root *ret);
void exu_describe_root(struct exu_describer *d, const struct exu_root *root, struct exu_text *out);
/* Its name alone; nothing when it has none. */
void exu_describe_root_name(struct exu_describer *d, const struct exu_root *root, struct exu_text *out);

/* A reference. */
struct exu_link {
    uint32_t referrer, referent, ordinal;
    char kind[16];
    char *name; /* NULL = none; owned by the link */
    bool has_position;
    int64_t position;
    bool conservative;
};
void exu_link_deinit(struct exu_link *link);
bool exu_describe_link(struct exu_describer *d, uint32_t referrer, uint32_t ordinal, struct exu_link *ret);
/* The reference between the two that says most: strong and exact first; false when there is none. */
bool exu_describe_link_between(struct exu_describer *d, uint32_t referrer, uint32_t referent,
                               struct exu_link *ret);
/* `.x`, `['key']`, `[3]`; with `many` `[*]` for `[3]`. */
void exu_describe_label(struct exu_describer *d, const struct exu_link *link, bool many,
                        struct exu_text *out);
/* True when the step leads into the namespace of an object: the step after it is written `.x`. */
bool exu_link_is_namespace(const struct exu_link *link);

/* '2,000' */
void exu_describe_count(uint64_t n, struct exu_text *out);
/* '2,000 × dict'; `type` may be NULL. */
void exu_describe_many(uint64_t n, const char *type, struct exu_text *out);

#endif
