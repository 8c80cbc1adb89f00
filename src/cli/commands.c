#include "cli/options.h"

#include <string.h>

const struct exu_command *const exu_commands[] = {
    &exu_cmd_load,      &exu_cmd_pack, &exu_cmd_snapshot,   &exu_cmd_info,   &exu_cmd_threads, &exu_cmd_types, &exu_cmd_show,
    &exu_cmd_referrers, &exu_cmd_chain, &exu_cmd_retained, &exu_cmd_diff, &exu_cmd_explain, &exu_cmd_leaks, &exu_cmd_waste, &exu_cmd_gc,
    &exu_cmd_arenas,    &exu_cmd_malloc, &exu_cmd_ledger,  &exu_cmd_audit, &exu_cmd_sql,  &exu_cmd_assert, &exu_cmd_report, &exu_cmd_scrub,
};
const size_t exu_command_count = EXU_COUNT(exu_commands);

struct exu_error *exu_command_find(const char *name, const struct exu_command **ret)
{
    const char *nearest = NULL;
    size_t best = 4;
    for (size_t i = 0; i < exu_command_count; i++) {
        if (strcmp(exu_commands[i]->name, name) == 0) {
            *ret = exu_commands[i];
            return NULL;
        }
        size_t distance = exu_word_distance(name, exu_commands[i]->name, best);
        if (distance < best) {
            best = distance;
            nearest = exu_commands[i]->name;
        }
    }
    if (nearest)
        return exu_error_new(EXU_ERROR_USAGE, "%s: no such verb; did you mean %s?", name, nearest);
    return exu_error_new(EXU_ERROR_USAGE, "%s: no such verb; see `exuvia --help`", name);
}
