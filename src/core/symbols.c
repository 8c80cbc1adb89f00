#include "core/private.h"

#include <gelf.h>
#include <libelf.h>
#include <stdlib.h>
#include <string.h>

#define MAX_DYNAMIC 4096u
#define MAX_SYMBOLS ((uint64_t)1 << 24)

/* ---- the dynamic symbol table, in memory ---- */

struct dynamic {
    const struct exu_memory *memory;
    const struct exu_image *image;
    exu_addr symbols, strings, gnu_hash, hash;
    uint64_t strings_size;
};

/* glibc's ld.so replaces the addresses in the dynamic section by relocated ones, others and a program that
 * never ran do not: elf/get-dynamic-info.h. */
static exu_addr relocated(const struct exu_image *image, uint64_t value)
{
    if (value >= image->start && value < image->end)
        return value;
    exu_addr moved = image->bias + value;
    return moved >= image->start && moved < image->end ? moved : 0;
}

/* 16 bytes of the dynamic section: the process' own, else the file's, or what a pack has of that. */
static bool dynamic_entry(const struct exu_core *core, size_t i, const Elf64_Phdr *phdr, uint64_t at,
                          uint64_t ret[2])
{
    const struct exu_localfile *file = &core->private->images[i].file;
    const uint8_t *bytes = exu_memory_at(core->memory, core->images[i].bias + phdr->p_vaddr + at, 16);
    if (!bytes && file->bytes && phdr->p_offset <= file->size && at + 16 <= phdr->p_filesz &&
        at + 16 <= file->size - phdr->p_offset)
        bytes = file->bytes + phdr->p_offset + at;
    const struct exu_image_packed *packed = &core->private->images[i].packed;
    if (!bytes && packed->dynamic && at + 16 <= packed->dynamic_size)
        bytes = packed->dynamic + at;
    if (!bytes)
        return false;
    memcpy(ret, bytes, 16);
    return true;
}

static bool read_dynamic(const struct exu_core *core, const struct exu_image *image, struct dynamic *ret)
{
    size_t i = exu_image_index(core, image);
    const Elf64_Phdr *phdr = exu_headers_find(&core->private->images[i].headers, PT_DYNAMIC);
    *ret = (struct dynamic){.memory = core->memory, .image = image};
    if (!phdr)
        return false;
    for (uint64_t at = 0; at / 16 < exu_min(phdr->p_memsz / 16, MAX_DYNAMIC); at += 16) {
        uint64_t entry[2];
        if (!dynamic_entry(core, i, phdr, at, entry) || entry[0] == DT_NULL)
            break;
        switch (entry[0]) {
        case DT_SYMTAB:
            ret->symbols = relocated(image, entry[1]);
            break;
        case DT_STRTAB:
            ret->strings = relocated(image, entry[1]);
            break;
        case DT_STRSZ:
            ret->strings_size = entry[1];
            break;
        case DT_GNU_HASH:
            ret->gnu_hash = relocated(image, entry[1]);
            break;
        case DT_HASH:
            ret->hash = relocated(image, entry[1]);
            break;
        default:
            break;
        }
    }
    return ret->symbols && ret->strings;
}

static bool symbol_at_index(const struct dynamic *d, uint64_t index, Elf64_Sym *ret)
{
    if (index >= MAX_SYMBOLS)
        return false;
    return exu_memory_read(d->memory, d->symbols + index * sizeof *ret, ret, sizeof *ret) == sizeof *ret;
}

static bool symbol_is(const struct dynamic *d, const Elf64_Sym *symbol, const char *name)
{
    size_t length = strlen(name) + 1;
    if (symbol->st_shndx == SHN_UNDEF || symbol->st_name >= d->strings_size ||
        length > d->strings_size - symbol->st_name)
        return false;
    const uint8_t *text = exu_memory_at(d->memory, d->strings + symbol->st_name, length);
    return text && memcmp(text, name, length) == 0;
}

/* Tables of a GNU hash section: https://sourceware.org/gnu-gabi/program-loading-and-dynamic-linking.txt */
struct gnu_hash {
    uint32_t buckets, first;
    exu_addr bucket, chain;
};

static bool read_gnu_hash(const struct dynamic *d, struct gnu_hash *ret)
{
    uint32_t words[4];
    if (!d->gnu_hash || exu_memory_read(d->memory, d->gnu_hash, words, sizeof words) < sizeof words)
        return false;
    ret->buckets = words[0];
    ret->first = words[1];
    ret->bucket = d->gnu_hash + 16 + (uint64_t)words[2] * 8;
    ret->chain = ret->bucket + (uint64_t)words[0] * 4;
    return ret->buckets > 0;
}

static bool find_gnu(const struct dynamic *d, const char *name, Elf64_Sym *ret)
{
    struct gnu_hash table;
    uint32_t hash = 5381, index, entry;
    if (!read_gnu_hash(d, &table))
        return false;
    for (const char *c = name; *c; c++)
        hash = hash * 33 + (uint8_t)*c;
    if (!exu_memory_u32(d->memory, table.bucket + (uint64_t)(hash % table.buckets) * 4, &index) ||
        index < table.first)
        return false;
    for (uint64_t i = index; i < MAX_SYMBOLS; i++) {
        if (!exu_memory_u32(d->memory, table.chain + (i - table.first) * 4, &entry))
            return false;
        if ((entry | 1) == (hash | 1) && symbol_at_index(d, i, ret) && symbol_is(d, ret, name))
            return true;
        if (entry & 1)
            return false;
    }
    return false;
}

static bool find_sysv(const struct dynamic *d, const char *name, Elf64_Sym *ret)
{
    uint32_t buckets, chains, hash = 0, index;
    if (!d->hash || !exu_memory_u32(d->memory, d->hash, &buckets) ||
        !exu_memory_u32(d->memory, d->hash + 4, &chains) || buckets == 0)
        return false;
    for (const char *c = name; *c; c++) {
        hash = (hash << 4) + (uint8_t)*c;
        uint32_t high = hash & 0xf0000000u;
        hash = (hash ^ (high >> 24)) & ~high;
    }
    exu_addr chain = d->hash + 8 + (uint64_t)buckets * 4;
    if (!exu_memory_u32(d->memory, d->hash + 8 + (uint64_t)(hash % buckets) * 4, &index))
        return false;
    for (uint32_t steps = 0; index != 0 && index < chains && steps < chains; steps++) {
        if (symbol_at_index(d, index, ret) && symbol_is(d, ret, name))
            return true;
        if (!exu_memory_u32(d->memory, chain + (uint64_t)index * 4, &index))
            return false;
    }
    return false;
}

/* How many entries the dynamic symbol table has. */
static uint64_t count_dynamic(const struct dynamic *d)
{
    struct gnu_hash table;
    uint32_t n;
    if (d->hash && exu_memory_u32(d->memory, d->hash + 4, &n))
        return exu_min(n, MAX_SYMBOLS);
    if (!read_gnu_hash(d, &table))
        return 0;
    uint64_t last = 0;
    for (uint64_t i = 0; i < exu_min(table.buckets, MAX_SYMBOLS); i++) {
        if (!exu_memory_u32(d->memory, table.bucket + i * 4, &n))
            return 0;
        last = exu_max(last, n);
    }
    if (last < table.first)
        return 0;
    for (; last < MAX_SYMBOLS; last++) {
        if (!exu_memory_u32(d->memory, table.chain + (last - table.first) * 4, &n))
            return 0;
        if (n & 1)
            return last + 1;
    }
    return 0;
}

bool exu_image_dynamic_symbol(const struct exu_core *core, const struct exu_image *image, const char *name,
                              struct exu_symbol *ret)
{
    struct dynamic d;
    Elf64_Sym symbol;
    if (!read_dynamic(core, image, &d) || !(find_gnu(&d, name, &symbol) || find_sysv(&d, name, &symbol)))
        return false;
    *ret = (struct exu_symbol){image->bias + symbol.st_value, symbol.st_size, ELF64_ST_TYPE(symbol.st_info)};
    return true;
}

/* ---- .symtab of the file or its debug file ---- */

static bool names_memory(uint8_t type)
{
    return type == STT_NOTYPE || type == STT_OBJECT || type == STT_FUNC || type == STT_GNU_IFUNC ||
           type == STT_COMMON;
}

/* Names point into the mapped file. False when it has no .symtab. */
static bool read_symtab(exu_symbol_table *table, const struct exu_localfile *file, uint64_t bias)
{
    elf_version(EV_CURRENT);
    Elf *elf = elf_memory((char *)(uintptr_t)file->bytes, (size_t)file->size);
    Elf_Scn *scn = NULL;
    GElf_Shdr header = {0}, strings;
    while (elf && (scn = elf_nextscn(elf, scn)))
        if (gelf_getshdr(scn, &header) && header.sh_type == SHT_SYMTAB)
            break;
    Elf_Scn *names = scn ? elf_getscn(elf, header.sh_link) : NULL;
    bool usable = names && gelf_getshdr(names, &strings) && strings.sh_type == SHT_STRTAB &&
                  header.sh_offset <= file->size && header.sh_size <= file->size - header.sh_offset &&
                  strings.sh_offset <= file->size && strings.sh_size <= file->size - strings.sh_offset &&
                  strings.sh_size > 0;
    elf_end(elf);
    if (!usable || file->bytes[strings.sh_offset + strings.sh_size - 1] != 0)
        return false;
    uint64_t count = exu_min(header.sh_size / sizeof(Elf64_Sym), MAX_SYMBOLS);
    const char *source = NULL; /* a file's local symbols stand behind its STT_FILE */
    for (uint64_t i = 0; i < count; i++) {
        Elf64_Sym symbol;
        memcpy(&symbol, file->bytes + header.sh_offset + i * sizeof symbol, sizeof symbol);
        uint8_t type = ELF64_ST_TYPE(symbol.st_info);
        if (symbol.st_name >= strings.sh_size)
            continue;
        const char *name = (const char *)file->bytes + strings.sh_offset + symbol.st_name;
        bool global = ELF64_ST_BIND(symbol.st_info) != STB_LOCAL;
        if (type == STT_FILE)
            source = name;
        if (symbol.st_shndx == SHN_UNDEF || symbol.st_shndx == SHN_ABS || symbol.st_name == 0 || !names_memory(type))
            continue;
        struct exu_symbol_entry entry = {
            bias + symbol.st_value, symbol.st_size, name, global ? NULL : source, type, global};
        if (!exu_vec_push(table, entry))
            break;
    }
    return table->len > 0;
}

const exu_symbol_table *exu_image_static_symbols(const struct exu_core *core, size_t i)
{
    struct exu_image_private *own = &core->private->images[i];
    if (own->symbols_read)
        return &own->symbols;
    own->symbols_read = true;
    if (core->origin) {
        exu_packed_symbols(core, i, &own->symbols);
        return &own->symbols;
    }
    if (own->file.bytes && read_symtab(&own->symbols, &own->file, core->images[i].bias))
        return &own->symbols;
    const struct exu_localfile *debug = exu_image_debug_file(core, i);
    if (debug)
        read_symtab(&own->symbols, debug, core->images[i].bias);
    return &own->symbols;
}

/* How well an entry answers to a name: gcc's link-time optimization calls the static variable `x`
 * 'x.lto_priv.0' (gcc/lto/lto-partition.cc privatize_symbol_name). 0 = not at all. */
static unsigned answers(const struct exu_symbol_entry *entry, const char *name, size_t length)
{
    static const char suffix[] = ".lto_priv.";
    if (strncmp(entry->name, name, length) != 0)
        return 0;
    if (!entry->name[length])
        return entry->global ? 3 : 2;
    return strncmp(entry->name + length, suffix, sizeof suffix - 1) == 0 ? 1 : 0;
}

static bool of_source(const struct exu_symbol_entry *entry, const char *source)
{
    const char *slash = entry->source ? strrchr(entry->source, '/') : NULL;
    return entry->source && strcmp(slash ? slash + 1 : entry->source, source) == 0;
}

static bool find_static(const struct exu_core *core, const struct exu_image *image, const char *source,
                        const char *name, struct exu_symbol *ret)
{
    const exu_symbol_table *table = exu_image_static_symbols(core, exu_image_index(core, image));
    const struct exu_symbol_entry *entry, *found = NULL;
    unsigned best = 0;
    bool ambiguous = false;
    size_t length = strlen(name);
    exu_vec_each (entry, table) {
        unsigned rank = answers(entry, name, length);
        if (rank == 0 || rank < best || (source && !of_source(entry, source)))
            continue;
        ambiguous = rank == best && (ambiguous || found->address != entry->address);
        found = entry;
        best = rank;
    }
    if (!found || ambiguous)
        return false;
    *ret = (struct exu_symbol){found->address, found->size, found->type};
    return true;
}

bool exu_image_static_symbol(const struct exu_core *core, const struct exu_image *image, const char *name,
                             struct exu_symbol *ret)
{
    return find_static(core, image, NULL, name, ret);
}

bool exu_image_source_symbol(const struct exu_core *core, const struct exu_image *image, const char *source,
                             const char *name, struct exu_symbol *ret)
{
    return find_static(core, image, source, name, ret);
}

/* ---- address -> name ---- */

static void add_dynamic(const struct exu_core *core, const struct exu_image *image, exu_symbol_table *table)
{
    struct dynamic d;
    if (!read_dynamic(core, image, &d))
        return;
    uint64_t count = count_dynamic(&d);
    for (uint64_t i = 0; i < count; i++) {
        Elf64_Sym symbol;
        char name[512];
        if (!symbol_at_index(&d, i, &symbol))
            return;
        uint8_t type = ELF64_ST_TYPE(symbol.st_info);
        if (symbol.st_shndx == SHN_UNDEF || symbol.st_shndx == SHN_ABS || !names_memory(type) ||
            symbol.st_name >= d.strings_size ||
            !exu_memory_string(core->memory, d.strings + symbol.st_name, name, sizeof name) || !*name)
            continue;
        struct exu_symbol_entry entry = {image->bias + symbol.st_value, symbol.st_size,
                                         exu_bump_strdup(&core->private->bump, name), NULL, type, true};
        if (!entry.name || !exu_vec_push(table, entry))
            return;
    }
}

/* By address; at one address the best name last: sized, then global. */
static int by_address(const void *left, const void *right)
{
    const struct exu_symbol_entry *a = left, *b = right;
    if (a->address != b->address)
        return a->address < b->address ? -1 : 1;
    if ((a->size > 0) != (b->size > 0))
        return a->size > 0 ? 1 : -1;
    if (a->global != b->global)
        return a->global ? 1 : -1;
    return strcmp(b->name, a->name);
}

static const exu_symbol_table *sorted_symbols(const struct exu_core *core, const struct exu_image *image)
{
    size_t i = exu_image_index(core, image);
    struct exu_image_private *own = &core->private->images[i];
    if (own->by_address_made)
        return &own->by_address;
    own->by_address_made = true;
    const exu_symbol_table *table = exu_image_static_symbols(core, i);
    const struct exu_symbol_entry *entry;
    exu_vec_each (entry, table)
        if (!exu_vec_push(&own->by_address, *entry))
            break;
    add_dynamic(core, image, &own->by_address);
    if (own->by_address.len > 1)
        qsort(own->by_address.items, own->by_address.len, sizeof *own->by_address.items, by_address);
    return &own->by_address;
}

const char *exu_image_symbol_at(const struct exu_core *core, const struct exu_image *image, exu_addr address,
                                uint64_t *ret_offset)
{
    const exu_symbol_table *table = sorted_symbols(core, image);
    size_t low = 0, high = table->len;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (table->items[middle].address <= address)
            low = middle + 1;
        else
            high = middle;
    }
    /* A smaller symbol may lie inside the one that is meant: look back a little. */
    for (size_t back = 0; back < 16 && back < low; back++) {
        const struct exu_symbol_entry *entry = &table->items[low - 1 - back];
        uint64_t offset = address - entry->address;
        if (offset != 0 && offset >= entry->size)
            continue;
        *ret_offset = offset;
        return entry->name;
    }
    return NULL;
}

const struct exu_image *exu_core_image_at(const struct exu_core *core, exu_addr address)
{
    size_t low = 0, high = core->image_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (core->images[middle].start <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 && address < core->images[low - 1].end ? &core->images[low - 1] : NULL;
}
