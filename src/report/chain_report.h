/* Chains and paths, through any writer. */
#ifndef EXU_REPORT_CHAIN_REPORT_H
#define EXU_REPORT_CHAIN_REPORT_H

#include "query/chains.h"
#include "report/writer.h"

/* A step of the chain, those that hold its start among them; NULL behind the last. */
const struct exu_step *exu_chain_step(const struct exu_chain *chain, size_t i);
/* obj.__dict__['x'] is written .x: such a step is not shown. */
bool exu_step_hidden(const struct exu_step *step, const struct exu_step *next);

/* The whole answer of `exuvia chain`. */
void exu_report_chains(struct exu_writer *w, const struct exu_chains *chains);
/* The same as an SVG file, as many chains as a picture has room for, with labels as they are. */
EXU_MUST_CHECK struct exu_error *exu_chains_svg(FILE *file, const struct exu_chains *chains);
/* A path from a root down: lines, and in a tree the members `root` and `key`. */
void exu_report_path(struct exu_writer *w, const char *key, const char *title, const struct exu_steps *steps,
                     const struct exu_root_line *root);

#endif
