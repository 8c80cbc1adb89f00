/* gdb writes the notes behind the memory: a gcore cut short has lost NT_FILE, and so has a kernel core with
 * more files than fit into it (fs/binfmt_elf.c MAX_FILE_NOTE_SIZE). The objects are still there, with their
 * ELF headers at the start of a segment, and ld.so's list of them may be. */
#include "core/private.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

#define MAX_OBJECTS 65536u
#define MAX_PATH 4096

struct object {
    struct exu_headers headers;
    exu_addr start;
    uint64_t bias;
    const char *path;
};

struct objects {
    exu_vec(struct object) list;
    exu_addr map; /* ld.so's first struct link_map; 0 = not known */
};

static int compare_addresses(const void *left, const void *right)
{
    exu_addr a = *(const exu_addr *)left, b = *(const exu_addr *)right;
    return a < b ? -1 : a > b;
}

/* An object that ld.so or the kernel mapped has other segments where its headers put them; a file that
 * someone mapped as data has not, and the vdso has but one. */
static bool is_mapped(const struct object *o, const exu_addr *starts, size_t count)
{
    if (o->headers.type == ET_EXEC && o->bias != 0)
        return false;
    for (size_t i = 0; i < o->headers.count; i++) {
        const Elf64_Phdr *p = &o->headers.phdrs[i];
        exu_addr at = o->bias + (p->p_vaddr & ~(EXU_PAGE - 1));
        if (p->p_type == PT_LOAD && at != o->start &&
            bsearch(&at, starts, count, sizeof *starts, compare_addresses))
            return true;
    }
    return false;
}

/* The value of DT_DEBUG: where struct r_debug is (elf/link.h: r_version, then r_map). */
static void find_map(struct objects *found, const struct exu_memory *probe, const struct object *o)
{
    const Elf64_Phdr *dynamic = exu_headers_find(&o->headers, PT_DYNAMIC);
    for (uint64_t at = 0; dynamic && !found->map && at + 16 <= exu_min(dynamic->p_memsz, 65536); at += 16) {
        const uint8_t *entry = exu_memory_at(probe, o->bias + dynamic->p_vaddr + at, 16);
        if (!entry || exu_load_u64(entry) == DT_NULL)
            return;
        uint64_t debug = exu_load_u64(entry + 8);
        if (exu_load_u64(entry) == DT_DEBUG && debug != 0 && debug < UINT64_MAX - 16)
            exu_memory_u64(probe, debug + 8, &found->map);
    }
}

/* struct link_map (elf/link.h): l_addr, l_name, l_ld, l_next. */
static bool name_objects(struct objects *found, const struct exu_memory *probe, struct exu_bump *bump)
{
    exu_addr map = found->map;
    for (unsigned n = 0; map != 0 && n < MAX_OBJECTS; n++) {
        uint64_t words[4];
        char name[MAX_PATH];
        if (exu_memory_read(probe, map, words, sizeof words) < sizeof words)
            break;
        map = words[3];
        if (!exu_memory_string(probe, words[1], name, sizeof name) || name[0] != '/')
            continue;
        for (size_t i = 0; i < found->list.len; i++) {
            struct object *o = &found->list.items[i];
            const Elf64_Phdr *dynamic = exu_headers_find(&o->headers, PT_DYNAMIC);
            if (!dynamic || o->bias != words[0] || o->bias + dynamic->p_vaddr != words[2])
                continue;
            o->path = exu_bump_strdup(bump, name);
            if (!o->path)
                return false;
        }
    }
    return true;
}

static bool add_ranges(struct exu_notes *notes, const struct object *o)
{
    for (size_t i = 0; i < o->headers.count; i++) {
        const Elf64_Phdr *p = &o->headers.phdrs[i];
        if (p->p_type != PT_LOAD || p->p_filesz == 0)
            continue;
        struct exu_file_range range = {
            .start = o->bias + (p->p_vaddr & ~(EXU_PAGE - 1)),
            .end = o->bias + exu_round_up(p->p_vaddr + p->p_filesz, EXU_PAGE),
            .offset = p->p_offset & ~(EXU_PAGE - 1),
            .path = o->path,
        };
        /* Two segments may share a page of the file; the later one is mapped over the earlier. */
        struct exu_file_range *last = notes->files.len ? &notes->files.items[notes->files.len - 1] : NULL;
        if (last && last->start < range.start && last->end > range.start)
            last->end = range.start;
        if (range.start < range.end && !exu_vec_push(&notes->files, range))
            return false;
    }
    return true;
}

static struct exu_error *find_objects(struct objects *found, const struct exu_core_private *p,
                                      const exu_addr *starts, size_t count, const struct exu_memory *probe,
                                      struct exu_bump *bump)
{
    for (size_t i = 0; i < count && found->list.len < MAX_OBJECTS; i++) {
        struct object o = {.start = starts[i], .path = EXU_UNNAMED};
        uint64_t vdso = 0;
        exu_notes_auxv(&p->notes, AT_SYSINFO_EHDR, &vdso);
        if (starts[i] == vdso || !exu_headers_from_memory(&o.headers, probe, starts[i], bump))
            continue;
        o.bias = exu_headers_bias(&o.headers, starts[i]);
        if (!is_mapped(&o, starts, count))
            continue;
        find_map(found, probe, &o);
        if (!exu_vec_push(&found->list, o))
            return exu_error_memory();
    }
    return name_objects(found, probe, bump) ? NULL : exu_error_memory();
}

struct exu_error *exu_loaded_find(struct exu_core *core, const struct exu_memory *probe,
                                  struct exu_anomalies *anomalies)
{
    struct exu_core_private *p = core->private;
    if (p->notes.files.len > 0)
        return NULL;
    exu_addr *starts = calloc(p->phdr_count + 1, sizeof *starts);
    if (!starts)
        return exu_error_memory();
    size_t count = 0;
    for (size_t i = 0; i < p->phdr_count; i++)
        if (p->phdrs[i].p_type == PT_LOAD)
            starts[count++] = p->phdrs[i].p_vaddr;
    if (count > 1)
        qsort(starts, count, sizeof *starts, compare_addresses);
    struct objects found = {0};
    struct exu_error *error = find_objects(&found, p, starts, count, probe, &p->bump);
    free(starts);
    struct object *o;
    exu_vec_each (o, &found.list) {
        if (!error && !add_ranges(&p->notes, o))
            error = exu_error_memory();
    }
    if (found.list.len > 0)
        exu_anomaly_add(
            anomalies, 0, "no-file-list",
            "the core has no list of mapped files; %zu were found by their ELF headers; --exe names the "
            "program",
            found.list.len);
    exu_vec_free(&found.list);
    if (!error)
        exu_notes_finish(&p->notes, anomalies);
    return error;
}
