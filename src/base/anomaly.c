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
    for (size_t i = 0; i < a->own_kind_count; i++)
        free(a->own_kinds[i]);
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

/* The name of that kind that lives as long as `a`; NULL: there are too many, or there is no memory. */
static const char *own_kind(struct exu_anomalies *a, const char *kind)
{
    for (size_t i = 0; i < a->kind_count; i++)
        if (strcmp(a->kinds[i].kind, kind) == 0)
            return a->kinds[i].kind;
    if (a->own_kind_count == EXU_COUNT(a->own_kinds))
        return NULL;
    char *copy = strdup(kind);
    if (copy)
        a->own_kinds[a->own_kind_count++] = copy;
    return copy;
}

void exu_anomaly_again(struct exu_anomalies *a, exu_addr address, const char *kind, const char *message)
{
    const char *name = a ? own_kind(a, kind) : NULL;
    if (name)
        exu_anomaly_add(a, address, name, "%s", message ? message : "");
}

void exu_anomaly_count_more(struct exu_anomalies *a, const char *kind, uint64_t more)
{
    const char *name = a && more ? own_kind(a, kind) : NULL;
    struct exu_anomaly_count *count = name ? counter(a, name) : NULL;
    if (count)
        count->count += exu_min(more, UINT64_MAX - count->count);
}

static bool has(const struct exu_anomalies *a, const struct exu_anomaly *item)
{
    for (size_t i = 0; i < a->len; i++)
        if (strcmp(a->items[i].kind, item->kind) == 0 && a->items[i].message && item->message &&
            strcmp(a->items[i].message, item->message) == 0)
            return true;
    return false;
}

void exu_anomalies_append(struct exu_anomalies *a, const struct exu_anomalies *from, bool missing)
{
    const struct exu_anomaly *item;
    if (!a)
        return;
    exu_vec_each(item, from)
        if (!missing || !has(a, item))
            exu_anomaly_again(a, item->address, item->kind, item->message);
    for (size_t i = 0; i < from->kind_count && !missing; i++)
        exu_anomaly_count_more(a, from->kinds[i].kind,
                               from->kinds[i].count - exu_min(from->kinds[i].count, EXU_ANOMALY_KEEP));
}

uint64_t exu_anomaly_total(const struct exu_anomalies *a)
{
    uint64_t total = 0;
    for (size_t i = 0; i < a->kind_count; i++)
        total += a->kinds[i].count;
    return total;
}
