#include "query/functions.h"
#include "query/summary.h"

#include <stdlib.h>
#include <string.h>

/* Steps of a path that are written, those nearest to the object. */
#define PATH_STEPS 24

struct exu_functions {
    const struct exu_database *db;
    struct exu_describer *describer;
};

static void size_function(sqlite3_context *context, int count, sqlite3_value **values)
{
    char text[EXU_SIZE_TEXT];
    sqlite3_int64 bytes = sqlite3_value_int64(values[0]);
    (void)count;
    sqlite3_result_text(context, exu_size_text(bytes < 0 ? 0 : (uint64_t)bytes, text), -1, SQLITE_TRANSIENT);
}

static uint32_t id_of(sqlite3_value *value)
{
    sqlite3_int64 id = sqlite3_value_int64(value);
    return id > 0 && id <= UINT32_MAX ? (uint32_t)id : 0;
}

static void give(sqlite3_context *context, struct exu_text *text)
{
    if (text->failed)
        sqlite3_result_error_nomem(context);
    else
        sqlite3_result_text(context, text->data ? text->data : "", (int)text->len, SQLITE_TRANSIENT);
    exu_text_deinit(text);
}

static void what_function(sqlite3_context *context, int count, sqlite3_value **values)
{
    struct exu_text text = {0};
    (void)count;
    exu_describe_object(sqlite3_user_data(context), id_of(values[0]), &text);
    give(context, &text);
}

static void type_name_function(sqlite3_context *context, int count, sqlite3_value **values)
{
    struct exu_text text = {0};
    (void)count;
    exu_describe_type_of(sqlite3_user_data(context), id_of(values[0]), &text);
    give(context, &text);
}

static uint32_t parent_of(sqlite3 *sqlite, uint32_t id)
{
    sqlite3_stmt *statement = NULL;
    uint32_t parent = 0;
    if (sqlite3_prepare_v2(sqlite, "SELECT parent_id FROM object WHERE id = ?1", -1, &statement, NULL) ==
        SQLITE_OK) {
        sqlite3_bind_int64(statement, 1, id);
        if (sqlite3_step(statement) == SQLITE_ROW)
            parent = exu_column_id(statement, 0, UINT32_MAX);
    }
    sqlite3_finalize(statement);
    return parent;
}

static void add_step(struct exu_describer *d, uint32_t from, uint32_t to, bool *namespace,
                     struct exu_text *text)
{
    struct exu_link link;
    if (!exu_describe_link_between(d, from, to, &link)) {
        exu_text_puts(text, " -> ?");
        return;
    }
    /* `.__dict__['x']` is `.x` */
    if (!exu_link_is_namespace(&link)) {
        if (strncmp(link.kind, "local", 5) == 0)
            exu_text_puts(text, ", ");
        if (*namespace && link.name)
            exu_text_printf(text, ".%s", link.name);
        else
            exu_describe_label(d, &link, false, text);
    }
    *namespace = exu_link_is_namespace(&link);
    exu_link_deinit(&link);
}

/* module worker: .log.handlers[0].last_record.exc_info[2] */
static void path_function(sqlite3_context *context, int count, sqlite3_value **values)
{
    struct exu_describer *d = sqlite3_user_data(context);
    uint32_t way[PATH_STEPS], id = id_of(values[0]);
    size_t steps = 0;
    bool namespace = false;
    struct exu_text text = {0};
    (void)count;
    if (!id)
        return; /* NULL */
    while (id && steps < PATH_STEPS) {
        way[steps++] = id;
        id = parent_of(sqlite3_context_db_handle(context), id);
    }
    struct exu_root root;
    if (id)
        exu_text_puts(&text, "...");
    else if (steps && exu_describe_root_of(d, way[steps - 1], &root))
        exu_describe_root(d, &root, &text);
    if (steps > 1)
        exu_text_puts(&text, ": ");
    for (size_t i = steps; i-- > 1;)
        add_step(d, way[i], way[i - 1], &namespace, &text);
    give(context, &text);
}

static const struct {
    const char *name;
    void (*function)(sqlite3_context *context, int count, sqlite3_value **values);
} functions[] = {{"size", size_function}, {"what", what_function}, {"path", path_function},
               {"type_name", type_name_function}};

struct exu_error *exu_functions_open(struct exu_functions **ret, const struct exu_database *db)
{
    struct exu_functions *f = calloc(1, sizeof *f);
    if (!f)
        return exu_error_memory();
    f->db = db;
    struct exu_error *error = exu_describer_create(&f->describer, db);
    for (size_t i = 0; !error && i < EXU_COUNT(functions); i++)
        if (sqlite3_create_function(db->sqlite, functions[i].name, 1, SQLITE_UTF8 | SQLITE_DIRECTONLY,
                                    f->describer, functions[i].function, NULL, NULL) != SQLITE_OK)
            error = exu_database_error(db);
    if (error) {
        exu_functions_close(f);
        return error;
    }
    *ret = f;
    return NULL;
}

void exu_functions_close(struct exu_functions *f)
{
    if (!f)
        return;
    for (size_t i = 0; i < EXU_COUNT(functions); i++)
        sqlite3_create_function(f->db->sqlite, functions[i].name, 1, SQLITE_UTF8, NULL, NULL, NULL, NULL);
    exu_describer_destroy(f->describer);
    free(f);
}
