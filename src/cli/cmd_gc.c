#include "cli/options.h"
#include "cli/page.h"
#include "query/queries.h"

static const struct exu_page_table tables[] = {
    {"collectors", "collector", exu_sql_gc_collectors_sql},
    {"generations", "generations", exu_sql_gc_generations_sql},
    {"cycles", "unreachable cycles that no collection has reached, alike ones together", exu_sql_gc_cycles_sql},
    {"cycle_types", "what they hold, by type", exu_sql_gc_cycle_types_sql},
    {"finalizers", "finalizers pending: what runs before they go", exu_sql_gc_finalizers_sql},
    {"uncollectable", "what of them no collection frees", exu_sql_gc_uncollectable_sql},
    {"garbage", "objects kept by gc.garbage", exu_sql_gc_garbage_sql},
};

static struct exu_error *run(const struct exu_arguments *arguments)
{
    return exu_page_run(arguments, NULL, tables, EXU_COUNT(tables));
}

const struct exu_command exu_cmd_gc = {
    .name = "gc",
    .usage = "DB",
    .summary = "the collector: generations, uncollected cycles, finalizers pending, gc.garbage",
    .description =
        "count and threshold are the collector's own. An unreachable cycle is what gc.collect() would find at that "
        "moment; its bytes are its members' footprint and that of what they alone hold. A finalizer is pending when such "
        "an object has one that has not run (__del__, a suspended generator, a C type's), or a weak reference to it, "
        "alive itself, has a callback. Python 2.7 calls no __del__ of what is in a cycle: it goes to gc.garbage.",
    .options = {exu_options_output, exu_options_core, exu_options_common},
    .least = 1,
    .most = 1,
    .run = run,
};
