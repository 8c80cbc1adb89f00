/* A core -> a database: the whole way through all layers, in phases.
 *
 * The database is written beside its final name and put there when it is whole: a half-written database is never left
 * under the final name. */
#ifndef EXU_LOAD_LOAD_H
#define EXU_LOAD_LOAD_H

#include "base/error.h"
#include "base/progress.h"
#include "base/sandbox.h"
#include "core/core.h"

struct exu_store;

struct exu_load_options {
    const char *output; /* NULL: CORE.db */
    struct exu_core_options core;
    bool force; /* overwrite what stands there */
    const char *libpython; /* which of several interpreters is read; NULL: the first */
    const char *journal; /* a folder with systemd's journal; NULL: where it lies beside systemd's cores, or below the sysroot */
    bool debuginfod; /* ask servers for missing files; see core/fetch.h */
    bool no_sandbox; /* parse with all that this process may do; see base/sandbox.h */
    enum exu_progress_mode progress;
    /* Called with all rows and indexes in, before the database gets its final name: for what layers above find in it and
     * write themselves. NULL: nothing more. */
    struct exu_error *(*last)(struct exu_store *store);
};

struct exu_load_summary {
    char database[4096];
    char python_version[32];
    char layout_source[64];
    uint64_t objects, references, anomalies;
    uint64_t lost_bytes; /* of the memory that the core should hold */
    char notice[1024];   /* what a user should not have to look up: the core is cut off, a file is not the one that
                            crashed; empty: nothing */
    double seconds;
};

EXU_MUST_CHECK struct exu_error *exu_load(const char *core_path, const struct exu_load_options *options,
                                          struct exu_load_summary *ret_summary);

/* What a user should not have to look up, of the anomalies; '' = nothing. */
void exu_load_notice(const struct exu_anomalies *anomalies, char *text, size_t size);
/* An error when the output is the core itself, even with --force: it may be all that is left of the incident. */
EXU_MUST_CHECK struct exu_error *exu_load_check_output(const char *core, const char *output);
/* Before the first byte of the core is looked at, and after the output was made. */
void exu_load_enter_sandbox(const struct exu_load_options *options, const char *output,
                            char ret_text[static EXU_SANDBOX_TEXT]);

#endif
