#include "cli/help.h"

#include <string.h>

static void verb_case(FILE *out, const struct exu_command *command)
{
    fprintf(out, "    %s) options=\"", command->name);
    for (size_t g = 0; g < EXU_OPTION_GROUPS && command->options[g]; g++)
        for (const struct exu_option *o = command->options[g]; o->name; o++)
            fprintf(out, "--%s ", o->name);
    fputs("\" ;;\n", out);
}

/* One case for each option with known values, over all verbs. */
static void value_cases(FILE *out)
{
    const char *done[64];
    size_t count = 0;
    for (size_t i = 0; i < exu_command_count; i++)
        for (size_t g = 0; g < EXU_OPTION_GROUPS && exu_commands[i]->options[g]; g++)
            for (const struct exu_option *o = exu_commands[i]->options[g]; o->name; o++) {
                bool known = o->kind == EXU_OPTION_FLAG || (o->kind != EXU_OPTION_CHOICE && !o->file);
                for (size_t k = 0; k < count; k++)
                    known = known || strcmp(done[k], o->name) == 0;
                if (known || count == EXU_COUNT(done))
                    continue;
                done[count++] = o->name;
                if (o->file) {
                    fprintf(out, "    --%s) COMPREPLY=($(compgen -f -- \"$word\")); return ;;\n", o->name);
                    continue;
                }
                fprintf(out, "    --%s) COMPREPLY=($(compgen -W \"", o->name);
                for (const char *c = o->argument; *c; c++)
                    fputc(*c == '|' ? ' ' : *c, out);
                fputs("\" -- \"$word\")); return ;;\n", out);
            }
}

void exu_help_completion(FILE *out)
{
    fputs("# bash completion for exuvia, printed by `exuvia --completion`\n"
          "_exuvia()\n{\n"
          "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} options=\n"
          "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n        COMPREPLY=($(compgen -W \"",
          out);
    for (size_t i = 0; i < exu_command_count; i++)
        fprintf(out, "%s ", exu_commands[i]->name);
    fputs("help --help --version\" -- \"$word\"))\n        return\n    fi\n    case $before in\n", out);
    value_cases(out);
    fputs("    esac\n    case ${COMP_WORDS[1]} in\n", out);
    for (size_t i = 0; i < exu_command_count; i++)
        verb_case(out, exu_commands[i]);
    fputs("    esac\n"
          "    case $word in\n"
          "    -*) COMPREPLY=($(compgen -W \"$options\" -- \"$word\")) ;;\n"
          "    *) COMPREPLY=($(compgen -f -- \"$word\")) ;;\n"
          "    esac\n}\n"
          "complete -o filenames -F _exuvia exuvia\n",
          out);
}
