#include "query/steps.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Moves a text into the bump. */
static const char *keep(struct exu_bump *bump, struct exu_text *text)
{
    char *copy = text->failed ? NULL : exu_bump_strndup(bump, text->data ? text->data : "", text->len);
    exu_text_deinit(text);
    return copy;
}

static struct exu_error *add(const struct exu_step_maker *m, struct exu_step *step)
{
    struct exu_text type = {0}, summary = {0}, place = {0};
    if (step->object) {
        step->address = exu_describe_address(m->describer, step->object);
        exu_describe_type_of(m->describer, step->object, &type);
        exu_describe_object(m->describer, step->object, &summary);
        exu_describe_place_of(m->describer, step->object, &place);
        step->type = type.len ? keep(m->bump, &type) : NULL;
        step->summary = keep(m->bump, &summary);
        if (place.len)
            step->place = keep(m->bump, &place);
        exu_text_deinit(&type);
        exu_text_deinit(&place);
    }
    if (!step->summary || !exu_vec_push(&m->steps->items, *step))
        return exu_error_memory();
    return NULL;
}

struct exu_error *exu_step_first(const struct exu_step_maker *m, uint32_t object)
{
    return add(m, &(struct exu_step){.object = object});
}

struct exu_error *exu_step_frame(const struct exu_step_maker *m, int64_t frame)
{
    struct exu_text summary = {0}, place = {0};
    struct exu_step step = {.type = "frame"};
    exu_describe_frame_summary(m->describer, frame, &summary);
    exu_describe_frame(m->describer, frame, &place);
    step.summary = keep(m->bump, &summary);
    step.place = keep(m->bump, &place);
    return add(m, &step);
}

void exu_step_label(struct exu_describer *describer, const struct exu_link *link, bool in_namespace, bool many,
                    struct exu_text *out)
{
    struct exu_link shown = *link;
    if (in_namespace && link->name && strcmp(link->kind, "value") == 0)
        snprintf(shown.kind, sizeof shown.kind, "attribute"); /* obj.__dict__['x'] is obj.x */
    if (in_namespace && shown.name)
        shown.has_position = false;
    exu_describe_label(describer, &shown, many, out);
}

struct exu_error *exu_step_over(const struct exu_step_maker *m, const struct exu_link *link, bool many)
{
    struct exu_step step = {.object = link->referent,
                            .kind = exu_bump_strdup(m->bump, link->kind),
                            .many = many,
                            .conservative = link->conservative,
                            .has_position = link->has_position && !many,
                            .position = link->position,
                            .namespace = exu_link_is_namespace(link)};
    if (link->name && !(step.name = exu_bump_strdup(m->bump, link->name)))
        return exu_error_memory();
    bool in_namespace = m->steps->items.len && m->steps->items.items[m->steps->items.len - 1].namespace;
    struct exu_text label = {0};
    exu_step_label(m->describer, link, in_namespace, many, &label);
    step.label = keep(m->bump, &label);
    if (!step.kind || !step.label)
        return exu_error_memory();
    return add(m, &step);
}

static struct exu_root_line root_line(const struct exu_step_maker *m, const struct exu_root *root)
{
    struct exu_text text = {0};
    exu_describe_root(m->describer, root, &text);
    struct exu_root_line line = {.kind = exu_bump_strdup(m->bump, root->kind),
                                 .thread_id = root->thread_id,
                                 .frame_id = root->frame_id,
                                 .text = keep(m->bump, &text)};
    if (root->name[0])
        line.name = exu_bump_strdup(m->bump, root->name);
    if (!line.text)
        line.kind = NULL;
    return line;
}

struct exu_root_line exu_root_line_of(const struct exu_step_maker *m, uint32_t object)
{
    struct exu_root root;
    if (!exu_describe_root_of(m->describer, object, &root))
        return (struct exu_root_line){0};
    return root_line(m, &root);
}

struct exu_root_line exu_root_line_row(const struct exu_step_maker *m, int64_t row)
{
    struct exu_root root;
    if (!exu_describe_root_row(m->describer, row, &root))
        return (struct exu_root_line){0};
    return root_line(m, &root);
}

struct exu_root_line exu_root_line_stack(const struct exu_step_maker *m, int64_t frame)
{
    struct exu_root root;
    if (!exu_describe_stack_of(m->describer, frame, &root))
        return (struct exu_root_line){0};
    return root_line(m, &root);
}

void exu_steps_deinit(struct exu_steps *steps)
{
    exu_vec_free(&steps->items);
}

/* ---- the path to a root ---- */

struct exu_error *exu_path_ids(const struct exu_database *db, uint32_t object, uint32_t **ret, size_t *ret_count)
{
    exu_vec(uint32_t) path = {0};
    sqlite3_stmt *statement;
    struct exu_error *error = NULL;
    uint32_t most = 0, seen = 0; /* goes on at powers of two (Brent): who comes back to it goes in a circle */
    bool whole = false;
    *ret = NULL;
    *ret_count = 0;
    EXU_TRY(exu_database_objects(db, &most));
    EXU_TRY(exu_database_prepare(db, "SELECT parent_id, reachable FROM object WHERE id = ?1", &statement));
    for (uint32_t at = object; at && at != seen && !error;) {
        if (!exu_vec_push(&path, at)) {
            error = exu_error_memory();
            break;
        }
        if (!(path.len & (path.len - 1)))
            seen = at;
        sqlite3_reset(statement);
        sqlite3_bind_int64(statement, 1, at);
        if (!exu_database_step(db, statement, &error))
            break;
        whole = sqlite3_column_type(statement, 0) == SQLITE_NULL && sqlite3_column_int(statement, 1);
        at = exu_column_id(statement, 0, most);
    }
    sqlite3_finalize(statement);
    if (error || !whole) {
        exu_vec_free(&path);
        return error;
    }
    *ret = path.items;
    *ret_count = path.len;
    return NULL;
}

static struct exu_error *path_steps(const struct exu_step_maker *m, const uint32_t *path, size_t count)
{
    EXU_TRY(exu_step_first(m, path[count - 1]));
    for (size_t i = count - 1; i-- > 0;) {
        struct exu_link link = {0};
        if (!exu_describe_link_between(m->describer, path[i + 1], path[i], &link))
            link = (struct exu_link){.referrer = path[i + 1], .referent = path[i], .kind = "native"};
        struct exu_error *error = exu_step_over(m, &link, false);
        exu_link_deinit(&link);
        EXU_TRY(error);
    }
    return NULL;
}

struct exu_error *exu_path_to_root(struct exu_steps *ret, struct exu_root_line *ret_root,
                                   const struct exu_database *db, struct exu_describer *describer,
                                   uint32_t object, struct exu_bump *bump)
{
    uint32_t *path = NULL;
    size_t count = 0;
    struct exu_steps steps = {0};
    struct exu_step_maker m = {.db = db, .describer = describer, .bump = bump, .steps = &steps};
    EXU_TRY(exu_path_ids(db, object, &path, &count));
    struct exu_root_line root = {0};
    if (count)
        root = exu_root_line_of(&m, path[count - 1]);
    struct exu_error *error = root.kind ? path_steps(&m, path, count) : NULL;
    free(path);
    if (error) {
        exu_steps_deinit(&steps);
        return error;
    }
    *ret = steps;
    *ret_root = root;
    return NULL;
}
