#include "load/frames.h"
#include "base/text.h"

#include <stdlib.h>

#define TEXT_LIMIT 1024

static bool add_row(struct exu_frame_table *table, const struct exu_frame_row *row)
{
    if (exu_addrmap_get(&table->by_address, row->frame.address) != EXU_ADDRMAP_NONE)
        return true;
    return exu_vec_push(&table->rows, *row) &&
           exu_addrmap_put(&table->by_address, row->frame.address, (uint32_t)table->rows.len);
}

static bool collect_threads(const struct exu_process *p, struct exu_frame_table *table)
{
    for (size_t i = 0; i < p->threads->count; i++) {
        const struct exu_thread *thread = &p->threads->items[i];
        for (size_t j = 0; j < thread->frame_count; j++) {
            struct exu_frame_row row = {thread->frames[j], (uint32_t)i + 1, (uint32_t)j, 0, "thread"};
            row.object_id = exu_id(p, row.frame.frame_object);
            if (!add_row(table, &row))
                return false;
        }
    }
    return true;
}

static bool collect_generators(const struct exu_process *p, const struct exu_facts *facts,
                               struct exu_frame_table *table)
{
    const uint32_t *id;
    exu_vec_each (id, &facts->generators) {
        struct exu_object o;
        struct exu_frame_row row = {.object_id = *id, .kind = "generator"};
        if (!exu_object_at(p->model, exu_address(p, *id), &o) ||
            !exu_frame_of_generator(p->model, o.address, &row.frame))
            continue;
        if (strcmp(o.type->name, "coroutine") == 0)
            row.kind = "coroutine";
        if (!add_row(table, &row))
            return false;
    }
    return true;
}

static bool collect_objects(const struct exu_process *p, const struct exu_facts *facts,
                            struct exu_frame_table *table)
{
    struct exu_addrmap traced = {0};
    bool fine = true;
    const uint32_t *id;
    exu_vec_each (id, &facts->tracebacks) {
        struct exu_object o;
        exu_addr frame;
        if (exu_object_at(p->model, exu_address(p, *id), &o) &&
            (frame = exu_object_word(&o, EXU_PyTracebackObject_tb_frame)) != 0)
            fine = fine && exu_addrmap_put(&traced, frame, *id);
    }
    exu_vec_each (id, &facts->frames) {
        exu_addr address = exu_address(p, *id);
        struct exu_frame_row row = {.object_id = *id, .kind = "detached"};
        if (exu_addrmap_get(&traced, address) != EXU_ADDRMAP_NONE)
            row.kind = "traceback";
        if (exu_frame_of_object(p->model, address, &row.frame))
            fine = fine && add_row(table, &row);
    }
    exu_addrmap_deinit(&traced);
    return fine;
}

/* The thread of the core that a Python thread is: index, or EXU_ADDRMAP_NONE. */
static uint32_t native_index(const struct exu_frame_table *table, const struct exu_thread *thread)
{
    uint32_t index =
        thread->native_id ? exu_addrmap_get(&table->native_by_id, thread->native_id) : EXU_ADDRMAP_NONE;
    /* A forked child keeps the native id of its parent's thread in the thread state. */
    return index != EXU_ADDRMAP_NONE ? index : exu_addrmap_get(&table->native_by_pointer, thread->ident);
}

static bool put_first(struct exu_addrmap *map, exu_addr key, uint32_t value)
{
    return !key || exu_addrmap_get(map, key) != EXU_ADDRMAP_NONE || exu_addrmap_put(map, key, value);
}

static bool number_threads(const struct exu_process *p, struct exu_frame_table *table)
{
    size_t count = p->core->thread_count;
    table->native_ids = calloc(count + 1, sizeof *table->native_ids);
    bool fine = table->native_ids != NULL;
    for (uint32_t i = 0; fine && i < count; i++)
        fine = put_first(&table->native_by_id, p->core->threads[i].native_id, i) &&
               put_first(&table->native_by_pointer, p->core->threads[i].thread_pointer, i);
    for (size_t i = fine ? p->threads->count : 0; i-- > 0;) {
        uint32_t index = native_index(table, &p->threads->items[i]);
        if (index != EXU_ADDRMAP_NONE)
            table->native_ids[index] = (uint32_t)i + 1;
    }
    uint32_t next = (uint32_t)p->threads->count;
    for (size_t i = 0; fine && i < count; i++)
        if (!table->native_ids[i])
            table->native_ids[i] = ++next;
    return fine;
}

struct exu_error *exu_frames_collect(const struct exu_process *process, const struct exu_facts *facts,
                                     struct exu_frame_table *table)
{
    memset(table, 0, sizeof *table);
    return number_threads(process, table) && collect_threads(process, table) &&
                   collect_generators(process, facts, table) && collect_objects(process, facts, table)
               ? NULL
               : exu_error_memory();
}

void exu_frames_deinit(struct exu_frame_table *table)
{
    exu_vec_free(&table->rows);
    exu_addrmap_deinit(&table->by_address);
    exu_addrmap_deinit(&table->native_by_id);
    exu_addrmap_deinit(&table->native_by_pointer);
    free(table->native_ids);
    table->native_ids = NULL;
}

/* ---- writing ---- */

struct writer {
    const struct exu_process *process;
    struct exu_store *store;
    struct exu_error *error;
    uint32_t frame_id;
    const struct exu_frame *frame;
};

static struct exu_cell str_cell(const struct exu_process *p, exu_addr address, char buffer[TEXT_LIMIT])
{
    return exu_cell_text(address && exu_model_str(p->model, address, buffer, TEXT_LIMIT) ? buffer : NULL);
}

static void write_variable(void *context, const struct exu_variable *variable)
{
    static const char *const kinds[] = {
        [EXU_VARIABLE_ARGUMENT] = "argument", [EXU_VARIABLE_LOCAL] = "local", [EXU_VARIABLE_CELL] = "cell",
        [EXU_VARIABLE_FREE] = "free",         [EXU_VARIABLE_STACK] = "stack",
    };
    struct writer *w = context;
    char name[TEXT_LIMIT];
    uint32_t object = exu_id(w->process, variable->value);
    if (w->error || !object)
        return;
    w->error = EXU_ROW(w->store, EXU_TABLE_VARIABLE, exu_cell_id(w->frame_id),
                       str_cell(w->process, variable->name_object, name),
                       exu_cell_text(kinds[variable->kind]), exu_cell_id(object));
}

/* The names of a module or class body are in a dict, and what a function of Python 2 got by exec. */
static bool write_item(void *context, exu_addr key, exu_addr value, uint64_t position)
{
    (void)position;
    struct writer *w = context;
    if (exu_frame_has_variable(w->process->model, w->frame, key))
        return true;
    struct exu_variable variable = {.name_object = key, .kind = EXU_VARIABLE_LOCAL, .value = value};
    write_variable(w, &variable);
    return w->error == NULL;
}

static struct exu_error *write_frame(struct writer *w, const struct exu_frame_row *row)
{
    const struct exu_process *p = w->process;
    char function[TEXT_LIMIT], qualname[TEXT_LIMIT], filename[TEXT_LIMIT];
    struct exu_object code;
    bool has_code = exu_object_at(p->model, row->frame.code, &code);
    EXU_TRY(
        EXU_ROW(w->store, EXU_TABLE_FRAME, exu_cell_id(w->frame_id), exu_cell_id(row->thread_id),
                row->thread_id ? exu_cell_integer(row->depth) : exu_cell_null(), exu_cell_text(row->kind),
                exu_cell_id(row->object_id), exu_cell_id(exu_id(p, row->frame.code)),
                str_cell(p, has_code ? exu_object_word(&code, EXU_PyCodeObject_co_name) : 0, function),
                str_cell(p, has_code ? exu_object_word(&code, EXU_PyCodeObject_co_qualname) : 0, qualname),
                str_cell(p, has_code ? exu_object_word(&code, EXU_PyCodeObject_co_filename) : 0, filename),
                row->frame.line >= 0 ? exu_cell_integer(row->frame.line) : exu_cell_null()));
    w->frame = &row->frame;
    if (row->frame.namespace)
        exu_dict_each(p->model, row->frame.locals_object, write_item, w);
    exu_frame_variables(p->model, &row->frame, write_variable, w);
    return w->error;
}

/* A thread state whose thread the core has not. Idents come again: of the states of an interpreter with the same one the
 * newest, which is the first, is the living thread's. */
static bool has_ended(const struct exu_process *p, const struct exu_frame_table *table, size_t state, uint32_t index)
{
    if (!p->core->thread_count)
        return false; /* the core names none */
    if (index == EXU_ADDRMAP_NONE)
        return true;
    size_t owner = table->native_ids[index] - 1;
    return owner != state && owner < p->threads->count &&
           p->threads->items[owner].interpreter_id == p->threads->items[state].interpreter_id;
}

static struct exu_error *write_threads(const struct exu_process *p, const struct exu_frame_table *table,
                                       struct exu_store *store)
{
    for (size_t i = 0; i < p->threads->count; i++) {
        const struct exu_thread *t = &p->threads->items[i];
        uint32_t index = native_index(table, t);
        const struct exu_core_thread *native = index == EXU_ADDRMAP_NONE ? NULL : &p->core->threads[index];
        char name[TEXT_LIMIT];
        uint64_t native_id = native ? native->native_id : t->native_id;
        EXU_TRY(EXU_ROW(store, EXU_TABLE_THREAD, exu_cell_id(i + 1), exu_cell_integer(t->interpreter_id),
                        exu_cell_integer((int64_t)t->address), exu_cell_integer((int64_t)t->ident),
                        exu_cell_id(native_id),
                        exu_cell_text(exu_thread_name(p->model, t, name, sizeof name) ? name : NULL),
                        exu_cell_integer(t->holds_gil), exu_cell_integer(has_ended(p, table, i, index))));
    }
    for (size_t i = 0; i < p->core->thread_count; i++) {
        const struct exu_core_thread *native = &p->core->threads[i];
        if (table->native_ids[i] <= p->threads->count)
            continue;
        EXU_TRY(EXU_ROW(store, EXU_TABLE_THREAD, exu_cell_id(table->native_ids[i]), exu_cell_null(),
                        exu_cell_null(), exu_cell_integer((int64_t)native->thread_pointer),
                        exu_cell_id(native->native_id), exu_cell_null(), exu_cell_integer(0), exu_cell_integer(0)));
    }
    return NULL;
}

/* str(exception), as far as plain arguments give it. */
static void message(const struct exu_process *p, const struct exu_object *exception, struct exu_text *text)
{
    struct exu_object args, item;
    struct exu_text scratch = {0};
    struct exu_value value;
    uint64_t count = 0;
    if (!exu_object_at(p->model, exu_object_word(exception, EXU_PyBaseExceptionObject_args), &args) ||
        !(args.type->classes & EXU_IS_TUPLE) || !exu_object_length(&args, &count))
        return;
    exu_addr items = exu_object_place(&args, EXU_PyTupleObject_ob_item);
    for (uint64_t i = 0; i < exu_min(count, 8); i++) {
        uint64_t address;
        if (!exu_memory_u64(p->memory, items + i * 8, &address) || !exu_object_at(p->model, address, &item))
            break;
        if (i)
            exu_text_puts(text, ", ");
        exu_text_clear(&scratch);
        if (exu_object_value(&item, TEXT_LIMIT, &scratch, &value) && value.kind == EXU_VALUE_TEXT)
            exu_text_add(text, value.data, value.size);
        else
            exu_text_printf(text, "<%s>", item.type->qualname);
        text->failed |= scratch.failed;
    }
    exu_text_deinit(&scratch);
}

/* 2.7: an exception does not know its traceback; the thread and the frames that handle it do. */
static bool collect_tracebacks(const struct exu_process *p, struct exu_addrmap *tracebacks)
{
    bool fine = true;
    for (size_t i = 0; fine && i < p->threads->count; i++) {
        const struct exu_thread *t = &p->threads->items[i];
        if (t->raised_value && t->raised_traceback)
            fine = put_first(tracebacks, t->raised_value, exu_id(p, t->raised_traceback));
        for (size_t j = 0; fine && t->handled_tracebacks && j < t->handled_count; j++)
            if (t->handled_tracebacks[j])
                fine = put_first(tracebacks, t->handled_chain[j], exu_id(p, t->handled_tracebacks[j]));
    }
    return fine;
}

static uint32_t traceback_of(const struct exu_process *p, const struct exu_object *o,
                             const struct exu_addrmap *tracebacks)
{
    if (p->python->strategy.exception_traceback)
        return exu_id(p, exu_object_word(o, EXU_PyBaseExceptionObject_traceback));
    uint32_t id = exu_addrmap_get(tracebacks, o->address);
    return id == EXU_ADDRMAP_NONE ? 0 : id;
}

static struct exu_error *write_exception(const struct exu_process *p, const struct exu_object *o, uint32_t id,
                                         uint32_t traceback, struct exu_store *store)
{
    struct exu_text text = {0};
    message(p, o, &text);
    struct exu_error *error =
        text.failed ? exu_error_memory() :
        EXU_ROW(store, EXU_TABLE_EXCEPTION, exu_cell_id(id), exu_cell_id(exu_id(p, o->type->address)),
                exu_cell_text(text.data), exu_cell_id(traceback),
                exu_cell_id(exu_id(p, exu_object_word(o, EXU_PyBaseExceptionObject_context))),
                exu_cell_id(exu_id(p, exu_object_word(o, EXU_PyBaseExceptionObject_cause))));
    exu_text_deinit(&text);
    return error;
}

static struct exu_error *write_exceptions(const struct exu_process *p, const struct exu_facts *facts,
                                          struct exu_store *store)
{
    struct exu_addrmap tracebacks = {0};
    struct exu_error *error = collect_tracebacks(p, &tracebacks) ? NULL : exu_error_memory();
    for (size_t i = 0; !error && i < facts->exceptions.len; i++) {
        uint32_t id = facts->exceptions.items[i];
        struct exu_object o;
        if (exu_object_at(p->model, exu_address(p, id), &o))
            error = write_exception(p, &o, id, traceback_of(p, &o, &tracebacks), store);
    }
    exu_addrmap_deinit(&tracebacks);
    return error;
}

static struct exu_error *write_tracebacks(const struct exu_process *p, const struct exu_facts *facts,
                                          const struct exu_frame_table *table, struct exu_store *store)
{
    const uint32_t *id;
    exu_vec_each (id, &facts->tracebacks) {
        struct exu_object o;
        struct exu_frame frame;
        if (!exu_object_at(p->model, exu_address(p, *id), &o))
            continue;
        uint32_t frame_id = 0;
        if (exu_frame_of_object(p->model, exu_object_word(&o, EXU_PyTracebackObject_tb_frame), &frame)) {
            uint32_t known = exu_addrmap_get(&table->by_address, frame.address);
            frame_id = known == EXU_ADDRMAP_NONE ? 0 : known;
        }
        int line = exu_traceback_line(p->model, o.address);
        EXU_TRY(EXU_ROW(store, EXU_TABLE_TRACEBACK, exu_cell_id(*id),
                        exu_cell_id(exu_id(p, exu_object_word(&o, EXU_PyTracebackObject_tb_next))),
                        exu_cell_id(frame_id), line >= 0 ? exu_cell_integer(line) : exu_cell_null()));
    }
    return NULL;
}

struct exu_error *exu_frames_write(const struct exu_process *process, const struct exu_facts *facts,
                                   const struct exu_frame_table *table, struct exu_store *store)
{
    EXU_TRY(write_threads(process, table, store));
    struct writer w = {.process = process, .store = store};
    for (size_t i = 0; i < table->rows.len; i++) {
        w.frame_id = (uint32_t)i + 1;
        EXU_TRY(write_frame(&w, &table->rows.items[i]));
    }
    EXU_TRY(write_exceptions(process, facts, store));
    return write_tracebacks(process, facts, table, store);
}
