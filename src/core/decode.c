#include "core/decode.h"

#include <lz4frame.h>
#include <lzma.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#define ZSTD_LOG_USUAL 27
#define XZ_MEMORY_MOST (UINT64_C(512) << 20) /* `xz -9` needs 65 MB to unpack */

static enum exu_decoded corrupt(struct exu_decode *io, const char *why)
{
    snprintf(io->why, sizeof io->why, "%s", why ? why : "no reason given");
    return EXU_DECODED_CORRUPT;
}

static enum exu_decoded greedy(struct exu_decode *io, const char *what, uint64_t most, const char *advice)
{
    snprintf(io->why, sizeof io->why, "%s for more than %llu MB of memory%s", what, (unsigned long long)(most >> 20), advice);
    return EXU_DECODED_GREEDY;
}

/* ---- zstd ---- */

static bool zstd_begins(const uint8_t *head, size_t size)
{
    if (size < 4)
        return false;
    uint32_t magic = (uint32_t)head[0] | (uint32_t)head[1] << 8 | (uint32_t)head[2] << 16 | (uint32_t)head[3] << 24;
    return magic == ZSTD_MAGICNUMBER || (magic & ZSTD_MAGIC_SKIPPABLE_MASK) == ZSTD_MAGIC_SKIPPABLE_START;
}

uint64_t exu_decode_window_most(void)
{
    long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
    uint64_t memory = pages > 0 && page > 0 ? (uint64_t)pages * (uint64_t)page : 0;
    struct rlimit limit;
    if (getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
        memory = exu_min(memory, limit.rlim_cur);
    return exu_max(memory / 4, UINT64_C(1) << ZSTD_LOG_USUAL);
}

static int log2_of(uint64_t value)
{
    return 63 - __builtin_clzll(value);
}

static void *zstd_open(void)
{
    ZSTD_DStream *zstd = ZSTD_createDStream();
    /* Windows of `zstd --long=31`; the default refuses more than 128 MB. */
    int most = ZSTD_dParam_getBounds(ZSTD_d_windowLogMax).upperBound;
    if (zstd)
        ZSTD_DCtx_setParameter(zstd, ZSTD_d_windowLogMax, (int)exu_min((uint64_t)most, (uint64_t)log2_of(exu_decode_window_most())));
    return zstd;
}

static enum exu_decoded zstd_step(void *state, struct exu_decode *io)
{
    ZSTD_inBuffer in = {io->in, io->in_size, io->in_at};
    ZSTD_outBuffer out = {io->out, io->out_size, io->out_at};
    size_t pending = ZSTD_decompressStream(state, &out, &in);
    switch (ZSTD_getErrorCode(pending)) {
    case ZSTD_error_no_error:
        break;
    case ZSTD_error_memory_allocation:
        return EXU_DECODED_MEMORY;
    case ZSTD_error_frameParameter_windowTooLarge:
        return greedy(io, "its window asks", exu_decode_window_most(),
                      ", a quarter of what is here; unpack it on a larger machine (zstd -d --long=31)");
    default:
        return corrupt(io, ZSTD_getErrorName(pending));
    }
    io->in_at = in.pos;
    io->out_at = out.pos;
    return pending ? EXU_DECODED_ON : EXU_DECODED_BETWEEN;
}

static void zstd_close(void *state)
{
    ZSTD_freeDStream(state);
}

/* ---- gzip ---- */

static bool gzip_begins(const uint8_t *head, size_t size)
{
    return size >= 2 && head[0] == 0x1f && head[1] == 0x8b;
}

static void *gzip_open(void)
{
    z_stream *z = calloc(1, sizeof *z);
    if (z && inflateInit2(z, 16 + MAX_WBITS) != Z_OK) {
        free(z);
        z = NULL;
    }
    return z;
}

static enum exu_decoded gzip_step(void *state, struct exu_decode *io)
{
    z_stream *z = state;
    z->next_in = (Bytef *)(uintptr_t)(io->in + io->in_at); /* only read */
    z->avail_in = (uInt)(io->in_size - io->in_at);
    z->next_out = io->out + io->out_at;
    z->avail_out = (uInt)(io->out_size - io->out_at);
    int code = inflate(z, Z_NO_FLUSH);
    io->in_at = io->in_size - z->avail_in;
    io->out_at = io->out_size - z->avail_out;
    if (code == Z_MEM_ERROR)
        return EXU_DECODED_MEMORY;
    if (code == Z_STREAM_END)
        return inflateReset(z) == Z_OK ? EXU_DECODED_BETWEEN : corrupt(io, z->msg);
    return code == Z_OK || code == Z_BUF_ERROR ? EXU_DECODED_ON : corrupt(io, z->msg);
}

static void gzip_close(void *state)
{
    inflateEnd(state);
    free(state);
}

/* ---- xz ---- */

static bool xz_begins(const uint8_t *head, size_t size)
{
    static const uint8_t magic[6] = {0xfd, '7', 'z', 'X', 'Z', 0};
    return size >= sizeof magic && memcmp(head, magic, sizeof magic) == 0;
}

static void *xz_open(void)
{
    lzma_stream *x = calloc(1, sizeof *x);
    if (x && lzma_stream_decoder(x, XZ_MEMORY_MOST, 0) != LZMA_OK) {
        free(x);
        x = NULL;
    }
    return x;
}

static enum exu_decoded xz_step(void *state, struct exu_decode *io)
{
    lzma_stream *x = state;
    x->next_in = io->in + io->in_at;
    x->avail_in = io->in_size - io->in_at;
    x->next_out = io->out + io->out_at;
    x->avail_out = io->out_size - io->out_at;
    lzma_ret code = lzma_code(x, LZMA_RUN);
    io->in_at = io->in_size - x->avail_in;
    io->out_at = io->out_size - x->avail_out;
    switch (code) {
    case LZMA_OK:
    case LZMA_BUF_ERROR:
        return EXU_DECODED_ON;
    case LZMA_STREAM_END:
        return lzma_stream_decoder(x, XZ_MEMORY_MOST, 0) == LZMA_OK ? EXU_DECODED_BETWEEN : EXU_DECODED_MEMORY;
    case LZMA_MEM_ERROR:
        return EXU_DECODED_MEMORY;
    case LZMA_MEMLIMIT_ERROR:
        return greedy(io, "it asks", XZ_MEMORY_MOST, "; unpack it first (xz -d)");
    case LZMA_FORMAT_ERROR:
        return corrupt(io, "no xz header");
    default:
        return corrupt(io, "damaged data");
    }
}

static void xz_close(void *state)
{
    lzma_end(state);
    free(state);
}

/* ---- lz4 ---- */

static bool lz4_begins(const uint8_t *head, size_t size)
{
    return size >= 4 && memcmp(head, "\x04\x22\x4d\x18", 4) == 0;
}

static void *lz4_open(void)
{
    LZ4F_dctx *lz4 = NULL;
    return LZ4F_isError(LZ4F_createDecompressionContext(&lz4, LZ4F_VERSION)) ? NULL : lz4;
}

static enum exu_decoded lz4_step(void *state, struct exu_decode *io)
{
    size_t in = io->in_size - io->in_at, out = io->out_size - io->out_at;
    size_t hint = LZ4F_decompress(state, io->out + io->out_at, &out, io->in + io->in_at, &in, NULL);
    if (LZ4F_isError(hint)) {
        const char *why = LZ4F_getErrorName(hint);
        return strcmp(why, "ERROR_allocation_failed") == 0 ? EXU_DECODED_MEMORY : corrupt(io, why);
    }
    io->in_at += in;
    io->out_at += out;
    return hint ? EXU_DECODED_ON : EXU_DECODED_BETWEEN;
}

static void lz4_close(void *state)
{
    LZ4F_freeDecompressionContext(state);
}

const struct exu_decoder exu_decoders[EXU_COMPRESSIONS] = {
    [EXU_PLAIN] = {.name = "plain"},
    [EXU_ZSTD] = {"zstd", zstd_begins, zstd_open, zstd_step, zstd_close, 0},
    [EXU_GZIP] = {"gzip", gzip_begins, gzip_open, gzip_step, gzip_close, 1},
    [EXU_XZ] = {"xz", xz_begins, xz_open, xz_step, xz_close, 4},
    [EXU_LZ4] = {"lz4", lz4_begins, lz4_open, lz4_step, lz4_close, 0},
};

enum exu_compression exu_compression_of(const uint8_t *head, size_t size)
{
    for (int i = EXU_PLAIN + 1; i < EXU_COMPRESSIONS; i++)
        if (exu_decoders[i].begins(head, size))
            return (enum exu_compression)i;
    return EXU_PLAIN;
}
