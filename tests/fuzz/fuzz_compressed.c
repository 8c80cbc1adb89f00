/* The input is a compressed file, whatever its first bytes say; and it is a recipe for a zstd file in small frames with a seek
 * table: of such files mutations make none. Each is unpacked as a whole, and opened for few bytes.
 *
 * Mutated headers ask for windows of gigabytes, which AddressSanitizer takes long to give. It goes faster with
 * ASAN_OPTIONS=allocator_may_return_null=1:max_allocation_size_mb=100:quarantine_size_mb=16 */
#include "fuzz.h"

#include "core/input.h"

enum { MOST_FRAMES = 16, MOST_CONTENT = 255, ROOM = MOST_FRAMES * (MOST_CONTENT + 9 + 12) + 17, PATCH = 3, MOST_PATCHES = 6 };

static uint64_t read_all(const struct exu_input *input)
{
    uint64_t sum = 0;
    for (uint64_t at = 0, n; at < input->size && at < 1 << 20; at += n + 1) {
        uint64_t gap;
        n = exu_min(exu_input_run(input, at, 4096, &gap), input->size - at);
        if (n == 0) {
            n = gap - 1;
            continue;
        }
        struct exu_error *error = exu_input_need(input, at, n);
        for (uint64_t i = 0; !error && i < n; i += 512)
            sum += input->bytes[at + i];
        exu_error_free(error);
    }
    return sum;
}

static void open_it(const uint8_t *data, size_t size, bool few)
{
    char path[40];
    int fd = exu_fuzz_file(data, size, path);
    struct exu_input input;
    struct exu_anomalies anomalies;
    const struct exu_core_options options = {.temporary_dir = "/dev/shm", .few = few};
    exu_anomalies_init(&anomalies);
    struct exu_error *error = exu_input_open(&input, path, &options, &anomalies);
    if (!error) {
        if (read_all(&input) == UINT64_MAX)
            abort();
        exu_input_close(&input);
    }
    exu_error_free(error);
    exu_anomalies_deinit(&anomalies);
    close(fd);
}

static size_t add(uint8_t *out, size_t at, uint32_t value, size_t bytes)
{
    memcpy(out + at, &value, bytes);
    return at + bytes;
}

/* Number of frames, whether the table has checksums, number of patches; patches; the frames' content. */
static size_t cook(const uint8_t *data, size_t size, uint8_t out[static ROOM])
{
    size_t frames = data[0] % MOST_FRAMES + 1u, patches = data[2] % MOST_PATCHES, head = 3 + patches * PATCH, n = 0;
    if (size < head)
        return 0;
    size_t share = exu_min((size - head) / frames, MOST_CONTENT), entry = data[1] & 1 ? 12 : 8;
    for (size_t i = 0; i < frames; i++) {
        n = add(out, n, 0xFD2FB528, 4);
        n = add(out, n, 0x20 | (uint32_t)share << 8, 2); /* one segment, its size in a byte */
        n = add(out, n, 1 | (uint32_t)share << 3, 3);    /* the last block, as it is */
        memcpy(out + n, data + head + i * share, share);
        n += share;
    }
    n = add(out, n, 0x184D2A5E, 4);
    n = add(out, n, (uint32_t)(frames * entry + 9), 4);
    for (size_t i = 0; i < frames; i++) {
        n = add(out, n, (uint32_t)share + 9, 4);
        n = add(out, n, (uint32_t)share, 4);
        n = add(out, n, data[1], entry - 8);
    }
    n = add(out, n, (uint32_t)frames, 4);
    n = add(out, n, entry == 12 ? 0x80 : 0, 1);
    n = add(out, n, 0x8F92EAB1, 4);
    for (size_t i = 0; i < patches; i++) {
        const uint8_t *patch = data + 3 + i * PATCH;
        out[(patch[0] | (size_t)patch[1] << 8) % n] ^= patch[2];
    }
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t cooked[ROOM];
    open_it(data, size, false);
    open_it(data, size, true);
    size_t n = size > 3 ? cook(data, size, cooked) : 0;
    if (n > 0) {
        open_it(cooked, n, false);
        open_it(cooked, n, true);
    }
    return 0;
}
