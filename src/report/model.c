#include "report/model.h"

#include "query/preview.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static struct exu_part *add(struct exu_report *r, struct exu_part *parent, enum exu_part_kind kind)
{
    struct exu_part *part = exu_bump_alloc(&r->bump, sizeof *part);
    if (!part || !exu_vec_push(&r->all, part)) {
        r->failed = true;
        return &r->spare;
    }
    part->kind = kind;
    if (!parent || parent == &r->spare)
        return part;
    if (parent->last)
        parent->last->next = part;
    else
        parent->first = part;
    parent->last = part;
    return part;
}

void exu_report_init(struct exu_report *r, struct exu_privacy *privacy)
{
    *r = (struct exu_report){.privacy = privacy};
    r->root = add(r, NULL, EXU_PART_SECTION);
}

void exu_report_deinit(struct exu_report *r)
{
    struct exu_part **part;
    exu_vec_each (part, &r->all) {
        exu_vec_free(&(*part)->facts);
        exu_vec_free(&(*part)->columns);
        exu_vec_free(&(*part)->cells);
        exu_vec_free(&(*part)->steps);
    }
    exu_vec_free(&r->all);
    exu_bump_deinit(&r->bump);
}

/* ---- texts ---- */

static const char *kept(struct exu_report *r, const struct exu_text *text)
{
    const char *copy = text->failed ? NULL : exu_bump_strndup(&r->bump, text->data ? text->data : "", text->len);
    r->failed |= !copy;
    return copy ? copy : "";
}

const char *exu_report_keep(struct exu_report *r, enum exu_name_kind gate, const char *text)
{
    struct exu_text out = {0};
    if (!text)
        return NULL;
    exu_privacy_name(r->privacy, gate, text, strlen(text), EXU_REPORT_TEXT_MOST, &out);
    const char *copy = kept(r, &out);
    exu_text_deinit(&out);
    return copy;
}

struct exu_datum exu_report_datum(struct exu_report *r, enum exu_name_kind gate, const struct exu_datum *cell)
{
    if (cell->type == EXU_DATUM_TEXT)
        return exu_datum_text(exu_report_keep(r, gate, cell->text));
    if (cell->type == EXU_DATUM_BYTES) /* no question of a report asks for any */
        return exu_datum_text("bytes");
    return *cell;
}

const char *exu_report_own(struct exu_report *r, const char *format, ...)
{
    char *text = NULL;
    va_list arguments;
    va_start(arguments, format);
    int n = vasprintf(&text, format, arguments);
    va_end(arguments);
    const char *copy = n < 0 ? NULL : exu_bump_strdup(&r->bump, text);
    if (n >= 0)
        free(text);
    r->failed |= !copy;
    return copy ? copy : "";
}

/* ---- parts ---- */

struct exu_part *exu_report_section(struct exu_report *r, struct exu_part *parent, const char *id, const char *title)
{
    struct exu_part *part = add(r, parent, EXU_PART_SECTION);
    part->id = id;
    part->title = title;
    return part;
}

struct exu_part *exu_report_text(struct exu_report *r, struct exu_part *parent, enum exu_text_style style,
                                 const char *text)
{
    struct exu_part *part = add(r, parent, EXU_PART_TEXT);
    part->style = style;
    part->text = text ? text : "";
    return part;
}

struct exu_part *exu_report_facts(struct exu_report *r, struct exu_part *parent)
{
    return add(r, parent, EXU_PART_FACTS);
}

void exu_report_fact(struct exu_report *r, struct exu_part *facts, const char *label, enum exu_column_kind kind,
                     enum exu_name_kind gate, struct exu_datum value)
{
    if (value.type == EXU_DATUM_NULL || facts == &r->spare)
        return;
    struct exu_part_fact fact = {label, kind, exu_report_datum(r, gate, &value)};
    if (!exu_vec_push(&facts->facts, fact))
        r->failed = true;
}

struct exu_part *exu_report_table(struct exu_report *r, struct exu_part *parent, const char *id, const char *title)
{
    struct exu_part *part = add(r, parent, EXU_PART_TABLE);
    part->id = id;
    part->title = title;
    return part;
}

void exu_report_column(struct exu_report *r, struct exu_part *table, const char *name, enum exu_column_kind kind,
                       enum exu_name_kind gate)
{
    const char *copy = exu_bump_strdup(&r->bump, name);
    if (table == &r->spare)
        return;
    if (!copy || !exu_vec_push(&table->columns, (struct exu_part_column){.name = copy, .kind = kind, .gate = gate}))
        r->failed = true;
}

void exu_report_code_column(struct exu_report *r, struct exu_part *table, const char *name)
{
    exu_report_column(r, table, name, EXU_COLUMN_PLAIN, EXU_NAME_TEXT);
    if (table->columns.len)
        table->columns.items[table->columns.len - 1].code = true;
}

void exu_report_row(struct exu_report *r, struct exu_part *table, const struct exu_datum *cells, size_t count)
{
    if (table == &r->spare || !exu_vec_reserve(&table->cells, table->columns.len)) {
        r->failed = true;
        return;
    }
    for (size_t i = 0; i < table->columns.len; i++)
        table->cells.items[table->cells.len++] =
            i < count ? exu_report_datum(r, table->columns.items[i].gate, &cells[i]) : exu_datum_null();
}

struct exu_part *exu_report_chain(struct exu_report *r, struct exu_part *parent, const char *id, const char *title)
{
    struct exu_part *part = add(r, parent, EXU_PART_CHAIN);
    part->id = id;
    part->title = title;
    return part;
}

void exu_report_step(struct exu_report *r, struct exu_part *chain, struct exu_part_step step)
{
    if (chain == &r->spare || !exu_vec_push(&chain->steps, step))
        r->failed = true;
}

struct exu_part *exu_report_code(struct exu_report *r, struct exu_part *parent, const char *title, const char *text)
{
    struct exu_part *part = add(r, parent, EXU_PART_CODE);
    part->title = title;
    part->text = text ? text : "";
    return part;
}

struct exu_part *exu_report_picture(struct exu_report *r, struct exu_part *parent, const char *id, const char *title,
                                    const char *text, const char *svg)
{
    if (!svg) {
        r->failed = true;
        return NULL;
    }
    struct exu_part *part = add(r, parent, EXU_PART_PICTURE);
    part->id = id;
    part->title = title;
    part->text = text;
    part->svg = svg;
    return part;
}

void exu_report_drawing(struct exu_report *r, struct exu_part *parent, const char *id, const char *title, const char *text,
                        struct exu_text *svg, struct exu_text *plain)
{
    struct exu_part *part =
        exu_report_picture(r, parent, id, title, text, svg->failed || !svg->data ? NULL : exu_report_own(r, "%s", svg->data));
    if (part)
        part->plain = exu_report_own(r, "%s", plain->data ? plain->data : "");
    r->failed |= plain->failed;
    exu_text_deinit(svg);
    exu_text_deinit(plain);
}

static bool is_empty(const struct exu_part *part)
{
    switch (part->kind) {
    case EXU_PART_SECTION:
        return !part->first;
    case EXU_PART_FACTS:
        return !part->facts.len;
    case EXU_PART_TABLE:
        return !part->cells.len;
    case EXU_PART_CHAIN:
        return !part->steps.len;
    case EXU_PART_TEXT:
    case EXU_PART_CODE:
    case EXU_PART_PICTURE:
        break;
    }
    return false;
}

void exu_report_drop_empty(struct exu_part *parent)
{
    struct exu_part *before = NULL;
    if (!parent->last || !is_empty(parent->last))
        return;
    for (struct exu_part *part = parent->first; part != parent->last; part = part->next)
        before = part;
    parent->last = before;
    if (before)
        before->next = NULL;
    else
        parent->first = NULL;
}
