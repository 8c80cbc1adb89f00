#include "query/cookbook.h"

#include <string.h>

bool exu_sql_comment(const char **sql, struct exu_text *ret)
{
    const char *at = *sql;
    at += strspn(at, " \t\r\n");
    if (at[0] != '-' || at[1] != '-')
        return false;
    at += 2;
    at += strspn(at, " \t");
    size_t n = strcspn(at, "\n"), size = n;
    while (size && (at[size - 1] == '\r' || at[size - 1] == ' ' || at[size - 1] == '\t'))
        size--;
    exu_text_add(ret, at, size);
    *sql = at + n;
    return true;
}

bool exu_sql_marker(const char *line)
{
    return strncmp(line, "scans: ", 7) == 0 || strncmp(line, "needs: ", 7) == 0;
}
