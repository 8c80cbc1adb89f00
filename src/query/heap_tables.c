/* path_to_root, referrers, retained_set, dominated: walks over a column of table object or over the references, a row at
 * a time. Ids, parents and dominators come from a file: each walk is bounded by the number of objects, also where they
 * go in circles. */
#include "query/functions_private.h"
#include "query/steps.h"

#include "base/vec.h"

#include <stdlib.h>

/* ---- sets of ids ---- */

struct marks {
    uint8_t *bits;
    uint32_t most;
};

static struct exu_error *marks_init(struct marks *m, const struct exu_database *db)
{
    EXU_TRY(exu_database_objects(db, &m->most));
    m->bits = calloc((size_t)m->most / 8 + 1, 1);
    return m->bits ? NULL : exu_error_memory();
}

/* True the first time. */
static bool mark(struct marks *m, uint32_t id)
{
    uint8_t bit = (uint8_t)(1u << id % 8);
    if (!id || id > m->most || m->bits[id / 8] & bit)
        return false;
    m->bits[id / 8] |= bit;
    return true;
}

/* Ids that are yet to be opened, first in, first out. */
struct entry {
    uint32_t id, depth;
};

struct queue {
    exu_vec(struct entry) items;
    size_t first;
};

static bool queue_put(struct queue *q, uint32_t id, uint32_t depth)
{
    /* What was taken makes room when it is more than half. */
    if (q->first > 4096 && q->first > q->items.len / 2) {
        for (size_t i = q->first; i < q->items.len; i++)
            q->items.items[i - q->first] = q->items.items[i];
        q->items.len -= q->first;
        q->first = 0;
    }
    return exu_vec_push(&q->items, (struct entry){id, depth});
}

static bool queue_take(struct queue *q, struct entry *ret)
{
    if (q->first == q->items.len)
        return false;
    *ret = q->items.items[q->first++];
    return true;
}

static void ask_about(sqlite3_stmt *statement, uint32_t id)
{
    sqlite3_reset(statement);
    sqlite3_bind_int64(statement, 1, id);
}

/* ---- path_to_root ---- */

struct path {
    uint32_t *ids; /* the object first, the root last */
    size_t count;
    size_t next;           /* the row shown is the one before */
    struct exu_root root;
    bool has_link;
    struct exu_link link; /* by which the row's object holds the one before */
};

enum { PATH_STEP, PATH_OBJECT, PATH_KIND, PATH_NAME, PATH_POSITION, PATH_LABEL, PATH_TYPE, PATH_SUMMARY, PATH_ROOT,
       PATH_ROOT_ID, PATH_COLUMNS };

static struct exu_error *path_begin(struct exu_functions *f, void *state, sqlite3_value **values)
{
    struct path *p = state;
    uint32_t id;
    EXU_TRY(exu_argument_id(values[0], "path_to_root", &id));
    EXU_TRY(exu_path_ids(f->db, id, &p->ids, &p->count));
    if (p->count && !exu_describe_root_of(f->describer, p->ids[p->count - 1], &p->root))
        p->count = 0;
    return NULL;
}

static bool path_next(struct exu_functions *f, void *state, struct exu_error **error)
{
    struct path *p = state;
    (void)f, (void)error;
    if (p->next == p->count)
        return false;
    exu_link_deinit(&p->link);
    p->has_link = false;
    p->next++;
    return true;
}

/* The link of the row, looked up when a column first asks for it. */
static const struct exu_link *path_link(struct exu_functions *f, struct path *p)
{
    size_t row = p->next - 1;
    if (!row)
        return NULL;
    if (!p->has_link && !exu_describe_link_between(f->describer, p->ids[row], p->ids[row - 1], &p->link))
        p->link = (struct exu_link){.kind = "native"};
    p->has_link = true;
    return &p->link;
}

static struct exu_error *path_label(struct exu_functions *f, sqlite3_context *context, const struct exu_link *link)
{
    struct exu_text label = {0};
    exu_describe_label(f->describer, link, false, &label);
    return exu_scalar_text(context, &label);
}

static struct exu_error *path_column(struct exu_functions *f, void *state, int column, sqlite3_context *context)
{
    struct path *p = state;
    const struct exu_link *link;
    struct exu_text root = {0};
    size_t row = p->next - 1;
    bool last = p->next == p->count;
    switch (column) {
    case PATH_STEP:
        sqlite3_result_int64(context, (sqlite3_int64)row);
        break;
    case PATH_OBJECT:
        sqlite3_result_int64(context, p->ids[row]);
        break;
    case PATH_KIND:
        if ((link = path_link(f, p)))
            exu_result_string(context, link->kind);
        break;
    case PATH_NAME:
        if ((link = path_link(f, p)))
            exu_result_string(context, link->name);
        break;
    case PATH_POSITION:
        if ((link = path_link(f, p)) && link->has_position)
            sqlite3_result_int64(context, link->position);
        break;
    case PATH_LABEL:
        return (link = path_link(f, p)) ? path_label(f, context, link) : NULL;
    case PATH_TYPE:
        return exu_result_type(f, context, p->ids[row]);
    case PATH_SUMMARY:
        return exu_result_summary(f, context, p->ids[row]);
    case PATH_ROOT:
        if (!last)
            break;
        exu_describe_root(f->describer, &p->root, &root);
        return exu_scalar_text(context, &root);
    case PATH_ROOT_ID:
        if (last)
            sqlite3_result_int64(context, p->root.id);
        break;
    }
    return NULL;
}

static void path_end(void *state)
{
    struct path *p = state;
    free(p->ids);
    exu_link_deinit(&p->link);
}

const struct exu_sql_table exu_table_path_to_root = {
    .name = "path_to_root",
    .usage = "path_to_root(id)",
    .summary = "a shortest way from the object up to a root; the last row names that",
    .columns = "step, object_id, kind, name, position, label, type, summary, root, root_id",
    .arguments = "id HIDDEN",
    .column_count = PATH_COLUMNS,
    .argument_count = 1,
    .required = 1,
    .size = sizeof(struct path),
    .begin = path_begin,
    .next = path_next,
    .column = path_column,
    .end = path_end,
};

/* ---- referrers ---- */

struct referrers {
    struct marks opened;
    struct queue queue;
    struct entry now; /* whose referrers the statement has */
    sqlite3_stmt *statement;
    uint64_t levels;
    uint32_t referrer;
    bool asked;
};

enum { REF_DEPTH, REF_REFERRER, REF_REFERENT, REF_ORDINAL, REF_KIND, REF_NAME, REF_POSITION, REF_CONFIDENCE, REF_TYPE,
       REF_SUMMARY, REF_COLUMNS };

static struct exu_error *referrers_begin(struct exu_functions *f, void *state, sqlite3_value **values)
{
    struct referrers *r = state;
    uint32_t id;
    EXU_TRY(exu_argument_id(values[0], "referrers", &id));
    EXU_TRY(exu_argument_count(values[1], "referrers: the depth", 1, &r->levels));
    EXU_TRY(marks_init(&r->opened, f->db));
    /* Columns as those of the table, from the second on. */
    EXU_TRY(exu_database_prepare(f->db,
                                 "SELECT referrer_id, referent_id, ordinal, kind, name, position, confidence "
                                 "FROM reference WHERE referent_id = ?1",
                                 &r->statement));
    if (r->levels && mark(&r->opened, id) && !queue_put(&r->queue, id, 0))
        return exu_error_memory();
    return NULL;
}

static bool referrers_next(struct exu_functions *f, void *state, struct exu_error **error)
{
    struct referrers *r = state;
    for (;;) {
        if (r->asked && exu_database_step(f->db, r->statement, error))
            break;
        if (*error || !queue_take(&r->queue, &r->now))
            return false;
        ask_about(r->statement, r->now.id);
        r->asked = true;
    }
    r->referrer = exu_column_id(r->statement, 0, r->opened.most);
    /* Each is opened once, where it is nearest. */
    if (r->now.depth + UINT64_C(1) < r->levels && mark(&r->opened, r->referrer) &&
        !queue_put(&r->queue, r->referrer, r->now.depth + 1)) {
        *error = exu_error_memory();
        return false;
    }
    return true;
}

static struct exu_error *referrers_column(struct exu_functions *f, void *state, int column, sqlite3_context *context)
{
    struct referrers *r = state;
    switch (column) {
    case REF_DEPTH:
        sqlite3_result_int64(context, (sqlite3_int64)r->now.depth + 1);
        return NULL;
    case REF_TYPE:
        return exu_result_type(f, context, r->referrer);
    case REF_SUMMARY:
        return exu_result_summary(f, context, r->referrer);
    default:
        sqlite3_result_value(context, sqlite3_column_value(r->statement, column - REF_REFERRER));
        return NULL;
    }
}

static void referrers_end(void *state)
{
    struct referrers *r = state;
    sqlite3_finalize(r->statement);
    exu_vec_free(&r->queue.items);
    free(r->opened.bits);
}

const struct exu_sql_table exu_table_referrers = {
    .name = "referrers",
    .usage = "referrers(id [, depth])",
    .summary = "who refers to it, and who refers to those, down to `depth` (1 if not given), the nearest first",
    .columns = "depth, referrer_id, referent_id, ordinal, kind, name, position, confidence, type, summary",
    .arguments = "id HIDDEN, levels HIDDEN",
    .column_count = REF_COLUMNS,
    .argument_count = 2,
    .required = 1,
    .size = sizeof(struct referrers),
    .begin = referrers_begin,
    .next = referrers_next,
    .column = referrers_column,
    .end = referrers_end,
};

/* ---- retained_set ---- */

struct retained {
    struct marks seen;
    struct queue queue;
    struct entry opened; /* whose children the statement has */
    struct entry row;
    sqlite3_stmt *statement;
    bool asked;
};

enum { SET_OBJECT, SET_DEPTH, SET_DOMINATOR, SET_COLUMNS };

static struct exu_error *retained_begin(struct exu_functions *f, void *state, sqlite3_value **values)
{
    struct retained *r = state;
    sqlite3_stmt *statement;
    struct exu_error *error = NULL;
    uint32_t id;
    EXU_TRY(exu_argument_id(values[0], "retained_set", &id));
    EXU_TRY(marks_init(&r->seen, f->db));
    /* What is unreachable is in no tree. */
    EXU_TRY(exu_database_prepare(f->db, "SELECT id FROM object WHERE id = ?1 AND retained_count IS NOT NULL",
                                 &statement));
    ask_about(statement, id);
    if (exu_database_step(f->db, statement, &error) && mark(&r->seen, id))
        r->row.id = id;
    sqlite3_finalize(statement);
    if (error)
        return error;
    /* The index has both columns: what dominates nothing is not looked up again. */
    return exu_database_prepare(f->db, "SELECT id, retained_count <> 1 FROM object WHERE dominator_id = ?1",
                                &r->statement);
}

static bool retained_next(struct exu_functions *f, void *state, struct exu_error **error)
{
    struct retained *r = state;
    if (!r->asked) {
        r->asked = true;
        r->opened = r->row;
        ask_about(r->statement, r->row.id);
        return r->row.id != 0;
    }
    for (;;) {
        while (exu_database_step(f->db, r->statement, error)) {
            uint32_t id = exu_column_id(r->statement, 0, r->seen.most);
            if (!mark(&r->seen, id))
                continue;
            r->row = (struct entry){id, r->opened.depth + 1};
            if (!sqlite3_column_int(r->statement, 1) || queue_put(&r->queue, id, r->row.depth))
                return true;
            *error = exu_error_memory();
            return false;
        }
        if (*error || !queue_take(&r->queue, &r->opened))
            return false;
        ask_about(r->statement, r->opened.id);
    }
}

static struct exu_error *retained_column(struct exu_functions *f, void *state, int column, sqlite3_context *context)
{
    struct retained *r = state;
    (void)f;
    switch (column) {
    case SET_OBJECT:
        sqlite3_result_int64(context, r->row.id);
        break;
    case SET_DEPTH:
        sqlite3_result_int64(context, r->row.depth);
        break;
    case SET_DOMINATOR:
        if (r->row.depth)
            sqlite3_result_int64(context, r->opened.id);
        break;
    }
    return NULL;
}

static void retained_end(void *state)
{
    struct retained *r = state;
    sqlite3_finalize(r->statement);
    exu_vec_free(&r->queue.items);
    free(r->seen.bits);
}

const struct exu_sql_table exu_table_retained_set = {
    .name = "retained_set",
    .usage = "retained_set(id)",
    .summary = "all objects that would go with it, itself first; of an unreachable one nothing",
    .columns = "object_id, depth, dominator_id",
    .arguments = "id HIDDEN",
    .column_count = SET_COLUMNS,
    .argument_count = 1,
    .required = 1,
    .size = sizeof(struct retained),
    .begin = retained_begin,
    .next = retained_next,
    .column = retained_column,
    .end = retained_end,
};

/* ---- dominated ---- */

struct dominated {
    sqlite3_stmt *statement;
};

enum { DOM_OBJECT, DOM_RETAINED, DOM_COUNT, DOM_TYPE, DOM_SUMMARY, DOM_COLUMNS };

static struct exu_error *dominated_begin(struct exu_functions *f, void *state, sqlite3_value **values)
{
    struct dominated *d = state;
    uint32_t id;
    EXU_TRY(exu_argument_id(values[0], "dominated", &id));
    EXU_TRY(exu_database_prepare(f->db,
                                 "SELECT id, retained_size, retained_count FROM object WHERE dominator_id = ?1 "
                                 "ORDER BY retained_size DESC, id",
                                 &d->statement));
    ask_about(d->statement, id);
    return NULL;
}

static bool dominated_next(struct exu_functions *f, void *state, struct exu_error **error)
{
    struct dominated *d = state;
    return exu_database_step(f->db, d->statement, error);
}

static struct exu_error *dominated_column(struct exu_functions *f, void *state, int column, sqlite3_context *context)
{
    struct dominated *d = state;
    uint32_t id = exu_column_id(d->statement, 0, UINT32_MAX);
    if (column == DOM_TYPE)
        return exu_result_type(f, context, id);
    if (column == DOM_SUMMARY)
        return exu_result_summary(f, context, id);
    sqlite3_result_value(context, sqlite3_column_value(d->statement, column));
    return NULL;
}

static void dominated_end(void *state)
{
    struct dominated *d = state;
    sqlite3_finalize(d->statement);
}

const struct exu_sql_table exu_table_dominated = {
    .name = "dominated",
    .usage = "dominated(id)",
    .summary = "the objects that it dominates immediately, those that retain most first",
    .columns = "object_id, retained_size, retained_count, type, summary",
    .arguments = "id HIDDEN",
    .column_count = DOM_COLUMNS,
    .argument_count = 1,
    .required = 1,
    .size = sizeof(struct dominated),
    .begin = dominated_begin,
    .next = dominated_next,
    .column = dominated_column,
    .end = dominated_end,
};
