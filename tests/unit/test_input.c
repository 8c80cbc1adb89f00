/* What is no core that we read, what is compressed, and pipes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/core.h"
#include "core/pack.h"
#include "core_writer.h"
#include "image_writer.h"
#include <elf.h>
#include <fcntl.h>
#include <lz4frame.h>
#include <lzma.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

static char *directory;

static int set_up(void **state)
{
    (void)state;
    directory = exu_test_make_directory();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    exu_test_remove_tree(directory);
    free(directory);
    return 0;
}

/* Opens it, expects an error of that code with that text in it. */
static void expect_error(const char *path, enum exu_error_code code, const char *text)
{
    struct exu_anomalies a;
    struct exu_core *core = NULL;
    struct exu_core_options options = {.temporary_dir = directory};
    exu_anomalies_init(&a);
    struct exu_error *error = exu_core_open(&core, path, &options, &a);
    assert_non_null(error);
    assert_null(core);
    if (!strstr(error->message, text) || strncmp(error->message, path, strlen(path)) != 0)
        fail_msg("'%s' should begin with the file's name and contain '%s'", error->message, text);
    /* 'FILE: what is wrong; what to do' */
    assert_non_null(strstr(error->message, "; "));
    assert_int_equal(error->code, code);
    exu_error_free(error);
    exu_anomalies_deinit(&a);
}

static void expect_bytes_error(const void *bytes, size_t size, const char *text)
{
    char *path = exu_test_write_file(directory, "input", bytes, size);
    expect_error(path, EXU_ERROR_INPUT, text);
    free(path);
}

static void test_files(void **state)
{
    (void)state;
    char path[4096];
    snprintf(path, sizeof path, "%s/none", directory);
    expect_error(path, EXU_ERROR_INPUT, "No such file");
    expect_error(directory, EXU_ERROR_INPUT, "is a directory");
    expect_error("/dev/null", EXU_ERROR_INPUT, "neither a file nor a pipe");
    expect_bytes_error("", 0, "is empty");
    if (geteuid() != 0) {
        char *locked = exu_test_write_file(directory, "locked", "x", 1);
        assert_int_equal(chmod(locked, 0), 0);
        expect_error(locked, EXU_ERROR_INPUT, "Permission denied");
        free(locked);
    }
}

static void test_foreign(void **state)
{
    (void)state;
    expect_bytes_error("x", 1, "not an ELF file");
    expect_bytes_error("hello, world", 12, "not an ELF file");
    expect_bytes_error("\x7f"
                       "ELF",
                       4, "inside its ELF header");
    expect_bytes_error("BZh9", 4, "compressed with bzip2");
    expect_bytes_error("\x1f\x8b\x08\0\0\0\0", 7, "gzip stream is cut short");
    expect_bytes_error("\x1f\x8b\x07\0\0\0\0", 7, "gzip stream is corrupt");
    expect_bytes_error("\xfd"
                       "7zXZ\0\0",
                       7, "xz stream is cut short");
    expect_bytes_error("\x04\x22\x4d\x18\x60", 5, "lz4 stream is cut short");
}

static void test_other_elf(void **state)
{
    (void)state;
    struct exu_test_core *writer = exu_test_core_create();
    exu_test_core_segment(writer, 0x1000, PF_R, NULL, 0x1000, 0x1000);
    size_t size;
    uint8_t *bytes = exu_test_core_bytes(writer, EXU_TEST_CORE_KERNEL, &size);
    Elf64_Ehdr *ehdr = (Elf64_Ehdr *)(void *)bytes, saved = *ehdr;
    expect_bytes_error(bytes, 17, "inside its ELF header");
    expect_bytes_error(bytes, sizeof *ehdr - 1, "inside its ELF header");
    expect_bytes_error(bytes, sizeof *ehdr, "inside its program headers");
    expect_bytes_error(bytes, sizeof *ehdr + 2 * sizeof(Elf64_Phdr) - 1, "inside its program headers");
    ehdr->e_ident[EI_CLASS] = ELFCLASS32;
    expect_bytes_error(bytes, size, "32-bit");
    *ehdr = saved;
    ehdr->e_ident[EI_DATA] = ELFDATA2MSB;
    expect_bytes_error(bytes, size, "big-endian");
    *ehdr = saved;
    ehdr->e_machine = EM_AARCH64;
    expect_bytes_error(bytes, size, "aarch64");
    ehdr->e_machine = 4711;
    expect_bytes_error(bytes, size, "4711");
    *ehdr = saved;
    ehdr->e_phnum = 0;
    expect_bytes_error(bytes, size, "no segments");
    *ehdr = saved;
    ehdr->e_phentsize = 32;
    expect_bytes_error(bytes, size, "broken ELF header");
    *ehdr = saved;
    ehdr->e_phoff = UINT64_MAX - 8;
    expect_bytes_error(bytes, size, "inside its program headers");
    *ehdr = saved;
    ehdr->e_type = ET_REL;
    expect_bytes_error(bytes, size, "an object file, not a core");
    exu_test_core_destroy(writer);
    struct exu_test_image image = {.program = true};
    uint8_t *elf = exu_test_image_make(&image, &size);
    expect_bytes_error(elf, size, "an executable, not a core");
    free(elf);
    image.program = false;
    elf = exu_test_image_make(&image, &size);
    expect_bytes_error(elf, size, "a shared library, not a core");
    free(elf);
}

static void test_zstd(void **state)
{
    (void)state;
    enum { LENGTH = 3 << 20 };
    uint8_t *memory = calloc(1, LENGTH);
    for (size_t i = 0; i < LENGTH; i += 1 + (size_t)(random() % 9000))
        memory[i] = (uint8_t)random();
    memset(memory + (1 << 20), 0, 1 << 20);
    struct exu_test_core *writer = exu_test_core_create();
    exu_test_core_segment(writer, 0x10000, PF_R, memory, LENGTH, LENGTH);
    exu_test_core_segment(writer, 0x10000000, PF_R, NULL, LENGTH,
                          LENGTH); /* ends in a hole of the temporary file */
    size_t size;
    const uint8_t *bytes = exu_test_core_bytes(writer, EXU_TEST_CORE_KERNEL, &size);
    size_t bound = ZSTD_compressBound(size);
    uint8_t *packed = malloc(2 * bound);
    /* Two frames and a skippable one, as pzstd leaves them. */
    size_t half = size / 2, n = ZSTD_compress(packed, bound, bytes, half, 3);
    memcpy(packed + n, "\x50\x2a\x4d\x18\x04\0\0\0skip", 12);
    n += 12;
    n += ZSTD_compress(packed + n, bound, bytes + half, size - half, 3);
    char *path = exu_test_write_file(directory, "core.whatever", packed, n);

    struct exu_anomalies a;
    struct exu_core *core = NULL;
    struct exu_core_options options = {.temporary_dir = directory};
    exu_anomalies_init(&a);
    assert_null(exu_core_open(&core, path, &options, &a));
    assert_int_equal(core->compression, EXU_ZSTD);
    assert_int_equal(core->input_bytes, n);
    assert_memory_equal(exu_memory_at(core->memory, 0x10000, LENGTH), memory, LENGTH);
    assert_non_null(exu_memory_at(core->memory, 0x10000000, LENGTH));
    assert_null(exu_memory_at(core->memory, 0x10000000, LENGTH + 1));
    assert_int_equal(exu_anomaly_total(&a), 0);
    exu_core_close(core);
    exu_anomalies_deinit(&a);

    for (size_t cut = 4; cut < n; cut += 1 + n / 60) {
        /* Between the frames the stream is whole, and what it holds a core cut short. */
        char *part = exu_test_write_file(directory, "part", packed, cut);
        struct exu_core *opened = NULL;
        exu_anomalies_init(&a);
        struct exu_error *error = exu_core_open(&opened, part, &options, &a);
        if (error) {
            assert_int_equal(error->code, EXU_ERROR_INPUT);
            assert_non_null(strstr(error->message, "zstd stream is cut short"));
        } else {
            assert_true(exu_anomaly_total(&a) > 0);
        }
        exu_error_free(error);
        exu_core_close(opened);
        exu_anomalies_deinit(&a);
        free(part);
    }
    packed[40] ^= 0x55;
    packed[41] ^= 0x55;
    packed[4] |= 0x08; /* the frame header's reserved bit */
    expect_bytes_error(packed, n, "zstd stream is corrupt");
    expect_bytes_error("\x28\xb5\x2f\xfd", 4, "zstd stream is cut short");
    free(path);
    free(packed);
    free(memory);
    exu_test_core_destroy(writer);
}

static size_t pack_gzip(const uint8_t *bytes, size_t size, uint8_t *out, size_t room)
{
    z_stream z = {0};
    assert_int_equal(deflateInit2(&z, 1, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = (Bytef *)(uintptr_t)bytes;
    z.avail_in = (uInt)size;
    z.next_out = out;
    z.avail_out = (uInt)room;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    deflateEnd(&z);
    return room - z.avail_out;
}

static size_t pack_xz(const uint8_t *bytes, size_t size, uint8_t *out, size_t room)
{
    size_t at = 0;
    assert_int_equal(lzma_easy_buffer_encode(0, LZMA_CHECK_CRC64, NULL, bytes, size, out, &at, room), LZMA_OK);
    return at;
}

static size_t pack_lz4(const uint8_t *bytes, size_t size, uint8_t *out, size_t room)
{
    size_t n = LZ4F_compressFrame(out, room, bytes, size, NULL);
    assert_false(LZ4F_isError(n));
    return n;
}

static size_t pack_zstd(const uint8_t *bytes, size_t size, uint8_t *out, size_t room)
{
    return ZSTD_compress(out, room, bytes, size, 1);
}

static size_t pack_not(const uint8_t *bytes, size_t size, uint8_t *out, size_t room)
{
    assert_true(size <= room);
    memcpy(out, bytes, size);
    return size;
}

static const struct {
    enum exu_compression compression;
    size_t (*pack)(const uint8_t *bytes, size_t size, uint8_t *out, size_t room);
    const char *format;
} formats[] = {{EXU_GZIP, pack_gzip, "kernel+gzip"}, {EXU_XZ, pack_xz, "kernel+xz"},   {EXU_LZ4, pack_lz4, "kernel+lz4"},
               {EXU_ZSTD, pack_zstd, "kernel+zstd"}, {EXU_PLAIN, pack_not, "kernel"}};

enum { PACKED_LENGTH = 1 << 20 };

/* Opens what is there; with all of it in the memory. */
static void expect_whole(const char *path, const uint8_t *memory, enum exu_compression compression, const char *format)
{
    struct exu_anomalies a;
    struct exu_core *core = NULL;
    struct exu_core_options options = {.temporary_dir = directory};
    exu_anomalies_init(&a);
    assert_null(exu_core_open(&core, path, &options, &a));
    assert_int_equal(core->compression, compression);
    assert_string_equal(exu_core_format_name(core), format);
    assert_memory_equal(exu_memory_at(core->memory, 0x10000, PACKED_LENGTH), memory, PACKED_LENGTH);
    assert_int_equal(exu_anomaly_total(&a), 0);
    exu_core_close(core);
    exu_anomalies_deinit(&a);
}

/* Cut anywhere: what came out is there, and that some is missing is said; or not even the header came out. */
static void expect_part(const uint8_t *packed, size_t cut, const uint8_t *memory, const char *kind, size_t *opened)
{
    char *path = exu_test_write_file(directory, "part", packed, cut);
    struct exu_anomalies a;
    struct exu_core *core = NULL;
    struct exu_core_options options = {.temporary_dir = directory};
    exu_anomalies_init(&a);
    struct exu_error *error = exu_core_open(&core, path, &options, &a);
    if (error) {
        assert_int_equal(error->code, EXU_ERROR_INPUT);
    } else {
        (*opened)++;
        bool told = false;
        for (size_t i = 0; i < a.kind_count; i++)
            told |= strcmp(a.kinds[i].kind, kind) == 0;
        assert_true(told);
        uint64_t n = 0;
        const uint8_t *bytes = exu_memory_span(core->memory, 0x10000, &n);
        if (bytes && memory)
            assert_memory_equal(bytes, memory, n);
    }
    exu_error_free(error);
    exu_core_close(core);
    exu_anomalies_deinit(&a);
    free(path);
}

/* Two files one behind the other are one core, as `cat a.gz b.gz` makes them. */
static void test_formats(void **state)
{
    (void)state;
    uint8_t *memory = calloc(1, PACKED_LENGTH), *packed = malloc(4 * PACKED_LENGTH);
    for (size_t i = 0; i < PACKED_LENGTH; i += 1 + (size_t)(random() % 300))
        memory[i] = (uint8_t)random();
    struct exu_test_core *writer = exu_test_core_create();
    exu_test_core_segment(writer, 0x10000, PF_R, memory, PACKED_LENGTH, PACKED_LENGTH);
    size_t size;
    const uint8_t *bytes = exu_test_core_bytes(writer, EXU_TEST_CORE_KERNEL, &size);
    for (size_t i = 0; i < EXU_COUNT(formats); i++) {
        size_t half = size / 2, n = formats[i].pack(bytes, half, packed, 2 * PACKED_LENGTH), opened = 0;
        n += formats[i].pack(bytes + half, size - half, packed + n, 2 * PACKED_LENGTH);
        char *path = exu_test_write_file(directory, "packed", packed, n);
        expect_whole(path, memory, formats[i].compression, formats[i].format);
        free(path);
        for (size_t cut = 10; cut < n; cut += 1 + n / 40)
            expect_part(packed, cut, memory, "truncated", &opened);
        assert_true(opened > 20);
        for (size_t at = n * 3 / 4; at < n * 3 / 4 + 16; at++)
            packed[at] ^= 0x5a;
        if (formats[i].compression != EXU_PLAIN && formats[i].compression != EXU_LZ4) /* lz4's frames here have no check sums */
            expect_part(packed, n, NULL, formats[i].compression == EXU_ZSTD ? "damaged" : "truncated", &opened); /* what comes out just before the fault is seen may be wrong */
    }
    exu_test_core_destroy(writer);
    free(packed);
    free(memory);
}

/* What is behind a stream: 'z' four zeros, '0' one, 'Z' more than a buffer of them, 's' another stream, 'g' something else. */
static size_t add_behind(uint8_t *packed, size_t at, const char *what, const uint8_t *second, size_t second_size)
{
    for (; *what; what++) {
        size_t zeros = *what == 'z' ? 4 : *what == '0' ? 1 : *what == 'Z' ? 300000 : 0;
        memset(packed + at, 0, zeros);
        at += zeros;
        if (*what == 's') {
            memcpy(packed + at, second, second_size);
            at += second_size;
        } else if (*what == 'g') {
            packed[at++] = 'g';
        }
    }
    return at;
}

/* Tapes and pipes of tar fill up with zeros, and xz defines them; all else behind a stream is told, and costs nothing. */
static void test_padding(void **state)
{
    (void)state;
    static const struct {
        size_t format; /* of `formats` */
        const char *behind;
        bool whole;
    } cases[] = {
        {0, "s", true}, {0, "s0", true}, {0, "sZ", true}, {0, "0s", true}, {0, "ZsZ0", true}, {0, "sg", false}, {0, "s0g", false},
        {0, "sZg", false}, {1, "s", true}, {1, "sz", true}, {1, "sZ", true}, {1, "zs", true}, {1, "ZsZz", true}, {1, "s0", false},
        {1, "sZ00", false}, {1, "sg", false}, {1, "szg", false}, {2, "sz", false}, {3, "sz", false}, {3, "sg", false},
    };
    uint8_t *memory = calloc(1, PACKED_LENGTH), *packed = malloc(4 * PACKED_LENGTH), *second = malloc(2 * PACKED_LENGTH);
    memset(memory, 'm', PACKED_LENGTH);
    struct exu_test_core *writer = exu_test_core_create();
    exu_test_core_segment(writer, 0x10000, PF_R, memory, PACKED_LENGTH, PACKED_LENGTH);
    size_t size;
    const uint8_t *bytes = exu_test_core_bytes(writer, EXU_TEST_CORE_KERNEL, &size);
    for (size_t i = 0; i < EXU_COUNT(cases); i++) {
        size_t k = cases[i].format, n = formats[k].pack(bytes, size / 2, packed, PACKED_LENGTH), opened = 0;
        size_t m = formats[k].pack(bytes + size / 2, size - size / 2, second, PACKED_LENGTH);
        n = add_behind(packed, n, cases[i].behind, second, m);
        char *path = exu_test_write_file(directory, "packed", packed, n);
        if (cases[i].whole)
            expect_whole(path, memory, formats[k].compression, formats[k].format);
        else
            expect_part(packed, n, memory, "truncated", &opened);
        assert_true(cases[i].whole || opened == 1);
        free(path);
    }
    size_t n = formats[1].pack(bytes, size, packed, PACKED_LENGTH), opened = 0; /* not in fours, and another stream */
    n = add_behind(packed, n, "0s", second, formats[1].pack(bytes, 100, second, PACKED_LENGTH));
    expect_part(packed, n, memory, "truncated", &opened);
    assert_int_equal(opened, 1);
    exu_test_core_destroy(writer);
    free(second);
    free(packed);
    free(memory);
}

/* Two gigabytes for the window of `zstd --long=31` are more than a quarter of what there is. */
static void test_window(void **state)
{
    (void)state;
#if defined(__SANITIZE_ADDRESS__)
    skip(); /* its shadow has more than any limit allows */
#endif
    static const uint8_t packed[] = {0x28, 0xb5, 0x2f, 0xfd, 0, (31 - 10) << 3, 0x21, 0, 0, 'c', 'o', 'r', 'e'};
    char *path = exu_test_write_file(directory, "long.zst", packed, sizeof packed);
    struct rlimit saved, limit;
    assert_int_equal(getrlimit(RLIMIT_AS, &saved), 0);
    limit = saved;
    limit.rlim_cur = (rlim_t)2 << 30;
    assert_int_equal(setrlimit(RLIMIT_AS, &limit), 0);
    expect_error(path, EXU_ERROR_MACHINE, "its window asks for more than 512 MB of memory, a quarter of what is here; unpack it on");
    assert_int_equal(setrlimit(RLIMIT_AS, &saved), 0);
    free(path);
}

/* Out of a FIFO, written in small pieces by another process. */
static void test_pipe(void **state)
{
    (void)state;
    uint8_t *memory = calloc(1, PACKED_LENGTH), *packed = malloc(2 * PACKED_LENGTH);
    memset(memory, 'm', PACKED_LENGTH / 2);
    struct exu_test_core *writer = exu_test_core_create();
    exu_test_core_segment(writer, 0x10000, PF_R, memory, PACKED_LENGTH, PACKED_LENGTH);
    size_t size;
    const uint8_t *bytes = exu_test_core_bytes(writer, EXU_TEST_CORE_KERNEL, &size);
    char path[4096];
    snprintf(path, sizeof path, "%s/fifo", directory);
    assert_int_equal(mkfifo(path, 0600), 0);
    for (size_t i = 0; i < EXU_COUNT(formats); i++) {
        size_t n = formats[i].pack(bytes, size, packed, 2 * PACKED_LENGTH);
        pid_t child = fork();
        if (child == 0) {
            int fd = open(path, O_WRONLY);
            for (size_t at = 0, part; at < n; at += part) {
                part = exu_min(at < 10 ? (size_t)1 : (size_t)5000, n - at);
                if (write(fd, packed + at, part) != (ssize_t)part)
                    _exit(1);
            }
            _exit(0);
        }
        expect_whole(path, memory, formats[i].compression, formats[i].format);
        int status;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_int_equal(status, 0);
    }
    unlink(path);
    exu_test_core_destroy(writer);
    free(packed);
    free(memory);
}

static void test_temporary_directory(void **state)
{
    (void)state;
    char packed[256], nowhere[4096];
    size_t n = ZSTD_compress(packed, sizeof packed, "xxxx", 4, 3);
    char *path = exu_test_write_file(directory, "small.zst", packed, n);
    expect_error(path, EXU_ERROR_INPUT, "not an ELF file");
    snprintf(nowhere, sizeof nowhere, "%s/nowhere", directory);
    struct exu_core_options options = {.temporary_dir = nowhere};
    struct exu_core *core = NULL;
    struct exu_error *error = exu_core_open(&core, path, &options, NULL);
    assert_non_null(error);
    assert_int_equal(error->code, EXU_ERROR_MACHINE);
    assert_non_null(strstr(error->message, "TMPDIR"));
    exu_error_free(error);
    free(path);
}

/* A limit on the size of files stands for the full disk. */
static void test_no_room(void **state)
{
    (void)state;
    enum { LENGTH = 1 << 20 };
    uint8_t *bytes = malloc(LENGTH), *packed = malloc(ZSTD_compressBound(LENGTH));
    memset(bytes, 'x', LENGTH);
    size_t n = ZSTD_compress(packed, ZSTD_compressBound(LENGTH), bytes, LENGTH, 3);
    char *path = exu_test_write_file(directory, "large.zst", packed, n);
    struct rlimit saved, limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &saved), 0);
    limit = saved;
    limit.rlim_cur = LENGTH / 2;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    expect_error(path, EXU_ERROR_MACHINE, "no room to unpack");
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &saved), 0);
    free(path);
    free(packed);
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_foreign),
        cmocka_unit_test(test_other_elf),
        cmocka_unit_test(test_zstd),
        cmocka_unit_test(test_formats),
        cmocka_unit_test(test_padding),
        cmocka_unit_test(test_window),
        cmocka_unit_test(test_pipe),
        cmocka_unit_test(test_temporary_directory),
        cmocka_unit_test(test_no_room),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
