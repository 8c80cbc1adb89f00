#include "cli/options.h"
#include "cli/page.h"
#include "query/queries.h"

#include <errno.h>
#include <stdlib.h>

static const struct exu_page_table tables[] = {
    {"size_classes", "blocks by size class", exu_sql_arenas_classes_sql},
    {"fullness", "arenas by how full they are", exu_sql_arenas_fullness_sql},
    {"owners", "whose the used blocks are", exu_sql_arenas_owners_sql},
    {"pinned", "arenas that are all but empty", exu_sql_arenas_pinned_sql},
    {"pins", "what pins them, the most arenas first", exu_sql_arenas_pins_sql},
};

static const struct exu_page_table all_pins = {"pins", "whose the blocks in it are, and what holds each",
                                               exu_sql_arenas_all_pins_sql};

static const struct exu_option options[] = {
    {"pins", 0, EXU_OPTION_FLAG, NULL, offsetof(struct exu_arguments, pins),
     "all pins of all arenas that are all but empty, each with what holds it", false},
    {"arena", 0, EXU_OPTION_TEXT, "ARENA", offsetof(struct exu_arguments, arena),
     "the same of one arena: its id, or an address in it", false},
    {0},
};

static void no_columns(void *context, const struct exu_column *columns, size_t count)
{
    (void)context, (void)columns, (void)count;
}

static void keep_id(void *context, const struct exu_datum *cells, size_t count)
{
    struct exu_datum *id = context;
    if (count && cells[0].type == EXU_DATUM_INTEGER)
        *id = cells[0];
}

static struct exu_error *find_arena(const struct exu_session *session, const char *word, struct exu_datum *ret)
{
    char *end;
    errno = 0;
    unsigned long long place = strtoull(word, &end, word[0] == '0' && (word[1] | 0x20) == 'x' ? 16 : 10);
    if (errno || end == word || *end || *word == '-' || place > INT64_MAX)
        return exu_error_new(EXU_ERROR_USAGE, "--arena %s: neither an arena's id nor an address", word);
    struct exu_parameter parameter = {":place", exu_datum_integer((int64_t)place)};
    struct exu_query query = {.sql = exu_sql_where_arena_sql, .parameters = &parameter, .parameter_count = 1};
    struct exu_row_sink sink = {ret, no_columns, keep_id};
    EXU_TRY(exu_query_run(session->db, &query, &sink));
    if (ret->type == EXU_DATUM_NULL)
        return exu_error_new(EXU_ERROR_NONE_FOUND, "--arena %s: there is no such arena", word);
    return NULL;
}

static struct exu_error *pins(const struct exu_session *session, const struct exu_arguments *arguments)
{
    struct exu_parameter arena = {":arena", exu_datum_null()};
    if (arguments->arena)
        EXU_TRY(find_arena(session, arguments->arena, &arena.value));
    exu_writer_object(session->writer, NULL);
    if (arguments->arena)
        EXU_TRY(exu_page_facts(session, exu_sql_arenas_one_sql, &arena));
    EXU_TRY(exu_page_rows(session, arguments, &all_pins, &arena, 20));
    exu_writer_close(session->writer);
    return NULL;
}

static struct exu_error *run(const struct exu_arguments *arguments)
{
    if (arguments->pins || arguments->arena) {
        struct exu_session session;
        if (arguments->map)
            return exu_error_new(EXU_ERROR_USAGE, "--map: draws all arenas; leave out --pins and --arena");
        EXU_TRY(exu_session_open(&session, arguments));
        return exu_session_close(&session, pins(&session, arguments));
    }
    if (arguments->map || arguments->format == EXU_FORMAT_SVG)
        return exu_page_map(arguments, exu_map_arenas, "obmalloc: arenas and their pools");
    return exu_page_run(arguments, exu_sql_arenas_total_sql, tables, EXU_COUNT(tables));
}

const struct exu_command exu_cmd_arenas = {
    .name = "arenas",
    .usage = "DB [--map] [--pins] [--arena ARENA]",
    .summary = "obmalloc: arenas, pools, blocks by size class, and what pins arenas that are all but empty",
    .description =
        "An arena goes back to the operating system when its last block is freed. Less than a quarter full counts as "
        "all but empty: --pins says what is left in those, and by which references each object is held.",
    .options = {options, exu_options_picture, exu_options_core, exu_options_common},
    .least = 1,
    .most = 1,
    .run = run,
};
