#include "cli/options.h"
#include "cli/shell.h"
#include "cli/source.h"

static struct exu_error *run(const struct exu_arguments *arguments)
{
    struct exu_session session;
    EXU_TRY(exu_session_open(&session, arguments));
    struct exu_error *error;
    if (arguments->operands.len > 1)
        error = exu_shell_query(&session, arguments, arguments->operands.items[1]);
    else
        error = exu_shell_run(&session, arguments);
    return exu_session_close(&session, error);
}

const struct exu_command exu_cmd_sql = {
    .name = "sql",
    .usage = "DB [QUERY]",
    .summary = "one SQL query, or a shell",
    .description =
        "The database is open for reading only. Ctrl-C ends a query. Without QUERY, queries are read from "
        "standard input, each up to its semicolon; .help tells what else the shell knows. An error does not "
        "end it; when the input is no terminal, exit status 1 says that there was one.",
    .options = {exu_options_output, exu_options_core, exu_options_common},
    .least = 1,
    .most = 2,
    .run = run,
};
