#include "core/input.h"

#include "base/tempfile.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define HEAD ((size_t)6) /* bytes that tell the format */
#define IN_SIZE ((size_t)128 << 10)
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

/* ---- compressed, or out of a pipe ---- */

struct unpacking {
    const char *path, *directory;
    int in, out;
    bool regular;
    const struct exu_decoder *decoder;
    uint8_t *buffer; /* IN_SIZE bytes of input */
    char loss[192];  /* what is missing at the end, and why; '' = nothing */
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

/* Runs of zeros stay holes of the temporary file: a gcore core is mostly those. */
static struct exu_error *put(struct unpacking *u, const uint8_t *bytes, size_t n)
{
    while (n > 0) {
        size_t part = n < OUT_BLOCK ? n : OUT_BLOCK;
        if (part > MAX_UNPACKED - u->position)
            return exu_error_new(EXU_ERROR_INPUT, "%s: unpacks to more than 16 TB; that is no core", u->path);
        if (!exu_all_zero(bytes, part)) {
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

/* Fills the buffer from `at` on; *ret_size is `at` at the end of what there is. */
static struct exu_error *fill(struct unpacking *u, size_t at, size_t *ret_size)
{
    ssize_t got;
    do
        got = read(u->in, u->buffer + at, IN_SIZE - at);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return exu_error_errno("%s: can't read", u->path);
    u->read += (uint64_t)got;
    *ret_size = at + (size_t)got;
    if (u->progress)
        exu_progress_at(u->progress, u->read, u->total);
    return NULL;
}

/* What is in the buffer. A stream that is broken ends here: `loss` says so. */
static struct exu_error *decode(struct unpacking *u, void *state, size_t size, uint8_t *out, enum exu_decoded *ret)
{
    struct exu_decode io = {.in = u->buffer, .in_size = size, .out = out, .out_size = OUT_SIZE};
    bool full = false;
    while (io.in_at < io.in_size || full) {
        size_t before = io.in_at;
        io.out_at = 0;
        *ret = u->decoder->step(state, &io);
        if (*ret == EXU_DECODED_MEMORY)
            return exu_error_memory();
        EXU_TRY(put(u, out, io.out_at));
        if (*ret == EXU_DECODED_CORRUPT) {
            snprintf(u->loss, sizeof u->loss, "the %s stream is corrupt after %llu bytes of core (%s)", u->decoder->name,
                     (unsigned long long)u->position, io.why);
            return NULL;
        }
        full = io.out_at == io.out_size && *ret == EXU_DECODED_ON;
        if (before == io.in_at && !io.out_at && io.in_at == io.in_size)
            return NULL; /* the last step filled the room, and there was no more */
        if (before == io.in_at && !io.out_at) {
            snprintf(u->loss, sizeof u->loss, "the %s stream is corrupt after %llu bytes of core (it does not go on)",
                     u->decoder->name, (unsigned long long)u->position);
            return NULL;
        }
    }
    return NULL;
}

static struct exu_error *stream(struct unpacking *u, size_t size, void *state, uint8_t *out)
{
    enum exu_decoded last = EXU_DECODED_ON;
    for (; size; ) {
        if (u->decoder->step)
            EXU_TRY(decode(u, state, size, out, &last));
        else
            EXU_TRY(put(u, u->buffer, size));
        if (u->loss[0])
            return NULL;
        EXU_TRY(fill(u, 0, &size));
    }
    if (u->decoder->step && last != EXU_DECODED_BETWEEN)
        snprintf(u->loss, sizeof u->loss, "the %s stream is cut short (%llu bytes of core came out)", u->decoder->name,
                 (unsigned long long)u->position);
    return NULL;
}

static struct exu_error *unpack_with(struct unpacking *u, size_t size)
{
    void *state = u->decoder->open ? u->decoder->open() : NULL;
    uint8_t *out = malloc(OUT_SIZE);
    struct exu_error *error = out && (state || !u->decoder->open) ? stream(u, size, state, out) : exu_error_memory();
    if (state)
        u->decoder->close(state);
    free(out);
    return error;
}

/* Out of the descriptor, whose first bytes are in the buffer, into a temporary file. */
static struct exu_error *unpack(struct exu_input *input, struct unpacking *u, size_t size, const struct exu_core_options *options)
{
    u->directory = exu_tempfile_folder(options->temporary_dir);
    EXU_TRY(exu_tempfile_open(&u->out, u->directory, u->path));
    u->progress = options->progress;
    if (u->progress)
        exu_progress_phase(u->progress, u->decoder->step ? "unpacking" : "reading the core");
    struct exu_error *error = unpack_with(u, size);
    if (!error && u->position < sizeof(Elf64_Ehdr) && u->loss[0])
        error = exu_error_new(EXU_ERROR_INPUT, "%s: %s; copy it again", u->path, u->loss);
    if (!error && u->position == 0)
        error = exu_error_new(EXU_ERROR_INPUT,
                              "%s: unpacks to an empty file; give the core as it was compressed", u->path);
    if (!error && ftruncate(u->out, (off_t)u->position) < 0)
        error = exu_error_errno("%s: can't size the unpacked core in %s", u->path, u->directory);
    input->size = u->position;
    input->file_bytes = u->read;
    memcpy(input->loss, u->loss, sizeof input->loss);
    if (!error)
        error = map(input, u->out, u->path);
    close(u->out);
    return error;
}

static struct exu_error *empty(const char *path)
{
    return exu_error_new(EXU_ERROR_INPUT, "%s: is empty; the dump failed (disk full, or 'ulimit -c'), take another", path);
}

static struct exu_error *read_stream(struct exu_input *input, struct unpacking *u, const struct exu_core_options *options)
{
    size_t size = 0, before;
    do { /* a pipe gives what it has: enough to tell the format */
        before = size;
        EXU_TRY(fill(u, before, &size));
    } while (size > before && size < HEAD);
    if (!size)
        return empty(u->path);
    input->compression = exu_compression_of(u->buffer, size);
    u->decoder = &exu_decoders[input->compression];
    if (size >= 3 && memcmp(u->buffer, "BZh", 3) == 0)
        return exu_error_new(EXU_ERROR_INPUT, "%s: is compressed with bzip2; unpack it first, or use zstd", u->path);
    if (input->compression == EXU_PLAIN && u->regular)
        return map(input, u->in, u->path);
    return unpack(input, u, size, options);
}

static struct exu_error *open_file(struct exu_input *input, int fd, const char *path,
                                   const struct exu_core_options *options)
{
    struct stat st;
    if (fstat(fd, &st) < 0)
        return cannot_open(path, errno);
    if (S_ISDIR(st.st_mode))
        return exu_error_new(EXU_ERROR_INPUT, "%s: is a directory; give the core file in it", path);
    if (!S_ISREG(st.st_mode) && !S_ISFIFO(st.st_mode) && !S_ISSOCK(st.st_mode))
        return exu_error_new(EXU_ERROR_INPUT, "%s: is neither a file nor a pipe; save the core to a file first", path);
    if (S_ISREG(st.st_mode) && st.st_size == 0)
        return empty(path);
    input->file_bytes = input->size = S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0;
    input->modified = st.st_mtime;
    struct unpacking u = {.path = path, .in = fd, .total = input->file_bytes, .regular = S_ISREG(st.st_mode), .buffer = malloc(IN_SIZE)};
    struct exu_error *error = u.buffer ? read_stream(input, &u, options) : exu_error_memory();
    free(u.buffer);
    return error;
}

/* A FIFO is waited for until somebody writes to it; other devices are not. */
static int open_path(const char *path)
{
    struct stat st;
    if (strcmp(path, EXU_INPUT_STANDARD) == 0)
        return fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
    bool fifo = stat(path, &st) == 0 && S_ISFIFO(st.st_mode);
    return open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | (fifo ? 0 : O_NONBLOCK));
}

struct exu_error *exu_input_open(struct exu_input *ret, const char *path,
                                 const struct exu_core_options *options)
{
    struct exu_input input = {0};
    int fd = open_path(path);
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
