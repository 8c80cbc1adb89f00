#include "report/markup.h"

void exu_markup_escape(const char *text, struct exu_text *out)
{
    for (const char *c = text; *c; c++)
        switch (*c) {
        case '&':
            exu_text_puts(out, "&amp;");
            break;
        case '<':
            exu_text_puts(out, "&lt;");
            break;
        case '>':
            exu_text_puts(out, "&gt;");
            break;
        case '"':
            exu_text_puts(out, "&quot;");
            break;
        case '\'':
            exu_text_puts(out, "&#39;");
            break;
        default:
            exu_text_putc(out, *c);
        }
}
