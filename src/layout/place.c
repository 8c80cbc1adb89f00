#include "layout/place.h"

#include <string.h>

bool exu_place_static(const struct exu_python *python, const char *source, const char *name, exu_addr *ret)
{
    struct exu_symbol symbol;
    if (!python->image || !python->core->private || /* a memory without files behind it */
        (!exu_image_source_symbol(python->core, python->image, source, name, &symbol) &&
         !exu_image_static_symbol(python->core, python->image, name, &symbol)))
        return false;
    *ret = symbol.address;
    return true;
}

/* PyInterpreterState_Head() of 2.7 and 3.6 does nothing but return interp_head: mov disp32(%rip),%rax; ret.
 * What a compiler may put in front of it (endbr64, a frame pointer) is short. */
static bool decode_head(const struct exu_python *python, exu_addr *ret)
{
    static const uint8_t load[] = {0x48, 0x8b, 0x05};
    struct exu_symbol function;
    if (!python->image || !python->core->private ||
        !exu_image_dynamic_symbol(python->core, python->image, "PyInterpreterState_Head", &function))
        return false;
    for (exu_addr at = function.address; at < function.address + 12; at++) {
        const uint8_t *code = exu_memory_at(python->core->memory, at, 7);
        if (!code)
            return false;
        if (memcmp(code, load, sizeof load) == 0) {
            *ret = at + 7 + (uint64_t)(int64_t)(int32_t)exu_load_u32(code + 3);
            return true;
        }
    }
    return false;
}

bool exu_place_interpreters(const struct exu_python *python, exu_addr *ret)
{
    if (python->interpreters_head) {
        *ret = python->interpreters_head;
        return true;
    }
    switch (python->strategy.interpreters_place) {
    case EXU_PLACE_RUNTIME:
        *ret = exu_place_field(&python->layout, python->runtime, EXU__PyRuntimeState_interpreters_head);
        return *ret != 0;
    case EXU_PLACE_STATIC:
        return exu_place_static(python, "pystate.c", "interp_head", ret) || decode_head(python, ret);
    case EXU_PLACE_NONE:
    case EXU_PLACE_INTERPRETER:
    case EXU_PLACE_POINTER:
        break;
    }
    return false;
}

/* Modules/gcmodule.c of 2.7 and 3.6: _PyGC_generation0 is exported, the rest is static. */
static void static_place(const struct exu_python *python, struct exu_gc_place *ret)
{
    struct exu_symbol first;
    uint64_t head;
    if (python->image && python->core->private &&
        exu_image_dynamic_symbol(python->core, python->image, "_PyGC_generation0", &first) &&
        exu_memory_u64(python->core->memory, first.address, &head))
        ret->generations = head - exu_offset(&python->layout, EXU_gc_generation_head);
    else if (!exu_place_static(python, "gcmodule.c", "generations", &ret->generations))
        ret->generations = python->generations;
    exu_place_static(python, "gcmodule.c", "collecting", &ret->collecting);
    exu_place_static(python, "gcmodule.c", "garbage", &ret->garbage);
    exu_place_static(python, "gcmodule.c", "callbacks", &ret->callbacks);
    exu_place_static(python, "gcmodule.c", "enabled", &ret->enabled);
    exu_place_static(python, "gcmodule.c", "long_lived_total", &ret->long_lived_total);
    exu_place_static(python, "gcmodule.c", "long_lived_pending", &ret->long_lived_pending);
    struct exu_symbol trash;
    if (python->image && python->core->private &&
        exu_image_dynamic_symbol(python->core, python->image, "_PyTrash_delete_later", &trash))
        ret->trash = trash.address;
}

static void runtime_place(const struct exu_layout *l, exu_addr state, struct exu_gc_place *ret)
{
    ret->generations = exu_place_field(l, state, EXU__gc_runtime_state_generations);
    ret->permanent = exu_place_field(l, state, EXU__gc_runtime_state_permanent_generation);
    ret->collecting = exu_place_field(l, state, EXU__gc_runtime_state_collecting);
    ret->trash = exu_place_field(l, state, EXU__gc_runtime_state_trash_delete_later);
    ret->garbage = exu_place_field(l, state, EXU__gc_runtime_state_garbage);
    ret->callbacks = exu_place_field(l, state, EXU__gc_runtime_state_callbacks);
    ret->enabled = exu_place_field(l, state, EXU__gc_runtime_state_enabled);
    ret->long_lived_total = exu_place_field(l, state, EXU__gc_runtime_state_long_lived_total);
    ret->long_lived_pending = exu_place_field(l, state, EXU__gc_runtime_state_long_lived_pending);
}

void exu_gc_place(const struct exu_python *python, exu_addr interpreter, struct exu_gc_place *ret)
{
    const struct exu_layout *l = &python->layout;
    *ret = (struct exu_gc_place){0};
    switch (python->strategy.gc_place) {
    case EXU_PLACE_STATIC:
        static_place(python, ret);
        break;
    case EXU_PLACE_RUNTIME:
        runtime_place(l, exu_place_field(l, python->runtime, EXU__PyRuntimeState_gc), ret);
        break;
    case EXU_PLACE_INTERPRETER:
        ret->generations = exu_place_field(l, interpreter, EXU_PyInterpreterState_gc_generations);
        ret->permanent = exu_place_field(l, interpreter, EXU_PyInterpreterState_gc_permanent_generation);
        ret->collecting = exu_place_field(l, interpreter, EXU_PyInterpreterState_gc_collecting);
        ret->trash = exu_place_field(l, interpreter, EXU_PyInterpreterState_gc_trash_delete_later);
        ret->garbage = exu_place_field(l, interpreter, EXU_PyInterpreterState_gc_garbage);
        ret->callbacks = exu_place_field(l, interpreter, EXU_PyInterpreterState_gc_callbacks);
        ret->enabled = exu_place_field(l, interpreter, EXU_PyInterpreterState_gc_enabled);
        ret->long_lived_total = exu_place_field(l, interpreter, EXU_PyInterpreterState_gc_long_lived_total);
        ret->long_lived_pending = exu_place_field(l, interpreter, EXU_PyInterpreterState_gc_long_lived_pending);
        break;
    case EXU_PLACE_NONE:
    case EXU_PLACE_POINTER:
        break;
    }
}

/* Modules/faulthandler.c of 3.6 to 3.11, Include/internal/pycore_faulthandler.h of 3.12+: struct {int enabled; PyObject
 * *file; int fd; int all_threads; PyInterpreterState *interp;}, a static, later inside _PyRuntime. */
enum { FATAL_FILE = 8, FATAL_FLAG = 20, FATAL_INTERPRETER = 24, FATAL_SIZE = 32 };

bool exu_place_fatal_error_file(const struct exu_python *python, exu_addr interpreter, exu_addr *ret)
{
    const struct exu_memory *m = python->core->memory;
    for (size_t i = 0; interpreter && i < m->segment_count; i++) {
        const struct exu_segment *s = &m->segments[i];
        /* .bss lies inside the image or right behind it */
        if (!s->bytes || s->zero || !(s->perms & EXU_PERM_W) || s->end <= python->image->start || s->start > python->image->end)
            continue;
        for (exu_addr at = exu_round_up(s->start, 8); at < s->end && s->end - at >= FATAL_SIZE; at += 8) {
            const uint8_t *p = s->bytes + (at - s->start);
            if (exu_load_u32(p) == 1 && exu_load_u64(p + FATAL_INTERPRETER) == interpreter &&
                exu_load_u32(p + FATAL_FLAG) <= 1 && exu_load_u64(p + FATAL_FILE)) {
                *ret = at + FATAL_FILE;
                return true;
            }
        }
    }
    return false;
}
