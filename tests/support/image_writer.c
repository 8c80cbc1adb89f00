#include "image_writer.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

#define SIZE 0x8000
#define PHDRS 5

struct writer {
    const struct exu_test_image *image;
    uint8_t *bytes;
};

static void check(bool fine)
{
    if (!fine)
        abort();
}

static void put(struct writer *w, size_t at, const void *bytes, size_t n)
{
    check(at <= SIZE && n <= SIZE - at);
    memcpy(w->bytes + at, bytes, n);
}

static size_t put_symbols(struct writer *w, size_t at, size_t strings, const struct exu_test_symbol *symbols,
                          size_t count)
{
    size_t used = 1;
    for (size_t i = 0; i < count; i++) {
        unsigned bind = symbols[i].local ? STB_LOCAL : STB_GLOBAL;
        bool file = symbols[i].local && !symbols[i].value;
        Elf64_Sym symbol = {.st_name = (Elf64_Word)used,
                            .st_value = symbols[i].value,
                            .st_size = symbols[i].size,
                            .st_shndx = file ? SHN_ABS : 1,
                            .st_info = (unsigned char)((bind << 4) + (file ? STT_FILE : STT_OBJECT))};
        put(w, at + (i + 1) * sizeof symbol, &symbol, sizeof symbol);
        put(w, strings + used, symbols[i].name, strlen(symbols[i].name) + 1);
        used += strlen(symbols[i].name) + 1;
    }
    return used;
}

/* One bucket: all symbols are in its chain. */
static void put_hash(struct writer *w, size_t at)
{
    size_t count = w->image->dynamic_count;
    if (w->image->sysv_hash) {
        uint32_t words[3] = {1, (uint32_t)count + 1, count ? 1 : 0};
        put(w, at, words, sizeof words);
        for (uint32_t i = 0; i <= count; i++) {
            uint32_t next = i >= 1 && i < count ? i + 1 : 0;
            put(w, at + sizeof words + i * 4, &next, 4);
        }
        return;
    }
    uint32_t words[7] = {1, 1, 1, 0, UINT32_MAX, UINT32_MAX, count ? 1 : 0};
    put(w, at, words, sizeof words);
    for (size_t i = 0; i < count; i++) {
        uint32_t hash = 5381;
        for (const char *c = w->image->dynamic[i].name; *c; c++)
            hash = hash * 33 + (uint8_t)*c;
        hash = (hash & ~1u) | (i + 1 == count);
        put(w, at + sizeof words + i * 4, &hash, 4);
    }
}

static void put_dynamic(struct writer *w, size_t strings_size)
{
    uint64_t base = w->image->base;
    Elf64_Dyn entries[] = {
        {w->image->sysv_hash ? DT_HASH : DT_GNU_HASH, {base + 0x1c00}},
        {DT_STRTAB, {base + 0x1800}},
        {DT_SYMTAB, {base + 0x1000}},
        {DT_STRSZ, {strings_size}},
        {DT_SYMENT, {sizeof(Elf64_Sym)}},
        {DT_RELASZ, {24}},
        {DT_RELAENT, {24}},
        {DT_FLAGS, {8}},
        {DT_FLAGS_1, {1}},
        {w->image->program ? DT_DEBUG : DT_NULL, {0}},
        {DT_NULL, {0}},
    };
    put(w, EXU_TEST_IMAGE_DATA, entries, sizeof entries);
}

static void put_headers(struct writer *w)
{
    const struct exu_test_image *image = w->image;
    Elf64_Ehdr ehdr = {.e_type = image->program ? ET_EXEC : ET_DYN,
                       .e_machine = EM_X86_64,
                       .e_version = EV_CURRENT,
                       .e_entry = image->base + EXU_TEST_IMAGE_CODE,
                       .e_phoff = sizeof ehdr,
                       .e_ehsize = sizeof ehdr,
                       .e_phentsize = sizeof(Elf64_Phdr),
                       .e_phnum = PHDRS,
                       .e_shoff = 0x7000,
                       .e_shentsize = sizeof(Elf64_Shdr),
                       .e_shnum = 6,
                       .e_shstrndx = 1};
    memcpy(ehdr.e_ident, ELFMAG, SELFMAG);
    ehdr.e_ident[EI_CLASS] = ELFCLASS64;
    ehdr.e_ident[EI_DATA] = ELFDATA2LSB;
    ehdr.e_ident[EI_VERSION] = EV_CURRENT;
    put(w, 0, &ehdr, sizeof ehdr);
    size_t id = image->build_id ? strlen(image->build_id) : 0;
    size_t note = id ? 16 + ((id + 3) & ~(size_t)3) : 0;
    Elf64_Phdr phdrs[PHDRS] = {
        {.p_type = PT_LOAD, .p_flags = PF_R, .p_filesz = 0x2000, .p_memsz = 0x2000, .p_align = 4096},
        {.p_type = PT_LOAD,
         .p_flags = PF_R | PF_X,
         .p_offset = 0x2000,
         .p_filesz = 0x1000,
         .p_memsz = 0x1000},
        {.p_type = PT_LOAD,
         .p_flags = PF_R | PF_W,
         .p_offset = 0x3000,
         .p_filesz = 0x1000,
         .p_memsz = 0x2000},
        {.p_type = PT_DYNAMIC, .p_flags = PF_R | PF_W, .p_offset = 0x3000, .p_filesz = 176, .p_memsz = 176},
        {.p_type = PT_NOTE,
         .p_flags = PF_R,
         .p_offset = 0x800,
         .p_filesz = note,
         .p_memsz = note,
         .p_align = 4},
    };
    for (size_t i = 0; i < PHDRS; i++)
        phdrs[i].p_vaddr = image->base + phdrs[i].p_offset;
    put(w, sizeof ehdr, phdrs, sizeof phdrs);
    if (id) {
        uint32_t header[4] = {4, (uint32_t)id, NT_GNU_BUILD_ID, 0};
        memcpy(&header[3], "GNU", 4);
        put(w, 0x800, header, sizeof header);
        put(w, 0x810, image->build_id, id);
    }
}

static void put_sections(struct writer *w, size_t strings_size)
{
    static const char names[] = "\0.shstrtab\0.symtab\0.strtab\0.gnu_debuglink\0.debug_info";
    const struct exu_test_image *image = w->image;
    size_t link = image->debuglink ? ((strlen(image->debuglink) + 4) & ~(size_t)3) + 4 : 0;
    put(w, 0x6c00, names, sizeof names);
    Elf64_Shdr shdrs[6] = {
        {0},
        {.sh_name = 1, .sh_type = SHT_STRTAB, .sh_offset = 0x6c00, .sh_size = sizeof names},
        {.sh_name = 11,
         .sh_type = image->symtab_count ? SHT_SYMTAB : SHT_PROGBITS,
         .sh_offset = 0x4000,
         .sh_size = (image->symtab_count + 1) * sizeof(Elf64_Sym),
         .sh_link = 3,
         .sh_entsize = sizeof(Elf64_Sym)},
        {.sh_name = 19, .sh_type = SHT_STRTAB, .sh_offset = 0x5000, .sh_size = strings_size},
        {.sh_name = image->debuglink ? 27 : 0, .sh_type = SHT_PROGBITS, .sh_offset = 0x6800, .sh_size = link},
        {.sh_name = image->debug_info ? 42 : 0, .sh_type = SHT_PROGBITS, .sh_offset = 0x6a00, .sh_size = 16},
    };
    put(w, 0x7000, shdrs, sizeof shdrs);
    if (image->debuglink) {
        put(w, 0x6800, image->debuglink, strlen(image->debuglink));
        put(w, 0x6800 + link - 4, &image->debuglink_crc, 4);
    }
}

uint8_t *exu_test_image_make(const struct exu_test_image *image, size_t *ret_size)
{
    struct writer w = {image, calloc(1, SIZE)};
    check(w.bytes);
    memset(w.bytes + EXU_TEST_IMAGE_CODE, image->fill, 0x2000);
    put_headers(&w);
    put_dynamic(&w, put_symbols(&w, 0x1000, 0x1800, image->dynamic, image->dynamic_count));
    put_hash(&w, 0x1c00);
    put_sections(&w, put_symbols(&w, 0x4000, 0x5000, image->symtab, image->symtab_count));
    *ret_size = SIZE;
    return w.bytes;
}

void exu_test_image_relocate(uint8_t *bytes, uint64_t bias)
{
    for (size_t i = 0; i < 3; i++) {
        uint64_t value;
        uint8_t *at = bytes + EXU_TEST_IMAGE_DATA + i * 16 + 8;
        memcpy(&value, at, 8);
        value += bias;
        memcpy(at, &value, 8);
    }
}
