#include "model/claims.h"

#include <stdlib.h>

#define GRANULE_LEAST 12          /* a page */
#define BITS_MOST ((uint64_t)1 << 27) /* of a huge core; the granules are larger then */
#define LONG_GRANULES 4           /* shorter arrays are not minded */

struct exu_claims {
    const struct exu_memory *memory;
    unsigned shift;
    uint64_t *first; /* of each segment: the number of its first granule */
    uint64_t *bits;
    size_t words;
    uint64_t tolerance, left; /* bytes that may be taken twice in a pass: where sharing is no damage (shared keys) */
};

/* Granules begin at multiples of their size: the first and the last of a segment may be cut. */
static uint64_t granules_of(const struct exu_segment *s, unsigned shift)
{
    return s->bytes && !s->zero ? ((s->end - 1) >> shift) - (s->start >> shift) + 1 : 0;
}

static uint64_t number(struct exu_claims *claims)
{
    uint64_t count = 0;
    for (size_t i = 0; i < claims->memory->segment_count; i++) {
        claims->first[i] = count;
        count += granules_of(&claims->memory->segments[i], claims->shift);
    }
    return count;
}

struct exu_claims *exu_claims_create(const struct exu_memory *memory)
{
    struct exu_claims *claims = calloc(1, sizeof *claims);
    if (!claims)
        return NULL;
    claims->memory = memory;
    claims->shift = GRANULE_LEAST;
    claims->first = calloc(memory->segment_count + 1, sizeof *claims->first);
    uint64_t count = 0, bytes = 0;
    for (size_t i = 0; i < memory->segment_count; i++)
        if (memory->segments[i].bytes && !memory->segments[i].zero)
            bytes += memory->segments[i].end - memory->segments[i].start;
    if (claims->first)
        while ((count = number(claims)) > BITS_MOST + 2 * memory->segment_count)
            claims->shift++;
    claims->words = (size_t)(count / 64 + 1);
    claims->bits = calloc(claims->words, sizeof *claims->bits);
    if (!claims->first || !claims->bits) {
        exu_claims_destroy(claims);
        return NULL;
    }
    claims->tolerance = bytes / 64 + ((uint64_t)1 << 17);
    claims->left = claims->tolerance;
    return claims;
}

void exu_claims_destroy(struct exu_claims *claims)
{
    if (!claims)
        return;
    free(claims->first);
    free(claims->bits);
    free(claims);
}

void exu_claims_clear(struct exu_claims *claims)
{
    if (!claims)
        return;
    memset(claims->bits, 0, claims->words * sizeof *claims->bits);
    claims->left = claims->tolerance;
}

/* False when it was taken before, and no more of that is tolerated. */
static bool take(struct exu_claims *claims, uint64_t index)
{
    const uint64_t bit = (uint64_t)1 << index % 64, size = (uint64_t)1 << claims->shift;
    if (!(__atomic_fetch_or(&claims->bits[index / 64], bit, __ATOMIC_RELAXED) & bit))
        return true;
    uint64_t left = __atomic_load_n(&claims->left, __ATOMIC_RELAXED);
    if (left < size)
        return false;
    __atomic_store_n(&claims->left, left - size, __ATOMIC_RELAXED);
    return true;
}

uint64_t exu_claims_take(struct exu_claims *claims, exu_addr start, uint64_t bytes)
{
    const uint64_t size = (uint64_t)1 << claims->shift;
    exu_addr end, at;
    if (bytes < LONG_GRANULES * size || !exu_add(start, bytes, &end) || !exu_add(start, size - 1, &at))
        return bytes;
    const struct exu_segment *s = NULL;
    /* Whole granules only: those at its ends belong to its neighbours, too. */
    for (at &= ~(size - 1); at < end && end - at >= size; at += size) {
        if (!s || at >= s->end)
            s = exu_memory_find_(claims->memory, at);
        if (at < s->start || at >= s->end || !s->bytes)
            return bytes; /* a hole; whoever reads finds it */
        if (s->zero) {
            /* Nobody's: it may be a terabyte. What a walk over it costs, the pass's allowance bounds. */
            if (!exu_add(s->end, size - 1, &at))
                return bytes;
            at = (at & ~(size - 1)) - size;
            continue;
        }
        if (!take(claims, claims->first[s - claims->memory->segments] + ((at >> claims->shift) - (s->start >> claims->shift))))
            return at - start;
    }
    return bytes;
}
