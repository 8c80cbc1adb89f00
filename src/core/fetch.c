#include "core/fetch.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#define LIBRARY "libdebuginfod.so.1"
#define URLS "DEBUGINFOD_URLS"
#define BUILD_ID_MOST 64 /* hex digits; SHA-1 has 40 */
#define LINE_SIZE 4200   /* a path, and what stands before it */
#define READY "ready"

struct exu_fetch {
    FILE *questions, *answers;
    struct exu_progress *progress;
};

/* ---- the process that asks the servers ---- */

/* elfutils, debuginfod.h: build_id_len 0 means that build_id is text. The answer is a descriptor, or negative. */
typedef int find_file(void *client, const unsigned char *build_id, int build_id_len, char **path);

struct library {
    void *(*begin)(void);
    find_file *find[2]; /* by enum exu_fetched */
};

/* ISO C has no way from an object's pointer to a function's; POSIX has dlsym. */
static bool find_symbol(void *handle, const char *name, void *ret_function)
{
    void *symbol = dlsym(handle, name);
    memcpy(ret_function, &symbol, sizeof symbol);
    return symbol;
}

static bool open_library(struct library *ret)
{
    void *handle = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
    return handle && find_symbol(handle, "debuginfod_begin", &ret->begin) &&
           find_symbol(handle, "debuginfod_find_executable", &ret->find[EXU_FETCH_EXECUTABLE]) &&
           find_symbol(handle, "debuginfod_find_debuginfo", &ret->find[EXU_FETCH_DEBUG_FILE]);
}

/* A question is a digit, for what is wanted, and a build-id; nothing else gets to the servers. */
static bool is_question(const char *line, size_t length)
{
    return length >= 3 && length <= 1 + BUILD_ID_MOST && (line[0] == '0' || line[0] == '1') &&
           strspn(line + 1, "0123456789abcdef") == length - 1;
}

static void answer(const struct library *library, void *client, const char *line, FILE *to)
{
    char *path = NULL;
    int fd = library->find[line[0] - '0'](client, (const unsigned char *)line + 1, 0, &path);
    if (fd >= 0)
        close(fd);
    fprintf(to, "%s\n", fd >= 0 && path && !strchr(path, '\n') ? path : "");
    free(path);
}

static void serve(int from, int to)
{
    FILE *questions = fdopen(from, "r"), *answers = fdopen(to, "w");
    struct library library;
    char line[LINE_SIZE];
    void *client = questions && answers && open_library(&library) ? library.begin() : NULL;
    if (!client)
        return;
    fputs(READY "\n", answers);
    while (fflush(answers) == 0 && fgets(line, sizeof line, questions)) {
        size_t length = strcspn(line, "\n");
        line[length] = 0;
        if (is_question(line, length))
            answer(&library, client, line, answers);
        else
            fputs("\n", answers);
    }
}

/* Nobody's standard output stays open because of it, and it ends with the one who asked. */
static void be_server(int from, int to, pid_t parent)
{
    int nothing = open("/dev/null", O_RDWR);
    if (nothing >= 0) {
        dup2(nothing, STDIN_FILENO);
        dup2(nothing, STDOUT_FILENO);
    }
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    signal(SIGPIPE, SIG_DFL);
    if (getppid() == parent)
        serve(from, to);
    _exit(0);
}

/* ---- the one who asks it ---- */

static bool hear(struct exu_fetch *fetch, char line[static LINE_SIZE])
{
    if (!fgets(line, LINE_SIZE, fetch->answers))
        return false;
    line[strcspn(line, "\n")] = 0;
    return true;
}

static struct exu_error *start(struct exu_fetch *fetch)
{
    int questions[2], answers[2];
    if (pipe2(questions, O_CLOEXEC) != 0)
        return exu_error_errno("debuginfod: can't make a pipe");
    if (pipe2(answers, O_CLOEXEC) != 0) {
        close(questions[0]);
        close(questions[1]);
        return exu_error_errno("debuginfod: can't make a pipe");
    }
    fflush(NULL);
    pid_t parent = getpid(), child = fork();
    if (child == 0) {
        close(questions[1]);
        close(answers[0]);
        be_server(questions[0], answers[1], parent);
    }
    close(questions[0]);
    close(answers[1]);
    fetch->questions = fdopen(questions[1], "w");
    fetch->answers = fdopen(answers[0], "r");
    if (child < 0)
        return exu_error_errno("debuginfod: can't start a process to ask the servers");
    return fetch->questions && fetch->answers ? NULL : exu_error_memory();
}

struct exu_error *exu_fetch_open(struct exu_fetch **ret, struct exu_progress *progress)
{
    const char *urls = getenv(URLS);
    char line[LINE_SIZE];
    if (!urls || !*urls)
        return exu_error_new(EXU_ERROR_USAGE, "--debuginfod: no server is named; set " URLS " to its address");
    struct exu_fetch *fetch = calloc(1, sizeof *fetch);
    if (!fetch)
        return exu_error_memory();
    fetch->progress = progress;
    struct exu_error *error = start(fetch);
    if (!error && (!hear(fetch, line) || strcmp(line, READY) != 0))
        error = exu_error_new(EXU_ERROR_MACHINE, "--debuginfod: " LIBRARY " is not here; install it (Debian's libdebuginfod1)");
    if (error) {
        exu_fetch_close(fetch);
        return error;
    }
    *ret = fetch;
    return NULL;
}

const char *exu_fetch_file(struct exu_fetch *fetch, enum exu_fetched what, const char *build_id, struct exu_bump *bump)
{
    char line[LINE_SIZE];
    if (!build_id || strlen(build_id) > BUILD_ID_MOST)
        return NULL;
    if (fetch->progress)
        exu_progress_phase(fetch->progress, "asking debuginfod");
    if (fprintf(fetch->questions, "%d%s\n", (int)what, build_id) < 0 || fflush(fetch->questions) != 0)
        return NULL;
    return hear(fetch, line) && *line ? exu_bump_strdup(bump, line) : NULL;
}

/* It is not waited for: it ends when it finds the pipe closed, and in the sandbox there is no waiting. */
void exu_fetch_close(struct exu_fetch *fetch)
{
    if (!fetch)
        return;
    if (fetch->questions)
        fclose(fetch->questions);
    if (fetch->answers)
        fclose(fetch->answers);
    free(fetch);
}
