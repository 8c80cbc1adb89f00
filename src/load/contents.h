/* Table content: the values of ints, floats, bools, str and bytes objects. */
#ifndef EXU_LOAD_CONTENTS_H
#define EXU_LOAD_CONTENTS_H

#include "load/process.h"
#include "store/store.h"

/* Bytes that are kept of a value: enough to recognise it. */
#define EXU_CONTENT_LIMIT 1024

EXU_MUST_CHECK struct exu_error *exu_contents_write(struct exu_process *process, struct exu_store *store);

#endif
