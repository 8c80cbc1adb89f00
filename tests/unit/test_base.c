/* The modules of base: vectors, maps, bump, text, sizes, pipe, anomalies, errors, checked arithmetic. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/addrmap.h"
#include "base/anomaly.h"
#include "base/bump.h"
#include "base/error.h"
#include "base/pipe.h"
#include "base/progress.h"
#include "base/text.h"
#include "base/vec.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- arithmetic ---- */

static void arithmetic_says_when_it_overflows(void **state)
{
    (void)state;
    uint64_t r = 0;
    assert_true(exu_add(UINT64_MAX - 1, 1, &r));
    assert_true(r == UINT64_MAX);
    assert_false(exu_add(UINT64_MAX, 1, &r));
    assert_true(exu_mul(UINT64_C(1) << 32, (UINT64_C(1) << 32) - 1, &r));
    assert_false(exu_mul(UINT64_C(1) << 32, UINT64_C(1) << 32, &r));
    assert_true(exu_round_up(0, 16) == 0);
    assert_true(exu_round_up(1, 16) == 16);
    assert_true(exu_round_up(16, 16) == 16);
    assert_true(exu_round_up(UINT64_MAX, 16) == UINT64_MAX - 15);
    assert_true(exu_round_up(UINT64_MAX - 15, 16) == UINT64_MAX - 15);
}

/* ---- vec ---- */

static void vec_grows(void **state)
{
    (void)state;
    exu_vec(uint32_t) v = {0};
    uint32_t *p, seen = 0;
    exu_vec_each(p, &v)
        seen++;
    assert_int_equal(seen, 0);
    for (uint32_t i = 0; i < 100000; i++)
        assert_true(exu_vec_push(&v, i * 3));
    assert_int_equal(v.len, 100000);
    assert_true(v.cap >= v.len);
    exu_vec_each(p, &v)
    {
        assert_int_equal(*p, seen * 3);
        seen++;
    }
    assert_int_equal(seen, 100000);
    exu_vec_free(&v);
    assert_int_equal(v.len, 0);
    assert_null(v.items);
}

static void vec_refuses_what_no_machine_has(void **state)
{
    (void)state;
    exu_vec(uint64_t) v = {0};
    assert_true(exu_vec_push(&v, 7));
    const uint64_t *items = v.items;
    size_t cap = v.cap;
    assert_false(exu_vec_reserve(&v, SIZE_MAX));         /* len + n overflows */
    assert_false(exu_vec_reserve(&v, SIZE_MAX / 8));     /* times the size overflows */
    assert_false(exu_vec_reserve(&v, SIZE_MAX / 8 - 1)); /* the same, by one */
    assert_ptr_equal(v.items, items);
    assert_int_equal(v.cap, cap);
    assert_int_equal(v.len, 1);
    assert_int_equal(v.items[0], 7);
    exu_vec_free(&v);
}

/* ---- addrmap ---- */

static void addrmap_grows_and_replaces(void **state)
{
    (void)state;
    struct exu_addrmap map = {0};
    assert_int_equal(exu_addrmap_get(&map, 16), EXU_ADDRMAP_NONE);
    assert_false(exu_addrmap_put(&map, 0, 1));
    for (uint32_t i = 1; i <= 50000; i++)
        assert_true(exu_addrmap_put(&map, UINT64_C(0x7f0000000000) + i * UINT64_C(16), i));
    assert_int_equal(map.len, 50000);
    assert_true(map.cap >= 2 * 50000 && (map.cap & (map.cap - 1)) == 0);
    for (uint32_t i = 1; i <= 50000; i++)
        assert_int_equal(exu_addrmap_get(&map, UINT64_C(0x7f0000000000) + i * UINT64_C(16)), i);
    assert_int_equal(exu_addrmap_get(&map, UINT64_C(0x7f0000000008)), EXU_ADDRMAP_NONE);
    assert_int_equal(exu_addrmap_get(&map, 0), EXU_ADDRMAP_NONE);
    assert_true(exu_addrmap_put(&map, UINT64_C(0x7f0000000010), 99));
    assert_int_equal(exu_addrmap_get(&map, UINT64_C(0x7f0000000010)), 99);
    assert_int_equal(map.len, 50000);
    /* Any number is a key but 0. */
    assert_true(exu_addrmap_put(&map, UINT64_MAX, 5));
    assert_int_equal(exu_addrmap_get(&map, UINT64_MAX), 5);
    exu_addrmap_deinit(&map);
    assert_int_equal(exu_addrmap_get(&map, 16), EXU_ADDRMAP_NONE);
}

/* Keys that all hash to one place must not cost a search over all of them each. */
static void addrmap_keys_a_power_of_two_apart(void **state)
{
    (void)state;
    struct exu_addrmap map = {0};
    for (uint64_t i = 1; i <= 20000; i++)
        assert_true(exu_addrmap_put(&map, i << 30, (uint32_t)i));
    for (uint64_t i = 1; i <= 20000; i++)
        assert_int_equal(exu_addrmap_get(&map, i << 30), i);
    exu_addrmap_deinit(&map);
}

/* ---- bump ---- */

static void bump_gives_zeroed_aligned_memory(void **state)
{
    (void)state;
    struct exu_bump bump = {0};
    char *blocks[1000];
    for (size_t i = 0; i < 1000; i++) {
        size_t size = i % 7 == 0 ? 100000 : i; /* larger than a block, too */
        blocks[i] = exu_bump_alloc(&bump, size);
        assert_non_null(blocks[i]);
        assert_int_equal((uintptr_t)blocks[i] % 16, 0);
        for (size_t j = 0; j < size; j++)
            assert_int_equal(blocks[i][j], 0);
        memset(blocks[i], (int)i | 1, size);
    }
    for (size_t i = 1; i < 1000; i++)
        if (i % 7)
            for (size_t j = 0; j < i; j++)
                assert_int_equal((unsigned char)blocks[i][j], (unsigned char)(i | 1));
    assert_null(exu_bump_alloc(&bump, SIZE_MAX));
    assert_null(exu_bump_alloc(&bump, SIZE_MAX - 15));
    exu_bump_deinit(&bump);
    assert_null(bump.last);
}

static void bump_copies_text(void **state)
{
    (void)state;
    struct exu_bump bump = {0};
    assert_string_equal(exu_bump_strdup(&bump, ""), "");
    assert_string_equal(exu_bump_strdup(&bump, "exuvia"), "exuvia");
    assert_string_equal(exu_bump_strndup(&bump, "exuvia", 2), "ex");
    assert_string_equal(exu_bump_printf(&bump, "%s+%#x", "interned", 8), "interned+0x8");
    exu_bump_deinit(&bump);
}

/* ---- text ---- */

static void text_grows(void **state)
{
    (void)state;
    struct exu_text t = {0};
    exu_text_add(&t, NULL, 0);
    for (int i = 0; i < 1000; i++)
        exu_text_printf(&t, "%d,", i);
    exu_text_putc(&t, '!');
    exu_text_puts(&t, "end");
    assert_false(t.failed);
    assert_int_equal(t.len, strlen(t.data));
    assert_int_equal(t.len, 10 * 2 + 90 * 3 + 900 * 4 + 4);
    assert_string_equal(t.data + t.len - 8, "999,!end");
    exu_text_clear(&t);
    assert_string_equal(t.data, "");
    exu_text_add(&t, "a\0b", 3); /* bytes, not C strings */
    assert_int_equal(t.len, 3);
    assert_memory_equal(t.data, "a\0b", 4);
    exu_text_deinit(&t);
    assert_null(t.data);
}

static void text_that_fits_nowhere_fails_once(void **state)
{
    (void)state;
    struct exu_text t = {0};
    exu_text_puts(&t, "kept");
    exu_text_add(&t, "x", SIZE_MAX);
    assert_true(t.failed);
    exu_text_puts(&t, "more");
    assert_string_equal(t.data, "kept");
    exu_text_deinit(&t);
}

static void sizes_read_well(void **state)
{
    (void)state;
    static const struct {
        uint64_t bytes;
        const char *text;
    } cases[] = {
        {0, "0 B"},
        {1, "1 B"},
        {999, "999 B"},
        {1000, "1.0 kB"},
        {1049, "1.0 kB"},
        {1051, "1.1 kB"},
        {999949, "999.9 kB"},
        {999951, "1.0 MB"},
        {57300000, "57.3 MB"},
        {999949999, "999.9 MB"},
        {999950001, "1.0 GB"},
        {UINT64_C(1000000000000), "1.0 TB"},
        {UINT64_MAX, "18.4 EB"},
    };
    char buffer[EXU_SIZE_TEXT];
    for (size_t i = 0; i < EXU_COUNT(cases); i++)
        assert_string_equal(exu_size_text(cases[i].bytes, buffer), cases[i].text);
}

/* ---- anomalies ---- */

static void anomalies_are_bounded_and_counted(void **state)
{
    (void)state;
    struct exu_anomalies a;
    exu_anomalies_init(&a);
    exu_anomaly_add(NULL, 1, "hole", "nobody wants it");
    for (unsigned i = 0; i < 10000; i++)
        exu_anomaly_add(&a, i, "bad-pointer", "number %u", i);
    exu_anomaly_add(&a, 5, "hole", "one");
    assert_int_equal(exu_anomaly_total(&a), 10001);
    assert_int_equal(a.len, EXU_ANOMALY_KEEP + 1);
    assert_int_equal(a.kind_count, 2);
    assert_int_equal(a.kinds[0].count, 10000);
    assert_string_equal(a.items[99].message, "number 99");
    assert_string_equal(a.items[100].kind, "hole");
    /* The same kind from another translation unit is the same text at another place. */
    char kind[] = "hole";
    exu_anomaly_add(&a, 6, kind, "two");
    assert_int_equal(a.kind_count, 2);
    assert_int_equal(a.kinds[1].count, 2);
    exu_anomalies_deinit(&a);
    assert_int_equal(exu_anomaly_total(&a), 0);
}

static void more_kinds_than_there_is_room_for(void **state)
{
    (void)state;
    struct exu_anomalies a;
    char kinds[100][8];
    exu_anomalies_init(&a);
    for (int i = 0; i < 100; i++) {
        snprintf(kinds[i], sizeof kinds[i], "k%d", i);
        exu_anomaly_add(&a, 1, kinds[i], "x");
    }
    assert_int_equal(a.kind_count, EXU_COUNT(a.kinds));
    assert_int_equal(a.len, EXU_COUNT(a.kinds));
    exu_anomalies_deinit(&a);
}

/* ---- errors ---- */

static void errors_have_a_code_and_a_message(void **state)
{
    (void)state;
    struct exu_error *error = exu_error_new(EXU_ERROR_INPUT, "%s: no ELF file", "x");
    assert_int_equal(error->code, EXU_ERROR_INPUT);
    assert_string_equal(error->message, "x: no ELF file");
    exu_error_free(error);
    errno = ENOENT;
    error = exu_error_errno("%s", "y");
    assert_int_equal(error->code, EXU_ERROR_MACHINE);
    assert_string_equal(error->message, "y: No such file or directory");
    exu_error_free(error);
    exu_error_free(exu_error_memory()); /* static: may be freed any number of times */
    exu_error_free(exu_error_memory());
    assert_int_equal(exu_error_memory()->code, EXU_ERROR_MACHINE);
    exu_error_free(NULL);
}

/* ---- pipe ---- */

#define ROUNDS 20000

struct filler {
    struct exu_pipe pipe;
    void *slots[3];
    int values[3];
    int stop_after; /* rounds that the emptier takes; -1 = all */
    int filled;
};

static void *fill(void *context)
{
    struct filler *f = context;
    for (int i = 0; i < ROUNDS; i++) {
        int *slot = exu_pipe_fill(&f->pipe);
        if (!slot)
            return NULL;
        *slot = i;
        f->filled = i + 1;
        exu_pipe_filled(&f->pipe);
    }
    exu_pipe_finish(&f->pipe);
    return NULL;
}

static int run_pipe(struct filler *f, int stop_after)
{
    pthread_t thread;
    int taken = 0, *slot;
    memset(f, 0, sizeof *f);
    for (int i = 0; i < 3; i++)
        f->slots[i] = &f->values[i];
    exu_pipe_init(&f->pipe, f->slots, 3);
    assert_int_equal(pthread_create(&thread, NULL, fill, f), 0);
    while (taken != stop_after && (slot = exu_pipe_empty(&f->pipe)) != NULL) {
        assert_int_equal(*slot, taken);
        taken++;
        exu_pipe_emptied(&f->pipe);
    }
    if (taken == stop_after)
        exu_pipe_give_up(&f->pipe);
    assert_int_equal(pthread_join(thread, NULL), 0);
    exu_pipe_deinit(&f->pipe);
    return taken;
}

static void pipe_carries_everything_in_order(void **state)
{
    (void)state;
    struct filler f;
    assert_int_equal(run_pipe(&f, -1), ROUNDS);
}

static void pipe_ends_when_the_emptier_gives_up(void **state)
{
    (void)state;
    struct filler f;
    assert_int_equal(run_pipe(&f, 10), 10);
    assert_true(f.filled >= 10 && f.filled <= 14);
    assert_int_equal(run_pipe(&f, 0), 0);
}

/* ---- progress ---- */

static void progress_is_silent_unless_wanted(void **state)
{
    (void)state;
    int ends[2], old = dup(STDERR_FILENO);
    char text[64] = "";
    assert_int_equal(pipe(ends), 0);
    dup2(ends[1], STDERR_FILENO);
    struct exu_progress p;
    exu_progress_init(&p, EXU_PROGRESS_AUTO); /* a pipe is no terminal */
    exu_progress_phase(&p, "quiet");
    exu_progress_done(&p);
    exu_progress_init(&p, EXU_PROGRESS_ALWAYS);
    exu_progress_phase(&p, "loud");
    exu_progress_done(&p);
    dup2(old, STDERR_FILENO);
    close(old);
    close(ends[1]);
    ssize_t n = read(ends[0], text, sizeof text - 1);
    close(ends[0]);
    assert_true(n > 0);
    assert_null(strstr(text, "quiet"));
    assert_non_null(strstr(text, "loud"));
    assert_int_equal(text[n - 1], '\r'); /* the line is wiped */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arithmetic_says_when_it_overflows),
        cmocka_unit_test(vec_grows),
        cmocka_unit_test(vec_refuses_what_no_machine_has),
        cmocka_unit_test(addrmap_grows_and_replaces),
        cmocka_unit_test(addrmap_keys_a_power_of_two_apart),
        cmocka_unit_test(bump_gives_zeroed_aligned_memory),
        cmocka_unit_test(bump_copies_text),
        cmocka_unit_test(text_grows),
        cmocka_unit_test(text_that_fits_nowhere_fails_once),
        cmocka_unit_test(sizes_read_well),
        cmocka_unit_test(anomalies_are_bounded_and_counted),
        cmocka_unit_test(more_kinds_than_there_is_room_for),
        cmocka_unit_test(errors_have_a_code_and_a_message),
        cmocka_unit_test(pipe_carries_everything_in_order),
        cmocka_unit_test(pipe_ends_when_the_emptier_gives_up),
        cmocka_unit_test(progress_is_silent_unless_wanted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
