/* Reading what a pack says of its core: dump/FORMAT.md. A pack is as foreign as a core: everything is checked. */
#include "core/private.h"

#include "dump/format.h"
#include "dump/record.h"
#include <stdlib.h>
#include <string.h>

#define PACK_VERSION 1u

struct reading {
    struct exu_core *core;
    struct exu_core_private *private;
    struct exu_core_origin origin;
    exu_vec(struct exu_image) images;
    exu_vec(struct exu_image_private) privates;
    exu_vec(struct exu_mapping) mappings;
    exu_vec(struct exu_segment) segments;
    const char *broken; /* what of the pack can't be right; NULL: nothing so far */
    bool full;          /* out of memory */
};

static struct exu_cursor cursor_of(const struct exu_core_private *p, const struct exu_own_note *note)
{
    if (note->offset > p->input.size || note->size > p->input.size - note->offset)
        return (struct exu_cursor){.broken = true};
    const uint8_t *at = p->input.bytes + note->offset;
    return (struct exu_cursor){.at = at, .end = at + note->size};
}

static const struct exu_own_note *find_note(const struct exu_core_private *p, uint32_t type)
{
    const struct exu_own_note *note;
    exu_vec_each (note, &p->notes.own)
        if (note->type == type)
            return note;
    return NULL;
}

/* ---- the parts ---- */

static struct exu_error *read_head(struct reading *r, const struct exu_own_note *note)
{
    struct exu_cursor c = cursor_of(r->private, note);
    struct exu_bump *bump = &r->private->bump;
    uint32_t version = exu_cursor_u32(&c);
    if (!c.broken && version != PACK_VERSION)
        return exu_error_new(EXU_ERROR_INPUT,
                             "%s: is a pack of format %u, and this exuvia reads format %u; use a newer one",
                             r->core->name, version, PACK_VERSION);
    exu_cursor_u32(&c); /* the schema of that exuvia */
    r->origin.exuvia_version = exu_cursor_text(&c, bump);
    r->origin.name = exu_cursor_text(&c, bump);
    r->origin.format = exu_cursor_text(&c, bump);
    r->origin.bytes = exu_cursor_u64(&c);
    uint8_t format = exu_cursor_u8(&c);
    if (!exu_cursor_done(&c) || !r->origin.exuvia_version || !r->origin.name || !r->origin.format ||
        format > EXU_CORE_KERNEL)
        r->broken = "its head";
    else
        r->private->notes.format = format == EXU_CORE_GCORE ? EXU_CORE_GCORE : EXU_CORE_KERNEL;
    return NULL;
}

static bool read_image(struct reading *r, struct exu_cursor *c)
{
    struct exu_bump *bump = &r->private->bump;
    struct exu_image image = {.path = exu_cursor_text(c, bump)};
    struct exu_image_private own = {.debug_sought = true};
    image.local_path = exu_cursor_text(c, bump);
    image.build_id = exu_cursor_text(c, bump);
    image.mismatch = exu_cursor_text(c, bump);
    image.start = exu_cursor_u64(c);
    image.end = exu_cursor_u64(c);
    image.bias = exu_cursor_u64(c);
    own.base = exu_cursor_u64(c);
    image.is_executable = exu_cursor_u8(c) != 0;
    uint16_t type = (uint16_t)exu_cursor_u32(c);
    uint32_t count = exu_cursor_count(c, sizeof(Elf64_Phdr));
    const uint8_t *phdrs = exu_cursor_bytes(c, count * sizeof(Elf64_Phdr));
    own.packed.dynamic = exu_cursor_blob(c, &own.packed.dynamic_size);
    if (c->broken || !image.path || image.start >= image.end || count > EXU_HEADERS_MAX_PHDRS)
        return false;
    if (r->images.len > 0 && image.start < r->images.items[r->images.len - 1].start)
        return false;
    if (count > 0) {
        Elf64_Phdr *copy = exu_bump_alloc(bump, count * sizeof *copy);
        if (copy)
            memcpy(copy, phdrs, count * sizeof *copy);
        if (!copy || !exu_headers_from_table(&own.headers, type, copy, count))
            return false;
    }
    r->full |= !exu_vec_push(&r->images, image) || !exu_vec_push(&r->privates, own);
    return !r->full;
}

static void read_images(struct reading *r, const struct exu_own_note *note)
{
    struct exu_cursor c = cursor_of(r->private, note);
    uint32_t count = exu_cursor_count(&c, 16);
    for (uint32_t i = 0; i < count; i++)
        if (!read_image(r, &c))
            break;
    if (!exu_cursor_done(&c) || r->images.len != count)
        r->broken = "its list of mapped files";
}

/* Kinds are constants of ours. */
static const char *known_kind(const char *kind)
{
    static const char *const kinds[] = {"file", "vdso", "stack", "anonymous", "bss", "heap"};
    for (size_t i = 0; kind && i < EXU_COUNT(kinds); i++)
        if (strcmp(kind, kinds[i]) == 0)
            return kinds[i];
    return NULL;
}

static bool read_mapping(struct reading *r, struct exu_cursor *c)
{
    struct exu_bump *bump = &r->private->bump;
    struct exu_mapping m = {.start = exu_cursor_u64(c)};
    m.end = exu_cursor_u64(c);
    m.file_offset = exu_cursor_u64(c);
    m.dumped_bytes = exu_cursor_u64(c);
    m.perms = exu_cursor_u8(c);
    m.backing = exu_cursor_u8(c);
    m.kind = known_kind(exu_cursor_text(c, bump));
    m.path = exu_cursor_text(c, bump);
    m.build_id = exu_cursor_text(c, bump);
    if (c->broken || m.start > m.end || m.dumped_bytes > m.end - m.start || m.perms > 7 ||
        m.backing > EXU_BACKING_ABSENT || !m.kind)
        return false;
    r->full |= !exu_vec_push(&r->mappings, m);
    return !r->full;
}

/* `bytes` marks those that have some, until they are looked up. */
static bool read_segment(struct reading *r, struct exu_cursor *c)
{
    struct exu_segment s = {.start = exu_cursor_u64(c)};
    s.end = exu_cursor_u64(c);
    s.mapping = exu_cursor_u32(c);
    s.perms = exu_cursor_u8(c);
    s.backing = exu_cursor_u8(c);
    uint8_t has = exu_cursor_u8(c);
    if (c->broken || s.start >= s.end || s.mapping >= r->mappings.len || s.perms > 7 || s.backing > EXU_BACKING_ABSENT)
        return false;
    if (r->segments.len > 0 && s.start < r->segments.items[r->segments.len - 1].end)
        return false;
    s.bytes = has ? r->private->input.bytes : NULL;
    s.zero = has == EXU_PACK_ZEROS;
    r->full |= !exu_vec_push(&r->segments, s);
    return !r->full;
}

static void read_memory(struct reading *r, const struct exu_own_note *note)
{
    struct exu_cursor c = cursor_of(r->private, note);
    uint32_t mappings = exu_cursor_count(&c, 46), segments;
    for (uint32_t i = 0; i < mappings; i++)
        if (!read_mapping(r, &c))
            break;
    segments = exu_cursor_count(&c, 23);
    for (uint32_t i = 0; i < segments && r->mappings.len == mappings; i++)
        if (!read_segment(r, &c))
            break;
    if (!exu_cursor_done(&c) || r->mappings.len != mappings || r->segments.len != segments)
        r->broken = "its list of mappings";
}

/* Which image a note is about. */
static struct exu_image_packed *note_of_image(struct reading *r, struct exu_cursor *c)
{
    uint32_t image = exu_cursor_u32(c);
    if (c->broken || image >= r->privates.len) {
        c->broken = true;
        return NULL;
    }
    return &r->privates.items[image].packed;
}

static void read_layout(struct reading *r, const struct exu_own_note *note)
{
    struct exu_cursor c = cursor_of(r->private, note);
    struct exu_image_packed *packed = note_of_image(r, &c);
    const char *path = exu_cursor_text(&c, &r->private->bump);
    uint32_t size;
    const uint8_t *text = exu_cursor_blob(&c, &size);
    if (!packed || !path || !exu_cursor_done(&c)) {
        r->broken = "a layout";
        return;
    }
    packed->layout = (const char *)text;
    packed->layout_size = size;
    packed->layout_path = path;
}

static void read_symbols(struct reading *r, const struct exu_own_note *note)
{
    struct exu_cursor c = cursor_of(r->private, note);
    struct exu_image_packed *packed = note_of_image(r, &c);
    if (!packed) {
        r->broken = "a list of symbols";
        return;
    }
    packed->symbols = c.at;
    packed->symbols_size = (uint64_t)(c.end - c.at);
}

void exu_packed_symbols(const struct exu_core *core, size_t image, exu_symbol_table *table)
{
    const struct exu_image_packed *packed = &core->private->images[image].packed;
    struct exu_cursor c = {.at = packed->symbols, .end = packed->symbols + packed->symbols_size};
    if (!packed->symbols)
        return;
    uint32_t size, count;
    const char *strings = (const char *)exu_cursor_blob(&c, &size);
    count = exu_cursor_count(&c, 26);
    if (c.broken || size == 0 || strings[size - 1] != 0)
        return;
    for (uint32_t i = 0; i < count; i++) {
        struct exu_symbol_entry entry = {.address = core->images[image].bias + exu_cursor_u64(&c)};
        entry.size = exu_cursor_u64(&c);
        uint32_t name = exu_cursor_u32(&c), source = exu_cursor_u32(&c);
        entry.type = exu_cursor_u8(&c);
        entry.global = exu_cursor_u8(&c) != 0;
        if (c.broken || name >= size || (source != EXU_RECORD_NO_TEXT && source >= size))
            return;
        entry.name = strings + name;
        entry.source = source == EXU_RECORD_NO_TEXT ? NULL : strings + source;
        if (!exu_vec_push(table, entry))
            return;
    }
}

static void read_anomalies(struct reading *r, const struct exu_own_note *note, struct exu_anomalies *anomalies)
{
    struct exu_cursor c = cursor_of(r->private, note);
    struct exu_bump *bump = &r->private->bump;
    uint32_t count = exu_cursor_count(&c, 16);
    for (uint32_t i = 0; i < count && !c.broken; i++) {
        exu_addr address = exu_cursor_u64(&c);
        const char *kind = exu_cursor_text(&c, bump), *message = exu_cursor_text(&c, bump);
        if (!c.broken && kind)
            exu_anomaly_again(anomalies, address, kind, message);
    }
    count = exu_cursor_count(&c, 12);
    for (uint32_t i = 0; i < count && !c.broken; i++) {
        const char *kind = exu_cursor_text(&c, bump);
        uint64_t more = exu_cursor_u64(&c);
        if (!c.broken && kind)
            exu_anomaly_count_more(anomalies, kind, more);
    }
    if (!exu_cursor_done(&c))
        exu_anomaly_add(anomalies, 0, "bad-pack", "the pack's list of anomalies is damaged");
}

/* ---- the whole ---- */

static void read_parts(struct reading *r)
{
    const struct exu_own_note *note;
    const struct exu_own_note *images = find_note(r->private, EXU_NOTE_IMAGES);
    const struct exu_own_note *memory = find_note(r->private, EXU_NOTE_MEMORY);
    if (!r->broken && images)
        read_images(r, images);
    if (!r->broken && memory)
        read_memory(r, memory);
    if (!r->broken && (!images || !memory))
        r->broken = "a note that is missing";
    exu_vec_each (note, &r->private->notes.own) {
        if (!r->broken && note->type == EXU_NOTE_LAYOUT)
            read_layout(r, note);
        if (!r->broken && note->type == EXU_NOTE_SYMBOLS)
            read_symbols(r, note);
    }
}

struct loss {
    uint64_t bytes, segments;
    exu_addr first;
};

/* What the pack promises and has not is a hole. */
static struct exu_error *add_hole(struct reading *r, const struct exu_segment *s, struct exu_anomalies *anomalies, struct loss *loss)
{
    struct exu_mapping *m = &r->mappings.items[s->mapping];
    struct exu_segment hole = *s;
    uint64_t size = s->end - s->start;
    hole.bytes = NULL;
    hole.backing = EXU_BACKING_ABSENT;
    if (s->backing == EXU_BACKING_CORE)
        m->dumped_bytes -= exu_min(size, m->dumped_bytes);
    if (loss->bytes == 0)
        loss->first = s->start;
    loss->bytes += exu_min(size, UINT64_MAX - loss->bytes);
    exu_anomaly_add(anomalies, s->start, "hole", "%llu bytes at %#llx %s", (unsigned long long)size, (unsigned long long)s->start,
                    r->private->input.lost.len ? "are lost: the file is damaged" : "are behind the end of the pack");
    return exu_memory_add_segment(r->core->memory, &hole);
}

static struct exu_error *fill_segment(struct reading *r, const struct exu_memory *probe, struct exu_segment s,
                                      struct exu_anomalies *anomalies, struct loss *loss)
{
    bool lost = false;
    for (exu_addr end = s.end; s.start < end; s.start = s.end) {
        uint64_t available;
        const struct exu_segment *there = exu_memory_find_(probe, s.start);
        s.bytes = exu_memory_span(probe, s.start, &available);
        s.end = s.bytes ? s.start + exu_min(available, end - s.start) : exu_min(end, there->start);
        s.zero = s.bytes && there->zero;
        EXU_TRY(s.bytes ? exu_memory_add_segment(r->core->memory, &s) : add_hole(r, &s, anomalies, loss));
        lost |= !s.bytes;
    }
    loss->segments += lost;
    return NULL;
}

static struct exu_error *add_zeros(struct reading *r, struct exu_segment s, struct exu_anomalies *anomalies, struct loss *loss)
{
    s.bytes = exu_memory_zeros(r->core->memory, s.end - s.start);
    return s.bytes ? exu_memory_add_segment(r->core->memory, &s) : add_hole(r, &s, anomalies, loss);
}

/* The segments with their bytes. */
static struct exu_error *fill_segments(struct reading *r, const struct exu_memory *probe, struct exu_anomalies *anomalies,
                                       struct loss *loss)
{
    struct exu_segment *s;
    exu_vec_each (s, &r->segments)
        EXU_TRY(s->zero    ? add_zeros(r, *s, anomalies, loss)
                : s->bytes ? fill_segment(r, probe, *s, anomalies, loss)
                           : exu_memory_add_segment(r->core->memory, s));
    return NULL;
}

static struct exu_error *take_memory(struct reading *r, struct exu_anomalies *anomalies)
{
    struct exu_memory *probe = NULL;
    struct loss loss = {0};
    EXU_TRY(exu_space_probe(&probe, r->core));
    struct exu_error *error = fill_segments(r, probe, anomalies, &loss);
    exu_memory_destroy(probe);
    if (error)
        return error;
    const struct exu_mapping *m;
    exu_vec_each (m, &r->mappings) {
        uint32_t index;
        EXU_TRY(exu_memory_add_mapping(r->core->memory, m, &index));
    }
    if (loss.segments > 0)
        exu_space_tell_lost(&r->private->input, "pack", loss.bytes, loss.segments, loss.first, anomalies);
    return exu_memory_seal(r->core->memory, anomalies);
}

static struct exu_error *take(struct reading *r, struct exu_anomalies *anomalies)
{
    const struct exu_own_note *found = find_note(r->private, EXU_NOTE_ANOMALIES);
    if (found)
        read_anomalies(r, found, anomalies);
    struct exu_core_origin *origin = exu_bump_alloc(&r->private->bump, sizeof *origin);
    if (!origin)
        return exu_error_memory();
    *origin = r->origin;
    r->core->origin = origin;
    r->core->images = r->images.items;
    r->core->image_count = r->images.len;
    r->private->images = r->privates.items;
    r->images.items = NULL;
    r->privates.items = NULL;
    return take_memory(r, anomalies);
}

struct exu_error *exu_packed_open(struct exu_core *core, struct exu_anomalies *anomalies, bool *ret_taken)
{
    struct reading r = {.core = core, .private = core->private};
    const struct exu_own_note *head = find_note(core->private, EXU_NOTE_PACK);
    *ret_taken = false;
    if (!head)
        return NULL;
    struct exu_error *error = read_head(&r, head);
    if (!error)
        read_parts(&r);
    if (!error && r.full)
        error = exu_error_memory();
    if (!error && r.broken)
        exu_anomaly_add(anomalies, 0, "bad-pack",
                        "%s of the pack can't be right; it is read like any core, with the files of this machine",
                        r.broken);
    else if (!error) {
        error = take(&r, anomalies);
        *ret_taken = true;
    }
    free(r.images.items);
    free(r.privates.items);
    exu_vec_free(&r.mappings);
    exu_vec_free(&r.segments);
    return error;
}
