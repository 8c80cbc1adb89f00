/* Shapes of secrets, and what has none of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/secret.h"
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *text, *masked;
} texts[] = {
    /* secrets */
    {"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U", "[jwt]"},
    {"Authorization: Bearer abc123.def-456", "Authorization: [authorization]"},
    {"got Bearer 9f8e7d6c5b here", "got [authorization] here"},
    {"Basic dXNlcjpwYXNz", "[authorization]"},
    {"a\n-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nb", "a\n[private key]\nb"},
    {"-----BEGIN EC PRIVATE KEY-----\nMHcC", "[private key]"},
    {"postgres://app:hunter2@db.local/x", "postgres://[credentials]@db.local/x"},
    {"mail bob.smith+x@mail.example.com.", "mail [e-mail]."},
    {"card 4111 1111 1111 1111 ok", "card [card number] ok"},
    {"5500005555555559", "[card number]"},
    {"AKIAIOSFODNN7EXAMPLE", "[token]"},
    {"ghp_16C7e42F292c6912E7710c838347Ae178B4a", "[token]"},
    {"sk_live_4eC39HqLyjWDarjtT1zdp7dc", "[token]"},
    {"5d41402abc4b2a76b9719d911017c592", "[hex]"},
    {"id=550e8400-e29b-41d4-a716-446655440000;", "id=[hex];"},
    {"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLE0KEY12", "[base64]"},
    {"q=1&password=tr0ub4dor&x=2", "q=1&password=[secret]&x=2"},
    {"{\"api_key\": \"s3cr3t value\", \"n\": 1}", "{\"api_key\": \"[secret]\", \"n\": 1}"},
    {"{'token': 'abc'}", "{'token': '[secret]'}"},
    {"the password is hunter2.", "the password is [secret]."},
    {"could not log in as bob with password 'open sesame': refused", "could not log in as bob with password '[secret]': refused"},
    {"mysqldump --password swordfish --all", "mysqldump --password [secret] --all"},
    {"curl -u bob:builder http://x/", "curl -u [credentials] http://x/"},
    {"Cookie: theme=dark; id=38afes7a8\r\nHost: x", "Cookie: [secret]\r\nHost: x"},
    {"token was 9f8e7d6c, now gone", "token was [secret], now gone"},
    {"{\"password\": \"a\\\"bcd\", 1}", "{\"password\": \"[secret]\", 1}"},
    {"Authorization: Digest username=bob, response=abc\r\nHost: x", "Authorization: [authorization]\r\nHost: x"},
    {"the password is swordfish", "the password is [secret]"},
    {"curl --user=bob:pw x", "curl --user=[credentials] x"},
    {"pw=abc&x=1", "pw=[secret]&x=1"},
    {"secret s3cr3t! used", "secret [secret] used"},
    /* none */
    {"the password is required", "the password is required"},
    {"the password was wrong", "the password was wrong"},
    {"the session is closed", "the session is closed"},
    {"unexpected token in line 12", "unexpected token in line 12"},
    {"a token of the parser", "a token of the parser"},
    {"ls -u a b", "ls -u a b"},
    {"", ""},
    {"GET /index.html HTTP/1.1", "GET /index.html HTTP/1.1"},
    {"/usr/lib/python3.11/site-packages/urllib3/connectionpool.py", "/usr/lib/python3.11/site-packages/urllib3/connectionpool.py"},
    {"basic authentication is used", "basic authentication is used"},
    {"a_long_identifier_of_many_words_here", "a_long_identifier_of_many_words_here"},
    {"HTTPConnectionPool(host='example.com', port=443)", "HTTPConnectionPool(host='example.com', port=443)"},
    {"1234567890123456", "1234567890123456"}, /* no check digit */
    {"0000000000000000", "0000000000000000"},
    {"user@localhost", "user@localhost"},
    {"2026-11-25 18:28:00", "2026-11-25 18:28:00"},
    {"http://example.com/a?b=c@d", "http://example.com/a?b=c@d"},
};

static void shapes_are_masked_and_the_rest_stays(void **state)
{
    (void)state;
    for (size_t i = 0; i < EXU_COUNT(texts); i++) {
        struct exu_text out = {0};
        exu_secret_mask(texts[i].text, strlen(texts[i].text), &out);
        assert_string_equal(out.data ? out.data : "", texts[i].masked);
        exu_text_deinit(&out);
    }
}

static void keys_tell_by_their_names(void **state)
{
    (void)state;
    static const char *const secret[] = {"password", "DB_PASSWORD", "X-Api-Key", "api_key", "Authorization", "Set-Cookie", "auth",
                                         "access token", "sessionid", "pwd", "private-key", "client_secret", "aws_access_key_id", "ssn"};
    static const char *const plain[] = {"author", "name", "keyboard", "passenger", "host", "spin", "", "assessment", "user-agent"};
    for (size_t i = 0; i < EXU_COUNT(secret); i++)
        if (!exu_secret_name(secret[i], strlen(secret[i])))
            fail_msg("%s", secret[i]);
    for (size_t i = 0; i < EXU_COUNT(plain); i++)
        if (exu_secret_name(plain[i], strlen(plain[i])))
            fail_msg("%s", plain[i]);
}

static void labels_are_data_by_their_shape(void **state)
{
    (void)state;
    static const char *const data[] = {"4711", "bob@example.com", "user@localhost", "5d41402abc4b2a76b9719d911017c592", "+49 170 1234567",
                                       "a label that is far too long to be the name of anything in a program that people write"};
    static const char *const names[] = {"name", "Content-Type", "42", "utf_8", "sha256", "x86_64", "iso8859_15"};
    for (size_t i = 0; i < EXU_COUNT(data); i++)
        if (!exu_secret_label(data[i], strlen(data[i])))
            fail_msg("%s", data[i]);
    for (size_t i = 0; i < EXU_COUNT(names); i++)
        if (exu_secret_label(names[i], strlen(names[i])))
            fail_msg("%s", names[i]);
}

/* What is looked at again and again would take minutes here. */
static void long_texts_take_no_longer(void **state)
{
    (void)state;
    static const char *const pieces[] = {"a-", "eyJ-", "sk-", "a@", "password", "4", "basic ", "://a:", "'", "=:", "/A1b", "-----END", "fF0"};
    enum { SIZE = 1 << 20 };
    char *text = malloc(SIZE);
    assert_non_null(text);
    for (size_t i = 0; i < EXU_COUNT(pieces); i++) {
        size_t n = strlen(pieces[i]);
        for (size_t at = 0; at < SIZE; at++)
            text[at] = pieces[i][at % n];
        struct exu_text out = {0};
        exu_secret_mask(text, SIZE, &out);
        assert_false(out.failed);
        exu_text_deinit(&out);
    }
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shapes_are_masked_and_the_rest_stays),
        cmocka_unit_test(keys_tell_by_their_names),
        cmocka_unit_test(labels_are_data_by_their_shape),
        cmocka_unit_test(long_texts_take_no_longer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
