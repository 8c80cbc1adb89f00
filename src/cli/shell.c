#include "cli/shell.h"

#include "cli/recipes.h"

#include <ctype.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef EXU_WITH_EDITLINE
#include <editline/readline.h>
#endif

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
    const struct exu_arguments *arguments;
    bool interactive, failed, quit;
};

static char *read_line(const struct shell *shell, bool more)
{
    if (shell->interactive) {
        const char *prompt = more ? "   ...> " : "exuvia> ";
#ifdef EXU_WITH_EDITLINE
        return readline(prompt);
#endif
        fputs(prompt, stdout);
        fflush(stdout);
    }
    char *line = NULL;
    size_t size = 0;
    ssize_t n = getline(&line, &size, stdin);
    if (n < 0) {
        free(line);
        return NULL;
    }
    if (n && line[n - 1] == '\n')
        line[n - 1] = '\0';
    return line;
}

static void run_sql(struct shell *shell, const char *sql)
{
    struct exu_error *error = exu_shell_query(shell->session, shell->arguments, sql);
    exu_writer_sync(shell->session->writer);
    if (!error)
        return;
    fprintf(stderr, "exuvia: %s\n", error->message);
    exu_error_free(error);
    shell->failed = true;
}

static void print_schema(struct shell *shell)
{
    sqlite3_stmt *row;
    struct exu_error *error = exu_database_prepare(
        shell->session->db,
        "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY type = 'index', rowid", &row);
    if (!error) {
        while (exu_database_step(shell->session->db, row, &error))
            printf("%s;\n", exu_column_text(row, 0));
        sqlite3_finalize(row);
    }
    if (error) {
        fprintf(stderr, "exuvia: %s\n", error->message);
        exu_error_free(error);
        shell->failed = true;
    }
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

static void dot_command(struct shell *shell, const char *line)
{
    static const struct {
        const char *name, *sql;
    } commands[] = {
        {".tables", "SELECT name, type FROM sqlite_schema WHERE type IN ('table', 'view') ORDER BY name"},
    };
    size_t n = strcspn(line, " \t;");
    for (size_t i = 0; i < EXU_COUNT(commands); i++)
        if (strlen(commands[i].name) == n && strncmp(line, commands[i].name, n) == 0) {
            run_sql(shell, commands[i].sql);
            return;
        }
    if (n == 7 && strncmp(line, ".schema", n) == 0) {
        print_schema(shell);
    } else if (n == 10 && strncmp(line, ".functions", n) == 0) {
        exu_shell_functions();
    } else if ((n == 5 && strncmp(line, ".quit", n) == 0) || (n == 5 && strncmp(line, ".exit", n) == 0)) {
        shell->quit = true;
    } else if (n == 5 && strncmp(line, ".help", n) == 0) {
        fputs("SQL, up to a semicolon; or\n.tables   what can be asked\n.schema   with all columns\n"
              ".functions   what can be called\n.quit     leave\n",
              stdout);
    } else {
        fprintf(stderr, "exuvia: %.*s: not known; .help tells what is\n", (int)n, line);
        shell->failed = true;
    }
}

static void take_line(struct shell *shell, struct exu_text *pending, const char *line)
{
    if (!pending->len && line[0] == '.') {
        dot_command(shell, line);
        return;
    }
    if (!pending->len && blank(line))
        return;
    exu_text_puts(pending, line);
    exu_text_putc(pending, '\n');
    if (!pending->data || !sqlite3_complete(pending->data))
        return;
#ifdef EXU_WITH_EDITLINE
    if (shell->interactive)
        add_history(pending->data);
#endif
    run_sql(shell, pending->data);
    exu_text_clear(pending);
}

struct exu_error *exu_shell_run(struct exu_session *session, const struct exu_arguments *arguments)
{
    struct shell shell = {.session = session,
                          .arguments = arguments,
                          .interactive = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO)};
    struct exu_text pending = {0};
    char *line;
    while (!shell.quit && (line = read_line(&shell, pending.len > 0))) {
        take_line(&shell, &pending, line);
        free(line);
    }
    if (pending.len && !shell.quit)
        run_sql(&shell, pending.data); /* the last query may lack its semicolon */
    exu_text_deinit(&pending);
    if (shell.interactive)
        fputc('\n', stdout);
    if (shell.failed && !shell.interactive)
        return exu_error_new(EXU_ERROR_NONE_FOUND, "%s: a query failed; see above", session->db->path);
    return NULL;
}
