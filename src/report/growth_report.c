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

void exu_report_growth(struct exu_writer *w, const struct exu_growth *g, struct exu_database *const *dbs)
{
    exu_writer_object(w, NULL);
    dumps(w, dbs, g->dumps);
    rows(w, &g->chains, g->dumps, CHAINS, "chains", "by chain, with what hangs below (shallow bytes)");
    rows(w, &g->types, g->dumps, TYPES, "types", "by type (footprint)");
    rows(w, &g->modules, g->dumps, MODULES, "modules", "by module (retained bytes)");
    exu_writer_close(w);
}
