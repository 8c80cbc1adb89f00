#include "core/private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define DELETED " (deleted)"

struct finding {
    struct exu_core *core;
    struct exu_core_private *private;
    const struct exu_memory *probe;
    struct exu_anomalies *anomalies;
    exu_vec(struct exu_image) images;
    exu_vec(struct exu_image_private) privates;
};

/* ---- which mappings belong together ---- */

/* The end of the run of NT_FILE entries from `first` on that are one object: the same path, up to the next
 * one that maps the file's start anew behind the object's extent. */
static size_t group_end(const struct exu_notes *notes, size_t first, exu_addr extent_end)
{
    const struct exu_file_range *files = notes->files.items;
    size_t i = first + 1;
    for (; i < notes->files.len; i++) {
        if (files[i].path != files[first].path && strcmp(files[i].path, files[first].path) != 0)
            break;
        if (files[i].offset == 0 && files[i].start >= extent_end)
            break;
    }
    return i;
}

static bool can_be_image(const char *path)
{
    return strcmp(path, EXU_UNNAMED) == 0 ||
           (path[0] == '/' && strncmp(path, "/dev/", 5) != 0 && strncmp(path, "/SYSV", 5) != 0);
}

static const char *without_deleted(struct exu_bump *bump, const char *path)
{
    size_t n = strlen(path), suffix = strlen(DELETED);
    if (n > suffix && strcmp(path + n - suffix, DELETED) == 0)
        return exu_bump_strndup(bump, path, n - suffix);
    return path;
}

static struct exu_error *add_group(struct finding *f, size_t first, size_t *ret_end)
{
    struct exu_core_private *p = f->private;
    const struct exu_file_range *range = &p->notes.files.items[first];
    struct exu_image_private private = {.base = range->start, .first_file = first};
    /* Until its headers are known: where a shared object is linked to 0. */
    struct exu_image image = {.start = range->start, .bias = range->start - range->offset};
    exu_addr extent_end = range->end;
    bool elf = false;
    if (range->offset == 0) {
        elf = exu_headers_from_memory(&private.headers, f->probe, range->start, &p->bump);
        uint8_t magic[SELFMAG];
        if (!elf && exu_memory_read(f->probe, range->start, magic, SELFMAG) == SELFMAG &&
            memcmp(magic, ELFMAG, SELFMAG) != 0) {
            *ret_end = first + 1;
            return NULL;
        }
    }
    if (elf) {
        image.bias = exu_headers_bias(&private.headers, range->start);
        extent_end = image.bias + private.headers.high;
        if (extent_end < range->end)
            extent_end = range->end;
        image.build_id = exu_headers_build_id_in_memory(&private.headers, f->probe, image.bias, &p->bump);
    }
    *ret_end = private.file_end = group_end(&p->notes, first, extent_end);
    if (!can_be_image(range->path))
        return NULL;
    image.end = exu_max(extent_end, p->notes.files.items[private.file_end - 1].end);
    image.path = without_deleted(&p->bump, range->path);
    if (!image.path || !exu_vec_push(&f->images, image) || !exu_vec_push(&f->privates, private))
        return exu_error_memory();
    return NULL;
}

/* ---- the main program ---- */

static bool has_debug_entry(const struct finding *f, size_t i)
{
    const struct exu_image_private *p = &f->privates.items[i];
    const Elf64_Phdr *dynamic = exu_headers_find(&p->headers, PT_DYNAMIC);
    for (uint64_t at = 0; dynamic && at + 16 <= exu_min(dynamic->p_memsz, 65536); at += 16) {
        uint64_t tag;
        if (!exu_memory_u64(f->probe, f->images.items[i].bias + dynamic->p_vaddr + at, &tag) ||
            tag == DT_NULL)
            break;
        if (tag == DT_DEBUG)
            return true;
    }
    return false;
}

static void mark_executable(struct finding *f)
{
    uint64_t address;
    static const uint64_t types[] = {AT_ENTRY, AT_PHDR};
    for (size_t t = 0; t < EXU_COUNT(types); t++) {
        if (!exu_notes_auxv(&f->private->notes, types[t], &address))
            continue;
        for (size_t i = 0; i < f->images.len; i++) {
            if (address < f->images.items[i].start || address >= f->images.items[i].end)
                continue;
            f->images.items[i].is_executable = true;
            return;
        }
    }
    /* Without NT_AUXV: not position-independent, or with the DT_DEBUG that only programs have. */
    for (size_t i = 0; i < f->images.len; i++) {
        if (f->privates.items[i].headers.type != ET_EXEC && !has_debug_entry(f, i))
            continue;
        f->images.items[i].is_executable = true;
        return;
    }
}

/* When all lists are lost, gdb's NT_PRPSINFO may still have the program's path: its argv[0]. */
static bool name_executable(struct finding *f)
{
    struct exu_notes *notes = &f->private->notes;
    for (size_t i = 0; i < f->images.len && notes->arguments; i++) {
        struct exu_image *image = &f->images.items[i];
        if (!image->is_executable || strcmp(image->path, EXU_UNNAMED) != 0 || notes->arguments[0] != '/')
            continue;
        const char *name =
            exu_bump_strndup(&f->private->bump, notes->arguments, strcspn(notes->arguments, " "));
        if (!name)
            return false;
        image->path = name;
        for (size_t k = f->privates.items[i].first_file; k < f->privates.items[i].file_end; k++)
            notes->files.items[k].path = name;
    }
    return true;
}

/* ---- is it the same file? ---- */

/* Do the mappings that NT_FILE lists lie where this file's headers put them? */
static bool same_geometry(const struct finding *f, const struct exu_image_private *p,
                          const struct exu_localfile *file, uint64_t *ret_bias)
{
    const struct exu_file_range *files = f->private->notes.files.items;
    if (p->first_file == p->file_end || files[p->first_file].offset != 0)
        return false;
    uint64_t bias = exu_headers_bias(&file->headers, p->base);
    if (file->headers.type == ET_EXEC && bias != 0)
        return false;
    for (size_t i = p->first_file; i < p->file_end; i++) {
        uint64_t vaddr = files[i].start - bias;
        const Elf64_Phdr *load = exu_headers_load_at(&file->headers, vaddr);
        if (!load)
            continue; /* the inaccessible gap between two segments */
        uint64_t offset = (load->p_offset & ~(EXU_PAGE - 1)) + (vaddr - (load->p_vaddr & ~(EXU_PAGE - 1)));
        if (offset != files[i].offset)
            return false;
    }
    *ret_bias = bias;
    return true;
}

enum likeness { DIFFERENT, UNCLEAR, ALIKE };

/* Compares the dynamic section in the process, whose addresses ld.so may have relocated, with the file's. */
static enum likeness compare_dynamic(const struct finding *f, const struct exu_localfile *file, uint64_t bias)
{
    const Elf64_Phdr *dynamic = exu_headers_find(&file->headers, PT_DYNAMIC);
    if (!dynamic || dynamic->p_offset > file->size || dynamic->p_filesz > file->size - dynamic->p_offset)
        return UNCLEAR;
    unsigned equal = 0;
    for (uint64_t at = 0; at + 16 <= exu_min(dynamic->p_filesz, 65536); at += 16) {
        const uint8_t *there = exu_memory_at(f->probe, bias + dynamic->p_vaddr + at, 16);
        const uint8_t *here = file->bytes + dynamic->p_offset + at;
        if (!there)
            return UNCLEAR;
        uint64_t tag = exu_load_u64(here), value = exu_load_u64(here + 8), other = exu_load_u64(there + 8);
        if (tag != exu_load_u64(there))
            return DIFFERENT;
        if (tag == DT_NULL)
            break;
        if (tag != DT_DEBUG && other != value && other != value + bias)
            return DIFFERENT;
        equal++;
    }
    return equal >= 8 ? ALIKE : UNCLEAR;
}

static enum likeness compare_first_page(const struct finding *f, const struct exu_image_private *p,
                                        const struct exu_localfile *file)
{
    const uint8_t *there = exu_memory_at(f->probe, p->base, EXU_PAGE);
    if (!there)
        return UNCLEAR;
    return memcmp(there, file->bytes, exu_min(EXU_PAGE, file->size)) == 0 ? ALIKE : DIFFERENT;
}

/* Without a build-id to compare, all else that the core has of the file must agree, and something must be
 * there. */
static enum likeness compare_loosely(const struct finding *f, size_t i, const struct exu_localfile *file,
                                     bool chosen)
{
    const struct exu_image_private *p = &f->privates.items[i];
    uint64_t bias;
    if (!same_geometry(f, p, file, &bias))
        return DIFFERENT;
    enum likeness page = compare_first_page(f, p, file), dynamic = compare_dynamic(f, file, bias);
    if (page == DIFFERENT || dynamic == DIFFERENT)
        return DIFFERENT;
    if (!chosen && file->modified > f->private->input.modified)
        return UNCLEAR;
    return page == ALIKE || dynamic == ALIKE ? ALIKE : UNCLEAR;
}

/* ---- where it is on this machine ---- */

struct candidate {
    const char *path;
    bool by_path; /* found under its own name, or named by the user: it may be taken without a build-id */
    bool chosen;  /* named by the user */
    bool another; /* of this machine, where the process' files lie under a sysroot: no wonder if it is another one */
};

static void refuse(struct finding *f, size_t i, const char *kind, const char *reason)
{
    struct exu_image *image = &f->images.items[i];
    exu_anomaly_add(f->anomalies, image->start, kind, "%s: %s", image->path, reason);
    if (!image->mismatch)
        image->mismatch = reason;
}

/* Takes the candidate if it is the file that was mapped. */
static bool try_candidate(struct finding *f, size_t i, const struct candidate *c)
{
    struct exu_image *image = &f->images.items[i];
    struct exu_bump *bump = &f->private->bump;
    struct exu_localfile file;
    if (!exu_localfile_open(&file, c->path, bump))
        return false;
    bool taken = false;
    const char *reason = NULL, *kind = "build-id-mismatch";
    if (image->build_id) {
        taken = file.build_id && strcmp(file.build_id, image->build_id) == 0;
        if (!taken)
            reason = exu_bump_printf(bump, "build-id differs: the core has %s, %s has %s; not used",
                                     image->build_id, c->path, file.build_id ? file.build_id : "none");
    } else if (c->by_path) {
        enum likeness likeness = compare_loosely(f, i, &file, c->chosen);
        taken = likeness == ALIKE;
        kind = "unverified-file";
        if (taken)
            exu_anomaly_add(
                f->anomalies, image->start, kind,
                "%s: the core shows no build-id; %s was used, it agrees with what the core has of it",
                image->path, c->path);
        else if (likeness == DIFFERENT)
            reason = exu_bump_printf(bump, "%s differs from what the core has of it; not used", c->path);
        else
            reason =
                exu_bump_printf(bump, "can't tell whether %s is the file that was mapped; not used", c->path);
    }
    if (!taken) {
        exu_localfile_close(&file);
        if (reason && !c->another)
            refuse(f, i, kind, reason);
        return false;
    }
    f->privates.items[i].file = file;
    image->local_path = file.path;
    return true;
}

static bool try_build_id(struct finding *f, size_t i, const char *directory)
{
    const char *id = f->images.items[i].build_id;
    if (!id || strlen(id) < 3)
        return false;
    struct candidate c = {
        .path = exu_bump_printf(&f->private->bump, "%s/.build-id/%.2s/%s", directory, id, id + 2)};
    return c.path && try_candidate(f, i, &c);
}

static void locate(struct finding *f, size_t i)
{
    struct exu_core_private *p = f->private;
    struct exu_image *image = &f->images.items[i];
    const struct exu_image_private *own = &f->privates.items[i];
    bool deleted =
        own->first_file < own->file_end && p->notes.files.items[own->first_file].path != image->path;
    if (image->is_executable && p->exe) {
        struct candidate c = {p->exe, true, true, false};
        if (try_candidate(f, i, &c))
            return;
    }
    bool rooted = *p->sysroot;
    if (rooted && image->path[0] == '/') {
        struct candidate c = {exu_bump_printf(&p->bump, "%s%s", p->sysroot, image->path), !deleted, false, false};
        if (c.path && try_candidate(f, i, &c))
            return;
    }
    struct candidate c = {image->path, !deleted && !rooted, false, rooted};
    if (image->path[0] == '/' && try_candidate(f, i, &c))
        return;
    for (size_t d = 0; d < p->debug_dir_count; d++)
        if (try_build_id(f, i, p->debug_dirs[d]))
            return;
    const char *under = rooted ? exu_bump_printf(&p->bump, "%s/usr/lib/debug", p->sysroot) : NULL;
    if ((under && try_build_id(f, i, under)) || try_build_id(f, i, "/usr/lib/debug"))
        return;
    struct candidate fetched = {
        .path = p->fetch ? exu_fetch_file(p->fetch, EXU_FETCH_EXECUTABLE, image->build_id, &p->bump) : NULL};
    if (fetched.path)
        try_candidate(f, i, &fetched);
}

/* What only the file knows when the core has not even the first page. */
static void learn_from_file(struct finding *f, size_t i)
{
    struct exu_image *image = &f->images.items[i];
    struct exu_image_private *p = &f->privates.items[i];
    if (!p->file.bytes)
        return;
    image->mismatch = NULL;
    if (!image->build_id)
        image->build_id = p->file.build_id;
    if (p->headers.count > 0)
        return;
    p->headers = p->file.headers;
    image->bias = exu_headers_bias(&p->headers, p->base);
    image->end = exu_max(image->end, image->bias + p->headers.high);
}

/* libffi 3.5 maps its table of trampolines, a page of its own file, again elsewhere: that is no object that ld.so loaded. */
static bool is_piece(const struct finding *f, size_t i)
{
    if (f->privates.items[i].headers.count > 0)
        return false;
    for (size_t j = 0; j < f->images.len; j++)
        if (j != i && f->privates.items[j].headers.count > 0 &&
            strcmp(f->images.items[j].path, f->images.items[i].path) == 0)
            return true;
    return false;
}

struct exu_error *exu_images_find(struct exu_core *core, const struct exu_memory *probe,
                                  struct exu_anomalies *anomalies)
{
    struct finding f = {.core = core, .private = core->private, .probe = probe, .anomalies = anomalies};
    struct exu_error *error = NULL;
    for (size_t i = 0; i < core->private->notes.files.len && !error;)
        error = add_group(&f, i, &i);
    core->images = f.images.items;
    core->image_count = f.images.len;
    core->private->images = f.privates.items;
    if (error)
        return error;
    mark_executable(&f);
    if (!name_executable(&f))
        return exu_error_memory();
    size_t kept = 0;
    for (size_t i = 0; i < f.images.len; i++) {
        if (is_piece(&f, i))
            continue;
        locate(&f, i);
        learn_from_file(&f, i);
        /* A file that is no ELF object, as far as anyone can tell. */
        if (f.privates.items[i].headers.count == 0 && !f.images.items[i].mismatch)
            continue;
        f.images.items[kept] = f.images.items[i];
        f.privates.items[kept++] = f.privates.items[i];
    }
    core->image_count = kept;
    return NULL;
}

const char *exu_image_package(const struct exu_core *core, const struct exu_image *image)
{
    return exu_headers_package_in_memory(&core->private->images[exu_image_index(core, image)].headers, core->memory, image->bias,
                                         &core->private->bump);
}

void exu_images_close(struct exu_core *core)
{
    for (size_t i = 0; i < core->image_count && core->private->images; i++) {
        struct exu_image_private *p = &core->private->images[i];
        exu_localfile_close(&p->file);
        exu_localfile_close(&p->debug);
        exu_vec_free(&p->symbols);
        exu_vec_free(&p->by_address);
    }
    free(core->private->images);
    free(core->images);
}
