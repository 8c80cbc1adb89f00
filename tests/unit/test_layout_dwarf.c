/* The structures below bear names of the list, in shapes that CPython's versions have; what the reader says
 * of this very program is held against the compiler. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "layout/dwarf.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct _typeobject; /* a declaration, as most of CPython's units have for most structures */
typedef struct _typeobject PyTypeObject;

typedef struct {
    union { /* as in 3.12 */
        int64_t ob_refcnt;
        uint32_t ob_refcnt_split[2];
    };
    PyTypeObject *ob_type;
} PyObject;

typedef struct {
    PyObject ob_base;
    const volatile int64_t ob_size;
} PyVarObject;

typedef struct {
    struct {
        PyObject ob_base;
        char padding;
        double ob_fval; /* found through the structure that leads */
    } lead;
} PyFloatObject;

typedef struct {
    PyObject ob_base;
    int64_t length;
    int64_t hash;
    struct {
        unsigned int interned : 2;
        unsigned int kind : 3;
        unsigned int compact : 1;
        unsigned int ascii : 1;
        unsigned int ready : 1;
    } state;
    void *wstr;
} PyASCIIObject;

struct pool_header {
    union {
        uint8_t *_padding;
        unsigned int count;
    } ref;
    uint8_t *freeblock;
    unsigned int arenaindex;
};

struct gc_generation {
    struct {
        uintptr_t _gc_next, _gc_prev;
    } head;
    int threshold, count;
};

struct _gc_runtime_state {
    int enabled;
    struct gc_generation generations[3];
};
typedef struct _is PyInterpreterState;
struct _is {
    PyInterpreterState *next;
    struct _gc_runtime_state gc;
    PyObject *modules;
};

typedef struct _stack_chunk {
    struct _stack_chunk *previous;
    size_t size;
    size_t top;
    PyObject *data[]; /* flexible */
} _PyStackChunk;

/* Keeps the types in the debug information. */
PyVarObject *a_var_object;
PyFloatObject *a_float;
PyASCIIObject *a_text;
struct pool_header *a_pool;
PyInterpreterState *an_interpreter;
_PyStackChunk *a_chunk;

static struct exu_structures *structures;
static struct exu_layout layout;

static void read_file(const char *path, struct exu_layout *into, uint64_t *ret_found)
{
    struct exu_description *found = calloc(structures->len, sizeof *found);
    assert_non_null(found);
    struct exu_dwarf_request request = {.structures = structures, .found = found, .layout = into};
    struct exu_error *error = exu_dwarf_read(&request, path, "python");
    assert_null(error);
    *ret_found = request.statistics.structures;
    free(found);
}

static int setup(void **state)
{
    (void)state;
    uint64_t found;
    if (exu_structures_create(&structures))
        return 1;
    read_file("/proc/self/exe", &layout, &found);
    return found < 8;
}

static int teardown(void **state)
{
    (void)state;
    exu_structures_destroy(structures);
    return 0;
}

#define expect_member(structure, type, id, path)                                                             \
    do {                                                                                                     \
        const struct exu_slot *slot_ = &layout.slot[EXU_##structure##_##id];                                 \
        assert_int_equal(slot_->offset, offsetof(type, path));                                               \
        assert_int_equal(slot_->size, sizeof(((type *)0)->path));                                            \
        assert_int_equal(slot_->source, EXU_LAYOUT_DWARF);                                                   \
    } while (0)

static void members(void **state)
{
    (void)state;
    expect_member(PyObject, PyObject, ob_refcnt, ob_refcnt);
    expect_member(PyObject, PyObject, ob_type, ob_type);
    expect_member(PyVarObject, PyVarObject, ob_size, ob_size);
    expect_member(PyASCIIObject, PyASCIIObject, length, length);
    expect_member(PyASCIIObject, PyASCIIObject, wstr, wstr);
    expect_member(pool_header, struct pool_header, ref_count, ref.count);
    expect_member(pool_header, struct pool_header, freeblock, freeblock);
    expect_member(gc_generation, struct gc_generation, threshold, threshold);
    expect_member(PyInterpreterState, PyInterpreterState, modules, modules);
    expect_member(PyInterpreterState, PyInterpreterState, gc_generations, gc.generations);
    assert_int_equal(exu_size(&layout, EXU_sizeof_PyObject), sizeof(PyObject));
    assert_int_equal(exu_size(&layout, EXU_sizeof_PyInterpreterState), sizeof(PyInterpreterState));
    assert_int_equal(exu_size(&layout, EXU_sizeof_pool_header), sizeof(struct pool_header));
}

static void through_what_leads(void **state)
{
    (void)state;
    expect_member(PyFloatObject, PyFloatObject, ob_fval, lead.ob_fval);
}

static void bit_fields(void **state)
{
    (void)state;
    const struct {
        enum exu_field field;
        unsigned bit, width;
    } expected[] = {
        {EXU_PyASCIIObject_state_interned, 0, 2},
        {EXU_PyASCIIObject_state_kind, 2, 3},
        {EXU_PyASCIIObject_state_compact, 5, 1},
        {EXU_PyASCIIObject_state_ready, 7, 1},
    };
    for (size_t i = 0; i < EXU_COUNT(expected); i++) {
        const struct exu_slot *slot = &layout.slot[expected[i].field];
        assert_int_equal(slot->offset, offsetof(PyASCIIObject, state));
        assert_int_equal(slot->size, 4);
        assert_int_equal(slot->bit_offset, expected[i].bit);
        assert_int_equal(slot->bit_width, expected[i].width);
    }
}

static void a_flexible_array_counts_as_one_element(void **state)
{
    (void)state;
    assert_int_equal(exu_offset(&layout, EXU__PyStackChunk_data), offsetof(_PyStackChunk, data));
    assert_int_equal(exu_size(&layout, EXU__PyStackChunk_data), sizeof(PyObject *));
}

static void what_is_not_described_is_absent(void **state)
{
    (void)state;
    assert_false(exu_has(&layout, EXU_PyTypeObject_tp_name));       /* only declared here */
    assert_false(exu_has(&layout, EXU_PyInterpreterState_sysdict)); /* no such member here */
    assert_false(exu_has(&layout, EXU_pool_header_szidx));
}

/* A file in memory with `size` bytes, by a path of its own. */
static int memory_file(const uint8_t *bytes, size_t size, char path[64])
{
    int fd = memfd_create("dwarf", MFD_CLOEXEC);
    assert_true(fd >= 0);
    assert_true(size == 0 || write(fd, bytes, size) == (ssize_t)size);
    snprintf(path, 64, "/proc/self/fd/%d", fd);
    return fd;
}

static uint8_t *self(size_t *size)
{
    struct stat status;
    int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0 && fstat(fd, &status) == 0);
    uint8_t *bytes = malloc((size_t)status.st_size);
    assert_non_null(bytes);
    assert_int_equal(read(fd, bytes, (size_t)status.st_size), status.st_size);
    close(fd);
    *size = (size_t)status.st_size;
    return bytes;
}

static void files_cut_short_say_nothing_wrong(void **state)
{
    (void)state;
    size_t size;
    uint8_t *bytes = self(&size);
    for (size_t part = 0; part < 40; part++) {
        struct exu_layout cut = {0};
        uint64_t found;
        char path[64];
        int fd = memory_file(bytes, size * part / 40, path);
        read_file(path, &cut, &found);
        close(fd);
        for (size_t i = 1; i < EXU_FIELD_COUNT; i++)
            if (cut.slot[i].size)
                assert_memory_equal(&cut.slot[i], &layout.slot[i], sizeof cut.slot[i]);
    }
    free(bytes);
}

/* Bytes changed anywhere, half of the times in the last third, where the debug information is: comes back,
 * and what is said fits in a slot. */
static void files_changed_at_random_do_no_harm(void **state)
{
    (void)state;
    size_t size;
    uint8_t *bytes = self(&size), *changed = malloc(size);
    uint64_t random = 0x9e3779b97f4a7c15;
    assert_non_null(changed);
    for (int run = 0; run < 300; run++) {
        memcpy(changed, bytes, size);
        for (int i = 0; i < 1 + run % 20; i++) {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            size_t at = run % 2 ? random % size : size - 1 - random % (size / 3);
            changed[at] = (uint8_t)(random >> 56);
        }
        struct exu_layout said = {0};
        uint64_t found;
        char path[64];
        int fd = memory_file(changed, size, path);
        read_file(path, &said, &found);
        close(fd);
        assert_true(found <= structures->len);
    }
    free(changed);
    free(bytes);
}

static void no_elf_says_nothing(void **state)
{
    (void)state;
    static const char text[] = "#!/bin/sh\nexit 0\n";
    struct exu_layout none = {0};
    uint64_t found;
    char path[64];
    int fd = memory_file((const uint8_t *)text, sizeof text - 1, path);
    read_file(path, &none, &found);
    close(fd);
    assert_int_equal(found, 0);

    struct exu_dwarf_request request = {.structures = structures, .layout = &none};
    request.found = calloc(structures->len, sizeof *request.found);
    struct exu_error *error = exu_dwarf_read(&request, "/nonexistent/libpython3.11.so.1.0", "python");
    assert_non_null(error);
    exu_error_free(error);
    free(request.found);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members),
        cmocka_unit_test(through_what_leads),
        cmocka_unit_test(bit_fields),
        cmocka_unit_test(a_flexible_array_counts_as_one_element),
        cmocka_unit_test(what_is_not_described_is_absent),
        cmocka_unit_test(files_cut_short_say_nothing_wrong),
        cmocka_unit_test(files_changed_at_random_do_no_harm),
        cmocka_unit_test(no_elf_says_nothing),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
