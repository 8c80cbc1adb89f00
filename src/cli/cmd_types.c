#include "cli/options.h"
#include "cli/source.h"
#include "query/queries.h"

#include <string.h>

static const struct exu_option options[] = {
    {"by", 0, EXU_OPTION_TEXT, "COLUMN", offsetof(struct exu_arguments, by),
     "sort by type, objects, shallow, footprint, retained or type_id; shallow if not given", false},
    {0},
};

static struct exu_error *types(const struct exu_arguments *arguments, struct exu_session *session)
{
    uint64_t more = 0;
    struct exu_parameter by = {":by", exu_datum_text(arguments->by ? arguments->by : "shallow")};
    struct exu_query query = {.sql = exu_sql_types_sql,
                              .parameters = &by,
                              .parameter_count = 1,
                              .limit = exu_session_rows(arguments, 40),
                              .own = true,
                              .more = &more};
    struct exu_row_sink sink = exu_writer_sink(session->writer);
    EXU_TRY(exu_query_run(session->db, &query, &sink));
    exu_writer_table_end(session->writer);
    if (more)
        exu_writer_linef(session->writer, 0, EXU_STYLE_DIM, "%llu more types; -n 0 shows all",
                         (unsigned long long)more);
    return NULL;
}

static struct exu_error *run(const struct exu_arguments *arguments)
{
    static const char *const columns[] = {"type", "objects", "shallow", "footprint", "retained", "type_id"};
    bool known = !arguments->by;
    for (size_t i = 0; i < EXU_COUNT(columns) && !known; i++)
        known = strcmp(columns[i], arguments->by) == 0;
    if (!known)
        return exu_error_new(
            EXU_ERROR_USAGE,
            "--by %s: no such column; give type, objects, shallow, footprint, retained or type_id",
            arguments->by);
    struct exu_session session;
    EXU_TRY(exu_session_open(&session, arguments));
    return exu_session_close(&session, types(arguments, &session));
}

const struct exu_command exu_cmd_types = {
    .name = "types",
    .usage = "DB [--by COLUMN] [-n ROWS]",
    .summary = "histogram of types: objects, shallow and retained bytes",
    .description =
        "shallow: what sys.getsizeof said, summed up; footprint: what the allocators spent, own buffers "
        "included; retained: what would go with all objects of the type.",
    .options = {options, exu_options_output, exu_options_core, exu_options_common},
    .least = 1,
    .most = 1,
    .run = run,
};
