/* Chains and paths, through any writer. */
#ifndef EXU_REPORT_CHAIN_REPORT_H
#define EXU_REPORT_CHAIN_REPORT_H

#include "query/chains.h"
#include "report/writer.h"

/* The whole answer of `exuvia chain`. */
void exu_report_chains(struct exu_writer *w, const struct exu_chains *chains);
/* A path from a root down: lines, and in a tree the members `root` and `key`. */
void exu_report_path(struct exu_writer *w, const char *key, const char *title, const struct exu_steps *steps,
                     const struct exu_root_line *root);

#endif
