/* Making the plan of a type (struct exu_type) from its type object and the rows. Private to model/. */
#ifndef EXU_MODEL_PLAN_H
#define EXU_MODEL_PLAN_H

#include "model/model.h"

/* Plans the one type at `address`, whose base is planned already (base NULL: object itself). The memory is the
 * model's; NULL when it can't be read, is implausible, or memory ran out. */
struct exu_type *exu_plan_type(struct exu_model *model, exu_addr address, const struct exu_type *base,
                               uint32_t base_index);

/* Fills model->rows; false without memory. */
bool exu_plan_rows_sort(struct exu_model *model);
/* The row for a type of that name; NULL when none. */
const struct exu_type_row *exu_plan_row(const struct exu_model *model, const char *name);

#endif
