#include "layout/find.h"
#include <stdio.h>
#include <string.h>

uint32_t exu_version_of_path(const char *path, bool *ret_free_threaded)
{
    const char *slash = path ? strrchr(path, '/') : NULL;
    const char *name = slash ? slash + 1 : path ? path : "";
    unsigned major, minor;
    int read = 0;
    if (strncmp(name, "lib", 3) == 0)
        name += 3;
    *ret_free_threaded = false;
    if (sscanf(name, "python%u.%u%n", &major, &minor, &read) != 2 || major > 9 || minor > 99)
        return 0;
    *ret_free_threaded = name[read] == 't';
    return (uint32_t)major << 24 | (uint32_t)minor << 16;
}

static bool symbol(const struct exu_core *core, const struct exu_image *image, const char *name,
                   exu_addr *ret)
{
    struct exu_symbol s;
    if (!exu_image_dynamic_symbol(core, image, name, &s))
        return false;
    *ret = s.address;
    return true;
}

/* As the dynamic linker resolves it: an executable that refers to an interpreter's data has a copy of its own
 * (a copy relocation), and everyone uses that. */
static void data_symbol(const struct exu_core *core, const struct exu_image *image, const char *name,
                        exu_addr *ret)
{
    for (size_t i = 0; i < core->image_count; i++)
        if (core->images[i].is_executable && symbol(core, &core->images[i], name, ret))
            return;
    symbol(core, image, name, ret);
}

void exu_interpreter_name_version(struct exu_interpreter_image *found)
{
    uint32_t hex = found->version_hex;
    if (hex == 0)
        return;
    if (hex & 0xff)
        snprintf(found->version, sizeof found->version, "%u.%u.%u", hex >> 24, hex >> 16 & 255,
                 hex >> 8 & 255);
    else
        snprintf(found->version, sizeof found->version, "%u.%u", hex >> 24, hex >> 16 & 255);
    static const char levels[] = {[0xa] = 'a', [0xb] = 'b', [0xc] = 'c', [0xf] = 0};
    unsigned level = hex >> 4 & 15, serial = hex & 15; /* patchlevel.h: 3.12.0rc2 */
    size_t n = strlen(found->version);
    if (levels[level])
        snprintf(found->version + n, sizeof found->version - n, "%c%s%u",
                 levels[level] == 'c' ? 'r' : levels[level], levels[level] == 'c' ? "c" : "", serial);
}

/* The micro version in '3.9.18 (main, Jan 1 2024, …) \n[GCC …]', which Py_GetVersion() (Python/getversion.c)
 * puts into a static buffer when sys.version is made; 0 = not met. */
static uint32_t micro_of_text(const uint8_t *text, size_t n, uint32_t version_hex)
{
    char head[16];
    int head_size = snprintf(head, sizeof head, "%u.%u.", version_hex >> 24, version_hex >> 16 & 255);
    for (const uint8_t *at = text, *found;
         (found = memmem(at, n - (size_t)(at - text), head, (size_t)head_size)); at = found + 1) {
        const uint8_t *digit = found + head_size;
        size_t left = n - (size_t)(digit - text), i = 0;
        unsigned micro = 0;
        while (i < left && i < 3 && digit[i] >= '0' && digit[i] <= '9')
            micro = 10 * micro + (unsigned)(digit[i++] - '0');
        if (i == 0 || left < i + 2 || micro > 255 || (found > text && found[-1]) ||
            memcmp(digit + i, " (", 2) != 0)
            continue;
        return version_hex | micro << 8 | 0xf0;
    }
    return 0;
}

static uint32_t version_in_data(const struct exu_core *core, const struct exu_image *image,
                                uint32_t version_hex)
{
    enum { BSS_MAX = 16 << 20 }; /* .bss goes on behind the mappings of the file */
    exu_addr end = image->end;
    const struct exu_memory *m = core->memory;
    for (size_t i = 0; i < m->segment_count; i++) {
        const struct exu_segment *s = &m->segments[i];
        bool of_image = s->start < image->end && s->end > image->start;
        if ((!of_image && s->start != end) || s->end - image->start > BSS_MAX + (image->end - image->start))
            continue;
        end = s->end > end ? s->end : end;
        uint32_t hex =
            s->bytes && !s->zero && (s->perms & EXU_PERM_W) ? micro_of_text(s->bytes, s->end - s->start, version_hex) : 0;
        if (hex)
            return hex;
    }
    return 0;
}

void exu_interpreter_read_version(struct exu_interpreter_image *found, const struct exu_core *core)
{
    exu_addr at;
    uint32_t hex;
    uint32_t of_name = exu_version_of_path(found->image->path, &found->free_threaded);
    /* Py_Version is exported from 3.11 on (Include/pymacconfig.h, Python/getversion.c). */
    if (symbol(core, found->image, "Py_Version", &at) && exu_memory_u32(core->memory, at, &hex) &&
        hex >> 24 >= 3 && hex >> 24 < 10)
        found->version_hex = hex;
    else if (of_name && (hex = version_in_data(core, found->image, of_name)))
        found->version_hex = hex;
    else
        found->version_hex = of_name;
    exu_interpreter_name_version(found);
}

/* 3.13+: the runtime's own word, which also tells the version exactly. */
static void read_offsets(struct exu_interpreter_image *f, const struct exu_memory *memory)
{
    if (!f->runtime)
        return;
    struct exu_debug_offsets *o = &f->offsets;
    bool good = exu_debug_offsets_read(o, memory, f->runtime, f->offsets_reason);
    f->free_threaded |= o->free_threaded;
    /* A file's name tells no more than 3.13, and Py_Version lies in the file's read-only pages. */
    bool vague =
        (f->version_hex & 0xffff) == 0 && (!f->version_hex || f->version_hex >> 16 == o->version_hex >> 16);
    if (good && vague) {
        f->version_hex = o->version_hex;
        exu_interpreter_name_version(f);
    }
    if (good && o->version_hex >> 16 != f->version_hex >> 16) {
        snprintf(f->offsets_reason, sizeof f->offsets_reason, "_Py_DebugOffsets are of another version (%#x)",
                 (unsigned)o->version_hex);
        good = false;
    }
    if (!good)
        o->count = 0;
}

size_t exu_interpreter_images(struct exu_interpreter_image found[EXU_INTERPRETERS_MAX],
                              const struct exu_core *core)
{
    size_t count = 0;
    for (size_t i = 0; i < core->image_count && count < EXU_INTERPRETERS_MAX; i++) {
        struct exu_interpreter_image *f = &found[count];
        exu_addr at;
        *f = (struct exu_interpreter_image){.image = &core->images[i]};
        /* 2.7 and 3.6 have no _PyRuntime; what they export instead is enough to say so. */
        if (!symbol(core, f->image, "_PyRuntime", &f->runtime) &&
            !symbol(core, f->image, "_PyThreadState_Current", &at))
            continue;
        data_symbol(core, f->image, "PyType_Type", &f->type_type);
        data_symbol(core, f->image, "_Py_NoneStruct", &f->none);
        /* Objects/object.c of 3.11: exported under Py_REF_DEBUG, which Py_DEBUG implies; and under
         * Py_TRACE_REFS. */
        f->debug = symbol(core, f->image, "_Py_RefTotal", &at);
        f->trace_refs = symbol(core, f->image, "_Py_PrintReferences", &at);
        exu_interpreter_read_version(f, core);
        read_offsets(f, core->memory);
        count++;
    }
    return count;
}
