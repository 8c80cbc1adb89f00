#include "cli/options.h"
#include "cli/source.h"
#include "query/summary.h"

#include <stdio.h>
#include <stdlib.h>

static const struct exu_option options[] = {
    {"output", 'o', EXU_OPTION_TEXT, "DB", offsetof(struct exu_arguments, output),
     "the database; CORE.db if not given", true},
    {"force", 'f', EXU_OPTION_FLAG, NULL, offsetof(struct exu_arguments, force),
     "overwrite it when it exists", false},
    {0},
};

static struct exu_error *load_core(const struct exu_arguments *arguments, const char *core)
{
    struct exu_load_options load = exu_source_load_options(arguments);
    struct exu_load_summary summary = {0};
    struct exu_text objects = {0};
    char lost[EXU_SIZE_TEXT];
    EXU_TRY(exu_load(core, &load, &summary));
    exu_describe_count(summary.objects, &objects);
    exu_text_puts(&objects, " objects, ");
    exu_describe_count(summary.references, &objects);
    exu_text_puts(&objects, " references");
    if (summary.anomalies) {
        exu_text_puts(&objects, ", ");
        exu_describe_count(summary.anomalies, &objects);
        exu_text_puts(&objects, summary.anomalies == 1 ? " anomaly" : " anomalies");
    }
    if (summary.lost_bytes)
        exu_text_printf(&objects, ", %s lost", exu_size_text(summary.lost_bytes, lost));
    printf("%s: %s; Python %s, %.1f s\n", summary.database, objects.data ? objects.data : "",
           summary.python_version, summary.seconds);
    exu_text_deinit(&objects);
    if (summary.notice[0])
        fprintf(stderr, "exuvia: %s: %s\n", core, summary.notice);
    return NULL;
}

static struct exu_error *run(const struct exu_arguments *arguments)
{
    char *core;
    EXU_TRY(exu_source_core(arguments, &core));
    struct exu_error *error = load_core(arguments, core);
    free(core);
    return error;
}

const struct exu_command exu_cmd_load = {
    .name = "load",
    .usage = "CORE [-o DB]",
    .summary = "read a core and write the database",
    .description = "CORE is an ELF core of gcore or the kernel, plain or compressed (zstd, gzip, xz, lz4), or `-`: what comes on standard input, as of `coredumpctl dump`; or a folder of "
                   "systemd-coredump's, whose only core is read, or the one that --pid chooses. What systemd wrote down about it "
                   "(in its attributes, in the journal) becomes rows of table meta. The database "
                   "is written beside "
                   "its final name and put there when it is whole; what a killed load left there the next one removes. A "
                   "symbolic link under that name is not followed: --force replaces the link. What the core does not hold of mapped "
                   "files is read from "
                   "these files, when their build-id agrees. A damaged or partial core is no error: what is "
                   "readable is loaded, "
                   "and table anomaly says what is not. It is read in a sandbox where the kernel offers it (seccomp and "
                   "landlock: no network, no other program, no writing outside the output's and the temporary "
                   "directory); `info` says which.",
    .options = {options, exu_options_stored, exu_options_core, exu_options_common},
    .least = 1,
    .most = 1,
    .run = run,
};
