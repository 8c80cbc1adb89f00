#include "core/headers.h"

#include <string.h>

#define MAX_BUILD_ID 64
#define NOTE_PACKAGE 0xcafe1a7eu /* systemd.io/PACKAGE_METADATA_FOR_EXECUTABLE_FILES */

static bool usable(const Elf64_Ehdr *ehdr)
{
    return memcmp(ehdr->e_ident, ELFMAG, SELFMAG) == 0 && ehdr->e_ident[EI_CLASS] == ELFCLASS64 &&
           ehdr->e_ident[EI_DATA] == ELFDATA2LSB && ehdr->e_machine == EM_X86_64 &&
           (ehdr->e_type == ET_EXEC || ehdr->e_type == ET_DYN) && ehdr->e_phentsize == sizeof(Elf64_Phdr) &&
           ehdr->e_phnum > 0 && ehdr->e_phnum <= EXU_HEADERS_MAX_PHDRS;
}

/* Extents from the program headers; false when they make no sense. */
static bool measure(struct exu_headers *h)
{
    bool any = false, first = false;
    h->low = UINT64_MAX;
    h->high = 0;
    for (size_t i = 0; i < h->count; i++) {
        const Elf64_Phdr *p = &h->phdrs[i];
        uint64_t end;
        h->has_interpreter |= p->p_type == PT_INTERP;
        if (p->p_type != PT_LOAD)
            continue;
        if (!exu_add(p->p_vaddr, p->p_memsz, &end) || p->p_filesz > p->p_memsz || end > UINT64_MAX - EXU_PAGE)
            return false;
        any = true;
        h->low = exu_min(h->low, p->p_vaddr & ~(EXU_PAGE - 1));
        h->high = exu_max(h->high, exu_round_up(end, EXU_PAGE));
        if (!first && p->p_offset < EXU_PAGE) {
            h->first_page = p->p_vaddr & ~(EXU_PAGE - 1);
            first = true;
        }
    }
    return any && first;
}

bool exu_headers_from_memory(struct exu_headers *ret, const struct exu_memory *m, exu_addr address,
                             struct exu_bump *bump)
{
    struct exu_headers h = {0};
    Elf64_Ehdr ehdr;
    if (exu_memory_read(m, address, &ehdr, sizeof ehdr) < sizeof ehdr || !usable(&ehdr))
        return false;
    size_t size = ehdr.e_phnum * sizeof(Elf64_Phdr);
    exu_addr at;
    if (!exu_add(address, ehdr.e_phoff, &at) || !exu_memory_at(m, at, 1))
        return false;
    Elf64_Phdr *phdrs = exu_bump_alloc(bump, size);
    if (!phdrs || exu_memory_read(m, at, phdrs, size) < size)
        return false;
    h.phdrs = phdrs;
    h.count = ehdr.e_phnum;
    h.type = ehdr.e_type;
    if (!measure(&h))
        return false;
    *ret = h;
    return true;
}

bool exu_headers_from_file(struct exu_headers *ret, const uint8_t *bytes, uint64_t size,
                           struct exu_bump *bump)
{
    struct exu_headers h = {0};
    Elf64_Ehdr ehdr;
    if (size < sizeof ehdr)
        return false;
    memcpy(&ehdr, bytes, sizeof ehdr);
    if (!usable(&ehdr))
        return false;
    size_t length = ehdr.e_phnum * sizeof(Elf64_Phdr);
    if (ehdr.e_phoff > size || length > size - ehdr.e_phoff)
        return false;
    Elf64_Phdr *phdrs = exu_bump_alloc(bump, length);
    if (!phdrs)
        return false;
    memcpy(phdrs, bytes + ehdr.e_phoff, length);
    h.phdrs = phdrs;
    h.count = ehdr.e_phnum;
    h.type = ehdr.e_type;
    if (!measure(&h))
        return false;
    *ret = h;
    return true;
}

bool exu_headers_from_table(struct exu_headers *ret, uint16_t type, const Elf64_Phdr *phdrs, size_t count)
{
    struct exu_headers h = {.phdrs = phdrs, .count = count, .type = type};
    if ((type != ET_EXEC && type != ET_DYN) || count == 0 || count > EXU_HEADERS_MAX_PHDRS || !measure(&h))
        return false;
    *ret = h;
    return true;
}

uint64_t exu_headers_bias(const struct exu_headers *headers, exu_addr start)
{
    return start - headers->first_page;
}

const Elf64_Phdr *exu_headers_find(const struct exu_headers *headers, uint32_t type)
{
    for (size_t i = 0; i < headers->count; i++)
        if (headers->phdrs[i].p_type == type)
            return &headers->phdrs[i];
    return NULL;
}

const Elf64_Phdr *exu_headers_load_at(const struct exu_headers *headers, uint64_t vaddr)
{
    for (size_t i = 0; i < headers->count; i++) {
        const Elf64_Phdr *p = &headers->phdrs[i];
        if (p->p_type == PT_LOAD && p->p_filesz > 0 && vaddr >= (p->p_vaddr & ~(EXU_PAGE - 1)) &&
            vaddr < exu_round_up(p->p_vaddr + p->p_filesz, EXU_PAGE))
            return p;
    }
    return NULL;
}

/* ---- notes: build-id, package ---- */

struct wanted_note {
    const char *owner; /* three letters */
    uint32_t type, most; /* bytes of what it has, at most */
};

static const char *hex(const uint8_t *bytes, size_t n, struct exu_bump *bump)
{
    static const char digits[] = "0123456789abcdef";
    char *text = exu_bump_alloc(bump, 2 * n + 1);
    for (size_t i = 0; text && i < n; i++) {
        text[2 * i] = digits[bytes[i] >> 4];
        text[2 * i + 1] = digits[bytes[i] & 15];
    }
    return text;
}

/* What that note has, among notes aligned to `align`; NULL = it is not there. */
static const uint8_t *find_note(const uint8_t *bytes, uint64_t size, uint64_t align, const struct wanted_note *wanted,
                                uint32_t *ret_size)
{
    uint64_t position = 0;
    align = align == 8 ? 8 : 4;
    while (size - position >= sizeof(Elf64_Nhdr)) {
        Elf64_Nhdr note;
        memcpy(&note, bytes + position, sizeof note);
        uint64_t name = position + sizeof note;
        uint64_t description = exu_round_up(name + note.n_namesz, align);
        if (description > size || note.n_descsz > size - description)
            return NULL;
        if (note.n_type == wanted->type && note.n_namesz == 4 && memcmp(bytes + name, wanted->owner, 4) == 0 &&
            note.n_descsz > 0 && note.n_descsz <= wanted->most) {
            *ret_size = note.n_descsz;
            return bytes + description;
        }
        position = exu_round_up(description + note.n_descsz, align);
        if (position > size)
            return NULL;
    }
    return NULL;
}

static const struct wanted_note build_id = {"GNU", NT_GNU_BUILD_ID, MAX_BUILD_ID};

static const uint8_t *find_in_memory(const struct exu_headers *headers, const struct exu_memory *m, uint64_t bias,
                                     const struct wanted_note *wanted, uint32_t *ret_size)
{
    for (size_t i = 0; i < headers->count; i++) {
        const Elf64_Phdr *p = &headers->phdrs[i];
        if (p->p_type != PT_NOTE)
            continue;
        uint64_t size = exu_min(p->p_filesz, EXU_HEADERS_MAX_NOTES);
        const uint8_t *bytes = exu_memory_at(m, bias + p->p_vaddr, size);
        const uint8_t *found = bytes ? find_note(bytes, size, p->p_align, wanted, ret_size) : NULL;
        if (found)
            return found;
    }
    return NULL;
}

const char *exu_headers_build_id_in_memory(const struct exu_headers *headers, const struct exu_memory *m,
                                           uint64_t bias, struct exu_bump *bump)
{
    uint32_t size;
    const uint8_t *id = find_in_memory(headers, m, bias, &build_id, &size);
    return id ? hex(id, size, bump) : NULL;
}

const char *exu_headers_package_in_memory(const struct exu_headers *headers, const struct exu_memory *m, uint64_t bias,
                                          struct exu_bump *bump)
{
    static const struct wanted_note package = {"FDO", NOTE_PACKAGE, EXU_HEADERS_MAX_NOTES};
    uint32_t size;
    const uint8_t *text = find_in_memory(headers, m, bias, &package, &size);
    return text ? exu_bump_strndup(bump, (const char *)text, strnlen((const char *)text, size)) : NULL;
}

const char *exu_headers_build_id_in_file(const struct exu_headers *headers, const uint8_t *bytes,
                                         uint64_t size, struct exu_bump *bump)
{
    for (size_t i = 0; i < headers->count; i++) {
        const Elf64_Phdr *p = &headers->phdrs[i];
        if (p->p_type != PT_NOTE || p->p_offset > size || p->p_filesz > size - p->p_offset)
            continue;
        uint32_t id_size;
        const uint8_t *id = find_note(bytes + p->p_offset, exu_min(p->p_filesz, EXU_HEADERS_MAX_NOTES), p->p_align,
                                      &build_id, &id_size);
        if (id)
            return hex(id, id_size, bump);
    }
    return NULL;
}
