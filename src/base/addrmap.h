/* A hash map from target addresses to 32-bit numbers. Address 0 is no key. */
#ifndef EXU_BASE_ADDRMAP_H
#define EXU_BASE_ADDRMAP_H

#include "base/base.h"

struct exu_addrmap {
    exu_addr *keys;
    uint32_t *values;
    size_t cap, len; /* cap: 0 or a power of two */
};

#define EXU_ADDRMAP_NONE UINT32_MAX

/* EXU_ADDRMAP_NONE when absent. */
uint32_t exu_addrmap_get(const struct exu_addrmap *map, exu_addr key);
/* Inserts or replaces; false without memory. */
bool exu_addrmap_put(struct exu_addrmap *map, exu_addr key, uint32_t value);
void exu_addrmap_deinit(struct exu_addrmap *map);

#endif
