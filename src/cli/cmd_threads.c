#include "cli/options.h"
#include "cli/source.h"
#include "query/async.h"
#include "query/threads.h"
#include "report/async_report.h"
#include "report/thread_report.h"

static const struct exu_option options[] = {
    {"locals", 'l', EXU_OPTION_FLAG, NULL, offsetof(struct exu_arguments, locals),
     "with the variables of every frame", false},
    {"async", 'a', EXU_OPTION_FLAG, NULL, offsetof(struct exu_arguments, async),
     "with the tasks of asyncio and everything that is suspended, and what each waits for", false},
    {0},
};

static struct exu_error *report_async(const struct exu_session *session, uint64_t limit)
{
    struct exu_async async;
    EXU_TRY(exu_async_find(&async, session->db, limit));
    exu_report_async(session->writer, &async);
    exu_async_deinit(&async);
    exu_writer_close(session->writer);
    return NULL;
}

static struct exu_error *run(const struct exu_arguments *arguments)
{
    struct exu_session session;
    struct exu_threads threads;
    EXU_TRY(exu_session_open(&session, arguments));
    struct exu_error *error =
        exu_threads_find(&threads, session.db, arguments->locals, exu_session_rows(arguments, 0));
    if (!error) {
        if (arguments->async)
            exu_writer_object(session.writer, NULL);
        exu_report_threads(session.writer, &threads, arguments->async ? "threads" : NULL, !arguments->async);
        exu_threads_deinit(&threads);
        if (arguments->async)
            error = report_async(&session, exu_session_rows(arguments, 0));
    }
    return exu_session_close(&session, error);
}

const struct exu_command exu_cmd_threads = {
    .name = "threads",
    .usage = "DB [--locals] [--async]",
    .summary = "every thread's Python stack, and the exception that it handles",
    .description = "The innermost frame stands last, as in a traceback. -n: at most so many threads.\n\n"
                   "--async: each task of asyncio with its name, state and the tasks that wait for it, then what "
                   "else is suspended. The outermost coroutine stands first, at the end what all wait for. As CSV "
                   "these steps alone are printed; as JSON an object with threads, tasks and suspended.",
    .options = {options, exu_options_output, exu_options_core, exu_options_common},
    .least = 1,
    .most = 1,
    .run = run,
};
