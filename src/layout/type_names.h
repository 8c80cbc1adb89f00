/* The names of C types by what they define: rows made from real interpreters by tools/type-names.py, for dumps in which
 * tp_name is in a page that is absent. */
#ifndef EXU_LAYOUT_TYPE_NAMES_H
#define EXU_LAYOUT_TYPE_NAMES_H

#include "layout/layout.h"

#define EXU_TYPE_NAME_SIZE 256

/* A type's dict as one number: the sum of exu_type_key() over its str keys. */
uint64_t exu_type_key(const char *key);
uint64_t exu_type_signature(uint64_t keys, uint64_t basicsize, uint64_t itemsize, uint64_t flags);

/* tp_name of the type with that signature, of this version if it has such a row; of several names, the one that
 * `called` (what Python code calls the type; may be NULL) is like. False: none, or it can't be told which. */
bool exu_type_name_find(const struct exu_python *python, uint64_t signature, const char *called, char *buffer, size_t size);

#endif
