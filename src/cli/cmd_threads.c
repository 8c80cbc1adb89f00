#include "cli/options.h"
#include "cli/source.h"
#include "query/threads.h"
#include "report/thread_report.h"

static const struct exu_option options[] = {
    {"locals", 'l', EXU_OPTION_FLAG, NULL, offsetof(struct exu_arguments, locals),
     "with the variables of every frame", false},
    {0},
};

static struct exu_error *run(const struct exu_arguments *arguments)
{
    struct exu_session session;
    struct exu_threads threads;
    EXU_TRY(exu_session_open(&session, arguments));
    struct exu_error *error =
        exu_threads_find(&threads, session.db, arguments->locals, exu_session_rows(arguments, 0));
    if (!error) {
        exu_report_threads(session.writer, &threads);
        exu_threads_deinit(&threads);
    }
    return exu_session_close(&session, error);
}

const struct exu_command exu_cmd_threads = {
    .name = "threads",
    .usage = "DB [--locals]",
    .summary = "every thread's Python stack, and the exception that it handles",
    .description = "The innermost frame stands last, as in a traceback. -n: at most so many threads.",
    .options = {options, exu_options_output, exu_options_core, exu_options_common},
    .least = 1,
    .most = 1,
    .run = run,
};
