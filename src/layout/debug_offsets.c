#include "layout/debug_offsets.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const struct {
    uint8_t since; /* 3.13 … */
    uint16_t field;
    const char *member;
} words[] = {
#define EXU_DEBUG_WORD(since, member, field) {since, field, member},
#include "layout/debug_words.def"
#undef EXU_DEBUG_WORD
};
_Static_assert(EXU_COUNT(words) <= EXU_DEBUG_WORDS_MAX, "all words have a place");

static const char cookie[8] = {'x', 'd', 'e', 'b', 'u', 'g', 'p', 'y'};
enum { FIRST_MINOR = 13, LAST_MINOR = 15, WORD_COOKIE = 0, WORD_VERSION, WORD_FREE_THREADED, WORDS_HEAD };

static bool known(uint32_t version_hex)
{
    unsigned minor = version_hex >> 16 & 255;
    return version_hex >> 24 == 3 && minor >= FIRST_MINOR && minor <= LAST_MINOR;
}

static bool has_word(size_t i, uint32_t version_hex)
{
    return words[i].since <= (version_hex >> 16 & 255);
}

size_t exu_debug_offsets_size(uint32_t version_hex)
{
    size_t n = 0;
    for (size_t i = 0; known(version_hex) && i < EXU_COUNT(words); i++)
        n += has_word(i, version_hex);
    return 8 * n;
}

static bool is_size(size_t i)
{
    return i >= WORDS_HEAD && words[i].field != EXU_FIELD_NONE && *exu_field_path(words[i].field) == '\0';
}

/* Is each offset inside the structure whose size the same table tells? Members follow their structure's size.
 */
static bool hangs_together(const struct exu_debug_offsets *o, char reason[EXU_REASON])
{
    enum { SIZE_MAX_KNOWN = 1 << 26 };
    for (size_t i = WORDS_HEAD; i < EXU_COUNT(words); i++) {
        enum exu_field field = (enum exu_field)words[i].field;
        if (!field || !has_word(i, o->version_hex))
            continue;
        uint64_t whole = SIZE_MAX_KNOWN;
        for (size_t j = WORDS_HEAD; !is_size(i) && j < EXU_COUNT(words); j++)
            if (is_size(j) && has_word(j, o->version_hex) &&
                strcmp(exu_field_structure((enum exu_field)words[j].field), exu_field_structure(field)) == 0)
                whole = o->words[j];
        /* a flexible array begins where its structure ends */
        bool good = is_size(i) ? o->words[i] >= 8 && o->words[i] <= SIZE_MAX_KNOWN : o->words[i] <= whole;
        if (!good) {
            snprintf(reason, EXU_REASON, "_Py_DebugOffsets.%s is %" PRIu64 "%s", words[i].member, o->words[i],
                     is_size(i) ? "" : ", outside its structure");
            return false;
        }
    }
    return true;
}

bool exu_debug_offsets_read(struct exu_debug_offsets *ret, const struct exu_memory *memory, exu_addr runtime,
                            char reason[EXU_REASON])
{
    memset(ret, 0, sizeof *ret);
    *reason = '\0';
    const uint8_t *bytes = exu_memory_at(memory, runtime, 8 * WORDS_HEAD);
    if (!bytes || memcmp(bytes, cookie, sizeof cookie) != 0)
        return false;
    uint64_t version = exu_load_u64(bytes + 8), threaded = exu_load_u64(bytes + 16);
    if (version > UINT32_MAX || version >> 24 != 3 || threaded > 1) {
        snprintf(reason, EXU_REASON, "_Py_DebugOffsets.version is %#" PRIx64, version);
        return false;
    }
    ret->version_hex = (uint32_t)version;
    ret->free_threaded = threaded == 1;
    size_t size = exu_debug_offsets_size(ret->version_hex), at = 0;
    if (!size) {
        snprintf(reason, EXU_REASON, "_Py_DebugOffsets of version 3.%" PRIu64 " is not known",
                 version >> 16 & 255);
        return false;
    }
    bytes = exu_memory_at(memory, runtime, size);
    if (!bytes) {
        snprintf(reason, EXU_REASON, "_Py_DebugOffsets is not in the core as a whole");
        return false;
    }
    for (size_t i = 0; i < EXU_COUNT(words); i++)
        if (has_word(i, ret->version_hex))
            ret->words[i] = exu_load_u64(bytes + 8 * at++);
    ret->count = at;
    return ret->free_threaded || hangs_together(ret, reason);
}

/* ---- over a row ---- */

/* What the table says of PyInterpreterState etc., as (place in the row, how far it moved). */
struct anchors {
    const char *structure;
    size_t count;
    struct {
        uint32_t offset;
        int64_t moved;
    } items[EXU_DEBUG_WORDS_MAX];
};

static int64_t moved_at(const struct anchors *a, uint32_t offset)
{
    int64_t moved = 0;
    uint32_t nearest = 0;
    for (size_t i = 0; i < a->count; i++)
        if (a->items[i].offset <= offset && a->items[i].offset >= nearest) {
            nearest = a->items[i].offset;
            moved = a->items[i].moved;
        }
    return moved;
}

static bool put(struct exu_layout *layout, enum exu_field field, uint64_t value, bool size)
{
    struct exu_slot *slot = &layout->slot[field];
    value = exu_min(value, UINT32_MAX); /* exu_layout_validate refuses that */
    if (slot->size == 0) /* the row has no such member: its width is not known */
        return false;
    bool elsewhere = (size ? slot->size : slot->offset) != value;
    if (size)
        slot->size = (uint32_t)value;
    else
        slot->offset = (uint32_t)value;
    slot->source = EXU_LAYOUT_DEBUG_OFFSETS;
    return elsewhere;
}

static void move_along(struct exu_layout *layout, const struct anchors *a)
{
    for (size_t i = 1; i < EXU_FIELD_COUNT; i++) {
        enum exu_field field = (enum exu_field)i;
        struct exu_slot *slot = &layout->slot[i];
        if (slot->size == 0 || slot->source == EXU_LAYOUT_DEBUG_OFFSETS || *exu_field_path(field) == '\0' ||
            strcmp(exu_field_structure(field), a->structure) != 0)
            continue;
        int64_t offset = (int64_t)slot->offset + moved_at(a, slot->offset);
        slot->offset =
            offset < 0 || offset > UINT32_MAX ? UINT32_MAX : (uint32_t)offset; /* exu_layout_validate refuses the latter */
    }
}

size_t exu_debug_offsets_apply(const struct exu_debug_offsets *o, struct exu_layout *layout)
{
    static const char *const movable[] = {"PyInterpreterState", "_PyRuntimeState", "PyThreadState"};
    const struct exu_layout row = *layout;
    size_t elsewhere = 0;
    uint64_t gc = 0, collecting = UINT64_MAX, state = UINT64_MAX;
    struct anchors anchors[EXU_COUNT(movable)];
    for (size_t k = 0; k < EXU_COUNT(movable); k++)
        anchors[k] = (struct anchors){.structure = movable[k]};
    for (size_t i = WORDS_HEAD; i < EXU_COUNT(words); i++) {
        enum exu_field field = (enum exu_field)words[i].field;
        if (!field || !has_word(i, o->version_hex))
            continue;
        const uint64_t word = exu_min(o->words[i], UINT32_MAX);
        elsewhere += put(layout, field, word, is_size(i));
        gc = field == EXU_PyInterpreterState_gc ? word : gc;
        collecting = field == EXU__gc_runtime_state_collecting ? word : collecting;
        state = field == EXU_PyASCIIObject_state_kind ? word : state;
        for (size_t k = 0; k < EXU_COUNT(movable); k++)
            if (!is_size(i) && exu_has(&row, field) && strcmp(exu_field_structure(field), movable[k]) == 0)
                anchors[k].items[anchors[k].count++] = (typeof(anchors[k].items[0])){
                    exu_offset(&row, field), (int64_t)word - (int64_t)exu_offset(&row, field)};
    }
    if (gc && collecting != UINT64_MAX)
        elsewhere += put(layout, EXU_PyInterpreterState_gc_collecting, gc + collecting, false);
    static const enum exu_field of_state[] = {EXU_PyASCIIObject_state_interned,
                                              EXU_PyASCIIObject_state_compact, EXU_PyASCIIObject_state_ascii};
    for (size_t i = 0; state != UINT64_MAX && i < EXU_COUNT(of_state); i++)
        elsewhere += put(layout, of_state[i], state, false);
    for (size_t k = 0; k < EXU_COUNT(movable); k++)
        move_along(layout, &anchors[k]);
    return elsewhere;
}

exu_addr exu_debug_offsets_scan(const struct exu_memory *memory, exu_addr from)
{
    for (size_t i = 0; i < memory->segment_count; i++) {
        const struct exu_segment *s = &memory->segments[i];
        if (!s->bytes || s->zero || s->end <= from || !(s->perms & EXU_PERM_W))
            continue;
        /* .PyRuntime is aligned to 8 bytes at least. */
        exu_addr at = exu_round_up(s->start < from ? from : s->start, 8);
        for (; at < s->end && s->end - at >= sizeof cookie; at += 8)
            if (memcmp(s->bytes + (at - s->start), cookie, sizeof cookie) == 0)
                return at;
    }
    return 0;
}
