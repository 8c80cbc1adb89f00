/* A page of several questions: each a query file, shown as a titled table that is left out when it has no
 * rows. */
#ifndef EXU_CLI_PAGE_H
#define EXU_CLI_PAGE_H

#include "cli/source.h"
#include "query/map.h"

struct exu_page_table {
    const char *key, *title; /* in JSON, and for people */
    const char *sql;
};
/* The first row's columns as facts, a line each. `parameter`: of the question; may be NULL. */
EXU_MUST_CHECK struct exu_error *exu_page_facts(const struct exu_session *session, const char *sql,
                                                const struct exu_parameter *parameter);
/* One table; says so when there are more rows. */
EXU_MUST_CHECK struct exu_error *exu_page_rows(const struct exu_session *session, const struct exu_arguments *arguments,
                                               const struct exu_page_table *table, const struct exu_parameter *parameter,
                                               uint64_t usual);
/* `usual`: rows of a table on a terminal without -n. */
EXU_MUST_CHECK struct exu_error *exu_page_tables(const struct exu_session *session,
                                                 const struct exu_arguments *arguments,
                                                 const struct exu_page_table *tables, size_t count,
                                                 uint64_t usual);
/* --map of a verb: `draw` makes the map, `title` stands above the picture. */
EXU_MUST_CHECK struct exu_error *exu_page_map(const struct exu_arguments *arguments,
                                              exu_map_maker *draw, const char *title);
/* A verb that is nothing but a page: opens the database, shows the facts (sql may be NULL) and the tables. */
EXU_MUST_CHECK struct exu_error *exu_page_run(const struct exu_arguments *arguments, const char *facts,
                                              const struct exu_page_table *tables, size_t count);

#endif
