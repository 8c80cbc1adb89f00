#include "cli/source.h"

#include "query/leaks.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct exu_load_options exu_source_load_options(const struct exu_arguments *arguments)
{
    return (struct exu_load_options){
        .output = arguments->output,
        .core = {.sysroot = arguments->sysroot,
                 .exe = arguments->exe,
                 .debug_dirs = arguments->debug_dirs.items,
                 .debug_dir_count = arguments->debug_dirs.len},
        .force = arguments->force,
        .libpython = arguments->libpython,
        .debuginfod = arguments->debuginfod,
        .journal = arguments->journal,
        .no_sandbox = arguments->no_sandbox,
        .progress = (enum exu_progress_mode)arguments->progress,
        .last = exu_leaks_write,
    };
}

const struct exu_option exu_options_stored[] = {
    {"pid", 0, EXU_OPTION_NUMBER, "PID", offsetof(struct exu_arguments, pid),
     "CORE is a folder of systemd-coredump's: the newest core of that process", false},
    {"journal", 0, EXU_OPTION_TEXT, "DIR", offsetof(struct exu_arguments, journal),
     "where systemd's journal lies, when it isn't /var/log/journal beside the folder of its cores, or below --sysroot", true},
    {0},
};

struct exu_error *exu_source_core(const struct exu_arguments *arguments, char **ret_path)
{
    const char *path = arguments->operands.items[0];
    struct stat st;
    *ret_path = NULL;
    bool folder = strcmp(path, "-") != 0 && stat(path, &st) == 0 && S_ISDIR(st.st_mode);
    if (arguments->pid && !folder)
        return exu_error_new(EXU_ERROR_USAGE, "%s: is no folder, from which --pid could choose; leave it out", path);
    if (folder)
        EXU_TRY(exu_coredump_choose(path, arguments->pid, ret_path));
    if (!*ret_path)
        *ret_path = strdup(path);
    return *ret_path ? NULL : exu_error_memory();
}

static bool meta_number(const struct exu_database *db, const char *key, uint64_t *ret)
{
    char text[32], *end;
    if (!exu_database_meta(db, key, text, sizeof text))
        return false;
    *ret = strtoull(text, &end, 10);
    return end != text && *end == '\0';
}

static bool made_from(const struct exu_database *db, const struct stat *core)
{
    uint64_t bytes, mtime;
    uint64_t core_mtime = (uint64_t)core->st_mtim.tv_sec * 1000000000u + (uint64_t)core->st_mtim.tv_nsec;
    return meta_number(db, "input_bytes", &bytes) && meta_number(db, "input_mtime_ns", &mtime) &&
           bytes == (uint64_t)core->st_size && mtime == core_mtime;
}

/* ---- a load in a process of its own: the sandbox has no way back, and whoever asks may yet write elsewhere ---- */

static void tell(int fd, const struct exu_error *error)
{
    unsigned char code = error ? (unsigned char)error->code : 0;
    FILE *file = fdopen(fd, "w");
    if (file) {
        fputc(code, file);
        fputs(error ? error->message : "", file);
        fclose(file);
    }
}

/* The first byte is the code, 0: loaded. */
static struct exu_error *hear(int fd, const char *core)
{
    struct exu_error *error = NULL;
    char message[8192];
    FILE *file = fdopen(fd, "r");
    if (!file) {
        close(fd);
        return exu_error_memory();
    }
    int code = fgetc(file);
    size_t n = fread(message, 1, sizeof message - 1, file);
    message[n] = 0;
    if (code > 0)
        error = exu_error_new((enum exu_error_code)code, "%s", message);
    else if (code < 0)
        error = exu_error_new(EXU_ERROR_MACHINE,
                              "%s: the process that loaded it was ended; see whether memory or disk ran out", core);
    fclose(file);
    return error;
}

static struct exu_error *load_apart(const char *core, const struct exu_load_options *options)
{
    struct exu_load_summary summary;
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return exu_error_errno("%s: can't make a pipe to load it", core);
    fflush(NULL);
    pid_t parent = getpid(), child = fork();
    if (child < 0) {
        close(ends[0]);
        close(ends[1]);
        return exu_error_errno("%s: can't start a process to load it", core);
    }
    if (child == 0) {
        close(ends[0]);
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        if (getppid() != parent) /* which was gone before that */
            _exit(EXU_ERROR_MACHINE);
        struct exu_error *error = exu_load(core, options, &summary);
        tell(ends[1], error);
        exu_error_free(error);
        _exit(0);
    }
    close(ends[1]);
    struct exu_error *error = hear(ends[0], core);
    while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
        continue;
    return error;
}

/* NULL in *ret: it was made from something else. */
static void open_if_made_from(struct exu_database **ret, const char *path, const struct stat *core)
{
    struct exu_database *db = NULL;
    struct exu_error *error = exu_database_open(&db, path);
    *ret = NULL;
    if (!error && made_from(db, core))
        *ret = db;
    else if (!error)
        exu_database_close(db);
    exu_error_free(error);
}

/* CORE.db: reused when it was made from this core, else loaded when it is not there. */
static struct exu_error *open_core(struct exu_database **ret, const char *core,
                                   const struct exu_arguments *arguments)
{
    struct exu_load_summary summary = {0};
    struct stat st, there;
    char path[sizeof summary.database];
    int n = snprintf(path, sizeof path, "%s.db", core);
    if (n < 0 || (size_t)n >= sizeof path)
        return exu_error_new(EXU_ERROR_INPUT, "%s: the name is too long; load it with -o", core);
    if (stat(core, &st) < 0)
        return exu_error_errno("%s", core);
    struct exu_database *db = NULL;
    if (lstat(path, &there) == 0) {
        open_if_made_from(&db, path, &st);
        if (db) {
            *ret = db;
            return NULL;
        }
        return exu_error_new(EXU_ERROR_INPUT,
                             "%s: exists, but was not made from this core by this exuvia; "
                             "run `exuvia load --force %s`, or give another database",
                             path, core);
    }
    struct exu_load_options options = exu_source_load_options(arguments);
    options.output = path;
    struct exu_error *error = options.no_sandbox ? exu_load(core, &options, &summary) : load_apart(core, &options);
    if (!error)
        return exu_database_open(ret, path);
    if (lstat(path, &there) == 0) /* another process was faster: what it wrote is as good */
        open_if_made_from(&db, path, &st);
    if (!db)
        return error;
    exu_error_free(error);
    *ret = db;
    return NULL;
}

struct exu_error *exu_source_open(struct exu_database **ret, const char *path,
                                  const struct exu_arguments *arguments)
{
    enum exu_file_kind kind;
    EXU_TRY(exu_file_identify(path, &kind));
    switch (kind) {
    case EXU_FILE_SQLITE:
        return exu_database_open(ret, path);
    case EXU_FILE_ELF:
    case EXU_FILE_PACKED:
        return open_core(ret, path, arguments);
    case EXU_FILE_OTHER:
        break;
    }
    return exu_error_new(
        EXU_ERROR_INPUT,
        "%s: neither a database nor a core; give a core or a database that `exuvia load` wrote", path);
}

static size_t terminal_width(void)
{
    struct winsize size;
    if (!isatty(STDOUT_FILENO))
        return 0;
    const char *columns = getenv("COLUMNS");
    if (columns && atoi(columns) > 0)
        return (size_t)atoi(columns);
    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col : 80;
}

static bool colored(enum exu_color_mode mode)
{
    const char *off = getenv("NO_COLOR"), *term = getenv("TERM");
    if (mode != EXU_COLOR_AUTO)
        return mode == EXU_COLOR_ALWAYS;
    return isatty(STDOUT_FILENO) && !(off && *off) && term && strcmp(term, "dumb") != 0;
}

struct exu_error *exu_source_writer(struct exu_writer **ret, const struct exu_arguments *arguments)
{
    struct exu_writer_options options = {
        .format = arguments->format == EXU_FORMAT_SVG ? EXU_FORMAT_TABLE : (enum exu_format)arguments->format,
        .file = stdout,
        .color = colored((enum exu_color_mode)arguments->color),
        .width = terminal_width()};
    return exu_writer_create(ret, &options);
}

struct exu_error *exu_session_open(struct exu_session *ret, const struct exu_arguments *arguments)
{
    struct exu_session session = {0};
    EXU_TRY(exu_source_open(&session.db, arguments->operands.items[0], arguments));
    struct exu_error *error = exu_functions_open(&session.functions, session.db);
    if (!error)
        error = exu_source_writer(&session.writer, arguments);
    if (error) {
        exu_functions_close(session.functions);
        exu_database_close(session.db);
        return error;
    }
    *ret = session;
    return NULL;
}

struct exu_error *exu_session_close(struct exu_session *session, struct exu_error *error)
{
    if (!error)
        error = exu_writer_finish(session->writer);
    exu_writer_destroy(session->writer);
    exu_functions_close(session->functions);
    exu_database_close(session->db);
    return error;
}

uint64_t exu_session_rows(const struct exu_arguments *arguments, uint64_t usual)
{
    if (arguments->rows_given)
        return arguments->rows;
    return arguments->format == EXU_FORMAT_TABLE && isatty(STDOUT_FILENO) ? usual : 0;
}
