#include "core_writer.h"

#include "base/text.h"
#include "base/vec.h"
#include <elf.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct load {
    Elf64_Phdr phdr;
    uint8_t *bytes;
};

struct file {
    uint64_t start, end, offset;
    char *path;
};

struct exu_test_core {
    exu_vec(struct load) loads;
    exu_vec(struct file) files;
    struct exu_text prstatus[64]; /* descriptions, one a thread */
    size_t threads;
    struct exu_text prpsinfo, siginfo, auxv, others, out;
};

static void check(bool fine)
{
    if (!fine)
        abort();
}

struct exu_test_core *exu_test_core_create(void)
{
    struct exu_test_core *core = calloc(1, sizeof *core);
    check(core);
    return core;
}

void exu_test_core_destroy(struct exu_test_core *core)
{
    if (!core)
        return;
    struct load *load;
    struct file *file;
    exu_vec_each (load, &core->loads)
        free(load->bytes);
    exu_vec_each (file, &core->files)
        free(file->path);
    exu_vec_free(&core->loads);
    exu_vec_free(&core->files);
    for (size_t i = 0; i < core->threads; i++)
        exu_text_deinit(&core->prstatus[i]);
    exu_text_deinit(&core->prpsinfo);
    exu_text_deinit(&core->siginfo);
    exu_text_deinit(&core->auxv);
    exu_text_deinit(&core->others);
    exu_text_deinit(&core->out);
    free(core);
}

static void add(struct exu_text *t, const void *bytes, size_t n)
{
    exu_text_add(t, bytes, n);
    check(!t->failed);
}

static void add_zeros(struct exu_text *t, size_t n)
{
    static const char zeros[4096];
    for (; n > 0; n -= n < sizeof zeros ? n : sizeof zeros)
        add(t, zeros, n < sizeof zeros ? n : sizeof zeros);
}

static void add_u32(struct exu_text *t, uint32_t value)
{
    add(t, &value, sizeof value);
}

static void add_u64(struct exu_text *t, uint64_t value)
{
    add(t, &value, sizeof value);
}

void exu_test_core_segment(struct exu_test_core *core, exu_addr start, uint32_t flags, const void *bytes,
                           uint64_t filesz, uint64_t memsz)
{
    struct load load = {.phdr = {.p_type = PT_LOAD,
                                 .p_flags = flags,
                                 .p_vaddr = start,
                                 .p_filesz = filesz,
                                 .p_memsz = memsz,
                                 .p_align = 4096}};
    load.bytes = calloc(1, filesz + 1);
    check(load.bytes);
    if (bytes)
        memcpy(load.bytes, bytes, filesz);
    check(exu_vec_push(&core->loads, load));
}

/* struct elf_prstatus of x86_64: pr_cursig at 12, pr_pid at 32, the 27 registers from 112 on. */
void exu_test_core_thread(struct exu_test_core *core, uint32_t tid, int signal, exu_addr stack_pointer,
                          exu_addr thread_pointer)
{
    check(core->threads < EXU_COUNT(core->prstatus));
    uint8_t status[336] = {0};
    memcpy(status + 12, &signal, 2);
    memcpy(status + 32, &tid, 4);
    memcpy(status + 112 + 19 * 8, &stack_pointer, 8);
    memcpy(status + 112 + 21 * 8, &thread_pointer, 8);
    add(&core->prstatus[core->threads++], status, sizeof status);
}

void exu_test_core_file(struct exu_test_core *core, exu_addr start, exu_addr end, uint64_t offset,
                        const char *path)
{
    struct file file = {start, end, offset, strdup(path)};
    check(file.path && exu_vec_push(&core->files, file));
}

/* struct elf_prpsinfo of x86_64: pr_pid at 24, pr_fname[16] at 40, pr_psargs[80] at 56. */
void exu_test_core_process(struct exu_test_core *core, uint32_t pid, const char *name, const char *arguments)
{
    char info[136] = {0};
    memcpy(info + 24, &pid, 4);
    strncpy(info + 40, name, 15);
    strncpy(info + 56, arguments, 79);
    exu_text_clear(&core->prpsinfo);
    add(&core->prpsinfo, info, sizeof info);
}

void exu_test_core_signal(struct exu_test_core *core, int signal)
{
    exu_text_clear(&core->siginfo);
    add(&core->siginfo, &signal, 4);
    add_zeros(&core->siginfo, 124);
}

void exu_test_core_auxv(struct exu_test_core *core, uint64_t type, uint64_t value)
{
    add_u64(&core->auxv, type);
    add_u64(&core->auxv, value);
}

static void add_note(struct exu_text *out, const char *owner, uint32_t type, const void *bytes, size_t size)
{
    size_t name = strlen(owner) + 1;
    add_u32(out, (uint32_t)name);
    add_u32(out, (uint32_t)size);
    add_u32(out, type);
    add(out, owner, name);
    add_zeros(out, -name & 3);
    add(out, size ? bytes : "", size);
    add_zeros(out, -size & 3);
}

void exu_test_core_note(struct exu_test_core *core, const char *owner, uint32_t type, const void *bytes,
                        size_t size)
{
    add_note(&core->others, owner, type, bytes, size);
}

static void add_text_note(struct exu_text *out, uint32_t type, const struct exu_text *description)
{
    if (description->len > 0)
        add_note(out, "CORE", type, description->data, description->len);
}

static void add_files(const struct exu_test_core *core, struct exu_text *out, uint64_t unit)
{
    const struct file *file;
    struct exu_text t = {0};
    if (core->files.len == 0)
        return;
    add_u64(&t, core->files.len);
    add_u64(&t, unit);
    exu_vec_each (file, &core->files) {
        add_u64(&t, file->start);
        add_u64(&t, file->end);
        add_u64(&t, file->offset / unit);
    }
    exu_vec_each (file, &core->files)
        add(&t, file->path, strlen(file->path) + 1);
    add_text_note(out, NT_FILE, &t);
    exu_text_deinit(&t);
}

static void add_notes(const struct exu_test_core *core, struct exu_text *out, bool gdb)
{
    if (gdb)
        add_text_note(out, NT_PRPSINFO, &core->prpsinfo);
    for (size_t i = 0; i < core->threads; i++) {
        add_text_note(out, NT_PRSTATUS, &core->prstatus[i]);
        if (i > 0)
            continue;
        if (!gdb)
            add_text_note(out, NT_PRPSINFO, &core->prpsinfo);
        add_text_note(out, NT_SIGINFO, &core->siginfo);
        if (!gdb) {
            add_text_note(out, NT_AUXV, &core->auxv);
            add_files(core, out, 4096);
        }
    }
    if (gdb || core->threads == 0) {
        add_text_note(out, NT_AUXV, &core->auxv);
        add_files(core, out, gdb ? 1 : 4096);
    }
    if (gdb)
        add_note(out, "GDB", 0xff000000u, "<target/>", 10);
    if (core->others.len)
        add(out, core->others.data, core->others.len);
}

uint8_t *exu_test_core_bytes(struct exu_test_core *core, enum exu_test_core_shape shape, size_t *ret_size)
{
    bool gdb = shape == EXU_TEST_CORE_GDB, extended = shape == EXU_TEST_CORE_EXTENDED;
    struct exu_text notes = {0};
    struct load *load;
    add_notes(core, &notes, gdb);
    uint64_t memory_size = 0, headers = sizeof(Elf64_Ehdr) + (core->loads.len + 1) * sizeof(Elf64_Phdr);
    exu_vec_each (load, &core->loads)
        memory_size += load->phdr.p_filesz;
    uint64_t memory = gdb ? headers : exu_round_up(headers + notes.len, 4096);
    uint64_t end = gdb ? memory + memory_size + notes.len : memory + memory_size;
    Elf64_Ehdr ehdr = {.e_type = ET_CORE,
                       .e_machine = EM_X86_64,
                       .e_version = EV_CURRENT,
                       .e_phoff = sizeof ehdr,
                       .e_ehsize = sizeof ehdr,
                       .e_phentsize = sizeof(Elf64_Phdr)};
    memcpy(ehdr.e_ident, ELFMAG, SELFMAG);
    ehdr.e_ident[EI_CLASS] = ELFCLASS64;
    ehdr.e_ident[EI_DATA] = ELFDATA2LSB;
    ehdr.e_ident[EI_VERSION] = EV_CURRENT;
    ehdr.e_phnum = (Elf64_Half)(extended ? PN_XNUM : core->loads.len + 1);
    if (extended) {
        ehdr.e_shoff = end;
        ehdr.e_shentsize = sizeof(Elf64_Shdr);
        ehdr.e_shnum = 1;
    }
    exu_text_clear(&core->out);
    add(&core->out, &ehdr, sizeof ehdr);
    Elf64_Phdr note = {
        .p_type = PT_NOTE, .p_offset = gdb ? memory + memory_size : headers, .p_filesz = notes.len};
    add(&core->out, &note, sizeof note);
    uint64_t offset = memory;
    exu_vec_each (load, &core->loads) {
        load->phdr.p_offset = offset;
        offset += load->phdr.p_filesz;
        add(&core->out, &load->phdr, sizeof load->phdr);
    }
    if (!gdb && notes.len)
        add(&core->out, notes.data, notes.len);
    add_zeros(&core->out, memory - core->out.len);
    exu_vec_each (load, &core->loads)
        add(&core->out, load->bytes, load->phdr.p_filesz);
    if (gdb && notes.len)
        add(&core->out, notes.data, notes.len);
    if (extended) {
        Elf64_Shdr shdr = {.sh_info = (Elf64_Word)(core->loads.len + 1)};
        add(&core->out, &shdr, sizeof shdr);
    }
    exu_text_deinit(&notes);
    *ret_size = core->out.len;
    return (uint8_t *)core->out.data;
}

/* ---- files ---- */

char *exu_test_write_file(const char *directory, const char *name, const void *bytes, size_t size)
{
    char *path = NULL;
    check(asprintf(&path, "%s/%s", directory, name) >= 0);
    for (char *slash = strchr(path + strlen(directory) + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        mkdir(path, 0700);
        *slash = '/';
    }
    FILE *f = fopen(path, "w");
    check(f && fwrite(bytes, 1, size, f) == size && fclose(f) == 0);
    return path;
}

char *exu_test_make_directory(void)
{
    const char *parent = getenv("TMPDIR");
    char *path = NULL;
    check(asprintf(&path, "%s/exuvia-test-XXXXXX", parent && *parent ? parent : "/tmp") >= 0);
    check(mkdtemp(path));
    return path;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

void exu_test_remove_tree(const char *directory)
{
    nftw(directory, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}
