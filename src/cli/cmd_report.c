#include "base/newfile.h"
#include "cli/options.h"
#include "cli/source.h"
#include "query/privacy.h"
#include "report/document.h"
#include "report/incident.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

/* One more than enum exu_document: by the file's name. */
static const struct exu_option options[] = {
    {"output", 'o', EXU_OPTION_TEXT, "FILE", offsetof(struct exu_arguments, output),
     "the report: .md, .html or .json; - is standard output", true},
    {"format", 0, EXU_OPTION_CHOICE, "auto|markdown|html|json", offsetof(struct exu_arguments, format),
     "what to write; auto: as the file's name ends", false},
    {"title", 0, EXU_OPTION_TEXT, "TEXT", offsetof(struct exu_arguments, title), "what stands above it", false},
    {"link", 0, EXU_OPTION_TEXT, "URL", offsetof(struct exu_arguments, link),
     "where the incident is discussed: http or https", false},
    {"include-content", 0, EXU_OPTION_FLAG, NULL, offsetof(struct exu_arguments, include_content),
     "show previews of values, and messages; what looks like a secret is masked", false},
    {"fingerprint", 0, EXU_OPTION_FLAG, NULL, offsetof(struct exu_arguments, fingerprint),
     "print the fingerprint of the main chain alone", false},
    {"force", 'f', EXU_OPTION_FLAG, NULL, offsetof(struct exu_arguments, force), "overwrite FILE when it exists",
     false},
    {0},
};

static const struct {
    const char *ending;
    enum exu_document document;
    void (*write)(const struct exu_report *r, struct exu_text *out);
} documents[] = {
    {".md", EXU_DOCUMENT_MARKDOWN, exu_document_markdown},
    {".html", EXU_DOCUMENT_HTML, exu_document_html},
    {".json", EXU_DOCUMENT_JSON, exu_document_json},
};

/* Which row of the table. */
static struct exu_error *choose(const struct exu_arguments *arguments, size_t *ret)
{
    size_t length = strlen(arguments->output);
    for (size_t i = 0; i < EXU_COUNT(documents); i++) {
        size_t n = strlen(documents[i].ending);
        bool named = length > n && strcmp(arguments->output + length - n, documents[i].ending) == 0;
        if (arguments->format ? arguments->format == (int)documents[i].document + 1 : named) {
            *ret = i;
            return NULL;
        }
    }
    return exu_error_new(EXU_ERROR_USAGE,
                         "%s: its name does not say what to write; end it with .md, .html or .json, or give --format",
                         arguments->output);
}

static struct exu_error *write_all(int fd, const char *name, const struct exu_text *text)
{
    for (size_t done = 0; done < text->len;) {
        ssize_t n = write(fd, text->data + done, text->len - done);
        if (n < 0 && errno != EINTR)
            return exu_error_errno("%s: can't be written", name);
        done += n > 0 ? (size_t)n : 0;
    }
    return NULL;
}

static struct exu_error *write_out(const struct exu_arguments *arguments, const struct exu_text *text)
{
    struct exu_newfile file = {.fd = -1};
    if (strcmp(arguments->output, "-") == 0)
        return write_all(STDOUT_FILENO, "standard output", text);
    EXU_TRY(exu_newfile_create(&file, arguments->output, arguments->force));
    struct exu_error *error = write_all(file.fd, arguments->output, text);
    if (!error)
        error = exu_newfile_finish(&file);
    exu_newfile_deinit(&file);
    return error;
}

#define DUMPS_MOST 2

struct dumps {
    struct exu_database *dbs[DUMPS_MOST];
    struct exu_functions *functions[DUMPS_MOST];
    size_t count;
};

static struct exu_error *open_one(struct dumps *d, const char *path, const struct exu_arguments *arguments,
                                  struct exu_privacy *privacy)
{
    struct exu_database *db = NULL;
    EXU_TRY(exu_source_open(&db, path, arguments));
    d->dbs[d->count] = db;
    d->functions[d->count++] = NULL;
    if (privacy->contents && !arguments->fingerprint)
        EXU_TRY(exu_privacy_learn(privacy, db));
    db->privacy = privacy;
    return exu_functions_open(&d->functions[d->count - 1], db);
}

static void close_all(struct dumps *d)
{
    for (size_t i = 0; i < d->count; i++) {
        exu_functions_close(d->functions[i]);
        exu_database_close(d->dbs[i]);
    }
}

static struct exu_error *report(const struct exu_arguments *arguments, const struct dumps *d, size_t document)
{
    struct exu_report made;
    struct exu_text text = {0};
    const struct exu_incident_options wanted = {.title = arguments->title, .link = arguments->link};
    struct exu_error *error = d->count == 1 ? exu_report_incident(&made, d->dbs[0], &wanted)
                                            : exu_report_growth_incident(&made, d->dbs, &wanted);
    if (!error)
        documents[document].write(&made, &text);
    exu_report_deinit(&made);
    if (!error && text.failed)
        error = exu_error_memory();
    if (!error)
        error = write_out(arguments, &text);
    exu_text_deinit(&text);
    return error;
}

static struct exu_error *fingerprint(const struct exu_database *db)
{
    uint64_t number = 0;
    EXU_TRY(exu_incident_fingerprint(db, &number));
    printf("%016" PRIx64 "\n", number);
    return NULL;
}

static struct exu_error *open_and_report(const struct exu_arguments *arguments, size_t document)
{
    struct dumps d = {0};
    struct exu_privacy privacy = {.contents = arguments->include_content};
    struct exu_error *error = NULL;
    for (size_t i = 0; i < arguments->operands.len && !error; i++)
        error = open_one(&d, arguments->operands.items[i], arguments, &privacy);
    if (!error)
        error = arguments->fingerprint ? fingerprint(d.dbs[0]) : report(arguments, &d, document);
    close_all(&d);
    exu_privacy_deinit(&privacy);
    return error;
}

static struct exu_error *run(const struct exu_arguments *arguments)
{
    size_t document = 0;
    if (!arguments->output && !arguments->fingerprint)
        return exu_error_new(EXU_ERROR_USAGE, "%s: the report needs a name; give one with -o",
                             arguments->operands.items[0]);
    if (!arguments->fingerprint)
        EXU_TRY(choose(arguments, &document));
    if (arguments->fingerprint && arguments->operands.len > 1)
        return exu_error_new(EXU_ERROR_USAGE, "%s: a fingerprint is one dump's; give one database",
                             arguments->operands.items[1]);
    EXU_TRY(exu_incident_check_link(arguments->link));
    return open_and_report(arguments, document);
}

const struct exu_command exu_cmd_report = {
    .name = "report",
    .usage = "DB [NEW] -o FILE",
    .summary = "what happened, to attach to a bug tracker: Markdown, HTML or JSON, without the process's data",
    .description = "Markdown stays below 65,536 characters and draws the main chain as a Mermaid graph; what does not "
                   "fit is counted. HTML "
                   "is one file that loads nothing and needs no script. JSON is described by "
                   "schema/report.schema.json. The same database "
                   "gives the same bytes. The file is readable by its owner alone.\n\n"
                   "Types, names of attributes, functions and files, sizes and shapes are shown, no contents: no "
                   "values, messages, arguments "
                   "or environment. Keys of dicts are shown when they look like names of code, else as […]. "
                   "--include-content adds previews "
                   "of values, and messages; what has the shape of a secret, stands under the name of one (password, "
                   "token, cookie …), or "
                   "has the value of one that does, is masked. The report ends with what was left out and what could "
                   "not be classified.\n\n"
                   "With two databases, of an older and a newer dump of one program, the report is about what grew "
                   "between them: chains, types, "
                   "modules, new suspects.\n\n"
                   "The main chain is the one from a traceback to the most pieces, or from a root to the object where "
                   "the most memory "
                   "accumulates. --fingerprint prints its fingerprint alone, for scripts that look whether a tracker "
                   "has it already.\n\n"
                   "Exit status 1 with --fingerprint: there is no such chain.",
    .options = {options, exu_options_core, exu_options_common},
    .least = 1,
    .most = DUMPS_MOST,
    .run = run,
};
