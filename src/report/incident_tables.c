/* Sections that are questions and their answers. */
#include "query/map.h"
#include "query/queries.h"
#include "report/icicle_report.h"
#include "report/incident_private.h"
#include "report/map_report.h"
#include "report/treemap_report.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- a question as a table, or as facts ---- */

struct sink {
    struct exu_incident *incident;
    const struct exu_incident_table *table;
    struct exu_part *parent, *part;
    bool as_facts;
    size_t count;
    bool *left_out;             /* by column */
    struct exu_column *columns; /* facts: with names of our own */
};

static bool is_in(const char *list, const char *name)
{
    char word[64];
    snprintf(word, sizeof word, " %.60s ", name);
    return list && strstr(list, word) != NULL;
}

static enum exu_name_kind gate_of(const struct exu_incident_table *table, const char *name)
{
    return is_in(table->names, name) ? EXU_NAME_CODE : is_in(table->files, name) ? EXU_NAME_FILE : EXU_NAME_TEXT;
}

static void begin(void *context, const struct exu_column *columns, size_t count)
{
    struct sink *s = context;
    struct exu_report *r = s->incident->report;
    s->left_out = calloc(count + 1, sizeof *s->left_out);
    s->columns = calloc(count + 1, sizeof *s->columns);
    if (!s->left_out || !s->columns) {
        r->failed = true;
        return;
    }
    s->count = count;
    s->part =
        s->as_facts ? exu_report_facts(r, s->parent) : exu_report_table(r, s->parent, s->table->id, s->table->title);
    for (size_t i = 0; i < count; i++) {
        s->left_out[i] = is_in(s->table->left_out, columns[i].name);
        s->columns[i] = (struct exu_column){exu_report_own(r, "%s", columns[i].name), columns[i].kind};
        if (!s->left_out[i] && !s->as_facts)
            exu_report_column(r, s->part, s->columns[i].name, columns[i].kind, gate_of(s->table, columns[i].name));
    }
}

static void row(void *context, const struct exu_datum *cells, size_t count)
{
    struct sink *s = context;
    struct exu_datum shown[64];
    size_t n = 0;
    for (size_t i = 0; i < s->count && i < count && n < EXU_COUNT(shown); i++) {
        if (s->left_out[i])
            continue;
        if (s->as_facts)
            exu_report_fact(s->incident->report, s->part, s->columns[i].name, s->columns[i].kind,
                            gate_of(s->table, s->columns[i].name), cells[i]);
        else
            shown[n++] = cells[i];
    }
    if (n)
        exu_report_row(s->incident->report, s->part, shown, n);
}

static struct exu_error *ask(struct exu_incident *i, struct sink *s)
{
    uint64_t more = 0;
    const struct exu_incident_table *table = s->table;
    struct exu_query query = {.sql = table->sql,
                              .parameters = table->parameters,
                              .parameter_count = table->parameter_count,
                              .own = true,
                              .limit = s->as_facts ? 1 : table->rows,
                              .more = s->as_facts ? NULL : &more};
    struct exu_row_sink sink = {.context = s, .begin = begin, .row = row};
    struct exu_error *error = exu_query_run(i->db, &query, &sink);
    if (s->part)
        s->part->more = more;
    exu_report_drop_empty(s->parent);
    free(s->left_out);
    free(s->columns);
    return error;
}

struct exu_error *exu_incident_table(struct exu_incident *i, struct exu_part *parent,
                                     const struct exu_incident_table *table)
{
    struct sink s = {.incident = i, .table = table, .parent = parent};
    struct exu_part *before = parent->last;
    EXU_TRY(ask(i, &s));
    if (parent->last != before)
        exu_incident_figure(i, table->title, table->command, table->parameter_count ? NULL : table->sql);
    return NULL;
}

struct exu_error *exu_incident_row_facts(struct exu_incident *i, struct exu_part *parent,
                                         const struct exu_incident_table *table)
{
    struct sink s = {.incident = i, .table = table, .parent = parent, .as_facts = true};
    return ask(i, &s);
}

static struct exu_error *tables(struct exu_incident *i, struct exu_part *parent, const struct exu_incident_table *all,
                                size_t count)
{
    for (size_t n = 0; n < count; n++)
        EXU_TRY(exu_incident_table(i, parent, &all[n]));
    return NULL;
}

static struct exu_part *section(struct exu_incident *i, const char *id, const char *title, size_t budget)
{
    struct exu_part *part = exu_report_section(i->report, i->report->root, id, title);
    part->budget = budget;
    part->folded = true;
    return part;
}

/* ---- the sections ---- */

#define ROWS 20
#define MAP_ROWS 48  /* of a map as a picture */
#define MAP_LINES 12 /* of a map in text */

struct exu_error *exu_incident_objects(struct exu_incident *i)
{
    static const struct exu_parameter by = {":by", {.type = EXU_DATUM_TEXT, .text = "retained", .size = 8}},
                                      rows = {":rows", {.type = EXU_DATUM_INTEGER, .integer = ROWS}};
    static const struct exu_incident_table all[] = {
        {.id = "types-by-retained",
         .title = "Types by what their instances retain",
         .sql = exu_sql_types_sql,
         .names = " type ",
         .left_out = " type_id ",
         .command = "exuvia types DB --by retained",
         .rows = ROWS,
         .parameters = &by,
         .parameter_count = 1},
        {.id = "objects-by-retained",
         .title = "Objects that retain the most",
         .sql = exu_sql_retained_objects_sql,
         .left_out = " dominator_id address ",
         .command = "exuvia retained DB",
         .rows = ROWS,
         .parameters = &rows,
         .parameter_count = 1},
    };
    struct exu_part *part = section(i, "types", "Types and objects by retained size", 7500);
    part->folded = false;
    struct exu_tiles map = {0}, icicle = {0};
    struct exu_error *error = exu_treemap_make(&map, i->db);
    if (!error)
        error = exu_icicle_make(&icicle, i->db);
    if (!error) {
        exu_treemap_part(i->report, part, &map);
        exu_icicle_part(i->report, part, &icicle);
    }
    exu_tiles_deinit(&map);
    exu_tiles_deinit(&icicle);
    return error ? error : tables(i, part, all, EXU_COUNT(all));
}

struct exu_error *exu_incident_exceptions(struct exu_incident *i)
{
    static const struct exu_incident_table all[] = {
        {.id = "exceptions-kept",
         .title = "Exceptions that keep the most",
         .sql = exu_sql_report_exceptions_sql,
         .command = "exuvia retained DB --by exception",
         .rows = 10},
        {.id = "tracebacks-kept",
         .title = "Tracebacks that keep the most",
         .sql = exu_sql_report_tracebacks_sql,
         .command = "exuvia chain DB --from traceback --to chunks",
         .rows = 10},
        {.id = "traceback-lines",
         .title = "The traceback that keeps the most, outermost line first",
         .sql = exu_sql_report_traceback_lines_sql,
         .names = " function ",
         .files = " file ",
         .command = "exuvia sql DB cookbook:tracebacks",
         .rows = 60},
    };
    struct exu_part *part = section(i, "exceptions", "Exceptions and tracebacks that hold memory", 4500);
    EXU_TRY(tables(i, part, all, EXU_COUNT(all)));
    exu_report_drop_empty(i->report->root);
    return NULL;
}

/* An SVG picture of the map as a text; NULL without memory. */
static const char *map_svg(struct exu_report *r, const struct exu_map *map, const char *title, struct exu_error **error)
{
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);
    if (!file)
        return NULL;
    *error = exu_report_map_svg(file, map, title);
    const char *kept = fclose(file) == 0 && !*error ? exu_report_own(r, "%s", text) : NULL;
    free(text);
    return kept;
}

static struct exu_error *add_map(struct exu_incident *i, struct exu_part *parent,
                                 exu_map_maker *draw, const char *id, const char *title)
{
    struct exu_map map = {0};
    struct exu_error *error = draw(i->db, MAP_ROWS, &map);
    if (!error && map.rows.len) {
        struct exu_text lines = {0};
        const char *svg = map_svg(i->report, &map, title, &error);
        struct exu_part *picture = exu_report_picture(
            i->report, parent, id, title,
            exu_report_own(i->report, "A map of cells, each a %s; the darker, the more of it is in use.", map.cell),
            svg);
        exu_report_map_lines(&map, MAP_LINES, &lines);
        if (picture)
            picture->plain = exu_report_own(i->report, "%s", lines.data ? lines.data : "");
        i->report->failed |= lines.failed;
        exu_text_deinit(&lines);
    }
    exu_map_deinit(&map);
    return error;
}

struct exu_error *exu_incident_allocators(struct exu_incident *i)
{
    static const struct exu_incident_table total = {.id = "arenas-total", .sql = exu_sql_arenas_total_sql},
                                           malloc_total = {.id = "malloc-total", .sql = exu_sql_malloc_total_sql};
    static const struct exu_incident_table of_arenas[] =
        {
            {.id = "arenas-fullness",
             .title = "How full the arenas are",
             .sql = exu_sql_arenas_fullness_sql,
             .command = "exuvia arenas DB",
             .rows = ROWS},
            {.id = "arenas-pinned",
             .title = "Arenas that are all but empty",
             .sql = exu_sql_arenas_pinned_sql,
             .command = "exuvia arenas DB",
             .rows = 10},
        },
                                           of_malloc[] = {
                                               {.id = "malloc-states",
                                                .title = "malloc's chunks by state",
                                                .sql = exu_sql_malloc_states_sql,
                                                .command = "exuvia malloc DB",
                                                .rows = ROWS},
                                               {.id = "malloc-heaps",
                                                .title = "malloc's heaps",
                                                .sql = exu_sql_malloc_heaps_sql,
                                                .command = "exuvia malloc DB",
                                                .rows = 10},
                                               {.id = "malloc-largest-free",
                                                .title = "malloc's largest free chunks",
                                                .sql = exu_sql_malloc_largest_free_sql,
                                                .command = "exuvia malloc DB",
                                                .rows = 5},
                                           };
    struct exu_part *part = section(i, "arenas", "obmalloc: arenas", 3000);
    EXU_TRY(exu_incident_row_facts(i, part, &total));
    EXU_TRY(add_map(i, part, exu_map_arenas, "arenas-map", "obmalloc's arenas"));
    EXU_TRY(tables(i, part, of_arenas, EXU_COUNT(of_arenas)));
    part = section(i, "malloc", "malloc: heaps and chunks", 2500);
    EXU_TRY(exu_incident_row_facts(i, part, &malloc_total));
    EXU_TRY(add_map(i, part, exu_map_malloc, "malloc-map", "malloc's heaps"));
    return tables(i, part, of_malloc, EXU_COUNT(of_malloc));
}

struct exu_error *exu_incident_collector(struct exu_incident *i)
{
    static const struct exu_incident_table all[] = {
        {.id = "gc-collectors",
         .title = "Collector",
         .sql = exu_sql_gc_collectors_sql,
         .command = "exuvia gc DB",
         .rows = 5},
        {.id = "gc-generations",
         .title = "Generations",
         .sql = exu_sql_gc_generations_sql,
         .command = "exuvia gc DB",
         .rows = 12},
        {.id = "gc-cycles",
         .title = "Unreachable cycles that no collection has reached",
         .sql = exu_sql_gc_cycles_sql,
         .left_out = " example id ",
         .command = "exuvia gc DB",
         .rows = 10},
        {.id = "gc-cycle-types",
         .title = "What they hold, by type",
         .sql = exu_sql_gc_cycle_types_sql,
         .names = " type ",
         .command = "exuvia gc DB",
         .rows = 10},
        {.id = "gc-garbage",
         .title = "Objects kept by gc.garbage",
         .sql = exu_sql_gc_garbage_sql,
         .command = "exuvia gc DB",
         .rows = 5},
    };
    return tables(i, section(i, "collector", "The collector", 3500), all, EXU_COUNT(all));
}

struct exu_error *exu_incident_waste(struct exu_incident *i)
{
    static const struct exu_incident_table all[] = {
        {.id = "waste-duplicates",
         .title = "Copies of str and bytes objects",
         .sql = exu_sql_waste_duplicates_total_sql,
         .names = " type ",
         .command = "exuvia waste DB",
         .rows = 5},
        {.id = "waste-most",
         .title = "Those that waste most",
         .sql = exu_sql_waste_duplicates_sql,
         .names = " type ",
         .command = "exuvia waste DB",
         .rows = 8},
        {.id = "waste-tables",
         .title = "Dicts and sets far larger than their contents",
         .sql = exu_sql_waste_tables_sql,
         .names = " type ",
         .command = "exuvia waste DB",
         .rows = 8},
        {.id = "waste-lists",
         .title = "Lists with more room than items",
         .sql = exu_sql_waste_lists_sql,
         .command = "exuvia waste DB",
         .rows = 8},
        {.id = "waste-slots",
         .title = "What __slots__ would save, about",
         .sql = exu_sql_waste_slots_sql,
         .names = " type ",
         .command = "exuvia waste DB",
         .rows = 8},
        {.id = "waste-empty",
         .title = "Empty containers, by the attribute that holds them",
         .sql = exu_sql_waste_empty_sql,
         .names = " type attribute ",
         .command = "exuvia waste DB",
         .rows = 8},
    };
    struct exu_part *part = section(i, "waste", "Memory that live objects need not take", 4000);
    EXU_TRY(tables(i, part, all, EXU_COUNT(all)));
    exu_report_drop_empty(i->report->root);
    return NULL;
}

struct exu_error *exu_incident_anomalies(struct exu_incident *i)
{
    static const struct exu_incident_table all[] = {
        {.id = "anomalies-kinds",
         .title = "What was damaged or could not be read",
         .sql = exu_sql_report_anomalies_sql,
         .files = " for instance ",
         .command = "exuvia info DB",
         .rows = ROWS},
        {.id = "mappings",
         .title = "Address space, and what of it is in the dump",
         .sql = exu_sql_info_mappings_sql,
         .command = "exuvia info DB",
         .rows = ROWS},
    };
    struct exu_part *part = section(i, "anomalies", "Anomalies, and what was degraded", 2500);
    char text[4096];
    if (exu_database_meta(i->db, "degraded", text, sizeof text) && *text)
        exu_report_text(i->report, part, EXU_TEXT_PLAIN, exu_report_keep(i->report, EXU_NAME_FILE, text));
    else
        exu_report_text(i->report, part, EXU_TEXT_PLAIN, "Nothing was degraded: all that loading asks for was found.");
    if (exu_database_meta(i->db, "lost_bytes", text, sizeof text) && strtoll(text, NULL, 10) > 0)
        exu_report_text(i->report, part, EXU_TEXT_PLAIN,
                        exu_report_own(i->report, "%lld bytes of the dump were lost.", strtoll(text, NULL, 10)));
    return tables(i, part, all, EXU_COUNT(all));
}
