/* The words of WHERE and of OBJ, asked of the database of test_query.c. What follows 'sql:' is SQLite's to read. */
#include "fuzz.h"

#define main unit_main
#include "../unit/test_query.c"
#undef main

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct exu_database *db;
    char words[256];
    if (!db) {
        if (make(NULL))
            abort();
        db = opened();
        remove_database(NULL); /* it stays open */
    }
    if (size >= sizeof words)
        return 0;
    memcpy(words, data, size);
    words[size] = 0;
    if (strncmp(words, "sql:", 4) != 0) {
        struct exu_where_set set = {0};
        struct exu_error *error = exu_where_resolve(&set, db, words);
        if (!error)
            exu_where_set_deinit(&set);
        exu_error_free(error);
    }
    uint32_t object;
    exu_error_free(exu_object_find(db, words, &object));
    return 0;
}
