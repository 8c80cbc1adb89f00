/* Replays inputs through a fuzz target: every file of the directories given. For compilers without libFuzzer. */
#include "fuzz.h"

#include <dirent.h>

static size_t replay(const char *path)
{
    FILE *file = fopen(path, "rb");
    static uint8_t bytes[1 << 20];
    if (!file) {
        perror(path);
        exit(1);
    }
    size_t size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    /* A copy of its size: what is read behind it is seen by the sanitizer. */
    uint8_t *copy = malloc(size ? size : 1);
    if (!copy)
        abort();
    memcpy(copy, bytes, size);
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
    return 1;
}

int main(int argc, char **argv)
{
    size_t count = LLVMFuzzerTestOneInput((const uint8_t *)"", 0) == 0;
    for (int i = 1; i < argc; i++) {
        DIR *directory = opendir(argv[i]);
        char path[4096];
        for (struct dirent *entry; directory && (entry = readdir(directory));)
            if (entry->d_name[0] != '.') {
                snprintf(path, sizeof path, "%s/%s", argv[i], entry->d_name);
                count += replay(path);
            }
        if (directory)
            closedir(directory);
        else
            count += replay(argv[i]);
    }
    printf("%zu inputs\n", count);
    return 0;
}
