/* What still fails, and what to do about it. */
#include "data.h"
#include "document.h"
#include "format.h"
#include "sections.h"
#include "texts.h"

#include "json.h"
#include "str.h"

#define MAX_FIX 300      /* bytes of a counterfactual fix that are shown */
#define MANY_ATTEMPTS 2  /* at a cause, after which more metadata is not the answer (loop.md) */

static const struct doc_column cluster_columns[] = {
	{ "Cluster", false },   { "Root cause", false }, { "Lever", false },  { "Severity", false },
	{ "Confidence", true }, { "Questions", false },  { "Judges", false }, { "Blamed", false },
};

static void cluster_rows(struct doc *doc, const struct json *list)
{
	for (const struct json *c = json_first(list); c; c = json_next(c)) {
		int lever = (int)json_int_or(c, "lever", 0);
		doc_cell(doc, "%s", json_str_or(c, "cluster_id", ""));
		doc_cell(doc, "%s", json_str_or(c, "root_cause", ""));
		doc_cell(doc, "%d %s", lever, lever_name(lever));
		doc_cell(doc, "%s", json_str_or(c, "severity", ""));
		doc_cell(doc, "%.2f", json_num_or(c, "confidence", 0));
		texts_cell(doc, json_get(c, "question_ids"));
		texts_cell(doc, json_get(c, "affected_judges"));
		texts_cell(doc, json_get(c, "asi_blame_set"));
	}
}

static void judge_feedback(struct doc *doc, const struct json *list)
{
	for (const struct json *f = json_first(list); f; f = json_next(f)) {
		size_t generic = (size_t)json_int_or(f, "generic_fixes", 0);
		size_t total = (size_t)json_int_or(f, "total", 0);
		doc_point(doc, "%s: %s of its fixes are too generic to act on, as \"%s\".",
			  json_str_or(f, "judge", ""), fmt_share(generic, total).s,
			  doc_cut(doc, json_str_or(f, "example", ""), MAX_FIX));
	}
}

/* Clusters read only train and val, and rows with a cause that a judge names. */
static void tell_failures(struct doc *doc, const struct data *data)
{
	const struct json *failures = json_get(data_live(data)->eval, "failures");
	doc_say(doc, "The live configuration fails %s%s",
		fmt_count(json_len(failures), "question").s, json_len(failures) ? ": " : "");
	texts_add(doc, failures, ", ");
	doc_add(doc, ".");
}

static bool has_clusters(const struct data *data)
{
	return json_len(json_get(data->clusters, "clusters")) ||
	       json_len(json_get(data->clusters, "long_tail"));
}

void section_clusters(struct doc *doc, const struct data *data)
{
	doc_heading(doc, 2, "Remaining failures by root cause");
	tell_failures(doc, data);
	if (!data->clusters) {
		doc_say(doc, "They are not clustered: there is no final/clusters.json.");
		return;
	}
	if (!has_clusters(data)) {
		doc_say(doc, "No cluster: no judge names a cause.");
		return;
	}
	DOC_TABLE_OF(doc, cluster_columns);
	cluster_rows(doc, json_get(data->clusters, "clusters"));
	cluster_rows(doc, json_get(data->clusters, "long_tail"));
	judge_feedback(doc, json_get(data->clusters, "judge_quality_feedback"));
}

/* ---- remaining issues ---- */
static const char *advice(const char *root_cause)
{
	static const struct {
		const char *cause, *text;
	} table[] = {
		{ "wrong_table",
		  "Say in the comments of both tables what each is for, and what it is not for." },
		{ "wrong_column", "Say in the comments of both columns what tells them apart." },
		{ "wrong_join", "Add the join to the space, with its condition." },
		{ "missing_filter",
		  "Add a default filter, or say in the comment which rows are meant." },
		{ "missing_temporal_filter",
		  "Say which date column carries time, and what periods mean." },
		{ "wrong_filter",
		  "List the values of the column, or switch its value dictionary on." },
		{ "wrong_aggregation",
		  "Define the measure in the metric view, so that it is not composed anew." },
		{ "wrong_measure",
		  "Say in the measures' comments which word of the question means which." },
		{ "missing_instruction",
		  "Add the rule to the instructions, with the phrasing it is for." },
		{ "ambiguous_question",
		  "Decide what the question means and say so, or reword the benchmark." },
		{ "asset_routing_error",
		  "Say on both assets which questions each answers; test several times." },
		{ "tvf_parameter_error", "Say in the function's comment how its parameters are "
					 "written; coerce the text 'NULL' in its body." },
		{ "compliance_violation",
		  "Have the owner of the data look at it before anything else." },
		{ "performance_issue", "Precompute, or point the question to a smaller asset." },
		{ "repeatability_issue",
		  "Make one answer the obvious one: grain, synonyms, what not to use when." },
		{ "missing_synonym", "Add the words of the question as synonyms of the column." },
		{ "description_mismatch",
		  "Correct the description: it says something else than the data." },
		{ "monitoring_gap", "Describe the monitoring table and its metrics." },
		{ "stale_data", "Refresh the data, or say in the comment up to when they go." },
		{ "data_freshness", "Say in the comment how fresh the data are." },
		{ "ml_feature_missing", "Describe the feature table and its keys." },
		{ "model_scoring_error",
		  "Describe what the prediction columns hold and when they are made." },
		{ "feature_store_mismatch",
		  "Describe which feature table belongs to which prediction." },
	};
	for (size_t i = 0; i < countof(table); i++)
		if (streq(table[i].cause, root_cause))
			return table[i].text;
	return "Read the rows: no judge names a cause that metadata could repair.";
}

static bool shares_question(const struct json *a, const struct json *b)
{
	for (const struct json *x = json_first(a); x; x = json_next(x))
		for (const struct json *y = json_first(b); y; y = json_next(y))
			if (streq(json_text(x), json_text(y)))
				return true;
	return false;
}

/* Iterations with a patch that was for one of the questions. */
static size_t attempts_at(const struct data *data, const struct json *questions)
{
	size_t n = 0;
	for (size_t i = 1; i < data->n; i++) {
		bool tried = false;
		const struct json *patches = json_get(data->v[i].patches, "patches");
		for (const struct json *p = json_first(patches); p && !tried; p = json_next(p))
			tried = shares_question(json_get(p, "questions"), questions);
		n += tried;
	}
	return n;
}

static void issue(struct doc *doc, const struct data *data, const struct json *cluster)
{
	const struct json *questions = json_get(cluster, "question_ids");
	const char *cause = json_str_or(cluster, "root_cause", "other");
	const char *fix = json_text(json_first(json_get(cluster, "asi_counterfactual_fixes")));
	size_t attempts = attempts_at(data, questions);
	doc_point(doc, "%s, ", json_str_or(cluster, "cluster_id", ""));
	doc_strong(doc, "%s", cause);
	doc_add(doc, ", %s: %s", fmt_count(json_len(questions), "question").s, advice(cause));
	if (fix && *fix)
		doc_add(doc, " A judge asks for: \"%s\".", doc_cut(doc, fix, MAX_FIX));
	if (attempts >= MANY_ATTEMPTS)
		doc_add(doc,
			" %zu iterations have tried already: look for a change of code (a "
			"function, a precomputed column) instead of more metadata.",
			attempts);
}

void section_issues(struct doc *doc, const struct data *data)
{
	static const char *const lists[] = { "clusters", "long_tail" };
	doc_heading(doc, 2, "Remaining issues");
	if (!has_clusters(data)) {
		doc_say(doc, json_len(json_get(data_live(data)->eval, "failures")) ?
				     "Failures remain, without a cause that a cluster names." :
				     "None: no question fails.");
		return;
	}
	for (size_t i = 0; i < countof(lists); i++)
		for (const struct json *c = json_first(json_get(data->clusters, lists[i])); c;
		     c = json_next(c))
			issue(doc, data, c);
}
