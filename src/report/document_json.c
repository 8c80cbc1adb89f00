#include "query/preview.h"
#include "report/document.h"

/* One line a value; keys stand in the order of schema/report.schema.json. */
struct json {
    struct exu_text *out;
    bool first; /* nothing stands in what was opened last */
};

static void string(struct json *j, const char *text)
{
    size_t size = strlen(text);
    exu_text_putc(j->out, '"');
    for (size_t i = 0; i < size;) {
        uint32_t c;
        size_t n = exu_utf8_next(text + i, size - i, &c);
        if (c == '"' || c == '\\')
            exu_text_printf(j->out, "\\%c", (char)c);
        else if (c < ' ')
            exu_text_printf(j->out, "\\u%04x", (unsigned)c);
        else if (c == UINT32_MAX)
            exu_text_puts(j->out, "\\ufffd");
        else
            exu_text_add(j->out, text + i, n);
        i += n;
    }
    exu_text_putc(j->out, '"');
}

static void key(struct json *j, const char *name)
{
    exu_text_puts(j->out, j->first ? "\n" : ",\n");
    j->first = false;
    if (!name)
        return;
    string(j, name);
    exu_text_puts(j->out, ": ");
}

static void begin(struct json *j, const char *name, char bracket)
{
    key(j, name);
    exu_text_putc(j->out, bracket);
    j->first = true;
}

static void end(struct json *j, char bracket)
{
    if (!j->first)
        exu_text_putc(j->out, '\n');
    exu_text_putc(j->out, bracket);
    j->first = false;
}

static void text_member(struct json *j, const char *name, const char *text)
{
    if (!text)
        return;
    key(j, name);
    string(j, text);
}

static void number_member(struct json *j, const char *name, uint64_t number)
{
    key(j, name);
    exu_text_printf(j->out, "%llu", (unsigned long long)number);
}

static void datum(struct json *j, const struct exu_datum *value)
{
    switch (value->type) {
    case EXU_DATUM_INTEGER:
        exu_text_printf(j->out, "%lld", (long long)value->integer);
        break;
    case EXU_DATUM_REAL:
        if (value->real - value->real == 0) /* JSON has no others */
            exu_text_printf(j->out, "%.15g", value->real);
        else
            exu_text_puts(j->out, "null");
        break;
    case EXU_DATUM_TEXT:
        string(j, value->text);
        break;
    case EXU_DATUM_NULL:
    case EXU_DATUM_BYTES:
        exu_text_puts(j->out, "null");
        break;
    }
}

static const char *kind_name(enum exu_column_kind kind)
{
    static const char *const names[] = {[EXU_COLUMN_PLAIN] = "plain",
                                        [EXU_COLUMN_COUNT] = "count",
                                        [EXU_COLUMN_SIZE] = "bytes",
                                        [EXU_COLUMN_ADDRESS] = "address"};
    return names[kind];
}

/* ---- parts ---- */

static void write_facts(struct json *j, const struct exu_part *part)
{
    const struct exu_part_fact *fact;
    begin(j, "facts", '[');
    exu_vec_each (fact, &part->facts) {
        begin(j, NULL, '{');
        text_member(j, "label", fact->label);
        text_member(j, "unit", kind_name(fact->kind));
        key(j, "value");
        datum(j, &fact->value);
        end(j, '}');
    }
    end(j, ']');
}

static void write_table(struct json *j, const struct exu_part *part)
{
    size_t columns = part->columns.len, rows = columns ? part->cells.len / columns : 0;
    begin(j, "columns", '[');
    for (size_t i = 0; i < columns; i++) {
        begin(j, NULL, '{');
        text_member(j, "name", part->columns.items[i].name);
        text_member(j, "unit", kind_name(part->columns.items[i].kind));
        end(j, '}');
    }
    end(j, ']');
    begin(j, "rows", '[');
    for (size_t row = 0; row < rows; row++) {
        key(j, NULL);
        for (size_t i = 0; i < columns; i++) {
            exu_text_puts(j->out, i ? ", " : "[");
            datum(j, &part->cells.items[row * columns + i]);
        }
        exu_text_putc(j->out, ']');
    }
    end(j, ']');
    number_member(j, "more_rows", part->more);
}

static void write_chain(struct json *j, const struct exu_part *part)
{
    const struct exu_part_step *step;
    begin(j, "steps", '[');
    exu_vec_each (step, &part->steps) {
        begin(j, NULL, '{');
        if (!step->summary)
            number_member(j, "skipped", step->skipped);
        text_member(j, "label", step->label);
        text_member(j, "summary", step->summary);
        text_member(j, "place", step->place);
        end(j, '}');
    }
    end(j, ']');
}

static void write_leaf(struct json *j, const struct exu_part *part)
{
    static const char *const styles[] = {
        [EXU_TEXT_PLAIN] = "plain", [EXU_TEXT_LEAD] = "lead", [EXU_TEXT_NOTE] = "note"};
    switch (part->kind) {
    case EXU_PART_FACTS:
        write_facts(j, part);
        break;
    case EXU_PART_TABLE:
        write_table(j, part);
        break;
    case EXU_PART_CHAIN:
        write_chain(j, part);
        break;
    case EXU_PART_TEXT:
        text_member(j, "style", styles[part->style]);
        text_member(j, "text", part->text);
        break;
    case EXU_PART_CODE:
        text_member(j, "text", part->text);
        break;
    case EXU_PART_PICTURE:
        text_member(j, "text", part->text);
        text_member(j, "svg", part->svg);
        break;
    case EXU_PART_SECTION:
        break;
    }
}

static void head(struct json *j, const struct exu_part *part)
{
    static const char *const kinds[] = {
        [EXU_PART_SECTION] = "section", [EXU_PART_TEXT] = "text",   [EXU_PART_FACTS] = "facts",
        [EXU_PART_TABLE] = "table",     [EXU_PART_CHAIN] = "chain", [EXU_PART_CODE] = "code",
        [EXU_PART_PICTURE] = "picture"};
    begin(j, NULL, '{');
    text_member(j, "kind", kinds[part->kind]);
    text_member(j, "id", part->id);
    text_member(j, "title", part->title);
}

/* Sections within sections go no deeper. */
static void write_inner(struct json *j, const struct exu_part *section)
{
    head(j, section);
    begin(j, "parts", '[');
    for (const struct exu_part *part = section->first; part; part = part->next) {
        head(j, part);
        write_leaf(j, part);
        end(j, '}');
    }
    end(j, ']');
    end(j, '}');
}

static void write_section(struct json *j, const struct exu_part *section)
{
    head(j, section);
    begin(j, "parts", '[');
    for (const struct exu_part *part = section->first; part; part = part->next) {
        if (part->kind == EXU_PART_SECTION) {
            write_inner(j, part);
            continue;
        }
        head(j, part);
        write_leaf(j, part);
        end(j, '}');
    }
    end(j, ']');
    end(j, '}');
}

void exu_document_json(const struct exu_report *r, struct exu_text *out)
{
    struct json j = {.out = out, .first = true};
    exu_text_putc(out, '{');
    text_member(&j, "format", "exuvia report");
    number_member(&j, "format_version", 1);
    text_member(&j, "made_by", r->made_by);
    text_member(&j, "title", r->title);
    text_member(&j, "link", r->link);
    text_member(&j, "fingerprint", r->fingerprint);
    key(&j, "contents_included");
    exu_text_puts(out, r->privacy->contents ? "true" : "false");
    begin(&j, "sections", '[');
    for (const struct exu_part *section = r->root->first; section; section = section->next)
        write_section(&j, section);
    end(&j, ']');
    end(&j, '}');
    exu_text_putc(out, '\n');
}
