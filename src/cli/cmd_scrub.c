#include "cli/options.h"
#include "cli/source.h"
#include "query/leaks.h"
#include "query/summary.h"
#include "store/scrub.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct exu_option options[] = {
    {"output", 'o', EXU_OPTION_TEXT, "DB2", offsetof(struct exu_arguments, output), "the scrubbed database", true},
    {"salt", 0, EXU_OPTION_TEXT, "TEXT", offsetof(struct exu_arguments, salt),
     "the same one gives the same tokens for the same values in several databases; keep it to yourself", false},
    {"force", 'f', EXU_OPTION_FLAG, NULL, offsetof(struct exu_arguments, force), "overwrite DB2 when it exists", false},
    {0},
};

static void tell(const char *path, const struct exu_scrubbed *scrubbed)
{
    struct exu_text line = {0};
    exu_describe_count(scrubbed->replaced, &line);
    exu_text_puts(&line, " of ");
    exu_describe_count(scrubbed->contents, &line);
    printf("%s: %s contents replaced\n", path, line.data ? line.data : "");
    exu_text_deinit(&line);
    if (!scrubbed->unclassified.len)
        return;
    printf("could not be classified, and were replaced, too:\n");
    const struct exu_unclassified *kind;
    exu_vec_each (kind, &scrubbed->unclassified)
        printf("  %8llu  %s\n", (unsigned long long)kind->count, kind->what);
}

static struct exu_error *scrub(const struct exu_arguments *arguments, const char *source)
{
    struct exu_store *store = NULL;
    struct exu_scrubbed scrubbed = {0};
    EXU_TRY(exu_store_copy(&store, source, arguments->output, arguments->force));
    struct exu_error *error = exu_scrub(store, arguments->salt, &scrubbed);
    if (!error)
        error = exu_leaks_write(store);
    if (!error)
        error = exu_store_vacuum(store);
    if (!error)
        error = exu_store_finish(store);
    else
        exu_store_abandon(store);
    if (!error)
        tell(arguments->output, &scrubbed);
    exu_scrubbed_deinit(&scrubbed);
    return error;
}

static struct exu_error *run(const struct exu_arguments *arguments)
{
    const char *source = arguments->operands.items[0];
    if (!arguments->output)
        return exu_error_new(EXU_ERROR_USAGE, "%s: the scrubbed database needs a name; give one with -o", source);
    struct exu_database *db = NULL;
    EXU_TRY(exu_source_open(&db, source, arguments)); /* a core is loaded; what is not ours is refused */
    char *path = strdup(db->path);
    exu_database_close(db);
    if (!path)
        return exu_error_memory();
    struct exu_error *error = scrub(arguments, path);
    free(path);
    return error;
}

const struct exu_command exu_cmd_scrub = {
    .name = "scrub",
    .usage = "DB -o DB2",
    .summary = "a database without the process's data: the same counts, sizes and references",
    .description =
        "Contents, messages, arguments and the environment become tokens of the same length, equal ones equal tokens. Names that "
        "the program's code gives (attributes, variables, functions, modules, files) stay, unless they look like secrets. Numbers "
        "below a thousand and single characters stay. Tokens of fewer than 8 characters may coincide. What is replaced in the file "
        "is overwritten.",
    .options = {options, exu_options_core, exu_options_common},
    .least = 1,
    .most = 1,
    .run = run,
};
