/* The first tier of trouble: *we failed* (I/O, memory, SQL, an unusable file). A function that can fail so
 * returns a `struct exu_error *`, NULL = fine, and leaves its outputs alone when it fails. The error is handed up
 * and printed once, in main. A *damaged dump* is no error: see base/anomaly.h.
 *
 * Ownership: the receiver owns the error and frees it with exu_error_free (or hands it up). */
#ifndef EXU_BASE_ERROR_H
#define EXU_BASE_ERROR_H

#include "base/base.h"
#include <exuvia/exuvia.h>

/* The values are the exit statuses. */
enum exu_error_code {
    EXU_ERROR_NONE_FOUND = EXUVIA_NONE_FOUND,
    EXU_ERROR_USAGE = EXUVIA_USAGE,
    EXU_ERROR_INPUT = EXUVIA_INPUT,
    EXU_ERROR_MACHINE = EXUVIA_MACHINE,
};

struct exu_error {
    enum exu_error_code code;
    char *message; /* 'FILE: what is wrong; what to do', without the leading 'exuvia: ' */
};

/* Never returns NULL: without memory it returns a static 'out of memory' error. */
struct exu_error *exu_error_new(enum exu_error_code code, const char *format, ...) EXU_PRINTF(2, 3);
/* EXU_ERROR_MACHINE, the message followed by ': ' and strerror(errno). */
struct exu_error *exu_error_errno(const char *format, ...) EXU_PRINTF(1, 2);
struct exu_error *exu_error_memory(void);
void exu_error_free(struct exu_error *error);

#define EXU_TRY(call)                                                                                       \
    do {                                                                                                   \
        struct exu_error *exu_try_error_ = (call);                                                         \
        if (exu_try_error_)                                                                                \
            return exu_try_error_;                                                                         \
    } while (0)

#endif
