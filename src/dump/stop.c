#include "dump/stop.h"

#include "dump/proc.h"

#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>

#define UNLIMITED_STOP_MS UINT64_C(5000)
#define THREADS_MOST 100000
#define SHORT_NAPS 20 /* of 20 µs, before longer ones of 500 µs */

enum { REGISTER_RIP = 16, REGISTER_RSP = 19 }; /* in struct user_regs_struct, sys/user.h */

static double ms_since(const struct timespec *start)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - start->tv_sec) * 1e3 + (double)(now.tv_nsec - start->tv_nsec) / 1e6;
}

/* Calls for each thread that was not seen before, until one gives an error. */
static struct exu_error *each_new(struct exu_stop *stop, struct exu_error *(*call)(struct exu_stop *stop, pid_t id))
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/task", (int)stop->pid);
    DIR *folder = opendir(path);
    struct exu_error *error = NULL;
    if (!folder)
        return exu_proc_error(stop->pid, "read", errno);
    for (struct dirent *entry; !error && (entry = readdir(folder));) {
        pid_t id = (pid_t)atoi(entry->d_name);
        if (id > 0 && exu_addrmap_get(&stop->seen, (exu_addr)id) == EXU_ADDRMAP_NONE)
            error = call(stop, id);
    }
    closedir(folder);
    return error;
}

static struct exu_error *add(struct exu_stop *stop, const struct exu_stop_thread *thread)
{
    return stop->threads.len < THREADS_MOST && exu_addrmap_put(&stop->seen, (exu_addr)thread->id, 1) &&
                   exu_vec_push(&stop->threads, *thread)
               ? NULL
               : exu_error_memory();
}

/* ---- stopping ---- */

/* A zombie can't be traced: it has no memory. */
static bool has_ended(const struct exu_stop *stop, pid_t id)
{
    char name[64];
    size_t size;
    snprintf(name, sizeof name, "task/%d/stat", (int)id);
    char *text = exu_proc_read(stop->pid, name, &size);
    const char *state = text ? strrchr(text, ')') : NULL; /* PID (NAME) STATE */
    bool ended = !state || strlen(state) < 3 || state[2] == 'Z' || state[2] == 'X';
    free(text);
    return ended;
}

static struct exu_error *interrupt(struct exu_stop *stop, pid_t id)
{
    struct exu_stop_thread thread = {.id = id};
    if (ptrace(PTRACE_SEIZE, id, NULL, NULL) != 0) {
        int number = errno;
        return number == ESRCH || has_ended(stop, id) ? NULL : exu_proc_error(stop->pid, "traced", number);
    }
    if (!stop->since.tv_sec)
        clock_gettime(CLOCK_MONOTONIC, &stop->since);
    EXU_TRY(add(stop, &thread));
    ptrace(PTRACE_INTERRUPT, id, NULL, NULL);
    return NULL;
}

/* Whether it has stopped or ended; false: not yet. A stop with a signal is looked at without taking it: the kernel then still has
 * the signal to deliver, should this process be killed before it lets the thread go (kernel/signal.c ptrace_stop: what it
 * returns is exit_code, which taking sets to 0). */
static bool has_stopped(struct exu_stop_thread *t)
{
    siginfo_t info = {0};
    if (waitid(P_PID, (id_t)t->id, &info, WSTOPPED | WEXITED | WNOHANG | WNOWAIT | __WALL) != 0)
        return errno != EINTR; /* it is gone */
    if (info.si_pid == 0)
        return false;
    t->stopped = info.si_code == CLD_TRAPPED;
    bool by_us = t->stopped && info.si_status >> 8 == PTRACE_EVENT_STOP;
    if (t->stopped && !by_us)
        t->signal = info.si_status & 0xff;
    else
        waitpid(t->id, NULL, __WALL | WNOHANG);
    return true;
}

/* A thread that is deep in the kernel (vfork, a dead disk) stops when it comes back from there. */
static struct exu_error *wait_for(const struct exu_stop *stop, struct exu_stop_thread *t)
{
    uint64_t most = stop->most_ms ? stop->most_ms : UNLIMITED_STOP_MS;
    for (unsigned naps = 0; !has_stopped(t); naps++) {
        if (ms_since(&stop->since) > (double)most)
            return exu_error_new(EXU_ERROR_MACHINE,
                                 "PID %d: thread %d did not stop within %" PRIu64 " ms (it waits in the kernel); try again, or take "
                                 "torn data with --no-stop",
                                 (int)stop->pid, (int)t->id, most);
        nanosleep(&(const struct timespec){0, naps < SHORT_NAPS ? 20000 : 500000}, NULL);
    }
    return NULL;
}

/* Those from `first` on; the ones that ended meanwhile go out of the list. */
static struct exu_error *wait_for_all(struct exu_stop *stop, size_t first)
{
    struct exu_error *error = NULL;
    size_t kept = first;
    for (size_t i = first; i < stop->threads.len; i++) {
        struct exu_stop_thread *t = &stop->threads.items[i];
        if (!error)
            error = wait_for(stop, t);
        if (t->stopped)
            stop->threads.items[kept++] = *t;
    }
    stop->threads.len = kept;
    return error;
}

static struct exu_error *read_registers(struct exu_stop *stop)
{
    struct exu_stop_thread *t;
    exu_vec_each (t, &stop->threads) {
        struct iovec room = {t->registers, sizeof t->registers};
        if (ptrace(PTRACE_GETREGSET, t->id, (void *)(uintptr_t)NT_PRSTATUS, &room) != 0)
            return exu_proc_error(stop->pid, "read", errno);
    }
    return NULL;
}

struct exu_error *exu_stop_all(struct exu_stop *stop)
{
    size_t before;
    do { /* those that still run may start others */
        before = stop->threads.len;
        struct exu_error *error = each_new(stop, interrupt), *late = wait_for_all(stop, before);
        if (error && late)
            exu_error_free(late);
        EXU_TRY(error ? error : late);
    } while (stop->threads.len > before);
    if (!stop->threads.len)
        return exu_error_new(EXU_ERROR_INPUT, "PID %d: has ended already (a zombie); it has no memory any more", (int)stop->pid);
    stop->reader = stop->threads.items[0].id;
    return read_registers(stop);
}

struct exu_error *exu_stop_in_time(const struct exu_stop *stop, uint64_t done)
{
    if (!stop->since.tv_sec || !stop->most_ms || ms_since(&stop->since) <= (double)stop->most_ms)
        return NULL;
    return exu_error_new(EXU_ERROR_MACHINE,
                         "PID %d: copying took longer than %" PRIu64 " ms (%" PRIu64 " MB were done), and it was let go; allow more "
                         "with --max-pause, or take torn data with --no-stop",
                         (int)stop->pid, stop->most_ms, done >> 20);
}

void exu_stop_end(struct exu_stop *stop)
{
    struct exu_stop_thread *t;
    exu_vec_each (t, &stop->threads)
        if (t->stopped) {
            ptrace(PTRACE_DETACH, t->id, NULL, (void *)(intptr_t)t->signal);
            t->stopped = false;
        }
    if (stop->since.tv_sec && stop->seconds == 0)
        stop->seconds = ms_since(&stop->since) / 1e3;
}

void exu_stop_deinit(struct exu_stop *stop)
{
    exu_vec_free(&stop->threads);
    exu_addrmap_deinit(&stop->seen);
}

/* ---- looking on ---- */

/* Its file 'syscall' says NUMBER ARGUMENTS SP PC, or 'running'. */
static struct exu_error *look_at(struct exu_stop *stop, pid_t id)
{
    struct exu_stop_thread thread = {.id = id};
    char name[64];
    size_t size;
    snprintf(name, sizeof name, "task/%d/syscall", (int)id);
    char *text = exu_proc_read(stop->pid, name, &size), *pc = text ? strrchr(text, ' ') : NULL;
    if (pc) {
        *pc = 0;
        char *sp = strrchr(text, ' ');
        thread.registers[REGISTER_RSP] = sp ? strtoull(sp + 1, NULL, 16) : 0;
        thread.registers[REGISTER_RIP] = strtoull(pc + 1, NULL, 16);
    }
    free(text);
    return add(stop, &thread);
}

struct exu_error *exu_stop_look(struct exu_stop *stop)
{
    stop->reader = stop->pid;
    return each_new(stop, look_at);
}
