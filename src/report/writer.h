/* One interface for everything that is printed. A command describes its answer once; each format takes what
 * it can show of it:
 *
 *   tables     rows and columns: every format
 *   fields     one fact a line: every format
 *   lines      text for people, indented: table and markdown
 *   tree       nested objects and arrays: json
 *   flat       a table that stands for the lines: csv only
 *
 * A writer owns its buffers and borrows the FILE. Problems with the output are kept and come out of
 * exu_writer_finish. */
#ifndef EXU_REPORT_WRITER_H
#define EXU_REPORT_WRITER_H

#include "base/error.h"
#include "base/text.h"
#include "query/rows.h"

#include <stdio.h>

/* EXU_FORMAT_SVG is of pictures alone (report/map_report.h): no writer makes it. */
enum exu_format { EXU_FORMAT_TABLE, EXU_FORMAT_JSON, EXU_FORMAT_CSV, EXU_FORMAT_MARKDOWN, EXU_FORMAT_SVG };

enum exu_style { EXU_STYLE_PLAIN, EXU_STYLE_HEADING, EXU_STYLE_DIM };

struct exu_writer_options {
    enum exu_format format;
    FILE *file;
    bool color;
    size_t width; /* columns of the terminal; 0 = no terminal: nothing is cut */
};

struct exu_writer;

EXU_MUST_CHECK struct exu_error *exu_writer_create(struct exu_writer **ret,
                                                   const struct exu_writer_options *options);
/* Closes what is open; what went wrong with the output. */
EXU_MUST_CHECK struct exu_error *exu_writer_finish(struct exu_writer *writer);
/* What was printed so far reaches the file. */
void exu_writer_sync(struct exu_writer *writer);
void exu_writer_destroy(struct exu_writer *writer);

/* Tables. `key` names it in a document (JSON), `title` stands above it; both may be NULL. */
void exu_writer_table(struct exu_writer *w, const char *key, const char *title,
                      const struct exu_column *columns, size_t count);
void exu_writer_row(struct exu_writer *w, const struct exu_datum *cells, size_t count);
void exu_writer_table_end(struct exu_writer *w);
/* The same, only in formats that show neither lines nor a tree. */
void exu_writer_flat(struct exu_writer *w, const struct exu_column *columns, size_t count);
void exu_writer_flat_row(struct exu_writer *w, const struct exu_datum *cells, size_t count);
void exu_writer_flat_end(struct exu_writer *w);
/* A sink for exu_query_run: begins a table without key, and its rows. End it with exu_writer_table_end. */
struct exu_row_sink exu_writer_sink(struct exu_writer *w);

/* Facts, in a run: 'label   value'. In JSON a member of the object that is open. */
void exu_writer_field(struct exu_writer *w, const char *key, const char *label, enum exu_column_kind kind,
                      struct exu_datum value);
/* The same with a text of its own for people. */
void exu_writer_field_shown(struct exu_writer *w, const char *key, const char *label, struct exu_datum value,
                            const char *shown);

/* Lines. */
void exu_writer_line(struct exu_writer *w, unsigned indent, enum exu_style style, const char *text);
void exu_writer_linef(struct exu_writer *w, unsigned indent, enum exu_style style, const char *format, ...)
    EXU_PRINTF(4, 5);

/* Tree. `key` NULL: in an array, or at the top. */
void exu_writer_object(struct exu_writer *w, const char *key);
void exu_writer_array(struct exu_writer *w, const char *key);
void exu_writer_close(struct exu_writer *w);
void exu_writer_value(struct exu_writer *w, const char *key, struct exu_datum value);

#endif
