#include "load/circumstances.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static struct exu_cell of_limit(const struct exu_limit *limit)
{
    return limit->kind == EXU_LIMIT_NONE    ? exu_cell_text("max")
           : limit->kind == EXU_LIMIT_BYTES ? exu_cell_integer((int64_t)limit->bytes)
                                            : exu_cell_null();
}

/* What is found counts; what was said is all that is left where nothing can be found. */
static const char *agreed(struct exu_anomalies *anomalies, const char *what, const char *found, const char *said)
{
    if (found && said && strcmp(found, said) != 0)
        exu_anomaly_add(anomalies, 0, "version-note", "the dump calls its %s '%.200s'; its memory says '%s', which counts", what, said, found);
    return found ? found : said;
}

void exu_circumstances_compare(struct exu_process *process)
{
    const struct exu_versions *found = &process->core->versions, *said = &process->core->said;
    process->c_library = agreed(&process->anomalies, "C library", found->c_library, said->c_library);
    process->malloc_version = agreed(&process->anomalies, "malloc", found->malloc, said->malloc);
    agreed(&process->anomalies, "Python", process->python->version, said->python);
}

/* As 'systemd_hostname', and the time in words. */
static struct exu_error *write_coredump(const struct exu_coredump *c, struct exu_store *store)
{
    char key[64], text[32];
    uint64_t number;
    for (unsigned i = 0; i < EXU_COREDUMP_FACTS; i++) {
        if (!c->texts[i])
            continue;
        snprintf(key, sizeof key, "systemd_%s", exu_coredump_fact_name((enum exu_coredump_fact)i));
        bool is_number = exu_coredump_number(c, (enum exu_coredump_fact)i, &number);
        EXU_TRY(EXU_ROW(store, EXU_TABLE_META, exu_cell_text(key),
                        is_number ? exu_cell_integer((int64_t)number) : exu_cell_text(c->texts[i])));
    }
    struct tm utc;
    time_t seconds = exu_coredump_number(c, EXU_COREDUMP_TIMESTAMP, &number) ? (time_t)(number / 1000000) : 0;
    if (!seconds || !gmtime_r(&seconds, &utc) || !strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", &utc))
        return NULL;
    return EXU_ROW(store, EXU_TABLE_META, exu_cell_text("systemd_time"), exu_cell_text(text));
}

struct exu_error *exu_circumstances_write(const struct exu_process *process, struct exu_store *store)
{
    const struct exu_account *a = &process->core->account;
    const struct {
        const char *key;
        struct exu_cell value;
    } rows[] = {
        {"resident_bytes", a->has_resident ? exu_cell_integer((int64_t)a->resident) : exu_cell_null()},
        {"swapped_bytes", a->has_resident ? exu_cell_integer((int64_t)a->swapped) : exu_cell_null()},
        {"resident_peak_bytes", exu_cell_id(a->peak_resident)},
        {"namespace_pid", exu_cell_id(a->namespace_pid)},
        {"c_library", exu_cell_text(process->c_library)},
        {"c_allocator_version", exu_cell_text(process->malloc_version)},
        {"cgroup", exu_cell_text(a->group)},
        {"cgroup_memory_max", of_limit(&a->max)},
        {"cgroup_memory_high", of_limit(&a->high)},
        {"cgroup_memory_current", of_limit(&a->current)},
        {"cgroup_memory_peak", of_limit(&a->peak)},
        {"cgroup_swap_max", of_limit(&a->swap_max)},
        {"cgroup_swap_current", of_limit(&a->swap_current)},
    };
    for (size_t i = 0; i < EXU_COUNT(rows); i++)
        if (rows[i].value.kind != EXU_CELL_NULL)
            EXU_TRY(EXU_ROW(store, EXU_TABLE_META, exu_cell_text(rows[i].key), rows[i].value));
    return write_coredump(&process->core->coredump, store);
}
