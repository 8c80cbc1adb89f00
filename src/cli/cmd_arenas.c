#include "cli/options.h"
#include "cli/page.h"
#include "query/queries.h"

static const struct exu_page_table tables[] = {
    {"size_classes", "blocks by size class", exu_sql_arenas_classes_sql},
    {"fullness", "arenas by how full they are", exu_sql_arenas_fullness_sql},
    {"owners", "whose the used blocks are", exu_sql_arenas_owners_sql},
    {"pinned", "arenas that are all but empty", exu_sql_arenas_pinned_sql},
    {"pins", "what pins them, the most arenas first", exu_sql_arenas_pins_sql},
};

static struct exu_error *run(const struct exu_arguments *arguments)
{
    if (arguments->map || arguments->format == EXU_FORMAT_SVG)
        return exu_page_map(arguments, exu_map_arenas, "obmalloc: arenas and their pools");
    return exu_page_run(arguments, exu_sql_arenas_total_sql, tables, EXU_COUNT(tables));
}

const struct exu_command exu_cmd_arenas = {
    .name = "arenas",
    .usage = "DB [--map]",
    .summary = "obmalloc: arenas, pools, blocks by size class, and what pins arenas that are all but empty",
    .description =
        "An arena goes back to the operating system when its last block is freed. Less than a quarter full counts as "
        "all but empty; `exuvia show DB '#ID'` of a pin shows the path that holds it.",
    .options = {exu_options_picture, exu_options_core, exu_options_common},
    .least = 1,
    .most = 1,
    .run = run,
};
