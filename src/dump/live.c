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

/* Read when it goes on: the kernel counts pages for it. */
static struct exu_error *smaps_note(const struct live *l, struct exu_dump *dump)
{
    size_t size;
    char *text = exu_proc_read(l->stop.pid, "smaps", &size);
    struct exu_error *error = text ? exu_dump_note(dump, EXU_NOTE_OWNER, EXU_NOTE_SMAPS, text, size) : NULL;
    free(text);
    return error;
}

static void add_limit(struct exu_text *out, const char *folder, const char *name)
{
    char path[8192], value[64];
    snprintf(path, sizeof path, "/sys/fs/cgroup%s/%s", folder, name);
    FILE *file = fopen(path, "re");
    if (file && fgets(value, sizeof value, file)) {
        value[strcspn(value, "\n")] = 0;
        exu_text_printf(out, "%s %s\n", name, value);
    }
    if (file)
        fclose(file);
}

/* What its control group allows and uses, a line each, as the files say it. */
static struct exu_error *cgroup_note(const struct live *l, struct exu_dump *dump)
{
    static const char *const names[] = {"memory.max", "memory.high", "memory.current", "memory.swap.max", "memory.swap.current",
                                        "memory.peak", "memory.limit_in_bytes", "memory.usage_in_bytes"};
    struct exu_text out = {0};
    size_t size;
    char *groups = exu_proc_read(l->stop.pid, "cgroup", &size), *rest = groups;
    for (char *line; rest && (line = strsep(&rest, "\n"));) {
        char *path = strrchr(line, ':'), folder[4200];
        if (!path)
            continue;
        bool second = strncmp(line, "0::", 3) == 0;
        if (!second && !strstr(line, ":memory:"))
            continue;
        snprintf(folder, sizeof folder, "%s%.4096s", second ? "" : "/memory", path + 1);
        for (size_t i = 0; i < EXU_COUNT(names); i++)
            add_limit(&out, folder, names[i]);
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

/* Segment by segment, where its bytes are. */
struct part {
    const struct exu_copy_mapping *mapping;
    uint64_t start; /* address */
};

struct source {
    const struct live *live;
    exu_vec(struct part) parts;
    uint8_t *buffer; /* EXU_SINK_FRAME */
};

static struct exu_error *segment_bytes(void *context, size_t segment, uint64_t offset, size_t size, const uint8_t **ret)
{
    const struct source *s = context;
    const struct part *part = &s->parts.items[segment];
    exu_copy_read(&s->live->copy, part->mapping, part->start + offset, size, s->buffer);
    *ret = s->buffer;
    return NULL;
}

static struct exu_error *add_segment(struct source *s, struct exu_dump *dump, const struct exu_copy_mapping *m, uint64_t start,
                                     uint64_t end, uint64_t size)
{
    struct exu_dump_segment segment = {start, end - start, size, m->flags, false};
    if (start == end)
        return NULL;
    if (!exu_vec_push(&s->parts, (struct part){m, start}))
        return exu_error_memory();
    return exu_dump_segment(dump, &segment);
}

static struct exu_error *add_segments(struct source *s, struct exu_dump *dump, const struct exu_copy_mapping *m)
{
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
    EXU_TRY(smaps_note(l, dump));
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
