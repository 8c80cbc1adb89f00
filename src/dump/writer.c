#include "dump/writer.h"

#include "base/vec.h"
#include <elf.h>
#include <stdlib.h>
#include <string.h>

#define PAGE ((uint64_t)4096)
#define MAX_NOTES_SIZE ((uint64_t)1 << 32)

struct group {
    uint64_t offset, size; /* in `notes` */
};

struct exu_dump {
    exu_vec(uint8_t) notes;
    exu_vec(struct group) groups;
    exu_vec(struct exu_dump_segment) segments;
    uint64_t core_bytes, file_bytes;
};

struct exu_error *exu_dump_create(struct exu_dump **ret)
{
    struct exu_dump *dump = calloc(1, sizeof *dump);
    struct group first = {0, 0};
    if (!dump || !exu_vec_push(&dump->groups, first)) {
        free(dump);
        return exu_error_memory();
    }
    *ret = dump;
    return NULL;
}

void exu_dump_destroy(struct exu_dump *dump)
{
    if (!dump)
        return;
    exu_vec_free(&dump->notes);
    exu_vec_free(&dump->groups);
    exu_vec_free(&dump->segments);
    free(dump);
}

/* ---- notes ---- */

/* Appends, and zeros up to a multiple of 4. `counted` of that is what the group gets. */
static struct exu_error *append(struct exu_dump *dump, const void *bytes, uint64_t size, uint64_t counted)
{
    uint64_t padded = exu_round_up(size, 4);
    if (padded > MAX_NOTES_SIZE || dump->notes.len + padded > MAX_NOTES_SIZE)
        return exu_error_new(EXU_ERROR_MACHINE, "the notes of the dump would be larger than 4 GB");
    if (!exu_vec_reserve(&dump->notes, (size_t)padded))
        return exu_error_memory();
    if (size > 0)
        memcpy(dump->notes.items + dump->notes.len, bytes, (size_t)size);
    if (padded > size)
        memset(dump->notes.items + dump->notes.len + size, 0, (size_t)(padded - size));
    dump->notes.len += (size_t)padded;
    dump->groups.items[dump->groups.len - 1].size += counted;
    return NULL;
}

struct exu_error *exu_dump_note_group(struct exu_dump *dump)
{
    struct group group = {dump->notes.len, 0};
    return exu_vec_push(&dump->groups, group) ? NULL : exu_error_memory();
}

struct exu_error *exu_dump_note(struct exu_dump *dump, const char *owner, uint32_t type, const void *bytes,
                                uint64_t size)
{
    if (size > UINT32_MAX)
        return exu_error_new(EXU_ERROR_MACHINE, "a note of the dump would be larger than 4 GB");
    Elf64_Nhdr header = {
        .n_namesz = (uint32_t)strlen(owner) + 1, .n_descsz = (uint32_t)size, .n_type = type};
    EXU_TRY(append(dump, &header, sizeof header, sizeof header));
    EXU_TRY(append(dump, owner, header.n_namesz, exu_round_up(header.n_namesz, 4)));
    return append(dump, bytes, size, exu_round_up(size, 4));
}

struct exu_error *exu_dump_raw_notes(struct exu_dump *dump, const void *bytes, uint64_t size)
{
    return append(dump, bytes, size, size);
}

struct exu_error *exu_dump_segment(struct exu_dump *dump, const struct exu_dump_segment *segment)
{
    return exu_vec_push(&dump->segments, *segment) ? NULL : exu_error_memory();
}

/* ---- writing ---- */

/* Without the empty ones. */
static size_t count_groups(const struct exu_dump *dump)
{
    size_t count = 0;
    for (size_t i = 0; i < dump->groups.len; i++)
        count += dump->groups.items[i].size > 0;
    return count;
}

static struct exu_error *write_header(struct exu_sink *sink, size_t count)
{
    bool many = count >= PN_XNUM;
    Elf64_Ehdr header = {.e_type = ET_CORE,
                         .e_machine = EM_X86_64,
                         .e_version = EV_CURRENT,
                         .e_phoff = sizeof header,
                         .e_ehsize = sizeof header,
                         .e_phentsize = sizeof(Elf64_Phdr),
                         .e_phnum = (uint16_t)(many ? PN_XNUM : count)};
    memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_ident[EI_VERSION] = EV_CURRENT;
    if (many) {
        header.e_shoff = sizeof header + count * sizeof(Elf64_Phdr);
        header.e_shentsize = sizeof(Elf64_Shdr);
        header.e_shnum = 1;
    }
    return exu_sink_write(sink, &header, sizeof header);
}

static struct exu_error *write_segment_headers(const struct exu_dump *dump, struct exu_sink *sink, uint64_t at)
{
    for (size_t i = 0; i < dump->segments.len; i++) {
        const struct exu_dump_segment *s = &dump->segments.items[i];
        if (s->apart)
            at = exu_round_up(at + 1, PAGE);
        Elf64_Phdr phdr = {.p_type = PT_LOAD,
                           .p_flags = s->flags,
                           .p_offset = at,
                           .p_vaddr = s->start,
                           .p_filesz = s->file_size,
                           .p_memsz = s->memory_size,
                           .p_align = 1};
        if (s->file_size > UINT64_MAX / 4 - at)
            return exu_error_new(EXU_ERROR_INPUT, "the segments of the dump are larger than any file");
        at += s->file_size;
        EXU_TRY(exu_sink_write(sink, &phdr, sizeof phdr));
    }
    return NULL;
}

static struct exu_error *write_headers(const struct exu_dump *dump, struct exu_sink *sink)
{
    size_t count = count_groups(dump) + dump->segments.len;
    if (count > UINT32_MAX)
        return exu_error_new(EXU_ERROR_MACHINE, "the dump would have too many segments");
    uint64_t notes = sizeof(Elf64_Ehdr) + count * sizeof(Elf64_Phdr);
    if (count >= PN_XNUM)
        notes += sizeof(Elf64_Shdr);
    EXU_TRY(write_header(sink, count));
    for (size_t i = 0; i < dump->groups.len; i++) {
        const struct group *g = &dump->groups.items[i];
        Elf64_Phdr phdr = {.p_type = PT_NOTE, .p_offset = notes + g->offset, .p_filesz = g->size, .p_align = 4};
        if (g->size > 0)
            EXU_TRY(exu_sink_write(sink, &phdr, sizeof phdr));
    }
    EXU_TRY(write_segment_headers(dump, sink, exu_round_up(notes + dump->notes.len, PAGE)));
    if (count >= PN_XNUM) { /* as the kernel does it: fs/binfmt_elf.c fill_extnum_info */
        Elf64_Shdr section = {.sh_type = SHT_NULL, .sh_size = 1, .sh_info = (uint32_t)count};
        EXU_TRY(exu_sink_write(sink, &section, sizeof section));
    }
    EXU_TRY(exu_sink_write(sink, dump->notes.items, dump->notes.len));
    return exu_sink_zeros(sink, exu_round_up(exu_sink_taken(sink), PAGE) - exu_sink_taken(sink));
}

static struct exu_error *write_all(const struct exu_dump *dump, struct exu_sink *sink, exu_dump_bytes bytes,
                                   void *context, struct exu_progress *progress)
{
    uint64_t total = 0;
    for (size_t i = 0; i < dump->segments.len; i++)
        total += dump->segments.items[i].file_size;
    EXU_TRY(write_headers(dump, sink));
    uint64_t done = 0;
    for (size_t i = 0; i < dump->segments.len; i++) {
        const struct exu_dump_segment *s = &dump->segments.items[i];
        if (s->apart)
            EXU_TRY(exu_sink_zeros(sink, exu_round_up(exu_sink_taken(sink) + 1, PAGE) - exu_sink_taken(sink)));
        for (uint64_t at = 0; at < s->file_size;) {
            const uint8_t *part = NULL;
            size_t n = (size_t)exu_min(s->file_size - at, EXU_SINK_FRAME);
            EXU_TRY(bytes(context, i, at, n, &part));
            EXU_TRY(part ? exu_sink_write(sink, part, n) : exu_sink_zeros(sink, n));
            at += n;
            done += n;
            if (progress)
                exu_progress_at(progress, done, total);
        }
    }
    return exu_sink_finish(sink);
}

struct exu_error *exu_dump_write(struct exu_dump *dump, int fd, const char *name, bool zstd, exu_dump_bytes bytes,
                                 void *context, struct exu_progress *progress)
{
    struct exu_sink *sink = NULL;
    EXU_TRY(exu_sink_create(&sink, fd, name, zstd));
    struct exu_error *error = write_all(dump, sink, bytes, context, progress);
    dump->core_bytes = exu_sink_taken(sink);
    dump->file_bytes = exu_sink_written(sink);
    exu_sink_destroy(sink);
    return error;
}

uint64_t exu_dump_core_bytes(const struct exu_dump *dump)
{
    return dump->core_bytes;
}

uint64_t exu_dump_file_bytes(const struct exu_dump *dump)
{
    return dump->file_bytes;
}
