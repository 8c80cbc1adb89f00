#include "cli/options.h"
#include "cli/source.h"
#include "query/leaks.h"
#include "query/summary.h"

#include <stdio.h>

static const struct exu_option options[] = {
    {"rules", 0, EXU_OPTION_TEXT, "DIR", offsetof(struct exu_arguments, rules),
     "run the rules of that directory, too: files NAME.sql", true},
    {0},
};

/* What is told of a finding beside its own columns. */
struct place {
    struct exu_text what, path;
};

static void place_of(struct exu_session *session, uint32_t object, struct place *ret)
{
    sqlite3_stmt *statement = NULL;
    exu_text_clear(&ret->what);
    exu_text_clear(&ret->path);
    if (!object ||
        sqlite3_prepare_v2(session->db->sqlite, "SELECT what(?1), path(?1)", -1, &statement, NULL) != SQLITE_OK)
        return;
    sqlite3_bind_int64(statement, 1, object);
    if (sqlite3_step(statement) == SQLITE_ROW) {
        exu_text_puts(&ret->what, exu_column_text(statement, 0));
        exu_text_puts(&ret->path, exu_column_text(statement, 1));
    }
    sqlite3_finalize(statement);
}

static struct exu_datum text_or_null(const struct exu_text *text)
{
    return exu_datum_text(text->len ? text->data : NULL);
}

static void finding(struct exu_writer *w, const struct exu_finding *f, const struct place *place, size_t number)
{
    exu_writer_object(w, NULL);
    exu_writer_value(w, "id", exu_datum_integer((int64_t)number));
    exu_writer_value(w, "rule", exu_datum_text(f->rule->name));
    exu_writer_value(w, "severity", exu_datum_text(exu_severity_name(f->severity)));
    exu_writer_value(w, "title", exu_datum_text(f->title));
    exu_writer_value(w, "detail", exu_datum_text(f->detail));
    exu_writer_value(w, "bytes", exu_datum_integer(f->bytes));
    exu_writer_value(w, "object_id", f->object ? exu_datum_integer(f->object) : exu_datum_null());
    exu_writer_value(w, "object", text_or_null(&place->what));
    exu_writer_value(w, "path", text_or_null(&place->path));
    exu_writer_value(w, "why", exu_datum_text(f->rule->why));
    exu_writer_value(w, "do", exu_datum_text(f->rule->advice));
    exu_writer_close(w);

    exu_writer_linef(w, 0, EXU_STYLE_HEADING, "%zu. %s: %s", number, exu_severity_name(f->severity), f->title);
    if (f->detail)
        exu_writer_line(w, 1, EXU_STYLE_PLAIN, f->detail);
    if (place->what.len)
        exu_writer_linef(w, 1, EXU_STYLE_PLAIN, "#%u %s%s%s", (unsigned)f->object, place->what.data,
                         place->path.len ? ", reached by " : ", not reachable", place->path.len ? place->path.data : "");
    if (f->rule->why)
        exu_writer_linef(w, 1, EXU_STYLE_PLAIN, "why: %s", f->rule->why);
    if (f->rule->advice)
        exu_writer_linef(w, 1, EXU_STYLE_PLAIN, "what to do: %s", f->rule->advice);
    exu_writer_linef(w, 1, EXU_STYLE_DIM, "rule: %s", f->rule->name);
}

static const struct exu_column columns[] = {
    {"id", EXU_COLUMN_PLAIN},         {"rule", EXU_COLUMN_PLAIN},   {"severity", EXU_COLUMN_PLAIN},
    {"title", EXU_COLUMN_PLAIN},      {"detail", EXU_COLUMN_PLAIN}, {"bytes", EXU_COLUMN_SIZE},
    {"object_id", EXU_COLUMN_PLAIN},  {"path", EXU_COLUMN_PLAIN},
};

static void flat(struct exu_session *session, const struct exu_leaks *leaks, size_t shown, struct place *place)
{
    struct exu_writer *w = session->writer;
    exu_writer_flat(w, columns, EXU_COUNT(columns));
    for (size_t i = 0; i < shown; i++) {
        const struct exu_finding *f = &leaks->findings.items[i];
        place_of(session, f->object, place);
        const struct exu_datum cells[] = {exu_datum_integer((int64_t)i + 1),
                                          exu_datum_text(f->rule->name),
                                          exu_datum_text(exu_severity_name(f->severity)),
                                          exu_datum_text(f->title),
                                          exu_datum_text(f->detail),
                                          exu_datum_integer(f->bytes),
                                          f->object ? exu_datum_integer(f->object) : exu_datum_null(),
                                          text_or_null(&place->path)};
        exu_writer_flat_row(w, cells, EXU_COUNT(cells));
    }
    exu_writer_flat_end(w);
}

static void say(struct exu_session *session, const struct exu_leaks *leaks, uint64_t limit)
{
    struct exu_writer *w = session->writer;
    struct place place = {0};
    size_t count = leaks->findings.len;
    size_t shown = limit && limit < count ? (size_t)limit : count;
    exu_writer_object(w, NULL);
    exu_writer_array(w, "findings");
    for (size_t i = 0; i < shown; i++) {
        place_of(session, leaks->findings.items[i].object, &place);
        finding(w, &leaks->findings.items[i], &place, i + 1);
    }
    exu_writer_close(w);
    exu_writer_close(w);
    if (!count)
        exu_writer_linef(w, 0, EXU_STYLE_PLAIN, "No suspects: %zu rules, nothing found.", leaks->rules.len);
    else if (shown < count)
        exu_writer_linef(w, 0, EXU_STYLE_DIM, "%zu more; -n 0 shows all", count - shown);
    flat(session, leaks, shown, &place);
    exu_text_deinit(&place.what);
    exu_text_deinit(&place.path);
}

/* All but the last are printed here; the last is the verb's own. */
static struct exu_error *broken(struct exu_leaks *leaks)
{
    if (!leaks->broken.len)
        return NULL;
    fflush(stdout);
    for (size_t i = 0; i + 1 < leaks->broken.len; i++)
        fprintf(stderr, "exuvia: %s\n", leaks->broken.items[i]->message);
    return leaks->broken.items[--leaks->broken.len];
}

static struct exu_error *run(const struct exu_arguments *arguments)
{
    struct exu_session session;
    struct exu_leaks leaks;
    EXU_TRY(exu_session_open(&session, arguments));
    struct exu_error *error = exu_leaks_find(&leaks, session.db, arguments->rules);
    if (!error)
        say(&session, &leaks, exu_session_rows(arguments, 20));
    error = exu_session_close(&session, error);
    if (!error)
        error = broken(&leaks);
    exu_leaks_deinit(&leaks);
    return error;
}

const struct exu_command exu_cmd_leaks = {
    .name = "leaks",
    .usage = "[--rules DIR] DB",
    .summary = "ranked suspects, each with the rule that fired, why it is one and what to do",
    .description =
        "The built-in rules ran when the core was loaded; what they found stands in table finding. A note is like what the "
        "rule describes, but small: less than 1 MB, or less than a twentieth of private memory.\n\n"
        "A rule of your own is a file NAME.sql. Its head are comments: `-- title: …`, `-- severity: warning` (or note, or "
        "severe), `-- why: …`, `-- do: …`; lines that are indented go on. Behind it stands one query, a finding a row, the worst "
        "first: object id, bytes, title, detail, and if you like a severity. It may call size(bytes), what(id), type_name(id) "
        "and path(id). `-- general: 1` lets a rule give way to others that find the same memory, `general: 2` to these, too. A rule with the name of "
        "a built-in one replaces it.",
    .options = {options, exu_options_output, exu_options_core, exu_options_common},
    .least = 1,
    .most = 1,
    .run = run,
};
