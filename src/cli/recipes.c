#include "cli/recipes.h"

#include "cli/options.h"

#include <string.h>

#define NEAREST 3

bool exu_recipe_word(const char *word)
{
    return strncmp(word, EXU_COOKBOOK_PREFIX, sizeof EXU_COOKBOOK_PREFIX - 1) == 0;
}

struct exu_error *exu_recipes_list(struct exu_writer *writer)
{
    static const struct exu_column columns[] = {{"name", EXU_COLUMN_PLAIN}, {"question", EXU_COLUMN_PLAIN}};
    struct exu_text question = {0};
    exu_writer_table(writer, NULL, NULL, columns, EXU_COUNT(columns));
    for (size_t i = 0; i < exu_cookbook_count; i++) {
        const char *at = exu_cookbook[i].sql;
        exu_text_clear(&question);
        exu_sql_comment(&at, &question);
        exu_writer_row(writer, (struct exu_datum[]){exu_datum_text(exu_cookbook[i].name), exu_datum_text(question.data)}, 2);
    }
    exu_writer_table_end(writer);
    bool failed = question.failed;
    exu_text_deinit(&question);
    return failed ? exu_error_memory() : NULL;
}

/* Names that differ little, or have the word in them. */
static struct exu_error *unknown(const char *name)
{
    const char *nearest[NEAREST] = {0};
    size_t distances[NEAREST], limit = exu_max(strlen(name) / 2, 4), count = 0;
    for (size_t i = 0; i < exu_cookbook_count; i++) {
        const char *other = exu_cookbook[i].name;
        size_t distance = *name && strstr(other, name) ? 0 : exu_word_distance(name, other, limit);
        size_t at = count;
        while (at && distances[at - 1] > distance)
            at--;
        if (distance >= limit || at == NEAREST)
            continue;
        size_t moved = exu_min(count, NEAREST - 1) - at;
        memmove(nearest + at + 1, nearest + at, moved * sizeof *nearest);
        memmove(distances + at + 1, distances + at, moved * sizeof *distances);
        nearest[at] = other;
        distances[at] = distance;
        count = exu_min(count + 1, NEAREST);
    }
    if (!count)
        return exu_error_new(EXU_ERROR_USAGE, EXU_COOKBOOK_PREFIX "%s: not in the cookbook; `exuvia sql cookbook:` lists it", name);
    return exu_error_new(EXU_ERROR_USAGE,
                         EXU_COOKBOOK_PREFIX "%s: not in the cookbook; did you mean %s%s%s%s%s? `exuvia sql cookbook:` lists it",
                         name, nearest[0], count > 2 ? ", " : count > 1 ? " or " : "", count > 1 ? nearest[1] : "",
                         count > 2 ? " or " : "", count > 2 ? nearest[2] : "");
}

struct exu_error *exu_recipe_find(const char *word, const struct exu_embedded **ret, const char **value)
{
    char name[64];
    word += sizeof EXU_COOKBOOK_PREFIX - 1;
    size_t n = strcspn(word, ":; \t\n");
    snprintf(name, sizeof name, "%.*s", (int)exu_min(n, sizeof name - 1), word);
    for (size_t i = 0; i < exu_cookbook_count; i++)
        if (strcmp(exu_cookbook[i].name, name) == 0) {
            *ret = &exu_cookbook[i];
            *value = word[n] == ':' && word[n + 1] ? word + n + 1 : NULL;
            return NULL;
        }
    return unknown(name);
}
