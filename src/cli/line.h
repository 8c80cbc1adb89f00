/* A line from the person at the terminal: editing, history, completion by libedit. Without libedit (or without a terminal)
 * plain lines.
 *
 * One at a time: libedit keeps its state in globals, and so its completion function knows no context. */
#ifndef EXU_CLI_LINE_H
#define EXU_CLI_LINE_H

#include "query/database.h"

struct exu_line;

/* A word that a line may begin with, and what its argument is: for completion. */
struct exu_line_command {
    const char *name; /* '.mode' */
    const char *argument; /* 'TABLE', 'NAME' (of the cookbook), or choices 'a|b'; NULL: none */
};

/* `interactive`: a person sits there. The history is that of $XDG_STATE_HOME/exuvia/history (~/.local/state/...), readable by
 * its owner alone. Borrows the database and the commands (a name of NULL ends them). */
EXU_MUST_CHECK struct exu_error *exu_line_open(struct exu_line **ret, const struct exu_database *db,
                                               const struct exu_line_command *commands, bool interactive);
/* Without its newline; NULL at the end of the input, or without memory. The caller frees it. *cancelled: Ctrl-C was pressed,
 * what was typed is to be forgotten. */
char *exu_line_read(struct exu_line *line, const char *prompt, bool *cancelled);
/* For the history: a whole query, or a command. */
void exu_line_remember(struct exu_line *line, const char *text);
/* Writes the history. NULL is fine. */
void exu_line_close(struct exu_line *line);

#endif
