/* An ELF core (gcore's, the kernel's, ours), plain or compressed: container -> memory, threads, mapped files.
 *
 * Owns everything it returns, including the memory; lives until exu_core_close. libelf reads the file. */
#ifndef EXU_CORE_CORE_H
#define EXU_CORE_CORE_H

#include "base/anomaly.h"
#include "base/error.h"
#include "base/progress.h"
#include "core/account.h"
#include "core/coredump.h"
#include "core/decode.h"
#include "core/fetch.h"
#include "core/versions.h"
#include "memory/memory.h"

struct exu_core_options {
    const struct exu_coredump *coredump; /* what systemd wrote down beside it; NULL = nothing; copied */
    const char *name;              /* what the core is called, where its path says nothing; NULL: the path */
    const char *sysroot;           /* NULL or '' = the machine's own files */
    const char *exe;               /* the executable, wherever it is now */
    const char *const *debug_dirs; /* searched by build-id (DIR/.build-id/ab/cdef.debug) and debuglink */
    size_t debug_dir_count;
    const char *
        temporary_dir; /* where a compressed core is unpacked (an unlinked file); NULL = TMPDIR or /var/tmp */
    struct exu_progress *progress; /* may be NULL */
    bool few; /* few bytes of the memory will be read: peek.h, which alone says so; the core tells nothing else, then */
    struct exu_fetch *fetch;       /* where missing files are asked for; NULL: nowhere. Borrowed until exu_core_close */
};

/* Registers of a thread, as far as anything needs them. */
#define EXU_REGISTER_COUNT 27 /* struct user_regs_struct of x86_64, as words */
struct exu_core_thread {
    uint32_t native_id; /* kernel tid: pr_pid of its NT_PRSTATUS */
    int signal;         /* pr_cursig */
    uint64_t registers[EXU_REGISTER_COUNT];
    exu_addr stack_pointer;  /* of its own stack: where a handler runs on another (sigaltstack; faulthandler
                                does  that), the one that it interrupted */
    exu_addr thread_pointer; /* fs_base = pthread_self() on x86_64 */
};

/* A mapped ELF file: what the dynamic linker loaded there. */
struct exu_image {
    const char *path; /* as in NT_FILE; for gone files without ' (deleted)'; '?' when all lists are lost */
    const char
        *local_path; /* where its bytes were found on this machine with the right build-id; NULL = nowhere */
    const char *build_id; /* hex; NULL = not known */
    exu_addr start, end;  /* of all its mappings */
    uint64_t bias;      /* address in the process = bias + address in the file; 0 for ET_EXEC; modulo 2^64 */
    bool is_executable; /* the main program */
    const char *mismatch; /* NULL, or why the file at `path` was not used ('build-id differs: ...') */
};

/* What a pack was made from. */
struct exu_core_origin {
    const char *name, *format; /* 'core.4711', 'gcore+zstd' */
    uint64_t bytes;
    const char *exuvia_version; /* that made the pack */
};

/* What the SNAPSHOT note says. */
struct exu_core_snapshot {
    bool taken;        /* it is a snapshot of a live process; else the rest is 0 */
    bool torn;         /* the process ran meanwhile */
    uint64_t time;     /* seconds since 1970 */
    uint64_t pause_us; /* that the process stood still */
    uint64_t unread;   /* bytes that could not be read */
};

enum exu_core_format { EXU_CORE_GCORE, EXU_CORE_KERNEL };

struct exu_core {
    const char *name;     /* as given */
    uint64_t input_bytes; /* size of the file as given */
    enum exu_core_format format;
    enum exu_compression compression;
    struct exu_core_snapshot snapshot;
    struct exu_versions versions, said; /* found, and as the VERSIONS note has it */
    struct exu_coredump coredump; /* what systemd wrote down; fills what the notes lack */
    struct exu_account account; /* of a snapshot, as far as its notes have them */
    const struct exu_core_origin *origin; /* NULL: it is no pack. Of a pack, `format` is that of the origin, images'
                                             local_path where its files were when it was made; no file is opened. */
    struct exu_memory *memory;
    struct exu_core_thread *threads;
    size_t thread_count; /* the thread that the signal hit first, as in the notes */
    struct exu_image *images;
    size_t image_count;
    uint32_t pid;
    int signal; /* 0 = none (gcore of a healthy process: whatever its notes say, 0 when they say nothing) */
    const char *executable; /* NULL = not known */
    const char *arguments;  /* NULL = not known; from the stack, else of NT_PRPSINFO (at most 79 bytes; gdb:
                               argv[0]) */
    const uint8_t *auxv;    /* raw pairs of words */
    size_t auxv_bytes;
    struct exu_core_private *private;
};

/* Errors (EXU_ERROR_INPUT): can't be read, not an ELF, not a core, another architecture, 32-bit, big-endian,
 * a broken zstd stream. A truncated core is none: anomalies, and absent segments. */
EXU_MUST_CHECK struct exu_error *exu_core_open(struct exu_core **ret, const char *path,
                                               const struct exu_core_options *options,
                                               struct exu_anomalies *anomalies);
void exu_core_close(struct exu_core *core);

/* ---- symbols ---- */
struct exu_symbol {
    exu_addr address;
    uint64_t size;
    uint8_t type; /* STT_… */
};

/* In the dynamic symbol table, read from the process' memory (DT_SYMTAB, DT_GNU_HASH or DT_HASH); works
 * without any file when the core has those pages, and through the file's pages when it has not. */
bool exu_image_dynamic_symbol(const struct exu_core *core, const struct exu_image *image, const char *name,
                              struct exu_symbol *ret);
/* In the .symtab of the file or of its separate debug file; also under the name that link-time optimization
 * gave it
 * ('interned.lto_priv.0'). False when there is none, or when several static variables have that name. */
bool exu_image_static_symbol(const struct exu_core *core, const struct exu_image *image, const char *name,
                             struct exu_symbol *ret);
/* The same for a variable that is static in one C file ('tupleobject.c'), where several files have that name.
 * False after link-time optimization, which keeps no files' names. */
bool exu_image_source_symbol(const struct exu_core *core, const struct exu_image *image, const char *source,
                             const char *name, struct exu_symbol *ret);
/* The name of what lies at `address` ('interned+0x8' is the caller's to print); NULL when not known. Reads
 * both tables once, on the first call. */
const char *exu_image_symbol_at(const struct exu_core *core, const struct exu_image *image, exu_addr address,
                                uint64_t *ret_offset);
/* The image that holds `address`, or NULL. */
const struct exu_image *exu_core_image_at(const struct exu_core *core, exu_addr address);
/* The file with DWARF for that image on this machine (the file itself, or a separate debug file with the same
 * build-id, by --debug-dir, /usr/lib/debug, debuglink); NULL when there is none. */
const char *exu_image_debug_path(const struct exu_core *core, const struct exu_image *image);
/* The package that the file came with, as its note says it: JSON as a rule (owner FDO), at most 64 kB. NULL = none, or it is not
 * in memory. The text lives as long as the core. */
const char *exu_image_package(const struct exu_core *core, const struct exu_image *image);
/* Of a pack: what DWARF said where it was made, as the text of a layout row, and of which file; NULL = there was none. */
const char *exu_image_packed_layout(const struct exu_core *core, const struct exu_image *image, size_t *ret_size,
                                    const char **ret_path);

#endif
