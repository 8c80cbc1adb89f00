#include "query/threads.h"

#include "query/queries.h"

#include <string.h>

struct reader {
    const struct exu_database *db;
    struct exu_describer *describer;
    struct exu_threads *threads;
    sqlite3_stmt *frames, *variables, *exceptions;
    uint32_t objects;
};

static const char *column_kept(const struct reader *r, sqlite3_stmt *row, int column)
{
    if (sqlite3_column_type(row, column) == SQLITE_NULL)
        return NULL;
    return exu_bump_strdup(&r->threads->bump, exu_column_text(row, column));
}

static const char *summary_kept(const struct reader *r, uint32_t object)
{
    struct exu_text text = {0};
    exu_describe_object(r->describer, object, &text);
    const char *copy = exu_bump_strndup(&r->threads->bump, text.data ? text.data : "", text.len);
    exu_text_deinit(&text);
    return copy;
}

static const char *type_kept(const struct reader *r, uint32_t object)
{
    struct exu_text text = {0};
    exu_describe_type_of(r->describer, object, &text);
    const char *copy = text.len ? exu_bump_strndup(&r->threads->bump, text.data, text.len) : NULL;
    exu_text_deinit(&text);
    return copy;
}

static struct exu_error *read_variables(const struct reader *r, struct exu_thread_frame *frame)
{
    struct exu_error *error = NULL;
    sqlite3_reset(r->variables);
    sqlite3_bind_int64(r->variables, sqlite3_bind_parameter_index(r->variables, ":id"), frame->id);
    while (exu_database_step(r->db, r->variables, &error)) {
        struct exu_thread_variable v = {.name = column_kept(r, r->variables, 0),
                                        .kind = column_kept(r, r->variables, 1),
                                        .object = exu_column_id(r->variables, 2, r->objects)};
        if (v.object) {
            v.summary = summary_kept(r, v.object);
            v.type = type_kept(r, v.object);
        }
        if (!exu_vec_push(&frame->variables, v))
            return exu_error_memory();
    }
    return error;
}

static struct exu_error *read_frames(const struct reader *r, struct exu_thread *thread)
{
    struct exu_error *error = NULL;
    sqlite3_reset(r->frames);
    sqlite3_bind_int64(r->frames, sqlite3_bind_parameter_index(r->frames, ":id"), thread->id);
    while (!error && exu_database_step(r->db, r->frames, &error)) {
        struct exu_thread_frame frame = {.id = sqlite3_column_int64(r->frames, 0),
                                         .depth = sqlite3_column_int64(r->frames, 1),
                                         .function = column_kept(r, r->frames, 2),
                                         .qualname = column_kept(r, r->frames, 3),
                                         .filename = column_kept(r, r->frames, 4),
                                         .has_line = sqlite3_column_type(r->frames, 5) != SQLITE_NULL,
                                         .line = sqlite3_column_int64(r->frames, 5),
                                         .object = exu_column_id(r->frames, 6, r->objects)};
        if (r->threads->locals)
            error = read_variables(r, &frame);
        if (!exu_vec_push(&thread->frames, frame)) {
            exu_vec_free(&frame.variables);
            return exu_error_memory();
        }
    }
    return error;
}

static struct exu_error *read_exception(const struct reader *r, struct exu_thread *thread)
{
    struct exu_error *error = NULL;
    sqlite3_reset(r->exceptions);
    sqlite3_bind_int64(r->exceptions, sqlite3_bind_parameter_index(r->exceptions, ":id"), thread->id);
    if (exu_database_step(r->db, r->exceptions, &error)) {
        thread->exception = exu_column_id(r->exceptions, 0, r->objects);
        if (thread->exception)
            thread->exception_summary = summary_kept(r, thread->exception);
    }
    return error;
}

static struct exu_error *read_threads(const struct reader *r, sqlite3_stmt *rows, uint64_t limit)
{
    struct exu_error *error = NULL;
    while (!error && exu_database_step(r->db, rows, &error)) {
        if (limit && r->threads->items.len >= limit) {
            r->threads->more++;
            continue;
        }
        struct exu_thread thread = {.id = sqlite3_column_int64(rows, 0),
                                    .name = column_kept(r, rows, 1),
                                    .has_native_id = sqlite3_column_type(rows, 2) != SQLITE_NULL,
                                    .native_id = sqlite3_column_int64(rows, 2),
                                    .has_ident = sqlite3_column_type(rows, 3) != SQLITE_NULL,
                                    .ident = sqlite3_column_int64(rows, 3),
                                    .holds_gil = sqlite3_column_int(rows, 4) != 0};
        if (!exu_vec_push(&r->threads->items, thread))
            return exu_error_memory();
        struct exu_thread *kept = &r->threads->items.items[r->threads->items.len - 1];
        error = read_frames(r, kept);
        if (!error)
            error = read_exception(r, kept);
    }
    return error;
}

struct exu_error *exu_threads_find(struct exu_threads *ret, const struct exu_database *db, bool locals,
                                   uint64_t limit)
{
    struct exu_threads threads = {.locals = locals};
    struct reader r = {.db = db, .threads = &threads};
    sqlite3_stmt *rows = NULL;
    struct exu_error *error = exu_database_objects(db, &r.objects);
    if (!error)
        error = exu_describer_create(&r.describer, db);
    if (!error)
        error = exu_database_prepare(db, exu_sql_threads_sql, &rows);
    if (!error)
        error = exu_database_prepare(db, exu_sql_threads_frames_sql, &r.frames);
    if (!error)
        error = exu_database_prepare(db, exu_sql_threads_variables_sql, &r.variables);
    if (!error)
        error = exu_database_prepare(db, exu_sql_threads_exceptions_sql, &r.exceptions);
    if (!error)
        error = read_threads(&r, rows, limit);
    sqlite3_finalize(rows);
    sqlite3_finalize(r.frames);
    sqlite3_finalize(r.variables);
    sqlite3_finalize(r.exceptions);
    exu_describer_destroy(r.describer);
    if (error) {
        exu_threads_deinit(&threads);
        return error;
    }
    *ret = threads;
    return NULL;
}

void exu_threads_deinit(struct exu_threads *threads)
{
    struct exu_thread *thread;
    struct exu_thread_frame *frame;
    exu_vec_each (thread, &threads->items) {
        exu_vec_each (frame, &thread->frames)
            exu_vec_free(&frame->variables);
        exu_vec_free(&thread->frames);
    }
    exu_vec_free(&threads->items);
    exu_bump_deinit(&threads->bump);
}
