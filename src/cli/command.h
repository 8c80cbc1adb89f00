/* A verb of the command line, and its options: rows of tables. Parsing, --help, the man page and the shell
 * completion all come from these tables. */
#ifndef EXU_CLI_COMMAND_H
#define EXU_CLI_COMMAND_H

#include "base/vec.h"
#include "load/load.h"
#include "report/writer.h"

enum exu_color_mode { EXU_COLOR_AUTO, EXU_COLOR_ALWAYS, EXU_COLOR_NEVER };

/* What the words said. */
struct exu_arguments {
    exu_vec(const char *) operands;
    bool help;
    /* load */
    const char *output, *sysroot, *exe, *libpython, *journal;
    uint64_t pid;
    exu_vec(const char *) debug_dirs;
    bool force, no_sandbox, debuginfod;
    int progress; /* enum exu_progress_mode */
    /* output */
    int format; /* enum exu_format */
    int color;  /* enum exu_color_mode */
    uint64_t rows;
    bool rows_given;
    /* verbs */
    bool locals, async, map, pins, schema, functions;
    bool include_content, fingerprint;
    const char *by, *from, *to, *arena, *rules, *salt, *title, *link;
    uint64_t max_pause;
    bool no_stop;
    uint64_t depth;
};

enum exu_option_kind {
    EXU_OPTION_FLAG,
    EXU_OPTION_TEXT,
    EXU_OPTION_LIST,
    EXU_OPTION_NUMBER,
    EXU_OPTION_CHOICE
};

struct exu_option {
    const char *name; /* without -- ; NULL ends a table */
    char letter;      /* 0 = none */
    enum exu_option_kind kind;
    const char *argument; /* its name in help texts; of a choice: 'a|b|c' */
    size_t offset;        /* in struct exu_arguments */
    const char *help;
    bool file; /* the argument is a path: for completion */
};

#define EXU_OPTION_GROUPS 4

struct exu_command {
    const char *name, *usage, *summary;
    const char *description; /* paragraphs for --help and the man page; may be NULL */
    const struct exu_option *options[EXU_OPTION_GROUPS]; /* tables; NULL ends */
    size_t least, most;                                  /* operands */
    struct exu_error *(*run)(const struct exu_arguments *arguments);
};

/* Every verb, in the order of --help. */
extern const struct exu_command *const exu_commands[];
extern const size_t exu_command_count;
extern const struct exu_command exu_cmd_load, exu_cmd_pack, exu_cmd_snapshot, exu_cmd_info, exu_cmd_threads, exu_cmd_types, exu_cmd_show,
    exu_cmd_referrers, exu_cmd_chain, exu_cmd_retained, exu_cmd_diff, exu_cmd_explain, exu_cmd_leaks, exu_cmd_waste, exu_cmd_gc, exu_cmd_arenas, exu_cmd_malloc, exu_cmd_ledger, exu_cmd_audit, exu_cmd_sql, exu_cmd_assert, exu_cmd_report, exu_cmd_scrub;

/* The verb of that name; an EXU_ERROR_USAGE with the nearest known name when there is none. */
EXU_MUST_CHECK struct exu_error *exu_command_find(const char *name, const struct exu_command **ret);

#endif
