/* One view of the dumped address space: address -> bytes.
 *
 * Owns: the sorted table of segments and the host mappings behind them (the core's, those of mapped files).
 * Borrows nothing after exu_memory_seal. Promises: segments never overlap; every read is checked; a hole is
 * reported, never zero-filled. After the seal the view is immutable and may be read by many threads. */
#ifndef EXU_MEMORY_MEMORY_H
#define EXU_MEMORY_MEMORY_H

#include "base/anomaly.h"
#include "base/error.h"
#include <string.h>

enum exu_backing { EXU_BACKING_CORE, EXU_BACKING_FILE, EXU_BACKING_ABSENT };

enum exu_perm { EXU_PERM_R = 4, EXU_PERM_W = 2, EXU_PERM_X = 1 };

/* A run of the address space with one backing. Adjacent segments may touch. */
struct exu_segment {
    exu_addr start, end;  /* [start, end) */
    const uint8_t *bytes; /* end - start readable bytes; NULL when absent */
    uint32_t mapping;     /* index into exu_memory.mappings */
    uint8_t backing;      /* enum exu_backing */
    uint8_t perms;        /* enum exu_perm bits */
    bool zero;            /* nothing but zeros, and more of them than anybody should look through: scans pass over it */
};

/* One mapping of the process (a PT_LOAD, with what NT_FILE says of it); made of one or more segments. */
struct exu_mapping {
    exu_addr start, end;
    uint8_t perms;
    const char *path;      /* NULL: anonymous. Owned by the memory. */
    uint64_t file_offset;  /* of `start` in path */
    uint64_t dumped_bytes; /* of it in the core */
    const char *kind;      /* static: 'heap', 'stack', 'anonymous', 'file', 'vdso' ... */
    const char *build_id;  /* hex, of the file mapped there, NULL = not known. Owned by the memory. */
    uint8_t backing;       /* enum exu_backing: of its first byte, or of what fills the core's gap */
};

struct exu_memory {
    struct exu_segment *segments; /* sorted; one behind the last is a guard that no address reaches */
    size_t segment_count;
    struct exu_mapping *mappings;
    size_t mapping_count;
    /* The way from an address to its segment in one or two loads: `top` has an entry for each 4 GB of the
     * address space, the index of the first segment that ends behind its start, or (EXU_MEMORY_TABLE set) the
     * number of a table with such an index for each of its MBs. */
    uint32_t *top;
    uint32_t *tables;
    size_t above; /* the first segment that ends above what `top` covers */
    struct exu_memory_private *private;
};

#define EXU_MEMORY_TABLE 0x80000000u
#define EXU_MEMORY_TOP_SHIFT 32
#define EXU_MEMORY_CHUNK_SHIFT 20
#define EXU_MEMORY_TABLE_SHIFT (EXU_MEMORY_TOP_SHIFT - EXU_MEMORY_CHUNK_SHIFT)
/* User space of x86_64 with four levels of page tables; what lies above is found by binary search. */
#define EXU_MEMORY_INDEXED_BITS 47

/* ---- building (core/ does this) ---- */
struct exu_error *exu_memory_create(struct exu_memory **ret);
void exu_memory_destroy(struct exu_memory *m);
/* Adds a mapping; `path` and `build_id` are copied. Returns its index through `ret_index`. */
EXU_MUST_CHECK struct exu_error *
exu_memory_add_mapping(struct exu_memory *m, const struct exu_mapping *mapping, uint32_t *ret_index);
/* Adds bytes that stay valid as long as the memory: `bytes` NULL = absent. An empty one is ignored. Overlaps
 * are resolved at the seal: core before file before absent, then the earlier added. */
EXU_MUST_CHECK struct exu_error *exu_memory_add_segment(struct exu_memory *m,
                                                        const struct exu_segment *segment);
/* `size` bytes of zeros, which take no memory until they are read, and then page tables alone; they are valid as long as the
 * memory. NULL: the address space has no room for them. */
const uint8_t *exu_memory_zeros(struct exu_memory *m, uint64_t size);
/* The memory takes over a host mapping (munmap at destroy). */
EXU_MUST_CHECK struct exu_error *exu_memory_own_map(struct exu_memory *m, void *base, size_t size);
/* Sorts, resolves overlaps (an anomaly each), merges nothing. Before it, every address is a hole. */
EXU_MUST_CHECK struct exu_error *exu_memory_seal(struct exu_memory *m, struct exu_anomalies *anomalies);

/* ---- reading ---- */
/* The first segment from index `i` on that ends behind `address`: the guard at least. */
const struct exu_segment *exu_memory_search_(const struct exu_memory *m, size_t i, exu_addr address);

/* Whether the bytes of `s`, which has some, go on for `n` bytes from `address` through the next segments. */
bool exu_memory_goes_on_(const struct exu_memory *m, const struct exu_segment *s, exu_addr address,
                         uint64_t n);

static inline const struct exu_segment *exu_memory_find_(const struct exu_memory *m, exu_addr address)
{
    if (address >> EXU_MEMORY_INDEXED_BITS)
        return exu_memory_search_(m, m->above, address);
    uint32_t i = m->top[address >> EXU_MEMORY_TOP_SHIFT];
    if (i & EXU_MEMORY_TABLE) {
        size_t chunk = (address >> EXU_MEMORY_CHUNK_SHIFT) & ((1u << EXU_MEMORY_TABLE_SHIFT) - 1);
        i = m->tables[((size_t)(i & ~EXU_MEMORY_TABLE) << EXU_MEMORY_TABLE_SHIFT) + chunk];
    }
    const struct exu_segment *s = m->segments + i;
    return address < s->end ? s : exu_memory_search_(m, (size_t)i + 1, address);
}

/* The segment that holds `address`, NULL if none (absent segments are returned). `hint` (may be NULL) is a
 * one-entry cache of the caller's: an index, any value is allowed. */
const struct exu_segment *exu_memory_segment(const struct exu_memory *m, exu_addr address, uint32_t *hint);
const struct exu_mapping *exu_memory_mapping(const struct exu_memory *m, exu_addr address);

/* The bytes from `address` on and how many are there in one piece (up to the end of the segment); NULL with
 * *ret_available = 0 for a hole. */
const uint8_t *exu_memory_span(const struct exu_memory *m, exu_addr address, uint64_t *ret_available);
/* `n` bytes in one piece, or NULL. Adjacent segments whose bytes lie one behind the other in the core are one
 * piece: a structure may lie across the border of .data and .bss. What straddles others must be read by
 * exu_memory_read. */
static inline const uint8_t *exu_memory_at(const struct exu_memory *m, exu_addr address, uint64_t n)
{
    const struct exu_segment *s = exu_memory_find_(m, address);
    if (address < s->start || !s->bytes || (n > s->end - address && !exu_memory_goes_on_(m, s, address, n)))
        return NULL;
    return s->bytes + (address - s->start);
}
/* Copies, across adjacent segments too. Returns how many bytes from the start could be copied. */
uint64_t exu_memory_read(const struct exu_memory *m, exu_addr address, void *buffer, uint64_t n);
/* NUL-terminated text of at most size - 1 bytes into buffer; false when a hole or no NUL came first. */
bool exu_memory_string(const struct exu_memory *m, exu_addr address, char *buffer, size_t size);

static inline uint64_t exu_load_u64(const uint8_t *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return v;
}
static inline uint32_t exu_load_u32(const uint8_t *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return v;
}
static inline bool exu_memory_u64(const struct exu_memory *m, exu_addr address, uint64_t *ret)
{
    const uint8_t *p = exu_memory_at(m, address, 8);
    if (!p)
        return false;
    *ret = exu_load_u64(p);
    return true;
}
static inline bool exu_memory_u32(const struct exu_memory *m, exu_addr address, uint32_t *ret)
{
    const uint8_t *p = exu_memory_at(m, address, 4);
    if (!p)
        return false;
    *ret = exu_load_u32(p);
    return true;
}

#endif
