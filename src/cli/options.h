/* The option tables that verbs share, and the parser. */
#ifndef EXU_CLI_OPTIONS_H
#define EXU_CLI_OPTIONS_H

#include "cli/command.h"

/* How a core is read: for load, and for every verb that is given a core. */
extern const struct exu_option exu_options_core[];
/* How an answer is printed. */
extern const struct exu_option exu_options_picture[], exu_options_drawn[], exu_options_output[];
/* --help, and what every verb has. */
extern const struct exu_option exu_options_common[];

/* argv without program and verb. Options may stand before and behind operands; `--` ends them. */
EXU_MUST_CHECK struct exu_error *exu_options_parse(const struct exu_command *command, int argc,
                                                   char *const *argv, struct exu_arguments *ret);
void exu_arguments_deinit(struct exu_arguments *arguments);

/* Edit distance, for suggestions; at most `limit`. */
size_t exu_word_distance(const char *a, const char *b, size_t limit);

#endif
