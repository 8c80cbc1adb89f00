#include "core/private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the core's own bytes ---- */

/* p_memsz, but at least what is in the file, as long as it does not wrap. */
static uint64_t load_size(const Elf64_Phdr *load)
{
    uint64_t size = exu_max(load->p_memsz, load->p_filesz);
    return exu_min(size, UINT64_MAX - load->p_vaddr);
}

static bool is_load(const Elf64_Phdr *phdr)
{
    return phdr->p_type == PT_LOAD && load_size(phdr) > 0;
}

/* A run of what a PT_LOAD promises. */
struct run {
    uint64_t at, size;    /* from its start on */
    const uint8_t *bytes; /* NULL: lost */
    bool zero;
};

/* What of it the core should have. */
static uint64_t promised_size(const Elf64_Phdr *load)
{
    return exu_min(load->p_filesz, load_size(load));
}

/* The run that begins `at`; false at the end. */
static bool next_run(const struct exu_core *core, const Elf64_Phdr *load, uint64_t at, struct run *ret)
{
    const struct exu_input *input = &core->private->input;
    uint64_t left = promised_size(load) - at, offset, gap;
    if (left == 0)
        return false;
    if (!exu_add(load->p_offset, at, &offset)) {
        *ret = (struct run){at, left, NULL, false};
        return true;
    }
    uint64_t size = exu_input_run(input, offset, left, &gap), end;
    bool zero = exu_hole_at(&input->holes, offset, &end);
    *ret = (struct run){at, size ? exu_min(size, end - offset) : gap, size ? input->bytes + offset : NULL, size && zero};
    return true;
}

static uint8_t perms_of(uint32_t flags)
{
    return (uint8_t)((flags & PF_R ? EXU_PERM_R : 0) | (flags & PF_W ? EXU_PERM_W : 0) |
                     (flags & PF_X ? EXU_PERM_X : 0));
}

struct exu_error *exu_space_probe(struct exu_memory **ret, const struct exu_core *core)
{
    struct exu_memory *m = NULL;
    EXU_TRY(exu_memory_create(&m));
    struct exu_error *error = NULL;
    for (size_t i = 0; i < core->private->phdr_count && !error; i++) {
        const Elf64_Phdr *load = &core->private->phdrs[i];
        struct run run = {0};
        while (!error && is_load(load) && next_run(core, load, run.at + run.size, &run)) {
            exu_addr start = load->p_vaddr + run.at;
            struct exu_segment s = {.start = start, .end = start + run.size, .bytes = run.bytes, .zero = run.zero};
            if (run.bytes)
                error = exu_memory_add_segment(m, &s);
        }
    }
    if (!error)
        error = exu_memory_seal(m, NULL);
    if (error) {
        exu_memory_destroy(m);
        return error;
    }
    *ret = m;
    return NULL;
}

void exu_space_tell_lost(const struct exu_input *input, const char *what, uint64_t bytes, uint64_t segments, exu_addr first,
                         struct exu_anomalies *anomalies)
{
    bool damaged = input->lost.len > 0;
    exu_anomaly_add(anomalies, first, damaged ? "damaged" : "truncated",
                    "the %s is %s: %llu bytes of %llu segments are lost, of %llu bytes in the file", what,
                    damaged ? "damaged" : "cut short", (unsigned long long)bytes, (unsigned long long)segments,
                    (unsigned long long)input->size);
}

/* ---- mappings ---- */

struct building {
    struct exu_core *core;
    struct exu_core_private *private;
    struct exu_memory *memory;
    struct exu_anomalies *anomalies;
    bool private_pages_dumped; /* the filter had anonymous private memory in it */
    exu_addr heap_from;        /* where the brk heap may begin; 0 = not known */
    exu_addr bss_end;          /* of the main program, rounded up to its page */
    exu_addr vdso, stack;      /* addresses in them; 0 = not known */
    exu_vec(exu_addr) stack_pointers;
    uint64_t lost_bytes, lost_segments;
    exu_addr first_lost;
};

static bool holds(const struct exu_mapping *m, exu_addr address)
{
    return address != 0 && address >= m->start && address < m->end;
}

static int compare_addresses(const void *left, const void *right)
{
    exu_addr a = *(const exu_addr *)left, b = *(const exu_addr *)right;
    return a < b ? -1 : a > b;
}

static bool holds_stack_pointer(const struct building *b, const struct exu_mapping *m)
{
    size_t low = 0, high = b->stack_pointers.len;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (b->stack_pointers.items[middle] < m->start)
            low = middle + 1;
        else
            high = middle;
    }
    return low < b->stack_pointers.len && b->stack_pointers.items[low] < m->end;
}

/* With CONFIG_COMPAT_BRK off the kernel puts the start of the brk heap up to 32 MB (1 GB since Linux 5.18 for
 * some programs) behind the program's bss: arch/x86/kernel/process.c arch_randomize_brk, mm/util.c. */
#define MAX_BRK_GAP ((uint64_t)1 << 30)

static const char *kind_of(struct building *b, const struct exu_mapping *m)
{
    if (m->path && (m->path[0] == '/' || strcmp(m->path, EXU_UNNAMED) == 0))
        return "file";
    if (holds(m, b->vdso) || m->start >= (exu_addr)1 << 63)
        return "vdso";
    if (holds(m, b->stack))
        return "stack";
    if (!(m->perms & EXU_PERM_W))
        return "anonymous";
    if (b->heap_from != 0 && m->end > b->heap_from && m->start >= b->heap_from - EXU_PAGE &&
        m->start - b->heap_from < MAX_BRK_GAP) {
        /* The rest of the bss follows the program's data at once. */
        if (m->start <= b->bss_end && m->end <= b->bss_end)
            return "bss";
        b->heap_from = m->end; /* the heap is one piece, unless someone changed the protection of a part */
        b->bss_end = 0;
        return "heap";
    }
    if (holds_stack_pointer(b, m))
        return "stack";
    const struct exu_image *image = exu_core_image_at(b->core, m->start);
    return image && m->end <= image->end ? "bss" : "anonymous";
}

static const struct exu_image_private *private_image_at(const struct building *b, exu_addr address,
                                                        const struct exu_image **ret_image)
{
    const struct exu_image *image = exu_core_image_at(b->core, address);
    *ret_image = image;
    return image ? &b->private->images[image - b->core->images] : NULL;
}

/* The bytes of the mapped file for [start, end) of the mapping, as far as they are sure to be what the
 * process saw.
 *
 * A page of a private mapping that was never written is the file's. The kernel leaves a private file mapping
 * out of the core only if it has no anonymous page (fs/coredump.c vma_dump_size), so what it left out is
 * clean as long as it dumped anonymous memory at all. gdb asks /proc/PID/smaps for resident anonymous pages
 * and thus misses those swapped out (gdb/linux-tdep.c), so that of gcore's cores only what can't be written
 * is read from files. */
static const uint8_t *file_bytes(const struct building *b, const struct exu_mapping *m, exu_addr start,
                                 exu_addr end, bool lost, exu_addr *ret_end)
{
    const struct exu_image *image;
    const struct exu_image_private *p = private_image_at(b, start, &image);
    *ret_end = end;
    if (!m->path || !p || !p->file.bytes)
        return NULL;
    const Elf64_Phdr *load = exu_headers_load_at(&p->headers, start - image->bias);
    if (!load)
        return NULL;
    exu_addr load_end = image->bias + exu_round_up(load->p_vaddr + load->p_filesz, EXU_PAGE);
    if (load_end > start && load_end < *ret_end)
        *ret_end = load_end;
    bool clean = b->private_pages_dumped && !lost && b->private->notes.format == EXU_CORE_KERNEL;
    if ((load->p_flags & PF_W) && !clean)
        return NULL;
    uint64_t offset, in_file = exu_round_up(p->file.size, EXU_PAGE);
    if (!exu_add(m->file_offset, start - m->start, &offset) || offset >= in_file)
        return NULL;
    if (offset !=
        (load->p_offset & ~(EXU_PAGE - 1)) + (start - image->bias - (load->p_vaddr & ~(EXU_PAGE - 1))))
        return NULL;
    *ret_end = exu_min(*ret_end, start + (in_file - offset));
    return p->file.bytes + offset;
}

/* Fills [start, end) of the mapping, which the core has not, from its file or with holes. */
static struct exu_error *fill(struct building *b, struct exu_mapping *m, uint32_t index, exu_addr start,
                              exu_addr end, bool lost)
{
    while (start < end) {
        exu_addr part_end;
        const uint8_t *bytes = file_bytes(b, m, start, end, lost, &part_end);
        struct exu_segment s = {
            .start = start, .end = part_end, .bytes = bytes, .mapping = index, .perms = m->perms};
        s.backing = bytes ? EXU_BACKING_FILE : EXU_BACKING_ABSENT;
        EXU_TRY(exu_memory_add_segment(b->memory, &s));
        if (!bytes && lost)
            exu_anomaly_add(b->anomalies, start, "hole", "%llu bytes at %#llx %s", (unsigned long long)(part_end - start),
                            (unsigned long long)start,
                            b->private->input.lost.len ? "are lost: the file is damaged" : "are behind the end of the core");
        start = part_end;
    }
    return NULL;
}

/* Where the gaps of the core are read from: decided for the first byte of the first gap. */
static uint8_t gap_backing(const struct building *b, const struct exu_mapping *m, uint64_t gap, bool lost)
{
    exu_addr ignored;
    if (gap >= m->end - m->start)
        return EXU_BACKING_CORE;
    return file_bytes(b, m, m->start + gap, m->end, lost, &ignored) ? EXU_BACKING_FILE : EXU_BACKING_ABSENT;
}

/* What NT_FILE and the headers say of it. */
static struct exu_mapping describe_load(struct building *b, const Elf64_Phdr *load)
{
    struct exu_mapping m = {.start = load->p_vaddr, .end = load->p_vaddr + load_size(load), .perms = perms_of(load->p_flags)};
    if (load_size(load) < exu_max(load->p_memsz, load->p_filesz))
        exu_anomaly_add(b->anomalies, m.start, "bad-segment", "segment at %#llx runs over the end of the address space",
                        (unsigned long long)m.start);
    const struct exu_file_range *range = exu_notes_file_at(&b->private->notes, m.start);
    if (range) {
        m.path = range->path;
        if (!exu_add(range->offset, m.start - range->start, &m.file_offset))
            m.path = NULL;
    }
    const struct exu_image *image = exu_core_image_at(b->core, m.start);
    if (image && m.path)
        m.build_id = image->build_id;
    m.kind = kind_of(b, &m);
    return m;
}

/* How much of it is in the core, and where the first byte is that is not. */
static void measure(struct building *b, const Elf64_Phdr *load, struct exu_mapping *m)
{
    uint64_t promised = promised_size(load), gap = promised;
    struct run run = {0};
    while (next_run(b->core, load, run.at + run.size, &run)) {
        if (run.bytes)
            m->dumped_bytes += run.size;
        else if (gap == promised)
            gap = run.at;
    }
    m->backing = gap_backing(b, m, gap, gap < promised);
    if (gap == promised)
        return;
    if (b->lost_segments++ == 0)
        b->first_lost = m->start + gap;
    b->lost_bytes += exu_min(promised - m->dumped_bytes, UINT64_MAX - b->lost_bytes);
}

static struct exu_error *add_load(struct building *b, const Elf64_Phdr *load)
{
    struct exu_mapping m = describe_load(b, load);
    measure(b, load, &m);
    uint32_t index;
    EXU_TRY(exu_memory_add_mapping(b->memory, &m, &index));
    struct run run = {0};
    while (next_run(b->core, load, run.at + run.size, &run)) {
        exu_addr start = m.start + run.at;
        struct exu_segment s = {.start = start,
                                .end = start + run.size,
                                .bytes = run.bytes,
                                .mapping = index,
                                .backing = EXU_BACKING_CORE,
                                .perms = m.perms,
                                .zero = run.zero};
        EXU_TRY(run.bytes ? exu_memory_add_segment(b->memory, &s) : fill(b, &m, index, s.start, s.end, true));
    }
    return fill(b, &m, index, m.start + promised_size(load), m.end, false);
}

/* A piece of an NT_FILE entry for which there is no PT_LOAD at all: gdb writes none for what it does not
 * dump. */
static struct exu_error *add_file_range(struct building *b, const struct exu_file_range *range,
                                        exu_addr start, exu_addr end)
{
    struct exu_mapping m = {.start = start, .end = end, .path = range->path, .kind = "file"};
    if (!exu_add(range->offset, start - range->start, &m.file_offset))
        return NULL;
    const struct exu_image *image;
    const struct exu_image_private *p = private_image_at(b, start, &image);
    if (p) {
        m.build_id = image->build_id;
        const Elf64_Phdr *load = exu_headers_load_at(&p->headers, start - image->bias);
        m.perms = load ? perms_of(load->p_flags) : 0;
    }
    m.backing = gap_backing(b, &m, 0, false);
    uint32_t index;
    EXU_TRY(exu_memory_add_mapping(b->memory, &m, &index));
    return fill(b, &m, index, start, end, false);
}

static int by_address(const void *left, const void *right)
{
    const Elf64_Phdr *a = left, *b = right;
    if (a->p_vaddr != b->p_vaddr)
        return a->p_vaddr < b->p_vaddr ? -1 : 1;
    return a->p_offset < b->p_offset ? -1 : a->p_offset > b->p_offset;
}

/* PT_LOADs and what NT_FILE has beside them, in address order. */
static struct exu_error *add_all(struct building *b, const Elf64_Phdr *loads, size_t count)
{
    const struct exu_file_range *files = b->private->notes.files.items;
    size_t file_count = b->private->notes.files.len, file = 0;
    exu_addr covered = 0; /* up to here is told */
    for (size_t i = 0; i <= count; i++) {
        exu_addr next = i < count ? loads[i].p_vaddr : UINT64_MAX;
        while (file < file_count && files[file].start < next) {
            exu_addr start = exu_max(files[file].start, covered), end = exu_min(files[file].end, next);
            if (start < end)
                EXU_TRY(add_file_range(b, &files[file], start, end));
            covered = exu_max(covered, end);
            if (files[file].end > next)
                break;
            file++;
        }
        if (i == count)
            break;
        EXU_TRY(add_load(b, &loads[i]));
        covered = exu_max(covered, loads[i].p_vaddr + load_size(&loads[i]));
    }
    return NULL;
}

/* ---- what is known before ---- */

static void find_landmarks(struct building *b)
{
    const struct exu_notes *notes = &b->private->notes;
    uint64_t value;
    if (exu_notes_auxv(notes, AT_SYSINFO_EHDR, &value))
        b->vdso = value;
    /* The kernel puts the file name and the random bytes on the first thread's stack. */
    if (exu_notes_auxv(notes, AT_RANDOM, &value) || exu_notes_auxv(notes, AT_EXECFN, &value))
        b->stack = value;
    for (size_t i = 0; i < b->core->image_count; i++) {
        if (!b->core->images[i].is_executable)
            continue;
        b->bss_end = b->core->images[i].end;
        b->heap_from = b->bss_end;
        /* The anonymous part of the bss begins before its end. */
        const struct exu_image_private *p = &b->private->images[i];
        if (p->file_end > p->first_file)
            b->heap_from = exu_min(b->heap_from, notes->files.items[p->file_end - 1].end);
    }
}

/* Was anonymous private memory dumped? Stacks are such memory; without any thread, whatever is writable and
 * nameless. */
static void look_for_private_pages(struct building *b, const Elf64_Phdr *loads, size_t count)
{
    for (size_t i = 0; i < count && !b->private_pages_dumped; i++) {
        struct exu_mapping m = {.start = loads[i].p_vaddr, .end = loads[i].p_vaddr + load_size(&loads[i])};
        if (loads[i].p_filesz == 0 || loads[i].p_filesz != loads[i].p_memsz || !(loads[i].p_flags & PF_W))
            continue;
        bool stack = holds_stack_pointer(b, &m);
        bool nameless = b->stack_pointers.len == 0 && !exu_notes_file_at(&b->private->notes, m.start);
        b->private_pages_dumped = stack || nameless;
    }
}

static struct exu_error *build(struct building *b, Elf64_Phdr *loads)
{
    size_t count = 0;
    for (size_t i = 0; i < b->private->phdr_count; i++)
        if (is_load(&b->private->phdrs[i]))
            loads[count++] = b->private->phdrs[i];
    if (count > 1)
        qsort(loads, count, sizeof *loads, by_address);
    for (size_t i = 0; i < b->private->notes.threads.len; i++)
        if (!exu_vec_push(&b->stack_pointers, b->private->notes.threads.items[i].stack_pointer))
            return exu_error_memory();
    if (b->stack_pointers.len > 1)
        qsort(b->stack_pointers.items, b->stack_pointers.len, sizeof(exu_addr), compare_addresses);
    find_landmarks(b);
    look_for_private_pages(b, loads, count);
    EXU_TRY(add_all(b, loads, count));
    if (b->lost_segments > 0)
        exu_space_tell_lost(&b->private->input, "core", b->lost_bytes, b->lost_segments, b->first_lost, b->anomalies);
    return exu_memory_seal(b->memory, b->anomalies);
}

struct exu_error *exu_space_build(struct exu_core *core, struct exu_anomalies *anomalies)
{
    struct building b = {
        .core = core, .private = core->private, .memory = core->memory, .anomalies = anomalies};
    Elf64_Phdr *loads = calloc(core->private->phdr_count + 1, sizeof *loads);
    if (!loads)
        return exu_error_memory();
    struct exu_error *error = build(&b, loads);
    free(loads);
    exu_vec_free(&b.stack_pointers);
    return error;
}
