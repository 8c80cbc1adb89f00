#include "cli/help.h"

#include <string.h>

/* roff: a leading dot or quote, backslashes and dashes mean something. */
static void escaped(FILE *out, const char *text)
{
    if (*text == '.' || *text == '\'')
        fputs("\\&", out);
    for (; *text; text++) {
        if (*text == '\\')
            fputs("\\e", out);
        else if (*text == '-')
            fputs("\\-", out);
        else if (text[0] == '\n' && text[1] == '\n') {
            fputs("\n.PP\n", out);
            text++;
        } else
            fputc(*text, out);
    }
}

static void option_item(FILE *out, const struct exu_option *option)
{
    fputs(".TP\n\\fB", out);
    if (option->letter)
        fprintf(out, "\\-%c\\fR, \\fB", option->letter);
    fputs("\\-\\-", out);
    escaped(out, option->name);
    fputs("\\fR", out);
    if (option->argument) {
        fputs(" \\fI", out);
        escaped(out, option->argument);
        fputs("\\fR", out);
    }
    fputc('\n', out);
    escaped(out, option->help);
    fputc('\n', out);
}

static void command_section(FILE *out, const struct exu_command *command)
{
    fprintf(out, ".SS \"%s \\fI", command->name);
    escaped(out, command->usage);
    fputs("\\fR\"\n", out);
    escaped(out, command->summary);
    fputs(".\n", out);
    if (command->description) {
        fputs(".PP\n", out);
        escaped(out, command->description);
        fputc('\n', out);
    }
    for (size_t g = 0; g < EXU_OPTION_GROUPS && command->options[g]; g++)
        for (const struct exu_option *o = command->options[g]; o->name; o++)
            option_item(out, o);
}

void exu_help_man(FILE *out)
{
    fprintf(out, ".TH EXUVIA 1 \"\" \"exuvia %s\" \"User Commands\"\n", EXU_VERSION);
    fputs(".SH NAME\nexuvia \\- say what holds the memory of a dumped CPython process\n"
          ".SH SYNOPSIS\n.B exuvia\n\\fIVERB\\fR [options] \\fIARGUMENT\\fR...\n"
          ".SH DESCRIPTION\n"
          "exuvia reads a core dump of a CPython process, writes every object and every reference into an "
          "SQLite\n"
          "database, and answers questions from it. Where a \\fIDB\\fR is asked for, a core may be given "
          "instead: it\n"
          "is loaded to CORE.db first, or that is reused when it was made from the same core.\n"
          ".PP\n\\fIOBJ\\fR is an address (0x7f...) or #ID, the id of a row of table object.\n"
          ".SH VERBS\n",
          out);
    for (size_t i = 0; i < exu_command_count; i++)
        command_section(out, exu_commands[i]);
    fputs(".SH EXIT STATUS\n"
          ".TP\n0\ndone\n.TP\n1\nthe answer is 'none', or an assertion failed\n.TP\n2\nthe words are off\n"
          ".TP\n3\nthe input can't be used\n.TP\n4\nthe machine failed us (disk full, no memory)\n"
          ".SH ENVIRONMENT\n.TP\nNO_COLOR\nwhen set, no colors unless \\-\\-color always\n"
          ".TP\nCOLUMNS\nthe width of the terminal\n"
          ".TP\nTMPDIR\nwhere a compressed core is unpacked\n",
          out);
}
