/* A report as a tree of parts, before anybody thinks of Markdown or HTML: query results become parts
 * (report/incident.h), writers (report/document.h) know parts alone.
 *
 * All text of the dumped process passes the gate of this module when it becomes a part: exu_report_keep and what is
 * built on it. Texts of our own (titles, commands, queries) do not. Owns its texts; borrows the struct exu_privacy.
 *
 * Building never fails at once: without memory `failed` is set, the parts are whole but incomplete, and who builds
 * looks at it in the end. */
#ifndef EXU_REPORT_MODEL_H
#define EXU_REPORT_MODEL_H

#include "base/bump.h"
#include "base/vec.h"
#include "query/privacy.h"
#include "query/rows.h"

enum exu_part_kind {
    EXU_PART_SECTION,
    EXU_PART_TEXT,  /* a paragraph */
    EXU_PART_FACTS, /* label and value, in a run */
    EXU_PART_TABLE,
    EXU_PART_CHAIN, /* steps from a root down */
    EXU_PART_CODE,  /* lines as they are */
    EXU_PART_PICTURE,
};

enum exu_text_style { EXU_TEXT_PLAIN, EXU_TEXT_LEAD, EXU_TEXT_NOTE };

/* A column with the gate that its texts pass. */
struct exu_part_column {
    const char *name;
    enum exu_column_kind kind;
    enum exu_name_kind gate;
    bool code; /* its cells are commands, our own: to be copied */
};

struct exu_part_fact {
    const char *label;
    enum exu_column_kind kind;
    struct exu_datum value;
};

struct exu_part_step {
    const char *label;   /* `.x`; NULL: the first */
    const char *summary; /* NULL: `skipped` steps stand here */
    const char *place;   /* 'FILE:LINE in FUNCTION'; may be NULL */
    uint64_t skipped;
};

struct exu_part {
    enum exu_part_kind kind;
    const char *id;    /* of sections, tables, pictures: unique in the report; ours */
    const char *title; /* may be NULL */
    const char *text;  /* TEXT, CODE: the text. PICTURE: what it shows, for who does not see it */
    enum exu_text_style style;
    const char *target; /* TEXT: the id of a section that has more; may be NULL */
    bool folded;        /* SECTION: need not be open at first */
    size_t budget;      /* SECTION at the top: how many bytes of Markdown it may have */
    exu_vec(struct exu_part_fact) facts;
    exu_vec(struct exu_part_column) columns;
    exu_vec(struct exu_datum) cells; /* row by row */
    uint64_t more;                   /* TABLE: rows that are not here */
    exu_vec(struct exu_part_step) steps;
    const char *svg;   /* PICTURE: an <svg> element of our own, with foreign text escaped */
    const char *plain; /* PICTURE: as lines of text; may be NULL */
    struct exu_part *first, *last, *next;
};

struct exu_report {
    const char *title, *link; /* link: http or https; may be NULL */
    const char *fingerprint;  /* of the main chain; NULL: there is none */
    const char *made_by;      /* 'exuvia 0.1.0' */
    struct exu_privacy *privacy;
    struct exu_part *root; /* a section without a title */
    struct exu_bump bump;
    exu_vec(struct exu_part *) all; /* for deinit */
    bool failed;
    struct exu_part spare; /* what building goes on with when there is no memory; never written */
};

void exu_report_init(struct exu_report *r, struct exu_privacy *privacy);
void exu_report_deinit(struct exu_report *r);

/* ---- the gate ---- */

/* The longest text of a part, in characters. */
#define EXU_REPORT_TEXT_MOST 2000
/* A copy of foreign text as the gate lets it through, safe for terminals; NULL for NULL. */
const char *exu_report_keep(struct exu_report *r, enum exu_name_kind gate, const char *text);
struct exu_datum exu_report_datum(struct exu_report *r, enum exu_name_kind gate, const struct exu_datum *cell);
/* A text of our own. */
const char *exu_report_own(struct exu_report *r, const char *format, ...) EXU_PRINTF(2, 3);

/* ---- parts; `parent` takes them at its end. All return a part, of which the fields above may yet be set ---- */

struct exu_part *exu_report_section(struct exu_report *r, struct exu_part *parent, const char *id, const char *title);
/* `text`: kept by exu_report_keep or exu_report_own. */
struct exu_part *exu_report_text(struct exu_report *r, struct exu_part *parent, enum exu_text_style style,
                                 const char *text);
struct exu_part *exu_report_facts(struct exu_report *r, struct exu_part *parent);
void exu_report_fact(struct exu_report *r, struct exu_part *facts, const char *label, enum exu_column_kind kind,
                     enum exu_name_kind gate, struct exu_datum value);
struct exu_part *exu_report_table(struct exu_report *r, struct exu_part *parent, const char *id, const char *title);
/* `name` is copied. Before the first row. */
void exu_report_column(struct exu_report *r, struct exu_part *table, const char *name, enum exu_column_kind kind,
                       enum exu_name_kind gate);
/* A column of commands of our own, without backticks, bars and what is no plain character. */
void exu_report_code_column(struct exu_report *r, struct exu_part *table, const char *name);
void exu_report_row(struct exu_report *r, struct exu_part *table, const struct exu_datum *cells, size_t count);
struct exu_part *exu_report_chain(struct exu_report *r, struct exu_part *parent, const char *id, const char *title);
void exu_report_step(struct exu_report *r, struct exu_part *chain, struct exu_part_step step);
struct exu_part *exu_report_code(struct exu_report *r, struct exu_part *parent, const char *title, const char *text);
/* `svg` may be NULL (no memory for it): then the picture is left out and NULL comes back. */
struct exu_part *exu_report_picture(struct exu_report *r, struct exu_part *parent, const char *id, const char *title,
                                    const char *text, const char *svg);
/* The same of a drawing and its lines of text, which it frees. */
void exu_report_drawing(struct exu_report *r, struct exu_part *parent, const char *id, const char *title, const char *text,
                        struct exu_text *svg, struct exu_text *plain);
/* Takes the part that was added last from its parent, when it has nothing to show. */
void exu_report_drop_empty(struct exu_part *parent);

#endif
