#include "dump/live.h"

#include "base/tempfile.h"
#include "dump/copy.h"
#include "dump/format.h"
#include "dump/proc.h"
#include "dump/record.h"
#include "dump/stop.h"
#include "dump/writer.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PAGE UINT64_C(4096)

struct live {
    const struct exu_live_options *options;
    struct exu_stop stop;
    struct exu_copy copy;
    char *auxv, *comm, *cmdline; /* files of /proc, read while it stood still */
    size_t auxv_size, comm_size, cmdline_size;
};

static struct exu_error *thread_notes(const struct live *l, struct exu_dump *dump)
{
    /* The main thread first, as the kernel does it. */
    for (unsigned others = 0; others < 2; others++) {
        const struct exu_stop_thread *t;
        exu_vec_each (t, &l->stop.threads) {
            if ((t->id != l->stop.pid) != others)
                continue;
            struct elf_prstatus status = {.pr_pid = t->id};
            memcpy(status.pr_reg, t->registers, sizeof status.pr_reg);
            EXU_TRY(exu_dump_note(dump, "CORE", NT_PRSTATUS, &status, sizeof status));
        }
    }
    return NULL;
}

static struct exu_error *process_note(const struct live *l, struct exu_dump *dump)
{
    struct elf_prpsinfo info = {.pr_pid = l->stop.pid, .pr_sname = 'T'};
    for (size_t i = 0; l->comm && i < sizeof info.pr_fname - 1 && l->comm[i] && l->comm[i] != '\n'; i++)
        info.pr_fname[i] = l->comm[i];
    for (size_t i = 0; i < exu_min(l->cmdline_size, sizeof info.pr_psargs - 1); i++)
        info.pr_psargs[i] = l->cmdline[i] ? l->cmdline[i] : ' ';
    return exu_dump_note(dump, "CORE", NT_PRPSINFO, &info, sizeof info);
}

/* NT_FILE: fs/binfmt_elf.c, fill_files_note */
static struct exu_error *files_note(const struct live *l, struct exu_dump *dump)
{
    struct exu_text numbers = {0}, names = {0};
    uint64_t count = 0;
    const struct exu_copy_mapping *m;
    exu_vec_each (m, &l->copy.mappings) {
        if (m->path[0] != '/')
            continue;
        exu_record_u64(&numbers, m->start);
        exu_record_u64(&numbers, m->end);
        exu_record_u64(&numbers, m->offset / PAGE);
        exu_text_add(&names, m->path, strlen(m->path) + 1);
        count++;
    }
    struct exu_text all = {0};
    exu_record_u64(&all, count);
    exu_record_u64(&all, PAGE);
    if (numbers.len)
        exu_text_add(&all, numbers.data, numbers.len);
    if (names.len)
        exu_text_add(&all, names.data, names.len);
    bool failed = numbers.failed || names.failed || all.failed;
    struct exu_error *error = failed ? exu_error_memory() : exu_dump_note(dump, "CORE", NT_FILE, all.data, all.len);
    exu_text_deinit(&numbers);
    exu_text_deinit(&names);
    exu_text_deinit(&all);
    return error;
}

/* A file of /proc as it is, read when the process goes on (for smaps the kernel counts pages); nothing when it can't be read. */
static struct exu_error *proc_note(const struct live *l, struct exu_dump *dump, const char *name, enum exu_note_type type)
{
    size_t size;
    char *text = exu_proc_read(l->stop.pid, name, &size);
    struct exu_error *error = text ? exu_dump_note(dump, EXU_NOTE_OWNER, type, text, size) : NULL;
    free(text);
    return error;
}

/* ---- its control group ---- */

#define CGROUPS "/sys/fs/cgroup"
#define FOLDER_MOST 4200

static bool read_limit(const char *folder, const char *name, char value[static 64])
{
    char path[2 * FOLDER_MOST];
    snprintf(path, sizeof path, CGROUPS "%s/%s", folder, name);
    FILE *file = fopen(path, "re");
    bool got = file && fgets(value, 64, file);
    if (got)
        value[strcspn(value, "\n")] = 0;
    if (file)
        fclose(file);
    return got;
}

/* The bytes that it allows; UINT64_MAX: no limit, or not to be read. */
static uint64_t allowed(const char *folder, const char *name)
{
    char value[64];
    return read_limit(folder, name, value) && value[0] >= '0' && value[0] <= '9' ? strtoull(value, NULL, 10) : UINT64_MAX;
}

/* Groups nest: of those that hold the process the one that allows the least, the inner of equals. */
static void tightest(char *folder, const char *limit)
{
    char outer[FOLDER_MOST], *slash;
    uint64_t least = allowed(folder, limit);
    for (snprintf(outer, sizeof outer, "%s", folder); (slash = strrchr(outer, '/'));) {
        *slash = 0;
        uint64_t bytes = allowed(outer, limit);
        if (bytes < least) {
            least = bytes;
            snprintf(folder, FOLDER_MOST, "%s", outer);
        }
    }
}

static void add_limits(struct exu_text *out, const char *folder)
{
    static const char *const names[] = {
        "memory.max",         "memory.high",         "memory.current",        "memory.peak",
        "memory.swap.max",    "memory.swap.current", "memory.limit_in_bytes", "memory.usage_in_bytes",
        "memory.max_usage_in_bytes",
    };
    char value[64];
    size_t before = out->len;
    for (size_t i = 0; i < EXU_COUNT(names); i++)
        if (read_limit(folder, names[i], value))
            exu_text_printf(out, "%s %s\n", names[i], value);
    if (out->len > before)
        exu_text_printf(out, "group %s\n", *folder ? folder : "/");
}

/* What it allows and uses, a line each, as the files say it. */
static struct exu_error *cgroup_note(const struct live *l, struct exu_dump *dump)
{
    struct exu_text out = {0};
    size_t size;
    char *groups = exu_proc_read(l->stop.pid, "cgroup", &size), *rest = groups;
    for (char *line; rest && (line = strsep(&rest, "\n"));) {
        char *path = strchr(line, ':'), folder[FOLDER_MOST]; /* 'number:controllers:path' */
        path = path ? strchr(path + 1, ':') : NULL;
        bool second = strncmp(line, "0::", 3) == 0;
        if (!path || (!second && !strstr(line, ":memory:")))
            continue;
        snprintf(folder, sizeof folder, "%s%.4096s", second ? "" : "/memory", path[1] == '/' && !path[2] ? "" : path + 1);
        tightest(folder, second ? "memory.max" : "memory.limit_in_bytes");
        add_limits(&out, folder);
    }
    free(groups);
    struct exu_error *error = out.failed ? exu_error_memory()
                              : out.len  ? exu_dump_note(dump, EXU_NOTE_OWNER, EXU_NOTE_CGROUP, out.data, out.len)
                                         : NULL;
    exu_text_deinit(&out);
    return error;
}

static struct exu_error *snapshot_note(const struct live *l, struct exu_dump *dump)
{
    struct exu_text t = {0};
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    exu_record_u32(&t, EXU_SNAPSHOT_VERSION);
    exu_record_u8(&t, l->options->no_stop);
    exu_record_u64(&t, (uint64_t)now.tv_sec);
    exu_record_u64(&t, (uint64_t)(l->stop.seconds * 1e6));
    exu_record_u64(&t, l->copy.unread);
    struct exu_error *error = t.failed ? exu_error_memory() : exu_dump_note(dump, EXU_NOTE_OWNER, EXU_NOTE_SNAPSHOT, t.data, t.len);
    exu_text_deinit(&t);
    return error;
}

/* What the temporary core's file may have of holes: ext4's files end at 16 TB. What is untouched beyond that is absent. */
#define UNTOUCHED_MOST (UINT64_C(8) << 40)

/* Segment by segment, where its bytes are. */
struct part {
    const struct exu_copy_mapping *mapping;
    uint64_t start; /* address */
};

struct source {
    const struct live *live;
    exu_vec(struct part) parts;
    uint8_t *buffer;    /* EXU_SINK_FRAME */
    uint64_t untouched; /* bytes of holes in the temporary core */
};

static struct exu_error *segment_bytes(void *context, size_t segment, uint64_t offset, size_t size, const uint8_t **ret)
{
    const struct source *s = context;
    const struct part *part = &s->parts.items[segment];
    *ret = exu_copy_read(&s->live->copy, part->mapping, part->start + offset, size, s->buffer) ? s->buffer : NULL;
    return NULL;
}

static struct exu_error *add_segment(struct source *s, struct exu_dump *dump, const struct exu_copy_mapping *m, uint64_t start,
                                     uint64_t end, uint64_t size)
{
    struct exu_dump_segment segment = {.start = start, .memory_size = end - start, .file_size = size, .flags = m->flags};
    if (start == end)
        return NULL;
    if (!exu_vec_push(&s->parts, (struct part){m, start}))
        return exu_error_memory();
    return exu_dump_segment(dump, &segment);
}

/* What was never touched of private memory is zeros, as far as a file can be that large; of shared memory another process may have
 * touched it. */
static struct exu_error *add_segments(struct source *s, struct exu_dump *dump, const struct exu_copy_mapping *m)
{
    if (m->sparse && m->private && m->size <= UNTOUCHED_MOST - s->untouched) {
        s->untouched += m->size;
        return add_segment(s, dump, m, m->start, m->end, m->size);
    }
    if (!m->sparse)
        return add_segment(s, dump, m, m->start, m->end, m->size);
    uint64_t at = m->start;
    const struct exu_copy_run *run;
    exu_vec_each (run, &m->runs) {
        EXU_TRY(add_segment(s, dump, m, at, run->start, 0));
        EXU_TRY(add_segment(s, dump, m, run->start, run->end, run->end - run->start));
        at = run->end;
    }
    return add_segment(s, dump, m, at, m->end, 0);
}

static struct exu_error *tell(const struct live *l, struct exu_dump *dump, struct source *source)
{
    EXU_TRY(thread_notes(l, dump));
    EXU_TRY(process_note(l, dump));
    if (l->auxv)
        EXU_TRY(exu_dump_note(dump, "CORE", NT_AUXV, l->auxv, l->auxv_size));
    EXU_TRY(files_note(l, dump));
    EXU_TRY(exu_dump_note_group(dump));
    EXU_TRY(snapshot_note(l, dump));
    EXU_TRY(proc_note(l, dump, "smaps", EXU_NOTE_SMAPS));
    EXU_TRY(proc_note(l, dump, "status", EXU_NOTE_STATUS));
    EXU_TRY(cgroup_note(l, dump));
    for (size_t i = 0; i < l->copy.mappings.len; i++) {
        const struct exu_copy_mapping *m = &l->copy.mappings.items[i];
        if (strcmp(m->path, "[vsyscall]") != 0 && strncmp(m->path, "[vvar", 5) != 0) /* the kernel's, not the process' */
            EXU_TRY(add_segments(source, dump, m));
    }
    return NULL;
}

static struct exu_error *write_core(const struct live *l, int *ret_fd)
{
    struct exu_dump *dump = NULL;
    struct source source = {.live = l, .buffer = malloc(EXU_SINK_FRAME)};
    struct exu_error *error = source.buffer ? exu_dump_create(&dump) : exu_error_memory();
    if (!error)
        error = tell(l, dump, &source);
    if (!error)
        error = exu_tempfile_open(ret_fd, l->options->directory, "the snapshot");
    if (!error)
        error = exu_dump_write(dump, *ret_fd, "the temporary core", false, segment_bytes, &source, NULL);
    exu_dump_destroy(dump);
    exu_vec_free(&source.parts);
    free(source.buffer);
    return error;
}

static struct exu_error *copy(struct live *l)
{
    EXU_TRY(exu_copy_reserve(&l->copy));
    EXU_TRY(l->options->no_stop ? exu_stop_look(&l->stop) : exu_stop_all(&l->stop));
    l->auxv = exu_proc_read(l->stop.pid, "auxv", &l->auxv_size);
    l->comm = exu_proc_read(l->stop.pid, "comm", &l->comm_size);
    l->cmdline = exu_proc_read(l->stop.pid, "cmdline", &l->cmdline_size);
    return exu_copy_take(&l->copy);
}

/* The copy takes as much memory again: where that runs out, it is not the process that the kernel ends (proc(5)). */
static void offer_ourselves(void)
{
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    if (write(fd, "1000", 4) != 4)
        errno = 0; /* then it may be the process after all */
    close(fd);
}

static void deinit(struct live *l)
{
    exu_copy_deinit(&l->copy);
    exu_stop_deinit(&l->stop);
    free(l->auxv);
    free(l->comm);
    free(l->cmdline);
}

struct exu_error *exu_live_copy(struct exu_live *ret, pid_t pid, const struct exu_live_options *options)
{
    struct live l = {.options = options, .stop = {.pid = pid, .most_ms = options->max_pause_ms}};
    l.copy.stop = &l.stop;
    *ret = (struct exu_live){.fd = -1};
    offer_ourselves();
    struct exu_error *error = pid > 0 ? copy(&l) : exu_proc_error(pid, "read", ESRCH);
    exu_stop_end(&l.stop);
    if (!error)
        error = write_core(&l, &ret->fd);
    if (!error) {
        ret->threads = l.stop.threads.len;
        ret->bytes = l.copy.copied;
        ret->unread = l.copy.unread;
        ret->pause = l.stop.seconds;
    } else if (ret->fd >= 0) {
        close(ret->fd);
        ret->fd = -1;
    }
    deinit(&l);
    return error;
}
