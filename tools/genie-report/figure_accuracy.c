/* Accuracy over the iterations. */
#include "data.h"
#include "document.h"
#include "figures.h"
#include "format.h"
#include "markup.h"

#include "json.h"
#include "mem.h"
#include "str.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define WIDTH 480
#define HEIGHT 272
#define GATE_TOP 222 /* first row of gates */
#define GATE_STEP 17
#define DEPLOYED_WIDTH 44 /* of a place that "deployed" fits below */

static bool is_full(const struct iteration *it)
{
	return streq(json_str_or(it->eval, "scope", "full"), "full");
}

static double accuracy(const struct json *eval)
{
	return fmt_member(eval, "overall_accuracy");
}

static double bound(const struct json *eval, size_t side)
{
	double value = NAN;
	return json_as_num(json_at(json_get(eval, "accuracy_ci95"), side), &value) ? value : NAN;
}

static void find_range(struct plot *plot, const struct data *data)
{
	double least = NAN, most = NAN;
	for (size_t i = 0; i < data->n; i++) {
		least = fmin(least, fmin(accuracy(data->v[i].eval), bound(data->v[i].eval, 0)));
		most = fmax(most, fmax(accuracy(data->v[i].eval), bound(data->v[i].eval, 1)));
	}
	least = fmin(least, bound(data->post, 0));
	most = fmax(most, bound(data->post, 1));
	const struct json *held[] = { data->held_before, data->held_after, data->post };
	for (size_t i = 0; i < countof(held); i++) {
		least = fmin(least, accuracy(held[i]));
		most = fmax(most, accuracy(held[i]));
	}
	plot_range(plot, least, most);
}

/* The interval of the kept configurations: along the upper bounds and back along the lower ones. */
static void draw_band(struct str *out, const struct plot *plot, const struct data *data)
{
	struct at *edge = xcalloc(2 * data->n, sizeof *edge);
	size_t n = 0;
	for (size_t i = 0; i < data->n; i++)
		if (data->v[i].kept && is_full(&data->v[i]) && !isnan(bound(data->v[i].eval, 1)))
			edge[n++] = (struct at){ plot_x(plot, i),
						 plot_y(plot, bound(data->v[i].eval, 1)) };
	for (size_t i = data->n; i-- > 0;)
		if (data->v[i].kept && is_full(&data->v[i]) && !isnan(bound(data->v[i].eval, 1)))
			edge[n++] = (struct at){ plot_x(plot, i),
						 plot_y(plot, bound(data->v[i].eval, 0)) };
	svg_path(out, "band", edge, n, true);
	free(edge);
}

static void draw_line(struct str *out, const struct plot *plot, const struct data *data)
{
	struct at *points = xcalloc(data->n, sizeof *points);
	size_t n = 0;
	for (size_t i = 0; i < data->n; i++)
		if (data->v[i].kept && is_full(&data->v[i]) && !isnan(accuracy(data->v[i].eval)))
			points[n++] = (struct at){ plot_x(plot, i),
						   plot_y(plot, accuracy(data->v[i].eval)) };
	svg_path(out, "line", points, n, false);
	free(points);
}

static void draw_iteration(struct str *out, const struct plot *plot, const struct data *data,
			   size_t i)
{
	const struct iteration *it = &data->v[i];
	double x = plot_x(plot, i), value = accuracy(it->eval);
	double low = bound(it->eval, 0), high = bound(it->eval, 1);
	if (!is_full(it) || isnan(value))
		return;
	str_add(out, "<g><title>");
	str_addf(out, "%s %d: %s, 95 %% interval ",
		 it->number ? "Iteration" : "Baseline, iteration", it->number,
		 fmt_percent(value).s);
	str_addf(out, "%s%s</title>", fmt_interval(low, high).s, it->kept ? "" : ", rolled back");
	if (!isnan(low) && !isnan(high))
		svg_line(out, "whisker", (struct at){ x, plot_y(plot, low) },
			 (struct at){ x, plot_y(plot, high) });
	svg_dot(out, it->kept ? "kept" : "undone", (struct at){ x, plot_y(plot, value) }, 4);
	str_add(out, "</g>");
}

static void draw_held(struct str *out, const struct plot *plot, const struct data *data)
{
	const struct iteration *live = data_live(data);
	if (data->held_before && !isnan(accuracy(data->held_before)))
		svg_diamond(out, "held",
			    (struct at){ plot_x(plot, 0) - 9,
					 plot_y(plot, accuracy(data->held_before)) },
			    5);
	if (data->held_after && !isnan(accuracy(data->held_after)))
		svg_diamond(out, "held",
			    (struct at){ plot_x(plot, (size_t)live->number) + 9,
					 plot_y(plot, accuracy(data->held_after)) },
			    5);
}

/* The deployed space, asked again: no iteration, so no line leads there. */
static void draw_deployed(struct str *out, const struct plot *plot, const struct data *data)
{
	double value = accuracy(data->post), low = bound(data->post, 0),
	       high = bound(data->post, 1);
	double x = plot_x(plot, data->n);
	if (isnan(value))
		return;
	str_addf(out, "<g><title>After the deployment: %s, 95 %% interval ", fmt_percent(value).s);
	str_addf(out, "%s</title>", fmt_interval(low, high).s);
	if (!isnan(low) && !isnan(high))
		svg_line(out, "whisker deployed", (struct at){ x, plot_y(plot, low) },
			 (struct at){ x, plot_y(plot, high) });
	svg_rect(out, "deployed", (struct at){ x - 5, plot_y(plot, value) - 5 },
		 (struct at){ 10, 10 });
	str_add(out, "</g>");
}

static void draw_gates(struct str *out, const struct plot *plot, const struct data *data)
{
	static const char *const gates[] = { "slice", "p0", "full" };
	static const char *const names[] = { "Slice", "P0", "Full" };
	for (size_t g = 0; g < countof(gates); g++) {
		double y = GATE_TOP + GATE_STEP * (double)g;
		svg_text(out, ANCHOR_END, (struct at){ plot->corner.x - 6, y + 4 }, names[g]);
		for (size_t i = 1; i < data->n; i++) {
			const struct json *passed =
				json_dig(data->v[i].decision, g == 0 ? "gates.slice.passed" :
							      g == 1 ? "gates.p0.passed" :
								       "gates.full.passed");
			struct at at = { plot_x(plot, i), y };
			if (!json_is(passed, JSON_BOOL))
				svg_line(out, "unrun", (struct at){ at.x - 4, y },
					 (struct at){ at.x + 4, y });
			else if (json_true(passed))
				svg_dot(out, "passed", at, 4);
			else
				svg_cross(out, "failed", at, 4);
		}
	}
}

static void draw_places(struct str *out, const struct plot *plot, const struct data *data)
{
	size_t step = data->n > 20 ? 5 : 1;
	double y = plot->corner.y + plot->size.y + 17;
	for (size_t i = 0; i < data->n; i += step)
		svg_text(out, ANCHOR_MIDDLE,
			 (struct at){ plot_x(plot, i), y }, fmt_number(data->v[i].number).s);
	if (data->post && plot->size.x / (double)plot->n >= DEPLOYED_WIDTH)
		svg_text(out, ANCHOR_MIDDLE, (struct at){ plot_x(plot, data->n), y }, "deployed");
}

static void add_caption(struct str *out, const struct data *data)
{
	str_add(out, "<figcaption><b>Accuracy by iteration</b>, share of right answers. ");
	markup_key(out, "kept", "kept,");
	str_addc(out, ' ');
	markup_key(out, "undone", "rolled back;");
	str_add(out, " bars and band: 95&nbsp;% intervals");
	if (data->held_before || data->held_after) {
		str_add(out, "; ");
		markup_key(out, "held", "held-out questions");
	}
	if (data->post) {
		str_add(out, "; ");
		markup_key(out, "deployed", "after the deployment");
	}
	str_add(out, ". Gates below: ");
	markup_key(out, "passed", "passed,");
	str_addc(out, ' ');
	markup_key(out, "failed", "failed,");
	str_add(out, " <span class=\"nb\">\xE2\x80\x93 not run.</span></figcaption>");
}

void figure_accuracy(struct doc *doc, const struct data *data)
{
	struct str out = STR_INIT;
	struct plot plot = { .corner = { 52, 12 }, .size = { WIDTH - 62, 176 },
			     .n = data->n + (data->post != NULL) };
	const struct json *first = data->v[0].eval, *live = data_live(data)->eval;
	find_range(&plot, data);
	struct str about = STR_INIT;
	str_addf(&about, "From %s at the baseline", fmt_percent(accuracy(first)).s);
	str_addf(&about, " to %s in the live configuration", fmt_percent(accuracy(live)).s);
	if (data->post)
		str_addf(&about, ", and %s after the deployment",
			 fmt_percent(accuracy(data->post)).s);
	str_add(&about, "; the numbers are in the table of iterations.");
	str_add(&out, "<figure>");
	add_caption(&out, data);
	svg_open(&out, (struct at){ WIDTH, HEIGHT }, "accuracy", "Accuracy by iteration",
		 str_text(&about));
	plot_axis(&plot, &out);
	draw_band(&out, &plot, data);
	draw_line(&out, &plot, data);
	draw_held(&out, &plot, data);
	for (size_t i = 0; i < data->n; i++)
		draw_iteration(&out, &plot, data, i);
	draw_deployed(&out, &plot, data);
	draw_places(&out, &plot, data);
	draw_gates(&out, &plot, data);
	svg_close(&out);
	str_add(&out, "</figure>\n");
	doc_markup(doc, str_text(&out));
	str_free(&about);
	str_free(&out);
}
