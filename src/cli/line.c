#include "cli/line.h"

#include "base/text.h"
#include "base/vec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef EXU_WITH_EDITLINE

#include "cli/recipes.h"
#include "query/functions.h"

#include <errno.h>
#include <editline/readline.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wchar.h>

#define HISTORY_LINES 1000
#define KILL_LINE 21 /* Ctrl-U */

struct exu_line {
    bool interactive;
    char *history; /* its path; NULL: nowhere to keep it */
};

/* What completion offers. */
static struct {
    const struct exu_line_command *commands;
    exu_vec(char *) tables, columns, functions;
    exu_vec(const char *) offer; /* what fits the word at hand; borrowed from those, and from tables of the program */
    size_t next;
    struct exu_text before; /* 't.' of 't.qual': stays in front of what is offered */
} words;

static const char *const keywords[] = {
    "SELECT", "FROM",  "WHERE", "JOIN", "LEFT JOIN", "ORDER BY", "GROUP BY", "HAVING", "LIMIT",     "DISTINCT", "COUNT(",
    "SUM(",   "MIN(",  "MAX(",  "AS",   "AND",       "OR",       "NOT",      "IN",     "IS NULL",   "EXISTS",   "BETWEEN",
    "LIKE",   "GLOB",  "CASE",  "WHEN", "THEN",      "ELSE",     "END",      "UNION",  "RECURSIVE", "WITH",     "DESC",
};

static volatile sig_atomic_t interrupted;

static void on_interrupt(int signal_number)
{
    (void)signal_number;
    interrupted = 1;
}

/* The next character; on Ctrl-C the line is emptied and ended. libedit asks for whole characters here. */
static int read_key(FILE *input)
{
    static bool ends;
    mbstate_t state = {0};
    wchar_t wide;
    if (ends) {
        ends = false;
        return '\n';
    }
    for (;;) {
        char byte;
        ssize_t n = interrupted ? -1 : read(fileno(input), &byte, 1);
        if (n < 0 && (interrupted || errno == EINTR)) {
            if (!interrupted)
                continue;
            ends = true;
            return KILL_LINE;
        }
        if (n <= 0)
            return -1;
        size_t got = mbrtowc(&wide, &byte, 1, &state);
        if (got == (size_t)-2)
            continue;
        return got == (size_t)-1 ? (unsigned char)byte : (int)wide;
    }
}

/* ---- completion ---- */

static bool fits(const char *word, const char *prefix)
{
    return strncasecmp(word, prefix, strlen(prefix)) == 0;
}

static void offer(const char *word, const char *prefix)
{
    if (fits(word, prefix))
        (void)!exu_vec_push(&words.offer, word);
}

static void offer_list(char *const *list, size_t count, const char *prefix)
{
    for (size_t i = 0; i < count; i++)
        offer(list[i], prefix);
}

static void offer_choices(const char *choices, const char *prefix)
{
    static char copies[8][16];
    size_t count = 0;
    while (choices && count < EXU_COUNT(copies)) {
        size_t n = strcspn(choices, "|");
        snprintf(copies[count], sizeof copies[count], "%.*s", (int)n, choices);
        offer(copies[count++], prefix);
        choices = choices[n] ? choices + n + 1 : NULL;
    }
}

static void offer_recipes(const char *prefix)
{
    for (size_t i = 0; i < exu_cookbook_count; i++)
        offer(exu_cookbook[i].name, prefix);
}

static void offer_argument(const char *line, const char *prefix)
{
    size_t n = strcspn(line, " \t");
    for (const struct exu_line_command *c = words.commands; c->name; c++) {
        if (strlen(c->name) != n || strncmp(line, c->name, n) != 0 || !c->argument)
            continue;
        if (strcmp(c->argument, "TABLE") == 0)
            offer_list(words.tables.items, words.tables.len, prefix);
        else if (strcmp(c->argument, "NAME") == 0)
            offer_recipes(prefix);
        else
            offer_choices(c->argument, prefix);
    }
}

static void offer_sql(const char *prefix)
{
    const char *dot = strrchr(prefix, '.');
    if (exu_recipe_word(prefix)) {
        exu_text_puts(&words.before, EXU_COOKBOOK_PREFIX);
        offer_recipes(prefix + sizeof EXU_COOKBOOK_PREFIX - 1);
        return;
    }
    if (dot) {
        exu_text_add(&words.before, prefix, (size_t)(dot + 1 - prefix));
        offer_list(words.columns.items, words.columns.len, dot + 1);
        return;
    }
    offer_list(words.tables.items, words.tables.len, prefix);
    offer_list(words.columns.items, words.columns.len, prefix);
    offer_list(words.functions.items, words.functions.len, prefix);
    for (size_t i = 0; i < EXU_COUNT(keywords); i++)
        offer(keywords[i], prefix);
    offer(EXU_COOKBOOK_PREFIX, prefix);
}

static char *next_match(const char *prefix, int again)
{
    (void)prefix;
    if (!again)
        words.next = 0;
    if (words.next == words.offer.len)
        return NULL;
    char *match = NULL;
    if (asprintf(&match, "%s%s", words.before.data ? words.before.data : "", words.offer.items[words.next++]) < 0)
        return NULL;
    return match;
}

static char **complete(const char *prefix, int start, int end)
{
    (void)end;
    rl_attempted_completion_over = 1; /* no names of files */
    words.offer.len = 0;
    exu_text_clear(&words.before);
    if (rl_line_buffer[0] == '.' && start == 0)
        for (const struct exu_line_command *c = words.commands; c->name; c++)
            offer(c->name, prefix);
    else if (rl_line_buffer[0] == '.')
        offer_argument(rl_line_buffer, prefix);
    else
        offer_sql(prefix);
    return words.offer.len ? rl_completion_matches(prefix, next_match) : NULL;
}

/* The list takes the word; a word that is there is left out. False without memory. */
#define ADD_WORD(list, word) add_word(&(list)->items, &(list)->len, exu_vec_reserve(list, 1), word)
static bool add_word(char ***items, size_t *count, bool room, const char *word)
{
    for (size_t i = 0; i < *count; i++)
        if (strcmp((*items)[i], word) == 0)
            return true;
    char *copy = room ? strdup(word) : NULL;
    if (copy)
        (*items)[(*count)++] = copy;
    return copy != NULL;
}

static struct exu_error *collect_names(const struct exu_database *db)
{
    static const char sql[] = "SELECT DISTINCT s.name, c.name FROM sqlite_schema s JOIN pragma_table_info(s.name) c "
                              "WHERE s.type IN ('table', 'view') AND s.name NOT GLOB 'sqlite_*' ORDER BY 1, 2 LIMIT 4096";
    sqlite3_stmt *row;
    struct exu_error *error = NULL;
    EXU_TRY(exu_database_prepare(db, sql, &row));
    while (!error && exu_database_step(db, row, &error))
        if (!ADD_WORD(&words.tables, exu_column_text(row, 0)) || !ADD_WORD(&words.columns, exu_column_text(row, 1)))
            error = exu_error_memory();
    sqlite3_finalize(row);
    return error;
}

static struct exu_error *collect_functions(void)
{
    struct exu_function_line function;
    for (size_t i = 0; exu_functions_list(i, &function); i++) {
        char name[64];
        snprintf(name, sizeof name, "%.*s(", (int)strcspn(function.usage, "("), function.usage);
        if (!ADD_WORD(&words.functions, name))
            return exu_error_memory();
    }
    return NULL;
}

static void free_words(void)
{
    for (size_t i = 0; i < words.tables.len; i++)
        free(words.tables.items[i]);
    for (size_t i = 0; i < words.columns.len; i++)
        free(words.columns.items[i]);
    for (size_t i = 0; i < words.functions.len; i++)
        free(words.functions.items[i]);
    exu_vec_free(&words.tables);
    exu_vec_free(&words.columns);
    exu_vec_free(&words.functions);
    exu_vec_free(&words.offer);
    exu_text_deinit(&words.before);
}

/* ---- history ---- */

/* The XDG base directory specification: what is to survive a restart of the program, but is not worth carrying along. */
static char *history_path(void)
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    struct exu_text path = {0};
    if (state && *state == '/')
        exu_text_puts(&path, state);
    else if (home && *home == '/')
        exu_text_printf(&path, "%s/.local/state", home);
    else
        return NULL;
    exu_text_puts(&path, "/exuvia/history");
    if (!path.failed)
        return path.data;
    exu_text_deinit(&path);
    return NULL;
}

/* Queries may have in them what the process kept. */
static void write_down(char *path)
{
    mode_t before = umask(077);
    for (char *at = path + 1; (at = strchr(at, '/')); at++) {
        *at = '\0';
        mkdir(path, 0700);
        *at = '/';
    }
    write_history(path);
    chmod(path, 0600);
    umask(before);
}

/* ---- */

struct exu_error *exu_line_open(struct exu_line **ret, const struct exu_database *db,
                                const struct exu_line_command *commands, bool interactive)
{
    struct exu_line *line = calloc(1, sizeof *line);
    if (!line)
        return exu_error_memory();
    line->interactive = interactive;
    if (interactive) {
        words.commands = commands;
        struct exu_error *error = collect_names(db);
        if (!error)
            error = collect_functions();
        if (error) {
            free_words();
            free(line);
            return error;
        }
        rl_readline_name = "exuvia";
        rl_basic_word_break_characters = " \t\n\"'`<>=;|&(){},+*/%!";
        rl_attempted_completion_function = complete;
        rl_completion_append_character = '\0';
        rl_getc_function = read_key;
        rl_initialize();
        stifle_history(HISTORY_LINES);
        line->history = history_path();
        if (line->history)
            read_history(line->history);
    }
    *ret = line;
    return NULL;
}

void exu_line_remember(struct exu_line *line, const char *text)
{
    if (!line->interactive)
        return;
    /* One line, so that it can be edited as a whole; but a comment ends with its line. */
    char *copy = strdup(text);
    bool joins = copy && !strstr(copy, "--");
    for (char *c = copy; c && *c; c++)
        if (*c == '\n' && (joins || !c[1]))
            *c = c[1] ? ' ' : '\0';
    if (copy && *copy)
        add_history(copy);
    free(copy);
}

void exu_line_close(struct exu_line *line)
{
    if (!line)
        return;
    if (line->history)
        write_down(line->history);
    if (line->interactive)
        free_words();
    free(line->history);
    free(line);
}

static char *edited(const char *prompt, bool *cancelled)
{
    struct sigaction action = {.sa_handler = on_interrupt}, before;
    interrupted = 0;
    sigaction(SIGINT, &action, &before);
    char *text = readline(prompt);
    sigaction(SIGINT, &before, NULL);
    *cancelled = interrupted;
    return text;
}

#else

struct exu_line {
    bool interactive;
};

struct exu_error *exu_line_open(struct exu_line **ret, const struct exu_database *db,
                                const struct exu_line_command *commands, bool interactive)
{
    struct exu_line *line = calloc(1, sizeof *line);
    (void)db, (void)commands;
    if (!line)
        return exu_error_memory();
    line->interactive = interactive;
    *ret = line;
    return NULL;
}

void exu_line_remember(struct exu_line *line, const char *text)
{
    (void)line, (void)text;
}

void exu_line_close(struct exu_line *line)
{
    free(line);
}

#endif

static char *plain(void)
{
    char *text = NULL;
    size_t size = 0;
    ssize_t n = getline(&text, &size, stdin);
    if (n < 0) {
        free(text);
        return NULL;
    }
    if (n && text[n - 1] == '\n')
        text[n - 1] = '\0';
    return text;
}

char *exu_line_read(struct exu_line *line, const char *prompt, bool *cancelled)
{
    *cancelled = false;
    if (!line->interactive)
        return plain();
#ifdef EXU_WITH_EDITLINE
    return edited(prompt, cancelled);
#else
    fputs(prompt, stdout);
    fflush(stdout);
    return plain();
#endif
}
