/* What looks like a secret, or like a person's data: keys by their name, values by their shape. Rows of a table; every
 * look is linear in the text, and none goes deeper than it.
 *
 * Shapes are guesses: what is masked may be harmless, and a secret may look like nothing (then its key's name, or leaving
 * out all contents, helps). */
#ifndef EXU_BASE_SECRET_H
#define EXU_BASE_SECRET_H

#include "base/text.h"

struct exu_secret {
    size_t start, length; /* bytes of the text */
    const char *kind;     /* static: 'jwt', 'e-mail' ... */
};

/* The first that begins at byte `from` or later; false: there is none. */
bool exu_secret_find(const char *text, size_t size, size_t from, struct exu_secret *ret);
/* Whether the value under that name is one, by the name: 'X-Api-Key', 'db_password'. */
bool exu_secret_name(const char *name, size_t size);
/* Whether a key is data rather than a name: digits, an address, a token, or too long for a name. */
bool exu_secret_label(const char *label, size_t size);
/* Adds the text with '[jwt]' in each one's place. Returns how many there were. */
size_t exu_secret_mask(const char *text, size_t size, struct exu_text *out);

#endif
