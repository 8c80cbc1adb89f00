#include "core/unframe.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <xxhash.h>
#include <zstd.h>
#include <zstd_errors.h>

#define MAX_THREADS 8u
#define OUT_SIZE ((size_t)1 << 20)       /* a frame of ours: zstd unpacks it at once */
#define OUT_PIECE ((size_t)128 << 10)    /* a block of zstd's */
#define CHECKSUM ((size_t)4)             /* bytes, at the end of a frame */
/* More than the table says comes out of damaged frames, too, until zstd sees it: so much is waited for that. */
#define EXCESS_MOST ((uint64_t)4 << 20)
#define DOUBTFUL_MOST ((uint64_t)16 << 20)
#define WINDOW_LOG_USUAL 27
#define MAX_LOST ((size_t)4096)

enum state { WAITING, WHOLE, DAMAGED, OTHER_SIZE };
enum sum { NO_SUM, RIGHT_SUM, WRONG_SUM };

struct outcome {
    uint8_t state, sum;
    uint8_t code; /* of zstd's: why it is damaged */
    bool checked; /* the frame has a checksum of its own */
    uint64_t came; /* bytes of it */
};

/* What the threads share. The frames are taken in their order. */
struct work {
    const struct exu_zframes *frames;
    struct exu_spill *spill;
    struct exu_progress *progress;
    struct outcome *outcomes;
    pthread_mutex_t lock; /* of the rest */
    size_t next;
    uint64_t done;           /* bytes of the file */
    struct exu_error *error; /* the first; nothing more is taken then */
};

/* ---- one frame ---- */

struct decoder {
    ZSTD_DCtx *zstd;
    XXH64_state_t *sum;
    uint8_t *out;
};

/* The first frame has the core's headers, without which nothing can be read, and is taken apart in pieces, as large ones are:
 * what comes out before the damage shows is kept. */
static bool in_pieces(const struct exu_zframes *frames, size_t i)
{
    return i == 0 || exu_zframe_raw_size(&frames->items[i]) > DOUBTFUL_MOST;
}

static bool has_checksum(const uint8_t *frame, uint64_t size)
{
    return size > 4 && frame[4] & 4; /* Content_Checksum_flag: RFC 8878, 3.1.1.1.1 */
}

static void judge_sum(const struct exu_zframes *frames, size_t i, struct decoder *d, struct outcome *o)
{
    if (frames->sums)
        o->sum = (uint32_t)XXH64_digest(d->sum) == exu_zframes_sum(frames, i) ? RIGHT_SUM : WRONG_SUM;
}

/* What zstd gives for `in`; false when it says that the frame is damaged. *ret_left: 0 when the frame has ended. */
static bool unpack_some(struct work *w, size_t i, struct decoder *d, ZSTD_inBuffer *in, struct outcome *o, size_t *ret_left,
                        struct exu_error **error)
{
    const struct exu_zframe *frame = &w->frames->items[i];
    uint64_t raw = exu_zframe_raw_size(frame);
    bool full = true;
    while (*ret_left > 0 && (full || in->pos < in->size)) {
        ZSTD_outBuffer out = {d->out, in_pieces(w->frames, i) ? OUT_PIECE : OUT_SIZE, 0};
        *ret_left = ZSTD_decompressStream(d->zstd, &out, in);
        if (ZSTD_isError(*ret_left)) {
            o->code = (uint8_t)ZSTD_getErrorCode(*ret_left);
            *error = o->code == ZSTD_error_memory_allocation ? exu_error_memory() : NULL;
            return false;
        }
        if (w->frames->sums)
            XXH64_update(d->sum, d->out, out.pos);
        if (o->came < raw)
            *error = exu_spill_put(w->spill, frame->raw_at + o->came, d->out, exu_min(out.pos, raw - o->came));
        o->came += out.pos;
        full = out.pos == out.size;
        if (*error || o->came > raw + EXCESS_MOST) {
            o->state = OTHER_SIZE;
            return false;
        }
    }
    return true;
}

static struct exu_error *unpack_frame(struct work *w, size_t i, struct decoder *d, struct outcome *o)
{
    const struct exu_zframe *frame = &w->frames->items[i];
    const uint8_t *packed = w->frames->bytes + frame->packed_at;
    ZSTD_inBuffer in = {packed, frame->packed_size, 0};
    struct exu_error *error = NULL;
    size_t left = 1;
    ZSTD_DCtx_reset(d->zstd, ZSTD_reset_session_only);
    XXH64_reset(d->sum, 0);
    o->state = DAMAGED;
    o->checked = has_checksum(packed, frame->packed_size);
    /* When the checksum is wrong zstd keeps back what it has just unpacked: that comes first, then. */
    if (in_pieces(w->frames, i) && o->checked && in.size > CHECKSUM)
        in.size -= CHECKSUM;
    bool on = unpack_some(w, i, d, &in, o, &left, &error);
    in.size = frame->packed_size;
    if (!on || !unpack_some(w, i, d, &in, o, &left, &error))
        return error;
    if (left > 0) {
        o->code = ZSTD_error_srcSize_wrong;
        return NULL;
    }
    o->state = o->came == exu_zframe_raw_size(frame) && in.pos == in.size ? WHOLE : OTHER_SIZE;
    if (o->state == WHOLE)
        judge_sum(w->frames, i, d, o);
    return NULL;
}

/* ---- many ---- */

/* The next frame that nobody has taken; false when there is none, or when it is of no use any more. */
static bool take(struct work *w, size_t *ret)
{
    pthread_mutex_lock(&w->lock);
    bool more = !w->error && w->next < w->frames->count;
    if (more)
        *ret = w->next++;
    pthread_mutex_unlock(&w->lock);
    return more;
}

static void give(struct work *w, size_t i, struct exu_error *error)
{
    pthread_mutex_lock(&w->lock);
    w->done += w->frames->items[i].packed_size;
    if (w->outcomes[i].state == OTHER_SIZE)
        w->next = w->frames->count; /* it will be done otherwise */
    if (w->progress)
        exu_progress_at(w->progress, w->done, w->frames->size);
    if (!w->error)
        w->error = error;
    else
        exu_error_free(error);
    pthread_mutex_unlock(&w->lock);
}

static void *run(void *context)
{
    struct work *w = context;
    struct decoder d = {ZSTD_createDCtx(), XXH64_createState(), malloc(OUT_SIZE)};
    size_t i;
    while (take(w, &i))
        give(w, i, d.zstd && d.sum && d.out ? unpack_frame(w, i, &d, &w->outcomes[i]) : exu_error_memory());
    ZSTD_freeDCtx(d.zstd);
    XXH64_freeState(d.sum);
    free(d.out);
    return NULL;
}

/* One more for each MB. */
static unsigned thread_count(const struct exu_zframes *frames)
{
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    uint64_t most = exu_min(frames->count, frames->items[frames->count].raw_at / OUT_SIZE);
    return online > 1 && most > 1 ? (unsigned)exu_min(exu_min((uint64_t)online, MAX_THREADS), most) : 1;
}

/* A thread that can't be started is none; this one works in any case. */
static struct exu_error *run_all(struct work *w)
{
    pthread_t threads[MAX_THREADS];
    unsigned wanted = thread_count(w->frames) - 1, started = 0;
    pthread_mutex_init(&w->lock, NULL);
    while (started < wanted && pthread_create(&threads[started], NULL, run, w) == 0)
        started++;
    run(w);
    for (unsigned i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    pthread_mutex_destroy(&w->lock);
    return w->error;
}

/* ---- what became of them ---- */

struct tally {
    size_t whole, greedy, other_size, contradicted; /* of the last two: the first such frame, plus one */
    size_t right_sums, wrong_sums;
};

/* It needs a larger window than zstd gives unasked; what has less to unpack needs none, and is damaged. */
static bool is_greedy(const struct work *w, size_t i)
{
    const struct outcome *o = &w->outcomes[i];
    return o->state == DAMAGED && o->code == ZSTD_error_frameParameter_windowTooLarge &&
           exu_zframe_raw_size(&w->frames->items[i]) > (UINT64_C(1) << WINDOW_LOG_USUAL);
}

static struct tally tally_of(const struct work *w)
{
    struct tally t = {0};
    for (size_t i = 0; i < w->frames->count; i++) {
        const struct outcome *o = &w->outcomes[i];
        t.whole += o->state == WHOLE;
        t.greedy += is_greedy(w, i);
        t.right_sums += o->sum == RIGHT_SUM;
        t.wrong_sums += o->sum == WRONG_SUM;
        if (o->state == OTHER_SIZE && !t.other_size)
            t.other_size = i + 1;
        if (o->state == DAMAGED && w->frames->from_table && !t.contradicted && exu_zframes_contradicted(w->frames, i))
            t.contradicted = i + 1;
    }
    return t;
}

static bool lose(exu_lost_list *lost, struct exu_lost part, uint64_t all, struct exu_anomalies *anomalies)
{
    struct exu_lost *last = lost->len > 0 ? &lost->items[lost->len - 1] : NULL;
    if (part.start == part.end)
        return true;
    if (last && last->end >= part.start) {
        last->end = exu_max(last->end, part.end);
        return true;
    }
    if (last && lost->len == MAX_LOST) {
        exu_anomaly_add(anomalies, 0, "damaged", "it is damaged in more than %zu places: all behind byte %#llx of the core is lost",
                        MAX_LOST, (unsigned long long)last->end);
        last->end = all;
        return true;
    }
    return exu_vec_push(lost, part);
}

/* A frame without a checksum of its own that is not what the table's says is damaged, as long as others are. */
static bool is_damaged(const struct outcome *o, const struct tally *t)
{
    return o->state == DAMAGED || (o->sum == WRONG_SUM && !o->checked && t->right_sums > 0);
}

static bool tell_damaged(const struct work *w, size_t i, struct exu_anomalies *anomalies, exu_lost_list *lost)
{
    const struct exu_zframe *frame = &w->frames->items[i];
    const struct outcome *o = &w->outcomes[i];
    const char *why =
        o->state == DAMAGED ? ZSTD_getErrorString((ZSTD_ErrorCode)o->code) : "it has not the table's checksum";
    uint64_t kept = in_pieces(w->frames, i) ? exu_min(o->came, exu_zframe_raw_size(frame)) : 0;
    uint64_t start = frame->raw_at + kept;
    exu_anomaly_add(anomalies, 0, "damaged",
                    "the zstd stream is corrupt in frame %zu of %zu (%s): bytes %#llx to %#llx of the core are lost, what is before "
                    "and behind is there%s",
                    i + 1, w->frames->count, why, (unsigned long long)start, (unsigned long long)frame[1].raw_at,
                    kept ? "; what came out of the frame until then may be wrong" : "");
    struct exu_lost part = {start, frame[1].raw_at};
    return lose(lost, part, w->frames->items[w->frames->count].raw_at, anomalies);
}

static struct exu_error *tell(struct work *w, const struct tally *t, struct exu_anomalies *anomalies, exu_lost_list *lost)
{
    for (size_t i = 0; i < w->frames->count; i++)
        if (is_damaged(&w->outcomes[i], t) && !tell_damaged(w, i, anomalies, lost))
            return exu_error_memory();
    size_t harmless = 0;
    for (size_t i = 0; i < w->frames->count; i++)
        harmless += w->outcomes[i].sum == WRONG_SUM && !is_damaged(&w->outcomes[i], t);
    if (harmless)
        exu_anomaly_add(anomalies, 0, "bad-seek-table",
                        "the checksums that the zstd file's seek table has for %zu of its %zu frames are wrong; the frames are whole",
                        harmless, w->frames->count);
    return NULL;
}

static enum exu_unframed judge(struct exu_zframes *frames, const struct tally *t)
{
    size_t wrong = t->other_size ? t->other_size : t->contradicted;
    if (t->greedy || (!t->whole && !wrong))
        return EXU_UNFRAMED_OTHERWISE;
    if (!wrong)
        return EXU_UNFRAMED;
    if (!frames->from_table)
        return EXU_UNFRAMED_OTHERWISE;
    snprintf(frames->wrong, sizeof frames->wrong, "frame %zu of %zu has another size than it says", wrong, frames->count);
    return EXU_UNFRAMED_TABLE;
}

struct exu_error *exu_unframe(struct exu_zframes *frames, struct exu_spill *spill, struct exu_progress *progress,
                              struct exu_anomalies *anomalies, exu_lost_list *lost, enum exu_unframed *ret)
{
    struct work w = {.frames = frames, .spill = spill, .progress = progress,
                     .outcomes = calloc(frames->count, sizeof *w.outcomes)};
    if (!w.outcomes)
        return exu_error_memory();
    struct exu_error *error = run_all(&w);
    if (!error) {
        struct tally t = tally_of(&w);
        *ret = judge(frames, &t);
        if (*ret == EXU_UNFRAMED)
            error = tell(&w, &t, anomalies, lost);
    }
    free(w.outcomes);
    return error;
}
