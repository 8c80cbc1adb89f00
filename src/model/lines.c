/* The location table of 3.11+, as Objects/locations.md of CPython 3.11 describes it.
 *
 * An entry: a byte 1cccclll (cccc: how the position is written, lll: code units - 1), then bytes whose
 * highest bit is clear. Numbers are written 6 bits a byte, least significant first, bit 6 = more follows;
 * signed ones carry the sign in bit 0. Code by code: 0-9 one more byte, same line; 10-12 two more bytes, line
 * + 0..2; 13 signed line delta; 14 signed line delta, then three unsigned; 15 no location. The bytes of
 * columns are skipped unseen: the next entry is where the highest bit is set again. */
#include "model/lines.h"

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

int exu_lines_find(const uint8_t *table, size_t size, int first_line, uint64_t byte_offset)
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

int exu_code_line(const struct exu_model *m, exu_addr code, uint64_t byte_offset)
{
    const struct exu_layout *l = &m->python->layout;
    uint32_t first;
    uint64_t table, size;
    if (m->python->strategy.line != EXU_LINE_311 || !exu_has(l, EXU_PyCodeObject_co_firstlineno) ||
        !exu_has(l, EXU_PyCodeObject_co_linetable) || !exu_has(l, EXU_PyBytesObject_ob_sval) ||
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
    return exu_lines_find(bytes, size, (int)first, byte_offset);
}
