/* From an instruction's place in a code object to its line. */
#ifndef EXU_MODEL_LINES_H
#define EXU_MODEL_LINES_H

#include "model/model.h"

/* The line of the instruction at `byte_offset` of co_code, as PyCode_Addr2Line says; before the first
 * instruction (a negative number) the first line. -1: the instruction has no line, or the table is damaged or
 * absent. */
int exu_code_line(const struct exu_model *m, exu_addr code, uint64_t byte_offset);

/* The same in a table at hand. */
int exu_lines_find(enum exu_line_kind kind, const uint8_t *table, size_t size, int first_line,
                   uint64_t byte_offset);

#endif
