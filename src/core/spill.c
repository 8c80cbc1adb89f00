#include "core/spill.h"

#include "base/tempfile.h"
#include <errno.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define BLOCK ((size_t)64 << 10)
#define SPACE_STEP ((uint64_t)1 << 20) /* how much is written between two looks at the free space */

struct exu_error *exu_spill_open(struct exu_spill *spill, const char *path, const char *directory)
{
    *spill = (struct exu_spill){.path = path, .directory = exu_tempfile_folder(directory)};
    EXU_TRY(exu_tempfile_open(&spill->fd, spill->directory, path));
    pthread_mutex_init(&spill->lock, NULL);
    return NULL;
}

void exu_spill_close(struct exu_spill *spill)
{
    pthread_mutex_destroy(&spill->lock);
    close(spill->fd);
}

static struct exu_error *no_space(struct exu_spill *spill)
{
    pthread_mutex_lock(&spill->lock);
    unsigned long long came = spill->came >> 20;
    pthread_mutex_unlock(&spill->lock);
    return exu_error_new(
        EXU_ERROR_MACHINE,
        "%s: no room to unpack the core in %s (%llu MB came out so far); free some disk space, or set "
        "TMPDIR to a directory with more",
        spill->path, spill->directory, came);
}

/* Whether `bytes` more fit on the disk; what the system keeps for root does not count. */
static bool fits(const struct exu_spill *spill, uint64_t bytes)
{
    struct statvfs fs;
    uint64_t free_bytes;
    if (fstatvfs(spill->fd, &fs) < 0)
        return true;
    if (!exu_mul(fs.f_bavail, fs.f_frsize, &free_bytes))
        return true;
    return bytes <= free_bytes;
}

/* Counts what came out, and whether it is time to look at the free space. */
static bool count(struct exu_spill *spill, size_t size, bool written)
{
    pthread_mutex_lock(&spill->lock);
    spill->came += size;
    bool look = written && spill->written >= spill->checked;
    if (written)
        spill->written += size;
    if (look)
        spill->checked = spill->written + SPACE_STEP;
    pthread_mutex_unlock(&spill->lock);
    return look;
}

static struct exu_error *write_block(struct exu_spill *spill, uint64_t position, const uint8_t *bytes, size_t size)
{
    while (size > 0) {
        ssize_t wrote = pwrite(spill->fd, bytes, size, (off_t)position);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote < 0 && (errno == ENOSPC || errno == EDQUOT || errno == EFBIG))
            return no_space(spill);
        if (wrote < 0)
            return exu_error_errno("%s: can't write the unpacked core in %s", spill->path, spill->directory);
        bytes += wrote;
        position += (uint64_t)wrote;
        size -= (size_t)wrote;
    }
    return NULL;
}

struct exu_error *exu_spill_put(struct exu_spill *spill, uint64_t position, const uint8_t *bytes, size_t size)
{
    if (position > EXU_SPILL_MOST || size > EXU_SPILL_MOST - position)
        return exu_error_new(EXU_ERROR_INPUT, "%s: unpacks to more than 16 TB; that is no core", spill->path);
    while (size > 0) {
        size_t part = size < BLOCK ? size : BLOCK;
        bool zero = exu_all_zero(bytes, part);
        if (count(spill, part, !zero) && !fits(spill, part))
            return no_space(spill);
        if (!zero)
            EXU_TRY(write_block(spill, position, bytes, part));
        position += part;
        bytes += part;
        size -= part;
    }
    return NULL;
}

struct exu_error *exu_spill_restart(struct exu_spill *spill)
{
    spill->came = spill->written = spill->checked = 0;
    return exu_spill_finish(spill, 0);
}

struct exu_error *exu_spill_finish(struct exu_spill *spill, uint64_t size)
{
    return ftruncate(spill->fd, (off_t)size) == 0
               ? NULL
               : exu_error_errno("%s: can't size the unpacked core in %s", spill->path, spill->directory);
}
