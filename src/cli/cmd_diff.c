#include "cli/options.h"
#include "cli/source.h"
#include "query/suspects.h"
#include "report/growth_chart.h"
#include "report/growth_report.h"

static const struct exu_option options[] = {{0}};

struct dumps {
    struct exu_database *dbs[EXU_GROWTH_MOST];
    size_t count; /* the first is the session's */
};

static struct exu_error *open_rest(struct dumps *d, const struct exu_arguments *arguments)
{
    while (d->count < arguments->operands.len) {
        EXU_TRY(exu_source_open(&d->dbs[d->count], arguments->operands.items[d->count], arguments));
        d->count++;
    }
    return NULL;
}

/* The session has the first one's functions. */
static struct exu_error *find_suspects(struct exu_suspects *ret, const struct dumps *d)
{
    struct exu_functions *functions = NULL;
    EXU_TRY(exu_functions_open(&functions, d->dbs[d->count - 1]));
    struct exu_error *error = exu_suspects_new(ret, d->dbs[0], d->dbs[d->count - 1]);
    exu_functions_close(functions);
    return error;
}

static struct exu_error *diff(const struct exu_arguments *arguments, struct exu_session *session, struct dumps *d)
{
    struct exu_growth growth;
    struct exu_suspects fresh = {0};
    uint64_t limit = arguments->rows_given ? arguments->rows : 15;
    bool drawn = arguments->format == EXU_FORMAT_SVG;
    EXU_TRY(open_rest(d, arguments));
    EXU_TRY(exu_growth_find(&growth, d->dbs, d->count, limit));
    struct exu_error *error = drawn ? NULL : find_suspects(&fresh, d);
    bool any = growth.chains.total || growth.types.total || growth.modules.total || fresh.items.len;
    if (!error && any && drawn)
        error = exu_growth_svg(stdout, &growth, d->dbs);
    else if (!error && any)
        exu_report_growth(session->writer, &growth, d->dbs, &fresh, limit);
    else if (!error)
        error = exu_error_new(EXU_ERROR_NONE_FOUND, "%s: nothing grew since %s", d->dbs[d->count - 1]->path, d->dbs[0]->path);
    exu_suspects_deinit(&fresh);
    exu_growth_deinit(&growth);
    return error;
}

static struct exu_error *run(const struct exu_arguments *arguments)
{
    struct exu_session session;
    struct dumps d = {.count = 1};
    EXU_TRY(exu_session_open(&session, arguments));
    d.dbs[0] = session.db;
    struct exu_error *error = diff(arguments, &session, &d);
    for (size_t i = 1; i < d.count; i++)
        exu_database_close(d.dbs[i]);
    return exu_session_close(&session, error);
}

const struct exu_command exu_cmd_diff = {
    .name = "diff",
    .usage = "OLD NEW [NEWER ...] [-n ROWS]",
    .summary = "what grew between dumps of one program: by chain, by type, by module",
    .description =
        "The dumps stand in the order in which they were made, two to eight of them. Types and modules are matched by name, "
        "chains by the fingerprint of the shortest way from a root, as in `exuvia chain`.\n\n"
        "A chain stands for what hangs below it, too: of a list of records that grows, the row counts the records, and its "
        "bytes have their attributes in them. The bytes of types are footprints, those of modules what they retain, those "
        "of chains shallow sizes. new: the first dump has none.\n\n"
        "From three dumps on the trend tells what grows each time (grows) from what has grown and stopped, as a cache that "
        "is full (filled once), and from what only began (grows late). An interval counts as growth when it has more than a "
        "tenth of the largest. First comes what grew most since the dump before the last, then what grew most in all.\n\n"
        "New suspects are those of `exuvia leaks` that the last dump has and the first has not, or as less severe.\n\n"
        "-n: so many rows of each table, 15 if not given. --format svg: of each the first 12, as bars, without suspects.\n\n"
        "Exit status 1: nothing grew.",
    .options = {options, exu_options_drawn, exu_options_core, exu_options_common},
    .least = 2,
    .most = EXU_GROWTH_MOST,
    .run = run,
};
