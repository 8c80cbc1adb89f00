#include "core/localfile.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static bool map(struct exu_localfile *file, int fd)
{
    struct stat st;
    uint8_t magic[SELFMAG];
    if (fstat(fd, &st) < 0)
        return false;
    errno = 0;
    if (!S_ISREG(st.st_mode) || pread(fd, magic, sizeof magic, 0) != (ssize_t)sizeof magic ||
        memcmp(magic, ELFMAG, SELFMAG) != 0)
        return false;
    void *base = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (base == MAP_FAILED)
        return false;
    file->bytes = base;
    file->size = (uint64_t)st.st_size;
    file->modified = st.st_mtime;
    return true;
}

bool exu_localfile_open(struct exu_localfile *ret, const char *path, struct exu_bump *bump)
{
    struct exu_localfile file = {.path = exu_bump_strdup(bump, path)};
    /* The path comes from the dump: it may name a FIFO or a device. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return false;
    bool mapped = file.path && map(&file, fd);
    int number = errno;
    close(fd);
    errno = number;
    if (!mapped)
        return false;
    if (!exu_headers_from_file(&file.headers, file.bytes, file.size, bump)) {
        exu_localfile_close(&file);
        errno = 0;
        return false;
    }
    file.build_id = exu_headers_build_id_in_file(&file.headers, file.bytes, file.size, bump);
    *ret = file;
    return true;
}

void exu_localfile_close(struct exu_localfile *file)
{
    if (file->bytes)
        munmap((void *)(uintptr_t)file->bytes, (size_t)file->size);
    file->bytes = NULL;
}
