/* What pictures (SVG) share: the element, labels that fit, colors.
 *
 * Foreign text is made safe and escaped here. In a report it has passed the gate before. */
#ifndef EXU_REPORT_DRAW_H
#define EXU_REPORT_DRAW_H

#include "base/bump.h"
#include "base/error.h"
#include "base/text.h"

#include <stdio.h>

#define EXU_DRAW_LETTER 6.9 /* the width of one, in the units of a picture, on the average */
#define EXU_DRAW_LINE 15.0

struct exu_area {
    double x, y, width, height;
};

/* <svg>, with a title for who does not see it. It is shown `scale` times as large as its units say, where
 * there is room. Text is dark, for boxes that are light in the dark, too. */
void exu_draw_begin(struct exu_text *out, double width, double height, double scale, const char *title);
void exu_draw_end(struct exu_text *out);
/* What is written to a file; frees `out`. */
EXU_MUST_CHECK struct exu_error *exu_draw_write(FILE *file, struct exu_text *out);

/* A line of text at (x, y), cut with an ellipsis after `width`; nothing where not even four letters fit.
 * `attributes`: more of the element, ours; begins with a space or is empty. */
void exu_draw_text(const char *text, double x, double y, double width, const char *attributes,
                   struct exu_text *out);
/* The name of a box, on top inside of it; nothing when it does not fit. */
void exu_draw_label(const char *text, struct exu_area area, struct exu_text *out);
/* <title>, the text as a whole. */
void exu_draw_title(const char *text, struct exu_text *out);
/* The same type has the same color in each report. */
const char *exu_draw_color(const char *type);
/* A copy that is safe to show; NULL: no memory. */
const char *exu_draw_safe(struct exu_bump *bump, const char *text);

#endif
