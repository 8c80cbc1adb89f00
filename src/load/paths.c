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
    exu_vec_free(&paths->guessed);
    exu_vec_free(&paths->roots);
    memset(paths, 0, sizeof *paths);
}

void exu_paths_root(struct exu_paths *paths, uint32_t object)
{
    if (!object || object > paths->count || paths->distance[object] != EXU_UNREACHED ||
        (paths->garbage && paths->garbage[object]))
        return;
    /* Without memory it stays unreached, which the spread reports. */
    if (exu_vec_push(&paths->queue, object))
        paths->distance[object] = 0;
}

/* From the queued objects on; all that is reached stays in the queue. */
static struct exu_error *spread(struct exu_paths *paths, const struct exu_facts *facts)
{
    for (size_t at = 0; at < paths->queue.len; at++) {
        uint32_t from = paths->queue.items[at];
        for (uint64_t i = facts->first[from]; i < facts->first[from + 1]; i++) {
            uint32_t to = facts->targets[i];
            if (paths->distance[to] != EXU_UNREACHED || (paths->garbage && paths->garbage[to]))
                continue;
            paths->distance[to] = paths->distance[from] + 1;
            paths->parent[to] = from;
            if (!exu_vec_push(&paths->queue, to))
                return exu_error_memory();
        }
    }
    return NULL;
}

struct exu_error *exu_paths_spread(struct exu_paths *paths, const struct exu_facts *facts)
{
    EXU_TRY(spread(paths, facts));
    paths->queue.len = 0;
    return NULL;
}

static bool guess_step(struct exu_paths *paths, const struct exu_guess *guess,
                       const struct exu_garbage *garbage)
{
    if (garbage->cycle[guess->to] || paths->distance[guess->from] == EXU_UNREACHED ||
        paths->distance[guess->to] != EXU_UNREACHED)
        return true;
    paths->distance[guess->to] = paths->distance[guess->from] + 1;
    paths->parent[guess->to] = guess->from;
    return exu_vec_push(&paths->guessed, guess->to) && exu_vec_push(&paths->queue, guess->to);
}

/* The first guess that is not before `from`. */
static size_t first_guess(const struct exu_facts *facts, uint32_t from)
{
    size_t low = 0, high = facts->guesses.len;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (facts->guesses.items[middle].from < from)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct exu_error *exu_paths_guess(struct exu_paths *paths, const struct exu_facts *facts,
                                  const struct exu_garbage *garbage)
{
    const struct exu_guess *guess;
    exu_vec_each (guess, &facts->guesses) {
        if (!guess_step(paths, guess, garbage))
            return exu_error_memory();
    }
    EXU_TRY(spread(paths, facts));
    /* From here on only what was reached since has guesses that were not tried: each is tried twice at most.
     */
    exu_vec(uint32_t) reached = {0};
    struct exu_error *error = NULL;
    while (!error && paths->queue.len) {
        reached.len = 0;
        for (size_t i = 0; !error && i < paths->queue.len; i++)
            if (!exu_vec_push(&reached, paths->queue.items[i]))
                error = exu_error_memory();
        paths->queue.len = 0;
        for (size_t i = 0; !error && i < reached.len; i++)
            for (size_t j = first_guess(facts, reached.items[i]);
                 !error && j < facts->guesses.len && facts->guesses.items[j].from == reached.items[i]; j++)
                if (!guess_step(paths, &facts->guesses.items[j], garbage))
                    error = exu_error_memory();
        if (!error)
            error = spread(paths, facts);
    }
    exu_vec_free(&reached);
    return error;
}

uint32_t *exu_paths_ends(const struct exu_paths *paths)
{
    uint32_t *ends = calloc((size_t)paths->count + 1, sizeof *ends);
    if (!ends)
        return NULL;
    for (size_t i = 0; i < paths->roots.len; i++) {
        uint32_t object = paths->roots.items[i].object;
        if (paths->distance[object] == 0 && !ends[object])
            ends[object] = (uint32_t)i + 1;
    }
    for (uint32_t id = 1; id <= paths->count; id++) {
        uint32_t at = id;
        while (!ends[at] && paths->parent[at])
            at = paths->parent[at];
        for (uint32_t end = ends[at], to = id; end && !ends[to]; to = paths->parent[to])
            ends[to] = end;
    }
    return ends;
}
