#include "report/async_report.h"

#include "query/preview.h"

#include <string.h>

static void safe(struct exu_text *out, const char *text)
{
    text = text ? text : "?";
    exu_preview_plain(text, strlen(text), 4096, false, out);
}

static void print(struct exu_writer *w, unsigned indent, enum exu_style style, struct exu_text *text)
{
    exu_writer_line(w, indent, style, text->data ? text->data : "");
    exu_text_deinit(text);
}

/* ---- lines ---- */

static void add_awaiters(const struct exu_async_chain *chain, struct exu_text *text)
{
    if (!chain->awaiters.len) {
        exu_text_puts(text, ", awaited by nobody");
        return;
    }
    for (size_t i = 0; i < chain->awaiters.len; i++) {
        const struct exu_async_awaiter *awaiter = &chain->awaiters.items[i];
        exu_text_puts(text, i ? ", " : ", awaited by ");
        if (!awaiter->task)
            exu_text_puts(text, "run_until_complete");
        else if (awaiter->name)
            safe(text, awaiter->name);
        else
            exu_text_printf(text, "#%u", awaiter->task);
        if (awaiter->task && awaiter->how && strcmp(awaiter->how, "await") != 0)
            exu_text_printf(text, " (%s)", awaiter->how);
    }
}

static void heading(struct exu_writer *w, const struct exu_async_chain *chain)
{
    struct exu_text text = {0};
    if (chain->task) {
        exu_text_puts(&text, "task ");
        if (chain->name)
            safe(&text, chain->name);
        exu_text_printf(&text, chain->name ? " #%u" : "#%u", chain->task);
        if (chain->state) {
            exu_text_puts(&text, ", ");
            safe(&text, chain->state);
        }
        if (!chain->state || strcmp(chain->state, "done") != 0)
            add_awaiters(chain, &text);
    } else {
        const struct exu_async_step *first = &chain->steps.items[0];
        safe(&text, first->state);
        exu_text_puts(&text, " ");
        safe(&text, first->type);
        exu_text_printf(&text, " #%u", first->object);
    }
    print(w, 0, EXU_STYLE_HEADING, &text);
}

static void step_line(struct exu_writer *w, const struct exu_async_step *step)
{
    struct exu_text text = {0};
    if (step->between)
        return;
    if (step->filename) {
        exu_text_puts(&text, "File \"");
        safe(&text, step->filename);
        exu_text_puts(&text, "\"");
        if (step->has_line)
            exu_text_printf(&text, ", line %lld", (long long)step->line);
        exu_text_puts(&text, ", in ");
        safe(&text, step->qualname ? step->qualname : step->function);
        if (step->state && strcmp(step->state, "suspended") != 0)
            exu_text_printf(&text, "  (%s)",
                            strcmp(step->state, "created") == 0 ? "not started" : step->state);
    } else if (step->state) {
        exu_text_printf(&text, "%s #%u %s", step->state, step->object, step->summary ? step->summary : "");
    } else {
        exu_text_printf(&text, "waits for #%u %s", step->object, step->summary ? step->summary : "");
        if (step->task && step->task_name) {
            exu_text_puts(&text, ", task ");
            safe(&text, step->task_name);
        }
        if (step->future_state) {
            exu_text_puts(&text, ", ");
            safe(&text, step->future_state);
        }
    }
    if (step->shown_already)
        exu_text_puts(&text, "  (goes on above)");
    print(w, 1, EXU_STYLE_PLAIN, &text);
}

/* ---- tree ---- */

static struct exu_datum id_or_null(uint32_t id)
{
    return id ? exu_datum_integer(id) : exu_datum_null();
}

static void step_tree(struct exu_writer *w, const struct exu_async_step *step)
{
    exu_writer_object(w, NULL);
    exu_writer_value(w, "object_id", id_or_null(step->object));
    exu_writer_value(w, "type", exu_datum_text(step->type));
    exu_writer_value(w, "state", exu_datum_text(step->state ? step->state : step->future_state));
    exu_writer_value(w, "function", exu_datum_text(step->function));
    exu_writer_value(w, "qualname", exu_datum_text(step->qualname));
    exu_writer_value(w, "filename", exu_datum_text(step->filename));
    exu_writer_value(w, "line", step->has_line ? exu_datum_integer(step->line) : exu_datum_null());
    exu_writer_value(w, "task", exu_datum_text(step->task_name));
    exu_writer_value(w, "summary", exu_datum_text(step->summary));
    exu_writer_close(w);
}

static void chain_tree(struct exu_writer *w, const struct exu_async_chain *chain)
{
    exu_writer_object(w, NULL);
    if (chain->task) {
        exu_writer_value(w, "object_id", id_or_null(chain->task));
        exu_writer_value(w, "name", exu_datum_text(chain->name));
        exu_writer_value(w, "state", exu_datum_text(chain->state));
        exu_writer_array(w, "awaited_by");
        for (size_t i = 0; i < chain->awaiters.len; i++) {
            exu_writer_object(w, NULL);
            exu_writer_value(w, "object_id", id_or_null(chain->awaiters.items[i].task));
            exu_writer_value(w, "name", exu_datum_text(chain->awaiters.items[i].name));
            exu_writer_value(w, "how", exu_datum_text(chain->awaiters.items[i].how));
            exu_writer_close(w);
        }
        exu_writer_close(w);
    }
    exu_writer_array(w, "steps");
    for (size_t i = 0; i < chain->steps.len; i++)
        step_tree(w, &chain->steps.items[i]);
    exu_writer_close(w);
    exu_writer_close(w);
}

static void chains_tree(struct exu_writer *w, const struct exu_async *async, const char *key, bool tasks)
{
    exu_writer_array(w, key);
    for (size_t i = 0; i < async->chains.len; i++)
        if ((async->chains.items[i].task != 0) == tasks)
            chain_tree(w, &async->chains.items[i]);
    exu_writer_close(w);
}

/* ---- flat: a row a step ---- */

static const struct exu_column columns[] = {
    {"task_id", EXU_COLUMN_PLAIN},  {"task", EXU_COLUMN_PLAIN},      {"task_state", EXU_COLUMN_PLAIN},
    {"step", EXU_COLUMN_PLAIN},     {"object_id", EXU_COLUMN_PLAIN}, {"type", EXU_COLUMN_PLAIN},
    {"state", EXU_COLUMN_PLAIN},    {"filename", EXU_COLUMN_PLAIN},  {"line", EXU_COLUMN_PLAIN},
    {"function", EXU_COLUMN_PLAIN}, {"qualname", EXU_COLUMN_PLAIN},  {"summary", EXU_COLUMN_PLAIN},
};

static void flat_row(struct exu_writer *w, const struct exu_async_chain *chain,
                     const struct exu_async_step *step, size_t number)
{
    const struct exu_datum cells[EXU_COUNT(columns)] = {
        id_or_null(chain->task),
        exu_datum_text(chain->name),
        exu_datum_text(chain->state),
        exu_datum_integer((int64_t)number),
        id_or_null(step->object),
        exu_datum_text(step->type),
        exu_datum_text(step->state ? step->state : step->future_state),
        exu_datum_text(step->filename),
        step->has_line ? exu_datum_integer(step->line) : exu_datum_null(),
        exu_datum_text(step->function),
        exu_datum_text(step->qualname),
        exu_datum_text(step->summary),
    };
    exu_writer_flat_row(w, cells, EXU_COUNT(columns));
}

void exu_report_async(struct exu_writer *w, const struct exu_async *async)
{
    chains_tree(w, async, "tasks", true);
    chains_tree(w, async, "suspended", false);
    exu_writer_flat(w, columns, EXU_COUNT(columns));
    for (size_t i = 0; i < async->chains.len; i++) {
        const struct exu_async_chain *chain = &async->chains.items[i];
        heading(w, chain);
        for (size_t s = 0; s < chain->steps.len; s++) {
            step_line(w, &chain->steps.items[s]);
            flat_row(w, chain, &chain->steps.items[s], s);
        }
        if (!chain->steps.len)
            flat_row(w, chain, &(struct exu_async_step){0}, 0);
    }
    if (!async->chains.len)
        exu_writer_line(w, 0, EXU_STYLE_DIM, "no task, coroutine or generator is suspended");
    if (async->more)
        exu_writer_linef(w, 0, EXU_STYLE_DIM, "%llu more chains", (unsigned long long)async->more);
    exu_writer_flat_end(w);
}
