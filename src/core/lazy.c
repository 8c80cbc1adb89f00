#include "core/lazy.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xxhash.h>
#include <zstd.h>

#define FRAME_MOST ((uint64_t)16 << 20)
#define CACHED_MOST ((uint64_t)64 << 20) /* bytes that are there for a while */
#define KEPT_MOST ((uint64_t)256 << 20)

enum presence { ABSENT, CACHED, KEPT };

struct exu_lazy {
    struct exu_zframes frames;
    uint8_t *base;
    uint64_t size;
    uint8_t *presence; /* of each frame */
    uint64_t cached, kept; /* bytes */
    ZSTD_DCtx *zstd;
    size_t page;
};

/* As far as it can be told by its header. */
static bool is_as_told(const struct exu_zframes *frames, const struct exu_zframe *frame)
{
    uint64_t raw = exu_zframe_raw_size(frame);
    uint64_t content = ZSTD_getFrameContentSize(frames->bytes + frame->packed_at, frame->packed_size);
    return raw <= FRAME_MOST && content != ZSTD_CONTENTSIZE_ERROR && (content == ZSTD_CONTENTSIZE_UNKNOWN || content == raw);
}

/* A page of the file for each frame. */
static bool all_as_told(const struct exu_zframes *frames)
{
    for (size_t i = 0; i < frames->count; i++)
        if (!is_as_told(frames, &frames->items[i]))
            return false;
    return frames->count > 0 && !frames->wrong[0];
}

static bool prepare(struct exu_lazy *lazy)
{
    lazy->size = lazy->frames.items[lazy->frames.count].raw_at;
    lazy->page = (size_t)sysconf(_SC_PAGESIZE);
    lazy->presence = calloc(lazy->frames.count, 1);
    lazy->zstd = ZSTD_createDCtx();
    if (!lazy->size || !lazy->presence || !lazy->zstd)
        return false;
    void *base = mmap(NULL, (size_t)lazy->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    lazy->base = base == MAP_FAILED ? NULL : base;
    return lazy->base;
}

struct exu_error *exu_lazy_open(struct exu_lazy **ret, int fd, uint64_t size)
{
    *ret = NULL;
    void *file = mmap(NULL, (size_t)size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (file == MAP_FAILED)
        return NULL;
    struct exu_lazy *lazy = calloc(1, sizeof *lazy);
    struct exu_error *error = lazy ? exu_zframes_find(&lazy->frames, file, size) : exu_error_memory();
    if (!lazy) {
        munmap(file, (size_t)size);
        return error;
    }
    lazy->frames.bytes = file;
    lazy->frames.size = size;
    madvise(file, (size_t)size, MADV_RANDOM); /* the walk is over */
    if (!error && all_as_told(&lazy->frames) && prepare(lazy))
        *ret = lazy;
    else
        exu_lazy_close(lazy);
    return error;
}

void exu_lazy_close(struct exu_lazy *lazy)
{
    if (!lazy)
        return;
    munmap((void *)(uintptr_t)lazy->frames.bytes, (size_t)lazy->frames.size);
    if (lazy->base)
        munmap(lazy->base, (size_t)lazy->size);
    exu_zframes_deinit(&lazy->frames);
    ZSTD_freeDCtx(lazy->zstd);
    free(lazy->presence);
    free(lazy);
}

const uint8_t *exu_lazy_bytes(const struct exu_lazy *lazy, uint64_t *ret_size)
{
    *ret_size = lazy->size;
    return lazy->base;
}

/* ---- frames ---- */

static bool unpack(struct exu_lazy *lazy, size_t i)
{
    const struct exu_zframe *frame = &lazy->frames.items[i];
    const uint8_t *packed = lazy->frames.bytes + frame->packed_at;
    uint8_t *raw = lazy->base + frame->raw_at;
    uint64_t size = exu_zframe_raw_size(frame), page = frame->packed_at & ~(uint64_t)(lazy->page - 1);
    madvise((void *)(uintptr_t)(lazy->frames.bytes + page), (size_t)(frame->packed_at + frame->packed_size - page), MADV_WILLNEED);
    if (ZSTD_findFrameCompressedSize(packed, frame->packed_size) != frame->packed_size ||
        ZSTD_decompressDCtx(lazy->zstd, raw, size, packed, frame->packed_size) != size)
        return false;
    return !lazy->frames.sums || (uint32_t)XXH64(raw, size, 0) == exu_zframes_sum(&lazy->frames, i);
}

/* Runs of frames, since a page may have several, or parts of two. */
static void forget_cached(struct exu_lazy *lazy)
{
    const struct exu_zframe *items = lazy->frames.items;
    for (size_t i = 0, end; i < lazy->frames.count; i = end) {
        for (end = i; end < lazy->frames.count && lazy->presence[end] == CACHED; end++)
            lazy->presence[end] = ABSENT;
        uint64_t from = exu_round_up(items[i].raw_at, lazy->page), to = items[end].raw_at & ~(uint64_t)(lazy->page - 1);
        if (from < to)
            madvise(lazy->base + from, (size_t)(to - from), MADV_DONTNEED);
        end += end == i;
    }
    lazy->cached = 0;
}

/* The frame that has that byte. */
static size_t frame_at(const struct exu_lazy *lazy, uint64_t offset)
{
    size_t low = 0, high = lazy->frames.count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (lazy->frames.items[middle].raw_at <= offset)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static bool need_frame(struct exu_lazy *lazy, size_t i, bool keep)
{
    uint64_t size = exu_zframe_raw_size(&lazy->frames.items[i]);
    uint8_t *presence = &lazy->presence[i];
    if (*presence == KEPT || (*presence == CACHED && !keep))
        return true;
    if (*presence == ABSENT && !unpack(lazy, i))
        return false;
    if (*presence == CACHED)
        lazy->cached -= size;
    *presence = keep ? KEPT : CACHED;
    *(keep ? &lazy->kept : &lazy->cached) += size;
    return lazy->kept <= KEPT_MOST;
}

bool exu_lazy_need(struct exu_lazy *lazy, uint64_t offset, uint64_t size, bool keep)
{
    if (offset >= lazy->size || size == 0)
        return true;
    uint64_t end = offset + exu_min(size, lazy->size - offset);
    if (end - offset > (keep ? KEPT_MOST : CACHED_MOST))
        return false;
    if (lazy->cached > CACHED_MOST)
        forget_cached(lazy);
    for (size_t i = frame_at(lazy, offset); i < lazy->frames.count && lazy->frames.items[i].raw_at < end; i++)
        if (!need_frame(lazy, i, keep))
            return false;
    return true;
}
