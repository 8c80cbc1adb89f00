/* What an open core keeps for itself; shared by the files of this layer only. */
#ifndef EXU_CORE_PRIVATE_H
#define EXU_CORE_PRIVATE_H

#include "base/bump.h"
#include "base/vec.h"
#include "core/core.h"
#include "core/headers.h"
#include "core/input.h"
#include "core/localfile.h"
#include "core/notes.h"

struct exu_symbol_entry {
    exu_addr address; /* in the process */
    uint64_t size;
    const char *name;
    const char *source; /* of a local one: the C file, as STT_FILE has it; NULL = not known */
    uint8_t type;
    bool global;
};

typedef exu_vec(struct exu_symbol_entry) exu_symbol_table;

/* What a pack has of an image in place of its files; all NULL otherwise. */
struct exu_image_packed {
    const uint8_t *dynamic; /* the dynamic section as the file has it */
    uint32_t dynamic_size;
    const uint8_t *symbols; /* the note; its head was checked */
    uint64_t symbols_size;
    const char *layout, *layout_path;
    size_t layout_size;
};

/* Beside core->images[i]. */
struct exu_image_private {
    exu_addr base;               /* where the page with file offset 0 is */
    struct exu_headers headers;  /* count 0: not known */
    struct exu_localfile file;   /* bytes NULL: none */
    struct exu_localfile debug;  /* the separate debug file */
    size_t first_file, file_end; /* its entries of notes.files */
    bool debug_sought, symbols_read;
    const char *debug_path;
    exu_symbol_table symbols; /* of .symtab, then of both, sorted by address */
    exu_symbol_table by_address;
    bool by_address_made;
    struct exu_image_packed packed;
};

struct exu_core_private {
    struct exu_input input;
    struct exu_notes notes;
    struct exu_bump bump;
    Elf64_Phdr *phdrs;
    size_t phdr_count;
    struct exu_image_private *images;
    char *sysroot; /* '' = none */
    char *exe;     /* NULL = none */
    char **debug_dirs;
    size_t debug_dir_count;
    struct exu_fetch *fetch; /* NULL: missing files are asked for nowhere */
};

/* image.c: fills core->images and their private parts. `probe` has the core's own bytes alone. */
EXU_MUST_CHECK struct exu_error *exu_images_find(struct exu_core *core, const struct exu_memory *probe,
                                                 struct exu_anomalies *anomalies);
void exu_images_close(struct exu_core *core);

/* loaded.c: makes up notes.files from the ELF headers in memory and ld.so's list, when NT_FILE is lost.
 * Objects whose name is lost too have the path EXU_UNNAMED. */
#define EXU_UNNAMED "?"
EXU_MUST_CHECK struct exu_error *exu_loaded_find(struct exu_core *core, const struct exu_memory *probe,
                                                 struct exu_anomalies *anomalies);

/* arguments.c: the whole command line, as it is on the first thread's stack; NULL when it isn't found. */
const char *exu_arguments_find(const struct exu_memory *m, const struct exu_notes *notes,
                               struct exu_bump *bump);

/* space.c: the core's own bytes alone, and the whole address space with mappings, files and holes. */
EXU_MUST_CHECK struct exu_error *exu_space_probe(struct exu_memory **ret, const struct exu_core *core);
EXU_MUST_CHECK struct exu_error *exu_space_build(struct exu_core *core, struct exu_anomalies *anomalies);
/* The anomaly that sums up what is lost of the 'core' or 'pack': so many bytes, the first of them at that address. */
void exu_space_tell_lost(const struct exu_input *input, const char *what, uint64_t bytes, uint64_t segments, exu_addr first,
                         struct exu_anomalies *anomalies);

/* packed.c: when the notes are those of a pack, takes images, mappings, segments and earlier anomalies from them: true.
 * A pack whose notes are damaged is an anomaly, and read like any core. */
EXU_MUST_CHECK struct exu_error *exu_packed_open(struct exu_core *core, struct exu_anomalies *anomalies, bool *ret_taken);
/* The symbols of one image as they stand in the pack. */
void exu_packed_symbols(const struct exu_core *core, size_t image, exu_symbol_table *table);
/* symbols.c: those of .symtab, wherever they are. */
const exu_symbol_table *exu_image_static_symbols(const struct exu_core *core, size_t image);

/* debugfile.c: the separate debug file of an image, opened once; NULL = none. */
const struct exu_localfile *exu_image_debug_file(const struct exu_core *core, size_t image);
static inline size_t exu_image_index(const struct exu_core *core, const struct exu_image *image)
{
    return (size_t)(image - core->images);
}

/* signal_stack.c: moves the stack pointers of threads that stand in a signal handler on another stack to
 * their own. */
void exu_threads_find_own_stacks(struct exu_core_thread *threads, size_t count,
                                 const struct exu_memory *memory);

#endif
