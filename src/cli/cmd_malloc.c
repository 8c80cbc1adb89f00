#include "cli/options.h"
#include "cli/page.h"
#include "query/queries.h"

static const struct exu_page_table tables[] = {
    {"states", "chunks by state", exu_sql_malloc_states_sql},
    {"heaps", "heaps", exu_sql_malloc_heaps_sql},
    {"owners", "whose the used chunks are", exu_sql_malloc_owners_sql},
    {"below_top", "the highest used chunks of the main heap: what keeps it from shrinking", exu_sql_malloc_below_top_sql},
    {"largest_free", "the largest free chunks", exu_sql_malloc_largest_free_sql},
};

static struct exu_error *run(const struct exu_arguments *arguments)
{
    if (arguments->map || arguments->format == EXU_FORMAT_SVG)
        return exu_page_map(arguments, exu_map_malloc, "malloc: heaps and their pages");
    return exu_page_run(arguments, exu_sql_malloc_total_sql, tables, EXU_COUNT(tables));
}

const struct exu_command exu_cmd_malloc = {
    .name = "malloc",
    .usage = "DB [--map]",
    .summary = "glibc malloc: heaps, chunks used and free, and what keeps the heap from shrinking",
    .description =
        "The main heap shrinks from its top alone: free memory below a used chunk stays. Sizes count headers.",
    .options = {exu_options_picture, exu_options_core, exu_options_common},
    .least = 1,
    .most = 1,
    .run = run,
};
