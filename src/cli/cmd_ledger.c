#include "cli/options.h"
#include "cli/page.h"
#include "query/queries.h"

static const struct exu_page_table tables[] = {{"ledger", NULL, exu_sql_ledger_sql}};

static struct exu_error *run(const struct exu_arguments *arguments)
{
    return exu_page_run(arguments, NULL, tables, EXU_COUNT(tables));
}

const struct exu_command exu_cmd_ledger = {
    .name = "ledger",
    .usage = "DB",
    .summary = "every mapped byte in one category",
    .description = "The categories add up to all that is mapped. -n 0 shows the small ones, too.",
    .options = {exu_options_output, exu_options_core, exu_options_common},
    .least = 1,
    .most = 1,
    .run = run,
};
