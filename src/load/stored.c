#include "load/stored.h"

#include "load/journal.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STORED "/lib/systemd/coredump/" /* behind /var, or wherever a copy of it lies */
#define LOGS "/log/journal"

/* Where the journal lies: as told, or /var/log/journal of the machine that /var/lib/systemd/coredump or the sysroot is from. */
static char *journal_of(const char *core, const struct exu_load_options *options, struct exu_bump *bump)
{
    char *folder = NULL;
    if (options->journal)
        return exu_bump_strdup(bump, options->journal);
    if (!exu_journal_possible())
        return NULL;
    char *whole = realpath(core, NULL), *slash = whole ? strrchr(whole, '/') : NULL;
    size_t length = slash ? (size_t)(slash + 1 - whole) : 0, stored = strlen(STORED);
    if (length > stored && memcmp(whole + length - stored, STORED, stored) == 0)
        folder = exu_bump_printf(bump, "%.*s" LOGS, (int)(length - stored), whole);
    else if (options->core.sysroot && *options->core.sysroot)
        folder = exu_bump_printf(bump, "%s/var" LOGS, options->core.sysroot);
    free(whole);
    return folder && access(folder, R_OK | X_OK) == 0 ? folder : NULL;
}

struct exu_error *exu_stored_begin(struct exu_stored *incident, const char *core, const struct exu_load_options *options)
{
    const char *slash = strrchr(core, '/');
    *incident = (struct exu_stored){.name = slash ? slash + 1 : core};
    EXU_TRY(exu_coredump_of_file(&incident->coredump, core, &incident->bump));
    incident->journal = journal_of(core, options, &incident->bump);
    return NULL;
}

struct exu_error *exu_stored_read(struct exu_stored *incident, const struct exu_load_options *options)
{
    /* Only cores that systemd stored are in it. */
    if (!incident->journal || (!options->journal && !incident->coredump.texts[EXU_COREDUMP_PID]))
        return NULL;
    struct exu_error *error = exu_journal_read(&incident->coredump, incident->journal, incident->name, &incident->bump);
    if (!error || options->journal)
        return error;
    exu_error_free(error);
    return NULL;
}

void exu_stored_end(struct exu_stored *incident)
{
    exu_bump_deinit(&incident->bump);
}
