/* The layout table as a whole, before anything is read with it: are the fields that nothing works without
 * there, as wide as C has them, aligned, and inside their structures? Knows nothing of a process. */
#ifndef EXU_LAYOUT_VALIDATE_H
#define EXU_LAYOUT_VALIDATE_H

#include "layout/layout.h"

#define EXU_REASON 192

/* False: `reason` says what does not hold. */
bool exu_layout_validate(const struct exu_layout *layout, const struct exu_strategy *strategy,
                         char reason[EXU_REASON]);

#endif
