#include "cli/shell.h"

#include "cli/line.h"
#include "cli/recipes.h"

#include <ctype.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What ctrl-C interrupts; sqlite3_interrupt may be called from a signal handler
 * (sqlite.org/c3ref/interrupt.html). */
static sqlite3 *volatile running;

static void on_interrupt(int signal_number)
{
    (void)signal_number;
    if (running)
        sqlite3_interrupt(running);
}

static void catch_interrupts(sqlite3 *sqlite, struct sigaction *before)
{
    struct sigaction action = {.sa_handler = on_interrupt};
    running = sqlite;
    sigaction(SIGINT, &action, before);
}

static struct exu_error *statement_error(const struct exu_database *db)
{
    int code = sqlite3_errcode(db->sqlite) & 0xff;
    if (code == SQLITE_AUTH || code == SQLITE_READONLY)
        return exu_error_new(EXU_ERROR_USAGE, "%s: %s; a database is only read, copy it with cp to change it",
                             db->path, sqlite3_errmsg(db->sqlite));
    if (code == SQLITE_ERROR || code == SQLITE_MISUSE || code == SQLITE_TOOBIG || code == SQLITE_RANGE ||
        code == SQLITE_MISMATCH)
        return exu_error_new(EXU_ERROR_USAGE, "%s: %s; `exuvia sql --schema` shows what there is",
                             db->path, sqlite3_errmsg(db->sqlite));
    return exu_database_error(db);
}

static bool blank(const char *sql)
{
    while (isspace((unsigned char)*sql) || *sql == ';')
        sql++;
    return *sql == '\0';
}

/* Its question stands above the answer, what that means below. */
static void print_question(struct exu_writer *writer, const char **sql)
{
    struct exu_text line = {0};
    if (exu_sql_comment(sql, &line))
        exu_writer_line(writer, 0, EXU_STYLE_HEADING, line.data ? line.data : "");
    exu_text_deinit(&line);
}

static void print_meaning(struct exu_writer *writer, const char *sql)
{
    struct exu_text line = {0};
    while (exu_sql_comment(&sql, &line)) {
        if (line.data && !exu_sql_marker(line.data))
            exu_writer_line(writer, 0, EXU_STYLE_DIM, line.data);
        exu_text_clear(&line);
    }
    exu_text_deinit(&line);
}

static struct exu_error *run_recipe(struct exu_session *session, const struct exu_arguments *arguments, const char *word)
{
    const struct exu_embedded *recipe;
    const char *value;
    uint64_t more = 0;
    EXU_TRY(exu_recipe_find(word, &recipe, &value));
    if (value && !strstr(recipe->sql, ":name"))
        return exu_error_new(EXU_ERROR_USAGE, "%s: that question takes no value; ask cookbook:%s", word, recipe->name);
    struct exu_parameter parameter = {":name", exu_datum_text(value)};
    struct exu_query query = {.sql = recipe->sql,
                              .parameters = &parameter,
                              .parameter_count = 1,
                              .limit = exu_session_rows(arguments, 40),
                              .own = true,
                              .more = &more};
    struct exu_row_sink sink = exu_writer_sink(session->writer);
    const char *comment = recipe->sql;
    print_question(session->writer, &comment);
    EXU_TRY(exu_query_run(session->db, &query, &sink));
    exu_writer_table_end(session->writer);
    if (more)
        exu_writer_linef(session->writer, 0, EXU_STYLE_DIM, "%llu more; -n 0 shows all", (unsigned long long)more);
    print_meaning(session->writer, comment);
    return NULL;
}

static struct exu_error *run_statements(struct exu_session *session, const struct exu_arguments *arguments, const char *sql)
{
    const struct exu_query query = {.limit = arguments->rows_given ? arguments->rows : 0};
    struct exu_row_sink sink = exu_writer_sink(session->writer);
    struct exu_error *error = NULL;
    while (!error && !blank(sql)) {
        sqlite3_stmt *statement = NULL;
        if (sqlite3_prepare_v2(session->db->sqlite, sql, -1, &statement, &sql) != SQLITE_OK) {
            error = statement_error(session->db);
            break;
        }
        if (!statement)
            continue;
        if (sqlite3_column_count(statement) == 0) {
            if (sqlite3_step(statement) != SQLITE_DONE)
                error = statement_error(session->db);
        } else {
            error = exu_query_drain(session->db, statement, &query, &sink);
            exu_writer_table_end(session->writer);
            if (error && error->code == EXU_ERROR_INPUT) {
                exu_error_free(error);
                error = statement_error(session->db);
            }
        }
        sqlite3_finalize(statement);
    }
    return error;
}

struct exu_error *exu_shell_query(struct exu_session *session, const struct exu_arguments *arguments,
                                  const char *sql)
{
    struct sigaction before;
    struct exu_error *error;
    catch_interrupts(session->db->sqlite, &before);
    if (!exu_recipe_word(sql))
        error = run_statements(session, arguments, sql);
    else if (blank(sql + sizeof EXU_COOKBOOK_PREFIX - 1))
        error = exu_recipes_list(session->writer);
    else
        error = run_recipe(session, arguments, sql);
    sigaction(SIGINT, &before, NULL);
    running = NULL;
    return error;
}

/* ---- the shell ---- */

struct shell {
    struct exu_session *session;
    struct exu_arguments arguments; /* a copy: .mode changes it */
    struct exu_line *line;
    bool interactive, failed, quit;
};

static void complain(struct shell *shell, struct exu_error *error)
{
    if (!error)
        return;
    fprintf(stderr, "exuvia: %s\n", error->message);
    exu_error_free(error);
    shell->failed = true;
}

static void run_sql(struct shell *shell, const char *sql)
{
    struct exu_error *error = exu_shell_query(shell->session, &shell->arguments, sql);
    exu_writer_sync(shell->session->writer);
    complain(shell, error);
}

static void show_tables(struct shell *shell, const char *argument)
{
    (void)argument;
    run_sql(shell, "SELECT name, type FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT GLOB 'sqlite_*' ORDER BY name");
}

static void show_schema(struct shell *shell, const char *argument)
{
    sqlite3_stmt *row;
    bool any = false;
    struct exu_error *error = exu_database_prepare(shell->session->db,
                                                   "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND (?1 = '' OR "
                                                   "tbl_name = ?1 COLLATE NOCASE) ORDER BY type = 'index', rowid",
                                                   &row);
    if (!error) {
        sqlite3_bind_text(row, 1, argument, -1, SQLITE_STATIC);
        for (; exu_database_step(shell->session->db, row, &error); any = true)
            printf("%s;\n", exu_column_text(row, 0));
        sqlite3_finalize(row);
    }
    if (!error && !any)
        error = exu_error_new(EXU_ERROR_USAGE, ".schema %s: no such table; .tables lists them", argument);
    complain(shell, error);
}

void exu_shell_functions(void)
{
    struct exu_function_line line;
    for (size_t i = 0; exu_functions_list(i, &line); i++) {
        printf("%-26s %s\n", line.usage, line.summary);
        if (line.columns)
            printf("%-26s columns: %s\n", "", line.columns);
    }
}

static void show_functions(struct shell *shell, const char *argument)
{
    (void)shell, (void)argument;
    exu_shell_functions();
}

static void ask_cookbook(struct shell *shell, const char *argument)
{
    struct exu_text word = {0};
    exu_text_printf(&word, EXU_COOKBOOK_PREFIX "%s", argument);
    if (word.failed)
        complain(shell, exu_error_memory());
    else
        run_sql(shell, word.data);
    exu_text_deinit(&word);
}

#define MODES "table|json|csv|markdown" /* in the order of enum exu_format */

static void set_mode(struct shell *shell, const char *argument)
{
    const char *at = MODES;
    int format = EXU_FORMAT_TABLE;
    for (size_t n; *at; at += n + (at[n] == '|'), format++) {
        n = strcspn(at, "|");
        if (strlen(argument) != n || strncmp(at, argument, n) != 0)
            continue;
        struct exu_writer *writer;
        shell->arguments.format = format;
        struct exu_error *error = exu_source_writer(&writer, &shell->arguments);
        if (!error) {
            error = exu_writer_finish(shell->session->writer);
            exu_writer_destroy(shell->session->writer);
            shell->session->writer = writer;
        }
        complain(shell, error);
        return;
    }
    complain(shell, exu_error_new(EXU_ERROR_USAGE, ".mode %s: not one of its values; give " MODES, argument));
}

static void leave(struct shell *shell, const char *argument)
{
    (void)argument;
    shell->quit = true;
}

static void help(struct shell *shell, const char *argument);

static const struct command {
    const char *name, *argument, *help; /* argument: see cli/line.h */
    void (*run)(struct shell *shell, const char *argument);
} commands[] = {
    {".tables", NULL, "what can be asked", show_tables},
    {".schema", "TABLE", "the columns, of all tables or of one", show_schema},
    {".functions", NULL, "what can be called", show_functions},
    {".cookbook", "NAME", "questions people ask, or the answer to one; cookbook:NAME does the same", ask_cookbook},
    {".mode", MODES, "how to print answers", set_mode},
    {".help", NULL, "this list", help},
    {".quit", NULL, "leave; so does .exit, and Ctrl-D", leave},
    {".exit", NULL, NULL, leave},
};

static void help(struct shell *shell, const char *argument)
{
    (void)shell, (void)argument;
    puts("SQL, up to a semicolon; or");
    for (size_t i = 0; i < EXU_COUNT(commands); i++) {
        char usage[64];
        snprintf(usage, sizeof usage, "%s %s", commands[i].name, commands[i].argument ? commands[i].argument : "");
        if (commands[i].help)
            printf("%-32s %s\n", usage, commands[i].help);
    }
}

static void dot_command(struct shell *shell, const char *line)
{
    char argument[256];
    size_t n = strcspn(line, " \t;");
    const char *rest = line + n + strspn(line + n, " \t");
    size_t size = strlen(rest);
    while (size && strchr(" \t;", rest[size - 1]))
        size--;
    snprintf(argument, sizeof argument, "%.*s", (int)exu_min(size, sizeof argument - 1), rest);
    for (size_t i = 0; i < EXU_COUNT(commands); i++)
        if (strlen(commands[i].name) == n && strncmp(line, commands[i].name, n) == 0) {
            commands[i].run(shell, argument);
            fflush(stdout);
            return;
        }
    fprintf(stderr, "exuvia: %.*s: not known; .help tells what is\n", (int)n, line);
    shell->failed = true;
}

static void take_line(struct shell *shell, struct exu_text *pending, const char *line)
{
    if (!pending->len && blank(line))
        return;
    if (!pending->len && (line[0] == '.' || exu_recipe_word(line))) {
        exu_line_remember(shell->line, line);
        if (line[0] == '.')
            dot_command(shell, line);
        else
            run_sql(shell, line);
        return;
    }
    exu_text_puts(pending, line);
    exu_text_putc(pending, '\n');
    if (!pending->data || !sqlite3_complete(pending->data))
        return;
    exu_line_remember(shell->line, pending->data);
    run_sql(shell, pending->data);
    exu_text_clear(pending);
}

struct exu_error *exu_shell_run(struct exu_session *session, const struct exu_arguments *arguments)
{
    struct shell shell = {.session = session,
                          .arguments = *arguments,
                          .interactive = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO)};
    struct exu_line_command completed[EXU_COUNT(commands) + 1] = {0};
    struct exu_text pending = {0};
    char *line;
    bool cancelled;
    for (size_t i = 0; i < EXU_COUNT(commands); i++)
        completed[i] = (struct exu_line_command){commands[i].name, commands[i].argument};
    EXU_TRY(exu_line_open(&shell.line, session->db, completed, shell.interactive));
    while (!shell.quit && (line = exu_line_read(shell.line, pending.len ? "   ...> " : "exuvia> ", &cancelled))) {
        if (cancelled)
            exu_text_clear(&pending);
        else
            take_line(&shell, &pending, line);
        free(line);
    }
    exu_line_close(shell.line);
    if (pending.len && !shell.quit)
        run_sql(&shell, pending.data); /* the last query may lack its semicolon */
    exu_text_deinit(&pending);
    if (shell.interactive && !shell.quit)
        fputc('\n', stdout);
    if (shell.failed && !shell.interactive)
        return exu_error_new(EXU_ERROR_NONE_FOUND, "%s: a query failed; see above", session->db->path);
    return NULL;
}
