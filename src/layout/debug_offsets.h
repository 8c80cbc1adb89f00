/* _Py_DebugOffsets, the table of offsets that CPython 3.13 and later keeps at the beginning of _PyRuntime for
 * tools like this one. It is that very binary's own word, but covers few of the fields: the rest of a layout
 * comes from a row. */
#ifndef EXU_LAYOUT_DEBUG_OFFSETS_H
#define EXU_LAYOUT_DEBUG_OFFSETS_H

#include "layout/validate.h"

#define EXU_DEBUG_WORDS_MAX 160

struct exu_debug_offsets {
    uint32_t version_hex;
    bool free_threaded;
    size_t count; /* words of this version */
    uint64_t
        words[EXU_DEBUG_WORDS_MAX]; /* in the order of debug_words.def; those that the version lacks are 0 */
};

/* How many bytes the table of that version has; 0 for one that has none or is not known. */
size_t exu_debug_offsets_size(uint32_t version_hex);
/* Reads the table at `runtime`. False with an empty reason: there is none (3.12 and before, or not in the
 * core); with a reason: there is one that can't be trusted, which is said as a whole. A free-threaded build's
 * table is read and not judged. */
bool exu_debug_offsets_read(struct exu_debug_offsets *ret, const struct exu_memory *memory, exu_addr runtime,
                            char reason[EXU_REASON]);
/* Puts what the table says over a row's layout. Members of PyInterpreterState, _PyRuntimeState and
 * PyThreadState that it does not name move along with the nearest member before them that it does. Returns
 * how many of the fields that it names lay elsewhere. */
size_t exu_debug_offsets_apply(const struct exu_debug_offsets *offsets, struct exu_layout *layout);
/* The first address in the core's memory with the table's mark, from `from` on; 0 = none. For cores whose
 * interpreter can't be found by its symbols. */
exu_addr exu_debug_offsets_scan(const struct exu_memory *memory, exu_addr from);

#endif
