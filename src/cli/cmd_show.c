#include "cli/options.h"
#include "cli/source.h"
#include "query/where.h"
#include "report/object_report.h"

static struct exu_error *run(const struct exu_arguments *arguments)
{
    struct exu_session session;
    uint32_t object = 0;
    EXU_TRY(exu_session_open(&session, arguments));
    struct exu_error *error = exu_object_find(session.db, arguments->operands.items[1], &object);
    if (!error)
        error = exu_report_object(session.writer, session.db, object,
                                  arguments->rows_given ? arguments->rows : 20);
    return exu_session_close(&session, error);
}

const struct exu_command exu_cmd_show = {
    .name = "show",
    .usage = "DB OBJ",
    .summary = "one object: type, sizes, place, content, fields, referrers, path from a root",
    .description =
        "OBJ is an address (0x7f…) or #ID. -n: so many fields and referrers, 20 if not given; 0: all.",
    .options = {exu_options_output, exu_options_core, exu_options_common},
    .least = 2,
    .most = 2,
    .run = run,
};
