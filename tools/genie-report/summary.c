#include "data.h"
#include "document.h"
#include "figures.h"
#include "format.h"
#include "paired.h"
#include "sections.h"

#include "json.h"
#include "score.h"
#include "str.h"

#include <math.h>

static const char *status_text(const char *status)
{
	static const struct {
		const char *word, *text;
	} known[] = {
		{ "in_progress", "in progress" },
		{ "converged", "converged: every judge reaches its target" },
		{ "stalled", "stalled: the last iterations brought no improvement" },
		{ "max_iterations", "ended: nothing more was tried" },
		{ "evaluated", "measured: no change has been tried yet" },
		{ "escalated", "escalated: a person has to look at it" },
	};
	for (size_t i = 0; i < countof(known); i++)
		if (streq(known[i].word, status))
			return known[i].text;
	return status;
}

static void tell_status(struct doc *doc, const struct data *data)
{
	const char *reason = json_str_or(data->progress, "convergence_reason", "");
	doc_point(doc, "Status: %s", status_text(json_str_or(data->progress, "status", "unknown")));
	if (*reason)
		doc_add(doc, " (%s)", reason);
	const char *begun = json_str_or(data->progress, "started_at", "");
	if (*begun)
		doc_point(doc, "Begun: %s", begun);
	int64_t current = json_int_or(data->progress, "current_iteration", 0);
	if (data->n && current != data->v[data->n - 1].number)
		doc_point(doc,
			  "optimization-progress.json ends at iteration %lld, the folder at "
			  "iteration %d: run genie-session again.",
			  (long long)current, data->v[data->n - 1].number);
}

void section_head(struct doc *doc, const struct data *data)
{
	const char *domain = json_str_or(data->progress, "domain", "");
	const char *title = json_str_or(data->space, "title", "");
	const char *id =
		json_str_or(data->progress, "space_id", json_str_or(data->space, "space_id", ""));
	doc_heading(doc, 1, "Genie Space optimization: %s",
		    *title  ? title :
		    *domain ? domain :
			      "report");
	if (*id) {
		doc_point(doc, "Space: ");
		doc_code(doc, id);
	}
	if (*domain)
		doc_point(doc, "Domain: %s", domain);
	if (data->n) {
		doc_point(doc, "Configuration: ");
		doc_code(doc, json_str_or(data_live(data)->eval, "config_id", "unknown"));
		doc_add(doc, ", as measured in iteration %d", data_live(data)->number);
	}
	if (data->progress)
		tell_status(doc, data);
	else if (data->n)
		doc_point(doc, "Status: unknown, there is no optimization-progress.json; "
			       "genie-session writes it from this folder.");
}

static void tell_accuracy(struct doc *doc, const struct json *eval)
{
	doc_strong(doc, "%s", fmt_percent(fmt_member(eval, "overall_accuracy")).s);
	doc_add(doc, " (%s right, 95 %% interval %s)", fmt_right(eval).s,
		fmt_interval_of(eval, "accuracy_ci95").s);
}

static void tell_adjusted(struct doc *doc, const struct json *eval)
{
	double raw = fmt_member(eval, "overall_accuracy"),
	       adjusted = fmt_member(eval, "arbiter_adjusted_accuracy");
	if (!isnan(raw) && !isnan(adjusted) && raw != adjusted)
		doc_say(doc,
			"With the answers right that the arbiter decides for Genie, the live "
			"configuration comes to %s.",
			fmt_percent(adjusted).s);
}

static void tell_baseline(struct doc *doc, const struct data *data)
{
	doc_say(doc, "Accuracy at the baseline: ");
	tell_accuracy(doc, data->v[0].eval);
	doc_add(doc,
		data->n == 1 ?
			". No change has been tried yet." :
			". No change is live: the configuration is that of the baseline.");
}

static void tell_change(struct doc *doc, const struct data *data, const struct iteration *live)
{
	struct paired p = paired_of(data->v[0].rows, live->rows);
	doc_say(doc, "Accuracy went from ");
	tell_accuracy(doc, data->v[0].eval);
	doc_add(doc, " at the baseline to ");
	tell_accuracy(doc, live->eval);
	doc_add(doc, " in iteration %d, whose configuration is live.", live->number);
	doc_say(doc, NULL);
	if (p.n)
		paired_tell(doc, &p);
	else
		doc_add(doc, "There are no rows of both evaluations: whether the difference is "
			     "more than noise cannot be told.");
}

static void tell_deployed(struct doc *doc, const struct data *data)
{
	if (!data->deploy)
		return;
	doc_say(doc, "The deployment ended with %s",
		json_str_or(data->deploy, "status", "an unknown status"));
	if (data->post)
		doc_add(doc, "; asked again, the deployed space comes to %s",
			fmt_percent(fmt_member(data->post, "overall_accuracy")).s);
	doc_add(doc, ".");
}

/* What steered nothing, and how steady the answers are, beside what was optimized. */
static void tell_checks(struct doc *doc, const struct data *data)
{
	double steady = fmt_member(data->progress, "repeatability_pct");
	if (data->held_before && data->held_after)
		doc_say(doc, "Held-out questions, which steered nothing: %s at the baseline, ",
			fmt_percent(fmt_member(data->held_before, "overall_accuracy")).s);
	if (data->held_before && data->held_after)
		doc_add(doc, "%s now.",
			fmt_percent(fmt_member(data->held_after, "overall_accuracy")).s);
	if (!isnan(steady))
		doc_say(doc, "Repeatability of the live configuration: %s of askings give the "
			     "commonest SQL of their question (target 90 %%).",
			fmt_percent(steady).s);
}

static const struct doc_column judge_columns[] = {
	{ "Judge", false },
	{ "Baseline", true },
	{ "Final", true },
	{ "Change", true },
	{ "Target", true },
	{ "Met", false },
	{ "Final verdicts (yes/no/unknown)", true },
};

static void judge_row_of(struct doc *doc, const char *judge, const struct json *first,
			 const struct json *last)
{
	const struct json *threshold = json_get(json_get(last, "thresholds"), judge);
	const struct json *count = json_get(json_get(last, "judges"), judge);
	double before = fmt_member(json_get(first, "scores"), judge);
	double after = fmt_member(json_get(last, "scores"), judge);
	doc_cell(doc, "%s", judge);
	doc_cell(doc, "%s", fmt_percent(before).s);
	doc_cell(doc, "%s", fmt_percent(after).s);
	doc_cell(doc, "%s", isnan(before) || isnan(after) ? "" : fmt_points(after - before).s);
	doc_cell(doc, "%s", threshold ? fmt_percent(fmt_member(threshold, "target")).s : "");
	doc_cell(doc, "%s",
		 json_is(json_get(threshold, "met"), JSON_BOOL) ?
			 json_bool_or(threshold, "met", false) ? "yes" : "no" :
			 "");
	if (count)
		doc_cell(doc, "%lld/%lld/%lld", (long long)json_int_or(count, "yes", 0),
			 (long long)json_int_or(count, "no", 0),
			 (long long)json_int_or(count, "unknown", 0));
	else
		doc_cell(doc, NULL);
}

/* Repeatability is no judge of an evaluation: it is measured once, of what is live. */
static void steady_row(struct doc *doc, double steady, double target)
{
	doc_cell(doc, "repeatability");
	doc_cell(doc, "%s", fmt_percent(NAN).s);
	doc_cell(doc, "%s", fmt_percent(steady).s);
	doc_cell(doc, NULL);
	doc_cell(doc, "%s", fmt_percent(target).s);
	doc_cell(doc, "%s", isnan(steady) ? "" : steady >= target ? "yes" : "no");
	doc_cell(doc, NULL);
}

static bool judged(const struct json *eval, const char *judge)
{
	return !isnan(fmt_member(json_get(eval, "scores"), judge));
}

/* Judges in the order of the targets, then any other that gave verdicts. */
static void judge_table(struct doc *doc, const struct data *data, const struct json *last)
{
	const struct json *first = data->v[0].eval;
	double steady = fmt_member(data->repeatability, "repeatability_pct"), target = NAN;
	struct strlist names = { 0 };
	for (const struct score_target *t = score_targets; t->judge; t++)
		if (streq(t->judge, "repeatability") && !judged(last, t->judge))
			target = t->target;
		else
			strlist_add(&names, t->judge);
	for (const struct json *s = json_first(json_get(last, "scores")); s; s = json_next(s))
		strlist_add_new(&names, json_key(s));
	doc_say(doc,
		"Scores by judge (share of yes among yes and no; unknown verdicts are not in it):");
	DOC_TABLE_OF(doc, judge_columns);
	for (size_t i = 0; i < names.n; i++)
		judge_row_of(doc, names.v[i], first, last);
	if (!isnan(target))
		steady_row(doc, steady, target);
	strlist_free(&names);
}

void section_summary(struct doc *doc, const struct data *data)
{
	const struct iteration *live = data_live(data);
	doc_heading(doc, 2, "Summary");
	figure_tiles(doc, data);
	if (live->number == 0)
		tell_baseline(doc, data);
	else
		tell_change(doc, data, live);
	tell_adjusted(doc, live->eval);
	tell_deployed(doc, data);
	tell_checks(doc, data);
	doc_markup(doc, "<div class=\"figures\">\n");
	figure_accuracy(doc, data);
	figure_levers(doc, data);
	doc_markup(doc, "</div>\n");
	judge_table(doc, data, live->eval);
	figure_judges(doc, data);
}
