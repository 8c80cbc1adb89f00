/* Separate debug files: by build-id (DIR/.build-id/ab/cdef.debug), else by .gnu_debuglink, as gdb's manual
 * has it
 * ('Separate Debug Files'). */
#include "core/private.h"

#include <gelf.h>
#include <libelf.h>
#include <string.h>

/* The section of that name; false when there is none with bytes. */
static bool find_section(const struct exu_localfile *file, const char *name, uint64_t *ret_offset,
                         uint64_t *ret_size)
{
    elf_version(EV_CURRENT);
    Elf *elf = elf_memory((char *)(uintptr_t)file->bytes, (size_t)file->size);
    bool found = false;
    size_t names;
    if (elf && elf_getshdrstrndx(elf, &names) == 0) {
        for (Elf_Scn *scn = elf_nextscn(elf, NULL); scn && !found; scn = elf_nextscn(elf, scn)) {
            GElf_Shdr header;
            const char *text = gelf_getshdr(scn, &header) ? elf_strptr(elf, names, header.sh_name) : NULL;
            if (!text || strcmp(text, name) != 0 || header.sh_type == SHT_NOBITS)
                continue;
            found = header.sh_offset <= file->size && header.sh_size <= file->size - header.sh_offset;
            *ret_offset = header.sh_offset;
            *ret_size = header.sh_size;
        }
    }
    elf_end(elf);
    return found;
}

static bool has_dwarf(const struct exu_localfile *file)
{
    uint64_t offset, size;
    return find_section(file, ".debug_info", &offset, &size) && size > 0;
}

/* The checksum of .gnu_debuglink: CRC-32 of IEEE 802.3. */
static uint32_t checksum(const uint8_t *bytes, uint64_t size)
{
    uint32_t table[256], crc = UINT32_MAX;
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t value = i;
        for (int bit = 0; bit < 8; bit++)
            value = value & 1 ? 0xedb88320u ^ (value >> 1) : value >> 1;
        table[i] = value;
    }
    for (uint64_t i = 0; i < size; i++)
        crc = table[(crc ^ bytes[i]) & 255] ^ (crc >> 8);
    return ~crc;
}

struct search {
    struct exu_core_private *private;
    const struct exu_image *image;
    struct exu_image_private *own;
    const char *link; /* name in .gnu_debuglink, NULL = none */
    uint32_t crc;
};

/* Takes `path` if its build-id (or, where there is none to compare, its checksum) is right. */
static bool take(struct search *s, const char *path, bool by_link)
{
    struct exu_localfile file;
    if (!path || !exu_localfile_open(&file, path, &s->private->bump))
        return false;
    bool right;
    if (s->image->build_id && file.build_id)
        right = strcmp(s->image->build_id, file.build_id) == 0;
    else
        right = by_link && !s->image->build_id && checksum(file.bytes, file.size) == s->crc;
    if (!right) {
        exu_localfile_close(&file);
        return false;
    }
    s->own->debug = file;
    return true;
}

static bool by_build_id(struct search *s, const char *directory)
{
    const char *id = s->image->build_id;
    if (!id || strlen(id) < 3)
        return false;
    return take(s, exu_bump_printf(&s->private->bump, "%s/.build-id/%.2s/%s.debug", directory, id, id + 2),
                false);
}

static bool by_link(struct search *s, const char *before, const char *directory, const char *between)
{
    if (!s->link)
        return false;
    return take(s, exu_bump_printf(&s->private->bump, "%s%s%s/%s", before, directory, between, s->link),
                true);
}

/* A debug file of a library takes megabytes and seconds: only of what has no DWARF itself. */
static bool by_fetching(struct search *s)
{
    struct exu_core_private *p = s->private;
    return p->fetch && take(s, exu_fetch_file(p->fetch, EXU_FETCH_DEBUG_FILE, s->image->build_id, &p->bump), false);
}

static const char *directory_of(struct exu_bump *bump, const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? exu_bump_strndup(bump, path, (size_t)(slash - path)) : ".";
}

static void read_link(struct search *s)
{
    const struct exu_localfile *file = &s->own->file;
    uint64_t offset, size;
    if (!file->bytes || !find_section(file, ".gnu_debuglink", &offset, &size))
        return;
    const char *name = (const char *)file->bytes + offset;
    size_t length = strnlen(name, (size_t)size);
    uint64_t crc = exu_round_up(length + 1, 4);
    /* A file name, nothing that leads elsewhere. */
    if (length == 0 || crc + 4 > size || memchr(name, '/', length))
        return;
    s->crc = exu_load_u32(file->bytes + offset + crc);
    s->link = exu_bump_strndup(&s->private->bump, name, length);
}

static bool search_all(struct search *s)
{
    struct exu_core_private *p = s->private;
    read_link(s);
    const char *under = *p->sysroot ? exu_bump_printf(&p->bump, "%s/usr/lib/debug", p->sysroot) : NULL;
    for (size_t i = 0; i < p->debug_dir_count; i++)
        if (by_build_id(s, p->debug_dirs[i]))
            return true;
    if ((under && by_build_id(s, under)) || by_build_id(s, "/usr/lib/debug"))
        return true;
    const char *there = directory_of(&p->bump, s->image->path);
    const char *here = s->image->local_path ? directory_of(&p->bump, s->image->local_path) : NULL;
    if (!there)
        return false;
    for (size_t i = 0; i < p->debug_dir_count; i++)
        if (by_link(s, p->debug_dirs[i], there, "") || by_link(s, p->debug_dirs[i], "", ""))
            return true;
    return (here && (by_link(s, "", here, "") || by_link(s, "", here, "/.debug"))) ||
           (under && by_link(s, under, there, "")) || by_link(s, "/usr/lib/debug", there, "");
}

const struct exu_localfile *exu_image_debug_file(const struct exu_core *core, size_t image)
{
    struct exu_image_private *own = &core->private->images[image];
    if (!own->debug_sought && !core->origin) {
        struct search s = {.private = core->private, .image = &core->images[image], .own = own};
        own->debug_sought = true;
        bool whole = own->file.bytes && has_dwarf(&own->file);
        if (!search_all(&s) && !whole)
            by_fetching(&s);
        if (whole)
            own->debug_path = own->file.path;
        else if (own->debug.bytes && has_dwarf(&own->debug))
            own->debug_path = own->debug.path;
    }
    return own->debug.bytes ? &own->debug : NULL;
}

const char *exu_image_packed_layout(const struct exu_core *core, const struct exu_image *image, size_t *ret_size,
                                    const char **ret_path)
{
    const struct exu_image_packed *packed = &core->private->images[exu_image_index(core, image)].packed;
    *ret_size = packed->layout_size;
    *ret_path = packed->layout_path;
    return packed->layout;
}

const char *exu_image_debug_path(const struct exu_core *core, const struct exu_image *image)
{
    size_t i = exu_image_index(core, image);
    exu_image_debug_file(core, i);
    return core->private->images[i].debug_path;
}
