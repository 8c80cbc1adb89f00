/* A database without the process's data: contents, arguments and the like become tokens of the same length, equal ones equal
 * tokens; every count, size and reference stays. What is done to which column is schema/scrub.sql.
 *
 * A token is keyed BLAKE2b of the value: without the salt nobody can try values out. Tokens of fewer than 8 characters may
 * coincide where the values differ. */
#ifndef EXU_STORE_SCRUB_H
#define EXU_STORE_SCRUB_H

#include "store/store.h"

#include "base/vec.h"

/* What no rule classified, and was replaced for safety's sake. */
struct exu_unclassified {
    const char *what; /* 'name of a thread' */
    uint64_t count;
};
struct exu_scrubbed {
    uint64_t contents; /* rows of content, and those replaced */
    uint64_t replaced;
    exu_vec(struct exu_unclassified) unclassified;
};

/* Scrubs the copy that `store` is of (exu_store_copy). `salt`: the same one gives the same tokens in several databases; NULL:
 * one that nobody knows. The rules' findings are gone afterwards: they are to be found again. */
EXU_MUST_CHECK struct exu_error *exu_scrub(struct exu_store *store, const char *salt, struct exu_scrubbed *ret);
void exu_scrubbed_deinit(struct exu_scrubbed *scrubbed);

#endif
