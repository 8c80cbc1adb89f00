#include "cli/options.h"
#include "cli/recipes.h"
#include "cli/shell.h"
#include "cli/source.h"

#include <stdio.h>
#include <string.h>

/* `exuvia sql cookbook:` needs no database. */
static struct exu_error *list(const struct exu_arguments *arguments)
{
    struct exu_writer *writer;
    EXU_TRY(exu_source_writer(&writer, arguments));
    struct exu_error *error = exu_recipes_list(writer);
    if (!error)
        error = exu_writer_finish(writer);
    exu_writer_destroy(writer);
    return error;
}

extern const char exu_sql_schema_sql[], exu_sql_indexes_sql[];

static const struct exu_option options[] = {
    {"schema", 0, EXU_OPTION_FLAG, NULL, offsetof(struct exu_arguments, schema),
     "print what every table and column means, in SQL; needs no DB", false},
    {"functions", 0, EXU_OPTION_FLAG, NULL, offsetof(struct exu_arguments, functions),
     "list the functions that queries can call; needs no DB", false},
    {0},
};

static struct exu_error *run(const struct exu_arguments *arguments)
{
    struct exu_session session;
    if (arguments->operands.len == 1 && strcmp(arguments->operands.items[0], EXU_COOKBOOK_PREFIX) == 0)
        return list(arguments);
    if (arguments->schema)
        printf("%s\n%s", exu_sql_schema_sql, exu_sql_indexes_sql);
    if (arguments->functions)
        exu_shell_functions();
    if (arguments->schema || arguments->functions)
        return NULL;
    if (!arguments->operands.len)
        return exu_error_new(EXU_ERROR_USAGE, "sql: an argument is missing; usage: exuvia sql %s",
                             exu_cmd_sql.usage);
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
    .usage = "DB [QUERY | cookbook:NAME[:VALUE]]",
    .summary = "one SQL query, a question of the cookbook, or a shell",
    .description =
        "`exuvia sql cookbook:` lists the questions of the cookbook, which are asked by name; some take a value (a thread, "
        "a type). The database is open for reading only. Ctrl-C ends a query. Without QUERY, queries are read from "
        "standard input, each up to its semicolon; .help tells what else the shell knows. An error does not "
        "end it; when the input is no terminal, exit status 1 says that there was one.\n\n"
        "The functions that --functions lists are there, too, wherever SQLite loads the extension exuvia.so.",
    .options = {options, exu_options_output, exu_options_core, exu_options_common},
    .least = 0,
    .most = 2,
    .run = run,
};
