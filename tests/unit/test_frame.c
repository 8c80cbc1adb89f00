#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "frames_support.h"
#include "model/frame.h"
#include "model/thread.h"

#define TPFLAGS_UNICODE (UINT64_C(1) << 28)

/* def f(a, *, b): x; with b in a cell and a free variable, 3 deep on the value stack; RESUME is code unit 2.
 */
struct function {
    struct world *w;
    exu_addr code_type, cell_type, str_type, code, frame, a, b, x, cell, free_cell, free_value, pushed;
};

#define VARIABLES 4
#define STACK 3
#define FIRST_TRACEABLE 2

static exu_addr slot(const struct function *f, unsigned index)
{
    return f->frame + 72 + 8 * (exu_addr)index;
}

static void function_init(struct function *f)
{
    struct world *w = f->w = world_create(WORLD_BASE, NULL, WORLD_SIZE);
    f->code_type = world_type(w, "code", 0);
    f->cell_type = world_type(w, "cell", 0);
    f->str_type = world_type(w, "str", TPFLAGS_UNICODE);
    f->code = world_new(w, f->code_type, 256);
    exu_addr names = world_new(w, 0, 24 + 8 * VARIABLES);
    static const char *const texts[] = {"a", "b", "x", "up"};
    world_put(w, names, EXU_PyVarObject_ob_size, VARIABLES);
    for (unsigned i = 0; i < VARIABLES; i++)
        world_put_word(w, names + 24 + 8 * i, world_str(w, f->str_type, texts[i]));
    static const uint8_t kinds[] = {0x20, 0x60, 0x20, 0x80};
    static const uint8_t lines[] = {0x80 | 10 << 3 | 3, 0, 0,
                                    0x80 | 11 << 3 | 7, 0, 0}; /* 4 units at 7, 8 at 8 */
    world_put(w, f->code, EXU_PyCodeObject_co_localsplusnames, names);
    world_put(w, f->code, EXU_PyCodeObject_co_localspluskinds, world_bytes(w, 0, kinds, sizeof kinds));
    world_put(w, f->code, EXU_PyCodeObject_co_linetable, world_bytes(w, 0, lines, sizeof lines));
    world_put(w, f->code, EXU_PyCodeObject_co_firstlineno, 7);
    world_put(w, f->code, EXU_PyCodeObject_co_argcount, 1);
    world_put(w, f->code, EXU_PyCodeObject_co_kwonlyargcount, 1);
    world_put(w, f->code, EXU_PyCodeObject_co_nlocalsplus, VARIABLES);
    world_put(w, f->code, EXU_PyCodeObject_co_stacksize, STACK);
    world_put(w, f->code, EXU_PyCodeObject_co_flags, 3); /* optimized, new locals */
    world_put(w, f->code, EXU_PyCodeObject__co_firsttraceable, FIRST_TRACEABLE);
    f->a = world_new(w, 0, 32);
    f->b = world_new(w, 0, 32);
    f->x = world_new(w, 0, 32);
    f->free_value = world_new(w, 0, 32);
    f->pushed = world_new(w, 0, 32);
    f->cell = world_new(w, f->cell_type, 24);
    f->free_cell = world_new(w, f->cell_type, 24);
    world_put(w, f->cell, EXU_PyCellObject_ob_ref, f->b);
    world_put(w, f->free_cell, EXU_PyCellObject_ob_ref, f->free_value);
    f->frame = world_room(w, 72 + 8 * (VARIABLES + STACK));
    world_put(w, f->frame, EXU__PyInterpreterFrame_f_code, f->code);
    world_put(w, f->frame, EXU__PyInterpreterFrame_f_func, f->pushed);
    world_put(w, f->frame, EXU__PyInterpreterFrame_prev_instr, f->code + 184 + 2 * 5);
    world_put(w, f->frame, EXU__PyInterpreterFrame_stacktop, VARIABLES + 2);
    world_put_word(w, slot(f, 0), f->a);
    world_put_word(w, slot(f, 1), f->cell);
    world_put_word(w, slot(f, 3), f->free_cell);
    world_put_word(w, slot(f, 5), f->pushed); /* slot 4 is NULL: PUSH_NULL */
}

struct seen {
    struct exu_variable items[16];
    size_t count;
};

static void see(void *context, const struct exu_variable *variable)
{
    struct seen *seen = context;
    assert_true(seen->count < EXU_COUNT(seen->items));
    seen->items[seen->count++] = *variable;
}

static void assert_variable(const struct function *f, const struct exu_variable *v, const char *name,
                            enum exu_variable_kind kind, exu_addr value, exu_addr cell)
{
    char text[16] = "";
    exu_model_str(&f->w->model, v->name_object, text, sizeof text);
    assert_string_equal(text, name);
    assert_int_equal(v->kind, kind);
    assert_int_equal(v->value, value);
    assert_int_equal(v->cell, cell);
}

static void a_suspended_frame(void **state)
{
    (void)state;
    struct function f;
    struct exu_frame frame;
    struct seen seen = {0};
    function_init(&f);
    assert_true(exu_frame_read(&f.w->model, f.frame, &frame));
    assert_int_equal(frame.code, f.code);
    assert_int_equal(frame.lasti, 10);
    assert_int_equal(frame.line, 8);
    assert_true(frame.complete);
    assert_false(frame.cleared);
    assert_int_equal(frame.owner, EXU_FRAME_OF_THREAD);
    exu_frame_variables(&f.w->model, &frame, see, &seen);
    assert_int_equal(seen.count, 4);
    assert_variable(&f, &seen.items[0], "a", EXU_VARIABLE_ARGUMENT, f.a, 0);
    assert_variable(&f, &seen.items[1], "b", EXU_VARIABLE_ARGUMENT, f.b, f.cell);
    assert_variable(&f, &seen.items[2], "up", EXU_VARIABLE_FREE, f.free_value, f.free_cell);
    assert_variable(&f, &seen.items[3], "", EXU_VARIABLE_STACK, f.pushed, 0);
    assert_int_equal(seen.items[3].index, 1);
    /* Bound now; and the cell is empty. */
    assert_false(frame.namespace);
    world_put_word(f.w, slot(&f, 2), f.x);
    world_put(f.w, f.cell, EXU_PyCellObject_ob_ref, 0);
    seen.count = 0;
    exu_frame_variables(&f.w->model, &frame, see, &seen);
    assert_int_equal(seen.count, 5);
    assert_variable(&f, &seen.items[1], "b", EXU_VARIABLE_ARGUMENT, 0, f.cell);
    assert_variable(&f, &seen.items[2], "x", EXU_VARIABLE_LOCAL, f.x, 0);
    /* A class body: its names are in the dict, and free variables are no locals. */
    world_put(f.w, f.code, EXU_PyCodeObject_co_flags, 0);
    world_put(f.w, f.frame, EXU__PyInterpreterFrame_f_locals, f.x);
    assert_true(exu_frame_read(&f.w->model, f.frame, &frame) && frame.namespace);
    seen.count = 0;
    exu_frame_variables(&f.w->model, &frame, see, &seen);
    assert_int_equal(seen.count, 4);
    assert_int_equal(seen.items[3].kind, EXU_VARIABLE_STACK);
    world_destroy(f.w);
}

static void prologue_and_execution(void **state)
{
    (void)state;
    struct function f;
    struct exu_frame frame;
    struct seen seen = {0};
    function_init(&f);
    /* Before MAKE_CELL the slot holds the argument itself; Python does not show the frame yet. */
    world_put(f.w, f.frame, EXU__PyInterpreterFrame_prev_instr, f.code + 184 - 2);
    world_put_word(f.w, slot(&f, 1), f.b);
    assert_true(exu_frame_read(&f.w->model, f.frame, &frame));
    assert_false(frame.complete);
    assert_int_equal((int64_t)frame.lasti, -2);
    assert_int_equal(frame.line, 7);
    exu_frame_variables(&f.w->model, &frame, see, &seen);
    assert_variable(&f, &seen.items[1], "b", EXU_VARIABLE_ARGUMENT, f.b, 0);
    world_put(f.w, f.frame, EXU__PyInterpreterFrame_prev_instr, f.code + 184 + 2 * FIRST_TRACEABLE - 2);
    assert_true(exu_frame_read(&f.w->model, f.frame, &frame) && !frame.complete);
    world_put(f.w, f.frame, EXU__PyInterpreterFrame_prev_instr, f.code + 184 + 2 * FIRST_TRACEABLE);
    assert_true(exu_frame_read(&f.w->model, f.frame, &frame) && frame.complete);
    /* Executing: variables, but no value stack. */
    world_put(f.w, f.frame, EXU__PyInterpreterFrame_stacktop, UINT32_MAX);
    assert_true(exu_frame_read(&f.w->model, f.frame, &frame));
    assert_int_equal(frame.stacktop, -1);
    seen.count = 0;
    exu_frame_variables(&f.w->model, &frame, see, &seen);
    assert_int_equal(seen.count, 3);
    /* Cleared: whatever the slots still say. */
    world_put(f.w, f.frame, EXU__PyInterpreterFrame_stacktop, 0);
    assert_true(exu_frame_read(&f.w->model, f.frame, &frame) && frame.cleared);
    seen.count = 0;
    exu_frame_variables(&f.w->model, &frame, see, &seen);
    assert_int_equal(seen.count, 0);
    world_destroy(f.w);
}

struct references {
    struct exu_reference items[16];
    size_t count;
};

static void refer(void *context, const struct exu_reference *reference)
{
    struct references *r = context;
    assert_true(r->count < EXU_COUNT(r->items));
    r->items[r->count++] = *reference;
}

static void references_of_a_frame(void **state)
{
    (void)state;
    struct function f;
    struct exu_frame frame;
    struct references r = {0};
    function_init(&f);
    assert_true(exu_frame_read(&f.w->model, f.frame, &frame));
    exu_frame_walk(&f.w->model, &frame, &(struct exu_visitor){.context = &r, .reference = refer});
    static const uint8_t kinds[] = {EXU_REF_FIELD, EXU_REF_FIELD, EXU_REF_LOCAL,
                                    EXU_REF_CELL,  EXU_REF_CELL,  EXU_REF_STACK};
    exu_addr targets[] = {f.pushed, f.code, f.a, f.cell, f.free_cell, f.pushed};
    assert_int_equal(r.count, EXU_COUNT(kinds));
    for (size_t i = 0; i < r.count; i++) {
        assert_int_equal(r.items[i].kind, kinds[i]);
        assert_int_equal(r.items[i].target, targets[i]);
        assert_int_equal(r.items[i].confidence, EXU_EXACT);
    }
    assert_int_equal(r.items[5].position, 1);
    world_destroy(f.w);
}

static void frame_objects_and_generators(void **state)
{
    (void)state;
    struct function f;
    struct exu_frame frame;
    function_init(&f);
    exu_addr object = world_new(f.w, 0, 200), traceback = world_new(f.w, 0, 40);
    world_put(f.w, object, EXU_PyFrameObject_f_frame, f.frame);
    assert_false(exu_frame_of_object(&f.w->model, object, &frame)); /* the frame is not this object's */
    world_put(f.w, f.frame, EXU__PyInterpreterFrame_frame_obj, object);
    assert_true(exu_frame_of_object(&f.w->model, object, &frame));
    assert_int_equal(frame.line, 8);
    world_put(f.w, object, EXU_PyFrameObject_f_lineno, 99);
    assert_true(exu_frame_of_object(&f.w->model, object, &frame));
    assert_int_equal(frame.line, 99);
    /* tb_lineno, eager and lazy. */
    world_put(f.w, traceback, EXU_PyTracebackObject_tb_frame, object);
    world_put(f.w, traceback, EXU_PyTracebackObject_tb_lasti, 2);
    world_put(f.w, traceback, EXU_PyTracebackObject_tb_lineno, 55);
    assert_int_equal(exu_traceback_line(&f.w->model, traceback), 55);
    world_put(f.w, traceback, EXU_PyTracebackObject_tb_lineno, UINT32_MAX);
    assert_int_equal(exu_traceback_line(&f.w->model, traceback), 7);
    /* The frame moves into its object. */
    exu_addr own = object + 48;
    memcpy(f.w->bytes + (own - WORLD_BASE), f.w->bytes + (f.frame - WORLD_BASE),
           72 + 8 * (VARIABLES + STACK));
    world_put(f.w, own, EXU__PyInterpreterFrame_owner, EXU_FRAME_OF_OBJECT);
    world_put(f.w, own, EXU__PyInterpreterFrame_frame_obj, 0);
    world_put(f.w, object, EXU_PyFrameObject_f_frame, own);
    assert_true(exu_frame_of_object(&f.w->model, object, &frame));
    assert_int_equal(frame.address, own);
    assert_int_equal(frame.frame_object, object);

    exu_addr generator = world_new(f.w, 0, 80 + 72 + 8 * (VARIABLES + STACK));
    exu_addr inside = generator + 80;
    memcpy(f.w->bytes + (inside - WORLD_BASE), f.w->bytes + (f.frame - WORLD_BASE),
           72 + 8 * (VARIABLES + STACK));
    world_put(f.w, inside, EXU__PyInterpreterFrame_owner, EXU_FRAME_OF_GENERATOR);
    world_put(f.w, inside, EXU__PyInterpreterFrame_prev_instr, f.code + 184);
    world_put(f.w, generator, EXU_PyGenObject_gi_frame_state, (uint8_t)-1);
    assert_true(exu_frame_of_generator(&f.w->model, generator, &frame));
    assert_true(frame.complete); /* its prologue ends with the call that makes it */
    assert_int_equal(exu_frame_generator(&f.w->model, &frame), generator);
    world_put(f.w, generator, EXU_PyGenObject_gi_frame_state, 4);
    assert_false(exu_frame_of_generator(&f.w->model, generator, &frame));
    world_destroy(f.w);
}

static void damaged_frames(void **state)
{
    (void)state;
    struct function f;
    struct exu_frame frame;
    function_init(&f);
    struct exu_model *model = &f.w->model;
    assert_false(exu_frame_read(model, 0, &frame));
    assert_false(exu_frame_read(model, f.frame + 4, &frame));
    assert_false(exu_frame_read(model, WORLD_BASE + WORLD_SIZE - 16, &frame));
    assert_false(exu_frame_read(model, UINT64_MAX - 7, &frame));
    static const struct {
        enum exu_field field;
        uint64_t value;
        bool of_code;
    } rows[] = {
        {EXU__PyInterpreterFrame_f_code, 0x10, false},
        {EXU__PyInterpreterFrame_f_code, UINT64_MAX - 7, false},
        {EXU__PyInterpreterFrame_owner, 9, false},
        {EXU__PyInterpreterFrame_stacktop, VARIABLES + STACK + 1, false},
        {EXU__PyInterpreterFrame_stacktop, 0x80000000, false},
        {EXU_PyCodeObject_co_nlocalsplus, 0x7fffffff, true},
        {EXU_PyCodeObject_co_nlocalsplus, 0xffffffff, true},
        {EXU_PyCodeObject_co_stacksize, 0x7fffffff, true},
    };
    for (size_t i = 0; i < EXU_COUNT(rows); i++) {
        uint8_t *kept = malloc(WORLD_SIZE);
        assert_non_null(kept);
        memcpy(kept, f.w->bytes, WORLD_SIZE);
        world_put(f.w, rows[i].of_code ? f.code : f.frame, rows[i].field, rows[i].value);
        assert_false(exu_frame_read(model, f.frame, &frame));
        memcpy(f.w->bytes, kept, WORLD_SIZE);
        free(kept);
    }
    /* More variables than there is memory: those that are there. */
    world_put(f.w, f.code, EXU_PyCodeObject_co_nlocalsplus, 1 << 19);
    world_put(f.w, f.frame, EXU__PyInterpreterFrame_stacktop, UINT32_MAX);
    assert_true(exu_frame_read(model, f.frame, &frame));
    assert_true(frame.slot_count < WORLD_SIZE / 8);
    world_destroy(f.w);
}

/* Two threads; frames f <- incomplete <- f2; the exc_info chain holds None, then an exception. */
static void threads_and_their_frames(void **state)
{
    (void)state;
    struct function f;
    function_init(&f);
    struct world *w = f.w;
    exu_addr runtime = world_room(w, 640), interpreter = world_room(w, 64), first = world_room(w, 360);
    exu_addr second = world_room(w, 360), cframe = world_room(w, 24), cframe2 = world_room(w, 24);
    exu_addr none = world_new(w, 0, 16), error = world_new(w, 0, 80), level = world_room(w, 16),
             level2 = world_room(w, 16);
    exu_addr middle = world_room(w, 72 + 8 * (VARIABLES + STACK)),
             outer = world_room(w, 72 + 8 * (VARIABLES + STACK));
    memcpy(w->bytes + (middle - WORLD_BASE), w->bytes + (f.frame - WORLD_BASE), 72 + 8 * (VARIABLES + STACK));
    memcpy(w->bytes + (outer - WORLD_BASE), w->bytes + (f.frame - WORLD_BASE), 72 + 8 * (VARIABLES + STACK));
    world_put(w, middle, EXU__PyInterpreterFrame_prev_instr, f.code + 184);
    world_put(w, f.frame, EXU__PyInterpreterFrame_previous, middle);
    world_put(w, middle, EXU__PyInterpreterFrame_previous, outer);
    w->python.runtime = runtime;
    w->python.none = none;
    world_put(w, runtime, EXU__PyRuntimeState_interpreters_head, interpreter);
    world_put(w, runtime, EXU__PyRuntimeState_gilstate_tstate_current, second);
    world_put(w, interpreter, EXU_PyInterpreterState_threads_head, first);
    world_put(w, first, EXU_PyThreadState_next, second);
    world_put(w, first, EXU_PyThreadState_id, 2);
    world_put(w, first, EXU_PyThreadState_thread_id, 0x7f1234567890);
    world_put(w, first, EXU_PyThreadState_native_thread_id, 4711);
    world_put(w, first, EXU_PyThreadState_cframe, cframe);
    world_put(w, second, EXU_PyThreadState_cframe, cframe2);
    world_put(w, cframe, EXU__PyCFrame_current_frame, f.frame);
    world_put(w, first, EXU_PyThreadState_exc_info, level);
    world_put(w, level, EXU__PyErr_StackItem_exc_value, none);
    world_put(w, level, EXU__PyErr_StackItem_previous_item, level2);
    world_put(w, level2, EXU__PyErr_StackItem_exc_value, error);

    struct exu_threads *threads;
    struct exu_anomalies anomalies;
    exu_anomalies_init(&anomalies);
    assert_null(exu_threads_open(&threads, &w->model, &anomalies));
    assert_int_equal(threads->count, 2);
    const struct exu_thread *t = &threads->items[0];
    assert_int_equal(t->address, first);
    assert_int_equal(t->ident, 0x7f1234567890);
    assert_int_equal(t->native_id, 4711);
    assert_false(t->holds_gil);
    assert_true(threads->items[1].holds_gil);
    assert_int_equal(t->frame_count, 2);
    assert_int_equal(t->frames[0].address, f.frame);
    assert_int_equal(t->frames[1].address, outer);
    assert_int_equal(t->incomplete_frame_count, 1);
    assert_int_equal(t->incomplete_frames[0].address, middle);
    assert_int_equal(t->handled_exception, error);
    assert_int_equal(threads->items[1].frame_count, 0);
    assert_int_equal(threads->items[1].handled_exception, 0);
    assert_int_equal(exu_anomaly_total(&anomalies), 0);
    exu_threads_close(threads);

    /* Every list in a loop, and a frame that is none. */
    world_put(w, interpreter, EXU_PyInterpreterState_next, interpreter);
    world_put(w, second, EXU_PyThreadState_next, first);
    world_put(w, outer, EXU__PyInterpreterFrame_previous, f.frame);
    world_put(w, level2, EXU__PyErr_StackItem_previous_item, level);
    world_put(w, cframe2, EXU__PyCFrame_current_frame, none);
    assert_null(exu_threads_open(&threads, &w->model, &anomalies));
    assert_int_equal(threads->count, 2);
    assert_int_equal(threads->items[0].frame_count, 2);
    assert_int_equal(exu_anomaly_total(&anomalies), 5);
    exu_threads_close(threads);
    exu_anomalies_deinit(&anomalies);
    world_destroy(w);
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
    struct function f;
    function_init(&f);
    exu_addr object = world_new(f.w, 0, 200), traceback = world_new(f.w, 0, 40),
             runtime = world_room(f.w, 640);
    exu_addr interpreter = world_room(f.w, 64), thread = world_room(f.w, 360), cframe = world_room(f.w, 24);
    world_put(f.w, object, EXU_PyFrameObject_f_frame, f.frame);
    world_put(f.w, f.frame, EXU__PyInterpreterFrame_frame_obj, object);
    world_put(f.w, traceback, EXU_PyTracebackObject_tb_frame, object);
    world_put(f.w, traceback, EXU_PyTracebackObject_tb_lineno, UINT32_MAX);
    f.w->python.runtime = runtime;
    world_put(f.w, runtime, EXU__PyRuntimeState_interpreters_head, interpreter);
    world_put(f.w, interpreter, EXU_PyInterpreterState_threads_head, thread);
    world_put(f.w, thread, EXU_PyThreadState_cframe, cframe);
    world_put(f.w, cframe, EXU__PyCFrame_current_frame, f.frame);
    uint64_t words = f.w->used / 8, random = 311, read = 0;
    for (unsigned round = 0; round < 60000; round++) {
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
        memcpy(&kept, f.w->bytes + (at - WORLD_BASE), 8);
        world_put_word(f.w, at, values[(random >> 40) % EXU_COUNT(values)]);
        struct exu_frame frame;
        struct exu_threads *threads;
        const struct exu_visitor visitor = {.reference = ignore_reference};
        if (exu_frame_of_object(&f.w->model, object, &frame)) {
            exu_frame_variables(&f.w->model, &frame, ignore_variable, NULL);
            exu_frame_walk(&f.w->model, &frame, &visitor);
            read++;
        }
        exu_traceback_line(&f.w->model, traceback);
        exu_frame_generator_walk(&f.w->model, object, "gi_frame", "gi_code", &visitor);
        assert_null(exu_threads_open(&threads, &f.w->model, NULL));
        exu_threads_close(threads);
        world_put_word(f.w, at, kept);
    }
    assert_true(read > 1000);
    world_destroy(f.w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_suspended_frame),       cmocka_unit_test(prologue_and_execution),
        cmocka_unit_test(references_of_a_frame),   cmocka_unit_test(frame_objects_and_generators),
        cmocka_unit_test(damaged_frames),          cmocka_unit_test(threads_and_their_frames),
        cmocka_unit_test(any_word_may_be_damaged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
