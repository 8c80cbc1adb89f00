#include "core/pack.h"

#include "core/private.h"
#include "dump/format.h"
#include "dump/record.h"
#include "dump/writer.h"
#include <stdlib.h>
#include <string.h>

#define PACK_VERSION 1u
#define MAX_DYNAMIC ((uint64_t)65536)
#define ZEROS_LEAST ((uint64_t)64 << 20) /* that are not written; fewer take next to nothing in zstd */

const char *exu_core_format_name(const struct exu_core *core)
{
    if (core->snapshot.taken)
        return "snapshot";
    if (core->origin)
        return "pack";
    static const char *const names[][EXU_COMPRESSIONS] = {
        [EXU_CORE_GCORE] = {"gcore", "gcore+zstd", "gcore+gzip", "gcore+xz", "gcore+lz4"},
        [EXU_CORE_KERNEL] = {"kernel", "kernel+zstd", "kernel+gzip", "kernel+xz", "kernel+lz4"},
    };
    return names[core->format][core->compression];
}

/* ---- what is taken ---- */

typedef exu_vec(struct exu_segment) segment_list;

/* Whether [start, end) of an image is nothing but code: it has that in a PT_LOAD of its own, as linkers do it today
 * (`-z separate-code`). Without that its headers, symbols and constants are executable, too. */
static bool only_code(const struct exu_image *image, const struct exu_headers *headers, exu_addr start, exu_addr end)
{
    bool apart = false, code = false;
    for (size_t i = 0; i < headers->count; i++) {
        const Elf64_Phdr *p = &headers->phdrs[i];
        exu_addr from = image->bias + (p->p_vaddr & ~(EXU_PAGE - 1));
        exu_addr to = image->bias + exu_round_up(p->p_vaddr + p->p_memsz, EXU_PAGE);
        if (p->p_type == PT_DYNAMIC && from < end && to > start)
            return false;
        if (p->p_type != PT_LOAD)
            continue;
        if (p->p_flags & PF_X)
            code |= p->p_offset >= EXU_PAGE && start >= from && end <= to;
        else
            apart |= p->p_offset < EXU_PAGE;
    }
    return apart && code;
}

static bool is_interpreter(const struct exu_packing *packing, const struct exu_image *image, bool *ret_code)
{
    for (size_t i = 0; i < packing->interpreter_count; i++) {
        if (packing->interpreters[i].image != image)
            continue;
        *ret_code = packing->interpreters[i].code;
        return true;
    }
    return false;
}

/* The segments of the memory; code that came from files and that nobody reads has no bytes. (None is cut: the ledger counts
 * segments.) */
static struct exu_error *choose_segments(const struct exu_core *core, const struct exu_packing *packing, segment_list *list)
{
    for (size_t i = 0; i < core->memory->segment_count; i++) {
        struct exu_segment s = core->memory->segments[i];
        const struct exu_image *image = exu_core_image_at(core, s.start);
        bool read = false;
        if (s.bytes && s.backing == EXU_BACKING_FILE && (s.perms & EXU_PERM_X) && !(s.perms & EXU_PERM_W) && image &&
            !(is_interpreter(packing, image, &read) && read) &&
            only_code(image, &core->private->images[exu_image_index(core, image)].headers, s.start, s.end))
            s.bytes = NULL;
        if (!exu_vec_push(list, s))
            return exu_error_memory();
    }
    return NULL;
}

static bool left_out(const struct exu_segment *s)
{
    return s->zero && s->end - s->start >= ZEROS_LEAST;
}

/* ---- notes ---- */

static struct exu_error *note(struct exu_dump *dump, uint32_t type, struct exu_text *content)
{
    struct exu_error *error = content->failed
                                  ? exu_error_memory()
                                  : exu_dump_note(dump, EXU_NOTE_OWNER, type, content->data ? content->data : "",
                                                  content->len);
    exu_text_deinit(content);
    return error;
}

static bool of_a_pack(uint32_t type)
{
    return type >= EXU_NOTE_PACK && type < EXU_NOTE_SNAPSHOT;
}

static bool inside(const Elf64_Phdr *phdr, uint64_t offset)
{
    return offset >= phdr->p_offset && offset - phdr->p_offset < phdr->p_filesz;
}

/* The notes of the core as they are, each PT_NOTE for itself; not those that another pack added. */
static struct exu_error *core_notes(const struct exu_core_private *p, struct exu_dump *dump)
{
    for (size_t i = 0; i < p->phdr_count; i++) {
        const Elf64_Phdr *phdr = &p->phdrs[i];
        bool ours = false;
        const struct exu_own_note *own;
        exu_vec_each (own, &p->notes.own)
            ours |= of_a_pack(own->type) && inside(phdr, own->offset);
        uint64_t gap, size = exu_input_run(&p->input, phdr->p_offset, phdr->p_filesz, &gap);
        if (phdr->p_type != PT_NOTE || ours || size == 0)
            continue;
        EXU_TRY(exu_dump_raw_notes(dump, p->input.bytes + phdr->p_offset, size));
        EXU_TRY(exu_dump_note_group(dump));
    }
    return NULL;
}

/* Notes of our own beside those of a pack, when they stood among these. */
static struct exu_error *other_notes(const struct exu_core_private *p, struct exu_dump *dump)
{
    for (size_t i = 0; i < p->phdr_count; i++) {
        const struct exu_own_note *own;
        bool ours = false;
        exu_vec_each (own, &p->notes.own)
            ours |= of_a_pack(own->type) && inside(&p->phdrs[i], own->offset);
        exu_vec_each (own, &p->notes.own)
            if (p->phdrs[i].p_type == PT_NOTE && ours && !of_a_pack(own->type) && inside(&p->phdrs[i], own->offset) &&
                own->size <= p->input.size - own->offset)
                EXU_TRY(exu_dump_note(dump, EXU_NOTE_OWNER, own->type, p->input.bytes + own->offset, own->size));
    }
    return NULL;
}

static struct exu_error *head_note(const struct exu_core *core, const struct exu_packing *packing, struct exu_dump *dump)
{
    struct exu_text t = {0};
    const char *slash = strrchr(core->name, '/');
    exu_record_u32(&t, PACK_VERSION);
    exu_record_u32(&t, packing->schema_version);
    exu_record_text(&t, EXU_VERSION);
    exu_record_text(&t, core->origin ? core->origin->name : slash ? slash + 1 : core->name);
    exu_record_text(&t, core->origin ? core->origin->format : exu_core_format_name(core));
    exu_record_u64(&t, core->origin ? core->origin->bytes : core->input_bytes);
    exu_record_u8(&t, (uint8_t)core->format);
    return note(dump, EXU_NOTE_PACK, &t);
}

static void image_record(struct exu_text *t, const struct exu_image *image, const struct exu_image_private *own)
{
    exu_record_text(t, image->path);
    exu_record_text(t, image->local_path);
    exu_record_text(t, image->build_id);
    exu_record_text(t, image->mismatch);
    exu_record_u64(t, image->start);
    exu_record_u64(t, image->end);
    exu_record_u64(t, image->bias);
    exu_record_u64(t, own->base);
    exu_record_u8(t, image->is_executable);
    exu_record_u32(t, own->headers.type);
    exu_record_u32(t, (uint32_t)own->headers.count);
    if (own->headers.count > 0)
        exu_text_add(t, (const char *)own->headers.phdrs, own->headers.count * sizeof(Elf64_Phdr));
    const Elf64_Phdr *dynamic = exu_headers_find(&own->headers, PT_DYNAMIC);
    if (own->packed.dynamic)
        exu_record_blob(t, own->packed.dynamic, own->packed.dynamic_size);
    else if (dynamic && own->file.bytes && dynamic->p_offset < own->file.size)
        exu_record_blob(t, own->file.bytes + dynamic->p_offset,
                        (size_t)exu_min(exu_min(dynamic->p_filesz, own->file.size - dynamic->p_offset), MAX_DYNAMIC));
    else
        exu_record_blob(t, NULL, 0);
}

static struct exu_error *images_note(const struct exu_core *core, struct exu_dump *dump)
{
    struct exu_text t = {0};
    exu_record_u32(&t, (uint32_t)core->image_count);
    for (size_t i = 0; i < core->image_count; i++)
        image_record(&t, &core->images[i], &core->private->images[i]);
    return note(dump, EXU_NOTE_IMAGES, &t);
}

static struct exu_error *memory_note(const struct exu_memory *m, const segment_list *segments, struct exu_dump *dump)
{
    struct exu_text t = {0};
    exu_record_u32(&t, (uint32_t)m->mapping_count);
    for (size_t i = 0; i < m->mapping_count; i++) {
        const struct exu_mapping *mapping = &m->mappings[i];
        exu_record_u64(&t, mapping->start);
        exu_record_u64(&t, mapping->end);
        exu_record_u64(&t, mapping->file_offset);
        exu_record_u64(&t, mapping->dumped_bytes);
        exu_record_u8(&t, mapping->perms);
        exu_record_u8(&t, mapping->backing);
        exu_record_text(&t, mapping->kind);
        exu_record_text(&t, mapping->path);
        exu_record_text(&t, mapping->build_id);
    }
    exu_record_u32(&t, (uint32_t)segments->len);
    for (size_t i = 0; i < segments->len; i++) {
        const struct exu_segment *s = &segments->items[i];
        exu_record_u64(&t, s->start);
        exu_record_u64(&t, s->end);
        exu_record_u32(&t, s->mapping);
        exu_record_u8(&t, s->perms);
        exu_record_u8(&t, s->backing);
        exu_record_u8(&t, left_out(s) ? EXU_PACK_ZEROS : s->bytes ? EXU_PACK_BYTES : EXU_PACK_NO_BYTES);
    }
    return note(dump, EXU_NOTE_MEMORY, &t);
}

/* Names, each behind the other, in the order of the table: readers find what the table finds, duplicates included. */
static struct exu_error *symbols_note(const struct exu_core *core, size_t image, bool whole, struct exu_dump *dump)
{
    const exu_symbol_table *table = exu_image_static_symbols(core, image);
    const struct exu_symbol_entry *entry;
    const char *source = NULL;
    uint32_t source_at = EXU_RECORD_NO_TEXT, count = 0;
    struct exu_text t = {0}, strings = {0}, records = {0};
    exu_vec_each (entry, table) {
        /* Objects lie in data: of other files than the interpreter functions are never asked for. */
        if (!whole && (entry->type == STT_FUNC || entry->type == STT_GNU_IFUNC))
            continue;
        if (strings.len + strlen(entry->name) + 4096 > UINT32_MAX / 2)
            break;
        if (!entry->source) {
            source_at = EXU_RECORD_NO_TEXT;
        } else if (entry->source != source || source_at == EXU_RECORD_NO_TEXT) {
            source_at = (uint32_t)strings.len;
            exu_text_add(&strings, entry->source, strlen(entry->source) + 1);
        }
        source = entry->source;
        exu_record_u64(&records, entry->address - core->images[image].bias);
        exu_record_u64(&records, entry->size);
        exu_record_u32(&records, (uint32_t)strings.len);
        exu_record_u32(&records, source_at);
        exu_record_u8(&records, entry->type);
        exu_record_u8(&records, entry->global);
        exu_text_add(&strings, entry->name, strlen(entry->name) + 1);
        count++;
    }
    t.failed = strings.failed || records.failed;
    exu_record_u32(&t, (uint32_t)image);
    exu_record_blob(&t, strings.data, strings.len);
    exu_record_u32(&t, count);
    if (count > 0)
        exu_text_add(&t, records.data, records.len);
    exu_text_deinit(&strings);
    exu_text_deinit(&records);
    if (count > 0)
        return note(dump, EXU_NOTE_SYMBOLS, &t);
    exu_text_deinit(&t);
    return NULL;
}

static struct exu_error *symbol_notes(const struct exu_core *core, const struct exu_packing *packing, struct exu_dump *dump)
{
    for (size_t i = 0; i < core->image_count; i++) {
        bool code;
        EXU_TRY(symbols_note(core, i, is_interpreter(packing, &core->images[i], &code), dump));
    }
    return NULL;
}

static struct exu_error *layout_notes(const struct exu_core *core, const struct exu_packing *packing, struct exu_dump *dump)
{
    for (size_t i = 0; i < packing->layout_count; i++) {
        const struct exu_pack_layout *layout = &packing->layouts[i];
        struct exu_text t = {0};
        exu_record_u32(&t, (uint32_t)exu_image_index(core, layout->image));
        exu_record_text(&t, layout->path);
        exu_record_blob(&t, layout->text, layout->size);
        EXU_TRY(note(dump, EXU_NOTE_LAYOUT, &t));
    }
    return NULL;
}

static struct exu_error *anomalies_note(const struct exu_anomalies *a, struct exu_dump *dump)
{
    struct exu_text t = {0};
    exu_record_u32(&t, (uint32_t)a->len);
    for (size_t i = 0; i < a->len; i++) {
        exu_record_u64(&t, a->items[i].address);
        exu_record_text(&t, a->items[i].kind);
        exu_record_text(&t, a->items[i].message);
    }
    exu_record_u32(&t, (uint32_t)a->kind_count);
    for (size_t i = 0; i < a->kind_count; i++) {
        exu_record_text(&t, a->kinds[i].kind);
        exu_record_u64(&t, a->kinds[i].count - exu_min(a->kinds[i].count, EXU_ANOMALY_KEEP));
    }
    return note(dump, EXU_NOTE_ANOMALIES, &t);
}

/* What was found of them; of a pack without that, what it said. */
static struct exu_error *versions_note(const struct exu_core *core, const struct exu_packing *packing, struct exu_dump *dump)
{
    struct exu_text t = {0};
    exu_record_text(&t, core->versions.c_library ? core->versions.c_library : core->said.c_library);
    exu_record_text(&t, core->versions.malloc ? core->versions.malloc : core->said.malloc);
    exu_record_text(&t, packing->python_version);
    return note(dump, EXU_NOTE_VERSIONS, &t);
}

static struct exu_error *coredump_note(const struct exu_coredump *c, struct exu_dump *dump)
{
    struct exu_text t = {0};
    uint32_t count = 0;
    for (unsigned i = 0; i < EXU_COREDUMP_FACTS; i++)
        count += c->texts[i] != NULL;
    if (!count)
        return NULL;
    exu_record_u32(&t, count);
    for (unsigned i = 0; i < EXU_COREDUMP_FACTS; i++)
        if (c->texts[i]) {
            exu_record_text(&t, exu_coredump_fact_name((enum exu_coredump_fact)i));
            exu_record_text(&t, c->texts[i]);
        }
    return note(dump, EXU_NOTE_COREDUMP, &t);
}

/* ---- segments ---- */

/* A PT_LOAD for each segment: what is one piece to readers of the core must be that in the pack, and nothing else
 * (exu_memory_at). */
static struct exu_error *add_segments(const segment_list *list, struct exu_dump *dump, struct exu_pack_sizes *sizes)
{
    for (size_t i = 0; i < list->len; i++) {
        const struct exu_segment *s = &list->items[i], *before = i > 0 ? s - 1 : NULL;
        bool touches = before && before->bytes && s->bytes && before->end == s->start && !left_out(s) && !left_out(before);
        struct exu_dump_segment segment = {
            .start = s->start,
            .memory_size = s->end - s->start,
            .file_size = s->bytes && !left_out(s) ? s->end - s->start : 0,
            .flags = s->perms,
            .apart = touches && before->bytes + (before->end - before->start) != s->bytes,
        };
        if (s->backing == EXU_BACKING_FILE)
            sizes->from_files += segment.file_size;
        EXU_TRY(exu_dump_segment(dump, &segment));
    }
    return NULL;
}

static struct exu_error *segment_bytes(void *context, size_t segment, uint64_t offset, size_t size, const uint8_t **ret)
{
    const segment_list *list = context;
    (void)size;
    *ret = list->items[segment].bytes + offset;
    return NULL;
}

/* ---- the whole ---- */

static struct exu_error *collect(const struct exu_core *core, const struct exu_packing *packing, struct exu_dump *dump,
                                 segment_list *segments, struct exu_pack_sizes *sizes)
{
    EXU_TRY(choose_segments(core, packing, segments));
    EXU_TRY(core_notes(core->private, dump));
    EXU_TRY(head_note(core, packing, dump));
    EXU_TRY(images_note(core, dump));
    EXU_TRY(memory_note(core->memory, segments, dump));
    EXU_TRY(layout_notes(core, packing, dump));
    EXU_TRY(symbol_notes(core, packing, dump));
    EXU_TRY(anomalies_note(packing->anomalies, dump));
    EXU_TRY(versions_note(core, packing, dump));
    EXU_TRY(coredump_note(&core->coredump, dump));
    EXU_TRY(other_notes(core->private, dump));
    return add_segments(segments, dump, sizes);
}

struct exu_error *exu_core_pack(const struct exu_core *core, const struct exu_packing *packing, int fd, const char *name,
                                struct exu_pack_sizes *ret)
{
    struct exu_dump *dump = NULL;
    struct exu_pack_sizes sizes = {0};
    EXU_TRY(exu_dump_create(&dump));
    segment_list segments = {0};
    struct exu_error *error = collect(core, packing, dump, &segments, &sizes);
    if (!error)
        error = exu_dump_write(dump, fd, name, true, segment_bytes, &segments, packing->progress);
    exu_vec_free(&segments);
    sizes.core = exu_dump_core_bytes(dump);
    sizes.file = exu_dump_file_bytes(dump);
    exu_dump_destroy(dump);
    if (!error)
        *ret = sizes;
    return error;
}
