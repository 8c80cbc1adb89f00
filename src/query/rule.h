/* A rule that looks for suspects: a file NAME.sql, of schema/rules or of a user.
 *
 *     -- title: A list that grows for ever
 *     -- severity: warning
 *     -- why: What is wrong with that. A text goes on
 *     --   in lines that are indented.
 *     -- do: What to do about it.
 *     SELECT id, retained_size, printf('…', …), NULL FROM object …
 *
 * The head: `title`, `severity` (warning or severe: of findings that are large), `why`, `do`; `general: 1` for a rule
 * that gives way to findings of others about the same memory, `general: 2` for one that gives way to these, too. Then one query, a finding a row, the worst first:
 * object (id, or NULL), bytes, title, detail (or NULL), and, where not the bytes count, severity (note, warning, severe).
 * It may call the functions of query/functions.h. */
#ifndef EXU_QUERY_RULE_H
#define EXU_QUERY_RULE_H

#include "base/bump.h"
#include "base/embedded.h"
#include "base/error.h"

enum exu_severity { EXU_SEVERITY_NOTE, EXU_SEVERITY_WARNING, EXU_SEVERITY_SEVERE, EXU_SEVERITY_COUNT };

const char *exu_severity_name(enum exu_severity severity);
/* False when it is none of their names. */
bool exu_severity_parse(const char *name, enum exu_severity *ret);

struct exu_rule {
    const char *name, *title, *why, *advice;
    const char *sql; /* from behind the head */
    enum exu_severity severity;
    unsigned general; /* 0, 1 or 2 */
};

/* The files of schema/rules. */
extern const struct exu_embedded exu_rules[];
extern const size_t exu_rules_count;

/* Texts go to the bump, but for `sql`, which borrows `text`. `where`: for errors, the file's name. */
EXU_MUST_CHECK struct exu_error *exu_rule_parse(struct exu_rule *ret, const char *name, const char *text,
                                                const char *where, struct exu_bump *bump);

#endif
