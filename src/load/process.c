#include "load/process.h"
#include "heap/pymalloc_absent.h"
#include "layout/place.h"
#include "load/discover.h"
#include "model/lost_names.h"

static uint64_t room(const void *context, exu_addr address)
{
    const struct exu_process *p = context;
    struct exu_block block;
    if (exu_pymalloc_block(p->pymalloc, address, &block))
        return block.start + block.size - address;
    int64_t index = exu_malloc_chunk_at(p->malloc, address);
    if (index < 0)
        return UINT64_MAX;
    const struct exu_chunk *chunk = &p->malloc->chunks[index];
    /* malloc/malloc.c: a chunk in a heap has the first word of the next one, too. */
    return chunk->address + chunk->size + (chunk->state == EXU_CHUNK_MMAPPED ? 0 : 8) - address;
}

static bool used_block(const void *context, exu_addr address, exu_addr *ret_start, uint64_t *ret_size)
{
    const struct exu_process *p = context;
    struct exu_block block;
    if (exu_pymalloc_block(p->pymalloc, address, &block)) {
        *ret_start = block.start;
        *ret_size = block.size;
        exu_pymalloc_inside(p->pymalloc, ret_start, ret_size);
        return block.used;
    }
    int64_t index = exu_malloc_chunk_at(p->malloc, address);
    if (index < 0 || !exu_chunk_in_use(&p->malloc->chunks[index]))
        return false;
    *ret_start = p->malloc->chunks[index].address + 16;
    *ret_size = p->malloc->chunks[index].size - 8;
    exu_pymalloc_inside(p->pymalloc, ret_start, ret_size);
    return true;
}

static struct exu_error *name_interpreters(struct exu_model *model, const struct exu_gc *gc)
{
    if (!gc->interpreter_count)
        return NULL;
    size_t others = gc->interpreter_count - 1; /* new ones are put in front: the last is the main one */
    model->interpreter = gc->interpreters[others].address;
    model->other_interpreters =
        exu_bump_alloc(&model->bump, (others + 1) * sizeof *model->other_interpreters);
    if (!model->other_interpreters)
        return exu_error_memory();
    for (; model->other_interpreter_count < others; model->other_interpreter_count++)
        model->other_interpreters[model->other_interpreter_count] =
            gc->interpreters[model->other_interpreter_count].address;
    return NULL;
}

/* What the dump does not have because a file is not at hand, and which word would mend it. */
static void tell_degraded(struct exu_process *p)
{
    const struct exu_image *gone =
        p->python->image && !p->python->image->local_path ? p->python->image : NULL;
    size_t count = 0;
    for (size_t i = 0; i < p->core->image_count; i++) {
        const struct exu_image *image = &p->core->images[i];
        count += !image->local_path;
        gone = gone || image->local_path ? gone : image;
    }
    if (!p->model->lost_names || !gone)
        return;
    const char *option = gone->is_executable
                             ? "--exe FILE, or --sysroot DIR with the files of that machine, mends it"
                             : "--sysroot DIR with the files of that machine mends it";
    exu_anomaly_add(
        &p->anomalies, gone->start, "files-absent",
        "%s%s%s (%zu mapped files in all): %u of the %u names of types that lie there were recovered from "
        "what "
        "the process has in memory, and functions of C have no names; %s%s%s%s",
        gone->path, gone->mismatch ? " was not used: " : " is not on this machine",
        gone->mismatch ? gone->mismatch : "", count, p->model->lost_names_found, p->model->lost_names, option,
        gone->build_id ? "; --debug-dir DIR with its debug files (build-id " : "",
        gone->build_id ? gone->build_id : "", gone->build_id ? ") tells its layout and its statics" : "");
}

struct exu_error *exu_process_open(struct exu_process *process, const char *path,
                                   const struct exu_core_options *options, const char *libpython)
{
    struct exu_core_options with_progress = *options;
    with_progress.progress = &process->progress;
    exu_progress_phase(&process->progress, "reading the core");
    EXU_TRY(exu_core_open(&process->core, path, &with_progress, &process->anomalies));
    process->memory = process->core->memory;
    exu_progress_phase(&process->progress, "finding the interpreter");
    EXU_TRY(exu_python_find(&process->python, process->core, libpython, &process->anomalies));
    exu_progress_phase(&process->progress, "reading the allocators");
    EXU_TRY(exu_pymalloc_open(&process->pymalloc, process->python, &process->anomalies));
    EXU_TRY(exu_malloc_open(&process->malloc, process->core, &process->anomalies));
    EXU_TRY(exu_gc_open(&process->gc, process->python, &process->anomalies));
    exu_pymalloc_judge_absence(process->pymalloc, process->malloc, process->gc, process->core,
                               &process->anomalies);
    EXU_TRY(exu_addrset_create(&process->dead, process->memory));
    EXU_TRY(exu_free_lists(process->python, process->dead, &process->anomalies));
    EXU_TRY(exu_model_create(&process->model, process->python, &process->anomalies));
    process->model->room = room;
    process->model->block = used_block;
    process->model->room_context = process;
    EXU_TRY(name_interpreters(process->model, process->gc));
    if (!process->python->none)
        process->python->none = exu_lost_none(process->model);
    exu_place_fatal_error_file(process->python, process->model->interpreter, &process->model->fault_file);
    EXU_TRY(exu_addrset_create(&process->objects, process->memory));
    exu_progress_phase(&process->progress, "finding objects");
    EXU_TRY(exu_discover(process));
    EXU_TRY(exu_addrset_seal(process->objects));
    if (exu_addrset_count(process->objects) > UINT32_MAX - 1)
        return exu_error_new(EXU_ERROR_INPUT, "%s: more objects than can be numbered", path);
    process->count = (uint32_t)exu_addrset_count(process->objects);
    process->model->known = process->objects;
    tell_degraded(process);
    return NULL;
}

exu_addr exu_object_in_block(const struct exu_process *process, exu_addr start, uint64_t size)
{
    struct exu_object o;
    exu_pymalloc_inside(process->pymalloc, &start, &size);
    for (unsigned before = 0; before <= EXU_PREHEADER_MOST; before += 16)
        if (before + UINT64_C(16) <= size && exu_addrset_has(process->objects, start + before) &&
            exu_object_at(process->model, start + before, &o) && o.type->preheader == before)
            return start + before;
    return 0;
}

void exu_process_close(struct exu_process *process)
{
    exu_threads_close(process->threads);
    exu_addrset_destroy(process->objects);
    exu_addrset_destroy(process->dead);
    exu_model_destroy(process->model);
    exu_gc_close(process->gc);
    exu_malloc_close(process->malloc);
    exu_pymalloc_close(process->pymalloc);
    exu_python_destroy(process->python);
    exu_core_close(process->core);
    exu_anomalies_deinit(&process->anomalies);
}
