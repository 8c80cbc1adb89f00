/* Names that lie in read-only pages of a file which is not at hand: a core by default has no such pages.
 *
 * A static type is named by what it defines (layout/type_names.h), else by what the modules call it; a C type that was built at run time by its
 * __module__ and __qualname__; a member by its descriptor in the type's dict. */
#ifndef EXU_MODEL_LOST_NAMES_H
#define EXU_MODEL_LOST_NAMES_H

#include "model/model.h"

/* tp_name of the type object at `address`; `qualname`: of a heap type, else NULL. False: nothing tells. */
bool exu_lost_type_name(struct exu_model *model, exu_addr address, const char *qualname, char *buffer, size_t size);
/* The name of the member that `definition` (a PyMemberDef) of that type describes. */
bool exu_lost_member_name(const struct exu_model *model, exu_addr type, exu_addr definition, char *buffer, size_t size);
/* The address of None, as the module of built-ins names it; 0 = not found. */
exu_addr exu_lost_none(const struct exu_model *model);
/* Plans every type that there is, from object's subclasses on: without symbols nothing else leads to the types that walks
 * must know first. */
void exu_lost_types_plan(struct exu_model *model);

#endif
