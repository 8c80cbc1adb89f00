#include "load/retained.h"

#include <stdlib.h>

/* The paths' roots, then what a guess alone leads to. */
static uint32_t *roots_of(const struct exu_process *p, const struct exu_paths *paths, size_t *ret_count)
{
    size_t count = 0;
    for (uint32_t id = 1; id <= p->count; id++)
        count += paths->distance[id] == 0;
    uint32_t *roots = malloc((count + paths->guessed.len + 1) * sizeof *roots);
    if (!roots)
        return NULL;
    count = 0;
    for (uint32_t id = 1; id <= p->count; id++)
        if (paths->distance[id] == 0)
            roots[count++] = id;
    const uint32_t *guessed;
    exu_vec_each (guessed, &paths->guessed)
        roots[count++] = *guessed;
    *ret_count = count;
    return roots;
}

static struct exu_error *sum_types(const struct exu_process *p, struct exu_retained *retained)
{
    size_t count = p->model->types.len;
    uint32_t *classes = malloc(((size_t)p->count + 1) * sizeof *classes);
    retained->types = calloc(count + 1, sizeof *retained->types);
    struct exu_error *error = classes && retained->types ? NULL : exu_error_memory();
    for (uint32_t id = 1; !error && id <= p->count; id++) {
        struct exu_object o;
        classes[id] = exu_object_at(p->model, exu_address(p, id), &o)
                          ? exu_addrmap_get(&p->model->type_index, o.type->address)
                          : EXU_ADDRMAP_NONE;
    }
    if (!error)
        error = exu_dominators_by_class(&retained->dominators, classes, (uint32_t)count, retained->types);
    free(classes);
    return error;
}

struct exu_error *exu_retained_find(const struct exu_process *process, const struct exu_facts *facts,
                                    const struct exu_paths *paths, struct exu_retained *ret)
{
    struct exu_strong_edges edges = {facts->first, facts->targets, process->count};
    size_t count;
    uint32_t *roots = roots_of(process, paths, &count);
    if (!roots)
        return exu_error_memory();
    struct exu_error *error =
        exu_dominators_find(&ret->dominators, &edges, roots, count, paths->garbage, facts->footprint);
    free(roots);
    return error ? error : sum_types(process, ret);
}

void exu_retained_deinit(struct exu_retained *retained)
{
    exu_dominators_deinit(&retained->dominators);
    free(retained->types);
    retained->types = NULL;
}
