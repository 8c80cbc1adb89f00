#include "core/peek.h"

#include "core/private.h"
#include <stdlib.h>

#define PART ((uint64_t)1 << 20) /* bytes that are copied at a time */

struct exu_peek {
    char *path;
    struct exu_core *core;
};

static struct exu_error *open_core(struct exu_peek *peek, bool few)
{
    const struct exu_core_options options = {.few = few};
    struct exu_anomalies anomalies; /* whoever loaded the core has them */
    exu_anomalies_init(&anomalies);
    struct exu_error *error = exu_core_open(&peek->core, peek->path, &options, &anomalies);
    exu_anomalies_deinit(&anomalies);
    return error;
}

struct exu_error *exu_peek_open(struct exu_peek **ret, const char *path)
{
    struct exu_peek *peek = calloc(1, sizeof *peek);
    if (!peek)
        return exu_error_memory();
    peek->path = strdup(path);
    struct exu_error *error = peek->path ? open_core(peek, true) : exu_error_memory();
    if (error)
        exu_peek_close(peek);
    else
        *ret = peek;
    return error;
}

void exu_peek_close(struct exu_peek *peek)
{
    if (!peek)
        return;
    exu_core_close(peek->core);
    free(peek->path);
    free(peek);
}

/* Bytes behind a pointer into the input; those of mapped files are there in any case. */
static bool need(const struct exu_core *core, const uint8_t *bytes, uint64_t size)
{
    const struct exu_input *input = &core->private->input;
    uintptr_t at = (uintptr_t)bytes, base = (uintptr_t)input->bytes;
    if (!input->lazy || at < base || at - base >= input->size)
        return true;
    return exu_lazy_need(input->lazy, at - base, size, false);
}

/* False when it can't be told so. */
static bool copy(const struct exu_core *core, exu_addr address, uint8_t *buffer, uint64_t size, uint64_t *ret_copied)
{
    uint64_t done = 0, available;
    while (done < size && address <= UINT64_MAX - done) {
        const uint8_t *bytes = exu_memory_span(core->memory, address + done, &available);
        if (!bytes)
            break;
        uint64_t part = exu_min(exu_min(available, size - done), PART);
        if (!need(core, bytes, part))
            return false;
        memcpy(buffer + done, bytes, part);
        done += part;
    }
    *ret_copied = done;
    return true;
}

struct exu_error *exu_peek_read(struct exu_peek *peek, exu_addr address, void *buffer, uint64_t size, uint64_t *ret_copied)
{
    /* NULL: it could not be opened as a whole, when that was tried. */
    bool few = !peek->core || peek->core->private->input.lazy, told = false;
    if (peek->core)
        told = copy(peek->core, address, buffer, size, ret_copied);
    /* A pack has all there is; of another core the pages of mapped files are still to be found. */
    if (!few || (told && (*ret_copied == size || peek->core->origin)))
        return NULL;
    exu_core_close(peek->core);
    peek->core = NULL;
    EXU_TRY(open_core(peek, false));
    copy(peek->core, address, buffer, size, ret_copied);
    return NULL;
}
