/* The report of two dumps of one program: what grew. */
#include "query/growth.h"
#include "query/queries.h"
#include "query/suspects.h"
#include "report/growth_chart.h"
#include "report/incident_private.h"

#include <inttypes.h>
#include <stdio.h>

#define ROWS 20
#define FINGERPRINT_TEXT 17

enum { OLD, NEW, DUMPS };

/* ---- what grew ---- */

static void growth_row(struct exu_report *r, struct exu_part *table, const struct exu_growth_row *row, bool chain)
{
    char fingerprint[FINGERPRINT_TEXT];
    snprintf(fingerprint, sizeof fingerprint, "%016" PRIx64, row->fingerprint);
    const struct exu_datum cells[] = {
        exu_datum_text(row->name),
        exu_datum_integer(row->growth),
        exu_datum_integer((int64_t)row->at[OLD].objects),
        exu_datum_integer((int64_t)row->at[NEW].objects),
        exu_datum_integer((int64_t)row->at[OLD].bytes),
        exu_datum_integer((int64_t)row->at[NEW].bytes),
        row->is_new ? exu_datum_text("new") : exu_datum_null(),
        exu_datum_text(row->type),
        exu_datum_text(fingerprint),
    };
    exu_report_row(r, table, cells, chain ? EXU_COUNT(cells) : EXU_COUNT(cells) - 2);
}

static void growth_table(struct exu_incident *i, struct exu_part *parent, const struct exu_growth_rows *rows,
                         const char *id, const char *title, const char *what)
{
    struct exu_report *r = i->report;
    bool chain = strcmp(what, "chain") == 0;
    struct exu_part *table = exu_report_table(r, parent, id, title);
    exu_report_column(r, table, what, EXU_COLUMN_PLAIN, chain ? EXU_NAME_TEXT : EXU_NAME_CODE);
    exu_report_column(r, table, "growth", EXU_COLUMN_SIZE, EXU_NAME_TEXT);
    exu_report_column(r, table, "objects before", EXU_COLUMN_COUNT, EXU_NAME_TEXT);
    exu_report_column(r, table, "objects now", EXU_COLUMN_COUNT, EXU_NAME_TEXT);
    exu_report_column(r, table, "bytes before", EXU_COLUMN_SIZE, EXU_NAME_TEXT);
    exu_report_column(r, table, "bytes now", EXU_COLUMN_SIZE, EXU_NAME_TEXT);
    exu_report_column(r, table, "new", EXU_COLUMN_PLAIN, EXU_NAME_TEXT);
    if (chain) {
        exu_report_column(r, table, "type", EXU_COLUMN_PLAIN, EXU_NAME_CODE);
        exu_report_column(r, table, "fingerprint", EXU_COLUMN_PLAIN, EXU_NAME_TEXT);
    }
    for (size_t n = 0; n < rows->items.len; n++)
        growth_row(r, table, &rows->items.items[n], chain);
    table->more = rows->total - rows->items.len;
    if (table->cells.len)
        exu_incident_figure(i, title, "exuvia diff OLD NEW", NULL);
    exu_report_drop_empty(parent);
}

static void main_chain(struct exu_report *r, struct exu_part *part, const struct exu_growth *growth)
{
    char size[EXU_SIZE_TEXT];
    if (!growth->chains.items.len) {
        exu_report_text(r, part, EXU_TEXT_LEAD, "No chain grew.");
        return;
    }
    const struct exu_growth_row *most = &growth->chains.items.items[0];
    r->fingerprint = exu_report_own(r, "%016" PRIx64, most->fingerprint);
    struct exu_text now = {0}, before = {0};
    exu_describe_many(most->at[NEW].objects, exu_report_keep(r, EXU_NAME_CODE, most->type ? most->type : "?"), &now);
    exu_describe_count(most->at[OLD].objects, &before);
    exu_report_text(r, part, EXU_TEXT_LEAD,
                    exu_report_own(r, "What grew most, by %s, hangs on %s: %s now, %s before.",
                                   exu_size_text(most->growth > 0 ? (uint64_t)most->growth : 0, size),
                                   exu_report_keep(r, EXU_NAME_TEXT, most->name), now.data ? now.data : "",
                                   before.data ? before.data : ""));
    exu_text_deinit(&now);
    exu_text_deinit(&before);
}

static struct exu_error *dumps(struct exu_incident *i, struct exu_part *parent, struct exu_database *const *dbs)
{
    static const struct exu_incident_table tables[DUMPS] = {
        {.id = "dump-old",
         .title = "The older dump",
         .sql = exu_sql_report_dump_sql,
         .command = "exuvia info OLD",
         .rows = 1},
        {.id = "dump-new",
         .title = "The newer dump",
         .sql = exu_sql_report_dump_sql,
         .command = "exuvia info NEW",
         .rows = 1},
    };
    struct exu_error *error = NULL;
    for (int n = OLD; n < DUMPS && !error; n++) {
        i->db = dbs[n];
        error = exu_incident_table(i, parent, &tables[n]);
    }
    return error;
}

static struct exu_error *grown(struct exu_incident *i, struct exu_database *const *dbs)
{
    struct exu_report *r = i->report;
    struct exu_growth growth;
    struct exu_part *part = exu_report_section(r, r->root, "summary", "What grew");
    part->budget = 8000;
    EXU_TRY(exu_growth_find(&growth, dbs, DUMPS, ROWS));
    main_chain(r, part, &growth);
    struct exu_error *error = dumps(i, part, dbs);
    part = exu_report_section(r, r->root, "chains", "By chain");
    part->budget = 14000;
    exu_report_text(r, part, EXU_TEXT_PLAIN, "A chain stands for what hangs below it, too. Bytes are shallow sizes.");
    exu_growth_part(r, part, &growth.chains, DUMPS, EXU_NAME_TEXT, "growth-chains-picture", "What grew, by chain");
    growth_table(i, part, &growth.chains, "growth-chains", "Chains that grew", "chain");
    part = exu_report_section(r, r->root, "types", "By type and module");
    part->budget = 12000;
    exu_growth_part(r, part, &growth.types, DUMPS, EXU_NAME_CODE, "growth-types-picture", "What grew, by type");
    growth_table(i, part, &growth.types, "growth-types", "Types that grew (footprint)", "type");
    growth_table(i, part, &growth.modules, "growth-modules", "Modules that grew (retained bytes)", "module");
    exu_report_drop_empty(r->root);
    exu_growth_deinit(&growth);
    return error;
}

/* ---- new suspects ---- */

/* The title of its rule: that of the finding was made when all was shown. */
static const char *title_of(struct exu_incident *i, const char *rule)
{
    sqlite3_stmt *statement = NULL;
    const char *title = NULL;
    if (sqlite3_prepare_v2(i->db->sqlite, "SELECT title FROM rule WHERE name = ?1", -1, &statement, NULL) != SQLITE_OK)
        return NULL;
    sqlite3_bind_text(statement, 1, rule, -1, SQLITE_TRANSIENT);
    if (sqlite3_step(statement) == SQLITE_ROW)
        title = exu_report_keep(i->report, EXU_NAME_TEXT, exu_column_text(statement, 0));
    sqlite3_finalize(statement);
    return title;
}

static void suspect_rows(struct exu_incident *i, struct exu_part *part, const struct exu_suspects *fresh)
{
    struct exu_report *r = i->report;
    struct exu_part *table = exu_report_table(r, part, "suspects-new", "What the newer dump has and the older has not");
    static const struct {
        const char *name;
        enum exu_column_kind kind;
    } columns[] = {{"severity", EXU_COLUMN_PLAIN}, {"was", EXU_COLUMN_PLAIN},  {"size", EXU_COLUMN_SIZE},
                   {"before", EXU_COLUMN_SIZE},    {"what", EXU_COLUMN_PLAIN}, {"reached by", EXU_COLUMN_PLAIN}};
    for (size_t n = 0; n < EXU_COUNT(columns); n++)
        exu_report_column(r, table, columns[n].name, columns[n].kind, EXU_NAME_TEXT);
    for (size_t n = 0; n < fresh->items.len && n < ROWS; n++) {
        const struct exu_suspect *s = &fresh->items.items[n];
        const struct exu_datum cells[] = {
            exu_datum_text(s->severity),          exu_datum_text(s->was),
            exu_datum_integer(s->bytes),          s->was ? exu_datum_integer(s->before) : exu_datum_null(),
            exu_datum_text(title_of(i, s->rule)), exu_datum_text(s->way)};
        exu_report_row(r, table, cells, EXU_COUNT(cells));
    }
    table->more = fresh->items.len > ROWS ? fresh->items.len - ROWS : 0;
}

static struct exu_error *suspects(struct exu_incident *i, struct exu_database *const *dbs)
{
    struct exu_report *r = i->report;
    struct exu_suspects fresh;
    struct exu_part *part = exu_report_section(r, r->root, "suspects", "New suspects");
    part->budget = 9000;
    i->db = dbs[NEW];
    struct exu_error *error = exu_suspects_new(&fresh, dbs[OLD], dbs[NEW]);
    if (!error && fresh.items.len)
        suspect_rows(i, part, &fresh);
    else if (!error)
        exu_report_text(r, part, EXU_TEXT_PLAIN, "None: what the newer dump is suspected of, the older was, too.");
    exu_suspects_deinit(&fresh);
    exu_incident_figure(i, "new suspects", "exuvia diff OLD NEW", NULL);
    return error;
}

static struct exu_error *build(struct exu_incident *i, struct exu_database *const *dbs)
{
    EXU_TRY(grown(i, dbs));
    EXU_TRY(suspects(i, dbs));
    EXU_TRY(exu_incident_appendix(i));
    return exu_incident_privacy(i);
}

struct exu_error *exu_report_growth_incident(struct exu_report *ret, struct exu_database *const *dbs,
                                             const struct exu_incident_options *options)
{
    struct exu_incident i = {.report = ret, .db = dbs[NEW]};
    exu_incident_begin(&i, options, true);
    struct exu_error *error = build(&i, dbs);
    exu_vec_free(&i.figures);
    return !error && ret->failed ? exu_error_memory() : error;
}
