/* The main chain of a report. */
#include "base/secret.h"
#include "query/queries.h"
#include "report/chain_report.h"
#include "report/incident_private.h"

#include <inttypes.h>
#include <stdio.h>

/* Chains of tracebacks that are looked at: the shortest. */
#define CHAINS_MOST 50
/* Of more steps than that, as many as STEPS_KEEP are shown at both ends. */
#define STEPS_MOST 48
#define STEPS_KEEP 20
/* An object that retains less stands behind what a traceback holds. */
#define POINT_LARGE 1000000

struct point {
    int64_t id, bytes; /* 0: there is none */
};

static struct exu_error *find_point(const struct exu_database *db, struct point *ret)
{
    sqlite3_stmt *statement = NULL;
    struct exu_error *error = NULL;
    EXU_TRY(exu_database_prepare(db, exu_sql_report_point_sql, &statement));
    if (exu_database_step(db, statement, &error))
        *ret = (struct point){sqlite3_column_int64(statement, 0), sqlite3_column_int64(statement, 1)};
    sqlite3_finalize(statement);
    return error;
}

/* That there is none is no error here. */
static struct exu_error *find(struct exu_chains *chains, const struct exu_database *db, const char *from,
                              const char *to, uint64_t limit)
{
    struct exu_error *error = exu_chains_find(chains, db, from, to, limit);
    if (!error || error->code != EXU_ERROR_NONE_FOUND)
        return error;
    exu_error_free(error);
    *chains = (struct exu_chains){0};
    return NULL;
}

static size_t largest(const struct exu_chains *chains)
{
    size_t best = 0;
    for (size_t i = 1; i < chains->items.len; i++)
        if (chains->items.items[i].bytes > chains->items.items[best].bytes)
            best = i;
    return best;
}

struct exu_error *exu_incident_find_chain(const struct exu_database *db, struct exu_chains *chains, size_t *main)
{
    struct point point = {0};
    *chains = (struct exu_chains){0};
    *main = 0;
    EXU_TRY(find_point(db, &point));
    EXU_TRY(find(chains, db, "traceback", "chunks", CHAINS_MOST));
    *main = largest(chains);
    if (!point.id || (chains->items.len &&
                      (point.bytes < POINT_LARGE || chains->items.items[*main].bytes >= (uint64_t)point.bytes / 2)))
        return NULL;
    struct exu_chains other = {0};
    char to[32];
    snprintf(to, sizeof to, "#%lld", (long long)point.id);
    EXU_TRY(find(&other, db, "root", to, 1));
    if (other.items.len) {
        exu_chains_deinit(chains);
        *chains = other;
        *main = 0;
    }
    return NULL;
}

struct exu_error *exu_incident_fingerprint(const struct exu_database *db, uint64_t *ret)
{
    struct exu_chains chains;
    size_t main = 0;
    struct exu_error *error = exu_incident_find_chain(db, &chains, &main);
    if (!error && chains.items.len)
        *ret = chains.items.items[main].fingerprint;
    else if (!error)
        error = exu_error_new(EXU_ERROR_NONE_FOUND,
                              "%s: there is no main chain: no traceback holds pieces, and no object retains 64 kB",
                              db->path);
    exu_chains_deinit(&chains);
    return error;
}

/* ---- as a part ---- */

static void add_steps(struct exu_report *r, struct exu_part *part, const struct exu_chain *chain)
{
    size_t steps = chain->held_by.items.len + chain->steps.items.len;
    char size[EXU_SIZE_TEXT];
    /* A module is its own root; of others the first object does not tell whose it is. */
    bool rooted = chain->root.kind && chain->root.text && strcmp(chain->root.kind, "module") != 0;
    if (rooted)
        exu_report_step(r, part, (struct exu_part_step){.summary = exu_report_keep(r, EXU_NAME_TEXT, chain->root.text)});
    for (size_t i = 0; i < steps; i++) {
        const struct exu_step *step = exu_chain_step(chain, i);
        if (i == STEPS_KEEP && steps > STEPS_MOST) {
            size_t skipped = steps - (size_t)2 * STEPS_KEEP;
            exu_report_step(r, part, (struct exu_part_step){.skipped = skipped});
            i += skipped - 1;
            continue;
        }
        if (exu_step_hidden(step, exu_chain_step(chain, i + 1)))
            continue;
        bool secret = r->privacy->contents && step->name && exu_secret_name(step->name, strlen(step->name));
        const char *summary = exu_report_keep(r, EXU_NAME_TEXT, secret ? step->type : step->summary);
        if (!summary)
            summary = "[secret]";
        if (i + 1 == steps && chain->objects > 1) {
            struct exu_text count = {0};
            exu_describe_count(chain->objects, &count);
            summary = exu_report_own(r, "%s × %s, %s", count.data ? count.data : "",
                                     exu_report_keep(r, EXU_NAME_CODE, step->type ? step->type : "?"),
                                     exu_size_text(chain->bytes, size));
            exu_text_deinit(&count);
        }
        exu_report_step(r, part,
                        (struct exu_part_step){.label = rooted && i == 0 ? "root" : exu_report_keep(r, EXU_NAME_TEXT, step->label),
                                               .summary = summary,
                                               .place = exu_report_keep(r, EXU_NAME_FILE, step->place)});
    }
}

/* Of the private memory; less than that is no incident. */
#define SHARE_SMALL 5

/* In a heap in which nothing stands out the largest holder is somebody all the same: that is said. */
static struct exu_error *say_if_small(struct exu_incident *i, struct exu_part *parent, const struct exu_chain *chain)
{
    sqlite3_stmt *statement = NULL;
    struct exu_error *error = NULL;
    EXU_TRY(exu_database_prepare(i->db, exu_sql_report_private_sql, &statement));
    if (exu_database_step(i->db, statement, &error)) {
        int64_t sum = sqlite3_column_int64(statement, 0);
        uint64_t all = sum > 0 ? (uint64_t)sum : 0;
        uint64_t bytes = chain->has_retained ? exu_max(chain->retained, chain->bytes) : chain->bytes;
        char size[EXU_SIZE_TEXT];
        if (bytes < all / 100 * SHARE_SMALL)
            exu_report_text(i->report, parent, EXU_TEXT_NOTE,
                            exu_report_own(i->report, "It holds %s, less than %d %% of the private memory: no chain stands out.",
                                           exu_size_text(bytes, size), SHARE_SMALL));
    }
    sqlite3_finalize(statement);
    return error;
}

struct exu_error *exu_incident_chain(struct exu_incident *i, struct exu_part *parent)
{
    struct exu_report *r = i->report;
    if (!i->chains.items.len)
        return NULL;
    const struct exu_chain *chain = &i->chains.items.items[i->main];
    add_steps(r, exu_report_chain(r, parent, "main-chain", "The chain that holds the most"), chain);
    EXU_TRY(say_if_small(i, parent, chain));
    struct exu_part *facts = exu_report_facts(r, parent);
    exu_report_fact(r, facts, "objects at its end", EXU_COLUMN_COUNT, EXU_NAME_TEXT,
                    exu_datum_integer((int64_t)chain->objects));
    exu_report_fact(r, facts, "their size", EXU_COLUMN_SIZE, EXU_NAME_TEXT, exu_datum_integer((int64_t)chain->bytes));
    if (chain->has_retained)
        exu_report_fact(r, facts, "what goes with them", EXU_COLUMN_SIZE, EXU_NAME_TEXT,
                        exu_datum_integer((int64_t)chain->retained));
    if (chain->root.kind)
        exu_report_fact(r, facts, "root", EXU_COLUMN_PLAIN, EXU_NAME_TEXT, exu_datum_text(chain->root.text));
    exu_report_fact(r, facts, "fingerprint", EXU_COLUMN_PLAIN, EXU_NAME_TEXT,
                    exu_datum_text(r->fingerprint = exu_report_own(r, "%016" PRIx64, chain->fingerprint)));
    const struct exu_step *first = chain->steps.items.items, *end = first + chain->steps.items.len - 1;
    bool traceback = first->type && strcmp(first->type, "traceback") == 0;
    exu_incident_figure(i, "main chain",
                        traceback ? "exuvia chain DB --from traceback --to chunks"
                                  : exu_report_own(r, "exuvia chain DB --to '#%u'", end->object),
                        NULL);
    return NULL;
}
