#include "core/notes.h"

#include "dump/format.h"
#include <elf.h>
#include <gelf.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define MAX_NOTES 4000000u
#define MAX_FILES 4000000u
#define MAX_AUXV 65536u
#define NOTE_GDB_TDESC 0xff000000u /* gdb/include/elf/common.h: NT_GDB_TDESC, owner "GDB" */

/* struct elf_prstatus and elf_prpsinfo of x86_64: linux/elfcore.h, arch/x86/include/asm/elf.h. */
struct prstatus {
    int32_t si_signo, si_code, si_errno;
    int16_t cursig;
    uint16_t pad;
    uint64_t sigpend, sighold;
    int32_t pid, ppid, pgrp, sid;
    uint64_t times[8];
    uint64_t registers[EXU_REGISTER_COUNT];
    int32_t fpvalid, pad2;
};
_Static_assert(sizeof(struct prstatus) == 336, "elf_prstatus of x86_64");

struct prpsinfo {
    char state, sname, zombie, nice;
    uint32_t pad;
    uint64_t flag;
    uint32_t uid, gid;
    int32_t pid, ppid, pgrp, sid;
    char fname[16], psargs[80];
};
_Static_assert(sizeof(struct prpsinfo) == 136, "elf_prpsinfo of x86_64");

enum { REGISTER_RSP = 19, REGISTER_FS_BASE = 21 }; /* in struct user_regs_struct, sys/user.h */

struct reading {
    struct exu_notes *notes;
    struct exu_bump *bump;
    struct exu_anomalies *anomalies;
    bool full; /* out of memory */
};

static void short_note(struct reading *r, const char *name, uint64_t size)
{
    exu_anomaly_add(r->anomalies, 0, "bad-note", "%s has %llu bytes, too few; ignored", name,
                    (unsigned long long)size);
}

static void read_prstatus(struct reading *r, const uint8_t *bytes, uint64_t size)
{
    struct prstatus status;
    if (size < sizeof status) {
        short_note(r, "NT_PRSTATUS", size);
        return;
    }
    memcpy(&status, bytes, sizeof status);
    struct exu_core_thread thread = {.native_id = (uint32_t)status.pid, .signal = status.cursig};
    memcpy(thread.registers, status.registers, sizeof thread.registers);
    thread.stack_pointer = status.registers[REGISTER_RSP];
    thread.thread_pointer = status.registers[REGISTER_FS_BASE];
    if (!exu_vec_push(&r->notes->threads, thread))
        r->full = true;
}

static void read_prpsinfo(struct reading *r, const uint8_t *bytes, uint64_t size)
{
    struct prpsinfo info;
    if (size < sizeof info) {
        short_note(r, "NT_PRPSINFO", size);
        return;
    }
    memcpy(&info, bytes, sizeof info);
    r->notes->pid = (uint32_t)info.pid;
    size_t n = strnlen(info.psargs, sizeof info.psargs);
    while (n > 0 && info.psargs[n - 1] == ' ')
        n--;
    r->notes->name = exu_bump_strndup(r->bump, info.fname, strnlen(info.fname, sizeof info.fname));
    r->notes->arguments = exu_bump_strndup(r->bump, info.psargs, n);
    if (!r->notes->name || !r->notes->arguments)
        r->full = true;
}

static void read_auxv(struct reading *r, const uint8_t *bytes, uint64_t size)
{
    if (size > MAX_AUXV)
        size = MAX_AUXV;
    size &= ~(uint64_t)15;
    uint8_t *copy = exu_bump_alloc(r->bump, (size_t)size + 1);
    if (!copy) {
        r->full = true;
        return;
    }
    memcpy(copy, bytes, (size_t)size);
    r->notes->auxv = copy;
    r->notes->auxv_bytes = (size_t)size;
}

/* NT_FILE: count, page size, count times (start, end, offset in pages), then count NUL-terminated names. The
 * kernel gives 4096 for the page size, gdb 1. fs/binfmt_elf.c fill_files_note, gdb/linux-tdep.c. */
static void read_files(struct reading *r, const uint8_t *bytes, uint64_t size)
{
    if (size < 16) {
        short_note(r, "NT_FILE", size);
        return;
    }
    uint64_t count = exu_load_u64(bytes), unit = exu_load_u64(bytes + 8);
    if (count > (size - 16) / 24 || count > MAX_FILES) {
        exu_anomaly_add(r->anomalies, 0, "bad-note", "NT_FILE promises %llu files, more than fit into it",
                        (unsigned long long)count);
        count = exu_min((size - 16) / 24, MAX_FILES);
    }
    uint64_t name = 16 + count * 24;
    for (uint64_t i = 0; i < count; i++) {
        const uint8_t *entry = bytes + 16 + i * 24;
        const uint8_t *end = name < size ? memchr(bytes + name, 0, (size_t)(size - name)) : NULL;
        struct exu_file_range range = {exu_load_u64(entry), exu_load_u64(entry + 8), 0, NULL};
        if (!end) {
            exu_anomaly_add(r->anomalies, range.start, "bad-note",
                            "NT_FILE ends before the names of its files");
            return;
        }
        const char *text = (const char *)bytes + name;
        uint64_t length = (uint64_t)(end - (bytes + name));
        name += length + 1;
        if (range.start >= range.end || !exu_mul(exu_load_u64(entry + 16), unit, &range.offset) ||
            length > 65536) {
            exu_anomaly_add(r->anomalies, range.start, "bad-note",
                            "NT_FILE has an impossible entry; ignored");
            continue;
        }
        /* Mappings of one file stand one after the other. */
        struct exu_file_range *last =
            r->notes->files.len ? &r->notes->files.items[r->notes->files.len - 1] : NULL;
        range.path = last && strcmp(last->path, text) == 0 ? last->path
                                                           : exu_bump_strndup(r->bump, text, (size_t)length);
        if (!range.path || !exu_vec_push(&r->notes->files, range)) {
            r->full = true;
            return;
        }
    }
}

static void read_note(struct reading *r, const char *owner, uint32_t type, const uint8_t *bytes,
                      uint64_t size)
{
    struct exu_notes *notes = r->notes;
    if (!notes->any && type == NT_PRPSINFO)
        notes->format = EXU_CORE_GCORE; /* gdb writes it first, the kernel behind the first NT_PRSTATUS */
    notes->any = true;
    if (type == NOTE_GDB_TDESC && strcmp(owner, "GDB") == 0)
        notes->format = EXU_CORE_GCORE;
    if (strcmp(owner, "CORE") != 0)
        return;
    switch (type) {
    case NT_PRSTATUS:
        read_prstatus(r, bytes, size);
        break;
    case NT_PRPSINFO:
        read_prpsinfo(r, bytes, size);
        break;
    case NT_AUXV:
        read_auxv(r, bytes, size);
        break;
    case NT_FILE:
        read_files(r, bytes, size);
        break;
    case NT_SIGINFO:
        if (size >= 4 && notes->signal == 0)
            notes->signal = (int)exu_load_u32(bytes);
        break;
    default:
        break;
    }
}

struct exu_error *exu_notes_read(struct exu_notes *notes, Elf *elf, uint64_t offset, uint64_t size,
                                 struct exu_bump *bump, struct exu_anomalies *anomalies)
{
    struct reading r = {notes, bump, anomalies, false};
    if (size == 0)
        return NULL;
    Elf_Data *data =
        size <= SIZE_MAX / 2 ? elf_getdata_rawchunk(elf, (int64_t)offset, (size_t)size, ELF_T_NHDR) : NULL;
    if (!data || data->d_size < size) {
        exu_anomaly_add(anomalies, 0, "bad-note", "the notes at offset %#llx can't be read: %s",
                        (unsigned long long)offset, elf_errmsg(-1));
        return NULL;
    }
    size_t position = 0, name, description;
    for (unsigned n = 0; position < data->d_size && n < MAX_NOTES && !r.full; n++) {
        GElf_Nhdr header;
        size_t next = gelf_getnote(data, position, &header, &name, &description);
        if (next == 0) {
            exu_anomaly_add(anomalies, 0, "bad-note", "the notes are broken at byte %zu of %zu", position,
                            data->d_size);
            break;
        }
        position = next;
        char owner[8] = "";
        const char *bytes = data->d_buf;
        memcpy(owner, bytes + name, exu_min(header.n_namesz, sizeof owner - 1));
        if (strcmp(owner, EXU_NOTE_OWNER) == 0) {
            struct exu_own_note own = {header.n_type, offset + description, header.n_descsz};
            r.full |= !exu_vec_push(&notes->own, own);
            continue;
        }
        read_note(&r, owner, header.n_type, (const uint8_t *)bytes + description, header.n_descsz);
    }
    return r.full ? exu_error_memory() : NULL;
}

static int by_start(const void *left, const void *right)
{
    const struct exu_file_range *a = left, *b = right;
    return a->start < b->start ? -1 : a->start > b->start;
}

void exu_notes_finish(struct exu_notes *notes, struct exu_anomalies *anomalies)
{
    if (notes->files.len > 1)
        qsort(notes->files.items, notes->files.len, sizeof *notes->files.items, by_start);
    size_t kept = 0;
    for (size_t i = 0; i < notes->files.len; i++) {
        const struct exu_file_range *range = &notes->files.items[i];
        if (kept > 0 && range->start < notes->files.items[kept - 1].end) {
            exu_anomaly_add(anomalies, range->start, "bad-note", "NT_FILE: %s overlaps %s; ignored",
                            range->path, notes->files.items[kept - 1].path);
            continue;
        }
        notes->files.items[kept++] = *range;
    }
    notes->files.len = kept;
    /* gdb stops what it attaches to by SIGSTOP, and says so in NT_SIGINFO: nothing happened to the process.
     */
    if (notes->format == EXU_CORE_GCORE && (notes->signal == SIGSTOP || notes->signal == SIGTRAP))
        notes->signal = 0;
    if (notes->threads.len > 0 && notes->threads.items[0].signal != 0)
        notes->signal = notes->threads.items[0].signal;
}

void exu_notes_deinit(struct exu_notes *notes)
{
    exu_vec_free(&notes->threads);
    exu_vec_free(&notes->files);
    exu_vec_free(&notes->own);
}

bool exu_notes_auxv(const struct exu_notes *notes, uint64_t type, uint64_t *ret)
{
    for (size_t i = 0; i + 16 <= notes->auxv_bytes; i += 16) {
        if (exu_load_u64(notes->auxv + i) != type)
            continue;
        *ret = exu_load_u64(notes->auxv + i + 8);
        return true;
    }
    return false;
}

const struct exu_file_range *exu_notes_file_at(const struct exu_notes *notes, exu_addr address)
{
    size_t low = 0, high = notes->files.len;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (notes->files.items[middle].end <= address)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == notes->files.len || notes->files.items[low].start > address)
        return NULL;
    return &notes->files.items[low];
}
