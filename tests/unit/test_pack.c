/* A pack is the core that it was made from, without any of the files; damaged anywhere it is an error or a partial core,
 * never more. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/core.h"
#include "core/pack.h"
#include "core_use.h"
#include "core_writer.h"
#include "dump/record.h"
#include "image_writer.h"
#include "layout/row.h"
#include "layout/rows.h"
#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#define BASE 0x7f0000000000
#define STACK 0x7ffe00000000
#define LAYOUT "version\t3.11.7\nvendor\tdwarf\n"

static char *directory, *library_path, *core_path;
static uint8_t *pack; /* unpacked */
static size_t pack_size, notes_at, notes_end;

static const struct exu_test_symbol dynamic[] = {{"first", 0x3200, 16, false}, {"second", 0x3300, 8, false}};
static const struct exu_test_symbol symtab[] = {
    {"list.c", 0, 0, true}, {"free_list", 0x3400, 8, true}, {"dict.c", 0, 0, true}, {"free_list", 0x3408, 8, true},
    {"second", 0x3300, 8, false}};

static void ok(struct exu_error *error)
{
    if (error)
        fail_msg("%s", error->message);
}

static void write_core(const uint8_t *library)
{
    struct exu_test_core *w = exu_test_core_create();
    exu_test_core_segment(w, BASE, PF_R, library, 0x1000, 0x2000);
    exu_test_core_segment(w, BASE + 0x2000, PF_R | PF_X, NULL, 0, 0x1000);
    exu_test_core_segment(w, BASE + 0x3000, PF_R | PF_W, library + 0x3000, 0x1000, 0x1000);
    exu_test_core_segment(w, STACK, PF_R | PF_W, NULL, 0x1000, 0x3000);
    exu_test_core_file(w, BASE, BASE + 0x2000, 0, library_path);
    exu_test_core_file(w, BASE + 0x2000, BASE + 0x3000, 0x2000, library_path);
    exu_test_core_file(w, BASE + 0x3000, BASE + 0x4000, 0x3000, library_path);
    exu_test_core_thread(w, 7, 11, STACK + 0x800, 0);
    exu_test_core_process(w, 7, "p", "p");
    exu_test_core_auxv(w, AT_ENTRY, BASE + 0x2000);
    exu_test_core_note(w, "CORE", NT_PRSTATUS, "short", 5); /* an anomaly */
    size_t size;
    const uint8_t *bytes = exu_test_core_bytes(w, EXU_TEST_CORE_KERNEL, &size);
    core_path = exu_test_write_file(directory, "core", bytes, size);
    exu_test_core_destroy(w);
}

static struct exu_core *open_core(const char *path, struct exu_anomalies *a)
{
    struct exu_core *core;
    exu_anomalies_init(a);
    ok(exu_core_open(&core, path, NULL, a));
    return core;
}

/* Its name, to be freed. */
static char *make_pack(const char *from, const char *name)
{
    struct exu_anomalies a;
    struct exu_core *core = open_core(from, &a);
    char *path = exu_test_write_file(directory, name, "", 0);
    int fd = open(path, O_RDWR | O_TRUNC);
    const struct exu_pack_layout layout = {&core->images[0], "/the/debug/file", LAYOUT, sizeof LAYOUT - 1};
    const struct exu_pack_interpreter interpreter = {&core->images[0], false};
    const struct exu_packing packing = {
        .anomalies = &a, .layouts = &layout, .layout_count = 1, .interpreters = &interpreter, .interpreter_count = 1};
    struct exu_pack_sizes sizes;
    ok(exu_core_pack(core, &packing, fd, path, &sizes));
    close(fd);
    exu_core_close(core);
    exu_anomalies_deinit(&a);
    return path;
}

static uint8_t *read_whole(const char *path, size_t *ret_size)
{
    FILE *file = fopen(path, "rb");
    uint8_t *bytes = malloc(1 << 20);
    assert_non_null(file);
    *ret_size = fread(bytes, 1, 1 << 20, file);
    fclose(file);
    return bytes;
}

static void unpack(const char *path)
{
    size_t packed_size;
    uint8_t *packed = read_whole(path, &packed_size);
    pack = malloc(1 << 20);
    pack_size = ZSTD_decompress(pack, 1 << 20, packed, packed_size);
    assert_false(ZSTD_isError(pack_size));
    free(packed);
    Elf64_Phdr phdr;
    memcpy(&phdr, pack + sizeof(Elf64_Ehdr) + sizeof phdr, sizeof phdr); /* the second PT_NOTE */
    assert_int_equal(phdr.p_type, PT_NOTE);
    notes_at = phdr.p_offset;
    notes_end = phdr.p_offset + phdr.p_filesz;
}

static int set_up(void **state)
{
    (void)state;
    directory = exu_test_make_directory();
    struct exu_test_image image = {.build_id = "\x11\x22\x33",
                                   .dynamic = dynamic,
                                   .dynamic_count = EXU_COUNT(dynamic),
                                   .symtab = symtab,
                                   .symtab_count = EXU_COUNT(symtab),
                                   .fill = 0xab};
    size_t size;
    uint8_t *library = exu_test_image_make(&image, &size);
    library_path = exu_test_write_file(directory, "lib.so", library, size);
    write_core(library);
    free(library);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    exu_test_remove_tree(directory);
    free(library_path);
    free(core_path);
    free(pack);
    free(directory);
    return 0;
}

static void same_text(const char *a, const char *b)
{
    if (a && b)
        assert_string_equal(a, b);
    else
        assert_ptr_equal(a, b);
}

static void same_memory(const struct exu_memory *a, const struct exu_memory *b)
{
    assert_int_equal(a->mapping_count, b->mapping_count);
    for (size_t i = 0; i < a->mapping_count; i++) {
        const struct exu_mapping *x = &a->mappings[i], *y = &b->mappings[i];
        assert_true(x->start == y->start && x->end == y->end && x->perms == y->perms && x->backing == y->backing &&
                    x->file_offset == y->file_offset && x->dumped_bytes == y->dumped_bytes);
        same_text(x->path, y->path);
        same_text(x->kind, y->kind);
        same_text(x->build_id, y->build_id);
    }
    assert_int_equal(a->segment_count, b->segment_count);
    for (size_t i = 0; i < a->segment_count; i++) {
        const struct exu_segment *x = &a->segments[i], *y = &b->segments[i];
        assert_true(x->start == y->start && x->end == y->end && x->perms == y->perms && x->backing == y->backing &&
                    x->mapping == y->mapping);
        if ((x->perms & EXU_PERM_X) && x->backing == EXU_BACKING_FILE)
            assert_null(y->bytes); /* code */
        else if (x->bytes)
            assert_memory_equal(x->bytes, y->bytes, x->end - x->start);
        else
            assert_null(y->bytes);
    }
}

static void same_symbols(const struct exu_core *a, const struct exu_core *b)
{
    for (size_t i = 0; i < EXU_COUNT(symtab); i++) {
        struct exu_symbol x = {0}, y = {0};
        uint64_t at, other;
        bool found = exu_image_static_symbol(a, &a->images[0], symtab[i].name, &x);
        assert_int_equal(exu_image_static_symbol(b, &b->images[0], symtab[i].name, &y), found);
        assert_true(x.address == y.address && x.size == y.size && x.type == y.type);
        same_text(exu_image_symbol_at(a, &a->images[0], BASE + symtab[i].value + 4, &at),
                  exu_image_symbol_at(b, &b->images[0], BASE + symtab[i].value + 4, &other));
    }
    struct exu_symbol list, dict;
    assert_true(exu_image_source_symbol(b, &b->images[0], "list.c", "free_list", &list));
    assert_true(exu_image_source_symbol(b, &b->images[0], "dict.c", "free_list", &dict));
    assert_int_equal(list.address, BASE + 0x3400);
    assert_int_equal(dict.address, BASE + 0x3408);
}

static void test_same(void **state)
{
    (void)state;
    struct exu_anomalies before, after;
    struct exu_core *core = open_core(core_path, &before);
    char *path = make_pack(core_path, "pack"), *again;
    unpack(path);
    unlink(library_path);
    struct exu_core *packed = open_core(path, &after);
    assert_non_null(packed->origin);
    assert_string_equal(packed->origin->name, "core");
    assert_string_equal(packed->origin->format, "kernel");
    assert_string_equal(exu_core_format_name(packed), "pack");
    assert_int_equal(packed->image_count, core->image_count);
    assert_string_equal(packed->images[0].path, library_path);
    assert_string_equal(packed->images[0].local_path, library_path);
    assert_string_equal(packed->images[0].build_id, core->images[0].build_id);
    assert_true(packed->images[0].bias == core->images[0].bias && packed->images[0].end == core->images[0].end);
    same_memory(core->memory, packed->memory);
    same_symbols(core, packed);
    assert_int_equal(before.len, 1);
    assert_int_equal(after.len, 1);
    assert_string_equal(after.items[0].message, before.items[0].message);
    size_t size;
    const char *of;
    assert_memory_equal(exu_image_packed_layout(packed, &packed->images[0], &size, &of), LAYOUT, sizeof LAYOUT - 1);
    assert_int_equal(size, sizeof LAYOUT - 1);
    assert_string_equal(of, "/the/debug/file");
    assert_null(exu_image_debug_path(packed, &packed->images[0]));
    again = make_pack(path, "again");
    size_t first_size, second_size;
    uint8_t *first = read_whole(path, &first_size), *second = read_whole(again, &second_size);
    assert_int_equal(first_size, second_size);
    assert_memory_equal(first, second, first_size);
    free(first);
    free(second);
    free(path);
    free(again);
    exu_core_close(core);
    exu_core_close(packed);
    exu_anomalies_deinit(&before);
    exu_anomalies_deinit(&after);
}

/* Opens it and uses all of it; whether it was taken for a pack. */
static bool use(const void *bytes, size_t size)
{
    struct exu_anomalies a;
    exu_anomalies_init(&a);
    struct exu_core *core = exu_test_core_try(directory, bytes, size, &a);
    volatile uint8_t sum = 0;
    bool taken = core && core->origin;
    if (core)
        exu_test_core_use(core, "second", BASE + 0x3204);
    for (size_t i = 0; core && i < core->image_count; i++) {
        struct exu_symbol symbol;
        size_t length;
        const char *of;
        exu_image_source_symbol(core, &core->images[i], "list.c", "free_list", &symbol);
        const char *layout = exu_image_packed_layout(core, &core->images[i], &length, &of);
        for (size_t k = 0; layout && k < length; k++)
            sum = (uint8_t)(sum + (uint8_t)layout[k]);
    }
    exu_core_close(core);
    exu_anomalies_deinit(&a);
    return taken;
}

static void test_flips(void **state)
{
    (void)state;
    static const uint8_t values[] = {0, 0x7f, 0xff};
    assert_true(use(pack, pack_size));
    unsigned taken = 0, tried = 0;
    for (size_t i = notes_at; i < notes_end; i++)
        for (size_t k = 0; k < EXU_COUNT(values); k++) {
            uint8_t kept = pack[i];
            if (kept == values[k])
                continue;
            pack[i] = values[k];
            taken += use(pack, pack_size);
            tried++;
            pack[i] = kept;
        }
    assert_true(taken > 0 && taken < tried);
}

/* Two words at a time: counts and lengths that promise much. */
static void test_words(void **state)
{
    (void)state;
    uint32_t seed = 1;
    for (unsigned n = 0; n < 1500; n++) {
        uint8_t kept[2][4];
        size_t at[2];
        for (int k = 0; k < 2; k++) {
            seed = seed * 1664525 + 1013904223;
            at[k] = notes_at + (seed >> 8) % (notes_end - notes_at - 4);
            memcpy(kept[k], pack + at[k], 4);
            seed = seed * 1664525 + 1013904223;
            uint32_t value = n % 3 == 0 ? UINT32_MAX : n % 3 == 1 ? seed : seed >> 24;
            memcpy(pack + at[k], &value, 4);
        }
        use(pack, pack_size);
        memcpy(pack + at[1], kept[1], 4);
        memcpy(pack + at[0], kept[0], 4);
    }
}

static void test_cuts(void **state)
{
    (void)state;
    for (size_t cut = 0; cut < pack_size; cut += cut < notes_end ? 7 : 211)
        use(pack, cut);
}

static void test_newer(void **state)
{
    (void)state;
    uint8_t *head = pack + notes_at + 12 + 8; /* behind note header and owner: the format's version */
    assert_int_equal(*head, 1);
    *head = 2;
    char *path = exu_test_write_file(directory, "newer", pack, pack_size);
    struct exu_core *core;
    struct exu_error *error = exu_core_open(&core, path, NULL, NULL);
    *head = 1;
    assert_non_null(error);
    assert_non_null(strstr(error->message, "is a pack of format 2"));
    exu_error_free(error);
    free(path);
}

/* The text of a layout row comes out of a pack, too. */
static void test_layout_text(void **state)
{
    (void)state;
    struct exu_structures *structures;
    struct exu_row *row;
    ok(exu_structures_create(&structures));
    size_t size = *exu_embedded_rows[0].size;
    char *text = malloc(size);
    memcpy(text, exu_embedded_rows[0].text, size);
    uint32_t seed = 7;
    for (unsigned n = 0; n < 3000; n++) {
        seed = seed * 1664525 + 1013904223;
        size_t at = (seed >> 8) % (n % 2 ? size : 2000);
        char kept = text[at];
        text[at] = "\t\n\0-9x"[(seed >> 4) % 6];
        struct exu_error *error = exu_row_parse(&row, structures, "damaged", text, n % 5 ? size : at);
        if (!error)
            exu_row_destroy(row);
        exu_error_free(error);
        text[at] = kept;
    }
    free(text);
    exu_structures_destroy(structures);
}

static void test_cursor(void **state)
{
    (void)state;
    struct exu_text t = {0};
    struct exu_bump bump = {0};
    exu_record_u32(&t, 3);
    exu_record_text(&t, NULL);
    exu_record_text(&t, "");
    exu_record_u64(&t, UINT64_MAX);
    exu_record_blob(&t, "a\0b", 3);
    struct exu_cursor c = {(const uint8_t *)t.data, (const uint8_t *)t.data + t.len, false};
    assert_int_equal(exu_cursor_count(&c, 1), 3);
    assert_null(exu_cursor_text(&c, &bump));
    assert_false(c.broken);
    assert_string_equal(exu_cursor_text(&c, &bump), "");
    assert_true(exu_cursor_u64(&c) == UINT64_MAX);
    struct exu_cursor copy = c;
    assert_null(exu_cursor_text(&copy, &bump)); /* a NUL inside */
    assert_true(copy.broken);
    uint32_t size;
    assert_non_null(exu_cursor_blob(&c, &size));
    assert_true(exu_cursor_done(&c));
    assert_int_equal(exu_cursor_u8(&c), 0);
    assert_true(c.broken);
    exu_text_deinit(&t);
    exu_bump_deinit(&bump);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same),  cmocka_unit_test(test_flips),       cmocka_unit_test(test_words),
        cmocka_unit_test(test_cuts),  cmocka_unit_test(test_newer),       cmocka_unit_test(test_layout_text),
        cmocka_unit_test(test_cursor),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
