#include "report/growth_report.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { CHAINS, TYPES, MODULES };

#define COLUMNS_MOST (10 + 2 * EXU_GROWTH_MOST)

struct table {
    struct exu_column columns[COLUMNS_MOST];
    struct exu_datum cells[COLUMNS_MOST];
    size_t count;
};

static void put(struct table *t, const char *name, enum exu_column_kind kind, struct exu_datum cell)
{
    t->columns[t->count] = (struct exu_column){name, kind};
    t->cells[t->count++] = cell;
}

static int64_t grown(const struct exu_growth_row *row, size_t dumps, int which)
{
    uint64_t after = which ? row->at[dumps - 1].retained : row->at[dumps - 1].shallow;
    uint64_t before = which ? row->at[0].retained : row->at[0].shallow;
    return (int64_t)(after - before);
}

/* One row, and the columns that go with it. */
static void make(struct table *t, const struct exu_growth_row *row, size_t dumps, int kind, char *fingerprint)
{
    static const char *const objects[] = {"objects 1", "objects 2", "objects 3", "objects 4",
                                          "objects 5", "objects 6", "objects 7", "objects 8"};
    static const char *const bytes[] = {"bytes 1", "bytes 2", "bytes 3", "bytes 4",
                                        "bytes 5", "bytes 6", "bytes 7", "bytes 8"};
    t->count = 0;
    put(t, "trend", EXU_COLUMN_PLAIN, exu_datum_text(row->trend));
    put(t, "growth", EXU_COLUMN_SIZE, exu_datum_integer(row->growth));
    if (dumps > 2)
        put(t, "last growth", EXU_COLUMN_SIZE, exu_datum_integer(row->last));
    put(t, "new", EXU_COLUMN_PLAIN, row->is_new ? exu_datum_text("new") : exu_datum_null());
    if (kind == CHAINS)
        put(t, "type", EXU_COLUMN_PLAIN, exu_datum_text(row->type));
    if (kind != CHAINS)
        put(t, kind == TYPES ? "type" : "module", EXU_COLUMN_PLAIN, exu_datum_text(row->name));
    for (size_t i = 0; i < dumps; i++)
        put(t, objects[i], EXU_COLUMN_COUNT, exu_datum_integer((int64_t)row->at[i].objects));
    for (size_t i = 0; i < dumps; i++)
        put(t, bytes[i], EXU_COLUMN_SIZE, exu_datum_integer((int64_t)row->at[i].bytes));
    if (kind == TYPES) {
        put(t, "shallow growth", EXU_COLUMN_SIZE, exu_datum_integer(grown(row, dumps, 0)));
        put(t, "retained growth", EXU_COLUMN_SIZE, exu_datum_integer(grown(row, dumps, 1)));
    }
    if (kind == CHAINS) {
        snprintf(fingerprint, 17, "%016" PRIx64, row->fingerprint);
        put(t, "fingerprint", EXU_COLUMN_PLAIN, exu_datum_text(fingerprint));
        put(t, "chain", EXU_COLUMN_PLAIN, exu_datum_text(row->name));
    }
}

static void rows(struct exu_writer *w, const struct exu_growth_rows *rows, size_t dumps, int kind, const char *key,
                 const char *title)
{
    for (size_t i = 0; i < rows->items.len; i++) {
        struct table table;
        char fingerprint[17];
        make(&table, &rows->items.items[i], dumps, kind, fingerprint);
        if (i == 0)
            exu_writer_table(w, key, title, table.columns, table.count);
        exu_writer_row(w, table.cells, table.count);
    }
    if (rows->items.len)
        exu_writer_table_end(w);
    if (rows->items.len < rows->total)
        exu_writer_linef(w, 0, EXU_STYLE_DIM, "%zu more; -n 0 shows all", rows->total - rows->items.len);
}

static void dumps(struct exu_writer *w, struct exu_database *const *dbs, size_t count)
{
    static const struct exu_column columns[] = {{"dump", EXU_COLUMN_PLAIN},
                                                {"database", EXU_COLUMN_PLAIN},
                                                {"pid", EXU_COLUMN_PLAIN},
                                                {"python", EXU_COLUMN_PLAIN},
                                                {"objects", EXU_COLUMN_PLAIN},
                                                {"arguments", EXU_COLUMN_PLAIN}};
    static const char *const keys[] = {"pid", "python_version", "objects", "arguments"};
    exu_writer_table(w, "dumps", "dumps", columns, EXU_COUNT(columns));
    for (size_t i = 0; i < count; i++) {
        char texts[EXU_COUNT(keys)][256];
        const char *slash = strrchr(dbs[i]->path, '/');
        struct exu_datum cells[EXU_COUNT(columns)] = {exu_datum_integer((int64_t)i + 1), exu_datum_text(slash ? slash + 1 : dbs[i]->path)};
        for (size_t k = 0; k < EXU_COUNT(keys); k++)
            cells[2 + k] = exu_datum_text(exu_database_meta(dbs[i], keys[k], texts[k], sizeof texts[k]) ? texts[k] : NULL);
        exu_writer_row(w, cells, EXU_COUNT(cells));
    }
    exu_writer_table_end(w);
}

static void suspects(struct exu_writer *w, const struct exu_suspects *s, uint64_t limit)
{
    static const struct exu_column columns[] = {{"severity", EXU_COLUMN_PLAIN}, {"was", EXU_COLUMN_PLAIN},
                                                {"bytes", EXU_COLUMN_SIZE},     {"before", EXU_COLUMN_SIZE},
                                                {"rule", EXU_COLUMN_PLAIN},     {"title", EXU_COLUMN_PLAIN},
                                                {"way", EXU_COLUMN_PLAIN}};
    size_t shown = limit && limit < s->items.len ? (size_t)limit : s->items.len;
    if (!shown)
        return;
    exu_writer_table(w, "suspects", "new suspects: what `exuvia leaks` says of the last dump and not of the first", columns,
                     EXU_COUNT(columns));
    for (size_t i = 0; i < shown; i++) {
        const struct exu_suspect *row = &s->items.items[i];
        const struct exu_datum cells[] = {exu_datum_text(row->severity), exu_datum_text(row->was), exu_datum_integer(row->bytes),
                                          row->was ? exu_datum_integer(row->before) : exu_datum_null(), exu_datum_text(row->rule),
                                          exu_datum_text(row->title), exu_datum_text(row->way)};
        exu_writer_row(w, cells, EXU_COUNT(cells));
    }
    exu_writer_table_end(w);
    if (shown < s->items.len)
        exu_writer_linef(w, 0, EXU_STYLE_DIM, "%zu more; -n 0 shows all", s->items.len - shown);
}

void exu_report_growth(struct exu_writer *w, const struct exu_growth *g, struct exu_database *const *dbs,
                       const struct exu_suspects *fresh, uint64_t limit)
{
    exu_writer_object(w, NULL);
    dumps(w, dbs, g->dumps);
    suspects(w, fresh, limit);
    rows(w, &g->chains, g->dumps, CHAINS, "chains", "by chain, with what hangs below (shallow bytes)");
    rows(w, &g->types, g->dumps, TYPES, "types", "by type (footprint)");
    rows(w, &g->modules, g->dumps, MODULES, "modules", "by module (retained bytes)");
    exu_writer_close(w);
}
