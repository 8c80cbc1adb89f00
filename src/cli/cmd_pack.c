#include "cli/options.h"
#include "cli/source.h"
#include "load/pack.h"

#include <stdio.h>
#include <stdlib.h>

static const struct exu_option options[] = {
    {"output", 'o', EXU_OPTION_TEXT, "FILE", offsetof(struct exu_arguments, output), "the pack", true},
    {"force", 'f', EXU_OPTION_FLAG, NULL, offsetof(struct exu_arguments, force), "overwrite it when it exists", false},
    {0},
};

static struct exu_error *pack_core(const struct exu_arguments *arguments, const char *core)
{
    struct exu_load_options load = exu_source_load_options(arguments);
    struct exu_pack_summary s = {0};
    char packed[EXU_SIZE_TEXT], unpacked[EXU_SIZE_TEXT], files[EXU_SIZE_TEXT];
    EXU_TRY(exu_pack(core, &load, &s));
    printf("%s: %s (a core of %s, %s of it from mapped files), %.1f s\n", arguments->output,
           exu_size_text(s.file_bytes, packed), exu_size_text(s.core_bytes, unpacked),
           exu_size_text(s.from_files, files), s.seconds);
    if (s.absent)
        fprintf(stderr, "exuvia: %s: %zu of %zu mapped files are not on this machine; what they have is not in the pack\n",
                core, s.absent, s.images);
    if (s.notice[0])
        fprintf(stderr, "exuvia: %s: %s\n", core, s.notice);
    return NULL;
}

static struct exu_error *run(const struct exu_arguments *arguments)
{
    char *core;
    EXU_TRY(exu_source_core(arguments, &core));
    struct exu_error *error = pack_core(arguments, core);
    free(core);
    return error;
}

const struct exu_command exu_cmd_pack = {
    .name = "pack",
    .usage = "CORE -o FILE",
    .summary = "write a core and what load needs of its files as one file",
    .description = "The pack holds the core, the pages of mapped files that the core lacks, the symbols and the layout that "
                   "their debug files tell. `load` of it gives the same database on a machine that has none of these files. It "
                   "is an ELF core in zstd: `zstd -d` unpacks it, and gdb opens what comes out. It holds all that the "
                   "process had in memory, and is created readable by its owner alone.",
    .options = {options, exu_options_stored, exu_options_core, exu_options_common},
    .least = 1,
    .most = 1,
    .run = run,
};
