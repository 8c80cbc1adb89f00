/* Reading objects: which type, how big, what it refers to, what it says.
 *
 * A type is a row (struct exu_type_row): its C name, its structure, the object pointers in it, the buffers it owns; a
 * walk function only where a row can't say it. Rows stand in model/rows_<family>.c; model/registry.c lists the
 * families. For each type object of the process a *plan* is made once (struct exu_type): the rows along tp_base, the
 * slots of Python classes (tp_members), the place of the instance dict; words of the structure that nothing explains
 * are scanned conservatively.
 *
 * Hot path: walking allocates nothing. Everything read is checked; a pointer that leads to no object is reported
 * through exu_visitor.bad and is no reference. */
#ifndef EXU_MODEL_MODEL_H
#define EXU_MODEL_MODEL_H

#include "base/addrmap.h"
#include "base/bump.h"
#include "base/vec.h"
#include "layout/layout.h"
#include "memory/addrset.h"

/* Stored as these numbers in reference_row.kind; the texts are in schema/schema.sql. */
enum exu_reference_kind {
    EXU_REF_ITEM = 1,
    EXU_REF_KEY,
    EXU_REF_VALUE,
    EXU_REF_ATTRIBUTE, /* instance attribute (in a dict of its own, inline or split) */
    EXU_REF_SLOT,      /* __slots__ member */
    EXU_REF_FIELD,     /* a field of the C structure */
    EXU_REF_LOCAL,
    EXU_REF_CELL,  /* a cell or free variable of a frame or function */
    EXU_REF_STACK, /* on a frame's value stack */
    EXU_REF_TYPE,  /* instance of a heap type -> its type (counted since 3.8) */
    EXU_REF_NATIVE,
    EXU_REF_WEAK, /* holds nothing; never followed */
};

enum { EXU_EXACT = 0, EXU_CONSERVATIVE = 1 };

/* One reference as a walk reports it. Either name_text (a constant of ours with static lifetime, or one that lives
 * as long as the model) or name_object (a str of the process) or neither. */
struct exu_reference {
    exu_addr target;
    const char *name_text;
    exu_addr name_object;
    int64_t position; /* index or offset; -1 = none */
    uint8_t kind;
    uint8_t confidence;
    bool view; /* another object counts it and reports it, too: listed, not followed a second time */
    bool uncounted; /* the referrer visits it, and another counts it: followed, no part of the referent's count */
};

/* What a walk reports to. */
struct exu_visitor {
    void *context;
    void (*reference)(void *context, const struct exu_reference *reference);
    /* Memory that the object owns besides its own block (list items, dict keys ...): the start of the block. May be
     * NULL. */
    void (*buffer)(void *context, exu_addr start);
    /* A pointer in an exact place that can't be read or leads to nothing. May be NULL. */
    void (*bad)(void *context, exu_addr where, exu_addr pointer);
};

struct exu_model;
struct exu_type;

/* An object about to be read. Cheap to make (exu_object_at). */
struct exu_object {
    const struct exu_model *model;
    const struct exu_layout *layout; /* = model->python->layout */
    const struct exu_memory *memory;
    const struct exu_type *type;
    exu_addr address;
    const uint8_t *bytes; /* at address */
    uint64_t available;   /* readable bytes from address on, in one piece */
};

/* ---- rows ---- */
enum exu_slot_how {
    EXU_SLOT_OBJECT = 1, /* PyObject *, NULL is fine */
    EXU_SLOT_TAGGED,     /* PyObject * whose lowest bit is a flag */
    EXU_SLOT_BUFFER,     /* memory of the object's own: no reference, a buffer */
    EXU_SLOT_ARRAY,      /* pointer to `count` object pointers (own memory: also a buffer) */
    EXU_SLOT_INLINE,     /* the field itself is the first of `count` object pointers inside the structure */
    EXU_SLOT_WEAK,       /* a pointer that holds nothing but that a reader wants to see: kind weak */
};
struct exu_slot_row {
    uint16_t field; /* enum exu_field */
    uint16_t count; /* EXU_SLOT_ARRAY/INLINE: field with the number of items; EXU_FIELD_NONE for INLINE: size / 8 */
    uint8_t how;
    const char *name; /* as users know it */
};

struct exu_type_row {
    const char *name; /* tp_name of the type, with its module: 'collections.deque', 'list' */
    uint16_t size;    /* EXU_sizeof_…: must equal tp_basicsize, else the row does not apply; NONE: not checked */
    const struct exu_slot_row *slots; /* ends with field = EXU_FIELD_NONE */
    /* What rows can't say: containers, chains of C structures. */
    void (*walk)(const struct exu_object *object, const struct exu_visitor *visitor);
    /* `__sizeof__`, where it is not tp_basicsize + tp_itemsize * |ob_size|; false when it can't be read. */
    bool (*size_of)(const struct exu_object *object, uint64_t *ret);
    /* len(), for containers, strings and bytes; false when it can't be read. NULL: no length. */
    bool (*length)(const struct exu_object *object, uint64_t *ret);
    /* What a container has room for, as object.capacity in schema/schema.sql has it. NULL: no such thing. */
    bool (*capacity)(const struct exu_object *object, uint64_t *ret);
};

#define EXU_SLOTS(...) ((const struct exu_slot_row[]){__VA_ARGS__, {0}})
/* The field is named as in C unless *_AS gives the name that Python users know. */
#define EXU_OBJ(structure, field) {EXU_##structure##_##field, 0, EXU_SLOT_OBJECT, #field}
#define EXU_OBJ_AS(structure, field, name) {EXU_##structure##_##field, 0, EXU_SLOT_OBJECT, name}
#define EXU_TAGGED(structure, field) {EXU_##structure##_##field, 0, EXU_SLOT_TAGGED, #field}
#define EXU_BUF(structure, field) {EXU_##structure##_##field, 0, EXU_SLOT_BUFFER, #field}
#define EXU_ARR(structure, field, count) {EXU_##structure##_##field, EXU_##structure##_##count, EXU_SLOT_ARRAY, #field}
#define EXU_INL(structure, field, count) {EXU_##structure##_##field, EXU_##structure##_##count, EXU_SLOT_INLINE, #field}
#define EXU_WEAKLY(structure, field) {EXU_##structure##_##field, 0, EXU_SLOT_WEAK, #field}

struct exu_type_family {
    const struct exu_type_row *rows;
    size_t count;
};
/* registry.c: every family, core types first. */
extern const struct exu_type_family *const exu_type_families[];
extern const size_t exu_type_family_count;

/* ---- what a walk function calls ---- */
/* A field of the object itself; 0 when absent in this version or not readable. */
uint64_t exu_object_word(const struct exu_object *o, enum exu_field field);  /* 1, 2, 4 or 8 bytes, unsigned */
int64_t exu_object_signed(const struct exu_object *o, enum exu_field field); /* the same, sign-extended */
/* The address of a field inside the object. */
static inline exu_addr exu_object_place(const struct exu_object *o, enum exu_field field)
{
    return o->address + exu_offset(o->layout, field);
}
/* A field of another structure at `structure` in the target; false on a hole or an absent field. */
bool exu_field_read(const struct exu_object *o, exu_addr structure, enum exu_field field, uint64_t *ret);

void exu_emit(const struct exu_visitor *v, exu_addr target, enum exu_reference_kind kind, const char *name,
              int64_t position);
void exu_emit_named(const struct exu_visitor *v, exu_addr target, enum exu_reference_kind kind, exu_addr name_object,
                    int64_t position);
static inline void exu_emit_buffer(const struct exu_visitor *v, exu_addr start)
{
    if (start && v->buffer)
        v->buffer(v->context, start);
}
/* The same for what lies in another object that reports it itself. */
void exu_emit_view(const struct exu_visitor *v, exu_addr target, enum exu_reference_kind kind, exu_addr name_object,
                   int64_t position);
/* What the object visits in place of another that counts it: shared keys, what is no GC object's own to visit. */
void exu_emit_uncounted(const struct exu_visitor *v, exu_addr target, enum exu_reference_kind kind, const char *name,
                        int64_t position);
/* `count` object pointers at `items`, NULLs skipped; reads across segments; `count` is checked against what is
 * there. position = index. */
void exu_emit_array(const struct exu_object *o, const struct exu_visitor *v, exu_addr items, uint64_t count,
                    enum exu_reference_kind kind, const char *name);
/* Conservative: every word of [block, block + bytes) that is the address of a known object; position = offset. The same in
 * the small blocks of C memory that it leads to (they are the object's buffers then). Reports
 * nothing while model->known is NULL. */
void exu_object_scan(const struct exu_object *o, const struct exu_visitor *v, exu_addr block, uint64_t bytes,
                     const char *name);
/* How many of `count` slots of `stride` bytes from `start` on a walk may visit: no more than the allocator's block has
 * room for, and no more than is left of what all walks of a pass may visit. Less than `count` is damage, or malice: many
 * objects that claim the same memory. */
uint64_t exu_walk_slots(const struct exu_model *model, exu_addr start, uint64_t count, uint64_t stride);
/* Whether a walk over so many words is within what is left; takes them, or nothing. */
bool exu_walk_words(const struct exu_model *model, uint64_t words);
/* strlen of the text at `address`; false when it has no end within its block or its segment. */
bool exu_walk_string(const struct exu_object *o, exu_addr address, uint64_t *ret_length);
/* A hole where something exact was expected. */
void exu_emit_bad(const struct exu_visitor *v, exu_addr where, exu_addr pointer);
/* The bound for walks over linked structures of the target: no more steps than could fit into the memory. Every
 * exu_field_read is charged to the pass, too, and fails when nothing is left. */
uint64_t exu_walk_limit(const struct exu_object *o);

/* ---- types ---- */
enum exu_type_class { /* what the object *is*, along tp_base: one bit each */
    EXU_IS_TYPE = 1 << 0,
    EXU_IS_INT = 1 << 1,
    EXU_IS_BOOL = 1 << 2,
    EXU_IS_FLOAT = 1 << 3,
    EXU_IS_STR = 1 << 4,
    EXU_IS_BYTES = 1 << 5,
    EXU_IS_TUPLE = 1 << 6,
    EXU_IS_LIST = 1 << 7,
    EXU_IS_DICT = 1 << 8,
    EXU_IS_MODULE = 1 << 9,
    EXU_IS_CODE = 1 << 10,
    EXU_IS_FRAME = 1 << 11,
    EXU_IS_TRACEBACK = 1 << 12,
    EXU_IS_GENERATOR = 1 << 13, /* generators, coroutines, async generators */
    EXU_IS_EXCEPTION = 1 << 14,
    EXU_IS_DEQUE = 1 << 15,
    EXU_IS_STRINGIO = 1 << 16,
    EXU_IS_BYTESIO = 1 << 17,
    EXU_IS_SET = 1 << 18,
    EXU_IS_FUTURE = 1 << 19, /* by its name: exu_future_read says whether it is one */
    EXU_IS_AWAITING = 1 << 20, /* what exu_await_read knows besides generators */
};

/* The most bytes that stand before an object in its block (struct exu_type.preheader), in steps of 16. */
#define EXU_PREHEADER_MOST 32

struct exu_member {
    uint32_t offset;
    bool slot; /* of __slots__; else a member of a C type */
    const char *name;
};
struct exu_gap {
    uint32_t start, end;
};

struct exu_type { /* the plan */
    exu_addr address;
    exu_addr base; /* tp_base */
    char *name;    /* tp_name */
    char *module;  /* NULL = not known */
    char *qualname;
    uint64_t flags;
    int64_t basicsize, itemsize, dictoffset, weaklistoffset;
    uint32_t classes; /* enum exu_type_class bits */
    uint32_t preheader; /* bytes before the object in its block: GC head, managed dict words */
    bool heap, has_gc, managed_dict, inline_values;
    uint32_t base_index; /* EXU_ADDRMAP_NONE for object */
    const struct exu_type_row **rows; /* base first */
    size_t row_count;
    struct exu_member *members; /* __slots__ of all bases; object members of C types without a row */
    size_t member_count;
    struct exu_gap *gaps; /* words that nothing explains */
    size_t gap_count;
    bool (*size_of)(const struct exu_object *object, uint64_t *ret);
    bool (*length)(const struct exu_object *object, uint64_t *ret);
    bool (*capacity)(const struct exu_object *object, uint64_t *ret);
};

/* Owns the types; borrows the python. Types are added while objects are discovered (one thread); after that the
 * model may be read by many threads. */
struct exu_model {
    const struct exu_python *python;
    const struct exu_memory *memory; /* the python's */
    exu_addr interpreter;            /* the main one's PyInterpreterState; 0 = not known yet */
    exu_addr *other_interpreters;    /* in which static builtin types have dicts of their own, too (3.12+) */
    size_t other_interpreter_count;
    struct exu_lost_names *lost;     /* NULL until a name was sought that the dump does not have */
    uint32_t lost_names, lost_names_found; /* of types */
    exu_addr fault_file;             /* where faulthandler keeps its file; 0 = it is not enabled */
    exu_addr set_dummies[2];         /* what stands for a deleted member in 2.7's sets: by symbol the first alone; without,
                                        that of dicts is among them, which no set has; 0 = not known */
    uint64_t memory_words;           /* 8-byte words that there are at most, of huge stretches of zeros a part: the bound of all walks */
    struct exu_anomalies *anomalies;
    const struct exu_type_row **rows; /* of all families, by name */
    size_t row_count;
    struct exu_addrmap type_index; /* type object -> index into types; UINT32_MAX - 1: looked at, is none */
    exu_vec(struct exu_type *) types;
    struct exu_bump bump;
    /* Known objects, once there are such: conservative scans report only these. May be NULL. */
    const struct exu_addrset *known;
    /* Bytes from `address` to the end of the allocator's block that it lies in; UINT64_MAX: in none that is known. May be
     * NULL. */
    uint64_t (*room)(const void *context, exu_addr address);
    /* The used block of an allocator that `address` lies in; false: none. May be NULL. */
    bool (*block)(const void *context, exu_addr address, exu_addr *ret_start, uint64_t *ret_size);
    const void *room_context; /* of both */
    uint64_t *allowance; /* what walks may still visit before the next exu_model_pass; NULL: without bound */
    struct exu_claims *claims; /* which pages long arrays of this pass have taken; NULL: not minded */
};

EXU_MUST_CHECK struct exu_error *exu_model_create(struct exu_model **ret, const struct exu_python *python,
                                                  struct exu_anomalies *anomalies);
void exu_model_destroy(struct exu_model *model);
void exu_lost_names_close(struct exu_lost_names *lost);
/* Begins a pass over the objects: each word of the memory may be visited about once again, and no page belongs to two
 * long arrays. Passes don't overlap. */
void exu_model_pass(const struct exu_model *model);
/* The type object at `address`, planned on first sight; NULL if there is no type. */
const struct exu_type *exu_model_type(struct exu_model *model, exu_addr address);
/* Lookup without planning. */
const struct exu_type *exu_model_known_type(const struct exu_model *model, exu_addr address);

/* Reads the head at `address`: false if there is no object (unaligned, a hole, no type). May add a type. */
bool exu_model_object(struct exu_model *model, exu_addr address, struct exu_object *ret);
/* The same for an object whose type is known already; for many threads. */
bool exu_object_at(const struct exu_model *model, exu_addr address, struct exu_object *ret);
uint64_t exu_object_refcount(const struct exu_object *o);
/* Every reference of the object, in a fixed order. */
void exu_object_walk(const struct exu_object *o, const struct exu_visitor *v);
/* What sys.getsizeof says there; false when it can't be known. */
bool exu_object_getsizeof(const struct exu_object *o, uint64_t *ret);
/* len(); false for what has none or can't be read. */
bool exu_object_length(const struct exu_object *o, uint64_t *ret);
bool exu_object_capacity(const struct exu_object *o, uint64_t *ret);
/* Does a dict share its keys with others (PEP 412)? False for what is no dict, and where there is no such thing. */
bool exu_object_shares_keys(const struct exu_object *o, bool *ret);
/* True when the object's own numbers agree with a block of `block_size` bytes that starts at `block` (used where no
 * reference vouches for an object). */
bool exu_object_plausible(const struct exu_object *o, exu_addr block, uint64_t block_size);

/* basicsize + itemsize * |ob_size|: what object.__sizeof__ says; false when it can't be. */
bool exu_object_plain_size(const struct exu_object *o, uint64_t *ret);

/* ---- core containers (model/rows_core.c, dict.c) ---- */
/* The dict of a type object, wherever this version keeps it; 0 = none. */
exu_addr exu_type_dict(const struct exu_object *type);
exu_addr exu_type_subclasses(const struct exu_object *type);
/* What a type owns and the collector does not visit, since it can't be in a cycle (Objects/typeobject.c, type_traverse):
 * its dict of weak references to subclasses and the tuple of its slots' names; 0 = none. */
void exu_type_unvisited(const struct exu_object *type, exu_addr *ret_subclasses, exu_addr *ret_slots);
/* The attribute values of an instance at `values`, named by the shared keys of its type. */
void exu_values_walk(const struct exu_object *o, const struct exu_visitor *v, exu_addr values,
                     enum exu_reference_kind kind);
/* Bytes that a str asked the allocator for, without its caches. */
bool exu_str_block_size(const struct exu_object *o, uint64_t *ret);
/* Every item of the dict at `dict` (exact dicts and subclasses): key, value, position. False when it is none. */
bool exu_dict_each(const struct exu_model *model, exu_addr dict,
                   bool (*item)(void *context, exu_addr key, exu_addr value, uint64_t position), void *context);
/* The value for the str key `name`; 0 when absent. */
exu_addr exu_dict_get(const struct exu_model *model, exu_addr dict, const char *name);

/* ---- values (model/value.c) ---- */
struct exu_value {
    enum { EXU_VALUE_NONE, EXU_VALUE_TEXT, EXU_VALUE_BYTES } kind;
    char *data; /* UTF-8 (lone surrogates as \udXXX), or raw bytes; borrowed from `scratch` of the call */
    size_t size;
    bool has_length;
    uint64_t length; /* len(): code points or bytes */
    bool truncated;
    exu_addr address; /* of a str or bytes: where all of its data is */
    uint64_t bytes;   /* of it */
};
struct exu_text;
/* int, float, bool, str, bytes (subclasses too); false for others. At most `limit` bytes of data. */
bool exu_object_value(const struct exu_object *o, size_t limit, struct exu_text *scratch, struct exu_value *ret);
/* The UTF-8 of a str object at `address`, at most size - 1 bytes; false if there is none. */
bool exu_model_str(const struct exu_model *model, exu_addr address, char *buffer, size_t size);

#endif
