#include "report/map_report.h"

#include <inttypes.h>

enum { SHADES = 5 };

static unsigned shade(uint8_t fullness)
{
    return fullness ? 1 + (unsigned)fullness * (SHADES - 1) / 256 : 0;
}

static const char *const *shades(void)
{
    static const char *const blocks[SHADES] = {"\u00b7", "\u2591", "\u2592", "\u2593", "\u2588"};
    return blocks;
}

static void legend(struct exu_writer *w, const struct exu_map *map)
{
    const char *const *s = shades();
    char size[EXU_SIZE_TEXT];
    exu_writer_linef(w, 0, EXU_STYLE_DIM,
                     "a cell is a %s of %s; in use: %s nothing  %s up to 1/4  %s 1/2  %s 3/4  %s more",
                     map->cell, exu_size_text((uint64_t)map->cell_bytes, size), s[0], s[1], s[2], s[3], s[4]);
}

static void row_text(const struct exu_map *map, const struct exu_map_row *row, struct exu_text *out)
{
    exu_text_printf(out, "%#14" PRIx64 "  ", (uint64_t)row->address);
    for (uint32_t i = 0; i < row->count; i++)
        exu_text_puts(out, shades()[shade(map->cells.items[row->first + i])]);
}

void exu_report_map_lines(const struct exu_map *map, size_t most, struct exu_text *out)
{
    for (size_t i = 0; i < map->rows.len && i < most; i++) {
        row_text(map, &map->rows.items[i], out);
        exu_text_putc(out, '\n');
    }
    if (map->rows.len > most)
        exu_text_printf(out, "... %zu more rows\n", map->rows.len - most);
}

void exu_report_map(struct exu_writer *w, const struct exu_map *map)
{
    static const struct exu_column columns[] = {
        {"address", EXU_COLUMN_ADDRESS}, {"cell", EXU_COLUMN_PLAIN}, {"percent", EXU_COLUMN_PLAIN}};
    const struct exu_map_row *row;
    exu_writer_object(w, NULL);
    exu_writer_value(w, "cell", exu_datum_text(map->cell));
    exu_writer_value(w, "cell_bytes", exu_datum_integer(map->cell_bytes));
    legend(w, map);
    exu_writer_array(w, "rows");
    exu_vec_each (row, &map->rows) {
        struct exu_text text = {0};
        exu_writer_object(w, NULL);
        exu_writer_value(w, "address", exu_datum_integer(row->address));
        exu_writer_array(w, "percent");
        row_text(map, row, &text);
        for (uint32_t i = 0; i < row->count; i++)
            exu_writer_value(w, NULL, exu_datum_integer((map->cells.items[row->first + i] * 100 + 127) / 255));
        exu_writer_close(w);
        exu_writer_close(w);
        exu_writer_line(w, 0, EXU_STYLE_PLAIN, text.data ? text.data : "");
        exu_text_deinit(&text);
    }
    exu_writer_close(w);
    exu_writer_close(w);
    exu_writer_flat(w, columns, EXU_COUNT(columns));
    exu_vec_each (row, &map->rows) {
        for (uint32_t i = 0; i < row->count; i++) {
            const struct exu_datum cells[] = {
                exu_datum_integer(row->address), exu_datum_integer(i),
                exu_datum_integer((map->cells.items[row->first + i] * 100 + 127) / 255)};
            exu_writer_flat_row(w, cells, EXU_COUNT(cells));
        }
    }
    exu_writer_flat_end(w);
}

enum { CELL = 9, LEFT = 120, TOP = 40 };

struct exu_error *exu_report_map_svg(FILE *file, const struct exu_map *map, const char *title)
{
    static const char *const colors[SHADES] = {"#f4f4f4", "#c6dbef", "#6baed6", "#2171b5", "#08306b"};
    size_t width = LEFT + CELL * EXU_MAP_COLUMNS + 20, height = TOP + CELL * (map->rows.len + 1) + 20,
           y = TOP;
    char size[EXU_SIZE_TEXT];
    const struct exu_map_row *row;
    fprintf(
        file,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"picture\" viewBox=\"0 0 %zu %zu\" width=\"%zu\" height=\"%zu\" font-family=\"monospace\" "
        "font-size=\"8\">\n<title>%s</title>\n<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n"
        "<text x=\"10\" y=\"16\" font-size=\"12\">%s</text>\n"
        "<text x=\"10\" y=\"30\">a cell is a %s of %s; the darker, the more of it is in use</text>\n",
        width, height, width, height, title, title, map->cell, exu_size_text((uint64_t)map->cell_bytes, size));
    exu_vec_each (row, &map->rows) {
        fprintf(file, "<text x=\"10\" y=\"%zu\">%#" PRIx64 "</text>\n", y + CELL - 2, (uint64_t)row->address);
        for (uint32_t i = 0; i < row->count; i++)
            fprintf(file, "<rect x=\"%u\" y=\"%zu\" width=\"%d\" height=\"%d\" fill=\"%s\"/>\n",
                    LEFT + CELL * i, y, CELL - 1, CELL - 1, colors[shade(map->cells.items[row->first + i])]);
        y += CELL;
    }
    fprintf(file, "</svg>\n");
    return ferror(file) ? exu_error_errno("standard output") : NULL;
}
