#include "load/awaits.h"
#include "base/text.h"
#include "model/await.h"

#include <stdio.h>

#define NAME_LIMIT 1024

struct writer {
    const struct exu_process *process;
    struct exu_store *store;
    struct exu_error *error;
    uint32_t future; /* whose callbacks are visited */
};

static struct exu_error *write_awaiting(const struct exu_process *p, uint32_t id, struct exu_store *store)
{
    struct exu_object o;
    struct exu_awaiting awaiting;
    if (!exu_object_at(p->model, exu_address(p, id), &o) || !exu_await_read(&o, &awaiting))
        return NULL;
    return EXU_ROW(store, EXU_TABLE_AWAITING, exu_cell_id(id), exu_cell_text(awaiting.state),
                   exu_cell_id(exu_id(p, awaiting.awaited)));
}

/* From 3.12 on a task's name is a number until somebody asks for it (task_name in Modules/_asynciomodule.c).
 */
static struct exu_cell task_name(const struct exu_process *p, exu_addr name, char buffer[NAME_LIMIT])
{
    struct exu_object o;
    struct exu_value value;
    if (!name || !exu_object_at(p->model, name, &o))
        return exu_cell_null();
    if (exu_model_str(p->model, name, buffer, NAME_LIMIT))
        return exu_cell_text(buffer);
    struct exu_text scratch = {0};
    bool number = o.type->classes & EXU_IS_INT && exu_object_value(&o, 64, &scratch, &value) &&
                  value.kind == EXU_VALUE_TEXT;
    if (number)
        snprintf(buffer, NAME_LIMIT, "Task-%.*s", (int)exu_min(value.size, 64), value.data);
    exu_text_deinit(&scratch);
    return exu_cell_text(number ? buffer : NULL);
}

static void write_wakeup(void *context, const struct exu_wakeup *wakeup)
{
    struct writer *w = context;
    if (!w->error)
        w->error = EXU_ROW(w->store, EXU_TABLE_WAKEUP, exu_cell_id(w->future),
                           exu_cell_id(exu_id(w->process, wakeup->woken)), exu_cell_text(wakeup->how));
}

static struct exu_error *write_future(struct writer *w)
{
    const struct exu_process *p = w->process;
    struct exu_object o;
    struct exu_future future;
    char name[NAME_LIMIT];
    if (!exu_object_at(p->model, exu_address(p, w->future), &o) || !exu_future_read(&o, &future))
        return NULL;
    EXU_TRY(EXU_ROW(w->store, EXU_TABLE_FUTURE, exu_cell_id(w->future), exu_cell_integer(future.task),
                    exu_cell_text(future.state), task_name(p, future.name, name),
                    exu_cell_id(exu_id(p, future.coroutine)), exu_cell_id(exu_id(p, future.waiter))));
    exu_future_wakeups(p->model, o.address, &future, write_wakeup, w);
    return w->error;
}

struct exu_error *exu_awaits_write(const struct exu_process *process, const struct exu_facts *facts,
                                   struct exu_store *store)
{
    struct writer w = {.process = process, .store = store};
    const uint32_t *id;
    exu_vec_each (id, &facts->generators)
        EXU_TRY(write_awaiting(process, *id, store));
    exu_vec_each (id, &facts->drivers)
        EXU_TRY(write_awaiting(process, *id, store));
    exu_vec_each (id, &facts->futures) {
        w.future = *id;
        EXU_TRY(write_future(&w));
    }
    return NULL;
}
