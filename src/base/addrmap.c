#include "base/addrmap.h"

#include <stdlib.h>
#include <string.h>

static size_t slot_of(exu_addr key, size_t cap)
{
    /* Fibonacci hashing: addresses are multiples of 8 or 16. */
    return (size_t)((key * UINT64_C(0x9E3779B97F4A7C15)) >> 20) & (cap - 1);
}

uint32_t exu_addrmap_get(const struct exu_addrmap *map, exu_addr key)
{
    if (!map->cap || !key)
        return EXU_ADDRMAP_NONE;
    for (size_t i = slot_of(key, map->cap);; i = (i + 1) & (map->cap - 1)) {
        if (map->keys[i] == key)
            return map->values[i];
        if (!map->keys[i])
            return EXU_ADDRMAP_NONE;
    }
}

static void place(struct exu_addrmap *map, exu_addr key, uint32_t value)
{
    size_t i = slot_of(key, map->cap);
    while (map->keys[i] && map->keys[i] != key)
        i = (i + 1) & (map->cap - 1);
    map->len += !map->keys[i];
    map->keys[i] = key;
    map->values[i] = value;
}

bool exu_addrmap_put(struct exu_addrmap *map, exu_addr key, uint32_t value)
{
    if (!key)
        return false;
    if (map->len * 2 >= map->cap) {
        struct exu_addrmap grown = {.cap = map->cap ? map->cap * 2 : 64};
        grown.keys = calloc(grown.cap, sizeof *grown.keys);
        grown.values = malloc(grown.cap * sizeof *grown.values);
        if (!grown.keys || !grown.values) {
            free(grown.keys);
            free(grown.values);
            return false;
        }
        for (size_t i = 0; i < map->cap; i++)
            if (map->keys[i])
                place(&grown, map->keys[i], map->values[i]);
        exu_addrmap_deinit(map);
        *map = grown;
    }
    place(map, key, value);
    return true;
}

void exu_addrmap_deinit(struct exu_addrmap *map)
{
    free(map->keys);
    free(map->values);
    memset(map, 0, sizeof *map);
}
