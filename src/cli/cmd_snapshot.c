#include "cli/options.h"
#include "cli/source.h"
#include "load/snapshot.h"

#include <stdio.h>
#include <stdlib.h>

static const struct exu_option options[] = {
    {"output", 'o', EXU_OPTION_TEXT, "FILE", offsetof(struct exu_arguments, output), "the snapshot", true},
    {"force", 'f', EXU_OPTION_FLAG, NULL, offsetof(struct exu_arguments, force), "overwrite it when it exists", false},
    {"max-pause", 0, EXU_OPTION_NUMBER, "MS", offsetof(struct exu_arguments, max_pause),
     "let the process go, and give up, when copying takes longer than so many milliseconds", false},
    {"no-stop", 0, EXU_OPTION_FLAG, NULL, offsetof(struct exu_arguments, no_stop),
     "don't stop the process: what it changes meanwhile is torn", false},
    {0},
};

static struct exu_error *parse_pid(const char *word, pid_t *ret)
{
    char *end;
    long pid = strtol(word, &end, 10);
    if (*end || end == word || pid <= 0 || pid > 1 << 22)
        return exu_error_new(EXU_ERROR_USAGE, "%s: is not the number of a process; see `ps`", word);
    *ret = (pid_t)pid;
    return NULL;
}

static struct exu_error *run(const struct exu_arguments *arguments)
{
    struct exu_load_options load = exu_source_load_options(arguments);
    struct exu_live_options live = {.no_stop = arguments->no_stop, .max_pause_ms = arguments->max_pause};
    struct exu_snapshot_summary s;
    char file[EXU_SIZE_TEXT], copied[EXU_SIZE_TEXT];
    pid_t pid = 0;
    EXU_TRY(parse_pid(arguments->operands.items[0], &pid));
    EXU_TRY(exu_snapshot(pid, &live, &load, &s));
    printf("%s: %s; %s of %zu thread%s copied, ", arguments->output, exu_size_text(s.pack.file_bytes, file),
           exu_size_text(s.live.bytes, copied), s.live.threads, s.live.threads == 1 ? "" : "s");
    if (live.no_stop)
        printf("the process was not stopped (torn data)\n");
    else
        printf("the process stood still for %.1f ms\n", s.live.pause * 1000);
    if (s.pack.absent)
        fprintf(stderr, "exuvia: PID %d: %zu of %zu mapped files are not found; what they have is not in the snapshot\n", (int)pid,
                s.pack.absent, s.pack.images);
    if (s.pack.notice[0])
        fprintf(stderr, "exuvia: PID %d: %s\n", (int)pid, s.pack.notice);
    return NULL;
}

const struct exu_command exu_cmd_snapshot = {
    .name = "snapshot",
    .usage = "PID -o FILE",
    .summary = "a heap snapshot of a live process, which stands still while its memory is copied",
    .description = "All threads are stopped, private memory is copied into this process's, and they go on; the file is written "
                   "then. The process runs no code for it, nothing is written into it, and it goes on when this one is killed. "
                   "The snapshot is a pack: an ELF core in zstd with what `load` needs of the binaries, for any machine. It holds "
                   "all that the process had in memory, and is created readable by its owner alone.",
    .options = {options, exu_options_core, exu_options_common},
    .least = 1,
    .most = 1,
    .run = run,
};
