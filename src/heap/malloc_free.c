/* Which chunks are free: bins, fastbins, tcaches. */
#include "heap/glibc.h"

#include <stdlib.h>

struct exu_chunk *exu_glibc_chunk(const struct exu_glibc *g, exu_addr address)
{
    size_t low = 0, high = g->chunks.len;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (g->chunks.items[middle].address < address)
            low = middle + 1;
        else
            high = middle;
    }
    return low < g->chunks.len && g->chunks.items[low].address == address ? &g->chunks.items[low] : NULL;
}

/* ---- bins ---- */

static void walk_bin(struct exu_glibc *g, exu_addr arena, uint32_t number)
{
    exu_addr bin = arena + g->row->state.bins + (uint64_t)(number - 1) * 16 - EXU_CHUNK_HEADER;
    exu_addr at;
    uint64_t back;
    if (!exu_glibc_word(g, bin + 16, &at))
        return;
    exu_addr before = bin;
    while (at != bin) {
        struct exu_chunk *chunk = exu_glibc_chunk(g, at);
        bool fine =
            chunk && chunk->state == EXU_CHUNK_FREE && exu_glibc_word(g, at + 24, &back) && back == before;
        if (!fine && chunk && (chunk->state == EXU_CHUNK_USED || chunk->state == EXU_CHUNK_FREE)) {
            chunk->state = EXU_CHUNK_FREE; /* a list says so: believed rather than the flag */
            fine = true;
            exu_anomaly_add(g->anomalies, at, "malloc-bin",
                            "a chunk in bin %u is not marked free or linked badly", number);
        }
        if (!fine) {
            exu_anomaly_add(g->anomalies, at, "malloc-bin", "bin %u leads to what is no free chunk", number);
            return;
        }
        chunk->state |= EXU_CHUNK_CONFIRMED;
        chunk->bin = (uint8_t)number;
        before = at;
        if (!exu_glibc_word(g, at + 16, &at))
            return;
    }
}

static void confirm_bins(struct exu_glibc *g)
{
    for (size_t a = 0; a < g->arenas.len; a++)
        for (uint32_t i = 1; i < EXU_GLIBC_BINS; i++)
            walk_bin(g, g->arenas.items[a].address, i);
    for (size_t i = 0; i < g->chunks.len; i++) {
        struct exu_chunk *c = &g->chunks.items[i];
        if (c->state == EXU_CHUNK_FREE)
            exu_anomaly_add(g->anomalies, c->address, "malloc-bin", "a chunk marked free is in no bin");
        c->state &= (uint8_t)~EXU_CHUNK_CONFIRMED;
    }
}

/* ---- fastbins ---- */

static void walk_fastbin(struct exu_glibc *g, exu_addr arena, uint32_t number)
{
    exu_addr at;
    if (!exu_glibc_word(g, arena + g->row->state.fastbins + 8ull * number, &at))
        return;
    while (at) {
        struct exu_chunk *chunk = exu_glibc_chunk(g, at);
        uint64_t stored;
        if (!chunk || chunk->state != EXU_CHUNK_USED || chunk->size != EXU_CHUNK_MIN + 16ull * number) {
            exu_anomaly_add(g->anomalies, at, "malloc-fastbin", "fastbin %u leads to what is no chunk of its",
                            number);
            return;
        }
        chunk->state = EXU_CHUNK_FASTBIN;
        chunk->bin = (uint8_t)number;
        if (!exu_glibc_word(g, at + 16, &stored))
            return;
        at = exu_glibc_reveal(g->row, at + 16, stored);
    }
}

/* ---- tcaches ---- */

/* glibc.malloc.tcache_count can't be more. */
#define TCACHE_ENTRIES_MAX UINT16_MAX

struct tcache {
    exu_addr address;
    bool known; /* a thread's TLS or the start of a heap says that it is one */
};

struct tcaches {
    struct exu_glibc *g;
    exu_vec(struct tcache) candidates;
};

/* Whether the counts can be those of a tcache: none is larger than glibc.malloc.tcache_count lets it. */
static bool counts_plausible(struct exu_glibc *g, exu_addr tcache)
{
    uint64_t limit;
    const uint8_t *p = exu_reader_at(&g->reader, tcache + g->row->tcache.counts, 2ull * g->row->tcache.bins);
    if (!p)
        return false;
    if (!g->par || !exu_glibc_word(g, g->par + g->row->par.tcache_count, &limit))
        limit = 127;
    for (uint32_t i = 0; i < g->row->tcache.bins; i++)
        if ((uint32_t)(p[2 * i] | p[2 * i + 1] << 8) > limit)
            return false;
    return true;
}

/* Walks one tcache. Without `mark` it is only tried: every list must hold, some must have entries, and the
 * entries must agree on one key. Returns how many entries were good; UINT64_MAX when something was wrong and
 * `mark` is off. */
static uint64_t walk_tcache(struct exu_glibc *g, exu_addr tcache, bool mark)
{
    const struct exu_glibc_row *row = g->row;
    uint64_t good = 0, key = 0;
    struct exu_reader own = {.memory = g->reader.memory};
    const uint8_t *p = exu_reader_at(&own, tcache, row->tcache.bytes);
    if (!p)
        return UINT64_MAX;
    for (uint32_t i = 0; i < row->tcache.bins; i++) {
        const uint8_t *c = p + row->tcache.counts + 2 * i;
        uint32_t count = (uint32_t)(c[0] | c[1] << 8);
        exu_addr entry = exu_load_u64(p + row->tcache.entries + 8 * i);
        uint32_t found = 0;
        bool large = i >= row->tcache.small_bins;
        if (row->tcache.counts_free)
            count = TCACHE_ENTRIES_MAX;
        for (; entry && found < count; found++) {
            struct exu_chunk *chunk = exu_glibc_chunk(g, entry - EXU_CHUNK_HEADER);
            uint64_t stored, entry_key;
            if (!chunk || chunk->state != EXU_CHUNK_USED ||
                (large ? chunk->size < EXU_CHUNK_MIN + 16ull * row->tcache.small_bins
                       : chunk->size != EXU_CHUNK_MIN + 16ull * i) ||
                !exu_glibc_word(g, entry, &stored) || !exu_glibc_word(g, entry + 8, &entry_key) ||
                (key && entry_key != key))
                break;
            key = entry_key;
            good++;
            if (mark) {
                chunk->state = EXU_CHUNK_TCACHE;
                chunk->bin = (uint8_t)i;
            }
            entry = exu_glibc_reveal(row, entry, stored);
        }
        if (!entry && (found == count || row->tcache.counts_free))
            continue;
        if (!mark)
            return UINT64_MAX;
        exu_anomaly_add(g->anomalies, tcache, "malloc-tcache",
                        "bin %u of a tcache breaks off after %u chunks, of %u at most", i, found, count);
    }
    return good;
}

static bool add_candidate(struct tcaches *t, exu_addr user, bool known)
{
    const struct exu_chunk *c = exu_glibc_chunk(t->g, user - EXU_CHUNK_HEADER);
    if (!c || c->state != EXU_CHUNK_USED || c->size != exu_glibc_tcache_chunk(t->g->row))
        return true;
    for (size_t i = 0; known && i < t->candidates.len; i++)
        if (t->candidates.items[i].address == user)
            return true;
    return exu_vec_push(&t->candidates, (struct tcache){user, known});
}

/* `tcache` is a thread-local variable of libc: a word of the static TLS block below the thread pointer
 * (x86_64). */
#define STATIC_TLS 8192u

static bool from_threads(struct tcaches *t)
{
    const struct exu_core *core = t->g->core;
    for (size_t i = 0; i < core->thread_count; i++) {
        exu_addr tp = core->threads[i].thread_pointer;
        if (tp < STATIC_TLS || tp % 8)
            continue;
        for (exu_addr at = tp - STATIC_TLS; at < tp; at += 8) {
            uint64_t word;
            if (exu_glibc_word(t->g, at, &word) && word >= EXU_CHUNK_HEADER && word % 16 == 0 &&
                !add_candidate(t, word, true))
                return false;
        }
    }
    return true;
}

static struct exu_error *mark_tcaches(struct exu_glibc *g)
{
    struct tcaches t = {.g = g};
    bool fine = from_threads(&t);
    size_t known = t.candidates.len;
    /* Also those of threads that a fork left behind: nobody will take from them any more. */
    for (size_t i = 0; fine && i < g->chunks.len; i++)
        if (g->chunks.items[i].size == exu_glibc_tcache_chunk(g->row))
            fine = add_candidate(&t, g->chunks.items[i].address + EXU_CHUNK_HEADER, false);
    for (size_t i = 0; fine && i < t.candidates.len; i++) {
        exu_addr address = t.candidates.items[i].address;
        uint64_t good = walk_tcache(g, address, false);
        if (good != UINT64_MAX ? good > 0 : i < known && counts_plausible(g, address))
            walk_tcache(g, address, true);
    }
    exu_vec_free(&t.candidates);
    return fine ? NULL : exu_error_memory();
}

struct exu_error *exu_malloc_mark_free(struct exu_glibc *g)
{
    confirm_bins(g);
    for (size_t a = 0; a < g->arenas.len; a++)
        for (uint32_t i = 0; i < g->row->state.fastbin_count; i++)
            walk_fastbin(g, g->arenas.items[a].address, i);
    return mark_tcaches(g);
}
