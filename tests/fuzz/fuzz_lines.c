/* The first bytes say of which kind the table is and what is asked, the rest is the table. */
#include "fuzz.h"

#include "model/lines.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 4)
        return 0;
    const int first = (int)data[1] * (data[0] & 4 ? -1 : 1) * (data[0] & 8 ? 1 << 23 : 1);
    const uint64_t place = data[0] & 16 ? UINT64_MAX - data[2] : (uint64_t)data[2] << (data[3] & 63);
    exu_lines_find((enum exu_line_kind)(data[0] & 3), data + 4, size - 4, first, place);
    return 0;
}
