/* A folder of systemd's stored cores: which of them is meant. */
#include "core/coredump.h"

#include "base/text.h"
#include "base/vec.h"
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define CORES_MOST 100000u /* files of one folder that are looked at */
#define SHOWN 6            /* of several */

struct stored {
    const char *name;
    struct exu_coredump facts;
    uint64_t pid, time, size;
};

struct folder {
    exu_vec(struct stored) cores; /* the newest first, once all are in */
    struct exu_bump bump;
};

static bool add(struct folder *f, int fd, const char *name)
{
    struct stored core = {0};
    struct stat st;
    if (!exu_coredump_of_name(&core.facts, name, &f->bump) || fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode))
        return true;
    core.size = (uint64_t)st.st_size;
    exu_coredump_number(&core.facts, EXU_COREDUMP_PID, &core.pid);
    exu_coredump_number(&core.facts, EXU_COREDUMP_TIMESTAMP, &core.time);
    return (core.name = exu_bump_strdup(&f->bump, name)) && exu_vec_push(&f->cores, core);
}

static int newest_first(const void *left, const void *right)
{
    const struct stored *a = left, *b = right;
    return a->time != b->time ? (a->time > b->time ? -1 : 1) : strcmp(a->name, b->name);
}

static struct exu_error *list(struct folder *f, const char *path)
{
    DIR *folder = opendir(path);
    if (!folder)
        return exu_error_errno("%s: can't list it", path);
    bool fine = true;
    const struct dirent *entry;
    while (fine && f->cores.len < CORES_MOST && (entry = readdir(folder)))
        fine = add(f, dirfd(folder), entry->d_name);
    closedir(folder);
    if (f->cores.len > 1)
        qsort(f->cores.items, f->cores.len, sizeof *f->cores.items, newest_first);
    return fine ? NULL : exu_error_memory();
}

static void describe(const struct stored *core, const char *path, struct exu_bump *bump, struct exu_text *out)
{
    char *whole = exu_bump_printf(bump, "%s/%s", path, core->name), size[EXU_SIZE_TEXT], when[32] = "?";
    struct exu_coredump facts = {0};
    uint64_t number;
    if (whole)
        exu_error_free(exu_coredump_of_file(&facts, whole, bump));
    time_t seconds = (time_t)(core->time / 1000000);
    struct tm utc;
    if (gmtime_r(&seconds, &utc))
        strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S UTC", &utc);
    const char *signal = exu_coredump_number(&facts, EXU_COREDUMP_SIGNAL, &number) && number > 0 && number < NSIG ? sigabbrev_np((int)number) : NULL;
    struct exu_text line = {0};
    exu_text_printf(&line, "%s  pid %llu  %s%s%s  %s  %s", when, (unsigned long long)core->pid,
                    facts.texts[EXU_COREDUMP_COMM] ? facts.texts[EXU_COREDUMP_COMM] : "?", signal ? "  SIG" : "", signal ? signal : "",
                    exu_size_text(core->size, size), core->name);
    for (size_t i = 0; i < line.len; i++) /* names are a stranger's: they don't move the cursor */
        if ((unsigned char)line.data[i] < ' ' || line.data[i] == 127)
            line.data[i] = '?';
    exu_text_printf(out, "\n  %s", line.data ? line.data : "");
    out->failed |= line.failed;
    exu_text_deinit(&line);
}

static struct exu_error *several(struct folder *f, const char *path)
{
    struct exu_text text = {0};
    for (size_t i = 0; i < exu_min(f->cores.len, (size_t)SHOWN); i++)
        describe(&f->cores.items[i], path, &f->bump, &text);
    if (f->cores.len > SHOWN)
        exu_text_printf(&text, "\n  and %zu older ones", f->cores.len - SHOWN);
    struct exu_error *error = text.failed ? exu_error_memory()
                                          : exu_error_new(EXU_ERROR_INPUT, "%s: has %zu cores; give one of them, or --pid PID for the newest of a process%s",
                                                          path, f->cores.len, text.data);
    exu_text_deinit(&text);
    return error;
}

static struct exu_error *choose(struct folder *f, const char *path, uint64_t pid, char **ret)
{
    const struct stored *chosen = NULL;
    EXU_TRY(list(f, path));
    for (size_t i = f->cores.len; pid && i-- > 0;)
        if (f->cores.items[i].pid == pid)
            chosen = &f->cores.items[i];
    if (pid && f->cores.len && !chosen)
        return exu_error_new(EXU_ERROR_INPUT, "%s: has no core of process %llu; without --pid the cores in it are listed", path,
                             (unsigned long long)pid);
    if (!pid && f->cores.len > 1)
        return several(f, path);
    if (!pid && f->cores.len == 1)
        chosen = &f->cores.items[0];
    struct exu_text whole = {0};
    if (!chosen)
        return NULL;
    exu_text_printf(&whole, "%s%s%s", path, path[strlen(path) - 1] == '/' ? "" : "/", chosen->name);
    if (whole.failed) {
        exu_text_deinit(&whole);
        return exu_error_memory();
    }
    *ret = whole.data;
    return NULL;
}

struct exu_error *exu_coredump_choose(const char *folder, uint64_t pid, char **ret_path)
{
    struct folder f = {0};
    *ret_path = NULL;
    if (!*folder)
        return NULL;
    struct exu_error *error = choose(&f, folder, pid, ret_path);
    exu_vec_free(&f.cores);
    exu_bump_deinit(&f.bump);
    return error;
}
