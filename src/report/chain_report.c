#include "report/chain_report.h"

#include "query/preview.h"
#include "report/chain_graph.h"
#include "report/draw.h"
#include "report/format.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define LABEL_WIDEST 30
#define FINGERPRINT_TEXT 17
/* Of more steps than FOLD_FROM, lines show as many as FOLD_KEEP at both ends: a linked list may have a
 * million. */
#define FOLD_FROM 64
#define FOLD_KEEP 24

/* ---- lines ---- */

const struct exu_step *exu_chain_step(const struct exu_chain *chain, size_t i)
{
    size_t above = chain->held_by.items.len;
    if (i >= above + chain->steps.items.len)
        return NULL;
    return i < above ? &chain->held_by.items.items[i] : &chain->steps.items.items[i - above];
}

bool exu_step_hidden(const struct exu_step *step, const struct exu_step *next)
{
    return step->namespace && next && next->label && next->label[0] == '.';
}

static size_t label_width(const struct exu_steps *a, const struct exu_steps *b)
{
    size_t widest = 0;
    const struct exu_steps *const both[] = {a, b};
    for (size_t k = 0; k < 2; k++)
        for (size_t i = 0; both[k] && i < both[k]->items.len; i++) {
            const char *label = both[k]->items.items[i].label;
            size_t width = label ? exu_text_width(label, strlen(label)) : 0;
            if (width > widest && width <= LABEL_WIDEST)
                widest = width;
        }
    return widest;
}

static void step_line(struct exu_writer *w, const struct exu_step *step, size_t width, const char *summary)
{
    struct exu_text line = {0};
    if (step->label) {
        exu_text_puts(&line, step->label);
        for (size_t n = exu_text_width(step->label, strlen(step->label)); n < width; n++)
            exu_text_putc(&line, ' ');
        exu_text_puts(&line, "  ");
    }
    exu_text_puts(&line, summary ? summary : step->summary);
    if (step->place)
        exu_text_printf(&line, "  %s", step->place);
    exu_writer_line(w, step->label ? 2 : 1, EXU_STYLE_PLAIN, line.data ? line.data : "");
    exu_text_deinit(&line);
}

/* `next`: what follows the last step, for `.x`. */
static void step_lines(struct exu_writer *w, const struct exu_steps *steps, size_t width,
                       const struct exu_step *next, const char *end_summary)
{
    for (size_t i = 0; i < steps->items.len; i++) {
        if (i == FOLD_KEEP && steps->items.len > FOLD_FROM) {
            struct exu_text count = {0};
            i = steps->items.len - FOLD_KEEP;
            exu_describe_count(i - FOLD_KEEP, &count);
            exu_writer_linef(w, 2, EXU_STYLE_DIM, "... %s steps more; --format json or csv has them all",
                             count.data ? count.data : "");
            exu_text_deinit(&count);
        }
        const struct exu_step *step = &steps->items.items[i];
        bool last = i + 1 == steps->items.len;
        if (!exu_step_hidden(step, last ? next : step + 1))
            step_line(w, step, width, last ? end_summary : NULL);
    }
}

static void end_objects(const struct exu_chain *chain, struct exu_text *out)
{
    const struct exu_step *end = &chain->steps.items.items[chain->steps.items.len - 1];
    if (chain->objects == 1 && chain->count == 1) {
        exu_text_puts(out, end->summary);
    } else {
        exu_describe_count(chain->objects, out);
        exu_text_puts(out, " × ");
        exu_text_puts(out, end->type ? end->type : "object");
        if (chain->count != chain->objects) {
            exu_text_puts(out, " in ");
            exu_describe_count(chain->count, out);
            exu_text_puts(out, " places");
        }
    }
}

static void what_ends(const struct exu_chain *chain, struct exu_text *out)
{
    char size[EXU_SIZE_TEXT];
    end_objects(chain, out);
    exu_text_printf(out, ", %s", exu_size_text(chain->bytes, size));
}

static const char *fingerprint_text(const struct exu_chain *chain, char buffer[FINGERPRINT_TEXT])
{
    snprintf(buffer, FINGERPRINT_TEXT, "%016" PRIx64, chain->fingerprint);
    return buffer;
}

static void chain_lines(struct exu_writer *w, const struct exu_chain *chain, size_t number, uint64_t total)
{
    char fingerprint[FINGERPRINT_TEXT];
    struct exu_text end = {0};
    what_ends(chain, &end);
    const char *ends = end.data ? end.data : "";
    exu_writer_linef(w, 0, EXU_STYLE_HEADING, "chain %zu of %llu: %s", number, (unsigned long long)total,
                     ends);
    exu_writer_linef(w, 1, EXU_STYLE_DIM, "fingerprint: %s", fingerprint_text(chain, fingerprint));
    if (chain->root.kind)
        exu_writer_linef(w, 1, EXU_STYLE_DIM, "root: %s", chain->root.text);
    size_t width = label_width(&chain->held_by, &chain->steps);
    const struct exu_step *first = chain->steps.items.items;
    if (chain->held_by.items.len)
        step_lines(w, &chain->held_by, width, first, NULL);
    step_lines(w, &chain->steps, width, NULL, ends);
    exu_text_deinit(&end);
}

/* ---- tree ---- */

static struct exu_datum number_or_null(uint64_t n, bool there)
{
    return there ? exu_datum_integer((int64_t)n) : exu_datum_null();
}

static void step_tree(struct exu_writer *w, const struct exu_step *step)
{
    exu_writer_object(w, NULL);
    exu_writer_value(w, "object_id", number_or_null(step->object, step->object != 0));
    exu_writer_value(w, "address", number_or_null((uint64_t)step->address, step->object != 0));
    exu_writer_value(w, "type", exu_datum_text(step->type));
    if (step->kind) {
        exu_writer_value(w, "kind", exu_datum_text(step->kind));
        exu_writer_value(w, "name", exu_datum_text(step->name));
        exu_writer_value(w, "position", number_or_null((uint64_t)step->position, step->has_position));
        exu_writer_value(w, "confidence", exu_datum_text(step->conservative ? "conservative" : "exact"));
    }
    exu_writer_value(w, "summary", exu_datum_text(step->summary));
    if (step->place)
        exu_writer_value(w, "place", exu_datum_text(step->place));
    exu_writer_close(w);
}

static void steps_tree(struct exu_writer *w, const char *key, const struct exu_steps *steps)
{
    exu_writer_array(w, key);
    for (size_t i = 0; i < steps->items.len; i++)
        step_tree(w, &steps->items.items[i]);
    exu_writer_close(w);
}

static void root_tree(struct exu_writer *w, const struct exu_root_line *root)
{
    if (!root->kind) {
        exu_writer_value(w, "root", exu_datum_null());
        return;
    }
    exu_writer_object(w, "root");
    exu_writer_value(w, "kind", exu_datum_text(root->kind));
    exu_writer_value(w, "name", exu_datum_text(root->name));
    exu_writer_value(w, "thread_id", number_or_null((uint64_t)root->thread_id, root->thread_id != 0));
    exu_writer_value(w, "frame_id", number_or_null((uint64_t)root->frame_id, root->frame_id != 0));
    exu_writer_value(w, "summary", exu_datum_text(root->text));
    exu_writer_close(w);
}

static void chain_tree(struct exu_writer *w, const struct exu_chain *chain)
{
    exu_writer_object(w, NULL);
    char fingerprint[FINGERPRINT_TEXT];
    exu_writer_value(w, "fingerprint", exu_datum_text(fingerprint_text(chain, fingerprint)));
    exu_writer_value(w, "count", exu_datum_integer((int64_t)chain->count));
    exu_writer_value(w, "bytes", exu_datum_integer((int64_t)chain->bytes));
    exu_writer_value(w, "objects", exu_datum_integer((int64_t)chain->objects));
    exu_writer_value(w, "retained_bytes", number_or_null(chain->retained, chain->has_retained));
    steps_tree(w, "steps", &chain->steps);
    steps_tree(w, "held_by", &chain->held_by);
    root_tree(w, &chain->root);
    exu_writer_close(w);
}

/* ---- flat ---- */

static const struct exu_column flat_columns[] = {
    {"chain", EXU_COLUMN_PLAIN},       {"part", EXU_COLUMN_PLAIN},      {"step", EXU_COLUMN_PLAIN},
    {"object_id", EXU_COLUMN_PLAIN},   {"address", EXU_COLUMN_ADDRESS}, {"type", EXU_COLUMN_PLAIN},
    {"kind", EXU_COLUMN_PLAIN},        {"name", EXU_COLUMN_PLAIN},      {"position", EXU_COLUMN_PLAIN},
    {"summary", EXU_COLUMN_PLAIN},     {"count", EXU_COLUMN_COUNT},     {"bytes", EXU_COLUMN_SIZE},
    {"fingerprint", EXU_COLUMN_PLAIN},
};

static void flat_steps(struct exu_writer *w, size_t chain_number, const char *part,
                       const struct exu_steps *steps, const struct exu_chain *chain)
{
    for (size_t i = 0; i < steps->items.len; i++) {
        const struct exu_step *s = &steps->items.items[i];
        bool end = chain && i + 1 == steps->items.len;
        char fingerprint[FINGERPRINT_TEXT];
        const struct exu_datum cells[EXU_COUNT(flat_columns)] = {
            exu_datum_integer((int64_t)chain_number),
            exu_datum_text(part),
            exu_datum_integer((int64_t)i),
            number_or_null(s->object, s->object != 0),
            number_or_null((uint64_t)s->address, s->object != 0),
            exu_datum_text(s->type),
            exu_datum_text(s->kind),
            exu_datum_text(s->name),
            number_or_null((uint64_t)s->position, s->has_position),
            exu_datum_text(s->summary),
            number_or_null(end ? chain->count : 0, end),
            number_or_null(end ? chain->bytes : 0, end),
            exu_datum_text(end ? fingerprint_text(chain, fingerprint) : NULL),
        };
        exu_writer_flat_row(w, cells, EXU_COUNT(cells));
    }
}

void exu_report_chains(struct exu_writer *w, const struct exu_chains *chains)
{
    exu_writer_array(w, NULL);
    exu_writer_flat(w, flat_columns, EXU_COUNT(flat_columns));
    for (size_t i = 0; i < chains->items.len; i++) {
        const struct exu_chain *chain = &chains->items.items[i];
        chain_lines(w, chain, i + 1, chains->total);
        chain_tree(w, chain);
        flat_steps(w, i + 1, "held_by", &chain->held_by, NULL);
        flat_steps(w, i + 1, "chain", &chain->steps, chain);
    }
    if (chains->items.len < chains->total)
        exu_writer_linef(w, 0, EXU_STYLE_HEADING, "%llu more chains; -n 0 shows all",
                         (unsigned long long)(chains->total - chains->items.len));
    exu_writer_flat_end(w);
    exu_writer_close(w);
}

void exu_report_path(struct exu_writer *w, const char *key, const char *title, const struct exu_steps *steps,
                     const struct exu_root_line *root)
{
    steps_tree(w, key, steps);
    root_tree(w, root);
    if (!steps->items.len)
        return;
    exu_writer_line(w, 0, EXU_STYLE_HEADING, title);
    if (root->kind)
        exu_writer_linef(w, 1, EXU_STYLE_DIM, "root: %s", root->text);
    step_lines(w, steps, label_width(steps, NULL), NULL, NULL);
    exu_writer_flat(w, flat_columns, EXU_COUNT(flat_columns));
    flat_steps(w, 1, "path", steps, NULL);
    exu_writer_flat_end(w);
}

/* ---- the picture ---- */

/* What stands in the first and the last box. */
struct ends {
    const char *root, *objects, *size;
};

static bool make_ends(const struct exu_chain *chain, struct exu_bump *texts, struct ends *ret)
{
    struct exu_text objects = {0}, root = {0};
    char size[EXU_SIZE_TEXT];
    end_objects(chain, &objects);
    if (chain->root.kind)
        exu_text_printf(&root, "root: %s", chain->root.text);
    ret->objects = exu_bump_strdup(texts, objects.data ? objects.data : "");
    ret->root = exu_bump_strdup(texts, root.data ? root.data : "");
    ret->size = exu_bump_strdup(texts, exu_size_text(chain->bytes, size));
    bool failed = objects.failed || root.failed || !ret->objects || !ret->root || !ret->size;
    exu_text_deinit(&objects);
    exu_text_deinit(&root);
    return !failed;
}

/* False: no memory. */
static bool graph_chain(struct exu_chain_graph *g, const struct exu_chain *chain, struct exu_bump *texts)
{
    const struct exu_step *step, *next;
    struct ends ends;
    size_t shown = 0;
    for (size_t i = 0; (step = exu_chain_step(chain, i)) != NULL; i++)
        shown += !exu_step_hidden(step, exu_chain_step(chain, i + 1));
    if (!exu_chain_graph_begin(g, shown))
        return true;
    if (!make_ends(chain, texts, &ends))
        return false;
    for (size_t i = 0; (step = exu_chain_step(chain, i)) != NULL; i++) {
        next = exu_chain_step(chain, i + 1);
        struct exu_part_step drawn = {.label = i                  ? step->label
                                               : chain->root.kind ? ends.root
                                                                  : NULL,
                                      .summary = next ? step->summary : ends.objects,
                                      .place = next ? step->place : ends.size};
        if (!exu_step_hidden(step, next))
            exu_chain_graph_step(g, &drawn, step->object);
    }
    return true;
}

struct exu_error *exu_chains_svg(FILE *file, const struct exu_chains *chains)
{
    struct exu_chain_graph graph = {0};
    struct exu_text out = {0};
    struct exu_bump texts = {0};
    char title[64], note[64];
    for (size_t i = 0; i < chains->items.len; i++)
        out.failed |= !graph_chain(&graph, &chains->items.items[i], &texts);
    unsigned long long total = (unsigned long long)exu_max(chains->total, chains->items.len),
                       more = total - graph.chains;
    snprintf(title, sizeof title, "%zu of %llu chains, from their roots down", graph.chains, total);
    snprintf(note, sizeof note, "%llu more chains", more);
    if (!out.failed)
        exu_chain_graph_draw(&graph, title, more ? note : NULL, true, &out);
    exu_bump_deinit(&texts);
    return exu_draw_write(file, &out);
}
