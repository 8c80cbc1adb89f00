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
        assert_int_equal(exu_lines_find(EXU_LINE_311, table, sizeof table, 10, 2 * i), lines[i]);
        assert_int_equal(exu_lines_find(EXU_LINE_311, table, sizeof table, 10, 2 * i + 1), lines[i]);
    }
    assert_int_equal(exu_lines_find(EXU_LINE_311, table, sizeof table, 10, 2 * EXU_COUNT(lines)), -1);
    assert_int_equal(exu_lines_find(EXU_LINE_311, table, sizeof table, 10, UINT64_MAX), -1);
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
    assert_int_equal(exu_lines_find(EXU_LINE_311, NULL, 0, 1, 0), -1);
    assert_int_equal(exu_lines_find(EXU_LINE_311, no_start, sizeof no_start, 1, 0), -1);
    assert_int_equal(exu_lines_find(EXU_LINE_311, cut, sizeof cut, 1, 0), -1);
    assert_int_equal(exu_lines_find(EXU_LINE_311, cut_number, sizeof cut_number, 1, 0), -1);
    assert_int_equal(exu_lines_find(EXU_LINE_311, broken_number, sizeof broken_number, 1, 0), -1);
    assert_int_equal(exu_lines_find(EXU_LINE_311, endless, sizeof endless, 1, 0), -1);
    assert_int_equal(exu_lines_find(EXU_LINE_311, far, sizeof far, 1, 0), -1);
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
        for (enum exu_line_kind kind = EXU_LINE_311; kind <= EXU_LINE_310; kind++)
            exu_lines_find(kind, table, size, 1, random >> 24);
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

/* 3.10: pairs of a length and a step that is signed; -128: no line, and no step. */
static void pairs_of_310(void **state)
{
    (void)state;
    static const uint8_t table[] = {2, 5, 4, (uint8_t)-3, 2, 0x80, 0, 1, 2, 0, 254, 127, 2, 0};
    static const int lines[] = {15, 12, 12, -1, 13, 140};
    for (uint64_t i = 0; i < EXU_COUNT(lines); i++) {
        assert_int_equal(exu_lines_find(EXU_LINE_310, table, sizeof table, 10, 2 * i), lines[i]);
        assert_int_equal(exu_lines_find(EXU_LINE_310, table, sizeof table, 10, 2 * i + 1), lines[i]);
    }
    assert_int_equal(exu_lines_find(EXU_LINE_310, table, sizeof table, 10, 265), 140);
    assert_int_equal(exu_lines_find(EXU_LINE_310, table, sizeof table, 10, 266), -1);
    assert_int_equal(exu_lines_find(EXU_LINE_310, table, sizeof table - 1, 10, 264), -1);
    assert_int_equal(exu_lines_find(EXU_LINE_310, NULL, 0, 10, 0), -1);
}

/* Up to 3.9: pairs of steps; the last line goes on. */
static void pairs_of_steps(void **state)
{
    (void)state;
    static const uint8_t table[] = {0, 1, 6, 3, 2, 0xff, 255, 0, 9, 2, 1};
    static const struct {
        uint64_t offset;
        int old, later;
    } rows[] = {{0, 11, 11},    {5, 11, 11},      {6, 14, 14},          {7, 14, 14},
                {8, 269, 13},   {262, 269, 13},   {263, 269, 13},       {271, 269, 13},
                {272, 271, 15}, {99999, 271, 15}, {UINT64_MAX, 271, 15}};
    for (size_t i = 0; i < EXU_COUNT(rows); i++) {
        assert_int_equal(exu_lines_find(EXU_LINE_27, table, sizeof table, 10, rows[i].offset), rows[i].old);
        assert_int_equal(exu_lines_find(EXU_LINE_36, table, sizeof table, 10, rows[i].offset), rows[i].later);
    }
    assert_int_equal(exu_lines_find(EXU_LINE_36, NULL, 0, 10, 4), 10);
}

/* Every code object of a part of the standard library: first line, table, and ranges as the code object
 * (3.10+) or module dis tells them. For all versions. */
static const char script[] =
    "import binascii, dis, os, sys, types, warnings\n"
    "sys.dont_write_bytecode = True; warnings.simplefilter('ignore')\n"
    "print('%x' % sys.hexversion)\n"
    "def ranges(code):\n"
    "    if hasattr(code, 'co_lines'): return list(code.co_lines())\n"
    "    starts = list(dis.findlinestarts(code))\n"
    "    ends = [start for start, line in starts[1:]] + [len(code.co_code)]\n"
    "    return [(start, end, line) for (start, line), end in zip(starts, ends)]\n"
    "def walk(code):\n"
    "    table = code.co_linetable if hasattr(code, 'co_lines') else code.co_lnotab\n"
    "    print('%d %s %s' % (code.co_firstlineno, binascii.hexlify(table).decode('ascii') or '-',\n"
    "          ','.join('%d:%d:%d' % (a, b, -1 if n is None else n) for a, b, n in ranges(code)) or '-'))\n"
    "    for c in code.co_consts:\n"
    "        if isinstance(c, types.CodeType): walk(c)\n"
    "library = os.path.dirname(os.__file__); size = 0\n"
    "for folder in ('.', 'json', 'email', 'xml/dom', 'unittest', 'encodings', 'distutils', 'logging', "
    "'sqlite3'):\n"
    "    folder = os.path.join(library, folder)\n"
    "    for f in sorted(os.listdir(folder)) if os.path.isdir(folder) else ():\n"
    "        path = os.path.join(folder, f)\n"
    "        if not f.endswith('.py') or size > 2500000: continue\n"
    "        with open(path, 'rb') as file: text = file.read()\n"
    "        size += len(text)\n"
    "        try: code = compile(text, path, 'exec')\n"
    "        except (SyntaxError, UnicodeDecodeError): continue\n"
    "        walk(code)\n";

static void ask(const char *python, const char *path)
{
    char command[4096], *line = NULL;
    size_t cap = 0, codes = 0, ranges = 0;
    struct exu_strategy strategy;
    snprintf(command, sizeof command, "%s %s", python, path);
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    assert_true(getline(&line, &cap, pipe) > 0);
    unsigned long version = strtoul(line, NULL, 16);
    assert_true(exu_strategy_choose(&strategy, (uint32_t)version));
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
            assert_int_equal(exu_lines_find(strategy.line, table, size, atoi(first), start), wanted);
            assert_int_equal(exu_lines_find(strategy.line, table, size, atoi(first), end - 1), wanted);
            ranges++;
            p += used;
            if (*p != ',')
                break;
        }
    }
    free(line);
    free(table);
    assert_int_equal(pclose(pipe), 0);
    print_message("%lu.%lu: %zu code objects, %zu ranges (%s)\n", version >> 24, version >> 16 & 0xff, codes,
                  ranges, python);
    assert_true(codes > 1000 && ranges > codes);
}

/* The interpreters of $EXUVIA_TEST_PYTHON (separated by ':'), else those in $PATH and of pyenv. */
static size_t interpreters(char found[][512], size_t room)
{
    static const char find[] =
        "if [ -n \"$EXUVIA_TEST_PYTHON\" ]; then echo \"$EXUVIA_TEST_PYTHON\" | tr : '\\n'; exit; fi\n"
        "{ for v in 2.7 3.6 3.7 3.8 3.9 3.10 3.11 3.12 3.13 3.14 3.15; do\n"
        "      p=$(command -v python$v) && $p -c 'import sys; print(sys.executable)' 2>/dev/null\n"
        "  done\n"
        "  for d in \"${PYENV_ROOT:-$HOME/.pyenv}\"/versions/*/bin/python; do [ -x \"$d\" ] && readlink -f "
        "\"$d\"\n"
        "  done; } | sort -u";
    FILE *pipe = popen(find, "r");
    assert_non_null(pipe);
    size_t count = 0;
    while (count < room && fgets(found[count], sizeof *found, pipe)) {
        found[count][strcspn(found[count], "\n")] = 0;
        count += found[count][0] != 0;
    }
    pclose(pipe);
    return count;
}

static void as_the_interpreters_say(void **state)
{
    (void)state;
    char name[] = "/tmp/exuvia-test-XXXXXX", pythons[32][512];
    size_t count = interpreters(pythons, EXU_COUNT(pythons));
    if (!count) {
        print_message("SKIP: no python (EXUVIA_TEST_PYTHON)\n");
        skip();
    }
    int fd = mkstemp(name);
    assert_true(fd >= 0);
    FILE *file = fdopen(fd, "w");
    assert_non_null(file);
    fputs(script, file);
    fclose(file);
    for (size_t i = 0; i < count; i++)
        ask(pythons[i], name);
    remove(name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_entry),
        cmocka_unit_test(damaged_tables),
        cmocka_unit_test(pairs_of_310),
        cmocka_unit_test(pairs_of_steps),
        cmocka_unit_test(through_the_code_object),
        cmocka_unit_test(as_the_interpreters_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
