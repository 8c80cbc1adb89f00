#include "load/pieces.h"

#include <stdlib.h>
#include <string.h>

/* A piece of text or bytes: its length and size; false for any other object. */
static bool piece(const struct exu_process *p, uint32_t id, uint64_t *length, uint64_t *size)
{
    struct exu_object o;
    return exu_object_at(p->model, exu_address(p, id), &o) && o.type->classes & (EXU_IS_STR | EXU_IS_BYTES) &&
           exu_object_length(&o, length) && exu_object_getsizeof(&o, size);
}

#define STRINGIO_ACCUMULATING 2 /* Modules/_io/stringio.c, STATE_ACCUMULATING */

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
    return EXU_ROW(w->store, EXU_TABLE_CHUNK_LIST, exu_cell_id(object), exu_cell_id(holder),
                   exu_cell_text(kind), exu_cell_integer((int64_t)pieces), exu_cell_integer((int64_t)bytes),
                   exu_cell_integer((int64_t)piece_size));
}

/* A list or deque all of whose items are pieces. */
static struct exu_error *write_list(struct pieces *w, const struct exu_object *o, uint32_t id,
                                    uint32_t parent)
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

/* A writer that grows one str (Objects/unicodeobject.c, _PyUnicodeWriter): as long as `pos` says. */
static bool written(const struct exu_object *o, exu_addr *ret_text, uint64_t *ret_characters)
{
    exu_addr writer;
    switch (o->model->python->strategy.stringio) {
    case EXU_STRINGIO_ACCU:
    case EXU_STRINGIO_BUFFER:
        return false;
    case EXU_STRINGIO_WRITER:
        *ret_text = exu_object_word(o, EXU_stringio_writer_buffer);
        *ret_characters = exu_object_word(o, EXU_stringio_writer_pos);
        return exu_object_word(o, EXU_stringio_state) == STRINGIO_ACCUMULATING;
    case EXU_STRINGIO_WRITER_POINTER:
        writer = exu_object_word(o, EXU_stringio_writer);
        return exu_object_word(o, EXU_stringio_state) == STRINGIO_ACCUMULATING && writer &&
               exu_field_read(o, writer, EXU__PyUnicodeWriter_buffer, ret_text) &&
               exu_field_read(o, writer, EXU__PyUnicodeWriter_pos, ret_characters);
    }
    return false;
}

/* Modules/_io/stringio.c: while it accumulates, the text is in the lists of its accumulator or in its writer;
 * else in a buffer of UCS4. */
static struct exu_error *write_stringio(struct pieces *w, const struct exu_object *o, uint32_t id)
{
    exu_addr text;
    uint64_t written_characters, length, size;
    if (written(o, &text, &written_characters)) {
        uint32_t buffer = exu_id(w->process, text);
        if (!buffer || !piece(w->process, buffer, &length, &size) || !written_characters ||
            written_characters > length)
            return NULL;
        return write_row(w, id, id, "stringio", 1, size, written_characters);
    }
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

/* `size` bytes of memory that are no object, of which `length` are the content. */
static struct exu_error *write_own(struct pieces *w, uint32_t id, const char *kind, uint64_t size,
                                   uint64_t length)
{
    if (!length || length > size || size > INT64_MAX)
        return NULL;
    return write_row(w, id, id, kind, 1, size, length);
}

static struct exu_error *write_bytesio(struct pieces *w, const struct exu_object *o, uint32_t id)
{
    uint64_t length, size;
    if (exu_has(o->layout, EXU_bytesio_buf_size)) /* 2.7: memory of its own */
        return write_own(w, id, "bytesio", exu_object_word(o, EXU_bytesio_buf_size),
                         exu_object_word(o, EXU_bytesio_string_size));
    uint32_t buffer = exu_id(w->process, exu_object_word(o, EXU_bytesio_buf));
    if (!buffer || !piece(w->process, buffer, &length, &size) || !length)
        return NULL;
    return write_row(w, id, id, "bytesio", 1, size, exu_object_word(o, EXU_bytesio_string_size));
}

/* ---- 2.7 ---- */

#define CLASS_DEPTH 16

/* Is the old-style class StringIO.StringIO (Lib/StringIO.py), or does its first base lead there? */
static bool is_stringio_class(const struct exu_process *p, exu_addr class)
{
    for (int depth = 0; depth < CLASS_DEPTH; depth++) {
        struct exu_object o, bases;
        char name[sizeof "StringIO" + 1], module[sizeof "StringIO" + 1];
        uint64_t first;
        if (!exu_object_at(p->model, class, &o) || strcmp(o.type->name, "classobj") != 0)
            return false;
        exu_addr module_object =
            exu_dict_get(p->model, exu_object_word(&o, EXU_PyClassObject_cl_dict), "__module__");
        if (exu_model_str(p->model, exu_object_word(&o, EXU_PyClassObject_cl_name), name, sizeof name) &&
            exu_model_str(p->model, module_object, module, sizeof module) && strcmp(name, "StringIO") == 0 &&
            strcmp(module, "StringIO") == 0)
            return true;
        if (!exu_object_at(p->model, exu_object_word(&o, EXU_PyClassObject_cl_bases), &bases) ||
            !(bases.type->classes & EXU_IS_TUPLE) || !exu_object_word(&bases, EXU_PyVarObject_ob_size) ||
            !exu_field_read(&bases, bases.address, EXU_PyTupleObject_ob_item, &first))
            return false;
        class = first;
    }
    return false;
}

/* Its text is `buf` and the pieces that came since, in `buflist`, which write_list writes. */
static struct exu_error *write_old_stringio(struct pieces *w, const struct exu_object *o, uint32_t id,
                                            struct exu_addrmap *classes)
{
    const struct exu_process *p = w->process;
    exu_addr class = exu_object_word(o, EXU_PyInstanceObject_in_class);
    exu_addr dict = exu_object_word(o, EXU_PyInstanceObject_in_dict);
    uint32_t known = exu_addrmap_get(classes, class);
    if (known == EXU_ADDRMAP_NONE) {
        known = is_stringio_class(p, class);
        if (class && !exu_addrmap_put(classes, class, known))
            return exu_error_memory();
    }
    if (!known)
        return NULL;
    exu_addr list = exu_dict_get(p->model, dict, "buflist");
    uint32_t text = exu_id(p, exu_dict_get(p->model, dict, "buf"));
    uint64_t length, size;
    if (list && exu_id(p, list) && !exu_addrmap_put(&w->owners, list, id))
        return exu_error_memory();
    if (!text || !piece(p, text, &length, &size) || !length)
        return NULL;
    return write_row(w, id, id, "stringio", 1, size, length);
}

/* Modules/cStringIO.c: a writer has memory of its own, a reader what it was made from. */
static struct exu_error *write_cstringio(struct pieces *w, const struct exu_object *o, uint32_t id)
{
    if (strcmp(o->type->name, "cStringIO.StringO") == 0)
        return write_own(w, id, "cstringio", exu_object_word(o, EXU_Oobject_buf_size),
                         exu_object_word(o, EXU_Oobject_string_size));
    uint64_t length, size;
    uint32_t text = exu_id(w->process, exu_object_word(o, EXU_Iobject_pbuf_obj));
    if (!text || !piece(w->process, text, &length, &size) || !length)
        return NULL;
    return write_row(w, id, id, "cstringio", 1, size, length);
}

static struct exu_error *write_python2(struct pieces *w)
{
    const struct exu_process *p = w->process;
    struct exu_addrmap classes = {0};
    struct exu_error *error = NULL;
    for (uint32_t id = 1; !error && id <= p->count; id++) {
        struct exu_object o;
        if (!exu_object_at(p->model, exu_address(p, id), &o) || o.type->heap)
            continue;
        if (strcmp(o.type->name, "instance") == 0)
            error = write_old_stringio(w, &o, id, &classes);
        else if (strncmp(o.type->name, "cStringIO.", sizeof "cStringIO." - 1) == 0)
            error = write_cstringio(w, &o, id);
    }
    exu_addrmap_deinit(&classes);
    return error;
}

/* `classes` of the sequences to write; StringIO first, so that its lists are known. */
static struct exu_error *write_all(struct pieces *w, const struct exu_paths *paths, uint32_t classes)
{
    const uint32_t *id;
    exu_vec_each (id, &w->facts->sequences) {
        struct exu_object o;
        if (!exu_object_at(w->process->model, exu_address(w->process, *id), &o) ||
            !(o.type->classes & classes))
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
    if (!error && process->python->strategy.old_style)
        error = write_python2(&w);
    if (!error)
        error = write_all(&w, paths, EXU_IS_LIST | EXU_IS_DEQUE);
    exu_vec_free(&w.lengths);
    exu_vec_free(&w.ids);
    exu_addrmap_deinit(&w.owners);
    return error;
}
