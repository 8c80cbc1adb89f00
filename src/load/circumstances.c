#include "load/circumstances.h"

static struct exu_cell of_limit(const struct exu_limit *limit)
{
    return limit->kind == EXU_LIMIT_NONE    ? exu_cell_text("max")
           : limit->kind == EXU_LIMIT_BYTES ? exu_cell_integer((int64_t)limit->bytes)
                                            : exu_cell_null();
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
    return NULL;
}
