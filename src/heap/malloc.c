#include "heap/malloc.h"

#include "heap/glibc.h"

#include <stdlib.h>
#include <string.h>

/* Chunks are found through a table of the memory in units of this size: the first chunk that ends in the
 * unit. */
#define UNIT_SHIFT 12

/* A chunk of this size or more is a run of its own and takes no units. */
#define SINGLE_MIN (1ull << 20)

struct run { /* chunks that follow each other without much of a gap */
    exu_addr start, end;
    size_t first; /* unit; of a single chunk: its index */
    bool single;
};

struct exu_malloc_private {
    struct run *runs;
    size_t run_count;
    uint32_t *units;
};

const char *exu_chunk_state_text(enum exu_chunk_state state)
{
    switch (state) {
    case EXU_CHUNK_USED:
        return "used";
    case EXU_CHUNK_FREE:
        return "free";
    case EXU_CHUNK_TCACHE:
        return "tcache";
    case EXU_CHUNK_FASTBIN:
        return "fastbin";
    case EXU_CHUNK_TOP:
        return "top";
    case EXU_CHUNK_MMAPPED:
        return "mmapped";
    }
    return "used";
}

static const char *base_name(const char *path)
{
    const char *slash = path ? strrchr(path, '/') : NULL;
    return slash ? slash + 1 : path ? path : "";
}

static bool starts_with(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

/* A library that can take malloc's place in the process, or NULL. */
static const char *replacement(const struct exu_core *core)
{
    static const struct {
        const char *file, *name;
    } libraries[] = {
        {"libjemalloc", "jemalloc"}, {"libtcmalloc", "tcmalloc"}, {"libmimalloc", "mimalloc"},
        {"ld-musl-", "musl"},        {"libc.musl-", "musl"},
    };
    for (size_t i = 0; i < core->image_count; i++)
        for (size_t l = 0; l < EXU_COUNT(libraries); l++)
            if (starts_with(base_name(core->images[i].path), libraries[l].file))
                return libraries[l].name;
    return NULL;
}

static bool is_glibc(const struct exu_image *image)
{
    const char *name = base_name(image->path);
    return starts_with(name, "libc.so.6") || starts_with(name, "libc-2.");
}

/* libc's image, else (a static program) the executable's. */
static bool find_glibc(struct exu_glibc *g, struct exu_error **ret_error)
{
    const struct exu_core *core = g->core;
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < core->image_count; i++) {
            const struct exu_image *image = &core->images[i];
            if (pass == 0 ? is_glibc(image) : image->is_executable) {
                if (exu_glibc_find(g, image->start, image->end, ret_error))
                    return true;
                if (*ret_error)
                    return false;
            }
        }
    return false;
}

static struct exu_error *index_chunks(struct exu_malloc *m)
{
    exu_vec(struct run) runs = {0};
    exu_vec(uint32_t) units = {0};
    uint64_t unit = 1ull << UNIT_SHIFT;
    bool fine = m->chunk_count < UINT32_MAX;
    for (size_t i = 0; fine && i < m->chunk_count; i++) {
        const struct exu_chunk *c = &m->chunks[i];
        struct run *run = runs.len ? &runs.items[runs.len - 1] : NULL;
        if (c->size >= SINGLE_MIN) {
            fine = exu_vec_push(&runs, (struct run){c->address, c->address + c->size, i, true});
            continue;
        }
        if (!run || run->single || c->address - run->end > 64 * unit) {
            fine = exu_vec_push(&runs, (struct run){c->address & ~(unit - 1), c->address, units.len, false});
            if (!fine)
                break;
            run = &runs.items[runs.len - 1];
        }
        run->end = c->address + c->size;
        size_t needed = run->first + (size_t)((run->end - 1 - run->start) >> UNIT_SHIFT) + 1;
        fine = needed <= units.len || exu_vec_reserve(&units, needed - units.len);
        while (fine && units.len < needed)
            units.items[units.len++] = (uint32_t)i;
    }
    m->private->runs = runs.items;
    m->private->run_count = runs.len;
    m->private->units = units.items;
    return fine ? NULL : exu_error_memory();
}

static void hand_over(struct exu_glibc *g, struct exu_malloc *m)
{
    m->chunks = g->chunks.items;
    m->chunk_count = g->chunks.len;
    m->heaps = g->heaps.items;
    m->heap_count = g->heaps.len;
    m->arenas = g->arenas.items;
    m->arena_count = g->arenas.len;
    m->layout = g->row->versions;
    uint32_t count;
    if (g->par && exu_reader_u32(&g->reader, g->par + g->row->par.n_mmaps, &count) &&
        exu_glibc_word(g, g->par + g->row->par.mmapped_mem, &m->mmapped_bytes)) {
        m->mmapped_count = count;
        m->has_mmapped_totals = true;
    }
}

/* Whether glibc's malloc has a heap. Then a library like that was loaded later, or for calls by its own names, and replaces
 * nothing: who takes malloc's place does so before the first call. */
static struct exu_error *glibc_in_use(const struct exu_core *core, bool *ret)
{
    struct exu_anomalies ignored;
    struct exu_error *error = NULL;
    exu_anomalies_init(&ignored);
    struct exu_glibc g = {
        .core = core, .anomalies = &ignored, .reader = {.memory = core->memory}, .row = &exu_glibc_rows[0]};
    *ret = find_glibc(&g, &error) && g.heaps.len > 0;
    exu_vec_free(&g.arenas);
    exu_vec_free(&g.heaps);
    exu_anomalies_deinit(&ignored);
    return error;
}

static struct exu_error *read_glibc(struct exu_malloc *m, const struct exu_core *core,
                                    struct exu_anomalies *anomalies)
{
    struct exu_glibc g = {
        .core = core, .anomalies = anomalies, .reader = {.memory = core->memory}, .row = &exu_glibc_rows[0]};
    struct exu_error *error = NULL;
    if (find_glibc(&g, &error)) {
        m->name = "glibc";
        error = exu_malloc_walk(&g);
        if (!error)
            error = exu_malloc_mark_free(&g);
    } else if (!error) {
        exu_anomaly_add(anomalies, 0, "no-malloc", "glibc's malloc was not found in the process");
    }
    hand_over(&g, m);
    return error;
}

struct exu_error *exu_malloc_open(struct exu_malloc **ret, const struct exu_core *core,
                                  struct exu_anomalies *anomalies)
{
    struct exu_malloc *m = calloc(1, sizeof *m);
    if (!m || !(m->private = calloc(1, sizeof *m->private))) {
        free(m);
        return exu_error_memory();
    }
    struct exu_error *error = NULL;
    bool glibc = true;
    m->name = replacement(core);
    if (m->name)
        error = glibc_in_use(core, &glibc);
    if (glibc)
        m->name = NULL;
    if (error)
        ;
    else if (m->name)
        exu_anomaly_add(anomalies, 0, "no-malloc",
                        "%s takes malloc's place in the process: its blocks are not listed", m->name);
    else
        error = read_glibc(m, core, anomalies);
    if (!error)
        error = index_chunks(m);
    if (error) {
        exu_malloc_close(m);
        return error;
    }
    *ret = m;
    return NULL;
}

void exu_malloc_close(struct exu_malloc *m)
{
    if (!m)
        return;
    free(m->private->runs);
    free(m->private->units);
    free(m->private);
    free(m->chunks);
    free(m->heaps);
    free(m->arenas);
    free(m);
}

int64_t exu_malloc_chunk_at(const struct exu_malloc *m, exu_addr address)
{
    const struct exu_malloc_private *private = m->private;
    size_t low = 0, high = private->run_count;
    while (low < high) { /* the first run that ends behind the address */
        size_t middle = low + (high - low) / 2;
        if (private->runs[middle].end <= address)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == private->run_count || address < private->runs[low].start)
        return -1;
    const struct run *run = &private->runs[low];
    if (run->single)
        return (int64_t)run->first;
    size_t i = private->units[run->first + (size_t)((address - run->start) >> UNIT_SHIFT)];
    /* The unit's chunk ends in it or behind it; at most unit / 32 chunks begin in the unit. */
    while (i < m->chunk_count && m->chunks[i].address + m->chunks[i].size <= address)
        i++;
    return i < m->chunk_count && m->chunks[i].address <= address ? (int64_t)i : -1;
}
