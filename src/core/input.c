#include "core/input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include <zstd.h>
#include <zstd_errors.h>

#define OUT_BLOCK ((size_t)64 << 10)
#define OUT_SIZE (16 * OUT_BLOCK)
#define SPACE_STEP ((uint64_t)1 << 20) /* how much is written between two looks at the free space */
#define MAX_UNPACKED ((uint64_t)1 << 44)

static struct exu_error *cannot_open(const char *path, int number)
{
    const char *advice = number == ENOENT   ? "check the name"
                         : number == EACCES ? "cores are readable by their owner alone: become that user"
                                            : "check the file";
    return exu_error_new(EXU_ERROR_INPUT, "%s: can't open: %s; %s", path, strerror(number), advice);
}

static struct exu_error *map(struct exu_input *input, int fd, const char *path)
{
    if (input->size > SIZE_MAX / 2)
        return exu_error_new(EXU_ERROR_INPUT, "%s: too large for this machine; use a 64-bit one", path);
    void *base = mmap(NULL, (size_t)input->size, PROT_READ, MAP_PRIVATE | MAP_NORESERVE, fd, 0);
    if (base == MAP_FAILED)
        return exu_error_errno("%s: can't map it into memory", path);
    input->bytes = base;
    return NULL;
}

/* ---- zstd ---- */

static int open_temporary(const char *directory)
{
    int fd = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC | O_EXCL, 0600);
    if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL))
        return fd;
    char *name = NULL;
    if (asprintf(&name, "%s/exuvia-XXXXXX", directory) < 0) {
        errno = ENOMEM;
        return -1;
    }
    fd = mkostemp(name, O_CLOEXEC);
    if (fd >= 0)
        unlink(name);
    free(name);
    return fd;
}

struct unpacking {
    const char *path, *directory;
    int in, out;
    uint64_t read, total, written, position, checked;
    struct exu_progress *progress;
};

static struct exu_error *no_space(const struct unpacking *u)
{
    return exu_error_new(
        EXU_ERROR_MACHINE,
        "%s: no room to unpack the core in %s (%llu MB came out so far); free some disk space, or set "
        "TMPDIR to a directory with more",
        u->path, u->directory, (unsigned long long)(u->position >> 20));
}

/* Whether `bytes` more fit on the disk; what the system keeps for root does not count. */
static bool fits(const struct unpacking *u, uint64_t bytes)
{
    struct statvfs fs;
    uint64_t free_bytes;
    if (fstatvfs(u->out, &fs) < 0)
        return true;
    if (!exu_mul(fs.f_bavail, fs.f_frsize, &free_bytes))
        return true;
    return bytes <= free_bytes;
}

static bool is_zero(const uint8_t *bytes, size_t n)
{
    return n == 0 || (bytes[0] == 0 && memcmp(bytes, bytes + 1, n - 1) == 0);
}

/* Runs of zeros stay holes of the temporary file: a gcore core is mostly those. */
static struct exu_error *put(struct unpacking *u, const uint8_t *bytes, size_t n)
{
    while (n > 0) {
        size_t part = n < OUT_BLOCK ? n : OUT_BLOCK;
        if (part > MAX_UNPACKED - u->position)
            return exu_error_new(EXU_ERROR_INPUT, "%s: unpacks to more than 16 TB; that is no core", u->path);
        if (!is_zero(bytes, part)) {
            if (u->written >= u->checked) {
                if (!fits(u, part))
                    return no_space(u);
                u->checked = u->written + SPACE_STEP;
            }
            for (size_t done = 0; done < part;) {
                ssize_t wrote = pwrite(u->out, bytes + done, part - done, (off_t)(u->position + done));
                if (wrote < 0 && errno == EINTR)
                    continue;
                if (wrote < 0 && (errno == ENOSPC || errno == EDQUOT || errno == EFBIG))
                    return no_space(u);
                if (wrote < 0)
                    return exu_error_errno("%s: can't write the unpacked core in %s", u->path, u->directory);
                done += (size_t)wrote;
            }
            u->written += part;
        }
        u->position += part;
        bytes += part;
        n -= part;
    }
    return NULL;
}

static struct exu_error *stream(struct unpacking *u, ZSTD_DStream *zstd, uint8_t *in, size_t in_size,
                                uint8_t *out)
{
    size_t pending = 1; /* what the decoder said last: 0 = between frames */
    for (;;) {
        ssize_t got = read(u->in, in, in_size);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return exu_error_errno("%s: can't read", u->path);
        if (got == 0)
            break;
        u->read += (uint64_t)got;
        ZSTD_inBuffer input = {in, (size_t)got, 0};
        bool full = false;
        while (input.pos < input.size || full) {
            ZSTD_outBuffer output = {out, OUT_SIZE, 0};
            pending = ZSTD_decompressStream(zstd, &output, &input);
            if (ZSTD_getErrorCode(pending) == ZSTD_error_memory_allocation)
                return exu_error_memory();
            if (ZSTD_isError(pending))
                return exu_error_new(
                    EXU_ERROR_INPUT,
                    "%s: the zstd stream is corrupt after %llu bytes of core (%s); copy it again", u->path,
                    (unsigned long long)u->position, ZSTD_getErrorName(pending));
            struct exu_error *error = put(u, out, output.pos);
            if (error)
                return error;
            full = output.pos == output.size && pending != 0;
        }
        if (u->progress)
            exu_progress_at(u->progress, u->read, u->total);
    }
    if (pending != 0)
        return exu_error_new(EXU_ERROR_INPUT,
                             "%s: the zstd stream is cut short (%llu bytes of core came out); copy it again",
                             u->path, (unsigned long long)u->position);
    return NULL;
}

static struct exu_error *unpack_with(struct unpacking *u)
{
    size_t in_size = ZSTD_DStreamInSize();
    ZSTD_DStream *zstd = ZSTD_createDStream();
    uint8_t *in = malloc(in_size), *out = malloc(OUT_SIZE);
    struct exu_error *error = NULL;
    if (zstd && in && out) {
        /* Windows of `zstd --long=31`; the default refuses more than 128 MB. */
        ZSTD_DCtx_setParameter(zstd, ZSTD_d_windowLogMax,
                               ZSTD_dParam_getBounds(ZSTD_d_windowLogMax).upperBound);
        error = stream(u, zstd, in, in_size, out);
    } else {
        error = exu_error_memory();
    }
    ZSTD_freeDStream(zstd);
    free(in);
    free(out);
    return error;
}

const char *exu_input_temporary_folder(const struct exu_core_options *options)
{
    const char *folder = options->temporary_dir;
    if (!folder || !*folder)
        folder = getenv("TMPDIR");
    return folder && *folder ? folder : "/var/tmp";
}

static struct exu_error *unpack(struct exu_input *input, int fd, const char *path,
                                const struct exu_core_options *options)
{
    const char *directory = exu_input_temporary_folder(options);
    int out = open_temporary(directory);
    if (out < 0)
        return exu_error_new(
            EXU_ERROR_MACHINE,
            "%s: can't create a temporary file in %s: %s; set TMPDIR to a directory that can be written",
            path, directory, strerror(errno));
    if (options->progress)
        exu_progress_phase(options->progress, "unpacking");
    struct unpacking u = {.path = path,
                          .directory = directory,
                          .in = fd,
                          .out = out,
                          .total = input->file_bytes,
                          .progress = options->progress};
    struct exu_error *error = unpack_with(&u);
    if (!error && u.position == 0)
        error = exu_error_new(EXU_ERROR_INPUT,
                              "%s: unpacks to an empty file; give the core as it was compressed", path);
    if (!error && ftruncate(out, (off_t)u.position) < 0)
        error = exu_error_errno("%s: can't size the unpacked core in %s", path, directory);
    input->size = u.position;
    if (!error)
        error = map(input, out, path);
    close(out);
    return error;
}

/* ---- what the first bytes say ---- */

static bool is_zstd(uint32_t magic)
{
    return magic == ZSTD_MAGICNUMBER || (magic & ZSTD_MAGIC_SKIPPABLE_MASK) == ZSTD_MAGIC_SKIPPABLE_START;
}

static const char *foreign_compression(const uint8_t head[6])
{
    if (head[0] == 0x1f && head[1] == 0x8b)
        return "gzip";
    if (memcmp(head,
               "\xfd"
               "7zXZ",
               6) == 0)
        return "xz";
    if (memcmp(head, "BZh", 3) == 0)
        return "bzip2";
    if (memcmp(head, "\x04\x22\x4d\x18", 4) == 0)
        return "lz4";
    return NULL;
}

static struct exu_error *open_file(struct exu_input *input, int fd, const char *path,
                                   const struct exu_core_options *options)
{
    struct stat st;
    if (fstat(fd, &st) < 0)
        return cannot_open(path, errno);
    if (S_ISDIR(st.st_mode))
        return exu_error_new(EXU_ERROR_INPUT, "%s: is a directory; give the core file in it", path);
    if (!S_ISREG(st.st_mode))
        return exu_error_new(EXU_ERROR_INPUT, "%s: is not a regular file; save the core to a file first",
                             path);
    if (st.st_size == 0)
        return exu_error_new(EXU_ERROR_INPUT,
                             "%s: is empty; the dump failed (disk full, or 'ulimit -c'), take another", path);
    input->file_bytes = input->size = (uint64_t)st.st_size;
    input->modified = st.st_mtime;
    uint8_t head[6] = {0};
    if (pread(fd, head, sizeof head, 0) < 0)
        return exu_error_errno("%s: can't read", path);
    uint32_t magic =
        (uint32_t)head[0] | (uint32_t)head[1] << 8 | (uint32_t)head[2] << 16 | (uint32_t)head[3] << 24;
    if (st.st_size >= 4 && is_zstd(magic)) {
        input->compressed = true;
        return unpack(input, fd, path, options);
    }
    const char *foreign = foreign_compression(head);
    if (foreign)
        return exu_error_new(EXU_ERROR_INPUT, "%s: is compressed with %s; unpack it first, or use zstd", path,
                             foreign);
    return map(input, fd, path);
}

struct exu_error *exu_input_open(struct exu_input *ret, const char *path,
                                 const struct exu_core_options *options)
{
    struct exu_input input = {0};
    /* O_NONBLOCK: a FIFO must be refused, not waited for. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return cannot_open(path, errno);
    struct exu_error *error = open_file(&input, fd, path, options);
    close(fd);
    if (error)
        return error;
    *ret = input;
    return NULL;
}

void exu_input_close(struct exu_input *input)
{
    if (input->bytes)
        munmap((void *)(uintptr_t)input->bytes, (size_t)input->size);
    *input = (struct exu_input){0};
}
