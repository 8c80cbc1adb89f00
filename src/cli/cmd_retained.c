#include "cli/options.h"
#include "cli/source.h"
#include "query/queries.h"
#include "report/icicle_report.h"
#include "report/treemap_report.h"

#include <string.h>

#define KINDS "object|type|module|thread|frame|exception|traceback|path"

static const char *const kinds[] = {"object", "type", "module", "thread", "frame", "exception", "traceback", "path"};

static const struct exu_option options[] = {
    {"by", 0, EXU_OPTION_TEXT, "KIND", offsetof(struct exu_arguments, by),
     "what is listed: type, module, thread, frame, exception, traceback, path; object if not given", false},
    {0},
};

static struct exu_error *retained(const struct exu_arguments *arguments, const char *kind, struct exu_session *session)
{
    uint64_t rows = arguments->rows_given ? arguments->rows : 20, more = 0;
    bool objects = strcmp(kind, "object") == 0;
    /* One row more than shown tells that there are more; the rest need not be described for that. */
    struct exu_parameter parameters[] = {
        {":rows", exu_datum_integer(rows && rows < INT64_MAX ? (int64_t)rows + 1 : -1)}, {":kind", exu_datum_text(kind)}};
    struct exu_query query = {.sql = objects ? exu_sql_retained_objects_sql : exu_sql_retained_groups_sql,
                              .parameters = parameters,
                              .parameter_count = objects ? 1 : 2,
                              .limit = rows,
                              .own = true,
                              .more = &more};
    struct exu_row_sink sink = exu_writer_sink(session->writer);
    EXU_TRY(exu_query_run(session->db, &query, &sink));
    exu_writer_table_end(session->writer);
    if (more)
        exu_writer_linef(session->writer, 0, EXU_STYLE_DIM, "and more; -n 0 shows all");
    return NULL;
}

static struct exu_error *draw(struct exu_session *session)
{
    struct exu_tiles map = {0};
    struct exu_error *error = exu_treemap_make(&map, session->db);
    if (!error)
        error = exu_treemap_svg(stdout, &map);
    exu_tiles_deinit(&map);
    return error;
}

/* The tree of the shortest paths. */
static struct exu_error *paths(const struct exu_arguments *arguments, struct exu_session *session)
{
    struct exu_tiles icicle = {0};
    struct exu_error *error = exu_icicle_make(&icicle, session->db);
    uint64_t more = 0;
    if (!error && arguments->format == EXU_FORMAT_SVG) {
        error = exu_icicle_svg(stdout, &icicle);
    } else if (!error) {
        struct exu_row_sink sink = exu_writer_sink(session->writer);
        more = exu_icicle_rows(&icicle, arguments->rows_given ? arguments->rows : 40, &sink);
        exu_writer_table_end(session->writer);
    }
    if (more)
        exu_writer_linef(session->writer, 0, EXU_STYLE_DIM, "and more; -n 0 shows all");
    exu_tiles_deinit(&icicle);
    return error;
}

static struct exu_error *run(const struct exu_arguments *arguments)
{
    bool drawn = arguments->format == EXU_FORMAT_SVG;
    const char *kind = arguments->by ? arguments->by : kinds[0];
    bool known = false;
    for (size_t i = 0; i < EXU_COUNT(kinds) && !known; i++)
        known = strcmp(kinds[i], kind) == 0;
    if (!known)
        return exu_error_new(EXU_ERROR_USAGE, "--by %s: no such kind; give one of " KINDS, kind);
    bool by_path = strcmp(kind, "path") == 0;
    if (drawn && !by_path && strcmp(kind, kinds[0]) != 0)
        return exu_error_new(EXU_ERROR_USAGE, "--by %s: pictures are of objects, what each dominates inside of it, or --by path", kind);
    struct exu_session session;
    EXU_TRY(exu_session_open(&session, arguments));
    return exu_session_close(&session, by_path ? paths(arguments, &session)
                                       : drawn ? draw(&session)
                                               : retained(arguments, kind, &session));
}

const struct exu_command exu_cmd_retained = {
    .name = "retained",
    .usage = "DB [--by KIND] [-n ROWS]",
    .summary = "what retains the most: objects, types, modules, threads, frames, exceptions, tracebacks",
    .description =
        "What something retains would be freed with it: its own bytes (footprint) and those of everything that no way "
        "from a root reaches without passing it.\n\n"
        "A group retains what would be freed if all of it went; what two of its members hold counts, and nothing counts "
        "twice. type: all instances. module: the module and its dict. thread: its stack and state. frame: on a thread's "
        "stack, the frame with its frame object; of generators and tracebacks the object that has the frame. exception, "
        "traceback: that object. Groups overlap: a frame lies in its thread, a traceback may lie in an exception. In SQL "
        "they are the view retained_group.\n\n"
        "path: not what would be freed, but by which way it is reached: the tree of the shortest paths from the roots, with "
        "the footprint of all that is below each thing in it. Each object is in one place, so these add up. Several objects of "
        "a type are one row, what is little is left out.\n\n"
        "-n: so many rows, 20 if not given, by path 40. --format svg: the dominator tree as a treemap; with --by path that tree as "
        "an icicle, the roots on top.",
    .options = {options, exu_options_drawn, exu_options_core, exu_options_common},
    .least = 1,
    .most = 1,
    .run = run,
};
