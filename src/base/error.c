#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char out_of_memory_text[] = "out of memory; free some, or use a machine with more";
static struct exu_error out_of_memory = {EXU_ERROR_MACHINE, out_of_memory_text};

struct exu_error *exu_error_memory(void)
{
    return &out_of_memory;
}

static struct exu_error *make(enum exu_error_code code, int number, const char *format, va_list arguments)
{
    struct exu_error *error = malloc(sizeof *error);
    if (!error)
        return &out_of_memory;
    char *text = NULL;
    if (vasprintf(&text, format, arguments) < 0) {
        free(error);
        return &out_of_memory;
    }
    error->code = code;
    error->message = text;
    if (number) {
        char *longer = NULL;
        if (asprintf(&longer, "%s: %s", text, strerror(number)) >= 0) {
            free(text);
            error->message = longer;
        }
    }
    return error;
}

struct exu_error *exu_error_new(enum exu_error_code code, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    struct exu_error *error = make(code, 0, format, arguments);
    va_end(arguments);
    return error;
}

struct exu_error *exu_error_errno(const char *format, ...)
{
    int number = errno;
    va_list arguments;
    va_start(arguments, format);
    struct exu_error *error = make(EXU_ERROR_MACHINE, number, format, arguments);
    va_end(arguments);
    return error;
}

void exu_error_free(struct exu_error *error)
{
    if (!error || error == &out_of_memory)
        return;
    free(error->message);
    free(error);
}
