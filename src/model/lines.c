#include "model/lines.h"

/* ---- 3.11+ ---- */

/* The location table of 3.11+, as Objects/locations.md of CPython 3.11 describes it.
 *
 * An entry: a byte 1cccclll (cccc: how the position is written, lll: code units - 1), then bytes whose
 * highest bit is clear. Numbers are written 6 bits a byte, least significant first, bit 6 = more follows;
 * signed ones carry the sign in bit 0. Code by code: 0-9 one more byte, same line; 10-12 two more bytes, line
 * + 0..2; 13 signed line delta; 14 signed line delta, then three unsigned; 15 no location. The bytes of
 * columns are skipped unseen: the next entry is where the highest bit is set again. */

#define CODE_UNIT 2
#define CODE_ONE_LINE_0 10
#define CODE_NO_COLUMNS 13
#define CODE_LONG 14
#define CODE_NONE 15

static bool signed_number(const uint8_t *table, size_t size, size_t pos, int64_t *ret)
{
    uint64_t value = 0;
    unsigned shift = 0;
    for (;;) {
        if (pos >= size || table[pos] & 0x80 || shift > 36)
            return false;
        value |= (uint64_t)(table[pos] & 0x3f) << shift;
        shift += 6;
        if (!(table[pos++] & 0x40))
            break;
    }
    *ret = value & 1 ? -(int64_t)(value >> 1) : (int64_t)(value >> 1);
    return true;
}

static int find_311(const uint8_t *table, size_t size, int first_line, uint64_t byte_offset)
{
    int64_t line = first_line;
    uint64_t start = 0;
    size_t pos = 0;
    while (pos < size) {
        uint8_t first = table[pos++];
        if (!(first & 0x80))
            return -1;
        unsigned code = first >> 3 & 15;
        int64_t delta = 0;
        if (code == CODE_NO_COLUMNS || code == CODE_LONG) {
            if (!signed_number(table, size, pos, &delta))
                return -1;
        } else if (code >= CODE_ONE_LINE_0 && code < CODE_NO_COLUMNS) {
            delta = code - CODE_ONE_LINE_0;
        }
        line += delta;
        if (line > INT32_MAX || line < INT32_MIN)
            return -1;
        uint64_t bytes = ((uint64_t)(first & 7) + 1) * CODE_UNIT;
        if (byte_offset - start < bytes)
            return code == CODE_NONE ? -1 : (int)line;
        start += bytes;
        while (pos < size && !(table[pos] & 0x80))
            pos++;
    }
    return -1;
}

/* ---- 3.10 ---- */

/* Objects/lnotab_notes.txt of 3.10 (PEP 626): pairs of the bytes of a range and the step to its line, which
 * is signed; -128: the range has no line, and no step is made. */
#define NO_LINE (-128)

static int find_310(const uint8_t *table, size_t size, int first_line, uint64_t byte_offset)
{
    int64_t line = first_line;
    uint64_t end = 0;
    for (size_t pos = 0; pos + 1 < size; pos += 2) {
        int8_t delta = (int8_t)table[pos + 1];
        end += table[pos];
        if (delta != NO_LINE)
            line += delta;
        if (byte_offset < end)
            return delta == NO_LINE || line > INT32_MAX || line < INT32_MIN ? -1 : (int)line;
    }
    return -1;
}

/* ---- up to 3.9 ---- */

/* PyCode_Addr2Line (Objects/codeobject.c): pairs of steps, of bytes and of lines; those are signed from 3.6
 * on. The last line goes on to the end of the code. */
static int find_pairs(const uint8_t *table, size_t size, int first_line, uint64_t byte_offset, bool is_signed)
{
    int64_t line = first_line;
    uint64_t at = 0;
    for (size_t pos = 0; pos + 1 < size; pos += 2) {
        at += table[pos];
        if (at > byte_offset)
            break;
        line += is_signed ? (int8_t)table[pos + 1] : table[pos + 1];
    }
    return line > INT32_MAX || line < INT32_MIN ? -1 : (int)line;
}

int exu_lines_find(enum exu_line_kind kind, const uint8_t *table, size_t size, int first_line,
                   uint64_t byte_offset)
{
    switch (kind) {
    case EXU_LINE_311:
        return find_311(table, size, first_line, byte_offset);
    case EXU_LINE_310:
        return find_310(table, size, first_line, byte_offset);
    case EXU_LINE_36:
        return find_pairs(table, size, first_line, byte_offset, true);
    case EXU_LINE_27:
        return find_pairs(table, size, first_line, byte_offset, false);
    }
    return -1;
}

int exu_code_line(const struct exu_model *m, exu_addr code, uint64_t byte_offset)
{
    const struct exu_layout *l = &m->python->layout;
    uint32_t first;
    uint64_t table, size;
    if (!exu_has(l, EXU_PyCodeObject_co_firstlineno) || !exu_has(l, EXU_PyCodeObject_co_linetable) ||
        !exu_has(l, EXU_PyBytesObject_ob_sval) ||
        !exu_memory_u32(m->memory, code + exu_offset(l, EXU_PyCodeObject_co_firstlineno), &first))
        return -1;
    if ((int64_t)byte_offset < 0)
        return (int)first;
    if (!exu_memory_u64(m->memory, code + exu_offset(l, EXU_PyCodeObject_co_linetable), &table) || !table ||
        !exu_memory_u64(m->memory, table + exu_offset(l, EXU_PyVarObject_ob_size), &size))
        return -1;
    uint64_t available;
    const uint8_t *bytes =
        exu_memory_span(m->memory, table + exu_offset(l, EXU_PyBytesObject_ob_sval), &available);
    if (!bytes || size > available)
        return -1;
    return exu_lines_find(m->python->strategy.line, bytes, size, (int)first, byte_offset);
}
