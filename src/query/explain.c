#include "query/explain.h"
#include "query/queries.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name, *sql;
} rules[] = {
    {"traceback", exu_sql_explain_traceback_sql}, {"cycles", exu_sql_explain_cycles_sql},
    {"live", exu_sql_explain_live_sql},           {"arenas", exu_sql_explain_arenas_sql},
    {"heap top", exu_sql_explain_top_sql},        {"free chunks", exu_sql_explain_bins_sql},
};

/* ---- rules ---- */

static struct exu_error *run_rule(const struct exu_database *db, const char *name, const char *sql,
                                  struct exu_explanation *e)
{
    sqlite3_stmt *statement = NULL;
    struct exu_error *error = exu_database_prepare(db, sql, &statement);
    while (!error && exu_database_step(db, statement, &error)) {
        struct exu_sentence s = {.rule = name,
                                 .bytes = sqlite3_column_int64(statement, 0),
                                 .text = exu_column_keep(&e->bump, statement, 1),
                                 .release = exu_column_keep(&e->bump, statement, 2),
                                 .evidence = exu_column_keep(&e->bump, statement, 3)};
        if (s.text && !exu_vec_push(&e->sentences, s))
            error = exu_error_memory();
    }
    sqlite3_finalize(statement);
    return error;
}

static int by_bytes(const void *left, const void *right)
{
    const struct exu_sentence *a = left, *b = right;
    return a->bytes != b->bytes ? (a->bytes > b->bytes ? -1 : 1) : strcmp(a->text, b->text);
}

static struct exu_error *run_all(const struct exu_database *db, struct exu_explanation *e)
{
    EXU_TRY(run_rule(db, "total", exu_sql_explain_total_sql, e));
    if (e->sentences.len)
        e->total = e->sentences.items[0].text;
    e->sentences.len = 0;
    for (size_t i = 0; i < EXU_COUNT(rules); i++)
        EXU_TRY(run_rule(db, rules[i].name, rules[i].sql, e));
    if (e->sentences.len)
        qsort(e->sentences.items, e->sentences.len, sizeof *e->sentences.items, by_bytes);
    return NULL;
}

struct exu_error *exu_explain(const struct exu_database *db, struct exu_explanation *ret)
{
    memset(ret, 0, sizeof *ret);
    return run_all(db, ret);
}

void exu_explanation_deinit(struct exu_explanation *explanation)
{
    exu_vec_free(&explanation->sentences);
    exu_bump_deinit(&explanation->bump);
}
