#include "query/functions_private.h"

#include <stdlib.h>
#include <string.h>

/* Steps of a path that are written, those nearest to the object. */
#define PATH_STEPS 24

static struct exu_error *size_function(struct exu_functions *f, sqlite3_context *context, int count,
                                       sqlite3_value **values)
{
    char text[EXU_SIZE_TEXT];
    sqlite3_int64 bytes = sqlite3_value_int64(values[0]);
    (void)f, (void)count;
    sqlite3_result_text(context, exu_size_text(bytes < 0 ? 0 : (uint64_t)bytes, text), -1, SQLITE_TRANSIENT);
    return NULL;
}

struct exu_error *exu_scalar_text(sqlite3_context *context, struct exu_text *text)
{
    bool failed = text->failed || text->len > INT32_MAX;
    if (!failed)
        sqlite3_result_text(context, text->data ? text->data : "", (int)text->len, SQLITE_TRANSIENT);
    exu_text_deinit(text);
    return failed ? exu_error_memory() : NULL;
}

static struct exu_error *what_function(struct exu_functions *f, sqlite3_context *context, int count,
                                       sqlite3_value **values)
{
    struct exu_text text = {0};
    uint32_t id;
    (void)count;
    EXU_TRY(exu_argument_id(values[0], "what", &id));
    if (sqlite3_value_type(values[0]) == SQLITE_NULL)
        return NULL; /* NULL */
    exu_describe_object(f->describer, id, &text);
    return exu_scalar_text(context, &text);
}

static struct exu_error *attribute_function(struct exu_functions *f, sqlite3_context *context, int count,
                                            sqlite3_value **values)
{
    uint32_t id;
    const char *name = (const char *)sqlite3_value_text(values[1]);
    (void)count;
    EXU_TRY(exu_argument_id(values[0], "attribute", &id));
    uint32_t found = id && name ? exu_describe_attribute(f->describer, id, name) : 0;
    if (found)
        sqlite3_result_int64(context, found);
    return NULL;
}

static struct exu_error *dominates_function(struct exu_functions *f, sqlite3_context *context, int count,
                                            sqlite3_value **values)
{
    uint32_t holder, id;
    (void)count;
    EXU_TRY(exu_argument_id(values[0], "dominates", &holder));
    EXU_TRY(exu_argument_id(values[1], "dominates", &id));
    sqlite3_result_int(context, holder && id && exu_describe_dominates(f->describer, holder, id));
    return NULL;
}

static struct exu_error *type_name_function(struct exu_functions *f, sqlite3_context *context, int count,
                                            sqlite3_value **values)
{
    struct exu_text text = {0};
    uint32_t id;
    (void)count;
    EXU_TRY(exu_argument_id(values[0], "type_name", &id));
    if (sqlite3_value_type(values[0]) == SQLITE_NULL)
        return NULL; /* NULL */
    exu_describe_type_of(f->describer, id, &text);
    return exu_scalar_text(context, &text);
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
        struct exu_text label = {0};
        if (*namespace && link.name) {
            exu_text_putc(&label, '.');
            exu_describe_name(d, link.name, &label);
        } else {
            exu_describe_label(d, &link, false, &label);
        }
        if (label.len && !strchr(".[+", label.data[0]) && text->len && text->data[text->len - 1] != ' ')
            exu_text_puts(text, ", "); /* a word: 'local x', 'key', 'type' */
        exu_text_add(text, label.data ? label.data : "", label.len);
        text->failed |= label.failed;
        exu_text_deinit(&label);
    }
    *namespace = exu_link_is_namespace(&link);
    exu_link_deinit(&link);
}

/* module worker: .log.handlers[0].last_record.exc_info[2] */
static struct exu_error *path_function(struct exu_functions *f, sqlite3_context *context, int count,
                                       sqlite3_value **values)
{
    struct exu_describer *d = f->describer;
    uint32_t way[PATH_STEPS], id;
    size_t steps = 0;
    bool namespace = false;
    struct exu_text text = {0};
    (void)count;
    EXU_TRY(exu_argument_id(values[0], "path", &id));
    if (!id)
        return NULL; /* NULL */
    while (id && steps < PATH_STEPS) {
        way[steps++] = id;
        id = parent_of(f->sqlite, id);
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
    return exu_scalar_text(context, &text);
}

static struct exu_error *repr_function(struct exu_functions *f, sqlite3_context *context, int count,
                                       sqlite3_value **values)
{
    struct exu_text text = {0};
    uint32_t id;
    uint64_t most;
    EXU_TRY(exu_argument_id(values[0], "py_repr", &id));
    EXU_TRY(exu_argument_count(count > 1 ? values[1] : NULL, "py_repr: how many characters", EXU_REPR_USUAL, &most));
    if (!f->repr)
        EXU_TRY(exu_repr_create(&f->repr, f->db));
    struct exu_error *error = exu_repr_write(f->repr, id, most, &text);
    if (!error && (text.len || text.failed))
        return exu_scalar_text(context, &text);
    exu_text_deinit(&text);
    return error; /* no such object: NULL */
}

const struct exu_scalar exu_scalars[] = {
    {"what", "what(id)", "the object in a line", 1, 1, false, what_function},
    {"attribute", "attribute(id, name)", "the id of what that attribute of the object holds; NULL: it has none", 2, 2, false,
     attribute_function},
    {"dominates", "dominates(a, b)", "1 when b would go with a, or is a", 2, 2, false, dominates_function},
    {"type_name", "type_name(id)", "the object's type: 'app.Session'", 1, 1, false, type_name_function},
    {"py_repr", "py_repr(id [, most])", "the object as Python's repr prints it, in at most so many characters (1000)", 1, 2,
     false, repr_function},
    {"path", "path(id)", "what holds it: its root, and the references from there on", 1, 1, false, path_function},
    {"size", "size(bytes)", "a number of bytes as people write it: '57.3 MB'", 1, 1, true, size_function},
};
const size_t exu_scalar_count = EXU_COUNT(exu_scalars);

/* ---- how SQLite calls them ---- */

struct binding {
    struct exu_functions *functions;
    const struct exu_scalar *scalar;
};

static void call(sqlite3_context *context, int count, sqlite3_value **values)
{
    struct binding *b = sqlite3_user_data(context);
    struct exu_functions *f = b->functions;
    struct exu_error *error = b->scalar->foreign ? NULL : exu_functions_ready(f);
    if (!error)
        error = b->scalar->call(f, context, count, values);
    if (f->describer)
        exu_describer_settle(f->describer);
    if (!error)
        return;
    sqlite3_result_error(context, error->message, -1);
    exu_error_free(error);
}

static void drop_binding(void *context)
{
    struct binding *b = context;
    exu_functions_drop(b->functions);
    free(b);
}

struct exu_error *exu_scalar_register(struct exu_functions *f, const struct exu_scalar *scalar)
{
    for (int count = scalar->least; count <= scalar->most; count++) {
        struct binding *b = calloc(1, sizeof *b);
        if (!b)
            return exu_error_memory();
        *b = (struct binding){f, scalar};
        f->holders++; /* even when it fails, SQLite calls the destructor */
        if (sqlite3_create_function_v2(f->sqlite, scalar->name, count, SQLITE_UTF8 | SQLITE_DIRECTONLY, b, call,
                                       NULL, NULL, drop_binding) != SQLITE_OK)
            return exu_error_new(EXU_ERROR_MACHINE, "%s: %s", scalar->name, sqlite3_errmsg(f->sqlite));
    }
    return NULL;
}
