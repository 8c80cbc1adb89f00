#include "query/growth.h"

#include "base/addrmap.h"
#include "base/text.h"
#include "query/chains.h"
#include "query/intern.h"
#include "query/queries.h"

#include <stdlib.h>
#include <string.h>

#define NO_ROW UINT32_MAX

/* ---- rows ---- */

static int64_t difference(uint64_t after, uint64_t before)
{
    uint64_t most = INT64_MAX;
    return after >= before ? (int64_t)exu_min(after - before, most) : -(int64_t)exu_min(before - after, most);
}

/* An interval counts when it has a tenth of the largest: a cache that is full may still change a little. */
static const char *trend(const struct exu_growth_row *row, size_t dumps)
{
    int64_t largest = 0;
    for (size_t i = 1; i < dumps; i++) {
        int64_t grown = difference(row->at[i].bytes, row->at[i - 1].bytes);
        largest = grown > largest ? grown : largest;
    }
    size_t growing = 0;
    bool last = false;
    for (size_t i = 1; i < dumps; i++) {
        last = difference(row->at[i].bytes, row->at[i - 1].bytes) > largest / 10;
        growing += last;
    }
    if (dumps == 2)
        return "grew";
    return growing == dumps - 1 ? "grows" : last ? "grows late" : "filled once";
}

static void finish_row(struct exu_growth_row *row, size_t dumps)
{
    row->growth = difference(row->at[dumps - 1].bytes, row->at[0].bytes);
    row->last = difference(row->at[dumps - 1].bytes, row->at[dumps - 2].bytes);
    row->is_new = row->at[0].objects == 0;
    row->trend = trend(row, dumps);
}

static int by_importance(const void *a, const void *b)
{
    const struct exu_growth_row *x = a, *y = b;
    if (x->last != y->last)
        return x->last > y->last ? -1 : 1;
    if (x->growth != y->growth)
        return x->growth > y->growth ? -1 : 1;
    if (x->fingerprint != y->fingerprint)
        return x->fingerprint < y->fingerprint ? -1 : 1;
    return x->name && y->name ? strcmp(x->name, y->name) : 0;
}

/* Keeps what grew, in order. */
static void select_rows(struct exu_growth_rows *rows, size_t dumps, uint64_t limit)
{
    size_t kept = 0;
    for (size_t i = 0; i < rows->items.len; i++) {
        struct exu_growth_row row = rows->items.items[i];
        finish_row(&row, dumps);
        if (row.growth > 0)
            rows->items.items[kept++] = row;
    }
    rows->items.len = rows->total = kept;
    if (kept)
        qsort(rows->items.items, kept, sizeof *rows->items.items, by_importance);
    if (limit && kept > limit)
        rows->items.len = (size_t)limit;
}

/* ---- types and modules: by name ---- */

static uint64_t column(sqlite3_stmt *statement, int at)
{
    int64_t value = sqlite3_column_int64(statement, at);
    return value > 0 ? (uint64_t)value : 0;
}

static bool add_named(struct exu_growth *g, struct exu_growth_rows *rows, struct exu_intern *names, size_t dump,
                      sqlite3_stmt *statement)
{
    const char *text = exu_column_text(statement, 0);
    uint32_t number = exu_intern(names, text);
    if (!number)
        return false;
    if (number > rows->items.len) {
        struct exu_growth_row row = {.name = exu_bump_strdup(&g->bump, text)};
        if (!row.name || !exu_vec_push(&rows->items, row))
            return false;
    }
    struct exu_growth_value *at = &rows->items.items[number - 1].at[dump];
    at->objects += column(statement, 1);
    at->bytes += column(statement, 2);
    at->shallow += column(statement, 3);
    at->retained += column(statement, 4);
    return true;
}

static struct exu_error *find_named(struct exu_growth *g, struct exu_growth_rows *rows, struct exu_database *const *dbs,
                                    const char *sql)
{
    struct exu_intern names = {0};
    struct exu_error *error = NULL;
    for (size_t i = 0; i < g->dumps && !error; i++) {
        sqlite3_stmt *statement;
        error = exu_database_prepare(dbs[i], sql, &statement);
        if (error)
            break;
        while (!error && exu_database_step(dbs[i], statement, &error))
            if (!add_named(g, rows, &names, i, statement))
                error = exu_error_memory();
        sqlite3_finalize(statement);
    }
    exu_intern_deinit(&names);
    return error;
}

/* ---- chains: by fingerprint ---- */

struct sums {
    struct exu_growth_value at[EXU_GROWTH_MOST];
    uint32_t shape; /* of the last dump; NO_ROW: not in it */
    uint32_t head;  /* the row in which it is counted; NO_ROW: in none */
    uint64_t fingerprint;
};

struct chains {
    exu_vec(struct sums) rows;
    struct exu_addrmap by_fingerprint;
    exu_vec(uint32_t) row_of; /* by shape of the last dump */
};

static struct exu_error *add_dump(struct chains *c, const struct exu_chain_search *search, size_t dump, bool last)
{
    for (size_t i = 0; i < exu_chain_search_count(search); i++) {
        struct exu_chain_sum sum = exu_chain_search_sum(search, i);
        uint64_t key = sum.fingerprint ? sum.fingerprint : 1; /* 0 is no key */
        uint32_t row = exu_addrmap_get(&c->by_fingerprint, key);
        if (row == EXU_ADDRMAP_NONE) {
            struct sums fresh = {.shape = NO_ROW, .head = NO_ROW, .fingerprint = sum.fingerprint};
            row = (uint32_t)c->rows.len;
            if (row >= NO_ROW - 1 || !exu_vec_push(&c->rows, fresh) || !exu_addrmap_put(&c->by_fingerprint, key, row))
                return exu_error_memory();
        }
        struct sums *s = &c->rows.items[row];
        s->at[dump].objects += sum.objects;
        s->at[dump].bytes += sum.bytes;
        if (last && s->shape == NO_ROW)
            s->shape = (uint32_t)i;
        if (last && !exu_vec_push(&c->row_of, row))
            return exu_error_memory();
    }
    return NULL;
}

/* Does the growth of `head` explain that of what hangs below it? Twice as many for each is still the same. */
static bool explains(const struct sums *head, const struct sums *below, size_t dumps)
{
    double more = (double)difference(below->at[dumps - 1].objects, below->at[0].objects);
    double above = (double)difference(head->at[dumps - 1].objects, head->at[0].objects);
    double each = (double)below->at[dumps - 1].objects / (double)exu_max(head->at[dumps - 1].objects, 1);
    return more <= 2 * above * each;
}

/* Who counts for what hangs below: the outermost step whose objects became more. */
static void find_heads(struct chains *c, const struct exu_chain_search *search, size_t dumps)
{
    for (size_t i = 0; i < c->row_of.len; i++) {
        struct sums *s = &c->rows.items[c->row_of.items[i]];
        if (s->shape != i)
            continue;
        uint32_t parent = exu_chain_search_sum(search, i).parent;
        uint32_t above = parent < i ? c->rows.items[c->row_of.items[parent]].head : NO_ROW;
        bool grew = s->at[dumps - 1].objects > s->at[0].objects;
        if (above != NO_ROW && (!grew || explains(&c->rows.items[above], s, dumps)))
            s->head = above;
        else if (grew)
            s->head = c->row_of.items[i];
    }
}

/* 'module app: .cache[*]' */
static const char *way(struct exu_growth *g, const struct exu_chain *chain)
{
    struct exu_text text = {0};
    bool namespace = false;
    exu_text_puts(&text, chain->root.kind ? chain->root.text : "?");
    for (size_t i = 1; i < chain->steps.items.len; i++) {
        const struct exu_step *step = &chain->steps.items.items[i];
        const struct exu_step *next = i + 1 < chain->steps.items.len ? step + 1 : NULL;
        if (i == 1)
            exu_text_puts(&text, ": ");
        bool skipped = step->namespace && next && next->label && next->label[0] == '.';
        if (!skipped && step->label) {
            bool key = step->kind && (strcmp(step->kind, "value") == 0 || strcmp(step->kind, "key") == 0);
            if (step->label[0] != '.' && step->label[0] != '[' && i > 1)
                exu_text_puts(&text, ", ");
            exu_text_puts(&text, key && !namespace && step->many ? strcmp(step->kind, "key") == 0 ? "key [*]" : "[*]"
                                                                 : step->label);
        }
        namespace = step->namespace;
    }
    const char *kept = text.failed ? NULL : exu_bump_strdup(&g->bump, text.data ? text.data : "");
    exu_text_deinit(&text);
    return kept;
}

static struct exu_error *describe(struct exu_growth *g, const struct chains *c, const struct exu_chain_search *search)
{
    struct exu_growth_row *row;
    exu_vec_each (row, &g->chains.items) {
        struct exu_chains one = {0};
        uint64_t key = row->fingerprint ? row->fingerprint : 1;
        uint32_t at = exu_addrmap_get(&c->by_fingerprint, key);
        struct exu_error *error = exu_chain_search_build(search, c->rows.items[at].shape, &one);
        if (!error) {
            const struct exu_chain *chain = &one.items.items[0];
            const char *type = chain->steps.items.items[chain->steps.items.len - 1].type;
            row->name = way(g, chain);
            row->type = type ? exu_bump_strdup(&g->bump, type) : NULL;
            if (!row->name)
                error = exu_error_memory();
        }
        exu_chains_deinit(&one);
        EXU_TRY(error);
    }
    return NULL;
}

static struct exu_error *sum_heads(struct exu_growth *g, const struct chains *c, uint64_t limit)
{
    exu_vec(uint32_t) place = {0}; /* row -> index into chains + 1 */
    if (!exu_vec_reserve(&place, c->rows.len + 1))
        return exu_error_memory();
    memset(place.items, 0, (c->rows.len + 1) * sizeof *place.items);
    struct exu_error *error = NULL;
    for (uint32_t i = 0; i < c->rows.len && !error; i++) {
        const struct sums *s = &c->rows.items[i];
        if (s->shape == NO_ROW)
            continue;
        uint32_t head = s->head == NO_ROW ? i : s->head; /* the same objects, bigger: a list itself */
        if (!place.items[head]) {
            struct exu_growth_row row = {.fingerprint = c->rows.items[head].fingerprint};
            for (size_t d = 0; d < g->dumps; d++)
                row.at[d].objects = c->rows.items[head].at[d].objects;
            if (!exu_vec_push(&g->chains.items, row))
                error = exu_error_memory();
            place.items[head] = (uint32_t)g->chains.items.len;
        }
        for (size_t d = 0; d < g->dumps && !error; d++)
            g->chains.items.items[place.items[head] - 1].at[d].bytes += s->at[d].bytes;
    }
    exu_vec_free(&place);
    if (!error)
        select_rows(&g->chains, g->dumps, limit);
    return error;
}

static struct exu_error *find_chains(struct exu_growth *g, struct exu_database *const *dbs, uint64_t limit)
{
    struct chains c = {0};
    struct exu_error *error = NULL;
    for (size_t i = 0; i < g->dumps && !error; i++) {
        struct exu_chain_search *search = NULL;
        bool last = i + 1 == g->dumps;
        error = exu_chain_search_all(&search, dbs[i]);
        if (!error)
            error = add_dump(&c, search, i, last);
        if (!error && last) {
            find_heads(&c, search, g->dumps);
            error = sum_heads(g, &c, limit);
            if (!error)
                error = describe(g, &c, search);
        }
        exu_chain_search_destroy(search);
    }
    exu_vec_free(&c.rows);
    exu_vec_free(&c.row_of);
    exu_addrmap_deinit(&c.by_fingerprint);
    return error;
}

struct exu_error *exu_growth_find(struct exu_growth *ret, struct exu_database *const *dbs, size_t count, uint64_t limit)
{
    struct exu_growth g = {.dumps = exu_min(count, EXU_GROWTH_MOST)};
    struct exu_error *error = find_named(&g, &g.types, dbs, exu_sql_growth_types_sql);
    if (!error)
        error = find_named(&g, &g.modules, dbs, exu_sql_growth_modules_sql);
    if (!error)
        error = find_chains(&g, dbs, limit);
    if (error) {
        exu_growth_deinit(&g);
        return error;
    }
    select_rows(&g.types, g.dumps, limit);
    select_rows(&g.modules, g.dumps, limit);
    *ret = g;
    return NULL;
}

void exu_growth_deinit(struct exu_growth *growth)
{
    exu_vec_free(&growth->chains.items);
    exu_vec_free(&growth->types.items);
    exu_vec_free(&growth->modules.items);
    exu_bump_deinit(&growth->bump);
}
