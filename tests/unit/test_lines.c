#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "frames_support.h"
#include "model/lines.h"

/* Entries of one code unit each unless said otherwise: 1cccclll. */
#define ENTRY(code, units) (0x80 | (code) << 3 | ((units)-1))

static void every_kind_of_entry(void **state)
{
    (void)state;
    static const uint8_t table[] = {
        ENTRY(15, 1),                               /* 0: no line */
        ENTRY(0, 2),  0x00,                         /* 2, 4: line 10 */
        ENTRY(9, 1),  0x7f,                         /* 6: the same */
        ENTRY(10, 1), 1,    2,                      /* 8: 10 */
        ENTRY(11, 1), 1,    2,                      /* 10: 11 */
        ENTRY(12, 8), 1,    2,                      /* 12 .. 26: 13 */
        ENTRY(13, 1), 0x03,                         /* 28: -1 -> 12 */
        ENTRY(14, 1), 0x48, 0x03, 0x40, 0x01, 1, 2, /* 30: 8 | 3 << 6 = 200, signed 100 -> 112 */
        ENTRY(15, 1),                               /* 32: none */
        ENTRY(0, 1),  0x00,                         /* 34: 112 */
    };
    static const int lines[] = {-1, 10, 10, 10, 10, 11, 13, 13, 13, 13, 13, 13, 13, 13, 12, 112, -1, 112};
    for (uint64_t i = 0; i < EXU_COUNT(lines); i++) {
        assert_int_equal(exu_lines_find(table, sizeof table, 10, 2 * i), lines[i]);
        assert_int_equal(exu_lines_find(table, sizeof table, 10, 2 * i + 1), lines[i]);
    }
    assert_int_equal(exu_lines_find(table, sizeof table, 10, 2 * EXU_COUNT(lines)), -1);
    assert_int_equal(exu_lines_find(table, sizeof table, 10, UINT64_MAX), -1);
}

static void damaged_tables(void **state)
{
    (void)state;
    static const uint8_t no_start[] = {0x00, 0x01};
    static const uint8_t cut[] = {ENTRY(13, 1)};
    static const uint8_t cut_number[] = {ENTRY(13, 1), 0x7f};
    static const uint8_t broken_number[] = {ENTRY(13, 1), 0x7f, 0x80};
    static const uint8_t endless[] = {ENTRY(13, 1), 0x7f, 0x7f, 0x7f, 0x7f, 0x7f, 0x7f,
                                      0x7f,         0x7f, 0x7f, 0x7f, 0x7f, 0x0f};
    static const uint8_t far[] = {ENTRY(13, 1), 0x7e, 0x7f, 0x7f, 0x7f, 0x7f, 0x3f, ENTRY(0, 1), 0};
    assert_int_equal(exu_lines_find(NULL, 0, 1, 0), -1);
    assert_int_equal(exu_lines_find(no_start, sizeof no_start, 1, 0), -1);
    assert_int_equal(exu_lines_find(cut, sizeof cut, 1, 0), -1);
    assert_int_equal(exu_lines_find(cut_number, sizeof cut_number, 1, 0), -1);
    assert_int_equal(exu_lines_find(broken_number, sizeof broken_number, 1, 0), -1);
    assert_int_equal(exu_lines_find(endless, sizeof endless, 1, 0), -1);
    assert_int_equal(exu_lines_find(far, sizeof far, 1, 0), -1);
    /* No table is read beyond its end, whatever is in it (AddressSanitizer watches). */
    uint32_t random = 311;
    for (int round = 0; round < 20000; round++) {
        size_t size = (size_t)round % 40;
        uint8_t *table = malloc(size ? size : 1);
        assert_non_null(table);
        for (size_t i = 0; i < size; i++) {
            random = random * 1664525 + 1013904223;
            table[i] = (uint8_t)(random >> 24);
        }
        exu_lines_find(table, size, 1, random >> 24);
        free(table);
    }
}

static void through_the_code_object(void **state)
{
    (void)state;
    struct world *w = world_create(WORLD_BASE, NULL, WORLD_SIZE);
    static const uint8_t table[] = {ENTRY(15, 1), ENTRY(11, 1), 1, 2};
    exu_addr code = world_new(w, 0, 256), bytes = world_bytes(w, 0, table, sizeof table);
    world_put(w, code, EXU_PyCodeObject_co_firstlineno, 41);
    world_put(w, code, EXU_PyCodeObject_co_linetable, bytes);
    assert_int_equal(exu_code_line(&w->model, code, 2), 42);
    assert_int_equal(exu_code_line(&w->model, code, 0), -1);
    assert_int_equal(exu_code_line(&w->model, code, (uint64_t)-2), 41);
    world_put(w, bytes, EXU_PyVarObject_ob_size, INT64_MAX);
    assert_int_equal(exu_code_line(&w->model, code, 2), -1);
    world_put(w, bytes, EXU_PyVarObject_ob_size, (uint64_t)-1);
    assert_int_equal(exu_code_line(&w->model, code, 2), -1);
    world_put(w, code, EXU_PyCodeObject_co_linetable, 0);
    assert_int_equal(exu_code_line(&w->model, code, 2), -1);
    world_put(w, code, EXU_PyCodeObject_co_linetable, UINT64_MAX - 7);
    assert_int_equal(exu_code_line(&w->model, code, 2), -1);
    assert_int_equal(exu_code_line(&w->model, 0x10, 2), -1);
    world_destroy(w);
}

/* Every code object of the standard library: first line, table, and its ranges as code.co_lines() tells them.
 */
static const char script[] =
    "import importlib.machinery, os, sys, types, warnings\n"
    "sys.dont_write_bytecode = True; warnings.simplefilter('ignore')\n"
    "def walk(code):\n"
    "    print(code.co_firstlineno, code.co_linetable.hex() or '-',\n"
    "          ','.join('%d:%d:%d' % (a, b, -1 if n is None else n) for a, b, n in code.co_lines()) or '-')\n"
    "    for c in code.co_consts:\n"
    "        if isinstance(c, types.CodeType): walk(c)\n"
    "for root, dirs, files in os.walk(os.path.dirname(os.__file__)):\n"
    "    dirs[:] = [d for d in dirs if d not in ('test', 'tests', 'site-packages', 'dist-packages', "
    "'lib2to3')]\n"
    "    for f in files:\n"
    "        if not f.endswith('.py'): continue\n"
    "        try: code = importlib.machinery.SourceFileLoader('m', os.path.join(root, f)).get_code('m')\n"
    "        except (SyntaxError, UnicodeDecodeError): continue\n"
    "        walk(code)\n";

static void as_the_interpreter_says(void **state)
{
    (void)state;
    const char *python = getenv("EXUVIA_TEST_PYTHON");
    char name[] = "/tmp/exuvia-test-XXXXXX", command[4096];
    python = python ? python : "python3.11";
    snprintf(command, sizeof command,
             "%s -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null", python);
    if (system(command) != 0) {
        print_message("SKIP: no python3.11 (EXUVIA_TEST_PYTHON)\n");
        skip();
    }
    int fd = mkstemp(name);
    assert_true(fd >= 0);
    FILE *file = fdopen(fd, "w");
    assert_non_null(file);
    fputs(script, file);
    fclose(file);
    snprintf(command, sizeof command, "%s %s", python, name);
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    char *line = NULL;
    size_t cap = 0, codes = 0, ranges = 0;
    uint8_t *table = malloc(1 << 20);
    assert_non_null(table);
    while (getline(&line, &cap, pipe) > 0) {
        char *rest = NULL, *first = strtok_r(line, " ", &rest), *hex = strtok_r(NULL, " ", &rest);
        char *expected = strtok_r(NULL, " \n", &rest);
        assert_non_null(expected);
        size_t size = 0;
        unsigned byte;
        for (const char *p = hex; size < 1 << 20 && sscanf(p, "%2x", &byte) == 1; p += 2)
            table[size++] = (uint8_t)byte;
        codes++;
        unsigned long start, end;
        int wanted, used;
        for (const char *p = expected; sscanf(p, "%lu:%lu:%d%n", &start, &end, &wanted, &used) == 3; p++) {
            assert_int_equal(exu_lines_find(table, size, atoi(first), start), wanted);
            assert_int_equal(exu_lines_find(table, size, atoi(first), end - 1), wanted);
            ranges++;
            p += used;
            if (*p != ',')
                break;
        }
    }
    free(line);
    free(table);
    remove(name);
    assert_int_equal(pclose(pipe), 0);
    print_message("%zu code objects, %zu ranges\n", codes, ranges);
    assert_true(codes > 1000 && ranges > codes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_entry),
        cmocka_unit_test(damaged_tables),
        cmocka_unit_test(through_the_code_object),
        cmocka_unit_test(as_the_interpreter_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
