#include "cli/options.h"
#include "cli/page.h"
#include "query/queries.h"

static const struct exu_page_table tables[] = {
    {"duplicates_total", "copies of str and bytes objects", exu_sql_waste_duplicates_total_sql},
    {"duplicates", "those that waste most", exu_sql_waste_duplicates_sql},
    {"tables", "dicts and sets far larger than their contents", exu_sql_waste_tables_sql},
    {"lists", "lists with more room than items", exu_sql_waste_lists_sql},
    {"key_sharing", "instances whose dicts do not share their keys", exu_sql_waste_key_sharing_sql},
    {"slots", "what __slots__ would save, about", exu_sql_waste_slots_sql},
    {"empty", "empty containers, by the attribute that holds them", exu_sql_waste_empty_sql},
};

static struct exu_error *run(const struct exu_arguments *arguments)
{
    return exu_page_run(arguments, NULL, tables, EXU_COUNT(tables));
}

const struct exu_command exu_cmd_waste = {
    .name = "waste",
    .usage = "DB",
    .summary = "memory that live objects need not take: duplicate strings, half-empty containers, __slots__",
    .description =
        "Copies are str or bytes objects of one type with equal content (by a hash of all of it); wasted is what all but one "
        "take. Of dicts and sets, wasted is the part of the table beyond the smallest that would hold what is in them; of "
        "lists, the room behind the last item. What __slots__ would save is estimated from a hundred instances of each class.",
    .options = {exu_options_output, exu_options_core, exu_options_common},
    .least = 1,
    .most = 1,
    .run = run,
};
