/* How a version of Python writes values: what repr() does otherwise from version to version. */
#ifndef EXU_LAYOUT_SPELLING_H
#define EXU_LAYOUT_SPELLING_H

#include "base/base.h"

struct exu_spelling {
    const char *bytes_prefix;   /* b'' of 3, '' of 2.7, whose str it is */
    const char *unicode_prefix; /* u'' of 2.7 */
    const char *long_suffix;    /* 10L of 2.7 */
    const char *static_type;    /* <type 'int'> of 2.7, where classes made at run time are <class 'app.C'> */
    bool str_is_bytes;          /* 2.7 */
    bool ascii;                 /* 2.7 (Objects/unicodeobject.c, unicodeescape_string): all beyond ASCII is escaped */
    bool set_of_list;           /* 2.7 (Objects/setobject.c, set_repr): set([1]) */
    unsigned minor;             /* of 3: whose table of printable characters serves */
};

/* `version` as in meta.python_version: '3.11.7'. What it can't tell is as in the newest. */
struct exu_spelling exu_spelling_of(const char *version);
/* str.isprintable() of one character. */
bool exu_spelling_prints(const struct exu_spelling *s, uint32_t c);

#endif
