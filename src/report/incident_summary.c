/* The first screen: what happened, the main chain, the process, where the memory is. */
#include "query/queries.h"
#include "report/bars.h"
#include "report/incident_private.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define SENTENCES_MOST 5
#define NANOSECONDS 1000000000

/* ---- sentences ---- */

static void say(struct exu_incident *i, struct exu_part *parent, const struct exu_sentence *s, bool first)
{
    struct exu_report *r = i->report;
    exu_report_text(r, parent, first ? EXU_TEXT_LEAD : EXU_TEXT_PLAIN, exu_report_keep(r, EXU_NAME_TEXT, s->text));
    if (s->release)
        exu_report_text(r, parent, EXU_TEXT_PLAIN, exu_report_keep(r, EXU_NAME_TEXT, s->release));
    exu_incident_figure(i, exu_report_own(r, "sentence about %s", s->rule),
                        s->evidence ? s->evidence : "exuvia explain DB", NULL);
}

static struct exu_error *sentences(struct exu_incident *i, struct exu_part *parent)
{
    struct exu_report *r = i->report;
    struct exu_explanation e;
    struct exu_error *error = exu_explain(i->db, &e);
    if (!error) {
        for (size_t n = 0; n < e.sentences.len && n < SENTENCES_MOST; n++)
            say(i, parent, &e.sentences.items[n], n == 0);
        if (!e.sentences.len)
            exu_report_text(r, parent, EXU_TEXT_LEAD,
                            "Nothing stands out: no traceback, cycle, live object, all but empty arena or free part of "
                            "malloc has as "
                            "much as 1 MB and a twentieth of the private memory.");
        if (e.total)
            exu_report_text(r, parent, EXU_TEXT_PLAIN, exu_report_keep(r, EXU_NAME_TEXT, e.total));
        exu_incident_figure(i, "where the memory is, all in all", "exuvia explain DB", NULL);
    }
    exu_explanation_deinit(&e);
    return error;
}

/* ---- the process ---- */

static struct exu_datum signal_name(struct exu_report *r, const char *text)
{
    int number = atoi(text);
    const char *name = number > 0 && number < NSIG ? sigabbrev_np(number) : NULL;
    if (!number)
        return exu_datum_text("none: dumped alive");
    return exu_datum_text(name ? exu_report_own(r, "%d SIG%s", number, name) : exu_report_own(r, "%d", number));
}

/* When the dump was written: its file's time, in UTC. */
static struct exu_datum time_text(struct exu_report *r, const char *text)
{
    char shown[64];
    struct tm tm;
    time_t seconds = (time_t)(strtoll(text, NULL, 10) / NANOSECONDS);
    if (!gmtime_r(&seconds, &tm) || !strftime(shown, sizeof shown, "%Y-%m-%d %H:%M:%S UTC", &tm))
        return exu_datum_null();
    return exu_datum_text(exu_report_own(r, "%s", shown));
}

static struct exu_datum base_name(struct exu_report *r, const char *text)
{
    const char *slash = strrchr(text, '/');
    return exu_datum_text(exu_report_own(r, "%s", slash && slash[1] ? slash + 1 : text));
}

/* Words of a command line: how many. */
static struct exu_datum arguments_text(struct exu_report *r, const char *text)
{
    size_t words = 0;
    struct exu_text masked = {0};
    if (!r->privacy || !r->privacy->contents) {
        for (const char *c = text; *c; c++)
            words += *c != ' ' && (c == text || c[-1] == ' ');
        r->privacy->contents_withheld++;
        return exu_datum_text(exu_report_own(r, "%zu words, not shown", words));
    }
    exu_privacy_mask(r->privacy, text, strlen(text), &masked);
    const char *kept = exu_report_own(r, "%s", masked.data ? masked.data : "");
    exu_text_deinit(&masked);
    return exu_datum_text(kept);
}

static struct exu_datum number(struct exu_report *r, const char *text)
{
    char *end;
    long long n = strtoll(text, &end, 10);
    return *text && !*end ? exu_datum_integer(n) : exu_datum_text(exu_report_own(r, "%s", text));
}

static const struct {
    const char *key, *label;
    enum exu_column_kind kind;
    enum exu_name_kind gate;
    struct exu_datum (*read)(struct exu_report *r, const char *text);
} facts[] = {
    {"executable", "executable", EXU_COLUMN_PLAIN, EXU_NAME_FILE, NULL},
    {"arguments", "arguments", EXU_COLUMN_PLAIN, EXU_NAME_TEXT, arguments_text},
    {"pid", "process", EXU_COLUMN_PLAIN, EXU_NAME_TEXT, number},
    {"python_version", "Python", EXU_COLUMN_PLAIN, EXU_NAME_TEXT, NULL},
    {"python_build", "build", EXU_COLUMN_PLAIN, EXU_NAME_TEXT, NULL},
    {"allocator", "allocator", EXU_COLUMN_PLAIN, EXU_NAME_TEXT, NULL},
    {"c_allocator", "C allocator", EXU_COLUMN_PLAIN, EXU_NAME_TEXT, NULL},
    {"signal", "signal", EXU_COLUMN_PLAIN, EXU_NAME_TEXT, signal_name},
    {"input_mtime_ns", "time", EXU_COLUMN_PLAIN, EXU_NAME_TEXT, time_text},
    {"input_name", "dump", EXU_COLUMN_PLAIN, EXU_NAME_FILE, base_name},
    {"input_bytes", "its size", EXU_COLUMN_SIZE, EXU_NAME_TEXT, number},
    {"input_format", "its format", EXU_COLUMN_PLAIN, EXU_NAME_TEXT, NULL},
    {"degraded", "degraded", EXU_COLUMN_PLAIN, EXU_NAME_FILE, NULL},
};

static void process(struct exu_incident *i, struct exu_part *parent)
{
    struct exu_report *r = i->report;
    struct exu_part *part = exu_report_facts(r, parent);
    char text[4096];
    for (size_t n = 0; n < EXU_COUNT(facts); n++) {
        if (!exu_database_meta(i->db, facts[n].key, text, sizeof text) || !*text)
            continue;
        struct exu_datum value = facts[n].read ? facts[n].read(r, text) : exu_datum_text(text);
        exu_report_fact(r, part, facts[n].label, facts[n].kind, facts[n].gate, value);
    }
    exu_incident_figure(i, "process", "exuvia info DB", NULL);
}

/* ---- where the memory is ---- */

static struct exu_error *ledger(struct exu_incident *i)
{
    struct exu_part *section = exu_report_section(i->report, i->report->root, "memory", "Where the memory is");
    section->budget = 4000;
    static const struct exu_incident_table table = {.id = "ledger",
                                                    .title = "Every mapped byte",
                                                    .sql = exu_sql_ledger_sql,
                                                    .command = "exuvia ledger DB",
                                                    .rows = 40};
    struct exu_bars bars = {0};
    struct exu_error *error = exu_bars_ledger(&bars, i->db);
    if (!error)
        exu_bars_part(i->report, section, &bars);
    exu_bars_deinit(&bars);
    return error ? error : exu_incident_table(i, section, &table);
}

struct exu_error *exu_incident_summary(struct exu_incident *i)
{
    struct exu_report *r = i->report;
    struct exu_part *section = exu_report_section(r, r->root, "summary", "What happened");
    section->budget = 10500;
    EXU_TRY(sentences(i, section));
    EXU_TRY(exu_incident_chain(i, section));
    section = exu_report_section(r, r->root, "process", "The process");
    section->budget = 2500;
    process(i, section);
    static const struct exu_incident_table counts = {
        .id = "counts", .sql = exu_sql_info_counts_sql, .command = "exuvia info DB"};
    EXU_TRY(exu_incident_row_facts(i, section, &counts));
    return ledger(i);
}
