#include "heap/arenas_find.h"

#include "heap/loop.h"
#include "layout/place.h"
#include "heap/reader.h"

/* Objects/obmalloc.c: INITIAL_ARENA_OBJECTS; the array doubles each time. */
#define LENGTH_MIN 16
#define LENGTH_MAX (1u << 24)
/* Entries looked at before the search by shape gives up; a real one ends after some thousands. */
#define PROOFS_MAX (1u << 26)

static uint64_t field(const struct exu_layout *l, const uint8_t *at, enum exu_field f)
{
    const uint8_t *p = at + exu_offset(l, f);
    return exu_size(l, f) == 8 ? exu_load_u64(p) : exu_size(l, f) == 4 ? exu_load_u32(p) : 0;
}

bool exu_arena_object_read(const struct exu_python *python, exu_addr at, struct exu_arena_object *ret)
{
    const struct exu_layout *l = &python->layout;
    const uint8_t *p = exu_memory_at(python->core->memory, at, exu_size(l, EXU_sizeof_arena_object));
    if (!p)
        return false;
    ret->address = field(l, p, EXU_arena_object_address);
    ret->pool_address = field(l, p, EXU_arena_object_pool_address);
    ret->freepools = field(l, p, EXU_arena_object_freepools);
    ret->nextarena = field(l, p, EXU_arena_object_nextarena);
    ret->nfreepools = (uint32_t)field(l, p, EXU_arena_object_nfreepools);
    ret->ntotalpools = (uint32_t)field(l, p, EXU_arena_object_ntotalpools);
    return true;
}

exu_addr exu_arena_first_pool(const struct exu_python *python, const struct exu_arena_object *arena)
{
    return exu_round_up(arena->address, python->strategy.pool_size);
}

enum verdict { IMPOSSIBLE, POSSIBLE, PROVEN };

/* What entry `index` of an array of `length` at `array` says: proven when the first pool of its arena knows
 * its index. */
static enum verdict judge(const struct exu_python *python, exu_addr array, uint64_t length, uint64_t index)
{
    const struct exu_layout *l = &python->layout;
    uint32_t stride = exu_size(l, EXU_sizeof_arena_object);
    struct exu_arena_object a;
    if (!exu_arena_object_read(python, array + index * stride, &a))
        return IMPOSSIBLE;
    if (!a.address) /* unassociated: nextarena is another entry or NULL, all else was never written */
        return !a.nextarena || (a.nextarena >= array && (a.nextarena - array) % stride == 0 &&
                                (a.nextarena - array) / stride < length)
                   ? POSSIBLE
                   : IMPOSSIBLE;
    uint32_t pools = python->strategy.arena_size / python->strategy.pool_size;
    exu_addr first = exu_arena_first_pool(python, &a);
    if (a.address % 16 || a.ntotalpools > pools || a.ntotalpools + 1 < pools ||
        a.nfreepools > a.ntotalpools || a.pool_address < first ||
        (a.pool_address - first) % python->strategy.pool_size ||
        (a.pool_address - first) / python->strategy.pool_size > a.ntotalpools)
        return IMPOSSIBLE;
    if (a.pool_address == first)
        return POSSIBLE;
    uint32_t arena_index;
    if (!exu_memory_u32(python->core->memory, first + exu_offset(l, EXU_pool_header_arenaindex),
                        &arena_index))
        return POSSIBLE; /* a hole */
    return arena_index == index ? PROVEN : IMPOSSIBLE;
}

/* Whether the array holds: entries that are proven outweigh damaged ones. `budget` bounds the work over all
 * tries. */
static bool prove(const struct exu_python *python, exu_addr array, uint64_t length, uint64_t *budget)
{
    uint64_t proven = 0, impossible = 0;
    for (uint64_t i = 0; i < length && *budget; i++, --*budget) {
        enum verdict v = judge(python, array, length, i);
        proven += v == PROVEN;
        impossible += v == IMPOSSIBLE;
        if (impossible > 4 && impossible > proven)
            return false;
    }
    return proven && impossible <= proven / 8;
}

static bool length_plausible(uint64_t length)
{
    return length >= LENGTH_MIN && length <= LENGTH_MAX && (length & (length - 1)) == 0;
}

/* What the pointer to the array and its length say. False: no array is there. */
static bool take(const struct exu_python *python, exu_addr pointer, exu_addr length_place, struct exu_arena_array *ret)
{
    const struct exu_memory *m = python->core->memory;
    if (!exu_memory_u64(m, pointer, &ret->address) || !exu_memory_u32(m, length_place, &ret->length))
        return false;
    if (!ret->address && !ret->length)
        return true;
    uint64_t budget = ret->length;
    return ret->address && length_plausible(ret->length) && prove(python, ret->address, ret->length, &budget);
}

static bool add(exu_arena_arrays *arrays, struct exu_arena_array array)
{
    for (size_t i = 0; i < arrays->len; i++)
        if (arrays->items[i].address == array.address)
            return true;
    return exu_vec_push(arrays, array);
}

/* Where the state that an interpreter's obmalloc is kept in begins; 0 = not known. */
static exu_addr state_of(const struct exu_python *python, exu_addr interpreter, bool *ret_none)
{
    exu_addr place = exu_place_field(&python->layout, interpreter, EXU_PyInterpreterState_obmalloc);
    uint64_t state;
    switch (python->strategy.obmalloc_place) {
    case EXU_PLACE_INTERPRETER:
        return place;
    case EXU_PLACE_POINTER:
        if (!place || !exu_memory_u64(python->core->memory, place, &state))
            return 0;
        *ret_none |= state == 0; /* as long as nothing was asked of pymalloc */
        return state;
    case EXU_PLACE_NONE:
    case EXU_PLACE_STATIC:
    case EXU_PLACE_RUNTIME:
        break;
    }
    return 0;
}

/* Interpreters that use the main one's obmalloc leave their own state empty (3.12) or point to that one (3.13+). */
static bool by_interpreters(const struct exu_python *python, exu_arena_arrays *arrays, bool *ret_none)
{
    const struct exu_layout *l = &python->layout;
    const struct exu_memory *m = python->core->memory;
    exu_addr list, at, next;
    if (!exu_has(l, EXU__obmalloc_state_mgmt_arenas) || !exu_has(l, EXU__obmalloc_state_mgmt_maxarenas) ||
        !exu_place_interpreters(python, &list) || !exu_memory_u64(m, list, &at))
        return true;
    struct exu_loop loop = {0};
    for (; at && !exu_loop_closed(&loop, at); at = next) {
        exu_addr state = state_of(python, at, ret_none);
        struct exu_arena_array array;
        if (state && take(python, state + exu_offset(l, EXU__obmalloc_state_mgmt_arenas),
                          state + exu_offset(l, EXU__obmalloc_state_mgmt_maxarenas), &array)) {
            *ret_none = true;
            if (array.address && !add(arrays, array))
                return false;
        }
        if (!exu_memory_u64(m, at + exu_offset(l, EXU_PyInterpreterState_next), &next))
            break;
    }
    return true;
}

static bool by_symbol(const struct exu_python *python, exu_arena_arrays *arrays, bool *ret_none)
{
    exu_addr pointer, length;
    struct exu_arena_array array;
    if (!exu_place_static(python, "obmalloc.c", "arenas", &pointer) ||
        !exu_place_static(python, "obmalloc.c", "maxarenas", &length) || !take(python, pointer, length, &array))
        return true;
    *ret_none = true;
    return !array.address || add(arrays, array);
}

/* The statics `usable_arenas, unused_arena_objects, maxarenas, arenas` stand together in the
 * interpreter's .bss, in this order in plain builds of 2.7 to 3.11; Debian's 3.11.2 (link-time optimization)
 * has maxarenas, unused_arena_objects, arenas. So the length is sought around the pointer, nearest first. */
static bool by_shape(const struct exu_python *python, exu_addr *ret_array, uint32_t *ret_length)
{
    const struct exu_memory *m = python->core->memory;
    struct exu_reader reader = {.memory = m};
    uint64_t budget = PROOFS_MAX;
    static const int8_t around[] = {-1, 1, -2, 2, -3, 3};
    for (size_t s = 0; s < m->segment_count; s++) {
        const struct exu_segment *segment = &m->segments[s];
        if (!segment->bytes || segment->zero || !(segment->perms & EXU_PERM_W) || segment->end <= python->image->start ||
            segment->start >= python->image->end)
            continue;
        uint64_t words = (segment->end - segment->start) / 8;
        for (uint64_t w = 0; w < words; w++) {
            uint64_t array = exu_load_u64(segment->bytes + 8 * w);
            if (!array || array % 16 || !exu_reader_at(&reader, array, 8) ||
                judge(python, array, LENGTH_MAX, 0) == IMPOSSIBLE)
                continue;
            for (size_t i = 0; i < EXU_COUNT(around); i++) {
                uint64_t at = w + (uint64_t)(int64_t)around[i];
                if (at >= words)
                    continue;
                uint32_t length = exu_load_u32(segment->bytes + 8 * at);
                if (length_plausible(length) && prove(python, array, length, &budget)) {
                    *ret_array = array;
                    *ret_length = length;
                    return true;
                }
            }
        }
    }
    return false;
}

bool exu_arenas_find(const struct exu_python *python, exu_arena_arrays *ret, const char **ret_note)
{
    const struct exu_layout *l = &python->layout;
    bool none = false; /* what was looked at says that there are none */
    struct exu_arena_array array;
    *ret_note = NULL;
    if (!exu_has(l, EXU_sizeof_arena_object) || !exu_has(l, EXU_pool_header_arenaindex) ||
        !python->strategy.pool_size || !python->strategy.arena_size || !python->strategy.alignment) {
        *ret_note = "the layout of obmalloc's structures is not known";
        return true;
    }
    switch (python->strategy.obmalloc_place) {
    case EXU_PLACE_INTERPRETER:
    case EXU_PLACE_POINTER:
        if (!by_interpreters(python, ret, &none))
            return false;
        break;
    case EXU_PLACE_STATIC:
        if (!by_symbol(python, ret, &none))
            return false;
        break;
    case EXU_PLACE_NONE:
    case EXU_PLACE_RUNTIME:
        break;
    }
    if (ret->len || none)
        return true;
    if (by_shape(python, &array.address, &array.length))
        return add(ret, array);
    *ret_note = "no array of arenas was found";
    return true;
}
