#include "report/chain_graph.h"

#include "report/draw.h"
#include "report/format.h"

#include <string.h>

#define NONE UINT16_MAX
#define MARGIN 6.0
#define BESIDE 18.0 /* between columns */
#define GAP 28.0    /* between rows: the line and its label */
#define LOW 22.0    /* a box of one line */
#define HIGH 36.0   /* of two */
#define FOOT 20.0   /* where lines leave and reach boxes, from their left */
#define NARROWEST 150.0
#define WIDEST 330.0
#define SCALE 1.15
#define LINES "#7d8590" /* is seen on white and on black */

/* ---- building ---- */

bool exu_chain_graph_begin(struct exu_chain_graph *g, size_t steps)
{
    if (g->chains == EXU_GRAPH_CHAINS)
        return false;
    g->chains++;
    g->steps = steps;
    g->done = 0;
    g->skipped = 0;
    g->at = NONE;
    return true;
}

static bool same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool same(const struct exu_graph_node *node, const struct exu_part_step *step, uint32_t object)
{
    return node->object == object && node->step.skipped == step->skipped &&
           same_text(node->step.summary, step->summary) && same_text(node->step.label, step->label) &&
           same_text(node->step.place, step->place);
}

/* Where the children of a node begin; at the top, the roots. */
static uint16_t first_child(const struct exu_chain_graph *g, uint16_t parent)
{
    return parent != NONE ? g->nodes[parent].first : g->count ? 0 : NONE;
}

static void go(struct exu_chain_graph *g, const struct exu_part_step *step, uint32_t object)
{
    uint16_t last = NONE;
    for (uint16_t i = first_child(g, g->at); i != NONE; last = i, i = g->nodes[i].next)
        if (same(&g->nodes[i], step, object)) {
            g->at = i;
            return;
        }
    if (g->count == EXU_GRAPH_NODES)
        return;
    uint16_t fresh = g->count++, parent = g->at;
    g->nodes[fresh] = (struct exu_graph_node){
        .step = *step,
        .object = object,
        .parent = parent,
        .first = NONE,
        .next = NONE,
        .depth = parent == NONE ? 0 : (uint16_t)(g->nodes[parent].depth + 1),
    };
    if (last != NONE)
        g->nodes[last].next = fresh;
    else if (parent != NONE)
        g->nodes[parent].first = fresh;
    g->at = fresh;
}

void exu_chain_graph_step(struct exu_chain_graph *g, const struct exu_part_step *step, uint32_t object)
{
    size_t i = g->done++;
    bool folded = g->steps > EXU_GRAPH_ABOVE + EXU_GRAPH_BELOW && i >= EXU_GRAPH_ABOVE &&
                  i < g->steps - EXU_GRAPH_BELOW;
    if (folded || !step->summary) {
        g->skipped += step->summary ? 1 : step->skipped;
        return;
    }
    /* Shortest ways that meet in an object have come the same way. */
    if (g->skipped)
        go(g, &(struct exu_part_step){.skipped = g->skipped}, object);
    g->skipped = 0;
    go(g, step, object);
    if (g->done == g->steps && g->at != NONE)
        g->nodes[g->at].ends = true;
}

/* ---- laying out ---- */

struct layout {
    uint16_t columns[EXU_GRAPH_NODES]; /* a node stands above its first child */
    double top[EXU_GRAPH_NODES + 1];   /* of rows; the last: where they end */
    double tall[EXU_GRAPH_NODES];
    uint16_t column_count;
    double box, width, height;
};

/* From the left to the right, so that no line crosses another. */
static void find_columns(const struct exu_chain_graph *g, struct layout *l)
{
    uint16_t at = first_child(g, NONE);
    while (at != NONE) {
        const struct exu_graph_node *node = &g->nodes[at];
        l->columns[at] = l->column_count;
        if (node->first != NONE) {
            at = node->first;
            continue;
        }
        l->column_count++;
        while (at != NONE && g->nodes[at].next == NONE)
            at = g->nodes[at].parent;
        if (at != NONE)
            at = g->nodes[at].next;
    }
}

static void find_rows(const struct exu_chain_graph *g, struct layout *l)
{
    uint64_t rows = 0;
    double y = MARGIN;
    for (uint16_t i = 0; i < g->count; i++) {
        const struct exu_graph_node *node = &g->nodes[i];
        l->tall[node->depth] = node->step.place             ? HIGH
                               : l->tall[node->depth] > LOW ? l->tall[node->depth]
                                                            : LOW;
        rows = exu_max(rows, node->depth + 1u);
        if (!node->depth && node->step.label)
            y = EXU_DRAW_LINE + MARGIN;
    }
    for (uint64_t i = 0; i < rows; i++) {
        l->top[i] = y;
        y += l->tall[i] + GAP;
    }
    l->height = y - GAP + MARGIN;
}

static double wide(const char *text)
{
    return text ? (double)exu_text_width(text, strlen(text)) * EXU_DRAW_LETTER : 0;
}

static void find_width(const struct exu_chain_graph *g, struct layout *l)
{
    l->box = NARROWEST;
    for (uint16_t i = 0; i < g->count; i++) {
        const struct exu_part_step *step = &g->nodes[i].step;
        double texts[] = {wide(step->summary) + 14, wide(step->place) + 14, wide(step->label) + FOOT + 14};
        for (size_t k = 0; k < EXU_COUNT(texts); k++)
            l->box = texts[k] > l->box ? texts[k] : l->box;
    }
    l->box = l->box < WIDEST ? l->box : WIDEST;
    l->width = l->column_count * (l->box + BESIDE) - BESIDE + 2 * MARGIN;
}

/* ---- drawing ---- */

static double left(const struct layout *l, uint16_t node)
{
    return MARGIN + l->columns[node] * (l->box + BESIDE);
}

/* Of a place that is too long, the last folders: what counts is at its end. */
static void draw_place(const char *place, double x, double y, double width, struct exu_text *out)
{
    const char *at = place, *slash;
    struct exu_text text = {0};
    while (wide(at) + (at > place ? EXU_DRAW_LETTER : 0) > width && (slash = strchr(at + 1, '/')) != NULL)
        at = slash;
    exu_text_printf(&text, "%s%s", at > place ? "\u2026" : "", at);
    exu_draw_text(text.data ? text.data : "", x, y, width, " fill=\"#4d4d4d\"", out);
    out->failed |= text.failed;
    exu_text_deinit(&text);
}

static void draw_edge(const struct exu_chain_graph *g, const struct layout *l, uint16_t i,
                      struct exu_text *out)
{
    const struct exu_graph_node *node = &g->nodes[i];
    double x = left(l, i) + FOOT, y = l->top[node->depth];
    if (node->parent == NONE)
        return;
    uint16_t above = g->nodes[node->parent].depth;
    bool dotted = !node->step.summary || !g->nodes[node->parent].step.summary;
    double from = left(l, node->parent) + FOOT, bottom = l->top[above] + l->tall[above];
    exu_text_printf(out, "<path d=\"M%.1f %.1fV%.1fH%.1fV%.1f\" fill=\"none\" stroke=\"" LINES "\"%s/>", from,
                    bottom, bottom + 7, x, y - (node->step.summary ? 5 : 0),
                    dotted ? " stroke-dasharray=\"2 4\"" : "");
    if (node->step.summary)
        exu_text_printf(out, "<path d=\"M%.1f %.1fh8l-4 6z\" fill=\"" LINES "\"/>", x - 4, y - 6);
}

static void draw_skipped(const struct layout *l, uint16_t i, const struct exu_graph_node *node,
                         struct exu_text *out)
{
    double x = left(l, i) + FOOT, y = l->top[node->depth], tall = l->tall[node->depth];
    struct exu_text count = {0};
    exu_text_printf(out, "<path d=\"M%.1f %.1fv%.1f\" stroke=\"" LINES "\" stroke-dasharray=\"2 4\"/>", x, y,
                    tall);
    exu_text_printf(&count, "%llu more", (unsigned long long)node->step.skipped);
    exu_draw_text(count.data ? count.data : "", x + 8, y + tall / 2 + 4, l->box - FOOT - 8,
                  " fill=\"currentColor\"", out);
    exu_text_deinit(&count);
}

static void draw_box(const struct layout *l, uint16_t i, const struct exu_graph_node *node,
                     struct exu_text *out)
{
    const struct exu_part_step *step = &node->step;
    double x = left(l, i), y = l->top[node->depth], tall = l->tall[node->depth], room = l->box - 12;
    struct exu_text title = {0};
    exu_text_printf(&title, "%s%s%s%s%s", step->label ? step->label : "", step->label ? ": " : "",
                    step->summary, step->place ? ", " : "", step->place ? step->place : "");
    exu_draw_title(title.data ? title.data : "", out);
    out->failed |= title.failed;
    exu_text_deinit(&title);
    exu_text_printf(
        out,
        "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" rx=\"4\" fill=\"%s\" stroke=\"" LINES
        "\"/>",
        x, y, l->box, tall,
        node->ends    ? "#a1d99b"
        : step->place ? "#fdd0a2"
                      : "#c6dbef");
    exu_draw_text(step->summary, x + 7, y + (step->place ? 15 : tall / 2 + 4), room, "", out);
    if (step->place)
        draw_place(step->place, x + 7, y + 29, room, out);
    if (step->label)
        exu_draw_text(step->label, x + (node->parent == NONE ? 0 : FOOT + 8), y - 7,
                      l->box - (node->parent == NONE ? 0 : FOOT + 8), " fill=\"currentColor\"", out);
}

void exu_chain_graph_draw(const struct exu_chain_graph *g, const char *title, const char *note, bool paper,
                          struct exu_text *out)
{
    struct layout l = {0};
    find_columns(g, &l);
    find_rows(g, &l);
    find_width(g, &l);
    double below = l.height;
    if (note)
        l.height += EXU_DRAW_LINE + MARGIN;
    exu_draw_begin(out, l.width, l.height, SCALE, title);
    if (paper)
        exu_text_puts(out, "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n");
    for (uint16_t i = 0; i < g->count; i++) {
        exu_text_puts(out, "<g>");
        if (g->nodes[i].step.summary)
            draw_box(&l, i, &g->nodes[i], out);
        else
            draw_skipped(&l, i, &g->nodes[i], out);
        draw_edge(g, &l, i, out);
        exu_text_puts(out, "</g>\n");
    }
    if (note)
        exu_draw_text(note, MARGIN, below + EXU_DRAW_LINE - 4, l.width - 2 * MARGIN, " fill=\"currentColor\"",
                      out);
    exu_draw_end(out);
}
