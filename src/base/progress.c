#include "base/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * UINT64_C(1000000000) + (uint64_t)t.tv_nsec;
}

void exu_progress_init(struct exu_progress *p, enum exu_progress_mode mode)
{
    memset(p, 0, sizeof *p);
    p->shown = mode == EXU_PROGRESS_ALWAYS || (mode == EXU_PROGRESS_AUTO && isatty(STDERR_FILENO));
}

static void draw(struct exu_progress *p, const char *text)
{
    size_t n = strlen(text);
    fprintf(stderr, "\r%s%*s", text, n < p->width ? (int)(p->width - n) : 0, "");
    if (n < p->width)
        fprintf(stderr, "\r%s", text);
    fflush(stderr);
    p->width = n;
}

void exu_progress_phase(struct exu_progress *p, const char *phase)
{
    if (!p || !p->shown)
        return;
    p->phase = phase;
    p->last_ns = now_ns();
    draw(p, phase);
}

void exu_progress_at(struct exu_progress *p, uint64_t done, uint64_t total)
{
    if (!p || !p->shown || !p->phase)
        return;
    uint64_t now = now_ns();
    if (now - p->last_ns < UINT64_C(100000000))
        return;
    p->last_ns = now;
    char text[128];
    if (total)
        snprintf(text, sizeof text, "%s: %u %%", p->phase, (unsigned)((double)done / (double)total * 100));
    else
        snprintf(text, sizeof text, "%s: %" PRIu64, p->phase, done);
    draw(p, text);
}

void exu_progress_done(struct exu_progress *p)
{
    if (!p || !p->shown)
        return;
    draw(p, "");
    fputc('\r', stderr);
    fflush(stderr);
    p->shown = false;
}
