#include "base/anomaly.h"
#include "base/vec.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void exu_anomalies_init(struct exu_anomalies *a)
{
    memset(a, 0, sizeof *a);
}

void exu_anomalies_deinit(struct exu_anomalies *a)
{
    struct exu_anomaly *item;
    exu_vec_each(item, a)
        free(item->message);
    exu_vec_free(a);
    memset(a, 0, sizeof *a);
}

static struct exu_anomaly_count *counter(struct exu_anomalies *a, const char *kind)
{
    for (size_t i = 0; i < a->kind_count; i++)
        if (strcmp(a->kinds[i].kind, kind) == 0)
            return &a->kinds[i];
    if (a->kind_count == EXU_COUNT(a->kinds))
        return NULL;
    a->kinds[a->kind_count] = (struct exu_anomaly_count){kind, 0};
    return &a->kinds[a->kind_count++];
}

void exu_anomaly_add(struct exu_anomalies *a, exu_addr address, const char *kind, const char *format, ...)
{
    if (!a)
        return;
    struct exu_anomaly_count *count = counter(a, kind);
    if (!count || ++count->count > EXU_ANOMALY_KEEP)
        return;
    char *message = NULL;
    va_list arguments;
    va_start(arguments, format);
    if (vasprintf(&message, format, arguments) < 0)
        message = NULL;
    va_end(arguments);
    if (!exu_vec_push(a, (struct exu_anomaly){address, kind, message}))
        free(message);
}

uint64_t exu_anomaly_total(const struct exu_anomalies *a)
{
    uint64_t total = 0;
    for (size_t i = 0; i < a->kind_count; i++)
        total += a->kinds[i].count;
    return total;
}
