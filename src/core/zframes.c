#include "core/zframes.h"

#include "base/vec.h"
#include "core/spill.h"
#include "dump/sink.h"
#include <stdio.h>
#include <stdlib.h>
#include <zstd.h>

#define FOOTER ((uint64_t)9)        /* number of frames, descriptor, magic number */
#define SKIPPABLE_HEAD ((uint64_t)8) /* magic number, size of the rest */
#define ENTRY ((uint64_t)8)
#define ENTRY_WITH_SUM ((uint64_t)12)
#define HAS_SUMS 0x80u     /* of the descriptor */
#define RESERVED_BITS 0x7cu
#define SMALLEST ((uint64_t)9) /* bytes of a frame: magic number, two bytes of header, one block's */
#define MOST_FRAMES ((uint64_t)1 << 24)

static uint32_t little(const uint8_t *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static bool begins_frame(const uint8_t *at, uint64_t size)
{
    return size >= 4 && (little(at) == ZSTD_MAGICNUMBER || (little(at) & ZSTD_MAGIC_SKIPPABLE_MASK) == ZSTD_MAGIC_SKIPPABLE_START);
}

/* ---- the table ---- */

struct table {
    uint64_t count, entry, begin; /* where its skippable frame is */
};

/* False when there is none; one that can't be one is told in `wrong`. */
static bool find_table(struct exu_zframes *f, struct table *ret)
{
    if (f->size < SKIPPABLE_HEAD + FOOTER || little(f->bytes + f->size - 4) != EXU_SINK_SEEKABLE)
        return false;
    const uint8_t *footer = f->bytes + f->size - FOOTER;
    struct table t = {.count = little(footer), .entry = footer[4] & HAS_SUMS ? ENTRY_WITH_SUM : ENTRY};
    uint64_t size = SKIPPABLE_HEAD + t.count * t.entry + FOOTER; /* below 2^36 */
    if (footer[4] & RESERVED_BITS) {
        snprintf(f->wrong, sizeof f->wrong, "it is of a kind that nobody knows");
        return false;
    }
    if (size > f->size || t.count > MOST_FRAMES || t.count * SMALLEST > f->size - size) {
        snprintf(f->wrong, sizeof f->wrong, "it has %llu frames, more than the file has room for", (unsigned long long)t.count);
        return false;
    }
    t.begin = f->size - size;
    if (little(f->bytes + t.begin) != EXU_SINK_SKIPPABLE || little(f->bytes + t.begin + 4) != size - SKIPPABLE_HEAD) {
        snprintf(f->wrong, sizeof f->wrong, "it does not begin where its number of frames says");
        return false;
    }
    *ret = t;
    return true;
}

static struct exu_error *read_table(struct exu_zframes *f, const struct table *t)
{
    const uint8_t *entry = f->bytes + t->begin + SKIPPABLE_HEAD;
    uint64_t packed = 0, raw = 0;
    struct exu_zframe *items = calloc(t->count + 1, sizeof *items);
    if (!items)
        return exu_error_memory();
    for (size_t i = 0; i < t->count; i++, entry += t->entry) {
        items[i] = (struct exu_zframe){packed, little(entry), raw};
        packed += items[i].packed_size;
        raw += little(entry + 4);
    }
    items[t->count] = (struct exu_zframe){packed, 0, raw};
    if (packed != t->begin || raw > EXU_SPILL_MOST) {
        snprintf(f->wrong, sizeof f->wrong, "its frames have %llu bytes together, and the file has %llu before it",
                 (unsigned long long)packed, (unsigned long long)t->begin);
        free(items);
        return NULL;
    }
    f->items = items;
    f->count = t->count;
    f->from_table = true;
    f->sums = t->entry == ENTRY_WITH_SUM ? f->bytes + t->begin + SKIPPABLE_HEAD + ENTRY : NULL;
    return NULL;
}

uint32_t exu_zframes_sum(const struct exu_zframes *frames, size_t i)
{
    return little(frames->sums + i * ENTRY_WITH_SUM);
}

bool exu_zframes_contradicted(const struct exu_zframes *frames, size_t i)
{
    const struct exu_zframe *frame = &frames->items[i];
    /* No farther: else many damaged frames would have the file read many times. */
    uint64_t rest = frame->packed_size + frame[1].packed_size;
    size_t size = ZSTD_findFrameCompressedSize(frames->bytes + frame->packed_at, rest);
    return !ZSTD_isError(size) && size != frame->packed_size && begins_frame(frames->bytes + frame->packed_at + size, rest - size);
}

/* ---- walking ---- */

/* Reads the headers of the blocks: of a file that is not in memory, a page each. */
static struct exu_error *walk(struct exu_zframes *f)
{
    exu_vec(struct exu_zframe) items = {0};
    uint64_t at = 0, raw = 0;
    bool known = true, full = false;
    while (known && !full && at < f->size) {
        uint64_t content = ZSTD_getFrameContentSize(f->bytes + at, f->size - at);
        known = begins_frame(f->bytes + at, f->size - at) && content <= EXU_SPILL_MOST - raw && items.len < MOST_FRAMES;
        size_t size = known ? ZSTD_findFrameCompressedSize(f->bytes + at, f->size - at) : 0;
        known = known && !ZSTD_isError(size) && size > 0;
        struct exu_zframe frame = {at, size, raw};
        if (known && content > 0)
            full = !exu_vec_push(&items, frame);
        at += known ? size : 0;
        raw += known ? content : 0;
    }
    size_t count = items.len;
    struct exu_zframe end = {at, 0, raw};
    full |= !exu_vec_push(&items, end);
    if (!known || full || count < 2) { /* one alone is a stream like any other */
        exu_vec_free(&items);
        return full ? exu_error_memory() : NULL;
    }
    f->items = items.items;
    f->count = count;
    return NULL;
}

struct exu_error *exu_zframes_find(struct exu_zframes *ret, const uint8_t *bytes, uint64_t size)
{
    struct exu_zframes f = {.bytes = bytes, .size = size};
    struct table table;
    if (find_table(&f, &table))
        EXU_TRY(read_table(&f, &table));
    if (!f.count && !f.wrong[0])
        EXU_TRY(walk(&f));
    *ret = f;
    return NULL;
}

void exu_zframes_deinit(struct exu_zframes *frames)
{
    free(frames->items);
    *frames = (struct exu_zframes){0};
}
