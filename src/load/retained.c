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

/* ---- groups ---- */

struct membership {
    uint32_t node, group;
};

struct grouping {
    const struct exu_process *process;
    const struct exu_paths *paths;
    const struct exu_frame_table *frames;
    struct exu_retained *retained;
    uint32_t *type;                 /* by object id: its group */
    exu_vec(struct membership) more; /* groups of objects besides their type's */
    uint32_t *first, *groups;
    exu_vec(struct exu_group_start) starts;
};

/* A module is its object and its namespace: functions that others hold keep the namespace without the object. */
static struct exu_error *add_module(struct grouping *g, uint32_t id, const struct exu_object *o)
{
    const struct exu_layout *layout = &g->process->python->layout;
    struct exu_retained *r = g->retained;
    uint64_t dict = 0;
    if (exu_has(layout, EXU_PyModuleObject_md_dict))
        exu_memory_u64(g->process->memory, o->address + exu_offset(layout, EXU_PyModuleObject_md_dict), &dict);
    uint32_t group = (uint32_t)(r->types + r->modules.len), namespace = exu_id(g->process, dict);
    if (!exu_vec_push(&r->modules, id) || !exu_vec_push(&g->more, (struct membership){id, group}) ||
        (namespace && !exu_vec_push(&g->more, (struct membership){namespace, group})))
        return exu_error_memory();
    return NULL;
}

static struct exu_error *group_objects(struct grouping *g)
{
    const struct exu_process *p = g->process;
    g->type = malloc(((size_t)p->count + 1) * sizeof *g->type);
    if (!g->type)
        return exu_error_memory();
    for (uint32_t id = 1; id <= p->count; id++) {
        struct exu_object o;
        bool known = exu_object_at(p->model, exu_address(p, id), &o);
        g->type[id] = known ? exu_addrmap_get(&p->model->type_index, o.type->address) : EXU_GROUP_NONE;
        if (known && o.type->classes & EXU_IS_MODULE)
            EXU_TRY(add_module(g, id, &o));
    }
    return NULL;
}

static uint32_t thread_group(const struct exu_retained *r, uint32_t id)
{
    return id && id <= r->threads ? (uint32_t)(r->types + r->modules.len + id - 1) : EXU_GROUP_NONE;
}

static uint32_t frame_group(const struct exu_retained *r, uint32_t id)
{
    return id && id <= r->frames ? (uint32_t)(r->types + r->modules.len + r->threads + id - 1) : EXU_GROUP_NONE;
}

/* A frame on a thread's stack is that and its frame object. The others are nothing but objects: what these retain. */
static struct exu_error *group_frames(struct grouping *g)
{
    struct exu_retained *r = g->retained;
    for (uint32_t i = 0; i < r->frames; i++) {
        const struct exu_frame_row *row = &g->frames->rows.items[i];
        if (row->thread_id && row->object_id &&
            !exu_vec_push(&g->more, (struct membership){row->object_id, frame_group(r, i + 1)}))
            return exu_error_memory();
    }
    return NULL;
}

/* The groups of each object, side by side. */
static struct exu_error *join(struct grouping *g)
{
    uint32_t count = g->process->count;
    g->first = calloc((size_t)count + 2, sizeof *g->first);
    g->groups = malloc(((size_t)count + g->more.len + 1) * sizeof *g->groups);
    if (!g->first || !g->groups)
        return exu_error_memory();
    const struct membership *m;
    exu_vec_each (m, &g->more)
        g->first[m->node]++;
    uint32_t sum = 0;
    for (uint32_t id = 1; id <= count; id++) { /* ends; filling moves them to the beginnings */
        sum += g->first[id] + 1;
        g->first[id] = sum;
        g->groups[--g->first[id]] = g->type[id];
    }
    g->first[count + 1] = sum;
    exu_vec_each (m, &g->more)
        g->groups[--g->first[m->node]] = m->group;
    return NULL;
}

/* Who holds the roots. What lies on a C stack, or looks like a pointer in static memory, counts where nothing better
 * makes the object a root: the variables of a frame lie there as well while it runs. */
static struct exu_error *find_starts(struct grouping *g)
{
    const struct exu_paths *paths = g->paths;
    bool *surely = calloc((size_t)paths->count + 1, sizeof *surely);
    struct exu_error *error = surely ? NULL : exu_error_memory();
    const struct exu_path_root *root;
    exu_vec_each (root, &paths->roots)
        if (!error && root->sure)
            surely[root->object] = true;
    exu_vec_each (root, &paths->roots) {
        if (error || paths->distance[root->object] != 0 || (!root->sure && surely[root->object]))
            continue;
        struct exu_group_start start = {
            root->object, {frame_group(g->retained, root->frame_id), thread_group(g->retained, root->thread_id)}};
        if (!exu_vec_push(&g->starts, start))
            error = exu_error_memory();
    }
    free(surely);
    const uint32_t *guessed;
    exu_vec_each (guessed, &paths->guessed)
        if (!error && !exu_vec_push(&g->starts, (struct exu_group_start){*guessed, {EXU_GROUP_NONE, EXU_GROUP_NONE}}))
            error = exu_error_memory();
    return error;
}

static struct exu_error *group(struct grouping *g)
{
    struct exu_retained *r = g->retained;
    r->types = g->process->model->types.len;
    r->frames = g->frames->rows.len;
    const struct exu_path_root *root;
    exu_vec_each (root, &g->paths->roots)
        r->threads = exu_max(r->threads, root->thread_id);
    EXU_TRY(group_objects(g));
    EXU_TRY(group_frames(g));
    EXU_TRY(join(g));
    return find_starts(g);
}

static struct exu_error *sum_groups(struct exu_process *p, const struct exu_facts *facts, const struct exu_paths *paths,
                                    const struct exu_frame_table *frames, struct exu_retained *r)
{
    struct grouping g = {.process = p, .paths = paths, .frames = frames, .retained = r};
    struct exu_error *error = group(&g);
    size_t count = r->types + r->modules.len + r->threads + r->frames;
    struct exu_strong_edges edges = {facts->first, facts->targets, p->count};
    struct exu_group_members members = {g.first, g.groups, (uint32_t)count};
    bool whole = true;
    if (!error && !(r->groups = calloc(count + 1, sizeof *r->groups)))
        error = exu_error_memory();
    if (!error)
        error = exu_groups_sum(&edges, g.starts.items, g.starts.len, &members, paths->garbage, facts->footprint,
                               r->groups, &whole);
    if (!whole)
        exu_anomaly_add(&p->anomalies, 0, "retained-groups",
                        "so many groups lie within each other that what some retain is counted too low");
    free(g.type);
    free(g.first);
    free(g.groups);
    exu_vec_free(&g.more);
    exu_vec_free(&g.starts);
    return error;
}

struct exu_error *exu_retained_find(struct exu_process *process, const struct exu_facts *facts,
                                    const struct exu_paths *paths, const struct exu_frame_table *frames,
                                    struct exu_retained *ret)
{
    struct exu_strong_edges edges = {facts->first, facts->targets, process->count};
    size_t count;
    uint32_t *roots = roots_of(process, paths, &count);
    if (!roots)
        return exu_error_memory();
    struct exu_error *error =
        exu_dominators_find(&ret->dominators, &edges, roots, count, paths->garbage, facts->footprint);
    free(roots);
    return error ? error : sum_groups(process, facts, paths, frames, ret);
}

void exu_retained_deinit(struct exu_retained *retained)
{
    exu_dominators_deinit(&retained->dominators);
    exu_vec_free(&retained->modules);
    free(retained->groups);
    retained->groups = NULL;
}

/* ---- rows ---- */

static struct exu_error *write_row(struct exu_store *store, const char *kind, uint32_t id, uint64_t bytes, uint64_t objects)
{
    if (!id || !objects)
        return NULL;
    return EXU_ROW(store, EXU_TABLE_RETAINED, exu_cell_text(kind), exu_cell_id(id), exu_cell_integer((int64_t)bytes),
                   exu_cell_integer((int64_t)objects));
}

static struct exu_error *write_group(struct exu_store *store, const char *kind, uint32_t id, const struct exu_group_sum *sum)
{
    return write_row(store, kind, id, sum->bytes, sum->nodes);
}

static struct exu_error *write_object(struct exu_store *store, const char *kind, uint32_t id, uint32_t object,
                                      const struct exu_dominators *d)
{
    return write_row(store, kind, id, d->retained_bytes[object], d->retained_count[object]);
}

static struct exu_error *write_frames(struct exu_store *store, const struct exu_frame_table *frames,
                                      const struct exu_retained *r, const struct exu_group_sum *sums)
{
    for (uint32_t i = 0; i < r->frames; i++) {
        const struct exu_frame_row *row = &frames->rows.items[i];
        EXU_TRY(row->thread_id ? write_group(store, "frame", i + 1, &sums[i])
                               : write_object(store, "frame", i + 1, row->object_id, &r->dominators));
    }
    return NULL;
}

struct exu_error *exu_retained_write(const struct exu_process *p, const struct exu_facts *facts,
                                     const struct exu_frame_table *frames, const struct exu_retained *r,
                                     struct exu_store *store)
{
    const struct exu_group_sum *sum = r->groups;
    for (size_t i = 0; i < r->types; i++, sum++)
        EXU_TRY(write_group(store, "type", exu_id(p, p->model->types.items[i]->address), sum));
    for (size_t i = 0; i < r->modules.len; i++, sum++)
        EXU_TRY(write_group(store, "module", r->modules.items[i], sum));
    for (uint32_t i = 0; i < r->threads; i++, sum++)
        EXU_TRY(write_group(store, "thread", i + 1, sum));
    EXU_TRY(write_frames(store, frames, r, sum));
    const uint32_t *id;
    exu_vec_each (id, &facts->exceptions)
        EXU_TRY(write_object(store, "exception", *id, *id, &r->dominators));
    exu_vec_each (id, &facts->tracebacks)
        EXU_TRY(write_object(store, "traceback", *id, *id, &r->dominators));
    return NULL;
}
