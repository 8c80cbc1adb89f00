/* Small ELF cores made by tests: segments and notes, laid out as the kernel or gdb lays them out.
 *
 * Owns all it is given; without memory the test process aborts. */
#ifndef EXU_TEST_CORE_WRITER_H
#define EXU_TEST_CORE_WRITER_H

#include "base/base.h"

struct exu_test_core;

struct exu_test_core *exu_test_core_create(void);
void exu_test_core_destroy(struct exu_test_core *core);

/* A PT_LOAD: `filesz` bytes in the file (copied; NULL = zeros), `memsz` in memory; flags: PF_... */
void exu_test_core_segment(struct exu_test_core *core, exu_addr start, uint32_t flags, const void *bytes,
                           uint64_t filesz, uint64_t memsz);
/* An NT_PRSTATUS, in order; `offset` of files in bytes. */
void exu_test_core_thread(struct exu_test_core *core, uint32_t tid, int signal, exu_addr stack_pointer,
                          exu_addr thread_pointer);
void exu_test_core_file(struct exu_test_core *core, exu_addr start, exu_addr end, uint64_t offset,
                        const char *path);
void exu_test_core_process(struct exu_test_core *core, uint32_t pid, const char *name, const char *arguments);
void exu_test_core_signal(struct exu_test_core *core, int signal); /* NT_SIGINFO */
void exu_test_core_auxv(struct exu_test_core *core, uint64_t type, uint64_t value);
/* Any other note, behind all others. */
void exu_test_core_note(struct exu_test_core *core, const char *owner, uint32_t type, const void *bytes,
                        size_t size);

enum exu_test_core_shape {
    EXU_TEST_CORE_KERNEL,
    EXU_TEST_CORE_GDB, /* notes behind the memory, NT_PRPSINFO first, NT_GDB_TDESC, page size 1 in NT_FILE */
    EXU_TEST_CORE_EXTENDED, /* the kernel's, with PN_XNUM and section header 0 at the end */
};
/* The file; owned by the core, valid until the next call. It may be damaged at will. */
uint8_t *exu_test_core_bytes(struct exu_test_core *core, enum exu_test_core_shape shape, size_t *ret_size);

/* Writes bytes to DIRECTORY/NAME; returns the path, to be freed. */
char *exu_test_write_file(const char *directory, const char *name, const void *bytes, size_t size);
/* A new directory below TMPDIR or /tmp, to be freed; exu_test_remove_tree removes it with all that is in it.
 */
char *exu_test_make_directory(void);
void exu_test_remove_tree(const char *directory);

#endif
