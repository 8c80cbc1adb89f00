#include "core/input.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEAD ((size_t)6) /* bytes that tell the format */
#define IN_SIZE ((size_t)128 << 10)
#define OUT_SIZE ((size_t)1 << 20)

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
    return exu_holes_find(&input->holes, fd, input->size) ? NULL : exu_error_memory();
}

/* ---- compressed, or out of a pipe ---- */

struct unpacking {
    const char *path;
    int in;
    struct exu_spill out;
    bool regular;
    const struct exu_decoder *decoder;
    uint8_t *buffer; /* IN_SIZE bytes of input */
    char loss[EXU_INPUT_TEXT];  /* what is missing at the end, and why; '' = nothing */
    uint64_t read, total, position;
    uint64_t padding; /* zeros behind the end of a stream, so far */
    struct exu_progress *progress;
    struct exu_anomalies *anomalies;
};

static struct exu_error *put(struct unpacking *u, const uint8_t *bytes, size_t n)
{
    EXU_TRY(exu_spill_put(&u->out, u->position, bytes, n));
    u->position += n;
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

static void corrupt(struct unpacking *u, const char *why)
{
    snprintf(u->loss, sizeof u->loss, "the %s stream is corrupt after %llu bytes of core (%s)", u->decoder->name,
             (unsigned long long)u->position, why);
}

/* Passes over zeros behind the end of a stream. */
static void skip_padding(struct unpacking *u, struct exu_decode *io)
{
    for (; io->in_at < io->in_size && io->in[io->in_at] == 0; io->in_at++)
        u->padding++;
    if (io->in_at == io->in_size)
        return;
    if (u->padding % u->decoder->padding)
        corrupt(u, "it is followed by something else");
    u->padding = 0;
}

/* What is in the buffer. A stream that is broken ends here: `loss` says so. */
static struct exu_error *decode(struct unpacking *u, void *state, size_t size, uint8_t *out, enum exu_decoded *last)
{
    struct exu_decode io = {.in = u->buffer, .in_size = size, .out = out, .out_size = OUT_SIZE};
    bool full = false;
    while (io.in_at < io.in_size || full) {
        if (*last == EXU_DECODED_BETWEEN && u->decoder->padding && !full)
            skip_padding(u, &io);
        if (u->loss[0] || (io.in_at == io.in_size && !full))
            return NULL;
        size_t before = io.in_at;
        io.out_at = 0;
        *last = u->decoder->step(state, &io);
        if (*last == EXU_DECODED_MEMORY)
            return exu_error_memory();
        if (*last == EXU_DECODED_GREEDY)
            return exu_error_new(EXU_ERROR_MACHINE, "%s: %s", u->path, io.why);
        EXU_TRY(put(u, out, io.out_at));
        if (*last == EXU_DECODED_CORRUPT) {
            corrupt(u, io.why);
            return NULL;
        }
        full = io.out_at == io.out_size && *last == EXU_DECODED_ON;
        if (before == io.in_at && !io.out_at && io.in_at == io.in_size)
            return NULL; /* the last step filled the room, and there was no more */
        if (before == io.in_at && !io.out_at) {
            corrupt(u, "it does not go on");
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
    else if (u->decoder->padding && u->padding % u->decoder->padding)
        corrupt(u, "it is followed by something else");
    return NULL;
}

static struct exu_error *unpack_stream(struct unpacking *u, size_t size)
{
    void *state = u->decoder->open ? u->decoder->open() : NULL;
    uint8_t *out = malloc(OUT_SIZE);
    struct exu_error *error = out && (state || !u->decoder->open) ? stream(u, size, state, out) : exu_error_memory();
    if (state)
        u->decoder->close(state);
    free(out);
    return error;
}

static struct exu_error *unpack_known(struct unpacking *u, struct exu_zframes *frames, exu_lost_list *lost, bool *ret_done)
{
    enum exu_unframed became = EXU_UNFRAMED_OTHERWISE;
    if (frames->count > 0)
        EXU_TRY(exu_unframe(frames, &u->out, u->progress, u->anomalies, lost, &became));
    if (frames->wrong[0])
        exu_anomaly_add(u->anomalies, 0, "bad-seek-table", "the seek table of the zstd file is wrong, and not used: %s", frames->wrong);
    if (became == EXU_UNFRAMED) {
        u->position = frames->items[frames->count].raw_at;
        *ret_done = true;
        return NULL;
    }
    return frames->count > 0 ? exu_spill_restart(&u->out) : NULL;
}

/* A zstd file whose frames are known is unpacked frame by frame. Not done: it has to go the way of a stream. */
static struct exu_error *unpack_frames(struct unpacking *u, exu_lost_list *lost, bool *ret_done)
{
    void *base = mmap(NULL, (size_t)u->total, PROT_READ, MAP_PRIVATE, u->in, 0);
    struct exu_zframes frames = {0};
    if (base == MAP_FAILED)
        return NULL;
    struct exu_error *error = exu_zframes_find(&frames, base, u->total);
    if (!error)
        error = unpack_known(u, &frames, lost, ret_done);
    exu_zframes_deinit(&frames);
    munmap(base, (size_t)u->total);
    return error;
}

/* What came out is no use without the beginning. */
static struct exu_error *check_unpacked(const struct unpacking *u, const exu_lost_list *lost)
{
    if (u->loss[0] && u->position < sizeof(Elf64_Ehdr))
        return exu_error_new(EXU_ERROR_INPUT, "%s: %s; copy it again", u->path, u->loss);
    if (lost->len > 0 && lost->items[0].start < sizeof(Elf64_Ehdr))
        return exu_error_new(EXU_ERROR_INPUT, "%s: the %s stream is corrupt after %llu bytes of core; copy it again", u->path,
                             u->decoder->name, (unsigned long long)lost->items[0].start);
    if (u->position == 0)
        return exu_error_new(EXU_ERROR_INPUT, "%s: unpacks to an empty file; give the core as it was compressed", u->path);
    return NULL;
}

static struct exu_error *unpack_into(struct exu_input *input, struct unpacking *u, size_t size)
{
    bool done = false;
    if (input->compression == EXU_ZSTD && u->regular && lseek(u->in, 0, SEEK_CUR) == (off_t)size)
        EXU_TRY(unpack_frames(u, &input->lost, &done));
    if (!done)
        EXU_TRY(unpack_stream(u, size));
    EXU_TRY(check_unpacked(u, &input->lost));
    EXU_TRY(exu_spill_finish(&u->out, u->position));
    input->size = u->position;
    if (!u->regular)
        input->file_bytes = u->read;
    memcpy(input->loss, u->loss, sizeof input->loss);
    return map(input, u->out.fd, u->path);
}

/* Out of the descriptor, whose first bytes are in the buffer, into a temporary file. */
static struct exu_error *unpack(struct exu_input *input, struct unpacking *u, size_t size, const struct exu_core_options *options)
{
    EXU_TRY(exu_spill_open(&u->out, u->path, options->temporary_dir));
    u->progress = options->progress;
    if (u->progress)
        exu_progress_phase(u->progress, u->decoder->step ? "unpacking" : "reading the core");
    struct exu_error *error = unpack_into(input, u, size);
    exu_spill_close(&u->out);
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
    if (input->compression == EXU_ZSTD && u->regular && options->few)
        EXU_TRY(exu_lazy_open(&input->lazy, u->in, u->total));
    if (input->lazy) {
        input->bytes = exu_lazy_bytes(input->lazy, &input->size);
        return NULL;
    }
    return unpack(input, u, size, options);
}

static struct exu_error *open_file(struct exu_input *input, int fd, const char *path, const struct exu_core_options *options,
                                   struct exu_anomalies *anomalies)
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
    struct unpacking u = {.path = path, .in = fd, .total = input->file_bytes, .regular = S_ISREG(st.st_mode),
                          .buffer = malloc(IN_SIZE), .anomalies = anomalies};
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

struct exu_error *exu_input_open(struct exu_input *ret, const char *path, const struct exu_core_options *options,
                                 struct exu_anomalies *anomalies)
{
    struct exu_input input = {0};
    int fd = open_path(path);
    if (fd < 0)
        return cannot_open(path, errno);
    struct exu_error *error = open_file(&input, fd, path, options, anomalies);
    close(fd);
    if (error) {
        exu_vec_free(&input.lost);
        return error;
    }
    *ret = input;
    return NULL;
}

uint64_t exu_input_run(const struct exu_input *input, uint64_t offset, uint64_t size, uint64_t *ret_gap)
{
    size_t low = 0, high = input->lost.len;
    while (low < high) { /* the first part that ends behind the offset */
        size_t middle = low + (high - low) / 2;
        if (input->lost.items[middle].end <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    const struct exu_lost *lost = low < input->lost.len ? &input->lost.items[low] : NULL;
    uint64_t end = lost ? exu_min(lost->start, input->size) : input->size;
    *ret_gap = 0;
    if (offset < end)
        return exu_min(size, end - offset);
    *ret_gap = lost ? exu_min(size, lost->end - offset) : size;
    return 0;
}

struct exu_error *exu_input_need(const struct exu_input *input, uint64_t offset, uint64_t size)
{
    return !input->lazy || exu_lazy_need(input->lazy, offset, size, true)
               ? NULL
               : exu_error_new(EXU_ERROR_INPUT, "the frames of the core are not as they seem; it has to be unpacked");
}

void exu_input_close(struct exu_input *input)
{
    exu_lazy_close(input->lazy);
    if (input->bytes && !input->lazy)
        munmap((void *)(uintptr_t)input->bytes, (size_t)input->size);
    exu_vec_free(&input->lost);
    exu_vec_free(&input->holes);
    *input = (struct exu_input){0};
}
