/* Chains from one WHERE to another, ready to be printed. */
#ifndef EXU_QUERY_CHAINS_H
#define EXU_QUERY_CHAINS_H

#include "base/bump.h"
#include "base/vec.h"
#include "query/summary.h"

struct exu_step {
    uint32_t object; /* 0: a frame without object */
    int64_t address;
    const char *type;
    const char *kind; /* NULL: the first step */
    const char *name; /* NULL = none */
    bool has_position, many, conservative;
    int64_t position;    /* not when `many` */
    bool namespace;      /* leads into a namespace: the next step is written `.x` */
    const char *label;   /* `.x`, `[*]`; NULL: the first step */
    const char *summary; /* of the object, or of all when `many` ends */
    const char *place;   /* 'FILE:LINE in FUNCTION' of frames and tracebacks; NULL for others */
};

struct exu_steps {
    exu_vec(struct exu_step) items; /* the texts live in the bump of the owner */
};

struct exu_root_line { /* why the first step is alive */
    const char *kind;  /* NULL: it is no root, or that is not known */
    const char *name;
    const char *text;
    int64_t thread_id, frame_id;
};

struct exu_chain {
    uint64_t fingerprint; /* of the shape; see query/fingerprint.h */
    uint64_t count, objects, bytes;
    bool has_retained;
    uint64_t retained;
    struct exu_steps steps;
    struct exu_steps held_by;  /* from a root down to what refers to the start; empty: the start is a root */
    struct exu_root_line root; /* of the first step of held_by, or of the start */
};

struct exu_chains {
    exu_vec(struct exu_chain) items;
    uint64_t total; /* before the limit */
    struct exu_bump bump;
};

/* limit 0 = all. EXU_ERROR_NONE_FOUND when there is no chain. */
EXU_MUST_CHECK struct exu_error *exu_chains_find(struct exu_chains *ret, const struct exu_database *db,
                                                 const char *from, const char *to, uint64_t limit);
void exu_chains_deinit(struct exu_chains *chains);

/* Every object's shortest chain from a root, merged; keys of plain dicts are as good as indices here. For those who compare
 * databases. */
struct exu_chain_search;
struct exu_chain_sum {
    uint64_t fingerprint;
    uint32_t parent; /* index of the sum of the step before; UINT32_MAX: the first step */
    uint64_t objects, bytes;
};
EXU_MUST_CHECK struct exu_error *exu_chain_search_all(struct exu_chain_search **ret, const struct exu_database *db);
void exu_chain_search_destroy(struct exu_chain_search *search);
size_t exu_chain_search_count(const struct exu_chain_search *search);
/* A step comes behind its parent. */
struct exu_chain_sum exu_chain_search_sum(const struct exu_chain_search *search, size_t index);
/* The chain that ends in that step; added to `chains`. */
EXU_MUST_CHECK struct exu_error *exu_chain_search_build(const struct exu_chain_search *search, size_t index,
                                                        struct exu_chains *chains);

/* A shortest path from a root down to `object`, the object itself included (parent_id of each). Empty when it
 * is not reachable. Texts live in `bump`. */
EXU_MUST_CHECK struct exu_error *exu_path_to_root(struct exu_steps *ret, struct exu_root_line *ret_root,
                                                  const struct exu_database *db,
                                                  struct exu_describer *describer, uint32_t object,
                                                  struct exu_bump *bump);
void exu_steps_deinit(struct exu_steps *steps);

#endif
