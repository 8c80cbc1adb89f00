/* Where a DB is asked for: a database, or a core that is loaded first. */
#ifndef EXU_CLI_SOURCE_H
#define EXU_CLI_SOURCE_H

#include "cli/command.h"
#include "query/functions.h"

EXU_MUST_CHECK struct exu_error *exu_source_open(struct exu_database **ret, const char *path,
                                                 const struct exu_arguments *arguments);
/* --pid and --journal: how a core that systemd stored is found. */
extern const struct exu_option exu_options_stored[];
/* The core that the first operand names: itself, or one of a folder of stored cores. To be freed. */
EXU_MUST_CHECK struct exu_error *exu_source_core(const struct exu_arguments *arguments, char **ret_path);
/* The options of a load, out of the words. Borrows them. */
struct exu_load_options exu_source_load_options(const struct exu_arguments *arguments);

/* What every query verb begins and ends with: the database of the first operand, and a writer on standard
 * output. */
struct exu_session {
    struct exu_database *db;
    struct exu_functions *functions;
    struct exu_writer *writer;
};
/* A writer on standard output, as the words want it. */
EXU_MUST_CHECK struct exu_error *exu_source_writer(struct exu_writer **ret, const struct exu_arguments *arguments);
EXU_MUST_CHECK struct exu_error *exu_session_open(struct exu_session *ret,
                                                  const struct exu_arguments *arguments);
/* Finishes the output when there is no error yet; hands `error` through. */
EXU_MUST_CHECK struct exu_error *exu_session_close(struct exu_session *session, struct exu_error *error);
/* -n, or on a terminal `usual`: 0 = all. */
uint64_t exu_session_rows(const struct exu_arguments *arguments, uint64_t usual);

#endif
