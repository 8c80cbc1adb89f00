#include "report/markup.h"

const char *exu_markup_entity(char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

void exu_markup_escape(const char *text, struct exu_text *out)
{
    for (const char *c = text; *c; c++) {
        const char *entity = exu_markup_entity(*c);
        if (entity)
            exu_text_puts(out, entity);
        else
            exu_text_putc(out, *c);
    }
}
