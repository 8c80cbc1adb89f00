#include "dump/live.h"

#include "base/vec.h"
#include "dump/format.h"
#include "dump/record.h"
#include "dump/writer.h"

#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/procfs.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PAGE UINT64_C(4096)
#define RUN_GAP ((uint64_t)64 << 10) /* untouched pages between two runs that are copied with them, as zeros */
#define SPARSE ((uint64_t)64 << 20)  /* from this size on what is untouched is left out */
#define COPY_STEP ((uint64_t)4 << 20) /* between two looks at the clock */
#define STOP_MOST_MS UINT64_C(5000) /* for a thread to stop, where nothing else is said */
#define MAPPINGS_MOST 1000000
#define THREADS_MOST 100000
#define TEXT_MOST ((size_t)64 << 20) /* of a file of /proc */

/* Pages that are there. */
struct run {
    uint64_t start, end;
};
typedef exu_vec(struct run) run_list;

struct mapping {
    uint64_t start, end, offset;
    uint32_t flags; /* PF_… */
    bool private;
    uint64_t copied;  /* bytes from its start on that are in the core; of a sparse one see `runs` */
    run_list runs;    /* of a large one that is mostly untouched: what is there; the rest is absent */
    const char *path; /* in the text of maps; "" = anonymous */
    size_t place;     /* in the copy, of its first byte */
};

struct thread {
    pid_t id;
    bool stopped;
    int signal; /* that was about to be delivered when it stopped */
    elf_gregset_t registers;
};

struct live {
    pid_t pid;
    pid_t reader; /* a thread of it that has its memory: the first one may have ended */
    const struct exu_live_options *options;
    char *maps;
    exu_vec(struct mapping) mappings;
    exu_vec(struct thread) threads;
    uint8_t *copy; /* the copied mappings one behind the other; untouched pages are never written, and cost nothing */
    uint64_t copy_size;
    uint64_t bytes, unread;
    struct timespec stopped, started;
    double pause;
};

static double seconds_since(const struct timespec *start)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - start->tv_sec) + (double)(now.tv_nsec - start->tv_nsec) / 1e9;
}

/* ---- /proc/PID ---- */

static int open_proc(pid_t pid, const char *name)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
    return open(path, O_RDONLY | O_CLOEXEC);
}

/* All of a file, with a NUL behind it. NULL: it can't be read, or has more than TEXT_MOST. */
static char *read_proc(pid_t pid, const char *name, size_t *ret_size)
{
    int fd = open_proc(pid, name);
    char *text = NULL;
    size_t size = 0, room = 0;
    ssize_t got = fd >= 0 ? 1 : -1;
    while (got > 0) {
        if (room - size < 4096) {
            room = room ? room * 2 : 16384;
            char *more = room <= TEXT_MOST ? realloc(text, room) : NULL;
            if (!more) {
                got = -1;
                break;
            }
            text = more;
        }
        got = read(fd, text + size, room - size - 1);
        if (got < 0 && errno == EINTR)
            got = 1;
        else if (got > 0)
            size += (size_t)got;
    }
    if (fd >= 0)
        close(fd);
    if (got < 0) {
        free(text);
        return NULL;
    }
    text[size] = 0;
    *ret_size = size;
    return text;
}

static struct exu_error *cannot(const struct live *l, const char *what, int number)
{
    if (number == ESRCH || number == ENOENT)
        return exu_error_new(EXU_ERROR_INPUT, "PID %d: there is no such process; see `ps`", (int)l->pid);
    if (number == EPERM || number == EACCES)
        return exu_error_new(EXU_ERROR_INPUT,
                             "PID %d: may not be %s (another user's, traced by a debugger already, or "
                             "/proc/sys/kernel/yama/ptrace_scope forbids it); run this as root",
                             (int)l->pid, what);
    return exu_error_new(EXU_ERROR_MACHINE, "PID %d: can't be %s: %s; try again", (int)l->pid, what, strerror(number));
}

/* ---- stopping and letting go ---- */

static void let_go(struct live *l)
{
    struct thread *t;
    exu_vec_each (t, &l->threads)
        if (t->stopped) {
            ptrace(PTRACE_DETACH, t->id, NULL, (void *)(intptr_t)t->signal);
            t->stopped = false;
        }
    if (l->stopped.tv_sec && l->pause == 0)
        l->pause = seconds_since(&l->stopped);
}

/* A thread that is deep in the kernel (vfork, a dead disk) stops when it comes back from there. */
static struct exu_error *wait_for(const struct live *l, struct thread *t, bool *ret)
{
    int status;
    pid_t got;
    struct timespec began;
    clock_gettime(CLOCK_MONOTONIC, &began);
    *ret = false;
    for (unsigned tries = 0; (got = waitpid(t->id, &status, __WALL | WNOHANG)) <= 0; tries++) {
        if (got < 0 && errno != EINTR)
            return NULL;
        uint64_t most = l->options->max_pause_ms ? l->options->max_pause_ms : STOP_MOST_MS;
        if (seconds_since(&began) * 1000 > (double)most)
            return exu_error_new(EXU_ERROR_MACHINE,
                                 "PID %d: thread %d did not stop within %" PRIu64 " ms (it waits in the kernel); try again, or take torn "
                                 "data with --no-stop",
                                 (int)l->pid, (int)t->id, most);
        const struct timespec nap = {0, tries < 20 ? 20000 : 500000};
        nanosleep(&nap, NULL);
    }
    if (!WIFSTOPPED(status))
        return NULL; /* it ended */
    *ret = true;
    t->stopped = true;
    if (status >> 16 != PTRACE_EVENT_STOP)
        t->signal = WSTOPSIG(status); /* it is delivered when the thread is let go */
    return NULL;
}

/* A zombie can't be traced: it has no memory. */
static bool has_ended(const struct live *l, pid_t id)
{
    char name[64];
    size_t size;
    snprintf(name, sizeof name, "task/%d/stat", (int)id);
    char *text = read_proc(l->pid, name, &size);
    const char *state = text ? strrchr(text, ')') : NULL; /* PID (NAME) STATE */
    bool ended = !state || strlen(state) < 3 || state[2] == 'Z' || state[2] == 'X';
    free(text);
    return ended;
}

static bool has_thread(const struct live *l, pid_t id)
{
    for (size_t i = 0; i < l->threads.len; i++)
        if (l->threads.items[i].id == id)
            return true;
    return false;
}

/* The threads that are not stopped yet; how many there were. */
static struct exu_error *stop_new(struct live *l, size_t *ret_new)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/task", (int)l->pid);
    DIR *folder = opendir(path);
    struct exu_error *error = NULL;
    size_t first = l->threads.len;
    *ret_new = 0;
    if (!folder)
        return cannot(l, "read", errno);
    for (struct dirent *entry; !error && (entry = readdir(folder));) {
        struct thread t = {.id = (pid_t)atoi(entry->d_name)};
        if (t.id <= 0 || has_thread(l, t.id))
            continue;
        if (ptrace(PTRACE_SEIZE, t.id, NULL, NULL) != 0) {
            int number = errno;
            if (number == ESRCH || has_ended(l, t.id))
                continue;
            error = cannot(l, "traced", number);
        } else if (l->threads.len == THREADS_MOST || !exu_vec_push(&l->threads, t)) {
            error = exu_error_memory();
        } else if (!l->stopped.tv_sec) {
            clock_gettime(CLOCK_MONOTONIC, &l->stopped);
        }
        if (!error)
            ptrace(PTRACE_INTERRUPT, t.id, NULL, NULL);
    }
    closedir(folder);
    size_t kept = first;
    for (size_t i = first; i < l->threads.len; i++) {
        bool stopped = false;
        struct exu_error *late = error ? NULL : wait_for(l, &l->threads.items[i], &stopped);
        if (late)
            error = late;
        if (stopped)
            l->threads.items[kept++] = l->threads.items[i];
    }
    *ret_new = kept - first;
    l->threads.len = kept;
    return error;
}

/* Until none is new: those that run may start others. */
static struct exu_error *stop(struct live *l)
{
    size_t fresh = 1;
    while (fresh)
        EXU_TRY(stop_new(l, &fresh));
    if (!l->threads.len)
        return exu_error_new(EXU_ERROR_INPUT, "PID %d: has ended already (a zombie); it has no memory any more", (int)l->pid);
    if (!has_thread(l, l->pid))
        l->reader = l->threads.items[0].id;
    struct thread *t;
    exu_vec_each (t, &l->threads) {
        struct iovec room = {t->registers, sizeof t->registers};
        if (ptrace(PTRACE_GETREGSET, t->id, (void *)(uintptr_t)NT_PRSTATUS, &room) != 0)
            return cannot(l, "read", errno);
    }
    return NULL;
}

/* Without stopping: where threads that wait stand, the kernel says. */
static struct exu_error *look_at_threads(struct live *l)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/task", (int)l->pid);
    DIR *folder = opendir(path);
    if (!folder)
        return cannot(l, "read", errno);
    bool fine = true;
    for (struct dirent *entry; fine && (entry = readdir(folder));) {
        struct thread t = {.id = (pid_t)atoi(entry->d_name)};
        char name[64];
        size_t size;
        if (t.id <= 0)
            continue;
        snprintf(name, sizeof name, "task/%d/syscall", (int)t.id);
        char *text = read_proc(l->pid, name, &size);
        const char *pc = text ? strrchr(text, ' ') : NULL; /* NUMBER ARGUMENTS SP PC */
        if (pc && pc > text) {
            const char *sp = pc - 1;
            while (sp > text && sp[-1] != ' ')
                sp--;
            t.registers[19] = strtoull(sp, NULL, 16); /* rsp, rip: sys/user.h */
            t.registers[16] = strtoull(pc, NULL, 16);
        }
        free(text);
        fine = l->threads.len < THREADS_MOST && exu_vec_push(&l->threads, t);
    }
    closedir(folder);
    return fine ? NULL : exu_error_memory();
}

/* ---- the address space ---- */

/* START-END rwxp OFFSET DEVICE INODE   PATH, which is ended. */
static bool parse_mapping(char *line, struct mapping *ret)
{
    char perms[8];
    int path = 0;
    if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %7s %" SCNx64 " %*s %*s %n", &ret->start, &ret->end, perms, &ret->offset, &path) < 4)
        return false;
    ret->flags = (perms[0] == 'r' ? PF_R : 0u) | (perms[1] == 'w' ? PF_W : 0u) | (perms[2] == 'x' ? PF_X : 0u);
    ret->private = perms[3] == 'p';
    ret->path = path ? line + path : "";
    return ret->start < ret->end;
}

static struct exu_error *read_maps(struct live *l)
{
    size_t size;
    l->maps = read_proc(l->reader, "maps", &size);
    if (!l->maps)
        return cannot(l, "read", errno);
    for (char *line = l->maps, *end; *line; line = end + 1) {
        struct mapping m = {0};
        end = strchr(line, '\n');
        if (!end)
            break;
        *end = 0;
        if (parse_mapping(line, &m) && (l->mappings.len == MAPPINGS_MOST || !exu_vec_push(&l->mappings, m)))
            return exu_error_memory();
    }
    if (!l->mappings.len)
        return exu_error_new(EXU_ERROR_INPUT, "PID %d: has no memory (a zombie, or a thread of the kernel)", (int)l->pid);
    return NULL;
}

/* Bits of /proc/PID/pagemap: Documentation/admin-guide/mm/pagemap.rst */
#define PAGE_PRESENT (UINT64_C(1) << 63)
#define PAGE_SWAPPED (UINT64_C(1) << 62)
#define PAGE_OF_FILE (UINT64_C(1) << 61)

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);
    return n >= m && strcmp(text + n - m, end) == 0;
}

static bool add_run(run_list *runs, uint64_t page, uint64_t end, uint64_t gap)
{
    if (runs->len && page - runs->items[runs->len - 1].end <= gap) {
        runs->items[runs->len - 1].end = end;
        return true;
    }
    return exu_vec_push(runs, (struct run){page, end});
}

/* `ret_own`: a page is there that no file has. Without pagemap all is there. */
static bool resident(const struct mapping *m, int pagemap, run_list *runs, bool *ret_own)
{
    uint64_t entries[4096];
    *ret_own = false;
    runs->len = 0;
    for (uint64_t at = m->start; at < m->end;) {
        size_t want = (size_t)exu_min((m->end - at) / PAGE, EXU_COUNT(entries));
        ssize_t got = pagemap >= 0 ? pread(pagemap, entries, want * 8, (off_t)(at / PAGE * 8)) : -1;
        if (got < 8) {
            *ret_own = true;
            return add_run(runs, at, m->end, 0);
        }
        for (size_t i = 0; i < (size_t)got / 8; i++, at += PAGE) {
            if (!(entries[i] & (PAGE_PRESENT | PAGE_SWAPPED)))
                continue;
            *ret_own |= !(entries[i] & PAGE_OF_FILE);
            if (!add_run(runs, at, at + PAGE, m->private ? RUN_GAP : 0))
                return false;
        }
    }
    return true;
}

/* ---- copying ---- */

static struct exu_error *in_time(const struct live *l)
{
    if (l->options->no_stop || !l->options->max_pause_ms || seconds_since(&l->stopped) * 1000 <= (double)l->options->max_pause_ms)
        return NULL;
    return exu_error_new(EXU_ERROR_MACHINE,
                         "PID %d: copying took longer than %" PRIu64 " ms (%" PRIu64 " MB were done), and it was let go; allow more "
                         "with --max-pause, or take torn data with --no-stop",
                         (int)l->pid, l->options->max_pause_ms, l->bytes >> 20);
}

/* What can't be read stays zero, and counts as unread. */
static struct exu_error *copy_run(struct live *l, const struct mapping *m, struct run run)
{
    for (uint64_t at = run.start; at < run.end;) {
        uint64_t size = exu_min(run.end - at, COPY_STEP);
        struct iovec to = {l->copy + m->place + (at - m->start), (size_t)size}, from = {(void *)(uintptr_t)at, (size_t)size};
        ssize_t got = process_vm_readv(l->reader, &to, 1, &from, 1, 0);
        if (got < 0 && errno != EFAULT && errno != EIO)
            return cannot(l, "read", errno);
        uint64_t done = got > 0 ? (uint64_t)got : 0;
        l->bytes += done;
        if (done < size) { /* past the page that stopped it */
            uint64_t skipped = exu_min(PAGE - (at + done) % PAGE, size - done);
            l->unread += skipped;
            done += skipped;
        }
        at += done;
        EXU_TRY(in_time(l));
    }
    return NULL;
}

static bool is_wanted(const struct mapping *m, bool own)
{
    if (!(m->flags & PF_R) || strcmp(m->path, "[vvar]") == 0 || strcmp(m->path, "[vsyscall]") == 0 ||
        strcmp(m->path, "[vvar_vclock]") == 0 || strncmp(m->path, "/dev/", 5) == 0)
        return strncmp(m->path, "/dev/zero", 9) == 0 || strncmp(m->path, "/dev/shm/", 9) == 0;
    if (!m->path[0] || m->path[0] == '[' || strncmp(m->path, "/memfd:", 7) == 0 || ends_with(m->path, " (deleted)"))
        return true;
    return m->private && (own || m->flags & PF_W);
}

/* What of a mapping is copied; of other files' the first page, which has the ELF header and the build-id, as the kernel does
 * it (Documentation/filesystems/proc.rst, coredump_filter bit 4). */
static bool choose(struct mapping *m, bool own, run_list *runs)
{
    /* To read a page of shared memory that nobody has touched would make the kernel allocate it. */
    bool shared = !m->private, of_file = m->path[0] == '/' && !shared;
    bool sparse = shared || (!of_file && m->end - m->start >= SPARSE);
    uint64_t size = is_wanted(m, own) ? m->end - m->start : of_file && m->offset == 0 && m->flags & PF_R ? PAGE : 0;
    m->copied = sparse ? 0 : size;
    if (size && of_file) { /* pages that are not there yet have what the file has */
        runs->len = 0;
        return add_run(runs, m->start, m->start + size, 0);
    }
    if (!size)
        runs->len = 0;
    for (size_t i = 0; sparse && i < runs->len; i++)
        if (!exu_vec_push(&m->runs, runs->items[i]))
            return false;
    return true;
}

/* Places first, then the bytes, so that one reservation holds all. */
static struct exu_error *copy_memory(struct live *l)
{
    run_list runs = {0};
    struct exu_error *error = NULL;
    int pagemap = open_proc(l->reader, "pagemap");
    struct mapping *m;
    exu_vec_each (m, &l->mappings)
        l->copy_size += m->flags & PF_R ? m->end - m->start : 0;
    l->copy = mmap(NULL, (size_t)l->copy_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (l->copy == MAP_FAILED) {
        l->copy = NULL;
        error = exu_error_memory();
    }
    uint64_t place = 0;
    exu_vec_each (m, &l->mappings) {
        bool own;
        m->place = (size_t)place;
        place += m->flags & PF_R ? m->end - m->start : 0;
        if (error || !(m->flags & PF_R))
            continue;
        if (!resident(m, pagemap, &runs, &own) || !choose(m, own, &runs)) {
            error = exu_error_memory();
            continue;
        }
        for (size_t i = 0; !error && i < runs.len; i++)
            error = copy_run(l, m, runs.items[i]);
    }
    if (pagemap >= 0)
        close(pagemap);
    exu_vec_free(&runs);
    return error;
}

/* ---- the core ---- */

static struct exu_error *thread_notes(const struct live *l, struct exu_dump *dump)
{
    /* The main thread first, as the kernel does it. */
    for (unsigned others = 0; others < 2; others++) {
        const struct thread *t;
        exu_vec_each (t, &l->threads) {
            if ((t->id != l->pid) != others)
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
    struct elf_prpsinfo info = {.pr_pid = l->pid, .pr_sname = 'T'};
    size_t size;
    char *name = read_proc(l->pid, "comm", &size), *line;
    if (name) {
        name[strcspn(name, "\n")] = 0;
        strncpy(info.pr_fname, name, sizeof info.pr_fname - 1);
    }
    free(name);
    line = read_proc(l->pid, "cmdline", &size);
    if (line) {
        size_t n = exu_min(size, sizeof info.pr_psargs - 1);
        for (size_t i = 0; i < n; i++)
            info.pr_psargs[i] = line[i] ? line[i] : ' ';
    }
    free(line);
    return exu_dump_note(dump, "CORE", NT_PRPSINFO, &info, sizeof info);
}

/* NT_FILE: fs/binfmt_elf.c, fill_files_note */
static struct exu_error *files_note(const struct live *l, struct exu_dump *dump)
{
    struct exu_text numbers = {0}, names = {0};
    uint64_t count = 0;
    const struct mapping *m;
    exu_vec_each (m, &l->mappings) {
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

static struct exu_error *proc_note(const struct live *l, struct exu_dump *dump, const char *owner, uint32_t type, const char *name)
{
    size_t size;
    char *text = read_proc(l->pid, name, &size);
    struct exu_error *error = text ? exu_dump_note(dump, owner, type, text, size) : NULL;
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
    char *groups = read_proc(l->pid, "cgroup", &size), *rest = groups;
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
    exu_record_u64(&t, (uint64_t)(l->pause * 1e6));
    exu_record_u64(&t, l->unread);
    struct exu_error *error = t.failed ? exu_error_memory() : exu_dump_note(dump, EXU_NOTE_OWNER, EXU_NOTE_SNAPSHOT, t.data, t.len);
    exu_text_deinit(&t);
    return error;
}

struct source {
    const struct live *live;
    exu_vec(size_t) places; /* segment -> where its bytes are in the copy */
};

static struct exu_error *segment_bytes(void *context, size_t segment, uint64_t offset, size_t size, const uint8_t **ret)
{
    const struct source *s = context;
    (void)size;
    *ret = s->live->copy + s->places.items[segment] + offset;
    return NULL;
}

static struct exu_error *add_segment(struct source *s, struct exu_dump *dump, const struct mapping *m, uint64_t start,
                                     uint64_t end, uint64_t copied)
{
    struct exu_dump_segment segment = {start, end - start, copied, m->flags, false};
    if (start == end)
        return NULL;
    if (!exu_vec_push(&s->places, m->place + (size_t)(start - m->start)))
        return exu_error_memory();
    return exu_dump_segment(dump, &segment);
}

static struct exu_error *add_segments(struct source *s, struct exu_dump *dump, const struct mapping *m)
{
    if (!m->runs.len)
        return add_segment(s, dump, m, m->start, m->end, m->copied);
    uint64_t at = m->start;
    const struct run *run;
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
    EXU_TRY(proc_note(l, dump, "CORE", NT_AUXV, "auxv"));
    EXU_TRY(files_note(l, dump));
    EXU_TRY(exu_dump_note_group(dump));
    EXU_TRY(snapshot_note(l, dump));
    EXU_TRY(proc_note(l, dump, EXU_NOTE_OWNER, EXU_NOTE_SMAPS, "smaps"));
    EXU_TRY(cgroup_note(l, dump));
    for (size_t i = 0; i < l->mappings.len; i++) {
        const struct mapping *m = &l->mappings.items[i];
        if (strcmp(m->path, "[vsyscall]") != 0 && strncmp(m->path, "[vvar", 5) != 0) /* the kernel's, not the process' */
            EXU_TRY(add_segments(source, dump, m));
    }
    return NULL;
}

static struct exu_error *open_file(const struct live *l, int *ret)
{
    const char *folder = l->options->directory;
    if (!folder || !*folder)
        folder = getenv("TMPDIR");
    if (!folder || !*folder)
        folder = "/var/tmp";
    *ret = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (*ret < 0)
        return exu_error_new(EXU_ERROR_MACHINE, "PID %d: can't make a temporary file in %s: %s; set TMPDIR to another folder",
                             (int)l->pid, folder, strerror(errno));
    return NULL;
}

static struct exu_error *write_core(const struct live *l, int *ret_fd)
{
    struct exu_dump *dump = NULL;
    struct source source = {.live = l};
    struct exu_error *error = exu_dump_create(&dump);
    if (!error)
        error = tell(l, dump, &source);
    if (!error)
        error = open_file(l, ret_fd);
    if (!error)
        error = exu_dump_write(dump, *ret_fd, "the temporary core", false, segment_bytes, &source, NULL);
    exu_dump_destroy(dump);
    exu_vec_free(&source.places);
    return error;
}

static struct exu_error *copy(struct live *l)
{
    EXU_TRY(l->options->no_stop ? look_at_threads(l) : stop(l));
    EXU_TRY(read_maps(l));
    return copy_memory(l);
}

struct exu_error *exu_live_copy(struct exu_live *ret, pid_t pid, const struct exu_live_options *options)
{
    struct live l = {.pid = pid, .reader = pid, .options = options};
    *ret = (struct exu_live){.fd = -1};
    struct exu_error *error = pid > 0 ? copy(&l) : cannot(&l, "read", ESRCH);
    let_go(&l);
    if (!error)
        error = write_core(&l, &ret->fd);
    if (!error) {
        ret->threads = l.threads.len;
        ret->bytes = l.bytes;
        ret->unread = l.unread;
        ret->pause = l.pause;
    } else if (ret->fd >= 0) {
        close(ret->fd);
        ret->fd = -1;
    }
    if (l.copy)
        munmap(l.copy, (size_t)l.copy_size);
    free(l.maps);
    struct mapping *m;
    exu_vec_each (m, &l.mappings)
        exu_vec_free(&m->runs);
    exu_vec_free(&l.mappings);
    exu_vec_free(&l.threads);
    return error;
}
