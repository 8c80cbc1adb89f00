/* Small ELF objects made by tests: four pages (headers and build-id; dynamic symbols; code; data with the
 * dynamic section), one page of bss, and behind them, for files only, .symtab. */
#ifndef EXU_TEST_IMAGE_WRITER_H
#define EXU_TEST_IMAGE_WRITER_H

#include "base/base.h"

struct exu_test_symbol {
    const char *name;
    uint64_t value; /* address in the file; 0 of a local one: `name` is the source of those that follow */
    uint64_t size;
    bool local;
};

struct exu_test_image {
    uint64_t base;        /* address of the first page: 0 for a shared object */
    bool program;         /* ET_EXEC, with DT_DEBUG */
    const char *build_id; /* raw bytes of any length up to 64; NULL = none */
    bool sysv_hash;       /* DT_HASH instead of DT_GNU_HASH */
    const struct exu_test_symbol *dynamic;
    size_t dynamic_count;
    const struct exu_test_symbol *symtab;
    size_t symtab_count;
    const char *debuglink; /* name in .gnu_debuglink; NULL = none */
    uint32_t debuglink_crc;
    bool debug_info; /* has a section .debug_info */
    uint8_t fill;    /* of the rest of code and data */
};

enum {
    EXU_TEST_IMAGE_HEADERS = 0x0000, /* R */
    EXU_TEST_IMAGE_CODE = 0x2000,    /* RX */
    EXU_TEST_IMAGE_DATA = 0x3000,    /* RW */
    EXU_TEST_IMAGE_BSS = 0x4000,
    EXU_TEST_IMAGE_END = 0x5000,
};

/* The file, to be freed; its first EXU_TEST_IMAGE_BSS bytes are what is in memory before relocation. */
uint8_t *exu_test_image_make(const struct exu_test_image *image, size_t *ret_size);
/* Adds `bias` to the addresses in the dynamic section, as ld.so does. */
void exu_test_image_relocate(uint8_t *bytes, uint64_t bias);

#endif
