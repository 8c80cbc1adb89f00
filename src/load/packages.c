#include "load/packages.h"

#include "store/json.h"
#include <stdio.h>
#include <string.h>

#define NOTE_MOST 4096u                 /* bytes of one note; real ones have two hundred */
#define ALL_MOST ((size_t)16 << 20)     /* of all of them */
#define FIELD_MOST 256u

enum field { FIELD_TYPE, FIELD_NAME, FIELD_VERSION, FIELD_ARCHITECTURE, FIELD_OS, FIELD_OS_VERSION, FIELD_OS_CPE, FIELD_URL, FIELD_COUNT };
static const char *const names[FIELD_COUNT] = {
    [FIELD_TYPE] = "$.type",       [FIELD_NAME] = "$.name",
    [FIELD_VERSION] = "$.version", [FIELD_ARCHITECTURE] = "$.architecture",
    [FIELD_OS] = "$.os",           [FIELD_OS_VERSION] = "$.osVersion",
    [FIELD_OS_CPE] = "$.osCpe",    [FIELD_URL] = "$.debugInfoUrl",
};

/* 'python3.12 3.12.1-2.fc39 (rpm)' as a row of meta. */
static struct exu_error *write_fact(struct exu_store *store, const char *key, const char *const *fields)
{
    char text[3 * FIELD_MOST + 8];
    snprintf(text, sizeof text, "%s%s%s%s%s%s", fields[FIELD_NAME], fields[FIELD_VERSION] ? " " : "",
             fields[FIELD_VERSION] ? fields[FIELD_VERSION] : "", fields[FIELD_TYPE] ? " (" : "",
             fields[FIELD_TYPE] ? fields[FIELD_TYPE] : "", fields[FIELD_TYPE] ? ")" : "");
    return EXU_ROW(store, EXU_TABLE_META, exu_cell_text(key), exu_cell_text(text));
}

static struct exu_error *write_package(struct exu_process *p, struct exu_store *store, const struct exu_image *image, const char *note,
                                       uint64_t *id, struct exu_bump *bump)
{
    const char *fields[FIELD_COUNT];
    bool object;
    EXU_TRY(exu_json_fields(store, note, names, FIELD_COUNT, FIELD_MOST, bump, fields, &object));
    if (!object || !fields[FIELD_NAME]) {
        exu_anomaly_add(&p->anomalies, image->start, "bad-note", "the package note of %.256s is no JSON that names a package; ignored",
                        image->path);
        return NULL;
    }
    if (image == p->python->image)
        EXU_TRY(write_fact(store, "python_package", fields));
    if (image->is_executable)
        EXU_TRY(write_fact(store, "executable_package", fields));
    return EXU_ROW(store, EXU_TABLE_PACKAGE, exu_cell_id(++*id), exu_cell_text(image->path), exu_cell_text(image->build_id),
                   exu_cell_text(fields[FIELD_TYPE]), exu_cell_text(fields[FIELD_NAME]), exu_cell_text(fields[FIELD_VERSION]),
                   exu_cell_text(fields[FIELD_ARCHITECTURE]), exu_cell_text(fields[FIELD_OS]), exu_cell_text(fields[FIELD_OS_VERSION]),
                   exu_cell_text(fields[FIELD_OS_CPE]), exu_cell_text(fields[FIELD_URL]));
}

struct exu_error *exu_packages_write(struct exu_process *process, struct exu_store *store)
{
    struct exu_bump bump = {0};
    struct exu_error *error = NULL;
    uint64_t id = 0;
    size_t all = 0;
    for (size_t i = 0; i < process->core->image_count && !error; i++) {
        const struct exu_image *image = &process->core->images[i];
        const char *note = exu_image_package(process->core, image);
        size_t length = note ? strlen(note) : 0;
        all += length;
        if (length > NOTE_MOST || all > ALL_MOST)
            exu_anomaly_add(&process->anomalies, image->start, "bad-note", "the package note of %.256s has %zu bytes; ignored",
                            image->path, length);
        else if (note)
            error = write_package(process, store, image, note, &id, &bump);
    }
    exu_bump_deinit(&bump);
    return error;
}
