#include "base/secret.h"

#include <string.h>

/* Texts need not be terminated: `at` may be `size`. */
struct view {
    const char *text;
    size_t size;
};

static bool in(unsigned char c, const char *more)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && strchr(more, c));
}

static bool is_digit(unsigned char c)
{
    return c >= '0' && c <= '9';
}

static unsigned char lower(unsigned char c)
{
    return c >= 'A' && c <= 'Z' ? (unsigned char)(c + 32) : c;
}

/* Letters, digits and those of `more` from `at` on: how many. */
static size_t run(const struct view *v, size_t at, const char *more)
{
    size_t n = 0;
    while (at + n < v->size && in((unsigned char)v->text[at + n], more))
        n++;
    return n;
}

static bool begins(const struct view *v, size_t at, const char *word)
{
    size_t n = strlen(word);
    return n <= v->size - at && memcmp(v->text + at, word, n) == 0;
}

static bool begins_folded(const struct view *v, size_t at, const char *word)
{
    size_t n = strlen(word);
    if (n > v->size - at)
        return false;
    for (size_t i = 0; i < n; i++)
        if (lower((unsigned char)v->text[at + i]) != (unsigned char)word[i])
            return false;
    return true;
}

/* A word begins here: nothing of a longer one stands before it. */
static bool at_word(const struct view *v, size_t at)
{
    return at == 0 || !in((unsigned char)v->text[at - 1], "_");
}

/* Up to the quote, or to what ends an unquoted one. */
static size_t value(const struct view *v, size_t at, char quote, const char *ends)
{
    size_t n = 0;
    for (; at + n < v->size; n++) {
        char c = v->text[at + n];
        if (quote ? c == quote : c && strchr(ends, c))
            break;
        n += quote && c == '\\' && at + n + 1 < v->size; /* what follows is quoted, too */
    }
    return n;
}

/* ---- shapes: the length of what begins at `at`, 0 = none does ---- */

/* RFC 7468; without its end all that follows is one */
static size_t pem(const struct view *v, size_t at)
{
    if (!begins(v, at, "-----BEGIN "))
        return 0;
    for (size_t i = at + 11; i < v->size; i++)
        if (begins(v, i, "-----END ")) {
            for (i += 9; i < v->size && !begins(v, i, "-----"); i++)
                ;
            return (i + 5 < v->size ? i + 5 : v->size) - at;
        }
    return v->size - at;
}

/* RFC 7519: base64url of '{"', two or three parts */
static size_t jwt(const struct view *v, size_t at)
{
    if (!begins(v, at, "eyJ") || (at && in((unsigned char)v->text[at - 1], "_-")))
        return 0;
    size_t first = run(v, at, "_-"), n = first;
    unsigned parts = 1;
    while (parts < 5 && at + n < v->size && v->text[at + n] == '.') {
        n += 1 + run(v, at + n + 1, "_-");
        parts++;
    }
    return first >= 8 && parts >= 2 ? n : 0;
}

/* An Authorization header's value: RFC 9110, section 11 */
static size_t authorization(const struct view *v, size_t at)
{
    static const char *const schemes[] = {"bearer ", "basic ", "digest ", "token ", "apikey ", "negotiate "};
    if (!at_word(v, at))
        return 0;
    for (size_t i = 0; i < EXU_COUNT(schemes); i++)
        if (begins_folded(v, at, schemes[i])) {
            size_t word = strlen(schemes[i]), n = run(v, at + word, "+/=._~-");
            if (begins_folded(v, at, "digest ") && memchr(v->text + at + word, '=', n)) /* a list of parameters */
                return word + value(v, at + word, 0, "\r\n");
            bool prose = true; /* 'basic authentication' */
            for (size_t k = 0; k < n; k++)
                prose &= v->text[at + word + k] >= 'a' && v->text[at + word + k] <= 'z';
            if (n >= 6 && (!prose || n >= 20))
                return word + n;
        }
    return 0;
}

/* Tokens that their issuers marked */
static size_t marked(const struct view *v, size_t at)
{
    static const struct {
        const char *prefix;
        size_t least;
    } rows[] = {{"AKIA", 16},       {"ASIA", 16},    {"ghp_", 20},    {"gho_", 20},     {"ghu_", 20},    {"ghs_", 20},
                {"ghr_", 20},       {"glpat-", 16},  {"xoxb-", 10},   {"xoxp-", 10},    {"xoxa-", 10},   {"xoxs-", 10},
                {"sk_live_", 8},    {"sk_test_", 8}, {"pk_live_", 8}, {"rk_live_", 8},  {"sk-", 20},     {"AIza", 30},
                {"github_pat_", 20}, {"npm_", 30},   {"SG.", 20},     {"ya29.", 20},    {"whsec_", 16},  {"pypi-", 16}};
    if (!at_word(v, at))
        return 0;
    for (size_t i = 0; i < EXU_COUNT(rows); i++)
        if (begins(v, at, rows[i].prefix)) {
            size_t prefix = strlen(rows[i].prefix), n = run(v, at + prefix, "_-.");
            if (n >= rows[i].least)
                return prefix + n;
        }
    return 0;
}

/* What stands between :// and @ of a URL with a password: RFC 3986, userinfo */
static size_t url_credentials(const struct view *v, size_t at)
{
    if (at < 3 || memcmp(v->text + at - 3, "://", 3) != 0)
        return 0;
    bool colon = false;
    for (size_t i = at; i < v->size && i - at < 512; i++) {
        char c = v->text[i];
        if (c == '@')
            return colon && i > at ? i - at : 0;
        if (c == '/' || c == ' ' || c == '"' || c == '\'' || c == '?' || c == '#')
            return 0;
        colon |= c == ':';
    }
    return 0;
}

/* From its first letter to the end of a domain with a dot */
static size_t email(const struct view *v, size_t at)
{
    if (at && in((unsigned char)v->text[at - 1], "._%+-"))
        return 0;
    size_t name = run(v, at, "._%+-");
    if (!name || name > 64 || at + name >= v->size || v->text[at + name] != '@')
        return 0;
    size_t domain = run(v, at + name + 1, ".-"), dot = 0;
    while (domain && strchr(".-", v->text[at + name + domain])) /* a full stop behind it is none of its */
        domain--;
    for (size_t i = 1; i + 1 < domain; i++)
        if (v->text[at + name + 1 + i] == '.')
            dot = i;
    return dot ? name + 1 + domain : 0;
}

/* ISO/IEC 7812: 13 to 19 digits, in groups perhaps, with Luhn's check digit */
static size_t card(const struct view *v, size_t at)
{
    if (!is_digit((unsigned char)v->text[at]) || (at && in((unsigned char)v->text[at - 1], "_.")))
        return 0;
    unsigned char digits[20];
    size_t n = 0, i = at, end = at;
    for (; i < v->size && n < EXU_COUNT(digits); i++) {
        unsigned char c = (unsigned char)v->text[i];
        if (is_digit(c)) {
            digits[n++] = (unsigned char)(c - '0');
            end = i + 1;
        } else if ((c != ' ' && c != '-') || i + 1 >= v->size || !is_digit((unsigned char)v->text[i + 1])) {
            break;
        }
    }
    if (n < 13 || n > 19 || (end < v->size && in((unsigned char)v->text[end], "_")))
        return 0;
    unsigned sum = 0;
    bool zeros = true;
    for (size_t k = 0; k < n; k++) {
        unsigned d = digits[n - 1 - k];
        zeros &= d == 0;
        d = k % 2 ? d * 2 : d;
        sum += d > 9 ? d - 9 : d;
    }
    return sum % 10 == 0 && !zeros ? end - at : 0;
}

static bool is_hex(unsigned char c)
{
    return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'f');
}

/* 32 or more digits, those of a UUID with its hyphens */
static size_t hexadecimal(const struct view *v, size_t at)
{
    if (!is_hex((unsigned char)v->text[at]) || (at && in((unsigned char)v->text[at - 1], "_-")))
        return 0; /* at the beginning of what it would be a part of it was looked at */
    size_t n = 0, digits = 0;
    for (; at + n < v->size; n++) {
        unsigned char c = (unsigned char)v->text[at + n];
        if (!is_hex(c) && (c != '-' || at + n + 1 >= v->size || !is_hex((unsigned char)v->text[at + n + 1])))
            break;
        digits += c != '-';
    }
    return digits >= 32 && (at + n == v->size || !in((unsigned char)v->text[at + n], "_")) ? n : 0;
}

/* 24 or more characters of base64 of which a part of 16 has capitals, small letters and digits. Slashes alone make no
 * such part: paths have them. */
static size_t base64(const struct view *v, size_t at)
{
    if (at && in((unsigned char)v->text[at - 1], "+/=_-"))
        return 0;
    size_t n = run(v, at, "+/=_-"), part = 0, digits = 0;
    bool mixed = false, capital = false, small = false;
    if (n < 24)
        return 0;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)v->text[at + i];
        if (c == '/') {
            part = digits = 0;
            capital = small = false;
            continue;
        }
        part++;
        capital |= c >= 'A' && c <= 'Z';
        small |= c >= 'a' && c <= 'z';
        digits += is_digit(c);
        mixed |= part >= 16 && capital && small && digits >= 2;
    }
    return mixed ? n : 0;
}

/* Where the name or the option that ends at `end` begins. */
static size_t name_start(const struct view *v, size_t end)
{
    size_t start = end;
    while (start && end - start < 64 && in((unsigned char)v->text[start - 1], "_-"))
        start--;
    return start;
}

static bool name_before(const struct view *v, size_t end)
{
    size_t start = name_start(v, end);
    return start < end && exu_secret_name(v->text + start, end - start);
}

/* The value of `password=...`, `"token": "..."`: begins behind the sign and what quotes it */
static size_t assigned(const struct view *v, size_t at)
{
    size_t sign = at;
    while (sign && at - sign < 4 && strchr(" \"'\t", v->text[sign - 1]) && v->text[sign - 1])
        sign--;
    if (!sign || (v->text[sign - 1] != '=' && v->text[sign - 1] != ':') || v->text[at] == ' ')
        return 0;
    size_t name = sign - 1;
    while (name && (v->text[name - 1] == ' ' || v->text[name - 1] == '"' || v->text[name - 1] == '\'') && sign - name < 4)
        name--;
    if (!name_before(v, name))
        return 0;
    char quote = at && (v->text[at - 1] == '"' || v->text[at - 1] == '\'') ? v->text[at - 1] : 0;
    size_t start = name_start(v, name);
    /* Headers have more than one value: all of the line. */
    bool header = v->text[sign - 1] == ':' && (begins_folded(v, start, "cookie") || begins_folded(v, start, "set-cookie") ||
                                               begins_folded(v, start, "authorization"));
    return value(v, at, quote, header ? "\r\n\"'" : " \t\r\n&;,\"')}]");
}

/* What is said of passwords rather than that it is one. */
static bool is_said(const struct view *v, size_t at, size_t n)
{
    static const char *const words[] = {"required", "invalid", "incorrect", "wrong", "missing", "expired", "needed", "empty",
                                        "not", "too", "set", "none", "null", "being", "stored", "correct", "a", "an", "the", "of"};
    for (size_t i = 0; i < EXU_COUNT(words); i++)
        if (strlen(words[i]) == n && begins_folded(v, at, words[i]))
            return true;
    return false;
}

/* No word of a language: letters with digits or signs. */
static bool is_odd(const struct view *v, size_t at, size_t n)
{
    bool letter = false, other = false;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)v->text[at + i];
        letter |= (lower(c) >= 'a' && lower(c) <= 'z') || c >= 0x80;
        other |= is_digit(c) || (i && i + 1 < n && c && strchr("!#$%&*+=@^~?", c));
    }
    return n >= 4 && letter && other;
}

/* The value of `password is ...`, `token '...'`, `--password ...`: behind the name and a space */
static size_t told(const struct view *v, size_t at)
{
    static const char *const verbs[] = {"is", "was", "to", "be", "of"};
    size_t end = at;
    char quote = end && (v->text[end - 1] == '"' || v->text[end - 1] == '\'') ? v->text[--end] : 0;
    if (!end || v->text[end - 1] != ' ')
        return 0;
    size_t start = name_start(v, --end);
    bool option = start < end && v->text[start] == '-', verb = false;
    for (size_t i = 0; i < EXU_COUNT(verbs); i++)
        if (end - start == strlen(verbs[i]) && begins_folded(v, start, verbs[i]) && start) {
            end = start - 1;
            verb = true;
            break;
        }
    start = name_start(v, end);
    bool password = verb && (begins_folded(v, start, "pass") || begins_folded(v, start, "pwd"));
    if (!name_before(v, end))
        return 0;
    size_t n = value(v, at, quote, " \t\r\n,;\"')}]");
    while (!quote && n && v->text[at + n - 1] == '.') /* a full stop */
        n--;
    return n && (quote || option || is_odd(v, at, n) || (password && !is_said(v, at, n))) ? n : 0;
}

/* `-u NAME:PASSWORD`, as curl(1) and others take it */
static size_t user_option(const struct view *v, size_t at)
{
    size_t end = at && (v->text[at - 1] == '"' || v->text[at - 1] == '\'') ? at - 1 : at;
    if (!(end >= 4 && begins(v, end - 4, " -u ")) && !(end >= 7 && begins(v, end - 7, "--user ")) && !(end >= 7 && begins(v, end - 7, "--user=")))
        return 0;
    size_t n = value(v, at, 0, " \t\r\n\"'");
    return memchr(v->text + at, ':', n) ? n : 0;
}

static const struct {
    const char *kind;
    size_t (*length)(const struct view *v, size_t at);
} shapes[] = {
    {"private key", pem},      {"jwt", jwt},      {"authorization", authorization}, {"token", marked},
    {"credentials", url_credentials}, {"e-mail", email}, {"card number", card}, {"hex", hexadecimal},
    {"base64", base64},        {"secret", assigned}, {"secret", told}, {"credentials", user_option},
};

bool exu_secret_find(const char *text, size_t size, size_t from, struct exu_secret *ret)
{
    struct view v = {text, size};
    for (size_t at = from; at < size; at++) {
        /* None begins behind a letter or a digit but the dashes of a key. */
        if (at && text[at] != '-' && in((unsigned char)text[at - 1], ""))
            continue;
        for (size_t i = 0; i < EXU_COUNT(shapes); i++) {
            size_t n = shapes[i].length(&v, at);
            if (n) {
                *ret = (struct exu_secret){at, n, shapes[i].kind};
                return true;
            }
        }
    }
    return false;
}

bool exu_secret_name(const char *name, size_t size)
{
    static const char *const parts[] = {"password",  "passwd",     "passphrase", "secret", "token",     "authorization",
                                        "apikey",    "accesskey",  "privatekey", "cookie", "credential", "sessionid",
                                        "csrf",      "cardnumber", "creditcard", "signature", "encryptionkey"};
    static const char *const words[] = {"pwd", "pw", "auth", "pin", "ssn", "session", "jwt", "bearer", "otp", "cvv", "cvc", "sid", "pass"};
    char plain[128], word[16];
    size_t n = 0, w = 0;
    bool found = false;
    for (size_t i = 0; i <= size && i < sizeof plain; i++) {
        unsigned char c = i < size ? lower((unsigned char)name[i]) : '_';
        if (in(c, "")) {
            plain[n++] = (char)c;
            if (w < sizeof word)
                word[w] = (char)c;
            w++;
            continue;
        }
        for (size_t k = 0; k < EXU_COUNT(words); k++)
            found |= w == strlen(words[k]) && memcmp(word, words[k], w) == 0;
        w = 0;
    }
    for (size_t k = 0; k < EXU_COUNT(parts) && !found; k++)
        found = memmem(plain, n, parts[k], strlen(parts[k])) != NULL;
    return found;
}

bool exu_secret_label(const char *label, size_t size)
{
    size_t digits = 0;
    struct exu_secret secret;
    for (size_t i = 0; i < size; i++)
        digits += is_digit((unsigned char)label[i]);
    return size > 64 || (size >= 3 && digits == size) || (digits >= 6 && digits * 3 > size * 2) || memchr(label, '@', size) ||
           exu_secret_find(label, size, 0, &secret);
}

size_t exu_secret_mask(const char *text, size_t size, struct exu_text *out)
{
    struct exu_secret secret;
    size_t at = 0, count = 0;
    while (at < size && exu_secret_find(text, size, at, &secret)) {
        exu_text_add(out, text + at, secret.start - at);
        exu_text_printf(out, "[%s]", secret.kind);
        at = secret.start + secret.length;
        count++;
    }
    if (at < size)
        exu_text_add(out, text + at, size - at);
    return count;
}
