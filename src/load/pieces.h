/* Table chunk_list: sequences of str or bytes pieces, as downloads and buffers leave them. */
#ifndef EXU_LOAD_PIECES_H
#define EXU_LOAD_PIECES_H

#include "load/paths.h"

/* Lists and deques count from this many pieces on. */
#define EXU_PIECES_LEAST 16

EXU_MUST_CHECK struct exu_error *exu_pieces_write(const struct exu_process *process, const struct exu_facts *facts,
                                                  const struct exu_paths *paths, struct exu_store *store);

#endif
