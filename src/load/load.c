#include "load/audit.h"
#include "load/load.h"
#include "base/tempfile.h"
#include "core/pack.h"
#include "load/awaits.h"
#include "load/circumstances.h"
#include "load/contents.h"
#include "load/cycles.h"
#include "load/frames.h"
#include "load/stored.h"
#include "load/ledger.h"
#include "load/objects.h"
#include "load/packages.h"
#include "load/paths.h"
#include "load/pieces.h"
#include "load/process.h"
#include "load/roots.h"

#include <inttypes.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>

static double seconds_since(const struct timespec *start)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - start->tv_sec) + (double)(now.tv_nsec - start->tv_nsec) / 1e9;
}

static uint64_t lost_bytes(const struct exu_process *p)
{
    uint64_t lost = 0;
    for (size_t i = 0; i < p->memory->segment_count; i++) {
        const struct exu_segment *s = &p->memory->segments[i];
        /* What was never readable, or is another's file to the letter, is no loss of the dump's. */
        if (s->backing == EXU_BACKING_ABSENT && s->perms & EXU_PERM_W)
            lost += s->end - s->start;
    }
    return lost;
}

/* As PYTHONMALLOC names them. */
static const char *allocator_name(const struct exu_process *p)
{
    if (p->pymalloc->arena_count)
        return p->pymalloc->debug ? "pymalloc_debug" : "pymalloc";
    if (p->pymalloc->debug)
        return "malloc_debug";
    return p->malloc->name ? p->malloc->name : "malloc";
}

/* The message of the first anomaly of that kind, or NULL. */
static const char *message_of(const struct exu_anomalies *anomalies, const char *kind)
{
    for (size_t i = 0; i < anomalies->len; i++)
        if (strcmp(anomalies->items[i].kind, kind) == 0)
            return anomalies->items[i].message;
    return NULL;
}

static struct exu_error *write_meta(const struct exu_process *p, struct exu_store *store,
                                    const struct exu_load_summary *summary, const char *sandbox)
{
    const struct exu_core *core = p->core;
    struct stat status = {0};
    const struct exu_core_origin *origin = core->origin;
    stat(core->name, &status);
    const struct {
        const char *key;
        struct exu_cell value;
    } rows[] = {
        {"schema_version", exu_cell_integer(EXU_SCHEMA_VERSION)},
        {"exuvia_version", exu_cell_text(EXU_VERSION)},
        {"input_name", exu_cell_text(core->name)},
        {"input_bytes", exu_cell_integer((int64_t)core->input_bytes)},
        {"input_mtime_ns",
         exu_cell_integer((int64_t)status.st_mtim.tv_sec * 1000000000 + (int64_t)status.st_mtim.tv_nsec)},
        {"input_format", exu_cell_text(exu_core_format_name(core))},
        {"packed_name", exu_cell_text(origin ? origin->name : NULL)},
        {"packed_bytes", origin ? exu_cell_integer((int64_t)origin->bytes) : exu_cell_null()},
        {"packed_format", exu_cell_text(origin ? origin->format : NULL)},
        {"packed_by", exu_cell_text(origin ? origin->exuvia_version : NULL)},
        {"snapshot_time", core->snapshot.taken ? exu_cell_integer((int64_t)core->snapshot.time) : exu_cell_null()},
        {"snapshot_pause_us", core->snapshot.taken ? exu_cell_integer((int64_t)core->snapshot.pause_us) : exu_cell_null()},
        {"snapshot_torn", core->snapshot.taken ? exu_cell_integer(core->snapshot.torn) : exu_cell_null()},
        {"arch", exu_cell_text("x86_64")},
        {"python_version", exu_cell_text(p->python->version)},
        {"python_build", exu_cell_text(p->python->build)},
        {"layout_source", exu_cell_text(p->python->layout_source)},
        {"layout_detail", exu_cell_text(p->python->layout_detail)},
        {"allocator", exu_cell_text(allocator_name(p))},
        {"c_allocator", exu_cell_text(p->malloc->name)},
        {"pid", exu_cell_id(core->pid)},
        {"signal", exu_cell_id((uint64_t)core->signal)},
        {"executable", exu_cell_text(core->executable)},
        {"arguments", exu_cell_text(core->arguments)},
        {"objects", exu_cell_integer((int64_t)summary->objects)},
        {"references", exu_cell_integer((int64_t)summary->references)},
        {"anomalies", exu_cell_integer((int64_t)summary->anomalies)},
        {"lost_bytes", exu_cell_integer((int64_t)summary->lost_bytes)},
        {"sandbox", exu_cell_text(sandbox)},
        {"degraded", exu_cell_text(message_of(&p->anomalies, "files-absent"))},
    };
    for (size_t i = 0; i < EXU_COUNT(rows); i++)
        EXU_TRY(EXU_ROW(store, EXU_TABLE_META, exu_cell_text(rows[i].key), rows[i].value));
    return NULL;
}

static void note_torn(struct exu_process *p)
{
    if (p->core->snapshot.torn)
        exu_anomaly_add(&p->anomalies, 0, "torn",
                        "the snapshot was taken while the process ran: what it changed meanwhile contradicts itself");
    if (p->core->snapshot.unread)
        exu_anomaly_add(&p->anomalies, 0, "unread", "%" PRIu64 " bytes could not be read when the snapshot was taken, and are zeros here",
                        p->core->snapshot.unread);
}

static struct exu_error *write_anomalies(const struct exu_process *p, struct exu_store *store)
{
    const struct exu_anomalies *a = &p->anomalies;
    size_t id = 0;
    for (size_t i = 0; i < a->len; i++)
        EXU_TRY(
            EXU_ROW(store, EXU_TABLE_ANOMALY, exu_cell_id(++id),
                    a->items[i].address ? exu_cell_integer((int64_t)a->items[i].address) : exu_cell_null(),
                    exu_cell_text(a->items[i].kind), exu_cell_text(a->items[i].message)));
    for (size_t i = 0; i < a->kind_count; i++) {
        char text[96];
        if (a->kinds[i].count <= EXU_ANOMALY_KEEP)
            continue;
        snprintf(text, sizeof text, "and %" PRIu64 " more of this kind",
                 a->kinds[i].count - EXU_ANOMALY_KEEP);
        EXU_TRY(EXU_ROW(store, EXU_TABLE_ANOMALY, exu_cell_id(++id), exu_cell_null(),
                        exu_cell_text(a->kinds[i].kind), exu_cell_text(text)));
    }
    return NULL;
}

/* EXUVIA_TIMES=1: where the time goes, and how much memory was taken at most until then, for those who make it faster.
 * What was read of the core counts as memory, too. */
static void lap(const char *phase, const struct timespec *start)
{
    if (!getenv("EXUVIA_TIMES"))
        return;
    struct rusage usage = {0};
    getrusage(RUSAGE_SELF, &usage);
    fprintf(stderr, "%8.3f s %8.1f MB  %s\n", seconds_since(start), (double)usage.ru_maxrss / 1024, phase);
}

void exu_load_notice(const struct exu_anomalies *anomalies, char *text, size_t size)
{
    static const char *const kinds[] = {"build-id-mismatch", "truncated", "damaged", "bad-pack", "unverified-file", "files-absent"};
    *text = 0;
    for (size_t i = 0; i < EXU_COUNT(kinds) && !*text; i++) {
        const char *message = message_of(anomalies, kinds[i]);
        if (message)
            snprintf(text, size, "%s", message);
    }
}

static struct exu_error *write_all(struct exu_process *p, struct exu_store *store, struct exu_facts *facts,
                                   struct exu_paths *paths, struct exu_frame_table *frames,
                                   struct exu_owners *owners, struct exu_garbage *garbage,
                                   struct exu_retained *retained, struct exu_load_summary *summary,
                                   const char *sandbox, const struct timespec *start)
{
    exu_progress_phase(&p->progress, "following references");
    EXU_TRY(exu_references_write(p, store, facts));
    lap("references", start);
    EXU_TRY(exu_contents_write(p, store));
    lap("contents", start);
    summary->references = facts->references;
    exu_progress_phase(&p->progress, "frames and roots");
    exu_model_pass(p->model);
    EXU_TRY(exu_frames_collect(p, facts, frames));
    EXU_TRY(exu_frames_write(p, facts, frames, store));
    exu_model_pass(p->model);
    EXU_TRY(exu_awaits_write(p, facts, store));
    EXU_TRY(exu_paths_create(paths, p->count));
    lap("frames", start);
    EXU_TRY(exu_cycles_find(p, facts, garbage));
    lap("garbage", start);
    exu_model_pass(p->model);
    EXU_TRY(exu_roots_write(p, facts, frames, garbage, paths, store));
    lap("roots, paths", start);
    EXU_TRY(exu_audit_write(p, facts, store));
    lap("audit", start);
    EXU_TRY(exu_pieces_write(p, facts, paths, store));
    lap("pieces", start);
    exu_progress_phase(&p->progress, "attributing blocks");
    EXU_TRY(exu_owners_find(p, facts, owners));
    exu_model_pass(p->model);
    EXU_TRY(exu_cycles_write(p, facts, paths, garbage, store));
    lap("owners, cycles", start);
    exu_progress_phase(&p->progress, "dominators");
    EXU_TRY(exu_retained_find(p, facts, paths, frames, retained));
    lap("dominators", start);
    EXU_TRY(exu_retained_write(p, facts, frames, retained, store));
    lap("groups written", start);
    exu_progress_phase(&p->progress, "writing objects");
    exu_model_pass(p->model);
    EXU_TRY(exu_objects_write(p, facts, paths, retained, store));
    lap("objects", start);
    EXU_TRY(exu_heaps_write(p, owners, store));
    EXU_TRY(exu_ledger_write(p, owners, store));
    EXU_TRY(exu_mappings_write(p, store));
    note_torn(p);
    exu_circumstances_compare(p);
    EXU_TRY(exu_packages_write(p, store));
    EXU_TRY(write_anomalies(p, store));
    lap("heaps, ledger", start);
    summary->anomalies = exu_anomaly_total(&p->anomalies);
    summary->lost_bytes = lost_bytes(p);
    exu_load_notice(&p->anomalies, summary->notice, sizeof summary->notice);
    EXU_TRY(exu_circumstances_write(p, store));
    return write_meta(p, store, summary, sandbox);
}

/* With the process out of memory already: sorting wants some. */
static struct exu_error *finish(struct exu_store **store, struct exu_error *(*last)(struct exu_store *store),
                                struct exu_progress *progress, struct exu_load_summary *summary,
                                const struct timespec *start)
{
    exu_progress_phase(progress, "indexing");
    EXU_TRY(exu_store_index(*store));
    lap("indexes", start);
    if (last) {
        exu_progress_phase(progress, "looking for suspects");
        EXU_TRY(last(*store));
        lap("suspects", start);
    }
    summary->seconds = seconds_since(start);
    EXU_TRY(EXU_ROW(*store, EXU_TABLE_META, exu_cell_text("load_seconds"), exu_cell_real(summary->seconds)));
    struct exu_store *whole = *store;
    *store = NULL;
    EXU_TRY(exu_store_finish(whole));
    lap("done", start);
    return NULL;
}

struct exu_error *exu_load_check_output(const char *core, const char *output)
{
    struct stat a, b;
    if (stat(core, &a) == 0 && stat(output, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino)
        return exu_error_new(EXU_ERROR_USAGE, "%s: is the core itself; name another file with -o", output);
    return NULL;
}

void exu_load_enter_sandbox(const struct exu_load_options *options, const char *output,
                            char ret_text[static EXU_SANDBOX_TEXT])
{
    char folder[4096];
    snprintf(ret_text, EXU_SANDBOX_TEXT, "none: switched off");
    if (options->no_sandbox)
        return;
    snprintf(folder, sizeof folder, "%s", output);
    struct exu_sandbox sandbox = {.output_folder = dirname(folder),
                                  .folders = {exu_tempfile_folder(options->core.temporary_dir)}};
    exu_sandbox_enter(&sandbox, ret_text);
}

struct exu_error *exu_load(const char *core_path, const struct exu_load_options *options,
                           struct exu_load_summary *ret_summary)
{
    struct timespec start;
    clock_gettime(CLOCK_MONOTONIC, &start);
    struct exu_load_summary summary = {0};
    if (!options->output && strcmp(core_path, "-") == 0)
        return exu_error_new(EXU_ERROR_USAGE, "-: standard input has no name; say what the database is called, with -o DB");
    int length = options->output ? snprintf(summary.database, sizeof summary.database, "%s", options->output)
                                 : snprintf(summary.database, sizeof summary.database, "%s.db", core_path);
    if (length < 0 || (size_t)length >= sizeof summary.database)
        return exu_error_new(EXU_ERROR_USAGE,
                             "%s: the name of the database is too long; give a shorter one with -o",
                             core_path);

    EXU_TRY(exu_load_check_output(core_path, summary.database));
    struct exu_process *process = calloc(1, sizeof *process);
    if (!process)
        return exu_error_memory();
    struct exu_store *store = NULL;
    struct exu_facts facts = {0};
    struct exu_paths paths = {0};
    struct exu_frame_table frames = {0};
    struct exu_owners owners = {0};
    struct exu_garbage garbage = {0};
    struct exu_retained retained = {0};
    exu_anomalies_init(&process->anomalies);
    exu_progress_init(&process->progress, options->progress);

    /* The output first: nobody should wait for a name that is taken. */
    struct exu_core_options core = options->core;
    struct exu_stored incident;
    struct exu_error *error = exu_stored_begin(&incident, core_path, options);
    core.coredump = &incident.coredump;
    if (!error && options->debuginfod)
        error = exu_fetch_open(&core.fetch, &process->progress);
    if (!error)
        error = exu_store_create(&store, summary.database, options->force);
    char sandbox[EXU_SANDBOX_TEXT];
    if (!error)
        exu_load_enter_sandbox(options, summary.database, sandbox);
    if (!error)
        error = exu_stored_read(&incident, options);
    if (!error)
        error = exu_process_open(process, core_path, &core, options->libpython);
    if (!error) {
        lap("objects found", &start);
        summary.objects = process->count;
        snprintf(summary.python_version, sizeof summary.python_version, "%s", process->python->version);
        snprintf(summary.layout_source, sizeof summary.layout_source, "%s", process->python->layout_source);
        error = write_all(process, store, &facts, &paths, &frames, &owners, &garbage, &retained, &summary,
                          sandbox, &start);
    }
    struct exu_progress progress = process->progress;
    exu_retained_deinit(&retained);
    exu_garbage_deinit(&garbage);
    exu_owners_deinit(&owners);
    exu_frames_deinit(&frames);
    exu_paths_deinit(&paths);
    exu_facts_deinit(&facts);
    exu_process_close(process);
    exu_fetch_close(core.fetch);
    exu_stored_end(&incident);
    free(process);
    if (!error)
        error = finish(&store, options->last, &progress, &summary, &start);
    exu_progress_done(&progress);
    exu_store_abandon(store);
    if (!error)
        *ret_summary = summary;
    return error;
}
