#include "query/referrers.h"

#include "base/addrmap.h"
#include "query/queries.h"

#include <stdio.h>
#include <string.h>

#define MOST 1000000
#define DEEPEST 1000

struct walk {
    const struct exu_database *db;
    struct exu_describer *describer;
    struct exu_referrers *tree;
    struct exu_addrmap opened; /* object ids */
    uint64_t limit, depth;
    exu_vec(sqlite3_stmt *) stack; /* the statements of the open levels */
};

static const char *keep(struct walk *w, struct exu_text *text)
{
    const char *copy = exu_bump_strndup(&w->tree->bump, text->data ? text->data : "", text->len);
    exu_text_deinit(text);
    return copy;
}

static const char *column_kept(struct walk *w, sqlite3_stmt *row, int column)
{
    if (sqlite3_column_type(row, column) == SQLITE_NULL)
        return NULL;
    return exu_bump_strdup(&w->tree->bump, exu_column_text(row, column));
}

static struct exu_error *add(struct walk *w, sqlite3_stmt *row, uint32_t referent, bool *ret_open)
{
    struct exu_referrer r = {.depth = (uint32_t)w->stack.len,
                             .object = exu_column_id(row, 0, UINT32_MAX),
                             .referent = referent,
                             .address = sqlite3_column_int64(row, 1),
                             .type = column_kept(w, row, 2),
                             .kind = column_kept(w, row, 4),
                             .name = column_kept(w, row, 5),
                             .has_position = sqlite3_column_type(row, 6) == SQLITE_INTEGER,
                             .position = sqlite3_column_int64(row, 6),
                             .conservative = strcmp(exu_column_text(row, 7), "conservative") == 0};
    struct exu_link link;
    struct exu_text label = {0}, summary = {0};
    if (exu_describe_link(w->describer, r.object, (uint32_t)sqlite3_column_int64(row, 3), &link)) {
        exu_describe_label(w->describer, &link, false, &label);
        exu_link_deinit(&link);
    }
    exu_describe_object(w->describer, r.object, &summary);
    r.label = keep(w, &label);
    r.summary = keep(w, &summary);
    *ret_open = r.depth < w->depth && r.object && exu_addrmap_get(&w->opened, r.object) == EXU_ADDRMAP_NONE;
    r.seen = r.depth < w->depth && !*ret_open;
    if (*ret_open && !exu_addrmap_put(&w->opened, r.object, 1))
        return exu_error_memory();
    return r.label && r.summary && exu_vec_push(&w->tree->items, r) ? NULL : exu_error_memory();
}

static struct exu_error *open_level(struct walk *w, uint32_t object)
{
    sqlite3_stmt *statement;
    EXU_TRY(exu_database_prepare(w->db, exu_sql_referrers_sql, &statement));
    sqlite3_bind_int64(statement, sqlite3_bind_parameter_index(statement, ":id"), object);
    if (!exu_vec_push(&w->stack, statement)) {
        sqlite3_finalize(statement);
        return exu_error_memory();
    }
    return NULL;
}

static struct exu_error *walk(struct walk *w, uint32_t object)
{
    exu_vec(uint32_t) path = {0};
    struct exu_error *error = exu_vec_push(&path, object) ? open_level(w, object) : exu_error_memory();
    while (!error && w->stack.len) {
        sqlite3_stmt *statement = w->stack.items[w->stack.len - 1];
        if (!exu_database_step(w->db, statement, &error)) {
            sqlite3_finalize(statement);
            w->stack.len--;
            path.len--;
            continue;
        }
        if (w->tree->items.len >= w->limit) {
            w->tree->cut = true;
            break;
        }
        bool open;
        error = add(w, statement, path.items[path.len - 1], &open);
        if (!error && open) {
            uint32_t next = w->tree->items.items[w->tree->items.len - 1].object;
            error = exu_vec_push(&path, next) ? open_level(w, next) : exu_error_memory();
        }
    }
    exu_vec_free(&path);
    return error;
}

struct exu_error *exu_referrers_find(struct exu_referrers *ret, const struct exu_database *db,
                                     uint32_t object, uint64_t depth, uint64_t limit)
{
    struct exu_referrers tree = {0};
    struct exu_text summary = {0};
    struct walk w = {.db = db,
                     .tree = &tree,
                     .limit = limit && limit < MOST ? limit : MOST,
                     .depth = exu_min(depth, DEEPEST)};
    EXU_TRY(exu_describer_create(&w.describer, db));
    exu_describe_object(w.describer, object, &summary);
    tree.summary = keep(&w, &summary);
    struct exu_error *error = exu_addrmap_put(&w.opened, object, 1) ? walk(&w, object) : exu_error_memory();
    for (size_t i = 0; i < w.stack.len; i++)
        sqlite3_finalize(w.stack.items[i]);
    exu_vec_free(&w.stack);
    exu_addrmap_deinit(&w.opened);
    exu_describer_destroy(w.describer);
    if (error) {
        exu_referrers_deinit(&tree);
        return error;
    }
    *ret = tree;
    return NULL;
}

void exu_referrers_deinit(struct exu_referrers *referrers)
{
    exu_vec_free(&referrers->items);
    exu_bump_deinit(&referrers->bump);
}
