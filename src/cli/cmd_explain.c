#include "cli/options.h"
#include "cli/source.h"
#include "query/explain.h"

static void sentence(struct exu_writer *w, const struct exu_sentence *s, size_t number)
{
    exu_writer_object(w, NULL);
    exu_writer_value(w, "rule", exu_datum_text(s->rule));
    exu_writer_value(w, "bytes", exu_datum_integer(s->bytes));
    exu_writer_value(w, "sentence", exu_datum_text(s->text));
    exu_writer_value(w, "release", exu_datum_text(s->release));
    exu_writer_value(w, "evidence", exu_datum_text(s->evidence));
    exu_writer_close(w);
    exu_writer_linef(w, 0, EXU_STYLE_PLAIN, "%zu. %s", number, s->text);
    if (s->release)
        exu_writer_linef(w, 1, EXU_STYLE_PLAIN, "%s", s->release);
    if (s->evidence)
        exu_writer_linef(w, 1, EXU_STYLE_DIM, "evidence: %s", s->evidence);
    exu_writer_line(w, 0, EXU_STYLE_PLAIN, "");
}

static void say(struct exu_writer *w, const struct exu_explanation *e)
{
    static const struct exu_column columns[] = {{"rule", EXU_COLUMN_PLAIN},
                                                {"bytes", EXU_COLUMN_PLAIN},
                                                {"sentence", EXU_COLUMN_PLAIN},
                                                {"evidence", EXU_COLUMN_PLAIN}};
    exu_writer_object(w, NULL);
    exu_writer_value(w, "total", exu_datum_text(e->total));
    if (e->total) {
        exu_writer_line(w, 0, EXU_STYLE_PLAIN, e->total);
        exu_writer_line(w, 1, EXU_STYLE_DIM, "evidence: exuvia ledger DB");
        exu_writer_line(w, 0, EXU_STYLE_PLAIN, "");
    }
    exu_writer_array(w, "sentences");
    for (size_t i = 0; i < e->sentences.len; i++)
        sentence(w, &e->sentences.items[i], i + 1);
    exu_writer_close(w);
    exu_writer_close(w);
    if (!e->sentences.len)
        exu_writer_line(w, 0, EXU_STYLE_PLAIN,
                        "Nothing stands out: no traceback, cycle, live object, all but empty arena or free "
                        "part of malloc "
                        "has as much as 1 MB and a twentieth of the private memory.");
    exu_writer_flat(w, columns, EXU_COUNT(columns));
    for (size_t i = 0; i < e->sentences.len; i++) {
        const struct exu_sentence *s = &e->sentences.items[i];
        const struct exu_datum cells[] = {exu_datum_text(s->rule), exu_datum_integer(s->bytes),
                                          exu_datum_text(s->text), exu_datum_text(s->evidence)};
        exu_writer_flat_row(w, cells, EXU_COUNT(cells));
    }
    exu_writer_flat_end(w);
}

static struct exu_error *run(const struct exu_arguments *arguments)
{
    struct exu_session session;
    struct exu_explanation explanation;
    EXU_TRY(exu_session_open(&session, arguments));
    struct exu_error *error = exu_explain(session.db, &explanation);
    if (!error)
        say(session.writer, &explanation);
    exu_explanation_deinit(&explanation);
    return exu_session_close(&session, error);
}

const struct exu_command exu_cmd_explain = {
    .name = "explain",
    .usage = "DB",
    .summary = "the incident in sentences: what holds the memory, and why it has not gone back",
    .description = "Each sentence has its figures, what would release the memory, and the command that shows "
                   "the evidence; the one "
                   "about the most bytes comes first. Private memory is what is mapped without files, "
                   "reservations and the vdso.",
    .options = {exu_options_output, exu_options_core, exu_options_common},
    .least = 1,
    .most = 1,
    .run = run,
};
