#include "load/paths.h"

#include <stdlib.h>

struct exu_error *exu_paths_create(struct exu_paths *paths, uint32_t count)
{
    memset(paths, 0, sizeof *paths);
    paths->count = count;
    paths->parent = calloc((size_t)count + 1, sizeof *paths->parent);
    paths->distance = malloc(((size_t)count + 1) * sizeof *paths->distance);
    if (!paths->parent || !paths->distance)
        return exu_error_memory();
    memset(paths->distance, 0xff, ((size_t)count + 1) * sizeof *paths->distance);
    return NULL;
}

void exu_paths_deinit(struct exu_paths *paths)
{
    free(paths->parent);
    free(paths->distance);
    exu_vec_free(&paths->queue);
    memset(paths, 0, sizeof *paths);
}

void exu_paths_root(struct exu_paths *paths, uint32_t object)
{
    if (!object || object > paths->count || paths->distance[object] != EXU_UNREACHED)
        return;
    /* Without memory it stays unreached, which the spread reports. */
    if (exu_vec_push(&paths->queue, object))
        paths->distance[object] = 0;
}

struct exu_error *exu_paths_spread(struct exu_paths *paths, const struct exu_facts *facts)
{
    for (size_t at = 0; at < paths->queue.len; at++) {
        uint32_t from = paths->queue.items[at];
        for (uint64_t i = facts->first[from]; i < facts->first[from + 1]; i++) {
            uint32_t to = facts->targets[i];
            if (paths->distance[to] != EXU_UNREACHED)
                continue;
            paths->distance[to] = paths->distance[from] + 1;
            paths->parent[to] = from;
            if (!exu_vec_push(&paths->queue, to))
                return exu_error_memory();
        }
    }
    paths->queue.len = 0;
    return NULL;
}

struct exu_error *exu_paths_guess(struct exu_paths *paths, const struct exu_facts *facts)
{
    bool more = true;
    while (more) {
        more = false;
        const struct exu_guess *guess;
        exu_vec_each(guess, &facts->guesses)
        {
            if (paths->distance[guess->from] == EXU_UNREACHED || paths->distance[guess->to] != EXU_UNREACHED)
                continue;
            paths->distance[guess->to] = paths->distance[guess->from] + 1;
            paths->parent[guess->to] = guess->from;
            if (!exu_vec_push(&paths->queue, guess->to))
                return exu_error_memory();
            more = true;
        }
        EXU_TRY(exu_paths_spread(paths, facts));
    }
    return NULL;
}
