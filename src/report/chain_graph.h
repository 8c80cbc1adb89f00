/* Chains as a picture: a box a step, the root on top, beside each line what the reference is called. Chains
 * that begin alike share their first boxes. It is bounded: of many chains it has the first, of a long one
 * both ends.
 *
 * Borrows all texts. */
#ifndef EXU_REPORT_CHAIN_GRAPH_H
#define EXU_REPORT_CHAIN_GRAPH_H

#include "base/text.h"
#include "report/model.h"

enum {
    EXU_GRAPH_CHAINS = 8,
    EXU_GRAPH_ABOVE = 8, /* of more steps than both, so many are drawn at each end */
    EXU_GRAPH_BELOW = 12,
    EXU_GRAPH_NODES = EXU_GRAPH_CHAINS * (EXU_GRAPH_ABOVE + EXU_GRAPH_BELOW + 1)
};

struct exu_graph_node {
    struct exu_part_step step; /* without a summary: a dotted line for the skipped */
    uint32_t object;           /* boxes of two objects are two, whatever they say; 0: not known */
    uint16_t parent, first, next;
    uint16_t depth;
    bool ends; /* a chain ends here */
};
struct exu_chain_graph {
    struct exu_graph_node nodes[EXU_GRAPH_NODES];
    uint16_t count;
    size_t chains;
    size_t steps, done; /* of the chain that is being added */
    uint64_t skipped;   /* not yet drawn */
    uint16_t at;
};

/* Zero it first. A chain of so many steps follows, one exu_chain_graph_step each; false: there is no room for
 * it. */
bool exu_chain_graph_begin(struct exu_chain_graph *g, size_t steps);
/* The label of the first one stands above it. */
void exu_chain_graph_step(struct exu_chain_graph *g, const struct exu_part_step *step, uint32_t object);
/* `note` stands below; NULL: none. `paper`: on white, as a file that any viewer shows. */
void exu_chain_graph_draw(const struct exu_chain_graph *g, const char *title, const char *note, bool paper,
                          struct exu_text *out);

#endif
