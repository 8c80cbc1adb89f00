/* What the modules that build the report of a dump share. */
#ifndef EXU_REPORT_INCIDENT_PRIVATE_H
#define EXU_REPORT_INCIDENT_PRIVATE_H

#include "query/chains.h"
#include "query/explain.h"
#include "report/incident.h"

/* A figure of the report and what shows it again. */
struct exu_figure {
    const char *what, *command;
    const char *sql; /* NULL: the command is all */
};

struct exu_incident {
    struct exu_report *report;
    const struct exu_database *db;
    struct exu_chains chains; /* of them the main one; empty: there is none */
    size_t main;
    exu_vec(struct exu_figure) figures;
};

/* A question that becomes a table. */
struct exu_incident_table {
    const char *id, *title;
    const char *sql;
    const char *names;    /* columns of names as code has them, each between spaces: ' type module ' */
    const char *files;    /* columns of file names */
    const char *left_out; /* columns that are not shown */
    const char *command;  /* that shows the same */
    uint64_t rows;
    const struct exu_parameter *parameters;
    size_t parameter_count;
};
/* Adds the table, when it has rows, and the figure. */
EXU_MUST_CHECK struct exu_error *exu_incident_table(struct exu_incident *i, struct exu_part *parent,
                                                    const struct exu_incident_table *table);
/* The first row as facts. */
EXU_MUST_CHECK struct exu_error *exu_incident_row_facts(struct exu_incident *i, struct exu_part *parent,
                                                        const struct exu_incident_table *table);
/* Makes the report, with its title: of a dump, or of what grew between two. */
void exu_incident_begin(struct exu_incident *i, const struct exu_incident_options *options, bool growth);
void exu_incident_figure(struct exu_incident *i, const char *what, const char *command, const char *sql);

/* Finds the main chain, when there is one. */
EXU_MUST_CHECK struct exu_error *exu_incident_find_chain(const struct exu_database *db, struct exu_chains *chains,
                                                         size_t *main);
/* The chain as a part, with what is known of it. */
EXU_MUST_CHECK struct exu_error *exu_incident_chain(struct exu_incident *i, struct exu_part *parent);

/* The sections, in the order of the report. Each adds what the database has of it. */
EXU_MUST_CHECK struct exu_error *exu_incident_summary(struct exu_incident *i);
EXU_MUST_CHECK struct exu_error *exu_incident_suspects(struct exu_incident *i);
EXU_MUST_CHECK struct exu_error *exu_incident_objects(struct exu_incident *i);
EXU_MUST_CHECK struct exu_error *exu_incident_threads(struct exu_incident *i);
EXU_MUST_CHECK struct exu_error *exu_incident_exceptions(struct exu_incident *i);
EXU_MUST_CHECK struct exu_error *exu_incident_allocators(struct exu_incident *i);
EXU_MUST_CHECK struct exu_error *exu_incident_collector(struct exu_incident *i);
EXU_MUST_CHECK struct exu_error *exu_incident_waste(struct exu_incident *i);
EXU_MUST_CHECK struct exu_error *exu_incident_anomalies(struct exu_incident *i);
EXU_MUST_CHECK struct exu_error *exu_incident_appendix(struct exu_incident *i);
EXU_MUST_CHECK struct exu_error *exu_incident_privacy(struct exu_incident *i);

#endif
