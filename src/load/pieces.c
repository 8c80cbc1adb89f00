#include "load/pieces.h"

#include <stdlib.h>

/* A piece of text or bytes: its length and size; false for any other object. */
static bool piece(const struct exu_process *p, uint32_t id, uint64_t *length, uint64_t *size)
{
    struct exu_object o;
    return exu_object_at(p->model, exu_address(p, id), &o) && o.type->classes & (EXU_IS_STR | EXU_IS_BYTES) &&
           exu_object_length(&o, length) && exu_object_getsizeof(&o, size);
}

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static uint64_t commonest(uint64_t *values, size_t count)
{
    uint64_t best = 0;
    size_t best_run = 0;
    qsort(values, count, sizeof *values, compare);
    for (size_t i = 0, j; i < count; i = j) {
        for (j = i; j < count && values[j] == values[i]; j++)
            ;
        if (j - i >= best_run) {
            best_run = j - i;
            best = values[i];
        }
    }
    return best;
}

struct pieces {
    const struct exu_process *process;
    const struct exu_facts *facts;
    struct exu_store *store;
    exu_vec(uint64_t) lengths; /* scratch */
    exu_vec(uint32_t) ids;     /* scratch */
    struct exu_addrmap owners; /* address of a StringIO's list -> id of the StringIO */
};

static int compare_ids(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static struct exu_error *write_row(struct pieces *w, uint32_t object, uint32_t holder, const char *kind,
                                   uint64_t pieces, uint64_t bytes, uint64_t piece_size)
{
    return EXU_ROW(w->store, EXU_TABLE_CHUNK_LIST, exu_cell_id(object), exu_cell_id(holder), exu_cell_text(kind),
                   exu_cell_integer((int64_t)pieces), exu_cell_integer((int64_t)bytes),
                   exu_cell_integer((int64_t)piece_size));
}

/* A list or deque all of whose items are pieces. */
static struct exu_error *write_list(struct pieces *w, const struct exu_object *o, uint32_t id, uint32_t parent)
{
    const struct exu_process *p = w->process;
    uint64_t items, bytes = 0, length, size;
    uint32_t owner = exu_addrmap_get(&w->owners, o->address);
    bool owned = owner != EXU_ADDRMAP_NONE;
    uint64_t first = w->facts->first[id], last = w->facts->first[id + 1];
    if (!exu_object_length(o, &items) || items > last - first || items < (owned ? 1 : EXU_PIECES_LEAST))
        return NULL;
    w->lengths.len = 0;
    w->ids.len = 0;
    for (uint64_t i = first; i < last; i++) {
        uint32_t target = w->facts->targets[i];
        if (!piece(p, target, &length, &size)) {
            if (last - first == items)
                return NULL; /* an item that is no piece */
            continue;        /* a subclass has other references, too */
        }
        if (!exu_vec_push(&w->lengths, length) || !exu_vec_push(&w->ids, target))
            return exu_error_memory();
    }
    if (w->lengths.len < items)
        return NULL;
    qsort(w->ids.items, w->ids.len, sizeof *w->ids.items, compare_ids);
    for (size_t i = 0; i < w->ids.len; i++)
        if ((!i || w->ids.items[i] != w->ids.items[i - 1]) && piece(p, w->ids.items[i], &length, &size))
            bytes += size;
    const char *kind = owned ? "stringio" : o->type->classes & EXU_IS_DEQUE ? "deque" : "list";
    return write_row(w, id, owned ? owner : parent, kind, items, bytes,
                     commonest(w->lengths.items, w->lengths.len));
}

/* Modules/_io/stringio.c: while it accumulates, the text is in the lists of its accumulator; else in a buffer of
 * UCS4. */
static struct exu_error *write_stringio(struct pieces *w, const struct exu_object *o, uint32_t id)
{
    static const enum exu_field lists[] = {EXU_stringio_accu_large, EXU_stringio_accu_small};
    bool accumulating = false;
    for (size_t i = 0; i < EXU_COUNT(lists); i++) {
        exu_addr list = exu_object_word(o, lists[i]);
        if (!list || !exu_id(w->process, list))
            continue;
        accumulating = true;
        if (!exu_addrmap_put(&w->owners, list, id))
            return exu_error_memory();
    }
    uint64_t characters = exu_object_word(o, EXU_stringio_string_size);
    if (accumulating || !characters || characters > INT64_MAX / 4)
        return NULL;
    return write_row(w, id, id, "stringio", 1, characters * 4, characters);
}

static struct exu_error *write_bytesio(struct pieces *w, const struct exu_object *o, uint32_t id)
{
    uint64_t length, size;
    uint32_t buffer = exu_id(w->process, exu_object_word(o, EXU_bytesio_buf));
    if (!buffer || !piece(w->process, buffer, &length, &size) || !length)
        return NULL;
    return write_row(w, id, id, "bytesio", 1, size, exu_object_word(o, EXU_bytesio_string_size));
}

/* `classes` of the sequences to write; StringIO first, so that its lists are known. */
static struct exu_error *write_all(struct pieces *w, const struct exu_paths *paths, uint32_t classes)
{
    const uint32_t *id;
    exu_vec_each(id, &w->facts->sequences)
    {
        struct exu_object o;
        if (!exu_object_at(w->process->model, exu_address(w->process, *id), &o) || !(o.type->classes & classes))
            continue;
        if (o.type->classes & EXU_IS_STRINGIO)
            EXU_TRY(write_stringio(w, &o, *id));
        else if (o.type->classes & EXU_IS_BYTESIO)
            EXU_TRY(write_bytesio(w, &o, *id));
        else
            EXU_TRY(write_list(w, &o, *id, paths->parent[*id]));
    }
    return NULL;
}

struct exu_error *exu_pieces_write(const struct exu_process *process, const struct exu_facts *facts,
                                   const struct exu_paths *paths, struct exu_store *store)
{
    struct pieces w = {.process = process, .facts = facts, .store = store};
    struct exu_error *error = write_all(&w, paths, EXU_IS_STRINGIO | EXU_IS_BYTESIO);
    if (!error)
        error = write_all(&w, paths, EXU_IS_LIST | EXU_IS_DEQUE);
    exu_vec_free(&w.lengths);
    exu_vec_free(&w.ids);
    exu_addrmap_deinit(&w.owners);
    return error;
}
