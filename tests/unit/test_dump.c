/* The writer of dumps: what goes in comes out, plain and through zstd; the seek table leads to each frame; cores with more
 * program headers than fit into 16 bits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/core.h"
#include "dump/format.h"
#include "dump/writer.h"
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#define START UINT64_C(0x10000)
#define SIZE ((size_t)5 << 19) /* two frames and a half */

static uint8_t byte_at(uint64_t i)
{
    return i >> 16 & 1 ? 0 : (uint8_t)(i * 7 + (i >> 9)); /* every other 64 kB are zeros */
}

static struct exu_error *give(void *context, size_t segment, uint64_t offset, size_t size, const uint8_t **ret)
{
    uint8_t *buffer = context;
    for (size_t i = 0; i < size; i++)
        buffer[i] = byte_at(segment * SIZE + offset + i);
    *ret = buffer;
    return NULL;
}

static void ok(struct exu_error *error)
{
    if (error)
        fail_msg("%s", error->message);
}

static int temporary(char path[64])
{
    strcpy(path, "/tmp/exu-dump-XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    return fd;
}

/* `count` segments of `size` bytes; every third stands apart. */
static void write_dump(int fd, bool zstd, size_t count, uint64_t size, uint64_t *ret_core, uint64_t *ret_file)
{
    struct exu_dump *dump;
    uint8_t *buffer = malloc(EXU_SINK_FRAME);
    ok(exu_dump_create(&dump));
    ok(exu_dump_note(dump, "CORE", NT_AUXV, "0123456789abcdef", 16));
    ok(exu_dump_note_group(dump));
    ok(exu_dump_note_group(dump)); /* stays empty, and is none */
    ok(exu_dump_note(dump, EXU_NOTE_OWNER, EXU_NOTE_CGROUP, "abcde", 5));
    for (size_t i = 0; i < count; i++) {
        struct exu_dump_segment s = {START + i * (2 * size + 8192), size + 4096, size, PF_R | PF_W, i % 3 == 2};
        ok(exu_dump_segment(dump, &s));
    }
    ok(exu_dump_write(dump, fd, "it", zstd, give, buffer, NULL));
    *ret_core = exu_dump_core_bytes(dump);
    *ret_file = exu_dump_file_bytes(dump);
    exu_dump_destroy(dump);
    free(buffer);
}

static void read_back(const char *path, size_t count, uint64_t size)
{
    struct exu_core *core;
    struct exu_anomalies anomalies;
    exu_anomalies_init(&anomalies);
    ok(exu_core_open(&core, path, NULL, &anomalies));
    assert_int_equal(core->auxv_bytes, 16);
    assert_int_equal(core->memory->mapping_count, count);
    assert_int_equal(exu_anomaly_total(&anomalies), 0);
    for (size_t i = 0; i < count; i += count > 10 ? 777 : 1) {
        exu_addr start = START + i * (2 * size + 8192);
        const uint8_t *bytes = exu_memory_at(core->memory, start, size);
        assert_non_null(bytes);
        for (uint64_t j = 0; j < size; j++)
            if (bytes[j] != byte_at(i * SIZE + j))
                fail_msg("segment %zu, byte %llu", i, (unsigned long long)j);
        assert_null(exu_memory_at(core->memory, start + size, 1)); /* absent, not zero */
    }
    exu_core_close(core);
    exu_anomalies_deinit(&anomalies);
}

static void test_plain(void **state)
{
    (void)state;
    char path[64];
    uint64_t core, file;
    int fd = temporary(path);
    write_dump(fd, false, 4, SIZE, &core, &file);
    struct stat st;
    fstat(fd, &st);
    assert_int_equal(core, file);
    assert_int_equal(core, st.st_size);
    assert_true((uint64_t)st.st_blocks * 512 < core * 3 / 4); /* zeros are holes */
    read_back(path, 4, SIZE);
    close(fd);
    unlink(path);
}

static uint32_t word(const uint8_t *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static void test_zstd(void **state)
{
    (void)state;
    char path[64], plain_path[64];
    uint64_t core, file, plain_core, plain_file;
    int fd = temporary(path), plain = temporary(plain_path);
    write_dump(fd, true, 4, SIZE, &core, &file);
    write_dump(plain, false, 4, SIZE, &plain_core, &plain_file);
    assert_int_equal(core, plain_core);
    read_back(path, 4, SIZE);
    uint8_t *packed = malloc(file), *raw = malloc(EXU_SINK_FRAME), *expected = malloc(EXU_SINK_FRAME);
    assert_int_equal(pread(fd, packed, file, 0), file);
    assert_int_equal(word(packed + file - 4), EXU_SINK_SEEKABLE);
    assert_int_equal(packed[file - 5], 0);
    uint32_t frames = word(packed + file - 9);
    assert_int_equal(frames, (core + EXU_SINK_FRAME - 1) / EXU_SINK_FRAME);
    const uint8_t *table = packed + file - 9 - (size_t)frames * 8;
    assert_int_equal(word(table - 8), EXU_SINK_SKIPPABLE);
    assert_int_equal(word(table - 4), frames * 8 + 9);
    uint64_t at = 0, position = 0;
    for (uint32_t i = 0; i < frames; i++) {
        uint32_t size = word(table + i * 8), raw_size = word(table + i * 8 + 4);
        assert_int_equal(ZSTD_decompress(raw, EXU_SINK_FRAME, packed + at, size), raw_size);
        assert_int_equal(pread(plain, expected, raw_size, (off_t)position), raw_size);
        assert_memory_equal(raw, expected, raw_size);
        at += size;
        position += raw_size;
    }
    assert_int_equal(position, core);
    assert_ptr_equal(packed + at, table - 8);
    free(packed);
    free(raw);
    free(expected);
    close(fd);
    close(plain);
    unlink(path);
    unlink(plain_path);
}

static void test_many_segments(void **state)
{
    (void)state;
    char path[64];
    uint64_t core, file;
    int fd = temporary(path);
    write_dump(fd, true, 70000, 64, &core, &file);
    read_back(path, 70000, 64);
    close(fd);
    unlink(path);
}

static void test_full_disk(void **state)
{
    (void)state;
    FILE *full = fopen("/dev/full", "w");
    if (!full)
        skip();
    struct exu_sink *sink;
    ok(exu_sink_create(&sink, fileno(full), "it", true));
    struct exu_error *error = exu_sink_write(sink, "x", 1);
    if (!error)
        error = exu_sink_finish(sink);
    assert_non_null(error);
    assert_int_equal(error->code, EXU_ERROR_MACHINE);
    assert_non_null(strstr(error->message, "no space left"));
    exu_error_free(error);
    exu_sink_destroy(sink);
    fclose(full);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain),
        cmocka_unit_test(test_zstd),
        cmocka_unit_test(test_many_segments),
        cmocka_unit_test(test_full_disk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
