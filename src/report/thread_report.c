#include "report/thread_report.h"

#include "query/preview.h"

#include <string.h>

static const char *or_unknown(const char *text)
{
    return text ? text : "?";
}

static void safe(struct exu_text *out, const char *text)
{
    exu_preview_plain(or_unknown(text), strlen(or_unknown(text)), 4096, false, out);
}

/* ---- lines ---- */

static void thread_heading(struct exu_writer *w, const struct exu_thread *thread)
{
    struct exu_text text = {0};
    exu_text_puts(&text, "thread ");
    if (thread->name)
        safe(&text, thread->name);
    else
        exu_text_printf(&text, "#%lld", (long long)thread->id);
    if (thread->has_native_id)
        exu_text_printf(&text, " (%lld)", (long long)thread->native_id);
    if (thread->holds_gil)
        exu_text_puts(&text, ", holds the GIL");
    exu_writer_line(w, 0, EXU_STYLE_HEADING, text.data ? text.data : "");
    exu_text_deinit(&text);
}

static void variable_line(struct exu_writer *w, const struct exu_thread_variable *v)
{
    struct exu_text text = {0};
    safe(&text, v->name);
    exu_text_printf(&text, " = %s", v->summary ? v->summary : "(not bound)");
    if (v->kind && strcmp(v->kind, "local") != 0 && strcmp(v->kind, "argument") != 0)
        exu_text_printf(&text, "  (%s)", v->kind);
    exu_writer_line(w, 2, EXU_STYLE_PLAIN, text.data ? text.data : "");
    exu_text_deinit(&text);
}

static void frame_lines(struct exu_writer *w, const struct exu_thread_frame *frame)
{
    struct exu_text text = {0};
    exu_text_puts(&text, "File \"");
    safe(&text, frame->filename);
    exu_text_puts(&text, "\"");
    if (frame->has_line)
        exu_text_printf(&text, ", line %lld", (long long)frame->line);
    exu_text_puts(&text, ", in ");
    safe(&text, frame->qualname ? frame->qualname : frame->function);
    exu_writer_line(w, 1, EXU_STYLE_PLAIN, text.data ? text.data : "");
    exu_text_deinit(&text);
    for (size_t i = 0; i < frame->variables.len; i++)
        variable_line(w, &frame->variables.items[i]);
}

static void thread_lines(struct exu_writer *w, const struct exu_thread *thread)
{
    thread_heading(w, thread);
    if (!thread->frames.len)
        exu_writer_line(w, 1, EXU_STYLE_DIM, "no Python frame");
    for (size_t i = 0; i < thread->frames.len; i++)
        frame_lines(w, &thread->frames.items[i]);
    if (thread->exception)
        exu_writer_linef(w, 1, EXU_STYLE_PLAIN, "handling #%u %s", thread->exception,
                         thread->exception_summary);
}

/* ---- tree ---- */

static struct exu_datum id_or_null(uint32_t id)
{
    return id ? exu_datum_integer(id) : exu_datum_null();
}

static struct exu_datum number_or_null(int64_t n, bool there)
{
    return there ? exu_datum_integer(n) : exu_datum_null();
}

static void variable_tree(struct exu_writer *w, const struct exu_thread_variable *v)
{
    exu_writer_object(w, NULL);
    exu_writer_value(w, "name", exu_datum_text(v->name));
    exu_writer_value(w, "kind", exu_datum_text(v->kind));
    exu_writer_value(w, "object_id", id_or_null(v->object));
    exu_writer_value(w, "type", exu_datum_text(v->type));
    exu_writer_value(w, "summary", exu_datum_text(v->summary));
    exu_writer_close(w);
}

static void frame_tree(struct exu_writer *w, const struct exu_thread_frame *frame, bool locals)
{
    exu_writer_object(w, NULL);
    exu_writer_value(w, "id", exu_datum_integer(frame->id));
    exu_writer_value(w, "depth", exu_datum_integer(frame->depth));
    exu_writer_value(w, "function", exu_datum_text(frame->function));
    exu_writer_value(w, "qualname", exu_datum_text(frame->qualname));
    exu_writer_value(w, "filename", exu_datum_text(frame->filename));
    exu_writer_value(w, "line", number_or_null(frame->line, frame->has_line));
    exu_writer_value(w, "object_id", id_or_null(frame->object));
    if (locals) {
        exu_writer_array(w, "locals");
        for (size_t i = 0; i < frame->variables.len; i++)
            variable_tree(w, &frame->variables.items[i]);
        exu_writer_close(w);
    }
    exu_writer_close(w);
}

static void thread_tree(struct exu_writer *w, const struct exu_thread *thread, bool locals)
{
    exu_writer_object(w, NULL);
    exu_writer_value(w, "id", exu_datum_integer(thread->id));
    exu_writer_value(w, "name", exu_datum_text(thread->name));
    exu_writer_value(w, "native_id", number_or_null(thread->native_id, thread->has_native_id));
    exu_writer_value(w, "ident", number_or_null(thread->ident, thread->has_ident));
    exu_writer_value(w, "holds_gil", exu_datum_integer(thread->holds_gil));
    exu_writer_value(w, "exception_id", id_or_null(thread->exception));
    exu_writer_value(w, "exception", exu_datum_text(thread->exception_summary));
    exu_writer_array(w, "frames");
    for (size_t i = 0; i < thread->frames.len; i++)
        frame_tree(w, &thread->frames.items[i], locals);
    exu_writer_close(w);
    exu_writer_close(w);
}

/* ---- flat: a row for each frame, or with locals for each variable ---- */

static const struct exu_column columns[] = {
    {"thread_id", EXU_COLUMN_PLAIN}, {"thread", EXU_COLUMN_PLAIN},   {"native_id", EXU_COLUMN_PLAIN},
    {"depth", EXU_COLUMN_PLAIN},     {"filename", EXU_COLUMN_PLAIN}, {"line", EXU_COLUMN_PLAIN},
    {"function", EXU_COLUMN_PLAIN},  {"qualname", EXU_COLUMN_PLAIN}, {"variable", EXU_COLUMN_PLAIN},
    {"object_id", EXU_COLUMN_PLAIN}, {"summary", EXU_COLUMN_PLAIN},
};

static void flat_row(struct exu_writer *w, const struct exu_thread *thread,
                     const struct exu_thread_frame *frame, const struct exu_thread_variable *v, size_t count)
{
    const struct exu_datum cells[EXU_COUNT(columns)] = {
        exu_datum_integer(thread->id),
        exu_datum_text(thread->name),
        number_or_null(thread->native_id, thread->has_native_id),
        exu_datum_integer(frame->depth),
        exu_datum_text(frame->filename),
        number_or_null(frame->line, frame->has_line),
        exu_datum_text(frame->function),
        exu_datum_text(frame->qualname),
        exu_datum_text(v ? v->name : NULL),
        v ? id_or_null(v->object) : exu_datum_null(),
        exu_datum_text(v ? v->summary : NULL),
    };
    exu_writer_flat_row(w, cells, count);
}

void exu_report_threads(struct exu_writer *w, const struct exu_threads *threads, const char *key, bool flat)
{
    size_t flat_columns = EXU_COUNT(columns) - (threads->locals ? 0 : 3);
    exu_writer_array(w, key);
    if (flat)
        exu_writer_flat(w, columns, flat_columns);
    for (size_t i = 0; i < threads->items.len; i++) {
        const struct exu_thread *thread = &threads->items.items[i];
        thread_lines(w, thread);
        thread_tree(w, thread, threads->locals);
        for (size_t f = 0; flat && f < thread->frames.len; f++) {
            const struct exu_thread_frame *frame = &thread->frames.items[f];
            for (size_t v = 0; v < frame->variables.len; v++)
                flat_row(w, thread, frame, &frame->variables.items[v], flat_columns);
            if (!frame->variables.len)
                flat_row(w, thread, frame, NULL, flat_columns);
        }
    }
    if (threads->more)
        exu_writer_linef(w, 0, EXU_STYLE_DIM, "%llu more threads", (unsigned long long)threads->more);
    if (flat)
        exu_writer_flat_end(w);
    exu_writer_close(w);
}
