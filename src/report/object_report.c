#include "report/object_report.h"

#include "query/preview.h"
#include "query/queries.h"
#include "query/summary.h"
#include "report/chain_report.h"

#include <string.h>

struct object_report {
    struct exu_writer *w;
    const struct exu_database *db;
    struct exu_describer *describer;
    uint32_t object;
    uint64_t rows;
};

static struct exu_error *prepare(const struct object_report *r, const char *sql, sqlite3_stmt **ret)
{
    EXU_TRY(exu_database_prepare(r->db, sql, ret));
    sqlite3_bind_int64(*ret, sqlite3_bind_parameter_index(*ret, ":id"), r->object);
    return NULL;
}

static void described(const struct object_report *r, const char *key, const char *label, sqlite3_stmt *row,
                      int column)
{
    struct exu_text text = {0};
    uint32_t id = exu_column_id(row, column, UINT32_MAX);
    if (id) {
        exu_text_printf(&text, "#%u ", id);
        exu_describe_object(r->describer, id, &text);
    }
    exu_writer_field_shown(r->w, key, label, exu_datum_column(row, column), id ? text.data : NULL);
    exu_text_deinit(&text);
}

static void facts(const struct object_report *r, sqlite3_stmt *row)
{
    static const struct {
        const char *column, *label;
        enum exu_column_kind kind;
    } plain[] = {
        {"shallow_size", "shallow size", EXU_COLUMN_SIZE},
        {"footprint", "footprint", EXU_COLUMN_SIZE},
        {"retained_size", "retained size", EXU_COLUMN_SIZE},
        {"retained_count", "retained objects", EXU_COLUMN_COUNT},
        {"length", "len()", EXU_COLUMN_COUNT},
        {"refcount", "refcount", EXU_COLUMN_COUNT},
        {"generation", "generation", EXU_COLUMN_PLAIN},
        {"reachable", "reachable", EXU_COLUMN_PLAIN},
        {"root_distance", "root distance", EXU_COLUMN_COUNT},
        {"storage", "storage", EXU_COLUMN_PLAIN},
        {"pool_address", "pool", EXU_COLUMN_ADDRESS},
        {"block_size", "block size", EXU_COLUMN_SIZE},
        {"arena_address", "arena", EXU_COLUMN_ADDRESS},
        {"chunk_address", "chunk", EXU_COLUMN_ADDRESS},
        {"chunk_size", "chunk size", EXU_COLUMN_SIZE},
    };
    struct exu_text text = {0};
    exu_writer_field(r->w, "id", "id", EXU_COLUMN_PLAIN, exu_datum_column(row, 0));
    exu_writer_field(r->w, "address", "address", EXU_COLUMN_ADDRESS, exu_datum_column(row, 1));
    exu_describe_type_of(r->describer, r->object, &text);
    exu_writer_field(r->w, "type", "type", EXU_COLUMN_PLAIN, exu_datum_text(text.len ? text.data : NULL));
    exu_text_clear(&text);
    exu_describe_object(r->describer, r->object, &text);
    exu_writer_field(r->w, "summary", "summary", EXU_COLUMN_PLAIN, exu_datum_text(text.data));
    exu_text_clear(&text);
    exu_describe_place_of(r->describer, r->object, &text);
    if (text.len)
        exu_writer_field(r->w, "place", "place", EXU_COLUMN_PLAIN, exu_datum_text(text.data));
    exu_text_deinit(&text);
    for (int c = 2; c < sqlite3_column_count(row); c++)
        for (size_t i = 0; i < EXU_COUNT(plain); i++)
            if (strcmp(plain[i].column, sqlite3_column_name(row, c)) == 0)
                exu_writer_field(r->w, plain[i].column, plain[i].label, plain[i].kind,
                                 exu_datum_column(row, c));
    described(r, "dominator_id", "dominator", row, 8);
}

static struct exu_error *content(const struct object_report *r)
{
    sqlite3_stmt *row;
    struct exu_error *error = NULL;
    EXU_TRY(prepare(r, exu_sql_show_content_sql, &row));
    if (exu_database_step(r->db, row, &error)) {
        struct exu_text text = {0};
        struct exu_datum value = exu_datum_column(row, 0);
        bool truncated = sqlite3_column_int(row, 2) != 0;
        if (value.type == EXU_DATUM_BYTES)
            exu_preview_bytes(value.text, value.size, 2000, truncated, &text);
        else if (value.type == EXU_DATUM_TEXT && sqlite3_column_type(row, 1) != SQLITE_NULL)
            exu_preview_str(value.text, value.size, 2000, truncated, &text);
        exu_writer_field_shown(r->w, "content", "content", value, text.data);
        exu_text_deinit(&text);
    }
    sqlite3_finalize(row);
    return error;
}

static const struct exu_column link_columns[] = {
    {"reference", EXU_COLUMN_PLAIN}, {"object_id", EXU_COLUMN_PLAIN}, {"address", EXU_COLUMN_ADDRESS},
    {"kind", EXU_COLUMN_PLAIN},      {"name", EXU_COLUMN_PLAIN},      {"position", EXU_COLUMN_PLAIN},
    {"type", EXU_COLUMN_PLAIN},      {"summary", EXU_COLUMN_PLAIN},
};

static void link_row(const struct object_report *r, const struct exu_link *link, uint32_t other,
                     int64_t address)
{
    struct exu_text label = {0}, type = {0}, summary = {0};
    exu_describe_label(r->describer, link, false, &label);
    exu_describe_type_of(r->describer, other, &type);
    exu_describe_object(r->describer, other, &summary);
    const struct exu_datum cells[EXU_COUNT(link_columns)] = {
        exu_datum_text(label.data),
        exu_datum_integer(other),
        address ? exu_datum_integer(address) : exu_datum_null(),
        exu_datum_text(link->kind),
        exu_datum_text(link->name),
        link->has_position ? exu_datum_integer(link->position) : exu_datum_null(),
        exu_datum_text(type.data),
        exu_datum_text(summary.data),
    };
    exu_writer_row(r->w, cells, EXU_COUNT(cells));
    exu_text_deinit(&label);
    exu_text_deinit(&type);
    exu_text_deinit(&summary);
}

/* The references of `sql`; columns 0 = the object at the other end, 1 = its address, 2 = referrer, 3 =
 * ordinal. */
static struct exu_error *links(const struct object_report *r, const char *key, const char *title,
                               const char *sql)
{
    sqlite3_stmt *row;
    struct exu_error *error = NULL;
    uint64_t shown = 0;
    bool begun = false, more = false;
    EXU_TRY(prepare(r, sql, &row));
    while (exu_database_step(r->db, row, &error)) {
        struct exu_link link;
        if (r->rows && shown == r->rows) {
            more = true;
            break;
        }
        if (!exu_describe_link(r->describer, exu_column_id(row, 2, UINT32_MAX),
                               (uint32_t)sqlite3_column_int64(row, 3), &link))
            continue;
        if (!begun)
            exu_writer_table(r->w, key, title, link_columns, EXU_COUNT(link_columns));
        begun = true;
        shown++;
        link_row(r, &link, exu_column_id(row, 0, UINT32_MAX), sqlite3_column_int64(row, 1));
        exu_link_deinit(&link);
    }
    sqlite3_finalize(row);
    if (begun)
        exu_writer_table_end(r->w);
    if (more)
        exu_writer_line(r->w, 0, EXU_STYLE_DIM, "there are more; -n 0 shows all");
    return error;
}

static struct exu_error *path(const struct object_report *r)
{
    struct exu_steps steps = {0};
    struct exu_root_line root = {0};
    struct exu_bump bump = {0};
    struct exu_error *error = exu_path_to_root(&steps, &root, r->db, r->describer, r->object, &bump);
    if (!error)
        exu_report_path(r->w, "path", "path from a root", &steps, &root);
    exu_steps_deinit(&steps);
    exu_bump_deinit(&bump);
    return error;
}

static struct exu_error *report(const struct object_report *r)
{
    sqlite3_stmt *row;
    struct exu_error *error = NULL;
    EXU_TRY(prepare(r, exu_sql_show_object_sql, &row));
    if (exu_database_step(r->db, row, &error))
        facts(r, row);
    sqlite3_finalize(row);
    if (error)
        return error;
    EXU_TRY(content(r));
    EXU_TRY(links(r, "fields", "refers to", exu_sql_show_fields_sql));
    EXU_TRY(links(r, "referrers", "referred to by", exu_sql_show_referrers_sql));
    return path(r);
}

struct exu_error *exu_report_object(struct exu_writer *w, const struct exu_database *db, uint32_t object,
                                    uint64_t rows)
{
    struct object_report r = {.w = w, .db = db, .object = object, .rows = rows};
    EXU_TRY(exu_describer_create(&r.describer, db));
    exu_writer_object(w, NULL);
    struct exu_error *error = report(&r);
    exu_writer_close(w);
    exu_describer_destroy(r.describer);
    return error;
}
