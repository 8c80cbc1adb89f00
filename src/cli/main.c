#include "cli/command.h"
#include "cli/help.h"
#include "cli/options.h"

#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

static struct exu_error *run_help(int argc, char *const *argv)
{
    const struct exu_command *command;
    if (argc < 3) {
        exu_help_overview(stdout);
        return NULL;
    }
    EXU_TRY(exu_command_find(argv[2], &command));
    exu_help_command(stdout, command);
    return NULL;
}

static struct exu_error *run_verb(int argc, char *const *argv)
{
    const struct exu_command *command;
    struct exu_arguments arguments = {0};
    EXU_TRY(exu_command_find(argv[1], &command));
    struct exu_error *error = exu_options_parse(command, argc - 2, argv + 2, &arguments);
    if (!error && arguments.help)
        exu_help_command(stdout, command);
    else if (!error)
        error = command->run(&arguments);
    exu_arguments_deinit(&arguments);
    return error;
}

static struct exu_error *run(int argc, char *const *argv)
{
    static const struct {
        const char *word;
        void (*print)(FILE *out);
    } words[] = {{"--help", exu_help_overview},   {"-h", exu_help_overview},
                 {"--version", exu_help_version}, {"-V", exu_help_version},
                 {"--man", exu_help_man},         {"--completion", exu_help_completion}};
    if (argc < 2)
        return exu_error_new(EXU_ERROR_USAGE, "no verb given; see `exuvia --help`");
    for (size_t i = 0; i < EXU_COUNT(words); i++)
        if (strcmp(argv[1], words[i].word) == 0) {
            words[i].print(stdout);
            return NULL;
        }
    if (strcmp(argv[1], "help") == 0)
        return run_help(argc, argv);
    return run_verb(argc, argv);
}

static int report(struct exu_error *error)
{
    int status = (int)error->code;
    if (status == EXU_ERROR_MACHINE && errno == EPIPE && ferror(stdout)) {
        exu_error_free(error); /* who read our output has seen enough */
        return status;
    }
    fflush(stdout);
    fprintf(stderr, "exuvia: %s\n", error->message);
    exu_error_free(error);
    return status;
}

int main(int argc, char **argv)
{
    /* wcwidth: the width of characters on a terminal */
    setlocale(LC_CTYPE, "C.UTF-8");
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a limit of the size of files is an error of write, as a full disk is */
    struct exu_error *error = run(argc, argv);
    int status = error ? report(error) : 0;
    if (fclose(stdout) != 0 && status == 0) {
        if (errno != EPIPE)
            fprintf(stderr, "exuvia: standard output: %s; nothing or only a part was written\n",
                    strerror(errno));
        status = EXU_ERROR_MACHINE;
    }
    return status;
}
