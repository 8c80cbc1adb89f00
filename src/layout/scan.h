/* The interpreter of a process whose files are not on this machine: no symbol tells where anything is. */
#ifndef EXU_LAYOUT_SCAN_H
#define EXU_LAYOUT_SCAN_H

#include "layout/find.h"

/* Looks for interpreters by the mark of their debug offsets (3.13+), then by their structure: in the data of
 * each mapped file that is an interpreter by its name, a word that points to an interpreter's state, by the
 * row of that version. Returns how many were found. */
EXU_MUST_CHECK struct exu_error *
exu_interpreter_scan(struct exu_interpreter_image found[EXU_INTERPRETERS_MAX], size_t *ret_count,
                     const struct exu_core *core);

/* 2.7 and 3.6, whose list of interpreters begins at a static variable: where neither .symtab nor the code of
 * PyInterpreterState_Head() can be read, the variable is searched for. */
EXU_MUST_CHECK struct exu_error *exu_interpreter_scan_head(struct exu_interpreter_image *found,
                                                           const struct exu_core *core);

/* Where 2.7 and 3.6 keep the collector's three generations, when no symbol tells: three rings that close, one behind the
 * other, with thresholds. 0 = not found. */
exu_addr exu_generations_scan(const struct exu_python *python);

#endif
