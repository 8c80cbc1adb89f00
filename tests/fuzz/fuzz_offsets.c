/* The input is _Py_DebugOffsets behind its mark: the first byte chooses the row that it is put over. */
#include "fuzz.h"

#include "layout/debug_offsets.h"
#include "layout/row.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct exu_structures *structures;
    static struct exu_row *rows[64];
    static size_t count;
    static uint8_t bytes[4096];
    if (!structures) {
        if (exu_structures_create(&structures))
            abort();
        for (size_t i = 0; i < exu_row_count() && count < 64; i++)
            if (exu_row_load(&rows[count++], structures, i))
                abort();
    }
    if (size < 1)
        return 0;
    const struct exu_row *row = rows[data[0] % count];
    memset(bytes, 0, sizeof bytes);
    memcpy(bytes, "xdebugpy", 8);
    memcpy(bytes + 8, data + 1, size - 1 < sizeof bytes - 8 ? size - 1 : sizeof bytes - 8);
    struct exu_memory *memory;
    const exu_addr at = 0x10000;
    const struct exu_mapping mapping = {.start = at, .end = at + sizeof bytes, .perms = EXU_PERM_R | EXU_PERM_W};
    const struct exu_segment segment = {
        .start = at, .end = at + sizeof bytes, .bytes = bytes, .perms = EXU_PERM_R | EXU_PERM_W};
    uint32_t index;
    if (exu_memory_create(&memory) || exu_memory_add_mapping(memory, &mapping, &index) ||
        exu_memory_add_segment(memory, &segment) || exu_memory_seal(memory, NULL))
        abort();
    struct exu_debug_offsets offsets;
    char reason[EXU_REASON];
    if (exu_debug_offsets_read(&offsets, memory, at, reason)) {
        struct exu_layout layout = row->layout;
        exu_debug_offsets_apply(&offsets, &layout);
    }
    if (exu_debug_offsets_scan(memory, 0) != at)
        abort();
    exu_memory_destroy(memory);
    return 0;
}
