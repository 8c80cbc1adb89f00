#include "report/referrer_report.h"

static const struct exu_column columns[] = {
    {"depth", EXU_COLUMN_PLAIN},       {"object_id", EXU_COLUMN_PLAIN},  {"address", EXU_COLUMN_ADDRESS},
    {"referent_id", EXU_COLUMN_PLAIN}, {"kind", EXU_COLUMN_PLAIN},       {"name", EXU_COLUMN_PLAIN},
    {"position", EXU_COLUMN_PLAIN},    {"confidence", EXU_COLUMN_PLAIN}, {"type", EXU_COLUMN_PLAIN},
    {"summary", EXU_COLUMN_PLAIN},
};

static void cells_of(const struct exu_referrer *r, struct exu_datum *cells)
{
    const struct exu_datum all[] = {
        exu_datum_integer(r->depth),
        exu_datum_integer(r->object),
        exu_datum_integer(r->address),
        exu_datum_integer(r->referent),
        exu_datum_text(r->kind),
        exu_datum_text(r->name),
        r->has_position ? exu_datum_integer(r->position) : exu_datum_null(),
        exu_datum_text(r->conservative ? "conservative" : "exact"),
        exu_datum_text(r->type),
        exu_datum_text(r->summary),
    };
    for (size_t i = 0; i < EXU_COUNT(columns); i++)
        cells[i] = all[i];
}

static void line(struct exu_writer *w, const struct exu_referrer *r)
{
    exu_writer_linef(w, r->depth, EXU_STYLE_PLAIN, "#%u %#llx  %s  %s%s", r->object,
                     (unsigned long long)r->address, r->label, r->summary, r->seen ? "  (see above)" : "");
}

void exu_report_referrers(struct exu_writer *w, const struct exu_referrers *tree)
{
    struct exu_datum cells[EXU_COUNT(columns)];
    exu_writer_linef(w, 0, EXU_STYLE_HEADING, "referrers of %s", tree->summary);
    exu_writer_array(w, NULL);
    exu_writer_flat(w, columns, EXU_COUNT(columns));
    for (size_t i = 0; i < tree->items.len; i++) {
        const struct exu_referrer *r = &tree->items.items[i];
        line(w, r);
        cells_of(r, cells);
        exu_writer_flat_row(w, cells, EXU_COUNT(cells));
        exu_writer_object(w, NULL);
        for (size_t c = 0; c < EXU_COUNT(columns); c++)
            exu_writer_value(w, columns[c].name, cells[c]);
        exu_writer_close(w);
    }
    exu_writer_flat_end(w);
    exu_writer_close(w);
    if (tree->cut)
        exu_writer_line(w, 0, EXU_STYLE_DIM, "there are more; -n 0 shows all");
}
