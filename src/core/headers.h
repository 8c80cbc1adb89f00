/* The program headers of a mapped ELF object, read from the process' memory or from a file: its extent, its
 * dynamic section, its build-id. Headers' bytes live in the caller's bump. */
#ifndef EXU_CORE_HEADERS_H
#define EXU_CORE_HEADERS_H

#include "base/bump.h"
#include "core/core.h"
#include <elf.h>

struct exu_headers {
    const Elf64_Phdr *phdrs;
    size_t count; /* 0: not known */
    uint16_t type;
    bool has_interpreter;
    uint64_t first_page; /* p_vaddr of the PT_LOAD with file offset 0, rounded down to its page */
    uint64_t low, high;  /* extent of the PT_LOADs, in page-rounded addresses of the file */
};

/* At most this much is read of one object's notes, headers, dynamic section. */
#define EXU_HEADERS_MAX_PHDRS 512
#define EXU_HEADERS_MAX_NOTES 65536
#define EXU_PAGE ((uint64_t)4096)

/* False when there is no usable 64-bit x86_64 ELF header at `address`, or it isn't in memory. */
bool exu_headers_from_memory(struct exu_headers *ret, const struct exu_memory *m, exu_addr address,
                             struct exu_bump *bump);
bool exu_headers_from_file(struct exu_headers *ret, const uint8_t *bytes, uint64_t size,
                           struct exu_bump *bump);

/* Program headers that were read elsewhere; they stay where they are. False when they make no sense. */
bool exu_headers_from_table(struct exu_headers *ret, uint16_t type, const Elf64_Phdr *phdrs, size_t count);

/* What must be added to the addresses in the file when the page with file offset 0 is at `start`. */
uint64_t exu_headers_bias(const struct exu_headers *headers, exu_addr start);
const Elf64_Phdr *exu_headers_find(const struct exu_headers *headers, uint32_t type);
/* The PT_LOAD whose bytes in the file are mapped (in whole pages) at the file's address `vaddr`; NULL = none.
 */
const Elf64_Phdr *exu_headers_load_at(const struct exu_headers *headers, uint64_t vaddr);

/* Hex text in the bump; NULL = there is none, or (memory) its page is not there. */
const char *exu_headers_build_id_in_memory(const struct exu_headers *headers, const struct exu_memory *m,
                                           uint64_t bias, struct exu_bump *bump);
/* The text of its package note (owner FDO), JSON as a rule; in the bump. NULL as above. */
const char *exu_headers_package_in_memory(const struct exu_headers *headers, const struct exu_memory *m, uint64_t bias,
                                          struct exu_bump *bump);
const char *exu_headers_build_id_in_file(const struct exu_headers *headers, const uint8_t *bytes,
                                         uint64_t size, struct exu_bump *bump);

#endif
