#include "load/states.h"
#include "layout/place.h"
#include "layout/roots.h"

static void visit_words(const struct exu_process *p, exu_addr at, uint64_t count, struct exu_state_root root,
                        exu_state_visit *visit, void *context)
{
    for (uint64_t i = 0; i < count; i++) {
        uint64_t object;
        if (!exu_memory_u64(p->memory, at + i * 8, &object) || !object)
            continue;
        root.object = object;
        visit(context, &root);
    }
}

static void visit_fields(const struct exu_process *p, exu_addr state, const struct exu_root_field *fields,
                         size_t count, exu_state_visit *visit, void *context)
{
    const struct exu_layout *layout = &p->python->layout;
    for (size_t i = 0; i < count; i++) {
        if (!exu_has(layout, fields[i].field))
            continue;
        struct exu_state_root root = {.state = state,
                                      .kind = fields[i].kind,
                                      .name = fields[i].name,
                                      .untyped = fields[i].untyped,
                                      .borrowed = fields[i].borrowed};
        /* A member wider than a word is an array of them. */
        visit_words(p, state + exu_offset(layout, fields[i].field),
                    exu_max(exu_size(layout, fields[i].field) / 8, 1), root, visit, context);
    }
}

void exu_states_each(const struct exu_process *process, exu_state_visit *visit, void *context)
{
    for (size_t i = 0; i < process->gc->interpreter_count; i++)
        visit_fields(process, process->gc->interpreters[i].address, exu_interpreter_roots,
                     exu_interpreter_root_count, visit, context);
    if (process->python->runtime)
        visit_fields(process, process->python->runtime, exu_runtime_roots, exu_runtime_root_count, visit,
                     context);
    exu_addr places[128];
    size_t place_count = 0;
    for (size_t i = 0; i < exu_static_root_count; i++) {
        const struct exu_root_static *s = &exu_static_roots[i];
        exu_addr place;
        bool seen =
            false; /* without the file's name a symbol of 2.7's stringobject.c is one of bytesobject.c, too */
        if (s->only_with && !exu_has(&process->python->layout, s->only_with))
            continue;
        if (!exu_place_static(process->python, s->file, s->name, &place))
            continue;
        for (size_t j = 0; j < place_count; j++)
            seen = seen || places[j] == place;
        if (!seen && place_count < EXU_COUNT(places))
            places[place_count++] = place;
        if (!seen)
            visit_words(process, place, s->count,
                        (struct exu_state_root){0, place, "interpreter", s->name, false, false}, visit,
                        context);
    }
}

void exu_thread_states_each(const struct exu_process *process, const struct exu_thread *thread,
                            exu_state_visit *visit, void *context)
{
    visit_fields(process, thread->address, exu_thread_roots, exu_thread_root_count, visit, context);
}
