/* The end of a search: what was asked anew of the space as it was and of the finalists, and what
 * the difference shows. */
#include "document.h"
#include "figures.h"
#include "format.h"
#include "markup.h"
#include "searched.h"

#include "mem.h"
#include "stats.h"
#include "str.h"

#include <math.h>
#include <stdlib.h>

#define WIDTH 480
#define LEFT 150 /* room for names */
#define STEP 30
#define TOP 14

struct scale {
	double low, high; /* values at the ends */
};

static double x_of(struct scale scale, double value)
{
	double part = (value - scale.low) / (scale.high - scale.low);
	return LEFT + (WIDTH - LEFT - 26) * fmin(fmax(part, 0), 1);
}

static void draw_axis(struct str *out, struct scale scale, struct at range, bool points)
{
	for (int i = 0; i <= 4; i++) {
		double value = scale.low + (scale.high - scale.low) * i / 4, x = x_of(scale, value);
		svg_line(out, "grid", (struct at){ x, range.x }, (struct at){ x, range.y });
		svg_text(out, ANCHOR_MIDDLE, (struct at){ x, range.y + 16 },
			 points ? fmt_gain(value).s : fmt_percent(value).s);
	}
}

/* ---- shares ---- */
static void draw_share(struct str *out, const struct searched *s, size_t i, double y)
{
	static const struct scale scale = { 0, 100 };
	const struct candidate *c = &s->v[i];
	struct interval ci = stats_wilson((long)c->passed, (long)c->asked);
	double share = 100 * (double)c->passed / (double)c->asked;
	char *name = i == 0 ? xstrdup("as it was") :
			      xasprintf("candidate %zu%s", i, c->chosen ? "" : " *");
	str_add(out, "<g><title>");
	markup_prose(out, searched_role(s, i).s);
	str_addf(out, ": %zu of %zu</title>", c->passed, c->asked);
	svg_text(out, ANCHOR_END, (struct at){ LEFT - 12, y + 4 }, name);
	svg_line(out, "whisker", (struct at){ x_of(scale, 100 * ci.low), y },
		 (struct at){ x_of(scale, 100 * ci.high), y });
	svg_dot(out, i == 0 || c->chosen ? "kept" : "undone", (struct at){ x_of(scale, share), y },
		i == 0 || c->chosen ? 5 : 4);
	str_add(out, "</g>");
	free(name);
}

/* ---- the difference ---- */
static struct scale scale_of(const struct searched *s)
{
	double most = fmax(fabs(s->gain.low), fabs(s->gain.high));
	if (s->detectable < 1)
		most = fmax(most, s->detectable);
	double end = most > 0.5 ? 100 : most > 0.2 ? 50 : 20;
	return (struct scale){ -end, end };
}

static void draw_difference(struct str *out, const struct searched *s, double top)
{
	struct scale scale = scale_of(s);
	double y = top + STEP / 2.0, bottom = top + STEP;
	bool shown = streq(s->verdict, "better") || streq(s->verdict, "worse");
	draw_axis(out, scale, (struct at){ top, bottom }, true);
	svg_line(out, "level", (struct at){ x_of(scale, 0), top },
		 (struct at){ x_of(scale, 0), bottom });
	if (s->detectable < 1)
		svg_line(out, "target", (struct at){ x_of(scale, 100 * s->detectable), top },
			 (struct at){ x_of(scale, 100 * s->detectable), bottom });
	svg_text(out, ANCHOR_END, (struct at){ LEFT - 12, y + 4 }, "difference");
	svg_line(out, "whisker", (struct at){ x_of(scale, 100 * s->gain.low), y },
		 (struct at){ x_of(scale, 100 * s->gain.high), y });
	svg_dot(out, shown ? "kept" : "undone",
		(struct at){ x_of(scale, 100 * searched_gain(s)), y }, 5);
	svg_text(out, ANCHOR_MIDDLE, (struct at){ x_of(scale, 0), bottom + 35 },
		 "points of the share that passes");
}

static void add_caption(struct str *out, const struct searched *s, bool finalists)
{
	str_add(out, "<figcaption><b>Asked anew at the end</b>: ");
	markup_element(out, "b", NULL, s->verdict);
	markup_prose(out, streq(s->verdict, "not shown") ?
			", the difference may be chance" : ", beyond chance");
	str_addf(out, " (%s). Bars: 95&nbsp;%% intervals", fmt_p_is(s->p_value).s);
	if (s->detectable < 1) {
		str_add(out, "; dashed: the smallest gain that so many pairs can show, ");
		markup_prose(out, fmt_points(100 * s->detectable).s);
	}
	str_add(out, finalists ? "; *: asked once to choose." : ".");
	str_add(out, "</figcaption>");
}

/* Draws, and says how high that is. */
static double draw(struct str *out, const struct searched *s)
{
	double y = TOP;
	size_t n = 0;
	for (size_t i = 0; i < s->n; i++)
		n += s->v[i].asked > 0;
	draw_axis(out, (struct scale){ 0, 100 },
		  (struct at){ TOP, TOP + STEP * (double)n }, false);
	for (size_t i = 0; i < s->n; i++) {
		if (!s->v[i].asked)
			continue;
		draw_share(out, s, i, y + STEP / 2.0);
		y += STEP;
	}
	draw_difference(out, s, y + 36);
	return y + 36 + STEP + 44;
}

void figure_fresh(struct doc *doc, const struct searched *s)
{
	if (!s->pairs)
		return;
	struct str out = STR_INIT, picture = STR_INIT;
	double height = draw(&picture, s);
	char *id = xasprintf("fresh-%zu", s->place);
	char *about = xasprintf("%s against the space as it was: %s. The numbers are in the table "
				"of what was asked anew.",
				searched_role(s, (size_t)s->chosen).s, s->verdict);
	size_t asked = 0;
	for (size_t i = 0; i < s->n; i++)
		asked += s->v[i].asked > 0;
	str_add(&out, "<figure>");
	add_caption(&out, s, asked > 2);
	svg_open(&out, (struct at){ WIDTH, height }, id, "Asked anew at the end of the search",
		 about);
	str_add(&out, str_text(&picture));
	svg_close(&out);
	str_add(&out, "</figure>\n");
	doc_markup(doc, str_text(&out));
	free(id);
	free(about);
	str_free(&picture);
	str_free(&out);
}
