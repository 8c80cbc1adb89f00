/* The kernel's account of a process that was snapshotted, as the notes have it: what of its memory was resident, what its control
 * group allowed and used, by which number it goes inside its container. As foreign as all else of a dump: a note that can't be
 * right is an anomaly, and nothing is taken from it. */
#ifndef EXU_CORE_ACCOUNT_H
#define EXU_CORE_ACCOUNT_H

#include "base/anomaly.h"
#include "base/bump.h"
#include "base/vec.h"

/* A mapping as /proc/PID/smaps had it. */
struct exu_resident_range {
    exu_addr start, end;
    uint64_t resident, swapped; /* bytes */
};

/* What a file of the control group says, in bytes. */
struct exu_limit {
    enum { EXU_LIMIT_UNKNOWN, EXU_LIMIT_NONE, EXU_LIMIT_BYTES } kind; /* NONE: 'max' */
    uint64_t bytes;
};

struct exu_account {
    bool has_resident; /* false: there was no such note, or a broken one */
    exu_vec(struct exu_resident_range) ranges; /* ascending, none overlapping */
    uint64_t resident, swapped;                /* of all of them */
    /* Of its control group, or of the one above that allows the least. */
    struct exu_limit max, high, current, peak, swap_max, swap_current;
    const char *group;      /* that group's path; NULL = not known */
    uint32_t namespace_pid; /* what getpid() says there, where that is another number; 0 = the same, or not known */
    uint64_t peak_resident; /* VmHWM; 0 = not known */
};

/* Each takes what a note has; texts live in the bump. False: no memory for it. */
bool exu_account_smaps(struct exu_account *account, const char *text, size_t size, struct exu_anomalies *anomalies);
bool exu_account_cgroup(struct exu_account *account, const char *text, size_t size, struct exu_bump *bump);
void exu_account_status(struct exu_account *account, const char *text, size_t size);
void exu_account_deinit(struct exu_account *account);

/* What of [start, end) was resident and in swap. False: not known, because no range of smaps lies in it, or one lies across its
 * borders (the process ran on when they were counted). */
bool exu_account_resident(const struct exu_account *account, exu_addr start, exu_addr end, uint64_t *ret_resident,
                        uint64_t *ret_swapped);

#endif
