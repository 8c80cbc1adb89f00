/* Uses all of an opened core, damaged or not, as readers do. */
#ifndef EXU_TEST_CORE_USE_H
#define EXU_TEST_CORE_USE_H

#include "core/core.h"
#include "core_writer.h"
#include <stdlib.h>

/* Opens the bytes as a file of that folder. NULL: it is refused, as input that can't be used. */
static inline struct exu_core *exu_test_core_try(const char *directory, const void *bytes, size_t size, struct exu_anomalies *a)
{
    struct exu_core *core = NULL;
    char *path = exu_test_write_file(directory, "damaged", bytes, size);
    struct exu_error *error = exu_core_open(&core, path, NULL, a);
    free(path);
    if (!error)
        return core;
    assert_int_equal(error->code, EXU_ERROR_INPUT);
    exu_error_free(error);
    return NULL;
}

/* Some byte of each page or so of every segment, and what can be asked about images; `symbol`: a name, `at`: an address. */
static inline void exu_test_core_use(const struct exu_core *core, const char *symbol, exu_addr at)
{
    volatile uint8_t sum = 0;
    const struct exu_memory *m = core->memory;
    for (size_t i = 0; i < m->segment_count; i++) {
        const struct exu_segment *s = &m->segments[i];
        assert_true(s->start < s->end && s->mapping < m->mapping_count);
        for (uint64_t k = 0; s->bytes && k < s->end - s->start; k += 61)
            sum = (uint8_t)(sum + s->bytes[k]);
        if (s->bytes)
            sum = (uint8_t)(sum + s->bytes[s->end - s->start - 1]);
    }
    for (size_t i = 0; i < core->image_count; i++) {
        struct exu_symbol found;
        uint64_t offset;
        exu_image_dynamic_symbol(core, &core->images[i], symbol, &found);
        exu_image_static_symbol(core, &core->images[i], symbol, &found);
        exu_image_symbol_at(core, &core->images[i], at, &offset);
        exu_image_debug_path(core, &core->images[i]);
    }
}

#endif
