/* The input is an ELF core, or one compressed: headers, notes, segments, and the symbols of the images in it. */
#include "fuzz.h"

#include "core/core.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[40];
    int fd = exu_fuzz_file(data, size, path);
    struct exu_anomalies anomalies;
    struct exu_core *core;
    struct exu_symbol symbol;
    uint64_t offset;
    /* Nothing of this machine is looked at. */
    const struct exu_core_options options = {.sysroot = "/nonexistent", .temporary_dir = "/dev/shm"};
    exu_anomalies_init(&anomalies);
    struct exu_error *error = exu_core_open(&core, path, &options, &anomalies);
    if (!error) {
        for (size_t i = 0; i < core->image_count && i < 16; i++) {
            const struct exu_image *image = &core->images[i];
            if (exu_image_dynamic_symbol(core, image, "_PyRuntime", &symbol))
                exu_image_symbol_at(core, image, symbol.address, &offset);
            exu_image_static_symbol(core, image, "interned", &symbol);
            exu_image_source_symbol(core, image, "tupleobject.c", "free_list", &symbol);
            exu_image_symbol_at(core, image, image->start + 0x100, &offset);
            exu_image_debug_path(core, image);
        }
        for (size_t i = 0; i < core->memory->segment_count; i++) {
            uint64_t word;
            exu_memory_u64(core->memory, core->memory->segments[i].start, &word);
            exu_memory_u64(core->memory, core->memory->segments[i].end - 4, &word);
        }
        exu_core_close(core);
    }
    exu_error_free(error);
    exu_anomalies_deinit(&anomalies);
    close(fd);
    return 0;
}
