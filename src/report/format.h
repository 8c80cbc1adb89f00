/* What a format implements. Every member may be NULL: the format does not show that. */
#ifndef EXU_REPORT_FORMAT_H
#define EXU_REPORT_FORMAT_H

#include "report/writer.h"

struct exu_writer {
    const struct exu_format_ops *ops;
    struct exu_writer_options options;
    struct exu_text out; /* not yet written */
    bool failed;         /* the file took no more; errno is kept in `why` */
    int why;
    void *state;   /* of the format */
    bool anything; /* something was printed: tables and lines are set apart from it */
};

struct exu_format_ops {
    size_t state_size;
    void (*table)(struct exu_writer *w, const char *key, const char *title, const struct exu_column *columns,
                  size_t count);
    void (*row)(struct exu_writer *w, const struct exu_datum *cells, size_t count);
    void (*table_end)(struct exu_writer *w);
    bool shows_flat;
    void (*field)(struct exu_writer *w, const char *key, const char *label, enum exu_column_kind kind,
                  const struct exu_datum *value, const char *shown);
    void (*line)(struct exu_writer *w, unsigned indent, enum exu_style style, const char *text);
    void (*open)(struct exu_writer *w, const char *key, bool array);
    void (*close)(struct exu_writer *w);
    void (*value)(struct exu_writer *w, const char *key, const struct exu_datum *value);
    void (*finish)(struct exu_writer *w); /* prints what is still held */
    void (*deinit)(struct exu_writer *w);
};

extern const struct exu_format_ops exu_format_table, exu_format_json, exu_format_csv, exu_format_markdown;

/* Writes `out` when it has grown enough. */
void exu_writer_flush(struct exu_writer *w, bool all);
/* A cell as people read it, safe for a terminal. */
void exu_datum_show(const struct exu_datum *cell, enum exu_column_kind kind, struct exu_text *out);
/* Columns that `text` takes on a terminal. */
size_t exu_text_width(const char *text, size_t size);
/* Adds `text`, cut with '…' to `width` columns. */
void exu_text_cut(const char *text, size_t size, size_t width, struct exu_text *out);

#endif
