#include "cli/options.h"
#include "cli/page.h"
#include "query/queries.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

static const struct fact {
    const char *key, *label;
    enum exu_column_kind kind;
} facts[] = {
    {"input_name", "core", EXU_COLUMN_PLAIN},
    {"input_format", "format", EXU_COLUMN_PLAIN},
    {"input_bytes", "core size", EXU_COLUMN_SIZE},
    {"packed_name", "made from", EXU_COLUMN_PLAIN},
    {"packed_format", "its format", EXU_COLUMN_PLAIN},
    {"packed_bytes", "its size", EXU_COLUMN_SIZE},
    {"packed_by", "by exuvia", EXU_COLUMN_PLAIN},
    {"snapshot_pause_us", "stood still, µs", EXU_COLUMN_COUNT},
    {"pid", "process", EXU_COLUMN_PLAIN},
    {"namespace_pid", "in its container", EXU_COLUMN_PLAIN},
    {"executable", "executable", EXU_COLUMN_PLAIN},
    {"arguments", "arguments", EXU_COLUMN_PLAIN},
    {"signal", "signal", EXU_COLUMN_PLAIN},
    {"systemd_time", "dumped", EXU_COLUMN_PLAIN},
    {"systemd_hostname", "on host", EXU_COLUMN_PLAIN},
    {"systemd_unit", "unit", EXU_COLUMN_PLAIN},
    {"systemd_cmdline", "command line", EXU_COLUMN_PLAIN},
    {"systemd_package_version", "package version", EXU_COLUMN_PLAIN},
    {"arch", "architecture", EXU_COLUMN_PLAIN},
    {"python_version", "Python", EXU_COLUMN_PLAIN},
    {"python_build", "build", EXU_COLUMN_PLAIN},
    {"python_package", "its package", EXU_COLUMN_PLAIN},
    {"executable_package", "program's package", EXU_COLUMN_PLAIN},
    {"layout_source", "layout from", EXU_COLUMN_PLAIN},
    {"layout_detail", "", EXU_COLUMN_PLAIN},
    {"allocator", "allocator", EXU_COLUMN_PLAIN},
    {"c_allocator", "C allocator", EXU_COLUMN_PLAIN},
    {"c_allocator_version", "malloc library", EXU_COLUMN_PLAIN},
    {"c_library", "C library", EXU_COLUMN_PLAIN},
    {"sandbox", "sandbox", EXU_COLUMN_PLAIN},
    {"degraded", "degraded", EXU_COLUMN_PLAIN},
    {"lost_bytes", "lost", EXU_COLUMN_SIZE},
    {"load_seconds", "loaded in", EXU_COLUMN_PLAIN},
};

static const struct exu_page_table tables[] = {
    {"threads", "threads", exu_sql_info_threads_sql},
    {"objects_by_storage", "objects by storage", exu_sql_info_storage_sql},
    {"allocators", "allocators", exu_sql_info_allocators_sql},
    {"mappings", "address space", exu_sql_info_mappings_sql},
    {"anomalies", "anomalies", exu_sql_info_anomalies_sql},
};

/* A number in text is shown as one. */
static struct exu_datum as_number(const char *text)
{
    char *end;
    long long n = strtoll(text, &end, 10);
    return *text && !*end ? exu_datum_integer(n) : exu_datum_text(text);
}

static void show_fact(const struct exu_session *session, const struct fact *fact)
{
    char text[4096];
    if (!exu_database_meta(session->db, fact->key, text, sizeof text))
        return;
    struct exu_datum value = as_number(text);
    if (strcmp(fact->key, "signal") == 0 && value.type == EXU_DATUM_INTEGER) {
        const char *name =
            value.integer > 0 && value.integer < NSIG ? sigabbrev_np((int)value.integer) : NULL;
        char shown[32];
        snprintf(shown, sizeof shown, name ? "%lld SIG%s" : "%lld", (long long)value.integer, name);
        exu_writer_field_shown(session->writer, fact->key, fact->label, value,
                               value.integer ? shown : "none (dumped alive)");
        return;
    }
    if (strcmp(fact->key, "load_seconds") == 0) {
        struct exu_datum seconds = {.type = EXU_DATUM_REAL, .real = strtod(text, NULL)};
        char shown[32];
        snprintf(shown, sizeof shown, "%.1f s", seconds.real);
        exu_writer_field_shown(session->writer, fact->key, fact->label, seconds, shown);
        return;
    }
    exu_writer_field(session->writer, fact->key, fact->label, fact->kind, value);
}

static struct exu_error *info(const struct exu_arguments *arguments, const struct exu_session *session)
{
    exu_writer_object(session->writer, NULL);
    for (size_t i = 0; i < EXU_COUNT(facts); i++)
        show_fact(session, &facts[i]);
    EXU_TRY(exu_page_facts(session, exu_sql_info_memory_sql, NULL));
    EXU_TRY(exu_page_facts(session, exu_sql_info_counts_sql, NULL));
    EXU_TRY(exu_page_tables(session, arguments, tables, EXU_COUNT(tables), 20));
    exu_writer_close(session->writer);
    return NULL;
}

static struct exu_error *run(const struct exu_arguments *arguments)
{
    struct exu_session session;
    EXU_TRY(exu_session_open(&session, arguments));
    return exu_session_close(&session, info(arguments, &session));
}

const struct exu_command exu_cmd_info = {
    .name = "info",
    .usage = "DB",
    .summary = "one screen: process, Python, threads, memory, counts, anomalies",
    .options = {exu_options_output, exu_options_core, exu_options_common},
    .least = 1,
    .most = 1,
    .run = run,
};
