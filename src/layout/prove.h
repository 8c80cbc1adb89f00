/* A layout held against the process itself, by walking: types, interpreters, threads, collector's rings, and
 * the sizes that the interpreter's static types say of themselves. Touches a few dozen pages, whatever the
 * size of the core.
 *
 * A core may be damaged or cut short, and that is no fault of the layout: what can't be read proves nothing
 * either way, and of each group of checks the greater part must hold, not every one. */
#ifndef EXU_LAYOUT_PROVE_H
#define EXU_LAYOUT_PROVE_H

#include "layout/validate.h"

struct exu_proof {
    uint32_t held, broken, unreadable;
};

/* False: the layout does not describe this process; `reason` says which check failed. `python` needs core,
 * image, runtime, type_type, none and layout. */
bool exu_layout_prove(const struct exu_python *python, struct exu_proof *proof, char reason[EXU_REASON]);

#endif
