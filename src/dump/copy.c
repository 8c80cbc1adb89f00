#include "dump/copy.h"

#include "dump/proc.h"

#include <elf.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#define PAGE UINT64_C(4096)
#define RUN_GAP ((uint64_t)64 << 10)      /* untouched pages between two runs that are copied with them, as zeros */
#define SPARSE ((uint64_t)64 << 20)       /* from this size on what is untouched is left out */
#define RESERVED_MOST (UINT64_C(1) << 45) /* of address space, for half of the copy */
#define RESERVED_MORE (UINT64_C(1) << 30)
#define COPY_STEP ((uint64_t)4 << 20) /* between two looks at the clock */
#define MAPPINGS_MOST 1000000

/* START-END rwxp OFFSET DEVICE INODE   PATH, which is ended. */
static bool parse_mapping(char *line, struct exu_copy_mapping *ret)
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

static struct exu_error *read_maps(struct exu_copy *c)
{
    size_t size;
    c->maps = exu_proc_read(c->stop->reader, "maps", &size);
    if (!c->maps)
        return exu_proc_error(c->stop->pid, "read", errno);
    for (char *line = c->maps, *end; *line; line = end + 1) {
        struct exu_copy_mapping m = {0};
        end = strchr(line, '\n');
        if (!end)
            break;
        *end = 0;
        if (parse_mapping(line, &m) && (c->mappings.len == MAPPINGS_MOST || !exu_vec_push(&c->mappings, m)))
            return exu_error_memory();
    }
    if (!c->mappings.len)
        return exu_error_new(EXU_ERROR_INPUT, "PID %d: has no memory (a zombie, or a thread of the kernel)", (int)c->stop->pid);
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

static bool add_run(exu_copy_runs *runs, uint64_t page, uint64_t end, uint64_t gap)
{
    if (runs->len && page - runs->items[runs->len - 1].end <= gap) {
        runs->items[runs->len - 1].end = end;
        return true;
    }
    return exu_vec_push(runs, (struct exu_copy_run){page, end, 0});
}

/* Since Linux 6.7 the kernel tells runs instead of pages, and passes over what is not there as fast as its page tables let
 * it: include/uapi/linux/fs.h, which Debian 12 has of 6.1. */
struct page_region {
    uint64_t start, end, categories;
};
struct pagemap_scan {
    uint64_t size, flags, start, end, walk_end, regions, region_count, max_pages;
    uint64_t category_inverted, category_mask, category_anyof_mask, return_mask;
};
#define PAGEMAP_SCAN_CALL _IOWR('f', 16, struct pagemap_scan)
#define CATEGORY_FILE (UINT64_C(1) << 2)
#define CATEGORY_PRESENT (UINT64_C(1) << 3)
#define CATEGORY_SWAPPED (UINT64_C(1) << 4)

/* *ret_done is the mapping's end when all of it was scanned; where the kernel can't, no run was added. */
static struct exu_error *scan_runs(const struct exu_copy *c, struct exu_copy_mapping *m, int pagemap, uint64_t gap, bool *ret_own,
                                   uint64_t *ret_done)
{
    struct page_region regions[512];
    *ret_done = m->start;
    while (*ret_done < m->end) {
        struct pagemap_scan scan = {.size = sizeof scan,
                                    .start = *ret_done,
                                    .end = m->end,
                                    .regions = (uint64_t)(uintptr_t)regions,
                                    .region_count = EXU_COUNT(regions),
                                    .category_anyof_mask = CATEGORY_PRESENT | CATEGORY_SWAPPED,
                                    .return_mask = CATEGORY_FILE};
        int count = ioctl(pagemap, PAGEMAP_SCAN_CALL, &scan);
        if (count < 0 || scan.walk_end <= *ret_done)
            return NULL;
        for (int i = 0; i < count; i++) {
            *ret_own |= !(regions[i].categories & CATEGORY_FILE);
            if (!add_run(&m->runs, regions[i].start, regions[i].end, gap))
                return exu_error_memory();
        }
        *ret_done = scan.walk_end;
        EXU_TRY(exu_stop_in_time(c->stop, c->copied));
    }
    return NULL;
}

/* What is there of the mapping; `ret_own`: a page of it is in no file. Without pagemap all is there, of private memory. */
static struct exu_error *find_runs(const struct exu_copy *c, struct exu_copy_mapping *m, int pagemap, bool *ret_own)
{
    exu_copy_runs *runs = &m->runs;
    uint64_t entries[4096], gap = m->private ? RUN_GAP : 0, done;
    *ret_own = false;
    EXU_TRY(scan_runs(c, m, pagemap, gap, ret_own, &done));
    for (uint64_t at = done; at < m->end;) {
        size_t want = (size_t)exu_min((m->end - at) / PAGE, EXU_COUNT(entries));
        ssize_t got = pagemap >= 0 ? pread(pagemap, entries, want * 8, (off_t)(at / PAGE * 8)) : -1;
        if (got < 8) {
            *ret_own = true;
            return !m->private || add_run(runs, at, m->end, 0) ? NULL : exu_error_memory();
        }
        for (size_t i = 0; i < (size_t)got / 8; i++, at += PAGE) {
            if (!(entries[i] & (PAGE_PRESENT | PAGE_SWAPPED)))
                continue;
            *ret_own |= !(entries[i] & PAGE_OF_FILE);
            if (!add_run(runs, at, at + PAGE, gap))
                return exu_error_memory();
        }
        EXU_TRY(exu_stop_in_time(c->stop, c->copied));
    }
    return NULL;
}

/* ---- copying ---- */

static ssize_t read_some(struct exu_copy *c, uint64_t at, uint8_t *to, size_t size)
{
    if (c->file < 0) {
        struct iovec ours = {to, size}, theirs = {(void *)(uintptr_t)at, size};
        ssize_t got = process_vm_readv(c->stop->reader, &ours, 1, &theirs, 1, 0);
        if (got >= 0 || (errno != ENOSYS && errno != EPERM))
            return got;
        /* Kernels without CONFIG_CROSS_MEMORY_ATTACH, and the filters of some containers: a ptracer may read this file still. */
        int why = errno;
        c->file = exu_proc_open(c->stop->reader, "mem");
        if (c->file < 0) {
            errno = why;
            return -1;
        }
    }
    ssize_t got = at <= INT64_MAX ? pread(c->file, to, size, (off_t)at) : 0;
    if (got == 0)
        errno = ESRCH; /* fs/proc/base.c, mem_rw(): its memory is gone */
    return got ? got : -1;
}

/* What can't be read stays zero, and counts as unread. */
static struct exu_error *copy_run(struct exu_copy *c, struct exu_copy_run *run)
{
    if (run->end - run->start > c->room - c->taken)
        return exu_error_memory(); /* it grew to more than twice its size meanwhile */
    run->place = c->taken;
    c->taken += run->end - run->start;
    for (uint64_t at = run->start; at < run->end;) {
        uint64_t size = exu_min(run->end - at, COPY_STEP);
        ssize_t got = read_some(c, at, c->bytes + run->place + (at - run->start), (size_t)size);
        if (got < 0 && errno != EFAULT && errno != EIO)
            return exu_proc_error(c->stop->pid, "read", errno);
        uint64_t done = got > 0 ? (uint64_t)got : 0;
        c->copied += done;
        if (done < size) { /* past the page that stopped it */
            uint64_t skipped = exu_min(PAGE - (at + done) % PAGE, size - done);
            c->unread += skipped;
            done += skipped;
        }
        at += done;
        EXU_TRY(exu_stop_in_time(c->stop, c->copied));
    }
    return NULL;
}

static bool is_wanted(const struct exu_copy_mapping *m, bool own)
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
static struct exu_error *choose(struct exu_copy_mapping *m, bool own)
{
    /* To read a page of shared memory that nobody has touched would make the kernel allocate it. */
    bool shared = !m->private, of_file = m->path[0] == '/' && !shared;
    m->size = is_wanted(m, own) ? m->end - m->start : of_file && m->offset == 0 ? PAGE : 0;
    m->sparse = shared || (!of_file && m->size >= SPARSE);
    if (!m->size || of_file)
        m->runs.len = 0;
    /* Pages of files that are not there yet have what the file has. */
    return !m->size || !of_file || add_run(&m->runs, m->start, m->start + m->size, 0) ? NULL : exu_error_memory();
}

static struct exu_error *copy_mapping(struct exu_copy *c, struct exu_copy_mapping *m, int pagemap)
{
    bool own;
    EXU_TRY(find_runs(c, m, pagemap, &own));
    EXU_TRY(choose(m, own));
    struct exu_copy_run *run;
    exu_vec_each (run, &m->runs)
        EXU_TRY(copy_run(c, run));
    return NULL;
}

struct exu_error *exu_copy_reserve(struct exu_copy *c)
{
    size_t size;
    uint64_t mapped = 0, resident = 0;
    char *text = exu_proc_read(c->stop->pid, "statm", &size);
    bool known = text && sscanf(text, "%" SCNu64 " %" SCNu64, &mapped, &resident) == 2;
    free(text);
    if (!known)
        return exu_proc_error(c->stop->pid, "read", errno);
    c->room = exu_min(mapped * PAGE, RESERVED_MOST) * 2 + RESERVED_MORE;
    c->bytes = mmap(NULL, (size_t)c->room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (c->bytes == MAP_FAILED) {
        c->bytes = NULL;
        return exu_error_memory();
    }
    madvise(c->bytes, (size_t)exu_min(resident * PAGE, c->room), MADV_POPULATE_WRITE); /* Linux 5.14; else it is slower */
    return NULL;
}

struct exu_error *exu_copy_take(struct exu_copy *c)
{
    EXU_TRY(read_maps(c));
    c->file = -1;
    int pagemap = exu_proc_open(c->stop->reader, "pagemap");
    struct exu_error *error = NULL;
    struct exu_copy_mapping *m;
    exu_vec_each (m, &c->mappings)
        if (!error && m->flags & PF_R)
            error = copy_mapping(c, m, pagemap);
    if (pagemap >= 0)
        close(pagemap);
    if (c->file >= 0)
        close(c->file);
    c->file = -1;
    return error;
}

/* The first run that ends behind `address`. */
static size_t first_run(const exu_copy_runs *runs, uint64_t address)
{
    size_t low = 0, high = runs->len;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (runs->items[middle].end <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool exu_copy_read(const struct exu_copy *c, const struct exu_copy_mapping *m, uint64_t start, size_t size, uint8_t *out)
{
    uint64_t end = start + size;
    size_t first = first_run(&m->runs, start);
    if (first == m->runs.len || m->runs.items[first].start >= end)
        return false;
    memset(out, 0, size);
    for (size_t i = first; i < m->runs.len && m->runs.items[i].start < end; i++) {
        const struct exu_copy_run *run = &m->runs.items[i];
        uint64_t from = exu_max(run->start, start), to = exu_min(run->end, end);
        memcpy(out + (from - start), c->bytes + run->place + (from - run->start), (size_t)(to - from));
    }
    return true;
}

void exu_copy_deinit(struct exu_copy *c)
{
    if (c->bytes)
        munmap(c->bytes, (size_t)c->room);
    struct exu_copy_mapping *m;
    exu_vec_each (m, &c->mappings)
        exu_vec_free(&m->runs);
    exu_vec_free(&c->mappings);
    free(c->maps);
}
