/* Whose each used block is: every block of obmalloc and every chunk of malloc that is in use belongs to an
 * object, to an object's buffers, to the interpreter, to a library, or to nobody that is known.
 *
 * Exact first: the object that lies in the block, then the buffers that the walks named. What is left is
 * claimed by pointers to its start, in this order: words of objects (C memory behind them), of the
 * interpreter's data, of libraries' data, of the threads' stacks; what such a block points to goes to the
 * same owner. To what is left then pointers into the middle count: those of a file's data and blocks say no more than
 * whose it may be, those of an object's C memory claim it. */
#ifndef EXU_LOAD_OWNERS_H
#define EXU_LOAD_OWNERS_H

#include "load/references.h"

enum exu_part {
    EXU_PART_UNKNOWN,
    EXU_PART_OBJECT,      /* the object's own block */
    EXU_PART_BUFFER,      /* memory of an object's besides its own block: list items, dict keys ... */
    EXU_PART_C_MEMORY,    /* reached from words of an object that no row explains */
    EXU_PART_FREE_LIST,   /* a dead object that the interpreter keeps for the next one */
    EXU_PART_NUMBERS,     /* 2.7 keeps ints and floats many to a chunk */
    EXU_PART_INTERPRETER, /* reached from the interpreter's own data */
    EXU_PART_LIBRARY,     /* reached from another file's data */
    EXU_PART_STACK,       /* reached from a thread's stack, registers or thread-local data alone */
    EXU_PART_ARENA,       /* a chunk of malloc's that an arena of obmalloc lies in */
    EXU_PART_COUNT
};
const char *exu_part_text(enum exu_part part);

/* What kind of thing an object is, for sums over millions of them. */
enum exu_object_category {
    EXU_CATEGORY_TEXT,      /* str, bytes, bytearray, StringIO, BytesIO */
    EXU_CATEGORY_NUMBER,    /* int, float, bool */
    EXU_CATEGORY_CONTAINER, /* list, tuple, dict, set, deque, and their subclasses */
    EXU_CATEGORY_CODE,      /* types, code, modules, functions */
    EXU_CATEGORY_FRAME,     /* frames, tracebacks, generators, exceptions */
    EXU_CATEGORY_INSTANCE,  /* of classes made at run time */
    EXU_CATEGORY_OTHER,
    EXU_CATEGORY_COUNT
};
const char *exu_category_text(enum exu_object_category category);
enum exu_object_category exu_object_category(const struct exu_process *process, uint32_t id);

struct exu_sum {
    uint64_t bytes, count;
};

struct exu_owner {
    uint32_t object; /* id; 0 = none */
    uint16_t image;  /* 1-based index into core->images; 0 = none */
    uint8_t part;    /* enum exu_part */
};

/* An arena that is nearly empty, and what is left in it. */
struct exu_pin {
    uint32_t arena;  /* index */
    uint32_t object; /* id of the owner; 0 = no object's */
    uint32_t blocks, bytes;
    uint8_t part;
};

/* An arena counts as nearly empty below this part of its size in used blocks. */
#define EXU_SPARSE_PART 4
/* Pins kept of all arenas, which share them evenly: one that has fewer leaves more for those behind it. The rest is in the
 * arena's numbers. */
#define EXU_PINS_MOST 100000

struct exu_owners {
    struct exu_owner *chunks; /* one for each of malloc's chunks; free ones are all 0 */
    struct exu_sum pool[EXU_PART_COUNT], malloc[EXU_PART_COUNT];
    struct exu_sum *pool_images, *malloc_images; /* of EXU_PART_LIBRARY and EXU_PART_INTERPRETER, by image */
    struct exu_sum *pool_hints, *malloc_hints;   /* of EXU_PART_UNKNOWN: whose data points into them */
    struct exu_sum
        objects[EXU_CATEGORY_COUNT]; /* whole blocks of both allocators, buffers included; count: objects */
    exu_vec(struct exu_pin) pins;    /* by arena, the largest first */
};

/* Adds to facts->footprint what is claimed for objects. */
EXU_MUST_CHECK struct exu_error *exu_owners_find(const struct exu_process *process, struct exu_facts *facts,
                                                 struct exu_owners *owners);
void exu_owners_deinit(struct exu_owners *owners);

#endif
