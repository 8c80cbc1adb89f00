#include "query/rule.h"
#include "base/text.h"

#include <string.h>

static const char *const severities[EXU_SEVERITY_COUNT] = {"note", "warning", "severe"};

const char *exu_severity_name(enum exu_severity severity)
{
    return severities[severity];
}

bool exu_severity_parse(const char *name, enum exu_severity *ret)
{
    for (unsigned i = 0; i < EXU_COUNT(severities); i++)
        if (strcmp(name, severities[i]) == 0) {
            *ret = (enum exu_severity)i;
            return true;
        }
    return false;
}

/* ---- the head ---- */

enum key { K_TITLE, K_SEVERITY, K_WHY, K_DO, K_GENERAL, K_COUNT };
static const char *const keys[K_COUNT] = {"title", "severity", "why", "do", "general"};

struct head {
    struct exu_text values[K_COUNT];
};

static size_t line_length(const char *line)
{
    return strcspn(line, "\r\n");
}

static const char *skip(const char *at, const char *end)
{
    while (at < end && (*at == ' ' || *at == '\t'))
        at++;
    return at;
}

/* The key that the text begins with; K_COUNT: none of ours. */
static enum key key_of(const char *at, const char *end, const char **ret_value)
{
    for (unsigned k = 0; k < K_COUNT; k++) {
        size_t n = strlen(keys[k]);
        if ((size_t)(end - at) > n && memcmp(at, keys[k], n) == 0 && at[n] == ':') {
            *ret_value = skip(at + n + 1, end);
            return (enum key)k;
        }
    }
    return K_COUNT;
}

/* Reads the comment lines that the text begins with; returns what stands behind them. */
static const char *read_head(const char *line, struct head *head)
{
    enum key key = K_COUNT;
    while (strncmp(line, "--", 2) == 0) {
        const char *at = line + 2, *end = line + line_length(line), *value = NULL;
        const char *words = skip(at, end);
        enum key next = key_of(words, end, &value);
        if (next < K_COUNT) {
            key = next;
            exu_text_clear(&head->values[key]);
            exu_text_add(&head->values[key], value, (size_t)(end - value));
        } else if (key < K_COUNT && words - at >= 2 && words < end) { /* goes on */
            exu_text_putc(&head->values[key], ' ');
            exu_text_add(&head->values[key], words, (size_t)(end - words));
        } else {
            key = K_COUNT; /* a comment */
        }
        line = end + strspn(end, "\r\n");
    }
    return line;
}

static const char *take(struct head *head, enum key key, struct exu_bump *bump)
{
    const struct exu_text *t = &head->values[key];
    return t->len ? exu_bump_strdup(bump, t->data) : NULL;
}

static struct exu_error *fill(struct exu_rule *rule, struct head *head, const char *where, struct exu_bump *bump)
{
    rule->severity = EXU_SEVERITY_WARNING;
    for (unsigned k = 0; k < K_COUNT; k++) {
        if (head->values[k].failed)
            return exu_error_memory();
        if (k < K_GENERAL && !head->values[k].len)
            return exu_error_new(EXU_ERROR_INPUT,
                                 "%s: its head has no '-- %s: …'; a rule begins with title, severity, why and do", where,
                                 keys[k]);
    }
    if (!exu_severity_parse(head->values[K_SEVERITY].data, &rule->severity))
        return exu_error_new(EXU_ERROR_INPUT, "%s: 'severity: %s' is none; write note, warning or severe", where,
                             head->values[K_SEVERITY].data);
    if (head->values[K_GENERAL].len) {
        const char *level = head->values[K_GENERAL].data;
        if ((level[0] != '0' && level[0] != '1' && level[0] != '2') || level[1])
            return exu_error_new(EXU_ERROR_INPUT, "%s: 'general: %.40s' is none; write 1 or 2, or leave it out", where, level);
        rule->general = (unsigned)(level[0] - '0');
    }
    rule->title = take(head, K_TITLE, bump);
    rule->why = take(head, K_WHY, bump);
    rule->advice = take(head, K_DO, bump);
    return rule->title && rule->why && rule->advice ? NULL : exu_error_memory();
}

struct exu_error *exu_rule_parse(struct exu_rule *ret, const char *name, const char *text, const char *where,
                                 struct exu_bump *bump)
{
    struct head head = {0};
    struct exu_rule rule = {.name = exu_bump_strdup(bump, name), .sql = read_head(text, &head)};
    struct exu_error *error = rule.name ? fill(&rule, &head, where, bump) : exu_error_memory();
    for (unsigned k = 0; k < K_COUNT; k++)
        exu_text_deinit(&head.values[k]);
    if (!error)
        *ret = rule;
    return error;
}
