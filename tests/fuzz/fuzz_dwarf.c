/* The input is an ELF file with DWARF, as a debug file beside a stranger's core may be. */
#include "fuzz.h"

#include "layout/dwarf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct exu_structures *structures;
    char path[40];
    if (!structures && exu_structures_create(&structures))
        abort();
    struct exu_dwarf_request request = {.structures = structures,
                                        .found = calloc(structures->len, sizeof *request.found),
                                        .layout = calloc(1, sizeof *request.layout)};
    if (!request.found || !request.layout)
        abort();
    int fd = exu_fuzz_file(data, size, path);
    exu_error_free(exu_dwarf_read(&request, path, "python"));
    close(fd);
    free(request.found);
    free(request.layout);
    return 0;
}
