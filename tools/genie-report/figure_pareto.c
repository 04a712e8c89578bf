/* Correctness against what the patches cost. */
#include "data.h"
#include "document.h"
#include "figures.h"
#include "format.h"
#include "markup.h"

#include "json.h"
#include "mem.h"
#include "str.h"

#include <math.h>
#include <stdlib.h>

#define WIDTH 480
#define HEIGHT 250

struct point {
	double cost, correctness;
	bool shown, frontier;
};

static double patch_cost(const struct json *patch)
{
	const char *risk = json_str_or(patch, "risk", "low");
	return streq(risk, "high") ? 3 : streq(risk, "medium") ? 2 : 1;
}

/* What had been changed by then: the kept iterations before, and this one. */
static void find_points(const struct data *data, struct point *points)
{
	double kept = 0;
	for (size_t i = 0; i < data->n; i++) {
		const struct iteration *it = &data->v[i];
		double cost = kept;
		for (const struct json *p = json_first(json_get(it->patches, "patches")); p;
		     p = json_next(p)) {
			const char *status = data_patch_status(it, p);
			cost += streq(status, "applied") || streq(status, "already") ?
					patch_cost(p) :
					0;
		}
		points[i] = (struct point){ .cost = cost,
					    .correctness = fmt_member(it->eval, "overall_accuracy"),
					    .shown = streq(json_str_or(it->eval, "scope", "full"),
							   "full") };
		if (it->kept)
			kept = cost;
	}
	const struct json *frontier = json_get(data->progress, "pareto_frontier");
	for (const struct json *p = json_first(frontier); p; p = json_next(p)) {
		int64_t number = json_int_or(p, "iteration", -1);
		if (number >= 0 && (size_t)number < data->n) {
			points[number].frontier = true;
			points[number].cost = json_num_or(p, "patch_cost", points[number].cost);
		}
	}
}

static double axis_end(const struct data *data, const struct point *points)
{
	double most = 4;
	for (size_t i = 0; i < data->n; i++)
		most = fmax(most, points[i].cost);
	return 4 * ceil(most / 4);
}

static void draw_costs(struct str *out, const struct plot *plot, double end)
{
	double y = plot->corner.y + plot->size.y;
	for (int i = 0; i <= 4; i++) {
		double x = plot->corner.x + plot->size.x * i / 4;
		svg_text(out, ANCHOR_MIDDLE, (struct at){ x, y + 17 }, fmt_number(end * i / 4).s);
	}
	svg_text(out, ANCHOR_MIDDLE, (struct at){ plot->corner.x + plot->size.x / 2, y + 36 },
		 "patch cost (a patch of low risk 1, medium 2, high 3)");
}

static struct at place_of(const struct plot *plot, const struct point *point, double end)
{
	return (struct at){ plot->corner.x + plot->size.x * point->cost / end,
			    plot_y(plot, point->correctness) };
}

/* Marks that touch or lie on each other share a label. */
static bool touch(struct at a, struct at b)
{
	return fabs(a.x - b.x) < 14 && fabs(a.y - b.y) < 14;
}

static bool is_drawn(const struct point *point)
{
	return point->shown && !isnan(point->correctness);
}

/* "0", or "0, 1"; NULL when an earlier one says it. Yours. */
static char *label_of(const struct data *data, const struct point *points, const struct at *at,
		      size_t i)
{
	struct str text = STR_INIT;
	for (size_t k = 0; k < i; k++)
		if (is_drawn(&points[k]) && touch(at[i], at[k]))
			return NULL;
	for (size_t k = i; k < data->n; k++)
		if (is_drawn(&points[k]) && touch(at[i], at[k]))
			str_addf(&text, "%s%d", text.n ? ", " : "", data->v[k].number);
	return str_take(&text);
}

static void draw_points(struct str *out, const struct plot *plot, const struct data *data,
			const struct point *points)
{
	double end = axis_end(data, points);
	struct at *line = xcalloc(data->n, sizeof *line), *at = xcalloc(data->n, sizeof *at);
	size_t n = 0;
	draw_costs(out, plot, end);
	for (size_t i = 0; i < data->n; i++) {
		at[i] = place_of(plot, &points[i], end);
		if (is_drawn(&points[i]) && points[i].frontier)
			line[n++] = at[i];
	}
	svg_path(out, "line", line, n, false);
	for (size_t i = 0; i < data->n; i++) {
		if (!is_drawn(&points[i]))
			continue;
		char *label = label_of(data, points, at, i);
		svg_dot(out, points[i].frontier ? "kept" : "undone", at[i], 5);
		if (label)
			svg_text(out, ANCHOR_START, (struct at){ at[i].x + 9, at[i].y - 6 }, label);
		free(label);
	}
	free(line);
	free(at);
}

void figure_pareto(struct doc *doc, const struct data *data)
{
	if (!json_len(json_get(data->progress, "pareto_frontier")))
		return;
	struct str out = STR_INIT;
	struct point *points = xcalloc(data->n, sizeof *points);
	struct plot plot = { .corner = { 52, 20 }, .size = { WIDTH - 102, 180 }, .n = 1 };
	double least = NAN, most = NAN;
	find_points(data, points);
	for (size_t i = 0; i < data->n; i++) {
		least = fmin(least, points[i].correctness);
		most = fmax(most, points[i].correctness);
	}
	plot_range(&plot, least, most);
	str_add(&out, "<figure><figcaption><b>Correctness against patch cost</b>; numbers are "
		      "iterations. ");
	markup_key(&out, "kept", "on the frontier,");
	str_addc(&out, ' ');
	markup_key(&out, "undone", "beaten by another one.");
	str_add(&out, " Differences within noise look like differences here, too.</figcaption>");
	svg_open(&out, (struct at){ WIDTH, HEIGHT }, "pareto", "Correctness against patch cost",
		 "The iterations on the frontier are in the table.");
	plot_axis(&plot, &out);
	draw_points(&out, &plot, data, points);
	svg_close(&out);
	str_add(&out, "</figure>\n");
	doc_markup(doc, str_text(&out));
	free(points);
	str_free(&out);
}
