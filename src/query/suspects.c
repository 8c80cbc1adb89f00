#include "query/suspects.h"

#include "query/rule.h"

#include <string.h>

/* Of each dump; there are twenty of a rule at most. */
#define FINDINGS_MOST 10000

typedef exu_vec(struct exu_suspect) suspect_list;

static struct exu_error *read_all(suspect_list *ret, const struct exu_database *db, struct exu_bump *bump)
{
    sqlite3_stmt *statement;
    struct exu_error *error = NULL;
    EXU_TRY(exu_database_prepare(db, "SELECT rule, severity, title, bytes, path(object_id) FROM finding ORDER BY id", &statement));
    while (ret->len < FINDINGS_MOST && exu_database_step(db, statement, &error)) {
        struct exu_suspect s = {.rule = exu_column_keep(bump, statement, 0),
                                .severity = exu_column_keep(bump, statement, 1),
                                .title = exu_column_keep(bump, statement, 2),
                                .bytes = sqlite3_column_int64(statement, 3),
                                .way = exu_column_keep(bump, statement, 4)};
        if (s.rule && s.severity && s.title && !exu_vec_push(ret, s))
            error = exu_error_memory();
    }
    sqlite3_finalize(statement);
    return error;
}

/* Equal but for their digits, points, commas and units of size. */
static bool same_words(const char *a, const char *b)
{
    for (;; a++, b++) {
        a += strspn(a, "0123456789.,kMGTB ");
        b += strspn(b, "0123456789.,kMGTB ");
        if (*a != *b)
            return false;
        if (!*a)
            return true;
    }
}

static bool same(const struct exu_suspect *a, const struct exu_suspect *b)
{
    if (strcmp(a->rule, b->rule) != 0 || !a->way != !b->way)
        return false;
    return a->way ? strcmp(a->way, b->way) == 0 : same_words(a->title, b->title);
}

static int rank(const char *severity)
{
    enum exu_severity parsed;
    return exu_severity_parse(severity, &parsed) ? (int)parsed : -1;
}

/* True when the newer dump says more of it than the older. */
static bool is_new(struct exu_suspect *s, const suspect_list *older)
{
    const struct exu_suspect *before;
    exu_vec_each (before, older)
        if (same(s, before)) {
            s->was = before->severity;
            s->before = before->bytes;
            return rank(s->severity) > rank(before->severity);
        }
    return true;
}

static struct exu_error *compare(struct exu_suspects *ret, const struct exu_database *older, const struct exu_database *newer,
                                 suspect_list *before, suspect_list *now)
{
    EXU_TRY(read_all(before, older, &ret->bump));
    EXU_TRY(read_all(now, newer, &ret->bump));
    struct exu_suspect *s;
    exu_vec_each (s, now)
        if (is_new(s, before) && !exu_vec_push(&ret->items, *s))
            return exu_error_memory();
    return NULL;
}

struct exu_error *exu_suspects_new(struct exu_suspects *ret, const struct exu_database *older, const struct exu_database *newer)
{
    suspect_list before = {0}, now = {0};
    memset(ret, 0, sizeof *ret);
    struct exu_error *error = compare(ret, older, newer, &before, &now);
    exu_vec_free(&before);
    exu_vec_free(&now);
    return error;
}

void exu_suspects_deinit(struct exu_suspects *suspects)
{
    exu_vec_free(&suspects->items);
    exu_bump_deinit(&suspects->bump);
}
