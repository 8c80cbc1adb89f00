#include "cli/options.h"
#include "cli/page.h"
#include "query/queries.h"

static const struct exu_page_table tables[] = {
    {"collectors", "collector", exu_sql_gc_collectors_sql},
    {"generations", "generations", exu_sql_gc_generations_sql},
    {"cycles", "unreachable cycles that no collection has reached, alike ones together", exu_sql_gc_cycles_sql},
    {"cycle_types", "what they hold, by type", exu_sql_gc_cycle_types_sql},
};

static struct exu_error *run(const struct exu_arguments *arguments)
{
    return exu_page_run(arguments, NULL, tables, EXU_COUNT(tables));
}

const struct exu_command exu_cmd_gc = {
    .name = "gc",
    .usage = "DB",
    .summary = "the collector: generations, uncollected cycles, when each is next collected",
    .description =
        "count and threshold are the collector's own. An unreachable cycle is what gc.collect() would find at that "
        "moment; its bytes are its members' footprint and that of what they alone hold.",
    .options = {exu_options_output, exu_options_core, exu_options_common},
    .least = 1,
    .most = 1,
    .run = run,
};
