#include "query/async.h"

#include "query/queries.h"

#include <stdlib.h>

struct reader {
    const struct exu_database *db;
    struct exu_describer *describer;
    struct exu_async *async;
    sqlite3_stmt *step, *awaiters;
    uint32_t objects;
    uint8_t *shown; /* a bit an object: no chain is followed twice, and none in a circle */
};

static const char *kept(const struct reader *r, sqlite3_stmt *row, int column)
{
    return sqlite3_column_type(row, column) == SQLITE_NULL
               ? NULL
               : exu_bump_strdup(&r->async->bump, exu_column_text(row, column));
}

static const char *described(const struct reader *r, uint32_t object,
                             void (*describe)(struct exu_describer *d, uint32_t object, struct exu_text *out))
{
    struct exu_text text = {0};
    describe(r->describer, object, &text);
    const char *copy = exu_bump_strndup(&r->async->bump, text.data ? text.data : "", text.len);
    exu_text_deinit(&text);
    return copy;
}

static bool was_shown(const struct reader *r, uint32_t object)
{
    return r->shown[object / 8] >> (object % 8) & 1;
}

/* One step; what it waits for goes to `next`, 0 at the end. */
static struct exu_error *read_step(const struct reader *r, struct exu_async_chain *chain, uint32_t object,
                                   uint32_t *next)
{
    struct exu_error *error = NULL;
    struct exu_async_step step = {.object = object,
                                  .type = described(r, object, exu_describe_type_of),
                                  .summary = described(r, object, exu_describe_object),
                                  .shown_already = was_shown(r, object)};
    *next = 0;
    sqlite3_reset(r->step);
    sqlite3_bind_int64(r->step, sqlite3_bind_parameter_index(r->step, ":id"), object);
    if (exu_database_step(r->db, r->step, &error)) {
        step.state = kept(r, r->step, 0);
        *next = exu_column_id(r->step, 1, r->objects);
        step.function = kept(r, r->step, 2);
        step.qualname = kept(r, r->step, 3);
        step.filename = kept(r, r->step, 4);
        step.has_line = sqlite3_column_type(r->step, 5) != SQLITE_NULL;
        step.line = sqlite3_column_int64(r->step, 5);
        step.between = !step.state && *next;
        step.future = sqlite3_column_type(r->step, 6) != SQLITE_NULL;
        step.task = sqlite3_column_int(r->step, 6) != 0;
        step.task_name = kept(r, r->step, 7);
        step.future_state = kept(r, r->step, 8);
        step.shown_already &= step.state || step.between;
    }
    if (!error && !exu_vec_push(&chain->steps, step))
        error = exu_error_memory();
    if (step.shown_already)
        *next = 0;
    r->shown[object / 8] |= (uint8_t)(1u << (object % 8));
    return error;
}

static struct exu_error *read_chain(const struct reader *r, struct exu_async_chain *chain, uint32_t from,
                                    uint32_t waiter)
{
    uint32_t last = from;
    for (uint32_t object = from, next; object; object = next) {
        EXU_TRY(read_step(r, chain, object, &next));
        last = object;
    }
    /* A future in Python has no iterator of its own: the chain ends in the generator of its __await__. */
    uint32_t none;
    return waiter && waiter != last ? read_step(r, chain, waiter, &none) : NULL;
}

static struct exu_error *read_awaiters(const struct reader *r, struct exu_async_chain *chain)
{
    struct exu_error *error = NULL;
    sqlite3_reset(r->awaiters);
    sqlite3_bind_int64(r->awaiters, sqlite3_bind_parameter_index(r->awaiters, ":id"), chain->task);
    while (!error && exu_database_step(r->db, r->awaiters, &error)) {
        struct exu_async_awaiter awaiter = {.task = exu_column_id(r->awaiters, 0, r->objects),
                                            .how = kept(r, r->awaiters, 1),
                                            .name = kept(r, r->awaiters, 2)};
        if (!exu_vec_push(&chain->awaiters, awaiter))
            error = exu_error_memory();
    }
    return error;
}

static void free_chain(struct exu_async_chain *chain)
{
    exu_vec_free(&chain->awaiters);
    exu_vec_free(&chain->steps);
}

static struct exu_error *add_chain(const struct reader *r, struct exu_async_chain *chain, uint32_t from,
                                   uint32_t waiter)
{
    struct exu_error *error = chain->task ? read_awaiters(r, chain) : NULL;
    if (!error)
        error = read_chain(r, chain, from, waiter);
    if (!error && !exu_vec_push(&r->async->chains, *chain))
        error = exu_error_memory();
    if (error)
        free_chain(chain);
    return error;
}

static bool full(const struct reader *r, uint64_t limit)
{
    if (!limit || r->async->chains.len < limit)
        return false;
    r->async->more++;
    return true;
}

static struct exu_error *read_tasks(const struct reader *r, sqlite3_stmt *rows, uint64_t limit)
{
    struct exu_error *error = NULL;
    while (!error && exu_database_step(r->db, rows, &error)) {
        if (full(r, limit))
            continue;
        struct exu_async_chain chain = {
            .task = exu_column_id(rows, 0, r->objects), .name = kept(r, rows, 1), .state = kept(r, rows, 2)};
        error = add_chain(r, &chain, exu_column_id(rows, 3, r->objects), exu_column_id(rows, 4, r->objects));
    }
    return error;
}

static struct exu_error *read_suspended(const struct reader *r, sqlite3_stmt *rows, uint64_t limit)
{
    struct exu_error *error = NULL;
    while (!error && exu_database_step(r->db, rows, &error)) {
        uint32_t object = exu_column_id(rows, 0, r->objects);
        if (!object || was_shown(r, object) || full(r, limit))
            continue;
        struct exu_async_chain chain = {0};
        error = add_chain(r, &chain, object, 0);
    }
    return error;
}

struct exu_error *exu_async_find(struct exu_async *ret, const struct exu_database *db, uint64_t limit)
{
    struct exu_async async = {0};
    struct reader r = {.db = db, .async = &async};
    sqlite3_stmt *tasks = NULL, *suspended = NULL;
    struct exu_error *error = exu_database_objects(db, &r.objects);
    if (!error && !(r.shown = calloc((size_t)r.objects / 8 + 1, 1)))
        error = exu_error_memory();
    if (!error)
        error = exu_describer_create(&r.describer, db);
    if (!error)
        error = exu_database_prepare(db, exu_sql_async_tasks_sql, &tasks);
    if (!error)
        error = exu_database_prepare(db, exu_sql_async_suspended_sql, &suspended);
    if (!error)
        error = exu_database_prepare(db, exu_sql_async_step_sql, &r.step);
    if (!error)
        error = exu_database_prepare(db, exu_sql_async_awaiters_sql, &r.awaiters);
    if (!error)
        error = read_tasks(&r, tasks, limit);
    if (!error)
        error = read_suspended(&r, suspended, limit);
    sqlite3_finalize(tasks);
    sqlite3_finalize(suspended);
    sqlite3_finalize(r.step);
    sqlite3_finalize(r.awaiters);
    exu_describer_destroy(r.describer);
    free(r.shown);
    if (error) {
        exu_async_deinit(&async);
        return error;
    }
    *ret = async;
    return NULL;
}

void exu_async_deinit(struct exu_async *async)
{
    struct exu_async_chain *chain;
    exu_vec_each (chain, &async->chains)
        free_chain(chain);
    exu_vec_free(&async->chains);
    exu_bump_deinit(&async->bump);
}
