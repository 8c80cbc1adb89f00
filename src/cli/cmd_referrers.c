#include "cli/options.h"
#include "cli/source.h"
#include "query/referrers.h"
#include "query/where.h"
#include "report/referrer_report.h"

static const struct exu_option options[] = {
    {"depth", 0, EXU_OPTION_NUMBER, "N", offsetof(struct exu_arguments, depth),
     "the tree of referrers so deep; 1 if not given", false},
    {0},
};

static struct exu_error *referrers(const struct exu_arguments *arguments, const struct exu_session *session)
{
    uint32_t object = 0;
    struct exu_referrers tree = {0};
    EXU_TRY(exu_object_find(session->db, arguments->operands.items[1], &object));
    uint64_t depth = arguments->depth ? arguments->depth : 1;
    EXU_TRY(exu_referrers_find(&tree, session->db, object, depth, exu_session_rows(arguments, 40)));
    if (!tree.items.len) {
        exu_referrers_deinit(&tree);
        return exu_error_new(EXU_ERROR_NONE_FOUND,
                             "%s: %s: nothing refers to it; table root says whether it is a root",
                             session->db->path, arguments->operands.items[1]);
    }
    exu_report_referrers(session->writer, &tree);
    exu_referrers_deinit(&tree);
    return NULL;
}

static struct exu_error *run(const struct exu_arguments *arguments)
{
    struct exu_session session;
    EXU_TRY(exu_session_open(&session, arguments));
    return exu_session_close(&session, referrers(arguments, &session));
}

const struct exu_command exu_cmd_referrers = {
    .name = "referrers",
    .usage = "DB OBJ [--depth N]",
    .summary = "who refers to an object, and by which reference",
    .description =
        "OBJ is an address (0x7f…) or #ID. Weak references are marked: they hold nothing. In the tree every "
        "object stands once with its own referrers.\n\nExit status 1: nothing refers to it.",
    .options = {options, exu_options_output, exu_options_core, exu_options_common},
    .least = 2,
    .most = 2,
    .run = run,
};
