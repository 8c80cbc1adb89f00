/* The words of the command line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "cli/options.h"

struct parsed {
    struct exu_arguments arguments;
    struct exu_error *error;
};

static struct parsed parse(const struct exu_command *command, const char *const *words)
{
    static char kept[16][64]; /* the answers borrow them */
    char *argv[16];
    int argc = 0;
    for (; words[argc]; argc++) {
        strcpy(kept[argc], words[argc]);
        argv[argc] = kept[argc];
    }
    struct parsed p = {0};
    p.error = exu_options_parse(command, argc, argv, &p.arguments);
    return p;
}

#define PARSE(command, ...) parse(&(command), (const char *const[]){__VA_ARGS__, NULL})

static void done(struct parsed *p)
{
    exu_error_free(p->error);
    exu_arguments_deinit(&p->arguments);
}

static void values_are_taken_in_every_form(void **state)
{
    (void)state;
    struct parsed p = PARSE(exu_cmd_chain, "--from", "root", "db", "--to=chunks", "-n5", "--format=json");
    assert_null(p.error);
    assert_string_equal(p.arguments.from, "root");
    assert_string_equal(p.arguments.to, "chunks");
    assert_int_equal(p.arguments.rows, 5);
    assert_true(p.arguments.rows_given);
    assert_int_equal(p.arguments.format, EXU_FORMAT_JSON);
    assert_int_equal(p.arguments.operands.len, 1);
    assert_string_equal(p.arguments.operands.items[0], "db");
    done(&p);

    p = PARSE(exu_cmd_load, "core", "-o", "x.db", "--debug-dir", "a", "--debug-dir=b", "-f", "--progress",
              "never");
    assert_null(p.error);
    assert_string_equal(p.arguments.output, "x.db");
    assert_int_equal(p.arguments.debug_dirs.len, 2);
    assert_string_equal(p.arguments.debug_dirs.items[1], "b");
    assert_true(p.arguments.force);
    assert_int_equal(p.arguments.progress, EXU_PROGRESS_NEVER);
    done(&p);
}

static void two_dashes_end_the_options(void **state)
{
    (void)state;
    struct parsed p = PARSE(exu_cmd_show, "-n", "3", "--", "-n", "--help");
    assert_null(p.error);
    assert_false(p.arguments.help);
    assert_int_equal(p.arguments.operands.len, 2);
    assert_string_equal(p.arguments.operands.items[0], "-n");
    done(&p);
}

static void help_needs_no_operand(void **state)
{
    (void)state;
    struct parsed p = PARSE(exu_cmd_show, "--help");
    assert_null(p.error);
    assert_true(p.arguments.help);
    done(&p);
}

static void wrong_words_are_named(void **state)
{
    (void)state;
    static const struct {
        const struct exu_command *command;
        const char *words[4];
        const char *says;
    } cases[] = {
        {&exu_cmd_chain, {"db", "--form", "root"}, "did you mean --from?"},
        {&exu_cmd_chain, {"db", "--zzzzzzzz"}, "see `exuvia chain --help`"},
        {&exu_cmd_chain, {"db", "--from"}, "needs a value"},
        {&exu_cmd_chain, {"db", "--from="}, "is empty"},
        {&exu_cmd_chain, {"db", "-n", "x"}, "not a number"},
        {&exu_cmd_chain, {"db", "-n-1"}, "not a number"},
        {&exu_cmd_chain, {"db", "-n99999999999999999999"}, "not a number"},
        {&exu_cmd_chain, {"db", "-x"}, "no such option"},
        {&exu_cmd_chain, {"db", "--format", "xml"}, "table|json|csv|markdown"},
        {&exu_cmd_load, {"core", "--force=yes"}, "takes no value"},
        {&exu_cmd_load, {"core", "--locals"}, "no such option of load"},
        {&exu_cmd_show, {"db"}, "an argument is missing; usage: exuvia show DB OBJ"},
        {&exu_cmd_info, {"db", "more"}, "more: one argument too many"},
    };
    for (size_t i = 0; i < EXU_COUNT(cases); i++) {
        struct parsed p = parse(cases[i].command, cases[i].words);
        assert_non_null(p.error);
        assert_int_equal(p.error->code, EXU_ERROR_USAGE);
        if (!strstr(p.error->message, cases[i].says))
            fail_msg("'%s' does not say '%s'", p.error->message, cases[i].says);
        done(&p);
    }
}

static void verbs_are_found_and_suggested(void **state)
{
    (void)state;
    const struct exu_command *command = NULL;
    for (size_t i = 0; i < exu_command_count; i++) {
        assert_null(exu_command_find(exu_commands[i]->name, &command));
        assert_ptr_equal(command, exu_commands[i]);
    }
    struct exu_error *error = exu_command_find("refererrs", &command);
    assert_non_null(error);
    assert_int_equal(error->code, EXU_ERROR_USAGE);
    assert_non_null(strstr(error->message, "did you mean referrers?"));
    exu_error_free(error);
    error = exu_command_find("frobnicate", &command);
    assert_non_null(error);
    assert_null(strstr(error->message, "did you mean"));
    exu_error_free(error);
}

/* Names, letters, help texts: what help, man page and completion are made of. */
static void tables_are_whole(void **state)
{
    (void)state;
    for (size_t i = 0; i < exu_command_count; i++) {
        const struct exu_command *c = exu_commands[i];
        assert_non_null(c->usage);
        assert_non_null(c->summary);
        assert_true(c->least <= c->most);
        const char *names[64];
        size_t count = 0;
        for (size_t g = 0; g < EXU_OPTION_GROUPS && c->options[g]; g++)
            for (const struct exu_option *o = c->options[g]; o->name; o++) {
                assert_non_null(o->help);
                assert_int_equal(o->kind == EXU_OPTION_FLAG, o->argument == NULL);
                for (size_t k = 0; k < count; k++)
                    assert_string_not_equal(names[k], o->name);
                assert_true(count < EXU_COUNT(names));
                names[count++] = o->name;
            }
    }
}

static void distances_are_right(void **state)
{
    (void)state;
    assert_int_equal(exu_word_distance("chain", "chain", 9), 0);
    assert_int_equal(exu_word_distance("chian", "chain", 9), 2);
    assert_int_equal(exu_word_distance("", "abc", 9), 3);
    assert_int_equal(exu_word_distance("kitten", "sitting", 9), 3);
    assert_int_equal(exu_word_distance("kitten", "sitting", 2), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_taken_in_every_form),
        cmocka_unit_test(two_dashes_end_the_options),
        cmocka_unit_test(help_needs_no_operand),
        cmocka_unit_test(wrong_words_are_named),
        cmocka_unit_test(verbs_are_found_and_suggested),
        cmocka_unit_test(tables_are_whole),
        cmocka_unit_test(distances_are_right),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
