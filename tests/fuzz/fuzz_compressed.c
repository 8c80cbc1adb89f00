/* The input is a compressed file, whatever its first bytes say. */
#include "fuzz.h"

#include "core/input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[40];
    int fd = exu_fuzz_file(data, size, path);
    struct exu_input input;
    const struct exu_core_options options = {.temporary_dir = "/dev/shm"};
    struct exu_error *error = exu_input_open(&input, path, &options, NULL);
    if (!error) {
        uint64_t sum = 0;
        for (uint64_t i = 0; i < input.size && i < 1 << 20; i += 512)
            sum += input.bytes[i];
        if (sum == UINT64_MAX)
            abort();
        exu_input_close(&input);
    }
    exu_error_free(error);
    close(fd);
    return 0;
}
