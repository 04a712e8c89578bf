/* What was deployed, how, and what the deployed space answers. */
#include "data.h"
#include "document.h"
#include "format.h"
#include "paired.h"
#include "sections.h"

#include "json.h"
#include "str.h"

#include <math.h>

#define MOST_TEXT 400

static const char *status_text(const char *status)
{
	static const struct {
		const char *word, *text;
	} known[] = {
		{ "IN_PROGRESS", "not finished: genie-deploy goes on when it is called again" },
		{ "SUCCESS", "deployed" },
		{ "VALIDATE_FAILED", "not deployed: the bundle does not validate" },
		{ "DEPLOY_FAILED", "not deployed: databricks bundle deploy failed" },
		{ "JOB_FAILED", "the bundle is deployed, but its job failed: the space is as "
				"before" },
		{ "DISCREPANCY", "deployed, but the deployed space answers worse than what was "
				 "optimized" },
		{ "ESCALATED", "a person has to look at it" },
	};
	for (size_t i = 0; i < countof(known); i++)
		if (streq(known[i].word, status))
			return known[i].text;
	return status;
}

/* A link to a run or job; its id alone without a URL. */
static void add_place(struct doc *doc, const struct json *object, const char *id_key,
		      const char *url_key)
{
	const struct json *id = json_get(object, id_key);
	const char *text = json_text(id) ? json_text(id) : json_number_text(id);
	const char *url = json_str_or(object, url_key, "");
	if (*url)
		doc_link(doc, url, text ? text : "page");
	else
		doc_code(doc, text);
}

static void tell_head(struct doc *doc, const struct json *deploy)
{
	const struct json *job = json_get(deploy, "job");
	const char *status = json_str_or(deploy, "status", "unknown");
	doc_point(doc, "Status: ");
	doc_strong(doc, "%s", status);
	if (!streq(status_text(status), status))
		doc_add(doc, " (%s)", status_text(status));
	if (*json_str_or(deploy, "target", ""))
		doc_point(doc, "Target: %s", json_str_or(deploy, "target", ""));
	if (*json_str_or(deploy, "started_at", ""))
		doc_point(doc, "Begun: %s", json_str_or(deploy, "started_at", ""));
	if (*json_str_or(deploy, "finished_at", ""))
		doc_add(doc, ", ended: %s", json_str_or(deploy, "finished_at", ""));
	if (json_bool_or(deploy, "native", false)) {
		doc_point(doc, "The bundle itself has the spaces as resources: no job is needed.");
	} else if (json_text(job)) {
		doc_point(doc, "Job: %s", json_text(job));
	} else if (json_is(job, JSON_OBJECT)) {
		doc_point(doc, "Job: %s ", json_str_or(job, "name", json_str_or(job, "key", "")));
		add_place(doc, job, "id", "url");
	}
	for (const struct json *s = json_first(json_get(deploy, "spaces")); s; s = json_next(s)) {
		doc_point(doc, "Space: %s ", json_str_or(s, "key", ""));
		add_place(doc, s, "id", "url");
	}
}

/* ---- attempts ---- */
static const struct doc_column attempt_columns[] = {
	{ "Attempt", true },     { "Phase reached", false }, { "Command", false },
	{ "Exit status", true }, { "Run", false },           { "States", false },
	{ "Diagnosis", false },  { "Fix", false },           { "Took", true },
};

static void states_cell(struct doc *doc, const struct json *states)
{
	doc_cell(doc, NULL);
	for (const struct json *s = json_first(states); s; s = json_next(s)) {
		const char *text = json_text(s);
		text = text ? text :
			      json_str_or(s, "life_cycle_state", json_str_or(s, "state", ""));
		doc_add(doc, "%s%s", text, json_next(s) ? ", " : "");
	}
}

static void diagnosis_cell(struct doc *doc, const struct json *diagnosis)
{
	doc_cell(doc, "%s", json_str_or(diagnosis, "code", ""));
	if (*json_str_or(diagnosis, "text", ""))
		doc_add(doc, ": %s", doc_cut(doc, json_str_or(diagnosis, "text", ""), MOST_TEXT));
	if (*json_str_or(diagnosis, "advice", ""))
		doc_add(doc, " (%s)", json_str_or(diagnosis, "advice", ""));
}

static void fix_cell(struct doc *doc, const struct json *fix)
{
	doc_cell_code(doc, json_str_or(fix, "file", ""));
	if (*json_str_or(fix, "path", "")) {
		doc_add(doc, " ");
		doc_code(doc, json_str_or(fix, "path", ""));
	}
	if (*json_str_or(fix, "change", ""))
		doc_add(doc, ": %s", doc_cut(doc, json_str_or(fix, "change", ""), MOST_TEXT));
}

static void attempt_row(struct doc *doc, const struct json *a)
{
	const struct json *status = json_get(a, "exit_status");
	doc_cell(doc, "%lld", (long long)json_int_or(a, "attempt", 0));
	doc_cell(doc, "%s", json_str_or(a, "phase", ""));
	doc_cell_code(doc, json_str_or(a, "command", ""));
	doc_cell(doc, "%s", json_number_text(status) ? json_number_text(status) : "");
	doc_cell(doc, NULL);
	add_place(doc, a, "run_id", "run_url");
	states_cell(doc, json_get(a, "states"));
	diagnosis_cell(doc, json_get(a, "diagnosis"));
	fix_cell(doc, json_get(a, "fix"));
	doc_cell(doc, "%s", fmt_seconds(fmt_member(a, "duration_ms") / 1000).s);
}

static void tell_task_errors(struct doc *doc, const struct json *attempt)
{
	for (const struct json *t = json_first(json_get(attempt, "task_errors")); t;
	     t = json_next(t)) {
		doc_point(doc, "Attempt %lld, task %s",
			  (long long)json_int_or(attempt, "attempt", 0),
			  json_str_or(t, "task_key", "unknown"));
		if (json_text(json_get(t, "run_id"))) {
			doc_add(doc, ", run ");
			add_place(doc, t, "run_id", "run_url");
		}
		doc_add(doc, ": %s",
			doc_cut(doc, json_str_or(t, "message", json_str_or(t, "error", "")),
				MOST_TEXT));
	}
}

static const struct doc_column step_columns[] = {
	{ "Attempt", true }, { "Phase", false }, { "Command", false }, { "Exit status", true },
	{ "Took", true },    { "Message", false },
};

static size_t count_steps(const struct json *attempts)
{
	size_t n = 0;
	for (const struct json *a = json_first(attempts); a; a = json_next(a))
		n += json_len(json_get(a, "steps"));
	return n;
}

static void step_rows(struct doc *doc, const struct json *attempt)
{
	for (const struct json *s = json_first(json_get(attempt, "steps")); s; s = json_next(s)) {
		const char *status = json_number_text(json_get(s, "exit_status"));
		doc_cell(doc, "%lld", (long long)json_int_or(attempt, "attempt", 0));
		doc_cell(doc, "%s", json_str_or(s, "phase", ""));
		doc_cell_code(doc, json_str_or(s, "command", ""));
		doc_cell(doc, "%s", status ? status : "");
		doc_cell(doc, "%s", fmt_seconds(fmt_member(s, "duration_ms") / 1000).s);
		doc_cell(doc, "%s", doc_cut(doc, json_str_or(s, "message", ""), MOST_TEXT));
	}
}

static void tell_attempts(struct doc *doc, const struct json *deploy)
{
	const struct json *attempts = json_get(deploy, "attempts");
	if (!json_len(attempts))
		return;
	DOC_TABLE_OF(doc, attempt_columns);
	for (const struct json *a = json_first(attempts); a; a = json_next(a))
		attempt_row(doc, a);
	for (const struct json *a = json_first(attempts); a; a = json_next(a))
		tell_task_errors(doc, a);
	if (!count_steps(attempts))
		return;
	doc_say(doc, "Step by step:");
	DOC_TABLE_OF(doc, step_columns);
	for (const struct json *a = json_first(attempts); a; a = json_next(a))
		step_rows(doc, a);
}

/* ---- what the deployed space answers ---- */
static void tell_post(struct doc *doc, const struct data *data)
{
	if (!data->post)
		return;
	doc_say(doc, "Asked again after the deployment: ");
	doc_strong(doc, "%s", fmt_percent(fmt_member(data->post, "overall_accuracy")).s);
	doc_add(doc, " (%s right, ", fmt_right(data->post).s);
	doc_add(doc, "95 %% interval %s); in the loop the same configuration had ",
		fmt_interval_of(data->post, "accuracy_ci95").s);
	doc_add(doc, "%s.", fmt_percent(fmt_member(data_live(data)->eval, "overall_accuracy")).s);
	struct paired p = paired_of(data_live(data)->rows, data->post_rows);
	if (p.n) {
		doc_say(doc, NULL);
		paired_tell(doc, &p);
	}
}

static void tell_verification(struct doc *doc, const struct json *v)
{
	double delta = fmt_member(v, "delta");
	if (!json_is(v, JSON_OBJECT))
		return;
	doc_say(doc, "Verification: %s before the deployment, ",
		fmt_percent(fmt_member(v, "before")).s);
	doc_add(doc, "%s after it (", fmt_percent(fmt_member(v, "after")).s);
	doc_add(doc, "%s; a fall of more than ", fmt_points(delta).s);
	doc_add(doc, "%s points counts as a discrepancy).",
		fmt_number(json_num_or(v, "tolerance", 2)).s);
	if (json_int_or(v, "fixes", 0) > 0)
		doc_add(doc, " The file that lacked a change was repaired and deployed again %s.",
			fmt_count((size_t)json_int_or(v, "fixes", 0), "time").s);
}

static const struct doc_column missing_columns[] = {
	{ "Patch", false },
	{ "Object", false },
	{ "File", false },
	{ "Place", false },
	{ "Text that is missing", false },
};

static void tell_missing(struct doc *doc, const char *what, const struct json *missing)
{
	if (!json_len(missing))
		return;
	doc_say(doc, "%s", what);
	DOC_TABLE_OF(doc, missing_columns);
	for (const struct json *m = json_first(missing); m; m = json_next(m)) {
		doc_cell(doc, "%s", json_str_or(m, "patch_id", ""));
		doc_cell(doc, "%s", json_str_or(m, "object", ""));
		doc_cell_code(doc, json_str_or(m, "file", ""));
		doc_cell_code(doc, json_str_or(m, "path", ""));
		doc_cell(doc, "%s", doc_cut(doc, json_str_or(m, "text", ""), MOST_TEXT));
	}
}

static const struct doc_column drift_columns[] = {
	{ "Object", false },
	{ "Changed in", false },
	{ "File", false },
	{ "Place", false },
};

/* drift.json, or what the verification kept of it. */
static void tell_drift(struct doc *doc, const struct data *data)
{
	const struct json *v = json_get(data->deploy, "verification");
	const struct json *drift = json_get(data->drift ? data->drift : v, "drift");
	if (!json_is(drift, JSON_ARRAY))
		return;
	/* without drift.json nobody has compared them */
	if (!json_len(drift)) {
		if (data->drift)
			doc_say(doc, "Workspace and repository hold the same.");
		return;
	}
	doc_say(doc,
		"Workspace and repository differ in %s:", fmt_count(json_len(drift), "value").s);
	DOC_TABLE_OF(doc, drift_columns);
	for (const struct json *d = json_first(drift); d; d = json_next(d)) {
		doc_cell(doc, "%s", json_str_or(d, "object", json_str_or(d, "name", "")));
		doc_cell(doc, "%s", json_str_or(d, "change", ""));
		doc_cell_code(doc, json_str_or(d, "file", ""));
		doc_cell_code(doc, json_str_or(d, "path", ""));
	}
}

void section_deployment(struct doc *doc, const struct data *data)
{
	const struct json *escalation = json_get(data->deploy, "escalation");
	doc_heading(doc, 2, "Deployment");
	if (!data->deploy) {
		doc_say(doc, "Not deployed: there is no final/deploy.json.");
		return;
	}
	tell_head(doc, data->deploy);
	tell_attempts(doc, data->deploy);
	tell_post(doc, data);
	tell_verification(doc, json_get(data->deploy, "verification"));
	tell_missing(doc, "Live when it was optimized, and not in the repository:",
		     json_dig(data->deploy, "verification.missing"));
	tell_missing(doc, "Missing after an earlier round, and brought back:",
		     json_dig(data->deploy, "verification.brought_back"));
	tell_drift(doc, data);
	if (json_is(escalation, JSON_OBJECT)) {
		doc_heading(doc, 3, "Escalation of the deployment");
		tell_escalation(doc, escalation);
	}
}
