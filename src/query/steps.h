/* Making the steps of a path; used by chains and by the path to a root. */
#ifndef EXU_QUERY_STEPS_H
#define EXU_QUERY_STEPS_H

#include "query/chains.h"

struct exu_step_maker {
    const struct exu_database *db;
    struct exu_describer *describer;
    struct exu_bump *bump;
    struct exu_steps *steps;
};

/* The first step: an object. */
EXU_MUST_CHECK struct exu_error *exu_step_first(const struct exu_step_maker *m, uint32_t object);
/* The first step: a frame without object. */
EXU_MUST_CHECK struct exu_error *exu_step_frame(const struct exu_step_maker *m, int64_t frame);
/* `.x`, `['key']`; a key of an object's namespace (`in_namespace`: the link before led into that) as the attribute that it is. */
void exu_step_label(struct exu_describer *describer, const struct exu_link *link, bool in_namespace, bool many,
                    struct exu_text *out);
/* The step over `link`; `many`: over many like it. */
EXU_MUST_CHECK struct exu_error *exu_step_over(const struct exu_step_maker *m, const struct exu_link *link,
                                               bool many);
/* Why `object` is a root; kind NULL when it is none. */
struct exu_root_line exu_root_line_of(const struct exu_step_maker *m, uint32_t object);
struct exu_root_line exu_root_line_row(const struct exu_step_maker *m, int64_t root);
/* The stack that a frame is on; kind 'stack', NULL when it is on none. */
struct exu_root_line exu_root_line_stack(const struct exu_step_maker *m, int64_t frame);

/* `object` and its parents up to a root, in an array for the caller to free. None when it is not reachable, or they go in a
 * circle (a damaged database). */
EXU_MUST_CHECK struct exu_error *exu_path_ids(const struct exu_database *db, uint32_t object, uint32_t **ret,
                                              size_t *ret_count);

#endif
