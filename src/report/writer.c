#include "report/writer.h"

#include "report/format.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define FLUSH_AT (64 * 1024)

static const struct exu_format_ops *const formats[] = {
    [EXU_FORMAT_TABLE] = &exu_format_table,
    [EXU_FORMAT_JSON] = &exu_format_json,
    [EXU_FORMAT_CSV] = &exu_format_csv,
    [EXU_FORMAT_MARKDOWN] = &exu_format_markdown,
};

struct exu_error *exu_writer_create(struct exu_writer **ret, const struct exu_writer_options *options)
{
    const struct exu_format_ops *ops = formats[options->format];
    struct exu_writer *w = calloc(1, sizeof *w);
    if (w)
        w->state = calloc(1, ops->state_size ? ops->state_size : 1);
    if (!w || !w->state) {
        free(w);
        return exu_error_memory();
    }
    w->ops = ops;
    w->options = *options;
    *ret = w;
    return NULL;
}

void exu_writer_flush(struct exu_writer *w, bool all)
{
    if (!all && w->out.len < FLUSH_AT)
        return;
    if (w->out.len && !w->failed && fwrite(w->out.data, 1, w->out.len, w->options.file) != w->out.len) {
        w->failed = true;
        w->why = errno;
    }
    if (w->out.failed && !w->failed) {
        w->failed = true;
        w->why = ENOMEM;
    }
    exu_text_clear(&w->out);
}

struct exu_error *exu_writer_finish(struct exu_writer *w)
{
    if (w->ops->finish)
        w->ops->finish(w);
    exu_writer_flush(w, true);
    if (!w->failed)
        return NULL;
    errno = w->why;
    return exu_error_errno("standard output: can't write");
}

void exu_writer_sync(struct exu_writer *w)
{
    exu_writer_flush(w, true);
    fflush(w->options.file);
}

void exu_writer_destroy(struct exu_writer *w)
{
    if (!w)
        return;
    if (w->ops->deinit)
        w->ops->deinit(w);
    free(w->state);
    exu_text_deinit(&w->out);
    free(w);
}

void exu_writer_table(struct exu_writer *w, const char *key, const char *title,
                      const struct exu_column *columns, size_t count)
{
    w->ops->table(w, key, title, columns, count);
}

void exu_writer_row(struct exu_writer *w, const struct exu_datum *cells, size_t count)
{
    w->ops->row(w, cells, count);
    exu_writer_flush(w, false);
}

void exu_writer_table_end(struct exu_writer *w)
{
    w->ops->table_end(w);
}

void exu_writer_flat(struct exu_writer *w, const struct exu_column *columns, size_t count)
{
    if (w->ops->shows_flat)
        exu_writer_table(w, NULL, NULL, columns, count);
}

void exu_writer_flat_row(struct exu_writer *w, const struct exu_datum *cells, size_t count)
{
    if (w->ops->shows_flat)
        exu_writer_row(w, cells, count);
}

void exu_writer_flat_end(struct exu_writer *w)
{
    if (w->ops->shows_flat)
        exu_writer_table_end(w);
}

static void sink_begin(void *context, const struct exu_column *columns, size_t count)
{
    exu_writer_table(context, NULL, NULL, columns, count);
}

static void sink_row(void *context, const struct exu_datum *cells, size_t count)
{
    exu_writer_row(context, cells, count);
}

struct exu_row_sink exu_writer_sink(struct exu_writer *w)
{
    return (struct exu_row_sink){.context = w, .begin = sink_begin, .row = sink_row};
}

void exu_writer_field(struct exu_writer *w, const char *key, const char *label, enum exu_column_kind kind,
                      struct exu_datum value)
{
    w->ops->field(w, key, label, kind, &value, NULL);
}

void exu_writer_field_shown(struct exu_writer *w, const char *key, const char *label, struct exu_datum value,
                            const char *shown)
{
    w->ops->field(w, key, label, EXU_COLUMN_PLAIN, &value, shown);
}

void exu_writer_line(struct exu_writer *w, unsigned indent, enum exu_style style, const char *text)
{
    if (w->ops->line)
        w->ops->line(w, indent, style, text);
    exu_writer_flush(w, false);
}

void exu_writer_linef(struct exu_writer *w, unsigned indent, enum exu_style style, const char *format, ...)
{
    if (!w->ops->line)
        return;
    va_list args;
    char *text;
    va_start(args, format);
    int n = vasprintf(&text, format, args);
    va_end(args);
    if (n < 0) {
        w->failed = true;
        w->why = ENOMEM;
        return;
    }
    exu_writer_line(w, indent, style, text);
    free(text);
}

void exu_writer_object(struct exu_writer *w, const char *key)
{
    if (w->ops->open)
        w->ops->open(w, key, false);
}

void exu_writer_array(struct exu_writer *w, const char *key)
{
    if (w->ops->open)
        w->ops->open(w, key, true);
}

void exu_writer_close(struct exu_writer *w)
{
    if (w->ops->close)
        w->ops->close(w);
    exu_writer_flush(w, false);
}

void exu_writer_value(struct exu_writer *w, const char *key, struct exu_datum value)
{
    if (w->ops->value)
        w->ops->value(w, key, &value);
}
