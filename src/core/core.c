#include "dump/format.h"
#include "dump/record.h"
#include "core/core.h"

#include "core/private.h"
#include <elf.h>
#include <gelf.h>
#include <limits.h>
#include <libelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_PHDRS 4000000u

/* ---- is it a core that we read? ---- */

static const char *machine_name(uint16_t machine, char buffer[32])
{
    static const struct {
        uint16_t machine;
        const char *name;
    } names[] = {
        {EM_AARCH64, "aarch64"},
        {EM_386, "i386"},
        {EM_ARM, "arm"},
        {EM_PPC64, "ppc64"},
        {EM_PPC, "ppc"},
        {EM_S390, "s390x"},
        {EM_RISCV, "riscv"},
        {EM_MIPS, "mips"},
        {EM_SPARCV9, "sparc64"},
        {EM_IA_64, "ia64"},
        {EM_LOONGARCH, "loongarch"},
    };
    for (size_t i = 0; i < EXU_COUNT(names); i++)
        if (names[i].machine == machine)
            return names[i].name;
    snprintf(buffer, 32, "number %u", machine);
    return buffer;
}

static struct exu_error *not_a_core(const char *name, const struct exu_input *input, uint16_t type)
{
    struct exu_bump bump = {0};
    struct exu_headers headers = {0};
    bool program = type == ET_EXEC;
    if (type == ET_DYN && exu_headers_from_file(&headers, input->bytes, input->size, &bump))
        program = headers.has_interpreter;
    exu_bump_deinit(&bump);
    const char *what = program          ? "an executable"
                       : type == ET_DYN ? "a shared library"
                       : type == ET_REL ? "an object file"
                                        : "an ELF file of another kind";
    return exu_error_new(EXU_ERROR_INPUT, "%s: is %s, not a core; give the core dump (gcore PID makes one)%s",
                         name, what, program ? ", and this file with --exe if need be" : "");
}

static struct exu_error *check_header(const char *name, const struct exu_input *input)
{
    const uint8_t *ident = input->bytes;
    if (input->size < SELFMAG || memcmp(ident, ELFMAG, SELFMAG) != 0)
        return exu_error_new(EXU_ERROR_INPUT,
                             "%s: is not an ELF file; give a core dump (gcore PID makes one)", name);
    if (input->size < EI_NIDENT)
        return exu_error_new(EXU_ERROR_INPUT, "%s: is cut short inside its ELF header; copy it again", name);
    if (ident[EI_CLASS] == ELFCLASS32)
        return exu_error_new(EXU_ERROR_INPUT,
                             "%s: is from a 32-bit process; exuvia reads 64-bit x86_64 cores", name);
    if (ident[EI_DATA] == ELFDATA2MSB)
        return exu_error_new(EXU_ERROR_INPUT, "%s: is from a big-endian machine; exuvia reads x86_64 cores",
                             name);
    if (ident[EI_CLASS] != ELFCLASS64 || ident[EI_DATA] != ELFDATA2LSB)
        return exu_error_new(EXU_ERROR_INPUT, "%s: has a broken ELF header; copy it again", name);
    Elf64_Ehdr ehdr;
    if (input->size < sizeof ehdr)
        return exu_error_new(EXU_ERROR_INPUT, "%s: is cut short inside its ELF header; copy it again", name);
    memcpy(&ehdr, input->bytes, sizeof ehdr);
    char buffer[32];
    if (ehdr.e_machine != EM_X86_64)
        return exu_error_new(EXU_ERROR_INPUT, "%s: is for architecture %s; exuvia reads x86_64 cores", name,
                             machine_name(ehdr.e_machine, buffer));
    if (ehdr.e_type != ET_CORE)
        return not_a_core(name, input, ehdr.e_type);
    return NULL;
}

/* ---- program headers ---- */

/* With 65535 segments or more the kernel puts their number into section header 0, at the very end of the file
 * (fs/binfmt_elf.c fill_extnum_info). When that end is lost, the notes, which follow the program headers at
 * once, still tell it. */
static uint64_t count_phdrs(Elf *elf, const struct exu_input *input, const Elf64_Ehdr *ehdr,
                            struct exu_anomalies *anomalies)
{
    size_t count = 0;
    if (ehdr->e_phnum != PN_XNUM)
        return ehdr->e_phnum;
    if (ehdr->e_shoff <= input->size && sizeof(Elf64_Shdr) <= input->size - ehdr->e_shoff &&
        elf_getphdrnum(elf, &count) == 0 && count > 0)
        return count;
    Elf64_Phdr first;
    if (ehdr->e_phoff > input->size || sizeof first > input->size - ehdr->e_phoff)
        return PN_XNUM;
    memcpy(&first, input->bytes + ehdr->e_phoff, sizeof first);
    exu_anomaly_add(anomalies, 0, "truncated",
                    "the number of segments is lost; derived from where the notes begin");
    return first.p_type == PT_NOTE && first.p_offset > ehdr->e_phoff
               ? (first.p_offset - ehdr->e_phoff) / sizeof(Elf64_Phdr)
               : PN_XNUM;
}

/* The parts of a core don't share bytes. Where they claim more than the file has, those that come last get
 * less: else thousands of segments over the same bytes would make terabytes of them. */
static void cut_claims(struct exu_core_private *p, struct exu_anomalies *anomalies)
{
    uint64_t left = p->input.size;
    for (size_t i = 0; i < p->phdr_count; i++) {
        Elf64_Phdr *phdr = &p->phdrs[i];
        uint64_t available = phdr->p_offset < p->input.size ? p->input.size - phdr->p_offset : 0;
        uint64_t claimed = exu_min(phdr->p_filesz, available);
        if (claimed > left) {
            exu_anomaly_add(anomalies, phdr->p_vaddr, "overlap",
                            "segment %zu shares its bytes in the core with others; %llu of them are left out",
                            i, (unsigned long long)(claimed - left));
            phdr->p_filesz = claimed = left;
        }
        left -= claimed;
    }
}

static struct exu_error *read_phdrs(struct exu_core *core, Elf *elf, struct exu_anomalies *anomalies)
{
    struct exu_core_private *p = core->private;
    Elf64_Ehdr ehdr;
    memcpy(&ehdr, p->input.bytes, sizeof ehdr);
    uint64_t count = count_phdrs(elf, &p->input, &ehdr, anomalies);
    if (count == 0)
        return exu_error_new(EXU_ERROR_INPUT, "%s: has no segments; take another dump", core->name);
    if (ehdr.e_phentsize != sizeof(Elf64_Phdr) || count > MAX_PHDRS)
        return exu_error_new(EXU_ERROR_INPUT, "%s: has a broken ELF header; copy it again", core->name);
    uint64_t gap;
    EXU_TRY(exu_input_need(&p->input, ehdr.e_phoff, count * sizeof(Elf64_Phdr)));
    if (exu_input_run(&p->input, ehdr.e_phoff, count * sizeof(Elf64_Phdr), &gap) < count * sizeof(Elf64_Phdr))
        return exu_error_new(EXU_ERROR_INPUT, "%s: is %s inside its program headers; copy it again", core->name,
                             p->input.lost.len ? "damaged" : "cut short");
    p->phdrs = calloc(count, sizeof *p->phdrs);
    if (!p->phdrs)
        return exu_error_memory();
    memcpy(p->phdrs, p->input.bytes + ehdr.e_phoff, count * sizeof *p->phdrs);
    p->phdr_count = count;
    cut_claims(p, anomalies);
    return NULL;
}

static struct exu_error *read_notes(struct exu_core *core, Elf *elf, struct exu_anomalies *anomalies)
{
    struct exu_core_private *p = core->private;
    p->notes.format = EXU_CORE_KERNEL;
    for (size_t i = 0; i < p->phdr_count; i++) {
        const Elf64_Phdr *phdr = &p->phdrs[i];
        if (phdr->p_type != PT_NOTE)
            continue;
        uint64_t gap, size = exu_input_run(&p->input, phdr->p_offset, phdr->p_filesz, &gap);
        bool damaged = p->input.lost.len > 0;
        if (size < phdr->p_filesz)
            exu_anomaly_add(anomalies, 0, damaged ? "damaged" : "truncated",
                            "the core is %s: %llu bytes of its notes are lost", damaged ? "damaged" : "cut short",
                            (unsigned long long)(phdr->p_filesz - size));
        /* gdb puts the notes behind the memory, the kernel before it: all that is known when they are lost.
         */
        if (!p->notes.any && i + 1 < p->phdr_count && phdr->p_offset > p->phdrs[p->phdr_count - 1].p_offset)
            p->notes.format = EXU_CORE_GCORE;
        EXU_TRY(exu_input_need(&p->input, phdr->p_offset, size));
        EXU_TRY(exu_notes_read(&p->notes, elf, phdr->p_offset, size, &p->bump, anomalies));
    }
    exu_notes_finish(&p->notes, anomalies);
    return NULL;
}

/* ---- opening ---- */

static bool keep_options(struct exu_core_private *p, const struct exu_core_options *options)
{
    p->sysroot = exu_bump_strdup(&p->bump, options->sysroot ? options->sysroot : "");
    if (!p->sysroot)
        return false;
    for (size_t n = strlen(p->sysroot); n > 0 && p->sysroot[n - 1] == '/'; n--)
        p->sysroot[n - 1] = 0;
    if (options->exe && !(p->exe = exu_bump_strdup(&p->bump, options->exe)))
        return false;
    p->debug_dirs = exu_bump_alloc(&p->bump, (options->debug_dir_count + 1) * sizeof *p->debug_dirs);
    if (!p->debug_dirs)
        return false;
    for (size_t i = 0; i < options->debug_dir_count; i++)
        if (!(p->debug_dirs[p->debug_dir_count++] = exu_bump_strdup(&p->bump, options->debug_dirs[i])))
            return false;
    p->fetch = options->fetch;
    return true;
}

/* What it says is as foreign as all else: of a note that is broken nothing is taken. */
static void read_snapshot(struct exu_core *core, const uint8_t *bytes, size_t size)
{
    struct exu_cursor c = {bytes, bytes + size, false};
    uint32_t version = exu_cursor_u32(&c);
    struct exu_core_snapshot s = {.taken = true, .torn = exu_cursor_u8(&c) != 0};
    s.time = exu_cursor_u64(&c);
    s.pause_us = exu_cursor_u64(&c);
    s.unread = exu_cursor_u64(&c);
    if (version == EXU_SNAPSHOT_VERSION && exu_cursor_done(&c))
        core->snapshot = s;
}

static void read_versions(struct exu_core *core, const uint8_t *bytes, size_t size)
{
    struct exu_cursor c = {bytes, bytes + size, false};
    struct exu_bump *bump = &core->private->bump;
    struct exu_versions said = {.c_library = exu_cursor_text(&c, bump)};
    said.malloc = exu_cursor_text(&c, bump);
    said.python = exu_cursor_text(&c, bump);
    if (exu_cursor_done(&c))
        core->said = said;
}

static bool read_coredump(struct exu_core *core, const uint8_t *bytes, size_t size)
{
    struct exu_cursor c = {bytes, bytes + size, false};
    struct exu_bump *bump = &core->private->bump;
    uint32_t count = exu_cursor_count(&c, 8);
    bool fine = true;
    for (uint32_t i = 0; i < exu_min(count, (uint32_t)EXU_COREDUMP_FACTS) && !c.broken && fine; i++) {
        const char *name = exu_cursor_text(&c, bump), *text = exu_cursor_text(&c, bump);
        for (unsigned fact = 0; fact < EXU_COREDUMP_FACTS && name && text; fact++)
            if (strcmp(name, exu_coredump_fact_name((enum exu_coredump_fact)fact)) == 0)
                fine = fine && exu_coredump_take(&core->coredump, (enum exu_coredump_fact)fact, text, strlen(text), bump);
    }
    return fine;
}

/* What the notes of the core don't say, systemd may have written down. */
static void fill_gaps(struct exu_core *core)
{
    const struct exu_coredump *c = &core->coredump;
    uint64_t number;
    if (!core->pid && exu_coredump_number(c, EXU_COREDUMP_PID, &number))
        core->pid = (uint32_t)number;
    if (!core->signal && exu_coredump_number(c, EXU_COREDUMP_SIGNAL, &number) && number <= INT_MAX)
        core->signal = (int)number;
    core->executable = core->executable ? core->executable : c->texts[EXU_COREDUMP_EXE];
    core->arguments = core->arguments ? core->arguments : c->texts[EXU_COREDUMP_CMDLINE];
}

static struct exu_error *read_account(struct exu_core *core, struct exu_anomalies *anomalies)
{
    struct exu_core_private *p = core->private;
    const struct exu_own_note *own;
    bool fine = true;
    exu_vec_each (own, &p->notes.own) {
        if (own->offset > p->input.size || own->size > p->input.size - own->offset)
            continue;
        const uint8_t *bytes = p->input.bytes + own->offset;
        if (own->type == EXU_NOTE_SNAPSHOT)
            read_snapshot(core, bytes, own->size);
        else if (own->type == EXU_NOTE_SMAPS)
            fine = fine && exu_account_smaps(&core->account, (const char *)bytes, own->size, anomalies);
        else if (own->type == EXU_NOTE_CGROUP)
            fine = fine && exu_account_cgroup(&core->account, (const char *)bytes, own->size, &p->bump);
        else if (own->type == EXU_NOTE_STATUS)
            exu_account_status(&core->account, (const char *)bytes, own->size);
        else if (own->type == EXU_NOTE_VERSIONS)
            read_versions(core, bytes, own->size);
        else if (own->type == EXU_NOTE_COREDUMP)
            fine = fine && read_coredump(core, bytes, own->size);
    }
    if (fine)
        fill_gaps(core);
    return fine ? NULL : exu_error_memory();
}

static void describe(struct exu_core *core)
{
    struct exu_core_private *p = core->private;
    core->input_bytes = p->input.file_bytes;
    core->compression = p->input.compression;
    core->format = p->notes.format;
    core->threads = p->notes.threads.items;
    core->thread_count = p->notes.threads.len;
    core->pid = p->notes.pid;
    core->signal = p->notes.signal;
    core->arguments = exu_arguments_find(core->memory, &p->notes, &p->bump);
    if (!core->arguments)
        core->arguments = p->notes.arguments;
    core->auxv = p->notes.auxv;
    core->auxv_bytes = p->notes.auxv_bytes;
    core->executable = p->notes.name;
    for (size_t i = 0; i < core->image_count; i++)
        if (core->images[i].is_executable && strcmp(core->images[i].path, EXU_UNNAMED) != 0)
            core->executable = core->images[i].path;
}

/* What is not told by a pack. */
static struct exu_error *find_parts(struct exu_core *core, struct exu_anomalies *anomalies)
{
    struct exu_memory *probe = NULL;
    EXU_TRY(exu_space_probe(&probe, core));
    if (core->private->input.lazy) { /* all that is known of the memory without reading it */
        exu_memory_destroy(core->memory);
        core->memory = probe;
        return NULL;
    }
    struct exu_error *error = exu_loaded_find(core, probe, anomalies);
    if (!error)
        error = exu_images_find(core, probe, anomalies);
    exu_memory_destroy(probe);
    if (error)
        return error;
    return exu_space_build(core, anomalies);
}

static struct exu_error *load_parts(struct exu_core *core, Elf *elf, struct exu_anomalies *anomalies)
{
    struct exu_anomalies first; /* a pack has them already: its notes are the core's */
    bool packed = false;
    exu_anomalies_init(&first);
    struct exu_error *error = read_phdrs(core, elf, &first);
    if (!error)
        error = read_notes(core, elf, &first);
    if (!error)
        error = exu_packed_open(core, anomalies, &packed);
    exu_anomalies_append(anomalies, &first, packed);
    exu_anomalies_deinit(&first);
    if (error)
        return error;
    if (!packed)
        EXU_TRY(find_parts(core, anomalies));
    if (core->private->input.lazy) /* the rest reads the memory, which is not there yet */
        return NULL;
    exu_threads_find_own_stacks(core->private->notes.threads.items, core->private->notes.threads.len,
                                core->memory);
    describe(core);
    exu_versions_find(core, &core->versions);
    return read_account(core, anomalies);
}

/* libelf looks at the first section's header, which may have the number of segments. */
static struct exu_error *need_section(const struct exu_input *input)
{
    Elf64_Ehdr ehdr;
    memcpy(&ehdr, input->bytes, sizeof ehdr);
    return exu_input_need(input, ehdr.e_shoff, sizeof(Elf64_Shdr));
}

static struct exu_error *load(struct exu_core *core, const char *path, const struct exu_core_options *options,
                              struct exu_anomalies *anomalies)
{
    struct exu_core_private *p = core->private;
    for (unsigned i = 0; options->coredump && i < EXU_COREDUMP_FACTS; i++)
        if (options->coredump->texts[i] && !(core->coredump.texts[i] = exu_bump_strdup(&p->bump, options->coredump->texts[i])))
            return exu_error_memory();
    core->name = exu_bump_strdup(&p->bump, options->name ? options->name : path);
    if (!core->name || !keep_options(p, options))
        return exu_error_memory();
    if (p->exe && access(p->exe, R_OK) < 0)
        return exu_error_new(EXU_ERROR_INPUT,
                             "%s: can't read this executable; give the one that the process ran", p->exe);
    EXU_TRY(exu_memory_create(&core->memory));
    EXU_TRY(exu_input_open(&p->input, path, options, anomalies));
    if (p->input.loss[0])
        exu_anomaly_add(anomalies, 0, "truncated", "%s: what comes behind is lost", p->input.loss);
    EXU_TRY(exu_input_need(&p->input, 0, sizeof(Elf64_Ehdr)));
    EXU_TRY(check_header(core->name, &p->input));
    EXU_TRY(need_section(&p->input));
    elf_version(EV_CURRENT);
    /* Not const in libelf's interface, but only read: the mapping is not writable. */
    Elf *elf = elf_memory((char *)(uintptr_t)p->input.bytes, (size_t)p->input.size);
    if (!elf)
        return exu_error_new(EXU_ERROR_INPUT, "%s: can't be read as ELF (%s); copy it again", path,
                             elf_errmsg(-1));
    struct exu_error *error = load_parts(core, elf, anomalies);
    elf_end(elf);
    return error;
}

static struct exu_error *open_once(struct exu_core **ret, const char *path, const struct exu_core_options *options,
                                   struct exu_anomalies *anomalies, bool *ret_lazy)
{
    struct exu_core *core = calloc(1, sizeof *core);
    if (!core)
        return exu_error_memory();
    core->private = calloc(1, sizeof *core->private);
    struct exu_error *error = core->private ? load(core, path, options, anomalies) : exu_error_memory();
    *ret_lazy = core->private && core->private->input.lazy;
    if (error) {
        exu_core_close(core);
        return error;
    }
    *ret = core;
    return NULL;
}

struct exu_error *exu_core_open(struct exu_core **ret, const char *path,
                                const struct exu_core_options *options, struct exu_anomalies *anomalies)
{
    static const struct exu_core_options defaults;
    struct exu_core_options all = options ? *options : defaults;
    bool lazy = false;
    struct exu_error *error = open_once(ret, path, &all, anomalies, &lazy);
    if (!error || !lazy)
        return error;
    exu_error_free(error); /* as a whole it may be of use, or the error is one that can be told */
    all.few = false;
    return open_once(ret, path, &all, anomalies, &lazy);
}

void exu_core_close(struct exu_core *core)
{
    if (!core)
        return;
    struct exu_core_private *p = core->private;
    exu_memory_destroy(core->memory);
    if (p) {
        exu_account_deinit(&core->account);
        exu_images_close(core);
        exu_notes_deinit(&p->notes);
        exu_input_close(&p->input);
        exu_bump_deinit(&p->bump);
        free(p->phdrs);
        free(p);
    }
    free(core);
}
