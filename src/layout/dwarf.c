#include "layout/dwarf.h"
#include <libdwarf/dwarf.h>
#include <fcntl.h>
#include <gelf.h>
#include <libdwarf/libdwarf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Debug information is as foreign as a dump: what one file may make us do is bounded. A libpython has 150,000
 * top-level entries; a structure 1 to 100 members, PyInterpreterState's deepest listed one lies 4 levels
 * down. */
enum {
    ENTRIES_MAX = 30 * 1000 * 1000,
    UNITS_MAX = 200 * 1000,
    MEMBERS_MAX = 20000,
    DEPTH_MAX = 12,
    TYPE_CHAIN_MAX = 32,
    FIELDS_MAX = 384, /* listed members of one structure */
};

struct reader {
    struct exu_dwarf_request *request;
    const char *binary;
    Dwarf_Debug debug;
    Dwarf_Error error;
    bool in_info; /* .debug_info, or .debug_types of DWARF 4 */
    uint64_t entries;
    uint64_t missing; /* structures not met yet */
};

/* A member still to be found: its path from the current level on. */
struct wanted {
    uint16_t field;
    const char *path;
};

static bool ok(struct reader *r, int result)
{
    if (result == DW_DLV_ERROR) {
        dwarf_dealloc_error(r->debug, r->error);
        r->error = NULL;
    }
    return result == DW_DLV_OK;
}

static void drop(Dwarf_Die die)
{
    if (die)
        dwarf_dealloc_die(die);
}

/* A sibling stands behind; a DW_AT_sibling that leads back would make a ring. */
static bool next_sibling(struct reader *r, Dwarf_Die *die)
{
    Dwarf_Die next = NULL;
    Dwarf_Off before = 0, after = 0;
    bool there = ok(r, dwarf_siblingof_b(r->debug, *die, r->in_info, &next, &r->error));
    if (there && ok(r, dwarf_dieoffset(*die, &before, &r->error)) && ok(r, dwarf_dieoffset(next, &after, &r->error)) &&
        after <= before) {
        drop(next);
        there = false;
    }
    drop(*die);
    *die = there ? next : NULL;
    return there;
}

static const char *name_of(struct reader *r, Dwarf_Die die)
{
    char *name = NULL;
    return ok(r, dwarf_diename(die, &name, &r->error)) ? name : NULL;
}

static Dwarf_Half tag_of(struct reader *r, Dwarf_Die die)
{
    Dwarf_Half tag = 0;
    return ok(r, dwarf_tag(die, &tag, &r->error)) ? tag : 0;
}

static bool unsigned_of(struct reader *r, Dwarf_Die die, Dwarf_Half name, uint64_t *ret)
{
    Dwarf_Attribute attribute = NULL;
    if (!ok(r, dwarf_attr(die, name, &attribute, &r->error)))
        return false;
    Dwarf_Unsigned value = 0;
    bool there = ok(r, dwarf_formudata(attribute, &value, &r->error));
    if (!there) {
        Dwarf_Signed number = 0;
        there = ok(r, dwarf_formsdata(attribute, &number, &r->error)) && number >= 0;
        value = (Dwarf_Unsigned)number;
    }
    dwarf_dealloc_attribute(attribute);
    if (there)
        *ret = value;
    return there;
}

static bool has(struct reader *r, Dwarf_Die die, Dwarf_Half name)
{
    Dwarf_Bool there = 0;
    return ok(r, dwarf_hasattr(die, name, &there, &r->error)) && there;
}

/* The entry that DW_AT_type of `die` names; the caller drops it. */
static Dwarf_Die type_of(struct reader *r, Dwarf_Die die)
{
    Dwarf_Off offset = 0;
    Dwarf_Die type = NULL;
    if (ok(r, dwarf_dietype_offset(die, &offset, &r->error)))
        return ok(r, dwarf_offdie_b(r->debug, offset, dwarf_get_die_infotypes_flag(die), &type, &r->error))
                   ? type
                   : NULL;
    Dwarf_Attribute attribute = NULL; /* a type unit, by its signature */
    if (!ok(r, dwarf_attr(die, DW_AT_type, &attribute, &r->error)))
        return NULL;
    Dwarf_Sig8 signature;
    Dwarf_Bool is_info = 0;
    if (!ok(r, dwarf_formsig8(attribute, &signature, &r->error)) ||
        !ok(r, dwarf_find_die_given_sig8(r->debug, &signature, &type, &is_info, &r->error)))
        type = NULL;
    dwarf_dealloc_attribute(attribute);
    return type;
}

static bool is_aggregate(Dwarf_Half tag)
{
    return tag == DW_TAG_structure_type || tag == DW_TAG_union_type || tag == DW_TAG_class_type;
}

/* Goes on from `die` (which it consumes) through typedefs and qualifiers to what they stand for. */
static Dwarf_Die strip(struct reader *r, Dwarf_Die die)
{
    for (int steps = 0; die && steps < TYPE_CHAIN_MAX; steps++) {
        switch (tag_of(r, die)) {
        case DW_TAG_typedef:
        case DW_TAG_const_type:
        case DW_TAG_volatile_type:
        case DW_TAG_restrict_type:
        case DW_TAG_atomic_type: {
            Dwarf_Die type = type_of(r, die);
            drop(die);
            die = type;
            break;
        }
        default:
            return die;
        }
    }
    drop(die);
    return NULL;
}

/* The number of elements; 0 for a flexible array. */
static uint64_t array_length(struct reader *r, Dwarf_Die array)
{
    Dwarf_Die range = NULL;
    if (!ok(r, dwarf_child(array, &range, &r->error)))
        return 0;
    uint64_t length = 1;
    int dimensions = 0;
    do {
        uint64_t count = 0, last = 0;
        if (tag_of(r, range) != DW_TAG_subrange_type)
            continue;
        if (!unsigned_of(r, range, DW_AT_count, &count))
            count = unsigned_of(r, range, DW_AT_upper_bound, &last) && last < UINT32_MAX ? last + 1 : 0;
        if (!exu_mul(length, count, &length))
            length = 0;
    } while (next_sibling(r, &range) && ++dimensions < DEPTH_MAX);
    drop(range);
    return length;
}

/* Size in bytes of a type (not consumed); 0 = not known. A flexible array counts as one element. */
static uint64_t size_of(struct reader *r, Dwarf_Die type)
{
    uint64_t factor = 1, size = 0;
    Dwarf_Die at = type;
    for (int steps = 0; at && steps < TYPE_CHAIN_MAX; steps++) {
        Dwarf_Half tag = tag_of(r, at);
        Dwarf_Unsigned bytes = 0;
        if (ok(r, dwarf_bytesize(at, &bytes, &r->error))) {
            size = bytes;
            break;
        }
        if (tag == DW_TAG_pointer_type || tag == DW_TAG_reference_type) {
            size = 8;
            break;
        }
        if (tag == DW_TAG_array_type) {
            uint64_t length = array_length(r, at);
            if (!exu_mul(factor, length ? length : 1, &factor))
                break;
        }
        Dwarf_Die inner = type_of(r, at);
        if (at != type)
            drop(at);
        at = inner;
    }
    if (at != type)
        drop(at);
    return exu_mul(size, factor, &size) ? size : 0;
}

/* Where a member begins: whole bytes, or for bit-fields of DWARF 5 the bit. */
static bool member_offset(struct reader *r, Dwarf_Die member, uint64_t *ret)
{
    *ret = 0;
    if (!has(r, member, DW_AT_data_member_location))
        return true; /* members of unions have none */
    return unsigned_of(r, member, DW_AT_data_member_location, ret) && *ret < UINT32_MAX;
}

static void put(struct reader *r, uint16_t field, uint64_t offset, uint64_t size, unsigned bit, unsigned bits)
{
    if (size == 0 || size > UINT32_MAX || offset > UINT32_MAX)
        return;
    r->request->layout->slot[field] = (struct exu_slot){.offset = (uint32_t)offset,
                                                        .size = (uint32_t)size,
                                                        .bit_offset = (uint8_t)bit,
                                                        .bit_width = (uint8_t)bits,
                                                        .source = EXU_LAYOUT_DWARF};
}

/* The storage unit is the naturally aligned one of the declared type, bits counted from its least
 * significant. */
static void put_bit_field(struct reader *r, uint16_t field, uint64_t base, Dwarf_Die member, uint64_t unit,
                          uint64_t bits)
{
    uint64_t bit = 0, from_top = 0, bytes = 0;
    if (unit == 0 || unit > 8 || bits == 0 || bits > 8 * unit)
        return;
    if (!unsigned_of(r, member, DW_AT_data_bit_offset, &bit)) {
        uint64_t storage = unit; /* DWARF 3: counted from the most significant bit of a storage unit */
        if (!member_offset(r, member, &bytes) || !unsigned_of(r, member, DW_AT_bit_offset, &from_top))
            return;
        unsigned_of(r, member, DW_AT_byte_size, &storage);
        if (storage > 8 || bits + from_top > 8 * storage)
            return;
        bit = 8 * bytes + 8 * storage - from_top - bits;
    }
    if (bit / 8 >= UINT32_MAX)
        return;
    uint64_t start = bit / (8 * unit) * unit;
    if (bit - 8 * start + bits > 8 * unit)
        return;
    put(r, field, base + start, unit, (unsigned)(bit - 8 * start), (unsigned)bits);
}

/* A path may list the names that a member had over the versions: "ma_table|table". */
static bool ends(const char *path)
{
    return *path == '\0' || *path == '|';
}

/* `path` continues after the component `name`? Then what is left of it, else NULL. */
static const char *step(const char *path, const char *name)
{
    size_t n = strlen(name);
    if (strncmp(path, name, n) != 0)
        return NULL;
    path += n;
    return ends(path) || *path == '.' ? path : NULL;
}

static size_t fill(struct reader *r, Dwarf_Die aggregate, uint64_t base, struct wanted *list, size_t n,
                   int depth);

/* Serves the entries of `list` that lead through this member; takes those served off the list. */
static size_t fill_member(struct reader *r, Dwarf_Die member, uint64_t base, struct wanted *list, size_t n,
                          int depth, Dwarf_Die *leading)
{
    const char *name = name_of(r, member);
    struct wanted inner[FIELDS_MAX];
    size_t inner_count = 0, kept = 0;
    bool leaf = false;
    for (size_t i = 0; name && i < n; i++) {
        const char *rest = step(list[i].path, name);
        if (rest && *rest == '.')
            inner[inner_count++] = (struct wanted){list[i].field, rest + 1};
        else if (rest)
            leaf = true;
    }
    uint64_t offset = 0;
    if ((name && !leaf && inner_count == 0 && *leading) || !member_offset(r, member, &offset))
        return n;
    Dwarf_Die type = type_of(r, member);
    if (!type)
        return n;
    if (leaf) {
        uint64_t size = size_of(r, type), bits = 0;
        bool bit_field = unsigned_of(r, member, DW_AT_bit_size, &bits);
        for (size_t i = 0; i < n; i++) {
            const char *rest = step(list[i].path, name);
            if (rest && ends(rest) && bit_field)
                put_bit_field(r, list[i].field, base, member, size, bits);
            else if (rest && ends(rest))
                put(r, list[i].field, base + offset, size, 0, 0);
        }
    }
    if (name) {
        for (size_t i = 0; i < n; i++)
            if (!step(list[i].path, name))
                list[kept++] = list[i];
        n = kept;
    }
    if (inner_count || !name || (!*leading && offset == 0)) {
        type = strip(r, type);
        if (type && is_aggregate(tag_of(r, type))) {
            if (inner_count)
                fill(r, type, base + offset, inner, inner_count, depth + 1);
            if (!name)
                n = fill(r, type, base + offset, list, n, depth + 1);
            else if (!*leading && offset == 0 && tag_of(r, type) == DW_TAG_structure_type &&
                     strcmp(name, "debug_offsets") !=
                         0) { /* of _PyRuntimeState: has members of other meaning */
                *leading = type;
                type = NULL;
            }
        }
    }
    drop(type);
    return n;
}

/* Fills the slots of `list`; paths that no member begins are looked for in the structure that leads this one
 * (ob_base). Returns how many are left, at the head of the list. */
static size_t fill(struct reader *r, Dwarf_Die aggregate, uint64_t base, struct wanted *list, size_t n,
                   int depth)
{
    Dwarf_Die member = NULL, leading = NULL;
    if (depth > DEPTH_MAX || !ok(r, dwarf_child(aggregate, &member, &r->error)))
        return n;
    int count = 0;
    do {
        if (tag_of(r, member) == DW_TAG_member)
            n = fill_member(r, member, base, list, n, depth, &leading);
    } while (n > 0 && ++count < MEMBERS_MAX && next_sibling(r, &member));
    drop(member);
    if (leading && n > 0)
        n = fill(r, leading, base, list, n, depth + 1);
    drop(leading);
    return n;
}

/* What `die`, a typedef or an aggregate, stands for; NULL for a mere declaration. The caller drops it unless
 * it is `die` itself. */
static Dwarf_Die definition(struct reader *r, Dwarf_Die die, uint64_t *ret_size)
{
    Dwarf_Die type = is_aggregate(tag_of(r, die)) ? die : strip(r, type_of(r, die));
    uint64_t size = 0;
    bool whole = type && is_aggregate(tag_of(r, type)) && !has(r, type, DW_AT_declaration) &&
                 (size = size_of(r, type)) != 0 && size <= UINT32_MAX;
    if (whole) {
        *ret_size = size;
        return type;
    }
    if (type != die)
        drop(type);
    return NULL;
}

static void describe(const struct reader *r, struct exu_description *d, uint64_t size, const char *unit)
{
    d->size = size;
    strncpy(d->unit, unit, sizeof d->unit - 1);
    strncpy(d->binary, r->binary, sizeof d->binary - 1);
}

/* The listed members of `s`: by their first names, then by the next ones of those that are not met so. */
static void take_members(struct reader *r, const struct exu_structure *s, Dwarf_Die type)
{
    const struct exu_slot *slots = r->request->layout->slot;
    for (unsigned name = 0; name < EXU_PATH_NAMES_MAX; name++) {
        struct wanted list[FIELDS_MAX];
        size_t n = 0;
        for (uint32_t i = 0; i < s->field_count && n < FIELDS_MAX; i++) {
            const char *path = exu_field_name(s->fields[i], name);
            if (path && slots[s->fields[i]].size == 0)
                list[n++] = (struct wanted){s->fields[i], path};
        }
        if (n == 0)
            break;
        fill(r, type, 0, list, n, 0);
    }
}

/* Takes the layout of `s` from `die`; false when that is a mere declaration. */
static bool take(struct reader *r, const struct exu_structure *s, Dwarf_Die die, const char *unit)
{
    uint64_t size;
    Dwarf_Die type = definition(r, die, &size);
    if (!type)
        return false;
    if (s->size_field)
        put(r, (uint16_t)s->size_field, 0, size, 0, 0);
    take_members(r, s, type);
    describe(r, &r->request->found[s - r->request->structures->items], size, unit);
    r->request->statistics.structures++;
    if (type != die)
        drop(type);
    return true;
}

/* Tells when `s`, which was found before, is described here with another size. */
static void compare(struct reader *r, const struct exu_structure *s, Dwarf_Die die, const char *unit)
{
    const struct exu_description *first = &r->request->found[s - r->request->structures->items];
    uint64_t size;
    Dwarf_Die type = definition(r, die, &size);
    if (!type)
        return;
    if (size != first->size) {
        struct exu_description other = {0};
        describe(r, &other, size, unit);
        r->request->differs(r->request->context, s, first, &other);
    }
    if (type != die)
        drop(type);
}

/* Reads the top level of one unit. */
static void read_unit(struct reader *r, Dwarf_Die unit_die, const char *unit)
{
    const struct exu_structures *all = r->request->structures;
    Dwarf_Die die = NULL;
    if (!ok(r, dwarf_child(unit_die, &die, &r->error)))
        return;
    do {
        r->entries++;
        Dwarf_Half tag = tag_of(r, die);
        if (tag != DW_TAG_typedef && !is_aggregate(tag))
            continue;
        const char *name = name_of(r, die);
        const struct exu_structure *s = name ? exu_structures_base(all, name) : NULL;
        for (; s; s = s->next_of_base == UINT32_MAX ? NULL : &all->items[s->next_of_base]) {
            size_t index = (size_t)(s - all->items);
            if (*s->file && strcmp(s->file, unit) != 0)
                continue;
            if (r->request->found[index].size == 0)
                r->missing -= take(r, s, die, unit);
            else if (r->request->differs)
                compare(r, s, die, unit);
        }
    } while ((r->missing || r->request->differs) && r->entries < ENTRIES_MAX && next_sibling(r, &die));
    drop(die);
}

/* Goes over the units until nothing is missing: the headers' structures are all met in the first few, so that
 * what follows costs a look at the names of the top level (0.05 s for a libpython with 9 MB of .debug_info).
 */
static void read_units(struct reader *r, bool in_info)
{
    r->in_info = in_info;
    for (int units = 0; units < UNITS_MAX && (r->missing || r->request->differs) && r->entries < ENTRIES_MAX;
         units++) {
        Dwarf_Unsigned length = 0, next = 0, type_offset = 0;
        Dwarf_Half version = 0, address_size = 0, length_size = 0, extension_size = 0, kind = 0;
        Dwarf_Off abbreviations = 0;
        Dwarf_Sig8 signature;
        if (!ok(r, dwarf_next_cu_header_d(r->debug, in_info, &length, &version, &abbreviations, &address_size,
                                          &length_size, &extension_size, &signature, &type_offset, &next,
                                          &kind, &r->error)))
            return;
        Dwarf_Die unit_die = NULL;
        if (!ok(r, dwarf_siblingof_b(r->debug, NULL, in_info, &unit_die, &r->error)))
            continue;
        r->request->statistics.units++;
        const char *path = name_of(r, unit_die);
        const char *slash = path ? strrchr(path, '/') : NULL;
        read_unit(r, unit_die, slash ? slash + 1 : path ? path : "");
        drop(unit_die);
    }
}

/* Are the headers of a list section (.debug_rnglists, .debug_loclists of DWARF 5, section 7.28) a chain that
 * ends with the section? libdwarf follows them when it opens a file, without end where a length wraps around
 * (dwarf_load_rnglists of 2021-05-28), and nothing here needs what they hold. */
static bool lists_end(const uint8_t *bytes, size_t size)
{
    enum { HEADER = 12 };
    while (size > 0) {
        uint32_t length, offsets;
        uint16_t version;
        if (size < HEADER)
            return false;
        memcpy(&length, bytes, sizeof length);
        memcpy(&version, bytes + 4, sizeof version);
        memcpy(&offsets, bytes + 8, sizeof offsets);
        /* bytes[6] is the size of an address, bytes[7] that of a segment selector: what is wrong there it
         * frees twice. */
        if (length < HEADER - 4 || length > size - 4 || version != 5 || (bytes[6] != 4 && bytes[6] != 8) ||
            bytes[7] || offsets > (length - (HEADER - 4)) / 4)
            return false;
        bytes += 4 + (size_t)length;
        size -= 4 + (size_t)length;
    }
    return true;
}

static bool is_list_section(const char *name)
{
    return name && (strcmp(name, ".debug_rnglists") == 0 || strcmp(name, ".debug_loclists") == 0);
}

/* False: libdwarf must not see this file. */
static bool is_safe(int fd)
{
    elf_version(EV_CURRENT);
    Elf *elf = elf_begin(fd, ELF_C_READ, NULL);
    size_t names;
    Elf_Scn *section = NULL;
    bool safe = elf && elf_getshdrstrndx(elf, &names) == 0;
    while (safe && (section = elf_nextscn(elf, section))) {
        GElf_Shdr header;
        if (!gelf_getshdr(section, &header) || !is_list_section(elf_strptr(elf, names, header.sh_name)))
            continue;
        if (header.sh_flags & SHF_COMPRESSED)
            elf_compress(section, 0, 0); /* in memory; where that fails, the data below are no lists */
        const Elf_Data *data = elf_getdata(section, NULL);
        safe = data && (data->d_size == 0 || (data->d_buf && lists_end(data->d_buf, data->d_size)));
    }
    elf_end(elf);
    return safe;
}

struct exu_error *exu_dwarf_read(struct exu_dwarf_request *request, const char *path, const char *binary)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return exu_error_errno("%s", path);
    struct reader r = {.request = request, .binary = binary};
    for (size_t i = 0; i < request->structures->len; i++)
        r.missing += request->found[i].size == 0;
    if (is_safe(fd) &&
        ok(&r, dwarf_init_b(fd, DW_DLC_READ, DW_GROUPNUMBER_ANY, NULL, NULL, &r.debug, &r.error))) {
        read_units(&r, true);
        read_units(&r, false);
        request->statistics.entries += r.entries;
        dwarf_finish(r.debug, &r.error);
    }
    close(fd);
    return NULL;
}
