#include "query/leaks.h"
#include "base/text.h"
#include "query/functions.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Findings of a rule; what is behind them says no more. */
#define FINDINGS_OF_A_RULE 20
#define RULE_BYTES (1 << 20)
#define RULE_FILES 10000

struct run {
    const struct exu_database *db;
    struct exu_leaks *leaks;
    int64_t large; /* bytes from which on a finding is more than a note */
};

/* ---- one rule ---- */

/* A user may have written it: not the database is damaged, the words are off. */
static struct exu_error *wrong(const struct run *r, const char *where)
{
    if ((sqlite3_errcode(r->db->sqlite) & 0xff) != SQLITE_ERROR)
        return exu_database_error(r->db);
    return exu_error_new(EXU_ERROR_INPUT, "%s: %s; mend the query, `exuvia sql DB` tries it", where,
                         sqlite3_errmsg(r->db->sqlite));
}

static struct exu_error *add(const struct run *r, const struct exu_rule *rule, sqlite3_stmt *statement, const char *where)
{
    struct exu_finding f = {.rule = rule,
                            .object = exu_column_id(statement, 0, UINT32_MAX),
                            .bytes = sqlite3_column_int64(statement, 1),
                            .title = exu_column_keep(&r->leaks->bump, statement, 2),
                            .detail = exu_column_keep(&r->leaks->bump, statement, 3)};
    f.severity = f.bytes >= r->large ? rule->severity : EXU_SEVERITY_NOTE;
    if (!f.title)
        return NULL;
    if (sqlite3_column_count(statement) == 5 && sqlite3_column_type(statement, 4) != SQLITE_NULL &&
        !exu_severity_parse(exu_column_text(statement, 4), &f.severity))
        return exu_error_new(EXU_ERROR_INPUT, "%s: its fifth column says '%.40s'; give note, warning, severe or NULL", where,
                             exu_column_text(statement, 4));
    return exu_vec_push(&r->leaks->findings, f) ? NULL : exu_error_memory();
}

static struct exu_error *run_statement(const struct run *r, const struct exu_rule *rule, sqlite3_stmt *statement,
                                       const char *rest, const char *where)
{
    int columns = sqlite3_column_count(statement), rc = SQLITE_ROW;
    if (!statement || rest[strspn(rest, " \t\r\n;")] != '\0' || !sqlite3_stmt_readonly(statement) || columns < 4 ||
        columns > 5)
        return exu_error_new(EXU_ERROR_INPUT,
                             "%s: is not one query with the columns object, bytes, title, detail (and severity); "
                             "see `exuvia leaks --help`",
                             where);
    for (unsigned i = 0; i < FINDINGS_OF_A_RULE && (rc = sqlite3_step(statement)) == SQLITE_ROW; i++)
        EXU_TRY(add(r, rule, statement, where));
    return rc == SQLITE_ROW || rc == SQLITE_DONE ? NULL : wrong(r, where);
}

/* Nothing of a rule that breaks off is kept. */
static struct exu_error *run_rule(const struct run *r, const struct exu_rule *rule, const char *where)
{
    sqlite3_stmt *statement = NULL;
    const char *rest = "";
    size_t before = r->leaks->findings.len;
    struct exu_error *error = sqlite3_prepare_v2(r->db->sqlite, rule->sql, -1, &statement, &rest) == SQLITE_OK
                                  ? run_statement(r, rule, statement, rest, where)
                                  : wrong(r, where);
    sqlite3_finalize(statement);
    if (error)
        r->leaks->findings.len = before;
    return error;
}

static struct exu_error *add_rule(struct exu_leaks *leaks, const struct exu_rule *rule, struct exu_rule **ret)
{
    struct exu_rule *copy = exu_bump_alloc(&leaks->bump, sizeof *copy);
    if (!copy || !exu_vec_push(&leaks->rules, copy))
        return exu_error_memory();
    *copy = *rule;
    *ret = copy;
    return NULL;
}

/* ---- what says the same ---- */

static bool holds(sqlite3_stmt *statement, uint32_t above, uint32_t below)
{
    sqlite3_reset(statement);
    sqlite3_bind_int64(statement, 1, above);
    sqlite3_bind_int64(statement, 2, below);
    return sqlite3_step(statement) == SQLITE_ROW && sqlite3_column_int(statement, 0);
}

static int by_rank(const void *left, const void *right)
{
    const struct exu_finding *a = left, *b = right;
    if (a->severity != b->severity)
        return a->severity > b->severity ? -1 : 1;
    if (a->bytes != b->bytes)
        return a->bytes > b->bytes ? -1 : 1;
    if (a->rule->general != b->rule->general)
        return a->rule->general > b->rule->general ? 1 : -1;
    int order = strcmp(a->rule->name, b->rule->name);
    return order ? order : (a->object > b->object) - (a->object < b->object);
}

/* A general finding gives way when one's object holds the other's and the bytes are mostly the same: to one of a less
 * general rule that is no less severe, and to one as general that ranks above it. */
static bool gives_way(sqlite3_stmt *dominates, const struct exu_finding *f, const struct exu_finding *to)
{
    bool above = to->rule->general == f->rule->general ? by_rank(to, f) < 0
                                                       : to->rule->general < f->rule->general && to->severity >= f->severity;
    return above && to->object && to->bytes >= f->bytes / 2 &&
           (holds(dominates, to->object, f->object) || holds(dominates, f->object, to->object));
}

static struct exu_error *drop_covered(const struct run *r)
{
    struct exu_leaks *leaks = r->leaks;
    sqlite3_stmt *dominates = NULL;
    size_t kept = 0;
    EXU_TRY(exu_database_prepare(r->db, "SELECT dominates(?1, ?2)", &dominates));
    for (size_t i = 0; i < leaks->findings.len; i++) {
        struct exu_finding f = leaks->findings.items[i];
        bool covered = false;
        for (size_t k = 0; f.rule->general && f.object && !covered && k < leaks->findings.len; k++)
            covered = k != i && gives_way(dominates, &f, &leaks->findings.items[k]);
        leaks->findings.items[i].covered = covered;
    }
    for (size_t i = 0; i < leaks->findings.len; i++)
        if (!leaks->findings.items[i].covered)
            leaks->findings.items[kept++] = leaks->findings.items[i];
    leaks->findings.len = kept;
    sqlite3_finalize(dominates);
    return NULL;
}

static struct exu_error *rank(const struct run *r)
{
    EXU_TRY(drop_covered(r));
    if (r->leaks->findings.len)
        qsort(r->leaks->findings.items, r->leaks->findings.len, sizeof *r->leaks->findings.items, by_rank);
    return NULL;
}

/* A twentieth of private memory, but not less than 1 MB. */
static struct exu_error *measure(struct run *r)
{
    sqlite3_stmt *statement;
    struct exu_error *error = NULL;
    EXU_TRY(exu_database_prepare(r->db,
                                 "SELECT max(coalesce(sum(bytes), 0) / 20, 1000000) FROM ledger WHERE category NOT IN "
                                 "('file mappings', 'reserved, not accessible', 'vdso')",
                                 &statement));
    if (exu_database_step(r->db, statement, &error))
        r->large = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return error;
}

/* ---- when a core is loaded ---- */

static struct exu_error *run_built_in(const struct run *r)
{
    for (size_t i = 0; i < exu_rules_count; i++) {
        struct exu_rule rule, *kept = NULL;
        EXU_TRY(exu_rule_parse(&rule, exu_rules[i].name, exu_rules[i].sql, exu_rules[i].name, &r->leaks->bump));
        EXU_TRY(add_rule(r->leaks, &rule, &kept));
        EXU_TRY(run_rule(r, kept, kept->name));
    }
    return rank(r);
}

static struct exu_error *write_rows(const struct exu_leaks *leaks, struct exu_store *store)
{
    for (size_t i = 0; i < leaks->rules.len; i++) {
        const struct exu_rule *rule = leaks->rules.items[i];
        EXU_TRY(EXU_ROW(store, EXU_TABLE_RULE, exu_cell_text(rule->name), exu_cell_text(rule->title),
                        exu_cell_text(exu_severity_name(rule->severity)), exu_cell_integer(rule->general),
                        exu_cell_text(rule->why), exu_cell_text(rule->advice)));
    }
    for (size_t i = 0; i < leaks->findings.len; i++) {
        const struct exu_finding *f = &leaks->findings.items[i];
        EXU_TRY(EXU_ROW(store, EXU_TABLE_FINDING, exu_cell_id(i + 1), exu_cell_text(f->rule->name),
                        exu_cell_text(exu_severity_name(f->severity)), exu_cell_text(f->title), exu_cell_text(f->detail),
                        exu_cell_integer(f->bytes), exu_cell_id(f->object)));
    }
    return NULL;
}

struct exu_error *exu_leaks_write(struct exu_store *store)
{
    char path[4096];
    snprintf(path, sizeof path, "%s", exu_store_path(store));
    const struct exu_database db = {.sqlite = exu_store_connection(store), .path = path};
    struct exu_leaks leaks = {0};
    struct run r = {.db = &db, .leaks = &leaks};
    struct exu_functions *functions = NULL;
    struct exu_error *error = exu_functions_open(&functions, &db);
    if (!error)
        error = measure(&r);
    if (!error)
        error = run_built_in(&r);
    exu_functions_close(functions);
    if (!error)
        error = write_rows(&leaks, store);
    exu_leaks_deinit(&leaks);
    return error;
}

/* ---- what stands in a database ---- */

static struct exu_error *read_rules(const struct run *r, sqlite3_stmt *statement)
{
    struct exu_error *error = NULL;
    struct exu_bump *bump = &r->leaks->bump;
    while (!error && exu_database_step(r->db, statement, &error)) {
        struct exu_rule *kept, rule = {.name = exu_column_keep(bump, statement, 0),
                                       .title = exu_column_keep(bump, statement, 1),
                                       .general = (unsigned)sqlite3_column_int(statement, 2),
                                       .why = exu_column_keep(bump, statement, 3),
                                       .advice = exu_column_keep(bump, statement, 4)};
        if (rule.name)
            error = add_rule(r->leaks, &rule, &kept);
    }
    return error;
}

static const struct exu_rule *rule_named(const struct exu_leaks *leaks, const char *name)
{
    for (size_t i = leaks->rules.len; i-- > 0;)
        if (strcmp(leaks->rules.items[i]->name, name) == 0)
            return leaks->rules.items[i];
    return NULL;
}

static struct exu_error *read_findings(const struct run *r, sqlite3_stmt *statement)
{
    struct exu_error *error = NULL;
    while (!error && exu_database_step(r->db, statement, &error)) {
        struct exu_finding f = {.rule = rule_named(r->leaks, exu_column_text(statement, 0)),
                                .title = exu_column_keep(&r->leaks->bump, statement, 2),
                                .detail = exu_column_keep(&r->leaks->bump, statement, 3),
                                .bytes = sqlite3_column_int64(statement, 4),
                                .object = exu_column_id(statement, 5, UINT32_MAX)};
        if (f.rule && f.title && exu_severity_parse(exu_column_text(statement, 1), &f.severity) &&
            !exu_vec_push(&r->leaks->findings, f))
            error = exu_error_memory();
    }
    return error;
}

static struct exu_error *read_rows(const struct run *r, const char *sql,
                                   struct exu_error *(*read)(const struct run *r, sqlite3_stmt *statement))
{
    sqlite3_stmt *statement;
    EXU_TRY(exu_database_prepare(r->db, sql, &statement));
    struct exu_error *error = read(r, statement);
    sqlite3_finalize(statement);
    return error;
}

/* ---- a user's rules ---- */

static struct exu_error *read_file(const char *path, struct exu_text *ret)
{
    char buffer[4096];
    size_t n;
    FILE *file = fopen(path, "re");
    if (!file)
        return exu_error_new(EXU_ERROR_INPUT, "%s: %s; give a file that can be read", path, strerror(errno));
    while (ret->len <= RULE_BYTES && (n = fread(buffer, 1, sizeof buffer, file)) > 0)
        exu_text_add(ret, buffer, n);
    bool failed = ferror(file) != 0;
    fclose(file);
    if (ret->failed)
        return exu_error_memory();
    if (failed || !ret->len || ret->len > RULE_BYTES || strlen(ret->data) != ret->len)
        return exu_error_new(EXU_ERROR_INPUT, "%s: no rule; give a text of at most 1 MiB that begins with its title", path);
    return NULL;
}

static void forget_findings(struct exu_leaks *leaks, const char *name)
{
    size_t kept = 0;
    for (size_t i = 0; i < leaks->findings.len; i++)
        if (strcmp(leaks->findings.items[i].rule->name, name) != 0)
            leaks->findings.items[kept++] = leaks->findings.items[i];
    leaks->findings.len = kept;
}

static struct exu_error *run_text(const struct run *r, const char *file_name, const char *path, const struct exu_text *text)
{
    struct exu_rule rule, *kept = NULL;
    char *name = exu_bump_strndup(&r->leaks->bump, file_name, strlen(file_name) - 4);
    if (!name)
        return exu_error_memory();
    EXU_TRY(exu_rule_parse(&rule, name, text->data, path, &r->leaks->bump));
    forget_findings(r->leaks, name);
    EXU_TRY(add_rule(r->leaks, &rule, &kept));
    struct exu_error *error = run_rule(r, kept, path);
    kept->sql = NULL; /* the text goes */
    return error;
}

static struct exu_error *run_file(const struct run *r, const char *folder, const char *file_name)
{
    struct exu_text path = {0}, text = {0};
    exu_text_printf(&path, "%s/%s", folder, file_name);
    struct exu_error *error = path.failed ? exu_error_memory() : read_file(path.data, &text);
    if (!error)
        error = run_text(r, file_name, path.data, &text);
    exu_text_deinit(&text);
    exu_text_deinit(&path);
    if (!error || error->code != EXU_ERROR_INPUT)
        return error;
    if (exu_vec_push(&r->leaks->broken, error))
        return NULL;
    return error;
}

static int is_rule(const struct dirent *entry)
{
    size_t n = strlen(entry->d_name);
    return n > 4 && entry->d_name[0] != '.' && strcmp(entry->d_name + n - 4, ".sql") == 0;
}

static struct exu_error *run_folder(const struct run *r, const char *folder)
{
    struct dirent **entries = NULL;
    struct exu_error *error = NULL;
    int count = scandir(folder, &entries, is_rule, alphasort);
    if (count < 0)
        return exu_error_new(EXU_ERROR_INPUT, "%s: %s; give a directory with rules, NAME.sql", folder, strerror(errno));
    if (!count)
        error = exu_error_new(EXU_ERROR_INPUT, "%s: holds no rule; give a directory with files NAME.sql", folder);
    for (int i = 0; i < count; i++) {
        if (!error && i < RULE_FILES)
            error = run_file(r, folder, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    return error ? error : rank(r);
}

static struct exu_error *find(struct run *r, const char *folder)
{
    EXU_TRY(measure(r));
    EXU_TRY(read_rows(r, "SELECT name, title, general, why, advice FROM rule ORDER BY name", read_rules));
    EXU_TRY(read_rows(r, "SELECT rule, severity, title, detail, bytes, object_id FROM finding ORDER BY id", read_findings));
    return folder ? run_folder(r, folder) : NULL;
}

struct exu_error *exu_leaks_find(struct exu_leaks *ret, const struct exu_database *db, const char *folder)
{
    struct run r = {.db = db, .leaks = ret};
    memset(ret, 0, sizeof *ret);
    return find(&r, folder);
}

struct exu_error *exu_leaks_run(struct exu_leaks *ret, const struct exu_database *db)
{
    struct run r = {.db = db, .leaks = ret};
    memset(ret, 0, sizeof *ret);
    EXU_TRY(measure(&r));
    return run_built_in(&r);
}

void exu_leaks_deinit(struct exu_leaks *leaks)
{
    for (size_t i = 0; i < leaks->broken.len; i++)
        exu_error_free(leaks->broken.items[i]);
    exu_vec_free(&leaks->broken);
    exu_vec_free(&leaks->findings);
    exu_vec_free(&leaks->rules);
    exu_bump_deinit(&leaks->bump);
}
