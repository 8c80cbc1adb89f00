/* obmalloc: the process of test_pymalloc.c, with patches of 9 bytes: the part, and a patch. */
#include "fuzz.h"

#define main unit_main
#include "../unit/test_pymalloc.c"
#undef main

static void used(void *context, const struct exu_block *block)
{
    *(uint64_t *)context += block->size;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct world w;
    struct exu_block block;
    uint64_t bytes = 0;
    make_world(&w);
    for (size_t at = 0; at + 9 <= size; at += 9) {
        switch (data[at] % 8) {
        case 0:
            exu_fuzz_patch(w.statics, 4096, IMAGE_BASE, data + at + 1);
            break;
        case 1:
            exu_fuzz_patch(w.array, (size_t)LENGTH * 48, ARRAY_BASE, data + at + 1);
            break;
        case 2:
            exu_fuzz_patch(w.arena, ARENA, ARENA_BASE, data + at + 1);
            break;
        default: /* the heads of the first pools */
            exu_fuzz_patch(pool_at(&w, data[at] % 4), 64, pool_address(data[at] % 4), data + at + 1);
        }
    }
    open_world(&w);
    for (uint32_t i = 0; i < POOLS; i++)
        exu_pymalloc_block(w.pymalloc, pool_address(i) + 100, &block);
    exu_pymalloc_each_used(w.pymalloc, used, &bytes);
    if (bytes > ARENA)
        abort();
    free_world(&w);
    return 0;
}
