/* glibc's malloc: the process of test_malloc.c, of one of its two versions, with patches of 9 bytes: the part, and a patch. */
#include "fuzz.h"

#define main unit_main
#include "../unit/test_malloc.c"
#undef main

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct world w;
    if (size < 1)
        return 0;
    make_world(&w, data[0] & 1);
    for (size_t at = 1; at + 9 <= size; at += 9) {
        const struct memory_part *part = &w.parts[data[at] % w.part_count];
        exu_fuzz_patch(part->bytes, part->size, part->start, data + at + 1);
    }
    open_world(&w);
    for (size_t i = 0; i < w.malloc->chunk_count; i++)
        if (exu_malloc_chunk_at(w.malloc, w.malloc->chunks[i].address) != (int64_t)i)
            abort();
    free_world(&w);
    return 0;
}
