#include "core/private.h"
#include "memory/memory.h"

/* What the kernel pushes for a handler of x86_64 (arch/x86/include/uapi/asm/sigcontext.h, struct
 * sigcontext_64): the interrupted stack pointer, instruction pointer and flags, then cs, gs, fs and ss as
 * halfwords of one word. */
enum { BEFORE_SEGMENTS = 3, SEARCHED_BYTES = 64 << 10 };
#define USER_CS 0x33
#define USER_SS 0x2b
#define EFLAGS_FIXED 2 /* this bit is always set */
#define EFLAGS_MOST (1u << 22)

static bool is_code(const struct exu_memory *memory, exu_addr address)
{
    const struct exu_mapping *mapping = exu_memory_mapping(memory, address);
    return mapping && (mapping->perms & EXU_PERM_X);
}

/* The stack pointer that a signal frame above `from` tells; 0 = none. */
static exu_addr interrupted(const struct exu_memory *memory, exu_addr from)
{
    uint64_t available;
    const uint8_t *bytes = exu_memory_span(memory, from, &available);
    if (!bytes)
        return 0;
    available = exu_min(available, SEARCHED_BYTES);
    for (uint64_t at = BEFORE_SEGMENTS * 8; at + 8 <= available; at += 8) {
        uint64_t segments = exu_load_u64(bytes + at), flags = exu_load_u64(bytes + at - 8);
        if ((segments & 0xffff) == USER_CS && segments >> 48 == USER_SS && (flags & EFLAGS_FIXED) &&
            flags < EFLAGS_MOST && is_code(memory, exu_load_u64(bytes + at - 16)))
            return exu_load_u64(bytes + at - 24);
    }
    return 0;
}

void exu_threads_find_own_stacks(struct exu_core_thread *threads, size_t count,
                                 const struct exu_memory *memory)
{
    for (size_t i = 0; i < count; i++) {
        const struct exu_mapping *here = exu_memory_mapping(memory, threads[i].stack_pointer);
        exu_addr own = here ? interrupted(memory, exu_round_up(threads[i].stack_pointer, 8)) : 0;
        const struct exu_mapping *there = own ? exu_memory_mapping(memory, own) : NULL;
        if (there && there != here && (there->perms & EXU_PERM_W))
            threads[i].stack_pointer = own;
    }
}
