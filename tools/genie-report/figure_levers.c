/* The waterfall: from the baseline to the live configuration, iteration by iteration. */
#include "data.h"
#include "document.h"
#include "figures.h"
#include "format.h"
#include "markup.h"
#include "paired.h"

#include "json.h"
#include "mem.h"
#include "str.h"

#include <math.h>
#include <stdlib.h>

#define WIDTH 480
#define HEIGHT 272
#define MOST_LABELLED 7 /* places beyond which "lever 1" has no room */
#define MOST_EXACT 8    /* the same of "+12.5" */

struct step {
	const struct iteration *it;
	double from, to; /* percent; NAN: not measured in full */
	bool undecidable;
};

static double passing(const struct json *eval)
{
	double adjusted = fmt_member(eval, "arbiter_adjusted_accuracy");
	return isnan(adjusted) ? fmt_member(eval, "overall_accuracy") : adjusted;
}

static const struct json *rescored(const struct data *data, int number)
{
	const struct json *all = json_get(data->progress, "iterations");
	for (const struct json *i = json_first(all); i; i = json_next(i))
		if (json_int_or(i, "iteration", -1) == number)
			return json_get(i, "rescored");
	return NULL;
}

/* Each iteration against what was kept before it. A corrected benchmark moves the start of
 * the next one: that is no effect of a lever. */
static size_t find_steps(const struct data *data, struct step *steps)
{
	double level = passing(data->v[0].eval);
	for (size_t i = 0; i < data->n; i++) {
		const struct iteration *it = &data->v[i];
		bool full = streq(json_str_or(it->eval, "scope", "full"), "full");
		steps[i] = (struct step){ it, level, full ? passing(it->eval) : NAN,
					  streq(evidence_verdict(it->decision), "undecidable") };
		if (it->kept && !isnan(steps[i].to))
			level = steps[i].to;
		double corrected = fmt_member(rescored(data, it->number), "after");
		if (!isnan(corrected))
			level = corrected;
	}
	return data->n;
}

static bool is_exact(const struct plot *plot)
{
	return plot->n <= MOST_EXACT;
}

static void draw_bar(struct str *out, const struct plot *plot, const char *class, struct at range,
		     double x)
{
	double half = plot->size.x / (double)plot->n * 0.32;
	double top = plot_y(plot, fmax(range.x, range.y)),
	       bottom = plot_y(plot, fmin(range.x, range.y));
	if (bottom - top < 2) {
		svg_line(out, "level", (struct at){ x - half, top }, (struct at){ x + half, top });
		return;
	}
	svg_rect(out, class, (struct at){ x - half, top }, (struct at){ 2 * half, bottom - top });
}

static void draw_step(struct str *out, const struct plot *plot, const struct step *step, double x)
{
	const struct iteration *it = step->it;
	if (isnan(step->to)) {
		svg_text(out, ANCHOR_MIDDLE, (struct at){ x, plot_y(plot, step->from) - 8 },
			 "gate");
		return;
	}
	const char *class = !it->kept              ? "ghost" :
			    step->undecidable      ? "maybe" :
			    step->to >= step->from ? "up" :
						     "down";
	draw_bar(out, plot, class, (struct at){ step->from, step->to }, x);
	bool drop = step->to < step->from;
	double change = step->to - step->from;
	double edge = plot_y(plot, drop ? step->to : fmax(step->from, step->to));
	svg_text(out, ANCHOR_MIDDLE, (struct at){ x, edge + (drop ? 15 : -8) },
		 (is_exact(plot) ? fmt_change(change) : fmt_gain(change)).s);
}

/* The share before all changes, and after. A bar stands on zero, or its height would lie. */
static void draw_whole(struct str *out, const struct plot *plot, double share, size_t place)
{
	double x = plot_x(plot, place);
	const char *name = place ? "live" : is_exact(plot) ? "baseline" : "0";
	draw_bar(out, plot, "whole", (struct at){ 0, share }, x);
	svg_text(out, ANCHOR_MIDDLE, (struct at){ x, plot_y(plot, share) - 8 },
		 fmt_percent(is_exact(plot) ? share : round(share)).s);
	svg_text(out, ANCHOR_MIDDLE, (struct at){ x, plot->corner.y + plot->size.y + 17 }, name);
}

static void draw_label(struct str *out, const struct plot *plot, const struct step *step, double x)
{
	double y = plot->corner.y + plot->size.y;
	bool room = plot->n <= MOST_LABELLED;
	char *lever = step->it->lever ? xasprintf(room ? "lever %d" : "L%d", step->it->lever) :
					xstrdup(room ? "no lever" : "");
	svg_text(out, ANCHOR_MIDDLE, (struct at){ x, y + 17 }, fmt_number(step->it->number).s);
	svg_text(out, ANCHOR_MIDDLE, (struct at){ x, y + 33 }, lever);
	if (!step->it->kept && room)
		svg_text(out, ANCHOR_MIDDLE, (struct at){ x, y + 49 }, "undone");
	free(lever);
}

static void draw(struct str *out, const struct data *data, const struct step *steps)
{
	struct plot plot = { .corner = { 52, 24 }, .size = { WIDTH - 62, 180 }, .n = data->n + 1 };
	double most = 0;
	for (size_t i = 0; i < data->n; i++)
		most = fmax(most, fmax(steps[i].from, steps[i].to));
	plot_range(&plot, 0, most);
	plot_axis(&plot, out);
	draw_whole(out, &plot, steps[0].from, 0);
	for (size_t i = 1; i < data->n; i++) {
		draw_step(out, &plot, &steps[i], plot_x(&plot, i));
		draw_label(out, &plot, &steps[i], plot_x(&plot, i));
	}
	draw_whole(out, &plot, passing(data_live(data)->eval), data->n);
}

void figure_levers(struct doc *doc, const struct data *data)
{
	if (data->n < 2 || isnan(passing(data->v[0].eval)))
		return;
	struct str out = STR_INIT;
	struct step *steps = xcalloc(data->n, sizeof *steps);
	find_steps(data, steps);
	str_add(&out, "<figure><figcaption><b>What each lever brought</b>, points of the share of "
		      "questions that pass (the arbiter's decisions for Genie among them), against "
		      "what was kept before. ");
	markup_key(&out, "up", "kept,");
	str_addc(&out, ' ');
	markup_key(&out, "maybe", "kept, though undecidable,");
	str_addc(&out, ' ');
	markup_key(&out, "ghost", "rolled back.");
	str_add(&out, "</figcaption>");
	svg_open(&out, (struct at){ WIDTH, HEIGHT }, "waterfall", "What each lever brought",
		 "The numbers are in the tables of iterations and of levers.");
	draw(&out, data, steps);
	svg_close(&out);
	str_add(&out, "</figure>\n");
	doc_markup(doc, str_text(&out));
	free(steps);
	str_free(&out);
}
