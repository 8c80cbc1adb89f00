#include "memory/addrset.h"

#include <stdlib.h>

/* A page has the bits of 512 KB of addresses: 65536 granules, so that a rank within a page fits 16 bits. */
#define PAGE_SHIFT 19
#define PAGE_WORDS 1024
#define TOP_SHIFT 32
#define TABLE_COUNT ((size_t)1 << (TOP_SHIFT - PAGE_SHIFT))
#define TOP_COUNT ((size_t)1 << (EXU_MEMORY_INDEXED_BITS - TOP_SHIFT))

struct page {
    uint64_t words[PAGE_WORDS];
    uint16_t ranks[PAGE_WORDS]; /* members of the page before each word; after the seal */
    uint64_t base;              /* members in the pages before; after the seal */
    bool whole;                 /* one segment with bytes covers all of it */
};

struct table {
    struct page *pages[TABLE_COUNT];
};

struct exu_addrset {
    const struct exu_memory *memory;
    struct table **top;
    uint64_t count;
    exu_addr *addresses; /* by rank - 1; after the seal */
    bool failed;
    bool sealed;
};

struct exu_error *exu_addrset_create(struct exu_addrset **ret, const struct exu_memory *m)
{
    struct exu_addrset *set = calloc(1, sizeof *set);
    if (!set)
        return exu_error_memory();
    set->memory = m;
    set->top = calloc(TOP_COUNT, sizeof(struct table *));
    if (!set->top) {
        free(set);
        return exu_error_memory();
    }
    *ret = set;
    return NULL;
}

void exu_addrset_destroy(struct exu_addrset *set)
{
    if (!set)
        return;
    for (size_t i = 0; i < TOP_COUNT; i++) {
        struct table *table = set->top[i];
        for (size_t k = 0; table && k < TABLE_COUNT; k++)
            free(table->pages[k]);
        free(table);
    }
    free(set->top);
    free(set->addresses);
    free(set);
}

static inline struct page *page_of(const struct exu_addrset *set, exu_addr address)
{
    if (address >> EXU_MEMORY_INDEXED_BITS)
        return NULL;
    const struct table *table = set->top[address >> TOP_SHIFT];
    return table ? table->pages[(address >> PAGE_SHIFT) & (TABLE_COUNT - 1)] : NULL;
}

static inline size_t word_of(exu_addr address)
{
    return (address >> 9) & (PAGE_WORDS - 1);
}

static inline uint64_t bit_of(exu_addr address)
{
    return (uint64_t)1 << ((address >> 3) & 63);
}

static struct page *make_page(struct exu_addrset *set, exu_addr address)
{
    struct table **table = &set->top[address >> TOP_SHIFT];
    if (!*table)
        *table = calloc(1, sizeof **table);
    struct page *page = *table ? calloc(1, sizeof *page) : NULL;
    if (!page) {
        set->failed = true;
        return NULL;
    }
    exu_addr start = address & ~(((exu_addr)1 << PAGE_SHIFT) - 1);
    page->whole = exu_memory_at(set->memory, start, (uint64_t)1 << PAGE_SHIFT);
    (*table)->pages[(address >> PAGE_SHIFT) & (TABLE_COUNT - 1)] = page;
    return page;
}

bool exu_addrset_add(struct exu_addrset *set, exu_addr address)
{
    if ((address & 7) || address >> EXU_MEMORY_INDEXED_BITS || set->sealed)
        return false;
    struct page *page = page_of(set, address);
    if ((!page || !page->whole) && !exu_memory_at(set->memory, address, 1))
        return false;
    if (!page && !(page = make_page(set, address)))
        return false;
    uint64_t *word = &page->words[word_of(address)], bit = bit_of(address);
    if (*word & bit)
        return false;
    *word |= bit;
    set->count++;
    return true;
}

bool exu_addrset_remove(struct exu_addrset *set, exu_addr address)
{
    if (set->sealed || !exu_addrset_has(set, address))
        return false;
    page_of(set, address)->words[word_of(address)] &= ~bit_of(address);
    set->count--;
    return true;
}

bool exu_addrset_has(const struct exu_addrset *set, exu_addr address)
{
    if (address & 7)
        return false;
    const struct page *page = page_of(set, address);
    return page && (page->words[word_of(address)] & bit_of(address));
}

bool exu_addrset_failed(const struct exu_addrset *set)
{
    return set->failed;
}

uint64_t exu_addrset_count(const struct exu_addrset *set)
{
    return set->count;
}

void exu_addrset_each(const struct exu_addrset *set, void (*member)(void *context, exu_addr address),
                      void *context)
{
    for (size_t i = 0; i < TOP_COUNT; i++) {
        const struct table *table = set->top[i];
        for (size_t k = 0; table && k < TABLE_COUNT; k++) {
            const struct page *page = table->pages[k];
            exu_addr start = ((exu_addr)i << TOP_SHIFT) + ((exu_addr)k << PAGE_SHIFT);
            for (size_t w = 0; page && w < PAGE_WORDS; w++)
                for (uint64_t bits = page->words[w]; bits; bits &= bits - 1)
                    member(context, start + ((exu_addr)w << 9) + ((exu_addr)__builtin_ctzll(bits) << 3));
        }
    }
}

/* __builtin_popcountll without -mpopcnt is a call of libgcc's table lookup. */
static inline unsigned count_bits(uint64_t x)
{
    x -= (x >> 1) & 0x5555555555555555u;
    x = (x & 0x3333333333333333u) + ((x >> 2) & 0x3333333333333333u);
    x = (x + (x >> 4)) & 0x0f0f0f0f0f0f0f0fu;
    return (unsigned)((x * 0x0101010101010101u) >> 56);
}

static void number_page(struct page *page, uint64_t *next)
{
    unsigned rank = 0;
    page->base = *next;
    for (size_t w = 0; w < PAGE_WORDS; w++) {
        page->ranks[w] = (uint16_t)rank;
        rank += count_bits(page->words[w]);
    }
    *next += rank;
}

static void keep_address(void *context, exu_addr address)
{
    exu_addr **next = context;
    *(*next)++ = address;
}

struct exu_error *exu_addrset_seal(struct exu_addrset *set)
{
    if (set->sealed)
        return NULL;
    if (set->count >= UINT32_MAX)
        return exu_error_new(EXU_ERROR_INPUT,
                             "%llu objects are more than the %u that can be numbered; "
                             "this core is too large for this version",
                             (unsigned long long)set->count, UINT32_MAX - 1);
    set->addresses = calloc(set->count + 1, sizeof *set->addresses);
    if (!set->addresses)
        return exu_error_memory();
    uint64_t next = 0;
    for (size_t i = 0; i < TOP_COUNT; i++) {
        struct table *table = set->top[i];
        for (size_t k = 0; table && k < TABLE_COUNT; k++)
            if (table->pages[k])
                number_page(table->pages[k], &next);
    }
    exu_addr *end = set->addresses;
    exu_addrset_each(set, keep_address, &end);
    set->sealed = true;
    return NULL;
}

uint32_t exu_addrset_rank(const struct exu_addrset *set, exu_addr address)
{
    if ((address & 7) || !set->sealed)
        return 0;
    const struct page *page = page_of(set, address);
    uint64_t bit = bit_of(address);
    if (!page || !(page->words[word_of(address)] & bit))
        return 0;
    size_t w = word_of(address);
    return (uint32_t)(page->base + page->ranks[w] + count_bits(page->words[w] & (bit - 1)) + 1);
}

exu_addr exu_addrset_address(const struct exu_addrset *set, uint32_t rank)
{
    return set->sealed && rank >= 1 && rank <= set->count ? set->addresses[rank - 1] : 0;
}
