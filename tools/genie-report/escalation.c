/* What a person has to know when the loop or a deployment gets no further. The two artifacts have
 * the same six parts (errors, fixes, hypothesis, scores, deployment, recommendation) and differ in
 * what an error or a fix is: a question and an iteration, or a task and an attempt. */
#include "data.h"
#include "document.h"
#include "format.h"
#include "sections.h"
#include "texts.h"

#include "json.h"
#include "str.h"

#define MOST_CAUSES 10
#define MOST_ERRORS 20
#define MOST_TEXT 300

static void tell_more(struct doc *doc, const struct json *list, size_t most)
{
	if (json_len(list) > most)
		doc_say(doc, "%zu more are in the artifact.", json_len(list) - most);
}

/* ---- errors ---- */
static const struct doc_column error_columns[] = {
	{ "Question or task", false },
	{ "Cause", false },
	{ "Run", false },
	{ "Message", false },
};

static void error_row(struct doc *doc, const struct json *e)
{
	const char *where = json_str_or(e, "question_id", json_str_or(e, "task_key", ""));
	const char *url = json_str_or(e, "run_url", ""), *run = json_str_or(e, "run_id", "");
	doc_cell(doc, "%s", *where ? where : json_str_or(e, "phase", ""));
	if (json_get(e, "attempt"))
		doc_add(doc, " (attempt %lld)", (long long)json_int_or(e, "attempt", 0));
	doc_cell(doc, "%s", json_str_or(e, "root_cause", json_str_or(e, "code", "")));
	doc_cell(doc, NULL);
	if (*url)
		doc_link(doc, url, *run ? run : "page");
	else
		doc_code(doc, run);
	doc_cell(doc, "%s",
		 doc_cut(doc, json_str_or(e, "rationale", json_str_or(e, "message", "")),
			 MOST_TEXT));
}

static void tell_errors(struct doc *doc, const struct json *errors)
{
	size_t n = 0;
	if (!json_len(errors))
		return;
	doc_say(doc, "Errors:");
	DOC_TABLE_OF(doc, error_columns);
	for (const struct json *e = json_first(errors); e && n < MOST_ERRORS; e = json_next(e), n++)
		error_row(doc, e);
	tell_more(doc, errors, MOST_ERRORS);
}

/* ---- fixes ---- */
static void tell_fixes(struct doc *doc, const struct json *fixes)
{
	size_t kept = 0, changes = 0, iterations = 0;
	for (const struct json *f = json_first(fixes); f; f = json_next(f)) {
		kept += streq(json_str_or(f, "action", ""), "accept");
		changes += json_len(json_get(f, "changes"));
		iterations += json_get(f, "iteration") != NULL;
	}
	if (iterations)
		doc_say(doc, "Tried: %s with %s, %zu kept; see Iterations and Rolled back.",
			fmt_count(iterations, "iteration").s, fmt_count(changes, "change").s, kept);
	else if (!json_len(fixes))
		doc_say(doc, "Tried: no fix is known for this.");
	for (const struct json *f = json_first(fixes); f && !iterations; f = json_next(f)) {
		doc_point(doc,
			  "Tried after attempt %lld: ", (long long)json_int_or(f, "attempt", 0));
		doc_code(doc, json_str_or(f, "file", ""));
		doc_add(doc, " ");
		doc_code(doc, json_str_or(f, "path", ""));
		doc_add(doc, ": %s", doc_cut(doc, json_str_or(f, "change", ""), MOST_TEXT));
	}
}

/* ---- hypothesis ---- */
static const struct doc_column cause_columns[] = {
	{ "Cause", false },       { "Questions", true },         { "Object", false },
	{ "Tried before", true }, { "Known limitation", false }, { "A judge asks for", false },
};

static void tell_causes(struct doc *doc, const struct json *hypotheses)
{
	size_t n = 0;
	doc_say(doc, "What explains the failures, most questions first:");
	DOC_TABLE_OF(doc, cause_columns);
	for (const struct json *h = json_first(hypotheses); h && n < MOST_CAUSES;
	     h = json_next(h), n++) {
		const struct json *limit = json_get(h, "known_limitation");
		doc_cell(doc, "%s", json_str_or(h, "root_cause", "other"));
		doc_cell(doc, "%lld", (long long)json_int_or(h, "questions", 0));
		doc_cell(doc, "%s", json_str_or(h, "object", ""));
		doc_cell(doc, "%lld", (long long)json_int_or(h, "attempts", 0));
		doc_cell(doc, "%s", json_str_or(limit, "id", ""));
		doc_cell(doc, "%s", doc_cut(doc, json_str_or(h, "fix_asked_for", ""), MOST_TEXT));
	}
	tell_more(doc, hypotheses, MOST_CAUSES);
}

static void tell_diagnoses(struct doc *doc, const struct json *hypotheses)
{
	for (const struct json *h = json_first(hypotheses); h; h = json_next(h)) {
		doc_point(doc, "Hypothesis, from %s: ",
			  fmt_count((size_t)json_int_or(h, "attempts", 0), "attempt").s);
		doc_strong(doc, "%s", json_str_or(h, "code", "unknown"));
		doc_add(doc, " %s", doc_cut(doc, json_str_or(h, "text", ""), MOST_TEXT));
	}
}

/* ---- scores ---- */
static void tell_scores(struct doc *doc, const struct json *scores)
{
	const struct json *held = json_get(scores, "held_out");
	doc_say(doc, "Scores: accuracy %s at the baseline, ",
		fmt_percent(fmt_member(scores, "baseline_accuracy")).s);
	doc_add(doc, "%s now; ", fmt_percent(fmt_member(scores, "final_accuracy")).s);
	doc_add(doc, "held-out questions %s before, ",
		fmt_percent(fmt_member(json_get(held, "before"), "overall_accuracy")).s);
	doc_add(doc, "%s now; ",
		fmt_percent(fmt_member(json_get(held, "after"), "overall_accuracy")).s);
	doc_add(doc, "repeatability %s.", fmt_percent(fmt_member(scores, "repeatability_pct")).s);
}

static void tell_both(struct doc *doc, const struct json *scores)
{
	static const char *const when[] = { "before", "after" };
	doc_say(doc, "Scores: ");
	for (size_t i = 0; i < countof(when); i++) {
		const struct json *s = json_get(scores, when[i]);
		doc_add(doc, "%saccuracy %s and ", i ? ", " : "",
			fmt_percent(fmt_member(s, "overall_accuracy")).s);
		doc_add(doc, "repeatability %s %s",
			fmt_percent(fmt_member(s, "repeatability_pct")).s,
			i ? "after it." : "before the deployment");
	}
}

/* ---- deployment and recommendation ---- */
static void tell_deploy_status(struct doc *doc, const struct json *status)
{
	const char *url = json_str_or(status, "run_url", "");
	if (!json_is(status, JSON_OBJECT)) {
		doc_say(doc, "Deployment: not deployed.");
		return;
	}
	doc_say(doc, "Deployment: %s", json_str_or(status, "status", "unknown"));
	if (*json_str_or(status, "target", ""))
		doc_add(doc, " to %s", json_str_or(status, "target", ""));
	if (*json_str_or(status, "bundle_deploy", ""))
		doc_add(doc, "; bundle deploy: %s", json_str_or(status, "bundle_deploy", ""));
	if (*json_str_or(status, "run_id", "") || *url)
		doc_add(doc, "; run of the job: ");
	if (*url)
		doc_link(doc, url, json_str_or(status, "run_id", "page"));
	else
		doc_code(doc, json_str_or(status, "run_id", ""));
	doc_add(doc, ".");
}

static void tell_recommendation(struct doc *doc, const struct json *list)
{
	doc_say(doc, "Recommended:");
	if (json_text(list))
		doc_point(doc, "%s", json_text(list));
	for (const struct json *r = json_first(list); r; r = json_next(r))
		doc_point(doc, "%s", json_text(r) ? json_text(r) : "");
}

void tell_escalation(struct doc *doc, const struct json *e)
{
	tell_errors(doc, json_get(e, "errors"));
	tell_fixes(doc, json_get(e, "fixes_tried"));
	tell_diagnoses(doc, json_get(e, "hypothesis"));
	tell_both(doc, json_get(e, "scores"));
	tell_deploy_status(doc, json_get(e, "deploy_status"));
	tell_recommendation(doc, json_get(e, "recommendation"));
}

/* Only when the loop has stalled. */
void section_escalation(struct doc *doc, const struct data *data)
{
	const struct json *e = data->escalation;
	const struct json *deployed = json_get(e, "deploy_status");
	if (!e)
		return;
	doc_heading(doc, 2, "Escalation");
	doc_say(doc, "The loop gets no further by itself: %s. %s fail.",
		json_str_or(e, "convergence_reason", "no improvement"),
		fmt_count(json_len(json_get(e, "errors")), "question").s);
	tell_errors(doc, json_get(e, "errors"));
	tell_fixes(doc, json_get(e, "fixes_tried"));
	tell_causes(doc, json_get(e, "hypothesis"));
	tell_scores(doc, json_get(e, "scores"));
	tell_deploy_status(doc, json_is(deployed, JSON_OBJECT) ? deployed : data->deploy);
	tell_recommendation(doc, json_get(e, "recommendation"));
}
