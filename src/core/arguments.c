/* The command line. The kernel lays out a new program's stack, upwards: argc, argv[], NULL, envp[], NULL,
 * auxv, the random bytes, the strings (fs/binfmt_elf.c create_elf_tables). NT_AUXV is a copy of that auxv. */
#include "core/private.h"

#include "base/text.h"
#include <elf.h>
#include <string.h>

#define MAX_DISTANCE 65536u /* from the auxv to the random bytes */
#define MAX_WORDS 262144u   /* of argv and envp */
#define MAX_TEXT ((size_t)64 << 10)

/* Where the auxv is on the stack; 0 = not found. */
static exu_addr find_auxv(const struct exu_memory *m, const struct exu_notes *notes)
{
    uint64_t random;
    if (!exu_notes_auxv(notes, AT_RANDOM, &random))
        return 0;
    size_t size = notes->auxv_bytes;
    exu_addr at = random & ~(exu_addr)7;
    for (unsigned n = 0; n < MAX_DISTANCE / 8 && at > size; n++, at -= 8) {
        const uint8_t *bytes = exu_memory_at(m, at, size);
        if (bytes && memcmp(bytes, notes->auxv, size) == 0)
            return at;
    }
    return 0;
}

/* Where argv begins, below the auxv; 0 = not found. */
static exu_addr find_argv(const struct exu_memory *m, exu_addr auxv, uint64_t *ret_count)
{
    uint64_t word, count = 0;
    exu_addr at = auxv - 8;
    if (!exu_memory_u64(m, at, &word) || word != 0)
        return 0;
    unsigned steps = 0;
    do { /* envp */
        at -= 8;
        if (!exu_memory_u64(m, at, &word) || steps++ >= MAX_WORDS)
            return 0;
    } while (word != 0);
    for (;; count++) { /* argv, down to its own number */
        at -= 8;
        if (!exu_memory_u64(m, at, &word) || steps++ >= MAX_WORDS || word == 0)
            return 0;
        if (word == count) {
            *ret_count = count;
            return at + 8;
        }
    }
}

const char *exu_arguments_find(const struct exu_memory *m, const struct exu_notes *notes,
                               struct exu_bump *bump)
{
    uint64_t count = 0;
    exu_addr auxv = find_auxv(m, notes), argv = auxv ? find_argv(m, auxv, &count) : 0;
    struct exu_text text = {0};
    char argument[4096];
    for (uint64_t i = 0; argv && i < count && text.len < MAX_TEXT; i++) {
        uint64_t pointer;
        if (!exu_memory_u64(m, argv + i * 8, &pointer) ||
            !exu_memory_string(m, pointer, argument, sizeof argument))
            break;
        if (i > 0)
            exu_text_putc(&text, ' ');
        exu_text_puts(&text, argument);
    }
    const char *copy = text.len > 0 && !text.failed ? exu_bump_strndup(bump, text.data, text.len) : NULL;
    exu_text_deinit(&text);
    return copy;
}
