#include "report/incident_private.h"

#include "query/preview.h"

#define LINK_LONGEST 1000
#define TITLE_LONGEST 200

struct exu_error *exu_incident_check_link(const char *link)
{
    if (!link)
        return NULL;
    bool fine = strlen(link) <= LINK_LONGEST && (strncmp(link, "https://", 8) == 0 || strncmp(link, "http://", 7) == 0);
    for (const char *c = link; *c; c++)
        fine &= (unsigned char)*c > ' ' && (unsigned char)*c < 0x7f && !strchr("\"'<>\\`{}|^", *c);
    return fine ? NULL
                : exu_error_new(EXU_ERROR_USAGE,
                                "--link %.60s: no address of the web; give one that begins with http:// or https://, "
                                "with what is no plain character as %%XX",
                                link);
}

static struct exu_error *build(struct exu_incident *i)
{
    static struct exu_error *(*const sections[])(struct exu_incident * i) = {
        exu_incident_summary,    exu_incident_suspects,   exu_incident_objects,   exu_incident_threads,
        exu_incident_exceptions, exu_incident_allocators, exu_incident_collector, exu_incident_waste,
        exu_incident_anomalies,  exu_incident_appendix,   exu_incident_privacy,
    };
    EXU_TRY(exu_incident_find_chain(i->db, &i->chains, &i->main));
    for (size_t n = 0; n < EXU_COUNT(sections); n++)
        EXU_TRY(sections[n](i));
    return NULL;
}

static const char *usual_title(const struct exu_database *db, struct exu_report *r, bool growth)
{
    char version[64] = "", pid[32] = "";
    exu_database_meta(db, "python_version", version, sizeof version);
    exu_database_meta(db, "pid", pid, sizeof pid);
    return exu_report_keep(r, EXU_NAME_TEXT,
                           exu_report_own(r, "%s of a Python %s process%s%s", growth ? "Growth" : "Memory", version,
                                          *pid ? ", pid " : "", pid));
}

/* What who makes the report wants to call it: nothing in it is masked. */
static const char *given_title(struct exu_report *r, const char *title)
{
    struct exu_text safe = {0};
    exu_preview_plain(title, strlen(title), TITLE_LONGEST, false, &safe);
    r->failed |= safe.failed;
    const char *kept = exu_report_own(r, "%s", safe.data ? safe.data : "");
    exu_text_deinit(&safe);
    return kept;
}

void exu_incident_begin(struct exu_incident *i, const struct exu_incident_options *options, bool growth)
{
    struct exu_report *r = i->report;
    exu_report_init(r, i->db->privacy);
    r->title = options->title ? given_title(r, options->title) : usual_title(i->db, r, growth);
    r->link = options->link ? exu_report_own(r, "%s", options->link) : NULL;
    r->made_by = "exuvia " EXU_VERSION;
}

struct exu_error *exu_report_incident(struct exu_report *ret, const struct exu_database *db,
                                      const struct exu_incident_options *options)
{
    struct exu_incident i = {.report = ret, .db = db};
    exu_incident_begin(&i, options, false);
    struct exu_error *error = build(&i);
    exu_chains_deinit(&i.chains);
    exu_vec_free(&i.figures);
    return !error && ret->failed ? exu_error_memory() : error;
}
