/* The second tier of trouble: *the dump is damaged*. That is data: a reader counts it here and goes on, and the
 * loader writes the list into table `anomaly`. Bounded: of each kind the first EXU_ANOMALY_KEEP are kept with
 * their message, all are counted.
 *
 * `kind` is a short constant string with static lifetime ('hole', 'truncated', 'bad-pointer' ...). */
#ifndef EXU_BASE_ANOMALY_H
#define EXU_BASE_ANOMALY_H

#include "base/base.h"

#define EXU_ANOMALY_KEEP 100

struct exu_anomaly {
    exu_addr address;
    const char *kind;
    char *message;
};

struct exu_anomaly_count {
    const char *kind;
    uint64_t count;
};

struct exu_anomalies {
    struct exu_anomaly *items;
    size_t len, cap;
    struct exu_anomaly_count kinds[64];
    size_t kind_count;
    char *own_kinds[64]; /* names of kinds that came from elsewhere */
    size_t own_kind_count;
};

void exu_anomalies_init(struct exu_anomalies *a);
void exu_anomalies_deinit(struct exu_anomalies *a);
/* Never fails: without memory only the count is kept. `a` may be NULL. */
void exu_anomaly_add(struct exu_anomalies *a, exu_addr address, const char *kind, const char *format, ...)
    EXU_PRINTF(4, 5);
/* One that was found before, by another run: kind and message (may be NULL) are copied. */
void exu_anomaly_again(struct exu_anomalies *a, exu_addr address, const char *kind, const char *message);
/* `more` of that kind, of which no message is known. */
void exu_anomaly_count_more(struct exu_anomalies *a, const char *kind, uint64_t more);
/* Appends those of `from`; with `missing` only what `a` has not in the same words. */
void exu_anomalies_append(struct exu_anomalies *a, const struct exu_anomalies *from, bool missing);
uint64_t exu_anomaly_total(const struct exu_anomalies *a);

#endif
