/* The cookbook on the command line: `cookbook:NAME` stands for its SQL, `cookbook:NAME:VALUE` binds :name to VALUE. */
#ifndef EXU_CLI_RECIPES_H
#define EXU_CLI_RECIPES_H

#include "cli/source.h"
#include "query/cookbook.h"

#define EXU_COOKBOOK_PREFIX "cookbook:"

/* Is that word one of the cookbook's, and no SQL? */
bool exu_recipe_word(const char *word);
/* All names with their questions. */
EXU_MUST_CHECK struct exu_error *exu_recipes_list(struct exu_writer *writer);
/* Finds the recipe of a word; *value: what stands behind the name, NULL when nothing does. Both borrowed.
 * EXU_ERROR_USAGE, with the nearest names, when there is none. */
EXU_MUST_CHECK struct exu_error *exu_recipe_find(const char *word, const struct exu_embedded **ret, const char **value);

#endif
