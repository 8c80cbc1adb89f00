#include "cli/options.h"
#include "cli/page.h"
#include "query/queries.h"

static const struct exu_page_table tables[] = {
    {"total", "counts of references against the references that were found", exu_sql_audit_total_sql},
    {"anchors", "what objects are alive by", exu_sql_audit_anchors_sql},
    {"lower", "counted lower: a memory error in the process, or a fault of exuvia", exu_sql_audit_lower_sql},
    {"native", "held by native code alone", exu_sql_audit_native_sql},
    {"higher", "counted higher: native code holds or leaks them", exu_sql_audit_higher_sql},
};

static struct exu_error *run(const struct exu_arguments *arguments)
{
    return exu_page_run(arguments, NULL, tables, EXU_COUNT(tables));
}

const struct exu_command exu_cmd_audit = {
    .name = "audit",
    .usage = "DB",
    .summary = "counts of references against the references that were found",
    .description = "An object that counts more references than were found is held, or leaked, by native "
                   "code. Some of the surplus is "
                   "explained by conservative references and by words of libraries' data and of stacks that "
                   "are its address; of the rest "
                   "only the count is known. An object that counts fewer was damaged, or exuvia is wrong "
                   "about a reference. Immortal "
                   "objects and those in static memory are left out: C code points to them without counting.",
    .options = {exu_options_output, exu_options_core, exu_options_common},
    .least = 1,
    .most = 1,
    .run = run,
};
