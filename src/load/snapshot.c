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

struct exu_error *exu_snapshot(pid_t pid, const struct exu_live_options *live, const struct exu_load_options *options,
                               struct exu_snapshot_summary *ret)
{
    char path[64], root[64], sysroot[64], name[64], link[2];
    struct exu_load_options with_root = *options;
    memset(ret, 0, sizeof *ret);
    EXU_TRY(check_output(pid, options));
    EXU_TRY(exu_live_copy(&ret->live, pid, live));
    snprintf(path, sizeof path, "/proc/self/fd/%d", ret->live.fd);
    snprintf(root, sizeof root, "/proc/%d/root", (int)pid);
    snprintf(name, sizeof name, "PID %d", (int)pid);
    with_root.core.name = name;
    /* Of a process with this machine's files these are found as they are called. In the sandbox another's root can't be
     * looked up any more: it is held open. */
    int held = -1;
    if (!options->core.sysroot && !(readlink(root, link, sizeof link) == 1 && link[0] == '/') &&
        (held = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC)) >= 0) {
        snprintf(sysroot, sizeof sysroot, "/proc/self/fd/%d", held);
        with_root.core.sysroot = sysroot;
    }
    struct exu_error *error = exu_pack(path, &with_root, &ret->pack);
    if (held >= 0)
        close(held);
    close(ret->live.fd);
    ret->live.fd = -1;
    return error;
}
