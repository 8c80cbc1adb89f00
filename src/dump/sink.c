#include "dump/sink.h"

#include "base/vec.h"
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#define LEVEL 3
#define MAX_THREADS 8u
#define FRAMES_A_THREAD 4u
#define HOLE ((size_t)4096)

struct frame {
    uint8_t *raw, *packed;
    size_t size, packed_size; /* packed_size: a zstd error when it failed */
};

struct entry {
    uint32_t packed, raw;
};

struct exu_sink {
    int fd;
    const char *name;
    bool zstd;
    uint64_t taken, written;
    struct frame *frames; /* being filled, in order; plain: one */
    size_t frame_count, used;
    unsigned threads;
    size_t bound;
    exu_vec(struct entry) table;
};

static struct exu_error *trouble(const struct exu_sink *sink)
{
    if (errno == ENOSPC || errno == EDQUOT || errno == EFBIG)
        return exu_error_new(EXU_ERROR_MACHINE, "%s: no space left on its disk; free some, or write elsewhere with -o",
                             sink->name);
    return exu_error_errno("%s: can't be written", sink->name);
}

static struct exu_error *put(struct exu_sink *sink, const uint8_t *bytes, size_t size)
{
    while (size > 0) {
        ssize_t n = pwrite(sink->fd, bytes, size, (off_t)sink->written);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return trouble(sink);
        sink->written += (uint64_t)n;
        bytes += n;
        size -= (size_t)n;
    }
    return NULL;
}

static struct exu_error *put_sparse(struct exu_sink *sink, const uint8_t *bytes, size_t size)
{
    for (size_t at = 0; at < size;) {
        size_t n = size - at < HOLE ? size - at : HOLE, run = at;
        while (run < size && !exu_all_zero(bytes + run, size - run < HOLE ? size - run : HOLE))
            run += size - run < HOLE ? size - run : HOLE;
        if (run > at) {
            EXU_TRY(put(sink, bytes + at, run - at));
            at = run;
        } else {
            sink->written += n;
            at += n;
        }
    }
    return NULL;
}

struct exu_error *exu_sink_create(struct exu_sink **ret, int fd, const char *name, bool zstd)
{
    struct exu_sink *sink = calloc(1, sizeof *sink);
    if (!sink)
        return exu_error_memory();
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    *sink = (struct exu_sink){.fd = fd, .name = name, .zstd = zstd, .threads = 1, .frame_count = 1};
    if (zstd) {
        sink->threads = online > 1 ? (unsigned)exu_min((uint64_t)online, MAX_THREADS) : 1;
        sink->frame_count = (size_t)sink->threads * FRAMES_A_THREAD;
        sink->bound = ZSTD_compressBound(EXU_SINK_FRAME);
    }
    sink->frames = calloc(sink->frame_count, sizeof *sink->frames);
    bool full = !sink->frames;
    for (size_t i = 0; !full && i < sink->frame_count; i++) {
        sink->frames[i].raw = malloc(EXU_SINK_FRAME);
        sink->frames[i].packed = zstd ? malloc(sink->bound) : NULL;
        full = !sink->frames[i].raw || (zstd && !sink->frames[i].packed);
    }
    if (full) {
        exu_sink_destroy(sink);
        return exu_error_memory();
    }
    *ret = sink;
    return NULL;
}

void exu_sink_destroy(struct exu_sink *sink)
{
    if (!sink)
        return;
    for (size_t i = 0; sink->frames && i < sink->frame_count; i++) {
        free(sink->frames[i].raw);
        free(sink->frames[i].packed);
    }
    free(sink->frames);
    exu_vec_free(&sink->table);
    free(sink);
}

/* ---- frames ---- */

struct part {
    struct exu_sink *sink;
    unsigned first;
    bool full; /* out of memory */
};

/* Compresses every `threads`th frame. */
static void *compress_part(void *context)
{
    struct part *part = context;
    struct exu_sink *sink = part->sink;
    ZSTD_CCtx *zstd = ZSTD_createCCtx();
    if (!zstd) {
        part->full = true;
        return NULL;
    }
    ZSTD_CCtx_setParameter(zstd, ZSTD_c_compressionLevel, LEVEL);
    ZSTD_CCtx_setParameter(zstd, ZSTD_c_checksumFlag, 1);
    for (size_t i = part->first; i < sink->used; i += sink->threads) {
        struct frame *frame = &sink->frames[i];
        frame->packed_size = ZSTD_compress2(zstd, frame->packed, sink->bound, frame->raw, frame->size);
    }
    ZSTD_freeCCtx(zstd);
    return NULL;
}

static bool compress_all(struct exu_sink *sink)
{
    struct part parts[MAX_THREADS];
    pthread_t threads[MAX_THREADS];
    bool started[MAX_THREADS] = {false}, full = false;
    for (unsigned i = 0; i < sink->threads; i++)
        parts[i] = (struct part){sink, i, false};
    for (unsigned i = 1; i < sink->threads && i < sink->used; i++)
        started[i] = pthread_create(&threads[i], NULL, compress_part, &parts[i]) == 0;
    for (unsigned i = 0; i < sink->threads; i++) {
        if (started[i])
            pthread_join(threads[i], NULL);
        else if (i < sink->used)
            compress_part(&parts[i]);
        full |= parts[i].full;
    }
    return !full;
}

static struct exu_error *flush(struct exu_sink *sink)
{
    if (sink->used == 0)
        return NULL;
    if (!sink->zstd) {
        EXU_TRY(put_sparse(sink, sink->frames[0].raw, sink->frames[0].size));
        sink->used = 0;
        return NULL;
    }
    if (!compress_all(sink))
        return exu_error_memory();
    for (size_t i = 0; i < sink->used; i++) {
        struct frame *frame = &sink->frames[i];
        if (ZSTD_isError(frame->packed_size))
            return exu_error_new(EXU_ERROR_MACHINE, "%s: can't be compressed (%s)", sink->name,
                                 ZSTD_getErrorName(frame->packed_size));
        struct entry entry = {(uint32_t)frame->packed_size, (uint32_t)frame->size};
        if (!exu_vec_push(&sink->table, entry))
            return exu_error_memory();
        EXU_TRY(put(sink, frame->packed, frame->packed_size));
    }
    sink->used = 0;
    return NULL;
}

/* The frame to be filled further. */
static struct exu_error *current(struct exu_sink *sink, struct frame **ret)
{
    if (sink->used > 0 && sink->frames[sink->used - 1].size == EXU_SINK_FRAME && sink->used == sink->frame_count)
        EXU_TRY(flush(sink));
    if (sink->used == 0 || sink->frames[sink->used - 1].size == EXU_SINK_FRAME)
        sink->frames[sink->used++].size = 0;
    *ret = &sink->frames[sink->used - 1];
    return NULL;
}

/* `bytes` NULL: zeros. */
static struct exu_error *take(struct exu_sink *sink, const uint8_t *bytes, uint64_t size)
{
    while (size > 0) {
        struct frame *frame = NULL;
        EXU_TRY(current(sink, &frame));
        size_t n = (size_t)exu_min(size, EXU_SINK_FRAME - frame->size);
        if (bytes) {
            memcpy(frame->raw + frame->size, bytes, n);
            bytes += n;
        } else {
            memset(frame->raw + frame->size, 0, n);
        }
        frame->size += n;
        sink->taken += n;
        size -= n;
    }
    return NULL;
}

struct exu_error *exu_sink_write(struct exu_sink *sink, const void *bytes, uint64_t size)
{
    return take(sink, bytes, size);
}

struct exu_error *exu_sink_zeros(struct exu_sink *sink, uint64_t size)
{
    if (sink->zstd || size < EXU_SINK_FRAME)
        return take(sink, NULL, size);
    EXU_TRY(flush(sink));
    sink->written += size;
    sink->taken += size;
    return NULL;
}

static void little(uint8_t *to, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++)
        to[i] = (uint8_t)(value >> 8 * i);
}

static struct exu_error *write_table(struct exu_sink *sink)
{
    size_t size = 8 + sink->table.len * 8 + 9;
    if (size - 8 > UINT32_MAX)
        return exu_error_new(EXU_ERROR_MACHINE, "%s: is too large for one file", sink->name);
    uint8_t *table = calloc(1, size);
    if (!table)
        return exu_error_memory();
    little(table, EXU_SINK_SKIPPABLE);
    little(table + 4, (uint32_t)(size - 8));
    for (size_t i = 0; i < sink->table.len; i++) {
        little(table + 8 + i * 8, sink->table.items[i].packed);
        little(table + 12 + i * 8, sink->table.items[i].raw);
    }
    little(table + size - 9, (uint32_t)sink->table.len);
    little(table + size - 4, EXU_SINK_SEEKABLE);
    struct exu_error *error = put(sink, table, size);
    free(table);
    return error;
}

struct exu_error *exu_sink_finish(struct exu_sink *sink)
{
    EXU_TRY(flush(sink));
    if (sink->zstd)
        return write_table(sink);
    return ftruncate(sink->fd, (off_t)sink->written) == 0 ? NULL : trouble(sink);
}

uint64_t exu_sink_taken(const struct exu_sink *sink)
{
    return sink->taken;
}

uint64_t exu_sink_written(const struct exu_sink *sink)
{
    return sink->written;
}
