#include "query/explain.h"
#include "query/queries.h"
#include "query/summary.h"

#include <stdlib.h>
#include <string.h>

/* Steps of a path that are written; the middle of a longer one is left out. */
#define PATH_STEPS 24

static const struct {
    const char *name, *sql;
} rules[] = {
    {"traceback", exu_sql_explain_traceback_sql}, {"cycles", exu_sql_explain_cycles_sql},
    {"live", exu_sql_explain_live_sql},           {"arenas", exu_sql_explain_arenas_sql},
    {"heap top", exu_sql_explain_top_sql},        {"free chunks", exu_sql_explain_bins_sql},
};

/* ---- functions for the rules ---- */

static void size_function(sqlite3_context *context, int count, sqlite3_value **values)
{
    char text[EXU_SIZE_TEXT];
    sqlite3_int64 bytes = sqlite3_value_int64(values[0]);
    (void)count;
    sqlite3_result_text(context, exu_size_text(bytes < 0 ? 0 : (uint64_t)bytes, text), -1, SQLITE_TRANSIENT);
}

static uint32_t id_of(sqlite3_value *value)
{
    sqlite3_int64 id = sqlite3_value_int64(value);
    return id > 0 && id <= UINT32_MAX ? (uint32_t)id : 0;
}

static void give(sqlite3_context *context, struct exu_text *text)
{
    if (text->failed)
        sqlite3_result_error_nomem(context);
    else
        sqlite3_result_text(context, text->data ? text->data : "", (int)text->len, SQLITE_TRANSIENT);
    exu_text_deinit(text);
}

static void what_function(sqlite3_context *context, int count, sqlite3_value **values)
{
    struct exu_text text = {0};
    (void)count;
    exu_describe_object(sqlite3_user_data(context), id_of(values[0]), &text);
    give(context, &text);
}

static uint32_t parent_of(sqlite3 *sqlite, uint32_t id)
{
    sqlite3_stmt *statement = NULL;
    uint32_t parent = 0;
    if (sqlite3_prepare_v2(sqlite, "SELECT parent_id FROM object WHERE id = ?1", -1, &statement, NULL) ==
        SQLITE_OK) {
        sqlite3_bind_int64(statement, 1, id);
        if (sqlite3_step(statement) == SQLITE_ROW)
            parent = exu_column_id(statement, 0, UINT32_MAX);
    }
    sqlite3_finalize(statement);
    return parent;
}

static void add_step(struct exu_describer *d, uint32_t from, uint32_t to, bool *namespace,
                     struct exu_text *text)
{
    struct exu_link link;
    if (!exu_describe_link_between(d, from, to, &link)) {
        exu_text_puts(text, " -> ?");
        return;
    }
    /* `.__dict__['x']` is `.x` */
    if (!exu_link_is_namespace(&link)) {
        if (strncmp(link.kind, "local", 5) == 0)
            exu_text_puts(text, ", ");
        if (*namespace && link.name)
            exu_text_printf(text, ".%s", link.name);
        else
            exu_describe_label(d, &link, false, text);
    }
    *namespace = exu_link_is_namespace(&link);
    exu_link_deinit(&link);
}

/* module worker: .log.handlers[0].last_record.exc_info[2] */
static void path_function(sqlite3_context *context, int count, sqlite3_value **values)
{
    struct exu_describer *d = sqlite3_user_data(context);
    uint32_t way[PATH_STEPS], id = id_of(values[0]);
    size_t steps = 0;
    bool namespace = false;
    struct exu_text text = {0};
    (void)count;
    while (id && steps < PATH_STEPS) {
        way[steps++] = id;
        id = parent_of(sqlite3_context_db_handle(context), id);
    }
    struct exu_root root;
    if (id)
        exu_text_puts(&text, "...");
    else if (steps && exu_describe_root_of(d, way[steps - 1], &root))
        exu_describe_root(d, &root, &text);
    if (steps > 1)
        exu_text_puts(&text, ": ");
    for (size_t i = steps; i-- > 1;)
        add_step(d, way[i], way[i - 1], &namespace, &text);
    give(context, &text);
}

static struct exu_error *add_functions(const struct exu_database *db, struct exu_describer *d)
{
    const struct {
        const char *name;
        void (*function)(sqlite3_context *context, int count, sqlite3_value **values);
    } functions[] = {{"size", size_function}, {"what", what_function}, {"path", path_function}};
    for (size_t i = 0; i < EXU_COUNT(functions); i++)
        if (sqlite3_create_function(db->sqlite, functions[i].name, 1, SQLITE_UTF8 | SQLITE_DIRECTONLY, d,
                                    functions[i].function, NULL, NULL) != SQLITE_OK)
            return exu_database_error(db);
    return NULL;
}

static void remove_functions(const struct exu_database *db)
{
    static const char *const names[] = {"size", "what", "path"};
    for (size_t i = 0; i < EXU_COUNT(names); i++)
        sqlite3_create_function(db->sqlite, names[i], 1, SQLITE_UTF8, NULL, NULL, NULL, NULL);
}

/* ---- rules ---- */

static const char *keep(struct exu_bump *bump, sqlite3_stmt *statement, int column)
{
    return sqlite3_column_type(statement, column) == SQLITE_NULL
               ? NULL
               : exu_bump_strdup(bump, exu_column_text(statement, column));
}

static struct exu_error *run_rule(const struct exu_database *db, const char *name, const char *sql,
                                  struct exu_explanation *e)
{
    sqlite3_stmt *statement = NULL;
    struct exu_error *error = exu_database_prepare(db, sql, &statement);
    while (!error && exu_database_step(db, statement, &error)) {
        struct exu_sentence s = {.rule = name,
                                 .bytes = sqlite3_column_int64(statement, 0),
                                 .text = keep(&e->bump, statement, 1),
                                 .release = keep(&e->bump, statement, 2),
                                 .evidence = keep(&e->bump, statement, 3)};
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
    struct exu_describer *describer;
    memset(ret, 0, sizeof *ret);
    EXU_TRY(exu_describer_create(&describer, db));
    struct exu_error *error = add_functions(db, describer);
    if (!error)
        error = run_all(db, ret);
    remove_functions(db);
    exu_describer_destroy(describer);
    return error;
}

void exu_explanation_deinit(struct exu_explanation *explanation)
{
    exu_vec_free(&explanation->sentences);
    exu_bump_deinit(&explanation->bump);
}
