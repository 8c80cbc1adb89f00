#include "load/pack.h"

#include "base/newfile.h"
#include "core/pack.h"
#include "load/stored.h"
#include "layout/layout.h"
#include <stdio.h>
#include <string.h>
#include <time.h>

struct packing {
    struct exu_core *core;
    struct exu_anomalies anomalies;
    struct exu_progress progress;
    struct exu_newfile file;
    struct exu_fetch *fetch; /* NULL: nobody is asked for missing files */
    struct exu_described described[EXU_DESCRIBED_MAX];
    size_t described_count;
    struct exu_stored incident;
    char python_version[sizeof((struct exu_python *)0)->version];
};

/* Whether it is worth packing: a core that can't be loaded is refused in the same words. */
static struct exu_error *check_python(struct packing *p)
{
    struct exu_python *python = NULL;
    struct exu_anomalies ignored;
    exu_anomalies_init(&ignored);
    struct exu_error *error = exu_python_find(&python, p->core, NULL, &ignored);
    exu_anomalies_deinit(&ignored);
    if (!error)
        memcpy(p->python_version, python->version, sizeof p->python_version);
    exu_python_destroy(python);
    return error;
}

static struct exu_error *write(struct packing *p, struct exu_pack_sizes *sizes)
{
    struct exu_pack_layout layouts[EXU_DESCRIBED_MAX];
    struct exu_pack_interpreter interpreters[EXU_DESCRIBED_MAX];
    size_t count = 0;
    for (size_t i = 0; i < p->described_count; i++) {
        const struct exu_described *d = &p->described[i];
        interpreters[i] = (struct exu_pack_interpreter){d->image, d->reads_code};
        if (d->path)
            layouts[count++] = (struct exu_pack_layout){d->image, d->path, d->text.data ? d->text.data : "", d->text.len};
    }
    struct exu_packing packing = {.anomalies = &p->anomalies,
                                  .layouts = layouts,
                                  .layout_count = count,
                                  .interpreters = interpreters,
                                  .interpreter_count = p->described_count,
                                  .schema_version = EXUVIA_SCHEMA_VERSION,
                                  .python_version = p->python_version[0] ? p->python_version : NULL,
                                  .progress = &p->progress};
    exu_progress_phase(&p->progress, "packing");
    return exu_core_pack(p->core, &packing, p->file.fd, p->file.path, sizes);
}

static struct exu_error *pack(struct packing *p, const char *core_path, const struct exu_load_options *options,
                              struct exu_pack_sizes *sizes)
{
    struct exu_core_options with_progress = options->core;
    with_progress.progress = &p->progress;
    with_progress.coredump = &p->incident.coredump;
    EXU_TRY(exu_stored_begin(&p->incident, core_path, options));
    if (options->debuginfod)
        EXU_TRY(exu_fetch_open(&p->fetch, &p->progress));
    with_progress.fetch = p->fetch;
    EXU_TRY(exu_newfile_create(&p->file, options->output, options->force));
    char sandbox[EXU_SANDBOX_TEXT];
    exu_load_enter_sandbox(options, options->output, sandbox);
    EXU_TRY(exu_stored_read(&p->incident, options));
    exu_progress_phase(&p->progress, "reading the core");
    EXU_TRY(exu_core_open(&p->core, core_path, &with_progress, &p->anomalies));
    exu_progress_phase(&p->progress, "finding the interpreter");
    EXU_TRY(check_python(p));
    EXU_TRY(exu_python_describe(p->described, &p->described_count, p->core));
    EXU_TRY(write(p, sizes));
    return exu_newfile_finish(&p->file);
}

static void summarize(const struct packing *p, const struct exu_pack_sizes *sizes, struct exu_pack_summary *s)
{
    s->core_bytes = sizes->core;
    s->file_bytes = sizes->file;
    s->from_files = sizes->from_files;
    s->images = p->core->image_count;
    for (size_t i = 0; i < p->core->image_count && !p->core->origin; i++)
        s->absent += !p->core->images[i].local_path;
    exu_load_notice(&p->anomalies, s->notice, sizeof s->notice);
}

struct exu_error *exu_pack(const char *core_path, const struct exu_load_options *options,
                           struct exu_pack_summary *ret)
{
    struct timespec start, now;
    struct packing p = {.file = {.fd = -1}};
    struct exu_pack_sizes sizes = {0};
    struct exu_pack_summary summary = {0};
    clock_gettime(CLOCK_MONOTONIC, &start);
    if (!options->output)
        return exu_error_new(EXU_ERROR_USAGE, "%s: say where to write the pack, with -o FILE", core_path);
    EXU_TRY(exu_load_check_output(core_path, options->output));
    exu_anomalies_init(&p.anomalies);
    exu_progress_init(&p.progress, options->progress);
    struct exu_error *error = pack(&p, core_path, options, &sizes);
    exu_progress_done(&p.progress);
    if (!error)
        summarize(&p, &sizes, &summary);
    for (size_t i = 0; i < p.described_count; i++)
        exu_text_deinit(&p.described[i].text);
    exu_newfile_deinit(&p.file);
    exu_core_close(p.core);
    exu_fetch_close(p.fetch);
    exu_stored_end(&p.incident);
    exu_anomalies_deinit(&p.anomalies);
    clock_gettime(CLOCK_MONOTONIC, &now);
    summary.seconds = (double)(now.tv_sec - start.tv_sec) + (double)(now.tv_nsec - start.tv_nsec) / 1e9;
    if (!error)
        *ret = summary;
    return error;
}
