#include "layout/row.h"
#include "layout/rows.h"
#include <stdlib.h>
#include <string.h>

enum { COLUMNS_MAX = 6, LINE_MAX = 512 };

uint32_t exu_version_hex(const char *version)
{
    uint32_t part[3] = {0};
    for (int i = 0; i < 3; i++) {
        if (*version < '0' || *version > '9')
            return 0;
        while (*version >= '0' && *version <= '9' && part[i] < 256)
            part[i] = part[i] * 10 + (uint32_t)(*version++ - '0');
        if (part[i] > 255 || (i < 2 && *version++ != '.'))
            return 0;
    }
    return *version ? 0 : part[0] << 24 | part[1] << 16 | part[2] << 8 | 0xf0;
}

size_t exu_row_count(void)
{
    return exu_embedded_row_count;
}

struct exu_error *exu_row_load(struct exu_row **ret, const struct exu_structures *structures, size_t index)
{
    const struct exu_embedded_row *row = &exu_embedded_rows[index];
    return exu_row_parse(ret, structures, row->name, row->text, *row->size);
}

/* Cuts `line` at its tabs; returns the number of columns. */
static size_t columns(char *line, char *column[COLUMNS_MAX])
{
    size_t n = 0;
    for (char *at = line; at && n < COLUMNS_MAX;) {
        column[n++] = at;
        at = strchr(at, '\t');
        if (at)
            *at++ = '\0';
    }
    return n;
}

static bool number(const char *text, uint32_t limit, uint32_t *ret)
{
    char *end;
    unsigned long long value = strtoull(text, &end, 10);
    if (end == text || *end || *text == '-' || value > limit)
        return false;
    *ret = (uint32_t)value;
    return true;
}

static bool copy(char *to, size_t size, const char *from)
{
    size_t n = strlen(from);
    if (n >= size)
        return false;
    memcpy(to, from, n + 1);
    return true;
}

static bool structure_line(struct exu_row *row, const struct exu_structures *structures, char *const column[],
                           size_t n, const struct exu_structure **ret_current)
{
    uint32_t size;
    if (n != 3 || !number(column[1], UINT32_MAX, &size) || size == 0)
        return false;
    const struct exu_structure *s = exu_structures_find(structures, column[0]);
    *ret_current = s;
    if (!s)
        return true;
    struct exu_description *d = &row->found[s - structures->items];
    d->size = size;
    if (s->size_field)
        row->layout.slot[s->size_field] = (struct exu_slot){.size = size, .source = EXU_LAYOUT_TABLE};
    return copy(d->binary, sizeof d->binary, column[2]);
}

static bool member_line(struct exu_row *row, const struct exu_structure *s, char *const column[], size_t n)
{
    uint32_t offset, size, bit = 0, bits = 0;
    if ((n != 4 && n != 6) || !number(column[2], UINT32_MAX, &offset) ||
        !number(column[3], UINT32_MAX, &size))
        return false;
    if (n == 6 && (!number(column[4], 63, &bit) || !number(column[5], 64, &bits)))
        return false;
    enum exu_field field = s ? exu_structure_field(s, column[1]) : EXU_FIELD_NONE;
    if (field)
        row->layout.slot[field] = (struct exu_slot){.offset = offset,
                                                    .size = size,
                                                    .bit_offset = (uint8_t)bit,
                                                    .bit_width = (uint8_t)bits,
                                                    .source = EXU_LAYOUT_TABLE};
    return true;
}

static bool parse_line(struct exu_row *row, const struct exu_structures *structures, char *line,
                       const struct exu_structure **current)
{
    char *column[COLUMNS_MAX] = {0};
    if (*line == '\0' || *line == '#')
        return true;
    size_t n = columns(line, column);
    if (*column[0] == '\0')
        return member_line(row, *current, column, n);
    if (n == 2 && strcmp(column[0], "version") == 0)
        return copy(row->version, sizeof row->version, column[1]) &&
               (row->version_hex = exu_version_hex(row->version)) != 0;
    if (n == 2 && strcmp(column[0], "vendor") == 0)
        return copy(row->vendor, sizeof row->vendor, column[1]);
    if (n == 2 && strcmp(column[0], "build-id") == 0)
        return row->build_id_count < EXU_ROW_BUILD_IDS &&
               copy(row->build_ids[row->build_id_count++], sizeof row->build_ids[0], column[1]);
    return structure_line(row, structures, column, n, current);
}

struct exu_error *exu_row_parse(struct exu_row **ret, const struct exu_structures *structures,
                                const char *name, const char *text, size_t size)
{
    struct exu_row *row = calloc(1, sizeof *row);
    if (!row)
        return exu_error_memory();
    row->name = name;
    row->found = calloc(structures->len + 1, sizeof *row->found);
    if (!row->found) {
        exu_row_destroy(row);
        return exu_error_memory();
    }
    const struct exu_structure *current = NULL;
    size_t line_number = 0;
    for (const char *at = text, *end = text + size; at < end; line_number++) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        size_t n = (size_t)((stop ? stop : end) - at);
        char line[LINE_MAX];
        bool fits = n < sizeof line;
        memcpy(line, at, fits ? n : 0);
        line[fits ? n : 0] = '\0';
        if (!fits || !parse_line(row, structures, line, &current)) {
            exu_row_destroy(row);
            return exu_error_new(EXU_ERROR_INPUT, "row %s, line %zu: not a line of a layout row", name,
                                 line_number + 1);
        }
        at = stop ? stop + 1 : end;
    }
    if (!row->version_hex) {
        exu_row_destroy(row);
        return exu_error_new(EXU_ERROR_INPUT, "row %s: says no version", name);
    }
    *ret = row;
    return NULL;
}

void exu_row_destroy(struct exu_row *row)
{
    if (!row)
        return;
    free(row->found);
    free(row);
}

void exu_row_write(struct exu_text *out, const struct exu_row *row, const struct exu_structures *structures)
{
    exu_text_printf(
        out, "# Structures of CPython %s (%s) on x86_64, from its DWARF; made by tools/exuvia-layout.\n",
        row->version, row->vendor);
    exu_text_printf(out, "version\t%s\nvendor\t%s\n", row->version, row->vendor);
    for (size_t i = 0; i < row->build_id_count; i++)
        exu_text_printf(out, "build-id\t%s\n", row->build_ids[i]);
    for (size_t i = 0; i < structures->len; i++) {
        const struct exu_structure *s = &structures->items[i];
        if (!row->found[i].size)
            continue;
        exu_text_printf(out, "%s\t%llu\t%s\n", s->name, (unsigned long long)row->found[i].size,
                        row->found[i].binary);
        for (uint32_t j = 0; j < s->field_count; j++) {
            const struct exu_slot *slot = &row->layout.slot[s->fields[j]];
            if (!slot->size)
                continue;
            const char *path = exu_field_path(s->fields[j]);
            exu_text_printf(out, "\t%.*s\t%u\t%u", (int)strcspn(path, "|"), path, slot->offset, slot->size);
            if (slot->bit_width)
                exu_text_printf(out, "\t%u\t%u", slot->bit_offset, slot->bit_width);
            exu_text_putc(out, '\n');
        }
    }
}
