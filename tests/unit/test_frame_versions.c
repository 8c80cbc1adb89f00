#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "frames_support.h"
#include "model/frame.h"
#include "model/thread.h"

#include <inttypes.h>

/* def f(a, b): x = …; b in a cell, `up` a free variable, two deep on the value stack; before byte 8 line 7,
 * then 8. */
struct function {
    struct world *w;
    exu_addr code_type, cell_type, frame_type, code, frame, none, a, b, up, cell, free_cell, pushed, other;
    uint32_t variables;
};

#define STACK 3
#define LASTI 10
#define NAMES 4

static bool in_objects(const struct world *w)
{
    return w->python.strategy.frame == EXU_FRAME_OBJECT_STACKTOP ||
           w->python.strategy.frame == EXU_FRAME_OBJECT_STACKDEPTH;
}

static exu_addr slots_of(const struct function *f, exu_addr frame)
{
    return frame + exu_offset(&f->w->python.layout, in_objects(f->w) ? EXU_PyFrameObject_f_localsplus
                                                                     : EXU__PyInterpreterFrame_localsplus);
}

/* A reference as a frame has it; `counted` false: not owned, where there is such a thing. */
static uint64_t reference(const struct function *f, exu_addr object, bool counted)
{
    const struct exu_stack_reference *r = &f->w->python.strategy.reference;
    return object ? object | (counted ? 0 : r->not_owned) : r->null;
}

static void put_depth(const struct function *f, exu_addr frame, int depth)
{
    struct world *w = f->w;
    exu_addr stack = slots_of(f, frame) + 8 * (exu_addr)f->variables;
    switch (w->python.strategy.frame) {
    case EXU_FRAME_OBJECT_STACKTOP:
        world_put(w, frame, EXU_PyFrameObject_f_stacktop, depth < 0 ? 0 : stack + 8 * (exu_addr)depth);
        if (exu_has(&w->python.layout, EXU_PyFrameObject_f_executing))
            world_put(w, frame, EXU_PyFrameObject_f_executing, depth < 0);
        break;
    case EXU_FRAME_OBJECT_STACKDEPTH:
        world_put(w, frame, EXU_PyFrameObject_f_stackdepth, (uint64_t)(int64_t)depth);
        break;
    case EXU_FRAME_311:
    case EXU_FRAME_312:
    case EXU_FRAME_313:
        world_put(w, frame, EXU__PyInterpreterFrame_stacktop,
                  (uint64_t)(int64_t)(depth < 0 ? depth : depth + (int)f->variables));
        break;
    case EXU_FRAME_314:
        world_put(w, frame, EXU__PyInterpreterFrame_stackpointer,
                  depth < 0 ? 0 : stack + 8 * (exu_addr)depth);
        break;
    }
}

static exu_addr new_frame(struct function *f, exu_addr previous)
{
    struct world *w = f->w;
    const struct exu_layout *l = &w->python.layout;
    exu_addr frame;
    if (in_objects(w)) {
        frame = world_new(w, f->frame_type,
                          exu_offset(l, EXU_PyFrameObject_f_localsplus) + 8 * (f->variables + STACK) + 16);
        world_put(w, frame, EXU_PyFrameObject_f_code, f->code);
        world_put(w, frame, EXU_PyFrameObject_f_back, previous);
        world_put(w, frame, EXU_PyFrameObject_f_globals, f->other);
        world_put(w, frame, EXU_PyFrameObject_f_lasti, LASTI / w->python.strategy.lasti_unit);
    } else {
        frame = world_room(w, exu_offset(l, EXU__PyInterpreterFrame_localsplus) + 8 * (f->variables + STACK) +
                                  16);
        world_put(w, frame, EXU__PyInterpreterFrame_f_code, reference(f, f->code, false));
        world_put(w, frame, EXU__PyInterpreterFrame_f_func, reference(f, f->other, true));
        world_put(w, frame, EXU__PyInterpreterFrame_previous, previous);
        world_put(w, frame, EXU__PyInterpreterFrame_prev_instr,
                  f->code + exu_offset(l, EXU_PyCodeObject_co_code_adaptive) + LASTI);
    }
    for (unsigned i = 0; i < f->variables + STACK; i++)
        world_put_word(w, slots_of(f, frame) + 8 * (exu_addr)i, reference(f, 0, true));
    put_depth(f, frame, 2);
    return frame;
}

static void function_init(struct function *f, struct world *w)
{
    static const char *const texts[NAMES] = {"a", "b", "x", "up"};
    static const uint8_t kinds[] = {0x20, 0x60, 0x20, 0x80};
    static const uint8_t locations[] = {0x80 | 10 << 3 | 3, 0, 0, 0x80 | 11 << 3 | 7, 0, 0};
    static const uint8_t ranges[] = {8, 0, 16, 1}, steps[] = {8, 1};
    exu_addr names[NAMES], text_type = world_text_type(w);
    bool parts = w->python.strategy.code == EXU_CODE_VARNAMES;
    *f = (struct function){.w = w};
    f->code_type = world_type(w, "code", 0);
    f->cell_type = world_type(w, "cell", 0);
    f->frame_type = world_type(w, "frame", 0);
    for (unsigned i = 0; i < NAMES; i++)
        names[i] = world_text(w, text_type, texts[i]);
    f->code = world_new(w, f->code_type, exu_size(&w->python.layout, EXU_sizeof_PyCodeObject) + 64);
    if (parts) {
        world_put(w, f->code, EXU_PyCodeObject_co_varnames, world_tuple(w, names, 3));
        world_put(w, f->code, EXU_PyCodeObject_co_cellvars, world_tuple(w, names + 1, 1));
        world_put(w, f->code, EXU_PyCodeObject_co_freevars, world_tuple(w, names + 3, 1));
        world_put(w, f->code, EXU_PyCodeObject_co_nlocals, 3);
        f->variables = 5;
    } else {
        world_put(w, f->code, EXU_PyCodeObject_co_localsplusnames, world_tuple(w, names, NAMES));
        world_put(w, f->code, EXU_PyCodeObject_co_localspluskinds,
                  world_sized(w, 0, EXU_PyBytesObject_ob_sval, kinds, sizeof kinds, 1));
        world_put(w, f->code, EXU_PyCodeObject_co_nlocalsplus, NAMES);
        world_put(w, f->code, EXU_PyCodeObject__co_firsttraceable, 2);
        f->variables = NAMES;
    }
    exu_addr table = 0;
    switch (w->python.strategy.line) {
    case EXU_LINE_311:
        table = world_sized(w, 0, EXU_PyBytesObject_ob_sval, locations, sizeof locations, 1);
        break;
    case EXU_LINE_310:
        table = world_sized(w, 0, EXU_PyBytesObject_ob_sval, ranges, sizeof ranges, 1);
        break;
    case EXU_LINE_36:
    case EXU_LINE_27:
        table = world_sized(w, 0, EXU_PyBytesObject_ob_sval, steps, sizeof steps, 1);
        break;
    }
    world_put(w, f->code, EXU_PyCodeObject_co_linetable, table);
    world_put(w, f->code, EXU_PyCodeObject_co_firstlineno, 7);
    world_put(w, f->code, EXU_PyCodeObject_co_argcount, 2);
    world_put(w, f->code, EXU_PyCodeObject_co_stacksize, STACK);
    world_put(w, f->code, EXU_PyCodeObject_co_flags, 3);
    exu_addr *const objects[] = {&f->none, &f->a, &f->b, &f->up, &f->pushed, &f->other};
    for (unsigned i = 0; i < EXU_COUNT(objects); i++)
        *objects[i] = world_new(w, 0, 48);
    f->cell = world_new(w, f->cell_type, 48);
    f->free_cell = world_new(w, f->cell_type, 48);
    world_put(w, f->cell, EXU_PyCellObject_ob_ref, f->b);
    world_put(w, f->free_cell, EXU_PyCellObject_ob_ref, f->up);
    f->frame = new_frame(f, 0);
    exu_addr slots = slots_of(f, f->frame);
    world_put_word(w, slots, reference(f, f->a, false));
    world_put_word(w, slots + 8,
                   reference(f, parts ? f->b : f->cell, true)); /* 2.7 keeps the argument there, too */
    if (parts)
        world_put_word(w, slots + 24, reference(f, f->cell, true));
    world_put_word(w, slots + (parts ? 32 : 24), reference(f, f->free_cell, true));
    /* The bottom of the value stack is NULL, or an integer of the interpreter's own. */
    uint64_t integer = w->python.strategy.reference.integer;
    world_put_word(w, slots + 8 * (exu_addr)f->variables, integer ? 5 << 2 | integer : 0);
    world_put_word(w, slots + 8 * (exu_addr)f->variables + 8, reference(f, f->pushed, true));
    world_put_word(w, slots + 8 * (exu_addr)f->variables + 16,
                   reference(f, f->other, true)); /* above the top */
}

struct seen {
    struct world *w;
    char text[256];
};

static void see(void *context, const struct exu_variable *v)
{
    struct seen *s = context;
    char name[16] = "";
    size_t used = strlen(s->text);
    exu_model_str(&s->w->model, v->name_object, name, sizeof name);
    snprintf(s->text + used, sizeof s->text - used, "%s%c%" PRIx64 " ", name, "alcfs"[v->kind],
             v -> value & 0xffff);
}

static void assert_variables(const struct function *f, const struct exu_frame *frame, bool stack)
{
    struct seen seen = {.w = f->w};
    char wanted[256];
    exu_frame_variables(&f->w->model, frame, see, &seen);
    /* The order is that of the slots, and the cell of `b` comes later where it has a slot of its own. */
    int n = snprintf(wanted, sizeof wanted, "aa%" PRIx64 " ba%" PRIx64 " upf%" PRIx64 " ", f->a & 0xffff,
                     f->b & 0xffff, f->up & 0xffff);
    if (stack)
        snprintf(wanted + n, sizeof wanted - (size_t)n, "s%" PRIx64 " ", f->pushed & 0xffff);
    assert_string_equal(seen.text, wanted);
}

struct targets {
    exu_addr items[32];
    size_t count, guesses;
};

static void collect(void *context, const struct exu_reference *r)
{
    struct targets *t = context;
    assert_true(t->count < EXU_COUNT(t->items));
    t->items[t->count++] = r->target;
    t->guesses += r->confidence == EXU_CONSERVATIVE;
}

static size_t count_of(const struct targets *t, exu_addr target)
{
    size_t n = 0;
    for (size_t i = 0; i < t->count; i++)
        n += t->items[i] == target;
    return n;
}

static void check_frame(struct function *f)
{
    struct exu_frame frame;
    struct targets t = {0};
    const struct exu_visitor v = {.context = &t, .reference = collect};
    struct exu_model *m = &f->w->model;
    bool objects = in_objects(f->w);
    assert_true(exu_frame_read(m, f->frame, &frame));
    assert_int_equal(frame.code, f->code);
    assert_int_equal(frame.lasti, LASTI);
    assert_int_equal(frame.line, 8);
    assert_true(frame.complete);
    assert_int_equal(frame.function_object, objects ? 0 : f->other);
    assert_int_equal(frame.frame_object, objects ? f->frame : 0);
    assert_int_equal(frame.stacktop, f->variables + 2);
    assert_variables(f, &frame, true);
    exu_frame_walk(m, &frame, &v);
    assert_int_equal(count_of(&t, f->code), 1);
    assert_int_equal(count_of(&t, f->other),
                     1); /* the globals, or the function; not what lies above the top */
    assert_int_equal(count_of(&t, f->a), 1);
    assert_int_equal(count_of(&t, f->b), objects); /* that of 2.7 */
    assert_int_equal(count_of(&t, f->cell), 1);
    assert_int_equal(count_of(&t, f->free_cell), 1);
    assert_int_equal(count_of(&t, f->pushed), 1);
    /* Executing: what is on the stack is a guess. */
    struct exu_addrset *known;
    assert_null(exu_addrset_create(&known, f->w->memory));
    assert_true(exu_addrset_add(known, f->pushed));
    m->known = known;
    put_depth(f, f->frame, -1);
    assert_true(exu_frame_read(m, f->frame, &frame));
    assert_int_equal(frame.stacktop, -1);
    assert_variables(f, &frame, false);
    t.count = 0;
    exu_frame_walk(m, &frame, &v);
    assert_int_equal(t.guesses, 1);
    assert_int_equal(count_of(&t, f->pushed), 1);
    m->known = NULL;
    exu_addrset_destroy(known);
    put_depth(f, f->frame, STACK + 1);
    assert_false(exu_frame_read(m, f->frame, &frame));
    put_depth(f, f->frame, 2);
}

static void check_generator(struct function *f)
{
    struct world *w = f->w;
    const struct exu_layout *l = &w->python.layout;
    const struct exu_generator_states *states = &w->python.strategy.generator;
    struct exu_frame frame;
    exu_addr generator = world_room(w, exu_size(l, EXU_sizeof_PyGenObject) + 256);
    if (!w->python.strategy.generator_frame_inside) {
        assert_false(exu_frame_of_generator(&w->model, generator, &frame));
        world_put(w, generator, EXU_PyGenObject_gi_frame, f->frame);
    } else {
        exu_addr inside = generator + exu_offset(l, EXU_PyGenObject_gi_iframe);
        memcpy(w->bytes + (inside - WORLD_BASE), w->bytes + (f->frame - WORLD_BASE),
               exu_offset(l, EXU__PyInterpreterFrame_localsplus) + 8 * (f->variables + STACK));
        world_put(w, inside, EXU__PyInterpreterFrame_owner, EXU_FRAME_OF_GENERATOR);
        put_depth(f, inside, 2);
        world_put(w, generator, EXU_PyGenObject_gi_frame_state, (uint64_t)(int64_t)states->finished_first);
        assert_false(exu_frame_of_generator(&w->model, generator, &frame));
        world_put(w, generator, EXU_PyGenObject_gi_frame_state, (uint64_t)(int64_t)states->suspended_last);
    }
    assert_true(exu_frame_of_generator(&w->model, generator, &frame));
    assert_int_equal(frame.line, 8);
    assert_variables(f, &frame, true);
}

/* thread -> frame -> (an entry from C) -> caller; handles one exception, another one is on its way. */
static void check_thread(struct function *f)
{
    struct world *w = f->w;
    const struct exu_layout *l = &w->python.layout;
    if (w->python.strategy.interpreters_place != EXU_PLACE_RUNTIME)
        return; /* needs a file with symbols */
    exu_addr caller = new_frame(f, 0), between = caller, error = world_new(w, 0, 64),
             item = world_room(w, 64);
    if (w->python.strategy.owner_entry) {
        between = world_room(w, 96);
        world_put(w, between, EXU__PyInterpreterFrame_owner, w->python.strategy.owner_entry);
        world_put(w, between, EXU__PyInterpreterFrame_previous, caller);
    }
    world_put(w, f->frame, in_objects(w) ? EXU_PyFrameObject_f_back : EXU__PyInterpreterFrame_previous,
              between);
    exu_addr interpreter = world_structure(w, exu_offset(l, EXU_PyInterpreterState_threads_head) >
                                                      exu_offset(l, EXU_PyInterpreterState_next)
                                                  ? EXU_PyInterpreterState_threads_head
                                                  : EXU_PyInterpreterState_next);
    exu_addr thread = world_room(w, exu_size(l, EXU_sizeof_PyThreadState)), cframe = world_room(w, 64);
    w->python.runtime = world_structure(w, EXU__PyRuntimeState_interpreters_head);
    w->python.none = f->none;
    world_put(w, w->python.runtime, EXU__PyRuntimeState_interpreters_head, interpreter);
    world_put(w, interpreter, EXU_PyInterpreterState_threads_head, thread);
    world_put(w, thread, EXU_PyThreadState_thread_id, 0x7f0011223344);
    if (exu_has(l, EXU_PyThreadState_cframe) && exu_has(l, EXU__PyCFrame_current_frame)) {
        world_put(w, thread, EXU_PyThreadState_cframe, cframe);
        world_put(w, cframe, EXU__PyCFrame_current_frame, f->frame);
    } else {
        world_put(w, thread, in_objects(w) ? EXU_PyThreadState_frame : EXU_PyThreadState_current_frame,
                  f->frame);
    }
    world_put(w, thread, EXU_PyThreadState_exc_info, item);
    world_put(w, item, EXU__PyErr_StackItem_exc_value, error);
    world_put(w, thread,
              w->python.strategy.current_exception_single ? EXU_PyThreadState_current_exception
                                                          : EXU_PyThreadState_curexc_value,
              f->other);
    struct exu_threads *threads;
    struct exu_anomalies anomalies;
    exu_anomalies_init(&anomalies);
    assert_null(exu_threads_open(&threads, &w->model, &anomalies));
    assert_int_equal(threads->count, 1);
    const struct exu_thread *t = &threads->items[0];
    assert_int_equal(t->ident, 0x7f0011223344);
    assert_int_equal(t->native_id, 0);
    assert_int_equal(t->frame_count, 2);
    assert_int_equal(t->frames[0].address, f->frame);
    assert_int_equal(t->frames[1].address, caller);
    assert_int_equal(t->handled_exception, error);
    assert_int_equal(t->raised_value, f->other);
    assert_false(t->holds_gil);
    assert_int_equal(exu_anomaly_total(&anomalies), 0);
    exu_threads_close(threads);
    exu_anomalies_deinit(&anomalies);
}

static void every_shipped_version(void **state)
{
    (void)state;
    struct world *w;
    size_t count = 0;
    for (; (w = world_of_row(count)) != NULL; count++) {
        struct function f;
        function_init(&f, w);
        print_message("%s\n", w->python.version);
        check_frame(&f);
        check_generator(&f);
        check_thread(&f);
        world_destroy(w);
    }
    assert_true(count > 8);
}

static void ignore_variable(void *context, const struct exu_variable *variable)
{
    (void)context;
    (void)variable;
}

static void ignore_reference(void *context, const struct exu_reference *reference)
{
    (void)context;
    (void)reference;
}

/* Whatever the words say, nothing outside the memory is read (AddressSanitizer watches), and nothing hangs.
 */
static void any_word_may_be_damaged(void **state)
{
    (void)state;
    struct world *w;
    for (size_t row = 0; (w = world_of_row(row)) != NULL; row++) {
        struct function f;
        function_init(&f, w);
        uint64_t words = w->used / 8, random = 27 + row;
        for (unsigned round = 0; round < 20000; round++) {
            random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            exu_addr at = WORLD_BASE + 8 * (round < words ? round : (random >> 33) % words), kept;
            const uint64_t values[] = {0,
                                       1,
                                       UINT64_MAX,
                                       UINT64_MAX - 7,
                                       INT64_MAX,
                                       WORLD_BASE + WORLD_SIZE - 8,
                                       WORLD_BASE + (random >> 20) % WORLD_SIZE,
                                       at,
                                       random,
                                       random >> 32};
            memcpy(&kept, w->bytes + (at - WORLD_BASE), 8);
            world_put_word(w, at, values[(random >> 40) % EXU_COUNT(values)]);
            struct exu_frame frame;
            const struct exu_visitor visitor = {.reference = ignore_reference};
            if (exu_frame_read(&w->model, f.frame, &frame)) {
                exu_frame_variables(&w->model, &frame, ignore_variable, NULL);
                exu_frame_walk(&w->model, &frame, &visitor);
            }
            world_put_word(w, at, kept);
        }
        world_destroy(w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_shipped_version),
        cmocka_unit_test(any_word_may_be_damaged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
