/* What of a process's data a report may show. A database that has a struct exu_privacy is described with care
 * (query/summary.h, and with it every function of query/functions.h): contents are told by type and size, and names are
 * shown when they look like what a programmer would write. What is withheld is written `[…]` and counted, by what it
 * would have been.
 *
 * With `contents`, previews and messages are shown, but for what looks like a secret (base/secret.h), what stands under
 * a name of one, and what has the value of one that does.
 *
 * Owns the values of secrets; borrows the database during exu_privacy_learn. */
#ifndef EXU_QUERY_PRIVACY_H
#define EXU_QUERY_PRIVACY_H

#include "base/error.h"
#include "base/text.h"
#include "base/vec.h"

struct exu_database;

enum exu_name_kind {
    EXU_NAME_CODE,   /* of an attribute, variable, function, module or type */
    EXU_NAME_KEY,    /* of a dict that is no namespace */
    EXU_NAME_THREAD, /* of a thread or task */
    EXU_NAME_FILE,
    EXU_NAME_TEXT, /* one of ours with names in it: known shapes of secrets are masked */
    EXU_NAME_KINDS,
};

struct exu_privacy {
    bool contents;
    uint64_t withheld[EXU_NAME_KINDS]; /* of each kind: mentions */
    uint64_t contents_withheld, masked;
    exu_vec(char *) secrets;
};

/* Values that stand under a secret's name somewhere, for `contents`. */
EXU_MUST_CHECK struct exu_error *exu_privacy_learn(struct exu_privacy *p, const struct exu_database *db);
void exu_privacy_deinit(struct exu_privacy *p);

/* Whether a name of that kind looks like one. */
bool exu_privacy_is_name(enum exu_name_kind kind, const char *text, size_t size);
/* Adds the name, `[…]`, or a file's name with secrets masked. At most `limit` characters. `p` NULL: as it is. */
void exu_privacy_name(struct exu_privacy *p, enum exu_name_kind kind, const char *text, size_t size, size_t limit,
                      struct exu_text *out);
/* Adds the text with secrets masked, of a content of the process. Not for terminals: see query/preview.h. */
void exu_privacy_mask(struct exu_privacy *p, const char *text, size_t size, struct exu_text *out);
/* 'dict keys that look like data' */
const char *exu_privacy_kind_name(enum exu_name_kind kind);

#endif
