/* The tables of dicts and the attribute values of instances, in every form that they had (Objects/dictobject.c).
 * Private to model/. Every number is checked against the memory that is there. */
#ifndef EXU_MODEL_DICT_H
#define EXU_MODEL_DICT_H

#include "model/model.h"

/* A table of entries: of a dict of 2.7, or the keys of one of 3.6 and later. */
struct exu_dict_table {
    exu_addr address; /* of the block */
    exu_addr entries;
    uint64_t count;  /* of entries to look at, holes included */
    uint64_t usable; /* places that are left */
    uint64_t bytes;  /* of the whole table */
    uint64_t room;   /* entries until it grows: USABLE_FRACTION of its places; 2.7: two thirds of them, as insertdict has it */
    uint64_t refcount;
    uint32_t stride, key_offset, value_offset;
    bool unicode; /* all keys are str */
    bool own;     /* a block of the dict's own: not the table inside a dict of 2.7, not shared */
};

/* The keys at `address` (3.6+); false when they don't hold. */
bool exu_dict_keys(const struct exu_model *model, exu_addr address, struct exu_dict_table *ret);
/* The table of the dict object at `dict` (exact dicts and subclasses of any version). */
bool exu_dict_table(const struct exu_model *model, exu_addr dict, struct exu_dict_table *ret);

/* Values that are kept apart from their keys: of a split dict, or of an instance. */
struct exu_dict_values {
    exu_addr values;      /* the array */
    uint64_t count;       /* values to look at */
    const uint8_t *order; /* host: index of the i-th that was set at order[i * step]; NULL: in the order of the keys */
    int step;
    exu_addr block; /* the start of the memory; 0 = inside an object */
    bool inside;
    bool valid;
};
struct exu_dict_values exu_dict_values(const struct exu_model *model, exu_addr address,
                                       const struct exu_dict_table *keys);

typedef bool exu_dict_item(void *context, exu_addr key, exu_addr value, uint64_t index);
/* Each entry with a key and a value, in order; stops when the callback says false. False when something can't be read.
 */
bool exu_dict_table_each(const struct exu_model *model, const struct exu_dict_table *table, exu_dict_item *item,
                         void *context);
bool exu_dict_values_each(const struct exu_model *model, const struct exu_dict_table *keys,
                          const struct exu_dict_values *values, exu_dict_item *item, void *context);

/* Each key, its value or none. */
bool exu_dict_table_keys(const struct exu_model *model, const struct exu_dict_table *table, exu_dict_item *item,
                         void *context);

/* `__sizeof__` of a dict beyond its basic size. */
bool exu_dict_extra_size(const struct exu_object *dict, uint64_t *ret);

#endif
