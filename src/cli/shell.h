/* `exuvia sql`: queries of the user's own. */
#ifndef EXU_CLI_SHELL_H
#define EXU_CLI_SHELL_H

#include "cli/source.h"

/* Every statement of `sql`, its rows printed. EXU_ERROR_USAGE when the SQL is off. */
EXU_MUST_CHECK struct exu_error *exu_shell_query(struct exu_session *session,
                                                 const struct exu_arguments *arguments, const char *sql);
/* Reads standard input to its end or .quit. */
EXU_MUST_CHECK struct exu_error *exu_shell_run(struct exu_session *session,
                                               const struct exu_arguments *arguments);
/* The functions and tables with arguments that queries can use. */
void exu_shell_functions(void);

#endif
