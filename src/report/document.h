/* Writers of reports. They know parts alone (report/model.h); the same report always gives the same bytes. A text that
 * `failed` is incomplete for want of memory. */
#ifndef EXU_REPORT_DOCUMENT_H
#define EXU_REPORT_DOCUMENT_H

#include "report/model.h"

enum exu_document { EXU_DOCUMENT_MARKDOWN, EXU_DOCUMENT_HTML, EXU_DOCUMENT_JSON };

/* The longest Markdown: the big trackers take 65,536 characters. */
#define EXU_MARKDOWN_MOST 65000

/* For trackers: at most EXU_MARKDOWN_MOST bytes, whatever the report; what does not fit is counted. Foreign text pings
 * nobody, links to nothing, and is neither Markdown nor HTML. */
void exu_document_markdown(const struct exu_report *r, struct exu_text *out);
/* One file without scripts that loads nothing. */
void exu_document_html(const struct exu_report *r, struct exu_text *out);
/* As schema/report.schema.json describes it. */
void exu_document_json(const struct exu_report *r, struct exu_text *out);

#endif
