#include "cli/options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define AT(member) offsetof(struct exu_arguments, member)

const struct exu_option exu_options_core[] = {
    {"sysroot", 0, EXU_OPTION_TEXT, "DIR", AT(sysroot), "where the files of the machine that crashed lie",
     true},
    {"debug-dir", 0, EXU_OPTION_LIST, "DIR", AT(debug_dirs),
     "separate debug files, by build-id and debuglink; may be given again", true},
    {"debuginfod", 0, EXU_OPTION_FLAG, NULL, AT(debuginfod),
     "ask the servers of DEBUGINFOD_URLS for binaries and debug files that are missing; they learn their build-ids", false},
    {"exe", 0, EXU_OPTION_TEXT, "FILE", AT(exe), "the program that was running, wherever it is now", true},
    {"libpython", 0, EXU_OPTION_TEXT, "FILE", AT(libpython), "which interpreter to read when the process has several", false},
    {"no-sandbox", 0, EXU_OPTION_FLAG, NULL, AT(no_sandbox),
     "read the core with all that this process may do, not in a sandbox", false},
    {"progress", 0, EXU_OPTION_CHOICE, "auto|always|never", AT(progress), "show how far loading is", false},
    {0},
};

/* What all answers have. */
#define ROWS_AND_COLOR \
    {"rows", 'n', EXU_OPTION_NUMBER, "ROWS", AT(rows), "print at most so many; 0: all", false}, \
    {"color", 0, EXU_OPTION_CHOICE, "auto|always|never", AT(color), \
     "colors; NO_COLOR in the environment is honoured", false}

const struct exu_option exu_options_output[] = {
    {"format", 0, EXU_OPTION_CHOICE, "table|json|csv|markdown", AT(format), "how to print the answer", false},
    ROWS_AND_COLOR,
    {0},
};

const struct exu_option exu_options_drawn[] = {
    {"format", 0, EXU_OPTION_CHOICE, "table|json|csv|markdown|svg", AT(format),
     "how to print the answer; svg: as a picture", false},
    ROWS_AND_COLOR,
    {0},
};

const struct exu_option exu_options_picture[] = {
    {"map", 0, EXU_OPTION_FLAG, NULL, AT(map), "draw it: a cell a pool or page, the darker the fuller", false},
    {"format", 0, EXU_OPTION_CHOICE, "table|json|csv|markdown|svg", AT(format),
     "how to print the answer; svg: the map as a picture", false},
    ROWS_AND_COLOR,
    {0},
};

const struct exu_option exu_options_common[] = {
    {"help", 'h', EXU_OPTION_FLAG, NULL, AT(help), "print this help", false},
    {0},
};

size_t exu_word_distance(const char *a, const char *b, size_t limit)
{
    size_t row[64], n = strlen(b);
    if (n >= EXU_COUNT(row) || strlen(a) >= EXU_COUNT(row))
        return limit;
    for (size_t j = 0; j <= n; j++)
        row[j] = j;
    for (size_t i = 0; a[i]; i++) {
        size_t corner = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < n; j++) {
            size_t above = row[j + 1];
            size_t best = corner + (a[i] != b[j]);
            best = exu_min(best, exu_min(above, row[j]) + 1);
            corner = above;
            row[j + 1] = best;
        }
    }
    return exu_min(row[n], limit);
}

static const struct exu_option *find_long(const struct exu_command *command, const char *name, size_t size)
{
    for (size_t g = 0; g < EXU_OPTION_GROUPS && command->options[g]; g++)
        for (const struct exu_option *o = command->options[g]; o->name; o++)
            if (strlen(o->name) == size && memcmp(o->name, name, size) == 0)
                return o;
    return NULL;
}

static const struct exu_option *find_letter(const struct exu_command *command, char letter)
{
    for (size_t g = 0; g < EXU_OPTION_GROUPS && command->options[g]; g++)
        for (const struct exu_option *o = command->options[g]; o->name; o++)
            if (o->letter == letter)
                return o;
    return NULL;
}

static struct exu_error *unknown_option(const struct exu_command *command, const char *word, const char *name,
                                        size_t size)
{
    char given[64];
    const char *nearest = NULL;
    size_t best = 4;
    snprintf(given, sizeof given, "%.*s", (int)exu_min(size, sizeof given - 1), name);
    for (size_t g = 0; *given && g < EXU_OPTION_GROUPS && command->options[g]; g++)
        for (const struct exu_option *o = command->options[g]; o->name; o++) {
            size_t distance = exu_word_distance(given, o->name, best);
            if (distance < best) {
                best = distance;
                nearest = o->name;
            }
        }
    if (nearest)
        return exu_error_new(EXU_ERROR_USAGE, "%s: no such option of %s; did you mean --%s?", word,
                             command->name, nearest);
    return exu_error_new(EXU_ERROR_USAGE, "%s: no such option of %s; see `exuvia %s --help`", word,
                         command->name, command->name);
}

static struct exu_error *set_choice(const struct exu_option *option, int *ret, const char *value)
{
    int index = 0;
    size_t size = strlen(value);
    for (const char *at = option->argument; at; index++) {
        const char *end = strchr(at, '|');
        size_t n = end ? (size_t)(end - at) : strlen(at);
        if (n == size && memcmp(at, value, n) == 0) {
            *ret = index;
            return NULL;
        }
        at = end ? end + 1 : NULL;
    }
    return exu_error_new(EXU_ERROR_USAGE, "--%s %s: not one of its values; give %s", option->name, value,
                         option->argument);
}

static struct exu_error *set_number(const struct exu_option *option, struct exu_arguments *ret,
                                    uint64_t *number, const char *value)
{
    char *end;
    errno = 0;
    unsigned long long n = strtoull(value, &end, 10);
    if (errno || end == value || *end || *value == '-')
        return exu_error_new(EXU_ERROR_USAGE, "--%s %s: not a number; give 0 or more", option->name, value);
    *number = n;
    if (number == &ret->rows)
        ret->rows_given = true;
    return NULL;
}

/* The tables name members by offset: one place knows their types. */
static struct exu_error *set_option(const struct exu_option *option, struct exu_arguments *ret,
                                    const char *value)
{
    void *member = (char *)ret + option->offset;
    switch (option->kind) {
    case EXU_OPTION_FLAG:
        *(bool *)member = true;
        return NULL;
    case EXU_OPTION_TEXT:
        if (!*value)
            return exu_error_new(EXU_ERROR_USAGE, "--%s: is empty; give %s", option->name, option->argument);
        *(const char **)member = value;
        return NULL;
    case EXU_OPTION_LIST:
        return exu_vec_push(&ret->debug_dirs, value) ? NULL : exu_error_memory();
    case EXU_OPTION_NUMBER:
        return set_number(option, ret, member, value);
    case EXU_OPTION_CHOICE:
        return set_choice(option, member, value);
    }
    return NULL;
}

struct words {
    const struct exu_command *command;
    char *const *argv;
    int argc, at;
};

static struct exu_error *missing_value(const struct exu_option *option)
{
    return exu_error_new(EXU_ERROR_USAGE, "--%s: needs a value; give %s", option->name, option->argument);
}

static struct exu_error *parse_long(struct words *w, const char *word, struct exu_arguments *ret)
{
    const char *name = word + 2, *equals = strchr(name, '=');
    size_t size = equals ? (size_t)(equals - name) : strlen(name);
    const struct exu_option *option = find_long(w->command, name, size);
    if (!option)
        return unknown_option(w->command, word, name, size);
    if (option->kind == EXU_OPTION_FLAG) {
        if (equals)
            return exu_error_new(EXU_ERROR_USAGE, "%s: takes no value; write --%s", word, option->name);
        return set_option(option, ret, NULL);
    }
    if (equals)
        return set_option(option, ret, equals + 1);
    if (w->at == w->argc)
        return missing_value(option);
    return set_option(option, ret, w->argv[w->at++]);
}

/* -n5, -n 5, -hn5 */
static struct exu_error *parse_letters(struct words *w, const char *word, struct exu_arguments *ret)
{
    for (const char *letter = word + 1; *letter; letter++) {
        const struct exu_option *option = find_letter(w->command, *letter);
        if (!option)
            return unknown_option(w->command, word, "", 0);
        if (option->kind == EXU_OPTION_FLAG) {
            EXU_TRY(set_option(option, ret, NULL));
            continue;
        }
        if (letter[1])
            return set_option(option, ret, letter + 1);
        if (w->at == w->argc)
            return missing_value(option);
        return set_option(option, ret, w->argv[w->at++]);
    }
    return NULL;
}

static struct exu_error *check_operands(const struct exu_command *command,
                                        const struct exu_arguments *arguments)
{
    size_t n = arguments->operands.len;
    if (arguments->help || (n >= command->least && n <= command->most))
        return NULL;
    if (n > command->most)
        return exu_error_new(EXU_ERROR_USAGE, "%s: one argument too many; usage: exuvia %s %s",
                             arguments->operands.items[command->most], command->name, command->usage);
    return exu_error_new(EXU_ERROR_USAGE, "%s: an argument is missing; usage: exuvia %s %s", command->name,
                         command->name, command->usage);
}

struct exu_error *exu_options_parse(const struct exu_command *command, int argc, char *const *argv,
                                    struct exu_arguments *ret)
{
    struct words w = {.command = command, .argv = argv, .argc = argc};
    bool options = true;
    while (w.at < argc) {
        const char *word = argv[w.at++];
        if (options && strcmp(word, "--") == 0) {
            options = false;
        } else if (options && strncmp(word, "--", 2) == 0) {
            EXU_TRY(parse_long(&w, word, ret));
        } else if (options && word[0] == '-' && word[1]) {
            EXU_TRY(parse_letters(&w, word, ret));
        } else if (!exu_vec_push(&ret->operands, word)) {
            return exu_error_memory();
        }
    }
    return check_operands(command, ret);
}

void exu_arguments_deinit(struct exu_arguments *arguments)
{
    exu_vec_free(&arguments->operands);
    exu_vec_free(&arguments->debug_dirs);
}
