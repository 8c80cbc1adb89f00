#include "core/account.h"

#include <string.h>

#define KILO UINT64_C(1024)
#define PATH_MOST 4096        /* of a group */
#define RANGES_MOST (1u << 20) /* the kernel's own limit, vm.max_map_count, is 65530 as a rule */
/* Version 1 of control groups says a huge number where there is no limit: mm/page_counter.c, PAGE_COUNTER_MAX. */
#define NO_LIMIT (UINT64_C(1) << 62)

/* ---- lines ---- */

struct lines {
    const char *at, *end;
};

/* The next line without its newline; false at the end. */
static bool next_line(struct lines *l, const char **ret, const char **ret_end)
{
    if (l->at >= l->end)
        return false;
    const char *newline = memchr(l->at, '\n', (size_t)(l->end - l->at));
    *ret = l->at;
    *ret_end = newline ? newline : l->end;
    l->at = newline ? newline + 1 : l->end;
    return true;
}

static bool take_char(const char **at, const char *end, char c)
{
    if (*at >= end || **at != c)
        return false;
    (*at)++;
    return true;
}

static void skip_blanks(const char **at, const char *end)
{
    while (*at < end && (**at == ' ' || **at == '\t'))
        (*at)++;
}

static int digit_of(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : 16;
}

/* False: no digit there, or too many. */
static bool take_number(const char **at, const char *end, unsigned base, uint64_t *ret)
{
    const char *start = *at;
    uint64_t value = 0;
    for (; *at < end && digit_of(**at) < (int)base; (*at)++)
        if (!exu_mul(value, base, &value) || !exu_add(value, (uint64_t)digit_of(**at), &value))
            return false;
    *ret = value;
    return *at > start;
}

/* 'Rss:      123 kB' */
static bool take_field(const char *at, const char *end, const char *name, uint64_t *ret_bytes)
{
    size_t length = strlen(name);
    if ((size_t)(end - at) < length || memcmp(at, name, length) != 0)
        return false;
    at += length;
    if (!take_char(&at, end, ':'))
        return false;
    skip_blanks(&at, end);
    uint64_t kilos;
    return take_number(&at, end, 10, &kilos) && exu_mul(kilos, KILO, ret_bytes);
}

/* ---- smaps: fs/proc/task_mmu.c, show_smap ---- */

/* '7f3c1000-7f3c5000 rw-p ...'; false: it is another line. */
static bool take_head(const char *at, const char *end, struct exu_resident_range *ret)
{
    *ret = (struct exu_resident_range){0};
    return take_number(&at, end, 16, &ret->start) && take_char(&at, end, '-') && take_number(&at, end, 16, &ret->end) &&
           take_char(&at, end, ' ');
}

static bool possible(const struct exu_account *account, const struct exu_resident_range *range)
{
    exu_addr before = account->ranges.len ? account->ranges.items[account->ranges.len - 1].end : 0;
    return range->start >= before && range->start < range->end && account->ranges.len < RANGES_MOST;
}

static bool bad_smaps(struct exu_account *account, exu_addr address, struct exu_anomalies *anomalies)
{
    exu_anomaly_add(anomalies, address, "bad-note", "what smaps says of the mapping at %#llx can't be right; nothing is taken of it",
                    (unsigned long long)address);
    exu_vec_free(&account->ranges);
    account->resident = account->swapped = 0;
    return true;
}

bool exu_account_smaps(struct exu_account *account, const char *text, size_t size, struct exu_anomalies *anomalies)
{
    struct lines lines = {text, text + size};
    const char *at, *end;
    if (account->has_resident)
        return true; /* a second one */
    while (next_line(&lines, &at, &end)) {
        struct exu_resident_range range, *last = account->ranges.len ? &account->ranges.items[account->ranges.len - 1] : NULL;
        if (take_head(at, end, &range)) {
            if (!possible(account, &range))
                return bad_smaps(account, range.start, anomalies);
            if (!exu_vec_push(&account->ranges, range))
                return false;
        } else if (last && (take_field(at, end, "Rss", &last->resident) || take_field(at, end, "Swap", &last->swapped)) &&
                   (last->resident > last->end - last->start || last->swapped > last->end - last->start)) {
            return bad_smaps(account, last->start, anomalies);
        }
    }
    const struct exu_resident_range *range;
    exu_vec_each (range, &account->ranges) { /* none is larger than its part of the address space */
        account->resident += range->resident;
        account->swapped += range->swapped;
    }
    account->has_resident = account->ranges.len > 0;
    return true;
}

bool exu_account_resident(const struct exu_account *account, exu_addr start, exu_addr end, uint64_t *ret_resident,
                        uint64_t *ret_swapped)
{
    size_t low = 0, high = account->ranges.len; /* the first that ends behind the start */
    *ret_resident = *ret_swapped = 0;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (account->ranges.items[middle].end <= start)
            low = middle + 1;
        else
            high = middle;
    }
    bool any = false;
    for (; low < account->ranges.len && account->ranges.items[low].start < end; low++) {
        const struct exu_resident_range *range = &account->ranges.items[low];
        if (range->start < start || range->end > end)
            return false;
        any = true;
        *ret_resident += range->resident;
        *ret_swapped += range->swapped;
    }
    return any;
}

/* ---- the control group ---- */

static void take_limit(struct exu_limit *limit, const char *at, const char *end)
{
    uint64_t bytes;
    if (limit->kind != EXU_LIMIT_UNKNOWN)
        return; /* the first counts */
    if (end - at == 3 && memcmp(at, "max", 3) == 0)
        limit->kind = EXU_LIMIT_NONE;
    else if (take_number(&at, end, 10, &bytes) && at == end) {
        limit->kind = bytes >= NO_LIMIT ? EXU_LIMIT_NONE : EXU_LIMIT_BYTES;
        limit->bytes = bytes >= NO_LIMIT ? 0 : bytes;
    }
}

bool exu_account_cgroup(struct exu_account *account, const char *text, size_t size, struct exu_bump *bump)
{
    const struct {
        const char *name;
        struct exu_limit *limit;
    } known[] = {
        {"memory.max", &account->max},
        {"memory.high", &account->high},
        {"memory.current", &account->current},
        {"memory.peak", &account->peak},
        {"memory.swap.max", &account->swap_max},
        {"memory.swap.current", &account->swap_current},
        {"memory.limit_in_bytes", &account->max}, /* version 1 */
        {"memory.usage_in_bytes", &account->current},
        {"memory.max_usage_in_bytes", &account->peak},
    };
    struct lines lines = {text, text + size};
    const char *at, *end;
    while (next_line(&lines, &at, &end)) {
        const char *blank = memchr(at, ' ', (size_t)(end - at));
        if (!blank)
            continue;
        size_t length = (size_t)(blank - at);
        for (size_t i = 0; i < EXU_COUNT(known); i++)
            if (strlen(known[i].name) == length && memcmp(known[i].name, at, length) == 0)
                take_limit(known[i].limit, blank + 1, end);
        size_t rest = (size_t)(end - blank - 1);
        if (!account->group && length == strlen("group") && memcmp(at, "group", length) == 0 && rest > 0 && rest < PATH_MOST &&
            !memchr(blank + 1, 0, rest) && !(account->group = exu_bump_strndup(bump, blank + 1, rest)))
            return false;
    }
    return true;
}

/* ---- status: fs/proc/array.c ---- */

/* 'NSpid:  4711  12': its number as seen from outside, and so on inwards. */
static void take_namespace(struct exu_account *account, const char *at, const char *end)
{
    uint64_t first = 0, number;
    for (bool more = true; more;) {
        skip_blanks(&at, end);
        if (!take_number(&at, end, 10, &number) || number == 0 || number > INT32_MAX)
            return;
        first = first ? first : number;
        skip_blanks(&at, end);
        more = at < end;
    }
    account->namespace_pid = number == first ? 0 : (uint32_t)number;
}

void exu_account_status(struct exu_account *account, const char *text, size_t size)
{
    static const char pids[] = "NSpid:";
    struct lines lines = {text, text + size};
    const char *at, *end;
    while (next_line(&lines, &at, &end)) {
        if ((size_t)(end - at) >= sizeof pids && memcmp(at, pids, sizeof pids - 1) == 0)
            take_namespace(account, at + sizeof pids - 1, end);
        else
            take_field(at, end, "VmHWM", &account->peak_resident);
    }
}

void exu_account_deinit(struct exu_account *account)
{
    exu_vec_free(&account->ranges);
}
