/* Sections that are more than tables: suspects, threads, the appendix, what was withheld. */
#include "base/secret.h"
#include "query/leaks.h"
#include "query/threads.h"
#include "report/incident_private.h"

#include <stdio.h>

#define SUSPECTS_MOST 15
#define THREADS_MOST 20
#define FRAMES_MOST 40

/* ---- suspects ---- */

static const char *way_to(struct exu_incident *i, uint32_t object)
{
    sqlite3_stmt *statement = NULL;
    const char *way = NULL;
    if (!object || sqlite3_prepare_v2(i->db->sqlite, "SELECT path(?1)", -1, &statement, NULL) != SQLITE_OK)
        return NULL;
    sqlite3_bind_int64(statement, 1, object);
    if (sqlite3_step(statement) == SQLITE_ROW && *exu_column_text(statement, 0))
        way = exu_report_keep(i->report, EXU_NAME_TEXT, exu_column_text(statement, 0));
    sqlite3_finalize(statement);
    return way;
}

static void suspect(struct exu_incident *i, struct exu_part *parent, const struct exu_finding *f, size_t number)
{
    struct exu_report *r = i->report;
    exu_report_text(r, parent, EXU_TEXT_LEAD,
                    exu_report_own(r, "%zu. %s: %s", number, exu_severity_name(f->severity),
                                   exu_report_keep(r, EXU_NAME_TEXT, f->title)));
    if (f->detail)
        exu_report_text(r, parent, EXU_TEXT_PLAIN, exu_report_keep(r, EXU_NAME_TEXT, f->detail));
    struct exu_part *facts = exu_report_facts(r, parent);
    exu_report_fact(r, facts, "size", EXU_COLUMN_SIZE, EXU_NAME_TEXT, exu_datum_integer(f->bytes));
    const char *way = way_to(i, f->object);
    if (f->object)
        exu_report_fact(r, facts, "reached by", EXU_COLUMN_PLAIN, EXU_NAME_TEXT,
                        exu_datum_text(way ? way : "nothing: it is not reachable"));
    exu_report_fact(r, facts, "why", EXU_COLUMN_PLAIN, EXU_NAME_TEXT, exu_datum_text(f->rule->why));
    exu_report_fact(r, facts, "what to do", EXU_COLUMN_PLAIN, EXU_NAME_TEXT, exu_datum_text(f->rule->advice));
    exu_report_fact(r, facts, "rule", EXU_COLUMN_PLAIN, EXU_NAME_TEXT, exu_datum_text(f->rule->name));
}

struct exu_error *exu_incident_suspects(struct exu_incident *i)
{
    struct exu_report *r = i->report;
    struct exu_leaks leaks;
    struct exu_part *part = exu_report_section(r, r->root, "suspects", "Suspects");
    part->budget = 6500;
    struct exu_error *error = exu_leaks_run(&leaks, i->db);
    if (!error) {
        size_t count = leaks.findings.len;
        for (size_t n = 0; n < count && n < SUSPECTS_MOST; n++)
            suspect(i, part, &leaks.findings.items[n], n + 1);
        if (!count)
            exu_report_text(r, part, EXU_TEXT_PLAIN,
                            exu_report_own(r, "No suspects: %zu rules, nothing found.", leaks.rules.len));
        if (count > SUSPECTS_MOST)
            exu_report_text(r, part, EXU_TEXT_NOTE,
                            exu_report_own(r, "%zu more; exuvia leaks DB has them all.", count - SUSPECTS_MOST));
        exu_incident_figure(i, "suspects", "exuvia leaks DB", NULL);
    }
    exu_leaks_deinit(&leaks);
    return error;
}

/* ---- threads ---- */

static void frame_rows(struct exu_report *r, struct exu_part *parent, const struct exu_thread *thread, size_t number)
{
    size_t count = thread->frames.len, from = count > FRAMES_MOST ? count - FRAMES_MOST : 0;
    struct exu_part *table = exu_report_table(r, parent, exu_report_own(r, "thread-%zu-stack", number), NULL);
    if (from)
        exu_report_text(r, parent, EXU_TEXT_NOTE, exu_report_own(r, "%zu frames further out are not here.", from));
    exu_report_column(r, table, "function", EXU_COLUMN_PLAIN, EXU_NAME_CODE);
    exu_report_column(r, table, "file", EXU_COLUMN_PLAIN, EXU_NAME_FILE);
    exu_report_column(r, table, "line", EXU_COLUMN_PLAIN, EXU_NAME_TEXT);
    if (r->privacy->contents)
        exu_report_column(r, table, "locals", EXU_COLUMN_PLAIN, EXU_NAME_TEXT);
    for (size_t k = from; k < count; k++) {
        const struct exu_thread_frame *f = &thread->frames.items[k];
        struct exu_text locals = {0};
        const struct exu_thread_variable *v;
        exu_vec_each (v, &f->variables)
            if (v->name && v->summary && locals.len < EXU_REPORT_TEXT_MOST)
                exu_text_printf(&locals, "%s%s = %s", locals.len ? "; " : "",
                                exu_report_keep(r, EXU_NAME_CODE, v->name),
                                exu_secret_name(v->name, strlen(v->name)) ? "[secret]" : v->summary);
        const struct exu_datum cells[] = {
            exu_datum_text(f->qualname ? f->qualname : f->function), exu_datum_text(f->filename),
            f->has_line ? exu_datum_integer(f->line) : exu_datum_null(), exu_datum_text(locals.data)};
        exu_report_row(r, table, cells, EXU_COUNT(cells));
        exu_text_deinit(&locals);
    }
}

static void thread_part(struct exu_incident *i, struct exu_part *parent, const struct exu_thread *thread, size_t number)
{
    struct exu_report *r = i->report;
    const char *name = thread->name ? exu_report_keep(r, EXU_NAME_THREAD, thread->name) : "without a name";
    struct exu_part *part =
        exu_report_section(r, parent, exu_report_own(r, "thread-%zu", number),
                           exu_report_own(r, "Thread %s%s", name, thread->holds_gil ? ", holds the GIL" : ""));
    struct exu_part *facts = exu_report_facts(r, part);
    if (thread->has_native_id)
        exu_report_fact(r, facts, "native id", EXU_COLUMN_PLAIN, EXU_NAME_TEXT, exu_datum_integer(thread->native_id));
    exu_report_fact(r, facts, "handles", EXU_COLUMN_PLAIN, EXU_NAME_TEXT, exu_datum_text(thread->exception_summary));
    exu_report_drop_empty(part);
    if (thread->frames.len)
        frame_rows(r, part, thread, number);
    else
        exu_report_text(r, part, EXU_TEXT_NOTE, "It has no Python frame.");
}

struct exu_error *exu_incident_threads(struct exu_incident *i)
{
    struct exu_report *r = i->report;
    struct exu_threads threads;
    struct exu_part *part = exu_report_section(r, r->root, "threads", "Threads");
    part->budget = 6000;
    part->folded = true;
    EXU_TRY(exu_threads_find(&threads, i->db, r->privacy->contents, THREADS_MOST));
    for (size_t n = 0; n < threads.items.len; n++)
        thread_part(i, part, &threads.items.items[n], n + 1);
    if (threads.more)
        exu_report_text(
            r, part, EXU_TEXT_NOTE,
            exu_report_own(r, "%llu more threads; exuvia threads DB has them all.", (unsigned long long)threads.more));
    exu_incident_figure(i, "threads", "exuvia threads DB", NULL);
    exu_threads_deinit(&threads);
    return NULL;
}

/* ---- the end ---- */

void exu_incident_figure(struct exu_incident *i, const char *what, const char *command, const char *sql)
{
    const char *kept = command ? exu_report_own(i->report, "%s", command) : NULL;
    if (what && kept && !exu_vec_push(&i->figures, (struct exu_figure){what, kept, sql}))
        i->report->failed = true;
}

struct exu_error *exu_incident_appendix(struct exu_incident *i)
{
    struct exu_report *r = i->report;
    const struct exu_figure *figure;
    struct exu_part *part = exu_report_section(r, r->root, "appendix", "Appendix: what shows each figure again");
    part->budget = 2000;
    part->folded = true;
    exu_report_text(r, part, EXU_TEXT_PLAIN,
                    "DB is the database of this dump (exuvia load CORE -o DB), OLD and NEW are those of a comparison.");
    struct exu_part *table = exu_report_table(r, part, "figures", "Commands");
    exu_report_column(r, table, "figure", EXU_COLUMN_PLAIN, EXU_NAME_TEXT);
    exu_report_code_column(r, table, "command");
    exu_vec_each (figure, &i->figures) {
        const struct exu_datum cells[] = {exu_datum_text(figure->what), exu_datum_text(figure->command)};
        exu_report_row(r, table, cells, EXU_COUNT(cells));
    }
    exu_vec_each (figure, &i->figures)
        if (figure->sql)
            exu_report_code(r, part, figure->what, figure->sql);
    return NULL;
}

static void withheld_row(struct exu_report *r, struct exu_part *table, const char *what, uint64_t count)
{
    const struct exu_datum cells[] = {exu_datum_text(what), exu_datum_integer((int64_t)count)};
    if (count)
        exu_report_row(r, table, cells, EXU_COUNT(cells));
}

static const char *policy(const struct exu_report *r)
{
    return r->privacy->contents ? "Contents are included: previews and messages, but for what has the shape, the name "
                                  "or the value of a secret. Shapes "
                                  "are guesses: read this report before you send it."
                                : "No contents are shown: strings, bytes, numbers, messages, arguments and the "
                                  "environment are told by type and size. "
                                  "Names of code, files and threads are shown as they are unless they look like data.";
}

struct exu_error *exu_incident_privacy(struct exu_incident *i)
{
    struct exu_report *r = i->report;
    struct exu_privacy *p = r->privacy;
    struct exu_part *part =
        exu_report_section(r, r->root, "privacy", "What is not shown, and what could not be classified");
    part->budget = 1500;
    exu_report_text(r, part, EXU_TEXT_PLAIN, policy(r));
    uint64_t contents = p->contents_withheld, masked = p->masked, withheld[EXU_NAME_KINDS];
    for (int kind = 0; kind < EXU_NAME_KINDS; kind++)
        withheld[kind] = p->withheld[kind];
    struct exu_part *table = exu_report_table(r, part, "withheld", "Left out, by mentions");
    exu_report_column(r, table, "what", EXU_COLUMN_PLAIN, EXU_NAME_TEXT);
    exu_report_column(r, table, "mentions", EXU_COLUMN_COUNT, EXU_NAME_TEXT);
    withheld_row(r, table, "contents", contents);
    withheld_row(r, table, "secrets in contents", masked);
    withheld_row(r, table, exu_privacy_kind_name(EXU_NAME_FILE), withheld[EXU_NAME_FILE]);
    withheld_row(r, table, exu_privacy_kind_name(EXU_NAME_TEXT), withheld[EXU_NAME_TEXT]);
    exu_report_drop_empty(part);
    table = exu_report_table(r, part, "unclassified", "Could not be classified, and was left out, too");
    exu_report_column(r, table, "what", EXU_COLUMN_PLAIN, EXU_NAME_TEXT);
    exu_report_column(r, table, "mentions", EXU_COLUMN_COUNT, EXU_NAME_TEXT);
    for (int kind = EXU_NAME_CODE; kind <= EXU_NAME_THREAD; kind++)
        withheld_row(r, table, exu_privacy_kind_name((enum exu_name_kind)kind), withheld[kind]);
    bool all = table->cells.len == 0;
    exu_report_drop_empty(part);
    if (all)
        exu_report_text(r, part, EXU_TEXT_PLAIN,
                        "Everything could be classified: names that are shown look like those of code.");
    return NULL;
}
