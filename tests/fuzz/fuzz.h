/* What the fuzz targets share. Each is a file with LLVMFuzzerTestOneInput: under clang with EXU_FUZZ libFuzzer calls it,
 * else main.c with the files of a directory. Some build their process with the makers of a unit test, which is included as
 * a whole; the input then damages that process (exu_fuzz_patch). */
#ifndef EXU_TESTS_FUZZ_H
#define EXU_TESTS_FUZZ_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int unit_main(void); /* of a unit test that is included */

/* A file in memory with these bytes, and the name by which it can be opened. */
static inline int exu_fuzz_file(const uint8_t *data, size_t size, char ret_path[static 40])
{
    int fd = memfd_create("fuzz", MFD_CLOEXEC);
    if (fd < 0 || (size && write(fd, data, size) != (ssize_t)size))
        abort();
    snprintf(ret_path, 40, "/proc/self/fd/%d", fd);
    return fd;
}

/* Takes patches of 8 bytes from the input and applies them to a part of the memory: two bytes of place, in words; one of
 * how; five of a value. `base`: where the memory seems to lie, `top` what the upper half of a pointer into it is. */
static inline void exu_fuzz_patch(uint8_t *bytes, size_t size, uint64_t base, const uint8_t *data)
{
    size_t at = ((size_t)data[0] | (size_t)data[1] << 8) % (size / 8) * 8, width = 8;
    uint64_t value = 0;
    memcpy(&value, data + 3, 5);
    switch (data[2] & 7) {
    case 0:
        break; /* a small number */
    case 1:
        value = base + value % size; /* a pointer into it, aligned or not */
        break;
    case 2:
        value = base + value % size / 8 * 8;
        break;
    case 3:
        value = UINT64_MAX - (value & 0xffff);
        break;
    case 4:
        value <<= 24;
        break;
    case 5:
        width = 4;
        break;
    case 6:
        width = 1;
        break;
    default:
        value = base + at; /* itself */
        break;
    }
    if (width < 8)
        at += (size_t)(data[2] >> 3 & 7) / width * width;
    memcpy(bytes + at, &value, width);
}

#endif
