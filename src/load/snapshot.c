#include "load/snapshot.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* An output that can't be is told before the process is stopped for it. */
static struct exu_error *check_output(pid_t pid, const struct exu_load_options *options)
{
    if (!options->output)
        return exu_error_new(EXU_ERROR_USAGE, "PID %d: say where to write the snapshot, with -o FILE", (int)pid);
    if (!options->force && access(options->output, F_OK) == 0)
        return exu_error_new(EXU_ERROR_USAGE, "%s: exists; say --force to overwrite it, or -o for another name", options->output);
    return NULL;
}

/* Where it sees its files, open; -1: as this process sees them, or it can't be told. Before it is copied: a process that ends, or
 * starts another program, changes it; and in the sandbox another's root can't be looked up any more. */
static int open_root(pid_t pid)
{
    char path[64], link[2];
    snprintf(path, sizeof path, "/proc/%d/root", (int)pid);
    if (readlink(path, link, sizeof link) == 1 && link[0] == '/')
        return -1;
    return open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static struct exu_error *pack(const struct exu_live *live, int root, pid_t pid, const struct exu_load_options *options,
                              struct exu_pack_summary *ret)
{
    char path[64], sysroot[64], name[64];
    struct exu_load_options ours = *options;
    snprintf(path, sizeof path, "/proc/self/fd/%d", live->fd);
    snprintf(sysroot, sizeof sysroot, "/proc/self/fd/%d", root);
    snprintf(name, sizeof name, "PID %d", (int)pid);
    ours.core.name = name;
    if (!ours.core.sysroot && root >= 0)
        ours.core.sysroot = sysroot;
    return exu_pack(path, &ours, ret);
}

struct exu_error *exu_snapshot(pid_t pid, const struct exu_live_options *live, const struct exu_load_options *options,
                               struct exu_snapshot_summary *ret)
{
    memset(ret, 0, sizeof *ret);
    EXU_TRY(check_output(pid, options));
    int root = open_root(pid);
    struct exu_error *error = exu_live_copy(&ret->live, pid, live);
    if (!error) {
        error = pack(&ret->live, root, pid, options, &ret->pack);
        close(ret->live.fd);
        ret->live.fd = -1;
    }
    if (root >= 0)
        close(root);
    return error;
}
