/* Texts that are made from the tables of verbs and options. */
#ifndef EXU_CLI_HELP_H
#define EXU_CLI_HELP_H

#include "cli/command.h"

void exu_help_overview(FILE *out);
void exu_help_command(FILE *out, const struct exu_command *command);
void exu_help_version(FILE *out);
/* The man page exuvia(1), roff. */
void exu_help_man(FILE *out);
/* Completion for bash. */
void exu_help_completion(FILE *out);

#endif
