/* How things are done in a version of CPython, where an algorithm changed and not just a place.
 *
 * What a user may rely on:
 * - The version is compared in strategy.c and nowhere else. A walker switches over one of the kinds below
 * (with no `default`, so that the compiler names what a new kind leaves out) or uses a number from here; it
 * is never copied for a version.
 * - Where a member merely moved or was renamed, there is no strategy: one field of fields_*.def stands for it
 * in every version (its path may list the names, "_gc_next|gc.gc_next"). Whether a version has a thing at all
 * is asked of the layout: exu_has(). A strategy says only what offsets can't: units, encodings, which of
 * several rules holds.
 * - A zeroed strategy belongs to no version: 0 is EXU_..._NONE where a kind can be missing;
 * exu_strategy_choose fills every member for each version that it knows, and what is 0 then means "there is
 * no such thing".
 * - Numbers that Py_TRACE_REFS shifts (the head of an object) come from the layout, not from here.
 *
 * Facts are from the C sources named; "2.7" is 2.7.18, "3.6" 3.6.15 and so on unless a micro version is
 * given. */
#ifndef EXU_LAYOUT_STRATEGY_H
#define EXU_LAYOUT_STRATEGY_H

#include "base/base.h"

/* Where a piece of state lives, if it exists. */
enum exu_place {
    EXU_PLACE_NONE,
    EXU_PLACE_STATIC,      /* file statics: names of .symtab (exu_python_static) */
    EXU_PLACE_RUNTIME,     /* members of _PyRuntime */
    EXU_PLACE_INTERPRETER, /* members of PyInterpreterState */
    EXU_PLACE_POINTER,     /* behind a pointer in PyInterpreterState */
};

/* ---- the collector ---- */

/* How an object that the collector does not track is told, from its PyGC_Head. */
enum exu_gc_head_kind {
    EXU_GC_HEAD_REFS_27, /* Modules/gcmodule.c of 2.7: gc_refs == -2; -3 reachable, -4 tentatively not */
    EXU_GC_HEAD_REFS_36, /* 3.6, 3.7: the same in gc_refs >> 1 (arithmetic); bit 0 = finalized */
    EXU_GC_HEAD_LINKS,   /* 3.8+, pycore_gc.h: _gc_next == 0; the flags are in the low bits of the links; bit 0 of
                            _gc_prev = finalized */
};

/* What runs before an unreachable object goes (Modules/gcmodule.c). */
enum exu_finalizers_kind {
    EXU_FINALIZERS_34, /* PEP 442: tp_finalize, once; tp_del makes uncollectable */
    EXU_FINALIZERS_27, /* has_finalizer: tp_del of heap types, __del__ of old instances, generators in a block: each
                          makes uncollectable */
};

/* ---- containers ---- */

enum exu_dict_kind {
    EXU_DICT_311, /* 3.11+: dk_log2_size, dk_log2_index_bytes; entries of 16 bytes when dk_kind is not 0 */
    EXU_DICT_36,  /* 3.6-3.10: dk_size; index width by it (<= 0xff 1, <= 0xffff 2, <= 0xffffffff 4, else 8
                     bytes);  entries of 24 bytes behind the dk_size indices; usable = 2 * dk_size / 3 */
    EXU_DICT_27,  /* ma_table of ma_mask + 1 entries {hash, key, value}, alive where value is not NULL */
};

/* The values of a split dict and of an object with managed attributes. */
enum exu_values_kind {
    EXU_VALUES_NONE,   /* 2.7 */
    EXU_VALUES_ARRAY,  /* 3.6-3.10: PyObject *[], as long as the keys have usable slots; order is that of the
                          keys */
    EXU_VALUES_PREFIX, /* 3.11, 3.12: the same, before it [-1] bytes of prefix, [-2] used, [-3 - i] key index
                          of the i-th insertion */
    EXU_VALUES_HEADER, /* 3.13+: capacity, size, embedded, valid (a byte each), the values at 8, behind
                          values[capacity] the key indices in the order of insertion */
};

/* How the place of a deleted member of a set is told. */
enum exu_set_kind {
    EXU_SET_DUMMY_OBJECT, /* 3.x: key is the static _PySet_Dummy / _dummy_struct, hash -1 */
    EXU_SET_DUMMY_STRING, /* 2.7: key is the static `dummy`, a str '<dummy key>' (Objects/setobject.c) */
};

/* ---- attributes of instances ---- */

enum exu_attributes_kind {
    EXU_ATTRIBUTES_311,    /* MANAGED_DICT: word -4 PyDictValues * or NULL, word -3 dict or NULL */
    EXU_ATTRIBUTES_OFFSET, /* <= 3.10: tp_dictoffset alone (2.7: and in_dict of PyInstanceObject) */
    EXU_ATTRIBUTES_312,    /* word -3: bit 0 set: PyDictValues * + 1; else dict or NULL; word -4 weakrefs */
    EXU_ATTRIBUTES_313,    /* word -3: dict or NULL; INLINE_VALUES: PyDictValues at obj + sizeof(PyObject) */
    EXU_ATTRIBUTES_314,    /* 3.14+: the same, PyDictValues at obj + tp_basicsize */
};

/* Bits of tp_flags (Include/object.h); 0 = this version has no such flag, so `flags & bit` is right as it is.
 */
struct exu_type_flags {
    uint64_t static_builtin;  /* 3.12+: tp_dict, tp_subclasses, tp_weaklist are the interpreter's */
    uint64_t inline_values;   /* 3.13+ */
    uint64_t managed_weakref; /* 3.12+ */
    uint64_t managed_dict;    /* 3.11+ */
    uint64_t preheader; /* any of these: two words before the GC head (3.11: managed_dict; 3.12+: either) */
    uint64_t immutable; /* 3.10+ */
    uint64_t heap_type, ready, have_gc;
    uint64_t int_subclass; /* 2.7: of PyInt_Type; elsewhere 0 */
    uint64_t long_subclass, list_subclass, tuple_subclass;
    uint64_t bytes_subclass; /* of str in 2.7 */
    uint64_t unicode_subclass, dict_subclass, exception_subclass, type_subclass;
};

/* Where a static builtin type has its tp_dict, tp_subclasses and tp_weaklist. */
enum exu_static_types_kind {
    EXU_STATIC_TYPES_OWN, /* <= 3.11: in the type */
    EXU_STATIC_TYPES_312, /* interp->types.builtins[tp_subclasses - 1], static_builtin_state */
    EXU_STATIC_TYPES_313, /* 3.13+: interp->types.builtins.initialized[tp_subclasses - 1],
                             managed_static_type_state; those of extensions: .for_extensions.initialized */
};

/* ---- values ---- */

enum exu_int_kind {
    EXU_INT_SIGNED_SIZE, /* <= 3.11: |ob_size| digits, its sign is the number's */
    EXU_INT_TAG, /* 3.12+: lv_tag >> int_tag_shift digits; lv_tag & int_sign_mask: 0 positive, 1 zero, 2 neg.
                  */
};

/* int.__sizeof__, Objects/longobject.c. */
enum exu_int_sizeof_kind {
    EXU_INT_SIZEOF_DIGITS,     /* <= 3.10: offsetof(ob_digit) + 4 * digits */
    EXU_INT_SIZEOF_DIGITS_MIN, /* 3.11: at least one digit */
    EXU_INT_SIZEOF_BASICSIZE,  /* 3.12+: tp_basicsize + 4 * digits, at least one */
};

enum exu_str_kind {
    EXU_STR_WSTR,    /* 3.6-3.11: PEP 393 with wstr; not ready: the text is wstr alone */
    EXU_STR_27,      /* str is bytes (ob_shash, ob_sstate, ob_sval); unicode: length, str of Py_UNICODE */
    EXU_STR_COMPACT, /* 3.12+: PEP 393 without wstr */
};

enum exu_stringio_kind {
    EXU_STRINGIO_ACCU,           /* 3.6-3.11, while state is 2: _PyAccu {large, small}: lists of str */
    EXU_STRINGIO_BUFFER,         /* 2.7: buf alone */
    EXU_STRINGIO_WRITER,         /* 3.12, 3.13: an embedded _PyUnicodeWriter */
    EXU_STRINGIO_WRITER_POINTER, /* 3.14+: PyUnicodeWriter * */
};

/* ---- code and frames ---- */

enum exu_frame_kind {
    EXU_FRAME_311,             /* _PyInterpreterFrame through tstate->cframe; prev_instr, stacktop; f_func */
    EXU_FRAME_OBJECT_STACKTOP, /* 2.7-3.9: tstate->frame, PyFrameObject, f_back; f_stacktop (NULL: executing)
                                */
    EXU_FRAME_OBJECT_STACKDEPTH, /* 3.10: f_stackdepth (-1: executing), f_state */
    EXU_FRAME_312, /* as 3.11, f_funcobj; owner 3 is a trampoline with garbage in its other fields */
    EXU_FRAME_313, /* tstate->current_frame, instr_ptr; the code is f_executable */
    EXU_FRAME_314, /* 3.14+: stackpointer instead of stacktop; f_executable, f_funcobj and localsplus
                      hold _PyStackRef */
};

/* _PyStackRef (pycore_stackref.h): what the bits of a reference on a frame mean. tag_mask 0: a plain pointer.
 */
struct exu_stack_reference {
    uint64_t tag_mask;    /* 3 from 3.14 on: clear these bits to get the pointer */
    uint64_t null;        /* the whole word that stands for NULL: 0; 1 from 3.14 on */
    uint64_t not_owned;   /* tag of a pointer without a counted reference: 1 */
    uint64_t integer;     /* tag of a C integer, no pointer: 3 */
    uint64_t not_pointer; /* 3.15: tag 2, an error mark or a wrapped C pointer */
};

enum exu_code_kind {
    EXU_CODE_LOCALSPLUS, /* 3.11+: co_localsplusnames, co_localspluskinds, instructions inline */
    EXU_CODE_VARNAMES,   /* <= 3.10: co_varnames, co_cellvars, co_freevars, co_code */
};

/* co_lnotab / co_linetable; Objects/lnotab_notes.txt, locations.md. */
enum exu_line_kind {
    EXU_LINE_311, /* 3.11+: the location table */
    EXU_LINE_27,  /* pairs (bytes, lines), both unsigned */
    EXU_LINE_36,  /* 3.6-3.9: the lines are signed */
    EXU_LINE_310, /* pairs (length of the range, signed lines; -128: no line), the delta is of the range
                     itself */
};

/* Values of a generator's state: PyGenObject.gi_frame_state, in 3.10 PyFrameObject.f_state. All 0: there is
 * none
 * (<= 3.9; a generator without gi_frame is finished, with gi_running executing, f_lasti -1 not started). */
struct exu_generator_states {
    int8_t created;
    int8_t suspended_first, suspended_last; /* has a frame to be read with a known depth */
    int8_t executing;
    int8_t finished_first; /* this and above: Python shows no frame any more */
    int8_t cleared;        /* this and above: its variables are gone, too */
};

/* How a suspended generator is told that waits for another object (_PyGen_yf, Objects/genobject.c). */
enum exu_await_kind {
    EXU_AWAIT_NONE,       /* 2.7: no yield from */
    EXU_AWAIT_YIELD_FROM, /* 3.6-3.10: the next instruction is YIELD_FROM */
    EXU_AWAIT_RESUME,     /* 3.11, 3.12: it is a RESUME whose argument is 2 or 3 */
    EXU_AWAIT_STATE,      /* 3.13+: gi_frame_state is FRAME_SUSPENDED_YIELD_FROM */
};

/* ---- threads ---- */

/* The exceptions being handled. */
enum exu_exc_info_kind {
    EXU_EXC_INFO_VALUE, /* 3.11+: tstate->exc_info chain of {exc_value, previous_item} */
    EXU_EXC_INFO_FRAME, /* 2.7, 3.6: tstate->exc_type/_value/_traceback, what they hid in f_exc_* of frames */
    EXU_EXC_INFO_TRIPLE, /* 3.7-3.10: the chain, of {exc_type, exc_value, exc_traceback, previous_item} */
};

/* ---- memory ---- */

/* Lists of dead objects. The links are rules, the places are fields. `first word`: over ob_refcnt. */
enum exu_free_lists_kind {
    EXU_FREE_LISTS_311, /* 3.11, 3.12: in the interpreter, no frames; arrays of pointers for list, dict, keys,
                           asyncgen; linked: float by ob_type, tuple by ob_item[0], context by
                           ctx_weakreflist, MemoryError by dict */
    EXU_FREE_LISTS_27,  /* statics; int and float by ob_type, tuple by ob_item[0] (entry 0: the empty tuple,
                           alive), frame by f_back + co_zombieframe, method by im_self, builtin by m_self,
                           unicode  by the first word; arrays: list, dict, set */
    EXU_FREE_LISTS_36,  /* 3.6-3.8: statics; as 2.7 without int, set, unicode; + keys, asyncgen, slice_cache,
                           MemoryError by dict, context (3.7+) by ctx_weakreflist */
    EXU_FREE_LISTS_39,  /* statics; as 3.8 without method and builtin */
    EXU_FREE_LISTS_310, /* as 3.9, in the interpreter; co_zombieframe still */
    EXU_FREE_LISTS_313, /* interp->object_state.freelists, a struct for each type; links as 3.11 */
    EXU_FREE_LISTS_314, /* 3.14+: the same, each {freelist, size} of _Py_freelist, all by the first word */
};

/* What sys.getsizeof adds to __sizeof__ (Python/sysmodule.c, _PySys_GetSizeOf). */
enum exu_presize_kind {
    EXU_PRESIZE_TYPE, /* 3.11, 3.12: GC head and pre-header by the flags of the type, static types too */
    EXU_PRESIZE_GC,   /* <= 3.10: the GC head if PyObject_IS_GC: static types have none */
    EXU_PRESIZE_TYPE_IS_GC, /* 3.13+: as 3.12, but nothing for static types */
};

struct exu_strategy {
    /* objects */
    uint64_t refcount_mask; /* of the word at ob_refcnt: all of it; from 3.14 on its low 32 bits (object.h:
                               above are ob_overflow and ob_flags) */
    bool cached_arguments;  /* 3.6, 3.7: property_descr_get (Objects/descrobject.c) keeps an uncounted argument */
    bool immortal;          /* 3.12+: (int32_t)ob_refcnt < 0 never dies; its count says nothing */
    struct exu_type_flags flags;
    enum exu_static_types_kind static_types;
    uint32_t preheader_size; /* bytes before the GC head of a type with flags.preheader: 16; 0 <= 3.10 */

    /* the collector */
    enum exu_gc_head_kind gc_head;
    enum exu_finalizers_kind finalizers;
    uint64_t gc_next_mask, gc_prev_mask; /* to get a pointer from a link */
    enum exu_place gc_place;             /* its generations: exu_python_gc() */

    /* values */
    enum exu_dict_kind dict;
    enum exu_values_kind values;
    enum exu_set_kind set;
    enum exu_attributes_kind attributes;
    enum exu_int_kind integer;
    enum exu_int_sizeof_kind int_sizeof;
    uint32_t int_tag_shift; /* 3 */
    uint64_t int_sign_mask; /* 3; bit 2 is a flag in 3.14+ */
    enum exu_str_kind str;
    enum exu_stringio_kind stringio;
    bool old_style; /* 2.7: PyClassObject, PyInstanceObject; int beside long; the `import`s of sys.exc_type */
    bool exception_traceback; /* 3.x: __traceback__, __context__, __cause__ are on the exception */

    /* code and frames */
    enum exu_code_kind code;
    enum exu_frame_kind frame;
    struct exu_stack_reference reference;
    uint32_t
        owner_entry; /* frames with this owner and above are entries from C: skipped; 0 = none (<= 3.11) */
    enum exu_line_kind line;
    uint32_t
        lasti_unit; /* bytes: f_lasti of PyFrameObject (1, in 3.10: 2); 3.11+: 1, from instruction pointers */
    bool instruction_next; /* 3.13+: instr_ptr is the instruction that runs or runs next; before: the last one
                            */
    bool generator_frame_inside; /* 3.11+: gi_iframe; before: gi_frame points to a PyFrameObject */
    struct exu_generator_states generator;
    enum exu_await_kind await;
    int8_t generator_delegates; /* EXU_AWAIT_STATE: the state */
    uint32_t traceback_lasti_unit; /* 1: bytes in every version */

    /* threads */
    enum exu_exc_info_kind exc_info;
    bool current_exception_single; /* 3.12+: current_exception; before: curexc_type, _value, _traceback */

    /* memory */
    uint32_t pool_size, arena_size, alignment, small_threshold; /* obmalloc */
    enum exu_place
        obmalloc_place; /* of arenas and the counts: statics; interp->obmalloc (3.12), behind it (3.13+) */
    bool counts_raw_blocks; /* 3.7+: sys.getallocatedblocks() counts what went on to malloc too */
    uint8_t debug_dead, debug_clean, debug_forbidden; /* bytes of the debug hooks */
    bool debug_serial; /* <= 3.7: 8 bytes of a serial number behind the block */
    enum exu_free_lists_kind free_lists;
    uint32_t free_tuple_first_size; /* size of the tuples on free_list[0]: 0 <= 3.10 (a live one), else 1 */
    enum exu_presize_kind presize;
    bool getsizeof_presize_static; /* presize is EXU_PRESIZE_TYPE */
    bool sizeof_type_keys;         /* 3.x: type.__sizeof__ counts ht_cached_keys */

    /* state */
    enum exu_place
        interpreters_place; /* head of the list of interpreters: interp_head (<= 3.6), _PyRuntime */
    enum exu_place
        interned_place; /* the dict of interned strings: static `interned` (<= 3.11), interpreter */
    enum exu_place warnings_place;   /* filters, once_registry, default_action */
    enum exu_place small_ints_place; /* array of pointers (2.7, static; 3.9, 3.10, interpreter) or of ints */
};

/* False: a version that src/layout does not know; everything is 0 then. */
bool exu_strategy_choose(struct exu_strategy *ret, uint32_t version_hex);

#endif
