/* Compressed streams, a row a format: zstd, gzip, xz, lz4. Files may be several one behind the other. */
#ifndef EXU_CORE_DECODE_H
#define EXU_CORE_DECODE_H

#include "base/base.h"

/* Into which formats a core may be packed; 0: it is not. */
enum exu_compression { EXU_PLAIN, EXU_ZSTD, EXU_GZIP, EXU_XZ, EXU_LZ4, EXU_COMPRESSIONS };

enum exu_decoded {
    EXU_DECODED_ON,      /* goes on with more input, or more room */
    EXU_DECODED_BETWEEN, /* one file has ended: here the whole may end, too */
    EXU_DECODED_CORRUPT,
    EXU_DECODED_MEMORY,
    EXU_DECODED_GREEDY, /* it asks for more memory than a stranger's file gets here */
};

struct exu_decode {
    const uint8_t *in;
    size_t in_size, in_at;
    uint8_t *out;
    size_t out_size, out_at;
    char why[160]; /* it is corrupt; greedy: what it asks for, and what to do */
};

struct exu_decoder {
    const char *name;
    bool (*begins)(const uint8_t *head, size_t size); /* what a file of it begins with */
    void *(*open)(void);                              /* NULL: no memory */
    enum exu_decoded (*step)(void *state, struct exu_decode *io);
    void (*close)(void *state);
    unsigned padding; /* zeros may follow, in such units: what tapes and pipes of tar leave, and xz defines; 0: not */
};

/* By enum exu_compression; that of EXU_PLAIN has nothing but its name. */
extern const struct exu_decoder exu_decoders[EXU_COMPRESSIONS];

/* The most that a window of zstd's may have: a quarter of the memory that the machine has, or that `ulimit -v` leaves; at least
 * what `zstd -d` gives without being asked (128 MB). */
uint64_t exu_decode_window_most(void);

/* By the first bytes; 6 are enough. EXU_PLAIN: none of them. */
enum exu_compression exu_compression_of(const uint8_t *head, size_t size);

#endif
