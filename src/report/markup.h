/* Text as HTML and XML take it. */
#ifndef EXU_REPORT_MARKUP_H
#define EXU_REPORT_MARKUP_H

#include "base/text.h"

/* The reference that stands for & < > " '; NULL for all others. */
const char *exu_markup_entity(char c);
/* & < > " ' become references; good in attributes, too. The text is one that exu_preview_plain has made safe. */
void exu_markup_escape(const char *text, struct exu_text *out);

#endif
