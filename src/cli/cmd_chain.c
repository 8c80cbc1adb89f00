#include "cli/options.h"
#include "cli/source.h"
#include "query/chains.h"
#include "report/chain_report.h"

static const struct exu_option options[] = {
    {"from", 0, EXU_OPTION_TEXT, "WHERE", offsetof(struct exu_arguments, from),
     "where chains begin; root if not given", false},
    {"to", 0, EXU_OPTION_TEXT, "WHERE", offsetof(struct exu_arguments, to), "what they end in", false},
    {0},
};

static struct exu_error *run(const struct exu_arguments *arguments)
{
    struct exu_session session;
    struct exu_chains chains;
    if (!arguments->to)
        return exu_error_new(EXU_ERROR_USAGE, "chain: --to is missing; usage: exuvia chain %s",
                             exu_cmd_chain.usage);
    EXU_TRY(exu_session_open(&session, arguments));
    bool drawn = arguments->format == EXU_FORMAT_SVG;
    bool for_people = drawn || arguments->format == EXU_FORMAT_TABLE || arguments->format == EXU_FORMAT_MARKDOWN;
    uint64_t rows = arguments->rows_given ? arguments->rows : for_people ? 10 : 0;
    struct exu_error *error =
        exu_chains_find(&chains, session.db, arguments->from ? arguments->from : "root", arguments->to, rows);
    if (!error) {
        if (drawn)
            error = exu_chains_svg(stdout, &chains);
        else
            exu_report_chains(session.writer, &chains);
        exu_chains_deinit(&chains);
    }
    return exu_session_close(&session, error);
}

const struct exu_command exu_cmd_chain = {
    .name = "chain",
    .usage = "DB [--from WHERE] --to WHERE",
    .summary = "by which references one thing holds another",
    .description =
        "WHERE is one of: root, traceback, frame[:FUNCTION], thread[:NAME], module[:NAME], exception[:TYPE], "
        "type:QUALNAME, chunks (the pieces of every sequence of str or bytes), 0xADDRESS, #ID, sql:SELECT id "
        "…\n\n"
        "The shortest chain to each target, the shortest first; at equal length exact references before "
        "conservative "
        "ones; weak references hold nothing and are no steps. Chains of equal shape (types and names, "
        "indices "
        "replaced by [*]) are one, with the number and the bytes of what they end in. Where the start is "
        "held by "
        "something itself, that stands above it, down from a root.\n\n"
        "The fingerprint is a number for the shape, made of kinds, names, types, functions and names of files; addresses, "
        "ids, lines, folders, indices and the keys of plain dicts are left out. Runs of one program on several machines "
        "give a chain the same fingerprint; chains that differ in such a key alone have one, too.\n\n"
        "-n: so many chains; if not given, 10 in a table or Markdown and all in JSON and CSV. --format svg: as a graph, where chains that begin alike share their first steps; eight at most.\n\n"
        "In JSON a chain has: fingerprint; count, the chains that are one; objects and bytes, the distinct objects that "
        "they end "
        "in; retained_bytes; steps; held_by, the steps above the start; root, why the first of all is alive. "
        "A frame "
        "that has no object of its own is a step whose object_id is null.\n\n"
        "Exit status 1: there is no chain.",
    .options = {options, exu_options_drawn, exu_options_core, exu_options_common},
    .least = 1,
    .most = 1,
    .run = run,
};
