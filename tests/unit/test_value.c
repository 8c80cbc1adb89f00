#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/text.h"
#include "frames_support.h"

#define TPFLAGS_UNICODE (UINT64_C(1) << 28)

static struct exu_text scratch;

static const char *value_of(struct world *w, exu_addr address, uint32_t classes, size_t limit,
                            struct exu_value *value)
{
    struct exu_object o = world_object(w, address, classes);
    return exu_object_value(&o, limit, &scratch, value) ? value->data : NULL;
}

static const char *float_of(double x)
{
    static char text[64];
    struct world *w = world_create(WORLD_BASE, NULL, WORLD_SIZE);
    exu_addr object = world_new(w, 0, 24);
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    world_put(w, object, EXU_PyFloatObject_ob_fval, bits);
    struct exu_value value;
    const char *found = value_of(w, object, EXU_IS_FLOAT, 100, &value);
    assert_non_null(found);
    assert_false(value.truncated || value.has_length);
    snprintf(text, sizeof text, "%s", found);
    world_destroy(w);
    return text;
}

static void floats_as_repr_writes_them(void **state)
{
    (void)state;
    static const struct {
        double x;
        const char *repr;
    } rows[] = {
        {0.0, "0.0"},
        {-0.0, "-0.0"},
        {1.0, "1.0"},
        {0.1, "0.1"},
        {-1.5, "-1.5"},
        {1.0 / 3, "0.3333333333333333"},
        {1e15, "1000000000000000.0"},
        {1e16, "1e+16"},
        {123456789012345680.0, "1.2345678901234568e+17"},
        {9007199254740993.0, "9007199254740992.0"},
        {0.0001, "0.0001"},
        {0.00012, "0.00012"},
        {0.00001, "1e-05"},
        {1e22, "1e+22"},
        {1e23, "1e+23"},
        {1e100, "1e+100"},
        {1.7976931348623157e308, "1.7976931348623157e+308"},
        {2.2250738585072014e-308, "2.2250738585072014e-308"},
        {2.225073858507201e-308, "2.225073858507201e-308"},
        {4.9406564584124654e-324, "5e-324"},
        {1.4821969375237396e-323, "1.5e-323"},
        {0x1p-44, "5.684341886080802e-14"}, /* the nearest 16 digits do not read back, those above do */
        {9.5367431640625e-07, "9.5367431640625e-07"},
        {100.0, "100.0"},
        {__builtin_inf(), "inf"},
        {-__builtin_inf(), "-inf"},
        {__builtin_nan(""), "nan"},
    };
    for (size_t i = 0; i < EXU_COUNT(rows); i++)
        assert_string_equal(float_of(rows[i].x), rows[i].repr);
}

static exu_addr put_int(struct world *w, int64_t size, const uint32_t *digits)
{
    uint64_t count = (uint64_t)(size < 0 ? -size : size);
    exu_addr object = world_new(w, 0, 24 + 4 * count + 8);
    world_put(w, object, EXU_PyVarObject_ob_size, (uint64_t)size);
    memcpy(w->bytes + (object - WORLD_BASE) + 24, digits, 4 * count);
    return object;
}

static void ints_of_any_size(void **state)
{
    (void)state;
    struct world *w = world_create(WORLD_BASE, NULL, WORLD_SIZE);
    struct exu_value value;
    uint32_t digits[1000] = {0};
    assert_string_equal(value_of(w, put_int(w, 0, digits), EXU_IS_INT, 100, &value), "0");
    digits[0] = 7;
    assert_string_equal(value_of(w, put_int(w, 1, digits), EXU_IS_INT, 100, &value), "7");
    assert_string_equal(value_of(w, put_int(w, -1, digits), EXU_IS_INT, 100, &value), "-7");
    assert_string_equal(value_of(w, put_int(w, 1, digits), EXU_IS_BOOL | EXU_IS_INT, 100, &value), "True");
    assert_string_equal(value_of(w, put_int(w, 0, digits), EXU_IS_BOOL | EXU_IS_INT, 100, &value), "False");
    digits[0] = 0;
    digits[3] = 1; /* 2 ** 90 */
    assert_string_equal(value_of(w, put_int(w, 4, digits), EXU_IS_INT, 100, &value),
                        "1237940039285380274899124224");
    assert_false(value.truncated);
    assert_string_equal(value_of(w, put_int(w, -4, digits), EXU_IS_INT, 100, &value),
                        "-1237940039285380274899124224");
    /* Too long for the limit: the leading digits. */
    assert_string_equal(value_of(w, put_int(w, 4, digits), EXU_IS_INT, 10, &value), "1237940039");
    assert_true(value.truncated);
    assert_string_equal(value_of(w, put_int(w, -4, digits), EXU_IS_INT, 10, &value), "-123794003");
    assert_true(value.truncated);
    assert_string_equal(value_of(w, put_int(w, 4, digits), EXU_IS_INT, 27, &value),
                        "123794003928538027489912422");
    assert_string_equal(value_of(w, put_int(w, 4, digits), EXU_IS_INT, 0, &value), "");
    /* 2 ** (30 * 999), of 9022 digits. */
    digits[3] = 0;
    digits[999] = 1;
    value_of(w, put_int(w, 1000, digits), EXU_IS_INT, 20, &value);
    assert_string_equal(value.data, "73955427102120223679");
    assert_true(value.truncated);
    /* 10 ** 18 in nine-digit groups: zeros inside are kept. */
    uint64_t big = UINT64_C(1000000000000000000);
    uint32_t ten[3] = {(uint32_t)(big & 0x3fffffff), (uint32_t)(big >> 30 & 0x3fffffff),
                       (uint32_t)(big >> 60)};
    assert_string_equal(value_of(w, put_int(w, ten[2] ? 3 : 2, ten), EXU_IS_INT, 100, &value),
                        "1000000000000000000");
    world_destroy(w);
}

static void damaged_values_are_refused(void **state)
{
    (void)state;
    struct world *w = world_create(WORLD_BASE, NULL, WORLD_SIZE);
    struct exu_value value;
    uint32_t digit = 1;
    exu_addr number = put_int(w, 1, &digit);
    static const int64_t sizes[] = {INT64_MAX, INT64_MIN, 1 << 20, -(1 << 20), INT64_MAX / 4};
    for (size_t i = 0; i < EXU_COUNT(sizes); i++) {
        world_put(w, number, EXU_PyVarObject_ob_size, (uint64_t)sizes[i]);
        assert_null(value_of(w, number, EXU_IS_INT, 100, &value));
    }
    exu_addr bytes = world_bytes(w, 0, "abc", 3);
    world_put(w, bytes, EXU_PyVarObject_ob_size, (uint64_t)-1);
    assert_null(value_of(w, bytes, EXU_IS_BYTES, 100, &value));
    world_put(w, bytes, EXU_PyVarObject_ob_size, INT64_MAX);
    assert_memory_equal(value_of(w, bytes, EXU_IS_BYTES, 3, &value), "abc", 3);
    assert_true(value.truncated);

    exu_addr str_type = world_type(w, "str", TPFLAGS_UNICODE), text = world_str(w, str_type, "hello");
    char buffer[64];
    assert_true(exu_model_str(&w->model, text, buffer, sizeof buffer));
    assert_string_equal(buffer, "hello");
    assert_true(exu_model_str(&w->model, text, buffer, 4));
    assert_string_equal(buffer, "hel");
    assert_false(exu_model_str(&w->model, bytes, buffer, sizeof buffer));
    assert_false(exu_model_str(&w->model, 0, buffer, sizeof buffer));
    assert_false(exu_model_str(&w->model, text + 1, buffer, sizeof buffer));
    assert_false(exu_model_str(&w->model, UINT64_C(0xdeadbeef0), buffer, sizeof buffer));
    world_put(w, text, EXU_PyASCIIObject_length, (uint64_t)-1);
    assert_false(exu_model_str(&w->model, text, buffer, sizeof buffer));
    world_put(w, text, EXU_PyASCIIObject_length, INT64_MAX);
    assert_string_equal(value_of(w, text, EXU_IS_STR, 5, &value), "hello");
    assert_true(value.truncated);
    world_put(w, text, EXU_PyASCIIObject_length, 5);
    world_put(w, text, EXU_PyASCIIObject_state_kind, 3 << 2 | 1 << 5 | 1 << 7); /* width 3 */
    assert_null(value_of(w, text, EXU_IS_STR, 100, &value));
    /* A subclass' data pointer into nowhere. */
    world_put(w, text, EXU_PyASCIIObject_state_kind, 1 << 2 | 1 << 7);
    world_put(w, text, EXU_PyUnicodeObject_data, UINT64_MAX - 2);
    assert_null(value_of(w, text, EXU_IS_STR, 100, &value));
    world_destroy(w);
}

static void str_is_cut_between_characters(void **state)
{
    (void)state;
    struct world *w = world_create(WORLD_BASE, NULL, WORLD_SIZE);
    exu_addr object = world_new(w, 0, 72 + 16);
    static const uint16_t units[] = {'a', 0xe9, 0x20ac, 0xd800, 'z'};
    struct exu_value value;
    world_put(w, object, EXU_PyASCIIObject_length, EXU_COUNT(units));
    world_put(w, object, EXU_PyASCIIObject_state_kind, 0x0d27bc00 | 2 << 2 | 1 << 5 | 1 << 7);
    memcpy(w->bytes + (object - WORLD_BASE) + 72, units, sizeof units);
    static const char *const cuts[] = {"", "a", "a", "a\u00e9", "a\u00e9", "a\u00e9", "a\u00e9\u20ac"};
    for (size_t limit = 0; limit < EXU_COUNT(cuts); limit++) {
        assert_string_equal(value_of(w, object, EXU_IS_STR, limit, &value), cuts[limit]);
        assert_true(value.truncated);
        assert_int_equal(value.length, 5);
    }
    assert_string_equal(value_of(w, object, EXU_IS_STR, 12, &value), "a\u00e9\u20ac\\ud800");
    assert_true(value.truncated);
    assert_string_equal(value_of(w, object, EXU_IS_STR, 13, &value), "a\u00e9\u20ac\\ud800z");
    assert_false(value.truncated);
    world_destroy(w);
}

/* ---- against a running interpreter ----
 *
 * It writes the memory of its own objects, and what str() says of them: class, bytes, expected text.
 */
static const char script[] =
    "import ctypes, random, struct, sys\n"
    "random.seed(311)\n"
    "def memory(o): return ctypes.string_at(id(o), sys.getsizeof(o))\n"
    "def out(kind, o, text): print(kind, memory(o).hex(), text.hex() or '-')\n"
    "def utf8(s): return ''.join('\\\\u%04x' % ord(c) if 0xd800 <= ord(c) < 0xe000 else c for c in "
    "s).encode()\n"
    "keep = []\n"
    "for i in range(3000):\n"
    "    n = random.getrandbits(random.randrange(1, 4000)) * random.choice((1, -1)); keep.append(n)\n"
    "    out('int', n, str(n).encode())\n"
    "for n in (0, 1, -1, 2**30 - 1, 2**30, 2**60, -2**63, 10**4299, 10**4300 - 1, -10**4300 + 1):\n"
    "    keep.append(n); out('int', n, str(n).encode())\n"
    "for n in [random.getrandbits(random.randrange(5000, 90000)) for i in range(200)] + [10**e for e in "
    "range(1, 9000, 97)]:\n"
    "    keep.append(n); p = n.bit_length(); e = max(0, int((p - 1) * 0.30102999) - 60)\n"
    "    out('big', n, (n if e == 0 else n // 10**e).__format__('d').encode()[:4000])\n"
    "floats = [struct.unpack('d', random.randbytes(8))[0] for i in range(20000)]\n"
    "floats += [2.0 ** e for e in range(-1074, 1024)] + [-3 * 10.0 ** e for e in range(-320, 308)]\n"
    "floats += [random.random() for i in range(5000)] + [round(random.uniform(-1e6, 1e6), 3) for i in "
    "range(5000)]\n"
    "for x in floats: out('float', x, repr(x).encode())\n"
    "for i in range(3000):\n"
    "    top = random.choice((128, 256, 0x10000, 0x110000))\n"
    "    s = ''.join(chr(random.randrange(top)) for i in range(random.randrange(50))); keep.append(s)\n"
    "    out('str', s, utf8(s))\n"
    "    b = random.randbytes(random.randrange(100)); keep.append(b); out('bytes', b, b)\n";

static int nibble(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static size_t unhex(const char *text, uint8_t *out, size_t size)
{
    size_t n = 0;
    while (n < size && nibble(text[0]) >= 0 && nibble(text[1]) >= 0) {
        out[n++] = (uint8_t)(nibble(text[0]) << 4 | nibble(text[1]));
        text += 2;
    }
    return n;
}

static void as_the_interpreter_says(void **state)
{
    (void)state;
    const char *python = getenv("EXUVIA_TEST_PYTHON");
    char name[] = "/tmp/exuvia-test-XXXXXX", command[4096];
    int fd = mkstemp(name);
    assert_true(fd >= 0);
    FILE *file = fdopen(fd, "w");
    assert_non_null(file);
    fputs(script, file);
    fclose(file);
    snprintf(command, sizeof command,
             "%s -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null",
             python ? python : "python3.11");
    if (system(command) != 0) {
        remove(name);
        print_message("SKIP: no python3.11 (EXUVIA_TEST_PYTHON)\n");
        skip();
    }
    snprintf(command, sizeof command, "%s %s", python ? python : "python3.11", name);
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    struct world *w = world_create(WORLD_BASE, NULL, WORLD_SIZE);
    char *line = NULL;
    size_t cap = 0, checked = 0;
    uint8_t *content = malloc(1 << 16), *expected = malloc(1 << 16);
    assert_non_null(content);
    assert_non_null(expected);
    while (getline(&line, &cap, pipe) > 0) {
        char *rest = NULL, *kind = strtok_r(line, " ", &rest);
        char *hex = strtok_r(NULL, " ", &rest), *text = strtok_r(NULL, " \n", &rest);
        assert_non_null(text);
        bool big = strcmp(kind, "big") == 0; /* the first digits are enough */
        uint32_t class = big || strcmp(kind, "int") == 0 ? EXU_IS_INT
                         : strcmp(kind, "float") == 0    ? EXU_IS_FLOAT
                         : strcmp(kind, "str") == 0      ? EXU_IS_STR
                                                         : EXU_IS_BYTES;
        size_t size = unhex(hex, content, 1 << 16), length = unhex(text, expected, 1 << 16);
        memcpy(w->bytes, content, size); /* nothing in these objects says where they are */
        struct exu_value value;
        assert_non_null(value_of(w, WORLD_BASE, class, big ? 100 : 1 << 16, &value));
        if (big) {
            assert_true(value.truncated ? value.size == 40 : value.size <= 100);
            length = value.size < length ? value.size : length;
            value.size = length;
        } else {
            assert_false(value.truncated);
        }
        assert_int_equal(value.size, length);
        assert_memory_equal(value.data, expected, length);
        checked++;
    }
    world_destroy(w);
    free(line);
    free(content);
    free(expected);
    remove(name);
    assert_int_equal(pclose(pipe), 0);
    assert_true(checked > 40000);
}

static int free_scratch(void **state)
{
    (void)state;
    exu_text_deinit(&scratch);
    return 0;
}

/* An int of at most two digits, as this version writes it. */
static exu_addr int_of_version(struct world *w, int64_t number)
{
    const struct exu_strategy *s = &w->python.strategy;
    uint64_t size = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    uint32_t digits[] = {(uint32_t)size & ((1u << 30) - 1), (uint32_t)(size >> 30)};
    uint64_t count = digits[1] ? 2 : digits[0] ? 1 : 0;
    exu_addr object = world_new(w, 0, 64);
    switch (s->integer) {
    case EXU_INT_SIGNED_SIZE:
        world_put(w, object, EXU_PyVarObject_ob_size, number < 0 ? 0 - count : count);
        break;
    case EXU_INT_TAG: /* with the flag of 3.14+ */
        world_put(w, object, EXU_PyLongObject_lv_tag,
                  count << s->int_tag_shift | 4 |
                      (number < 0 ? 2
                       : count    ? 0
                                  : 1));
        break;
    }
    memcpy(w->bytes + (object - WORLD_BASE) + exu_offset(&w->python.layout, EXU_PyLongObject_ob_digit),
           digits, sizeof digits);
    return object;
}

static void values_of_every_shipped_version(void **state)
{
    (void)state;
    static const int64_t numbers[] = {0, 1, -1, 5, 1 << 29, -(INT64_C(1) << 40), (INT64_C(1) << 60) - 1};
    struct world *w;
    struct exu_value value;
    char text[32];
    for (size_t row = 0; (w = world_of_row(row)) != NULL; row++) {
        const struct exu_strategy *s = &w->python.strategy;
        for (size_t i = 0; i < EXU_COUNT(numbers); i++) {
            snprintf(text, sizeof text, "%lld", (long long)numbers[i]);
            w->type.flags = s->flags.long_subclass;
            assert_string_equal(value_of(w, int_of_version(w, numbers[i]), EXU_IS_INT, 100, &value), text);
            if (!s->flags.int_subclass)
                continue;
            exu_addr object = world_new(w, 0, 32);
            world_put(w, object, EXU_PyIntObject_ob_ival, (uint64_t)numbers[i]);
            w->type.flags = s->flags.int_subclass;
            assert_string_equal(value_of(w, object, EXU_IS_INT, 100, &value), text);
        }
        for (int truth = 0; truth < 2; truth++) {
            exu_addr object = int_of_version(w, truth);
            if (s->flags.int_subclass)
                world_put(w, object, EXU_PyIntObject_ob_ival, (uint64_t)truth);
            assert_string_equal(value_of(w, object, EXU_IS_BOOL | EXU_IS_INT, 100, &value),
                                truth ? "True" : "False");
        }
        exu_addr name = world_text(w, world_text_type(w), "spam");
        assert_string_equal(value_of(w, name, s->str == EXU_STR_27 ? EXU_IS_BYTES : EXU_IS_STR, 100, &value),
                            "spam");
        assert_int_equal(value.kind, EXU_VALUE_TEXT);
        assert_int_equal(value.length, 4);
        assert_true(exu_model_str(&w->model, name, text, sizeof text));
        assert_string_equal(text, "spam");
        world_destroy(w);
    }
}

/* In Python 2 a str is bytes: text where it is UTF-8, whole characters where it is cut. */
static void strings_of_python_2(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t limit;
        bool text;
        const char *shown, *name;
    } rows[] = {
        {"spam", 100, true, "spam", "spam"},
        {"\xc3\xa9t\xc3\xa9", 100, true, "\xc3\xa9t\xc3\xa9", "\xc3\xa9t\xc3\xa9"},
        {"\xc3\xa9t\xc3\xa9", 4, true, "\xc3\xa9t", "\xc3\xa9t\xc3\xa9"},
        {"\xf0\x9f\x90\x8d!", 3, true, "", "\xf0\x9f\x90\x8d!"},
        {"caf\xe9", 100, false, "caf\xe9", "caf\\xe9"},
        {"\xff\xfe", 100, false, "\xff\xfe", "\\xff\\xfe"},
        {"\xc0\x80", 100, false, "\xc0\x80", "\\xc0\\x80"},
        {"\xed\xa0\x80", 100, false, "\xed\xa0\x80", "\\xed\\xa0\\x80"},
        {"", 100, true, "", ""},
    };
    static const uint32_t units[] = {'e', 0xe9, 0x1f40d};
    struct world *w = world_of_row(0);
    struct exu_value value;
    for (size_t row = 1; w && w->python.strategy.str != EXU_STR_27; row++) {
        world_destroy(w);
        w = world_of_row(row);
    }
    assert_non_null(w);
    exu_addr type = world_text_type(w);
    for (size_t i = 0; i < EXU_COUNT(rows); i++) {
        char text[32];
        exu_addr object = world_text(w, type, rows[i].bytes);
        assert_string_equal(value_of(w, object, EXU_IS_BYTES, rows[i].limit, &value), rows[i].shown);
        assert_int_equal(value.kind, rows[i].text ? EXU_VALUE_TEXT : EXU_VALUE_BYTES);
        assert_int_equal(value.length, strlen(rows[i].bytes));
        assert_true(exu_model_str(&w->model, object, text, sizeof text));
        assert_string_equal(text, rows[i].name);
    }
    exu_addr unicode = world_new(w, world_type(w, "unicode", w->python.strategy.flags.unicode_subclass), 64);
    exu_addr characters = world_room(w, sizeof units);
    memcpy(w->bytes + (characters - WORLD_BASE), units, sizeof units);
    world_put(w, unicode, EXU_PyUnicodeObject_length, EXU_COUNT(units));
    world_put(w, unicode, EXU_PyUnicodeObject_str, characters);
    assert_string_equal(value_of(w, unicode, EXU_IS_STR, 100, &value), "e\xc3\xa9\xf0\x9f\x90\x8d");
    assert_int_equal(value.length, 3);
    world_put(w, unicode, EXU_PyUnicodeObject_length, UINT64_MAX / 2);
    assert_null(value_of(w, unicode, EXU_IS_STR, 100, &value));
    world_destroy(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_of_every_shipped_version), cmocka_unit_test(strings_of_python_2),
        cmocka_unit_test(floats_as_repr_writes_them),      cmocka_unit_test(ints_of_any_size),
        cmocka_unit_test(damaged_values_are_refused),      cmocka_unit_test(str_is_cut_between_characters),
        cmocka_unit_test(as_the_interpreter_says),
    };
    return cmocka_run_group_tests(tests, NULL, free_scratch);
}
