#include "load/journal.h"

#ifdef EXU_WITH_SYSTEMD
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-journal.h>

#define MESSAGE "MESSAGE_ID=fc2e22bc6ee647b6b90729ab34a250b1" /* SD_MESSAGE_COREDUMP */
#define ENTRIES_MOST 10000u /* cores of one process number that are looked at */

bool exu_journal_possible(void)
{
    return true;
}

/* 'FIELD=value' of the entry at hand; NULL: it has none. */
static const char *field(sd_journal *journal, const char *name, size_t *ret_size)
{
    const void *data;
    size_t size, skip = strlen(name) + 1;
    if (sd_journal_get_data(journal, name, &data, &size) < 0 || size < skip)
        return NULL;
    *ret_size = size - skip;
    return (const char *)data + skip;
}

static bool take(struct exu_coredump *c, sd_journal *journal, enum exu_coredump_fact fact, struct exu_bump *bump)
{
    char name[64];
    size_t size;
    int length = snprintf(name, sizeof name, "COREDUMP_%s", exu_coredump_fact_name(fact));
    for (int i = 0; i < length; i++)
        name[i] = (char)(name[i] >= 'a' && name[i] <= 'z' ? name[i] - 'a' + 'A' : name[i]);
    const char *value = field(journal, name, &size);
    return !value || exu_coredump_take(c, fact, value, size, bump);
}

/* The same file, wherever it lay; or, where the entry names none, the same moment. */
static bool is_it(sd_journal *journal, const struct exu_coredump *c, const char *name)
{
    size_t size, length = strlen(name);
    const char *value = field(journal, "COREDUMP_FILENAME", &size);
    if (value)
        return size >= length && memcmp(value + size - length, name, length) == 0 && (size == length || value[size - length - 1] == '/');
    const char *time = c->texts[EXU_COREDUMP_TIMESTAMP];
    value = time ? field(journal, "COREDUMP_TIMESTAMP", &size) : NULL;
    return value && size == strlen(time) && memcmp(value, time, size) == 0;
}

static bool search(sd_journal *journal, struct exu_coredump *c, const char *name, struct exu_bump *bump)
{
    bool fine = true;
    for (unsigned n = 0; n < ENTRIES_MOST && sd_journal_previous(journal) > 0; n++) { /* the newest first */
        if (!is_it(journal, c, name))
            continue;
        for (unsigned fact = 0; fact < EXU_COREDUMP_FACTS; fact++)
            fine = fine && take(c, journal, (enum exu_coredump_fact)fact, bump);
        break;
    }
    return fine;
}

struct exu_error *exu_journal_read(struct exu_coredump *c, const char *folder, const char *name, struct exu_bump *bump)
{
    sd_journal *journal = NULL;
    char pid[64];
    int failed = sd_journal_open_directory(&journal, folder, 0);
    if (failed < 0)
        return exu_error_new(EXU_ERROR_INPUT, "%s: the journal can't be read: %s; give a folder with its files", folder, strerror(-failed));
    snprintf(pid, sizeof pid, "COREDUMP_PID=%s", c->texts[EXU_COREDUMP_PID] ? c->texts[EXU_COREDUMP_PID] : "");
    bool fine = true;
    if (sd_journal_set_data_threshold(journal, EXU_COREDUMP_TEXT + sizeof pid) >= 0 && sd_journal_add_match(journal, MESSAGE, 0) >= 0 &&
        (!c->texts[EXU_COREDUMP_PID] || sd_journal_add_match(journal, pid, 0) >= 0) && sd_journal_seek_tail(journal) >= 0)
        fine = search(journal, c, name, bump);
    sd_journal_close(journal);
    return fine ? NULL : exu_error_memory();
}
#else
bool exu_journal_possible(void)
{
    return false;
}

struct exu_error *exu_journal_read(struct exu_coredump *c, const char *folder, const char *name, struct exu_bump *bump)
{
    (void)c, (void)name, (void)bump;
    return exu_error_new(EXU_ERROR_USAGE, "%s: this exuvia is built without libsystemd and reads no journals; leave out --journal", folder);
}
#endif
