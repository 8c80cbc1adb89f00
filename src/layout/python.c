#include "layout/find.h"
#include "layout/place.h"
#include "layout/prove.h"
#include "layout/row.h"
#include "layout/scan.h"
#include "layout/version.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS_MAX = 32 };

/* Everything that serves as a source of layouts, while one is being chosen. */
struct sources {
    struct exu_structures *structures;
    struct exu_row *rows[ROWS_MAX]; /* of the same minor version, the nearest first */
    size_t row_count;
    struct exu_description *found; /* of DWARF */
};

static void sources_deinit(struct sources *s)
{
    for (size_t i = 0; i < s->row_count; i++)
        exu_row_destroy(s->rows[i]);
    free(s->found);
    exu_structures_destroy(s->structures);
}

/* How near a row is to that interpreter: the very build, then the micro version, then who built it. */
static int nearness(const struct exu_row *row, const struct exu_interpreter_image *interpreter)
{
    const char *build_id = interpreter->image->build_id, *path = interpreter->image->path;
    for (size_t i = 0; build_id && i < row->build_id_count; i++)
        if (strcmp(row->build_ids[i], build_id) == 0)
            return 1000000;
    int distance = abs((int)(row->version_hex >> 8 & 255) - (int)(interpreter->version_hex >> 8 & 255));
    bool distribution = path && strncmp(path, "/usr/", 5) == 0 && strncmp(path, "/usr/local/", 11) != 0;
    bool debug = strstr(row->vendor, "debug") != NULL;
    return -10 * distance + (distribution == (strcmp(row->vendor, "upstream") != 0) ? 5 : 0) +
           (debug == interpreter->debug ? 0 : -1000);
}

static struct exu_error *load_rows(struct sources *s, const struct exu_interpreter_image *interpreter)
{
    for (size_t i = 0; i < exu_row_count() && s->row_count < ROWS_MAX; i++) {
        struct exu_row *row;
        EXU_TRY(exu_row_load(&row, s->structures, i));
        if (row->version_hex >> 16 != interpreter->version_hex >> 16) {
            exu_row_destroy(row);
            continue;
        }
        size_t at = s->row_count++;
        for (; at > 0 && nearness(s->rows[at - 1], interpreter) < nearness(row, interpreter); at--)
            s->rows[at] = s->rows[at - 1];
        s->rows[at] = row;
    }
    return NULL;
}

/* ---- DWARF ---- */

/* 'array' of '/…/array.cpython-311-x86_64-linux-gnu.so' */
static bool is_module(const struct exu_image *image, const char *module)
{
    const char *slash = image->path ? strrchr(image->path, '/') : NULL;
    size_t n = strlen(module);
    return slash && strncmp(slash + 1, module, n) == 0 && slash[1 + n] == '.';
}

/* The extension modules in the process that, by a row, describe a structure not yet found. */
static struct exu_error *read_modules(struct sources *s, struct exu_dwarf_request *request,
                                      const struct exu_core *core)
{
    for (size_t i = 0; i < core->image_count; i++) {
        const struct exu_image *image = &core->images[i];
        const char *module = NULL;
        for (size_t r = 0; !module && r < s->row_count; r++)
            for (size_t j = 0; !module && j < s->structures->len; j++) {
                const char *binary = s->rows[r]->found[j].binary;
                if (s->found[j].size == 0 && *binary && strcmp(binary, "python") != 0 &&
                    is_module(image, binary))
                    module = binary;
            }
        const char *path = module ? exu_image_debug_path(core, image) : NULL;
        if (path)
            exu_error_free(exu_dwarf_read(request, path, module)); /* the row serves then */
    }
    return NULL;
}

static size_t add_rows(const struct sources *s, struct exu_layout *layout,
                       const struct exu_description *described, size_t first);

/* What DWARF describes, of the interpreter and of its modules, into `layout` and s->found. NULL: there is none for the
 * interpreter; else the file that has it. */
static const char *read_dwarf(struct sources *s, const struct exu_core *core, const struct exu_image *image,
                              struct exu_layout *layout)
{
    const char *path = exu_image_debug_path(core, image);
    if (!path)
        return NULL;
    struct exu_dwarf_request request = {.structures = s->structures, .found = s->found, .layout = layout};
    struct exu_error *error = exu_dwarf_read(&request, path, "python");
    if (!error && request.statistics.structures)
        error = read_modules(s, &request, core);
    bool read = !error && request.statistics.structures;
    exu_error_free(error);
    return read ? path : NULL;
}

/* The same out of a pack. */
static const char *read_packed(struct sources *s, const struct exu_core *core, const struct exu_image *image,
                               struct exu_layout *layout, struct exu_anomalies *anomalies)
{
    size_t size;
    const char *path, *text = exu_image_packed_layout(core, image, &size, &path);
    struct exu_row *row;
    if (!text)
        return NULL;
    struct exu_error *error = exu_row_parse(&row, s->structures, "of the pack", text, size);
    if (error) {
        exu_anomaly_add(anomalies, image->start, "bad-pack", "%s", error->message);
        exu_error_free(error);
        return NULL;
    }
    *layout = row->layout;
    for (size_t i = 0; i < EXU_FIELD_COUNT; i++)
        if (layout->slot[i].size)
            layout->slot[i].source = EXU_LAYOUT_DWARF;
    memcpy(s->found, row->found, s->structures->len * sizeof *s->found);
    exu_row_destroy(row);
    return path;
}

/* Fills the layout from DWARF; what that does not describe, from the rows. False: there is none for the
 * interpreter. */
static bool dwarf_layout(struct sources *s, struct exu_python *python, struct exu_anomalies *anomalies)
{
    const char *path = python->core->origin
                           ? read_packed(s, python->core, python->image, &python->layout, anomalies)
                           : read_dwarf(s, python->core, python->image, &python->layout);
    if (!path)
        return false;
    size_t added = add_rows(s, &python->layout, s->found, 0);
    int n = snprintf(python->layout_detail, sizeof python->layout_detail, "DWARF of %s", path);
    if (added && s->row_count && n > 0 && (size_t)n < sizeof python->layout_detail)
        snprintf(python->layout_detail + n, sizeof python->layout_detail - (size_t)n,
                 "; %zu structures from row %s", added, s->rows[0]->name);
    python->layout_source = "dwarf";
    return true;
}

/* ---- rows ---- */

static void copy_structure(const struct exu_structure *structure, struct exu_layout *to,
                           const struct exu_layout *from)
{
    if (structure->size_field)
        to->slot[structure->size_field] = from->slot[structure->size_field];
    for (uint32_t j = 0; j < structure->field_count; j++)
        to->slot[structure->fields[j]] = from->slot[structure->fields[j]];
}

/* Takes each structure that `described` lacks from the first row, from `first` on, that has it; says how
 * many. */
static size_t add_rows(const struct sources *s, struct exu_layout *layout,
                       const struct exu_description *described, size_t first)
{
    size_t added = 0;
    for (size_t i = 0; i < s->structures->len; i++) {
        if (described && described[i].size)
            continue;
        for (size_t r = 0; r < s->row_count; r++) {
            const struct exu_row *row = s->rows[(first + r) % s->row_count];
            if (row->found[i].size) {
                copy_structure(&s->structures->items[i], layout, &row->layout);
                added++;
                break;
            }
        }
    }
    return added;
}

/* ---- choosing ---- */

struct attempt {
    char first_reason[EXU_REASON], first_source[sizeof((struct exu_python *)0)->layout_detail];
    unsigned rejected;
    /* What holds, but not in all: it serves when nothing else holds better. Its memory may be damaged, or it
     * is a neighbouring version's. */
    struct exu_python *doubtful;
    struct exu_proof doubt;
    char doubt_reason[EXU_REASON];
};

static void note_first(const struct exu_python *python, struct attempt *attempt, const char *reason)
{
    if (attempt->rejected++)
        return;
    snprintf(attempt->first_reason, sizeof attempt->first_reason, "%s", reason);
    snprintf(attempt->first_source, sizeof attempt->first_source, "%s", python->layout_detail);
}

static bool reject(const struct exu_python *python, struct attempt *attempt, struct exu_anomalies *anomalies,
                   const char *reason)
{
    if (!attempt->doubtful) /* else what is tried may do better, and need not */
        exu_anomaly_add(anomalies, python->runtime, "layout-rejected", "%s: %s", python->layout_detail,
                        reason);
    note_first(python, attempt, reason);
    return false;
}

/* False: there is no memory to put it aside. */
static bool put_aside(const struct exu_python *python, struct attempt *attempt, const struct exu_proof *proof,
                      const char *reason)
{
    if (attempt->doubtful && attempt->doubt.broken <= proof->broken)
        return true;
    if (!attempt->doubtful && !(attempt->doubtful = malloc(sizeof *attempt->doubtful)))
        return false;
    *attempt->doubtful = *python;
    attempt->doubt = *proof;
    snprintf(attempt->doubt_reason, sizeof attempt->doubt_reason, "%s", reason);
    note_first(python, attempt, reason);
    return true;
}

static void say_doubts(const struct exu_python *python, const struct exu_proof *proof, const char *reason,
                       struct exu_anomalies *anomalies)
{
    if (proof->broken || proof->unreadable)
        exu_anomaly_add(anomalies, python->runtime, "layout-doubtful",
                        "%s: %u checks held, %u did not, %u could not be made%s%s", python->layout_detail,
                        proof->held, proof->broken, proof->unreadable, proof->broken ? ": " : "",
                        proof->broken ? reason : "");
}

static bool holds(struct exu_python *python, struct attempt *attempt, struct exu_anomalies *anomalies)
{
    char reason[EXU_REASON];
    struct exu_proof proof = {0};
    if (!exu_layout_validate(&python->layout, &python->strategy, reason))
        return reject(python, attempt, anomalies, reason);
    struct exu_gc_place place;
    python->generations = 0;
    exu_gc_place(python, 0, &place);
    if (python->strategy.gc_place == EXU_PLACE_STATIC && !place.generations)
        python->generations = exu_generations_scan(python);
    if (!exu_layout_prove(python, &proof, reason))
        return reject(python, attempt, anomalies, reason);
    if (proof.broken && put_aside(python, attempt, &proof, reason))
        return false;
    if (attempt->doubtful && proof.held < attempt->doubt.held) /* it was not put to the same proof */
        return false;
    say_doubts(python, &proof, reason, anomalies);
    return true;
}

/* Tries the rows, the nearest first; with `offsets`, under what the runtime says of itself. */
static bool choose_row(struct sources *s, struct exu_python *python, const struct exu_debug_offsets *offsets,
                       struct attempt *attempt, struct exu_anomalies *anomalies)
{
    for (size_t r = 0; r < s->row_count; r++) {
        memset(&python->layout, 0, sizeof python->layout);
        add_rows(s, &python->layout, NULL, r);
        size_t elsewhere = offsets ? exu_debug_offsets_apply(offsets, &python->layout) : 0;
        python->layout_source = offsets ? "debug-offsets" : "table";
        int n =
            offsets
                ? snprintf(python->layout_detail, sizeof python->layout_detail,
                           "_Py_DebugOffsets of the process (%zu fields lie elsewhere than in the row); the "
                           "rest from row %s",
                           elsewhere, s->rows[r]->name)
                : snprintf(python->layout_detail, sizeof python->layout_detail, "row %s", s->rows[r]->name);
        if (attempt->rejected && n > 0 && (size_t)n < sizeof python->layout_detail)
            snprintf(python->layout_detail + n, sizeof python->layout_detail - (size_t)n,
                     "; rejected: %.100s: %.100s", attempt->first_source, attempt->first_reason);
        if (holds(python, attempt, anomalies))
            return true;
    }
    return false;
}

static bool choose_layout(struct sources *s, struct exu_python *python,
                          const struct exu_interpreter_image *interpreter, struct attempt *attempt,
                          struct exu_anomalies *anomalies)
{
    if (*interpreter->offsets_reason)
        exu_anomaly_add(anomalies, python->runtime, "layout-rejected", "%s", interpreter->offsets_reason);
    bool held =
        (dwarf_layout(s, python, anomalies) && holds(python, attempt, anomalies)) ||
        (interpreter->offsets.count && choose_row(s, python, &interpreter->offsets, attempt, anomalies)) ||
        choose_row(s, python, NULL, attempt, anomalies);
    if (!attempt->doubtful)
        return held;
    if (held) {
        exu_anomaly_add(anomalies, python->runtime, "layout-rejected", "%s: %s",
                        attempt->doubtful->layout_detail, attempt->doubt_reason);
    } else {
        *python = *attempt->doubtful;
        say_doubts(python, &attempt->doubt, attempt->doubt_reason, anomalies);
    }
    free(attempt->doubtful);
    attempt->doubtful = NULL;
    return true;
}

static struct exu_error *try_image(struct exu_python *python, const struct exu_interpreter_image *interpreter,
                                   struct attempt *attempt, struct exu_anomalies *anomalies, bool *ret_held)
{
    struct sources sources = {0};
    struct exu_error *error = exu_structures_create(&sources.structures);
    if (!error)
        error = load_rows(&sources, interpreter);
    if (!error && !(sources.found = calloc(sources.structures->len + 1, sizeof *sources.found)))
        error = exu_error_memory();
    if (!error) {
        python->image = interpreter->image;
        python->version_hex = interpreter->version_hex;
        memcpy(python->version, interpreter->version, sizeof python->version);
        python->build = interpreter->debug ? "debug" : "release";
        python->runtime = interpreter->runtime;
        python->type_type = interpreter->type_type;
        python->none = interpreter->none;
        python->interpreters_head = interpreter->interpreters_head;
        exu_strategy_choose(&python->strategy, python->version_hex);
        *ret_held = choose_layout(&sources, python, interpreter, attempt, anomalies);
    }
    sources_deinit(&sources);
    return error;
}

/* ---- errors ---- */

static struct exu_error *no_python(const struct exu_core *core)
{
    const struct exu_image *gone = NULL; /* an interpreter by its name, of which nothing could be read */
    size_t named = 0;                    /* the vdso has no file */
    for (size_t i = 0; i < core->image_count; i++) {
        bool free_threaded;
        named += core->images[i].path[0] == '/';
        if (!core->images[i].local_path && exu_version_of_path(core->images[i].path, &free_threaded) && !gone)
            gone = &core->images[i];
    }
    if (named == 0)
        return exu_error_new(
            EXU_ERROR_INPUT,
            "%s: no CPython in the process: the core names no mapped file; its notes are cut off (gcore writes them "
            "last) or were never written; take a whole core",
            core->name);
    if (gone && gone->mismatch)
        return exu_error_new(
            EXU_ERROR_INPUT,
            "%s: no CPython in the process could be read: %s; say where its file is with --exe or "
            "--sysroot",
            core->name, gone->mismatch);
    if (gone)
        return exu_error_new(
            EXU_ERROR_INPUT,
            "%s: no CPython in the process could be read: %s is not on this machine; say where it is "
            "with --exe or --sysroot",
            core->name, gone->path);
    return exu_error_new(EXU_ERROR_INPUT,
                         "%s: no CPython in the process: none of its %zu mapped files exports _PyRuntime or "
                         "_PyThreadState_Current; if "
                         "the "
                         "interpreter's file is not on this machine, say --exe or --sysroot",
                         core->name, named);
}

/* Why an interpreter can't be read by this build, into `text`; false = it can. */
static bool objection(const struct exu_interpreter_image *i, char text[EXU_REASON])
{
    const char *why = NULL;
    if (i->free_threaded)
        why = "it is a free-threaded build, whose objects have another head and lie in mimalloc's heaps; "
              "this version "
              "of exuvia reads those with the GIL";
    else if (!exu_version_is_open(i->version_hex)) {
        snprintf(text, EXU_REASON, "this version of exuvia reads %s", exu_versions_open());
        return true;
    } else if (i->trace_refs && !exu_debug_builds_are_open())
        why = "it is built with Py_TRACE_REFS, and this version of exuvia reads release builds";
    else if (i->debug && !exu_debug_builds_are_open())
        why = "it is a debug build (Py_DEBUG), and this version of exuvia reads release builds";
    else if (!i->type_type)
        why = "it does not export PyType_Type";
    if (why)
        snprintf(text, EXU_REASON, "%s", why);
    return why != NULL;
}

static struct exu_error *refusal(const struct exu_core *core, const struct exu_interpreter_image *i)
{
    char why[EXU_REASON] = "";
    objection(i, why);
    return exu_error_new(EXU_ERROR_INPUT, "%s: CPython%s%s was found in %s; %s", core->name,
                         *i->version ? " " : "", i->version, i->image->path ? i->image->path : "the process",
                         why);
}

/* ---- for a pack ---- */

static struct exu_error *describe(struct exu_described *ret, const struct exu_core *core,
                                  const struct exu_interpreter_image *interpreter)
{
    struct sources s = {0};
    struct exu_row *row = calloc(1, sizeof *row);
    struct exu_error *error = row ? exu_structures_create(&s.structures) : exu_error_memory();
    if (!error)
        error = load_rows(&s, interpreter);
    if (!error && !(s.found = calloc(s.structures->len + 1, sizeof *s.found)))
        error = exu_error_memory();
    if (!error)
        ret->path = read_dwarf(&s, core, interpreter->image, &row->layout);
    if (!error && ret->path) {
        uint32_t hex = interpreter->version_hex;
        snprintf(row->version, sizeof row->version, "%u.%u.%u", hex >> 24, hex >> 16 & 255, hex >> 8 & 255);
        snprintf(row->vendor, sizeof row->vendor, "dwarf");
        row->found = s.found;
        exu_row_write(&ret->text, row, s.structures);
        if (ret->text.failed)
            error = exu_error_memory();
    }
    free(row);
    sources_deinit(&s);
    return error;
}

static struct exu_error *find_interpreters(struct exu_interpreter_image found[EXU_INTERPRETERS_MAX], size_t *ret_count,
                                           bool *ret_searched, const struct exu_core *core)
{
    *ret_count = exu_interpreter_images(found, core);
    for (size_t i = 0; i < *ret_count; i++)
        EXU_TRY(exu_interpreter_scan_head(&found[i], core));
    *ret_searched = *ret_count == 0;
    return *ret_searched ? exu_interpreter_scan(found, ret_count, core) : NULL;
}

struct exu_error *exu_python_describe(struct exu_described found[EXU_DESCRIBED_MAX], size_t *ret_count,
                                      const struct exu_core *core)
{
    _Static_assert(EXU_DESCRIBED_MAX == EXU_INTERPRETERS_MAX, "one each");
    struct exu_interpreter_image images[EXU_INTERPRETERS_MAX];
    size_t count;
    bool searched;
    *ret_count = 0;
    EXU_TRY(find_interpreters(images, &count, &searched, core));
    for (size_t i = 0; i < count; i++) {
        struct exu_described *d = &found[(*ret_count)++];
        struct exu_strategy strategy = {0};
        exu_strategy_choose(&strategy, images[i].version_hex);
        *d = (struct exu_described){.image = images[i].image,
                                    .reads_code = strategy.interpreters_place == EXU_PLACE_STATIC};
        if (!core->origin) {
            EXU_TRY(describe(d, core, &images[i]));
            continue;
        }
        size_t size;
        const char *text = exu_image_packed_layout(core, d->image, &size, &d->path);
        if (text)
            exu_text_add(&d->text, text, size);
    }
    return NULL;
}

/* ---- */

/* By its path, or by its file's name. */
static bool is_chosen(const struct exu_image *image, const char *chosen)
{
    const char *slash = strrchr(image->path, '/');
    return strcmp(image->path, chosen) == 0 || (slash && strcmp(slash + 1, chosen) == 0);
}

/* Puts the interpreter that is meant in front. */
static struct exu_error *choose(struct exu_interpreter_image *found, size_t count, const char *chosen, const struct exu_core *core)
{
    struct exu_text names = {0};
    for (size_t i = 0; chosen && i < count; i++) {
        if (is_chosen(found[i].image, chosen)) {
            struct exu_interpreter_image meant = found[i];
            memmove(found + 1, found, i * sizeof *found);
            found[0] = meant;
            exu_text_deinit(&names);
            return NULL;
        }
        exu_text_printf(&names, "%s%s", i ? ", " : "", found[i].image->path);
    }
    if (!chosen || !count) /* none at all is told as ever */
        return NULL;
    struct exu_error *error = exu_error_new(EXU_ERROR_INPUT, "%s: no interpreter of it is called %s; it has %s", core->name, chosen,
                                            names.data ? names.data : "");
    exu_text_deinit(&names);
    return error;
}

struct exu_error *exu_python_find(struct exu_python **ret, const struct exu_core *core, const char *chosen,
                                  struct exu_anomalies *anomalies)
{
    struct exu_interpreter_image found[EXU_INTERPRETERS_MAX];
    size_t count;
    bool searched;
    char why[EXU_REASON];
    EXU_TRY(find_interpreters(found, &count, &searched, core));
    if (searched && count)
        exu_anomaly_add(anomalies, found[0].runtime, "interpreter-searched",
                        "no file exports an interpreter's symbols; it was found by %s",
                        found[0].offsets.count ? "the mark of its debug offsets" : "its structure");
    EXU_TRY(choose(found, count, chosen, core));
    if (chosen && count && objection(&found[0], why))
        return refusal(core, &found[0]);
    const struct exu_interpreter_image *refused = NULL, *tried = NULL;
    struct attempt attempt = {0};
    struct exu_python *python = NULL;
    for (size_t i = 0; i < count; i++) {
        uint64_t unused;
        if (objection(&found[i], why)) {
            refused = refused ? refused : &found[i];
            continue;
        }
        if (python) { /* an embedder with two interpreters: the objects of one are listed, and it is said
                         which */
            exu_anomaly_add(anomalies, found[i].runtime, "several-interpreters",
                            "%s is an interpreter too; %s was read (--libpython FILE chooses)", found[i].image->path,
                            python->image->path);
            continue;
        }
        tried = &found[i];
        /* 2.7 and 3.6 have no _PyRuntime */
        if (!exu_memory_u64(core->memory, found[i].runtime ? found[i].runtime : found[i].type_type, &unused))
            continue;
        bool held = false;
        python = calloc(1, sizeof *python);
        if (!python)
            return exu_error_memory();
        python->core = core;
        struct exu_error *error = try_image(python, &found[i], &attempt, anomalies, &held);
        if (error || !held) {
            exu_python_destroy(python);
            python = NULL;
        }
        if (error)
            return error;
    }
    if (python) {
        *ret = python;
        return NULL;
    }
    if (attempt.rejected)
        return exu_error_new(
            EXU_ERROR_INPUT,
            "%s: no known layout holds for CPython %s in %s: %s: %s; install the interpreter's debug "
            "files or say --debug-dir",
            core->name, tried->version, tried->image->path, attempt.first_source, attempt.first_reason);
    if (tried)
        return exu_error_new(EXU_ERROR_INPUT,
                             "%s: the state of CPython %s (_PyRuntime at %#" PRIx64
                             ") is not in the core; it was cut "
                             "short or filtered",
                             core->name, tried->version, tried->runtime);
    return refused ? refusal(core, refused) : no_python(core);
}

void exu_python_destroy(struct exu_python *python)
{
    free(python);
}
