/* The vocabulary that every module shares: target addresses, checked arithmetic, attributes.
 *
 * Layer: base. Includes nothing of exuvia. */
#ifndef EXU_BASE_BASE_H
#define EXU_BASE_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* An address in the dumped process; never a pointer of ours. */
typedef uint64_t exu_addr;

#define EXU_MUST_CHECK __attribute__((warn_unused_result))
#define EXU_PRINTF(fmt, first) __attribute__((format(printf, fmt, first)))
#define EXU_COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define EXU_STRINGIFY_(x) #x
#define EXU_STRINGIFY(x) EXU_STRINGIFY_(x)

/* a + b and a * b that say whether they fit. */
static inline bool exu_add(uint64_t a, uint64_t b, uint64_t *sum)
{
    return !__builtin_add_overflow(a, b, sum);
}
static inline bool exu_mul(uint64_t a, uint64_t b, uint64_t *product)
{
    return !__builtin_mul_overflow(a, b, product);
}

static inline uint64_t exu_min(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}
static inline uint64_t exu_max(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}
static inline bool exu_all_zero(const uint8_t *bytes, size_t size)
{
    return size == 0 || (bytes[0] == 0 && memcmp(bytes, bytes + 1, size - 1) == 0);
}
/* `align` is a power of two. Rounding up saturates at the last aligned value instead of wrapping. */
static inline uint64_t exu_round_up(uint64_t value, uint64_t align)
{
    uint64_t up = value + (align - 1);
    return up < value ? ~(align - 1) : up & ~(align - 1);
}

#endif
