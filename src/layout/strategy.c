#include "layout/strategy.h"
#include <string.h>

/* Minor versions as the upper 16 bits of PY_VERSION_HEX. */
enum { V2_7 = 0x0207, V3_6 = 0x0306, V3_7, V3_8, V3_9, V3_10, V3_11, V3_12, V3_13, V3_14, V3_15 };

/* Include/object.h. Bits 0 to 8 meant other things before 3.10. */
static void choose_objects(struct exu_strategy *s, unsigned v)
{
    s->refcount_mask = v >= V3_14 ? UINT32_MAX : UINT64_MAX;
    s->cached_arguments = v >= V3_6 && v <= V3_7;
    s->immortal = v >= V3_12;
    s->flags = (struct exu_type_flags){
        .static_builtin = v >= V3_12 ? 1u << 1 : 0,
        .inline_values = v >= V3_13 ? 1u << 2 : 0,
        .managed_weakref = v >= V3_12 ? 1u << 3 : 0,
        .managed_dict = v >= V3_11 ? 1u << 4 : 0,
        .immutable = v >= V3_10 ? 1u << 8 : 0,
        .heap_type = 1u << 9,
        .ready = 1u << 12,
        .have_gc = 1u << 14,
        .int_subclass = v == V2_7 ? 1u << 23 : 0,
        .long_subclass = 1u << 24,
        .list_subclass = 1u << 25,
        .tuple_subclass = 1u << 26,
        .bytes_subclass = 1u << 27,
        .unicode_subclass = 1u << 28,
        .dict_subclass = 1u << 29,
        .exception_subclass = 1u << 30,
        .type_subclass = 1u << 31,
    };
    s->flags.preheader = s->flags.managed_dict | s->flags.managed_weakref;
    s->preheader_size = v >= V3_11 ? 16 : 0;
    s->static_types = v >= V3_13   ? EXU_STATIC_TYPES_313
                      : v >= V3_12 ? EXU_STATIC_TYPES_312
                                   : EXU_STATIC_TYPES_OWN;
    s->old_style = v == V2_7;
    s->exception_traceback = v >= V3_6;
}

/* Modules/gcmodule.c, Objects/object.c; 3.8: Include/internal/pycore_gc.h (bpo-33597 made the head two
 * words). */
static void choose_collector(struct exu_strategy *s, unsigned v)
{
    s->gc_head = v >= V3_8 ? EXU_GC_HEAD_LINKS : v >= V3_6 ? EXU_GC_HEAD_REFS_36 : EXU_GC_HEAD_REFS_27;
    s->finalizers = v >= V3_6 ? EXU_FINALIZERS_34 : EXU_FINALIZERS_27;
    s->gc_next_mask = v >= V3_8 ? ~(uint64_t)1 : UINT64_MAX; /* NEXT_MASK_UNREACHABLE, during a collection */
    s->gc_prev_mask = v >= V3_8 ? ~(uint64_t)3 : UINT64_MAX; /* PREV_MASK_FINALIZED, PREV_MASK_COLLECTING */
    s->gc_place = v >= V3_9 ? EXU_PLACE_INTERPRETER : v >= V3_7 ? EXU_PLACE_RUNTIME : EXU_PLACE_STATIC;
}

/* Objects/dictobject.c, setobject.c, longobject.c, unicodeobject.c, Modules/_io/stringio.c. */
static void choose_values(struct exu_strategy *s, unsigned v)
{
    s->dict = v >= V3_11 ? EXU_DICT_311 : v >= V3_6 ? EXU_DICT_36 : EXU_DICT_27;
    s->values = v >= V3_13   ? EXU_VALUES_HEADER
                : v >= V3_11 ? EXU_VALUES_PREFIX
                : v >= V3_6  ? EXU_VALUES_ARRAY
                             : EXU_VALUES_NONE;
    s->set = v >= V3_6 ? EXU_SET_DUMMY_OBJECT : EXU_SET_DUMMY_STRING;
    s->attributes = v >= V3_14   ? EXU_ATTRIBUTES_314
                    : v == V3_13 ? EXU_ATTRIBUTES_313
                    : v == V3_12 ? EXU_ATTRIBUTES_312
                    : v == V3_11 ? EXU_ATTRIBUTES_311
                                 : EXU_ATTRIBUTES_OFFSET;
    s->integer = v >= V3_12 ? EXU_INT_TAG : EXU_INT_SIGNED_SIZE;
    s->int_sizeof = v >= V3_12   ? EXU_INT_SIZEOF_BASICSIZE
                    : v == V3_11 ? EXU_INT_SIZEOF_DIGITS_MIN
                                 : EXU_INT_SIZEOF_DIGITS;
    s->int_tag_shift = v >= V3_12 ? 3 : 0;
    s->int_sign_mask = v >= V3_12 ? 3 : 0;
    s->str = v >= V3_12 ? EXU_STR_COMPACT : v >= V3_6 ? EXU_STR_WSTR : EXU_STR_27;
    s->stringio = v >= V3_14   ? EXU_STRINGIO_WRITER_POINTER
                  : v >= V3_12 ? EXU_STRINGIO_WRITER
                  : v >= V3_6  ? EXU_STRINGIO_ACCU
                               : EXU_STRINGIO_BUFFER;
}

/* Include/internal/pycore_frame.h (3.11+), pycore_interpframe_structs.h (3.14+), Include/frameobject.h. */
static void choose_frames(struct exu_strategy *s, unsigned v)
{
    s->code = v >= V3_11 ? EXU_CODE_LOCALSPLUS : EXU_CODE_VARNAMES;
    s->frame = v >= V3_14   ? EXU_FRAME_314
               : v == V3_13 ? EXU_FRAME_313
               : v == V3_12 ? EXU_FRAME_312
               : v == V3_11 ? EXU_FRAME_311
               : v == V3_10 ? EXU_FRAME_OBJECT_STACKDEPTH
                            : EXU_FRAME_OBJECT_STACKTOP;
    if (v >= V3_14)
        s->reference = (struct exu_stack_reference){
            .tag_mask = 3, .null = 1, .not_owned = 1, .integer = 3, .not_pointer = v >= V3_15 ? 2 : 0};
    s->owner_entry = v >= V3_12 ? 3 : 0; /* FRAME_OWNED_BY_CSTACK, FRAME_OWNED_BY_INTERPRETER */
    s->line = v >= V3_11 ? EXU_LINE_311 : v == V3_10 ? EXU_LINE_310 : v >= V3_6 ? EXU_LINE_36 : EXU_LINE_27;
    s->lasti_unit = v == V3_10 ? 2 : 1; /* 3.10 Python/ceval.c counts _Py_CODEUNITs */
    s->traceback_lasti_unit = 1;        /* 3.10 Python/traceback.c stores f_lasti * sizeof(_Py_CODEUNIT) */
    s->instruction_next = v >= V3_13;
    s->generator_frame_inside = v >= V3_11;
    if (v >= V3_15)
        s->generator = (struct exu_generator_states){0, 1, 3, 4, 5, 5};
    else if (v >= V3_13) /* FRAME_SUSPENDED_YIELD_FROM came in between */
        s->generator = (struct exu_generator_states){-3, -2, -1, 0, 1, 4};
    else if (v >= V3_10)
        s->generator = (struct exu_generator_states){-2, -1, -1, 0, 1, 4};
    s->await = v >= V3_13   ? EXU_AWAIT_STATE
               : v >= V3_11 ? EXU_AWAIT_RESUME
               : v >= V3_6  ? EXU_AWAIT_YIELD_FROM
                            : EXU_AWAIT_NONE;
    s->generator_delegates = v >= V3_15 ? 2 : v >= V3_13 ? -1 : 0; /* pycore_frame.h, enum _framestate */
    s->exc_info = v >= V3_11 ? EXU_EXC_INFO_VALUE : v >= V3_7 ? EXU_EXC_INFO_TRIPLE : EXU_EXC_INFO_FRAME;
    s->current_exception_single = v >= V3_12;
}

/* Objects/obmalloc.c (3.10: POOL_BITS 14, ARENA_BITS 20), Python/sysmodule.c. ALIGNMENT is 16 since 2.7.17
 * and 3.7.4 or so; a build with 8 is told by its pools. */
static void choose_memory(struct exu_strategy *s, unsigned v)
{
    s->pool_size = v >= V3_10 ? 1u << 14 : 1u << 12;
    s->arena_size = v >= V3_10 ? 1u << 20 : 1u << 18;
    s->alignment = 16;
    s->small_threshold = 512;
    s->obmalloc_place = v >= V3_13   ? EXU_PLACE_POINTER
                        : v == V3_12 ? EXU_PLACE_INTERPRETER
                                     : EXU_PLACE_STATIC;
    s->counts_raw_blocks = v >= V3_7;
    s->debug_dead = v >= V3_7 ? 0xdd : 0xdb;
    s->debug_clean = v >= V3_7 ? 0xcd : 0xcb;
    s->debug_forbidden = v >= V3_7 ? 0xfd : 0xfb;
    s->debug_serial = v <= V3_7;
    s->free_lists = v >= V3_14   ? EXU_FREE_LISTS_314
                    : v == V3_13 ? EXU_FREE_LISTS_313
                    : v >= V3_11 ? EXU_FREE_LISTS_311
                    : v == V3_10 ? EXU_FREE_LISTS_310
                    : v == V3_9  ? EXU_FREE_LISTS_39
                    : v >= V3_6  ? EXU_FREE_LISTS_36
                                 : EXU_FREE_LISTS_27;
    s->free_tuple_first_size = v >= V3_11;
    s->presize = v >= V3_13 ? EXU_PRESIZE_TYPE_IS_GC : v >= V3_11 ? EXU_PRESIZE_TYPE : EXU_PRESIZE_GC;
    s->getsizeof_presize_static = s->presize == EXU_PRESIZE_TYPE;
    s->sizeof_type_keys = v >= V3_6;
}

static void choose_places(struct exu_strategy *s, unsigned v)
{
    s->interpreters_place = v >= V3_7 ? EXU_PLACE_RUNTIME : EXU_PLACE_STATIC;
    s->interned_place = v >= V3_12 ? EXU_PLACE_INTERPRETER : EXU_PLACE_STATIC;
    s->warnings_place = v >= V3_8 ? EXU_PLACE_INTERPRETER : v == V3_7 ? EXU_PLACE_RUNTIME : EXU_PLACE_STATIC;
    s->small_ints_place = v >= V3_11                ? EXU_PLACE_RUNTIME
                          : v == V3_9 || v == V3_10 ? EXU_PLACE_INTERPRETER
                                                    : EXU_PLACE_STATIC;
}

bool exu_strategy_choose(struct exu_strategy *ret, uint32_t version_hex)
{
    unsigned v = version_hex >> 16;
    memset(ret, 0, sizeof *ret);
    if (v != V2_7 && (v < V3_6 || v > V3_15))
        return false;
    choose_objects(ret, v);
    choose_collector(ret, v);
    choose_values(ret, v);
    choose_frames(ret, v);
    choose_memory(ret, v);
    choose_places(ret, v);
    return true;
}
