#include "query/tiles.h"

static const char *keep(struct exu_tiles *tiles, struct exu_text *text)
{
    const char *kept = text->failed ? NULL : exu_bump_strdup(&tiles->texts, text->data ? text->data : "");
    exu_text_deinit(text);
    return kept;
}

struct exu_error *exu_tiles_add(struct exu_tiles *tiles, struct exu_tile tile, struct exu_text *type,
                                struct exu_text *label)
{
    tile.type = keep(tiles, type);
    tile.label = keep(tiles, label);
    if (!tile.type || !tile.label || !exu_vec_push(&tiles->items, tile))
        return exu_error_memory();
    return NULL;
}

struct exu_tile *exu_tiles_largest(const struct exu_tiles *tiles, const bool *opened, uint32_t depth)
{
    struct exu_tile *best = NULL;
    for (size_t i = 0; i < tiles->items.len; i++) {
        struct exu_tile *tile = &tiles->items.items[i];
        if (!opened[i] && tile->depth < depth && (!best || tile->bytes > best->bytes))
            best = tile;
    }
    return best;
}

void exu_tiles_deinit(struct exu_tiles *tiles)
{
    exu_vec_free(&tiles->items);
    exu_bump_deinit(&tiles->texts);
}
