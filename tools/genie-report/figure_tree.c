/* The candidates of a search as a tree: a table whose first column draws the lines. */
#include "document.h"
#include "figures.h"
#include "format.h"
#include "markup.h"
#include "searched.h"

#include "mem.h"
#include "str.h"

#include <stdlib.h>

#define NONE ((size_t)-1)
#define ROW 28.0       /* height of a row */
#define WIDEST 16.0    /* from a candidate to those made from it */
#define ROOM 180.0     /* for all generations together */
#define MARGIN 9.0
#define BAR 72.0

/* Children by number; what has no parent hangs below n, which is drawn nowhere. */
struct tree {
	size_t *first, *next, *above;
	double step;
};

static void plant(struct tree *t, const struct searched *s)
{
	size_t deepest = 0;
	t->first = xcalloc(s->n + 1, sizeof *t->first);
	t->next = xcalloc(s->n + 1, sizeof *t->next);
	t->above = xcalloc(s->n + 1, sizeof *t->above);
	for (size_t i = 0; i <= s->n; i++)
		t->first[i] = t->next[i] = t->above[i] = NONE;
	for (size_t i = s->n; i-- > 0;) {
		size_t parent = s->v[i].nparents ? s->v[i].parents[0] : s->n;
		t->above[i] = parent;
		t->next[i] = t->first[parent];
		t->first[parent] = i;
		deepest = s->v[i].depth > deepest ? s->v[i].depth : deepest;
	}
	t->step = deepest * WIDEST > ROOM ? ROOM / (double)deepest : WIDEST;
}

static void fell(struct tree *t)
{
	free(t->first);
	free(t->next);
	free(t->above);
}

/* The next row: the first child, or the next one of the nearest that has a next one. */
static size_t below(const struct tree *t, size_t at)
{
	if (t->first[at] != NONE)
		return t->first[at];
	while (at != NONE && t->next[at] == NONE)
		at = t->above[at];
	return at == NONE ? NONE : t->next[at];
}

static double x_of(const struct tree *t, size_t depth)
{
	return MARGIN + t->step * (double)depth;
}

/* The lines of a row, as one path: past those whose parents have more below, to itself, to its
 * children. */
static void draw_lines(struct str *out, const struct tree *t, const struct searched *s, size_t at)
{
	size_t depth = s->v[at].depth;
	double x = x_of(t, depth), from = depth ? x_of(t, depth - 1) : 0, middle = ROW / 2;
	str_add(out, "<path class=\"twig\" d=\"");
	if (depth)
		str_addf(out, "M%.1f 0V%.1fH%.1f", from, middle, x);
	for (size_t a = at; depth; a = t->above[a], depth--)
		if (t->next[a] != NONE)
			str_addf(out, "M%.1f 0V%.1f", x_of(t, depth - 1), ROW);
	if (t->first[at] != NONE)
		str_addf(out, "M%.1f %.1fV%.1f", x, middle, ROW);
	str_add(out, "\"/>");
}

static void draw_mark(struct str *out, const struct candidate *c, struct at at)
{
	if (c->shipped)
		svg_diamond(out, "ship", at, 7);
	else
		svg_dot(out, c->best_at ? "kept" : "undone", at, c->chosen ? 6 : 4);
}

static void add_name(struct str *out, const struct tree *t, const struct searched *s, size_t at)
{
	const struct candidate *c = &s->v[at];
	const char *mark = at ? searched_mark(c) : searched_origin(c).s;
	double x = x_of(t, c->depth);
	str_add(out, "<th scope=\"row\"><div class=\"branch\">");
	svg_small(out, (struct at){ x + MARGIN, ROW });
	draw_lines(out, t, s, at);
	draw_mark(out, c, (struct at){ x, ROW / 2 });
	svg_close(out);
	str_addf(out, "<span><b>%zu</b> ", at);
	markup_text(out, at ? mark : "the space as it was");
	str_add(out, "</span></div></th>");
}

static void add_score(struct str *out, const struct searched *s, const struct candidate *c)
{
	double share = s->val ? (double)c->right / (double)s->val : 0;
	str_add(out, "<td><div class=\"branch\">");
	svg_small(out, (struct at){ BAR + 8, ROW });
	svg_rect(out, "track", (struct at){ 0, 9 }, (struct at){ BAR, 10 });
	svg_rect(out, c->shipped ? "up" : "whole", (struct at){ 0, 9 },
		 (struct at){ BAR * share, 10 });
	if (c->nparents && s->val) {
		double x = BAR * (double)s->v[c->parents[0]].right / (double)s->val;
		svg_line(out, "level", (struct at){ x, 6 }, (struct at){ x, 22 });
	}
	svg_close(out);
	markup_element(out, "span", NULL, fmt_share(c->right, s->val).s);
	str_add(out, "</div></td>");
}

static void add_row(struct str *out, const struct tree *t, const struct searched *s, size_t at)
{
	const struct candidate *c = &s->v[at];
	str_add(out, "<tr>");
	add_name(out, t, s, at);
	add_score(out, s, c);
	str_addf(out, "<td class=\"n\">%zu</td><td>", c->best_at);
	markup_text(out, searched_proposals(c).s);
	str_add(out, "</td><td>");
	markup_text(out, c->nparents ? searched_origin(c).s : "");
	str_addf(out, "</td><td class=\"n\">%zu</td><td class=\"n\">%ld</td></tr>\n", c->changes,
		 c->found);
}

static void add_key(struct str *out)
{
	str_add(out, "<p class=\"key\">");
	markup_key(out, "kept", "best at a val question,");
	str_addc(out, ' ');
	markup_key(out, "undone", "best at none,");
	str_addc(out, ' ');
	markup_key(out, "ship", "proposed as patches.");
	str_add(out, " The line through a bar: what the candidate was made from had so many."
		     "</p>\n");
}

void figure_tree(struct doc *doc, const struct searched *s)
{
	struct str out = STR_INIT;
	struct tree tree;
	plant(&tree, s);
	str_addf(&out, "<div class=\"wide tall\" role=\"group\" tabindex=\"0\" "
		       "aria-label=\"Candidates of search %zu\"><table class=\"tree\"><thead><tr>"
		       "<th scope=\"col\">Candidate</th><th scope=\"col\">Val questions right</th>"
		       "<th scope=\"col\" class=\"n\">Best at</th>"
		       "<th scope=\"col\">Proposals from it</th><th scope=\"col\">Made from</th>"
		       "<th scope=\"col\" class=\"n\">Changes</th>"
		       "<th scope=\"col\" class=\"n\">Calls before it</th></tr></thead><tbody>\n",
		 s->place);
	for (size_t at = tree.first[s->n]; at != NONE; at = below(&tree, at))
		add_row(&out, &tree, s, at);
	str_add(&out, "</tbody></table></div>\n");
	add_key(&out);
	doc_markup(doc, str_text(&out));
	fell(&tree);
	str_free(&out);
}
