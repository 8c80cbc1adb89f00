/* Values for the model's own use; what everyone may ask is in model.h. */
#ifndef EXU_MODEL_VALUE_H
#define EXU_MODEL_VALUE_H

#include "model/model.h"

/* The value of an int (2.7: int or long) from 0 to 2**64 - 1; false for others and for what is no int. */
bool exu_object_number(const struct exu_object *o, uint64_t *ret);

#endif
