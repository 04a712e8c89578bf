#include "figures.h"

#include "data.h"
#include "document.h"
#include "format.h"
#include "markup.h"
#include "paired.h"

#include "json.h"
#include "mem.h"
#include "score.h"
#include "str.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define JUDGE_WIDTH 220
#define JUDGE_HEIGHT 96

/* ---- the figures of the summary ---- */
static void tile(struct str *out, const char *name, const char *value, const char *note)
{
	str_add(out, "<div>");
	markup_element(out, "dt", NULL, name);
	str_add(out, "<dd>");
	markup_element(out, "strong", NULL, value);
	str_add(out, " ");
	markup_element(out, "span", NULL, note);
	str_add(out, "</dd></div>\n");
}

static void tile_change(struct str *out, const struct data *data)
{
	const struct iteration *live = data_live(data);
	struct paired p = paired_of(data->v[0].rows, live->rows);
	double before = fmt_member(data->v[0].eval, "overall_accuracy");
	char *note = live->number == 0 ? xstrdup("no change is live") :
		     p.n ? xasprintf("%s, %s", paired_verdict(&p), fmt_p_is(p.p_value).s) :
			   xstrdup("cannot be told from noise: no rows");
	tile(out, "Change since baseline",
	     live->number ? fmt_points(fmt_member(live->eval, "overall_accuracy") - before).s :
			    "none",
	     note);
	free(note);
}

static void tile_targets(struct str *out, const struct json *eval)
{
	size_t met = 0, n = 0;
	for (const struct json *t = json_first(json_get(eval, "thresholds")); t; t = json_next(t)) {
		n += json_is(json_get(t, "met"), JSON_BOOL);
		met += json_bool_or(t, "met", false);
	}
	tile(out, "Judges at target", fmt_share(met, n).s, "");
}

static void tile_kept(struct str *out, const struct data *data)
{
	size_t kept = 0, undecidable = 0;
	for (size_t i = 1; i < data->n; i++) {
		kept += data->v[i].kept;
		undecidable += data->v[i].kept &&
			       streq(evidence_verdict(data->v[i].decision), "undecidable");
	}
	char *note = undecidable ? xasprintf("%zu of them undecidable", undecidable) : xstrdup("");
	tile(out, "Changes kept", fmt_share(kept, data->n - 1).s, note);
	free(note);
}

static void tile_deployment(struct str *out, const struct data *data)
{
	const char *status = json_str_or(data->deploy, "status", "");
	const char *value = streq(status, "SUCCESS")     ? "done" :
			    streq(status, "IN_PROGRESS") ? "not finished" :
			    streq(status, "ESCALATED") || streq(status, "DISCREPANCY") ?
							   "see to it" :
							   "failed";
	double after = fmt_member(data->post, "overall_accuracy");
	char *note = data->post ? xasprintf("%s when asked again", fmt_percent(after).s) :
				  xstrdup(streq(status, "SUCCESS") ? "not asked again" : status);
	tile(out, "Deployment", value, note);
	free(note);
}

static void tile_rest(struct str *out, const struct data *data)
{
	double steady = fmt_member(data->progress, "repeatability_pct");
	if (data->held_after) {
		char *note =
			xasprintf("%s at the baseline",
				  fmt_percent(fmt_member(data->held_before, "overall_accuracy")).s);
		tile(out, "Held-out questions",
		     fmt_percent(fmt_member(data->held_after, "overall_accuracy")).s, note);
		free(note);
	}
	if (!isnan(steady))
		tile(out, "Repeatability", fmt_percent(steady).s, "target 90 %");
}

void figure_tiles(struct doc *doc, const struct data *data)
{
	const struct json *live = data_live(data)->eval;
	struct str out = STR_INIT;
	char *note = xasprintf("%s right; 95 %% interval %s", fmt_right(live).s,
			       fmt_interval_of(live, "accuracy_ci95").s);
	str_add(&out, "<dl class=\"tiles\">\n");
	tile(&out, "Accuracy now", fmt_percent(fmt_member(live, "overall_accuracy")).s, note);
	if (data->n > 1) {
		tile_change(&out, data);
		tile_kept(&out, data);
	}
	if (data->deploy)
		tile_deployment(&out, data);
	tile_rest(&out, data);
	tile_targets(&out, live);
	str_add(&out, "</dl>\n");
	doc_markup(doc, str_text(&out));
	free(note);
	str_free(&out);
}

/* ---- a small picture a judge ---- */
static double score(const struct data *data, size_t i, const char *judge)
{
	const struct iteration *it = &data->v[i];
	bool full = streq(json_str_or(it->eval, "scope", "full"), "full");
	return full ? fmt_member(json_get(it->eval, "scores"), judge) : NAN;
}

static void draw_judge(struct str *out, const struct data *data, const char *judge, double target)
{
	struct plot plot = { { 34, 8 }, { JUDGE_WIDTH - 40, JUDGE_HEIGHT - 16 }, 0, 100, data->n };
	struct at *line = xcalloc(data->n, sizeof *line);
	size_t n = 0;
	for (int v = 0; v <= 100; v += 50) {
		double y = plot_y(&plot, v);
		svg_line(out, "grid", (struct at){ plot.corner.x, y },
			 (struct at){ JUDGE_WIDTH - 6, y });
		svg_text(out, ANCHOR_END, (struct at){ plot.corner.x - 5, y + 4 }, fmt_number(v).s);
	}
	if (!isnan(target))
		svg_line(out, "target", (struct at){ plot.corner.x, plot_y(&plot, target) },
			 (struct at){ JUDGE_WIDTH - 6, plot_y(&plot, target) });
	for (size_t i = 0; i < data->n; i++)
		if (data->v[i].kept && !isnan(score(data, i, judge)))
			line[n++] = (struct at){ plot_x(&plot, i),
						 plot_y(&plot, score(data, i, judge)) };
	svg_path(out, "line", line, n, false);
	for (size_t i = 0; i < data->n; i++)
		if (!isnan(score(data, i, judge)))
			svg_dot(out, data->v[i].kept ? "kept" : "undone",
				(struct at){ plot_x(&plot, i),
					     plot_y(&plot, score(data, i, judge)) },
				3);
	free(line);
}

static void judge_figure(struct str *out, const struct data *data, const char *judge)
{
	const struct json *live = data_live(data)->eval;
	double now = fmt_member(json_get(live, "scores"), judge);
	double target = fmt_member(json_get(json_get(live, "thresholds"), judge), "target");
	if (isnan(now))
		return;
	str_add(out, "<figure><figcaption>");
	markup_element(out, "b", NULL, judge);
	str_addc(out, ' ');
	markup_prose(out, fmt_percent(now).s);
	if (!isnan(target)) {
		str_add(out, ", target ");
		markup_prose(out, fmt_percent(target).s);
	}
	str_add(out, "</figcaption>");
	char *id = xasprintf("judge-%zu", out->n);
	char *title = xasprintf("Scores of %s by iteration", judge);
	svg_open(out, (struct at){ JUDGE_WIDTH, JUDGE_HEIGHT }, id, title,
		 "Baseline, final score and target are in the table of judges.");
	draw_judge(out, data, judge, target);
	svg_close(out);
	str_add(out, "</figure>\n");
	free(id);
	free(title);
}

void figure_judges(struct doc *doc, const struct data *data)
{
	const struct json *scores = json_get(data_live(data)->eval, "scores");
	struct str out = STR_INIT;
	if (data->n < 2 || !json_len(scores))
		return;
	str_add(&out, "<div class=\"multiples\">\n");
	for (const struct json *s = json_first(scores); s; s = json_next(s))
		judge_figure(&out, data, json_key(s));
	str_add(&out, "</div>\n<p class=\"key\">Percent by iteration, from the baseline on; "
		      "dashed: the target. ");
	markup_key(&out, "kept", "kept,");
	str_addc(&out, ' ');
	markup_key(&out, "undone", "rolled back.");
	str_add(&out, " The more verdicts are unknown, the less a score says.</p>\n");
	doc_markup(doc, str_text(&out));
	str_free(&out);
}
