#include "cli/help.h"

#include "store/store.h"

#include <string.h>

#define TEXT_WIDTH 80

static void wrapped(FILE *out, const char *text, size_t indent, size_t used)
{
    size_t column = used;
    while (*text) {
        size_t n = strcspn(text, " \n");
        if (column > indent && column + 1 + n > TEXT_WIDTH) {
            fprintf(out, "\n%*s", (int)indent, "");
            column = indent;
        }
        if (column > indent) {
            fputc(' ', out);
            column++;
        }
        fwrite(text, 1, n, out);
        column += n;
        text += n;
        if (*text == '\n') {
            fputc('\n', out);
            if (indent && text[1] != '\n')
                fprintf(out, "%*s", (int)indent, "");
            column = text[1] == '\n' ? 0 : indent;
            text++;
        } else if (*text == ' ') {
            text++;
        }
    }
    fputc('\n', out);
}

static void option_help(FILE *out, const struct exu_option *option)
{
    char head[96];
    int n;
    if (option->letter)
        n = snprintf(head, sizeof head, "  -%c, --%s", option->letter, option->name);
    else
        n = snprintf(head, sizeof head, "      --%s", option->name);
    if (option->argument && n > 0 && (size_t)n < sizeof head)
        snprintf(head + n, sizeof head - (size_t)n, " %s", option->argument);
    size_t width = strlen(head);
    if (width > 24) {
        fprintf(out, "%s\n%26s", head, "");
    } else {
        fprintf(out, "%-26s", head);
    }
    wrapped(out, option->help, 26, 26);
}

void exu_help_overview(FILE *out)
{
    fputs("usage: exuvia VERB [options] ARGUMENT…\n\n"
          "Reads core dumps of CPython processes and says what holds the memory.\n\n",
          out);
    for (size_t i = 0; i < exu_command_count; i++)
        fprintf(out, "  %-10s %s\n", exu_commands[i]->name, exu_commands[i]->summary);
    fputs("\nDB is a database that `exuvia load` wrote; a core may be given instead, it is loaded first.\n"
          "`exuvia VERB --help` tells more. `exuvia --version`, `exuvia --man` (the man page, roff),\n"
          "`exuvia --completion` (for bash).\n",
          out);
}

void exu_help_command(FILE *out, const struct exu_command *command)
{
    fprintf(out, "usage: exuvia %s [options] %s\n\n", command->name, command->usage);
    wrapped(out, command->summary, 0, 0);
    if (command->description) {
        fputc('\n', out);
        wrapped(out, command->description, 0, 0);
    }
    fputs("\noptions:\n", out);
    for (size_t g = 0; g < EXU_OPTION_GROUPS && command->options[g]; g++)
        for (const struct exu_option *o = command->options[g]; o->name; o++)
            option_help(out, o);
}

void exu_help_version(FILE *out)
{
    fprintf(out, "exuvia %s (schema %d)\n", EXU_VERSION, EXU_SCHEMA_VERSION);
}
