/* exuvia-layout: makes and checks the shipped layout rows with the DWARF reader that exuvia itself uses.
 * Not installed. */
#include "layout/row.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { EXIT_DIFFERENT = 1, EXIT_USAGE = 2, EXIT_INPUT = 3, EXIT_SKIP = 77, DEBUG_DIRS_MAX = 16 };

struct tool {
    struct exu_structures *structures;
    const char *debug_dirs[DEBUG_DIRS_MAX];
    size_t debug_dir_count;
    const char *tree; /* where tools/fetch-debug.sh unpacked interpreters */
};

static const char usage[] =
    "usage: exuvia-layout [--debug-dir DIR]... [--tree DIR] COMMAND\n"
    "\n"
    "  generate PYTHON           write the row of that interpreter and its extension modules to standard "
    "output\n"
    "  check DIR                 are DIR/*.tsv what would be generated now? exit 0 yes, 1 no,\n"
    "                            77 no interpreter with DWARF at hand for any of them\n"
    "  update DIR                write those DIR/*.tsv anew for which an interpreter is at hand\n"
    "  compare ROW TABLE VERSION compare a row with a table of lines VERSION, structure, path, offset, "
    "size,\n"
    "                            bit offset, bit width (tab-separated, the size of a structure: an empty "
    "path)\n"
    "  dwarf FILE...             write what the files' DWARF says, and how long it took\n"
    "\n"
    "Separate debug files are looked for by build-id in each DIR and in /usr/lib/debug. Interpreters are "
    "those "
    "of\n"
    "pyenv, of PATH, and, not to be run, those that tools/fetch-debug.sh unpacked into the --tree. A new "
    "row\n"
    "begins as a file of two lines, its version and its vendor, of which update makes a whole one.\n";

/* ---- asking an interpreter ---- */

static const char inquiry[] =
    "import sys, sysconfig, os, glob\n"
    "say = sys.stdout.write\n"
    "maps = [line.split(None, 5)[5].strip() for line in open('/proc/self/maps') if '/' in line]\n"
    "shared = [p for p in maps if os.path.basename(p).startswith('libpython%d.%d' % sys.version_info[:2])]\n"
    "say('version\\t%d.%d.%d\\n' % sys.version_info[:3])\n"
    "say('vendor\\t%s\\n' % ('debian' if 'deb_system' in sysconfig.get_scheme_names() else 'upstream'))\n"
    "say('python\\t%s\\n' % (shared[0] if shared else os.path.realpath(sys.executable)))\n"
    "suffix = sysconfig.get_config_var('EXT_SUFFIX') or sysconfig.get_config_var('SO')\n"
    "place = os.path.join(sysconfig.get_path('platstdlib'), 'lib-dynload')\n"
    "for p in sorted(glob.glob(os.path.join(place, '*' + suffix))):\n"
    "    say('module\\t%s\\n' % p)\n";

/* Runs a program and collects what it writes; false when it can't be run or fails. */
static bool run(const char *const argv[], struct exu_text *out)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return false;
    pid_t child = fork();
    if (child == 0) {
        int null = open("/dev/null", O_WRONLY);
        dup2(ends[1], STDOUT_FILENO);
        dup2(null, STDERR_FILENO);
        execvp(argv[0], (char *const *)(uintptr_t)argv); /* execvp does not write there */
        _exit(127);
    }
    close(ends[1]);
    char buffer[4096];
    ssize_t n;
    while (child > 0 && (n = read(ends[0], buffer, sizeof buffer)) != 0)
        if (n > 0)
            exu_text_add(out, buffer, (size_t)n);
        else if (errno != EINTR)
            break;
    close(ends[0]);
    int status = -1;
    return child > 0 && waitpid(child, &status, 0) == child && status == 0 && !out->failed && out->data;
}

static bool ask(const char *python, struct exu_text *answer)
{
    const char *const words[] = {python, "-Es", "-c", inquiry, NULL};
    return run(words, answer);
}

/* The same answer for an interpreter that is not to be run: version and vendor are those that the row wants,
 * the rest are files of the tree. False when the tree has no such interpreter. */
static bool answer_of_tree(const char *suite, const struct exu_row *row, struct exu_text *answer)
{
    int minor = (int)(strrchr(row->version, '.') - row->version);
    char path[PATH_MAX + 64], version[32] = "";
    bool debug = strcmp(row->vendor, "debian-debug") == 0; /* in the same folder: python2.7-dbg */
    snprintf(path, sizeof path, "%s/python%.*s.version", suite, minor, row->version);
    FILE *file = fopen(path, "re");
    bool read = file && fgets(version, sizeof version, file);
    if (file)
        fclose(file);
    version[strcspn(version, "\n")] = '\0';
    if (!read || strcmp(version, row->version) != 0)
        return false;
    snprintf(path, sizeof path, "%s/usr/bin/python%.*s-dbg", suite, minor, row->version);
    exu_text_printf(answer, "version\t%s\nvendor\t%s\npython\t%s/usr/bin/python%.*s%s\n", row->version,
                    row->vendor, suite, minor, row->version,
                    !debug                     ? ""
                    : access(path, F_OK) == 0 ? "-dbg"
                                               : "d");
    snprintf(path, sizeof path, "%s/usr/lib/python%.*s/lib-dynload", suite, minor, row->version);
    struct dirent **entries;
    int n = scandir(path, &entries, NULL, alphasort);
    for (int i = 0; i < n; i++) {
        const char *name = entries[i]->d_name, *dot = strchr(name, '.'), *end = strrchr(name, '.');
        /* The debug builds' are '_bisect.cpython-39d-x86_64-linux-gnu.so', '_bisect.x86_64-linux-gnu_d.so'.
         */
        if (dot && end && strcmp(end, ".so") == 0 &&
            (strstr(dot, "d-x86_64") || strstr(dot, "_d.so")) == debug)
            exu_text_printf(answer, "module\t%s/%s\n", path, name);
        free(entries[i]);
    }
    if (n >= 0)
        free(entries);
    return true;
}

/* ---- debug files ---- */

static bool build_id_of(Elf *elf, char hex[41])
{
    Elf_Scn *section = NULL;
    while ((section = elf_nextscn(elf, section))) {
        GElf_Shdr header;
        Elf_Data *data;
        if (!gelf_getshdr(section, &header) || header.sh_type != SHT_NOTE ||
            !(data = elf_getdata(section, NULL)))
            continue;
        GElf_Nhdr note;
        size_t name, content, at = 0;
        while ((at = gelf_getnote(data, at, &note, &name, &content)) > 0) {
            const uint8_t *bytes = data->d_buf;
            if (note.n_type != NT_GNU_BUILD_ID || note.n_namesz != 4 || memcmp(bytes + name, "GNU", 4) != 0 ||
                note.n_descsz < 2 || note.n_descsz > 20)
                continue;
            for (size_t i = 0; i < note.n_descsz; i++)
                sprintf(hex + 2 * i, "%02x", bytes[content + i]);
            return true;
        }
    }
    return false;
}

static bool has_dwarf(Elf *elf)
{
    size_t names;
    Elf_Scn *section = NULL;
    if (elf_getshdrstrndx(elf, &names) != 0)
        return false;
    while ((section = elf_nextscn(elf, section))) {
        GElf_Shdr header;
        const char *name = gelf_getshdr(section, &header) ? elf_strptr(elf, names, header.sh_name) : NULL;
        if (name && strcmp(name, ".debug_info") == 0 && header.sh_type == SHT_PROGBITS)
            return true;
    }
    return false;
}

/* The file with the DWARF of `path`: itself or a separate one. False when there is none. */
static bool find_dwarf(const struct tool *tool, const char *path, char found[PATH_MAX], char build_id[41])
{
    build_id[0] = '\0';
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    Elf *elf = fd >= 0 ? elf_begin(fd, ELF_C_READ_MMAP, NULL) : NULL;
    bool own = elf && has_dwarf(elf), identified = elf && build_id_of(elf, build_id);
    elf_end(elf);
    if (fd >= 0)
        close(fd);
    snprintf(found, PATH_MAX, "%s", path);
    for (size_t i = 0; !own && identified && i < tool->debug_dir_count; i++) {
        snprintf(found, PATH_MAX, "%s/.build-id/%.2s/%s.debug", tool->debug_dirs[i], build_id, build_id + 2);
        own = access(found, R_OK) == 0;
    }
    return own;
}

/* ---- generate ---- */

static void complain(struct exu_error *error)
{
    fprintf(stderr, "exuvia-layout: %s\n", error->message);
    exu_error_free(error);
}

/* '_asyncio' of '/…/_asyncio.cpython-311-x86_64-linux-gnu.so' */
static void module_name(const char *path, char *name, size_t size)
{
    const char *slash = strrchr(path, '/');
    snprintf(name, size, "%s", slash ? slash + 1 : path);
    name[strcspn(name, ".")] = '\0';
}

static void differs(void *context, const struct exu_structure *structure, const struct exu_description *first,
                    const struct exu_description *other)
{
    bool *ambiguous = context;
    *ambiguous = true;
    fprintf(stderr, "%s: %llu bytes in %s (%s), %llu in %s (%s): list it as %s__FILE\n", structure->name,
            (unsigned long long)first->size, first->unit, first->binary, (unsigned long long)other->size,
            other->unit, other->binary, structure->base);
}

/* Reads everything that the answer of `ask` lists. 0 = done, else an exit status. */
static int generate(const struct tool *tool, const char *python, char *answer, struct exu_row *row)
{
    bool interpreter = false, ambiguous = false;
    struct exu_dwarf_request request = {.structures = tool->structures,
                                        .found = row->found,
                                        .layout = &row->layout,
                                        .differs = differs,
                                        .context = &ambiguous};
    for (char *save, *line = strtok_r(answer, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        char *value = strchr(line, '\t'), file[PATH_MAX], build_id[41], name[32] = "python";
        if (!value)
            continue;
        *value++ = '\0';
        if (strcmp(line, "version") == 0)
            snprintf(row->version, sizeof row->version, "%s", value);
        else if (strcmp(line, "vendor") == 0)
            snprintf(row->vendor, sizeof row->vendor, "%s", value);
        bool main_file = strcmp(line, "python") == 0;
        if (!main_file && strcmp(line, "module") != 0)
            continue;
        if (!main_file)
            module_name(value, name, sizeof name);
        /* 3.15: its ZstdCompressor is not that of _zstd. */
        if (strcmp(name, "_remote_debugging") == 0)
            continue;
        if (!find_dwarf(tool, value, file, build_id))
            continue;
        interpreter |= main_file;
        if (main_file && strcmp(row->vendor, "upstream") != 0)
            snprintf(row->build_ids[row->build_id_count++], sizeof row->build_ids[0], "%s", build_id);
        struct exu_error *error = exu_dwarf_read(&request, file, name);
        if (error) {
            complain(error);
            return EXIT_INPUT;
        }
    }
    if (!interpreter) {
        fprintf(
            stderr,
            "exuvia-layout: %s: no DWARF for the interpreter; install its debug files or say --debug-dir\n",
            python);
        return EXIT_SKIP;
    }
    return ambiguous ? EXIT_DIFFERENT : 0;
}

static struct exu_row *new_row(const struct tool *tool)
{
    struct exu_row *row = calloc(1, sizeof *row);
    if (row)
        row->found = calloc(tool->structures->len, sizeof *row->found);
    if (!row || !row->found) {
        fputs("exuvia-layout: out of memory\n", stderr);
        exit(4);
    }
    return row;
}

static int command_generate(struct tool *tool, char **arguments)
{
    struct exu_text answer = {0}, out = {0};
    struct exu_row *row = new_row(tool);
    int status = EXIT_INPUT;
    if (!ask(arguments[0], &answer))
        fprintf(stderr, "exuvia-layout: %s: is no interpreter that runs\n", arguments[0]);
    else
        status = generate(tool, arguments[0], answer.data, row);
    if (status == 0) {
        exu_row_write(&out, row, tool->structures);
        fwrite(out.data, 1, out.len, stdout);
        for (size_t i = 0; i < tool->structures->len; i++)
            if (!row->found[i].size)
                fprintf(stderr, "not described: %s\n", tool->structures->items[i].name);
        for (size_t i = 0; i < tool->structures->len; i++)
            for (uint32_t j = 0; row->found[i].size && j < tool->structures->items[i].field_count; j++)
                if (!row->layout.slot[tool->structures->items[i].fields[j]].size)
                    fprintf(stderr, "no member: %s %s\n", tool->structures->items[i].name,
                            exu_field_path(tool->structures->items[i].fields[j]));
    }
    exu_text_deinit(&answer);
    exu_text_deinit(&out);
    exu_row_destroy(row);
    return status;
}

/* ---- reading rows ---- */

static char *read_file(const char *path, size_t *size)
{
    struct exu_text text = {0};
    char buffer[1 << 16];
    FILE *file = fopen(path, "re");
    size_t n;
    while (file && (n = fread(buffer, 1, sizeof buffer, file)) > 0)
        exu_text_add(&text, buffer, n);
    if (file)
        fclose(file);
    *size = text.len;
    return text.data;
}

static struct exu_row *read_row(const struct tool *tool, const char *path)
{
    size_t size;
    char *text = read_file(path, &size);
    if (!text) {
        fprintf(stderr, "exuvia-layout: %s: can't be read\n", path);
        return NULL;
    }
    struct exu_row *row = NULL;
    struct exu_error *error = exu_row_parse(&row, tool->structures, path, text, size);
    free(text);
    if (error)
        complain(error);
    return row;
}

/* ---- check ---- */

/* Says what differs; returns how much. A structure that the machine's DWARF lacks is not held against the
 * row. */
static unsigned differences(const struct tool *tool, const struct exu_row *row, const struct exu_row *now)
{
    unsigned count = 0;
    for (size_t i = 0; i < tool->structures->len; i++) {
        const struct exu_structure *s = &tool->structures->items[i];
        if (now->found[i].size && row->found[i].size != now->found[i].size) {
            printf("%s: %s has size %llu, is %llu\n", row->name, s->name,
                   (unsigned long long)row->found[i].size, (unsigned long long)now->found[i].size);
            count++;
        }
        for (uint32_t j = 0; now->found[i].size && j < s->field_count; j++) {
            const struct exu_slot *a = &row->layout.slot[s->fields[j]], *b = &now->layout.slot[s->fields[j]];
            if (a->offset == b->offset && a->size == b->size && a->bit_offset == b->bit_offset &&
                a->bit_width == b->bit_width)
                continue;
            printf("%s: %s.%s is at %u, %u bytes in the row; DWARF says %u, %u\n", row->name, s->name,
                   exu_field_path(s->fields[j]), a->offset, a->size, b->offset, b->size);
            count++;
        }
    }
    return count;
}

/* Every interpreter that pyenv and PATH offer for `version` ('3.11.7'), one path a line. */
static void candidates(const char *version, struct exu_text *out)
{
    char name[48];
    const char *const words[] = {"pyenv", "prefix", version, NULL};
    int minor = (int)(strrchr(version, '.') - version);
    snprintf(name, sizeof name, "python%.*s", minor, version);
    struct exu_text prefix = {0};
    if (run(words, &prefix))
        exu_text_printf(out, "%.*s/bin/%s\n", (int)strcspn(prefix.data, "\n"), prefix.data, name);
    exu_text_deinit(&prefix);
    const char *path = getenv("PATH");
    while (path && *path) {
        size_t n = strcspn(path, ":");
        exu_text_printf(out, "%.*s/%s\n", (int)n, path, name);
        path += n + (path[n] == ':');
    }
}

static bool write_row(const struct tool *tool, const struct exu_row *row, const char *path)
{
    struct exu_text out = {0};
    FILE *file = fopen(path, "we");
    exu_row_write(&out, row, tool->structures);
    bool written = file && !out.failed && fwrite(out.data, 1, out.len, file) == out.len;
    if (file && fclose(file) != 0)
        written = false;
    exu_text_deinit(&out);
    if (!written)
        fprintf(stderr, "exuvia-layout: %s: %s\n", path, strerror(errno));
    return written;
}

/* Holds the row at `path` against what `answer` lists; with `update`, writes it anew. */
static int check_against(const struct tool *tool, const char *path, const struct exu_row *row,
                         const char *python, char *answer, bool update)
{
    struct exu_row *now = new_row(tool);
    int status = generate(tool, python, answer, now);
    if (status == 0 && update) {
        status = write_row(tool, now, path) ? 0 : EXIT_INPUT;
        printf("%s: from %s\n", path, python);
    } else if (status == 0) {
        status = differences(tool, row, now) ? EXIT_DIFFERENT : 0;
        printf("%s: %s %s\n", path, status ? "differs from" : "is what is generated from", python);
    }
    exu_row_destroy(now);
    return status;
}

static int check_in_tree(const struct tool *tool, const char *path, const struct exu_row *row, bool update)
{
    struct dirent **entries;
    int n = tool->tree ? scandir(tool->tree, &entries, NULL, alphasort) : -1, status = EXIT_SKIP;
    for (int i = 0; i < n; i++) {
        char suite[PATH_MAX], debug[PATH_MAX + 32];
        struct exu_text answer = {0};
        snprintf(suite, sizeof suite, "%s/%s", tool->tree, entries[i]->d_name);
        if (status == EXIT_SKIP && entries[i]->d_name[0] != '.' && answer_of_tree(suite, row, &answer) &&
            !answer.failed) {
            struct tool there = *tool;
            int length = snprintf(debug, sizeof debug, "%s/usr/lib/debug", suite);
            if (length > 0 && (size_t)length < sizeof debug)
                there.debug_dirs[there.debug_dir_count++] = debug;
            status = check_against(&there, path, row, suite, answer.data, update);
        }
        exu_text_deinit(&answer);
        free(entries[i]);
    }
    if (n >= 0)
        free(entries);
    return status;
}

/* Holds the row at `path` against an interpreter of its version and vendor. */
static int check_row(const struct tool *tool, const char *path, bool update)
{
    struct exu_row *row = read_row(tool, path);
    if (!row)
        return EXIT_INPUT;
    struct exu_text list = {0};
    int status = EXIT_SKIP;
    candidates(row->version, &list);
    for (char *save, *python = strtok_r(list.data, "\n", &save); python && status == EXIT_SKIP;
         python = strtok_r(NULL, "\n", &save)) {
        struct exu_text answer = {0};
        char wanted[128];
        snprintf(wanted, sizeof wanted, "version\t%s\nvendor\t%s\n", row->version, row->vendor);
        if (access(python, X_OK) == 0 && ask(python, &answer) &&
            strncmp(answer.data, wanted, strlen(wanted)) == 0)
            status = check_against(tool, path, row, python, answer.data, update);
        exu_text_deinit(&answer);
    }
    if (status == EXIT_SKIP)
        status = check_in_tree(tool, path, row, update);
    if (status == EXIT_SKIP)
        printf("SKIP %s: no CPython %s (%s) with DWARF at hand\n", path, row->version, row->vendor);
    exu_text_deinit(&list);
    exu_row_destroy(row);
    return status;
}

static int each_row(struct tool *tool, const char *directory, bool update)
{
    struct dirent **entries;
    int n = scandir(directory, &entries, NULL, alphasort), checked = 0, worst = 0;
    for (int i = 0; i < n; i++) {
        char path[PATH_MAX];
        const char *dot = strrchr(entries[i]->d_name, '.');
        if (dot && strcmp(dot, ".tsv") == 0) {
            snprintf(path, sizeof path, "%s/%s", directory, entries[i]->d_name);
            int status = check_row(tool, path, update);
            checked += status != EXIT_SKIP;
            if (status != EXIT_SKIP && status > worst)
                worst = status;
        }
        free(entries[i]);
    }
    if (n >= 0)
        free(entries);
    return checked ? worst : EXIT_SKIP;
}

static int command_check(struct tool *tool, char **arguments)
{
    return each_row(tool, arguments[0], false);
}

static int command_update(struct tool *tool, char **arguments)
{
    return each_row(tool, arguments[0], true);
}

/* ---- compare ---- */

static int command_compare(struct tool *tool, char **arguments)
{
    struct exu_row *row = read_row(tool, arguments[0]);
    FILE *table = row ? fopen(arguments[1], "re") : NULL;
    if (!table) {
        exu_row_destroy(row);
        fprintf(stderr, "exuvia-layout: %s: can't be read\n", arguments[1]);
        return EXIT_INPUT;
    }
    bool *seen = calloc(EXU_FIELD_COUNT, sizeof *seen);
    struct exu_text *wrong = calloc(EXU_FIELD_COUNT, sizeof *wrong); /* until another of its names agrees */
    char *line = NULL;
    size_t cap = 0;
    unsigned same = 0, different = 0;
    while (seen && wrong && getline(&line, &cap, table) > 0) {
        char *column[8] = {0}, *at = line;
        for (int i = 0; at && i < 8; i++)
            column[i] = strsep(&at, "\t\n");
        if (!column[6] || strcmp(column[0], arguments[2]) != 0)
            continue;
        column[1][strcspn(column[1], "@")] = '\0';
        const struct exu_structure *s = exu_structures_base(tool->structures, column[1]);
        for (; s; s = s->next_of_base == UINT32_MAX ? NULL : &tool->structures->items[s->next_of_base]) {
            enum exu_field field = exu_structure_field(s, column[2]);
            const struct exu_slot *slot = &row->layout.slot[field];
            uint32_t size =
                (uint32_t)atoi(column[4]); /* 0: a flexible array, which counts as one element here */
            if (!field || !slot->size || seen[field])
                continue;
            if (slot->offset == (uint32_t)atoi(column[3]) && (slot->size == size || size == 0) &&
                slot->bit_offset == atoi(column[5]) && slot->bit_width == atoi(column[6])) {
                seen[field] = true;
                same++;
            } else {
                exu_text_printf(&wrong[field], "%s.%s: row %u, %u bytes; table %s, %s\n", s->name, column[2],
                                slot->offset, slot->size, column[3], column[4]);
            }
        }
    }
    for (size_t i = 1; seen && wrong && i < EXU_FIELD_COUNT; i++) {
        if (!seen[i] && wrong[i].len) {
            fputs(wrong[i].data, stdout);
            different++;
        }
        exu_text_deinit(&wrong[i]);
    }
    free(wrong);
    for (size_t i = 1; seen && i < EXU_FIELD_COUNT; i++)
        if (!seen[i])
            printf("not in the table: %s %s%s\n", exu_field_structure((enum exu_field)i),
                   exu_field_path((enum exu_field)i), row->layout.slot[i].size ? "" : " (nor in the row)");
    printf("%u agree, %u differ\n", same, different);
    free(seen);
    free(line);
    fclose(table);
    exu_row_destroy(row);
    return different ? EXIT_DIFFERENT : 0;
}

static int command_dwarf(struct tool *tool, char **arguments)
{
    struct exu_row *row = new_row(tool);
    struct exu_dwarf_request request = {
        .structures = tool->structures, .found = row->found, .layout = &row->layout};
    struct timespec start, end;
    clock_gettime(CLOCK_MONOTONIC, &start);
    for (; *arguments; arguments++) {
        char file[PATH_MAX], build_id[41], name[32];
        module_name(*arguments, name, sizeof name);
        struct exu_error *error = NULL;
        if (find_dwarf(tool, *arguments, file, build_id) && (error = exu_dwarf_read(&request, file, name))) {
            complain(error);
            exu_row_destroy(row);
            return EXIT_INPUT;
        }
    }
    clock_gettime(CLOCK_MONOTONIC, &end);
    struct exu_text out = {0};
    exu_row_write(&out, row, tool->structures);
    fwrite(out.data, 1, out.len, stdout);
    fprintf(stderr, "%llu units, %llu entries, %llu of %zu structures, %.3f s\n",
            (unsigned long long)request.statistics.units, (unsigned long long)request.statistics.entries,
            (unsigned long long)request.statistics.structures, tool->structures->len,
            (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) / 1e9);
    exu_text_deinit(&out);
    exu_row_destroy(row);
    return 0;
}

static const struct command {
    const char *name;
    int arguments_min, arguments_max;
    int (*run)(struct tool *tool, char **arguments);
} commands[] = {
    {"generate", 1, 1, command_generate}, {"check", 1, 1, command_check},
    {"update", 1, 1, command_update},     {"compare", 3, 3, command_compare},
    {"dwarf", 1, INT_MAX, command_dwarf},
};

int main(int argc, char **argv)
{
    struct tool tool = {.tree = getenv("EXUVIA_LAYOUT_TREE")};
    int at = 1;
    for (; at + 1 < argc && tool.debug_dir_count + 2 < DEBUG_DIRS_MAX; at += 2)
        if (strcmp(argv[at], "--debug-dir") == 0)
            tool.debug_dirs[tool.debug_dir_count++] = argv[at + 1];
        else if (strcmp(argv[at], "--tree") == 0)
            tool.tree = argv[at + 1];
        else
            break;
    tool.debug_dirs[tool.debug_dir_count++] = "/usr/lib/debug";
    if (at < argc && strcmp(argv[at], "--help") == 0)
        return fputs(usage, stdout) < 0 ? 4 : 0;
    struct exu_error *error = exu_structures_create(&tool.structures);
    if (error) {
        complain(error);
        return 4;
    }
    elf_version(EV_CURRENT);
    int status = EXIT_USAGE, given = argc - at - 1;
    const struct command *found = NULL;
    for (size_t i = 0; at < argc && i < EXU_COUNT(commands); i++)
        if (strcmp(argv[at], commands[i].name) == 0 && given >= commands[i].arguments_min &&
            given <= commands[i].arguments_max)
            found = &commands[i];
    if (found)
        status = found->run(&tool, argv + at + 1);
    else
        fputs(usage, stderr);
    exu_structures_destroy(tool.structures);
    if (fclose(stdout) != 0 && status == 0)
        status = 4;
    return status;
}
