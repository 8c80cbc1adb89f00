/* Values of int, float, bool, str and bytes, as text. */
#include "model/value.h"

#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Include/cpython/longintrepr.h: PYLONG_BITS_IN_DIGIT 30 (15-bit digits exist only on 32-bit builds). */
#define DIGIT_BITS 30
#define DIGIT_MASK ((UINT32_C(1) << DIGIT_BITS) - 1)
/* An int that does not fit is shown by so many of its leading decimal digits. */
#define LEADING 40
/* ... which are found in linear time with this many groups of nine digits kept ... */
#define LEADING_GROUPS 9
/* ... or, where those leave a doubt, by the whole conversion, which is quadratic: up to this size. 10 ** 4300
 * has fewer than 480 digits of 30 bits. */
#define DIGIT_LIMIT 480
#define DOUBT_DIGIT_LIMIT 4096
/* 3.12+: the lowest bits of lv_tag. */
#define SIGN_NEGATIVE 2
/* Above this size an int is taken for damage that happens to be readable, and not converted. */
#define LINEAR_DIGIT_LIMIT (UINT64_C(1) << 20)

/* ---- int ---- */

struct digits {
    const struct exu_memory *memory;
    exu_addr address;
    uint64_t count;
};

static bool digit_at(const struct digits *d, uint64_t index, uint32_t *ret)
{
    if (!exu_memory_u32(d->memory, d->address + 4 * index, ret))
        return false;
    *ret &= DIGIT_MASK;
    return true;
}

#define GROUP 1000000000 /* nine decimal digits */

/* groups = groups * 2**30 + digit, least significant first. Returns the new count; `groups` has room for two
 * more. */
static size_t groups_push(uint32_t *groups, size_t count, uint32_t digit)
{
    uint64_t carry = digit;
    for (size_t j = 0; j < count; j++) {
        carry += (uint64_t)groups[j] << DIGIT_BITS;
        groups[j] = (uint32_t)(carry % GROUP);
        carry /= GROUP;
    }
    while (carry) {
        groups[count++] = (uint32_t)(carry % GROUP);
        carry /= GROUP;
    }
    return count;
}

static size_t groups_text(const uint32_t *groups, size_t count, char *text, size_t size)
{
    size_t length = (size_t)snprintf(text, size, "%u", count ? groups[count - 1] : 0);
    for (size_t i = count; i-- > 1;)
        length += (size_t)snprintf(text + length, size - length, "%09u", groups[i - 1]);
    return length;
}

/* The whole number, of at most DOUBT_DIGIT_LIMIT digits; *ret_text is malloc'ed. `out` has failed when there is no memory. */
static bool int_decimal(const struct digits *d, struct exu_text *out, char **ret_text, size_t *ret_length)
{
    size_t room = (size_t)d->count * 31 / 29 + 2; /* a group holds 29.9 bits */
    uint32_t *groups = malloc(room * sizeof *groups);
    char *text = malloc(9 * room + 1);
    size_t count = 0;
    bool fine = groups && text;
    out->failed |= !fine;
    for (uint64_t i = d->count; fine && i-- > 0;) {
        uint32_t digit;
        fine = digit_at(d, i, &digit);
        if (fine)
            count = groups_push(groups, count, digit);
    }
    if (fine) {
        *ret_length = groups_text(groups, count, text, 9 * room + 1);
        *ret_text = text;
    } else {
        free(text);
    }
    free(groups);
    return fine;
}

/* The leading digits, at most `limit`. Only the leading groups are kept on the way: what they say is too
 * small, but by less than one part in 10**63 for each step. So the digits shown are right unless all that
 * follow are nines. */
static bool int_leading(const struct digits *d, size_t limit, struct exu_text *out)
{
    uint32_t groups[LEADING_GROUPS + 2] = {0};
    char text[9 * (LEADING_GROUPS + 2) + 1], *whole = NULL;
    size_t count = 0, length, shown = limit < LEADING ? limit : LEADING;
    bool inexact = false;
    for (uint64_t i = d->count; i-- > 0;) {
        uint32_t digit;
        if (!digit_at(d, i, &digit))
            return false;
        count = groups_push(groups, count, inexact ? 0 : digit);
        if (count > LEADING_GROUPS) {
            memmove(groups, groups + (count - LEADING_GROUPS), LEADING_GROUPS * sizeof *groups);
            count = LEADING_GROUPS;
            inexact = true;
        }
    }
    length = groups_text(groups, count, text, sizeof text);
    if (inexact && strspn(text + shown, "9") >= 16) {
        if (d->count > DOUBT_DIGIT_LIMIT || !int_decimal(d, out, &whole, &length))
            return false;
        exu_text_add(out, whole, shown);
        free(whole);
    } else {
        exu_text_add(out, text, shown < length ? shown : length);
    }
    return true;
}

static struct digits int_digits(const struct exu_object *o, bool *ret_negative)
{
    const struct exu_strategy *s = &o->model->python->strategy;
    struct digits d = {.memory = o->memory, .address = exu_object_place(o, EXU_PyLongObject_ob_digit)};
    switch (s->integer) {
    case EXU_INT_SIGNED_SIZE: {
        int64_t size = exu_object_signed(o, EXU_PyVarObject_ob_size);
        *ret_negative = size < 0;
        d.count = size < 0 ? 0 - (uint64_t)size : (uint64_t)size;
        break;
    }
    case EXU_INT_TAG: {
        uint64_t tag = exu_object_word(o, EXU_PyLongObject_lv_tag);
        *ret_negative = (tag & s->int_sign_mask) == SIGN_NEGATIVE;
        d.count = tag >> s->int_tag_shift;
        break;
    }
    }
    return d;
}

/* Python 2 has `int`, a C long, beside `long`; bool is of the former there. */
static bool is_c_long(const struct exu_object *o)
{
    return o->type->flags & o->model->python->strategy.flags.int_subclass;
}

static bool bool_value(const struct exu_object *o)
{
    bool negative;
    return is_c_long(o) ? exu_object_word(o, EXU_PyIntObject_ob_ival) != 0
                        : int_digits(o, &negative).count != 0;
}

static bool int_value(const struct exu_object *o, size_t limit, struct exu_text *out, bool *ret_truncated)
{
    bool negative = false;
    struct digits d = int_digits(o, &negative);
    uint32_t low = 0, high = 0;
    if (is_c_long(o)) {
        if (!exu_has(o->layout, EXU_PyIntObject_ob_ival) || limit < 20)
            return false;
        exu_text_printf(out, "%lld", (long long)exu_object_signed(o, EXU_PyIntObject_ob_ival));
        return true;
    }
    if (!exu_has(o->layout, EXU_PyLongObject_ob_digit) || (d.count >= 1 && !digit_at(&d, 0, &low)) ||
        (d.count >= 2 && !digit_at(&d, 1, &high)))
        return false;
    if (d.count <= 2 && limit >= 20) {
        char text[24];
        int n = snprintf(text, sizeof text, "%s%llu", negative ? "-" : "",
                         (unsigned long long)((uint64_t)high << DIGIT_BITS | low));
        exu_text_add(out, text, (size_t)n);
        return true;
    }
    /* The last digit is read before the count is believed. */
    uint32_t last;
    if (d.count > LINEAR_DIGIT_LIMIT || (d.count && !digit_at(&d, d.count - 1, &last)))
        return false;
    uint64_t words = (d.count + 1) / 2;
    if (exu_walk_slots(o->model, d.address, words, 8) < words)
        return false;
    if (negative && limit) {
        exu_text_putc(out, '-');
        limit--;
    }
    /* A digit of 30 bits is at least 9.03 decimal digits, the first at least one. */
    if (d.count <= DIGIT_LIMIT && (d.count ? d.count - 1 : 0) * 9 < limit) {
        char *text;
        size_t length;
        if (!int_decimal(&d, out, &text, &length))
            return false;
        if (length <= limit)
            exu_text_add(out, text, length);
        free(text);
        if (length <= limit)
            return true;
    }
    *ret_truncated = true;
    return int_leading(&d, limit, out);
}

bool exu_object_number(const struct exu_object *o, uint64_t *ret)
{
    bool negative = false;
    uint32_t low = 0, high = 0, top = 0;
    if (!(o->type->classes & EXU_IS_INT))
        return false;
    if (is_c_long(o)) {
        *ret = exu_object_word(o, EXU_PyIntObject_ob_ival);
        return *ret <= INT64_MAX;
    }
    struct digits d = int_digits(o, &negative);
    if (negative || d.count > 3 || (d.count > 0 && !digit_at(&d, 0, &low)) ||
        (d.count > 1 && !digit_at(&d, 1, &high)) || (d.count > 2 && !digit_at(&d, 2, &top)) || top >= 1 << 4)
        return false;
    *ret = (uint64_t)top << 2 * DIGIT_BITS | (uint64_t)high << DIGIT_BITS | low;
    return true;
}

/* ---- float ---- */

/* `precision` significant digits of |x| nearest to it; *ret_exponent: x = d.ddd * 10**exponent. */
static void float_digits(double x, int precision, char digits[32], int *ret_exponent)
{
    char text[48];
    snprintf(text, sizeof text, "%.*e", precision - 1, x);
    char *e = strchr(text, 'e');
    digits[0] = text[0];
    /* Not `.`: the decimal point is the locale's, one byte or more. */
    int fraction = precision - 1;
    memcpy(digits + 1, e - fraction, (size_t)fraction);
    digits[precision] = 0;
    *ret_exponent = atoi(e + 1);
}

static bool float_reads_back(const char *digits, int exponent, double x)
{
    /* An integer times a power of ten needs no decimal point. */
    char text[64];
    snprintf(text, sizeof text, "%se%d", digits, exponent - (int)strlen(digits) + 1);
    return strtod(text, NULL) == x;
}

/* The next decimal of the same length, away from zero. */
static void float_digits_up(char *digits, int *exponent)
{
    for (size_t i = strlen(digits); i-- > 0;) {
        if (digits[i] < '9') {
            digits[i]++;
            return;
        }
        digits[i] = '0';
    }
    memmove(digits + 1, digits, strlen(digits) - 1);
    digits[0] = '1';
    ++*exponent;
}

/* Python/dtoa.c, mode 0: the shortest decimal that reads back as x, and of those the nearest to x. Correctly
 * rounded decimals of growing length find it, but for powers of two: there the gap below is half the gap
 * above, so that the decimal above may read back where the nearer one below does not. */
static void float_shortest(double x, char digits[32], int *ret_exponent)
{
    bool subnormal = x < 2.2250738585072014e-308;
    for (int precision = subnormal ? 1 : 15; precision <= 17; precision++) {
        float_digits(x, precision, digits, ret_exponent);
        if (precision == 17 || float_reads_back(digits, *ret_exponent, x))
            break;
        char up[32];
        int exponent = *ret_exponent;
        strcpy(up, digits);
        float_digits_up(up, &exponent);
        if (float_reads_back(up, exponent, x)) {
            strcpy(digits, up);
            *ret_exponent = exponent;
            break;
        }
    }
    size_t length = strlen(digits);
    while (length > 1 && digits[length - 1] == '0')
        digits[--length] = 0;
}

/* Python/pystrtod.c, format_float_short with 'r' and Py_DTSF_ADD_DOT_0. */
static void float_text(double x, struct exu_text *out)
{
    if (x != x) {
        exu_text_puts(out, "nan");
        return;
    }
    if (__builtin_signbit(x))
        exu_text_putc(out, '-');
    x = __builtin_fabs(x);
    if (x > 1.7976931348623157e308) {
        exu_text_puts(out, "inf");
        return;
    }
    char digits[32] = "0";
    int exponent = 0;
    if (x > 0)
        float_shortest(x, digits, &exponent);
    int length = (int)strlen(digits), point = exponent + 1;
    if (point <= -4 || point > 16) {
        exu_text_putc(out, digits[0]);
        if (length > 1)
            exu_text_printf(out, ".%s", digits + 1);
        exu_text_printf(out, "e%c%02d", exponent < 0 ? '-' : '+', exponent < 0 ? -exponent : exponent);
    } else if (point <= 0) {
        exu_text_printf(out, "0.%.*s%s", -point, "0000", digits);
    } else if (point >= length) {
        exu_text_printf(out, "%s%.*s.0", digits, point - length, "0000000000000000");
    } else {
        exu_text_printf(out, "%.*s.%s", point, digits, digits + point);
    }
}

static bool float_value(const struct exu_object *o, struct exu_text *out)
{
    const uint8_t *at;
    double x;
    if (!exu_has(o->layout, EXU_PyFloatObject_ob_fval) ||
        !(at = exu_memory_at(o->memory, exu_object_place(o, EXU_PyFloatObject_ob_fval), sizeof x)))
        return false;
    memcpy(&x, at, sizeof x);
    float_text(x, out);
    return true;
}

/* ---- str ---- */

struct characters {
    exu_addr address;
    uint64_t length; /* len() */
    uint64_t units;  /* of `width` bytes; differs from length only in UTF-16, which Linux builds don't have */
    uint32_t width;  /* 1, 2, 4 */
    bool ascii;
};

static uint32_t bits_of(uint32_t word, const struct exu_slot *slot)
{
    return slot->bit_width ? word >> slot->bit_offset & ((UINT32_C(1) << slot->bit_width) - 1) : 0;
}

static bool word_at(const struct exu_memory *m, const struct exu_layout *l, exu_addr structure,
                    enum exu_field field, uint64_t *ret)
{
    return exu_has(l, field) && exu_memory_u64(m, structure + exu_offset(l, field), ret);
}

/* Include/unicodeobject.h of 2.7: Py_UNICODE, of 4 bytes as Linux distributions configure it. */
#define UNICODE_WIDTH 4

static bool unicode_characters(const struct exu_memory *m, const struct exu_layout *l, exu_addr address,
                               struct characters *ret)
{
    uint64_t bytes;
    ret->width = UNICODE_WIDTH;
    ret->ascii = false;
    if (!word_at(m, l, address, EXU_PyUnicodeObject_length, &ret->length) ||
        !word_at(m, l, address, EXU_PyUnicodeObject_str, &ret->address))
        return false;
    ret->units = ret->length;
    return ret->length <= INT64_MAX && exu_mul(ret->length, ret->width, &bytes) &&
           bytes <= UINT64_MAX - ret->address;
}

/* Include/cpython/unicodeobject.h, PyUnicode_DATA: behind the head when compact; behind a pointer for
 * subclasses of str; in wstr alone while not ready (up to 3.11). */
static bool str_characters(const struct exu_model *model, exu_addr address, struct characters *ret)
{
    const struct exu_memory *m = model->memory;
    const struct exu_layout *l = &model->python->layout;
    uint64_t length;
    if (model->python->strategy.str == EXU_STR_27)
        return unicode_characters(m, l, address, ret);
    uint32_t state;
    if (!exu_has(l, EXU_PyASCIIObject_state_kind) ||
        !word_at(m, l, address, EXU_PyASCIIObject_length, &length) ||
        !exu_memory_u32(m, address + exu_offset(l, EXU_PyASCIIObject_state_kind), &state))
        return false;
    uint32_t kind = bits_of(state, &l->slot[EXU_PyASCIIObject_state_kind]);
    bool compact = bits_of(state, &l->slot[EXU_PyASCIIObject_state_compact]);
    bool ready =
        !exu_has(l, EXU_PyASCIIObject_state_ready) || bits_of(state, &l->slot[EXU_PyASCIIObject_state_ready]);
    ret->ascii = bits_of(state, &l->slot[EXU_PyASCIIObject_state_ascii]);
    ret->width = kind;
    if (!ready) {
        ret->width = 4;
        ret->ascii = false;
        if (!word_at(m, l, address, EXU_PyASCIIObject_wstr, &ret->address) ||
            !word_at(m, l, address, EXU_PyCompactUnicodeObject_wstr_length, &length))
            return false;
    } else if (compact) {
        enum exu_field head = ret->ascii ? EXU_sizeof_PyASCIIObject : EXU_sizeof_PyCompactUnicodeObject;
        if (!exu_has(l, head))
            return false;
        ret->address = address + exu_size(l, head);
    } else if (!word_at(m, l, address, EXU_PyUnicodeObject_data, &ret->address)) {
        return false;
    }
    ret->length = ret->units = length;
    uint64_t bytes;
    return (ret->width == 1 || ret->width == 2 || ret->width == 4) && length <= INT64_MAX &&
           exu_mul(length, ret->width, &bytes) && bytes <= UINT64_MAX - ret->address;
}

static size_t encode(uint32_t c, char out[8])
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xc0 | c >> 6);
        out[1] = (char)(0x80 | (c & 0x3f));
        return 2;
    }
    if (c >= 0xd800 && c < 0xe000) {
        static const char hex[] = "0123456789abcdef";
        memcpy(out, (char[]){'\\', 'u', hex[c >> 12 & 15], hex[c >> 8 & 15], hex[c >> 4 & 15], hex[c & 15]},
               6);
        return 6;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xe0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 0x3f));
        out[2] = (char)(0x80 | (c & 0x3f));
        return 3;
    }
    if (c > 0x10ffff)
        c = 0x10ffff; /* no str holds such: the memory is damaged */
    out[0] = (char)(0xf0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 0x3f));
    out[2] = (char)(0x80 | (c >> 6 & 0x3f));
    out[3] = (char)(0x80 | (c & 0x3f));
    return 4;
}

static uint32_t unit(const uint8_t *bytes, uint32_t width, uint64_t index)
{
    if (width == 1)
        return bytes[index];
    if (width == 2) {
        uint16_t v;
        memcpy(&v, bytes + 2 * index, sizeof v);
        return v;
    }
    return exu_load_u32(bytes + 4 * index);
}

/* Writes UTF-8 of at most `limit` bytes; returns how many, and through *ret_done how many characters they
 * are. Stops at a hole. */
static size_t str_utf8(const struct exu_memory *m, const struct characters *s, char *out, size_t limit,
                       uint64_t *ret_done)
{
    size_t written = 0;
    uint64_t done = 0;
    while (done < s->units) {
        uint64_t available;
        const uint8_t *bytes = exu_memory_span(m, s->address + done * s->width, &available);
        uint64_t count = exu_min(available / s->width, s->units - done);
        if (!bytes || !count)
            break;
        if (s->ascii) {
            uint64_t n = exu_min(count, limit - written);
            memcpy(out + written, bytes, n);
            written += n;
            done += n;
            if (n < count)
                break;
            continue;
        }
        for (uint64_t i = 0; i < count; i++) {
            char encoded[8];
            size_t n = encode(unit(bytes, s->width, i), encoded);
            if (n > limit - written) {
                *ret_done = done;
                return written;
            }
            memcpy(out + written, encoded, n);
            written += n;
            done++;
        }
    }
    *ret_done = done;
    return written;
}

/* How many of the `n` bytes are one character in UTF-8; 0 = none is. */
static size_t utf8_character(const uint8_t *p, size_t n)
{
    static const uint8_t least[] = {0, 0, 0xa0, 0x90}; /* of the second byte, for the shortest form */
    if (!n || p[0] < 0x80)
        return n ? 1 : 0;
    size_t size = p[0] >= 0xc2 && p[0] < 0xe0   ? 2
                  : p[0] >= 0xe0 && p[0] < 0xf0 ? 3
                  : p[0] >= 0xf0 && p[0] < 0xf5 ? 4
                                                : 0;
    if (!size || size > n)
        return 0;
    for (size_t i = 1; i < size; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    if ((p[0] == 0xe0 || p[0] == 0xf0) && p[1] < least[size - 1])
        return 0;
    if ((p[0] == 0xed && p[1] >= 0xa0) || (p[0] == 0xf4 && p[1] >= 0x90))
        return 0;
    return size;
}

/* The bytes of a str of Python 2, for people: what is no UTF-8 as \xNN. */
static bool bytes_text(const struct exu_memory *m, const struct exu_layout *l, exu_addr address, char *buffer,
                       size_t size)
{
    static const char hex[] = "0123456789abcdef";
    uint64_t length, available;
    if (!word_at(m, l, address, EXU_PyVarObject_ob_size, &length) || !exu_has(l, EXU_PyBytesObject_ob_sval))
        return false;
    const uint8_t *bytes = exu_memory_span(m, address + exu_offset(l, EXU_PyBytesObject_ob_sval), &available);
    size_t written = 0, n = bytes ? (size_t)exu_min(length, available) : 0;
    for (size_t i = 0; i < n;) {
        size_t c = utf8_character(bytes + i, n - i);
        if ((c ? c : 4) > size - 1 - written)
            break;
        if (c)
            memcpy(buffer + written, bytes + i, c);
        else
            memcpy(buffer + written, (char[]){'\\', 'x', hex[bytes[i] >> 4], hex[bytes[i] & 15]}, 4);
        written += c ? c : 4;
        i += c ? c : 1;
    }
    buffer[written] = 0;
    return n || !length;
}

bool exu_model_str(const struct exu_model *model, exu_addr address, char *buffer, size_t size)
{
    const struct exu_memory *m = model->memory;
    const struct exu_layout *l = &model->python->layout;
    const struct exu_strategy *strategy = &model->python->strategy;
    uint64_t type, flags;
    struct characters s;
    if (!size || !address || address % 8 || !word_at(m, l, address, EXU_PyObject_ob_type, &type) ||
        !word_at(m, l, type, EXU_PyTypeObject_tp_flags, &flags))
        return false;
    if (strategy->str == EXU_STR_27 && flags & strategy->flags.bytes_subclass)
        return bytes_text(m, l, address, buffer, size);
    if (!(flags & strategy->flags.unicode_subclass) || !str_characters(model, address, &s))
        return false;
    uint64_t done;
    size_t written = str_utf8(m, &s, buffer, size - 1, &done);
    buffer[written] = 0;
    return done || !s.units;
}

/* Room for `n` more bytes, to be written in place. */
static char *text_room(struct exu_text *t, size_t n)
{
    static const char zeros[256];
    size_t start = t->len;
    while (n) {
        size_t piece = n < sizeof zeros ? n : sizeof zeros;
        exu_text_add(t, zeros, piece);
        n -= piece;
    }
    return t->failed ? NULL : t->data + start;
}

static bool str_value(const struct exu_object *o, size_t limit, struct exu_text *out, struct exu_value *value)
{
    struct characters s;
    if (!str_characters(o->model, o->address, &s))
        return false;
    uint64_t most; /* bytes that the text can take at all */
    if (!exu_mul(s.units, s.ascii ? 1 : s.width == 1 ? 2 : 6, &most))
        most = UINT64_MAX;
    size_t room = (size_t)exu_min(most, limit);
    char *at = text_room(out, room);
    if (!at && room)
        return false;
    uint64_t done = 0;
    out->len = room ? str_utf8(o->memory, &s, at, room, &done) : 0;
    out->data[out->len] = 0;
    value->has_length = true;
    value->length = s.length;
    value->address = s.address;
    if (!exu_mul(s.units, s.width, &value->bytes))
        return false;
    value->truncated = done < s.units;
    return done || !s.units || !limit;
}

/* ---- bytes ---- */

/* All of it is UTF-8 without NUL; a character that the limit cut off at the end is taken away. */
static bool is_text(struct exu_text *text, bool truncated)
{
    const uint8_t *bytes = (const uint8_t *)text->data;
    size_t at = 0;
    while (at < text->len) {
        size_t n = utf8_character(bytes + at, text->len - at);
        if (!n || !bytes[at])
            break;
        at += n;
    }
    if (at < text->len && (!truncated || text->len - at > 3 || bytes[at] < 0xc2))
        return false;
    text->len = at;
    text->data[at] = 0;
    return true;
}

static bool bytes_value(const struct exu_object *o, size_t limit, struct exu_text *out,
                        struct exu_value *value)
{
    int64_t size = exu_object_signed(o, EXU_PyVarObject_ob_size);
    if (size < 0 || !exu_has(o->layout, EXU_PyBytesObject_ob_sval))
        return false;
    exu_addr data = exu_object_place(o, EXU_PyBytesObject_ob_sval);
    if ((uint64_t)size > UINT64_MAX - data)
        return false;
    uint64_t wanted = exu_min((uint64_t)size, limit), done = 0;
    while (done < wanted) {
        uint64_t available;
        const uint8_t *bytes = exu_memory_span(o->memory, data + done, &available);
        uint64_t n = exu_min(available, wanted - done);
        if (!bytes || !n)
            break;
        exu_text_add(out, (const char *)bytes, n);
        done += n;
    }
    value->has_length = true;
    value->length = (uint64_t)size;
    value->address = data;
    value->bytes = (uint64_t)size;
    value->truncated = done < (uint64_t)size;
    /* Python 2: text is bytes as a rule. */
    if (o->model->python->strategy.str == EXU_STR_27 && !out->failed && is_text(out, value->truncated))
        value->kind = EXU_VALUE_TEXT;
    return done || !wanted;
}

bool exu_object_value(const struct exu_object *o, size_t limit, struct exu_text *scratch,
                      struct exu_value *ret)
{
    uint32_t classes = o->type->classes;
    struct exu_value value = {.kind = EXU_VALUE_TEXT};
    bool fine = false;
    exu_text_clear(scratch);
    exu_text_add(scratch, "", 0); /* data is never NULL */
    if (scratch->failed)
        return false;
    if (classes & EXU_IS_BOOL) {
        exu_text_puts(scratch, bool_value(o) ? "True" : "False");
        fine = true;
    } else if (classes & EXU_IS_INT) {
        fine = int_value(o, limit, scratch, &value.truncated);
    } else if (classes & EXU_IS_FLOAT) {
        fine = float_value(o, scratch);
    } else if (classes & EXU_IS_STR) {
        fine = str_value(o, limit, scratch, &value);
    } else if (classes & EXU_IS_BYTES) {
        value.kind = EXU_VALUE_BYTES;
        fine = bytes_value(o, limit, scratch, &value);
    }
    if (!fine || scratch->failed)
        return false;
    value.data = scratch->data;
    value.size = scratch->len;
    *ret = value;
    return true;
}
