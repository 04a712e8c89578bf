/* Where the calls of a search went, and the best score that they had found by then. */
#include "document.h"
#include "figures.h"
#include "format.h"
#include "markup.h"
#include "searched.h"

#include "mem.h"
#include "str.h"

#include <math.h>
#include <stdlib.h>

#define WIDTH 480
#define HEIGHT 262
#define BAR_TOP 196
#define BAR_HEIGHT 18

static double x_of(const struct plot *plot, const struct searched *s, double calls)
{
	return plot->corner.x + plot->size.x * fmin(calls / (double)s->calls, 1);
}

static double percent(const struct searched *s, size_t right)
{
	return s->val ? 100 * (double)right / (double)s->val : 0;
}

/* Steps of the highest score so far, to the end of the search. */
static void draw_best(struct str *out, const struct plot *plot, const struct searched *s)
{
	struct at *line = xcalloc(2 * s->n + 1, sizeof *line);
	size_t n = 0, best = s->v[0].right;
	double y = plot_y(plot, percent(s, best));
	line[n++] = (struct at){ x_of(plot, s, (double)s->v[0].known), y };
	for (size_t i = 1; i < s->n; i++) {
		if (s->v[i].right <= best)
			continue;
		double x = x_of(plot, s, (double)s->v[i].known);
		best = s->v[i].right;
		line[n++] = (struct at){ x, y };
		y = plot_y(plot, percent(s, best));
		line[n++] = (struct at){ x, y };
	}
	line[n++] = (struct at){ x_of(plot, s, (double)(s->seed + s->search)), y };
	svg_path(out, "line", line, n, false);
	free(line);
}

static void draw_candidates(struct str *out, const struct plot *plot, const struct searched *s)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct candidate *c = &s->v[i];
		struct at at = { x_of(plot, s, (double)c->known),
				 plot_y(plot, percent(s, c->right)) };
		str_addf(out, "<g><title>Candidate %zu: %s val questions ", i,
			 fmt_share(c->right, s->val).s);
		str_addf(out, "after %ld calls</title>", c->known);
		if (c->shipped)
			svg_diamond(out, "ship", at, 7);
		else
			svg_dot(out, c->best_at ? "kept" : "undone", at, c->chosen ? 6 : 4);
		str_add(out, "</g>");
	}
}

struct part {
	const char *class, *name;
	long calls;
};

static size_t parts_of(const struct searched *s, struct part parts[4])
{
	long left = s->calls - s->seed - s->search - s->compared;
	parts[0] = (struct part){ "start", "the space as it was", s->seed };
	parts[1] = (struct part){ "whole", "search", s->search };
	parts[2] = (struct part){ "fresh", "comparison", s->compared };
	parts[3] = (struct part){ "ghost", "not spent", left > 0 ? left : 0 };
	return 4;
}

/* 1, 2 or 5 of a power of ten, so that four to ten fit. */
static double step_of(double calls)
{
	double ten = pow(10, floor(log10(calls / 4)));
	return fmax(1, ten * (calls / ten >= 20 ? 5 : calls / ten >= 8 ? 2 : 1));
}

static void draw_label(struct str *out, const struct plot *plot, const struct searched *s,
		       double calls)
{
	svg_text(out, ANCHOR_MIDDLE,
		 (struct at){ x_of(plot, s, calls), BAR_TOP + BAR_HEIGHT + 17 },
		 fmt_number(calls).s);
}

static void draw_budget(struct str *out, const struct plot *plot, const struct searched *s)
{
	struct part parts[4];
	size_t n = parts_of(s, parts);
	double from = 0;
	for (size_t i = 0; i < n; i++) {
		double to = from + (double)parts[i].calls, x = x_of(plot, s, from);
		double width = x_of(plot, s, to) - x;
		if (width > 0)
			svg_rect(out, parts[i].class, (struct at){ x, BAR_TOP },
				 (struct at){ fmax(width - 1, 1), BAR_HEIGHT });
		from = to;
	}
	double step = step_of((double)s->calls);
	for (int i = 0; step * (i + 0.5) < (double)s->calls; i++)
		draw_label(out, plot, s, step * i);
	draw_label(out, plot, s, (double)s->calls);
	svg_text(out, ANCHOR_MIDDLE,
		 (struct at){ plot->corner.x + plot->size.x / 2, BAR_TOP + BAR_HEIGHT + 36 },
		 "calls (questions to Genie)");
}

static void add_caption(struct str *out, const struct searched *s)
{
	struct part parts[4];
	size_t n = parts_of(s, parts);
	str_addf(out, "<figcaption><b>Budget and best score</b>: share of val questions that pass, "
		      "over %ld calls. ",
		 s->calls);
	for (size_t i = 0; i < n; i++) {
		char *text = xasprintf("%s %ld%s", parts[i].name, parts[i].calls,
				       i + 1 < n ? "," : ".");
		markup_key(out, parts[i].class, text);
		str_addc(out, ' ');
		free(text);
	}
	str_add(out, "The dashed line is where the search had to end.</figcaption>");
}

void figure_calls(struct doc *doc, const struct searched *s)
{
	if (!s->n || s->calls <= 0)
		return;
	struct str out = STR_INIT;
	struct plot plot = { .corner = { 52, 14 }, .size = { WIDTH - 72, 164 }, .n = 1 };
	size_t most = 0;
	for (size_t i = 0; i < s->n; i++)
		most = s->v[i].right > most ? s->v[i].right : most;
	plot_range(&plot, 0, percent(s, most));
	char *id = xasprintf("calls-%zu", s->place);
	char *about = xasprintf("%ld of %ld calls were spent; the best candidate of the search "
				"passes %s val questions. The numbers are in the text and in the "
				"table of candidates.",
				s->seed + s->search + s->compared, s->calls,
				fmt_share(most, s->val).s);
	double end = x_of(&plot, s, (double)(s->calls - s->reserve));
	str_add(&out, "<figure>");
	add_caption(&out, s);
	svg_open(&out, (struct at){ WIDTH, HEIGHT }, id, "Budget and best score over calls", about);
	plot_axis(&plot, &out);
	svg_line(&out, "target", (struct at){ end, plot.corner.y }, (struct at){ end, BAR_TOP });
	draw_best(&out, &plot, s);
	draw_candidates(&out, &plot, s);
	draw_budget(&out, &plot, s);
	svg_close(&out);
	str_add(&out, "</figure>\n");
	doc_markup(doc, str_text(&out));
	free(id);
	free(about);
	str_free(&out);
}
